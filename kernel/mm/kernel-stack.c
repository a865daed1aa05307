// SPDX-License-Identifier: MIT
// Kernel stacks: slots of 2 MB, each with NT's 24 KB of stack between unmapped pages.
#include "inc/kernel.h"

static ULONG MiStackSlots[MI_KERNEL_STACK_SLOTS / 32];

static ULONG_PTR MiStackTop(ULONG Slot)
{
    return MI_KERNEL_STACK_START + (Slot + 1) * MI_KERNEL_STACK_SLOT - KM_PAGE_SIZE;
}

PVOID MiCreateKernelStack(PVOID *Limit)
{
    for (ULONG Slot = 0; Slot < MI_KERNEL_STACK_SLOTS; Slot += 1) {
        ULONG Bit = 1u << Slot % 32;
        if (MiStackSlots[Slot / 32] & Bit) {
            continue;
        }
        ULONG_PTR Top = MiStackTop(Slot);
        if (!KeMachine->map_memory(Top - MI_KERNEL_STACK_SIZE, MI_KERNEL_STACK_SIZE,
                                   KM_PROTECT_READ | KM_PROTECT_WRITE)) {
            return NULL;
        }
        MiStackSlots[Slot / 32] |= Bit;
        *Limit = (PVOID)(Top - MI_KERNEL_STACK_SIZE);
        return (PVOID)Top;
    }
    return NULL;
}

VOID MiDeleteKernelStack(PVOID Top)
{
    ULONG Slot = (ULONG)(((ULONG_PTR)Top - MI_KERNEL_STACK_START) / MI_KERNEL_STACK_SLOT);
    KeMachine->unmap_memory((ULONG_PTR)Top - MI_KERNEL_STACK_SIZE, MI_KERNEL_STACK_SIZE);
    MiStackSlots[Slot / 32] &= ~(1u << Slot % 32);
}
