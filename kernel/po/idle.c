// SPDX-License-Identifier: MIT
// Idle detection: a count of seconds for each device that wants it, which its driver sets to 0 when the
// device is in use; when it has counted as far as was asked, the device is put into the state that was asked
// for.
#include "inc/kernel.h"

#define POP_SCAN_MILLISECONDS    1000
#define POP_DEVICE_CLASS_DEFAULT ((ULONG) - 1)
#define POP_STORAGE_CLASS_SECONDS                                                                            \
    1200 // of the balanced plan, on the mains: a disk turns off after 20 minutes

// IOP_DEVICE_EXTENSION.Dope. Drivers know the address of the first member and write to it without a lock.
typedef struct _POP_IDLE {
    volatile LONG Count;     // seconds since the device was last in use
    volatile LONG BusyCount; // PoStartDeviceBusy without PoEndDeviceBusy
    LIST_ENTRY Link;         // PopIdleDevices
    PDEVICE_OBJECT DeviceObject;
    ULONG ConservationSeconds, PerformanceSeconds; // 0: never
    DEVICE_POWER_STATE State;
    BOOLEAN Sent; // the device has been sent to State, and has not come back
} POP_IDLE, *PPOP_IDLE;

// One timer serves all devices; it is set only while one of them counts, so that virtual time does not leap
// from second to second for nothing.
static LIST_ENTRY PopIdleDevices = {&PopIdleDevices, &PopIdleDevices};
static KSPIN_LOCK PopIdleLock;
static KTIMER PopIdleTimer;
static KDPC PopIdleDpc;
static BOOLEAN PopIdleTimerMade, PopIdleTimerSet;

static KIRQL PopLockIdle(VOID)
{
    return KiAcquireSpinLockRaise(&PopIdleLock);
}

static VOID PopUnlockIdle(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&PopIdleLock, OldIrql);
}

// The machine runs on the mains, where the performance time counts.
static BOOLEAN PopCounts(const POP_IDLE *Idle)
{
    return Idle->PerformanceSeconds != 0 && !Idle->Sent;
}

// The lock is held. The first device that has counted as far as it should: NULL if there is none.
static PPOP_IDLE PopFindIdle(VOID)
{
    for (PLIST_ENTRY Link = PopIdleDevices.Flink; Link != &PopIdleDevices; Link = Link->Flink) {
        PPOP_IDLE Idle = CONTAINING_RECORD(Link, POP_IDLE, Link);
        if (PopCounts(Idle) && (ULONG)Idle->Count >= Idle->PerformanceSeconds) {
            return Idle;
        }
    }
    return NULL;
}

// The lock is held.
static VOID PopCountSecond(VOID)
{
    BOOLEAN Any = FALSE;
    for (PLIST_ENTRY Link = PopIdleDevices.Flink; Link != &PopIdleDevices; Link = Link->Flink) {
        PPOP_IDLE Idle = CONTAINING_RECORD(Link, POP_IDLE, Link);
        if (PopCounts(Idle)) {
            Any = TRUE;
            if (Idle->BusyCount > 0) {
                Idle->Count = 0;
            } else {
                InterlockedIncrement(&Idle->Count);
            }
        }
    }
    if (!Any) {
        KeCancelTimer(&PopIdleTimer);
        PopIdleTimerSet = FALSE;
    }
}

static VOID NTAPI PopScanIdle(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KIRQL OldIrql = PopLockIdle();
    PopCountSecond();
    for (PPOP_IDLE Idle = PopFindIdle(); Idle != NULL; Idle = PopFindIdle()) {
        PDEVICE_OBJECT DeviceObject = Idle->DeviceObject;
        POWER_STATE State = {.DeviceState = Idle->State};
        Idle->Sent = TRUE;
        ObfReferenceObject(DeviceObject);
        PopUnlockIdle(OldIrql);
        // Without memory it is not sent: the driver that keeps its device idle is asked again when it comes
        // back.
        PoRequestPowerIrp(DeviceObject, IRP_MN_SET_POWER, State, NULL, NULL, NULL);
        ObfDereferenceObject(DeviceObject);
        OldIrql = PopLockIdle();
    }
    PopUnlockIdle(OldIrql);
}

// The lock is held.
static VOID PopStartScan(VOID)
{
    LARGE_INTEGER DueTime = {.QuadPart = -10000LL * POP_SCAN_MILLISECONDS};
    if (!PopIdleTimerMade) {
        KeInitializeTimer(&PopIdleTimer);
        KeInitializeDpc(&PopIdleDpc, PopScanIdle, NULL);
        PopIdleTimerMade = TRUE;
    }
    if (!PopIdleTimerSet) {
        PopIdleTimerSet = TRUE;
        KeSetTimerEx(&PopIdleTimer, DueTime, POP_SCAN_MILLISECONDS, &PopIdleDpc);
    }
}

VOID PopForgetIdleDetection(PDEVICE_OBJECT DeviceObject)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    KIRQL OldIrql = PopLockIdle();
    PPOP_IDLE Idle = Extension->Dope;
    Extension->Dope = NULL;
    if (Idle != NULL) {
        RemoveEntryList(&Idle->Link);
    }
    PopUnlockIdle(OldIrql);
    if (Idle != NULL) {
        ViForgetResource(ViResourceRegistration, (ULONG_PTR)&Idle->Count);
        ExFreePoolWithTag(Idle, TAG_POWER_REQUEST);
    }
}

VOID PopRestartIdleDetection(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = PopLockIdle();
    PPOP_IDLE Idle = IopDeviceExtension(DeviceObject)->Dope;
    if (Idle != NULL) {
        Idle->Count = 0;
        // Sent below full power by somebody else, it has nothing to be idle from.
        Idle->Sent = PopDevicePowerState(DeviceObject) >= Idle->State;
        if (PopCounts(Idle)) {
            PopStartScan();
        }
    }
    PopUnlockIdle(OldIrql);
}

// Whether Seconds stands for something: *Seconds is then what it stands for.
static BOOLEAN PopResolveSeconds(PDEVICE_OBJECT DeviceObject, PULONG Seconds)
{
    if (*Seconds == POP_DEVICE_CLASS_DEFAULT) {
        if (DeviceObject->DeviceType != FILE_DEVICE_DISK &&
            DeviceObject->DeviceType != FILE_DEVICE_MASS_STORAGE) {
            return FALSE;
        }
        *Seconds = POP_STORAGE_CLASS_SECONDS;
    }
    return TRUE;
}

PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime,
                                              ULONG PerformanceIdleTime, DEVICE_POWER_STATE State)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    if (ConservationIdleTime == 0 && PerformanceIdleTime == 0) {
        PopForgetIdleDetection(DeviceObject);
        return NULL;
    }
    if (!PopResolveSeconds(DeviceObject, &ConservationIdleTime) ||
        !PopResolveSeconds(DeviceObject, &PerformanceIdleTime)) {
        return NULL;
    }
    PPOP_IDLE New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_POWER_REQUEST);
    KIRQL OldIrql = PopLockIdle();
    PPOP_IDLE Idle = Extension->Dope;
    if (Idle == NULL && New != NULL) {
        Idle = New;
        New = NULL;
        Idle->DeviceObject = DeviceObject;
        InsertTailList(&PopIdleDevices, &Idle->Link);
        Extension->Dope = Idle;
    }
    if (Idle != NULL) {
        Idle->ConservationSeconds = ConservationIdleTime;
        Idle->PerformanceSeconds = PerformanceIdleTime;
        Idle->State = State;
        Idle->Count = 0;
        Idle->Sent = FALSE;
        if (PopCounts(Idle)) {
            PopStartScan();
        }
    }
    PopUnlockIdle(OldIrql);
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_POWER_REQUEST);
    }
    return Idle != NULL ? (PULONG)&Idle->Count : NULL;
}

#undef PoSetDeviceBusy
VOID NTAPI PoSetDeviceBusyEx(PULONG IdlePointer)
{
    InterlockedExchange((volatile LONG *)IdlePointer, 0);
}

VOID NTAPI PoStartDeviceBusy(PULONG IdlePointer)
{
    PPOP_IDLE Idle = CONTAINING_RECORD(IdlePointer, POP_IDLE, Count);
    InterlockedExchange(&Idle->Count, 0);
    InterlockedIncrement(&Idle->BusyCount);
}

VOID NTAPI PoEndDeviceBusy(PULONG IdlePointer)
{
    PPOP_IDLE Idle = CONTAINING_RECORD(IdlePointer, POP_IDLE, Count);
    InterlockedExchange(&Idle->Count, 0);
    InterlockedDecrement(&Idle->BusyCount);
}
