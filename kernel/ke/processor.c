// SPDX-License-Identifier: MIT
// The processor control region.
#include "inc/kernel.h"

static KIPCR KiProcessorControlRegion __attribute__((aligned(0x1000)));

BOOLEAN KiInitializeProcessor(KM_PROCESSOR *Machine, PKTHREAD BootThread)
{
    PKIPCR Pcr = &KiProcessorControlRegion;
    PVOID StackLimit, StackTop = MiCreateKernelStack(&StackLimit);
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
    if (StackTop != NULL) {
        Pcr->Prcb.DoubleFaultStackLow = (ULONG_PTR)StackLimit;
        Pcr->Prcb.DoubleFaultStackHigh = (ULONG_PTR)StackTop;
        Machine->double_fault_stack = (ULONG64)StackTop;
    }
    Machine->trap_entry = (ULONG64)KiTrapEntry;
    KeMachine->start_processor(Machine);
    return StackTop != NULL;
}

VOID KiQueryStackLimits(PULONG_PTR Low, PULONG_PTR High)
{
    ULONG_PTR Here = (ULONG_PTR)__builtin_frame_address(0);
    PKIPCR Pcr = KiGetPcr();
    if (Here >= Pcr->Prcb.DoubleFaultStackLow && Here < Pcr->Prcb.DoubleFaultStackHigh) {
        *Low = Pcr->Prcb.DoubleFaultStackLow;
        *High = Pcr->Prcb.DoubleFaultStackHigh;
        return;
    }
    PKTHREAD Thread = Pcr->Prcb.CurrentThread;
    *Low = (ULONG_PTR)Thread->StackLimit;
    *High = (ULONG_PTR)Thread->InitialStack;
}
