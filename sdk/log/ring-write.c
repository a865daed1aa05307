// SPDX-License-Identifier: MIT
// Records are written into a log ring.
#include "log/ring.h"
#include "runtime/irql.h"

static ULONG64 GetIds(const KM_LOG_RING *Ring)
{
    return Ring->IdsInThread != 0
               ? KmpRingLoadIds(Ring)
               : KMP_RECORD_IDS((ULONG_PTR)PsGetCurrentProcessId(), (ULONG_PTR)PsGetCurrentThreadId());
}

static KIRQL GetIrql(const KM_LOG_RING *Ring)
{
    if ((Ring->Header.Flags & KMP_RING_IRQL) == 0) {
        return 0;
    }
    return Ring->GetIrql != NULL ? Ring->GetIrql() : KmpGetCurrentIrql();
}

BOOLEAN KmpRingWrite(KM_LOG_RING *Ring, const VOID *Site, ULONG Kind, const VOID *Payload, ULONG Bytes)
{
    const ULONG Slots = KmpRingSlots(Bytes);
    const ULONG64 Ids = GetIds(Ring);
    const KIRQL Irql = GetIrql(Ring);
    // Behind the calls, in which the thread may come to another processor.
    const ULONG Number = KmpRingProcessorNumber();
    const UCHAR *Rest = (const UCHAR *)Payload;
    ULONG64 Stamp, Time;
    KMP_RING_PROCESSOR *Processor = KmpRingReserve(Ring, Slots, Number, FALSE, &Stamp, &Time);
    KMP_RING_SLOT *First;
    ULONG Part;

    if (Processor == NULL) {
        return FALSE;
    }
    First = KmpRingOpen(Ring, Processor, Stamp, Time,
                        KMP_RECORD_WORD(KmpRingSite(Ring, Site), Bytes, Kind, Irql, Number & 0xFFFF), Ids);
    Part = min(Bytes, KMP_FIRST_PAYLOAD);
    RtlCopyMemory(First->Payload, Rest, Part);
    for (ULONG Slot = 1; Slot < Slots; Slot += 1) {
        KMP_RING_SLOT *Next = KmpRingSlot(Ring, Processor, Stamp, Slot);
        const ULONG64 NextStamp = KmpRingForward(Ring, Stamp, Slot);

        __atomic_store_n(&Next->Stamp, NextStamp, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        Rest += Part;
        Bytes -= Part;
        Part = min(Bytes, KMP_NEXT_PAYLOAD);
        RtlCopyMemory(&Next->Time, Rest, Part);
        __atomic_store_n(&Next->Stamp, NextStamp | KMP_STAMP_COMPLETE, __ATOMIC_RELEASE);
    }
    KmpRingClose(First, Stamp);
    return TRUE;
}

BOOLEAN NTAPI KmLogRingWrite(PKM_LOG_RING Ring, const VOID *Data, SIZE_T Bytes)
{
    return KmpRingWrite(Ring, NULL, KMP_RECORD_DATA, Data, (ULONG)min(Bytes, KMP_RECORD_BYTES));
}

BOOLEAN NTAPI KmLogRingWriteText(PKM_LOG_RING Ring, PCKM_LOG_SITE Site, PCSTR Text, SIZE_T Bytes)
{
    return KmpRingWrite(Ring, Site, KMP_RECORD_TEXT, Text, (ULONG)min(Bytes, KMP_RECORD_BYTES));
}
