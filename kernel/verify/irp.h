// SPDX-License-Identifier: MIT
// IRPs on their way through drivers: completed once, by who owns them, and as the dispatch routine has said.
#ifndef KMODE_VERIFY_IRP_H
#define KMODE_VERIFY_IRP_H

// What an IRP asks for.
typedef struct _VI_REQUEST {
    UCHAR MajorFunction;
    ULONG ControlCode; // of those of device control
} VI_REQUEST;

// What is remembered of an IRP since it was sent.
typedef struct _VI_IRP {
    LIST_ENTRY Link, Order; // in its bucket; in the order of the ends of their lives
    PIRP Irp;
    ULONG References; // dispatch routines that have not returned
    BOOLEAN Gone;     // completed for good, or freed
    CHAR StackCount;
    CHAR Location;          // to which it was sent last
    CHAR CompletedThrough;  // locations up to this one are done with it; 0: none
    CHAR CompletedFrom;     // CurrentLocation when IoCompleteRequest was called last
    NTSTATUS CompletedWith; // and the status in it
    PVOID Dispatch;         // the routine that has it
    VI_REQUEST Request;     // as it was sent last
    ULONG64 Pending[2];     // bit n: location n was marked pending when it was done with
    VI_STACK CompletedAt;
} VI_IRP;

// A dispatch routine under way.
typedef struct _VI_DISPATCH {
    VI_IRP *Record; // NULL: nothing is to be looked at behind it
    PVOID Routine;
    CHAR Location;
    BOOLEAN MarkedBefore; // by a driver that has kept the IRP, and passes it on in its own stack location
    VI_REQUEST Request;
    VI_CALLBACK Callback;
} VI_DISPATCH;

// Irp is about to be given to Routine for its current location, and has been. IRQL <= DISPATCH_LEVEL.
VOID ViBeginDispatch(VI_DISPATCH *Dispatch, PDEVICE_OBJECT DeviceObject, PIRP Irp, PDRIVER_DISPATCH Routine);
// Returns the status to go on with: what the routine should have returned where its own would lead astray.
NTSTATUS ViEndDispatch(VI_DISPATCH *Dispatch, NTSTATUS Status);

// IoCompleteRequest is called for Irp, which may be none any more. FALSE: it must not go on.
BOOLEAN ViBeginCompletion(PIRP Irp);
// Location, whose Control it had, is done with.
VOID ViLocationCompleted(PIRP Irp, CHAR Location, UCHAR Control);
// The whole IRP is, or it is freed.
VOID ViIrpGone(PIRP Irp);

// Where the IRP that was at Irp was completed last. FALSE: nobody knows.
BOOLEAN ViWhereCompleted(PIRP Irp, VI_STACK *Stack);

// The dispatch routine to which Irp, which is under way, was given last. FALSE: nobody knows.
BOOLEAN ViWhoHas(PIRP Irp, VI_STACK *Routine);

// A cancel routine has returned and holds the cancel spin lock.
VOID ViReportCancelLockHeld(PVOID Routine);

// The image at [Base, Base + Bytes) goes: tells of the IRPs that its dispatch routines have and nobody has
// completed.
VOID ViCheckIrpsLeft(ULONG_PTR Base, SIZE_T Bytes);

#endif
