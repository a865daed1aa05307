// SPDX-License-Identifier: MIT
// Registry callbacks: drivers that are asked before each operation on the registry and told behind it, the
// highest altitude first and last.
#include "inc/kernel.h"
#include "rtl/altitude.h"

// One callback's part in an operation.
typedef struct _CM_CALL {
    PCM_CALLBACK Callback;
    PVOID Context; // what its pre-callback has left in CallContext
} CM_CALL;

// A callback that runs.
typedef struct _CM_ACTIVE_CALL {
    LIST_ENTRY Link; // CmpActiveCalls, the last one first
    PKTHREAD Thread;
    PCM_CALLBACK Callback;
} CM_ACTIVE_CALL;

EX_PUSH_LOCK CmpCallbackLock;
static LIST_ENTRY CmpCallbacks = {&CmpCallbacks, &CmpCallbacks};
static LIST_ENTRY CmpActiveCalls = {&CmpActiveCalls, &CmpActiveCalls};

#define CMP_LARGEST_INFORMATION sizeof(REG_CREATE_KEY_INFORMATION_V1)

BOOLEAN CmpHasCallbacks(VOID)
{
    return !IsListEmpty(&CmpCallbacks);
}

// ---- Registration

PCM_CALLBACK CmpFindCallback(LARGE_INTEGER Cookie)
{
    for (PLIST_ENTRY Link = CmpCallbacks.Flink; Link != &CmpCallbacks; Link = Link->Flink) {
        PCM_CALLBACK Callback = CONTAINING_RECORD(Link, CM_CALLBACK, Link);
        if (Callback->Cookie.QuadPart == Cookie.QuadPart) {
            return Callback;
        }
    }
    return NULL;
}

static PCM_CALLBACK CmpMakeCallback(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Context)
{
    USHORT Bytes = Altitude != NULL ? Altitude->Length : 0;
    PCM_CALLBACK Made = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Made) + Bytes, TAG_KEY_CALLBACK);
    if (Made == NULL) {
        return NULL;
    }
    Made->Altitude = (UNICODE_STRING){Bytes, Bytes, (PWCH)(Made + 1)};
    if (Bytes != 0) {
        RtlCopyMemory(Made->Altitude.Buffer, Altitude->Buffer, Bytes);
    }
    Made->Function = Function;
    Made->Context = Context;
    Made->Users = 1;
    KeInitializeEvent(&Made->NoUsers, NotificationEvent, FALSE);
    InitializeListHead(&Made->Contexts);
    return Made;
}

// Callbacks are locked. The place behind which Made belongs; NULL: its altitude is taken.
static PLIST_ENTRY CmpCallbackPlace(PCM_CALLBACK Made)
{
    PLIST_ENTRY Before = &CmpCallbacks;
    for (; Before->Flink != &CmpCallbacks; Before = Before->Flink) {
        PCUNICODE_STRING Next = &CONTAINING_RECORD(Before->Flink, CM_CALLBACK, Link)->Altitude;
        if (Next->Length == 0) {
            continue;
        }
        LONG Order = Made->Altitude.Length == 0 ? 1 : RtlpCompareAltitudes(&Made->Altitude, Next);
        if (Order == 0) {
            return NULL;
        }
        if (Order > 0) {
            break;
        }
    }
    return Before;
}

static NTSTATUS CmpRegister(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Context,
                            PLARGE_INTEGER Cookie)
{
    static LONGLONG LastCookie;
    NTSTATUS Status = STATUS_SUCCESS;
    PCM_CALLBACK Made = CmpMakeCallback(Function, Altitude, Context);
    if (Made == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    CmpLockCallbacks();
    PLIST_ENTRY Before = CmpCallbackPlace(Made);
    if (Before != NULL) {
        Made->Cookie.QuadPart = LastCookie += 1;
        // Before it is linked: its first call may ask for it.
        *Cookie = Made->Cookie;
        InsertHeadList(Before, &Made->Link);
    } else {
        Status = STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    }
    CmpUnlockCallbacks();
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Made, TAG_KEY_CALLBACK);
    }
    return Status;
}

// Function is called for every operation from now on, in front of those with an altitude. *Cookie is for
// CmUnRegisterCallback. STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (wdm, CmRegisterCallback)
NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie)
{
    return CmpRegister(Function, NULL, Context, Cookie);
}

// The same, at Altitude. STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, STATUS_INVALID_PARAMETER (no altitude, no
// driver), STATUS_INSUFFICIENT_RESOURCES. (wdm, CmRegisterCallbackEx)
NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Driver,
                                    PVOID Context, PLARGE_INTEGER Cookie, PVOID Reserved)
{
    UNREFERENCED_PARAMETER(Reserved);
    if (Altitude == NULL || !RtlpIsAltitude(Altitude) || Driver == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    return CmpRegister(Function, Altitude, Context, Cookie);
}

VOID CmpLeaveCallback(PCM_CALLBACK Callback)
{
    if (InterlockedDecrement(&Callback->Users) == 0) {
        KeSetEvent(&Callback->NoUsers, 0, FALSE);
    }
}

// Returns when the routine runs no more, and has been told of every context that it had. Not from within it.
// STATUS_INVALID_PARAMETER. IRQL <= APC_LEVEL. (wdm, CmUnRegisterCallback)
NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie)
{
    CmpLockCallbacks();
    PCM_CALLBACK Callback = CmpFindCallback(Cookie);
    if (Callback != NULL) {
        RemoveEntryList(&Callback->Link);
    }
    CmpUnlockCallbacks();
    if (Callback == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    CmpLeaveCallback(Callback);
    KeWaitForSingleObject(&Callback->NoUsers, Executive, KernelMode, FALSE, NULL);
    CmpCleanUpCallback(Callback);
    ExFreePoolWithTag(Callback, TAG_KEY_CALLBACK);
    return STATUS_SUCCESS;
}

// 1.1: that of Windows 7 and later. (wdm, CmGetCallbackVersion)
VOID NTAPI CmGetCallbackVersion(PULONG Major, PULONG Minor)
{
    if (Major != NULL) {
        *Major = 1;
    }
    if (Minor != NULL) {
        *Minor = 1;
    }
}

// ---- Operations

NTSTATUS CmpCallCallback(PCM_CALLBACK Callback, REG_NOTIFY_CLASS Class, PVOID Information)
{
    CM_ACTIVE_CALL Active = {.Thread = KiCurrentThread(), .Callback = Callback};
    VI_CALLBACK Border;
    CmpLockCallbacks();
    InsertHeadList(&CmpActiveCalls, &Active.Link);
    CmpUnlockCallbacks();
    ViEnterCallback(&Border, "EX_CALLBACK_FUNCTION", Callback->Function, 3, Callback->Context,
                    (ULONG_PTR)Class, Information);
    NTSTATUS Status = Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)Class, Information);
    ViLeaveCallback(&Border, (ULONG_PTR)(LONG_PTR)Status);
    CmpLockCallbacks();
    RemoveEntryList(&Active.Link);
    CmpUnlockCallbacks();
    return Status;
}

// Callbacks are locked. Where an operation of the current thread starts: one that a callback has begun is
// told only to those below it.
static PLIST_ENTRY CmpFirstCallback(VOID)
{
    PKTHREAD Thread = KiCurrentThread();
    for (PLIST_ENTRY Link = CmpActiveCalls.Flink; Link != &CmpActiveCalls; Link = Link->Flink) {
        CM_ACTIVE_CALL *Active = CONTAINING_RECORD(Link, CM_ACTIVE_CALL, Link);
        if (Active->Thread != Thread) {
            continue;
        }
        for (PLIST_ENTRY Entry = CmpCallbacks.Flink; Entry != &CmpCallbacks; Entry = Entry->Flink) {
            if (CONTAINING_RECORD(Entry, CM_CALLBACK, Link) == Active->Callback) {
                return Entry->Flink;
            }
        }
        // It is being unregistered: nobody knows who is below it.
        return &CmpCallbacks;
    }
    return CmpCallbacks.Flink;
}

// Those who are to be told, each with one more user.
static NTSTATUS CmpCollectCalls(CM_OPERATION_STATE *Operation)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count = 0;
    CmpLockCallbacks();
    PLIST_ENTRY First = CmpFirstCallback();
    for (PLIST_ENTRY Link = First; Link != &CmpCallbacks; Link = Link->Flink) {
        Count += 1;
    }
    if (Count == 0) {
        goto Unlock;
    }
    Operation->Calls = ExAllocatePoolZero(PagedPool, Count * sizeof(*Operation->Calls), TAG_KEY_CALLBACK);
    if (Operation->Calls == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Unlock;
    }
    for (PLIST_ENTRY Link = First; Link != &CmpCallbacks; Link = Link->Flink) {
        PCM_CALLBACK Callback = CONTAINING_RECORD(Link, CM_CALLBACK, Link);
        InterlockedIncrement(&Callback->Users);
        Operation->Calls[Operation->CallCount++].Callback = Callback;
    }
Unlock:
    CmpUnlockCallbacks();
    return Status;
}

static VOID CmpReleaseCalls(CM_OPERATION_STATE *Operation)
{
    for (ULONG Index = 0; Index < Operation->CallCount; Index += 1) {
        CmpLeaveCallback(Operation->Calls[Index].Callback);
    }
    if (Operation->Calls != NULL) {
        ExFreePoolWithTag(Operation->Calls, TAG_KEY_CALLBACK);
    }
    Operation->CallCount = 0;
    Operation->Calls = NULL;
}

static PVOID CmpContextOf(PVOID Object, PCM_CALLBACK Callback)
{
    PVOID Context = NULL;
    if (Object != NULL) {
        CmpLockCallbacks();
        Context = CmpObjectContext(Object, Callback);
        CmpUnlockCallbacks();
    }
    return Context;
}

NTSTATUS CmpBeginOperation(CM_OPERATION_STATE *Operation)
{
    Operation->CallCount = 0;
    Operation->Calls = NULL;
    if (!CmpHasCallbacks()) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = CmpCollectCalls(Operation);
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Operation->CallCount; Index += 1) {
        CM_CALL *Call = &Operation->Calls[Index];
        Operation->CallContext[0] = NULL;
        Operation->CallContext[1] = CmpContextOf(Operation->Object, Call->Callback);
        Status = CmpCallCallback(Call->Callback, Operation->Pre, Operation->Information);
        Call->Context = Operation->CallContext[0];
    }
    if (!NT_SUCCESS(Status)) {
        CmpReleaseCalls(Operation);
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
}

NTSTATUS CmpEndOperation(CM_OPERATION_STATE *Operation, PVOID Object, NTSTATUS Status)
{
    for (ULONG Index = Operation->CallCount; Index-- > 0;) {
        CM_CALL *Call = &Operation->Calls[Index];
        REG_POST_OPERATION_INFORMATION Post = {.Object = Object,
                                               .Status = Status,
                                               .PreInformation = Operation->Information,
                                               .ReturnStatus = Status,
                                               .CallContext = Call->Context,
                                               .ObjectContext = CmpContextOf(Object, Call->Callback)};
        Operation->CallContext[0] = Call->Context;
        Operation->CallContext[1] = CmpContextOf(Operation->Object, Call->Callback);
        if (CmpCallCallback(Call->Callback, Operation->Post, &Post) == STATUS_CALLBACK_BYPASS) {
            Status = Post.ReturnStatus;
        }
    }
    CmpReleaseCalls(Operation);
    return Status;
}

NTSTATUS CmpOperate(const CM_OPERATION_KIND *Kind, PVOID Information)
{
    // The drivers' own: what they change in it is not what is carried out.
    ULONG64 Shown[CMP_LARGEST_INFORMATION / sizeof(ULONG64)];
    PVOID Object = *(PVOID *)Information;
    RtlCopyMemory(Shown, Information, Kind->Bytes);
    CM_OPERATION_STATE Operation = {.Pre = Kind->Pre,
                                    .Post = Kind->Post,
                                    .Object = Object,
                                    .Information = Shown,
                                    .CallContext = (PVOID *)((PUCHAR)Shown + Kind->CallContext)};
    NTSTATUS Status = CmpBeginOperation(&Operation);
    if (NT_SUCCESS(Status)) {
        return CmpEndOperation(&Operation, Object, Kind->Perform(Information));
    }
    return Status == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : Status;
}
