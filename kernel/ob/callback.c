// SPDX-License-Identifier: MIT
// Object callbacks: drivers that are asked before a handle to a process or thread is made, and told behind
// it.
#include "inc/kernel.h"
#include "rtl/altitude.h"

struct _OB_REGISTRATION;

typedef struct _OB_CALLBACK_ENTRY {
    LIST_ENTRY Link; // OBJECT_TYPE.CallbackList, the highest altitude first
    struct _OB_REGISTRATION *Registration;
    POBJECT_TYPE Type;
    OB_OPERATION Operations;
    POB_PRE_OPERATION_CALLBACK Pre;
    POB_POST_OPERATION_CALLBACK Post;
} OB_CALLBACK_ENTRY, *POB_CALLBACK_ENTRY;

typedef struct _OB_REGISTRATION {
    LIST_ENTRY Link; // ObpRegistrations
    UNICODE_STRING Altitude;
    PVOID Context;
    volatile LONG Users; // handle operations that have come by, and one for the registration itself
    KEVENT NoUsers;
    ULONG Count;
    OB_CALLBACK_ENTRY Entries[];
    // the altitude's characters
} OB_REGISTRATION, *POB_REGISTRATION;

static EX_PUSH_LOCK ObpCallbackLock; // of all lists
static LIST_ENTRY ObpRegistrations = {&ObpRegistrations, &ObpRegistrations};

static VOID ObpLeaveRegistration(POB_REGISTRATION Registration)
{
    if (InterlockedDecrement(&Registration->Users) == 0) {
        KeSetEvent(&Registration->NoUsers, 0, FALSE);
    }
}

// ---- Registration

// What Windows demands of an image whose routines decide about processes: that its signature is always
// checked.
static BOOLEAN ObpMayRegister(PVOID Routine)
{
    return Routine == NULL || MiIsIntegrityForced((ULONG_PTR)Routine);
}

static NTSTATUS ObpCheckRegistration(const OB_CALLBACK_REGISTRATION *Registration)
{
    if ((Registration->Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) ||
        Registration->OperationRegistrationCount == 0 || !RtlpIsAltitude(&Registration->Altitude)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < Registration->OperationRegistrationCount; Index += 1) {
        const OB_OPERATION_REGISTRATION *Operation = &Registration->OperationRegistration[Index];
        const OB_OPERATION Known = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;
        if (Operation->ObjectType == NULL || *Operation->ObjectType == NULL ||
            !((*Operation->ObjectType)->TypeInfo.ObjectTypeFlags & OB_TYPE_SUPPORTS_OBJECT_CALLBACKS) ||
            Operation->Operations == 0 || Operation->Operations & ~Known ||
            (Operation->PreOperation == NULL && Operation->PostOperation == NULL)) {
            return STATUS_INVALID_PARAMETER;
        }
        if (!ObpMayRegister((PVOID)(ULONG_PTR)Operation->PreOperation) ||
            !ObpMayRegister((PVOID)(ULONG_PTR)Operation->PostOperation)) {
            return STATUS_ACCESS_DENIED;
        }
    }
    return STATUS_SUCCESS;
}

static POB_REGISTRATION ObpMakeRegistration(const OB_CALLBACK_REGISTRATION *Asked)
{
    SIZE_T EntryBytes = Asked->OperationRegistrationCount * sizeof(OB_CALLBACK_ENTRY);
    POB_REGISTRATION Made = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(*Made) + EntryBytes + Asked->Altitude.Length, TAG_OBJECT_CALLBACK);
    if (Made == NULL) {
        return NULL;
    }
    PWCH Altitude = (PWCH)((PUCHAR)Made->Entries + EntryBytes);
    RtlCopyMemory(Altitude, Asked->Altitude.Buffer, Asked->Altitude.Length);
    Made->Altitude = (UNICODE_STRING){Asked->Altitude.Length, Asked->Altitude.Length, Altitude};
    Made->Context = Asked->RegistrationContext;
    Made->Users = 1;
    KeInitializeEvent(&Made->NoUsers, NotificationEvent, FALSE);
    Made->Count = Asked->OperationRegistrationCount;
    for (ULONG Index = 0; Index < Made->Count; Index += 1) {
        const OB_OPERATION_REGISTRATION *Operation = &Asked->OperationRegistration[Index];
        Made->Entries[Index] = (OB_CALLBACK_ENTRY){.Registration = Made,
                                                   .Type = *Operation->ObjectType,
                                                   .Operations = Operation->Operations,
                                                   .Pre = Operation->PreOperation,
                                                   .Post = Operation->PostOperation};
    }
    return Made;
}

// The lock is held exclusively.
static BOOLEAN ObpAltitudeIsTaken(PCUNICODE_STRING Altitude)
{
    for (PLIST_ENTRY Link = ObpRegistrations.Flink; Link != &ObpRegistrations; Link = Link->Flink) {
        if (RtlpCompareAltitudes(&CONTAINING_RECORD(Link, OB_REGISTRATION, Link)->Altitude, Altitude) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID ObpLinkCallback(POB_CALLBACK_ENTRY Entry)
{
    PLIST_ENTRY Before = &Entry->Type->CallbackList;
    while (Before->Flink != &Entry->Type->CallbackList &&
           RtlpCompareAltitudes(
               &CONTAINING_RECORD(Before->Flink, OB_CALLBACK_ENTRY, Link)->Registration->Altitude,
               &Entry->Registration->Altitude) > 0) {
        Before = Before->Flink;
    }
    InsertHeadList(Before, &Entry->Link);
}

static VOID ObpLockCallbacks(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&ObpCallbackLock);
}

static VOID ObpUnlockCallbacks(VOID)
{
    ExReleasePushLockExclusive(&ObpCallbackLock);
    KeLeaveCriticalRegion();
}

// *RegistrationHandle is for ObUnRegisterCallbacks. STATUS_FLT_INSTANCE_ALTITUDE_COLLISION,
// STATUS_INVALID_PARAMETER (version, altitude, a type without callbacks, unknown operations, no routine),
// STATUS_ACCESS_DENIED (a routine outside an image linked with /integritycheck),
// STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (wdm, ObRegisterCallbacks)
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID *RegistrationHandle)
{
    NTSTATUS Status = ObpCheckRegistration(CallbackRegistration);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    POB_REGISTRATION Made = ObpMakeRegistration(CallbackRegistration);
    if (Made == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObpLockCallbacks();
    if (ObpAltitudeIsTaken(&Made->Altitude)) {
        Status = STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    } else {
        InsertTailList(&ObpRegistrations, &Made->Link);
        for (ULONG Index = 0; Index < Made->Count; Index += 1) {
            ObpLinkCallback(&Made->Entries[Index]);
        }
    }
    ObpUnlockCallbacks();
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Made, TAG_OBJECT_CALLBACK);
        return Status;
    }
    *RegistrationHandle = Made;
    return STATUS_SUCCESS;
}

// Returns when none of the routines runs, or will run, any more. IRQL <= APC_LEVEL, not from one of the
// routines. (wdm, ObUnRegisterCallbacks)
VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle)
{
    POB_REGISTRATION Registration = RegistrationHandle;
    ObpLockCallbacks();
    RemoveEntryList(&Registration->Link);
    for (ULONG Index = 0; Index < Registration->Count; Index += 1) {
        RemoveEntryList(&Registration->Entries[Index].Link);
    }
    ObpUnlockCallbacks();
    ObpLeaveRegistration(Registration);
    KeWaitForSingleObject(&Registration->NoUsers, Executive, KernelMode, FALSE, NULL);
    ExFreePoolWithTag(Registration, TAG_OBJECT_CALLBACK);
}

// (wdm, ObGetFilterVersion)
USHORT NTAPI ObGetFilterVersion(VOID)
{
    return OB_FLT_REGISTRATION_VERSION;
}

// ---- Operations

// Those of the type's callbacks that the operation concerns, each registration with one more user.
static NTSTATUS ObpCollectCallbacks(OB_HANDLE_OPERATION *Operation, POBJECT_TYPE Type)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count = 0;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&ObpCallbackLock);
    for (PLIST_ENTRY Link = Type->CallbackList.Flink; Link != &Type->CallbackList; Link = Link->Flink) {
        Count += 1;
    }
    if (Count == 0) {
        goto Unlock;
    }
    Operation->Calls =
        ExAllocatePoolZero(NonPagedPoolNx, Count * sizeof(*Operation->Calls), TAG_OBJECT_CALLBACK);
    if (Operation->Calls == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Unlock;
    }
    for (PLIST_ENTRY Link = Type->CallbackList.Flink; Link != &Type->CallbackList; Link = Link->Flink) {
        POB_CALLBACK_ENTRY Entry = CONTAINING_RECORD(Link, OB_CALLBACK_ENTRY, Link);
        if (Entry->Operations & Operation->Kind) {
            InterlockedIncrement(&Entry->Registration->Users);
            Operation->Calls[Operation->CallCount++].Entry = Entry;
        }
    }
Unlock:
    ExReleasePushLockShared(&ObpCallbackLock);
    KeLeaveCriticalRegion();
    return Status;
}

static VOID ObpCallPre(OB_HANDLE_OPERATION *Operation, OB_HANDLE_CALL *Call, POBJECT_TYPE Type,
                       ACCESS_MASK Asked)
{
    POB_CALLBACK_ENTRY Entry = Call->Entry;
    OB_PRE_OPERATION_PARAMETERS Parameters = {0};
    OB_PRE_OPERATION_INFORMATION Information = {.Operation = Operation->Kind,
                                                .Object = Operation->Object,
                                                .ObjectType = Type,
                                                .Parameters = &Parameters};
    VI_CALLBACK Callback;
    Information.KernelHandle = Operation->Kernel;
    // The first two members are the same for both kinds.
    Parameters.DuplicateHandleInformation.DesiredAccess = Operation->Access;
    Parameters.DuplicateHandleInformation.OriginalDesiredAccess = Asked;
    if (Operation->Kind == OB_OPERATION_HANDLE_DUPLICATE) {
        Parameters.DuplicateHandleInformation.SourceProcess = Operation->SourceProcess;
        Parameters.DuplicateHandleInformation.TargetProcess = Operation->TargetProcess;
    }
    ViEnterCallback(&Callback, "OB_PRE_OPERATION_CALLBACK", Entry->Pre, 2, Entry->Registration->Context,
                    &Information);
    OB_PREOP_CALLBACK_STATUS Status = Entry->Pre(Entry->Registration->Context, &Information);
    ViLeaveCallback(&Callback, (ULONG_PTR)Status);
    Call->Context = Information.CallContext;
    // Rights can be taken away, but not those that a type must keep, and none can be added.
    Operation->Access &= Parameters.DuplicateHandleInformation.DesiredAccess | Type->TypeInfo.RetainAccess |
                         ACCESS_SYSTEM_SECURITY;
}

static VOID ObpReleaseCalls(OB_HANDLE_OPERATION *Operation)
{
    for (ULONG Index = 0; Index < Operation->CallCount; Index += 1) {
        ObpLeaveRegistration(((POB_CALLBACK_ENTRY)Operation->Calls[Index].Entry)->Registration);
    }
    if (Operation->Calls != NULL) {
        ExFreePoolWithTag(Operation->Calls, TAG_OBJECT_CALLBACK);
    }
}

NTSTATUS ObpBeginHandleOperation(OB_HANDLE_OPERATION *Operation)
{
    POBJECT_TYPE Type = ObpTypeOf(Operation->Object);
    ACCESS_MASK Asked = Operation->Access;
    Operation->Calls = NULL;
    Operation->CallCount = 0;
    if (IsListEmpty(&Type->CallbackList)) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = ObpCollectCallbacks(Operation, Type);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeEnterCriticalRegion();
    for (ULONG Index = 0; Index < Operation->CallCount; Index += 1) {
        if (((POB_CALLBACK_ENTRY)Operation->Calls[Index].Entry)->Pre != NULL) {
            ObpCallPre(Operation, &Operation->Calls[Index], Type, Asked);
        }
    }
    KeLeaveCriticalRegion();
    return STATUS_SUCCESS;
}

// From the lowest altitude up: the other way round than before.
VOID ObpEndHandleOperation(OB_HANDLE_OPERATION *Operation, NTSTATUS Status)
{
    OB_POST_OPERATION_PARAMETERS Parameters = {.CreateHandleInformation = {Operation->Access}};
    KeEnterCriticalRegion();
    for (ULONG Index = Operation->CallCount; Index-- > 0;) {
        POB_CALLBACK_ENTRY Entry = Operation->Calls[Index].Entry;
        OB_POST_OPERATION_INFORMATION Information = {.Operation = Operation->Kind,
                                                     .Object = Operation->Object,
                                                     .ObjectType = Entry->Type,
                                                     .CallContext = Operation->Calls[Index].Context,
                                                     .ReturnStatus = Status,
                                                     .Parameters = NT_SUCCESS(Status) ? &Parameters : NULL};
        Information.KernelHandle = Operation->Kernel;
        if (Entry->Post != NULL) {
            VI_CALLBACK Callback;
            ViEnterCallback(&Callback, "OB_POST_OPERATION_CALLBACK", Entry->Post, 2,
                            Entry->Registration->Context, &Information);
            Entry->Post(Entry->Registration->Context, &Information);
            ViLeaveCallback(&Callback, 0);
        }
    }
    KeLeaveCriticalRegion();
    ObpReleaseCalls(Operation);
}
