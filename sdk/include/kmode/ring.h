// SPDX-License-Identifier: MIT
// Rings: queues of a fixed size that lock nothing, never wait, and may be used at any IRQL.
//
//     typedef struct EVENT {
//         ULONG64 Time;
//         ULONG Line;
//     } EVENT;
//
//     KM_SHARED_RING_DEFINE(EventRing, EVENT)
//
//     static EventRing Events;
//     static EventRingSlot EventSlots[64];
//
//     static VOID NoteInterrupt(ULONG Line) // from an interrupt routine of any processor
//     {
//         EVENT Event = {KeQueryInterruptTime(), Line};
//
//         (void)EventRingPush(&Events, Event);
//     }
//
//     static NTSTATUS ReportInterrupts(VOID)
//     {
//         NTSTATUS Status = EventRingInit(&Events, EventSlots, RTL_NUMBER_OF(EventSlots));
//         EVENT Event;
//
//         if (!NT_SUCCESS(Status)) {
//             return Status;
//         }
//         NoteInterrupt(3);
//         while (EventRingPop(&Events, &Event)) {
//             KmInfo("line %lu at %I64u", Event.Line, Event.Time);
//         }
//         KmInfo("%I64u were refused", EventRingRefused(&Events));
//         return STATUS_SUCCESS;
//     }
//
// KM_RING_DEFINE is for one producer and one consumer, and is a few moves and no interlocked operation;
// KM_SHARED_RING_DEFINE for any number of both. "One" is one at a time, not one thread: where two threads
// produce, each under the same lock, they are one producer; an interrupt routine that may interrupt a
// producer makes two of them.
//
// What is in a ring's memory, its slots too, must be resident where it is used at DISPATCH_LEVEL and above.
// Elements are moved as bytes.
#ifndef KMODE_RING_H
#define KMODE_RING_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/ring.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/typed.h>

// No processor's line of its cache is shared by what producers and consumers write.
#define KMP_TYPED_RING_LINE 64

typedef struct KMP_TYPED_RING {
    PUCHAR Slots;
    ULONG64 Mask;            // slots - 1
    PKM_ALLOCATOR Allocator; // NULL: the slots are the caller's
    UCHAR Apart[KMP_TYPED_RING_LINE];
    volatile ULONG64 Tail; // elements that have been pushed, ever
    ULONG64 SeenHead;      // the producer's own: Head when it last looked
    volatile ULONG64 Refused;
    UCHAR FurtherApart[KMP_TYPED_RING_LINE];
    volatile ULONG64 Head; // elements that have been popped, ever
    ULONG64 SeenTail;      // the consumer's own
    UCHAR ApartFromWhatFollows[KMP_TYPED_RING_LINE];
} KMP_TYPED_RING;

#if defined(__GNUC__) || defined(__clang__)
#define KMP_READ_ACQUIRE(Address)         __atomic_load_n((Address), __ATOMIC_ACQUIRE)
#define KMP_WRITE_RELEASE(Address, Value) __atomic_store_n((Address), (Value), __ATOMIC_RELEASE)
#else
#define KMP_READ_ACQUIRE(Address)         ReadULong64Acquire(Address)
#define KMP_WRITE_RELEASE(Address, Value) WriteULong64Release((Address), (Value))
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Each slot of a shared ring begins with a number of its own.
NTSTATUS NTAPI KmpTypedRingInit(KMP_TYPED_RING *Ring, PVOID Slots, SIZE_T Count, SIZE_T SlotBytes,
                                BOOLEAN Shared);
NTSTATUS NTAPI KmpTypedRingCreate(KMP_TYPED_RING *Ring, PKM_ALLOCATOR Allocator, SIZE_T Count,
                                  SIZE_T SlotBytes, SIZE_T SlotAlignment, BOOLEAN Shared);
VOID NTAPI KmpTypedRingFree(KMP_TYPED_RING *Ring, SIZE_T SlotBytes, SIZE_T SlotAlignment);

#ifdef __cplusplus
}
#endif

KMP_CORE SIZE_T KmpTypedRingCount(const KMP_TYPED_RING *Ring)
{
    ULONG64 Head = KMP_READ_ACQUIRE(&Ring->Head), Tail = KMP_READ_ACQUIRE(&Ring->Tail);

    // Between the two reads elements may have come and gone.
    return (SIZE_T)(Tail - Head > Ring->Mask ? Ring->Mask + 1 : Tail - Head);
}

// ---- one producer, one consumer

// Whether there is a slot for the element of number Tail; if not, it is counted.
KMP_CORE BOOLEAN KmpTypedRingHasRoom(KMP_TYPED_RING *Ring, ULONG64 Tail)
{
    if (KMP_LIKELY(Tail - Ring->SeenHead <= Ring->Mask)) {
        return TRUE;
    }
    Ring->SeenHead = KMP_READ_ACQUIRE(&Ring->Head);
    if (Tail - Ring->SeenHead <= Ring->Mask) {
        return TRUE;
    }
    Ring->Refused = Ring->Refused + 1;
    return FALSE;
}

// Whether the element of number Head is there.
KMP_CORE BOOLEAN KmpTypedRingHasElement(KMP_TYPED_RING *Ring, ULONG64 Head)
{
    ULONG64 Tail = Ring->SeenTail;

    if (Head == Tail) {
        Tail = KMP_READ_ACQUIRE(&Ring->Tail);
        Ring->SeenTail = Tail;
    }
    return Head != Tail;
}

KMP_CORE PVOID KmpTypedRingSlot(const KMP_TYPED_RING *Ring, ULONG64 Number, SIZE_T SlotBytes)
{
    return Ring->Slots + (SIZE_T)(Number & Ring->Mask) * SlotBytes;
}

/// Defines the type Name, a ring of elements of ElementType for one producer and one consumer, and the
/// routines below, all of which may be called at any IRQL but for NameCreate and NameFree, which have their
/// allocator's. At file scope, without a semicolon.
///
/// - `NTSTATUS NameInit(Name *Ring, ElementType *Slots, SIZE_T Count)`: Makes an empty ring of the caller's
///   Slots, of which there are Count, a power of two, and which must stay as long as the ring.
///   STATUS_INVALID_PARAMETER: Count is no power of two.
/// - `NTSTATUS NameCreate(Name *Ring, PKM_ALLOCATOR Allocator, SIZE_T Count)`: The same with slots of the
///   allocator's; NameFree gives them back. STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES: there is
///   no ring.
/// - `VOID NameFree(Name *Ring)`: Gives back what NameCreate has allocated. Nobody may be using the ring.
/// - `BOOLEAN NamePush(Name *Ring, ElementType Element)`: Adds an element. FALSE if the ring is full; it is
///   then counted as refused.
/// - `BOOLEAN NamePop(Name *Ring, ElementType *Element)`: Takes the oldest element. FALSE if the ring is
///   empty.
/// - `ElementType *NameReserve(Name *Ring), VOID NamePublish(Name *Ring)`: NamePush in two steps, for
///   elements that are better written where they are: the slot, or NULL (refused), and, once it is written,
///   its publication.
/// - `ElementType *NamePeek(Name *Ring), VOID NameDrop(Name *Ring)`: NamePop in two steps: the oldest element
///   where it is, or NULL, and, once it is read, its end.
/// - `SIZE_T NameCount(const Name *Ring)`: Returns how many elements there were, at one moment while it was
///   called. For anyone.
/// - `ULONG64 NameRefused(const Name *Ring)`: Returns how many elements were refused, ever. For anyone.
///
/// An example:
///
///     typedef struct PACKET {
///         UCHAR Bytes[64];
///     } PACKET;
///
///     KM_RING_DEFINE(PacketRing, PACKET)
///
///     static NTSTATUS MakeRing(PacketRing *Ring, PKM_ALLOCATOR Allocator, PACKET First)
///     {
///         NTSTATUS Status = PacketRingCreate(Ring, Allocator, 256);
///
///         if (NT_SUCCESS(Status)) {
///             (void)PacketRingPush(Ring, First);
///         }
///         return Status;
///     }
#define KM_RING_DEFINE(Name, ElementType)                                                                    \
    typedef struct Name {                                                                                    \
        KMP_TYPED_RING Ring;                                                                                 \
    } Name;                                                                                                  \
    KMP_ASSERT_PLAIN(ElementType);                                                                           \
    KMP_TYPED NTSTATUS Name##Init(Name *Ring, ElementType *Slots, SIZE_T Count)                              \
    {                                                                                                        \
        return KmpTypedRingInit(&Ring->Ring, Slots, Count, sizeof(ElementType), FALSE);                      \
    }                                                                                                        \
    KMP_TYPED NTSTATUS Name##Create(Name *Ring, PKM_ALLOCATOR Allocator, SIZE_T Count)                       \
    {                                                                                                        \
        return KmpTypedRingCreate(&Ring->Ring, Allocator, Count, sizeof(ElementType),                        \
                                  __alignof(ElementType), FALSE);                                            \
    }                                                                                                        \
    KMP_TYPED VOID Name##Free(Name *Ring)                                                                    \
    {                                                                                                        \
        KmpTypedRingFree(&Ring->Ring, sizeof(ElementType), __alignof(ElementType));                          \
    }                                                                                                        \
    KMP_TYPED ElementType *Name##Reserve(Name *Ring)                                                         \
    {                                                                                                        \
        ULONG64 Tail = Ring->Ring.Tail;                                                                      \
                                                                                                             \
        return KmpTypedRingHasRoom(&Ring->Ring, Tail)                                                        \
                   ? (ElementType *)KmpTypedRingSlot(&Ring->Ring, Tail, sizeof(ElementType))                 \
                   : NULL;                                                                                   \
    }                                                                                                        \
    KMP_TYPED VOID Name##Publish(Name *Ring)                                                                 \
    {                                                                                                        \
        KMP_WRITE_RELEASE(&Ring->Ring.Tail, Ring->Ring.Tail + 1);                                            \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Push(Name *Ring, ElementType Element)                                            \
    {                                                                                                        \
        ULONG64 Tail = Ring->Ring.Tail;                                                                      \
                                                                                                             \
        if (!KmpTypedRingHasRoom(&Ring->Ring, Tail)) {                                                       \
            return FALSE;                                                                                    \
        }                                                                                                    \
        *(ElementType *)KmpTypedRingSlot(&Ring->Ring, Tail, sizeof(ElementType)) = Element;                  \
        KMP_WRITE_RELEASE(&Ring->Ring.Tail, Tail + 1);                                                       \
        return TRUE;                                                                                         \
    }                                                                                                        \
    KMP_TYPED ElementType *Name##Peek(Name *Ring)                                                            \
    {                                                                                                        \
        ULONG64 Head = Ring->Ring.Head;                                                                      \
                                                                                                             \
        return KmpTypedRingHasElement(&Ring->Ring, Head)                                                     \
                   ? (ElementType *)KmpTypedRingSlot(&Ring->Ring, Head, sizeof(ElementType))                 \
                   : NULL;                                                                                   \
    }                                                                                                        \
    KMP_TYPED VOID Name##Drop(Name *Ring)                                                                    \
    {                                                                                                        \
        KMP_WRITE_RELEASE(&Ring->Ring.Head, Ring->Ring.Head + 1);                                            \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Pop(Name *Ring, ElementType *Element)                                            \
    {                                                                                                        \
        ULONG64 Head = Ring->Ring.Head;                                                                      \
                                                                                                             \
        if (!KmpTypedRingHasElement(&Ring->Ring, Head)) {                                                    \
            return FALSE;                                                                                    \
        }                                                                                                    \
        *Element = *(const ElementType *)KmpTypedRingSlot(&Ring->Ring, Head, sizeof(ElementType));           \
        KMP_WRITE_RELEASE(&Ring->Ring.Head, Head + 1);                                                       \
        return TRUE;                                                                                         \
    }                                                                                                        \
    KMP_TYPED_RING_DEFINE_COMMON(Name)

#define KMP_TYPED_RING_DEFINE_COMMON(Name)                                                                   \
    KMP_TYPED SIZE_T Name##Count(const Name *Ring)                                                           \
    {                                                                                                        \
        return KmpTypedRingCount(&Ring->Ring);                                                               \
    }                                                                                                        \
    KMP_TYPED ULONG64 Name##Refused(const Name *Ring)                                                        \
    {                                                                                                        \
        return Ring->Ring.Refused;                                                                           \
    }

// ---- any number of producers and consumers
//
// Dmitry Vyukov's bounded queue: each slot has a number that says for which element it is ready. For the n-th
// it is n while the slot is free, n + 1 while the element is in it. Who has moved Tail or Head by one owns
// the slot until it writes the number.

KMP_CORE volatile ULONG64 *KmpTypedRingNumber(const KMP_TYPED_RING *Ring, ULONG64 Position, SIZE_T SlotBytes)
{
    return (volatile ULONG64 *)(PVOID)(Ring->Slots + (SIZE_T)(Position & Ring->Mask) * SlotBytes);
}

KMP_CORE BOOLEAN KmpTypedRingMove(volatile ULONG64 *Position, ULONG64 From)
{
    return (ULONG64)InterlockedCompareExchange64((volatile LONG64 *)Position, (LONG64)(From + 1),
                                                 (LONG64)From) == From;
}

// Owns the next slot, of the position that is returned in *Position; FALSE if the ring is full.
KMP_CORE BOOLEAN KmpTypedRingOwnFree(KMP_TYPED_RING *Ring, SIZE_T SlotBytes, PULONG64 Position)
{
    for (;;) {
        ULONG64 Tail = Ring->Tail, Number = KMP_READ_ACQUIRE(KmpTypedRingNumber(Ring, Tail, SlotBytes));

        if (Number == Tail) {
            if (KmpTypedRingMove(&Ring->Tail, Tail)) {
                *Position = Tail;
                return TRUE;
            }
        } else if ((LONG64)(Number - Tail) < 0) {
            // What was there a round ago is still there; unless others have gone round since Tail was read.
            if (Ring->Tail == Tail) {
                (void)InterlockedIncrement64((volatile LONG64 *)&Ring->Refused);
                return FALSE;
            }
        }
    }
}

KMP_CORE BOOLEAN KmpTypedRingOwnOldest(KMP_TYPED_RING *Ring, SIZE_T SlotBytes, PULONG64 Position)
{
    for (;;) {
        ULONG64 Head = Ring->Head, Number = KMP_READ_ACQUIRE(KmpTypedRingNumber(Ring, Head, SlotBytes));

        if (Number == Head + 1) {
            if (KmpTypedRingMove(&Ring->Head, Head)) {
                *Position = Head;
                return TRUE;
            }
        } else if ((LONG64)(Number - (Head + 1)) < 0 && Ring->Head == Head) {
            return FALSE;
        }
    }
}

// The same where there is one consumer: nobody else moves Head.
KMP_CORE BOOLEAN KmpTypedRingOwnOldestAlone(KMP_TYPED_RING *Ring, SIZE_T SlotBytes, PULONG64 Position)
{
    ULONG64 Head = Ring->Head;

    if (KMP_READ_ACQUIRE(KmpTypedRingNumber(Ring, Head, SlotBytes)) != Head + 1) {
        return FALSE;
    }
    Ring->Head = Head + 1;
    *Position = Head;
    return TRUE;
}

/// Defines the type Name, a ring of elements of ElementType for any number of producers and of consumers, on
/// any processors and at any IRQLs, the type NameSlot of its slots, and the routines below. At file scope,
/// without a semicolon.
///
/// Nobody waits for anybody, so a producer may interrupt another, or a consumer, at any instruction. Until
/// the one that was interrupted goes on, the element that it was about to add is not seen, nor are those that
/// were added after it; and a slot that it was about to empty counts as full.
///
/// - `NTSTATUS NameInit(Name *Ring, NameSlot *Slots, SIZE_T Count)`: Makes an empty ring of the caller's
///   Slots, of which there are Count, a power of two of at least 2, and which must stay as long as the ring.
///   STATUS_INVALID_PARAMETER: Count is none.
/// - `NTSTATUS NameCreate(Name *Ring, PKM_ALLOCATOR Allocator, SIZE_T Count)`: The same with slots of the
///   allocator's, at its IRQL; NameFree gives them back. STATUS_INVALID_PARAMETER,
///   STATUS_INSUFFICIENT_RESOURCES: there is no ring.
/// - `VOID NameFree(Name *Ring)`: Gives back what NameCreate has allocated. Nobody may be using the ring.
/// - `BOOLEAN NamePush(Name *Ring, ElementType Element)`: Adds an element. FALSE if the ring is full; it is
///   then counted as refused. Any IRQL.
/// - `BOOLEAN NamePop(Name *Ring, ElementType *Element)`: Takes the oldest element. FALSE if there is none.
///   Any IRQL.
/// - `BOOLEAN NamePopAlone(Name *Ring, ElementType *Element)`: As NamePop, for a ring of which there is one
///   consumer at a time: no interlocked operation. Any IRQL.
/// - `SIZE_T NameCount(const Name *Ring)`: Returns how many elements there were, those that are just being
///   added too, at one moment while it was called. Any IRQL.
/// - `ULONG64 NameRefused(const Name *Ring)`: Returns how many elements were refused, ever. Any IRQL.
///
/// An example:
///
///     typedef PIRP WORK;
///
///     KM_SHARED_RING_DEFINE(WorkRing, WORK)
///
///     static BOOLEAN TakeWork(WorkRing *Ring, WORK *Work)
///     {
///         return WorkRingPopAlone(Ring, Work);
///     }
#define KM_SHARED_RING_DEFINE(Name, ElementType)                                                             \
    typedef struct Name##Slot {                                                                              \
        volatile ULONG64 Number;                                                                             \
        ElementType Element;                                                                                 \
    } Name##Slot;                                                                                            \
    typedef struct Name {                                                                                    \
        KMP_TYPED_RING Ring;                                                                                 \
    } Name;                                                                                                  \
    KMP_ASSERT_PLAIN(ElementType);                                                                           \
    KMP_TYPED NTSTATUS Name##Init(Name *Ring, Name##Slot *Slots, SIZE_T Count)                               \
    {                                                                                                        \
        return KmpTypedRingInit(&Ring->Ring, Slots, Count, sizeof(Name##Slot), TRUE);                        \
    }                                                                                                        \
    KMP_TYPED NTSTATUS Name##Create(Name *Ring, PKM_ALLOCATOR Allocator, SIZE_T Count)                       \
    {                                                                                                        \
        return KmpTypedRingCreate(&Ring->Ring, Allocator, Count, sizeof(Name##Slot), __alignof(Name##Slot),  \
                                  TRUE);                                                                     \
    }                                                                                                        \
    KMP_TYPED VOID Name##Free(Name *Ring)                                                                    \
    {                                                                                                        \
        KmpTypedRingFree(&Ring->Ring, sizeof(Name##Slot), __alignof(Name##Slot));                            \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Push(Name *Ring, ElementType Element)                                            \
    {                                                                                                        \
        ULONG64 Position;                                                                                    \
        Name##Slot *Slot;                                                                                    \
                                                                                                             \
        if (!KmpTypedRingOwnFree(&Ring->Ring, sizeof(Name##Slot), &Position)) {                              \
            return FALSE;                                                                                    \
        }                                                                                                    \
        Slot = (Name##Slot *)(PVOID)Ring->Ring.Slots + (SIZE_T)(Position & Ring->Ring.Mask);                 \
        Slot->Element = Element;                                                                             \
        KMP_WRITE_RELEASE(&Slot->Number, Position + 1);                                                      \
        return TRUE;                                                                                         \
    }                                                                                                        \
    KMP_TYPED VOID KmpTake##Name(Name *Ring, ULONG64 Position, ElementType *Element)                         \
    {                                                                                                        \
        Name##Slot *Slot = (Name##Slot *)(PVOID)Ring->Ring.Slots + (SIZE_T)(Position & Ring->Ring.Mask);     \
                                                                                                             \
        *Element = Slot->Element;                                                                            \
        KMP_WRITE_RELEASE(&Slot->Number, Position + Ring->Ring.Mask + 1);                                    \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Pop(Name *Ring, ElementType *Element)                                            \
    {                                                                                                        \
        ULONG64 Position;                                                                                    \
                                                                                                             \
        if (!KmpTypedRingOwnOldest(&Ring->Ring, sizeof(Name##Slot), &Position)) {                            \
            return FALSE;                                                                                    \
        }                                                                                                    \
        KmpTake##Name(Ring, Position, Element);                                                              \
        return TRUE;                                                                                         \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##PopAlone(Name *Ring, ElementType *Element)                                       \
    {                                                                                                        \
        ULONG64 Position;                                                                                    \
                                                                                                             \
        if (!KmpTypedRingOwnOldestAlone(&Ring->Ring, sizeof(Name##Slot), &Position)) {                       \
            return FALSE;                                                                                    \
        }                                                                                                    \
        KmpTake##Name(Ring, Position, Element);                                                              \
        return TRUE;                                                                                         \
    }                                                                                                        \
    KMP_TYPED_RING_DEFINE_COMMON(Name)

#endif
