// SPDX-License-Identifier: MIT
// Lists that go through their elements, over LIST_ENTRY and SINGLE_LIST_ENTRY, that know what their elements
// are.
//
//     typedef struct REQUEST {
//         ULONG Id;
//         LIST_ENTRY Link;
//     } REQUEST, *PREQUEST;
//
//     typedef KM_LIST(REQUEST, Link) REQUEST_LIST;
//
//     static ULONG Drop(REQUEST_LIST *List, ULONG Id)
//     {
//         ULONG Dropped = 0;
//
//         KmListForEach(REQUEST, Request, List) {
//             if (Request->Id == Id) {
//                 KmListRemove(List, Request);
//                 Dropped += 1;
//             }
//         }
//         return Dropped;
//     }
//
// A list owns nothing, allocates nothing, has no lock. An element is in one list at most by each of its
// links, and is not freed or moved while it is in one. A list whose links have been overwritten, an element
// that is put in while it is in a list, or taken out while it is in none, stops the system
// (FAST_FAIL_CORRUPT_LIST_ENTRY), in every build, on every Windows: the kit's own lists check from Windows 8
// on, and do not see the last two.
//
// For that, the Link of an element that is in no list is zero: zero it when the element is made, as KmAlloc
// does.
//
// IRQL: any at which list and elements are resident. Lists of the kit are these: List.Head is the LIST_ENTRY.
// No permissive C library is under it: uthash's utlist and Linux's list.h in its free copies check nothing.
#ifndef KMODE_LIST_H
#define KMODE_LIST_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/list.h>"
#endif

#include <kmode/container.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The type of a list of Type, a structure, by its LIST_ENTRY Member. Each use is a type of its own: give it
/// a name by typedef, behind the structure's.
#define KM_LIST(Type, Member)                                                                                \
    union {                                                                                                  \
        LIST_ENTRY Head;                                                                                     \
        Type *Element;                               /* never read: what the elements are */                 \
        UCHAR (*Offset)[offsetof(Type, Member) + 1]; /* never read: where their link is */                   \
    }

// Where the elements of List have their link.
#define KMP_LIST_OFFSET(List) (sizeof(*(List)->Offset) - 1)

// Does not compile if Element is no pointer to what List is of; not evaluated.
#define KMP_LIST_CHECK(List, Pointer) (0 * sizeof((Pointer) - (List)->Element))

KMP_INLINE VOID KmpListCheck(_In_ PLIST_ENTRY First, _In_ PLIST_ENTRY Second)
{
    if (First->Flink != Second || Second->Blink != First) {
        KmFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
}

KMP_INLINE PLIST_ENTRY KmpListLink(_In_ PVOID Element, _In_ SIZE_T Offset)
{
    return (PLIST_ENTRY)((PUCHAR)Element + Offset);
}

// As KmpListLink, to be read.
KMP_INLINE const LIST_ENTRY *KmpListLinkOf(_In_ const VOID *Element, _In_ SIZE_T Offset)
{
    return (const LIST_ENTRY *)((const UCHAR *)Element + Offset);
}

// The element of Link; NULL if that is the list's head.
KMP_INLINE PVOID KmpListElement(_In_ const LIST_ENTRY *Head, _In_ PLIST_ENTRY Link, _In_ SIZE_T Offset)
{
    return Link != Head ? (PUCHAR)Link - Offset : NULL;
}

KMP_INLINE VOID KmpListInit(_Out_ PLIST_ENTRY Head)
{
    Head->Flink = Head->Blink = Head;
}

// Between neighbours, whichever of them was asked for the other.
KMP_INLINE VOID KmpListInsert(_Inout_ PLIST_ENTRY Previous, _Inout_ PLIST_ENTRY Next,
                              _Inout_ PLIST_ENTRY Link)
{
    if (Link->Flink != NULL || Link->Blink != NULL) {
        KmFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    KmpListCheck(Previous, Next);
    Link->Flink = Next;
    Link->Blink = Previous;
    Next->Blink = Link;
    Previous->Flink = Link;
}

KMP_INLINE VOID KmpListInsertAfter(_Inout_ PLIST_ENTRY Previous, _Inout_ PLIST_ENTRY Link)
{
    KmpListInsert(Previous, Previous->Flink, Link);
}

KMP_INLINE VOID KmpListInsertBefore(_Inout_ PLIST_ENTRY Next, _Inout_ PLIST_ENTRY Link)
{
    KmpListInsert(Next->Blink, Next, Link);
}

KMP_INLINE VOID KmpListRemove(_Inout_ PLIST_ENTRY Link)
{
    PLIST_ENTRY Next = Link->Flink, Previous = Link->Blink;

    if (Next == NULL || Previous == NULL) {
        KmFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    KmpListCheck(Previous, Link);
    KmpListCheck(Link, Next);
    Previous->Flink = Next;
    Next->Blink = Previous;
    Link->Flink = Link->Blink = NULL;
}

KMP_INLINE BOOLEAN KmpListIsEmpty(_In_ const LIST_ENTRY *Head)
{
    return Head->Flink == Head;
}

KMP_INLINE PVOID KmpListFirst(_In_ const LIST_ENTRY *Head, _In_ SIZE_T Offset)
{
    return KmpListElement(Head, Head->Flink, Offset);
}

KMP_INLINE PVOID KmpListLast(_In_ const LIST_ENTRY *Head, _In_ SIZE_T Offset)
{
    return KmpListElement(Head, Head->Blink, Offset);
}

// Takes the one at Link out, unless that is the head; returns its element.
KMP_INLINE PVOID KmpListPop(_In_ PLIST_ENTRY Head, _In_ PLIST_ENTRY Link, _In_ SIZE_T Offset)
{
    if (Link == Head) {
        return NULL;
    }
    KmpListRemove(Link);
    return (PUCHAR)Link - Offset;
}

KMP_INLINE PVOID KmpListPopFront(_Inout_ PLIST_ENTRY Head, _In_ SIZE_T Offset)
{
    return KmpListPop(Head, Head->Flink, Offset);
}

KMP_INLINE PVOID KmpListPopBack(_Inout_ PLIST_ENTRY Head, _In_ SIZE_T Offset)
{
    return KmpListPop(Head, Head->Blink, Offset);
}

// All of From behind the last of To.
KMP_INLINE VOID KmpListAppend(_Inout_ PLIST_ENTRY To, _Inout_ PLIST_ENTRY From, _In_ SIZE_T Check)
{
    PLIST_ENTRY First = From->Flink, Last = From->Blink;

    UNREFERENCED_PARAMETER(Check);
    if (First == From || To == From) {
        return;
    }
    KmpListCheck(From, First);
    KmpListCheck(Last, From);
    KmpListCheck(To->Blink, To);
    To->Blink->Flink = First;
    First->Blink = To->Blink;
    To->Blink = Last;
    Last->Flink = To;
    KmpListInit(From);
}

KMP_INLINE SIZE_T KmpListCount(_In_ const LIST_ENTRY *Head)
{
    PLIST_ENTRY Link;
    SIZE_T Count = 0;

    for (Link = Head->Flink; Link != Head; Link = Link->Flink) {
        KmpListCheck(Link->Blink, Link);
        Count += 1;
    }
    return Count;
}

VOID NTAPI KmpListSort(_Inout_ PLIST_ENTRY Head, _In_ SIZE_T Offset, _In_ PKM_COMPARE Compare,
                       _In_opt_ PVOID Context);

/// Makes List empty. The initializer of one in static memory is KM_LIST_INIT(its name).
///
///     typedef struct JOB {
///         LIST_ENTRY Link;
///         LONG Priority;
///     } JOB, *PJOB;
///
///     typedef KM_LIST(JOB, Link) JOB_LIST;
///
///     static JOB_LIST Done = KM_LIST_INIT(Done);
///
///     static LONG NTAPI ByPriority(const VOID *Left, const VOID *Right, PVOID Context)
///     {
///         UNREFERENCED_PARAMETER(Context);
///         return KmCompareNumbers(((const JOB *)Left)->Priority, ((const JOB *)Right)->Priority);
///     }
///
///     static VOID TryList(PJOB First, PJOB Second, PJOB Third, PJOB Fourth)
///     {
///         JOB_LIST List;
///         PJOB Job;
///
///         KmListInit(&List);
///         KmListPushFront(&List, First);
///         KmListPushBack(&List, Second);
///         KmListInsertBefore(&List, Second, Third);
///         KmListInsertAfter(&List, Second, Fourth);
///         KmListSort(&List, ByPriority, NULL);
///         KmListForEachReverse(JOB, Each, &List) {
///             KmInfo("%ld of %Iu", Each->Priority, KmListCount(&List));
///         }
///         if (KmListNext(&List, First) != KmListLast(&List) && KmListPrevious(&List, First) !=
///         KmListFirst(&List)) {
///             KmListRemove(&List, First);
///         }
///         KmListAppend(&Done, &List);
///         while ((Job = KmListPopFront(&Done)) != NULL) {
///             KmInfo("%ld", Job->Priority);
///         }
///         Job = KmListPopBack(&Done);
///         if (Job == NULL && KmListIsEmpty(&Done) && !KmListIsLinked(&Done, First)) {
///             KmInfo("all are out");
///         }
///     }
#define KmListInit(List) KmpListInit(&(List)->Head)

/// The initializer of the empty list in the static variable Name.
#define KM_LIST_INIT(Name)                                                                                   \
    {                                                                                                        \
        {                                                                                                    \
            &(Name).Head, &(Name).Head                                                                       \
        }                                                                                                    \
    }

/// Whether List has no element.
#define KmListIsEmpty(List) KmpListIsEmpty(&(List)->Head)

/// How many elements List has. Goes through all, and checks each.
#define KmListCount(List) KmpListCount(&(List)->Head)

/// Whether Element is in a list by List's link.
#define KmListIsLinked(List, Entry)                                                                          \
    (KmpListLinkOf((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry))->Flink != NULL)

/// Put Element, which is in no list by this link, first; last.
#define KmListPushFront(List, Entry)                                                                         \
    KmpListInsertAfter(&(List)->Head,                                                                        \
                       KmpListLink((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry)))
#define KmListPushBack(List, Entry)                                                                          \
    KmpListInsertBefore(&(List)->Head,                                                                       \
                        KmpListLink((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry)))

/// Put Entry, which is in no list by this link, before, behind Place, which is in List.
#define KmListInsertBefore(List, Place, Entry)                                                               \
    KmpListInsertBefore(KmpListLink((Place), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Place)),           \
                        KmpListLink((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry)))
#define KmListInsertAfter(List, Place, Entry)                                                                \
    KmpListInsertAfter(KmpListLink((Place), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Place)),            \
                       KmpListLink((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry)))

/// Takes Entry, which is in List, out of it.
#define KmListRemove(List, Entry)                                                                            \
    KmpListRemove(KmpListLink((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry)))

/// Take the first, the last element out and return it; NULL if there is none.
#define KmListPopFront(List)                                                                                 \
    KMP_POINTER_OF((List)->Element, KmpListPopFront(&(List)->Head, KMP_LIST_OFFSET(List)))
#define KmListPopBack(List)                                                                                  \
    KMP_POINTER_OF((List)->Element, KmpListPopBack(&(List)->Head, KMP_LIST_OFFSET(List)))

/// The first, the last element; NULL if there is none.
#define KmListFirst(List) KMP_POINTER_OF((List)->Element, KmpListFirst(&(List)->Head, KMP_LIST_OFFSET(List)))
#define KmListLast(List)  KMP_POINTER_OF((List)->Element, KmpListLast(&(List)->Head, KMP_LIST_OFFSET(List)))

/// The element behind, before Entry, which is in List; NULL if there is none.
#define KmListNext(List, Entry)                                                                              \
    KMP_POINTER_OF(                                                                                          \
        (List)->Element,                                                                                     \
        KmpListElement(&(List)->Head,                                                                        \
                       KmpListLinkOf((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry))->Flink,   \
                       KMP_LIST_OFFSET(List)))
#define KmListPrevious(List, Entry)                                                                          \
    KMP_POINTER_OF(                                                                                          \
        (List)->Element,                                                                                     \
        KmpListElement(&(List)->Head,                                                                        \
                       KmpListLinkOf((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry))->Blink,   \
                       KMP_LIST_OFFSET(List)))

/// Puts all elements of From, a list of the same type, behind those of To, in their order; From is empty
/// then. As quick for many as for one.
#define KmListAppend(To, From)                                                                               \
    KmpListAppend(&(To)->Head, &(From)->Head, 0 * sizeof((To)->Element - (From)->Element))

/// Sorts by Compare, which gets two elements; those that are alike keep their order. O(n log n) steps, no
/// memory, no recursion.
#define KmListSort(List, Compare, Context)                                                                   \
    KmpListSort(&(List)->Head, KMP_LIST_OFFSET(List), (Compare), (Context))

/// Loops over the elements, from the first on, from the last on: Entry is declared as a pointer to Type and
/// points at one after the other. The one that it points at may be taken out, put into another list, or
/// freed; the one that comes next may not. break and continue do what they do in any loop.
#define KmListForEach(Type, Entry, List)                                                                     \
    for (Type *Entry = KmListFirst(List), *Entry##Next_ = Entry != NULL ? KmListNext(List, Entry) : NULL;    \
         Entry != NULL; Entry = Entry##Next_, Entry##Next_ = Entry != NULL ? KmListNext(List, Entry) : NULL)
#define KmListForEachReverse(Type, Entry, List)                                                              \
    for (Type *Entry = KmListLast(List), *Entry##Next_ = Entry != NULL ? KmListPrevious(List, Entry) : NULL; \
         Entry != NULL;                                                                                      \
         Entry = Entry##Next_, Entry##Next_ = Entry != NULL ? KmListPrevious(List, Entry) : NULL)

// ---- singly linked

/// The type of a stack of Type by its SINGLE_LIST_ENTRY Member: half the memory of a KM_LIST, but an element
/// is taken out at the front alone. Nothing is checked.
#define KM_SINGLE_LIST(Type, Member)                                                                         \
    union {                                                                                                  \
        SINGLE_LIST_ENTRY Head;                                                                              \
        Type *Element;                               /* never read, as in KM_LIST */                         \
        UCHAR (*Offset)[offsetof(Type, Member) + 1]; /* never read */                                        \
    }

/// The initializer of an empty stack.
#define KM_SINGLE_LIST_INIT                                                                                  \
    {                                                                                                        \
        {                                                                                                    \
            NULL                                                                                             \
        }                                                                                                    \
    }

KMP_INLINE PSINGLE_LIST_ENTRY KmpSingleListLink(_In_ PVOID Element, _In_ SIZE_T Offset)
{
    return (PSINGLE_LIST_ENTRY)((PUCHAR)Element + Offset);
}

// As KmpSingleListLink, to be read.
KMP_INLINE const SINGLE_LIST_ENTRY *KmpSingleListLinkOf(_In_ const VOID *Element, _In_ SIZE_T Offset)
{
    return (const SINGLE_LIST_ENTRY *)((const UCHAR *)Element + Offset);
}

KMP_INLINE PVOID KmpSingleListElement(_In_opt_ PSINGLE_LIST_ENTRY Link, _In_ SIZE_T Offset)
{
    return Link != NULL ? (PUCHAR)Link - Offset : NULL;
}

KMP_INLINE VOID KmpSingleListPush(_Inout_ PSINGLE_LIST_ENTRY Head, _Inout_ PSINGLE_LIST_ENTRY Link)
{
    Link->Next = Head->Next;
    Head->Next = Link;
}

KMP_INLINE PVOID KmpSingleListPop(_Inout_ PSINGLE_LIST_ENTRY Head, _In_ SIZE_T Offset)
{
    PSINGLE_LIST_ENTRY Link = Head->Next;

    if (Link != NULL) {
        Head->Next = Link->Next;
        Link->Next = NULL;
    }
    return KmpSingleListElement(Link, Offset);
}

KMP_INLINE VOID KmpSingleListReverse(_Inout_ PSINGLE_LIST_ENTRY Head)
{
    PSINGLE_LIST_ENTRY Link = Head->Next, Reversed = NULL, Next;

    for (; Link != NULL; Link = Next) {
        Next = Link->Next;
        Link->Next = Reversed;
        Reversed = Link;
    }
    Head->Next = Reversed;
}

/// Makes List empty.
///
///     typedef struct CELL {
///         SINGLE_LIST_ENTRY Link;
///         ULONG Value;
///     } CELL, *PCELL;
///
///     typedef KM_SINGLE_LIST(CELL, Link) CELL_LIST;
///
///     static ULONG TryStack(PCELL First, PCELL Second)
///     {
///         CELL_LIST List = KM_SINGLE_LIST_INIT;
///         ULONG Sum = 0;
///
///         KmSingleListInit(&List);
///         KmSingleListPush(&List, First);
///         KmSingleListPush(&List, Second);
///         KmSingleListReverse(&List);
///         KmSingleListForEach(CELL, Cell, &List) {
///             Sum += Cell->Value;
///         }
///         while (!KmSingleListIsEmpty(&List) && KmSingleListFirst(&List) != NULL) {
///             PCELL Cell = KmSingleListPop(&List);
///
///             Sum += Cell->Value;
///         }
///         return Sum;
///     }
#define KmSingleListInit(List) ((void)((List)->Head.Next = NULL))

/// Whether List has no element.
#define KmSingleListIsEmpty(List) ((List)->Head.Next == NULL)

/// Puts Entry, which is in no list by this link, first.
#define KmSingleListPush(List, Entry)                                                                        \
    KmpSingleListPush(&(List)->Head,                                                                         \
                      KmpSingleListLink((Entry), KMP_LIST_OFFSET(List) + KMP_LIST_CHECK(List, Entry)))

/// Takes the first element out and returns it; NULL if there is none.
#define KmSingleListPop(List)                                                                                \
    KMP_POINTER_OF((List)->Element, KmpSingleListPop(&(List)->Head, KMP_LIST_OFFSET(List)))

/// The first element; NULL if there is none.
#define KmSingleListFirst(List)                                                                              \
    KMP_POINTER_OF((List)->Element, KmpSingleListElement((List)->Head.Next, KMP_LIST_OFFSET(List)))

/// Puts the elements in the opposite order: a stack that was filled is a queue then.
#define KmSingleListReverse(List) KmpSingleListReverse(&(List)->Head)

/// A loop over the elements, from the first on, as KmListForEach; none is taken out within.
#define KmSingleListForEach(Type, Entry, List)                                                               \
    for (Type *Entry = KmSingleListFirst(List); Entry != NULL;                                               \
         Entry = KMP_POINTER_OF(                                                                             \
             (List)->Element, KmpSingleListElement(KmpSingleListLinkOf(Entry, KMP_LIST_OFFSET(List))->Next,  \
                                                   KMP_LIST_OFFSET(List))))

#ifdef __cplusplus
}
#endif

#endif
