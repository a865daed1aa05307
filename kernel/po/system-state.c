// SPDX-License-Identifier: MIT
// What drivers say of the system's being in use: registrations that last, signs of activity, counted
// requests.
#include "inc/kernel.h"

#define POP_STATES (ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT)

// Of PoRegisterSystemState.
typedef struct _POP_SYSTEM_STATE {
    LIST_ENTRY Link; // PopSystemStates
    EXECUTION_STATE Flags;
} POP_SYSTEM_STATE, *PPOP_SYSTEM_STATE;

// Of PoCreatePowerRequest.
typedef struct _POP_POWER_REQUEST {
    LIST_ENTRY Link;             // PopPowerRequests
    PDEVICE_OBJECT DeviceObject; // referenced
    ULONG SystemRequired;        // PoSetPowerRequest without PoClearPowerRequest
} POP_POWER_REQUEST, *PPOP_POWER_REQUEST;

static LIST_ENTRY PopSystemStates = {&PopSystemStates, &PopSystemStates};
static LIST_ENTRY PopPowerRequests = {&PopPowerRequests, &PopPowerRequests};
static KSPIN_LOCK PopStateLock;

static KIRQL PopLockStates(VOID)
{
    return KiAcquireSpinLockRaise(&PopStateLock);
}

static VOID PopUnlockStates(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&PopStateLock, OldIrql);
}

EXECUTION_STATE PopSystemExecutionState(VOID)
{
    EXECUTION_STATE State = 0;
    KIRQL OldIrql = PopLockStates();
    for (PLIST_ENTRY Link = PopSystemStates.Flink; Link != &PopSystemStates; Link = Link->Flink) {
        State |= CONTAINING_RECORD(Link, POP_SYSTEM_STATE, Link)->Flags & POP_STATES;
    }
    for (PLIST_ENTRY Link = PopPowerRequests.Flink; Link != &PopPowerRequests; Link = Link->Flink) {
        PPOP_POWER_REQUEST Request = CONTAINING_RECORD(Link, POP_POWER_REQUEST, Link);
        State |= Request->SystemRequired != 0 ? ES_SYSTEM_REQUIRED : 0;
    }
    PopUnlockStates(OldIrql);
    return State;
}

PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags)
{
    PPOP_SYSTEM_STATE State = StateHandle;
    PPOP_SYSTEM_STATE New = NULL;
    if (State == NULL) {
        New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_POWER_REQUEST);
        if (New == NULL) {
            return NULL;
        }
        State = New;
    }
    KIRQL OldIrql = PopLockStates();
    State->Flags = Flags;
    if (New != NULL) {
        InsertTailList(&PopSystemStates, &New->Link);
    }
    PopUnlockStates(OldIrql);
    return State;
}

VOID NTAPI PoUnregisterSystemState(PVOID StateHandle)
{
    PPOP_SYSTEM_STATE State = StateHandle;
    KIRQL OldIrql = PopLockStates();
    RemoveEntryList(&State->Link);
    PopUnlockStates(OldIrql);
    ExFreePoolWithTag(State, TAG_POWER_REQUEST);
}

// A sign of activity restarts the countdown to sleep, of which the machine has none: nothing of it can be
// seen later.
VOID NTAPI PoSetSystemState(EXECUTION_STATE Flags)
{
    UNREFERENCED_PARAMETER(Flags);
}

// ---- Counted requests

NTSTATUS NTAPI PoCreatePowerRequest(PVOID *PowerRequest, PDEVICE_OBJECT DeviceObject,
                                    PCOUNTED_REASON_CONTEXT Context)
{
    UNREFERENCED_PARAMETER(Context); // what powercfg shows
    *PowerRequest = NULL;
    if (DeviceObject == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    PPOP_POWER_REQUEST Request = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Request), TAG_POWER_REQUEST);
    if (Request == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    Request->DeviceObject = DeviceObject;
    KIRQL OldIrql = PopLockStates();
    InsertTailList(&PopPowerRequests, &Request->Link);
    PopUnlockStates(OldIrql);
    *PowerRequest = Request;
    return STATUS_SUCCESS;
}

VOID NTAPI PoDeletePowerRequest(PVOID PowerRequest)
{
    PPOP_POWER_REQUEST Request = PowerRequest;
    KIRQL OldIrql = PopLockStates();
    RemoveEntryList(&Request->Link);
    PopUnlockStates(OldIrql);
    ObfDereferenceObject(Request->DeviceObject);
    ExFreePoolWithTag(Request, TAG_POWER_REQUEST);
}

// Drivers may ask for no more than that the system stay awake, as the routines' pages say.
NTSTATUS NTAPI PoSetPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type)
{
    if (Type != PowerRequestSystemRequired) {
        return STATUS_NOT_SUPPORTED;
    }
    KIRQL OldIrql = PopLockStates();
    ((PPOP_POWER_REQUEST)PowerRequest)->SystemRequired += 1;
    PopUnlockStates(OldIrql);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PoClearPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type)
{
    NTSTATUS Status = STATUS_SUCCESS;
    if (Type != PowerRequestSystemRequired) {
        return STATUS_NOT_SUPPORTED;
    }
    PPOP_POWER_REQUEST Request = PowerRequest;
    KIRQL OldIrql = PopLockStates();
    if (Request->SystemRequired == 0) {
        Status = STATUS_UNSUCCESSFUL;
    } else {
        Request->SystemRequired -= 1;
    }
    PopUnlockStates(OldIrql);
    return Status;
}
