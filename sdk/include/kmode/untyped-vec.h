// SPDX-License-Identifier: MIT
// What the macros of <kmode/vec.h> call: a vec whose elements are so many bytes each. Nothing here is for a
// driver.
//
// What is short, or is on the way of every push, is inlined; nothing that is not inlined is given a vec's
// address, so that a vec in a local variable lives in registers.
#ifndef KMODE_UNTYPED_VEC_H
#define KMODE_UNTYPED_VEC_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/untyped-vec.h>"
#endif

#include <kmode/container.h>
#include <kmode/sort.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What every vec begins with. Of the macros alone.
typedef struct KM_UNTYPED_VEC {
    PVOID Elements;
    SIZE_T Count;    ///< of elements
    SIZE_T Capacity; ///< in elements
    PKM_ALLOCATOR Allocator;
} KM_UNTYPED_VEC, *PKM_UNTYPED_VEC;

// Memory for Count + Additional elements instead of that for *Capacity, which it updates: at least twice as
// much if ForMore, else exactly so much. NULL: there is none, and nothing has changed.
_Must_inspect_result_ PVOID NTAPI KmpVecGrow(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Elements,
                                             _In_ SIZE_T Count, _In_ SIZE_T Additional,
                                             _In_ SIZE_T ElementBytes, _In_ BOOLEAN ForMore,
                                             _Inout_ PSIZE_T Capacity);

// Moves the element at Count - 1 before the one at Index.
VOID NTAPI KmpVecRotateLast(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ SIZE_T Index,
                            _In_ SIZE_T ElementBytes);

// Return how many elements are left; they stand first.
SIZE_T NTAPI KmpVecRetainElements(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ PKM_PREDICATE Keep,
                                  _In_opt_ PVOID Context, _In_ SIZE_T ElementBytes);
SIZE_T NTAPI KmpVecDedupElements(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ PKM_COMPARE Compare,
                                 _In_opt_ PVOID Context, _In_ SIZE_T ElementBytes);

VOID NTAPI KmpVecReverse(_Inout_ PVOID Elements, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes);
VOID NTAPI KmpVecSwapElements(_Inout_ PVOID First, _Inout_ PVOID Second, _In_ SIZE_T ElementBytes);

// The index of the first element from Start on that Match takes; Count if there is none.
SIZE_T NTAPI KmpVecFindElement(_In_ const VOID *Elements, _In_ SIZE_T Count, _In_ SIZE_T Start,
                               _In_ PKM_PREDICATE Match, _In_opt_ PVOID Context, _In_ SIZE_T ElementBytes);

KMP_INLINE PUCHAR KmpVecAddress(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T Index, _In_ SIZE_T ElementBytes)
{
    return (PUCHAR)Vec->Elements + Index * ElementBytes;
}

KMP_INLINE VOID KmpVecInit(_Out_ PKM_UNTYPED_VEC Vec, _In_ PKM_ALLOCATOR Allocator)
{
    Vec->Elements = NULL;
    Vec->Count = 0;
    Vec->Capacity = 0;
    Vec->Allocator = Allocator;
}

KMP_INLINE VOID KmpVecFree(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T ElementBytes)
{
    KmFree(Vec->Allocator, Vec->Elements, Vec->Capacity * ElementBytes);
    KmpVecInit(Vec, Vec->Allocator);
}

KMP_INLINE PVOID KmpVecRelease(_Inout_ PKM_UNTYPED_VEC Vec)
{
    PVOID Elements = Vec->Elements;

    KmpVecInit(Vec, Vec->Allocator);
    return Elements;
}

KMP_INLINE SIZE_T KmpVecIndex(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T Index)
{
    if (Index >= Vec->Count) {
        KmFailFast(FAST_FAIL_RANGE_CHECK_FAILURE);
    }
    return Index;
}

// NULL if there is none.
KMP_INLINE PVOID KmpVecFirst(_In_ const KM_UNTYPED_VEC *Vec)
{
    return Vec->Count != 0 ? Vec->Elements : NULL;
}

KMP_INLINE PVOID KmpVecLast(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T ElementBytes)
{
    return Vec->Count != 0 ? KmpVecAddress(Vec, Vec->Count - 1, ElementBytes) : NULL;
}

KMP_INLINE PVOID KmpVecElement(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T Index, _In_ SIZE_T ElementBytes)
{
    return KmpVecAddress(Vec, KmpVecIndex(Vec, Index), ElementBytes);
}

KMP_INLINE SIZE_T KmpVecRange(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T Index, _In_ SIZE_T Count)
{
    if (Index > Vec->Count || Count > Vec->Count - Index) {
        KmFailFast(FAST_FAIL_RANGE_CHECK_FAILURE);
    }
    return Index;
}

KMP_INLINE BOOLEAN KmpVecMakeRoom(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Additional,
                                  _In_ SIZE_T ElementBytes, _In_ BOOLEAN ForMore)
{
    if (Additional > Vec->Capacity - Vec->Count) {
        SIZE_T Capacity = Vec->Capacity;
        PVOID Elements = KmpVecGrow(Vec->Allocator, Vec->Elements, Vec->Count, Additional, ElementBytes,
                                    ForMore, &Capacity);

        if (Elements == NULL) {
            return FALSE;
        }
        Vec->Elements = Elements;
        Vec->Capacity = Capacity;
    }
    return TRUE;
}

KMP_INLINE BOOLEAN KmpVecHasRoom(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T ElementBytes)
{
    // The common case is one comparison: Count is never above Capacity.
    if (KMP_UNLIKELY(Vec->Count == Vec->Capacity)) {
        return KmpVecMakeRoom(Vec, 1, ElementBytes, TRUE);
    }
    return TRUE;
}

KMP_INLINE NTSTATUS KmpVecReserve(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Additional,
                                  _In_ SIZE_T ElementBytes)
{
    return KmpVecMakeRoom(Vec, Additional, ElementBytes, TRUE) ? STATUS_SUCCESS
                                                               : STATUS_INSUFFICIENT_RESOURCES;
}

KMP_INLINE NTSTATUS KmpVecGet(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T Index, _Out_ PVOID Element,
                              _In_ SIZE_T ElementBytes)
{
    if (Index >= Vec->Count) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    KMP_COPY(Element, KmpVecAddress(Vec, Index, ElementBytes), ElementBytes);
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecPop(_Inout_ PKM_UNTYPED_VEC Vec, _Out_ PVOID Element, _In_ SIZE_T ElementBytes)
{
    if (Vec->Count == 0) {
        return STATUS_NO_MORE_ENTRIES;
    }
    Vec->Count -= 1;
    KMP_COPY(Element, KmpVecAddress(Vec, Vec->Count, ElementBytes), ElementBytes);
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecInsertLast(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Index, _In_ SIZE_T ElementBytes)
{
    if (Index >= Vec->Count) {
        Vec->Count -= 1;
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    KmpVecRotateLast(Vec->Elements, Vec->Count, Index, ElementBytes);
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecRemove(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Index, _In_ SIZE_T Count,
                                 _In_ SIZE_T ElementBytes)
{
    if (Index > Vec->Count || Count > Vec->Count - Index) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    if (Count != 0) {
        KMP_MOVE(KmpVecAddress(Vec, Index, ElementBytes), KmpVecAddress(Vec, Index + Count, ElementBytes),
                 (Vec->Count - Index - Count) * ElementBytes);
        Vec->Count -= Count;
    }
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecTake(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Index, _Out_ PVOID Element,
                               _In_ SIZE_T ElementBytes)
{
    NTSTATUS Status = KmpVecGet(Vec, Index, Element, ElementBytes);

    return Status == STATUS_SUCCESS ? KmpVecRemove(Vec, Index, 1, ElementBytes) : Status;
}

KMP_INLINE NTSTATUS KmpVecSwapRemove(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Index, _In_ SIZE_T ElementBytes)
{
    if (Index >= Vec->Count) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    Vec->Count -= 1;
    if (Index != Vec->Count) {
        KMP_COPY(KmpVecAddress(Vec, Index, ElementBytes), KmpVecAddress(Vec, Vec->Count, ElementBytes),
                 ElementBytes);
    }
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecSwap(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T First, _In_ SIZE_T Second,
                               _In_ SIZE_T ElementBytes)
{
    if (First >= Vec->Count || Second >= Vec->Count) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    KmpVecSwapElements(KmpVecAddress(Vec, First, ElementBytes), KmpVecAddress(Vec, Second, ElementBytes),
                       ElementBytes);
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecInsertMany(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Index, _In_ const VOID *Source,
                                     _In_ SIZE_T Count, _In_ SIZE_T ElementBytes)
{
    ULONG_PTR Old = (ULONG_PTR)Vec->Elements, Offset = (ULONG_PTR)Source - Old;
    PUCHAR Gap;
    SIZE_T GapBytes, BytesBefore;

    if (Index > Vec->Count) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    if (Count == 0) {
        return STATUS_SUCCESS;
    }
    if (!KmpVecMakeRoom(Vec, Count, ElementBytes, TRUE)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Gap = KmpVecAddress(Vec, Index, ElementBytes);
    GapBytes = Count * ElementBytes;
    KMP_MOVE(Gap + GapBytes, Gap, (Vec->Count - Index) * ElementBytes);
    if (Old != 0 && Offset < Vec->Count * ElementBytes) {
        // The vec's own: wherever they are now, those from the gap on have moved up.
        BytesBefore = Offset < Index * ElementBytes ? Index * ElementBytes - Offset : 0;
        BytesBefore = BytesBefore < GapBytes ? BytesBefore : GapBytes;
        KMP_MOVE(Gap, (PUCHAR)Vec->Elements + Offset, BytesBefore);
        KMP_MOVE(Gap + BytesBefore, (PUCHAR)Vec->Elements + Offset + BytesBefore + GapBytes,
                 GapBytes - BytesBefore);
    } else {
        KMP_COPY(Gap, Source, GapBytes);
    }
    Vec->Count += Count;
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecExtend(_Inout_ PKM_UNTYPED_VEC Vec, _In_ const VOID *Source, _In_ SIZE_T Count,
                                 _In_ SIZE_T ElementBytes)
{
    return KmpVecInsertMany(Vec, Vec->Count, Source, Count, ElementBytes);
}

KMP_INLINE VOID KmpVecTruncate(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Count)
{
    if (Count < Vec->Count) {
        Vec->Count = Count;
    }
}

KMP_INLINE NTSTATUS KmpVecResize(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes)
{
    if (Count > Vec->Count) {
        if (!KmpVecMakeRoom(Vec, Count - Vec->Count, ElementBytes, FALSE)) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlZeroMemory(KmpVecAddress(Vec, Vec->Count, ElementBytes), (Count - Vec->Count) * ElementBytes);
    }
    Vec->Count = Count;
    return STATUS_SUCCESS;
}

KMP_INLINE NTSTATUS KmpVecShrink(_Inout_ PKM_UNTYPED_VEC Vec, _In_ SIZE_T ElementBytes)
{
    PVOID Elements;

    if (Vec->Count == 0) {
        KmpVecFree(Vec, ElementBytes);
    } else if (Vec->Count != Vec->Capacity) {
        Elements =
            KmRealloc(Vec->Allocator, Vec->Elements, Vec->Capacity * ElementBytes, Vec->Count * ElementBytes);
        if (Elements == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Vec->Elements = Elements;
        Vec->Capacity = Vec->Count;
    }
    return STATUS_SUCCESS;
}

KMP_INLINE VOID KmpVecMove(_Inout_ PKM_UNTYPED_VEC To, _Inout_ PKM_UNTYPED_VEC From, _In_ SIZE_T ElementBytes)
{
    KM_UNTYPED_VEC Moved = *From;

    if (To == From) {
        return;
    }
    KmpVecFree(To, ElementBytes);
    *To = Moved;
    KmpVecInit(From, Moved.Allocator);
}

KMP_INLINE NTSTATUS KmpVecClone(_Inout_ PKM_UNTYPED_VEC To, _In_ const KM_UNTYPED_VEC *From,
                                _In_ SIZE_T ElementBytes)
{
    if (From->Count > To->Count && !KmpVecMakeRoom(To, From->Count - To->Count, ElementBytes, FALSE)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (From->Count != 0) {
        KMP_MOVE(To->Elements, From->Elements, From->Count * ElementBytes);
    }
    To->Count = From->Count;
    return STATUS_SUCCESS;
}

KMP_INLINE SIZE_T KmpVecRetain(_Inout_ PKM_UNTYPED_VEC Vec, _In_ PKM_PREDICATE Keep, _In_opt_ PVOID Context,
                               _In_ SIZE_T ElementBytes)
{
    SIZE_T Before = Vec->Count;

    Vec->Count = KmpVecRetainElements(Vec->Elements, Before, Keep, Context, ElementBytes);
    return Before - Vec->Count;
}

KMP_INLINE SIZE_T KmpVecDedup(_Inout_ PKM_UNTYPED_VEC Vec, _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context,
                              _In_ SIZE_T ElementBytes)
{
    SIZE_T Before = Vec->Count;

    Vec->Count = KmpVecDedupElements(Vec->Elements, Before, Compare, Context, ElementBytes);
    return Before - Vec->Count;
}

KMP_INLINE NTSTATUS KmpVecFind(_In_ const KM_UNTYPED_VEC *Vec, _In_ SIZE_T Start, _In_ PKM_PREDICATE Match,
                               _In_opt_ PVOID Context, _Out_ PSIZE_T Position, _In_ SIZE_T ElementBytes)
{
    SIZE_T Index = KmpVecFindElement(Vec->Elements, Vec->Count, Start, Match, Context, ElementBytes);

    if (Index >= Vec->Count) {
        return STATUS_NOT_FOUND;
    }
    *Position = Index;
    return STATUS_SUCCESS;
}

KMP_INLINE BOOLEAN KmpVecIsEqual(_In_ const KM_UNTYPED_VEC *First, _In_ const KM_UNTYPED_VEC *Second,
                                 _In_ SIZE_T ElementBytes)
{
    SIZE_T Bytes = First->Count * ElementBytes;

    return First->Count == Second->Count &&
           (Bytes == 0 || RtlCompareMemory(First->Elements, Second->Elements, Bytes) == Bytes);
}

KMP_INLINE VOID KmpVecSort(_Inout_ PKM_UNTYPED_VEC Vec, _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context,
                           _In_ SIZE_T ElementBytes)
{
    KmSort(Vec->Elements, Vec->Count, ElementBytes, Compare, Context);
}

KMP_INLINE VOID KmpVecSortInline(_Inout_ PKM_UNTYPED_VEC Vec, _In_ PKM_COMPARE Compare,
                                 _In_opt_ PVOID Context, _In_ SIZE_T ElementBytes)
{
    KmSortInline(Vec->Elements, Vec->Count, ElementBytes, Compare, Context);
}

_Must_inspect_result_ KMP_INLINE NTSTATUS KmpVecSortStable(_Inout_ PKM_UNTYPED_VEC Vec,
                                                           _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context,
                                                           _In_ SIZE_T ElementBytes)
{
    return KmSortStable(Vec->Elements, Vec->Count, ElementBytes, Compare, Context, Vec->Allocator);
}

KMP_INLINE NTSTATUS KmpVecBinarySearch(_In_ const KM_UNTYPED_VEC *Vec, _In_ const VOID *Key,
                                       _In_ PKM_COMPARE Compare, _In_opt_ PVOID Context,
                                       _Out_ PSIZE_T Position, _In_ SIZE_T ElementBytes)
{
    return KmBinarySearch(Key, Vec->Elements, Vec->Count, ElementBytes, Compare, Context, Position);
}

#ifdef __cplusplus
}
#endif

#endif
