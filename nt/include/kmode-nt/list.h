// SPDX-License-Identifier: MIT
// Doubly linked lists with the checks that the WDK's have since Windows 8: neighbours that do not point to
// each other are bug check KERNEL_SECURITY_CHECK_FAILURE, CORRUPT_LIST_ENTRY. NO_KERNEL_LIST_ENTRY_CHECKS
// leaves them out. Any IRQL at which the entries are resident.
#ifndef KMODE_NT_LIST_H
#define KMODE_NT_LIST_H

// The kernel has mingw-w64's, which do not check.
#ifndef _NTOSKRNL_

#ifdef __cplusplus
extern "C" {
#endif

FORCEINLINE VOID FatalListEntryError(_In_ PVOID First, _In_ PVOID Second, _In_ PVOID Third)
{
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    UNREFERENCED_PARAMETER(Third);
    __fastfail(FAST_FAIL_CORRUPT_LIST_ENTRY);
}

// First and Second are to be neighbours.
FORCEINLINE VOID RtlpCheckNeighbours(_In_ PLIST_ENTRY First, _In_ PLIST_ENTRY Second)
{
#ifndef NO_KERNEL_LIST_ENTRY_CHECKS
    if (First->Flink != Second || Second->Blink != First) {
        FatalListEntryError(First, Second, First->Flink);
    }
#else
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
#endif
}

FORCEINLINE VOID RtlpCheckListEntry(_In_ PLIST_ENTRY Entry)
{
    RtlpCheckNeighbours(Entry->Blink, Entry);
    RtlpCheckNeighbours(Entry, Entry->Flink);
}

// TRUE: the list is empty now.
FORCEINLINE BOOLEAN RemoveEntryList(_In_ PLIST_ENTRY Entry)
{
    PLIST_ENTRY Next = Entry->Flink, Previous = Entry->Blink;
    RtlpCheckNeighbours(Previous, Entry);
    RtlpCheckNeighbours(Entry, Next);
    Previous->Flink = Next;
    Next->Blink = Previous;
    return (BOOLEAN)(Next == Previous);
}

// Of an empty list, its head.
FORCEINLINE PLIST_ENTRY RemoveHeadList(_Inout_ PLIST_ENTRY ListHead)
{
    PLIST_ENTRY Entry = ListHead->Flink, Next = Entry->Flink;
    RtlpCheckNeighbours(ListHead, Entry);
    RtlpCheckNeighbours(Entry, Next);
    ListHead->Flink = Next;
    Next->Blink = ListHead;
    return Entry;
}

FORCEINLINE PLIST_ENTRY RemoveTailList(_Inout_ PLIST_ENTRY ListHead)
{
    PLIST_ENTRY Entry = ListHead->Blink, Previous = Entry->Blink;
    RtlpCheckNeighbours(Entry, ListHead);
    RtlpCheckNeighbours(Previous, Entry);
    ListHead->Blink = Previous;
    Previous->Flink = ListHead;
    return Entry;
}

FORCEINLINE VOID InsertTailList(_Inout_ PLIST_ENTRY ListHead, _Out_ PLIST_ENTRY Entry)
{
    PLIST_ENTRY Last = ListHead->Blink;
    RtlpCheckNeighbours(Last, ListHead);
    Entry->Flink = ListHead;
    Entry->Blink = Last;
    Last->Flink = Entry;
    ListHead->Blink = Entry;
}

FORCEINLINE VOID InsertHeadList(_Inout_ PLIST_ENTRY ListHead, _Out_ PLIST_ENTRY Entry)
{
    PLIST_ENTRY First = ListHead->Flink;
    RtlpCheckNeighbours(ListHead, First);
    Entry->Flink = First;
    Entry->Blink = ListHead;
    First->Blink = Entry;
    ListHead->Flink = Entry;
}

// ListToAppend is the first entry of a list without a head.
FORCEINLINE VOID AppendTailList(_Inout_ PLIST_ENTRY ListHead, _Inout_ PLIST_ENTRY ListToAppend)
{
    PLIST_ENTRY Last = ListHead->Blink, End = ListToAppend->Blink;
    RtlpCheckListEntry(ListHead);
    RtlpCheckListEntry(ListToAppend);
    Last->Flink = ListToAppend;
    ListHead->Blink = End;
    End->Flink = ListHead;
    ListToAppend->Blink = Last;
}

#ifdef __cplusplus
}
#endif

#endif

#endif
