// SPDX-License-Identifier: MIT
// A timer ticks, a work item counts its ticks under a lock, a thread reports them, and all of it has ended
// before the driver goes.
#include <kmode.h>

#define TICKS 5

static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'rhTK');
static KM_TIMER Timer;
static PKM_WORK_ITEM Work;
static KM_THREAD Reporter;
static KEVENT Counted;
static FAST_MUTEX Mutex;
static ULONG Ticks; // under Mutex
static volatile LONG Expired;

// At PASSIVE_LEVEL, by a thread of the system's.
static KM_ROUTINE Count;
static VOID NTAPI Count(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KM_SCOPE {
        KmScoped(FastMutex, &Mutex);
        Ticks += (ULONG)InterlockedExchange(&Expired, 0);
        if (Ticks < TICKS) {
            return; // the mutex is released all the same
        }
    }
    KM_SCOPE_END(void) KmTimerCancel(&Timer);
    KeSetEvent(&Counted, IO_NO_INCREMENT, FALSE);
}

// At DISPATCH_LEVEL: as little as can be.
static KM_ROUTINE Tick;
static VOID NTAPI Tick(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InterlockedIncrement(&Expired);
    (void)KmWorkItemQueue(Work, DelayedWorkQueue);
}

static KM_THREAD_ROUTINE Report;
static NTSTATUS NTAPI Report(PKM_THREAD Thread, PVOID Context)
{
    PVOID Objects[] = {&Thread->Stop, &Counted};
    ULONG Index;

    UNREFERENCED_PARAMETER(Context);
    NTSTATUS Status = KmWaitAny(2, Objects, 1000, NULL, &Index);
    if (Status == STATUS_SUCCESS && Index == 1) {
        KmInfo("%d ticks counted", TICKS);
    }
    return Status;
}

static DRIVER_UNLOAD Unload;
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    NTSTATUS Exit = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DriverObject);
    (void)KmThreadJoin(&Reporter, KM_WAIT_FOREVER, &Exit);
    KmTimerStop(&Timer); // first what queues, then what is queued
    KmWorkItemDelete(Work);
    KmInfo("the thread has ended with %08lX", Exit);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    (void)KmLogInit(KmLevelInfo);
    ExInitializeFastMutex(&Mutex);
    KeInitializeEvent(&Counted, NotificationEvent, FALSE);
    KmTimerInitialize(&Timer, Tick, NULL);
    DriverObject->DriverUnload = Unload;

    KM_SCOPE {
        NTSTATUS Status = KmWorkItemCreate(&Allocator, DriverObject, Count, NULL, &Work);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        KmScopedGuard(Undo);
        KmGuardDefer(Undo, (PKM_ROUTINE)KmWorkItemDelete, Work);
        Status = KmThreadCreate(&Reporter, Report, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status; // the work item is deleted
        }
        KmGuardDismiss(Undo);
    }
    KM_SCOPE_END
    return KmTimerStartPeriodic(&Timer, 10, 0);
}
