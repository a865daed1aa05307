// SPDX-License-Identifier: MIT
// What a driver has left behind when it is unloaded.
#include "inc/kernel.h"

BOOLEAN ViIsStillThere(VI_RESOURCE_KIND Kind, ULONG_PTR Key)
{
    switch (Kind) {
    case ViResourceSetTimer: return KiFindSetTimer(Key, 1) != NULL;
    case ViResourceQueuedDpc: return KiFindQueuedDpc(Key, 1) != NULL;
    case ViResourceSystemThread: return PspIsThreadRunning((PVOID)Key);
    default: return TRUE;
    }
}

VOID ViCheckUnload(ULONG_PTR Base, SIZE_T Bytes)
{
    ViCheckIrpsLeft(Base, Bytes);
    ViCheckResourceLeaks(Base, Bytes, FALSE);
    ViCheckPoolLeaks(Base, Bytes);
    ViForgetLocks(Base, Bytes);
    ViForgetHeldResources(Base, Bytes);
}

VOID ViCheckHeld(ULONG_PTR Base, SIZE_T Bytes)
{
    ViCheckResourceLeaks(Base, Bytes, TRUE);
}
