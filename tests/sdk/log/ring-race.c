// SPDX-License-Identifier: MIT
// kmode build: -I sdk
// Log rings written by all processors at once, and by what interrupts a writer on its own: nothing is lost
// uncounted, nothing comes twice or out of order.
#include "test.h"
#include <kmode.h>

#include "log/ring-format.h"

#define WRITERS 4
#define RECORDS 3000

typedef struct WRITER {
    PKM_LOG_RING Ring;
    ULONG Number;
    PKTHREAD Thread;
    ULONG64 Dropped;
} WRITER;

typedef struct MESSAGE {
    ULONG Writer;
    ULONG Length;
    ULONG64 Count;
    UCHAR Filling[160];
} MESSAGE;

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'rgRK');
static WRITER Writers[WRITERS];
static KM_LOG_RING_RECORD Record;
static volatile LONG Running;

static BOOLEAN Write(WRITER *Writer, ULONG64 Count)
{
    MESSAGE Message;

    Message.Writer = Writer->Number;
    Message.Length = (ULONG)(FIELD_OFFSET(MESSAGE, Filling) + Count * 13 % sizeof(Message.Filling));
    Message.Count = Count;
    RtlFillMemory(Message.Filling, sizeof(Message.Filling), (UCHAR)(Count * 31 + Writer->Number));
    return KmLogRingWrite(Writer->Ring, &Message, Message.Length);
}

static BOOLEAN IsWhole(const MESSAGE *Message, ULONG Bytes)
{
    for (ULONG Index = 0; Index + FIELD_OFFSET(MESSAGE, Filling) < Message->Length; Index += 1) {
        if (Message->Filling[Index] != (UCHAR)(Message->Count * 31 + Message->Writer)) {
            return FALSE;
        }
    }
    return Bytes == Message->Length;
}

static VOID NTAPI WriterThread(PVOID Context)
{
    WRITER *Writer = (WRITER *)Context;
    KIRQL OldIrql;

    for (ULONG64 Count = 0; Count < RECORDS; Count += 1) {
        // At several IRQLs, and where a thread can be taken from its processor in the midst.
        if (Count % 3 == 1) {
            KeRaiseIrql(Count % 2 != 0 ? HIGH_LEVEL : DISPATCH_LEVEL, &OldIrql);
        }
        Writer->Dropped += !Write(Writer, Count);
        if (Count % 3 == 1) {
            KeLowerIrql(OldIrql);
        }
    }
    InterlockedDecrement(&Running);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID StartWriters(PKM_LOG_RING Ring)
{
    HANDLE Handle;

    Running = WRITERS;
    for (ULONG Number = 0; Number < WRITERS; Number += 1) {
        Writers[Number].Ring = Ring;
        Writers[Number].Number = Number;
        Writers[Number].Dropped = 0;
        IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WriterThread, &Writers[Number]),
           STATUS_SUCCESS);
        IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode,
                                     (PVOID *)&Writers[Number].Thread, NULL),
           STATUS_SUCCESS);
        ZwClose(Handle);
    }
}

static ULONG64 JoinWriters(VOID)
{
    ULONG64 Dropped = 0;

    for (ULONG Number = 0; Number < WRITERS; Number += 1) {
        KeWaitForSingleObject(Writers[Number].Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Writers[Number].Thread);
        Dropped += Writers[Number].Dropped;
    }
    return Dropped;
}

// Counts records that are torn, or come twice or before their turn.
static VOID Check(const MESSAGE *Message, ULONG Bytes, LONG64 *Last, PULONG64 Wrong)
{
    if (Bytes < FIELD_OFFSET(MESSAGE, Filling) || Message->Writer > WRITERS || !IsWhole(Message, Bytes)) {
        *Wrong += 1;
    } else if ((LONG64)Message->Count <= Last[Message->Writer]) {
        *Wrong += 0x10000;
    } else {
        Last[Message->Writer] = (LONG64)Message->Count;
    }
}

// Reads all there is.
static ULONG64 ReadAll(PKM_LOG_RING Ring, LONG64 *Last, PULONG64 Wrong)
{
    ULONG64 Count = 0;

    while (KmLogRingRead(Ring, &Record) == STATUS_SUCCESS) {
        Check((const MESSAGE *)Record.Data, Record.Bytes, Last, Wrong);
        Count += 1;
    }
    return Count;
}

// Copies, as for a program, what there is or has room, and reads the copy.
static ULONG64 CopyAll(PKM_LOG_RING Ring, BOOLEAN Consume, LONG64 *Last, PULONG64 Wrong)
{
    static DECLSPEC_ALIGN(8) UCHAR Copy[8192];
    ULONG64 Count = 0;
    NTSTATUS Status;
    ULONG Bytes;

    do {
        Status = KmLogRingCopy(Ring, Copy, sizeof(Copy), Consume, &Bytes);
        *Wrong += !NT_SUCCESS(Status) || Bytes < sizeof(KMP_RING_HEADER) ||
                  ((const KMP_RING_HEADER *)(PVOID)Copy)->Bytes != Bytes;
        for (ULONG At = sizeof(KMP_RING_HEADER); At < Bytes; Count += 1) {
            const KMP_STREAM_RECORD *Each = (const KMP_STREAM_RECORD *)(PVOID)&Copy[At];
            const ULONG Payload = KMP_WORD_BYTES(Each->Word);

            Check((const MESSAGE *)(const VOID *)(Each + 1), Payload, Last, Wrong);
            At += sizeof(*Each) + ((Payload + 7) & ~7u);
        }
    } while (Consume && Status == STATUS_MORE_ENTRIES);
    return Count;
}

static VOID Race(SIZE_T Bytes, ULONG Flags, BOOLEAN ReadMeanwhile, BOOLEAN Copies)
{
    LONG64 Last[WRITERS + 1] = {-1, -1, -1, -1, -1};
    KM_LOG_RING_STATISTICS Statistics;
    ULONG64 Wrong = 0, Read = 0, Dropped;
    PKM_LOG_RING Ring;

    IS(KmLogRingCreate(&NonPaged, Bytes, Flags, &Ring), STATUS_SUCCESS);
    StartWriters(Ring);
    while (ReadMeanwhile && Running != 0) {
        LARGE_INTEGER Moment = {.QuadPart = -10};

        if (Copies) {
            // What is kept is there once more for the next.
            LONG64 Kept[WRITERS + 1];

            RtlCopyMemory(Kept, Last, sizeof(Kept));
            CopyAll(Ring, FALSE, Kept, &Wrong);
        }
        Read += Copies ? CopyAll(Ring, TRUE, Last, &Wrong) : ReadAll(Ring, Last, &Wrong);
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
    Dropped = JoinWriters();
    Read += Copies ? CopyAll(Ring, TRUE, Last, &Wrong) : ReadAll(Ring, Last, &Wrong);
    KmLogRingQuery(Ring, &Statistics);
    IS(Wrong, 0);
    IS(Statistics.Dropped, Dropped);
    IS(Statistics.Written + Statistics.Dropped, WRITERS * RECORDS);
    IS(Statistics.Read, Read);
    IS(Statistics.Unread, 0);
    IS(Statistics.Read + Statistics.Lost, Statistics.Written);
    if (Flags & KM_LOG_RING_DROP) {
        IS(Statistics.Lost, 0);
    }
    KmLogRingDelete(Ring);
}

static void TestDropRace(void)
{
    Race(65536, KM_LOG_RING_DROP, FALSE, FALSE);
    Race(8192, KM_LOG_RING_DROP, TRUE, FALSE);
    // Room for all of them: none is lost.
    Race(8 << 20, KM_LOG_RING_DROP, TRUE, FALSE);
}

static void TestOverwriteRace(void)
{
    Race(4096, KM_LOG_RING_OVERWRITE, TRUE, FALSE);
    Race(65536, KM_LOG_RING_OVERWRITE, TRUE, FALSE);
    Race(65536, KM_LOG_RING_OVERWRITE, FALSE, FALSE);
    Race(4096, KM_LOG_RING_OVERWRITE | KM_LOG_RING_PERFORMANCE_COUNTER, TRUE, FALSE);
}

static void TestCopyRace(void)
{
    Race(8192, KM_LOG_RING_DROP, TRUE, TRUE);
    Race(4096, KM_LOG_RING_OVERWRITE, TRUE, TRUE);
    Race(65536, KM_LOG_RING_OVERWRITE, FALSE, TRUE);
}

static ULONG_PTR NTAPI WriteFromInterrupt(ULONG_PTR Context)
{
    WRITER *Writer = (WRITER *)Context;

    // Each processor's; their order among each other is not known.
    KmLogRingWrite(Writer->Ring, &Writer->Number, sizeof(Writer->Number));
    return 0;
}

// Interrupts at IPI_LEVEL come between any two instructions of a writer.
static void TestInterrupted(void)
{
    WRITER Interrupt = {.Number = WRITERS + 1};
    KM_LOG_RING_STATISTICS Statistics;
    ULONG64 Count[WRITERS + 2] = {0}, LastTime[64] = {0}, Interrupts = 0, BackInTime = 0;
    const ULONG Processors = KeQueryActiveProcessorCount(NULL);

    IS(KmLogRingCreate(&NonPaged, 8 << 20, KM_LOG_RING_DROP, &Interrupt.Ring), STATUS_SUCCESS);
    StartWriters(Interrupt.Ring);
    while (Running != 0 && Interrupts < 500) {
        LARGE_INTEGER Moment = {.QuadPart = -10};

        KeIpiGenericCall(WriteFromInterrupt, (ULONG_PTR)&Interrupt);
        Interrupts += 1;
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
    IS(JoinWriters(), 0);
    while (KmLogRingRead(Interrupt.Ring, &Record) == STATUS_SUCCESS) {
        const ULONG Writer = *(ULONG *)Record.Data;

        if (Writer < WRITERS + 2) {
            Count[Writer] += 1;
        }
        // All in one order, as nobody writes meanwhile.
        BackInTime += Record.Time < LastTime[0];
        LastTime[0] = Record.Time;
    }
    for (ULONG Writer = 0; Writer < WRITERS; Writer += 1) {
        IS(Count[Writer], RECORDS);
    }
    IS(Count[WRITERS + 1], Interrupts * Processors);
    IS(BackInTime, 0);
    KmLogRingQuery(Interrupt.Ring, &Statistics);
    IS(Statistics.Dropped, 0);
    IS(Statistics.Lost, 0);
    KmLogRingDelete(Interrupt.Ring);
}

// Under a virtual clock, and where calls are watched, each record takes microseconds.
#ifdef CLOCK_IS_REAL
#define AT_FULL_SPEED 200000
#define FULL_BYTES    (1 << 20)
#else
#define AT_FULL_SPEED 3000
#define FULL_BYTES    (1 << 16)
#endif
#define FULL_SLOTS (FULL_BYTES / 64)

static PKM_LOG_RING FullRing;
static volatile LONG64 Kept, Refused;

static ULONG_PTR NTAPI WriteAtFullSpeed(ULONG_PTR Context)
{
    ULONG64 Number = 0;
    LONG64 Mine = 0;

    UNREFERENCED_PARAMETER(Context);
    for (; Number < AT_FULL_SPEED; Number += 1) {
        Mine += KmLogRingWrite(FullRing, &Number, sizeof(Number));
    }
    InterlockedExchangeAdd64(&Kept, Mine);
    InterlockedExchangeAdd64(&Refused, (LONG64)Number - Mine);
    return 0;
}

static ULONG_PTR NTAPI DeferAtFullSpeed(ULONG_PTR Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG64 Number = 0; Number < AT_FULL_SPEED; Number += 1) {
        KmInfoDeferred("%I64u", Number);
    }
    return 0;
}

// Reads what each processor's block has: First and those that follow, each once and in order.
static VOID ReadFull(ULONG64 First, ULONG Processors)
{
    static ULONG64 Next[64];
    ULONG64 Count = 0, Wrong = 0;

    for (ULONG Processor = 0; Processor < Processors; Processor += 1) {
        Next[Processor] = First;
    }
    while (KmLogRingRead(FullRing, &Record) == STATUS_SUCCESS) {
        Count += 1;
        Wrong += Record.Processor >= Processors || *(ULONG64 *)Record.Data != Next[Record.Processor]++;
    }
    IS(Wrong, 0);
    IS(Count, (ULONG64)Processors * FULL_SLOTS);
}

// All processors at once, until the ring is full and beyond: then each record more is counted. Each processor
// has filled its own block to the last slot.
static VOID Fill(ULONG Flags)
{
    const ULONG Processors = KeQueryActiveProcessorCount(NULL);
    const BOOLEAN Drops = (Flags & KM_LOG_RING_DROP) != 0;
    const ULONG64 All = (ULONG64)Processors * AT_FULL_SPEED, Room = (ULONG64)Processors * FULL_SLOTS;
    KM_LOG_RING_STATISTICS Statistics;

    for (ULONG Deferred = 0; Deferred < 2; Deferred += 1) {
        IS(KmLogRingCreate(&NonPaged, FULL_BYTES, Flags, &FullRing), STATUS_SUCCESS);
        Kept = Refused = 0;
        if (Deferred) {
            IS(KmLogDeferredStart(FullRing, KmLevelInfo), STATUS_SUCCESS);
            KeIpiGenericCall(DeferAtFullSpeed, 0);
            KmLogDeferredStop();
        } else {
            KeIpiGenericCall(WriteAtFullSpeed, 0);
            IS(Kept, Drops ? Room : All);
            IS(Refused, Drops ? All - Room : 0);
        }
        KmLogRingQuery(FullRing, &Statistics);
        IS(Statistics.Written, Drops ? Room : All);
        IS(Statistics.Dropped, Drops ? All - Room : 0);
        IS(Statistics.Lost, Drops ? 0 : All - Room);
        IS(Statistics.Unread, Room);
        ReadFull(Drops ? 0 : AT_FULL_SPEED - FULL_SLOTS, Processors);
        KmLogRingQuery(FullRing, &Statistics);
        IS(Statistics.Read, Room);
        IS(Statistics.Lost, Drops ? 0 : All - Room);
        KmLogRingDelete(FullRing);
    }
}

static void TestFull(void)
{
    static const ULONG Clocks[] = {0, KM_LOG_RING_PERFORMANCE_COUNTER, KM_LOG_RING_COARSE};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Clocks); Index += 1) {
        Fill(KM_LOG_RING_DROP | Clocks[Index]);
        Fill(KM_LOG_RING_OVERWRITE | Clocks[Index]);
    }
}

TEST_DRIVER(TestDropRace, TestOverwriteRace, TestCopyRace, TestInterrupted, TestFull)
