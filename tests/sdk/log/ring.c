// SPDX-License-Identifier: MIT
// Log rings: made, written, overwritten, full, read in order, copied.
#include "test.h"
#include <kmode.h>

#define BYTES 4096 // 64 slots a processor

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'gnRK');
static KM_LOG_RING_RECORD Record;

static PKM_LOG_RING Create(SIZE_T Bytes, ULONG Flags)
{
    PKM_LOG_RING Ring = NULL;
    IS(KmLogRingCreate(&NonPaged, Bytes, Flags, &Ring), STATUS_SUCCESS);
    return Ring;
}

static BOOLEAN WriteNumber(PKM_LOG_RING Ring, ULONG64 Number)
{
    return KmLogRingWrite(Ring, &Number, sizeof(Number));
}

static ULONG64 RecordNumber(VOID)
{
    return *(ULONG64 *)Record.Data;
}

// Counts what is wrong of records with rising numbers from First on; the reports would be too many.
static ULONG64 CountWrong(PKM_LOG_RING Ring, ULONG64 First, PULONG64 Count)
{
    ULONG64 Wrong = 0;
    for (*Count = 0; KmLogRingRead(Ring, &Record) == STATUS_SUCCESS; *Count += 1) {
        Wrong += Record.Bytes != sizeof(ULONG64) || RecordNumber() != First + *Count;
    }
    return Wrong;
}

static BOOLEAN StatisticsAre(PKM_LOG_RING Ring, ULONG64 Written, ULONG64 Read, ULONG64 Lost, ULONG64 Dropped)
{
    KM_LOG_RING_STATISTICS Statistics;
    KmLogRingQuery(Ring, &Statistics);
    if (Statistics.Written != Written || Statistics.Read != Read || Statistics.Lost != Lost ||
        Statistics.Dropped != Dropped || Statistics.Unread != Written - Read - Lost) {
        DbgPrint("# written %I64u read %I64u unread %I64u lost %I64u dropped %I64u\n", Statistics.Written,
                 Statistics.Read, Statistics.Unread, Statistics.Lost, Statistics.Dropped);
        return FALSE;
    }
    return TRUE;
}

static void TestArguments(void)
{
    static UCHAR Buffer[20000];
    PKM_LOG_RING Ring = (PKM_LOG_RING)Buffer;

    IS(KmLogRingCreate(&NonPaged, BYTES - 1, 0, &Ring), STATUS_INVALID_PARAMETER);
    OK(Ring == NULL);
    IS(KmLogRingCreate(&NonPaged, BYTES, 16, &Ring), STATUS_INVALID_PARAMETER);
    IS(KmLogRingCreate(&NonPaged, BYTES, KM_LOG_RING_COARSE | KM_LOG_RING_PERFORMANCE_COUNTER, &Ring),
       STATUS_INVALID_PARAMETER);
    IS(KmLogRingInit(Buffer, sizeof(Buffer), 0x80000000, &Ring), STATUS_INVALID_PARAMETER);
    IS(KmLogRingInit(Buffer, 4096, 0, &Ring), STATUS_BUFFER_TOO_SMALL);
    IS(KmLogRingInit(Buffer, 0, 0, &Ring), STATUS_BUFFER_TOO_SMALL);
    OK(Ring == NULL);
    KmLogRingDelete(NULL);
}

// An allocator that has nothing.
static PVOID NTAPI RefuseAllocation(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    UNREFERENCED_PARAMETER(Allocator);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Zeroed);
    return NULL;
}

static void TestNoMemory(void)
{
    static const KM_ALLOCATOR_OPERATIONS Nothing = {RefuseAllocation, NULL, NULL, HIGH_LEVEL};
    static KM_ALLOCATOR Failing = KM_ALLOCATOR_INIT(Nothing, 'lFnK');
    PKM_LOG_RING Ring = (PKM_LOG_RING)&Failing;

    IS(KmLogRingCreate(&Failing, BYTES, 0, &Ring), STATUS_INSUFFICIENT_RESOURCES);
    OK(Ring == NULL);
}

static void TestOneRecord(void)
{
    PKM_LOG_RING Ring = Create(BYTES, 0);
    LARGE_INTEGER Now;
    KIRQL OldIrql;

    IS(KmLogRingRead(Ring, &Record), STATUS_NO_MORE_ENTRIES);
    // Nothing changes the processor between the two numbers.
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    OK(KmLogRingWrite(Ring, "hello", 5));
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    IS(Record.Processor, KeGetCurrentProcessorNumberEx(NULL));
    KeLowerIrql(OldIrql);
    IS(Record.Kind, KmLogRingData);
    IS(Record.Bytes, 5);
    OK(RtlCompareMemory(Record.Data, "hello", 5) == 5);
    OK(Record.Site == NULL);
    KeQuerySystemTime(&Now);
    OK(Record.SystemTime.QuadPart > Now.QuadPart - 600 * 10000000LL);
    IS(KmLogRingRead(Ring, &Record), STATUS_NO_MORE_ENTRIES);
    OK(StatisticsAre(Ring, 1, 1, 0, 0));
    KmLogRingDelete(Ring);
}

static void TestText(void)
{
    static const KM_LOG_SITE Site = {KmLevelWarn, 77, "target", "file.c", "Function", NULL};
    PKM_LOG_RING Ring = Create(BYTES, 0);

    OK(KmLogRingWriteText(Ring, &Site, "a message", 9));
    OK(KmLogRingWriteText(Ring, NULL, "", 0));
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    IS(Record.Kind, KmLogRingText);
    OK(Record.Site == &Site);
    IS(Record.Bytes, 9);
    OK(RtlCompareMemory(Record.Data, "a message", 9) == 9);
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    OK(Record.Site == NULL);
    IS(Record.Bytes, 0);
    KmLogRingDelete(Ring);
}

// Records of every length, through the ring's end again and again.
static void TestLengths(ULONG Flags)
{
    static UCHAR Data[KM_LOG_RING_RECORD_BYTES + 100];
    PKM_LOG_RING Ring = Create(BYTES, Flags);
    ULONG Wrong = 0;

    for (ULONG Index = 0; Index < sizeof(Data); Index += 1) {
        Data[Index] = (UCHAR)(Index * 7 + 1);
    }
    for (ULONG Bytes = 0; Bytes <= sizeof(Data); Bytes += 1) {
        const ULONG Kept = min(Bytes, KM_LOG_RING_RECORD_BYTES);

        Wrong += !KmLogRingWrite(Ring, Data, Bytes);
        Wrong += KmLogRingRead(Ring, &Record) != STATUS_SUCCESS;
        Wrong += Record.Bytes != Kept || RtlCompareMemory(Record.Data, Data, Kept) != Kept;
    }
    IS(Wrong, 0);
    OK(StatisticsAre(Ring, sizeof(Data) + 1, sizeof(Data) + 1, 0, 0));
    KmLogRingDelete(Ring);
}

static void TestAllLengths(void)
{
    TestLengths(0);
    TestLengths(KM_LOG_RING_DROP);
    TestLengths(KM_LOG_RING_PERFORMANCE_COUNTER);
    TestLengths(KM_LOG_RING_COARSE | KM_LOG_RING_DROP);
}

// On one processor, for so long that the ring has one block alone in use.
static void TestOverwrite(void)
{
    PKM_LOG_RING Ring = Create(BYTES, KM_LOG_RING_OVERWRITE);
    ULONG64 Count, Wrong = 0;
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG64 Number = 0; Number < 64; Number += 1) {
        Wrong += !WriteNumber(Ring, Number);
    }
    OK(StatisticsAre(Ring, 64, 0, 0, 0));
    for (ULONG64 Number = 64; Number < 100; Number += 1) {
        Wrong += !WriteNumber(Ring, Number);
    }
    IS(Wrong, 0);
    OK(StatisticsAre(Ring, 100, 0, 36, 0));
    IS(CountWrong(Ring, 36, &Count), 0);
    IS(Count, 64);
    OK(StatisticsAre(Ring, 100, 64, 36, 0));
    // Many laps, more than positions can tell apart.
    for (ULONG64 Number = 0; Number < 64 * 1000 + 5; Number += 1) {
        Wrong += !WriteNumber(Ring, Number);
    }
    IS(CountWrong(Ring, 64 * 999 + 5, &Count), 0);
    IS(Count, 64);
    IS(Wrong, 0);
    OK(StatisticsAre(Ring, 64105, 128, 36 + 64 * 999 + 5, 0));
    KeLowerIrql(OldIrql);
    KmLogRingDelete(Ring);
}

// The longest records: the most slots for the fewest serials.
static void TestOverwriteLong(void)
{
    static UCHAR Data[KM_LOG_RING_RECORD_BYTES];
    PKM_LOG_RING Ring = Create(BYTES, KM_LOG_RING_OVERWRITE);
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG Laps = 1; Laps <= 40; Laps += 1) {
        // 16 slots each: four fit.
        for (ULONG Index = 0; Index < 4 * Laps + 3; Index += 1) {
            Data[0] = (UCHAR)Index;
            KmLogRingWrite(Ring, Data, sizeof(Data));
        }
        ULONG Count = 0, Wrong = 0;
        for (; KmLogRingRead(Ring, &Record) == STATUS_SUCCESS; Count += 1) {
            Wrong += Record.Data[0] != (UCHAR)(4 * (Laps - 1) + 3 + Count);
        }
        if (Count != 4 || Wrong != 0) {
            IS(Count, 4);
            IS(Wrong, 0);
        }
    }
    KeLowerIrql(OldIrql);
    OK(StatisticsAre(Ring, 4 * 820 + 120, 160, 4 * 820 + 120 - 160, 0));
    KmLogRingDelete(Ring);
}

static void TestDrop(void)
{
    PKM_LOG_RING Ring = Create(BYTES, KM_LOG_RING_DROP);
    ULONG64 Count;
    ULONG Written = 0, Dropped = 0;
    KIRQL OldIrql;

    KeSetSystemAffinityThread(1);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    for (ULONG64 Number = 0; Number < 100; Number += 1) {
        if (WriteNumber(Ring, Number)) {
            Written += 1;
        } else {
            Dropped += 1;
        }
    }
    KeLowerIrql(OldIrql);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(Written, 64);
    IS(Dropped, 36);
    OK(StatisticsAre(Ring, 64, 0, 0, 36));
    // Three slots are not free, two are.
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    IS(RecordNumber(), 0);
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    OK(!KmLogRingWrite(Ring, &Record, 32 + 2 * 56));
    OK(KmLogRingWrite(Ring, &Record, 32 + 56));
    OK(!KmLogRingWrite(Ring, &Record, 0));
    for (Count = 2; Count < 64; Count += 1) {
        if (KmLogRingRead(Ring, &Record) != STATUS_SUCCESS || RecordNumber() != Count) {
            IS(RecordNumber(), Count);
        }
    }
    IS(KmLogRingRead(Ring, &Record), STATUS_SUCCESS);
    IS(Record.Bytes, 88);
    IS(KmLogRingRead(Ring, &Record), STATUS_NO_MORE_ENTRIES);
    KeLowerIrql(OldIrql);
    KeRevertToUserAffinityThread();
    OK(StatisticsAre(Ring, 65, 65, 0, 38));
    KmLogRingDelete(Ring);
}

static void TestBuffer(void)
{
    static UCHAR Buffer[3 * 4096 + 1];
    PKM_LOG_RING Ring;
    ULONG64 Count;
    KIRQL OldIrql;

    // However it is aligned, and at any IRQL.
    for (ULONG Offset = 0; Offset < 64; Offset += 13) {
        KeRaiseIrql(HIGH_LEVEL, &OldIrql);
        const NTSTATUS Status =
            KmLogRingInit(Buffer + Offset, sizeof(Buffer) - Offset, KM_LOG_RING_DROP, &Ring);
        Buffer[sizeof(Buffer) - 1] = 0x5A;
        while (NT_SUCCESS(Status) && WriteNumber(Ring, 1)) {
        }
        KeLowerIrql(OldIrql);
        IS(Status, STATUS_SUCCESS);
        CountWrong(Ring, 1, &Count);
        OK(Count >= 64);
        IS(Buffer[sizeof(Buffer) - 1], 0x5A);
        KmLogRingDelete(Ring);
    }
}

static void TestCopy(void)
{
    PKM_LOG_RING Ring = Create(BYTES, KM_LOG_RING_OVERWRITE);
    PUCHAR Buffer = (PUCHAR)KmAlloc(&NonPaged, 8192);
    ULONG Copied = 1, Kept, Total = 0;

    OK(Buffer != NULL);
    IS(KmLogRingCopy(Ring, Buffer, 2047, FALSE, &Copied), STATUS_BUFFER_TOO_SMALL);
    IS(Copied, 0);
    IS(KmLogRingCopy(Ring, Buffer, 8192, FALSE, &Copied), STATUS_SUCCESS);
    IS(Copied, 256);
    OK(RtlCompareMemory(Buffer, "kModeLog", 8) == 8);
    for (ULONG64 Number = 0; Number < 40; Number += 1) {
        WriteNumber(Ring, Number);
    }
    IS(KmLogRingCopy(Ring, Buffer, 8192, FALSE, &Kept), STATUS_SUCCESS);
    IS(Kept, 256 + 40 * 32);
    IS(KmLogRingCopy(Ring, Buffer, 8192, FALSE, &Copied), STATUS_SUCCESS);
    IS(Copied, Kept);
    OK(StatisticsAre(Ring, 40, 0, 0, 0));
    // Piece by piece, each with a header.
    NTSTATUS Status;
    ULONG Pieces = 0;
    do {
        Status = KmLogRingCopy(Ring, Buffer, 2048, TRUE, &Copied);
        Total += Copied - 256;
        Pieces += 1;
    } while (Status == STATUS_MORE_ENTRIES);
    IS(Status, STATUS_SUCCESS);
    IS(Total, 40 * 32);
    OK(Pieces > 1);
    OK(StatisticsAre(Ring, 40, 40, 0, 0));
    KmFree(&NonPaged, Buffer, 8192);
    KmLogRingDelete(Ring);
}

// What the system does when it writes a crash dump.
static void TestCrashData(void)
{
    static KM_LOG_RING_CRASH_DATA CrashData;
    static UCHAR Small[64];
    PKM_LOG_RING Ring = Create(BYTES, 0);
    KBUGCHECK_SECONDARY_DUMP_DATA Data = {.InBuffer = Small, .InBufferLength = sizeof(Small)};
    KIRQL OldIrql;

    WriteNumber(Ring, 5);
    KmLogRingDeregisterCrashData(&CrashData);
    IS(KmLogRingRegisterCrashData(&CrashData, Ring), STATUS_SUCCESS);
    IS(KmLogRingRegisterCrashData(&CrashData, Ring), STATUS_ALREADY_REGISTERED);
    IS(CrashData.Callback.Reason, KbCallbackSecondaryDumpData);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    Data.MaximumAllowed = 1 << 24;
    CrashData.Callback.CallbackRoutine(KbCallbackSecondaryDumpData, &CrashData.Callback, &Data, sizeof(Data));
    const ULONG Whole = Data.OutBufferLength;
    Data.MaximumAllowed = 1000;
    CrashData.Callback.CallbackRoutine(KbCallbackSecondaryDumpData, &CrashData.Callback, &Data, sizeof(Data));
    KeLowerIrql(OldIrql);
    OK(Whole > BYTES && Whole < 64 * 2 * BYTES);
    IS(Data.OutBufferLength, 1000);
    OK(RtlCompareMemory(Data.OutBuffer, "kModeLog\vRing", 13) == 13);
    OK(Data.Guid.Data1 != 0);
    KmLogRingDeregisterCrashData(&CrashData);
    IS(KmLogRingRegisterCrashData(&CrashData, Ring), STATUS_SUCCESS);
    KmLogRingDeregisterCrashData(&CrashData);
    KmLogRingDelete(Ring);
}

TEST_DRIVER(TestArguments, TestNoMemory, TestOneRecord, TestText, TestAllLengths, TestOverwrite,
            TestOverwriteLong, TestDrop, TestBuffer, TestCopy, TestCrashData)
