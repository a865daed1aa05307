// SPDX-License-Identifier: MIT
// ObRegisterCallbacks: order by altitude, context from pre to post, rights taken away, what is refused.
#include "../test.h"

#define TERMINATE 0x0001
#define VM_READ   0x0010
#define LIMITED   0x1000

typedef struct _WATCH {
    ULONG Number;
    ACCESS_MASK Strip, Add;
    ULONG PreCalls, PostCalls, Duplicates;
    ULONG KernelHandle;
    ACCESS_MASK Original, Desired, Granted;
    NTSTATUS Status;
    PVOID Object, Source, Target;
    POBJECT_TYPE Type;
    BOOLEAN ContextKept;
    KIRQL Irql;
    BOOLEAN ApcsDisabled;
} WATCH;

static WATCH High = {.Number = 1}, Low = {.Number = 2};
static ULONG Order[8], OrderCount;

static OB_PREOP_CALLBACK_STATUS NTAPI Pre(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    WATCH *Watch = Context;
    POB_PRE_DUPLICATE_HANDLE_INFORMATION Parameters = &Information->Parameters->DuplicateHandleInformation;
    Watch->PreCalls += 1;
    if (OrderCount < RTL_NUMBER_OF(Order)) {
        Order[OrderCount++] = Watch->Number;
    }
    Watch->KernelHandle = Information->KernelHandle;
    Watch->Original = Parameters->OriginalDesiredAccess;
    Watch->Desired = Parameters->DesiredAccess;
    Watch->Object = Information->Object;
    Watch->Type = Information->ObjectType;
    Watch->Irql = KeGetCurrentIrql();
    Watch->ApcsDisabled = KeAreApcsDisabled();
    if (Information->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
        Watch->Duplicates += 1;
        Watch->Source = Parameters->SourceProcess;
        Watch->Target = Parameters->TargetProcess;
    }
    Parameters->DesiredAccess &= ~Watch->Strip;
    Parameters->DesiredAccess |= Watch->Add;
    Information->CallContext = Watch;
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI Post(PVOID Context, POB_POST_OPERATION_INFORMATION Information)
{
    WATCH *Watch = Context;
    Watch->PostCalls += 1;
    if (OrderCount < RTL_NUMBER_OF(Order)) {
        Order[OrderCount++] = 10 + Watch->Number;
    }
    Watch->ContextKept = Information->CallContext == Watch;
    Watch->Status = Information->ReturnStatus;
    Watch->Granted = NT_SUCCESS(Information->ReturnStatus)
                         ? Information->Parameters->CreateHandleInformation.GrantedAccess
                         : 0;
}

static NTSTATUS Register(WATCH *Watch, PCWSTR Altitude, PVOID *Handle)
{
    OB_OPERATION_REGISTRATION Operation = {
        PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, Pre, Post};
    OB_CALLBACK_REGISTRATION Registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = 1,
                                             .RegistrationContext = Watch,
                                             .OperationRegistration = &Operation};
    RtlInitUnicodeString(&Registration.Altitude, Altitude);
    return ObRegisterCallbacks(&Registration, Handle);
}

static ACCESS_MASK AccessOf(HANDLE Handle)
{
    OBJECT_HANDLE_INFORMATION Information = {0};
    PVOID Object;
    if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, &Information))) {
        ObDereferenceObject(Object);
    }
    return Information.GrantedAccess;
}

static NTSTATUS Open(ACCESS_MASK Access, ULONG Attributes, PHANDLE Handle)
{
    return ObOpenObjectByPointer(PsInitialSystemProcess, Attributes, NULL, Access, *PsProcessType, KernelMode,
                                 Handle);
}

static void TestOrderAndStripping(void)
{
    PVOID HighHandle, LowHandle;
    HANDLE Handle, Copy;
    // Numbers, not strings: 1000 is above 999.5.
    IS(Register(&Low, L"999.5", &LowHandle), STATUS_SUCCESS);
    IS(Register(&High, L"1000", &HighHandle), STATUS_SUCCESS);
    High.Strip = TERMINATE | LIMITED;
    Low.Add = VM_READ | 0x0400;
    IS(Open(TERMINATE | VM_READ | LIMITED, OBJ_KERNEL_HANDLE, &Handle), STATUS_SUCCESS);
    IS(OrderCount, 4);
    OK(Order[0] == 1 && Order[1] == 2 && Order[2] == 12 && Order[3] == 11);
    IS(High.KernelHandle, 1);
    IS(High.Original, TERMINATE | VM_READ | LIMITED);
    IS(Low.Original, TERMINATE | VM_READ | LIMITED);
    // Limited query is a right that nobody can take.
    IS(Low.Desired, VM_READ | LIMITED);
    IS(AccessOf(Handle), VM_READ | LIMITED);
    IS(High.Granted, VM_READ | LIMITED);
    IS(High.Status, STATUS_SUCCESS);
    OK(High.ContextKept && Low.ContextKept);
    OK(High.Object == PsInitialSystemProcess && High.Type == *PsProcessType);
    IS(High.Irql, PASSIVE_LEVEL);
    OK(High.ApcsDisabled);

    IS(ZwDuplicateObject(ZwCurrentProcess(), Handle, ZwCurrentProcess(), &Copy, VM_READ, 0, 0),
       STATUS_SUCCESS);
    IS(High.Duplicates, 1);
    OK(High.Source == PsGetCurrentProcess() && High.Target == PsGetCurrentProcess());
    IS(High.KernelHandle, 0);
    ZwClose(Copy);
    ZwClose(Handle);

    ObUnRegisterCallbacks(HighHandle);
    ULONG Calls = High.PreCalls;
    IS(Open(TERMINATE, 0, &Handle), STATUS_SUCCESS);
    IS(High.PreCalls, Calls);
    IS(Low.KernelHandle, 0);
    IS(AccessOf(Handle), TERMINATE);
    ZwClose(Handle);
    ObUnRegisterCallbacks(LowHandle);
    IS(Open(TERMINATE, 0, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(Low.PreCalls, Low.PostCalls);
}

static void TestRefused(void)
{
    PVOID Handle, Other;
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, Pre, NULL};
    OB_CALLBACK_REGISTRATION Registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = 1,
                                             .Altitude = RTL_CONSTANT_STRING(L"5"),
                                             .OperationRegistration = &Operation};
    IS(ObRegisterCallbacks(&Registration, &Handle), STATUS_SUCCESS);
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    RtlInitUnicodeString(&Registration.Altitude, L"005.0");
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    ObUnRegisterCallbacks(Handle);
    RtlInitUnicodeString(&Registration.Altitude, L"high");
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    RtlInitUnicodeString(&Registration.Altitude, L"5");
    Registration.Version = 0x0200;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    Registration.Version = OB_FLT_REGISTRATION_VERSION;
    Operation.Operations = 0;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    Operation.Operations = 4; // none that there is
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    Operation.Operations = OB_OPERATION_HANDLE_CREATE;
    Registration.OperationRegistrationCount = 0;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    Registration.OperationRegistrationCount = 1;
    Operation.PreOperation = NULL;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    Operation.PreOperation = Pre;
    Operation.ObjectType = ExEventObjectType;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    Operation.ObjectType = NULL;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_INVALID_PARAMETER);
    // A routine outside any image that the loader checks.
    Operation.ObjectType = PsProcessType;
    Operation.PreOperation = (POB_PRE_OPERATION_CALLBACK)(ULONG_PTR)&Registration;
    IS(ObRegisterCallbacks(&Registration, &Other), STATUS_ACCESS_DENIED);
    IS(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
}

// Two types by one registration, each with one of the two routines.
static void TestTypes(void)
{
    PVOID Handle;
    HANDLE Process, Thread, Copy;
    OB_OPERATION_REGISTRATION Operations[] = {
        {PsProcessType, OB_OPERATION_HANDLE_CREATE, NULL, Post},
        {PsThreadType, OB_OPERATION_HANDLE_DUPLICATE, Pre, NULL},
    };
    WATCH Watch = {.Number = 3};
    OB_CALLBACK_REGISTRATION Registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = RTL_NUMBER_OF(Operations),
                                             .Altitude = RTL_CONSTANT_STRING(L"5"),
                                             .RegistrationContext = &Watch,
                                             .OperationRegistration = Operations};
    IS(ObRegisterCallbacks(&Registration, &Handle), STATUS_SUCCESS);
    IS(Open(TERMINATE, OBJ_KERNEL_HANDLE, &Process), STATUS_SUCCESS);
    IS(Watch.PostCalls, 1);
    IS(Watch.Granted, TERMINATE);
    IS(ZwDuplicateObject(ZwCurrentProcess(), Process, ZwCurrentProcess(), &Copy, 0, 0, DUPLICATE_SAME_ACCESS),
       STATUS_SUCCESS);
    IS(Watch.PostCalls, 1); // it asked for creations alone
    ZwClose(Copy);
    ZwClose(Process);
    IS(ObOpenObjectByPointer(PsGetCurrentThread(), OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *PsThreadType,
                             KernelMode, &Thread),
       STATUS_SUCCESS);
    IS(Watch.PreCalls, 0);
    IS(ZwDuplicateObject(ZwCurrentProcess(), Thread, ZwCurrentProcess(), &Copy, 0, 0, DUPLICATE_SAME_ACCESS),
       STATUS_SUCCESS);
    IS(Watch.PreCalls, 1);
    IS(Watch.Duplicates, 1);
    OK(Watch.Type == *PsThreadType && Watch.Object == PsGetCurrentThread());
    ZwClose(Copy);
    ZwClose(Thread);
    ObUnRegisterCallbacks(Handle);
    IS(Open(TERMINATE, OBJ_KERNEL_HANDLE, &Process), STATUS_SUCCESS);
    IS(Watch.PostCalls, 1);
    ZwClose(Process);
}

TEST_DRIVER(TestOrderAndStripping, TestRefused, TestTypes)
