// SPDX-License-Identifier: MIT
// Lists and numbers changed under the caller's spin lock with interrupts masked.
//
// Any IRQL, so that an ISR may share them; lock and data are resident. A lock that any of these takes at an
// IRQL above DISPATCH_LEVEL must not be one that somebody acquires at DISPATCH_LEVEL.
#include "inc/kernel.h"

static KIRQL ExpAcquireMasked(PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(Lock);
    return OldIrql;
}

static VOID ExpReleaseMasked(PKSPIN_LOCK Lock, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(Lock, OldIrql);
}

// Returns the value before.
LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
                                                 PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    LARGE_INTEGER Before = *Addend;

    Addend->QuadPart = (LONGLONG)((ULONGLONG)Before.QuadPart + (ULONGLONG)Increment.QuadPart);
    ExpReleaseMasked(Lock, OldIrql);
    return Before;
}

// Returns the value before.
ULONG FASTCALL ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    ULONG Before = *Addend;

    *Addend = Before + Increment;
    ExpReleaseMasked(Lock, OldIrql);
    return Before;
}

// Returns the entry that was first, NULL if the list was empty.
PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                                 PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    PLIST_ENTRY First = ListHead->Flink;

    InsertHeadList(ListHead, ListEntry);
    ExpReleaseMasked(Lock, OldIrql);
    return First == ListHead ? NULL : First;
}

// Returns the entry that was last, NULL if the list was empty.
PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                                 PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    PLIST_ENTRY Last = ListHead->Blink;

    InsertTailList(ListHead, ListEntry);
    ExpReleaseMasked(Lock, OldIrql);
    return Last == ListHead ? NULL : Last;
}

// Returns the entry taken off, NULL if the list is empty.
PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    PLIST_ENTRY First = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);

    ExpReleaseMasked(Lock, OldIrql);
    return First;
}

// Returns the entry taken off, NULL if the list is empty.
PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    PSINGLE_LIST_ENTRY First = ListHead->Next;

    if (First != NULL) {
        ListHead->Next = First->Next;
    }
    ExpReleaseMasked(Lock, OldIrql);
    return First;
}

// Returns the entry that was first, NULL if the list was empty.
PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
                                                       PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = ExpAcquireMasked(Lock);
    PSINGLE_LIST_ENTRY First = ListHead->Next;

    ListEntry->Next = First;
    ListHead->Next = ListEntry;
    ExpReleaseMasked(Lock, OldIrql);
    return First;
}
