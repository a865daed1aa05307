// SPDX-License-Identifier: MIT
// IRPs: allocated, initialised, reused, freed.
#include "inc/kernel.h"
#include "ex/pool.h"

// A processor keeps freed IRPs of two sizes, for the next caller.
#define IOP_SMALL_STACK  1
#define IOP_LARGE_STACK  10
#define IOP_CACHED_DEPTH 16

static USHORT IopSizeOfIrp(LONG StackSize)
{
    return (USHORT)(sizeof(IRP) + StackSize * sizeof(IO_STACK_LOCATION));
}

static LONG IopCacheStack(ULONG Class)
{
    return Class == 0 ? IOP_SMALL_STACK : IOP_LARGE_STACK;
}

static PIRP IopTakeCachedIrp(ULONG Class)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    PKPRCB Prcb = KiGetPrcb();
    PVOID *Irp = Prcb->LookasideIrps[Class];
    if (Irp != NULL) {
        Prcb->LookasideIrps[Class] = *Irp;
        Prcb->LookasideIrpDepth[Class] -= 1;
    }
    KiLowerIrql(OldIrql);
    return (PIRP)Irp;
}

// FALSE: the processor has enough of them.
static BOOLEAN IopCacheIrp(PIRP Irp, ULONG Class)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    PKPRCB Prcb = KiGetPrcb();
    BOOLEAN Kept = Prcb->LookasideIrpDepth[Class] < IOP_CACHED_DEPTH;
    if (Kept) {
        *(PVOID *)Irp = Prcb->LookasideIrps[Class];
        Prcb->LookasideIrps[Class] = Irp;
        Prcb->LookasideIrpDepth[Class] += 1;
    }
    KiLowerIrql(OldIrql);
    return Kept;
}

ULONG64 IopCountCachedIrps(PULONG64 Bytes)
{
    ULONG64 Count = 0;
    *Bytes = 0;
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        const KPRCB *Prcb = &KiProcessors[Number]->Prcb;
        for (ULONG Class = 0; Class < RTL_NUMBER_OF(Prcb->LookasideIrpDepth); Class += 1) {
            Count += Prcb->LookasideIrpDepth[Class];
            *Bytes += (ULONG64)Prcb->LookasideIrpDepth[Class] * IopSizeOfIrp(IopCacheStack(Class));
        }
    }
    return Count;
}

VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    RtlZeroMemory(Irp, PacketSize);
    Irp->Type = IO_TYPE_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CHAR)(StackSize + 1);
    Irp->ApcEnvironment = (CCHAR)KiCurrentThread()->ApcStateIndex;
    InitializeListHead(&Irp->ThreadListEntry);
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
}

VOID NTAPI IoInitializeIrpEx(PIRP Irp, PDEVICE_OBJECT DeviceObject, USHORT PacketSize, CCHAR StackSize)
{
    UNREFERENCED_PARAMETER(DeviceObject); // nothing is redirected here
    IoInitializeIrp(Irp, PacketSize, StackSize);
}

USHORT NTAPI IoSizeOfIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return IopSizeOfIrp(StackSize);
}

VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
    UCHAR AllocationFlags = Irp->AllocationFlags;
    IoInitializeIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->AllocationFlags = AllocationFlags;
    Irp->IoStatus.Status = Iostatus;
}

PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    PIRP Irp = NULL;
    UCHAR Flags = ChargeQuota ? IRP_QUOTA_CHARGED : 0;
    LONG Locations = StackSize;
    if (StackSize < 0) {
        return NULL;
    }
    if (StackSize <= IOP_LARGE_STACK && !ViChecks()) {
        ULONG Class = StackSize <= IOP_SMALL_STACK ? 0 : 1;
        Flags |= IRP_ALLOCATED_FIXED_SIZE;
        Locations = IopCacheStack(Class);
        Irp = IopTakeCachedIrp(Class);
    }
    USHORT Bytes = IopSizeOfIrp(Locations);
    if (Irp == NULL) {
        Irp = ExpAllocateForDriver(POOL_FLAG_NON_PAGED | (ChargeQuota ? POOL_FLAG_USE_QUOTA : 0), Bytes,
                                   TAG_IRP);
        if (Irp == NULL) {
            return NULL;
        }
    }
    IoInitializeIrp(Irp, Bytes, StackSize);
    Irp->AllocationFlags = Flags;
    return Irp;
}

PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota)
{
    UNREFERENCED_PARAMETER(DeviceObject); // nothing is redirected here
    return IoAllocateIrp(StackSize, ChargeQuota);
}

PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize)
{
    PIRP Associated = IoAllocateIrp(StackSize, FALSE);
    if (Associated != NULL) {
        Associated->Flags |= IRP_ASSOCIATED_IRP;
        Associated->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
        Associated->AssociatedIrp.MasterIrp = Irp;
    }
    return Associated;
}

PIRP NTAPI IoMakeAssociatedIrpEx(PIRP Irp, PDEVICE_OBJECT DeviceObject, CCHAR StackSize)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return IoMakeAssociatedIrp(Irp, StackSize);
}

VOID NTAPI IoFreeIrp(PIRP Irp)
{
    if (Irp->Type != IO_TYPE_IRP) {
        KeBugCheckEx(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, 0, 0, 0);
    }
    if (ViChecks()) {
        ViIrpGone(Irp);
    }
    // A second completion, or a second free, finds that it is none any more.
    Irp->Type = 0;
    if (Irp->AllocationFlags & IRP_ALLOCATED_FIXED_SIZE) {
        ULONG Class = Irp->Size == IopSizeOfIrp(IOP_SMALL_STACK) ? 0 : 1;
        if (IopCacheIrp(Irp, Class)) {
            return;
        }
    }
    ExFreePool(Irp);
}
