// SPDX-License-Identifier: MIT
// Kernel stacks: slots of 2 MB, each with NT's 24 KB of stack between unmapped pages.
#include "inc/kernel.h"

static ULONG MiStackSlots[MI_KERNEL_STACK_SLOTS / 32];
static KSPIN_LOCK MiStackLock;

static ULONG_PTR MiStackTop(ULONG Slot)
{
    return MI_KERNEL_STACK_START + (Slot + 1) * MI_KERNEL_STACK_SLOT - KM_PAGE_SIZE;
}

static ULONG MiTakeStackSlot(VOID)
{
    ULONG Found = MI_KERNEL_STACK_SLOTS;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiStackLock);
    for (ULONG Word = 0; Word < RTL_NUMBER_OF(MiStackSlots); Word += 1) {
        if (MiStackSlots[Word] != ~0u) {
            ULONG Bit = (ULONG)__builtin_ctz(~MiStackSlots[Word]);
            MiStackSlots[Word] |= 1u << Bit;
            Found = Word * 32 + Bit;
            break;
        }
    }
    KiReleaseSpinLockLower(&MiStackLock, OldIrql);
    return Found;
}

static VOID MiGiveStackSlot(ULONG Slot)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&MiStackLock);
    MiStackSlots[Slot / 32] &= ~(1u << Slot % 32);
    KiReleaseSpinLockLower(&MiStackLock, OldIrql);
}

static PVOID MiCreateStack(SIZE_T Bytes, PVOID *Limit)
{
    ULONG Slot = MiTakeStackSlot();
    if (Slot == MI_KERNEL_STACK_SLOTS) {
        return NULL;
    }
    ULONG_PTR Top = MiStackTop(Slot);
    if (!MiMapPages(Top - Bytes, Bytes, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        MiGiveStackSlot(Slot);
        return NULL;
    }
    *Limit = (PVOID)(Top - Bytes);
    return (PVOID)Top;
}

static VOID MiDeleteStack(PVOID Top, SIZE_T Bytes)
{
    MiUnmapPages((ULONG_PTR)Top - Bytes, Bytes);
    MiGiveStackSlot((ULONG)(((ULONG_PTR)Top - MI_KERNEL_STACK_START) / MI_KERNEL_STACK_SLOT));
}

PVOID MiCreateKernelStack(PVOID *Limit)
{
    return MiCreateStack(MI_KERNEL_STACK_SIZE, Limit);
}

VOID MiDeleteKernelStack(PVOID Top)
{
    MiDeleteStack(Top, MI_KERNEL_STACK_SIZE);
}

PVOID MiCreateLargeKernelStack(PVOID *Limit)
{
    return MiCreateStack(KERNEL_LARGE_STACK_SIZE, Limit);
}

VOID MiDeleteLargeKernelStack(PVOID Top)
{
    MiDeleteStack(Top, KERNEL_LARGE_STACK_SIZE);
}
