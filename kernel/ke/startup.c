// SPDX-License-Identifier: MIT
// The kernel's entry point: each component's initialisation in the order in which they lean on each other.
#include "inc/kernel.h"
#include "ex/pool.h"

const KM_MACHINE_CALLS *KeMachine;

static KIPCR KiBootProcessor __attribute__((aligned(0x1000)));
static ETHREAD KiBootThread;

// Everything that may wait or be switched away from.
static VOID NTAPI KiPhase1Initialization(PVOID Context)
{
    KiStartProcessors(Context);
    KiInitializeGenericDpc();
    NTSTATUS Status = KiStartThreadedDpcs();
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, 0, 0, 0);
    }
    PspServeRequests(CONTAINING_RECORD(KiCurrentThread(), ETHREAD, Tcb));
}

DECLSPEC_NORETURN VOID NTAPI KiSystemStartup(KM_BOOT_BLOCK *Boot)
{
    KeMachine = Boot->calls;
    KiClock = Boot->clock;
    KiSeed = Boot->seed;
    KiInitializeTimers();
    PspInitializeSystemProcess();
    KiInitializeThread(&KiBootThread.Tcb, PsInitialSystemProcess, (PVOID)Boot->boot_stack_high,
                       (PVOID)Boot->boot_stack_low, NULL, NULL, 0);
    KiBootThread.Tcb.SystemThread = TRUE;
    KiInitializeProcessor(&KiBootProcessor, Boot->processors[0], &KiBootThread.Tcb);
    if (Boot->version != KM_CONTRACT_VERSION || KeMachine->bytes < sizeof(*KeMachine) ||
        !MiInitializePhysicalMemory(Boot->ram_used, Boot->ram_bytes) ||
        !KiInitializeDoubleFaultStack(&KiBootProcessor) || !ExpInitializePool() ||
        !MiInitializeLoadedImages(&Boot->kernel_image)) {
        KeBugCheckEx(PHASE0_INITIALIZATION_FAILED, 0, Boot->version, 0, 0);
    }
    KiInitializeExtendedState();
    KiInitializeSharedUserData();
    PETHREAD Thread;
    NTSTATUS Status = PspCreateKernelThread(KiPhase1Initialization, Boot, NORMAL_PRIORITY, &Thread);
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, 0, 0, 0);
    }
    PspInitializeRequests(Thread);
    KiStartThread(&Thread->Tcb);
    KiIdleLoop();
}
