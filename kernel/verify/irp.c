// SPDX-License-Identifier: MIT
// The life of each IRP that is sent, and what drivers do wrong with it.
#include "inc/kernel.h"
#include <kmode-nt/irp-major-functions.h>
#include "verify/system-power.h"
#include "verify/irp.h"

int __cdecl sprintf(char *Buffer, const char *Format, ...);

#define VI_IRP_BUCKETS 256
#define VI_IRPS_KEPT   1024 // that are gone

static LIST_ENTRY ViIrps[VI_IRP_BUCKETS];
static LIST_ENTRY ViIrpsGone;
static ULONG ViIrpsGoneCount;
static KSPIN_LOCK ViIrpLock;

static KIRQL ViLockIrps(VOID)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ViIrpLock);
    if (ViIrpsGone.Flink == NULL) {
        InitializeListHead(&ViIrpsGone);
        for (ULONG Index = 0; Index < VI_IRP_BUCKETS; Index += 1) {
            InitializeListHead(&ViIrps[Index]);
        }
    }
    return OldIrql;
}

static VOID ViUnlockIrps(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&ViIrpLock, OldIrql);
}

static PLIST_ENTRY ViIrpBucket(PIRP Irp)
{
    return &ViIrps[(((ULONG_PTR)Irp >> 4) * 0x9E3779B97F4A7C15ULL >> 32) % VI_IRP_BUCKETS];
}

// The lock is held.
static VI_IRP *ViFindIrp(PIRP Irp)
{
    PLIST_ENTRY Bucket = ViIrpBucket(Irp);
    for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
        VI_IRP *Record = CONTAINING_RECORD(Link, VI_IRP, Link);
        if (Record->Irp == Irp) {
            return Record;
        }
    }
    return NULL;
}

// Takes the oldest of those that are gone off the table if there are too many. The lock is held.
static VI_IRP *ViTakeOldIrp(VOID)
{
    if (ViIrpsGoneCount <= VI_IRPS_KEPT) {
        return NULL;
    }
    for (PLIST_ENTRY Link = ViIrpsGone.Flink; Link != &ViIrpsGone; Link = Link->Flink) {
        VI_IRP *Record = CONTAINING_RECORD(Link, VI_IRP, Order);
        if (Record->References == 0) {
            RemoveEntryList(&Record->Link);
            RemoveEntryList(&Record->Order);
            ViIrpsGoneCount -= 1;
            return Record;
        }
    }
    return NULL;
}

static VOID ViRevive(VI_IRP *Record)
{
    if (Record->Gone) {
        RemoveEntryList(&Record->Order);
        ViIrpsGoneCount -= 1;
        Record->Gone = FALSE;
        Record->CompletedThrough = 0;
    }
}

// ---- What an IRP asks for

// "IRP_MJ_READ", "IRP_MJ_DEVICE_CONTROL (control code 0x00222004)".
typedef struct _VI_REQUEST_TEXT {
    CHAR Characters[80];
} VI_REQUEST_TEXT;

#define VI_MAJOR_NAME(Function) [IRP_MJ_##Function] = #Function,

static PCSTR ViMajorName(ULONG MajorFunction)
{
    static const PCSTR Names[] = {KMODE_IRP_MAJOR_FUNCTIONS(VI_MAJOR_NAME)};
    return MajorFunction < RTL_NUMBER_OF(Names) ? Names[MajorFunction] : "?";
}

static BOOLEAN ViIsControl(UCHAR MajorFunction)
{
    return MajorFunction == IRP_MJ_DEVICE_CONTROL || MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
}

static VI_REQUEST ViRequestAt(const IO_STACK_LOCATION *Stack)
{
    return (VI_REQUEST){Stack->MajorFunction, ViIsControl(Stack->MajorFunction)
                                                  ? Stack->Parameters.DeviceIoControl.IoControlCode
                                                  : 0};
}

static PCSTR ViRequestText(const VI_REQUEST *Request, VI_REQUEST_TEXT *Text)
{
    const PCSTR Name = ViMajorName(Request->MajorFunction);
    if (ViIsControl(Request->MajorFunction)) {
        sprintf(Text->Characters, "IRP_MJ_%s (control code 0x%08lX)", Name, Request->ControlCode);
    } else {
        sprintf(Text->Characters, "IRP_MJ_%s", Name);
    }
    return Text->Characters;
}

// ---- Dispatch routines

// Irp's record, made if there is none, for the routine that it goes to next. NULL: no memory.
static VI_IRP *ViNoteSent(PIRP Irp, PVOID Routine)
{
    VI_IRP *New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_VERIFIER);
    KIRQL OldIrql = ViLockIrps();
    VI_IRP *Record = ViFindIrp(Irp);
    if (Record == NULL && New != NULL) {
        Record = New;
        New = NULL;
        Record->Irp = Irp;
        InsertHeadList(ViIrpBucket(Irp), &Record->Link);
    }
    if (Record != NULL) {
        ViRevive(Record);
        Record->References += 1;
        Record->StackCount = Irp->StackCount;
        Record->Location = Irp->CurrentLocation;
        Record->Dispatch = Routine;
        Record->Request = ViRequestAt(Irp->Tail.Overlay.CurrentStackLocation);
        if (Record->CompletedThrough >= Irp->CurrentLocation) {
            Record->CompletedThrough = (CHAR)(Irp->CurrentLocation - 1);
        }
        Record->Pending[Irp->CurrentLocation >> 6] &= ~(1ULL << (Irp->CurrentLocation & 63));
    }
    ViUnlockIrps(OldIrql);
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_VERIFIER);
    }
    return Record;
}

VOID ViBeginDispatch(VI_DISPATCH *Dispatch, PDEVICE_OBJECT DeviceObject, PIRP Irp, PDRIVER_DISPATCH Routine)
{
    Dispatch->Record = NULL;
    Dispatch->Routine = (PVOID)(ULONG_PTR)Routine;
    Dispatch->Location = Irp->CurrentLocation;
    Dispatch->MarkedBefore = (Irp->Tail.Overlay.CurrentStackLocation->Control & SL_PENDING_RETURNED) != 0;
    Dispatch->Request = ViRequestAt(Irp->Tail.Overlay.CurrentStackLocation);
    if (ViChecks() && KiGetIrql() <= DISPATCH_LEVEL) {
        Dispatch->Record = ViNoteSent(Irp, Dispatch->Routine);
        ViNotePowerSent(DeviceObject, Irp);
    }
    ViEnterCallback(&Dispatch->Callback, "DRIVER_DISPATCH", Routine, 2, DeviceObject, Irp);
}

static PIO_STACK_LOCATION ViStackLocation(const VI_IRP *Record, CHAR Location)
{
    return (PIO_STACK_LOCATION)(Record->Irp + 1) + (Location - 1);
}

static BOOLEAN ViIsMarked(const VI_IRP *Record, CHAR Location)
{
    if (Record->CompletedThrough >= Location) {
        return (Record->Pending[Location >> 6] >> (Location & 63) & 1) != 0;
    }
    // Not done with: the location is there to be read.
    return (ViStackLocation(Record, Location)->Control & SL_PENDING_RETURNED) != 0;
}

// Behind a dispatch routine of a driver's, for its IRP as it was when the lock was held.
static VOID ViCheckReturn(const VI_DISPATCH *Dispatch, const VI_IRP *Record, BOOLEAN Marked, NTSTATUS Status)
{
    const VI_STACK Routine = {.Count = 1, .Frames = {(ULONG64)Dispatch->Routine + 1}};
    const VI_STACK *Completed = Record->CompletedAt.Count != 0 ? &Record->CompletedAt : &Routine;
    VI_REQUEST_TEXT Text;
    PCSTR Request = ViRequestText(&Dispatch->Request, &Text);
    BOOLEAN Done = Record->CompletedThrough >= Dispatch->Location;
    BOOLEAN Forwarded = Record->Location < Dispatch->Location;
    if (Status == STATUS_PENDING) {
        if (!Marked && !Forwarded) {
            ViReportLeft(ViIrpNotMarkedPending, &Routine,
                         "the dispatch routine for %s returned STATUS_PENDING for the IRP at %p, which it "
                         "has not marked by IoMarkIrpPending",
                         Request, Record->Irp);
        }
        return;
    }
    if (Marked && !Dispatch->MarkedBefore) {
        ViReportLeft(ViIrpMarkedPending, &Routine,
                     "the dispatch routine for %s has marked the IRP at %p pending and returned 0x%08lX, not "
                     "STATUS_PENDING",
                     Request, Record->Irp, (ULONG)Status);
    } else if (!Done) {
        ViReportLeft(ViIrpNotCompleted, &Routine,
                     "the dispatch routine for %s returned 0x%08lX and the IRP at %p is not completed",
                     Request, (ULONG)Status, Record->Irp);
    } else if (!Forwarded && Record->CompletedFrom == Dispatch->Location && Status != Record->CompletedWith) {
        ViReportLeft(ViIrpStatusMismatch, Completed,
                     "the dispatch routine for %s returned 0x%08lX for the IRP at %p, which was completed "
                     "with 0x%08lX",
                     Request, (ULONG)Status, Record->Irp, (ULONG)Record->CompletedWith);
    }
}

NTSTATUS ViEndDispatch(VI_DISPATCH *Dispatch, NTSTATUS Status)
{
    BOOLEAN IsDrivers = Dispatch->Callback.Type != NULL;
    ViLeaveCallback(&Dispatch->Callback, (ULONG_PTR)(LONG_PTR)Status);
    if (Dispatch->Record == NULL) {
        return Status;
    }
    KIRQL OldIrql = ViLockIrps();
    VI_IRP Record = *Dispatch->Record;
    BOOLEAN Marked = IsDrivers && ViIsMarked(&Record, Dispatch->Location);
    BOOLEAN Done = Record.CompletedThrough >= Dispatch->Location;
    BOOLEAN Forgotten =
        IsDrivers && Status == STATUS_PENDING && !Marked && Record.Location >= Dispatch->Location;
    if (Forgotten && !Done) {
        ViStackLocation(&Record, Dispatch->Location)->Control |= SL_PENDING_RETURNED;
    }
    Dispatch->Record->References -= 1;
    ViUnlockIrps(OldIrql);
    if (IsDrivers) {
        ViCheckReturn(Dispatch, &Record, Marked, Status);
    }
    // The sender waits, or does not, for what has really become of the IRP.
    return Marked && !Dispatch->MarkedBefore ? STATUS_PENDING
           : Forgotten && Done               ? Record.CompletedWith
                                             : Status;
}

// ---- Completion

static BOOLEAN ViIsBufferedControl(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    return ViIsControl(Stack->MajorFunction) &&
           METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode) == METHOD_BUFFERED &&
           (Irp->Flags & IRP_INPUT_OPERATION);
}

// What is wrong with an IRP that is completed for the first time.
static VOID ViCheckCompleted(PIRP Irp, PCSTR Request)
{
    PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;
    if (Irp->IoStatus.Status == STATUS_PENDING) {
        ViReport(ViIrpCompletedPending, NULL,
                 "the IRP at %p, %s, is completed with STATUS_PENDING in IoStatus.Status", Irp, Request);
    }
    VI_STACK Acquired;
    PVOID Lock = ViHeldSpinLock(&Acquired);
    if (Lock != NULL) {
        ViReport(ViIrpCompletedLocked, &Acquired,
                 "the IRP at %p, %s, is completed while the spin lock at %p is held, which a completion "
                 "routine may want",
                 Irp, Request, Lock);
    }
    if (Irp->CancelRoutine != NULL) {
        ViReport(ViIrpCancelRoutineSet, NULL,
                 "the IRP at %p, %s, is completed and still has a cancel routine: IoSetCancelRoutine(Irp, "
                 "NULL) comes first",
                 Irp, Request);
    }
    if (Irp->CurrentLocation <= Irp->StackCount && ViIsBufferedControl(Irp, Stack) &&
        !NT_ERROR(Irp->IoStatus.Status) &&
        Irp->IoStatus.Information > Stack->Parameters.DeviceIoControl.OutputBufferLength) {
        ViReport(
            ViIrpInformationTooLarge, NULL,
            "the IRP at %p, %s, is completed with %Iu bytes in IoStatus.Information; the caller's buffer "
            "has %lu",
            Irp, Request, Irp->IoStatus.Information, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    }
}

BOOLEAN ViBeginCompletion(PIRP Irp)
{
    VI_STACK Stack, Earlier;
    VI_REQUEST_TEXT Text = {"which no driver was given"};
    if (KiGetIrql() > DISPATCH_LEVEL) {
        return TRUE;
    }
    ViCaptureStack(&Stack);
    KIRQL OldIrql = ViLockIrps();
    VI_IRP *Record = ViFindIrp(Irp);
    BOOLEAN Gone = Record != NULL && Record->Gone;
    if (Record != NULL) {
        ViRequestText(&Record->Request, &Text);
    }
    if (Gone) {
        Earlier = Record->CompletedAt;
    } else if (Record != NULL) {
        Record->CompletedAt = Stack;
        Record->CompletedFrom = Irp->CurrentLocation;
        Record->CompletedWith = Irp->IoStatus.Status;
    }
    ViUnlockIrps(OldIrql);
    if (Gone) {
        ViReport(ViIrpCompletedTwice, &Earlier, "the IRP at %p, %s, is completed once more", Irp,
                 Text.Characters);
        return FALSE;
    }
    if (Stack.Count != 0) {
        ViCheckCompleted(Irp, Text.Characters);
    }
    return TRUE;
}

VOID ViLocationCompleted(PIRP Irp, CHAR Location, UCHAR Control)
{
    KIRQL OldIrql = ViLockIrps();
    VI_IRP *Record = ViFindIrp(Irp);
    if (Record != NULL) {
        Record->CompletedThrough = Location;
        if (Control & SL_PENDING_RETURNED) {
            Record->Pending[Location >> 6] |= 1ULL << (Location & 63);
        }
    }
    ViUnlockIrps(OldIrql);
}

VOID ViIrpGone(PIRP Irp)
{
    KIRQL OldIrql = ViLockIrps();
    VI_IRP *Record = ViFindIrp(Irp), *Old = NULL;
    if (Record != NULL && !Record->Gone) {
        Record->Gone = TRUE;
        InsertTailList(&ViIrpsGone, &Record->Order);
        ViIrpsGoneCount += 1;
        Old = ViTakeOldIrp();
    }
    ViUnlockIrps(OldIrql);
    if (Old != NULL) {
        ExFreePoolWithTag(Old, TAG_VERIFIER);
    }
}

BOOLEAN ViWhereCompleted(PIRP Irp, VI_STACK *Stack)
{
    KIRQL OldIrql = ViLockIrps();
    const VI_IRP *Record = ViFindIrp(Irp);
    BOOLEAN Known = Record != NULL && Record->CompletedAt.Count != 0;
    if (Known) {
        *Stack = Record->CompletedAt;
    }
    ViUnlockIrps(OldIrql);
    return Known;
}

BOOLEAN ViWhoHas(PIRP Irp, VI_STACK *Routine)
{
    KIRQL OldIrql = ViLockIrps();
    const VI_IRP *Record = ViFindIrp(Irp);
    BOOLEAN Known = Record != NULL && !Record->Gone;
    if (Known) {
        *Routine = (VI_STACK){.Count = 1, .Frames = {(ULONG64)Record->Dispatch + 1}};
    }
    ViUnlockIrps(OldIrql);
    return Known;
}

VOID ViReportCancelLockHeld(PVOID Routine)
{
    const VI_STACK Stack = {.Count = 1, .Frames = {(ULONG64)Routine + 1}};
    ViReportLeft(ViCancelSpinLockHeld, &Stack,
                 "the cancel routine returned and has not released the cancel spin lock: "
                 "IoReleaseCancelSpinLock(Irp->CancelIrql) comes first in it");
}

// ---- What is left

static BOOLEAN ViFindIrpLeft(ULONG_PTR Base, SIZE_T Bytes, VI_IRP *Copy)
{
    for (ULONG Index = 0; Index < VI_IRP_BUCKETS; Index += 1) {
        PLIST_ENTRY Bucket = &ViIrps[Index];
        for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
            VI_IRP *Record = CONTAINING_RECORD(Link, VI_IRP, Link);
            if (!Record->Gone && Record->CompletedThrough < Record->Location &&
                (ULONG_PTR)Record->Dispatch - Base < Bytes) {
                *Copy = *Record;
                Record->Dispatch = NULL;
                return TRUE;
            }
        }
    }
    return FALSE;
}

VOID ViCheckIrpsLeft(ULONG_PTR Base, SIZE_T Bytes)
{
    VI_IRP Copy;
    VI_REQUEST_TEXT Text;
    for (;;) {
        KIRQL OldIrql = ViLockIrps();
        BOOLEAN Found = ViFindIrpLeft(Base, Bytes, &Copy);
        ViUnlockIrps(OldIrql);
        if (!Found) {
            return;
        }
        const VI_STACK Routine = {.Count = 1, .Frames = {(ULONG64)Copy.Dispatch + 1}};
        ViReportLeft(
            ViIrpNeverCompleted, &Routine,
            "the driver is unloaded and has not completed the IRP at %p, %s, which this routine was given",
            Copy.Irp, ViRequestText(&Copy.Request, &Text));
    }
}
