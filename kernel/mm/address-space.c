// SPDX-License-Identifier: MIT
// Address spaces of processes: made, ended, and which of them a processor is in.
#include "inc/kernel.h"
#include "mm/vad.h"

#define MI_USER_SLOTS       ((ULONG)((KM_USER_RANGE_END - 1) / MI_USER_SLOT_BYTES + 1))
#define MI_WOW64_SLOTS      ((ULONG)((MI_WOW64_RANGE_END - MI_WOW64_RANGE_START) / MI_WOW64_SLOT_BYTES))
#define MI_SLOTS            (MI_USER_SLOTS + MI_WOW64_SLOTS) // those of 32-bit processes are the last
#define MI_HIGHEST_IN_WOW64 0x7FFEFFFFULL                    // what Windows tells of a 32-bit process

static ULONG64 MiTakenSlots[(MI_SLOTS + 63) / 64];
static KSPIN_LOCK MiSlotLock;

// One of [First, End). MI_SLOTS: they are all taken.
static ULONG MiTakeSlot(ULONG First, ULONG End)
{
    ULONG Found = MI_SLOTS;
    KIRQL OldIrql;
    KeAcquireSpinLock(&MiSlotLock, &OldIrql);
    for (ULONG Slot = First; Slot < End && Found == MI_SLOTS; Slot += 1) {
        if (!(MiTakenSlots[Slot / 64] >> Slot % 64 & 1)) {
            MiTakenSlots[Slot / 64] |= 1ULL << Slot % 64;
            Found = Slot;
        }
    }
    KeReleaseSpinLock(&MiSlotLock, OldIrql);
    return Found;
}

static VOID MiReturnSlot(ULONG Slot)
{
    KIRQL OldIrql;
    KeAcquireSpinLock(&MiSlotLock, &OldIrql);
    MiTakenSlots[Slot / 64] &= ~(1ULL << Slot % 64);
    KeReleaseSpinLock(&MiSlotLock, OldIrql);
}

NTSTATUS MmCreateProcessAddressSpace(PEPROCESS Process, BOOLEAN Wow64)
{
    PMI_ADDRESS_SPACE Space = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Space), TAG_ADDRESS_SPACE);
    if (Space == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Space->Slot = Wow64 ? MiTakeSlot(MI_USER_SLOTS, MI_SLOTS) : MiTakeSlot(0, MI_USER_SLOTS);
    if (Space->Slot == MI_SLOTS) {
        ExFreePoolWithTag(Space, TAG_ADDRESS_SPACE);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Wow64) {
        Space->Low = MI_WOW64_RANGE_START + (Space->Slot - MI_USER_SLOTS) * MI_WOW64_SLOT_BYTES;
        Space->High = Space->Low + MI_WOW64_SLOT_BYTES;
    } else {
        Space->Low = max(Space->Slot * MI_USER_SLOT_BYTES, KM_USER_RANGE_START);
        Space->High = min((Space->Slot + 1) * MI_USER_SLOT_BYTES, KM_USER_RANGE_END);
        if (Space->Slot == 0) {
            Space->HoleLow = MI_WOW64_RANGE_START;
            Space->HoleHigh = MI_WOW64_RANGE_END;
        }
    }
    InitializeListHead(&Space->Vads);
    InitializeListHead(&Space->Secures);
    Process->UserRangeLow = Space->Low;
    Process->UserRangeHigh = Space->High;
    Process->DirectoryTableBase = (Space->Slot + 1ULL) << PAGE_SHIFT; // cr3: another for each
    Process->HighestUserAddress = Wow64 ? (PVOID)MI_HIGHEST_IN_WOW64 : (PVOID)MmHighestUserAddress;
    Process->VadRoot = Space;
    return STATUS_SUCCESS;
}

NTSTATUS MiInitializeSystemAddressSpace(VOID)
{
    return MmCreateProcessAddressSpace(PsInitialSystemProcess, FALSE);
}

// ---- Which one is seen

// The pages of Space as its processes see them, or, without Visible, to nobody. The lock is held.
static VOID MiShowPages(PMI_ADDRESS_SPACE Space, BOOLEAN Visible)
{
    for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
        PMI_VAD Vad = CONTAINING_RECORD(Link, MI_VAD, Link);
        for (SIZE_T First = 0, Next; First < Vad->Pages; First = Next) {
            UCHAR State = Vad->PageStates[First];
            for (Next = First + 1; Next < Vad->Pages && Vad->PageStates[Next] == State; Next += 1) {
            }
            if (State & MI_PAGE_COMMITTED) {
                KeMachine->protect_memory(Vad->Start + First * PAGE_SIZE, (Next - First) * PAGE_SIZE,
                                          Visible ? MiMachineProtection(State) : KM_PROTECT_NONE);
            }
        }
    }
}

static VOID MiCountProcessor(PEPROCESS Process, LONG Change)
{
    PMI_ADDRESS_SPACE Space = Process != NULL ? MiAddressSpaceOf(Process) : NULL;
    if (Space == NULL) {
        return;
    }
    KiAcquireSpinLock(&Space->Lock);
    LONG Before = Space->Processors;
    Space->Processors += Change;
    if ((Before == 0) != (Space->Processors == 0)) {
        MiShowPages(Space, Before == 0);
    }
    KiReleaseSpinLock(&Space->Lock);
}

VOID MiSwitchAddressSpace(PEPROCESS Process)
{
    PKPRCB Prcb = KiGetPrcb();
    PEPROCESS Before = Prcb->UserProcess;
    if (Before == Process || (Process != NULL && MiAddressSpaceOf(Process) == NULL)) {
        return;
    }
    // Another processor may be in neither, in one or in both.
    MiCountProcessor(Before, -1);
    Prcb->UserProcess = Process;
    if (Process != NULL) {
        Prcb->Machine->cr3 = Process->DirectoryTableBase;
    }
    MiCountProcessor(Process, 1);
}

// ---- The end

static VOID MiLeaveEverywhere(PEPROCESS Process)
{
    KIRQL OldIrql = KiLockDispatcher();
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        PKIPCR Pcr = KiProcessors[Number];
        if (Pcr != NULL && Pcr->Prcb.UserProcess == Process) {
            // It idles there, or the current thread has left another way.
            Pcr->Prcb.UserProcess = NULL;
        }
    }
    KiUnlockDispatcher(OldIrql);
}

VOID MmCleanProcessAddressSpace(PEPROCESS Process)
{
    PMI_ADDRESS_SPACE Space = MiAddressSpaceOf(Process);
    if (Space == NULL) {
        return;
    }
    MiLockAddressSpace(Process);
    MiFreeSecures(Space);
    while (!IsListEmpty(&Space->Vads)) {
        MiDeleteVad(Space, CONTAINING_RECORD(Space->Vads.Flink, MI_VAD, Link));
    }
    MiUnlockAddressSpace(Process);
}

VOID MmDeleteProcessAddressSpace(PEPROCESS Process)
{
    PMI_ADDRESS_SPACE Space = MiAddressSpaceOf(Process);
    if (Space == NULL) {
        return;
    }
    MmCleanProcessAddressSpace(Process);
    MiLeaveEverywhere(Process);
    Process->VadRoot = NULL;
    MiReturnSlot(Space->Slot);
    ExFreePoolWithTag(Space, TAG_ADDRESS_SPACE);
}
