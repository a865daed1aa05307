// SPDX-License-Identifier: MIT
// Interrupts of COM1, whose transmitter says that it is empty: connected, dispatched at DIRQL, shared, kept
// off by IRQL and by their lock, disconnected.
#include "../test.h"

#define COM1(Register) ((PUCHAR)(ULONG_PTR)(0x3F8 + (Register)))
#define COM1_LINE      4

typedef struct _DEVICE {
    PKINTERRUPT Interrupt;
    KDPC Dpc;
    volatile LONG Calls, Dpcs, Causes;
    volatile KIRQL Irql, DpcIrql;
    volatile PVOID Seen;
    BOOLEAN Claims;
    volatile BOOLEAN Guarded, Broken;
} DEVICE;

static DEVICE First, Second;
static ULONG Vector;
static KIRQL Level;
static KAFFINITY Affinity;

static BOOLEAN NTAPI Serve(PKINTERRUPT Interrupt, PVOID Context)
{
    DEVICE *Device = Context;
    Device->Irql = KeGetCurrentIrql();
    Device->Seen = Interrupt;
    Device->Broken = Device->Broken || Device->Guarded;
    InterlockedIncrement(&Device->Calls);
    if (!Device->Claims || (READ_PORT_UCHAR(COM1(2)) & 0x0F) != 0x02) {
        return FALSE;
    }
    InterlockedIncrement(&Device->Causes);
    KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
    return TRUE;
}

static VOID NTAPI Deferred(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    DEVICE *Device = Context;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Device->DpcIrql = KeGetCurrentIrql();
    InterlockedIncrement(&Device->Dpcs);
}

static VOID Prepare(DEVICE *Device, BOOLEAN Claims)
{
    RtlZeroMemory(Device, sizeof(*Device));
    Device->Claims = Claims;
    KeInitializeDpc(&Device->Dpc, Deferred, Device);
}

static NTSTATUS Connect(DEVICE *Device, BOOLEAN Share)
{
    return IoConnectInterrupt(&Device->Interrupt, Serve, Device, NULL, Vector, Level, Level, Latched, Share,
                              Affinity, FALSE);
}

// Another processor may be the one that is interrupted.
static BOOLEAN Becomes(volatile LONG *Count, LONG Value)
{
    for (ULONG Tries = 0; *Count != Value && Tries < 2000; Tries += 1) {
        LARGE_INTEGER Delay = {.QuadPart = -10000};
        KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    }
    return *Count == Value;
}

static VOID SetInterrupts(UCHAR Enable)
{
    WRITE_PORT_UCHAR(COM1(1), Enable);
}

static void TestVector(void)
{
    KIRQL Irql;
    KAFFINITY Processors;
    Vector = HalGetInterruptVector(Isa, 0, COM1_LINE, COM1_LINE, &Level, &Affinity);
    OK(Vector != 0);
    OK(Level > DISPATCH_LEVEL && Level < 13);
    IS(Affinity, KeQueryActiveProcessors());
    IS(HalGetInterruptVector(PCIBus, 0, COM1_LINE, 0, &Irql, &Processors), Vector);
    IS(Irql, Level);
    IS(HalGetInterruptVector(Isa, 0, 24, 0, &Irql, &Processors), 0);
    IS(Processors, 0);
    IS(HalGetInterruptVector(Isa, 1, COM1_LINE, 0, &Irql, &Processors), 0);
    IS(HalGetInterruptVector(MicroChannel, 0, COM1_LINE, 0, &Irql, &Processors), 0);
}

static void TestInterrupt(void)
{
    Prepare(&First, TRUE);
    WRITE_PORT_UCHAR(COM1(4), 0x08);
    IS(Connect(&First, FALSE), STATUS_SUCCESS);
    IS(First.Calls, 0);
    SetInterrupts(0x02);
    OK(Becomes(&First.Dpcs, 1));
    IS(First.Calls, 1);
    IS(First.Causes, 1);
    IS(First.Irql, Level);
    IS(First.DpcIrql, DISPATCH_LEVEL);
    OK(First.Seen == First.Interrupt);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WRITE_PORT_UCHAR(COM1(0), '!');
    OK(Becomes(&First.Dpcs, 2));
    SetInterrupts(0);
    IoDisconnectInterrupt(First.Interrupt);
    SetInterrupts(0x02);
    OK(!Becomes(&First.Calls, 3));
    SetInterrupts(0);
}

static VOID Trigger(VOID)
{
    SetInterrupts(0);
    SetInterrupts(0x02);
}

// At DIRQL nothing comes on this processor; below it, it does.
static void TestIrql(void)
{
    Prepare(&First, TRUE);
    KeSetSystemAffinityThread(1);
    IS(Connect(&First, FALSE), STATUS_SUCCESS);
    KIRQL OldIrql;
    KeRaiseIrql(Level, &OldIrql);
    Trigger();
    IS(First.Calls, 0);
    KeLowerIrql(DISPATCH_LEVEL);
    IS(First.Calls, 1);
    IS(First.Dpcs, 0);
    KeLowerIrql(OldIrql);
    IS(First.Dpcs, 1);
    KeRaiseIrql((KIRQL)(Level - 1), &OldIrql);
    Trigger();
    IS(First.Calls, 2);
    KeLowerIrql(OldIrql);
    _disable();
    Trigger();
    IS(First.Calls, 2);
    _enable();
    IS(First.Calls, 3);
    KeRevertToUserAffinityThread();
    IoDisconnectInterrupt(First.Interrupt);
}

static BOOLEAN NTAPI Critical(PVOID Context)
{
    DEVICE *Device = Context;
    Device->Guarded = TRUE;
    Trigger();
    IS(KeGetCurrentIrql(), (KIRQL)(Level + 1));
    Device->Guarded = FALSE;
    return (BOOLEAN)(Device->Broken ? FALSE : TRUE);
}

static BOOLEAN NTAPI Refuse(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return FALSE;
}

static void TestSynchronization(void)
{
    KSPIN_LOCK Lock;
    KeInitializeSpinLock(&Lock);
    Prepare(&First, TRUE);
    IS(IoConnectInterrupt(&First.Interrupt, Serve, &First, &Lock, Vector, Level, (KIRQL)(Level + 1), Latched,
                          FALSE, Affinity, FALSE),
       STATUS_SUCCESS);
    IS(KeSynchronizeExecution(First.Interrupt, Critical, &First), TRUE);
    IS(KeSynchronizeExecution(First.Interrupt, Refuse, NULL), FALSE);
    OK(Becomes(&First.Dpcs, 1));
    IS(First.Irql, Level + 1); // the routine runs at SynchronizeIrql
    OK(!First.Broken);
    KIRQL OldIrql = KeAcquireInterruptSpinLock(First.Interrupt);
    IS(OldIrql, PASSIVE_LEVEL);
    IS(KeGetCurrentIrql(), Level + 1);
    OK(!KeTestSpinLock(&Lock)); // the driver's own
    Trigger();
    IS(First.Calls, 1);
    KeReleaseInterruptSpinLock(First.Interrupt, OldIrql);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OK(KeTestSpinLock(&Lock) || KeQueryActiveProcessors() != 1);
    OK(Becomes(&First.Dpcs, 2));
    IoDisconnectInterrupt(First.Interrupt);
    SetInterrupts(0);
}

static void TestSharing(void)
{
    Prepare(&First, FALSE);
    Prepare(&Second, TRUE);
    IS(Connect(&First, TRUE), STATUS_SUCCESS);
    IS(Connect(&Second, FALSE), STATUS_INVALID_PARAMETER);
    OK(Second.Interrupt == NULL);
    IS(IoConnectInterrupt(&Second.Interrupt, Serve, &Second, NULL, Vector, Level, Level, LevelSensitive, TRUE,
                          Affinity, FALSE),
       STATUS_INVALID_PARAMETER);
    IS(IoConnectInterrupt(&Second.Interrupt, Serve, &Second, NULL, Vector, (KIRQL)(Level + 1),
                          (KIRQL)(Level + 1), Latched, TRUE, Affinity, FALSE),
       STATUS_INVALID_PARAMETER);
    IS(Connect(&Second, TRUE), STATUS_SUCCESS);
    Trigger();
    OK(Becomes(&Second.Dpcs, 1));
    // An edge may be both devices': they are asked again until none has anything.
    IS(First.Calls, 2);
    IS(Second.Calls, 2);
    IoDisconnectInterrupt(First.Interrupt);
    Trigger();
    OK(Becomes(&Second.Dpcs, 2));
    IS(First.Calls, 2);
    IoDisconnectInterrupt(Second.Interrupt);
    Prepare(&First, TRUE);
    IS(Connect(&First, FALSE), STATUS_SUCCESS);
    IS(Connect(&Second, TRUE), STATUS_INVALID_PARAMETER);
    IoDisconnectInterrupt(First.Interrupt);
    SetInterrupts(0);
}

static NTSTATUS ConnectAs(ULONG Number, KIRQL Irql, KIRQL SynchronizeIrql, KAFFINITY Processors)
{
    PKINTERRUPT Interrupt;
    NTSTATUS Status = IoConnectInterrupt(&Interrupt, Serve, &First, NULL, Number, Irql, SynchronizeIrql,
                                         Latched, FALSE, Processors, FALSE);
    if (NT_SUCCESS(Status)) {
        IoDisconnectInterrupt(Interrupt);
    }
    return Status;
}

static void TestInvalidConnections(void)
{
    IS(ConnectAs(Vector, Level, Level, 0), STATUS_INVALID_PARAMETER);
    IS(ConnectAs(Vector, Level, Level, ~KeQueryActiveProcessors()), STATUS_INVALID_PARAMETER);
    IS(ConnectAs(10000, Level, Level, Affinity), STATUS_INVALID_PARAMETER);
    IS(ConnectAs(Vector, DISPATCH_LEVEL, Level, Affinity), STATUS_INVALID_PARAMETER);
    IS(ConnectAs(Vector, Level, (KIRQL)(Level - 1), Affinity), STATUS_INVALID_PARAMETER);
    IS(ConnectAs(Vector, Level, Level, Affinity), STATUS_SUCCESS);
}

static void TestFullySpecified(void)
{
    PDEVICE_OBJECT Object = (PDEVICE_OBJECT)&First; // not looked at: the interrupt is specified
    Prepare(&First, TRUE);
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {
        .Version = CONNECT_FULLY_SPECIFIED,
        .FullySpecified = {.PhysicalDeviceObject = Object,
                           .InterruptObject = &First.Interrupt,
                           .ServiceRoutine = Serve,
                           .ServiceContext = &First,
                           .SynchronizeIrql = Level,
                           .Vector = Vector,
                           .Irql = Level,
                           .InterruptMode = Latched,
                           .ProcessorEnableMask = Affinity},
    };
    IS(IoConnectInterruptEx(&Parameters), STATUS_SUCCESS);
    IS(Parameters.Version, CONNECT_FULLY_SPECIFIED);
    Trigger();
    OK(Becomes(&First.Dpcs, 1));
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS State = {.Version = CONNECT_FULLY_SPECIFIED};
    State.ConnectionContext.InterruptObject = First.Interrupt;
    IoReportInterruptInactive(&State);
    Trigger();
    OK(!Becomes(&First.Calls, 2));
    IoReportInterruptActive(&State);
    Trigger();
    OK(Becomes(&First.Dpcs, 2));
    IO_DISCONNECT_INTERRUPT_PARAMETERS End = {.Version = CONNECT_FULLY_SPECIFIED};
    End.ConnectionContext.InterruptObject = First.Interrupt;
    IoDisconnectInterruptEx(&End);
    SetInterrupts(0);

    Parameters.Version = CONNECT_FULLY_SPECIFIED_GROUP;
    Parameters.FullySpecified.Group = 1;
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER);
    Parameters.FullySpecified.Group = 0;
    IS(IoConnectInterruptEx(&Parameters), STATUS_SUCCESS);
    End.ConnectionContext.InterruptObject = First.Interrupt;
    IoDisconnectInterruptEx(&End);
    Parameters.FullySpecified.ProcessorEnableMask = 0;
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER_10);
    Parameters.FullySpecified.ProcessorEnableMask = Affinity;
    Parameters.FullySpecified.Vector = 10000;
    IS(IoConnectInterruptEx(&Parameters), STATUS_NOT_FOUND);
    Parameters.FullySpecified.Vector = Vector;
    Parameters.FullySpecified.PhysicalDeviceObject = NULL;
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER);
    Parameters.Version = 0;
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER_1);
    Parameters.Version = 5;
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER_1);
}

static BOOLEAN NTAPI ServeMessage(PKINTERRUPT Interrupt, PVOID Context, ULONG Message)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Message);
    return FALSE;
}

static void TestOtherVersions(void)
{
    PKINTERRUPT Interrupt;
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {
        .Version = CONNECT_LINE_BASED,
        .LineBased = {.InterruptObject = &Interrupt, .ServiceRoutine = Serve, .ServiceContext = &First},
    };
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER);
    Parameters = (IO_CONNECT_INTERRUPT_PARAMETERS){
        .Version = CONNECT_MESSAGE_BASED,
        .MessageBased = {.ConnectionContext.InterruptObject = &Interrupt,
                         .MessageServiceRoutine = ServeMessage,
                         .FallBackServiceRoutine = Serve,
                         .ServiceContext = &First},
    };
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER);
    IS(Parameters.Version, CONNECT_MESSAGE_BASED);
    Parameters.MessageBased.MessageServiceRoutine = NULL;
    IS(IoConnectInterruptEx(&Parameters), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestVector, TestInterrupt, TestIrql, TestSynchronization, TestSharing, TestInvalidConnections,
            TestFullySpecified, TestOtherVersions)
