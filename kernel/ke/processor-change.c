// SPDX-License-Identifier: MIT
// Notification of processors that are added. None is added to a machine that runs; those that there are can
// be asked for (KE_PROCESSOR_CHANGE_ADD_EXISTING). Beside it, as little ever called, what is registered for
// non-maskable interrupts: no device here has one.
#include "inc/kernel.h"

typedef struct _KI_REGISTERED {
    LIST_ENTRY Link;
    PVOID Routine;
    PVOID Context;
} KI_REGISTERED, *PKI_REGISTERED;

static LIST_ENTRY KiProcessorChangeCallbacks = {&KiProcessorChangeCallbacks, &KiProcessorChangeCallbacks};
static LIST_ENTRY KiNmiCallbacks = {&KiNmiCallbacks, &KiNmiCallbacks};
static KSPIN_LOCK KiRegisteredLock;

static PKI_REGISTERED KiRegister(PLIST_ENTRY List, PVOID Routine, PVOID Context)
{
    PKI_REGISTERED Registered = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Registered), TAG_KE_CALLBACK);
    if (Registered != NULL) {
        Registered->Routine = Routine;
        Registered->Context = Context;
        KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&KiRegisteredLock);
        InsertHeadList(List, &Registered->Link);
        KeReleaseSpinLock(&KiRegisteredLock, OldIrql);
    }
    return Registered;
}

// FALSE: Handle is none of List's.
static BOOLEAN KiDeregister(PLIST_ENTRY List, PVOID Handle)
{
    BOOLEAN Found = FALSE;
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&KiRegisteredLock);
    for (PLIST_ENTRY Link = List->Flink; !Found && Link != List; Link = Link->Flink) {
        Found = Link == &((PKI_REGISTERED)Handle)->Link;
    }
    if (Found) {
        RemoveEntryList(&((PKI_REGISTERED)Handle)->Link);
    }
    KeReleaseSpinLock(&KiRegisteredLock, OldIrql);
    if (Found) {
        ExFreePoolWithTag(Handle, TAG_KE_CALLBACK);
    }
    return Found;
}

// ---- Processors

// Returns what the callback made of Status.
static NTSTATUS KiNotifyProcessor(PPROCESSOR_CALLBACK_FUNCTION Routine, PVOID Context,
                                  KE_PROCESSOR_CHANGE_NOTIFY_STATE State, ULONG Number, NTSTATUS Status)
{
    KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change = {.State = State, .NtNumber = Number, .Status = Status};
    NTSTATUS OperationStatus = Status;
    VI_CALLBACK Callback;
    KeGetProcessorNumberFromIndex(Number, &Change.ProcNumber);
    ViEnterCallback(&Callback, "PROCESSOR_CALLBACK_FUNCTION", Routine, 3, Context, &Change, &OperationStatus);
    Routine(Context, &Change, &OperationStatus);
    ViLeaveCallback(&Callback, 0);
    return OperationStatus;
}

// Every processor is announced; then all are told to be there, or, if the callback refused one, those in
// front of that one to have failed.
static VOID KiNotifyExisting(PPROCESSOR_CALLBACK_FUNCTION Routine, PVOID Context)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Announced = 0;
    while (NT_SUCCESS(Status) && Announced < KiProcessorCount) {
        Status = KiNotifyProcessor(Routine, Context, KeProcessorAddStartNotify, Announced, STATUS_SUCCESS);
        Announced += NT_SUCCESS(Status) ? 1 : 0;
    }
    for (ULONG Number = 0; Number < Announced; Number += 1) {
        KiNotifyProcessor(Routine, Context,
                          NT_SUCCESS(Status) ? KeProcessorAddCompleteNotify : KeProcessorAddFailureNotify,
                          Number, Status);
    }
}

// Flags: 0 or KE_PROCESSOR_CHANGE_ADD_EXISTING, which calls back before it returns. NULL: no memory; an error
// that a callback tells is not this routine's. IRQL PASSIVE_LEVEL.
PVOID NTAPI KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction,
                                              PVOID CallbackContext, ULONG Flags)
{
    PVOID Handle =
        KiRegister(&KiProcessorChangeCallbacks, (PVOID)(ULONG_PTR)CallbackFunction, CallbackContext);
    if (Handle != NULL && (Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) != 0) {
        KiNotifyExisting(CallbackFunction, CallbackContext);
    }
    return Handle;
}

// IRQL PASSIVE_LEVEL.
VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle)
{
    KiDeregister(&KiProcessorChangeCallbacks, CallbackHandle);
}

// ---- Non-maskable interrupts

// NULL: no memory. IRQL <= APC_LEVEL.
PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context)
{
    return KiRegister(&KiNmiCallbacks, (PVOID)(ULONG_PTR)CallbackRoutine, Context);
}

// STATUS_INVALID_HANDLE: there is no such registration. IRQL <= APC_LEVEL.
NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID Handle)
{
    return KiDeregister(&KiNmiCallbacks, Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}
