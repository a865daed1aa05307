// SPDX-License-Identifier: MIT
// One-time initialisation. The word's two low bits tell how far it is, the others are the initialised data.
#include "inc/kernel.h"

#define RTLP_ONCE_NOT_BEGUN 0u
#define RTLP_ONCE_BEGUN     1u // one thread is at it, others wait
#define RTLP_ONCE_DONE      2u
#define RTLP_ONCE_ASYNC     3u // many may be at it
#define RTLP_ONCE_STATE     ((ULONG_PTR)3)

typedef struct _RTLP_ONCE_WAITER {
    LIST_ENTRY Link;
    PRTL_RUN_ONCE RunOnce;
    KEVENT Event;
} RTLP_ONCE_WAITER;

static LIST_ENTRY RtlpOnceWaiters = {&RtlpOnceWaiters, &RtlpOnceWaiters};
static KSPIN_LOCK RtlpOnceLock; // of the waiters, and of the end of what they wait for

static inline ULONG_PTR RtlpReadOnce(PRTL_RUN_ONCE RunOnce)
{
    return (ULONG_PTR)__atomic_load_n(&RunOnce->Ptr, __ATOMIC_ACQUIRE);
}

static inline BOOLEAN RtlpReplaceOnce(PRTL_RUN_ONCE RunOnce, ULONG_PTR Old, ULONG_PTR New)
{
    PVOID Expected = (PVOID)Old;
    return __atomic_compare_exchange_n(&RunOnce->Ptr, &Expected, (PVOID)New, FALSE, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce)
{
    RunOnce->Ptr = NULL;
}

// Returns when the initialisation that was under way has ended, well or not.
static VOID RtlpWaitForOnce(PRTL_RUN_ONCE RunOnce)
{
    RTLP_ONCE_WAITER Waiter = {.RunOnce = RunOnce};
    KeInitializeEvent(&Waiter.Event, SynchronizationEvent, FALSE);
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&RtlpOnceLock);
    BOOLEAN Waits = (RtlpReadOnce(RunOnce) & RTLP_ONCE_STATE) == RTLP_ONCE_BEGUN;
    if (Waits) {
        InsertTailList(&RtlpOnceWaiters, &Waiter.Link);
    }
    KeReleaseSpinLock(&RtlpOnceLock, OldIrql);
    if (Waits) {
        KeWaitForSingleObject(&Waiter.Event, Executive, KernelMode, FALSE, NULL);
    }
}

static VOID RtlpEndOnce(PRTL_RUN_ONCE RunOnce, ULONG_PTR New)
{
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&RtlpOnceLock);
    __atomic_store_n(&RunOnce->Ptr, (PVOID)New, __ATOMIC_RELEASE);
    for (PLIST_ENTRY Link = RtlpOnceWaiters.Flink; Link != &RtlpOnceWaiters;) {
        RTLP_ONCE_WAITER *Waiter = CONTAINING_RECORD(Link, RTLP_ONCE_WAITER, Link);
        Link = Link->Flink;
        if (Waiter->RunOnce == RunOnce) {
            RemoveEntryList(&Waiter->Link);
            KeSetEvent(&Waiter->Event, IO_NO_INCREMENT, FALSE);
        }
    }
    KeReleaseSpinLock(&RtlpOnceLock, OldIrql);
}

// STATUS_SUCCESS: it has been done, *Context (optional) is the data. STATUS_PENDING: the caller is to do it
// and to call RtlRunOnceComplete. STATUS_UNSUCCESSFUL: with RTL_RUN_ONCE_CHECK_ONLY, it has not been done.
// STATUS_INVALID_PARAMETER: begun with RTL_RUN_ONCE_ASYNC where this call is without, or the other way round.
// STATUS_INVALID_PARAMETER_2: Flags. Without RTL_RUN_ONCE_ASYNC it waits for who is at it. IRQL <= APC_LEVEL.
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context)
{
    const BOOLEAN Async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;
    if (Flags != 0 && Flags != RTL_RUN_ONCE_ASYNC && Flags != RTL_RUN_ONCE_CHECK_ONLY) {
        return STATUS_INVALID_PARAMETER_2;
    }
    for (;;) {
        ULONG_PTR Word = RtlpReadOnce(RunOnce);
        ULONG State = (ULONG)(Word & RTLP_ONCE_STATE);
        if (State == RTLP_ONCE_DONE) {
            if (Context != NULL) {
                *Context = (PVOID)(Word & ~RTLP_ONCE_STATE);
            }
            return STATUS_SUCCESS;
        }
        if (Flags & RTL_RUN_ONCE_CHECK_ONLY) {
            return STATUS_UNSUCCESSFUL;
        }
        if (State == RTLP_ONCE_NOT_BEGUN) {
            if (RtlpReplaceOnce(RunOnce, Word, Async ? RTLP_ONCE_ASYNC : RTLP_ONCE_BEGUN)) {
                return STATUS_PENDING;
            }
        } else if (Async != (State == RTLP_ONCE_ASYNC)) {
            return STATUS_INVALID_PARAMETER;
        } else if (Async) {
            return STATUS_PENDING;
        } else {
            RtlpWaitForOnce(RunOnce);
        }
    }
}

// Ends what STATUS_PENDING began. STATUS_UNSUCCESSFUL: another thread was first, or nothing has been begun.
// STATUS_INVALID_PARAMETER: as above. STATUS_INVALID_PARAMETER_2: Flags, or both of them.
// STATUS_INVALID_PARAMETER_3: Context has one of its two low bits set. IRQL <= DISPATCH_LEVEL.
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context)
{
    const BOOLEAN Async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;
    ULONG_PTR Done = (ULONG_PTR)Context | RTLP_ONCE_DONE;
    if (Flags != 0 && Flags != RTL_RUN_ONCE_ASYNC && Flags != RTL_RUN_ONCE_INIT_FAILED) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (((ULONG_PTR)Context & RTLP_ONCE_STATE) != 0) {
        return STATUS_INVALID_PARAMETER_3;
    }
    switch (RtlpReadOnce(RunOnce) & RTLP_ONCE_STATE) {
    case RTLP_ONCE_BEGUN:
        if (Async) {
            return STATUS_INVALID_PARAMETER;
        }
        RtlpEndOnce(RunOnce, Flags & RTL_RUN_ONCE_INIT_FAILED ? RTLP_ONCE_NOT_BEGUN : Done);
        return STATUS_SUCCESS;
    case RTLP_ONCE_ASYNC:
        if (!Async) {
            return STATUS_INVALID_PARAMETER;
        }
        return RtlpReplaceOnce(RunOnce, RTLP_ONCE_ASYNC, Done) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    default: return STATUS_UNSUCCESSFUL;
    }
}

// Calls InitFn unless it has succeeded once, with normal kernel APCs disabled. STATUS_SUCCESS, and *Context
// (optional) is the data. STATUS_UNSUCCESSFUL: InitFn failed, and a later call tries again.
// STATUS_INVALID_PARAMETER: RunOnce is in asynchronous use. IRQL <= APC_LEVEL.
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter,
                                     PVOID *Context)
{
    PVOID Data = NULL;
    KeEnterCriticalRegion();
    NTSTATUS Status = RtlRunOnceBeginInitialize(RunOnce, 0, &Data);
    if (Status == STATUS_PENDING) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "RTL_RUN_ONCE_INIT_FN", InitFn, 3, RunOnce, Parameter, &Data);
        ULONG Succeeded = InitFn(RunOnce, Parameter, &Data);
        ViLeaveCallback(&Callback, Succeeded);
        Status =
            RtlRunOnceComplete(RunOnce, Succeeded ? 0 : RTL_RUN_ONCE_INIT_FAILED, Succeeded ? Data : NULL);
        if (NT_SUCCESS(Status) && !Succeeded) {
            Status = STATUS_UNSUCCESSFUL;
        }
    }
    KeLeaveCriticalRegion();
    if (NT_SUCCESS(Status) && Context != NULL) {
        *Context = Data;
    }
    return Status;
}
