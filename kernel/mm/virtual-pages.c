// SPDX-License-Identifier: MIT
// Private pages of a process: committed, protected, given back.
#include "inc/kernel.h"
#include "mm/vad.h"

// PAGE_* by index, and what the machine makes of each.
static const struct {
    ULONG Protect, Machine;
} MiProtections[] = {
    {PAGE_NOACCESS, KM_PROTECT_NONE},
    {PAGE_READONLY, KM_PROTECT_READ},
    {PAGE_READWRITE, KM_PROTECT_READ | KM_PROTECT_WRITE},
    {PAGE_WRITECOPY, KM_PROTECT_READ},
    {PAGE_EXECUTE, KM_PROTECT_READ | KM_PROTECT_EXECUTE},
    {PAGE_EXECUTE_READ, KM_PROTECT_READ | KM_PROTECT_EXECUTE},
    {PAGE_EXECUTE_READWRITE, KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE},
    {PAGE_EXECUTE_WRITECOPY, KM_PROTECT_READ | KM_PROTECT_EXECUTE},
};

BOOLEAN MiPageState(ULONG Protect, PUCHAR State)
{
    ULONG Modifiers = Protect & (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE);
    Protect &= ~Modifiers;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(MiProtections); Index += 1) {
        if (MiProtections[Index].Protect != Protect) {
            continue;
        }
        // A page without access guards nothing, and is cached in no way.
        if ((Protect == PAGE_NOACCESS && Modifiers != 0) ||
            (Modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE)) == (PAGE_NOCACHE | PAGE_WRITECOMBINE) ||
            ((Modifiers & PAGE_GUARD) && (Modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE)))) {
            return FALSE;
        }
        *State = (UCHAR)(Index | MI_PAGE_COMMITTED | (Modifiers & PAGE_GUARD ? MI_PAGE_GUARD : 0) |
                         (Modifiers & PAGE_NOCACHE ? MI_PAGE_NOCACHE : 0) |
                         (Modifiers & PAGE_WRITECOMBINE ? MI_PAGE_COMBINE : 0));
        return TRUE;
    }
    return FALSE;
}

ULONG MiProtectOf(UCHAR State)
{
    return MiProtections[State & MI_PAGE_PROTECTION].Protect | (State & MI_PAGE_GUARD ? PAGE_GUARD : 0) |
           (State & MI_PAGE_NOCACHE ? PAGE_NOCACHE : 0) | (State & MI_PAGE_COMBINE ? PAGE_WRITECOMBINE : 0);
}

ULONG MiMachineProtection(UCHAR State)
{
    return State & MI_PAGE_GUARD ? KM_PROTECT_NONE : MiProtections[State & MI_PAGE_PROTECTION].Machine;
}

NTSTATUS MiCommitPages(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count, UCHAR State)
{
    SIZE_T Done = First;
    while (Done < First + Count) {
        SIZE_T Next = Done;
        while (Next < First + Count && !(Vad->PageStates[Next] & MI_PAGE_COMMITTED)) {
            Next += 1;
        }
        if (Next == Done) {
            Done += 1;
            continue;
        }
        if (!MiMapPages(Vad->Start + Done * PAGE_SIZE, (Next - Done) * PAGE_SIZE,
                        MiMachineProtection(State))) {
            // What has been committed already stays, as the caller can see and give back.
            return STATUS_COMMITMENT_LIMIT;
        }
        Space->CommittedPages += Next - Done;
        MiSetPageStates(Space, Vad, Done, Next - Done, State);
        Done = Next;
    }
    MiProtectPages(Space, Vad, First, Count, State);
    return STATUS_SUCCESS;
}

VOID MiDecommitPages(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count)
{
    for (SIZE_T Index = First; Index < First + Count; Index += 1) {
        Space->CommittedPages -= (Vad->PageStates[Index] & MI_PAGE_COMMITTED) != 0;
    }
    MiSetPageStates(Space, Vad, First, Count, 0);
    MiUnmapPages(Vad->Start + First * PAGE_SIZE, Count * PAGE_SIZE);
}

VOID MiProtectPages(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count, UCHAR State)
{
    MiSetPageStates(Space, Vad, First, Count, State);
    KeMachine->protect_memory(Vad->Start + First * PAGE_SIZE, Count * PAGE_SIZE, MiMachineProtection(State));
}

BOOLEAN MiTakeGuardPage(ULONG_PTR Address)
{
    PEPROCESS Process = KiCurrentThread()->ApcState.Process;
    PMI_ADDRESS_SPACE Space = Process != NULL ? MiAddressSpaceOf(Process) : NULL;
    BOOLEAN Taken = FALSE;
    if (Space == NULL || KiGetIrql() > DISPATCH_LEVEL || Address >= KM_USER_RANGE_END) {
        return FALSE;
    }
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Space->Lock);
    PMI_VAD Vad = MiFindVad(Space, Address);
    if (Vad != NULL) {
        PUCHAR State = &Vad->PageStates[(Address - Vad->Start) / PAGE_SIZE];
        Taken = (*State & MI_PAGE_GUARD) != 0;
        if (Taken) {
            *State &= ~MI_PAGE_GUARD;
            KeMachine->protect_memory((ULONG_PTR)PAGE_ALIGN(Address), PAGE_SIZE, MiMachineProtection(*State));
        }
    }
    KiReleaseSpinLockLower(&Space->Lock, OldIrql);
    return Taken;
}
