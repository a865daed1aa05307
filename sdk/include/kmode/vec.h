// SPDX-License-Identifier: MIT
// Vec: a growing array of one type, in memory of any allocator.
//
//     typedef KM_VEC(ULONG) ULONG_VEC;
//
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'sdIK');
//     static ULONG_VEC Ids = KM_VEC_INIT(&Pool);
//
//     static NTSTATUS Remember(ULONG Id)
//     {
//         return KmVecPush(&Ids, Id);
//     }
//
//     static ULONG Sum(VOID)
//     {
//         ULONG Total = 0;
//
//         KmVecForEach(ULONG, Id, &Ids) {
//             Total += *Id;
//         }
//         return Total;
//     }
//
//     static VOID Forget(VOID)
//     {
//         KmVecFree(&Ids);
//     }
//
// A vec is a plain value: it is initialized, moved by KmVecMove, and given back by KmVecFree. It has no lock:
// whoever shares one guards it. Elements are copied and moved as bytes; in C++ they are trivially copyable.
//
// IRQL: what may allocate or free (it says so) asks for the allocator's MaximumIrql or below; all the rest
// may be called at any IRQL at which the elements are resident.
//
// Each argument is evaluated once, but where it says otherwise, and in C by a compiler without statement
// expressions, as MSVC: there KmVecAt, KmVecSet, KmVecFirst, KmVecLast, KmVecPush and KmVecInsert evaluate
// Vec several times, and the two with an Index that twice. An element may have commas that are in no
// parentheses, as `(POINT){1, 2}` has in C.
//
// A routine that fails leaves the vec as it was. An index out of range is STATUS_ARRAY_BOUNDS_EXCEEDED; only
// KmVecAt and KmVecDrain, which have no status, stop the system by KmFailFast instead of touching what is not
// the vec's. Vec.Elements[Index] is not checked.
//
// No permissive C library is under it: klib's kvec and STC's vec end the program, or write through NULL, when
// memory is out, and know one allocator, that of the C library.
#ifndef KMODE_VEC_H
#define KMODE_VEC_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/vec.h>"
#endif

#include <kmode/container.h>
#include <kmode/sort.h>
#include <kmode/untyped-vec.h>

// What evaluates Vec and Value several times, and needs no extension.
#define KMP_VEC_SET_PLAIN(Vec, Index, Value)                                                                 \
    ((SIZE_T)(Index) < (Vec)->Untyped.Count ? ((void)((Vec)->Elements[Index] = Value), STATUS_SUCCESS)       \
                                            : STATUS_ARRAY_BOUNDS_EXCEEDED)
#define KMP_VEC_PUSH_PLAIN(Vec, Value)                                                                       \
    (KmpVecHasRoom(&(Vec)->Untyped, KMP_SIZE_OF((Vec)->Elements))                                            \
         ? ((void)((Vec)->Elements[(Vec)->Untyped.Count] = Value), (Vec)->Untyped.Count += 1,                \
            STATUS_SUCCESS)                                                                                  \
         : STATUS_INSUFFICIENT_RESOURCES)
#define KMP_VEC_INSERT_PLAIN(Vec, Index, Value)                                                              \
    ((SIZE_T)(Index) > (Vec)->Untyped.Count ? STATUS_ARRAY_BOUNDS_EXCEEDED                                   \
     : KMP_VEC_PUSH_PLAIN(Vec, Value) == STATUS_SUCCESS                                                      \
         ? KmpVecInsertLast(&(Vec)->Untyped, (Index), KMP_SIZE_OF((Vec)->Elements))                          \
         : STATUS_INSUFFICIENT_RESOURCES)

#if defined(__cplusplus) || defined(KMP_STATEMENT_EXPRESSIONS)
#define KMP_VEC_AT(Vec, Index)                                                                               \
    (*KMP_POINTER_OF((Vec)->Elements, KmpVecElement(&(Vec)->Untyped, (Index), KMP_SIZE_OF((Vec)->Elements))))
#define KMP_VEC_FIRST(Vec) KMP_POINTER_OF((Vec)->Elements, KmpVecFirst(&(Vec)->Untyped))
#define KMP_VEC_LAST(Vec)                                                                                    \
    KMP_POINTER_OF((Vec)->Elements, KmpVecLast(&(Vec)->Untyped, KMP_SIZE_OF((Vec)->Elements)))
#else
#define KMP_VEC_AT(Vec, Index) ((Vec)->Elements[KmpVecIndex(&(Vec)->Untyped, (Index))])
#define KMP_VEC_FIRST(Vec)     (KmVecIsEmpty(Vec) ? NULL : (Vec)->Elements)
#define KMP_VEC_LAST(Vec)      (KmVecIsEmpty(Vec) ? NULL : (Vec)->Elements + (KmVecCount(Vec) - 1))
#endif

#if defined(__cplusplus)
template <class Type> struct KmpValueOf;
template <class Type> struct KmpValueOf<Type &> {
    typedef Type Value;
};
#define KMP_VEC_VALUE(Vector) typename KmpValueOf<decltype(*static_cast<Vector *>(nullptr)->Elements)>::Value
template <class Vector> KMP_INLINE NTSTATUS KmpVecSet(Vector *Vec, SIZE_T Index, KMP_VEC_VALUE(Vector) Value)
{
    return KMP_VEC_SET_PLAIN(Vec, Index, Value);
}
template <class Vector> KMP_INLINE NTSTATUS KmpVecPush(Vector *Vec, KMP_VEC_VALUE(Vector) Value)
{
    return KMP_VEC_PUSH_PLAIN(Vec, Value);
}
template <class Vector>
KMP_INLINE NTSTATUS KmpVecInsert(Vector *Vec, SIZE_T Index, KMP_VEC_VALUE(Vector) Value)
{
    return KMP_VEC_INSERT_PLAIN(Vec, Index, Value);
}
#define KMP_VEC_SET(Vec, Index, Value)    KmpVecSet((Vec), (Index), Value)
#define KMP_VEC_PUSH(Vec, Value)          KmpVecPush((Vec), Value)
#define KMP_VEC_INSERT(Vec, Index, Value) KmpVecInsert((Vec), (Index), Value)
#elif defined(KMP_STATEMENT_EXPRESSIONS)
#define KMP_VEC_SET(Vec, Index, Value)                                                                       \
    __extension__({                                                                                          \
        __auto_type KmpSetVec = (Vec);                                                                       \
        SIZE_T KmpSetIndex = (Index);                                                                        \
        KMP_VEC_SET_PLAIN(KmpSetVec, KmpSetIndex, Value);                                                    \
    })
#define KMP_VEC_PUSH(Vec, Value)                                                                             \
    __extension__({                                                                                          \
        __auto_type KmpPushVec = (Vec);                                                                      \
        __typeof__(*KmpPushVec->Elements) KmpPushed = Value;                                                 \
        KMP_VEC_PUSH_PLAIN(KmpPushVec, KmpPushed);                                                           \
    })
#define KMP_VEC_INSERT(Vec, Index, Value)                                                                    \
    __extension__({                                                                                          \
        __auto_type KmpInsertVec = (Vec);                                                                    \
        SIZE_T KmpInsertIndex = (Index);                                                                     \
        __typeof__(*KmpInsertVec->Elements) KmpInserted = Value;                                             \
        KMP_VEC_INSERT_PLAIN(KmpInsertVec, KmpInsertIndex, KmpInserted);                                     \
    })
#else
#define KMP_VEC_SET    KMP_VEC_SET_PLAIN
#define KMP_VEC_PUSH   KMP_VEC_PUSH_PLAIN
#define KMP_VEC_INSERT KMP_VEC_INSERT_PLAIN
#endif

/// The type of a vec of Type, which is aligned to MEMORY_ALLOCATION_ALIGNMENT at most (else what allocates
/// does not compile). Each use is a type of its own: give it a name by typedef. Elements is the address of
/// the first element; NULL while nothing is allocated.
#define KM_VEC(Type)                                                                                         \
    union {                                                                                                  \
        KM_UNTYPED_VEC Untyped;                                                                              \
        Type *Elements;                                                                                      \
    }

/// The initializer of an empty vec, whose memory will be Allocator's.
#define KM_VEC_INIT(Allocator)                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            NULL, 0, 0, (Allocator)                                                                          \
        }                                                                                                    \
    }

/// Makes Vec empty; allocates nothing. Allocator is used until KmVecFree.
///
///     typedef KM_VEC(PVOID) POINTER_VEC;
///
///     static NTSTATUS TryRoom(PKM_ALLOCATOR Allocator, PVOID Address)
///     {
///         POINTER_VEC Vec;
///         NTSTATUS Status;
///
///         KmVecInit(&Vec, Allocator);
///         Status = KmVecReserve(&Vec, 10);
///         if (NT_SUCCESS(Status) && KmVecCapacity(&Vec) > KmVecCount(&Vec)) {
///             Status = KmVecPush(&Vec, Address); // does not allocate
///         }
///         if (!KmVecIsEmpty(&Vec)) {
///             Status = KmVecShrink(&Vec);
///         }
///         KmVecFree(&Vec);
///         return Status;
///     }
#define KmVecInit(Vec, Allocator) KmpVecInit(&(Vec)->Untyped, (Allocator))

/// Gives the memory back. The vec is empty then, and may be used again. Frees.
#define KmVecFree(Vec) KmpVecFree(&(Vec)->Untyped, KMP_SIZE_OF((Vec)->Elements))

/// How many elements Vec has, as a SIZE_T.
#define KmVecCount(Vec) ((Vec)->Untyped.Count)

/// How many elements Vec has room for, as a SIZE_T.
#define KmVecCapacity(Vec) ((Vec)->Untyped.Capacity)

/// Whether Vec has no element.
#define KmVecIsEmpty(Vec) ((Vec)->Untyped.Count == 0)

// ---- one element

/// The element at Index, to be read or assigned. An index that is not below KmVecCount stops the system
/// (FAST_FAIL_RANGE_CHECK_FAILURE) in every build: KmVecGet and KmVecSet answer with a status.
///
///     typedef KM_VEC(ULONG) ULONG_VEC;
///
///     static NTSTATUS TryElements(ULONG_VEC *Ids)
///     {
///         ULONG Id;
///
///         if (!NT_SUCCESS(KmVecPush(Ids, 7)) || !NT_SUCCESS(KmVecInsert(Ids, 0, 5))) {
///             return STATUS_INSUFFICIENT_RESOURCES;
///         }
///         KmVecAt(Ids, 0) += 1;
///         *KmVecLast(Ids) = *KmVecFirst(Ids); // not NULL: there are two at least
///         if (KmVecSet(Ids, 1, 8) == STATUS_SUCCESS && KmVecGet(Ids, 1, &Id) == STATUS_SUCCESS) {
///             KmInfo("%lu", Id);
///         }
///         if (KmVecTake(Ids, 0, &Id) == STATUS_SUCCESS && KmVecSwap(Ids, 0, 0) == STATUS_SUCCESS) {
///             KmInfo("%lu was the first", Id);
///         }
///         while (KmVecPop(Ids, &Id) == STATUS_SUCCESS) {
///             KmInfo("%lu", Id);
///         }
///         return KmVecRemove(Ids, 3) == STATUS_SUCCESS ? KmVecSwapRemove(Ids, 2) :
///         STATUS_ARRAY_BOUNDS_EXCEEDED;
///     }
#define KmVecAt(Vec, Index) KMP_VEC_AT(Vec, Index)

/// Copies the element at Index to *Element. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if there is none; *Element
/// is left alone then.
#define KmVecGet(Vec, Index, Element)                                                                        \
    KmpVecGet(&(Vec)->Untyped, (Index), (Element), KMP_SIZE_OF_BOTH((Vec)->Elements, (Element)))

/// KmVecSet(Vec, Index, Value) makes the element at Index have Value. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if
/// there is none, and Value may not have been evaluated then.
#define KmVecSet(Vec, Index, ...) KMP_VEC_SET(Vec, Index, (__VA_ARGS__))

/// The addresses of the first and of the last element; NULL if Vec is empty. They hold until the vec next
/// grows, shrinks or is freed.
#define KmVecFirst(Vec) KMP_VEC_FIRST(Vec)
#define KmVecLast(Vec)  KMP_VEC_LAST(Vec)

/// KmVecPush(Vec, Value) adds Value, which may be an element of the vec itself, behind the last element.
/// Returns STATUS_INSUFFICIENT_RESOURCES if there is no memory. Value is evaluated before the vec grows.
/// Allocates only when KmVecCount is KmVecCapacity, so never within what KmVecReserve has made room for.
///
/// C by a compiler without statement expressions, as MSVC, evaluates Value after the vec has grown: an
/// element of the vec is KmVecAt(Vec, Index) there, and not what a pointer refers to that was had before.
#define KmVecPush(Vec, ...) KMP_VEC_PUSH(Vec, (__VA_ARGS__))

/// Takes the last element off, into *Element. Returns STATUS_NO_MORE_ENTRIES if there is none.
#define KmVecPop(Vec, Element)                                                                               \
    KmpVecPop(&(Vec)->Untyped, (Element), KMP_SIZE_OF_BOTH((Vec)->Elements, (Element)))

/// KmVecInsert(Vec, Index, Value) puts Value before the element at Index; Index KmVecCount: at the end. Later
/// elements move up. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if Index is above KmVecCount,
/// STATUS_INSUFFICIENT_RESOURCES. Allocates as KmVecPush.
#define KmVecInsert(Vec, Index, ...) KMP_VEC_INSERT(Vec, Index, (__VA_ARGS__))

/// Takes the element at Index out; later elements move down. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if there is
/// none.
#define KmVecRemove(Vec, Index) KmpVecRemove(&(Vec)->Untyped, (Index), 1, KMP_SIZE_OF((Vec)->Elements))

/// As KmVecRemove, and copies what is taken out to *Element.
#define KmVecTake(Vec, Index, Element)                                                                       \
    KmpVecTake(&(Vec)->Untyped, (Index), (Element), KMP_SIZE_OF_BOTH((Vec)->Elements, (Element)))

/// Takes the element at Index out and puts the last one in its place: as quick for a long vec as for a short
/// one, but the order is lost. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if there is none.
#define KmVecSwapRemove(Vec, Index) KmpVecSwapRemove(&(Vec)->Untyped, (Index), KMP_SIZE_OF((Vec)->Elements))

/// Exchanges the elements at First and at Second. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if one of them is
/// none.
#define KmVecSwap(Vec, First, Second)                                                                        \
    KmpVecSwap(&(Vec)->Untyped, (First), (Second), KMP_SIZE_OF((Vec)->Elements))

// ---- many elements

/// Adds a copy of SourceCount elements at Source, which may be the vec's own, behind the last. Returns
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
///
///     typedef KM_VEC(ULONG) ULONG_VEC;
///
///     static NTSTATUS TryMany(ULONG_VEC *Ids, ULONG_VEC *Copy)
///     {
///         static const ULONG Known[] = {2, 3, 5};
///         NTSTATUS Status = KmVecExtend(Ids, Known, RTL_NUMBER_OF(Known));
///
///         if (NT_SUCCESS(Status)) {
///             Status = KmVecInsertMany(Ids, 0, Known, 2);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmVecRemoveMany(Ids, 1, 2);
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmVecResize(Ids, 64);
///         }
///         KmVecTruncate(Ids, 10);
///         if (NT_SUCCESS(Status)) {
///             Status = KmVecClone(Copy, Ids);
///         }
///         if (!KmVecIsEqual(Copy, Ids)) {
///             KmVecClear(Copy);
///         }
///         KmVecMove(Ids, Copy);
///         return Status;
///     }
#define KmVecExtend(Vec, Source, SourceCount)                                                                \
    KmpVecExtend(&(Vec)->Untyped, (Source), (SourceCount), KMP_SIZE_OF_BOTH((Vec)->Elements, (Source)))

/// Puts a copy of SourceCount elements at Source, which may be the vec's own, before the element at Index;
/// Index KmVecCount: at the end. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if Index is above KmVecCount,
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
#define KmVecInsertMany(Vec, Index, Source, SourceCount)                                                     \
    KmpVecInsertMany(&(Vec)->Untyped, (Index), (Source), (SourceCount),                                      \
                     KMP_SIZE_OF_BOTH((Vec)->Elements, (Source)))

/// Takes RemovedCount elements from Index on out; later elements move down. Returns
/// STATUS_ARRAY_BOUNDS_EXCEEDED if there are not so many.
#define KmVecRemoveMany(Vec, Index, RemovedCount)                                                            \
    KmpVecRemove(&(Vec)->Untyped, (Index), (RemovedCount), KMP_SIZE_OF((Vec)->Elements))

/// Makes room for Additional elements beyond those there are, so that adding so many does not allocate, and
/// cannot fail: for instance under a spin lock. Returns STATUS_INSUFFICIENT_RESOURCES, also if no memory
/// could be so large. Allocates if there is no room.
#define KmVecReserve(Vec, Additional)                                                                        \
    KmpVecReserve(&(Vec)->Untyped, (Additional), KMP_SIZE_OF((Vec)->Elements))

/// Makes Vec have NewCount elements: what is too much goes, what is missing is zeroed. Returns
/// STATUS_INSUFFICIENT_RESOURCES. Allocates if there is no room.
#define KmVecResize(Vec, NewCount) KmpVecResize(&(Vec)->Untyped, (NewCount), KMP_SIZE_OF((Vec)->Elements))

/// Drops the elements from NewCount on; nothing if there are not so many. The room stays.
#define KmVecTruncate(Vec, NewCount) KmpVecTruncate(&(Vec)->Untyped, (NewCount))

/// Drops all elements. The room stays: KmVecFree gives it back.
#define KmVecClear(Vec) KmpVecTruncate(&(Vec)->Untyped, 0)

/// Gives back room that no element has. Returns STATUS_INSUFFICIENT_RESOURCES if that takes new memory, which
/// is not there. Allocates and frees.
#define KmVecShrink(Vec) KmpVecShrink(&(Vec)->Untyped, KMP_SIZE_OF((Vec)->Elements))

/// Makes To, whose own elements are freed, have those of From, which is empty then; both are of one type. The
/// memory stays that of From's allocator, which becomes To's. Frees.
#define KmVecMove(To, From)                                                                                  \
    KmpVecMove(&(To)->Untyped, &(From)->Untyped, KMP_SIZE_OF_BOTH((To)->Elements, (From)->Elements))

/// Makes To have a copy of From's elements instead of its own; both are of one type. Returns
/// STATUS_INSUFFICIENT_RESOURCES. Allocates from To's allocator if there is no room.
#define KmVecClone(To, From)                                                                                 \
    KmpVecClone(&(To)->Untyped, &(From)->Untyped, KMP_SIZE_OF_BOTH((To)->Elements, (From)->Elements))

/// Gives the memory up: returns its address, typed, which may be NULL, and leaves the vec empty. The caller
/// gives it back by KmFree(Allocator, Elements, Capacity * the size of an element), so reads KmVecCount and
/// KmVecCapacity before.
///
///     typedef KM_VEC(ULONG) ULONG_VEC;
///
///     static PULONG GiveAway(ULONG_VEC *Ids, PSIZE_T Bytes)
///     {
///         *Bytes = KmVecCapacity(Ids) * sizeof(ULONG);
///         return KmVecRelease(Ids);
///     }
#define KmVecRelease(Vec) KMP_POINTER_OF((Vec)->Elements, KmpVecRelease(&(Vec)->Untyped))

// ---- one after the other

/// A loop over the elements in their order: Element is declared as a pointer to Type and points at one after
/// the other. Elements may be written; the vec must not grow, shrink or lose elements within. break and
/// continue do what they do in any loop. Vec is evaluated twice, before the first round.
///
///     typedef KM_VEC(ULONG) ULONG_VEC;
///
///     static VOID TryLoops(ULONG_VEC *Ids)
///     {
///         KmVecForEach(ULONG, Id, Ids) {
///             *Id += 1;
///         }
///         KmVecForEachReverse(ULONG, Id, Ids) {
///             if (*Id == 0) {
///                 break;
///             }
///             KmInfo("%lu", *Id);
///         }
///         KmVecDrain(ULONG, Id, Ids, 0, KmVecCount(Ids)) {
///             KmInfo("%lu is out", *Id);
///         }
///     }
#define KmVecForEach(Type, Element, Vec)                                                                     \
    for (Type *Element = (Vec)->Elements, *Element##End_ = Element + (Vec)->Untyped.Count;                   \
         Element != Element##End_; Element += 1)

/// As KmVecForEach, the last element first. Vec is evaluated three times.
#define KmVecForEachReverse(Type, Element, Vec)                                                              \
    for (Type *Element##Start_ = (Vec)->Elements, *Element##End_ = Element##Start_ + (Vec)->Untyped.Count,   \
              *Element = NULL;                                                                               \
         Element##End_ != Element##Start_ && (Element = Element##End_ - 1, TRUE); Element##End_ -= 1)

/// A loop over the DrainedCount elements from Index on, as KmVecForEach, after which they are taken out: at
/// its end, and after a break, too; a return or goto out of it leaves them in. Elements that are not there
/// stop the system (FAST_FAIL_RANGE_CHECK_FAILURE). Vec is evaluated three times, DrainedCount twice.
#define KmVecDrain(Type, Element, Vec, Index, DrainedCount)                                                  \
    for (Type *Element##First_ = (Vec)->Elements + KmpVecRange(&(Vec)->Untyped, (Index), (DrainedCount)),    \
              *Element##Last_ = Element##First_ + (DrainedCount);                                            \
         Element##First_ != NULL;                                                                            \
         Element##First_ = ((void)KmpVecRemove(&(Vec)->Untyped, (SIZE_T)(Element##First_ - (Vec)->Elements), \
                                               (SIZE_T)(Element##Last_ - Element##First_), sizeof(Type)),    \
                            (Type *)NULL))                                                                   \
        for (Type *Element = Element##First_; Element != Element##Last_; Element += 1)

/// Takes out every element for which Keep answers FALSE; the others keep their order. Keep sees each element
/// once, in order. Returns how many were taken out.
///
///     typedef KM_VEC(ULONG) ULONG_VEC;
///
///     static BOOLEAN NTAPI IsOdd(const VOID *Element, PVOID Context)
///     {
///         UNREFERENCED_PARAMETER(Context);
///         return (*(const ULONG *)Element & 1) != 0;
///     }
///
///     static SIZE_T KeepOdd(ULONG_VEC *Numbers)
///     {
///         SIZE_T Removed = KmVecRetain(Numbers, IsOdd, NULL), Position;
///
///         if (KmVecFind(Numbers, 0, IsOdd, NULL, &Position) == STATUS_SUCCESS) {
///             KmInfo("%lu is odd", KmVecAt(Numbers, Position));
///         }
///         return Removed + KmVecDedup(Numbers, KmCompareUlong, NULL);
///     }
#define KmVecRetain(Vec, Keep, Context)                                                                      \
    KmpVecRetain(&(Vec)->Untyped, (Keep), (Context), KMP_SIZE_OF((Vec)->Elements))

/// Of elements that follow each other and for which Compare answers 0, keeps the first: of a sorted vec, one
/// of each. Returns how many were taken out.
#define KmVecDedup(Vec, Compare, Context)                                                                    \
    KmpVecDedup(&(Vec)->Untyped, (Compare), (Context), KMP_SIZE_OF((Vec)->Elements))

/// Puts the elements in the opposite order.
#define KmVecReverse(Vec)                                                                                    \
    KmpVecReverse((Vec)->Untyped.Elements, (Vec)->Untyped.Count, KMP_SIZE_OF((Vec)->Elements))

// ---- order and search

/// Sorts in place, in O(n log n) steps whatever the order was, without recursion, with less than 1.5 KB of
/// stack. Not stable: elements that are alike may change places (see KmVecSortStable). See KmSort.
///
///     typedef KM_VEC(ULONG) ULONG_VEC;
///
///     static NTSTATUS AddInOrder(ULONG_VEC *Numbers, ULONG Number)
///     {
///         SIZE_T Position;
///
///         if (KmVecBinarySearch(Numbers, &Number, KmCompareUlong, NULL, &Position) == STATUS_SUCCESS) {
///             return STATUS_OBJECT_NAME_COLLISION;
///         }
///         return KmVecInsert(Numbers, Position, Number);
///     }
///
///     static NTSTATUS TryOrders(ULONG_VEC *Numbers)
///     {
///         KmVecSort(Numbers, KmCompareUlong, NULL);
///         KmVecReverse(Numbers);
///         KmVecSortInline(Numbers, KmCompareUlong, NULL);
///         return KmVecSortStable(Numbers, KmCompareUlong, NULL);
///     }
#define KmVecSort(Vec, Compare, Context)                                                                     \
    KmpVecSort(&(Vec)->Untyped, (Compare), (Context), KMP_SIZE_OF((Vec)->Elements))

/// As KmVecSort, with the whole sort compiled where it stands and Compare within it, if the compiler sees
/// Compare's body: 1.5 KB of code, and several times as quick for small elements. See KmSortInline.
#define KmVecSortInline(Vec, Compare, Context)                                                               \
    KmpVecSortInline(&(Vec)->Untyped, (Compare), (Context), KMP_SIZE_OF((Vec)->Elements))

/// As KmVecSort, and elements that are alike keep their order. Returns STATUS_INSUFFICIENT_RESOURCES if there
/// is no memory for half of the elements, taken from the vec's allocator until it returns; the vec is as it
/// was then.
#define KmVecSortStable(Vec, Compare, Context)                                                               \
    KmpVecSortStable(&(Vec)->Untyped, (Compare), (Context), KMP_SIZE_OF((Vec)->Elements))

/// Finds Key, of any type that Compare takes as its left side, in a vec that is sorted by Compare. Returns
/// STATUS_SUCCESS, and in *Position the index of the first element that is like Key; STATUS_NOT_FOUND, and in
/// *Position where KmVecInsert would keep the order.
#define KmVecBinarySearch(Vec, Key, Compare, Context, Position)                                              \
    KmpVecBinarySearch(&(Vec)->Untyped, (Key), (Compare), (Context), (Position), KMP_SIZE_OF((Vec)->Elements))

/// Finds the first element from Start on for which Match answers TRUE. Returns STATUS_SUCCESS, and its index
/// in *Position; STATUS_NOT_FOUND, also if Start is behind the end, and *Position is left alone.
#define KmVecFind(Vec, Start, Match, Context, Position)                                                      \
    KmpVecFind(&(Vec)->Untyped, (Start), (Match), (Context), (Position), KMP_SIZE_OF((Vec)->Elements))

/// Whether First and Second, of one type, have elements of the same bytes in the same order.
#define KmVecIsEqual(First, Second)                                                                          \
    KmpVecIsEqual(&(First)->Untyped, &(Second)->Untyped,                                                     \
                  KMP_SIZE_OF_BOTH((First)->Elements, (Second)->Elements))

#endif
