// SPDX-License-Identifier: MIT
// What drivers allocate of pool: where it was allocated, where freed, and what is wrong with either.
#include "inc/kernel.h"
#include "ex/pool-tag.h"
#include "ex/pool.h"
#include "ex/ex.h"
#include "ex/resource.h"
#include "verify/pool.h"

#define VI_BUCKETS    1024
#define VI_FREED_KEPT 4096 // of so many freed allocations it is remembered what they were
#define VI_LEAKS_TOLD 64   // at an unload, by the places of their allocation

// bugcodes.h lacks them.
#define PAGE_FAULT_IN_FREED_SPECIAL_POOL           0xCC
#define PAGE_FAULT_BEYOND_END_OF_ALLOCATION        0xCD
#define DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL    0xD5
#define DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION 0xD6

static LIST_ENTRY ViAllocations[VI_BUCKETS];
static LIST_ENTRY ViFreed;
static ULONG ViFreedCount;
static KSPIN_LOCK ViAllocationLock;

static KIRQL ViLockAllocations(VOID)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ViAllocationLock);
    if (ViFreed.Flink == NULL) {
        InitializeListHead(&ViFreed);
        for (ULONG Index = 0; Index < VI_BUCKETS; Index += 1) {
            InitializeListHead(&ViAllocations[Index]);
        }
    }
    return OldIrql;
}

static VOID ViUnlockAllocations(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&ViAllocationLock, OldIrql);
}

static PLIST_ENTRY ViBucketOf(ULONG_PTR Base)
{
    return &ViAllocations[((Base >> 4) * 0x9E3779B97F4A7C15ULL >> 32) % VI_BUCKETS];
}

static VI_ALLOCATION *ViFindAllocation(ULONG_PTR Base)
{
    PLIST_ENTRY Bucket = ViBucketOf(Base);
    for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
        VI_ALLOCATION *Allocation = CONTAINING_RECORD(Link, VI_ALLOCATION, Link);
        if (Allocation->Base == Base) {
            return Allocation;
        }
    }
    return NULL;
}

// Forgets a freed allocation. The lock is held.
static VOID ViRemoveFreed(VI_ALLOCATION *Allocation)
{
    RemoveEntryList(&Allocation->Link);
    RemoveEntryList(&Allocation->Order);
    ViFreedCount -= 1;
}

static VOID ViDropFreed(VI_ALLOCATION *Allocation)
{
    if (Allocation->FirstPage != 0) {
        ViReuseSpecial(Allocation->FirstPage, Allocation->Pages);
    }
    ExFreePoolWithTag(Allocation, TAG_VERIFIER);
}

static VOID ViInsertAllocation(VI_ALLOCATION *Allocation)
{
    ViCaptureStack(&Allocation->AllocatedAt);
    KIRQL OldIrql = ViLockAllocations();
    // Ordinary pool gives an address out again that has been freed.
    VI_ALLOCATION *Before = ViFindAllocation(Allocation->Base);
    if (Before != NULL) {
        ViRemoveFreed(Before);
    }
    InsertHeadList(ViBucketOf(Allocation->Base), &Allocation->Link);
    ViUnlockAllocations(OldIrql);
    if (Before != NULL) {
        ViDropFreed(Before);
    }
}

PVOID ViAllocateSpecial(POOL_TYPE PoolType, ULONG Protection, SIZE_T Bytes, ULONG Tag, ULONG Alignment,
                        BOOLEAN MustFree)
{
    if (Bytes == 0 && MustFree) {
        ViReport(ViPoolZeroBytes, NULL, "0 bytes of pool are allocated");
    }
    VI_ALLOCATION *Allocation = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Allocation), TAG_VERIFIER);
    if (Allocation == NULL) {
        return NULL;
    }
    PVOID Memory = ViMapSpecial(Bytes, Alignment, Protection, &Allocation->FirstPage, &Allocation->Pages);
    if (Memory == NULL) {
        ExFreePoolWithTag(Allocation, TAG_VERIFIER);
        return NULL;
    }
    Allocation->Base = (ULONG_PTR)Memory;
    Allocation->Bytes = Bytes;
    Allocation->Tag = Tag;
    Allocation->PoolType = PoolType;
    Allocation->LeakTold = !MustFree;
    ViInsertAllocation(Allocation);
    ExpCountSpecial(PoolType, Tag, Bytes, FALSE);
    return Memory;
}

VOID ViNoteAllocated(PVOID Memory, POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag)
{
    VI_ALLOCATION *Allocation = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Allocation), TAG_VERIFIER);
    if (Allocation == NULL) {
        return;
    }
    Allocation->Base = (ULONG_PTR)Memory;
    Allocation->Bytes = Bytes;
    Allocation->Tag = Tag;
    Allocation->PoolType = PoolType;
    ViInsertAllocation(Allocation);
}

// ---- Freeing

VOID ViTagText(ULONG Tag, CHAR Text[5])
{
    for (ULONG Index = 0; Index < 4; Index += 1) {
        CHAR Character = (CHAR)(Tag >> Index * 8 & 0x7F);
        Text[Index] = Character >= ' ' && Character < 0x7F ? Character : '.';
    }
    Text[4] = '\0';
}

static PCSTR ViBlockName(ULONG Tag)
{
    return Tag == TAG_IRP ? "IRP" : Tag == TAG_IO_BUFFER ? "system buffer of an IRP" : "pool block";
}

static VOID ViCheckFreed(const VI_ALLOCATION *Allocation, ULONG Tag)
{
    CHAR Given[5], Own[5];
    ViTagText(Tag & ~(ULONG)PROTECTED_POOL, Given);
    ViTagText(Allocation->Tag & ~(ULONG)PROTECTED_POOL, Own);
    if (Tag != Allocation->Tag && (Tag != 0 || (Allocation->Tag & PROTECTED_POOL))) {
        ViReport(ViPoolWrongTag, &Allocation->AllocatedAt,
                 "the pool block at %p of %Iu bytes is freed with tag '%s'; it was allocated with tag '%s'",
                 (PVOID)Allocation->Base, Allocation->Bytes, Given, Own);
    }
    if (Allocation->PoolType == PagedPool && KiGetIrql() > APC_LEVEL) {
        ViReport(ViIrqlTooHigh, NULL,
                 "paged pool at %p is freed at IRQL %u; the highest it allows is 1 (APC_LEVEL)",
                 (PVOID)Allocation->Base, KiGetIrql());
    }
    ULONG_PTR Overwritten = ViFindOverwritten(Allocation);
    if (Overwritten == 0) {
        return;
    }
    if (Overwritten < Allocation->Base) {
        ViReport(ViPoolUnderrun, &Allocation->AllocatedAt,
                 "something was written %Iu bytes in front of the %s at %p of %Iu bytes, tag '%s'",
                 Allocation->Base - Overwritten, ViBlockName(Allocation->Tag), (PVOID)Allocation->Base,
                 Allocation->Bytes, Own);
    } else {
        ViReport(ViPoolOverrun, &Allocation->AllocatedAt,
                 "something was written %Iu bytes behind the end of the %s at %p of %Iu bytes, tag '%s'",
                 Overwritten - (Allocation->Base + Allocation->Bytes), ViBlockName(Allocation->Tag),
                 (PVOID)Allocation->Base, Allocation->Bytes, Own);
    }
}

// A timer that is set and whose memory goes would be used by the clock.
static VOID ViCheckTimersIn(const VI_ALLOCATION *Allocation)
{
    VI_STACK Set;
    PKTIMER Timer;
    while ((Timer = KiFindSetTimer(Allocation->Base, Allocation->Bytes)) != NULL) {
        BOOLEAN Known = ViWhereGot(ViResourceSetTimer, (ULONG_PTR)Timer, &Set);
        ViReport(ViTimerFreed, Known ? &Set : NULL,
                 "the pool block at %p is freed with the timer at %p in it, which is set",
                 (PVOID)Allocation->Base, Timer);
        KeCancelTimer(Timer);
    }
}

// So would a DPC that is queued.
static VOID ViCheckDpcsIn(const VI_ALLOCATION *Allocation)
{
    VI_STACK Queued;
    PKDPC Dpc;
    while ((Dpc = KiFindQueuedDpc(Allocation->Base, Allocation->Bytes)) != NULL) {
        BOOLEAN Known = ViWhereGot(ViResourceQueuedDpc, (ULONG_PTR)Dpc, &Queued);
        ViReport(ViDpcFreed, Known ? &Queued : NULL,
                 "the pool block at %p is freed with the DPC at %p in it, which is queued",
                 (PVOID)Allocation->Base, Dpc);
        KeRemoveQueueDpc(Dpc);
    }
}

// So would a resource or a lookaside list that is not deleted, which hang in lists of the system's.
static VOID ViCheckListsIn(const VI_ALLOCATION *Allocation)
{
    VI_STACK Made;
    PERESOURCE Resource;
    PVOID List;
    while ((Resource = ExpFindResourceIn(Allocation->Base, Allocation->Bytes)) != NULL) {
        BOOLEAN Known = ViWhereGot(ViResourceResource, (ULONG_PTR)Resource, &Made);
        ViReport(ViResourceFreed, Known ? &Made : NULL,
                 "the pool block at %p is freed with the ERESOURCE at %p in it, which is not deleted",
                 (PVOID)Allocation->Base, Resource);
        ViForgetResource(ViResourceResource, (ULONG_PTR)Resource);
        ExDeleteResourceLite(Resource);
    }
    while ((List = ExpTakeLookasideListIn(Allocation->Base, Allocation->Bytes)) != NULL) {
        BOOLEAN Known = ViWhereGot(ViResourceLookasideList, (ULONG_PTR)List, &Made);
        ViReport(ViLookasideListFreed, Known ? &Made : NULL,
                 "the pool block at %p is freed with the lookaside list at %p in it, which is not deleted",
                 (PVOID)Allocation->Base, List);
        ViForgetResource(ViResourceLookasideList, (ULONG_PTR)List);
    }
}

// The allocation, freed or not, whose pages or whose guard Address lies in. The lock is held.
static VI_ALLOCATION *ViFindAround(ULONG_PTR Address)
{
    for (ULONG Index = 0; Index < VI_BUCKETS; Index += 1) {
        PLIST_ENTRY Bucket = &ViAllocations[Index];
        for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
            VI_ALLOCATION *Allocation = CONTAINING_RECORD(Link, VI_ALLOCATION, Link);
            ULONG_PTR Start = Allocation->FirstPage != 0 ? Allocation->FirstPage : Allocation->Base;
            SIZE_T Bytes =
                Allocation->FirstPage != 0 ? (Allocation->Pages + 1ULL) * PAGE_SIZE : Allocation->Bytes;
            if (Address - Start < Bytes) {
                return Allocation;
            }
        }
    }
    return NULL;
}

BOOLEAN ViQueryAllocation(ULONG_PTR Address, VI_ALLOCATION *Allocation)
{
    if (!ViChecks() || KiGetIrql() > DISPATCH_LEVEL) {
        return FALSE;
    }
    KIRQL OldIrql = ViLockAllocations();
    VI_ALLOCATION *Found = ViFindAround(Address);
    if (Found != NULL) {
        *Allocation = *Found;
    }
    ViUnlockAllocations(OldIrql);
    return Found != NULL;
}

VOID ViWalkAllocations(EXP_POOL_ROUTINE Routine, PVOID Context)
{
    KIRQL OldIrql = ViLockAllocations();
    for (ULONG Index = 0; Index < VI_BUCKETS; Index += 1) {
        PLIST_ENTRY Bucket = &ViAllocations[Index];
        for (PLIST_ENTRY Link = Bucket->Flink; Link != NULL && Link != Bucket; Link = Link->Flink) {
            const VI_ALLOCATION *Record = CONTAINING_RECORD(Link, VI_ALLOCATION, Link);
            if (!Record->Freed && Record->FirstPage != 0) {
                const EXP_POOL_ALLOCATION Allocation = {.Base = (PVOID)Record->Base,
                                                        .Bytes = Record->Bytes,
                                                        .Tag = Record->Tag,
                                                        .PoolType = Record->PoolType};
                Routine(&Allocation, Context);
            }
        }
    }
    ViUnlockAllocations(OldIrql);
}

static VOID ViReportFreedTwice(const VI_ALLOCATION *Allocation)
{
    CHAR Tag[5];
    ViTagText(Allocation->Tag & ~(ULONG)PROTECTED_POOL, Tag);
    ViReport(ViPoolFreedTwice, &Allocation->FreedAt,
             "the pool block at %p of %Iu bytes, tag '%s', is freed once more", (PVOID)Allocation->Base,
             Allocation->Bytes, Tag);
}

static VOID ViKeepFreed(VI_ALLOCATION *Allocation)
{
    VI_ALLOCATION *Oldest = NULL;
    KIRQL OldIrql = ViLockAllocations();
    InsertTailList(&ViFreed, &Allocation->Order);
    ViFreedCount += 1;
    if (ViFreedCount > VI_FREED_KEPT) {
        Oldest = CONTAINING_RECORD(ViFreed.Flink, VI_ALLOCATION, Order);
        ViRemoveFreed(Oldest);
    }
    ViUnlockAllocations(OldIrql);
    if (Oldest != NULL) {
        ViDropFreed(Oldest);
    }
}

BOOLEAN ViFreeAllocation(ULONG_PTR Address, ULONG Tag)
{
    VI_STACK Stack;
    ViCaptureStack(&Stack);
    KIRQL OldIrql = ViLockAllocations();
    VI_ALLOCATION *Allocation = ViFindAllocation(Address), Copy;
    BOOLEAN WasFreed = Allocation != NULL && Allocation->Freed;
    if (Allocation != NULL) {
        if (!WasFreed) {
            Allocation->Freed = TRUE;
            Allocation->FreedAt = Stack;
        }
        Copy = *Allocation;
    }
    ViUnlockAllocations(OldIrql);
    if (Allocation == NULL) {
        return FALSE;
    }
    if (WasFreed) {
        ViReportFreedTwice(&Copy);
        return TRUE;
    }
    // From here on nobody else touches it: a second free only reads.
    ViCheckFreed(&Copy, Tag);
    ViCheckListsIn(&Copy);
    ViCheckDpcsIn(&Copy);
    ViCheckTimersIn(&Copy);
    ViForgetLocks(Copy.Base, Copy.Bytes);
    ViForgetHeldResources(Copy.Base, Copy.Bytes);
    BOOLEAN Special = Copy.FirstPage != 0;
    if (Special) {
        ViUnmapSpecial(Copy.FirstPage, Copy.Pages);
        ExpCountSpecial(Copy.PoolType, Copy.Tag, Copy.Bytes, TRUE);
    }
    ViKeepFreed(Allocation);
    return Special;
}

VOID ViReportBadFree(ULONG_PTR Address)
{
    VI_ALLOCATION Around;
    if (Address == 0) {
        ViReport(ViPoolBadFree, NULL, "the NULL pointer is freed");
    } else if (ViQueryAllocation(Address, &Around) && Around.Base != Address) {
        CHAR Tag[5];
        ViTagText(Around.Tag & ~(ULONG)PROTECTED_POOL, Tag);
        ViReport(
            ViPoolBadFree, &Around.AllocatedAt,
            "%p is freed, which is not the start of a pool block but %Id bytes into the one at %p, tag '%s'",
            (PVOID)Address, Address - Around.Base, (PVOID)Around.Base, Tag);
    } else {
        ViReport(ViPoolBadFree, NULL, "%p is freed, which no pool block starts at", (PVOID)Address);
    }
}

// ---- Faults

BOOLEAN ViExplainFault(const KM_TRAP_FRAME *Frame, PCONTEXT Context, PULONG Code)
{
    VI_ALLOCATION Allocation;
    CHAR Tag[5];
    ULONG_PTR Address = Frame->address;
    KM_PAGE Page;
    if (!ViIsSpecial(Address) || KeMachine->query_memory(Address, &Page) != 0 ||
        !ViQueryAllocation(Address, &Allocation)) {
        return FALSE;
    }
    BOOLEAN InKernel = MiIsKernelImageAddress(Frame->registers.rip);
    PCSTR Access = Frame->access == KM_TRAP_ACCESS_WRITE ? "write to" : "read of";
    ViTagText(Allocation.Tag & ~(ULONG)PROTECTED_POOL, Tag);
    PCSTR Block = ViBlockName(Allocation.Tag);
    if (Allocation.Freed && Allocation.Tag == TAG_IRP &&
        ViWhereCompleted((PIRP)Allocation.Base, &Allocation.FreedAt)) {
        *Code = InKernel ? PAGE_FAULT_IN_FREED_SPECIAL_POOL : DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL;
        ViReportAt(ViIrpUseAfterCompletion, Context, &Allocation.FreedAt,
                   "%s %p, %Id bytes into the IRP at %p, which has been completed and freed", Access,
                   (PVOID)Address, Address - Allocation.Base, (PVOID)Allocation.Base);
    } else if (Allocation.Freed) {
        *Code = InKernel ? PAGE_FAULT_IN_FREED_SPECIAL_POOL : DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL;
        ViReportAt(ViPoolUseAfterFree, Context, &Allocation.FreedAt,
                   "%s %p, %Id bytes into the %s at %p of %Iu bytes, tag '%s', which has been freed", Access,
                   (PVOID)Address, Address - Allocation.Base, Block, (PVOID)Allocation.Base, Allocation.Bytes,
                   Tag);
    } else {
        *Code = InKernel ? PAGE_FAULT_BEYOND_END_OF_ALLOCATION : DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
        ViReportAt(ViPoolOverrun, Context, &Allocation.AllocatedAt,
                   "%s %p, %Iu bytes behind the end of the %s at %p of %Iu bytes, tag '%s'", Access,
                   (PVOID)Address, Address - (Allocation.Base + Allocation.Bytes), Block,
                   (PVOID)Allocation.Base, Allocation.Bytes, Tag);
    }
    return TRUE;
}

// ---- Leaks

// A live allocation that was made by the image and not yet told of. The lock is held.
static VI_ALLOCATION *ViNextLeak(ULONG_PTR Base, SIZE_T Bytes)
{
    for (ULONG Index = 0; Index < VI_BUCKETS; Index += 1) {
        PLIST_ENTRY Bucket = &ViAllocations[Index];
        for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
            VI_ALLOCATION *Allocation = CONTAINING_RECORD(Link, VI_ALLOCATION, Link);
            if (!Allocation->Freed && !Allocation->LeakTold && Allocation->AllocatedAt.Count != 0 &&
                Allocation->AllocatedAt.Frames[0] - Base < Bytes) {
                return Allocation;
            }
        }
    }
    return NULL;
}

static BOOLEAN ViSameStack(const VI_STACK *Left, const VI_STACK *Right)
{
    return Left->Count == Right->Count &&
           RtlEqualMemory(Left->Frames, Right->Frames, Left->Count * sizeof(Left->Frames[0]));
}

// Marks Leak and all that was allocated at the same place; returns how many, and their bytes.
static ULONG ViMarkLeaks(const VI_ALLOCATION *Leak, PSIZE_T Bytes)
{
    ULONG Count = 0;
    *Bytes = 0;
    for (ULONG Index = 0; Index < VI_BUCKETS; Index += 1) {
        PLIST_ENTRY Bucket = &ViAllocations[Index];
        for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
            VI_ALLOCATION *Allocation = CONTAINING_RECORD(Link, VI_ALLOCATION, Link);
            if (!Allocation->Freed && !Allocation->LeakTold &&
                ViSameStack(&Allocation->AllocatedAt, &Leak->AllocatedAt)) {
                Allocation->LeakTold = TRUE;
                Count += 1;
                *Bytes += Allocation->Bytes;
            }
        }
    }
    return Count;
}

VOID ViCheckPoolLeaks(ULONG_PTR Base, SIZE_T Bytes)
{
    for (ULONG Told = 0; Told < VI_LEAKS_TOLD; Told += 1) {
        VI_ALLOCATION Copy;
        SIZE_T LeakedBytes;
        ULONG Count = 0;
        CHAR Tag[5];
        KIRQL OldIrql = ViLockAllocations();
        VI_ALLOCATION *Leak = ViNextLeak(Base, Bytes);
        if (Leak != NULL) {
            Copy = *Leak;
            Count = ViMarkLeaks(&Copy, &LeakedBytes);
        }
        ViUnlockAllocations(OldIrql);
        if (Leak == NULL) {
            return;
        }
        ViTagText(Copy.Tag & ~(ULONG)PROTECTED_POOL, Tag);
        if (Count == 1) {
            ViReportLeft(
                ViPoolLeak, &Copy.AllocatedAt,
                "the driver is unloaded and has not freed the pool block at %p of %Iu bytes, tag '%s'",
                (PVOID)Copy.Base, Copy.Bytes, Tag);
        } else {
            ViReportLeft(
                ViPoolLeak, &Copy.AllocatedAt,
                "the driver is unloaded and has not freed %lu pool blocks of %Iu bytes together, tag '%s'",
                Count, LeakedBytes, Tag);
        }
    }
}
