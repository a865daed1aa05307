// SPDX-License-Identifier: MIT
// The kernel's entry point: each component's initialisation in the order in which they lean on each other.
#include "inc/kernel.h"
#include "ex/timer-object.h"
#include "cc/cc.h"
#include "ex/pool.h"
#include "mm/section.h"
#include "mm/vad.h"
#include "pci/pci.h"
#include "verify/low-resources.h"
#include "fs/fs.h"

const KM_MACHINE_CALLS *KeMachine;

static KIPCR KiBootProcessor __attribute__((aligned(0x1000)));

// The threads that there are before there are objects.
typedef struct _KI_FIRST_THREAD {
    OB_PREFIX Prefix;
    ETHREAD Thread;
} KI_FIRST_THREAD;

static KI_FIRST_THREAD KiIdleThread, KiPhase1Thread;

static const struct {
    NTSTATUS (*Initialize)(VOID);
} KiComponents[] = {
    {ObInitSystem},                   // what all others make objects with
    {SepInitSystem},                  // who the System process is
    {MiInitializeSystemAddressSpace}, // of the system process
    {PspInitializeCids},              // before the first process
    {PspInitializeProcesses},         // before its threads
    {PspInitializeThreads},           // before a thread can be made
    {KiStartThreadedDpcs},            // for each processor
    {ExpInitializeWorkQueues},        // what is put off until later
    {ExpInitializeEvents},            // types of the executive's objects
    {ExpInitializeMemoryConditions},  // the first of them
    {ExpInitializeSemaphores},        // and these
    {ExpInitializeTimers},            // and these
    {ExpInitializeCallbacks},         // and these
    {CmInitSystem},                   // the registry, before who reads it
    {MiInitializeSections},           // with \Device, before drivers
    {CcInitializeCacheManager},       // before a file system
    {IoInitSystem},                   // drivers from here on
};

// Everything that may wait or be switched away from.
static VOID NTAPI KiPhase1Initialization(PVOID Context)
{
    KiStartProcessors(Context);
    KiInitializeGenericDpc();
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(KiComponents); Index += 1) {
        NTSTATUS Status = KiComponents[Index].Initialize();
        if (!NT_SUCCESS(Status)) {
            KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, Index, 0, 0);
        }
    }
    NTSTATUS Status = FsInitSystem(((const KM_BOOT_BLOCK *)Context)->flags);
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, RTL_NUMBER_OF(KiComponents), 0, 0);
    }
    Status = PciInitSystem(((const KM_BOOT_BLOCK *)Context)->pci_buses);
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, RTL_NUMBER_OF(KiComponents) + 1, 0, 0);
    }
    PspServeRequests(&KiPhase1Thread.Thread);
}

static VOID KiStartPhase1(KM_BOOT_BLOCK *Boot)
{
    PETHREAD Thread = &KiPhase1Thread.Thread;
    PVOID Limit, Top = MiCreateKernelStack(&Limit);
    if (Top == NULL) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)STATUS_INSUFFICIENT_RESOURCES, 0, 0, 0);
    }
    PspInitializeThread(Thread, PsInitialSystemProcess, Top, Limit, KiPhase1Initialization, Boot,
                        NORMAL_PRIORITY);
    PspInitializeRequests(Thread);
    KiStartThread(&Thread->Tcb);
}

DECLSPEC_NORETURN VOID NTAPI KiSystemStartup(KM_BOOT_BLOCK *Boot)
{
    KeMachine = Boot->calls;
    KiClock = Boot->clock;
    KiSeed = Boot->seed;
    KiInitializeTimers();
    KiInitializeLines();
    PspInitializeSystemProcess();
    PspInitializeThread(&KiIdleThread.Thread, PsInitialSystemProcess, (PVOID)Boot->boot_stack_high,
                        (PVOID)Boot->boot_stack_low, NULL, NULL, 0);
    KiInitializeProcessor(&KiBootProcessor, Boot->processors[0], &KiIdleThread.Thread.Tcb);
    if (Boot->version != KM_CONTRACT_VERSION || KeMachine->bytes < sizeof(*KeMachine) ||
        !MiInitializePhysicalMemory(Boot->ram_used, Boot->ram_bytes) ||
        !KiInitializeDoubleFaultStack(&KiBootProcessor) || !ExpInitializePool() ||
        !MiInitializeSystemPtes() || !MiInitializeLoadedImages(&Boot->kernel_image) ||
        !ViInitialize(Boot->flags)) {
        KeBugCheckEx(PHASE0_INITIALIZATION_FAILED, 0, Boot->version, 0, 0);
    }
    ViInitializeLowResources(Boot);
    KiInitializeExtendedState();
    KiInitializeSharedUserData();
    KiStartPhase1(Boot);
    KiIdleLoop();
}
