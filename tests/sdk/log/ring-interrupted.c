// SPDX-License-Identifier: MIT
// kmode build: -I sdk
// Writers of a log ring that are interrupted in the midst of a record, made by hand: the stamp of a slot that
// has been written is set back to what it was before its record was whole.
#include "test.h"
#include <kmode.h>

#include "log/ring.h"

#define SLOTS 64

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'igRK');
static KM_LOG_RING_RECORD Record;

static BOOLEAN WriteNumber(PKM_LOG_RING Ring, ULONG64 Number)
{
    return KmLogRingWrite(Ring, &Number, sizeof(Number));
}

static ULONG64 ReadNumber(PKM_LOG_RING Ring)
{
    return KmLogRingRead(Ring, &Record) == STATUS_SUCCESS ? *(ULONG64 *)Record.Data : (ULONG64)-1;
}

// The slots of the block that has been written to.
static KMP_RING_SLOT *FindSlots(PKM_LOG_RING Ring)
{
    const KMP_RING_HEADER *Header = (const KMP_RING_HEADER *)Ring;
    KMP_RING_PROCESSOR *Processor = (KMP_RING_PROCESSOR *)((PUCHAR)Ring + Header->HeaderBytes);

    IS(Header->Slots, SLOTS);
    while (Processor->Head == 0) {
        Processor = (KMP_RING_PROCESSOR *)((PUCHAR)Processor + Header->ProcessorBytes);
    }
    return (KMP_RING_SLOT *)(Processor + 1);
}

static PKM_LOG_RING Create(ULONG Flags)
{
    PKM_LOG_RING Ring = NULL;

    IS(KmLogRingCreate(&NonPaged, SLOTS * KMP_RING_SLOT_BYTES, Flags, &Ring), STATUS_SUCCESS);
    return Ring;
}

// Who would write over a record that is not whole is dropped; the reader waits for it.
static void TestOvertaken(void)
{
    PKM_LOG_RING Ring = Create(KM_LOG_RING_OVERWRITE);
    KM_LOG_RING_STATISTICS Statistics;
    KMP_RING_SLOT *Slots;
    KIRQL OldIrql;
    ULONG Wrong = 0;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    WriteNumber(Ring, 0);
    Slots = FindSlots(Ring);
    Slots[0].Stamp &= ~KMP_STAMP_COMPLETE;
    for (ULONG64 Number = 1; Number < SLOTS; Number += 1) {
        Wrong += !WriteNumber(Ring, Number);
    }
    IS(Wrong, 0);
    OK(!WriteNumber(Ring, 1000));
    OK(!WriteNumber(Ring, 1001));
    IS(ReadNumber(Ring), (ULONG64)-1);
    KmLogRingQuery(Ring, &Statistics);
    IS(Statistics.Dropped, 2);
    IS(Statistics.Lost, 0);
    IS(Statistics.Unread, SLOTS);
    // The writer goes on, and so does everybody.
    Slots[0].Stamp |= KMP_STAMP_COMPLETE;
    OK(WriteNumber(Ring, SLOTS));
    for (ULONG64 Number = 1; Number <= SLOTS; Number += 1) {
        Wrong += ReadNumber(Ring) != Number;
    }
    IS(Wrong, 0);
    KeLowerIrql(OldIrql);
    KmLogRingQuery(Ring, &Statistics);
    IS(Statistics.Dropped, 2);
    IS(Statistics.Lost, 1);
    IS(Statistics.Written, SLOTS + 1);
    KmLogRingDelete(Ring);
}

// A ring that drops is full behind it in the end, and loses nothing.
static void TestStuckReader(void)
{
    PKM_LOG_RING Ring = Create(KM_LOG_RING_DROP);
    KM_LOG_RING_STATISTICS Statistics;
    KMP_RING_SLOT *Slots;
    KIRQL OldIrql;
    ULONG Written = 3;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG64 Number = 0; Number < 3; Number += 1) {
        WriteNumber(Ring, Number);
    }
    Slots = FindSlots(Ring);
    Slots[1].Stamp &= ~KMP_STAMP_COMPLETE;
    IS(ReadNumber(Ring), 0);
    IS(ReadNumber(Ring), (ULONG64)-1);
    while (WriteNumber(Ring, Written)) {
        Written += 1;
    }
    IS(Written, SLOTS + 1);
    Slots[1].Stamp |= KMP_STAMP_COMPLETE;
    for (ULONG64 Number = 1; Number < Written; Number += 1) {
        if (ReadNumber(Ring) != Number) {
            IS(*(ULONG64 *)Record.Data, Number);
        }
    }
    IS(ReadNumber(Ring), (ULONG64)-1);
    KeLowerIrql(OldIrql);
    KmLogRingQuery(Ring, &Statistics);
    IS(Statistics.Dropped, 1);
    IS(Statistics.Read, SLOTS + 1);
    KmLogRingDelete(Ring);
}

// Of a long record, one slot behind the first is not whole.
static void TestTornRecord(void)
{
    PKM_LOG_RING Ring = Create(KM_LOG_RING_OVERWRITE);
    static UCHAR Data[300];
    KMP_RING_SLOT *Slots;
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KmLogRingWrite(Ring, Data, sizeof(Data));
    Slots = FindSlots(Ring);
    Slots[2].Stamp &= ~KMP_STAMP_COMPLETE;
    IS(ReadNumber(Ring), (ULONG64)-1);
    Slots[2].Stamp |= KMP_STAMP_COMPLETE;
    IS(ReadNumber(Ring), 0);
    IS(Record.Bytes, sizeof(Data));
    KeLowerIrql(OldIrql);
    KmLogRingDelete(Ring);
}

static VOID NTAPI Ignore(PVOID Context, PCKM_LOG_RECORD Told)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Told);
}

// Whoever reads a ring that somebody else is reading, as an interrupt routine may, is told so.
static void TestTwoReaders(void)
{
    PKM_LOG_RING Ring = Create(KM_LOG_RING_DROP);
    static UCHAR Buffer[4096];
    ULONG Copied = 1;

    IS(KmLogDeferredStart(Ring, KmLevelTrace), STATUS_SUCCESS);
    WriteNumber(Ring, 1);
    OK(KmpRingBeginReading(Ring));
    IS(KmLogRingRead(Ring, &Record), STATUS_DEVICE_BUSY);
    IS(KmLogRingCopy(Ring, Buffer, sizeof(Buffer), TRUE, &Copied), STATUS_DEVICE_BUSY);
    IS(Copied, 0);
    IS(KmLogDeferredDrain(Ignore, NULL), STATUS_DEVICE_BUSY);
    KmpRingEndReading(Ring);
    IS(ReadNumber(Ring), 1);
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
}

TEST_DRIVER(TestOvertaken, TestStuckReader, TestTornRecord, TestTwoReaders)
