// SPDX-License-Identifier: MIT
// The clock: virtual time that moves as work is done, the tick, and every routine that tells a time.
#include "inc/kernel.h"

#define KI_TICK_MILLISECONDS   10
#define KI_UNITS_A_MILLISECOND 10000ULL

KM_CLOCK *KiClock;

#define KI_TICK_UNITS (KI_TICK_MILLISECONDS * KI_UNITS_A_MILLISECOND)

// The running thread has used another tick.
static VOID KiTick(PKPRCB Prcb)
{
    PKTHREAD Thread = Prcb->CurrentThread;
    Thread->KernelTime += 1;
    if (Thread != Prcb->IdleThread) {
        Thread->Quantum -= 1;
    }
    KiRequestSoftwareInterrupt(Prcb, DISPATCH_LEVEL);
}

// A virtual clock has moved to Now, and its ticks come with it.
static VOID KiCheckTimers(ULONG64 Now)
{
    PKPRCB Prcb = KiGetPrcb();
    if (Now < KiNextTimerDue && Now < Prcb->NextTick) {
        return;
    }
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    Prcb = KiGetPrcb();
    if (Now >= KiNextTimerDue) {
        Prcb->TimerRequest = TRUE;
        KiRequestSoftwareInterrupt(Prcb, DISPATCH_LEVEL);
    }
    if (Now >= Prcb->NextTick) {
        Prcb->NextTick = Now + KI_TICK_UNITS;
        KiTick(Prcb);
    }
    KiLowerIrql(OldIrql);
}

VOID KiAdvanceClock(ULONG64 Units)
{
    if (KiClock->is_virtual) {
        KiCheckTimers(__atomic_add_fetch(&KiClock->now, Units, __ATOMIC_RELAXED));
    }
}

ULONG64 KiQueryTime(VOID)
{
    if (!KiClock->is_virtual) {
        return KeMachine->read_clock();
    }
    ULONG64 Now = __atomic_add_fetch(&KiClock->now, 1, __ATOMIC_RELAXED);
    KiCheckTimers(Now);
    return Now;
}

ULONG64 KiQueryShownTime(VOID)
{
    return KiClock->is_virtual ? KiQueryTime() : KiShownTime();
}

VOID KiQuerySystemTime(PLARGE_INTEGER Time)
{
    Time->QuadPart = KiClock->is_virtual ? (LONGLONG)KiSystemTimeOf(KiQueryTime())
                                         : *(const volatile LONGLONG *)&KI_SHARED->SystemTime;
}

VOID KiClockInterrupt(VOID)
{
    PKPRCB Prcb = KiGetPrcb();
    if (KiClock->is_virtual) {
        // A driver that computes without ever calling the kernel would stop time: then, and only then, the
        // tick moves it.
        if (KiProcessorCount == 1 || Prcb->Machine->activity == Prcb->ActivityAtTick) {
            __atomic_add_fetch(&KiClock->now, KI_TICK_UNITS, __ATOMIC_RELAXED);
        }
        Prcb->ActivityAtTick = Prcb->Machine->activity;
    }
    if (KiPeekTime() >= KiNextTimerDue) {
        Prcb->TimerRequest = TRUE;
    }
    KiTick(Prcb);
}

// ---- What drivers ask

// Any IRQL, all of them.
VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = (LONGLONG)KiSystemTimeOf(KiQueryTime());
}

// *QpcTimeStamp becomes the performance counter of the same moment.
ULONGLONG NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    ULONG64 Now = KiQueryTime();
    *QpcTimeStamp = Now;
    return Now;
}

// Without the time that the system has slept; this one never does.
ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID)
{
    return KiQueryShownTime();
}

ULONGLONG NTAPI KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    return KeQueryInterruptTimePrecise(QpcTimeStamp);
}

// 100 ns a tick.
ULONG NTAPI KeQueryTimeIncrement(VOID)
{
    return KI_TIME_INCREMENT;
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    LARGE_INTEGER Counter;
    if (PerformanceFrequency != NULL) {
        PerformanceFrequency->QuadPart = 10000000;
    }
    Counter.QuadPart = (LONGLONG)KiQueryTime();
    return Counter;
}

// Documented: spins, at any IRQL; nothing else runs on this processor but interrupts.
VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds)
{
    const ULONG64 Units = (ULONG64)MicroSeconds * 10;
    if (KiClock->is_virtual) {
        KiAdvanceClock(Units);
        return;
    }
    ULONG64 End = KeMachine->read_clock() + Units;
    while (KeMachine->read_clock() < End) {
        __builtin_ia32_pause();
    }
}
