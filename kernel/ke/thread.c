// SPDX-License-Identifier: MIT
// Threads as the dispatcher sees them: a stack, and a place at which to go on.
#include "inc/kernel.h"

// What KiSwitchStack pops: see switch-thread.S.
typedef struct _KI_SWITCH_FRAME {
    M128A Xmm[10];
    ULONG MxCsr;
    ULONG ControlWord;
    ULONG64 R15, R14, R13, R12, Rdi, Rsi, Rbp, Rbx;
    ULONG64 Return;
} KI_SWITCH_FRAME;

C_ASSERT(FIELD_OFFSET(KI_SWITCH_FRAME, R15) == 0xa8);

VOID KiSwitchStack(PVOID *SaveKernelStack, PVOID KernelStack);
VOID KiThreadStartup(VOID);

VOID KiInitializeThread(PKTHREAD Thread, PVOID StackTop, PVOID StackLimit, PKSTART_ROUTINE StartRoutine,
                        PVOID StartContext)
{
    Thread->InitialStack = StackTop;
    Thread->StackLimit = StackLimit;
    Thread->StartRoutine = StartRoutine;
    Thread->StartContext = StartContext;
    // Home space of KiThreadStartup's callee, and a zero where a walk of the stack looks for a return
    // address.
    ULONG_PTR Top = (ULONG_PTR)StackTop - 0x40;
    KI_SWITCH_FRAME *Frame = (KI_SWITCH_FRAME *)(Top - sizeof(KI_SWITCH_FRAME));
    RtlZeroMemory(Frame, sizeof(*Frame));
    Frame->MxCsr = 0x1F80;
    Frame->ControlWord = 0x027F;
    Frame->Rbx = (ULONG64)StartRoutine;
    Frame->Rdi = (ULONG64)StartContext;
    Frame->Return = (ULONG64)KiThreadStartup;
    Thread->KernelStack = Frame;
}

VOID KiSwitchThread(PKTHREAD NextThread)
{
    PKIPCR Pcr = KiGetPcr();
    PKTHREAD Thread = Pcr->Prcb.CurrentThread;
    Pcr->Prcb.CurrentThread = NextThread;
    KiSwitchStack(&Thread->KernelStack, NextThread->KernelStack);
}
