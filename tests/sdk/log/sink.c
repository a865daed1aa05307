// SPDX-License-Identifier: MIT
// Sinks: which records each gets, added and removed while others write.
#include "test.h"
#include "capture.h"

static CAPTURE First, Second;

static void TestStart(void)
{
    KM_LOG_SINK Bad = KM_LOG_SINK_INIT(NULL, KmLevelInfo, NULL, HIGH_LEVEL);

    // Before the start sinks may come, and nothing is written.
    CaptureInit(&First, KmLogTextLayout);
    IS(KmLogAddSink(&First.Sink), STATUS_SUCCESS);
    IS(KmLogAddSink(&First.Sink), STATUS_ALREADY_REGISTERED);
    IS(KmLogAddSink(&Bad), STATUS_INVALID_PARAMETER);
    Bad = First.Sink;
    Bad.State = 0;
    Bad.Level = 6;
    IS(KmLogAddSink(&Bad), STATUS_INVALID_PARAMETER);
    OK(!KmLogEnabled(KmLevelError));
    KmError("early");
    IS(First.Count, 0);

    // A start with a sink that cannot be added has not happened.
    IS(KmLogInitWithSink(KmLevelInfo, &Bad), STATUS_INVALID_PARAMETER);
    IS(KmLogInitWithSink(KmLevelInfo, &First.Sink), STATUS_ALREADY_REGISTERED);
    IS(KmLogInitWithSink((KM_LOG_LEVEL)6, NULL), STATUS_INVALID_PARAMETER);
    IS(KmLogInitWithSink(KmLevelInfo, NULL), STATUS_SUCCESS);
    IS(KmLogInitWithSink(KmLevelInfo, NULL), STATUS_ALREADY_INITIALIZED);
    IS(KmLogInit(KmLevelInfo), STATUS_ALREADY_INITIALIZED);
    KmInfo("number %d", 1);
    IS(First.Count, 1);
}

static void TestLevels(void)
{
    CaptureInit(&Second, KmLogJsonLayout);
    Second.Sink.Level = KmLevelWarn;
    IS(KmLogAddSink(&Second.Sink), STATUS_SUCCESS);
    First.Count = 0;
    KmInfo("for one");
    KmWarn("for both");
    IS(First.Count, 2);
    IS(Second.Count, 1);
    // The level that nobody wants ends at the first comparison.
    KmLogSetSinkLevel(&First.Sink, KmLevelError);
    OK(!KmLogEnabled(KmLevelInfo));
    OK(KmLogEnabled(KmLevelWarn));
    KmInfo("for nobody");
    IS(First.Count, 2);
    KmLogSetSinkLevel(&Second.Sink, KmLevelOff);
    OK(KmLogEnabled(KmLevelError));
    OK(!KmLogEnabled(KmLevelWarn));
    KmLogSetSinkLevel(&First.Sink, (KM_LOG_LEVEL)99);
    IS(First.Sink.Level, KmLevelTrace);
    OK(KmLogEnabled(KmLevelInfo));
    OK(!KmLogEnabled(KmLevelDebug));
    IS(KmLogGetMaximumLevel(), KmLevelInfo);
    IS(KmLogRemoveSink(&Second.Sink), STATUS_SUCCESS);
    IS(KmLogRemoveSink(&Second.Sink), STATUS_NOT_FOUND);
    KmError("after");
    IS(Second.Count, 1);
}

static void TestMaximumIrql(void)
{
    LONG Before = First.Count;
    NTSTATUS Status;
    KIRQL OldIrql;

    First.Sink.MaximumIrql = DISPATCH_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KmInfo("kept");
    KeLowerIrql(OldIrql);
    IS(First.Count, Before + 1);
    IS(KmLogGetLostCount(&First.Sink), 0);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfo("lost");
    KeLowerIrql(OldIrql);
    IS(First.Count, Before + 1);
    IS(KmLogGetLostCount(&First.Sink), 1);
    First.Sink.MaximumIrql = HIGH_LEVEL;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfo("at %ws", L"HIGH_LEVEL");
    Status = KmLogAddSink(&Second.Sink);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    IS(First.Count, Before + 2);
    IS(KmLogRemoveSink(&Second.Sink), STATUS_SUCCESS);
}

static VOID NTAPI Callback(PVOID Context, PCKM_LOG_RECORD Record)
{
    if (Record->FieldCount == 2 && Record->Site->Level == KmLevelError && Record->MessageLength == 4) {
        InterlockedIncrement((volatile LONG *)Context);
    }
}

static void TestCallback(void)
{
    volatile LONG Count = 0;
    KM_LOG_CALLBACK_SINK Sink;

    KmLogCallbackSinkInit(&Sink, Callback, (PVOID)&Count);
    IS(KmLogAddSink(&Sink.Sink), STATUS_SUCCESS);
    KmErrorFields("text", KmField("one", 1), KmField("two", L"2"));
    IS(Count, 1);
    IS(KmLogRemoveSink(&Sink.Sink), STATUS_SUCCESS);
    KmErrorFields("text", KmField("one", 1), KmField("two", L"2"));
    IS(Count, 1);
}

static void TestWriteRecord(void)
{
    static const KM_LOG_SITE Site = {KmLevelTrace, 1, "elsewhere", "f", "F", NULL};
    KM_LOG_RECORD Record;

    KmLogRecordInit(&Record, &Site);
    Record.Message = "kept long ago";
    Record.MessageLength = 4;
    KmLogWriteRecord(&Record);
    IS_STRING(First.Line, "TRACE [elsewhere] kept");
}

// ---- sinks that log

typedef struct TALKER {
    KM_LOG_SINK Sink;
    volatile LONG Count, Depth, Deepest;
    KIRQL RaiseTo; // PASSIVE_LEVEL: not
    NTSTATUS Removed, Filtered;
} TALKER;

static VOID NTAPI WriteTalker(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    TALKER *Talker = CONTAINING_RECORD(Sink, TALKER, Sink);
    KIRQL OldIrql = KeGetCurrentIrql();

    UNREFERENCED_PARAMETER(Record);
    Talker->Count += 1;
    Talker->Depth += 1;
    Talker->Deepest = max(Talker->Deepest, Talker->Depth);
    if (OldIrql <= APC_LEVEL) {
        Talker->Removed = KmLogRemoveSink(Sink);
        Talker->Filtered = KmLogSetFilter("trace");
    }
    if (Talker->RaiseTo > OldIrql) {
        KeRaiseIrql(Talker->RaiseTo, &OldIrql);
        KmWarn("a sink has raised");
        KeLowerIrql(OldIrql);
    } else {
        KmWarn("a sink has written");
    }
    Talker->Depth -= 1;
}

static void TestReentrance(void)
{
    static TALKER One, Two;
    KIRQL OldIrql;

    KmLogSinkInit(&One.Sink, WriteTalker);
    KmLogSinkInit(&Two.Sink, WriteTalker);
    IS(KmLogAddSink(&One.Sink), STATUS_SUCCESS);
    First.Count = 0;
    KmInfo("begin");
    // Its own record reaches the other sink, and not itself.
    IS(One.Count, 1);
    IS(One.Deepest, 1);
    IS(KmLogGetLostCount(&One.Sink), 1);
    IS(First.Count, 2);
    IS(One.Removed, STATUS_POSSIBLE_DEADLOCK);
    IS(One.Filtered, STATUS_POSSIBLE_DEADLOCK);

    // Two that wake each other: each gets the record and the other's.
    IS(KmLogAddSink(&Two.Sink), STATUS_SUCCESS);
    One.Count = 0;
    One.Sink.Lost = 0;
    First.Count = 0;
    KmInfo("begin");
    IS(One.Count, 2);
    IS(Two.Count, 2);
    IS(First.Count, 1 + 4);
    OK(One.Deepest == 1 && Two.Deepest == 1);
    IS(KmLogRemoveSink(&Two.Sink), STATUS_SUCCESS);

    // What has a higher IRQL may be an interrupt routine: it is heard, as often as IRQLs can rise.
    One.Count = 0;
    One.Sink.Lost = 0;
    One.RaiseTo = DISPATCH_LEVEL;
    KmInfo("begin");
    IS(One.Count, 2);
    IS(One.Deepest, 2);
    IS(KmLogGetLostCount(&One.Sink), 1);
    One.Count = 0;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfo("begin");
    KeLowerIrql(OldIrql);
    IS(One.Count, 1);
    IS(KmLogRemoveSink(&One.Sink), STATUS_SUCCESS);
    IS(KmLogSetFilter(NULL), STATUS_SUCCESS);
}

// ---- sinks come and go while threads write, and the one that is removed is then overwritten

#define WRITERS 4
#define ROUNDS  60

static volatile LONG Stop;
static volatile LONG InPoisoned;

typedef struct GUARDED {
    KM_LOG_SINK Sink;
    volatile LONG Alive;
    volatile LONG Count;
} GUARDED;

static VOID NTAPI WriteGuarded(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    GUARDED *Guarded = CONTAINING_RECORD(Sink, GUARDED, Sink);

    UNREFERENCED_PARAMETER(Record);
    if (!Guarded->Alive) {
        InterlockedIncrement(&InPoisoned);
    }
    InterlockedIncrement(&Guarded->Count);
    KeStallExecutionProcessor(5);
    if (!Guarded->Alive) {
        InterlockedIncrement(&InPoisoned);
    }
}

static VOID NTAPI Writer(PVOID Context)
{
    KIRQL Irql = (KIRQL)(ULONG_PTR)Context, OldIrql;
    LARGE_INTEGER Time;

    Time.QuadPart = -100;

    while (!Stop) {
        KeRaiseIrql(Irql, &OldIrql);
        KmWarn("round at %u", Irql);
        KeLowerIrql(OldIrql);
        KeDelayExecutionThread(KernelMode, FALSE, &Time);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestRemoval(void)
{
    static const KIRQL Irqls[WRITERS] = {PASSIVE_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL, APC_LEVEL};
    static GUARDED Guarded[3];
    PVOID Threads[WRITERS];
    ULONG Round, Wrong = 0;
    LONG Written = 0;

    for (ULONG Index = 0; Index < WRITERS; Index += 1) {
        HANDLE Handle;

        IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Writer,
                                (PVOID)(ULONG_PTR)Irqls[Index]),
           STATUS_SUCCESS);
        IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Threads[Index], NULL),
           STATUS_SUCCESS);
        ZwClose(Handle);
    }
    for (Round = 0; Round < ROUNDS; Round += 1) {
        GUARDED *One = &Guarded[Round % 3];
        LARGE_INTEGER Time;

        KmLogSinkInit(&One->Sink, WriteGuarded);
        One->Alive = TRUE;
        One->Count = 0;
        Wrong += KmLogAddSink(&One->Sink) != STATUS_SUCCESS;
        Time.QuadPart = -20000;
        KeDelayExecutionThread(KernelMode, FALSE, &Time);
        if (Round >= 2) {
            // The one in the middle, at the head or at the end.
            GUARDED *Other = &Guarded[(Round + 1 + Round / 7 % 2) % 3];

            if (KmLogRemoveSink(&Other->Sink) == STATUS_SUCCESS) {
                Other->Alive = FALSE;
                Written += Other->Count;
            }
            // The next round's place must be free.
            Other = &Guarded[(Round + 1) % 3];
            if (KmLogRemoveSink(&Other->Sink) == STATUS_SUCCESS) {
                Other->Alive = FALSE;
                Written += Other->Count;
            }
        }
    }
    Stop = TRUE;
    for (ULONG Index = 0; Index < WRITERS; Index += 1) {
        KeWaitForSingleObject(Threads[Index], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Threads[Index]);
    }
    for (ULONG Index = 0; Index < 3; Index += 1) {
        (void)KmLogRemoveSink(&Guarded[Index].Sink);
    }
    IS(Wrong, 0);
    IS(InPoisoned, 0);
    OK(Written > 0);
}

static void TestEnd(void)
{
    IS(KmLogRemoveSink(&First.Sink), STATUS_SUCCESS);
    OK(!KmLogEnabled(KmLevelError));
    // The debugger's sink is one like others.
    IS(KmLogAddSink(&KmLogDebugger.Sink), STATUS_SUCCESS);
    OK(KmLogEnabled(KmLevelInfo));
    IS(KmLogRemoveSink(&KmLogDebugger.Sink), STATUS_SUCCESS);
    {
        static KM_LOG_DEBUGGER_SINK Other;
        KmLogDebuggerSinkInit(&Other, 77, 3);
        IS(Other.Sink.MaximumIrql, CLOCK_LEVEL - 1);
        IS(Other.ComponentId, 77);
        IS(Other.Level, 3);
        IS(KmLogAddSink(&Other.Sink), STATUS_SUCCESS);
        KmInfo("not shown, as the component's mask lets no such level pass");
        IS(KmLogRemoveSink(&Other.Sink), STATUS_SUCCESS);
    }
}

TEST_DRIVER(TestStart, TestLevels, TestMaximumIrql, TestCallback, TestWriteRecord, TestReentrance,
            TestRemoval, TestEnd)
