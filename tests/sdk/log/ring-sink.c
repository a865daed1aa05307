// SPDX-License-Identifier: MIT
// A ring as a sink of the log, and deferred records that go to the log's sinks.
#include "test.h"
#include <kmode.h>

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'sgRK');
static KM_LOG_RING_SINK Sink;
static KM_LOG_RING_RECORD Record;
static PKM_LOG_RING Ring, Deferred;
static CHAR Text[1024];

static PCSTR Read(void)
{
    if (KmLogRingRead(Ring, &Record) != STATUS_SUCCESS) {
        return "no record";
    }
    KmLogDeferredFormat(&Record, Text, sizeof(Text));
    return Text;
}

static void Start(ULONG Flags)
{
    IS(KmLogRingCreate(&NonPaged, 8192, Flags, &Ring), STATUS_SUCCESS);
    KmLogRingSinkInit(&Sink, Ring);
    IS(KmLogAddSink(&Sink.Sink), STATUS_SUCCESS);
}

static void Stop(void)
{
    IS(KmLogRemoveSink(&Sink.Sink), STATUS_SUCCESS);
    KmLogRingDelete(Ring);
}

static void TestRecords(void)
{
    KIRQL OldIrql;

    IS(KmLogInitWithSink(KmLevelTrace, NULL), STATUS_SUCCESS);
    Start(0);
    KmWarn("message %d of %ws", 1, L"\u20AC");
    KmLogFields(KmLevelInfo, "opened", KmField("count", 5), KmField("path", "C:\\x y"));
    // Nobody else can be asked there.
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmError("at HIGH_LEVEL");
    KeLowerIrql(OldIrql);
    IS_STRING(Read(), "message 1 of \xE2\x82\xAC");
    IS(Record.Kind, KmLogRingText);
    IS(((const KM_LOG_SITE *)Record.Site)->Level, KmLevelWarn);
    IS_STRING(((const KM_LOG_SITE *)Record.Site)->Function, "TestRecords");
    IS_STRING(Read(), "opened count=5 path=\"C:\\\\x y\"");
    IS_STRING(Read(), "at HIGH_LEVEL");
    Stop();
    Start(0);
    Sink.Sink.Layout = KmLogTextLayout;
    KmWarn("a layout of its own");
    IS_STRING(Read(), "WARN  [" KM_LOG_TARGET "] a layout of its own");
    Stop();
}

static void TestLost(void)
{
    KM_LOG_RING_STATISTICS Statistics;

    Start(KM_LOG_RING_DROP);
    for (ULONG Index = 0; Index < 1000; Index += 1) {
        KmInfo("number %lu", Index);
    }
    KmLogRingQuery(Ring, &Statistics);
    OK(Statistics.Dropped != 0);
    IS(KmLogGetLostCount(&Sink.Sink), Statistics.Dropped);
    IS(Statistics.Written + Statistics.Dropped, 1000);
    Stop();
}

// What was deferred goes to every sink, here to a second ring.
static void TestDrain(void)
{
    KIRQL OldIrql;
    LONGLONG Time;

    Start(0);
    IS(KmLogRingCreate(&NonPaged, 4096, KM_LOG_RING_PERFORMANCE_COUNTER, &Deferred), STATUS_SUCCESS);
    IS(KmLogDeferredStart(Deferred, KmLevelTrace), STATUS_SUCCESS);
    KmInfoDeferred("deferred %d", 1);
    KmTraceDeferred("deferred %d", 2);
    IS_STRING(Read(), "no record");
    IS(KmLogDeferredDrain(NULL, NULL), STATUS_SUCCESS);
    IS_STRING(Read(), "deferred 1");
    IS(((const KM_LOG_SITE *)Record.Site)->Level, KmLevelInfo);
    Time = Record.SystemTime.QuadPart;
    IS_STRING(Read(), "deferred 2");
    OK(Record.SystemTime.QuadPart >= Time);
    IS_STRING(Read(), "no record");
    // Sinks are told what is missing, and that once.
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG Index = 0; Index < 70; Index += 1) {
        KmInfoDeferred("deferred %lu", Index);
    }
    KeLowerIrql(OldIrql);
    IS(KmLogDeferredDrain(NULL, NULL), STATUS_SUCCESS);
    IS_STRING(Read(), "6 records are missing");
    IS(((const KM_LOG_SITE *)Record.Site)->Level, KmLevelWarn);
    for (ULONG Index = 6; Index < 70; Index += 1) {
        Read();
    }
    IS_STRING(Text, "deferred 69");
    IS_STRING(Read(), "no record");
    // A ring that is drained into itself is so once a drain.
    IS(KmLogRemoveSink(&Sink.Sink), STATUS_SUCCESS);
    KmLogRingSinkInit(&Sink, Deferred);
    IS(KmLogAddSink(&Sink.Sink), STATUS_SUCCESS);
    KmInfoDeferred("deferred %d", 3);
    IS(KmLogDeferredDrain(NULL, NULL), STATUS_SUCCESS);
    IS(KmLogRingRead(Deferred, &Record), STATUS_SUCCESS);
    IS(Record.Kind, KmLogRingText);
    IS(KmLogRingRead(Deferred, &Record), STATUS_NO_MORE_ENTRIES);
    KmLogDeferredStop();
    Stop();
    KmLogRingDelete(Deferred);
}

// Deferred calls obey the log's filter, also one that comes after the call was first made.
static void TestFilter(void)
{
    KM_LOG_RING_STATISTICS Statistics;

    IS(KmLogRingCreate(&NonPaged, 4096, 0, &Deferred), STATUS_SUCCESS);
    IS(KmLogDeferredStart(Deferred, KmLevelTrace), STATUS_SUCCESS);
    for (ULONG Round = 0; Round < 4; Round += 1) {
        if (Round == 1) {
            IS(KmLogSetFilter("trace," KM_LOG_TARGET "=warn"), STATUS_SUCCESS);
        } else if (Round == 3) {
            IS(KmLogSetFilter(NULL), STATUS_SUCCESS);
        }
        KmWarnDeferred("round %lu", Round);
        KmInfoDeferred("round %lu and %s", Round, "a text");
    }
    KmLogRingQuery(Deferred, &Statistics);
    IS(Statistics.Written, 6);
    KmLogDeferredStop();
    KmLogRingDelete(Deferred);
}

// A site that is no constant of the image is none.
static void TestForeignSite(void)
{
    KM_LOG_SITE Site = {KmLevelWarn, 1, "t", "f", "F", NULL};
    KM_LOG_RECORD Foreign;

    Start(0);
    KmLogRecordInit(&Foreign, &Site);
    Foreign.Message = "text";
    Foreign.MessageLength = 4;
    KmLogWriteRecord(&Foreign);
    IS_STRING(Read(), "text");
    OK(Record.Site == NULL);
    Stop();
}

TEST_DRIVER(TestRecords, TestLost, TestDrain, TestFilter, TestForeignSite)
