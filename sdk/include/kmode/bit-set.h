// SPDX-License-Identifier: MIT
// Bit set: a set of small numbers, a bit each, that grows in memory of any allocator, or stays in memory that
// it is given.
//
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tinU');
//     static KM_BIT_SET Units = KM_BIT_SET_INIT(&Pool);
//
//     static NTSTATUS NewUnit(PSIZE_T Unit)
//     {
//         return KmBitSetTake(&Units, Unit); // the least that is free
//     }
//
//     static VOID ListUnits(VOID)
//     {
//         SIZE_T Unit;
//
//         KmBitSetForEach(Unit, &Units) {
//             KmInfo("unit %Iu", Unit);
//         }
//     }
//
//     static VOID EndUnits(VOID)
//     {
//         KmBitSetFree(&Units);
//     }
//
// Every number is in the set or not: of those from KmBitSetSize on, none is. A set has no lock; the atomic
// routines need none beside each other, and while the set neither grows nor is freed.
//
// IRQL: what may allocate or free (it says so) asks for the allocator's MaximumIrql or below; all the rest
// may be called at any IRQL at which the bits are resident. A routine that fails leaves the set as it was.
//
// RTL_BITMAP, which KmBitSetGetBitmap makes one of, has neither growth nor unions nor atomic bits; STC's
// cbits, the best of the C libraries, ends the program when memory is out.
#ifndef KMODE_BIT_SET_H
#define KMODE_BIT_SET_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/bit-set.h>"
#endif

#include <kmode/container.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A set. Bits that have no number, in the last word, are 0.
typedef struct KM_BIT_SET {
    PULONG64 Words;
    SIZE_T Size;     ///< the numbers that have a bit
    SIZE_T Capacity; ///< of Words
    PKM_ALLOCATOR Allocator;
} KM_BIT_SET, *PKM_BIT_SET;

/// As Allocator: the set does not grow.
#define KM_BIT_SET_FIXED NULL

/// How many words KmBitSetInitFixed needs for Size bits.
#define KM_BIT_SET_WORDS(Size) (((SIZE_T)(Size) + 63) / 64)

/// The initializer of an empty set that grows, in Allocator's memory.
#define KM_BIT_SET_INIT(Allocator) {NULL, 0, 0, (Allocator)}

/// Makes Set empty; it will grow in Allocator's memory. Allocates nothing.
///
///     static NTSTATUS Three(PKM_ALLOCATOR Allocator)
///     {
///         KM_BIT_SET Set;
///         NTSTATUS Status;
///
///         KmBitSetInit(&Set, Allocator);
///         Status = KmBitSetSet(&Set, 3);
///         KmBitSetFree(&Set);
///         return Status;
///     }
KMP_INLINE VOID KmBitSetInit(_Out_ PKM_BIT_SET Set, _In_ PKM_ALLOCATOR Allocator)
{
    Set->Words = NULL;
    Set->Size = Set->Capacity = 0;
    Set->Allocator = Allocator;
}

/// Makes Set empty, of Size bits in Words, KM_BIT_SET_WORDS(Size) of them, which stay the caller's. It never
/// grows.
///
///     static BOOLEAN HasDoubles(const UCHAR *Numbers, SIZE_T Count)
///     {
///         ULONG64 Words[KM_BIT_SET_WORDS(256)];
///         KM_BIT_SET Seen;
///         SIZE_T Index;
///
///         KmBitSetInitFixed(&Seen, Words, 256);
///         for (Index = 0; Index < Count; Index += 1) {
///             if (KmBitSetTest(&Seen, Numbers[Index])) {
///                 return TRUE;
///             }
///             (void)KmBitSetSet(&Seen, Numbers[Index]);
///         }
///         return FALSE;
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmBitSetInitFixed(_Out_ PKM_BIT_SET Set, _In_ PULONG64 Words, _In_ SIZE_T Size);

/// Gives the memory back. The set is empty then, and may be used again; one that does not grow keeps its
/// memory. Frees.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmBitSetFree(_Inout_ PKM_BIT_SET Set);

/// The numbers that have a bit: those from here on are not in the set.
KMP_INLINE SIZE_T KmBitSetSize(_In_ const KM_BIT_SET *Set)
{
    return Set->Size;
}

/// Gives at least Size numbers a bit, so that setting them does not allocate, and cannot fail. Returns
/// STATUS_INSUFFICIENT_RESOURCES; STATUS_BUFFER_TOO_SMALL if the set does not grow. Allocates if there is no
/// room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmBitSetReserve(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Size);

// ---- one number

/// Whether Bit is in the set.
KMP_INLINE BOOLEAN KmBitSetTest(_In_ const KM_BIT_SET *Set, _In_ SIZE_T Bit)
{
    return Bit < Set->Size && (Set->Words[Bit / 64] >> (Bit % 64) & 1) != 0;
}

/// Puts Bit into the set. Returns as KmBitSetReserve. Allocates if Bit has no bit.
KMP_INLINE NTSTATUS KmBitSetSet(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Bit)
{
    if (Bit >= Set->Size) {
        NTSTATUS Status = Bit != (SIZE_T)-1 ? KmBitSetReserve(Set, Bit + 1) : STATUS_INSUFFICIENT_RESOURCES;

        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Set->Words[Bit / 64] |= 1ull << (Bit % 64);
    return STATUS_SUCCESS;
}

/// Takes Bit out of the set, if it is in it.
KMP_INLINE VOID KmBitSetClear(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Bit)
{
    if (Bit < Set->Size) {
        Set->Words[Bit / 64] &= ~(1ull << (Bit % 64));
    }
}

// The halves of a word are in the order of their bits.
KMP_INLINE volatile LONG *KmpBitSetHalf(_In_ const KM_BIT_SET *Set, _In_ SIZE_T Bit)
{
    if (Bit >= Set->Size) {
        KmFailFast(FAST_FAIL_RANGE_CHECK_FAILURE);
    }
    return (volatile LONG *)Set->Words + Bit / 32;
}

/// Puts Bit into the set, atomically and as a full memory barrier. Returns whether it was in it. Bit is below
/// KmBitSetSize: any other stops the system (FAST_FAIL_RANGE_CHECK_FAILURE).
///
///     static BOOLEAN ClaimSlot(PKM_BIT_SET Slots, SIZE_T Slot)
///     {
///         if (KmBitSetAtomicTest(Slots, Slot) || KmBitSetAtomicSet(Slots, Slot)) {
///             return FALSE;
///         }
///         if (Slot == 0) {
///             (void)KmBitSetAtomicClear(Slots, Slot);
///         }
///         return Slot != 0;
///     }
KMP_INLINE BOOLEAN KmBitSetAtomicSet(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Bit)
{
    ULONG Mask = 1u << (Bit % 32);

    return ((ULONG)InterlockedOr(KmpBitSetHalf(Set, Bit), (LONG)Mask) & Mask) != 0;
}

/// As KmBitSetAtomicSet, takes Bit out of the set.
KMP_INLINE BOOLEAN KmBitSetAtomicClear(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Bit)
{
    ULONG Mask = 1u << (Bit % 32);

    return ((ULONG)InterlockedAnd(KmpBitSetHalf(Set, Bit), (LONG)~Mask) & Mask) != 0;
}

/// As KmBitSetTest, read anew each time. Bit is below KmBitSetSize, as for KmBitSetAtomicSet.
KMP_INLINE BOOLEAN KmBitSetAtomicTest(_In_ const KM_BIT_SET *Set, _In_ SIZE_T Bit)
{
    return ((ULONG)*KmpBitSetHalf(Set, Bit) >> (Bit % 32) & 1) != 0;
}

// ---- many numbers

/// Puts the Count numbers from Bit on into the set. Returns as KmBitSetReserve. Allocates if one has no bit.
///
///     static NTSTATUS TryRanges(PKM_BIT_SET Pages, SIZE_T Run)
///     {
///         SIZE_T First;
///         NTSTATUS Status = KmBitSetReserve(Pages, 1000);
///
///         if (NT_SUCCESS(Status)) {
///             Status = KmBitSetFindClearRun(Pages, 0, Run, &First);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmBitSetSetRange(Pages, First, Run);
///         }
///         if (KmBitSetFindSet(Pages, 0, &First) == STATUS_SUCCESS) {
///             KmBitSetClearRange(Pages, First, 1);
///         }
///         if (KmBitSetFindClear(Pages, 0, &First) == STATUS_SUCCESS && KmBitSetIsEmpty(Pages)) {
///             KmBitSetClear(Pages, First);
///         }
///         KmInfo("%Iu of %Iu", KmBitSetCount(Pages), KmBitSetSize(Pages));
///         KmBitSetClearAll(Pages);
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmBitSetSetRange(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Bit, _In_ SIZE_T Count);

/// Takes the Count numbers from Bit on out of the set.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmBitSetClearRange(_Inout_ PKM_BIT_SET Set, _In_ SIZE_T Bit, _In_ SIZE_T Count);

/// Takes all numbers out of the set. The room stays.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmBitSetClearAll(_Inout_ PKM_BIT_SET Set);

/// How many numbers are in the set. Goes through all bits.
_IRQL_requires_max_(HIGH_LEVEL) SIZE_T NTAPI KmBitSetCount(_In_ const KM_BIT_SET *Set);

/// Whether no number is in the set.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmBitSetIsEmpty(_In_ const KM_BIT_SET *Set);

/// Find the first number from Start on that is in the set; that is not. Return STATUS_SUCCESS, and it in
/// *Bit; STATUS_NOT_FOUND if there is none, and *Bit is left alone. A set that grows has always one that is
/// not, perhaps without a bit yet; one that does not grow ends at its size.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmBitSetFindSet(_In_ const KM_BIT_SET *Set, _In_ SIZE_T Start, _Out_ PSIZE_T Bit);
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmBitSetFindClear(_In_ const KM_BIT_SET *Set, _In_ SIZE_T Start, _Out_ PSIZE_T Bit);

/// Finds the first Count numbers from Start on that follow each other and are not in the set; as
/// KmBitSetFindClear. Count 0 finds Start.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmBitSetFindClearRun(_In_ const KM_BIT_SET *Set, _In_ SIZE_T Start, _In_ SIZE_T Count, _Out_ PSIZE_T Bit);

/// Puts the least number that is not in the set into it, and *Bit is it. Returns STATUS_NOT_FOUND if the set
/// does not grow and is full, STATUS_INSUFFICIENT_RESOURCES. Allocates if it has no bit.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmBitSetTake(_Inout_ PKM_BIT_SET Set, _Out_ PSIZE_T Bit);

/// A loop over the numbers of the set from the least on: Bit, a SIZE_T variable, is one after the other.
/// Those that the loop puts in or takes out behind Bit count. Set is evaluated in each round.
#define KmBitSetForEach(Bit, Set)                                                                            \
    for ((Bit) = 0; KmBitSetFindSet((Set), (Bit), &(Bit)) == STATUS_SUCCESS; (Bit) += 1)

// ---- two sets

/// Puts all numbers of From into To. Returns as KmBitSetReserve. Allocates if one has no bit.
///
///     static NTSTATUS TrySets(PKM_BIT_SET Wanted, PKM_BIT_SET Given, PKM_BIT_SET Missing)
///     {
///         NTSTATUS Status = KmBitSetCopy(Missing, Wanted);
///
///         if (NT_SUCCESS(Status)) {
///             KmBitSetSubtract(Missing, Given);
///             KmBitSetIntersect(Missing, Wanted);
///             Status = KmBitSetUnite(Given, Missing);
///         }
///         if (KmBitSetIsEqual(Given, Wanted) || !KmBitSetIntersects(Missing, Given) ||
///         KmBitSetIsSubset(Wanted, Given)) {
///             KmInfo("all is there");
///         }
///         return Status;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmBitSetUnite(_Inout_ PKM_BIT_SET To, _In_ const KM_BIT_SET *From);

/// Makes To have the numbers of From. Returns as KmBitSetReserve. Allocates if one has no bit.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmBitSetCopy(_Inout_ PKM_BIT_SET To, _In_ const KM_BIT_SET *From);

/// Takes what is not in Other out of Set.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmBitSetIntersect(_Inout_ PKM_BIT_SET Set, _In_ const KM_BIT_SET *Other);

/// Takes what is in Other out of Set.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmBitSetSubtract(_Inout_ PKM_BIT_SET Set, _In_ const KM_BIT_SET *Other);

/// Whether both have the same numbers; whether Set has none that Other has not; whether there is one that
/// both have.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmBitSetIsEqual(_In_ const KM_BIT_SET *Set, _In_ const KM_BIT_SET *Other);
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmBitSetIsSubset(_In_ const KM_BIT_SET *Set, _In_ const KM_BIT_SET *Other);
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmBitSetIntersects(_In_ const KM_BIT_SET *Set, _In_ const KM_BIT_SET *Other);

/// Makes Bitmap one of the same bits, for the system's routines (RtlFindLongestRunClear and their like). It
/// holds as long as the set does not grow. Returns STATUS_BUFFER_OVERFLOW if the set has more bits than a
/// bitmap can.
///
///     static NTSTATUS LongestRun(PKM_BIT_SET Set, PULONG First, PULONG Count)
///     {
///         RTL_BITMAP Bitmap;
///         NTSTATUS Status = KmBitSetGetBitmap(Set, &Bitmap);
///
///         if (NT_SUCCESS(Status)) {
///             *Count = RtlFindLongestRunClear(&Bitmap, First);
///         }
///         return Status;
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmBitSetGetBitmap(_In_ PKM_BIT_SET Set, _Out_ PRTL_BITMAP Bitmap);

#ifdef __cplusplus
}
#endif

#endif
