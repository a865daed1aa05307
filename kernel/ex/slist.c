// SPDX-License-Identifier: MIT
// Sequenced singly linked lists: pushed, popped and flushed without a lock, by cmpxchg16b.
//
// Any IRQL; header and entries are resident and aligned to 16 bytes, a misaligned one is
// STATUS_DATATYPE_MISALIGNMENT. The sequence number changes with every change of the list, so that a header
// that compares equal is one that nobody has touched.
#include "inc/kernel.h"

// The wdm.h of mingw-w64 lacks it.

#define SLIST_ALIGNMENT 16

static VOID ExpCheckAlignment(const VOID *Address)
{
    if (((ULONG_PTR)Address & (SLIST_ALIGNMENT - 1)) != 0) {
        ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
    }
}

// A copy that may be torn: ExpReplaceHeader refuses it then.
static SLIST_HEADER ExpReadHeader(const SLIST_HEADER *ListHead)
{
    SLIST_HEADER Header;

    Header.Alignment = __atomic_load_n(&ListHead->Alignment, __ATOMIC_ACQUIRE);
    Header.Region = __atomic_load_n(&ListHead->Region, __ATOMIC_ACQUIRE);
    return Header;
}

// Sets the header to New if it is still Old; TRUE if so.
static BOOLEAN ExpReplaceHeader(PSLIST_HEADER ListHead, const SLIST_HEADER *Old, const SLIST_HEADER *New)
{
    ULONGLONG Low = Old->Alignment, High = Old->Region;
    BOOLEAN IsReplaced;

    __asm__ __volatile__("lock cmpxchg16b %[head]"
                         : "=@ccz"(IsReplaced), [head] "+m"(*ListHead), "+a"(Low), "+d"(High)
                         : "b"(New->Alignment), "c"(New->Region)
                         : "memory");
    return IsReplaced;
}

static PSLIST_ENTRY ExpFirstEntry(const SLIST_HEADER *Header)
{
    return (PSLIST_ENTRY)(ULONG_PTR)(Header->HeaderX64.NextEntry << 4); // the low bits are the header's flags
}

static SLIST_HEADER ExpNextHeader(const SLIST_HEADER *Old, PSLIST_ENTRY First, ULONG Depth)
{
    SLIST_HEADER New = {0};

    New.HeaderX64.Depth = Depth;
    New.HeaderX64.Sequence = Old->HeaderX64.Sequence + 1;
    New.HeaderX64.NextEntry = (ULONG_PTR)First >> 4;
    return New;
}

VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
    ExpCheckAlignment(SListHead);
    memset(SListHead, 0, sizeof(*SListHead));
}

// Modulo 2^16, as the header counts.
USHORT ExQueryDepthSList(PSLIST_HEADER ListHead)
{
    return (USHORT)ListHead->HeaderX64.Depth;
}

// NULL if the list is empty. Not atomic: the entry may be popped before the caller looks at it.
PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER *SListHead)
{
    return ExpFirstEntry(SListHead);
}

// A chain of Count entries, from List to ListEnd, goes in front. Returns the entry that was first, NULL for
// none.
PSLIST_ENTRY InterlockedPushListSList(PSLIST_HEADER ListHead, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd,
                                      ULONG Count)
{
    SLIST_HEADER Old, New;

    ExpCheckAlignment(ListHead);
    ExpCheckAlignment(List);
    do {
        Old = ExpReadHeader(ListHead);
        ListEnd->Next = ExpFirstEntry(&Old);
        New = ExpNextHeader(&Old, List, (ULONG)Old.HeaderX64.Depth + Count);
    } while (!ExpReplaceHeader(ListHead, &Old, &New));
    return ExpFirstEntry(&Old);
}

// Returns the entry that was first, NULL for none.
PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    return InterlockedPushListSList(ListHead, ListEntry, ListEntry, 1);
}

// The entry behind Old's first one. Between the reading of the header and this, another processor may have
// popped and freed that entry: a fault then is no error but a reason to look again.
static BOOLEAN ExpReadSecondEntry(PSLIST_HEADER ListHead, const SLIST_HEADER *Old, PSLIST_ENTRY *Second)
{
    __try {
        *Second = ((volatile SLIST_ENTRY *)ExpFirstEntry(Old))->Next;
    } __except (ListHead->Alignment == Old->Alignment && ListHead->Region == Old->Region
                    ? EXCEPTION_CONTINUE_SEARCH
                    : EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

// The first entry, taken off; NULL if the list is empty.
PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER Old, New;
    PSLIST_ENTRY Second;

    ExpCheckAlignment(ListHead);
    for (;;) {
        Old = ExpReadHeader(ListHead);
        if (ExpFirstEntry(&Old) == NULL) {
            return NULL;
        }
        if (ExpReadSecondEntry(ListHead, &Old, &Second)) {
            New = ExpNextHeader(&Old, Second, (ULONG)Old.HeaderX64.Depth - 1);
            if (ExpReplaceHeader(ListHead, &Old, &New)) {
                return ExpFirstEntry(&Old);
            }
        }
    }
}

// All entries, as a chain from the first one; NULL if the list is empty. They are the caller's.
PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER Old, New;

    ExpCheckAlignment(ListHead);
    do {
        Old = ExpReadHeader(ListHead);
        if (ExpFirstEntry(&Old) == NULL) {
            return NULL;
        }
        New = ExpNextHeader(&Old, NULL, 0);
    } while (!ExpReplaceHeader(ListHead, &Old, &New));
    return ExpFirstEntry(&Old);
}
