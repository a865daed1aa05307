// SPDX-License-Identifier: MIT
// Sinks come without a lock, by one exchange at the list's head, and go one at a time.
#include "delivery.h"
#include "registry.h"

// What KM_LOG_SINK.State may be.
#define ABSENT   0
#define CHANGING 1 // one of the two routines below is at it
#define PRESENT  2

VOID NTAPI KmLogSinkInit(PKM_LOG_SINK Sink, KM_LOG_SINK_WRITE *Write)
{
    RtlZeroMemory(Sink, sizeof(*Sink));
    Sink->Write = Write;
    Sink->Level = KmLevelTrace;
    Sink->MaximumIrql = HIGH_LEVEL;
}

NTSTATUS NTAPI KmLogAddSink(PKM_LOG_SINK Sink)
{
    PKM_LOG_SINK Head;

    if (Sink->Write == NULL || Sink->Level < KmLevelOff || Sink->Level > KmLevelTrace) {
        return STATUS_INVALID_PARAMETER;
    }
    if (InterlockedCompareExchange(&Sink->State, CHANGING, ABSENT) != ABSENT) {
        return STATUS_ALREADY_REGISTERED;
    }
    do {
        Head = KmpLogSinks;
        Sink->Next = Head;
    } while (InterlockedCompareExchangePointer((PVOID volatile *)&KmpLogSinks, Sink, Head) != Head);
    InterlockedExchange(&Sink->State, PRESENT);
    KmpLogUpdateMaximumLevel();
    return STATUS_SUCCESS;
}

// Sinks are added at the head alone, so that behind it nobody but who removes changes a link.
static VOID Unlink(PKM_LOG_SINK Sink)
{
    PKM_LOG_SINK volatile *Link;

    if (InterlockedCompareExchangePointer((PVOID volatile *)&KmpLogSinks, Sink->Next, Sink) == Sink) {
        return;
    }
    Link = &KmpLogSinks;
    while (*Link != Sink) {
        Link = &(*Link)->Next;
    }
    *Link = Sink->Next;
}

NTSTATUS NTAPI KmLogRemoveSink(PKM_LOG_SINK Sink)
{
    if (KmpLogIsDelivering()) {
        return STATUS_POSSIBLE_DEADLOCK;
    }
    if (InterlockedCompareExchange(&Sink->State, CHANGING, PRESENT) != PRESENT) {
        return STATUS_NOT_FOUND;
    }
    KmpLogBeginChange();
    Unlink(Sink);
    KmpLogUpdateMaximumLevel();
    KmpLogWaitForReaders();
    KmpLogEndChange();
    InterlockedExchange(&Sink->State, ABSENT);
    return STATUS_SUCCESS;
}

ULONG64 NTAPI KmLogGetLostCount(PKM_LOG_SINK Sink)
{
    return (ULONG64)InterlockedAdd64(&Sink->Lost, 0);
}
