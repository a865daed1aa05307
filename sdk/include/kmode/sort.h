// SPDX-License-Identifier: MIT
// Sorting and searching arrays of elements of any size: of a vec by <kmode/vec.h>, of any other memory by
// these.
//
//     static LONG NTAPI ComparePriorities(const VOID *Left, const VOID *Right, PVOID Context)
//     {
//         UNREFERENCED_PARAMETER(Context);
//         return KmCompareNumbers(*(const LONG *)Left, *(const LONG *)Right);
//     }
//
//     static NTSTATUS FindPriority(PLONG Priorities, SIZE_T Count, LONG Wanted, PSIZE_T Position)
//     {
//         KmSort(Priorities, Count, sizeof(LONG), ComparePriorities, NULL);
//         return KmBinarySearch(&Wanted, Priorities, Count, sizeof(LONG), ComparePriorities, NULL, Position);
//     }
#ifndef KMODE_SORT_H
#define KMODE_SORT_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/sort.h>"
#endif

#include <kmode/container.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Sorts Count elements of ElementBytes each in place, so that Compare answers 0 or less for each and the one
/// behind it. In O(n log n) steps whatever the order was, in O(n) if they are sorted already, or backwards;
/// without recursion, with less than 1.5 KB of stack. Not stable: elements that are alike may change places.
///
/// Elements are moved as bytes while it runs, and Compare may be given the address of a copy. A Compare that
/// contradicts itself gives some order, and nothing worse. Any IRQL at which the elements are resident.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmSort(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes, _In_ PKM_COMPARE Compare,
           _In_opt_ PVOID Context);

/// As KmSort, and elements that are alike keep their order. Takes memory for half of the elements from
/// Allocator until it returns. Returns STATUS_INSUFFICIENT_RESOURCES if there is none; the elements are as
/// they were then. The IRQL is the allocator's.
///
///     static NTSTATUS SortStable(PULONG Numbers, SIZE_T Count)
///     {
///         KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'troS');
///
///         return KmSortStable(Numbers, Count, sizeof(ULONG), KmCompareUlong, NULL, &Pool);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSortStable(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                 _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context, _In_ PKM_ALLOCATOR Allocator);

/// Finds Key, of any type that Compare takes as its left side, among Count elements that are sorted by
/// Compare. Returns STATUS_SUCCESS, and in *Position the index of the first element that is like Key;
/// STATUS_NOT_FOUND, and in *Position the index of the first element that comes after it, Count if there is
/// none. Any IRQL at which the elements are resident.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmBinarySearch(_In_ const VOID *Key, _In_ const VOID *Elements, _In_ SIZE_T Count,
                   _In_ SIZE_T ElementBytes, _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context,
                   _Out_ PSIZE_T Position);

// The heap sort that KmSortInline turns to when its partitions are bad.
VOID NTAPI KmpHeapSort(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                       _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context);

// Elements up to so large are moved by way of a copy, larger ones by exchanging them.
#define KMP_SORT_COPY_BYTES 64
// Up to so many are sorted by insertion.
#define KMP_SORT_FEW        20
// Of so many, the pivot is the middle one of nine instead of three.
#define KMP_SORT_MANY       128

// Up to so large are exchanged without asking whether they must be, which costs less than a branch that no
// processor can predict.
#define KMP_SORT_BLIND_BYTES 16
// The larger half waits while the smaller is sorted: so many for as many elements as memory has room for.
#define KMP_SORT_WAITING     48

typedef struct KMP_SORT_RANGE {
    PUCHAR First;
    SIZE_T Count;
} KMP_SORT_RANGE;

KMP_INLINE VOID KmpSortSwap(_Inout_ PUCHAR First, _Inout_ PUCHAR Second, _In_ SIZE_T ElementBytes)
{
    DECLSPEC_ALIGN(16) UCHAR Copy[KMP_SORT_COPY_BYTES];
    SIZE_T Bytes;

    while (ElementBytes != 0) {
        Bytes = ElementBytes < KMP_SORT_COPY_BYTES ? ElementBytes : KMP_SORT_COPY_BYTES;
        KMP_COPY(Copy, First, Bytes);
        KMP_MOVE(First, Second, Bytes);
        KMP_COPY(Second, Copy, Bytes);
        First += Bytes;
        Second += Bytes;
        ElementBytes -= Bytes;
    }
}

KMP_INLINE PUCHAR KmpSortMedian(_In_ PUCHAR First, _In_ PUCHAR Second, _In_ PUCHAR Third,
                                _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context)
{
    if (Compare(Second, First, Context) < 0) {
        PUCHAR Exchanged = First;

        First = Second;
        Second = Exchanged;
    }
    if (Compare(Third, Second, Context) < 0) {
        return Compare(Third, First, Context) < 0 ? First : Third;
    }
    return Second;
}

// Moves a pivot to First.
KMP_INLINE VOID KmpSortChoosePivot(_Inout_ PUCHAR First, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                                   _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context)
{
    PUCHAR Pivot[3];
    SIZE_T Step = Count / 8 * ElementBytes, Index;

    if (Count < KMP_SORT_MANY) {
        Pivot[1] = KmpSortMedian(First, First + Count / 2 * ElementBytes, First + (Count - 1) * ElementBytes,
                                 Compare, Context);
    } else {
        for (Index = 0; Index < 3; Index += 1) {
            PUCHAR Start = First + Index * 3 * Step;

            Pivot[Index] = KmpSortMedian(Start, Start + Step,
                                         Index < 2 ? Start + 2 * Step : First + (Count - 1) * ElementBytes,
                                         Compare, Context);
        }
        Pivot[1] = KmpSortMedian(Pivot[0], Pivot[1], Pivot[2], Compare, Context);
    }
    KmpSortSwap(First, Pivot[1], ElementBytes);
}

// Moves what comes before the pivot, which is at First, to the front, and the pivot behind that; with
// AlikeToo, what is like the pivot counts as before it. Returns the pivot's index.
KMP_INLINE SIZE_T KmpSortPartition(_Inout_ PUCHAR First, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                                   _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context, _In_ BOOLEAN AlikeToo)
{
    DECLSPEC_ALIGN(16) UCHAR Copy[KMP_SORT_COPY_BYTES];
    const VOID *Pivot = First;
    PUCHAR End = First + Count * ElementBytes, Front = First + ElementBytes, Element;
    BOOLEAN IsBefore;

    if (ElementBytes <= KMP_SORT_COPY_BYTES) {
        // A copy may be held in a register; First may not, for all that the compiler knows.
        KMP_COPY(Copy, First, ElementBytes);
        Pivot = Copy;
    }
    for (Element = Front; Element != End; Element += ElementBytes) {
        IsBefore = AlikeToo ? Compare(Pivot, Element, Context) >= 0 : Compare(Element, Pivot, Context) < 0;
        if (ElementBytes <= KMP_SORT_BLIND_BYTES) {
            KmpSortSwap(Front, Element, ElementBytes);
            Front += IsBefore ? ElementBytes : 0;
        } else if (IsBefore) {
            if (Front != Element) {
                KmpSortSwap(Front, Element, ElementBytes);
            }
            Front += ElementBytes;
        }
    }
    Front -= ElementBytes;
    KmpSortSwap(First, Front, ElementBytes);
    return (SIZE_T)(Front - First) / ElementBytes;
}

KMP_INLINE VOID KmpSortByInsertion(_Inout_ PUCHAR First, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                                   _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context)
{
    DECLSPEC_ALIGN(16) UCHAR Copy[KMP_SORT_COPY_BYTES];
    PUCHAR End = First + Count * ElementBytes, Element, Hole;

    for (Element = First + ElementBytes; Element < End; Element += ElementBytes) {
        Hole = Element;
        if (ElementBytes > KMP_SORT_COPY_BYTES) {
            while (Hole != First && Compare(Hole, Hole - ElementBytes, Context) < 0) {
                KmpSortSwap(Hole, Hole - ElementBytes, ElementBytes);
                Hole -= ElementBytes;
            }
        } else if (Compare(Element, Element - ElementBytes, Context) < 0) {
            KMP_COPY(Copy, Element, ElementBytes);
            do {
                KMP_COPY(Hole, Hole - ElementBytes, ElementBytes);
                Hole -= ElementBytes;
            } while (Hole != First && Compare(Copy, Hole - ElementBytes, Context) < 0);
            KMP_COPY(Hole, Copy, ElementBytes);
        }
    }
}

// TRUE: the elements were in order, or backwards, and are in order now.
KMP_INLINE BOOLEAN KmpSortOfOrdered(_Inout_ PUCHAR First, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                                    _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context)
{
    PUCHAR Last = First + (Count - 1) * ElementBytes, Element = First;

    while (Element != Last && Compare(Element + ElementBytes, Element, Context) >= 0) {
        Element += ElementBytes;
    }
    if (Element == Last) {
        return TRUE;
    }
    if (Element != First) {
        return FALSE;
    }
    while (Element != Last && Compare(Element + ElementBytes, Element, Context) < 0) {
        Element += ElementBytes;
    }
    if (Element != Last) {
        return FALSE;
    }
    for (; First < Last; First += ElementBytes, Last -= ElementBytes) {
        KmpSortSwap(First, Last, ElementBytes);
    }
    return TRUE;
}

/// As KmSort, compiled where it is called: with a constant ElementBytes and a Compare whose body the compiler
/// sees, that makes one sort for one type, several times as quick for small elements, of about 1.5 KB of
/// code. Call it at one place of a driver. IRQL: that of Compare. Needs 1 KB of stack, 3 KB where the
/// compiler does not optimize.
///
///     static VOID SortQuickly(PULONG Numbers, SIZE_T Count)
///     {
///         KmSortInline(Numbers, Count, sizeof(ULONG), KmCompareUlong, NULL);
///     }
KMP_INLINE VOID KmSortInline(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes,
                             _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context)
{
    KMP_SORT_RANGE Waiting[KMP_SORT_WAITING];
    // Partitions that leave one side nearly everything, before it is a case for KmpHeapSort: of what waits,
    // and now.
    UCHAR WaitingAllowed[KMP_SORT_WAITING], BadAllowed = 1;
    ULONG WaitingCount = 0;
    PUCHAR First = (PUCHAR)Elements;
    SIZE_T Index;

    if (Count < 2 || KmpSortOfOrdered(First, Count, ElementBytes, Compare, Context)) {
        return;
    }
    for (Index = Count; Index > 1; Index /= 2) {
        BadAllowed += 1;
    }
    for (;;) {
        if (Count > KMP_SORT_FEW && BadAllowed != 0) {
            KmpSortChoosePivot(First, Count, ElementBytes, Compare, Context);
            if (First != (PUCHAR)Elements && Compare(First - ElementBytes, First, Context) >= 0) {
                // Nothing here comes before the element in front, which was a pivot and is like this one:
                // what is like both is in its place.
                Index = KmpSortPartition(First, Count, ElementBytes, Compare, Context, TRUE) + 1;
                First += Index * ElementBytes;
                Count -= Index;
                continue;
            }
            Index = KmpSortPartition(First, Count, ElementBytes, Compare, Context, FALSE);
            if (Index < Count / 8 || Count - Index - 1 < Count / 8) {
                BadAllowed -= 1;
            }
            WaitingAllowed[WaitingCount] = BadAllowed;
            if (Index < Count / 2) {
                Waiting[WaitingCount].First = First + (Index + 1) * ElementBytes;
                Waiting[WaitingCount].Count = Count - Index - 1;
                Count = Index;
            } else {
                Waiting[WaitingCount].First = First;
                Waiting[WaitingCount].Count = Index;
                First += (Index + 1) * ElementBytes;
                Count -= Index + 1;
            }
            WaitingCount += 1;
            continue;
        }
        if (Count > KMP_SORT_FEW) {
            KmpHeapSort(First, Count, ElementBytes, Compare, Context);
        } else {
            KmpSortByInsertion(First, Count, ElementBytes, Compare, Context);
        }
        if (WaitingCount == 0) {
            return;
        }
        WaitingCount -= 1;
        First = Waiting[WaitingCount].First;
        Count = Waiting[WaitingCount].Count;
        BadAllowed = WaitingAllowed[WaitingCount];
    }
}

#ifdef __cplusplus
}
#endif

#endif
