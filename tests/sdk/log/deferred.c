// SPDX-License-Identifier: MIT
// The deferred log: what is kept of each kind of argument, how it is formatted, who gets it.
#include "test.h"
#include <kmode.h>
#ifdef IDS_ARE_LOADED
#include "log/ring.h"
#endif

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'dgRK');
static PKM_LOG_RING Ring;
static KM_LOG_RING_RECORD Record;
static CHAR Text[1024];

static void Start(ULONG Flags, KM_LOG_LEVEL Level)
{
    IS(KmLogRingCreate(&NonPaged, 65536, Flags, &Ring), STATUS_SUCCESS);
#ifdef IDS_ARE_LOADED
    OK(Ring->IdsInThread != 0);
#endif
    IS(KmLogDeferredStart(Ring, Level), STATUS_SUCCESS);
}

static void Stop(void)
{
    IS(KmLogRingRead(Ring, &Record), STATUS_NO_MORE_ENTRIES);
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
}

static PCSTR Read(ULONG Room)
{
    Text[0] = '\0';
    if (KmLogRingRead(Ring, &Record) != STATUS_SUCCESS) {
        return "no record";
    }
    KmLogDeferredFormat(&Record, Text, Room);
    return Text;
}

#define READS(Expected) IS_STRING(Read(sizeof(Text)), Expected)

static void TestStart(void)
{
    IS(KmLogDeferredDrain(NULL, NULL), STATUS_DEVICE_NOT_READY);
    KmErrorDeferred("nowhere");
    KmLogDeferredSetMaximumLevel(KmLevelTrace);
    OK(!KmLogDeferredEnabled(KmLevelError));
    Start(0, KmLevelWarn);
    IS(KmLogDeferredStart(Ring, KmLevelWarn), STATUS_ALREADY_INITIALIZED);
    IS(KmLogDeferredStart(Ring, (KM_LOG_LEVEL)6), STATUS_INVALID_PARAMETER);
    IS(KmLogDeferredStart(Ring, (KM_LOG_LEVEL)-1), STATUS_INVALID_PARAMETER);
    Stop();
    KmErrorDeferred("nowhere");
    KmLogDeferredStop();
}

static ULONG Evaluated;

static ULONG Evaluate(void)
{
    Evaluated += 1;
    return Evaluated;
}

static void TestLevels(void)
{
    Start(0, KmLevelInfo);
    OK(KmLogDeferredEnabled(KmLevelInfo));
    OK(!KmLogDeferredEnabled(KmLevelDebug));
    KmErrorDeferred("error %lu", Evaluate());
    KmWarnDeferred("warn %lu", Evaluate());
    KmInfoDeferred("info %lu", Evaluate());
    KmDebugDeferred("debug %lu", Evaluate());
    KmTraceDeferred("trace %lu", Evaluate());
    KmLogDeferredSetMaximumLevel((KM_LOG_LEVEL)99);
    KmTraceDeferred("trace %lu", Evaluate());
    KmLogDeferredSetMaximumLevel((KM_LOG_LEVEL)-99);
    KmErrorDeferred("error %lu", Evaluate());
    if (Evaluated != 0)
        KmLogDeferredSetMaximumLevel(KmLevelDebug);
    else
        KmErrorDeferred("else belongs to the if before");
    KmDebugDeferred("debug %lu", Evaluate());

    READS("error 1");
    READS("warn 2");
    READS("info 3");
    READS("trace 4");
    READS("debug 5");
    const ULONG Line = __LINE__ - 7;
    const KM_LOG_SITE *Site = (const KM_LOG_SITE *)Record.Site;
    IS(Record.Kind, KmLogRingDeferred);
    IS(Site->Level, KmLevelDebug);
    IS(Site->Line, Line);
    IS_STRING(Site->Function, "TestLevels");
    IS_STRING(Site->Target, KM_LOG_TARGET);
    Stop();
}

static void TestIntegers(void)
{
    enum { Three = 3 } Enumerated = Three;
    struct {
        ULONG Bits : 5;
    } Structure = {17};
    const CHAR Letter = 'c';
    volatile SHORT Changing = -2;

    Start(0, KmLevelTrace);
    KmInfoDeferred("none");
    KmInfoDeferred("%d %d %d", (signed char)-1, Changing, -3);
    KmInfoDeferred("%u %hu %lu %llu", 1u, (USHORT)65535, 4294967295ul, 18446744073709551615ull);
    KmInfoDeferred("%ld %lld %I64d", -2147483647l - 1, -9223372036854775807ll - 1, 5ll);
    KmInfoDeferred("%x %X %08lx %#x %o %#o %#x", 255, 255, 255l, 255, 8, 8, 0);
    KmInfoDeferred("%I64x %Ix %I32x %zx", 0x123456789ABCDEFull, (ULONG_PTR)0xABCDEF0123ull, 0xFFu, (SIZE_T)1);
    KmInfoDeferred("%hhd %hhx %hd", 300, 511, 65537);
    KmInfoDeferred("%c%c|%3c|%-3c|", Letter, 'd', 'e', 'f');
    KmInfoDeferred("%d %d %d", Enumerated, (BOOLEAN)TRUE, Structure.Bits);
    KmInfoDeferred("[%5d][%-5d][%05d][%+d][% d][%.3d][%5.3d][%.0d]", 42, 42, -42, 42, 42, 7, 7, 0);
    KmInfoDeferred("[%*d][%-*d][%*d][%.*d]", 4, 1, 4, 2, -4, 3, 3, 4);
    KmInfoDeferred("100%% %p %p|%20p|", (PVOID)0x1234, NULL, (PVOID)(ULONG_PTR)0xFFFFF80012345678ull);
    READS("none");
    READS("-1 -2 -3");
    READS("1 65535 4294967295 18446744073709551615");
    READS("-2147483648 -9223372036854775808 5");
    READS("ff FF 000000ff 0xff 10 010 0");
    READS("123456789abcdef abcdef0123 ff 1");
    READS("44 ff 1");
    READS("cd|  e|f  |");
    READS("3 1 17");
    READS("[   42][42   ][-0042][+42][ 42][007][  007][]");
    READS("[   1][2   ][3   ][004]");
    READS("100% 0000000000001234 0000000000000000|    FFFFF80012345678|");
    Stop();
}

static void TestMany(void)
{
    Start(0, KmLevelTrace);
    KmInfoDeferred("%d %d %d %d", 1, 2, 3, 4);
    KmInfoDeferred("%d %d %d %d %d", 1, 2, 3, 4, 5);
    KmInfoDeferred("%d %d %d %d %d %d", 1, 2, 3, 4, 5, 6);
    KmInfoDeferred("%d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7);
    KmInfoDeferred("%d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8);
    KmInfoDeferred("%d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    KmInfoDeferred("%d %d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    KmInfoDeferred("%d %d %d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    KmInfoDeferred("%d %d %d %d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    READS("1 2 3 4");
    READS("1 2 3 4 5");
    READS("1 2 3 4 5 6");
    READS("1 2 3 4 5 6 7");
    READS("1 2 3 4 5 6 7 8");
    READS("1 2 3 4 5 6 7 8 9");
    READS("1 2 3 4 5 6 7 8 9 10");
    READS("1 2 3 4 5 6 7 8 9 10 11");
    READS("1 2 3 4 5 6 7 8 9 10 11 12");
    Stop();
}

static void TestStrings(void)
{
    CHAR Narrow[8] = "changes";
    WCHAR Wide[] = L"wide \u00E4\u20AC";
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"\\Device\\X tail");
    STRING Ansi = RTL_CONSTANT_STRING("counted tail");
    const UNICODE_STRING Empty = {0, 0, NULL};

    Unicode.Length -= 5 * sizeof(WCHAR);
    Ansi.Length -= 5;
    Start(0, KmLevelTrace);
    KmInfoDeferred("%s", "literal");
    KmInfoDeferred("%s %d", Narrow, 5);
    KmInfoDeferred("%d %s %d", 1, Narrow, 2);
    KmInfoDeferred("%ws|%S", Wide, (PCWSTR)Wide);
    KmInfoDeferred("%wZ %Z [%wZ]", &Unicode, &Ansi, &Empty);
    KmInfoDeferred("%s %ws %wZ", (PCSTR)NULL, (PCWSTR)NULL, (PUNICODE_STRING)NULL);
    KmInfoDeferred("[%10s][%-10s][%.3s][%5.2s]", "right", "left", "cut off", "xyz");
    KmInfoDeferred("[%10ws][%-4wZ][%.2ws]", L"right", &Unicode, L"cut");
    KmInfoDeferred("%p", (PVOID)Narrow);
    KmInfoDeferred("%s%s%s%s%s%s", "a", "", "bcdefgh", "ijklmnop", "", "qrstuvwxy");
    RtlFillMemory(Narrow, sizeof(Narrow) - 1, 'x');
    Wide[0] = L'x';
    READS("literal");
    READS("changes 5");
    READS("1 changes 2");
    READS("wide \xC3\xA4\xE2\x82\xAC|wide \xC3\xA4\xE2\x82\xAC");
    READS("\\Device\\X counted [(null)]");
    READS("(null) (null) (null)");
    READS("[     right][left      ][cut][   xy]");
    READS("[     right][\\Device\\X][cu]");
    OK(Read(sizeof(Text))[0] != 'x');
    READS("abcdefghijklmnopqrstuvwxy");
    Stop();
}

static void TestSurrogates(void)
{
    static const WCHAR Pair[] = {0xD83D, 0xDE00, 0}, Lone[] = {'a', 0xD83D, 'b', 0xDE00, 0};

    Start(0, KmLevelTrace);
    KmInfoDeferred("%ws %ws", Pair, Lone);
    READS("\xF0\x9F\x98\x80 a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD");
    Stop();
}

static void FillText(PSTR Output, CHAR Character, ULONG Count, PCSTR End)
{
    RtlFillMemory(Output, Count, Character);
    RtlCopyMemory(Output + Count, End, 4);
}

static void TestCut(void)
{
    static CHAR Long[600];
    static WCHAR LongWide[600];
    UNICODE_STRING Unicode;
    static CHAR Expected[1024];

    RtlFillMemory(Long, sizeof(Long) - 1, 'l');
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(LongWide) - 1; Index += 1) {
        LongWide[Index] = L'w';
    }
    RtlInitUnicodeString(&Unicode, LongWide);
    Start(0, KmLevelTrace);
    KmInfoDeferred("%s", Long);
    KmInfoDeferred("%s", Long + sizeof(Long) - 1 - 256);
    KmInfoDeferred("%ws", LongWide);
    KmInfoDeferred("%wZ", &Unicode);
    KmInfoDeferred("%.4s", Long);
    FillText(Expected, 'l', 256, "...");
    READS(Expected);
    FillText(Expected, 'l', 256, "\0\0\0");
    READS(Expected);
    FillText(Expected, 'w', 128, "...");
    READS(Expected);
    READS(Expected);
    READS("llll");
    // More than a record can have: the last ones get what is left, and every argument has its place.
    KmInfoDeferred("%s%s%s%s%s|%d", Long, Long, Long, Long, Long, 77);
    Read(sizeof(Text));
    const SIZE_T Length = strlen(Text);
    IS_STRING(Text + Length - 3, "|77");
    // A text is cut where the reader's room ends.
    KmInfoDeferred("%s", "0123456789");
    IS_STRING(Read(8), "0123...");
    KmInfoDeferred("%s", "0123456789");
    IS_STRING(Read(11), "0123456789");
    KmInfoDeferred("%s", "0123456789");
    IS_STRING(Read(1), "");
    KmInfoDeferred("newline\n");
    READS("newline");
    Stop();
}

static void TestHighIrql(void)
{
    KIRQL OldIrql;
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"at HIGH_LEVEL");

    Start(KM_LOG_RING_DROP, KmLevelTrace);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfoDeferred("%wZ %d", &Unicode, 1);
    KmInfoDeferred("%d", 2);
    // Read there, too, as a bug-check callback would.
    const NTSTATUS Status = KmLogRingRead(Ring, &Record);
    KmLogDeferredFormat(&Record, Text, sizeof(Text));
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    IS_STRING(Text, "at HIGH_LEVEL 1");
    READS("2");
    Stop();
}

typedef struct HEARD {
    ULONG Count, Wrong;
    ULONG64 Missing;
    LONGLONG LastTime;
} HEARD;

static VOID NTAPI Hear(PVOID Context, PCKM_LOG_RECORD Message)
{
    HEARD *Heard = (HEARD *)Context;
    CHAR Digits[4];

    if (strcmp(Message->Site->Target, "ring") == 0) {
        for (PCSTR Digit = Message->Message; *Digit >= '0' && *Digit <= '9'; Digit += 1) {
            Heard->Missing = Heard->Missing * 10 + (ULONG64)(*Digit - '0');
        }
        return;
    }
    Digits[0] = (CHAR)('0' + Heard->Count / 1000 % 10);
    Digits[1] = (CHAR)('0' + Heard->Count / 100 % 10);
    Digits[2] = (CHAR)('0' + Heard->Count / 10 % 10);
    Digits[3] = (CHAR)('0' + Heard->Count % 10);
    Heard->Wrong += Message->MessageLength != 4 || Message->Message[4] != '\0';
    Heard->Wrong += RtlCompareMemory(Message->Message, Digits, 4) != 4;
    Heard->Wrong += Message->Time.QuadPart < Heard->LastTime;
    Heard->LastTime = Message->Time.QuadPart;
    Heard->Count += 1;
}

static void TestDrain(void)
{
    HEARD Heard = {0, 0, 0, 0};

    Start(KM_LOG_RING_PERFORMANCE_COUNTER, KmLevelTrace);
    for (ULONG Number = 0; Number < 500; Number += 1) {
        KmInfoDeferred("%04lu", Number);
    }
    IS(KmLogDeferredDrain(Hear, &Heard), STATUS_SUCCESS);
    IS(Heard.Count, 500);
    IS(Heard.Wrong, 0);
    IS(Heard.Missing, 0);
    KmWarnDeferred("to the log's own sinks");
    IS(KmLogInit(KmLevelTrace), STATUS_SUCCESS);
    IS(KmLogDeferredDrain(NULL, NULL), STATUS_SUCCESS);
    Stop();
}

static void TestThread(void)
{
    HEARD Heard = {0, 0, 0, 0};
    LARGE_INTEGER Moment = {.QuadPart = -200000};

    IS(KmLogDeferredStartThread(10, Hear, &Heard), STATUS_DEVICE_NOT_READY);
    KmLogDeferredStopThread();
    Start(0, KmLevelTrace);
    IS(KmLogDeferredStartThread(0, Hear, &Heard), STATUS_INVALID_PARAMETER);
    for (ULONG Round = 0; Round < 3; Round += 1) {
        IS(KmLogDeferredStartThread(10, Hear, &Heard), STATUS_SUCCESS);
        IS(KmLogDeferredStartThread(10, Hear, &Heard), STATUS_ALREADY_INITIALIZED);
        for (ULONG Number = 0; Number < 100; Number += 1) {
            KmInfoDeferred("%04lu", Round * 200 + Number);
        }
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        for (ULONG Number = 100; Number < 200; Number += 1) {
            KmInfoDeferred("%04lu", Round * 200 + Number);
        }
        // What is there at the stop is handed over.
        KmLogDeferredStopThread();
        IS(Heard.Count, (Round + 1) * 200);
    }
    IS(Heard.Wrong, 0);
    Stop();
}

// A record of data and one of text are messages as well.
static void TestOtherKinds(void)
{
    static const KM_LOG_SITE Site = {KmLevelWarn, 1, "t", "f", "F", NULL};

    Start(0, KmLevelTrace);
    KmLogRingWriteText(Ring, &Site, "text with %s", 12);
    KmLogRingWrite(Ring, "data", 4);
    READS("text with %s");
    READS("data");
    Stop();
}

// A ring too small: messages tell how many are missing before them.
static void TestLost(void)
{
    HEARD Heard = {0, 0, 0, 0};
    KIRQL OldIrql;

    IS(KmLogRingCreate(&NonPaged, 4096, KM_LOG_RING_OVERWRITE, &Ring), STATUS_SUCCESS);
    IS(KmLogDeferredStart(Ring, KmLevelTrace), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG Number = 0; Number < 100; Number += 1) {
        KmInfoDeferred("%04lu", Number);
    }
    KeLowerIrql(OldIrql);
    Heard.Count = 36;
    IS(KmLogDeferredDrain(Hear, &Heard), STATUS_SUCCESS);
    IS(Heard.Count, 100);
    IS(Heard.Wrong, 0);
    IS(Heard.Missing, 36);
    Stop();
}

// ---- Who writes

static ULONG64 Ids(PCKM_LOG_RECORD Message)
{
    return (ULONG64)(ULONG_PTR)Message->Process << 32 | (ULONG_PTR)Message->Thread;
}

static ULONG64 CurrentIds(void)
{
    return (ULONG64)(ULONG_PTR)PsGetCurrentProcessId() << 32 | (ULONG_PTR)PsGetCurrentThreadId();
}

typedef struct TOLD {
    ULONG Count;
    ULONG64 Ids[8];
    KIRQL Irql[8];
} TOLD;

static VOID NTAPI Tell(PVOID Context, PCKM_LOG_RECORD Message)
{
    TOLD *Told = (TOLD *)Context;

    if (Told->Count < RTL_NUMBER_OF(Told->Ids)) {
        Told->Ids[Told->Count] = Ids(Message);
        Told->Irql[Told->Count] = Message->Irql;
    }
    Told->Count += 1;
}

// Every form of a record: without a call, by calls, text, data.
static void WriteAll(void)
{
    static const KM_LOG_SITE Site = {KmLevelWarn, 1, "t", "f", "F", NULL};

    KmInfoDeferred("plain %d", 1);
    KmInfoDeferred("%d %d %d %d %d", 1, 2, 3, 4, 5);
    KmInfoDeferred("%s", "text");
    KmLogRingWriteText(Ring, &Site, "text", 4);
    KmLogRingWrite(Ring, "data", 4);
}

#define FORMS 5

static ULONG64 ThreadIds;

static VOID NTAPI WriteInThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ThreadIds = CurrentIds();
    WriteAll();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void RunThread(void)
{
    HANDLE Handle;

    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WriteInThread, NULL),
       STATUS_SUCCESS);
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    ZwClose(Handle);
}

static void TestIds(void)
{
    static const ULONG Flags[] = {KM_LOG_RING_OVERWRITE, KM_LOG_RING_DROP, KM_LOG_RING_PERFORMANCE_COUNTER,
                                  KM_LOG_RING_COARSE, KM_LOG_RING_IRQL};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Flags); Index += 1) {
        TOLD Told = {0};

        Start(Flags[Index], KmLevelTrace);
        WriteAll();
        IS(KmLogDeferredDrain(Tell, &Told), STATUS_SUCCESS);
        IS(Told.Count, FORMS);
        for (ULONG Form = 0; Form < FORMS; Form += 1) {
            IS(Told.Ids[Form], CurrentIds());
        }
        // Another thread after it, on whatever processor: nobody's ids are taken for those of another. The
        // second may have the memory of the first.
        for (ULONG Round = 0; Round < 2; Round += 1) {
            Told.Count = 0;
            RunThread();
            IS(KmLogDeferredDrain(Tell, &Told), STATUS_SUCCESS);
            IS(Told.Count, FORMS);
            OK(ThreadIds != CurrentIds());
            for (ULONG Form = 0; Form < FORMS; Form += 1) {
                IS(Told.Ids[Form], ThreadIds);
            }
        }
        WriteAll();
        IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
        IS(Record.Process, PsGetCurrentProcessId());
        IS(Record.Thread, PsGetCurrentThreadId());
        IS(KmLogDeferredDrain(Tell, &Told), STATUS_SUCCESS);
        Stop();
    }
}

static void TestIrql(void)
{
    static const KIRQL Levels[] = {PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL, 5, HIGH_LEVEL};

    for (ULONG Has = 0; Has < 2; Has += 1) {
        Start(KM_LOG_RING_DROP | (Has ? KM_LOG_RING_IRQL : 0), KmLevelTrace);
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Levels); Index += 1) {
            TOLD Told = {0};
            KIRQL OldIrql;

            KeRaiseIrql(Levels[Index], &OldIrql);
            WriteAll();
            KeLowerIrql(OldIrql);
            IS(KmLogDeferredDrain(Tell, &Told), STATUS_SUCCESS);
            IS(Told.Count, FORMS);
            for (ULONG Form = 0; Form < FORMS; Form += 1) {
                IS(Told.Irql[Form], Has ? Levels[Index] : 0);
            }
        }
        Stop();
    }
}

// A ring that was made where routines cannot be looked for reads the register.
static void TestIrqlOfHighRing(void)
{
    static UCHAR Buffer[16384];
    KIRQL OldIrql;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    const NTSTATUS Status = KmLogRingInit(Buffer, sizeof(Buffer), KM_LOG_RING_IRQL, &Ring);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KmLogRingWrite(Ring, "x", 1);
    KeLowerIrql(OldIrql);
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    IS(Record.Irql, DISPATCH_LEVEL);
    KmLogRingDelete(Ring);
}

// What the ring's clock says now, had in another way than by the ring.
static ULONG64 ReadClock(ULONG Flags)
{
    if (Flags & KM_LOG_RING_COARSE) {
        return KeQueryInterruptTime();
    }
    return (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart;
}

// The calls with up to four words, which are the same to their caller by whichever clock: their text, their
// order, and times that are between two readings of the clock.
static void TestClocks(void)
{
    static const ULONG Flags[] = {KM_LOG_RING_COARSE, KM_LOG_RING_COARSE | KM_LOG_RING_DROP,
                                  KM_LOG_RING_PERFORMANCE_COUNTER};
    static PCSTR const Texts[] = {"no word", "-1", "-1 4294967295", "-1 4294967295 c",
                                  "-1 4294967295 c 00000000DEADBEEF"};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Flags); Index += 1) {
        ULONG Wrong = 0;
        KIRQL OldIrql;

        Start(Flags[Index], KmLevelTrace);
#ifdef IDS_ARE_LOADED
        IS(Ring->IsPlain, (Flags[Index] & KM_LOG_RING_COARSE) != 0);
#endif
        // Three laps of the ring, all on one processor.
        KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
        for (ULONG Round = 0; Round < 640; Round += 1) {
            const ULONG64 Before = ReadClock(Flags[Index]);
            ULONG64 Earliest = Before, After;

            KmInfoDeferred("no word");
            KmInfoDeferred("%d", -1);
            KmInfoDeferred("%d %lu", -1, 4294967295ul);
            KmInfoDeferred("%d %lu %c", -1, 4294967295ul, 'c');
            KmInfoDeferred("%d %lu %c %p", -1, 4294967295ul, 'c', (PVOID)(ULONG_PTR)0xDEADBEEF);
            After = ReadClock(Flags[Index]);
            for (ULONG Count = 0; Count < RTL_NUMBER_OF(Texts); Count += 1) {
                Wrong += strcmp(Read(sizeof(Text)), Texts[Count]) != 0;
                Wrong += Record.Time < Earliest || Record.Time > After;
                Earliest = Record.Time;
            }
        }
        KeLowerIrql(OldIrql);
        IS(Wrong, 0);
        Stop();
    }
}

TEST_DRIVER(TestIrqlOfHighRing, TestStart, TestLevels, TestIntegers, TestMany, TestStrings, TestSurrogates,
            TestCut, TestHighIrql, TestDrain, TestThread, TestOtherKinds, TestLost, TestIds, TestIrql,
            TestClocks)
