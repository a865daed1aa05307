// SPDX-License-Identifier: MIT
// Calls that are made once, each Nth time, at a limited rate; fields, dumps, KmDbg.
#undef KM_LOG_TARGET
#define KM_LOG_TARGET "t"
#include "test.h"
#include "capture.h"

static CAPTURE Capture;

// A message whose format is wrong, as it is written at that line.
static PCSTR Told(PCSTR Message, ULONG Line)
{
    static CHAR Buffer[128];
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    KmLogTextPutFormat(&Text, "INFO  [t] %s <unknown conversion: macros.c:%lu>", Message, Line);
    return KmLogTextEnd(&Text);
}

static void TestLevels(void)
{
    CaptureInit(&Capture, KmLogTextLayout);
    IS(KmLogInitWithSink(KmLevelTrace, &Capture.Sink), STATUS_SUCCESS);
    KmErrorFields("m", KmField("a", 1));
    IS_STRING(Capture.Line, "ERROR [t] m a=1");
    KmWarnFields("m", KmField("a", 1), KmField("b", "two words"));
    IS_STRING(Capture.Line, "WARN  [t] m a=1 b=\"two words\"");
    KmInfoFields("100%d", KmField("a", 1));
    IS_STRING(Capture.Line, "INFO  [t] 100%d a=1");
    KmDebugFields("m", KmField("status", KmLogStatus(STATUS_CANCELLED)));
    IS_STRING(Capture.Line, "DEBUG [t] m status=STATUS_CANCELLED(0xC0000120)");
    KmTraceFields("", KmField("a", L"b"));
    IS_STRING(Capture.Line, "TRACE [t]  a=b");
    KmLog(KmLevelInfo, "%s\n", "line");
    IS_STRING(Capture.Line, "INFO  [t] line");
    KmInfo("%ws", L"\u20ac");
    IS_STRING(Capture.Line, "INFO  [t] \xe2\x82\xac");
    IS(Capture.Count, 7);
    // What the format language has not is told of, with its place.
    KmInfo("half %.1f %d\n", 0.5, 7);
    IS_STRING(Capture.Line, Told("half %.1f %d", __LINE__ - 1));
    KmInfoLimited(1, 60000, "%g\n", 0.5);
    IS_STRING(Capture.Line, Told("%g", __LINE__ - 1));
    KmInfoLimited(1, 60000, "%d\n", 5);
    IS_STRING(Capture.Line, "INFO  [t] 5");
}

static ULONG Evaluated;

static void TestOnce(void)
{
    Capture.Count = 0;
    for (ULONG Index = 0; Index < 5; Index += 1) {
        KmErrorOnce("%lu", ++Evaluated);
        KmWarnOnce("once");
        KmInfoOnce("once");
        KmDebugOnce("once");
        KmTraceOnce("once");
    }
    IS(Capture.Count, 5);
    IS(Evaluated, 1);
    // What was not enabled has not been the first time.
    for (ULONG Index = 0; Index < 3; Index += 1) {
        KmLogSetMaximumLevel(Index == 0 ? KmLevelError : KmLevelTrace);
        KmWarnOnce("later");
        IS(Capture.Count, Index == 0 ? 5 : 6);
    }
}

static void TestEveryN(void)
{
    Capture.Count = 0;
    for (ULONG Index = 0; Index < 10; Index += 1) {
        KmErrorEveryN(3, "index %lu", Index);
    }
    IS(Capture.Count, 4);
    IS_STRING(Capture.Line, "ERROR [t] index 9");
    Capture.Count = 0;
    for (ULONG Index = 0; Index < 4; Index += 1) {
        KmWarnEveryN(1, "one");
        KmInfoEveryN(0, "zero");
        KmDebugEveryN(2, "two");
        KmTraceEveryN(100, "hundred");
    }
    IS(Capture.Count, 4 + 4 + 2 + 1);
}

static VOID Wait(ULONG Milliseconds)
{
    LARGE_INTEGER Time;

    Time.QuadPart = -10000ll * (LONG64)Milliseconds;
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

static void TestLimited(void)
{
    KM_LOG_LIMIT Limit = {0, 0}, Wide = {0, 0};

    Capture.Count = 0;
    for (ULONG Round = 0; Round < 2; Round += 1) {
        for (ULONG Index = 0; Index < 10; Index += 1) {
            KmWarnLimited(3, 60000, "index %lu", Index);
        }
        if (Round == 0) {
            IS(Capture.Count, 3);
            IS_STRING(Capture.Line, "WARN  [t] index 2");
            Wait(60100);
        }
    }
    IS(Capture.Count, 4);
    IS_STRING(Capture.Line, "WARN  [t] index 0 suppressed=7");
    Capture.Count = 0;
    for (ULONG Index = 0; Index < 3; Index += 1) {
        KmErrorLimited(0, 60000, "one");
        KmInfoLimited(1, 60000, "one");
        KmDebugLimited(2, 60000, "two");
        KmTraceLimited(9, 60000, "nine");
    }
    IS(Capture.Count, 1 + 1 + 2 + 3);
    OK(KmLogLimitPass(&Limit, 1, 60000));
    OK(!KmLogLimitPass(&Limit, 1, 60000));
    IS(Limit.Suppressed, 1);
    for (ULONG Index = 0; Index < 100; Index += 1) {
        OK(KmLogLimitPass(&Wide, MAXULONG, MAXULONG));
    }
    // No interval is no limit.
    OK(KmLogLimitPass(&Limit, 1, 0) || Limit.Suppressed == 2);
}

static void TestHex(void)
{
    UCHAR Bytes[19];

    for (ULONG Index = 0; Index < sizeof(Bytes); Index += 1) {
        Bytes[Index] = (UCHAR)(0x3A + Index);
    }
    Bytes[3] = 0;
    Capture.Count = 0;
    KmLogHex(KmLevelInfo, "bytes", Bytes, 0);
    IS(Capture.Count, 1);
    KmLogHex(KmLevelInfo, "bytes", Bytes, 16);
    IS_STRING(Capture.Line,
              "INFO  [t] 0000  3a 3b 3c 00 3e 3f 40 41  42 43 44 45 46 47 48 49  :;<.>?@ABCDEFGHI");
    KmLogHex(KmLevelInfo, "bytes", Bytes, sizeof(Bytes));
    IS_STRING(Capture.Line, "INFO  [t] 0010  4a 4b 4c                                          JKL");
    IS(Capture.Count, 1 + 2 + 3);
    KmLogSetMaximumLevel(KmLevelWarn);
    KmLogHex(KmLevelInfo, "bytes", Bytes, 16);
    IS(Capture.Count, 6);
    KmLogSetMaximumLevel(KmLevelTrace);
}

// What it prints is compared by tests/sdk/log-debug.t.
static void TestDebug(void)
{
    ULONG Calls = 0;
    int Array[2] = {1, 2};
    PCSTR Text = "text";

    IS(KmDbg(++Calls), 1);
    IS(Calls, 1);
    IS(KmDbg(2 + 3) * 2, 10);
    OK(KmDbg(Text) == Text);
    OK(KmDbg(Array) == Array);
    OK(KmDbg(&Calls) == &Calls);
    IS(KmDbgStatus(STATUS_PENDING), STATUS_PENDING);
    KmPrint("%s %ws\n", "# printed", L"\u20ac");
    IS(KmLogRemoveSink(&Capture.Sink), STATUS_SUCCESS);
}

TEST_DRIVER(TestLevels, TestOnce, TestEveryN, TestLimited, TestHex, TestDebug)
