// SPDX-License-Identifier: MIT
// A timer ticks, a work item counts its ticks under a lock, a thread reports them, programs start it all
// again and wait for the end; and all of it has ended before the driver goes.
#include <kmode.h>
#include "threads.h"

static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'rhTK');
static KM_TIMER Timer;
static PKM_WORK_ITEM Work;
static KM_THREAD Reporter;
static KEVENT Counted;
static FAST_MUTEX Mutex;
static ULONG Ticks; // under Mutex
static volatile LONG Expired;

// At PASSIVE_LEVEL, by a thread of the system's.
static VOID NTAPI Count(PVOID Context)
{
    ExAcquireFastMutex(&Mutex);
    Ticks += (ULONG)InterlockedExchange(&Expired, 0);
    if (Ticks >= THREADS_TICKS) {
        KmTimerCancel((PKM_TIMER)Context);
        KeSetEvent(&Counted, IO_NO_INCREMENT, FALSE);
    }
    ExReleaseFastMutex(&Mutex);
}

// At DISPATCH_LEVEL: as little as can be.
static VOID NTAPI Tick(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InterlockedIncrement(&Expired);
    (void)KmWorkItemQueue(Work, DelayedWorkQueue);
}

static NTSTATUS NTAPI Report(PKM_THREAD Thread, PVOID Context)
{
    NTSTATUS Status = KmWait(Context, 1000);

    UNREFERENCED_PARAMETER(Thread);
    if (Status == STATUS_SUCCESS) {
        KmInfo("%d ticks counted", THREADS_TICKS);
    }
    return Status;
}

static NTSTATUS NTAPI Start(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    KM_SCOPE {
        KmScoped(FastMutex, &Mutex);
        Ticks = 0;
        KeClearEvent(&Counted);
        return KmTimerStartPeriodic(&Timer, THREADS_PERIOD, 0); // the mutex is released all the same
    }
    KM_SCOPE_END
}

static NTSTATUS NTAPI Wait(PKM_REQUEST Request)
{
    return KmWait(&Counted, min(*KmRequestInput(Request, ULONG), 10000));
}

static const KM_DEVICE_ENTRY Threads[] = {KM_DEVICE_NAME(L"\\Device\\Threads"),
                                          KM_DEVICE_LINK(L"\\DosDevices\\Threads"),
                                          KM_ON_IOCTL_PLAIN(IOCTL_THREADS_START, Start),
                                          KM_ON_IOCTL_INPUT(IOCTL_THREADS_WAIT, Wait, ULONG), KM_DEVICE_END};

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    NTSTATUS Exit = STATUS_SUCCESS;

    KmDriverStop(DriverObject); // first who starts, then what queues, then what is queued
    (void)KmThreadJoin(&Reporter, KM_WAIT_FOREVER, &Exit);
    KmTimerStop(&Timer);
    KmWorkItemDelete(Work);
    KmInfo("the thread has ended with %08lX", Exit);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Devices[] = {Threads};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    (void)KmLogInit(KmLevelInfo);
    ExInitializeFastMutex(&Mutex);
    KeInitializeEvent(&Counted, NotificationEvent, FALSE);
    KmTimerInitialize(&Timer, Tick, NULL);
    Status = KmWorkItemCreate(&Allocator, DriverObject, Count, &Timer, &Work);
    Status = NT_SUCCESS(Status) ? KmDriverStart(DriverObject, Devices, 1) : Status;
    Status = NT_SUCCESS(Status) ? KmThreadCreate(&Reporter, Report, &Counted) : Status;
    Status = NT_SUCCESS(Status) ? Start(NULL) : Status;
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(Status)) {
        Unload(DriverObject); // what is not there is nothing to undo
    }
    return Status;
}
