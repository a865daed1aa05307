// SPDX-License-Identifier: MIT
// I/O timers: a routine of a device's, called once a second at DISPATCH_LEVEL.
#include "inc/kernel.h"

#define IOP_TIMER_MILLISECONDS 1000

typedef struct _IO_TIMER {
    LIST_ENTRY Link; // IopTimers
    BOOLEAN Enabled;
    PIO_TIMER_ROUTINE Routine;
    PVOID Context;
    PDEVICE_OBJECT DeviceObject;
} IO_TIMER;

// Every timer there is, and how many are to be called. One kernel timer serves them all; it is set only while
// there is one to be called, so that virtual time does not leap from second to second for nothing.
static LIST_ENTRY IopTimers = {&IopTimers, &IopTimers};
static KSPIN_LOCK IopTimerLock;
static ULONG IopEnabledTimers;
static KTIMER IopTimer;
static KDPC IopTimerDpc;

static KIRQL IopLockTimers(VOID)
{
    return KiAcquireSpinLockRaise(&IopTimerLock);
}

static VOID IopUnlockTimers(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&IopTimerLock, OldIrql);
}

static VOID NTAPI IopTimerDispatch(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    IO_TIMER Mark = {0}; // where the walk is: the list may change while a routine runs
    KiAcquireSpinLock(&IopTimerLock);
    InsertHeadList(&IopTimers, &Mark.Link);
    while (Mark.Link.Flink != &IopTimers) {
        PIO_TIMER Timer = CONTAINING_RECORD(Mark.Link.Flink, IO_TIMER, Link);
        RemoveEntryList(&Mark.Link);
        InsertHeadList(&Timer->Link, &Mark.Link);
        if (!Timer->Enabled) {
            continue;
        }
        PDEVICE_OBJECT DeviceObject = Timer->DeviceObject;
        PIO_TIMER_ROUTINE Routine = Timer->Routine;
        PVOID RoutineContext = Timer->Context;
        ObfReferenceObject(DeviceObject);
        KiReleaseSpinLock(&IopTimerLock);
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "IO_TIMER_ROUTINE", Routine, 2, DeviceObject, RoutineContext);
        Routine(DeviceObject, RoutineContext);
        ViLeaveCallback(&Callback, 0);
        ObfDereferenceObject(DeviceObject);
        KiAcquireSpinLock(&IopTimerLock);
    }
    RemoveEntryList(&Mark.Link);
    KiReleaseSpinLock(&IopTimerLock);
}

NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    PIO_TIMER Timer = DeviceObject->Timer;
    PIO_TIMER New = NULL;
    if (Timer == NULL) {
        New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_IO_TIMER);
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Timer = New;
        Timer->DeviceObject = DeviceObject;
    }
    KIRQL OldIrql = IopLockTimers();
    Timer->Routine = TimerRoutine;
    Timer->Context = Context;
    if (New != NULL) {
        InsertTailList(&IopTimers, &New->Link);
        DeviceObject->Timer = New;
    }
    IopUnlockTimers(OldIrql);
    return STATUS_SUCCESS;
}

VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
    PIO_TIMER Timer = DeviceObject->Timer;
    LARGE_INTEGER DueTime = {.QuadPart = -10000LL * IOP_TIMER_MILLISECONDS};
    if (IopDeviceExtension(DeviceObject)->ExtensionFlags & IOP_DEVICE_GOING_AWAY) {
        return;
    }
    KIRQL OldIrql = IopLockTimers();
    if (!Timer->Enabled) {
        Timer->Enabled = TRUE;
        IopEnabledTimers += 1;
        if (IopEnabledTimers == 1) {
            KeSetTimerEx(&IopTimer, DueTime, IOP_TIMER_MILLISECONDS, &IopTimerDpc);
        }
    }
    IopUnlockTimers(OldIrql);
}

// The timers are locked.
static VOID IopDisableTimer(PIO_TIMER Timer)
{
    if (Timer->Enabled) {
        Timer->Enabled = FALSE;
        IopEnabledTimers -= 1;
        if (IopEnabledTimers == 0) {
            KeCancelTimer(&IopTimer);
        }
    }
}

VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockTimers();
    IopDisableTimer(DeviceObject->Timer);
    IopUnlockTimers(OldIrql);
}

VOID IopDeleteTimer(PDEVICE_OBJECT DeviceObject)
{
    PIO_TIMER Timer = DeviceObject->Timer;
    if (Timer == NULL) {
        return;
    }
    KIRQL OldIrql = IopLockTimers();
    IopDisableTimer(Timer);
    RemoveEntryList(&Timer->Link);
    DeviceObject->Timer = NULL;
    IopUnlockTimers(OldIrql);
    ExFreePoolWithTag(Timer, TAG_IO_TIMER);
}

VOID IopInitializeTimers(VOID)
{
    KeInitializeTimer(&IopTimer);
    KeInitializeDpc(&IopTimerDpc, IopTimerDispatch, NULL);
}
