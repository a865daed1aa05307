// SPDX-License-Identifier: MIT
// The processor control regions, and the start of every processor but the first.
#include "inc/kernel.h"

PKIPCR KiProcessors[KI_MAXIMUM_PROCESSORS];
ULONG KiProcessorCount = 1;
KAFFINITY KiActiveProcessors = 1;

// What a processor starts with.
typedef struct _KI_PROCESSOR_START {
    PKIPCR Pcr;
    KM_PROCESSOR *Machine;
    PKTHREAD IdleThread;
    volatile LONG Started;
} KI_PROCESSOR_START;

VOID KiInitializeProcessor(PKIPCR Pcr, KM_PROCESSOR *Machine, PKTHREAD BootThread)
{
    Pcr->Pcr.Self = &Pcr->Pcr;
    Pcr->Pcr.CurrentPrcb = &Pcr->Prcb;
    Pcr->Pcr.MajorVersion = PCR_MAJOR_VERSION;
    Pcr->Pcr.MinorVersion = PCR_MINOR_VERSION;
    Pcr->Pcr.Irql = DISPATCH_LEVEL;
    Pcr->Prcb.MxCsr = 0x1F80;
    Pcr->Prcb.LegacyNumber = (UCHAR)Machine->number;
    Pcr->Prcb.CurrentThread = BootThread;
    Pcr->Prcb.IdleThread = BootThread;
    Pcr->Prcb.Number = Machine->number;
    Pcr->Prcb.Machine = Machine;
    for (ULONG Priority = 0; Priority < KI_PRIORITIES; Priority += 1) {
        InitializeListHead(&Pcr->Prcb.ReadyList[Priority]);
    }
    KiInitializeDpcs(&Pcr->Prcb);
    BootThread->State = KiThreadRunning;
    BootThread->Running = TRUE;
    BootThread->NextProcessor = Machine->number;
    BootThread->Affinity = 1ULL << Machine->number;
    Machine->kpcr = (ULONG64)Pcr;
    Machine->irql = (ULONG64)&Pcr->Pcr.Irql;
    Machine->trap_entry = (ULONG64)KiTrapEntry;
    KeMachine->start_processor(Machine);
    KiProcessors[Machine->number] = Pcr;
}

BOOLEAN KiInitializeDoubleFaultStack(PKIPCR Pcr)
{
    KM_PROCESSOR *Machine = Pcr->Prcb.Machine;
    PVOID StackLimit, StackTop = MiCreateKernelStack(&StackLimit);
    if (StackTop == NULL) {
        return FALSE;
    }
    Pcr->Prcb.DoubleFaultStackLow = (ULONG_PTR)StackLimit;
    Pcr->Prcb.DoubleFaultStackHigh = (ULONG_PTR)StackTop;
    Machine->double_fault_stack = (ULONG64)StackTop;
    KeMachine->start_processor(Machine);
    return TRUE;
}

// Entered on the idle thread's stack by each processor but the first.
static DECLSPEC_NORETURN VOID NTAPI KiProcessorStartup(KI_PROCESSOR_START *Start)
{
    KiInitializeProcessor(Start->Pcr, Start->Machine, Start->IdleThread);
    if (!KiInitializeDoubleFaultStack(Start->Pcr)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)STATUS_INSUFFICIENT_RESOURCES, 2,
                     Start->Machine->number, 0);
    }
    __atomic_store_n(&Start->Started, 1, __ATOMIC_RELEASE);
    KiIdleLoop();
}

static BOOLEAN KiStartProcessor(KM_PROCESSOR *Machine)
{
    PVOID Limit;
    KI_PROCESSOR_START Start = {.Machine = Machine};
    OB_PREFIX *Prefix = ExAllocatePoolZero(NonPagedPoolNx, sizeof(OB_PREFIX) + sizeof(ETHREAD), TAG_THREAD);
    Start.Pcr = ExAllocatePoolZero(NonPagedPoolNx, sizeof(KIPCR) + PAGE_SIZE, TAG_PROCESSOR);
    PVOID Top = MiCreateKernelStack(&Limit);
    if (Prefix == NULL || Start.Pcr == NULL || Top == NULL) {
        goto Free;
    }
    PETHREAD Idle = ObpBody(&Prefix->Header);
    PspInitializeThread(Idle, PsInitialSystemProcess, Top, Limit, NULL, NULL, 0);
    Start.IdleThread = &Idle->Tcb;
    if (!KeMachine->run_processor(Machine->number, (ULONG64)KiProcessorStartup, (ULONG64)&Start,
                                  (ULONG64)Top)) {
        goto Free;
    }
    while (!__atomic_load_n(&Start.Started, __ATOMIC_ACQUIRE)) {
        KeMachine->relax_processor();
    }
    return TRUE;
Free:
    if (Top != NULL) {
        MiDeleteKernelStack(Top);
    }
    if (Start.Pcr != NULL) {
        ExFreePoolWithTag(Start.Pcr, TAG_PROCESSOR);
    }
    if (Prefix != NULL) {
        ExFreePoolWithTag(Prefix, TAG_THREAD);
    }
    return FALSE;
}

VOID KiStartProcessors(const KM_BOOT_BLOCK *Boot)
{
    for (ULONG Number = 1; Number < Boot->processor_count; Number += 1) {
        if (!KiStartProcessor(Boot->processors[Number])) {
            KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)STATUS_INSUFFICIENT_RESOURCES, 1, Number,
                         0);
        }
        KIRQL OldIrql = KiLockDispatcher();
        KiActiveProcessors |= 1ULL << Number;
        KiProcessorCount = Number + 1;
        KeNumberProcessors = (CCHAR)KiProcessorCount;
        ((KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE)->ActiveProcessorCount = KiProcessorCount;
        KiUnlockDispatcher(OldIrql);
    }
    // What was made when the first processor was alone may run on all of them.
    KIRQL OldIrql = KiLockDispatcher();
    PKTHREAD Thread = KiCurrentThread();
    Thread->Affinity = Thread->UserAffinity = KiActiveProcessors;
    Thread->Process->Affinity = KiActiveProcessors;
    KiUnlockDispatcher(OldIrql);
}

VOID KiQueryStackLimits(PULONG_PTR Low, PULONG_PTR High)
{
    ULONG_PTR Here = (ULONG_PTR)__builtin_frame_address(0);
    PKPRCB Prcb = KiGetPrcb();
    if (Here >= Prcb->DoubleFaultStackLow && Here < Prcb->DoubleFaultStackHigh) {
        *Low = Prcb->DoubleFaultStackLow;
        *High = Prcb->DoubleFaultStackHigh;
        return;
    }
    PKTHREAD Thread = KiCurrentThread();
    *Low = (ULONG_PTR)Thread->StackLimit;
    *High = (ULONG_PTR)Thread->InitialStack;
}
