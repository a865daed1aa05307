// SPDX-License-Identifier: MIT
// IRPs: made, initialised, reused, freed; sent through a stack of devices; completed.
#include "device.h"

static void TestAllocate(void)
{
    PIRP Irp = IoAllocateIrp(3, FALSE);
    OK(Irp != NULL);
    IS(Irp->Type, 6); // IO_TYPE_IRP
    IS(Irp->StackCount, 3);
    IS(Irp->CurrentLocation, 4);
    OK(Irp->Size >= IoSizeOfIrp(3));
    OK(Irp->Tail.Overlay.Thread == NULL);
    OK(Irp->MdlAddress == NULL);
    OK(!Irp->Cancel && Irp->CancelRoutine == NULL && !Irp->PendingReturned);
    OK(IoGetNextIrpStackLocation(Irp) == (PIO_STACK_LOCATION)(Irp + 1) + 2);
    IoFreeIrp(Irp);

    Irp = IoAllocateIrp(20, TRUE); // more than is kept for the next caller
    OK(Irp != NULL);
    IS(Irp->StackCount, 20);
    IoFreeIrp(Irp);
    Irp = IoAllocateIrp(1, FALSE);
    IS(Irp->CurrentLocation, 2);
    IoFreeIrp(Irp);
}

static void TestInitialize(void)
{
    USHORT Bytes = IoSizeOfIrp(2);
    PIRP Irp = ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, 'tseT');
    RtlFillMemory(Irp, Bytes, 0xcc);
    IoInitializeIrp(Irp, Bytes, 2);
    IS(Irp->Type, 6);
    IS(Irp->Size, Bytes);
    IS(Irp->StackCount, 2);
    IS(Irp->CurrentLocation, 3);
    IS(Irp->Flags, 0);
    IS(IoGetNextIrpStackLocation(Irp)->MajorFunction, 0);
    OK(IsListEmpty(&Irp->ThreadListEntry));
    ExFreePoolWithTag(Irp, 'tseT');
}

static void TestReuse(void)
{
    PIRP Irp = IoAllocateIrp(2, FALSE);
    UCHAR AllocationFlags = Irp->AllocationFlags;
    IoSetNextIrpStackLocation(Irp);
    Irp->IoStatus.Information = 7;
    Irp->Flags = IRP_NOCACHE;
    Irp->Cancel = TRUE;
    IoReuseIrp(Irp, STATUS_NOT_SUPPORTED);
    IS(Irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
    IS(Irp->IoStatus.Information, 0);
    IS(Irp->CurrentLocation, 3);
    IS(Irp->Flags, 0);
    OK(!Irp->Cancel);
    IS(Irp->AllocationFlags, AllocationFlags);
    IoFreeIrp(Irp);
}

// What the routines with a device or a size in their names add: nothing is redirected.
static void TestEx(void)
{
    PIRP Irp = IoAllocateIrpEx(NULL, 3, FALSE);
    OK(Irp != NULL);
    IS(Irp->StackCount, 3);
    IS(IoSizeOfIrpEx(NULL, 3), IoSizeOfIrp(3));
    PIRP Part = IoMakeAssociatedIrpEx(Irp, NULL, 2);
    OK(Part != NULL && (Part->Flags & IRP_ASSOCIATED_IRP) && Part->AssociatedIrp.MasterIrp == Irp);
    IS(Part->StackCount, 2);
    IoFreeIrp(Part);
    IoFreeIrp(Irp);
    Irp = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeOfIrp(2), 'tseT');
    RtlFillMemory(Irp, IoSizeOfIrp(2), 0xcc);
    IoInitializeIrpEx(Irp, NULL, IoSizeOfIrp(2), 2);
    IS(Irp->Type, 6);
    IS(Irp->CurrentLocation, 3);
    IS(Irp->Flags, 0);
    ExFreePoolWithTag(Irp, 'tseT');
    OK(IoAllocateIrp(-1, FALSE) == NULL);
}

static void TestPriorityHint(void)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    Irp->Flags = IRP_NOCACHE;
    IS(IoGetIoPriorityHint(Irp), IoPriorityNormal);
    for (IO_PRIORITY_HINT Hint = IoPriorityVeryLow; Hint < MaxIoPriorityTypes; Hint += 1) {
        IS(IoSetIoPriorityHint(Irp, Hint), STATUS_SUCCESS);
        IS(IoGetIoPriorityHint(Irp), Hint);
        OK(Irp->Flags & IRP_NOCACHE);
    }
    IS(IoSetIoPriorityHint(Irp, MaxIoPriorityTypes), STATUS_INVALID_PARAMETER);
    IS(IoGetPagingIoPriority(Irp), IoPagingPriorityInvalid);
    Irp->Flags |= IRP_PAGING_IO;
    IS(IoGetPagingIoPriority(Irp), IoPagingPriorityNormal);
    IoFreeIrp(Irp);
}

static void TestValidStatus(void)
{
    static const struct {
        ULONG Status;
        BOOLEAN Valid;
    } Cases[] = {
        {(ULONG)STATUS_SUCCESS, TRUE},
        {(ULONG)STATUS_PENDING, TRUE},
        {(ULONG)STATUS_SERIAL_MORE_WRITES, TRUE},
        {(ULONG)STATUS_BUFFER_OVERFLOW, TRUE},
        {(ULONG)STATUS_UNSUCCESSFUL, TRUE},
        {0xC01C0001, TRUE}, // the filter manager's facility
        {0xE0001234, TRUE}, // a customer's, whatever else
        {0xFFFFFFFF, TRUE},
        {0xD0000001, FALSE}, // an HRESULT's
        {0xCCCCCCCC, FALSE}, // a facility that nobody has
        {0x0BADF00D, FALSE},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        IS(IoIsValidIrpStatus((NTSTATUS)Cases[Index].Status), Cases[Index].Valid);
    }
}

static void TestVersionAndStack(void)
{
    ULONG_PTR Low, High;
    OK(IoIsWdmVersionAvailable(1, 0) && IoIsWdmVersionAvailable(1, 0x30) && IoIsWdmVersionAvailable(6, 0));
    OK(!IoIsWdmVersionAvailable(6, 1) && !IoIsWdmVersionAvailable(7, 0));
    IoGetStackLimits(&Low, &High);
    OK(IoWithinStackLimits((ULONG_PTR)&Low, sizeof(Low)));
    OK(IoWithinStackLimits(Low, High - Low));
    OK(!IoWithinStackLimits(Low - 1, 8));
    OK(!IoWithinStackLimits(Low, High - Low + 1));
    OK(!IoWithinStackLimits((ULONG_PTR)IoGetStackLimits, 1));
}

// ---- Sent and completed

static PDEVICE_OBJECT Lower, Upper;
static ULONG Order;
static struct {
    ULONG Place;
    PDEVICE_OBJECT DeviceObject;
    BOOLEAN PendingReturned;
    CHAR Location;
    PVOID Context;
} Completed;

static NTSTATUS NTAPI Complete(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Order += 1;
    NTSTATUS Status = (NTSTATUS)Stack->Parameters.DeviceIoControl.IoControlCode;
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 3;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI Note(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    Completed.Place = ++Order;
    Completed.DeviceObject = DeviceObject;
    Completed.PendingReturned = Irp->PendingReturned;
    Completed.Location = Irp->CurrentLocation;
    Completed.Context = Context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP MakeIrp(NTSTATUS Status, BOOLEAN Success, BOOLEAN Error, BOOLEAN Cancel)
{
    PIRP Irp = IoAllocateIrp(Upper->StackSize, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    Stack->Parameters.DeviceIoControl.IoControlCode = (ULONG)Status;
    IoSetCompletionRoutine(Irp, Note, &Order, Success, Error, Cancel);
    Order = 0;
    RtlZeroMemory(&Completed, sizeof(Completed));
    return Irp;
}

static void TestCompletionRoutine(void)
{
    DispatchOf(Lower, IRP_MJ_INTERNAL_DEVICE_CONTROL, Complete);
    PIRP Irp = MakeIrp(STATUS_SUCCESS, TRUE, FALSE, FALSE);
    IS(IoCallDriver(Lower, Irp), STATUS_SUCCESS);
    IS(Completed.Place, 2);
    OK(Completed.DeviceObject == NULL); // the sender has no stack location of its own
    IS(Completed.Location, Irp->StackCount + 1);
    OK(Completed.Context == &Order);
    OK(!Completed.PendingReturned);
    IS(Irp->IoStatus.Information, 3);
    IoFreeIrp(Irp);
}

static void TestWhichCompletionsAreTold(void)
{
    static const struct {
        NTSTATUS Status;
        BOOLEAN Success, Error, Cancel, Cancelled, Called;
    } Cases[] = {
        {STATUS_SUCCESS, TRUE, FALSE, FALSE, FALSE, TRUE},
        {STATUS_UNSUCCESSFUL, FALSE, TRUE, FALSE, FALSE, TRUE},
        {STATUS_BUFFER_OVERFLOW, FALSE, TRUE, FALSE, FALSE, TRUE}, // a warning is no success
        {STATUS_REPARSE, TRUE, FALSE, FALSE, FALSE, TRUE},
        {STATUS_SUCCESS, FALSE, FALSE, TRUE, TRUE, TRUE},
        {STATUS_CANCELLED, FALSE, FALSE, TRUE, TRUE, TRUE},
    };
    for (ULONG Index = 0; Index < sizeof(Cases) / sizeof(*Cases); Index += 1) {
        PIRP Irp =
            MakeIrp(Cases[Index].Status, Cases[Index].Success, Cases[Index].Error, Cases[Index].Cancel);
        Irp->Cancel = Cases[Index].Cancelled;
        IoCallDriver(Lower, Irp);
        IS(Completed.Place != 0, Cases[Index].Called);
        IoFreeIrp(Irp);
    }
}

static NTSTATUS NTAPI Forward(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI UpperCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    *(PDEVICE_OBJECT *)Context = DeviceObject;
    Order += 1;
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    return STATUS_CONTINUE_COMPLETION;
}

static PDEVICE_OBJECT SeenByUpper;

static NTSTATUS NTAPI ForwardWithCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, UpperCompletion, &SeenByUpper, TRUE, TRUE, TRUE);
    return IoCallDriver(Lower, Irp);
}

static void TestStack(void)
{
    DispatchOf(Upper, IRP_MJ_INTERNAL_DEVICE_CONTROL, Forward);
    PIRP Irp = MakeIrp(STATUS_SUCCESS, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Upper, Irp), STATUS_SUCCESS);
    IS(Completed.Place, 2);
    IoFreeIrp(Irp);

    DispatchOf(Upper, IRP_MJ_INTERNAL_DEVICE_CONTROL, ForwardWithCompletion);
    Irp = MakeIrp(STATUS_SUCCESS, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Upper, Irp), STATUS_SUCCESS);
    IS(Completed.Place, 3);
    OK(SeenByUpper == Upper);
    IoFreeIrp(Irp);
}

// ---- Pending

static PIRP Held;

static NTSTATUS NTAPI Hold(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    Held = Irp;
    return STATUS_PENDING;
}

static void TestPendingTravelsUp(void)
{
    DispatchOf(Lower, IRP_MJ_INTERNAL_DEVICE_CONTROL, Hold);
    DispatchOf(Upper, IRP_MJ_INTERNAL_DEVICE_CONTROL, ForwardWithCompletion);
    PIRP Irp = MakeIrp(STATUS_SUCCESS, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Upper, Irp), STATUS_PENDING);
    IS(Completed.Place, 0);
    Held->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Held, IO_NO_INCREMENT);
    OK(Completed.PendingReturned);
    IoFreeIrp(Irp);

    // Nobody's completion routine is there to hand it on: the I/O manager does.
    DispatchOf(Upper, IRP_MJ_INTERNAL_DEVICE_CONTROL, Forward);
    Irp = MakeIrp(STATUS_SUCCESS, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Upper, Irp), STATUS_PENDING);
    IoCompleteRequest(Held, IO_NO_INCREMENT);
    OK(Completed.PendingReturned);
    IoFreeIrp(Irp);
}

// A completion routine stops the completion, and its driver goes on with it later.
static NTSTATUS NTAPI TakeBack(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS NTAPI ForwardTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    for (ULONG Round = 0; Round < 2; Round += 1) {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, TakeBack, NULL, TRUE, TRUE, TRUE);
        IoCallDriver(Lower, Irp);
    }
    NTSTATUS Status = Irp->IoStatus.Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static void TestMoreProcessing(void)
{
    DispatchOf(Lower, IRP_MJ_INTERNAL_DEVICE_CONTROL, Complete);
    DispatchOf(Upper, IRP_MJ_INTERNAL_DEVICE_CONTROL, ForwardTwice);
    PIRP Irp = MakeIrp(STATUS_SUCCESS, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Upper, Irp), STATUS_SUCCESS);
    IS(Completed.Place, 3); // the lower device had it twice
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI ForwardSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    OK(IoForwardIrpSynchronously(Lower, Irp));
    NTSTATUS Status = Irp->IoStatus.Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static void TestForwardSynchronously(void)
{
    DispatchOf(Upper, IRP_MJ_INTERNAL_DEVICE_CONTROL, ForwardSynchronously);
    PIRP Irp = MakeIrp(STATUS_DEVICE_BUSY, TRUE, TRUE, TRUE);
    IS(IoCallDriver(Upper, Irp), STATUS_DEVICE_BUSY);
    IS(Completed.Place, 2);
    IoFreeIrp(Irp);
}

NTKERNELAPI NTSTATUS NTAPI IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);

// Sent by its maker, and its maker's again when the call returns, pending or not.
static void TestSynchronousCall(void)
{
    DispatchOf(Lower, IRP_MJ_INTERNAL_DEVICE_CONTROL, Complete);
    PIRP Irp = IoAllocateIrp(Lower->StackSize, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    Stack->Parameters.DeviceIoControl.IoControlCode = (ULONG)STATUS_DEVICE_BUSY;
    IS(IoSynchronousCallDriver(Lower, Irp), STATUS_DEVICE_BUSY);
    IS(Irp->IoStatus.Status, STATUS_DEVICE_BUSY);
    // No location is left for a lower driver.
    IoSetNextIrpStackLocation(Irp);
    OK(!IoForwardIrpSynchronously(Lower, Irp));
    OK(!(IoForwardAndCatchIrp)(Lower, Irp));
    IoFreeIrp(Irp);
}

static NTSTATUS NTAPI CountHeld(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    *(PULONG)Context += 1;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void TestSetCompletionRoutineEx(void)
{
    ULONG Count = 0;
    DispatchOf(Lower, IRP_MJ_INTERNAL_DEVICE_CONTROL, Complete);
    for (ULONG Round = 0; Round < 2; Round += 1) {
        PIRP Irp = IoAllocateIrp(Upper->StackSize, FALSE);
        PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
        IoSetCompletionRoutine(Irp, Note, NULL, TRUE, TRUE, TRUE); // the sender's, above Upper's location
        IoSetNextIrpStackLocation(Irp);
        Stack->DeviceObject = Upper;
        Stack = IoGetNextIrpStackLocation(Irp);
        Stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        IS(IoSetCompletionRoutineEx(Upper, Irp, CountHeld, &Count, Round == 0, FALSE, FALSE), STATUS_SUCCESS);
        IoCallDriver(Lower, Irp);
        IS(Count, 1); // the second one does not want successes
        IoFreeIrp(Irp);
    }
}

static void TestUnhandledFunction(void)
{
    PIRP Irp = IoAllocateIrp(Lower->StackSize, FALSE);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_QUERY_EA;
    IoSetCompletionRoutine(Irp, Note, NULL, TRUE, TRUE, TRUE);
    Order = Completed.Place = 0;
    IS(IoCallDriver(Lower, Irp), STATUS_INVALID_DEVICE_REQUEST);
    IS(Completed.Place, 1);
    IS(Irp->IoStatus.Status, STATUS_INVALID_DEVICE_REQUEST);
    IoFreeIrp(Irp);
}

// ---- Associated IRPs

static void TestAssociated(void)
{
    PIRP Master = MakeIrp(STATUS_SUCCESS, TRUE, TRUE, TRUE);
    PIRP Parts[2];
    DispatchOf(Lower, IRP_MJ_INTERNAL_DEVICE_CONTROL, Hold);
    // The master is in a highest-level driver, which completes it by its last part.
    IoSetNextIrpStackLocation(Master);
    IoGetCurrentIrpStackLocation(Master)->DeviceObject = Upper;
    Master->AssociatedIrp.IrpCount = 2;
    for (ULONG Index = 0; Index < 2; Index += 1) {
        PIRP Part = IoMakeAssociatedIrp(Master, Lower->StackSize);
        OK(Part != NULL);
        OK(Part->Flags & IRP_ASSOCIATED_IRP);
        OK(Part->AssociatedIrp.MasterIrp == Master);
        IoGetNextIrpStackLocation(Part)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        IS(IoCallDriver(Lower, Part), STATUS_PENDING);
        Parts[Index] = Held;
    }
    IoCompleteRequest(Parts[0], IO_NO_INCREMENT);
    IS(Completed.Place, 0);
    Master->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Parts[1], IO_NO_INCREMENT);
    IS(Completed.Place, 1);
    IoFreeIrp(Master);
}

static void Setup(void)
{
    Lower = MakeDevice(L"Lower", NULL, 0);
    Upper = MakeDevice(L"Upper", NULL, 0);
    OK(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower);
    IS(Upper->StackSize, 2);
}

static void Teardown(void)
{
    IoDetachDevice(Lower);
    DeleteDevice(Upper);
    DeleteDevice(Lower);
}

TEST_DRIVER(TestAllocate, TestInitialize, TestReuse, TestEx, TestPriorityHint, TestValidStatus,
            TestVersionAndStack, Setup, TestCompletionRoutine, TestWhichCompletionsAreTold, TestStack,
            TestPendingTravelsUp, TestMoreProcessing, TestForwardSynchronously, TestSynchronousCall,
            TestSetCompletionRoutineEx, TestUnhandledFunction, TestAssociated, Teardown)
