// SPDX-License-Identifier: MIT
// The deferred log's calls: a record is one slot, written in a straight line.
#include "log/deferred.h"

#include "log/ring.h"

#define SLOTS_AHEAD 8

C_ASSERT(sizeof(KM_LOG_DEFERRED_SITE) == sizeof(KMP_IMAGE_DEFERRED_SITE));
C_ASSERT(FIELD_OFFSET(KM_LOG_DEFERRED_SITE, Format) == offsetof(KMP_IMAGE_DEFERRED_SITE, Format));
C_ASSERT(FIELD_OFFSET(KM_LOG_DEFERRED_SITE, Types) == offsetof(KMP_IMAGE_DEFERRED_SITE, Types));
C_ASSERT(FIELD_OFFSET(KM_LOG_SITE, Target) == offsetof(KMP_IMAGE_SITE, Target));
C_ASSERT(FIELD_OFFSET(KM_LOG_SITE, Function) == offsetof(KMP_IMAGE_SITE, Function));

volatile LONG KmpLogDeferredMaximumLevel = KmLevelOff;
KM_LOG_RING *volatile KmpLogDeferredRing;

NTSTATUS NTAPI KmLogDeferredStart(PKM_LOG_RING Ring, KM_LOG_LEVEL MaximumLevel)
{
    if ((LONG)MaximumLevel < KmLevelOff || (LONG)MaximumLevel > KmLevelTrace) {
        return STATUS_INVALID_PARAMETER;
    }
    if (InterlockedCompareExchangePointer((PVOID volatile *)&KmpLogDeferredRing, Ring, NULL) != NULL) {
        return STATUS_ALREADY_INITIALIZED;
    }
    InterlockedExchange(&KmpLogDeferredMaximumLevel, MaximumLevel);
    return STATUS_SUCCESS;
}

VOID NTAPI KmLogDeferredStop(VOID)
{
    InterlockedExchange(&KmpLogDeferredMaximumLevel, KmLevelOff);
    InterlockedExchangePointer((PVOID volatile *)&KmpLogDeferredRing, NULL);
}

VOID NTAPI KmLogDeferredSetMaximumLevel(KM_LOG_LEVEL MaximumLevel)
{
    LONG Level = MaximumLevel;

    if (KmpLogDeferredRing == NULL) {
        return;
    }
    if (Level < KmLevelOff) {
        Level = KmLevelOff;
    } else if (Level > KmLevelTrace) {
        Level = KmLevelTrace;
    }
    InterlockedExchange(&KmpLogDeferredMaximumLevel, Level);
}

// Another clock than the counter is read by a call, and longer than all that is saved here.
static DECLSPEC_NOINLINE VOID DeferByOtherClock(PCKM_LOG_DEFERRED_SITE Site, ULONG Count, ULONG64 A,
                                                ULONG64 B, ULONG64 C, ULONG64 D, ULONG64 E)
{
    const ULONG64 Values[5] = {A, B, C, D, E};

    KmpRingWrite(KmpLogDeferredRing, Site, KMP_RECORD_DEFERRED, Values, Count * sizeof(ULONG64));
}

// Count is a constant where it is inlined. The processor drains its stores before the exchange: the fewer
// registers are saved, the better.
static FORCEINLINE VOID Defer(PCKM_LOG_DEFERRED_SITE Site, ULONG Count, ULONG64 A, ULONG64 B, ULONG64 C,
                              ULONG64 D, ULONG64 E)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;
    const ULONG Number = KmpRingProcessorNumber();
    KMP_RING_PROCESSOR *Processor;
    ULONG64 Stamp, Time, *Payload;
    KMP_RING_SLOT *Slot;

    // It was stopped since the level was looked at.
    if (Ring == NULL) {
        return;
    }
    if (!KmpRingIsTsc(Ring)) {
        DeferByOtherClock(Site, Count, A, B, C, D, E);
        return;
    }
    Processor = KmpRingReserve(Ring, 1, Number, TRUE, &Stamp, &Time);
    if (Processor == NULL) {
        return;
    }
    Slot =
        KmpRingOpen(Ring, Processor, Stamp, Time,
                    KMP_RECORD_WORD(KmpRingSite(Ring, Site), Count * 8, KMP_RECORD_DEFERRED, (USHORT)Number));
    // Those that are written soon: a ring is larger than the nearest cache.
    __builtin_prefetch(Slot + SLOTS_AHEAD, 1);
    Payload = (ULONG64 *)Slot->Payload;
    if (Count > 0) {
        Payload[0] = A;
    }
    if (Count > 1) {
        Payload[1] = B;
    }
    if (Count > 2) {
        Payload[2] = C;
    }
    if (Count > 3) {
        Payload[3] = D;
    }
    if (Count > 4) {
        Payload[4] = E;
    }
    KmpRingClose(Slot, Stamp);
}

VOID NTAPI KmpDefer0(PCKM_LOG_DEFERRED_SITE Site)
{
    Defer(Site, 0, 0, 0, 0, 0, 0);
}

VOID NTAPI KmpDefer1(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A)
{
    Defer(Site, 1, A, 0, 0, 0, 0);
}

VOID NTAPI KmpDefer2(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B)
{
    Defer(Site, 2, A, B, 0, 0, 0);
}

VOID NTAPI KmpDefer3(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C)
{
    Defer(Site, 3, A, B, C, 0, 0);
}

VOID NTAPI KmpDefer4(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C, ULONG64 D)
{
    Defer(Site, 4, A, B, C, D, 0);
}

VOID NTAPI KmpDefer5(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C, ULONG64 D, ULONG64 E)
{
    Defer(Site, 5, A, B, C, D, E);
}
