// SPDX-License-Identifier: MIT
// Requests that wait in a queue are sent, taken, recalled and cancelled by several threads at once: each is
// completed once, by whom it ought to be, and none is left. On several processors, by tests/sdk/queue-race.t.
#include "test.h"

#include <kmode.h>

#define LANES 3
#ifndef ROUNDS
#define ROUNDS 400
#endif

// What becomes of a round's request.
typedef enum FATE {
    FateTaken,          // nobody cancels it
    FateCancelledFirst, // it has been cancelled before it is sent
    FateRace,           // it is cancelled while it is sent, waits and is taken
    FateCount
} FATE;

// A thread that sends requests, and one that cancels them.
typedef struct LANE {
    KM_THREAD Sender, Canceller;
    KEVENT Go, Cancelled, Completed;
    PIRP Irp;
    BOOLEAN Ends; // the sender has no more
    volatile BOOLEAN CancellerReady, SenderReady;
    volatile LONG Completions;
    NTSTATUS Status;
    ULONG Delay;                    // before the cancellation, in pauses
    ULONG Succeeded, Cancellations; // of all rounds
    ULONG Failed;                   // rounds that went wrong
} LANE;

static PKM_DEVICE Device;
static KM_REQUEST_QUEUE Waiting;
static LANE Lanes[LANES];
static KM_THREAD Taker, Recaller;
static KEVENT Work;
static volatile LONG Ends;
static volatile LONG Taken;

static NTSTATUS NTAPI Start(PKM_DEVICE Starting)
{
    KmQueueInit(&Waiting, Starting);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    const NTSTATUS Status = KmRequestPend(Request, &Waiting);

    KeSetEvent(&Work, IO_NO_INCREMENT, FALSE);
    return Status;
}

static const KM_DEVICE_ENTRY Table[] = {KM_DEVICE_CONTEXT(ULONG, Start, NULL), KM_ON(IRP_MJ_READ, Read),
                                        KM_DEVICE_END};

static VOID Pause(ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        YieldProcessor();
    }
}

// Until the other processor, if there is one, is as far.
static VOID Meet(volatile BOOLEAN *Mine, volatile BOOLEAN *Others)
{
    *Mine = TRUE;
    for (ULONG Index = 0; !*Others && Index < 2000; Index += 1) {
        YieldProcessor();
    }
}

static IO_COMPLETION_ROUTINE OnCompletion;
static NTSTATUS NTAPI OnCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    LANE *Lane = (LANE *)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    Lane->Status = Irp->IoStatus.Status;
    InterlockedIncrement(&Lane->Completions);
    KeSetEvent(&Lane->Completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID RunRound(LANE *Lane, FATE Fate, ULONG Round)
{
    PDEVICE_OBJECT DeviceObject = Device->DeviceObject;
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;

    if (Irp == NULL) {
        Lane->Failed += 1;
        return;
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(Irp, OnCompletion, Lane, TRUE, TRUE, TRUE);
    Lane->Irp = Irp;
    Lane->Completions = 0;
    Lane->Delay = Round * 37 % 128;
    Lane->CancellerReady = Lane->SenderReady = FALSE;
    if (Fate == FateCancelledFirst && IoCancelIrp(Irp)) {
        Lane->Failed += 1; // there was no cancel routine yet
    }
    if (Fate == FateRace) {
        KeSetEvent(&Lane->Go, IO_NO_INCREMENT, FALSE);
        Meet(&Lane->SenderReady, &Lane->CancellerReady);
    }
    Status = IoCallDriver(DeviceObject, Irp);
    (void)KmWait(&Lane->Completed, KM_WAIT_FOREVER);
    if (Fate == FateRace) {
        (void)KmWait(&Lane->Cancelled, KM_WAIT_FOREVER);
    }
    if (Status != STATUS_PENDING || Lane->Completions != 1 || Irp->CancelRoutine != NULL ||
        (Fate == FateCancelledFirst && Lane->Status != STATUS_CANCELLED)) {
        Lane->Failed += 1;
    }
    Lane->Succeeded += Lane->Status == STATUS_SUCCESS;
    Lane->Cancellations += Lane->Status == STATUS_CANCELLED;
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI Send(PKM_THREAD Self, PVOID Context)
{
    LANE *Lane = (LANE *)Context;

    UNREFERENCED_PARAMETER(Self);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        RunRound(Lane, Round % 8 == 0 ? FateTaken : Round % 8 == 1 ? FateCancelledFirst : FateRace, Round);
    }
    Lane->Ends = TRUE;
    KeSetEvent(&Lane->Go, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Cancel(PKM_THREAD Self, PVOID Context)
{
    LANE *Lane = (LANE *)Context;

    UNREFERENCED_PARAMETER(Self);
    for (;;) {
        (void)KmWait(&Lane->Go, KM_WAIT_FOREVER);
        if (Lane->Ends) {
            return STATUS_SUCCESS;
        }
        Meet(&Lane->CancellerReady, &Lane->SenderReady);
        Pause(Lane->Delay);
        (void)IoCancelIrp(Lane->Irp);
        KeSetEvent(&Lane->Cancelled, IO_NO_INCREMENT, FALSE);
    }
}

static NTSTATUS NTAPI Take(PKM_THREAD Self, PVOID Context)
{
    KM_REQUEST Request;

    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    while (!Ends) {
        (void)KmWait(&Work, KM_WAIT_FOREVER);
        while (KmQueueTake(&Waiting, &Request) == STATUS_SUCCESS) {
            InterlockedIncrement(&Taken);
            KmRequestComplete(&Request, STATUS_SUCCESS);
        }
    }
    return STATUS_SUCCESS;
}

// Cancels what it finds, but leaves the most for the others.
static NTSTATUS NTAPI Recall(PKM_THREAD Self, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (!KmThreadSleep(Self, 1)) {
        KmQueueCancel(&Waiting, NULL);
    }
    return STATUS_SUCCESS;
}

static VOID Join(KM_THREAD *Thread)
{
    IS(KmThreadJoin(Thread, KM_WAIT_FOREVER, NULL), STATUS_SUCCESS);
}

static void TestRaces(void)
{
    ULONG Failed = 0, Succeeded = 0, Cancellations = 0;

    KeInitializeEvent(&Work, SynchronizationEvent, FALSE);
    for (ULONG Index = 0; Index < LANES; Index += 1) {
        LANE *Lane = &Lanes[Index];

        KeInitializeEvent(&Lane->Go, SynchronizationEvent, FALSE);
        KeInitializeEvent(&Lane->Cancelled, SynchronizationEvent, FALSE);
        KeInitializeEvent(&Lane->Completed, SynchronizationEvent, FALSE);
        IS(KmThreadCreate(&Lane->Canceller, Cancel, Lane), STATUS_SUCCESS);
        IS(KmThreadCreate(&Lane->Sender, Send, Lane), STATUS_SUCCESS);
    }
    IS(KmThreadCreate(&Taker, Take, NULL), STATUS_SUCCESS);
    IS(KmThreadCreate(&Recaller, Recall, NULL), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < LANES; Index += 1) {
        Join(&Lanes[Index].Sender);
        Join(&Lanes[Index].Canceller);
        Failed += Lanes[Index].Failed;
        Succeeded += Lanes[Index].Succeeded;
        Cancellations += Lanes[Index].Cancellations;
    }
    KmThreadStop(&Recaller);
    Join(&Recaller);
    InterlockedExchange(&Ends, TRUE);
    KeSetEvent(&Work, IO_NO_INCREMENT, FALSE);
    Join(&Taker);
    IS(Failed, 0);
    IS(Succeeded, Taken);
    IS(Succeeded + Cancellations, LANES * ROUNDS);
    OK(Cancellations >= LANES * ROUNDS / 8);
    OK(IsListEmpty(&Waiting.Irps));
}

// What waits when the device ends is cancelled by that.
static void TestEnd(void)
{
    PDEVICE_OBJECT DeviceObject = Device->DeviceObject;
    PIRP Irps[LANES];

    for (ULONG Index = 0; Index < LANES; Index += 1) {
        Irps[Index] = IoAllocateIrp(DeviceObject->StackSize, FALSE);
        Lanes[Index].Completions = 0;
        IoGetNextIrpStackLocation(Irps[Index])->MajorFunction = IRP_MJ_READ;
        IoSetCompletionRoutine(Irps[Index], OnCompletion, &Lanes[Index], TRUE, TRUE, TRUE);
        IS(IoCallDriver(DeviceObject, Irps[Index]), STATUS_PENDING);
        IS(Lanes[Index].Completions, 0);
    }
    OK(IoCancelIrp(Irps[1]));
    IS(Lanes[1].Completions, 1);
    KmDeviceDelete(Device);
    for (ULONG Index = 0; Index < LANES; Index += 1) {
        IS(Lanes[Index].Completions, 1);
        IS(Lanes[Index].Status, STATUS_CANCELLED);
        IoFreeIrp(Irps[Index]);
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = TestUnload;
    IS(KmDeviceCreate(DriverObject, Table, NULL, &Device), STATUS_SUCCESS);
    TestRaces();
    TestEnd();
    DbgPrint("1..%lu\n", TestCount);
    return STATUS_SUCCESS;
}
