// SPDX-License-Identifier: MIT
// The guard of extended processor states.
#include <kmode.h>

static VOID NTAPI EndState(PKM_GUARD Guard)
{
    KeRestoreExtendedProcessorState((PXSTATE_SAVE)Guard->Object);
}

NTSTATUS NTAPI KmGuardExtendedState(PKM_GUARD Guard, ULONG64 Mask, PXSTATE_SAVE Save)
{
    NTSTATUS Status = KeSaveExtendedProcessorState(Mask, Save);

    Guard->Object = Save;
    Guard->End = NT_SUCCESS(Status) ? EndState : NULL;
    return Status;
}
