// SPDX-License-Identifier: MIT
// Records are read from a log ring, in order of time, while others write it.
#include "log/ring.h"

#define ATTEMPTS 8  // to catch up with writers who overtake the reader
#define LOOKS    64 // until two in a row see the same oldest record

BOOLEAN KmpRingBeginReading(KM_LOG_RING *Ring)
{
    if (InterlockedCompareExchange(&Ring->Reading, TRUE, FALSE) != FALSE) {
        return FALSE;
    }
    // The second of two moments from which the clock's true rate is had; the longer apart the better.
    LARGE_INTEGER Now = {.QuadPart = 0};

    KeQuerySystemTime(&Now);
    Ring->Header.Latest.Time = KmpRingTime(Ring);
    Ring->Header.Latest.SystemTime = (ULONG64)Now.QuadPart;
    return TRUE;
}

VOID KmpRingEndReading(KM_LOG_RING *Ring)
{
    InterlockedExchange(&Ring->Reading, FALSE);
}

// Ticks to units of 100 ns, without overflow for hours of ticks.
static ULONG64 ToSystemTime(ULONG64 Ticks, ULONG64 Frequency)
{
    return Ticks / Frequency * 10000000 + Ticks % Frequency * 10000000 / Frequency;
}

ULONG64 KmpRingSystemTime(const KM_LOG_RING *Ring, ULONG64 Time)
{
    const KMP_RING_HEADER *Header = &Ring->Header;

    return Time >= Header->Start.Time
               ? Header->Start.SystemTime + ToSystemTime(Time - Header->Start.Time, Header->Frequency)
               : Header->Start.SystemTime - ToSystemTime(Header->Start.Time - Time, Header->Frequency);
}

static volatile ULONG64 *ReadFrom(KMP_RING_PROCESSOR *Processor, BOOLEAN Copy)
{
    return Copy ? (volatile ULONG64 *)&Processor->Cursor : (volatile ULONG64 *)&Processor->Tail;
}

static volatile ULONG64 *LostTo(KMP_RING_PROCESSOR *Processor, BOOLEAN Copy)
{
    return Copy ? (volatile ULONG64 *)&Processor->CursorLost : (volatile ULONG64 *)&Processor->Lost;
}

// Records between two stamps.
static ULONG64 CountRecords(const KM_LOG_RING *Ring, ULONG64 From, ULONG64 To)
{
    return ((To & ~(Ring->SerialUnit - 1)) - (From & ~(Ring->SerialUnit - 1))) / Ring->SerialUnit;
}

// Whether the slot at From is taken by a record of a later lap. So many records as there are slots may be
// more laps than positions can tell apart, and then serials do.
static BOOLEAN IsOvertaken(const KM_LOG_RING *Ring, ULONG64 From, ULONG64 Head)
{
    return CountRecords(Ring, From, Head) > Ring->Header.Slots ||
           ((Head - From) & Ring->PositionField) > Ring->LapUnits;
}

// The reader goes on with the oldest record that is whole, Margin slots from the oldest slot on, and counts
// those before it.
static VOID CatchUp(KM_LOG_RING *Ring, KMP_RING_PROCESSOR *Processor, BOOLEAN Copy, ULONG64 Head,
                    ULONG Margin)
{
    volatile ULONG64 *From = ReadFrom(Processor, Copy);

    for (ULONG Back = Ring->Header.Slots - Margin; Back > 0; Back -= 1) {
        const ULONG64 Position = (Head - ((ULONG64)Back << KMP_STAMP_FLAGS)) & Ring->PositionField;
        const ULONG64 Stamp =
            __atomic_load_n(&KmpRingSlot(Ring, Processor, Position, 0)->Stamp, __ATOMIC_ACQUIRE);

        if ((Stamp & (Ring->SerialUnit - 1)) == (Position | KMP_STAMP_FIRST | KMP_STAMP_COMPLETE)) {
            const ULONG64 Found = Stamp & ~(KMP_STAMP_FIRST | KMP_STAMP_COMPLETE);

            *LostTo(Processor, Copy) += CountRecords(Ring, *From, Found);
            __atomic_store_n(From, Found, __ATOMIC_RELEASE);
            return;
        }
    }
}

// The stamp of the block's next record, which was whole a moment ago; FALSE: there is none.
static BOOLEAN FindNext(KM_LOG_RING *Ring, KMP_RING_PROCESSOR *Processor, BOOLEAN Copy, PULONG64 Stamp,
                        PULONG64 Time)
{
    for (ULONG Attempt = 0; Attempt < ATTEMPTS; Attempt += 1) {
        const ULONG64 From = *ReadFrom(Processor, Copy);
        const KMP_RING_SLOT *Slot = KmpRingSlot(Ring, Processor, From, 0);
        const ULONG64 Wanted = From | KMP_STAMP_FIRST | KMP_STAMP_COMPLETE;
        ULONG64 Head;

        if (__atomic_load_n(&Processor->Head, __ATOMIC_ACQUIRE) == From) {
            return FALSE;
        }
        if (__atomic_load_n(&Slot->Stamp, __ATOMIC_ACQUIRE) == Wanted) {
            *Time = Slot->Time;
            __atomic_thread_fence(__ATOMIC_ACQUIRE);
            if (__atomic_load_n(&Slot->Stamp, __ATOMIC_RELAXED) == Wanted) {
                *Stamp = From;
                return TRUE;
            }
        }
        Head = __atomic_load_n(&Processor->Head, __ATOMIC_ACQUIRE);
        if (!IsOvertaken(Ring, From, Head)) {
            return FALSE; // it is being written
        }
        CatchUp(Ring, Processor, Copy, Head, Attempt * (Ring->Header.Slots / ATTEMPTS));
    }
    return FALSE;
}

// Copies a record; FALSE: it was overwritten meanwhile.
static BOOLEAN ReadRecord(const KM_LOG_RING *Ring, const KMP_RING_PROCESSOR *Processor, ULONG64 Stamp,
                          KMP_STREAM_RECORD *Record, PUCHAR Payload)
{
    const KMP_RING_SLOT *Slot = KmpRingSlot(Ring, Processor, Stamp, 0);
    const ULONG64 First = Stamp | KMP_STAMP_FIRST | KMP_STAMP_COMPLETE;
    ULONG Bytes, Part;

    if (__atomic_load_n(&Slot->Stamp, __ATOMIC_ACQUIRE) != First) {
        return FALSE;
    }
    Record->Time = Slot->Time;
    Record->Word = Slot->Word;
    Record->Ids = Slot->Ids;
    Bytes = min(KMP_WORD_BYTES(Record->Word), KMP_RECORD_BYTES);
    Part = min(Bytes, KMP_FIRST_PAYLOAD);
    RtlCopyMemory(Payload, Slot->Payload, Part);
    for (ULONG Next = 1; Part < Bytes; Next += 1) {
        const ULONG64 Wanted = KmpRingForward(Ring, Stamp, Next) | KMP_STAMP_COMPLETE;
        const ULONG NextPart = min(Bytes - Part, KMP_NEXT_PAYLOAD);

        Slot = KmpRingSlot(Ring, Processor, Stamp, Next);
        if (__atomic_load_n(&Slot->Stamp, __ATOMIC_ACQUIRE) != Wanted) {
            return FALSE;
        }
        RtlCopyMemory(Payload + Part, &Slot->Time, NextPart);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&Slot->Stamp, __ATOMIC_RELAXED) != Wanted) {
            return FALSE;
        }
        Part += NextPart;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&KmpRingSlot(Ring, Processor, Stamp, 0)->Stamp, __ATOMIC_RELAXED) == First;
}

// The block of the oldest record, and its stamp; FALSE: there is none.
static BOOLEAN FindOldest(KM_LOG_RING *Ring, BOOLEAN Copy, PULONG Block, PULONG64 OldestStamp)
{
    BOOLEAN Found = FALSE;
    ULONG64 Oldest = 0;

    for (ULONG Number = 0; Number < Ring->Header.Processors; Number += 1) {
        ULONG64 Stamp, RecordTime;

        if (FindNext(Ring, KmpRingProcessor(Ring, Number), Copy, &Stamp, &RecordTime) &&
            (!Found || RecordTime < Oldest)) {
            Found = TRUE;
            Oldest = RecordTime;
            *OldestStamp = Stamp;
            *Block = Number;
        }
    }
    return Found;
}

BOOLEAN KmpRingPeek(KM_LOG_RING *Ring, BOOLEAN Copy, KMP_STREAM_RECORD *Record, PUCHAR Payload, PULONG Block)
{
    // Overwritten between the choice and the copy: the choice is made again.
    for (ULONG Attempt = 0; Attempt < ATTEMPTS; Attempt += 1) {
        ULONG64 Stamp = 0, StampBefore;
        ULONG BlockBefore;

        if (!FindOldest(Ring, Copy, Block, &Stamp)) {
            return FALSE;
        }
        // A thread may have written one into a block that was empty when it was looked at, have come to
        // another processor, and written the one that was found: the first is seen by whoever has seen the
        // second.
        for (ULONG Look = 0; Look < LOOKS && Ring->Header.Processors > 1; Look += 1) {
            BlockBefore = *Block;
            StampBefore = Stamp;
            if (!FindOldest(Ring, Copy, Block, &Stamp) || (*Block == BlockBefore && Stamp == StampBefore)) {
                break;
            }
        }
        if (ReadRecord(Ring, KmpRingProcessor(Ring, *Block), Stamp, Record, Payload)) {
            return TRUE;
        }
    }
    return FALSE;
}

VOID KmpRingAdvance(KM_LOG_RING *Ring, BOOLEAN Copy, ULONG Block, ULONG64 Word)
{
    KMP_RING_PROCESSOR *Processor = KmpRingProcessor(Ring, Block);
    volatile ULONG64 *From = ReadFrom(Processor, Copy);
    const ULONG Slots = KmpRingSlots(min(KMP_WORD_BYTES(Word), KMP_RECORD_BYTES));

    if (!Copy) {
        Processor->Read += 1;
    }
    // Behind the reading of the slots: writers of a ring that drops take them from now on.
    __atomic_store_n(From, KmpRingForward(Ring, *From, Slots) + Ring->SerialUnit, __ATOMIC_RELEASE);
}

NTSTATUS NTAPI KmLogRingRead(PKM_LOG_RING Ring, PKM_LOG_RING_RECORD Record)
{
    KMP_STREAM_RECORD Kept;
    ULONG Block;
    BOOLEAN Found;

    if (!KmpRingBeginReading(Ring)) {
        return STATUS_DEVICE_BUSY;
    }
    Found = KmpRingPeek(Ring, FALSE, &Kept, Record->Data, &Block);
    if (Found) {
        KmpRingAdvance(Ring, FALSE, Block, Kept.Word);
    }
    KmpRingEndReading(Ring);
    if (!Found) {
        return STATUS_NO_MORE_ENTRIES;
    }
    Record->Time = Kept.Time;
    Record->SystemTime.QuadPart = (LONGLONG)KmpRingSystemTime(Ring, Kept.Time);
    Record->Kind = (KM_LOG_RING_KIND)KMP_WORD_KIND(Kept.Word);
    Record->Processor = KMP_WORD_PROCESSOR(Kept.Word);
    Record->Process = (HANDLE)(ULONG_PTR)KMP_IDS_PROCESS(Kept.Ids);
    Record->Thread = (HANDLE)(ULONG_PTR)KMP_IDS_THREAD(Kept.Ids);
    Record->Irql = (KIRQL)KMP_WORD_IRQL(Kept.Word);
    Record->Site = KMP_WORD_SITE(Kept.Word) != 0 ? Ring->ImageBase + KMP_WORD_SITE(Kept.Word) : NULL;
    Record->Bytes = min(KMP_WORD_BYTES(Kept.Word), KMP_RECORD_BYTES);
    return STATUS_SUCCESS;
}

VOID NTAPI KmLogRingQuery(PKM_LOG_RING Ring, PKM_LOG_RING_STATISTICS Statistics)
{
    RtlZeroMemory(Statistics, sizeof(*Statistics));
    for (ULONG Number = 0; Number < Ring->Header.Processors; Number += 1) {
        const KMP_RING_PROCESSOR *Processor = KmpRingProcessor(Ring, Number);
        const ULONG64 Tail = Processor->Tail, Head = Processor->Head;
        ULONG64 Behind = CountRecords(Ring, Tail, Head), Gone = 0;

        // What was overwritten since the reader was here last is lost, though it does not know yet.
        if (IsOvertaken(Ring, Tail, Head)) {
            Gone = Behind;
            for (ULONG Back = Ring->Header.Slots; Back > 0; Back -= 1) {
                const ULONG64 Position = (Head - ((ULONG64)Back << KMP_STAMP_FLAGS)) & Ring->PositionField;
                const ULONG64 Stamp = KmpRingSlot(Ring, Processor, Position, 0)->Stamp;

                if ((Stamp & (Ring->SerialUnit - 1)) == (Position | KMP_STAMP_FIRST | KMP_STAMP_COMPLETE)) {
                    Gone = CountRecords(Ring, Tail, Stamp);
                    break;
                }
            }
        }
        Statistics->Read += Processor->Read;
        Statistics->Lost += Processor->Lost + Gone;
        Statistics->Unread += Behind - Gone;
        Statistics->Dropped += Processor->Dropped;
    }
    Statistics->Written = Statistics->Read + Statistics->Lost + Statistics->Unread;
}
