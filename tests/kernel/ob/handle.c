// SPDX-License-Identifier: MIT
// References and handles: counts, types, access, closing.
#include "../thread.h"

static KEVENT Stop;

static VOID NTAPI WaitForStop(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestReferences(void)
{
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(WaitForStop, NULL);
    LONG_PTR Count = ObfReferenceObject(Thread);
    IS(ObfReferenceObject(Thread), Count + 1);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObfReferenceObjectWithTag(Thread, 'tseT'), Count + 1);
    IS(ObfDereferenceObjectWithTag(Thread, 'tseT'), Count);
    IS(ObReferenceObjectByPointer(Thread, 0, *PsThreadType, KernelMode), STATUS_SUCCESS);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObReferenceObjectByPointer(Thread, 0, NULL, KernelMode), STATUS_SUCCESS);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObReferenceObjectByPointer(Thread, 0, NULL, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObReferenceObjectByPointer(Thread, 0, *PsProcessType, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObReferenceObjectByPointer(Thread, 0, *PsProcessType, KernelMode), STATUS_SUCCESS);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObReferenceObjectByPointerWithTag(Thread, 0, *PsThreadType, UserMode, 'tseT'), STATUS_SUCCESS);
    IS(ObfDereferenceObjectWithTag(Thread, 'tseT'), Count);
    IS(ObReferenceObjectByPointerWithTag(Thread, 0, *PsProcessType, UserMode, 'tseT'),
       STATUS_OBJECT_TYPE_MISMATCH);
    OK(ObReferenceObjectSafe(Thread));
    IS(ObfDereferenceObject(Thread), Count);
    ObReferenceObject(Thread);
    ObDereferenceObjectDeferDelete(Thread);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(ObfReferenceObject(Thread), Count + 1);
    IS(ObfDereferenceObject(Thread), Count);
    KeLowerIrql(OldIrql);
    ObfDereferenceObject(Thread);
    KeSetEvent(&Stop, 0, FALSE);
    TestJoinThread(Thread);
}

static void TestByHandle(void)
{
    HANDLE Handle;
    PVOID Object;
    OBJECT_HANDLE_INFORMATION Information;
    KeResetEvent(&Stop);
    PETHREAD Thread = TestStartThread(WaitForStop, NULL);
    IS(ObOpenObjectByPointer(Thread, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *PsThreadType, KernelMode,
                             &Handle),
       STATUS_SUCCESS);
    OK((LONG_PTR)Handle < 0);
    IS(ObReferenceObjectByHandle(Handle, THREAD_TERMINATE, *PsThreadType, KernelMode, &Object, &Information),
       STATUS_SUCCESS);
    OK(Object == Thread);
    IS(Information.GrantedAccess, SYNCHRONIZE);
    IS(Information.HandleAttributes, 0);
    ObDereferenceObject(Object);
    // A kernel handle means nothing to user mode.
    IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, UserMode, &Object, NULL),
       STATUS_INVALID_HANDLE);
    OK(Object == NULL);
    IS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwClose(Handle), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE);
    IS(ZwClose(Handle), STATUS_INVALID_HANDLE);

    IS(ObOpenObjectByPointer(Thread, 0, NULL, SYNCHRONIZE, *PsThreadType, KernelMode, &Handle),
       STATUS_SUCCESS);
    OK((LONG_PTR)Handle > 0);
    IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, UserMode, &Object, NULL),
       STATUS_SUCCESS);
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(Handle, THREAD_TERMINATE, *PsThreadType, UserMode, &Object, NULL),
       STATUS_ACCESS_DENIED);
    IS(ObCloseHandle(Handle, UserMode), STATUS_SUCCESS);
    IS(ObOpenObjectByPointer(Thread, 0, NULL, SYNCHRONIZE, *PsProcessType, KernelMode, &Handle),
       STATUS_OBJECT_TYPE_MISMATCH);
    KeSetEvent(&Stop, 0, FALSE);
    TestJoinThread(Thread);
}

static void TestPseudoHandles(void)
{
    PVOID Object;
    IS(ObReferenceObjectByHandle(ZwCurrentProcess(), PROCESS_ALL_ACCESS, *PsProcessType, UserMode, &Object,
                                 NULL),
       STATUS_SUCCESS);
    OK(Object == PsGetCurrentProcess());
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(ZwCurrentThread(), THREAD_ALL_ACCESS, *PsThreadType, UserMode, &Object,
                                 NULL),
       STATUS_SUCCESS);
    OK(Object == PsGetCurrentThread());
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(ZwCurrentThread(), 0, *PsProcessType, KernelMode, &Object, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE);
    IS(ObReferenceObjectByHandle((HANDLE)0x123454, 0, NULL, KernelMode, &Object, NULL),
       STATUS_INVALID_HANDLE);
    IS(ZwClose(NULL), STATUS_INVALID_HANDLE);
}

static void TestManyHandles(void)
{
    static HANDLE Handles[700];
    ULONG Failed = 0, Repeated = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Handles); Index += 1) {
        Failed += ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, 0, *PsProcessType,
                                        KernelMode, &Handles[Index]) != STATUS_SUCCESS;
        Repeated += Index != 0 && Handles[Index] == Handles[Index - 1];
    }
    IS(Failed + Repeated, 0);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Handles); Index += 1) {
        Failed += ZwClose(Handles[Index]) != STATUS_SUCCESS;
    }
    IS(Failed, 0);
}

// ---- ObOpenObjectByPointer and ObCloseHandle

#define TERMINATE 0x0001 // of a process
#define VM_READ   0x0010

NTKERNELAPI NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData,
                                               ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping);
NTKERNELAPI VOID NTAPI SeDeleteAccessState(PACCESS_STATE AccessState);

// As ZwSetInformationObject has them.
typedef struct _HANDLE_FLAGS {
    BOOLEAN Inherit, ProtectFromClose;
} HANDLE_FLAGS;

NTKERNELAPI NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, HANDLE_FLAGS *HandleFlags,
                                                 KPROCESSOR_MODE PreviousMode);

static NTSTATUS OpenProcess(ULONG Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    *Handle = (HANDLE)-1;
    return ObOpenObjectByPointer(PsInitialSystemProcess, Attributes, NULL, PROCESS_DUP_HANDLE, Type, Mode,
                                 Handle);
}

static OBJECT_HANDLE_INFORMATION InformationOf(HANDLE Handle)
{
    PVOID Object;
    OBJECT_HANDLE_INFORMATION Information = {0};
    if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, &Information))) {
        ObDereferenceObject(Object);
    }
    return Information;
}

static void TestOpen(void)
{
    HANDLE Handle;
    ACCESS_STATE State;
    UCHAR Aux[256];
    // A type need not be said in kernel mode, but must be in user mode.
    IS(OpenProcess(OBJ_KERNEL_HANDLE, NULL, KernelMode, &Handle), STATUS_SUCCESS);
    IS(InformationOf(Handle).GrantedAccess, PROCESS_DUP_HANDLE);
    ZwClose(Handle);
    IS(OpenProcess(0, NULL, UserMode, &Handle), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Handle == NULL);
    IS(OpenProcess(0x80000000, *PsProcessType, KernelMode, &Handle), STATUS_INVALID_PARAMETER);
    OK(Handle == NULL);
    IS(OpenProcess(OBJ_INHERIT, *PsProcessType, KernelMode, &Handle), STATUS_SUCCESS);
    IS(InformationOf(Handle).HandleAttributes, OBJ_INHERIT);
    ZwClose(Handle);
    // What is asked for stands in the access state, if there is one.
    IS(SeCreateAccessState(&State, Aux, VM_READ, IoGetFileObjectGenericMapping()), STATUS_SUCCESS);
    IS(ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, &State, TERMINATE, *PsProcessType,
                             KernelMode, &Handle),
       STATUS_SUCCESS);
    IS(InformationOf(Handle).GrantedAccess, VM_READ);
    IS(State.RemainingDesiredAccess, 0);
    IS(State.PreviouslyGrantedAccess, VM_READ);
    ZwClose(Handle);
    SeDeleteAccessState(&State);
    // At APC_LEVEL too.
    KIRQL OldIrql;
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    NTSTATUS Status = OpenProcess(OBJ_KERNEL_HANDLE, *PsProcessType, KernelMode, &Handle);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    ZwClose(Handle);
}

// What no header declares, or none of the DDK's.
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
NTKERNELAPI NTSTATUS NTAPI ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle,
                                             PEPROCESS TargetProcess, PHANDLE TargetHandle,
                                             ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options,
                                             KPROCESSOR_MODE PreviousMode);
NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE ObjectType,
                                              KPROCESSOR_MODE AccessMode, PACCESS_STATE AccessState,
                                              ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle);

static void TestTagged(void)
{
    HANDLE Handle;
    PVOID Object;
    IS(ObOpenObjectByPointerWithTag(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, PROCESS_DUP_HANDLE,
                                    *PsProcessType, KernelMode, 'tseT', &Handle),
       STATUS_SUCCESS);
    IS(ObReferenceObjectByHandleWithTag(Handle, PROCESS_DUP_HANDLE, *PsProcessType, KernelMode, 'tseT',
                                        &Object, NULL),
       STATUS_SUCCESS);
    OK(Object == PsInitialSystemProcess);
    OK(ObGetObjectType(Object) == *PsProcessType);
    OK(ObGetObjectType(PsGetCurrentThread()) == *PsThreadType);
    ObDereferenceObjectWithTag(Object, 'tseT');
    IS(ObReferenceObjectByHandleWithTag(Handle, 0, *PsThreadType, KernelMode, 'tseT', &Object, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(Handle);
    IS(ObReferenceObjectByHandleWithTag(Handle, 0, NULL, KernelMode, 'tseT', &Object, NULL),
       STATUS_INVALID_HANDLE);
}

static void TestDuplicate(void)
{
    HANDLE Handle, Copy;
    PEPROCESS System = PsInitialSystemProcess;
    IS(OpenProcess(0, *PsProcessType, KernelMode, &Handle), STATUS_SUCCESS);
    IS(ObDuplicateObject(System, Handle, System, &Copy, VM_READ, OBJ_INHERIT, 0, KernelMode), STATUS_SUCCESS);
    IS(InformationOf(Copy).GrantedAccess, VM_READ);
    IS(InformationOf(Copy).HandleAttributes, OBJ_INHERIT);
    ZwClose(Copy);
    IS(ObDuplicateObject(System, Handle, System, &Copy, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE,
                         KernelMode),
       STATUS_SUCCESS);
    IS(InformationOf(Copy).GrantedAccess, PROCESS_DUP_HANDLE);
    ZwClose(Copy);
    IS(ObDuplicateObject(System, Handle, System, &Copy, 0, 0, DUPLICATE_SAME_ACCESS, KernelMode),
       STATUS_INVALID_HANDLE);
}

static void TestOpenByName(void)
{
    HANDLE Handle, Event;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\KmodeHandleEvent");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ObOpenObjectByName(&Attributes, *ExEventObjectType, KernelMode, NULL, SYNCHRONIZE, NULL, &Handle),
       STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Handle == NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(ObOpenObjectByName(&Attributes, *ExEventObjectType, KernelMode, NULL, SYNCHRONIZE, NULL, &Handle),
       STATUS_SUCCESS);
    IS(InformationOf(Handle).GrantedAccess, SYNCHRONIZE);
    ZwClose(Handle);
    IS(ObOpenObjectByName(&Attributes, *PsProcessType, KernelMode, NULL, SYNCHRONIZE, NULL, &Handle),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObOpenObjectByName(NULL, *ExEventObjectType, KernelMode, NULL, SYNCHRONIZE, NULL, &Handle),
       STATUS_INVALID_PARAMETER);
    ZwClose(Event);
}

static void TestExclusive(void)
{
    HANDLE Handle, Second;
    PVOID Event;
    OBJECT_ATTRIBUTES Attributes;
    // Not of what was made for everybody.
    IS(OpenProcess(OBJ_KERNEL_HANDLE | OBJ_EXCLUSIVE, *PsProcessType, KernelMode, &Handle),
       STATUS_INVALID_PARAMETER);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE | OBJ_EXCLUSIVE, NULL, NULL);
    IS(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, *ExEventObjectType, KernelMode, &Event, NULL), STATUS_SUCCESS);
    IS(ObOpenObjectByPointer(Event, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *ExEventObjectType, KernelMode,
                             &Second),
       STATUS_ACCESS_DENIED);
    ZwClose(Handle);
    IS(ObOpenObjectByPointer(Event, OBJ_EXCLUSIVE | OBJ_INHERIT, NULL, SYNCHRONIZE, *ExEventObjectType,
                             KernelMode, &Second),
       STATUS_INVALID_PARAMETER);
    IS(ObOpenObjectByPointer(Event, OBJ_KERNEL_HANDLE | OBJ_EXCLUSIVE, NULL, SYNCHRONIZE, *ExEventObjectType,
                             KernelMode, &Second),
       STATUS_SUCCESS);
    ZwClose(Second);
    ObDereferenceObject(Event);
}

static void TestClose(void)
{
    HANDLE Handle;
    HANDLE_FLAGS Flags = {.ProtectFromClose = TRUE};
    // A kernel handle is closed in kernel mode only, a user handle in either.
    IS(OpenProcess(OBJ_KERNEL_HANDLE, *PsProcessType, KernelMode, &Handle), STATUS_SUCCESS);
    IS(ObCloseHandle(Handle, UserMode), STATUS_INVALID_HANDLE);
    IS(ObCloseHandle(Handle, KernelMode), STATUS_SUCCESS);
    IS(ObCloseHandle(Handle, KernelMode), STATUS_INVALID_HANDLE);
    IS(OpenProcess(0, *PsProcessType, KernelMode, &Handle), STATUS_SUCCESS);
    IS(ObCloseHandle(Handle, KernelMode), STATUS_SUCCESS);
    IS(ObCloseHandle(Handle, UserMode), STATUS_INVALID_HANDLE);
    IS(ObCloseHandle(NULL, UserMode), STATUS_INVALID_HANDLE);
    IS(OpenProcess(0, *PsProcessType, KernelMode, &Handle), STATUS_SUCCESS);
    IS(ObSetHandleAttributes(Handle, &Flags, KernelMode), STATUS_SUCCESS);
    IS(ObCloseHandle(Handle, UserMode), STATUS_HANDLE_NOT_CLOSABLE);
    IS(ObCloseHandle(Handle, KernelMode), STATUS_HANDLE_NOT_CLOSABLE);
    Flags.ProtectFromClose = FALSE;
    IS(ObSetHandleAttributes(Handle, &Flags, KernelMode), STATUS_SUCCESS);
    IS(ObCloseHandle(Handle, UserMode), STATUS_SUCCESS);
}

TEST_DRIVER(TestReferences, TestByHandle, TestPseudoHandles, TestManyHandles, TestOpen, TestTagged,
            TestDuplicate, TestOpenByName, TestExclusive, TestClose)
