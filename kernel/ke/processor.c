// SPDX-License-Identifier: MIT
// The processor control region.
#include "inc/kernel.h"

// On it a trap is taken whose own stack has no room left, as hardware does by its interrupt stack table.
#define KI_DOUBLE_FAULT_STACK_SIZE 0x6000

static KIPCR KiProcessorControlRegion __attribute__((aligned(0x1000)));
static UCHAR KiDoubleFaultStack[KI_DOUBLE_FAULT_STACK_SIZE] __attribute__((aligned(0x1000)));

VOID KiInitializeProcessor(KM_PROCESSOR *Machine, PKTHREAD BootThread)
{
    PKIPCR Pcr = &KiProcessorControlRegion;
    Pcr->Pcr.Self = &Pcr->Pcr;
    Pcr->Pcr.CurrentPrcb = &Pcr->Prcb;
    Pcr->Pcr.MajorVersion = PCR_MAJOR_VERSION;
    Pcr->Pcr.MinorVersion = PCR_MINOR_VERSION;
    Pcr->Pcr.Irql = PASSIVE_LEVEL;
    Pcr->Prcb.MxCsr = 0x1F80;
    Pcr->Prcb.CurrentThread = BootThread;
    Pcr->Prcb.IdleThread = BootThread;
    Pcr->Prcb.Number = Machine->number;
    Pcr->Prcb.Machine = Machine;
    Machine->kpcr = (ULONG64)Pcr;
    Machine->irql = (ULONG64)&Pcr->Pcr.Irql;
    Machine->double_fault_stack = (ULONG64)(KiDoubleFaultStack + sizeof(KiDoubleFaultStack));
    KeMachine->start_processor(Machine);
    // Last: with it the machine delivers traps.
    Machine->trap_entry = (ULONG64)KiTrapEntry;
}

VOID KiQueryStackLimits(PULONG_PTR Low, PULONG_PTR High)
{
    ULONG_PTR Here = (ULONG_PTR)__builtin_frame_address(0);
    ULONG_PTR DoubleFault = (ULONG_PTR)KiDoubleFaultStack;
    if (Here >= DoubleFault && Here < DoubleFault + sizeof(KiDoubleFaultStack)) {
        *Low = DoubleFault;
        *High = DoubleFault + sizeof(KiDoubleFaultStack);
        return;
    }
    PKTHREAD Thread = KiGetPcr()->Prcb.CurrentThread;
    *Low = (ULONG_PTR)Thread->StackLimit;
    *High = (ULONG_PTR)Thread->InitialStack;
}
