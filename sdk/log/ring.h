// SPDX-License-Identifier: MIT
// The inside of a log ring: how its writers and its reader find their way in it. Inside the SDK only.
#ifndef KMODE_SDK_LOG_RING_H
#define KMODE_SDK_LOG_RING_H

#include <kmode.h>
#include <kmode/log-ring.h>
#include "log/ring-format.h"

/// What is at the start of a ring's memory. What is only the driver's stands behind the header that all know.
struct KM_LOG_RING {
    KMP_RING_HEADER Header;

    PUCHAR Blocks; ///< of the processors
    ULONG ProcessorMask;
    ULONG IndexMask;
    ULONG64 PositionField; ///< the bits of a stamp that are the position
    ULONG64 SerialUnit;    ///< one in a stamp's serial
    ULONG64 LapUnits;      ///< all slots of a processor, as part of a stamp
    PUCHAR ImageBase;
    ULONG IdsInThread;           ///< where the ids are in what gs:[188h] points to; 0: ask for them
    ULONG IsPlain;               ///< all that a record has is had without a call
    KIRQL(NTAPI *GetIrql)(VOID); ///< NULL: the register tells
    volatile LONG Reading;       ///< somebody does
    PKM_ALLOCATOR Allocator;     ///< NULL: the memory is the caller's
    PVOID Memory;
    SIZE_T MemoryBytes;
};

#define KMP_RING_HEADER_BYTES 384
C_ASSERT(sizeof(KM_LOG_RING) <= KMP_RING_HEADER_BYTES);

/// Whether the ring's clock, once it has been chosen, is read without a call.
static inline BOOLEAN KmpRingHasPlainClock(_In_ const KM_LOG_RING *Ring)
{
    return (Ring->Header.Flags & KMP_RING_PERFORMANCE_COUNTER) == 0;
}

/// The current time of a ring's clock that is read without a call: the time stamp counter or the interrupt
/// time. Any IRQL.
static FORCEINLINE ULONG64 KmpRingPlainTime(_In_ const KM_LOG_RING *Ring)
{
    if (Ring->Header.Flags & KMP_RING_COARSE) {
        ULONG64 Time;

        // A load from an absolute address: in a register of its own, the address would have to be made and a
        // register be saved for rings of the other clock too.
        __asm__ volatile("movabsq %c1, %0"
                         : "=a"(Time)
                         : "i"((ULONG_PTR)&SharedUserData->InterruptTime)
                         : "memory");
        return Time;
    }
    return __builtin_ia32_rdtsc();
}

/// The current time of the ring's clock. Any IRQL.
static inline ULONG64 KmpRingTime(_In_ const KM_LOG_RING *Ring)
{
    return KmpRingHasPlainClock(Ring) ? KmpRingPlainTime(Ring)
                                      : (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart;
}

/// The current processor's number. It only chooses a block, and writers are safe from each other in the same
/// one: neither a change of processor after it nor a wrong answer does harm.
static inline ULONG KmpRingProcessorNumber(VOID)
{
    // KPRCB.Number, from Windows 7 on; what KeGetCurrentProcessorNumberEx returns.
    return __readgsdword(0x1A4);
}

static inline KMP_RING_PROCESSOR *KmpRingProcessor(_In_ const KM_LOG_RING *Ring, _In_ ULONG Number)
{
    return (KMP_RING_PROCESSOR *)(Ring->Blocks +
                                  (SIZE_T)(Number & Ring->ProcessorMask) * Ring->Header.ProcessorBytes);
}

/// The slot of a stamp, and the one behind it by Next.
static inline KMP_RING_SLOT *KmpRingSlot(_In_ const KM_LOG_RING *Ring,
                                         _In_ const KMP_RING_PROCESSOR *Processor, _In_ ULONG64 Stamp,
                                         _In_ ULONG Next)
{
    return (KMP_RING_SLOT *)(Processor + 1) + (((ULONG)(Stamp >> KMP_STAMP_FLAGS) + Next) & Ring->IndexMask);
}

/// The stamp that is Slots on, of the same record.
static inline ULONG64 KmpRingForward(_In_ const KM_LOG_RING *Ring, _In_ ULONG64 Stamp, _In_ ULONG64 Slots)
{
    const ULONG64 Position = Stamp + (Slots << KMP_STAMP_FLAGS);

    return (Stamp & ~Ring->PositionField) | (Position & Ring->PositionField);
}

/// How many slots a payload of Bytes takes.
static inline ULONG KmpRingSlots(_In_ ULONG Bytes)
{
    return Bytes <= KMP_FIRST_PAYLOAD
               ? 1
               : 1 + (Bytes - KMP_FIRST_PAYLOAD + KMP_NEXT_PAYLOAD - 1) / KMP_NEXT_PAYLOAD;
}

/// Reserves Slots for a record of the current processor. Returns the block, with *Stamp its stamp and *Time
/// its time; NULL if there is no room, and that has been counted. IsPlain: the ring's clock is known to be
/// read without a call; without one in it, this is some nanoseconds shorter.
static FORCEINLINE KMP_RING_PROCESSOR *KmpRingReserve(_In_ KM_LOG_RING *Ring, _In_ ULONG Slots,
                                                      _In_ ULONG Number, _In_ BOOLEAN IsPlain,
                                                      _Out_ PULONG64 Stamp, _Out_ PULONG64 Time)
{
    KMP_RING_PROCESSOR *Processor = KmpRingProcessor(Ring, Number);
    ULONG64 Head, Next;

    do {
        Head = __atomic_load_n(&Processor->Head, __ATOMIC_ACQUIRE);
        if (Ring->Header.Flags & KMP_RING_DROP) {
            const ULONG64 Tail = __atomic_load_n(&Processor->Tail, __ATOMIC_ACQUIRE);

            if (((Head - Tail) & Ring->PositionField) + ((ULONG64)Slots << KMP_STAMP_FLAGS) >
                Ring->LapUnits) {
                goto Full;
            }
        } else {
            // A slot may be taken once who had it a lap ago has completed it: a writer that was interrupted
            // in the midst, and overtaken by a whole lap, is not written over. Who finds the head unchanged
            // afterwards has seen the slots as they still are.
            ULONG64 Old = Head - Ring->LapUnits;

            for (ULONG Slot = 0; Slot < Slots; Slot += 1, Old += 1ul << KMP_STAMP_FLAGS) {
                const ULONG64 Found =
                    __atomic_load_n(&KmpRingSlot(Ring, Processor, Head, Slot)->Stamp, __ATOMIC_ACQUIRE);

                if (((Found ^ (Old | KMP_STAMP_COMPLETE)) & (Ring->PositionField | KMP_STAMP_COMPLETE)) !=
                    0) {
                    if (__atomic_load_n(&Processor->Head, __ATOMIC_RELAXED) == Head) {
                        goto Full;
                    }
                    break;
                }
            }
        }
        // Behind the load of the head: in each block times rise as positions do, also where a writer
        // interrupts another.
        *Time = IsPlain ? KmpRingPlainTime(Ring) : KmpRingTime(Ring);
        Next = KmpRingForward(Ring, Head, Slots) + Ring->SerialUnit;
    } while (!__atomic_compare_exchange_n(&Processor->Head, &Head, Next, FALSE, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    *Stamp = Head;
    return Processor;
Full:
    __atomic_fetch_add(&Processor->Dropped, 1, __ATOMIC_RELAXED);
    return NULL;
}

/// The first slot of a record, taken: the caller fills in its payload.
static inline KMP_RING_SLOT *KmpRingOpen(_In_ const KM_LOG_RING *Ring,
                                         _In_ const KMP_RING_PROCESSOR *Processor, _In_ ULONG64 Stamp,
                                         _In_ ULONG64 Time, _In_ ULONG64 Word, _In_ ULONG64 Ids)
{
    KMP_RING_SLOT *Slot = KmpRingSlot(Ring, Processor, Stamp, 0);

    __atomic_store_n(&Slot->Stamp, Stamp | KMP_STAMP_FIRST, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    Slot->Time = Time;
    Slot->Word = Word;
    Slot->Ids = Ids;
    return Slot;
}

/// The ids of the current process and thread, where the ring knows them to be: three loads.
static FORCEINLINE ULONG64 KmpRingLoadIds(_In_ const KM_LOG_RING *Ring)
{
    const CLIENT_ID *Ids = (const CLIENT_ID *)(__readgsqword(0x188) + Ring->IdsInThread);

    return KMP_RECORD_IDS((ULONG_PTR)Ids->UniqueProcess, (ULONG_PTR)Ids->UniqueThread);
}

/// Finds out how ids and IRQL are had, once the clock has been chosen. Any IRQL.
VOID KmpRingFindContext(_Inout_ KM_LOG_RING *Ring);

/// The record is whole.
static inline VOID KmpRingClose(_Inout_ KMP_RING_SLOT *Slot, _In_ ULONG64 Stamp)
{
    __atomic_store_n(&Slot->Stamp, Stamp | KMP_STAMP_FIRST | KMP_STAMP_COMPLETE, __ATOMIC_RELEASE);
}

/// Where a site is in the image; 0 if it is NULL, or elsewhere.
static inline ULONG KmpRingSite(_In_ const KM_LOG_RING *Ring, _In_opt_ const VOID *Site)
{
    const ULONG64 Offset = (ULONG64)((const UCHAR *)Site - Ring->ImageBase);

    return Offset < Ring->Header.Image.Size ? (ULONG)Offset : 0;
}

/// Writes a record, whose payload is no more than KMP_RECORD_BYTES. FALSE: it was dropped. Any IRQL.
BOOLEAN KmpRingWrite(_In_ KM_LOG_RING *Ring, _In_opt_ const VOID *Site, _In_ ULONG Kind,
                     _In_reads_bytes_(Bytes) const VOID *Payload, _In_ ULONG Bytes);

/// Finds the oldest record that is complete, from the tails on or, of a copy, from the cursors on, and reads
/// it, without taking it out. FALSE if there is none. The caller alone reads.
BOOLEAN KmpRingPeek(_In_ KM_LOG_RING *Ring, _In_ BOOLEAN Copy, _Out_ KMP_STREAM_RECORD *Record,
                    _Out_writes_bytes_(KMP_RECORD_BYTES) PUCHAR Payload, _Out_ PULONG Block);

/// Takes out what was read from that block last.
VOID KmpRingAdvance(_In_ KM_LOG_RING *Ring, _In_ BOOLEAN Copy, _In_ ULONG Block, _In_ ULONG64 Word);

/// Makes the caller the reader, or returns FALSE: somebody else is.
BOOLEAN KmpRingBeginReading(_In_ KM_LOG_RING *Ring);
VOID KmpRingEndReading(_In_ KM_LOG_RING *Ring);

/// The system time of a record's. Any IRQL.
ULONG64 KmpRingSystemTime(_In_ const KM_LOG_RING *Ring, _In_ ULONG64 Time);

/// Fills in what identifies the driver's image. Any IRQL.
VOID KmpRingDescribeImage(_Out_ KMP_RING_IMAGE *Image, _Out_ PUCHAR *Base);

#endif
