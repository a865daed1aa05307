// SPDX-License-Identifier: MIT
// Pages of an MDL mapped into a process.
#include "inc/kernel.h"
#include "mm/mdl.h"
#include "mm/vad.h"

ULONG_PTR MiMapMdlInUserSpace(PMDL Mdl, ULONG Protection, ULONG_PTR RequestedAddress)
{
    PEPROCESS Process = PsGetCurrentProcess();
    PMI_ADDRESS_SPACE Space = MiAddressSpaceOf(Process);
    const SIZE_T Pages = MiMdlPages(Mdl);
    const ULONG Protect = Protection & KM_PROTECT_WRITE ? PAGE_READWRITE : PAGE_READONLY;
    UCHAR State;
    PMI_VAD Vad;
    if (Space == NULL) {
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    }
    if (RequestedAddress != 0 && RequestedAddress < MI_ALLOCATION_BYTES) {
        ExRaiseStatus(STATUS_CONFLICTING_ADDRESSES);
    }
    RequestedAddress &= ~(MI_ALLOCATION_BYTES - 1);
    MiPageState(Protect, &State);
    MiLockAddressSpace(Process);
    NTSTATUS Status =
        MiCreateVad(Space, RequestedAddress, Pages, FALSE, KM_USER_RANGE_END, MiVadMdl, Protect, &Vad);
    if (NT_SUCCESS(Status) && !MiMapPageNumbers(Vad->Start, MmGetMdlPfnArray(Mdl), Pages, Protection)) {
        MiDeleteVad(Space, Vad);
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    ULONG_PTR Base = 0;
    if (NT_SUCCESS(Status)) {
        Vad->Owner = Mdl;
        MiSetPageStates(Space, Vad, 0, Pages, State);
        Base = Vad->Start;
    }
    MiUnlockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status == STATUS_NO_MEMORY ? STATUS_INSUFFICIENT_RESOURCES : Status);
    }
    return Base;
}

BOOLEAN MiUnmapMdlFromUserSpace(PMDL Mdl, ULONG_PTR Base)
{
    PEPROCESS Process = PsGetCurrentProcess();
    PMI_ADDRESS_SPACE Space = MiAddressSpaceOf(Process);
    BOOLEAN Found = FALSE;
    if (Space == NULL) {
        return FALSE;
    }
    MiLockAddressSpace(Process);
    PMI_VAD Vad = MiFindVad(Space, Base);
    Found = Vad != NULL && Vad->Kind == MiVadMdl && Vad->Owner == Mdl && Vad->Start == Base;
    if (Found) {
        MiDeleteVad(Space, Vad);
    }
    MiUnlockAddressSpace(Process);
    return Found;
}
