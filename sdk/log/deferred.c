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

// What is not plain is had by calls, which take longer than all that is saved here.
static VOID DeferByCalls(PCKM_LOG_DEFERRED_SITE Site, const ULONG64 *Values)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;

    // It was stopped since the level was looked at.
    if (Ring != NULL) {
        KmpRingWrite(Ring, Site, KMP_RECORD_DEFERRED, Values, Site->Count * sizeof(ULONG64));
    }
}

// Count is a constant where it is inlined. The processor drains its stores before the exchange: the fewer
// registers are saved, the better. So what can be known before it is, and is put together.
static FORCEINLINE VOID Defer(KM_LOG_RING *Ring, PCKM_LOG_DEFERRED_SITE Site, ULONG Count, ULONG64 A,
                              ULONG64 B, ULONG64 C, ULONG64 D)
{
    const ULONG Number = KmpRingProcessorNumber();
    ULONG64 Word =
        KMP_RECORD_WORD(KmpRingSite(Ring, Site), Count * 8, KMP_RECORD_DEFERRED, 0, (USHORT)Number);
    ULONG64 Ids = KmpRingLoadIds(Ring);
    ULONG64 Stamp, Time, *Payload;
    KMP_RING_PROCESSOR *Processor;
    KMP_RING_SLOT *Slot;

    __asm__("" : "+r"(Word), "+r"(Ids));
    Processor = KmpRingReserve(Ring, 1, Number, TRUE, &Stamp, &Time);
    if (Processor == NULL) {
        return;
    }
    Slot = KmpRingOpen(Ring, Processor, Stamp, Time, Word, Ids);
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
    KmpRingClose(Slot, Stamp);
}

// Whether there is a ring, and a record of it is had without a call.
static FORCEINLINE BOOLEAN IsPlain(const KM_LOG_RING *Ring)
{
    return Ring != NULL && Ring->IsPlain;
}

static DECLSPEC_NOINLINE VOID DeferByCalls0(PCKM_LOG_DEFERRED_SITE Site)
{
    const ULONG64 Values[] = {0};

    DeferByCalls(Site, Values);
}

VOID NTAPI KmpDefer0(PCKM_LOG_DEFERRED_SITE Site)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;

    if (IsPlain(Ring)) {
        Defer(Ring, Site, 0, 0, 0, 0, 0);
    } else {
        DeferByCalls0(Site);
    }
}

static DECLSPEC_NOINLINE VOID DeferByCalls1(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A)
{
    const ULONG64 Values[] = {A};

    DeferByCalls(Site, Values);
}

VOID NTAPI KmpDefer1(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;

    if (IsPlain(Ring)) {
        Defer(Ring, Site, 1, A, 0, 0, 0);
    } else {
        DeferByCalls1(Site, A);
    }
}

static DECLSPEC_NOINLINE VOID DeferByCalls2(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B)
{
    const ULONG64 Values[] = {A, B};

    DeferByCalls(Site, Values);
}

VOID NTAPI KmpDefer2(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;

    if (IsPlain(Ring)) {
        Defer(Ring, Site, 2, A, B, 0, 0);
    } else {
        DeferByCalls2(Site, A, B);
    }
}

static DECLSPEC_NOINLINE VOID DeferByCalls3(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C)
{
    const ULONG64 Values[] = {A, B, C};

    DeferByCalls(Site, Values);
}

VOID NTAPI KmpDefer3(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;

    if (IsPlain(Ring)) {
        Defer(Ring, Site, 3, A, B, C, 0);
    } else {
        DeferByCalls3(Site, A, B, C);
    }
}

static DECLSPEC_NOINLINE VOID DeferByCalls4(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C,
                                            ULONG64 D)
{
    const ULONG64 Values[] = {A, B, C, D};

    DeferByCalls(Site, Values);
}

VOID NTAPI KmpDefer4(PCKM_LOG_DEFERRED_SITE Site, ULONG64 A, ULONG64 B, ULONG64 C, ULONG64 D)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;

    if (IsPlain(Ring)) {
        Defer(Ring, Site, 4, A, B, C, D);
    } else {
        DeferByCalls4(Site, A, B, C, D);
    }
}
