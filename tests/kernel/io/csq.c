// SPDX-License-Identifier: MIT
// Cancel-safe queues: order, contexts, and cancellation before, between and behind.
#include "device.h"

typedef struct {
    IO_CSQ Csq; // first, so that a callback finds its queue
    LIST_ENTRY List;
    KSPIN_LOCK Lock;
    PVOID InsertContext;
    NTSTATUS InsertStatus;
    ULONG Inserted, Cancelled;
    PIRP LastCancelled;
    KIRQL CancelIrql;
} QUEUE;

static QUEUE Queue;
static PDEVICE_OBJECT Device;

static VOID NTAPI Insert(PIO_CSQ Csq, PIRP Irp)
{
    ((QUEUE *)Csq)->Inserted += 1;
    InsertTailList(&((QUEUE *)Csq)->List, &Irp->Tail.Overlay.ListEntry);
}

static NTSTATUS NTAPI InsertEx(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    QUEUE *This = (QUEUE *)Csq;
    This->InsertContext = InsertContext;
    if (NT_SUCCESS(This->InsertStatus)) {
        Insert(Csq, Irp);
    }
    return This->InsertStatus;
}

static VOID NTAPI Remove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

// PeekContext: the control code that is wanted, NULL for any.
static PIRP NTAPI Peek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    QUEUE *This = (QUEUE *)Csq;
    PLIST_ENTRY Entry = Irp == NULL ? This->List.Flink : Irp->Tail.Overlay.ListEntry.Flink;
    for (; Entry != &This->List; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL ||
            IoGetCurrentIrpStackLocation(Next)->Parameters.Others.Argument1 == PeekContext) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI Acquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&((QUEUE *)Csq)->Lock, Irql);
}

static VOID NTAPI Release(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&((QUEUE *)Csq)->Lock, Irql);
}

static VOID NTAPI CompleteCancelled(PIO_CSQ Csq, PIRP Irp)
{
    QUEUE *This = (QUEUE *)Csq;
    This->Cancelled += 1;
    This->LastCancelled = Irp;
    This->CancelIrql = KeGetCurrentIrql();
}

static void Reset(BOOLEAN Ex)
{
    RtlZeroMemory(&Queue, sizeof(Queue));
    InitializeListHead(&Queue.List);
    KeInitializeSpinLock(&Queue.Lock);
    if (Ex) {
        IS(IoCsqInitializeEx(&Queue.Csq, InsertEx, Remove, Peek, Acquire, Release, CompleteCancelled),
           STATUS_SUCCESS);
    } else {
        IS(IoCsqInitialize(&Queue.Csq, Insert, Remove, Peek, Acquire, Release, CompleteCancelled),
           STATUS_SUCCESS);
    }
}

// As a dispatch routine has it.
static PIRP MakeIrp(ULONG_PTR Kind)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Device;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.Others.Argument1 = (PVOID)Kind;
    return Irp;
}

static BOOLEAN IsPending(PIRP Irp)
{
    return (IoGetCurrentIrpStackLocation(Irp)->Control & SL_PENDING_RETURNED) != 0;
}

static void TestOrder(void)
{
    PIRP Irps[3];
    Reset(FALSE);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, NULL) == NULL);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        Irps[Index] = MakeIrp(Index + 1);
        IoCsqInsertIrp(&Queue.Csq, Irps[Index], NULL);
        OK(IsPending(Irps[Index]));
        OK(Irps[Index]->CancelRoutine != NULL);
    }
    OK(IoCsqRemoveNextIrp(&Queue.Csq, (PVOID)2) == Irps[1]);
    OK(Irps[1]->CancelRoutine == NULL);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, (PVOID)2) == NULL);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, NULL) == Irps[0]);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, NULL) == Irps[2]);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, NULL) == NULL);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(Queue.Cancelled, 0);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        IoFreeIrp(Irps[Index]);
    }
}

static void TestContext(void)
{
    IO_CSQ_IRP_CONTEXT Contexts[2];
    Reset(FALSE);
    PIRP First = MakeIrp(1), Second = MakeIrp(2);
    IoCsqInsertIrp(&Queue.Csq, First, &Contexts[0]);
    IoCsqInsertIrp(&Queue.Csq, Second, &Contexts[1]);
    OK(IoCsqRemoveIrp(&Queue.Csq, &Contexts[1]) == Second);
    OK(IoCsqRemoveIrp(&Queue.Csq, &Contexts[1]) == NULL);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, NULL) == First);
    OK(IoCsqRemoveIrp(&Queue.Csq, &Contexts[0]) == NULL); // the context has been told
    IoFreeIrp(First);
    IoFreeIrp(Second);
}

static void TestCancelled(void)
{
    IO_CSQ_IRP_CONTEXT Context;
    Reset(FALSE);
    // While it is in the queue.
    PIRP First = MakeIrp(1), Second = MakeIrp(2);
    IoCsqInsertIrp(&Queue.Csq, First, NULL);
    IoCsqInsertIrp(&Queue.Csq, Second, &Context);
    OK(IoCancelIrp(Second));
    IS(Queue.Cancelled, 1);
    OK(Queue.LastCancelled == Second);
    IS(Queue.CancelIrql, PASSIVE_LEVEL); // no lock is held
    OK(IoCsqRemoveIrp(&Queue.Csq, &Context) == NULL);
    OK(IoCancelIrp(First));
    OK(Queue.LastCancelled == First);
    OK(IsListEmpty(&Queue.List));
    IoFreeIrp(First);
    IoFreeIrp(Second);
    // Before it came: it is not even put in.
    IS(Queue.Inserted, 2);
    First = MakeIrp(1);
    OK(!IoCancelIrp(First));
    IoCsqInsertIrp(&Queue.Csq, First, &Context);
    IS(Queue.Inserted, 2);
    IS(Queue.Cancelled, 3);
    OK(Queue.LastCancelled == First && IsListEmpty(&Queue.List));
    OK(IsPending(First));
    OK(First->CancelRoutine == NULL && First->Tail.Overlay.DriverContext[3] == NULL);
    OK(IoCsqRemoveIrp(&Queue.Csq, &Context) == NULL);
    IoFreeIrp(First);
    // After it left.
    First = MakeIrp(1);
    IoCsqInsertIrp(&Queue.Csq, First, NULL);
    OK(IoCsqRemoveNextIrp(&Queue.Csq, NULL) == First);
    OK(!IoCancelIrp(First));
    IS(Queue.Cancelled, 3);
    IoFreeIrp(First);
}

static void TestInsertEx(void)
{
    IO_CSQ_IRP_CONTEXT Context;
    Reset(TRUE);
    PIRP Irp = MakeIrp(1);
    IS(IoCsqInsertIrpEx(&Queue.Csq, Irp, &Context, &Queue), STATUS_SUCCESS);
    OK(Queue.InsertContext == &Queue);
    OK(IoCsqRemoveIrp(&Queue.Csq, &Context) == Irp);
    // The driver refuses it: nothing is queued, and it is the caller's.
    Queue.InsertStatus = STATUS_DEVICE_BUSY;
    IS(IoCsqInsertIrpEx(&Queue.Csq, Irp, &Context, NULL), STATUS_DEVICE_BUSY);
    OK(Irp->CancelRoutine == NULL && IsListEmpty(&Queue.List));
    OK(IoCsqRemoveIrp(&Queue.Csq, &Context) == NULL);
    OK(!IoCancelIrp(Irp));
    IS(Queue.Cancelled, 0);
    IoFreeIrp(Irp);
}

// One thread removes what another one cancels: each request is had by exactly one of them.
static PIRP Racing;

static VOID NTAPI CancelIt(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    IoCancelIrp(Racing);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestRace(void)
{
    ULONG Removed = 0;
    Reset(FALSE);
    for (ULONG Round = 0; Round < 50; Round += 1) {
        Racing = MakeIrp(1);
        IoCsqInsertIrp(&Queue.Csq, Racing, NULL);
        PETHREAD Thread = TestStartThread(CancelIt, NULL);
        if (Round % 2) {
            TestSleep(1);
        }
        Removed += IoCsqRemoveNextIrp(&Queue.Csq, NULL) == Racing;
        TestJoinThread(Thread);
        IoFreeIrp(Racing);
    }
    IS(Removed + Queue.Cancelled, 50);
}

static void Setup(void)
{
    Device = MakeDevice(L"KmodeCsq", NULL, 0);
}

static void Teardown(void)
{
    DeleteDevice(Device);
}

TEST_DRIVER(Setup, TestOrder, TestContext, TestCancelled, TestInsertEx, TestRace, Teardown)
