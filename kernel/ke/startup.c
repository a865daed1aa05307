// SPDX-License-Identifier: MIT
// The kernel's entry point: each component's initialisation in the order in which they lean on each other.
#include "inc/kernel.h"
#include "ex/pool.h"

const KM_MACHINE_CALLS *KeMachine;

static KTHREAD KiBootThread;

DECLSPEC_NORETURN VOID NTAPI KiSystemStartup(KM_BOOT_BLOCK *Boot)
{
    KeMachine = Boot->calls;
    KiBootThread.InitialStack = (PVOID)Boot->boot_stack_high;
    KiBootThread.StackLimit = (PVOID)Boot->boot_stack_low;
    if (!KiInitializeProcessor(Boot->processors[0], &KiBootThread) || Boot->version != KM_CONTRACT_VERSION ||
        KeMachine->bytes < sizeof(*KeMachine) || !ExpInitializePool() ||
        !MiInitializeLoadedImages(&Boot->kernel_image)) {
        KeBugCheckEx(PHASE0_INITIALIZATION_FAILED, 0, Boot->version, 0, 0);
    }
    KiInitializeSharedUserData();
    PETHREAD RequestThread;
    NTSTATUS Status = PspCreateSystemThread(IopRequestThread, NULL, &RequestThread);
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, 0, 0, 0);
    }
    KiSwitchThread(&RequestThread->Tcb);
    // Nobody switches back to the boot thread as long as there is no idle loop.
    KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, 0, 1, 0, 0);
}
