// SPDX-License-Identifier: MIT
// The log's core: its levels, its start, and the way of a record to the sinks.
#include "delivery.h"
#include "registry.h"
#include "runtime/irql.h"

volatile LONG KmpLogMaximumLevel = KmLevelOff;
volatile LONG KmpLogGeneration = 2;

PKM_LOG_SINK volatile KmpLogSinks;
const KMP_LOG_FILTER *volatile KmpLogFilter;

static volatile LONG Started;
static volatile LONG MaximumLevelSet = KmLevelOff;
static volatile LONG UpdatesWanted;

static LONG NearestLevel(LONG Level)
{
    return Level < KmLevelOff ? KmLevelOff : Level > KmLevelTrace ? KmLevelTrace : Level;
}

VOID KmpLogUpdateMaximumLevel(VOID)
{
    LONG Seen;

    if (InterlockedIncrement(&UpdatesWanted) != 1) {
        return;
    }
    do {
        KMP_LOG_READER Reader;
        const KMP_LOG_FILTER *Filter;
        LONG Level = KmLevelOff;

        Seen = UpdatesWanted;
        Reader = KmpLogEnterReader();
        for (PKM_LOG_SINK Sink = KmpLogSinks; Sink != NULL; Sink = Sink->Next) {
            Level = max(Level, Sink->Level);
        }
        Filter = KmpLogFilter;
        if (Filter != NULL) {
            Level = min(Level, (LONG)Filter->MaximumLevel);
        }
        Level = min(Level, MaximumLevelSet);
        KmpLogLeaveReader(Reader);
        InterlockedExchange(&KmpLogMaximumLevel, Level);
    } while (InterlockedCompareExchange(&UpdatesWanted, 0, Seen) != Seen);
}

BOOLEAN KmpLogIsStarted(VOID)
{
    return Started != FALSE;
}

VOID KmpLogForgetDecisions(VOID)
{
    InterlockedAdd(&KmpLogGeneration, 2);
}

NTSTATUS NTAPI KmLogInitWithSink(KM_LOG_LEVEL MaximumLevel, PKM_LOG_SINK Sink)
{
    NTSTATUS Status;

    if ((LONG)MaximumLevel < KmLevelOff || (LONG)MaximumLevel > KmLevelTrace) {
        return STATUS_INVALID_PARAMETER;
    }
    if (InterlockedExchange(&Started, TRUE)) {
        return STATUS_ALREADY_INITIALIZED;
    }
    if (Sink != NULL) {
        Status = KmLogAddSink(Sink);
        if (!NT_SUCCESS(Status)) {
            InterlockedExchange(&Started, FALSE);
            return Status;
        }
    }
    InterlockedExchange(&MaximumLevelSet, MaximumLevel);
    KmpLogUpdateMaximumLevel();
    return STATUS_SUCCESS;
}

VOID NTAPI KmLogSetMaximumLevel(KM_LOG_LEVEL MaximumLevel)
{
    if (!Started) {
        return;
    }
    InterlockedExchange(&MaximumLevelSet, NearestLevel((LONG)MaximumLevel));
    KmpLogUpdateMaximumLevel();
}

KM_LOG_LEVEL NTAPI KmLogGetMaximumLevel(VOID)
{
    return (KM_LOG_LEVEL)MaximumLevelSet;
}

BOOLEAN NTAPI KmpLogAskFilter(PCSTR Target, KM_LOG_LEVEL Level, volatile LONG *Decision)
{
    // Read first: a decision by an older filter is then kept for an older generation, and so not believed.
    LONG Generation = KmpLogGeneration;
    KMP_LOG_READER Reader = KmpLogEnterReader();
    const KMP_LOG_FILTER *Filter = KmpLogFilter;
    BOOLEAN Enabled = Filter == NULL || Filter->IsEnabled(Filter, Target, Level);

    KmpLogLeaveReader(Reader);
    if (Decision != NULL) {
        InterlockedExchange(Decision, Generation | (Enabled ? 1 : 0));
    }
    return Enabled;
}

VOID KmpLogDeliver(PCKM_LOG_RECORD Record, KIRQL Irql)
{
    PKMP_LOG_DELIVERY Delivery;
    KMP_LOG_READER Reader;
    BOOLEAN IsNested;

    if (!Started) {
        return;
    }
    Reader = KmpLogEnterReader();
    Delivery = KmpLogBeginDelivery(Irql, &IsNested);
    for (PKM_LOG_SINK Sink = KmpLogSinks; Sink != NULL; Sink = Sink->Next) {
        if ((LONG)Record->Site->Level > Sink->Level) {
            continue;
        }
        if (Irql > Sink->MaximumIrql || (IsNested && KmpLogIsInSink(Sink, Irql))) {
            InterlockedIncrement64(&Sink->Lost);
            continue;
        }
        if (Delivery != NULL) {
            Delivery->Sink = Sink;
        }
        Sink->Write(Sink, Record);
    }
    KmpLogEndDelivery(Delivery);
    KmpLogLeaveReader(Reader);
}

VOID NTAPI KmLogWriteRecord(PCKM_LOG_RECORD Record)
{
    // Not the record's IRQL, which may be of another time.
    KmpLogDeliver(Record, KmpGetCurrentIrql());
}

VOID NTAPI KmLogSetSinkLevel(PKM_LOG_SINK Sink, KM_LOG_LEVEL Level)
{
    InterlockedExchange(&Sink->Level, NearestLevel((LONG)Level));
    KmpLogUpdateMaximumLevel();
}
