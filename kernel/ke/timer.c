// SPDX-License-Identifier: MIT
// Timers: set ones hang in a table of buckets by due time, each bucket in order.
#include "inc/kernel.h"

#define KI_TIMER_BUCKETS 256
#define KI_TIMER_SHIFT   14 // a bucket is about 1.6 ms wide

static LIST_ENTRY KiTimerTable[KI_TIMER_BUCKETS];
static ULONG64 KiTimerSummary[KI_TIMER_BUCKETS / 64]; // bit n: bucket n is not empty
volatile ULONG64 KiNextTimerDue = KI_NEVER;

VOID KiInitializeTimers(VOID)
{
    for (ULONG Index = 0; Index < KI_TIMER_BUCKETS; Index += 1) {
        InitializeListHead(&KiTimerTable[Index]);
    }
}

static inline PKTIMER KiTimerOf(PLIST_ENTRY Link)
{
    return CONTAINING_RECORD(Link, KTIMER, TimerListEntry);
}

ULONG64 KiDueTime(LARGE_INTEGER DueTime)
{
    if (DueTime.QuadPart >= 0) {
        ULONG64 Absolute = (ULONG64)DueTime.QuadPart;
        return Absolute > KiClock->start_time ? Absolute - KiClock->start_time : 0;
    }
    ULONG64 Due;
    return __builtin_add_overflow(KiPeekTime(), 0 - (ULONG64)DueTime.QuadPart, &Due) ? KI_NEVER - 1 : Due;
}

static inline ULONG KiTimerBucket(ULONG64 DueTime)
{
    return (ULONG)(DueTime >> KI_TIMER_SHIFT) & (KI_TIMER_BUCKETS - 1);
}

// The earliest of all: every bucket's first is its earliest.
static ULONG64 KiEarliestTimer(VOID)
{
    ULONG64 Earliest = KI_NEVER;
    for (ULONG Word = 0; Word < RTL_NUMBER_OF(KiTimerSummary); Word += 1) {
        for (ULONG64 Bits = KiTimerSummary[Word]; Bits != 0; Bits &= Bits - 1) {
            PLIST_ENTRY Head = &KiTimerTable[Word * 64 + (ULONG)__builtin_ctzll(Bits)];
            ULONG64 Due = KiTimerOf(Head->Flink)->DueTime.QuadPart;
            Earliest = Due < Earliest ? Due : Earliest;
        }
    }
    return Earliest;
}

VOID KiInsertTimer(PKTIMER Timer, ULONG64 DueTime)
{
    ULONG Bucket = KiTimerBucket(DueTime);
    PLIST_ENTRY Head = &KiTimerTable[Bucket];
    PLIST_ENTRY Link = Head->Blink;
    // Of those that are due at the same time, the first set expires first.
    while (Link != Head && (ULONG64)KiTimerOf(Link)->DueTime.QuadPart > DueTime) {
        Link = Link->Blink;
    }
    Timer->DueTime.QuadPart = DueTime;
    Timer->Header.Inserted = 1;
    InsertHeadList(Link, &Timer->TimerListEntry);
    KiTimerSummary[Bucket / 64] |= 1ULL << Bucket % 64;
    if (DueTime < KiNextTimerDue) {
        KiNextTimerDue = DueTime;
    }
}

PKTIMER KiFindSetTimer(ULONG_PTR Start, SIZE_T Bytes)
{
    PKTIMER Found = NULL;
    KIRQL OldIrql = KiLockDispatcher();
    for (ULONG Bucket = 0; Found == NULL && Bucket < KI_TIMER_BUCKETS; Bucket += 1) {
        PLIST_ENTRY Head = &KiTimerTable[Bucket];
        for (PLIST_ENTRY Link = Head->Flink; Found == NULL && Link != Head; Link = Link->Flink) {
            if ((ULONG_PTR)KiTimerOf(Link) - Start < Bytes) {
                Found = KiTimerOf(Link);
            }
        }
    }
    KiUnlockDispatcher(OldIrql);
    return Found;
}

BOOLEAN KiRemoveTimer(PKTIMER Timer)
{
    if (!Timer->Header.Inserted) {
        return FALSE;
    }
    Timer->Header.Inserted = 0;
    ULONG Bucket = KiTimerBucket((ULONG64)Timer->DueTime.QuadPart);
    if (RemoveEntryList(&Timer->TimerListEntry)) {
        KiTimerSummary[Bucket / 64] &= ~(1ULL << Bucket % 64);
    }
    if ((ULONG64)Timer->DueTime.QuadPart == KiNextTimerDue) {
        KiNextTimerDue = KiEarliestTimer();
    }
    return TRUE;
}

// A timer with a period of any length, which KTIMER, with milliseconds, has no room for.
static inline BOOLEAN KiIsLongTimer(PKTIMER Timer)
{
    return Timer->Header.KeepShifting;
}

static inline ULONG64 KiPeriodOf(PKTIMER Timer)
{
    return KiIsLongTimer(Timer) ? CONTAINING_RECORD(Timer, KI_LONG_TIMER, Timer)->Period
                                : (ULONG64)Timer->Period * 10000;
}

static VOID KiSignalTimer(PKTIMER Timer, ULONG64 Now)
{
    PKDPC Dpc = Timer->Dpc;
    Timer->Header.SignalState = 1;
    KiSignalObject(Timer, 0);
    ULONG64 Period = KiPeriodOf(Timer);
    if (Period != 0) {
        // A period that was missed is not made up for, but the phase is kept.
        ULONG64 Due = (ULONG64)Timer->DueTime.QuadPart + Period;
        if (Due <= Now) {
            Due += (Now - Due) / Period * Period;
        }
        KiInsertTimer(Timer, Due);
    }
    if (Dpc != NULL) {
        LARGE_INTEGER SystemTime;
        SystemTime.QuadPart = (LONGLONG)KiSystemTimeOf(Now);
        BOOLEAN Queued =
            KeInsertQueueDpc(Dpc, UlongToPtr(SystemTime.LowPart), UlongToPtr((ULONG)SystemTime.HighPart));
        if (KiIsLongTimer(Timer) && Queued) {
            CONTAINING_RECORD(Timer, KI_LONG_TIMER, Timer)->Expirations += 1;
        }
    }
}

VOID KiExpireTimers(VOID)
{
    KiAcquireSpinLock(&KiDispatcherLock);
    ULONG64 Now = KiShowTime();
    while (KiNextTimerDue <= Now) {
        ULONG64 Due = KiNextTimerDue;
        PLIST_ENTRY Head = &KiTimerTable[KiTimerBucket(Due)];
        PKTIMER Timer = KiTimerOf(Head->Flink);
        KiRemoveTimer(Timer);
        KiSignalTimer(Timer, Now);
    }
    KiReleaseSpinLock(&KiDispatcherLock);
}

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    KiInitializeHeader(&Timer->Header,
                       Type == NotificationTimer ? KiTimerNotification : KiTimerSynchronization,
                       sizeof(KTIMER), 0);
    Timer->DueTime.QuadPart = 0;
    Timer->TimerListEntry.Flink = Timer->TimerListEntry.Blink = NULL;
    Timer->Dpc = NULL;
    Timer->Processor = 0;
    Timer->Period = 0;
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

// The dispatcher lock is held. The rest of a set's work, for a timer that has its period. TRUE if it was set.
static BOOLEAN KiSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    BOOLEAN WasSet = KiRemoveTimer(Timer);
    ULONG64 Due = KiDueTime(DueTime);
    Timer->Header.SignalState = 0;
    Timer->Header.Absolute = DueTime.QuadPart >= 0;
    Timer->Dpc = Dpc;
    if (KiHasCome(Due)) {
        Timer->DueTime.QuadPart = Due;
        KiSignalTimer(Timer, KiShownTime());
    } else {
        KiInsertTimer(Timer, Due);
    }
    return WasSet;
}

BOOLEAN KiSetLongTimer(KI_LONG_TIMER *Timer, LARGE_INTEGER DueTime, ULONG64 Period, PKDPC Dpc)
{
    Timer->Period = Period;
    Timer->Timer.Header.KeepShifting = TRUE;
    return KiSetTimer(&Timer->Timer, DueTime, Dpc);
}

// Period in milliseconds, 0 for once. A due time that is past expires at once. TRUE if the timer was set
// already. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    KIRQL OldIrql = KiLockDispatcher();
    Timer->Period = (ULONG)Period;
    BOOLEAN WasSet = KiSetTimer(Timer, DueTime, Dpc);
    KiUnlockDispatcher(OldIrql);
    return WasSet;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

// TolerableDelay, in milliseconds, lets Windows join wake-ups; waking at the due time itself is within it.
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay,
                                    PKDPC Dpc)
{
    UNREFERENCED_PARAMETER(TolerableDelay);
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

// TRUE if the timer was set. Its DPC may be queued or running still. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN WasSet = KiRemoveTimer(Timer);
    KiUnlockDispatcher(OldIrql);
    return WasSet;
}

#undef KeReadStateTimer
// TRUE if it has expired. Any IRQL.
BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    return __atomic_load_n(&Timer->Header.SignalState, __ATOMIC_SEQ_CST) != 0;
}

// Interrupt time at which the timer is due, 0 if it is not set. IRQL <= DISPATCH_LEVEL.
ULONGLONG NTAPI KeQueryTimerDueTime(PKTIMER Timer)
{
    KIRQL OldIrql = KiLockDispatcher();
    ULONGLONG Due = Timer->Header.Inserted ? (ULONGLONG)Timer->DueTime.QuadPart : 0;
    KiUnlockDispatcher(OldIrql);
    return Due;
}
