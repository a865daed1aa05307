// SPDX-License-Identifier: MIT
// Resources (ERESOURCE): one exclusive owner or many shared ones, each as often as it likes.
//
// Ownership is handed over, never competed for: who releases last makes the waiters owners before they run.
// An exclusive owner hands over to all who wait to share, the last of the sharers to the first who waits for
// exclusive access; so neither kind starves the other. The first owner is in the resource itself, further
// sharers are in a table, which has room for every sharer that waits before it waits: a release needs no
// memory.
#include "inc/kernel.h"

#define EXP_FIRST_TABLE_SIZE 4 // entries; the first holds the table's size

#define EXP_RESOURCE_DISABLE_BOOST 0x0008 // ERESOURCE.Flag, beside those of wdm.h

// Bits of an owner that is not the thread that acquired, but an owner pointer.
#define EXP_OWNER_POINTER ((ERESOURCE_THREAD)3)

// What bugcodes.h of Windows 8 has and the headers here may lack.
#ifndef RESOURCE_OWNER_POINTER_INVALID
#define RESOURCE_OWNER_POINTER_INVALID 0x00000132
#endif

#define EXP_RETRY_INTERVAL (-10 * 10000LL) // for memory: 10 ms

typedef struct _EXP_RESOURCE_WAITER {
    struct _EXP_RESOURCE_WAITER *Next;
    ERESOURCE_THREAD Thread;
    KEVENT Event;
} EXP_RESOURCE_WAITER, *PEXP_RESOURCE_WAITER;

typedef enum _EXP_SHARING {
    ExpShareWithOwn, // ExAcquireResourceSharedLite: passes waiters only to share again
    ExpShareAhead,   // ExAcquireSharedStarveExclusive: passes all waiters
    ExpShareInTurn,  // ExAcquireSharedWaitForExclusive: passes none
} EXP_SHARING;

static LIST_ENTRY ExpResourceList = {&ExpResourceList, &ExpResourceList};
static KSPIN_LOCK ExpResourceListLock;

static KIRQL ExpLockResource(PERESOURCE Resource)
{
    return KiAcquireSpinLockRaise(&Resource->SpinLock);
}

static VOID ExpUnlockResource(PERESOURCE Resource, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&Resource->SpinLock, OldIrql);
}

static inline ERESOURCE_THREAD ExpSelf(VOID)
{
    return (ERESOURCE_THREAD)KiCurrentThread();
}

static inline BOOLEAN ExpIsExclusive(PERESOURCE Resource)
{
    return (Resource->Flag & ResourceOwnedExclusive) != 0;
}

static inline ULONG ExpTableSize(PERESOURCE Resource)
{
    return Resource->OwnerTable != NULL ? Resource->OwnerTable[0].TableSize : 1;
}

// ---- Waiters. The resource is locked. Their lists are the two words that the structure has for them.

static inline PEXP_RESOURCE_WAITER *ExpSharedWaiters(PERESOURCE Resource)
{
    return (PEXP_RESOURCE_WAITER *)(ULONG_PTR)&Resource->SharedWaiters;
}

static inline PEXP_RESOURCE_WAITER *ExpExclusiveWaiters(PERESOURCE Resource)
{
    return (PEXP_RESOURCE_WAITER *)(ULONG_PTR)&Resource->ExclusiveWaiters;
}

static VOID ExpAppendWaiter(PEXP_RESOURCE_WAITER *List, PEXP_RESOURCE_WAITER Waiter)
{
    while (*List != NULL) {
        List = &(*List)->Next;
    }
    *List = Waiter;
}

// The resource is locked, and is not afterwards; Waiter is in a list of its. Returns as an owner.
static VOID ExpWaitForResource(PERESOURCE Resource, PEXP_RESOURCE_WAITER Waiter, KIRQL OldIrql)
{
    PKTHREAD Thread = KiCurrentThread();
    Resource->ContentionCount += 1;
    Thread->WaitResource = Resource;
    ExpUnlockResource(Resource, OldIrql);
    KeWaitForSingleObject(&Waiter->Event, WrResource, KernelMode, FALSE, NULL);
    Thread->WaitResource = NULL;
}

// Lets those of List go on, owners by now. The resource is not locked, and may be gone as soon as the first
// of them runs; so may each waiter, which is on its thread's stack.
static VOID ExpWakeWaiters(PEXP_RESOURCE_WAITER List)
{
    while (List != NULL) {
        PEXP_RESOURCE_WAITER Waiter = List;
        List = Waiter->Next;
        KeSetEvent(&Waiter->Event, EVENT_INCREMENT, FALSE);
    }
}

// ---- Owners. The resource is locked.

static POWNER_ENTRY ExpFindOwner(PERESOURCE Resource, ERESOURCE_THREAD Owner)
{
    if (Resource->OwnerEntry.OwnerThread == Owner) {
        return &Resource->OwnerEntry;
    }
    for (ULONG Index = 1; Index < ExpTableSize(Resource); Index += 1) {
        if (Resource->OwnerTable[Index].OwnerThread == Owner) {
            return &Resource->OwnerTable[Index];
        }
    }
    return NULL;
}

// TRUE if there is room for one more sharer beside those that wait.
static inline BOOLEAN ExpHasRoom(PERESOURCE Resource)
{
    return Resource->ActiveEntries + Resource->NumberOfSharedWaiters < ExpTableSize(Resource);
}

static VOID ExpGrantShared(PERESOURCE Resource, ERESOURCE_THREAD Owner)
{
    POWNER_ENTRY Entry = ExpFindOwner(Resource, Owner);
    if (Entry == NULL) {
        Entry = ExpFindOwner(Resource, 0);
        Entry->OwnerThread = Owner;
        Entry->OwnerCount = 0;
        Resource->ActiveEntries += 1;
    }
    Entry->OwnerCount += 1;
    Resource->ActiveCount = 1;
}

static VOID ExpGrantExclusive(PERESOURCE Resource, ERESOURCE_THREAD Owner)
{
    Resource->OwnerEntry.OwnerThread = Owner;
    Resource->OwnerEntry.OwnerCount = 1;
    Resource->ActiveEntries = 1;
    Resource->ActiveCount = 1;
    Resource->Flag |= ResourceOwnedExclusive;
}

// All who wait to share become owners. Returns them, for ExpWakeWaiters.
static PEXP_RESOURCE_WAITER ExpGrantSharedWaiters(PERESOURCE Resource)
{
    PEXP_RESOURCE_WAITER List = *ExpSharedWaiters(Resource);
    *ExpSharedWaiters(Resource) = NULL;
    for (PEXP_RESOURCE_WAITER Waiter = List; Waiter != NULL; Waiter = Waiter->Next) {
        Resource->NumberOfSharedWaiters -= 1;
        ExpGrantShared(Resource, Waiter->Thread);
    }
    return List;
}

static PEXP_RESOURCE_WAITER ExpGrantExclusiveWaiter(PERESOURCE Resource)
{
    PEXP_RESOURCE_WAITER Waiter = *ExpExclusiveWaiters(Resource);
    *ExpExclusiveWaiters(Resource) = Waiter->Next;
    Waiter->Next = NULL;
    Resource->NumberOfExclusiveWaiters -= 1;
    ExpGrantExclusive(Resource, Waiter->Thread);
    return Waiter;
}

// Nobody owns the resource any more. WasExclusive: its last owner did so.
static PEXP_RESOURCE_WAITER ExpHandOver(PERESOURCE Resource, BOOLEAN WasExclusive)
{
    BOOLEAN SharersWait = *ExpSharedWaiters(Resource) != NULL;
    BOOLEAN OtherWaits = *ExpExclusiveWaiters(Resource) != NULL;
    if (SharersWait && (WasExclusive || !OtherWaits)) {
        return ExpGrantSharedWaiters(Resource);
    }
    return OtherWaits ? ExpGrantExclusiveWaiter(Resource) : NULL;
}

// The resource is locked, and is again afterwards: all may have changed in between. Makes room for one sharer
// more; FALSE: there was no memory.
static BOOLEAN ExpExpandTable(PERESOURCE Resource, PKIRQL OldIrql)
{
    ULONG OldSize = ExpTableSize(Resource);
    ULONG NewSize = OldSize == 1 ? EXP_FIRST_TABLE_SIZE : OldSize * 2;
    ExpUnlockResource(Resource, *OldIrql);
    POWNER_ENTRY Table = ExAllocatePoolZero(NonPagedPoolNx, NewSize * sizeof(OWNER_ENTRY), TAG_RESOURCE);
    *OldIrql = ExpLockResource(Resource);
    if (Table == NULL) {
        return FALSE;
    }
    POWNER_ENTRY Unused = Table;
    if (ExpTableSize(Resource) == OldSize) {
        Unused = Resource->OwnerTable;
        if (Unused != NULL) {
            RtlCopyMemory(Table, Unused, OldSize * sizeof(OWNER_ENTRY));
        }
        Table[0].TableSize = NewSize;
        Resource->OwnerTable = Table;
    }
    if (Unused != NULL) {
        ExFreePoolWithTag(Unused, TAG_RESOURCE);
    }
    return TRUE;
}

// ---- The list of all, and the start and end of one

// Resource: sizeof(ERESOURCE) bytes of nonpaged memory, aligned to 8. STATUS_SUCCESS. IRQL <= DISPATCH_LEVEL.
NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    RtlZeroMemory(Resource, sizeof(*Resource));
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpResourceListLock);
    InsertTailList(&ExpResourceList, &Resource->SystemResourcesList);
    KiReleaseSpinLockLower(&ExpResourceListLock, OldIrql);
    return STATUS_SUCCESS;
}

PERESOURCE ExpFindResourceIn(ULONG_PTR Start, SIZE_T Bytes)
{
    PERESOURCE Found = NULL;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpResourceListLock);
    for (PLIST_ENTRY Link = ExpResourceList.Flink; Found == NULL && Link != &ExpResourceList;
         Link = Link->Flink) {
        PERESOURCE Resource = CONTAINING_RECORD(Link, ERESOURCE, SystemResourcesList);
        if ((ULONG_PTR)Resource - Start < Bytes) {
            Found = Resource;
        }
    }
    KiReleaseSpinLockLower(&ExpResourceListLock, OldIrql);
    return Found;
}

// As ExDeleteResourceLite and ExInitializeResourceLite, but the owner table stays. STATUS_SUCCESS. IRQL <=
// DISPATCH_LEVEL.
NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    LIST_ENTRY Link = Resource->SystemResourcesList;
    POWNER_ENTRY Table = Resource->OwnerTable;
    if (Table != NULL) {
        ULONG Size = Table[0].TableSize;
        RtlZeroMemory(Table, Size * sizeof(OWNER_ENTRY));
        Table[0].TableSize = Size;
    }
    RtlZeroMemory(&Resource->ActiveCount, sizeof(*Resource) - FIELD_OFFSET(ERESOURCE, ActiveCount));
    Resource->SystemResourcesList = Link;
    return STATUS_SUCCESS;
}

// The memory is the caller's again. Nobody owns or waits for the resource. STATUS_SUCCESS. IRQL <= APC_LEVEL.
NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ExpResourceListLock);
    RemoveEntryList(&Resource->SystemResourcesList);
    KiReleaseSpinLockLower(&ExpResourceListLock, OldIrql);
    if (Resource->OwnerTable != NULL) {
        ExFreePoolWithTag(Resource->OwnerTable, TAG_RESOURCE);
        Resource->OwnerTable = NULL;
    }
    return STATUS_SUCCESS;
}

#undef ExDisableResourceBoost
// No owner's priority is raised while others wait, so this only says what was asked for.
VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource)
{
    KIRQL OldIrql = ExpLockResource(Resource);
    Resource->Flag |= EXP_RESOURCE_DISABLE_BOOST;
    ExpUnlockResource(Resource, OldIrql);
}

// ---- Acquisition: IRQL <= APC_LEVEL, normal kernel APCs disabled

// FALSE: Wait is FALSE, and somebody else owns the resource or the caller shares it. With Wait, a caller that
// shares it waits for itself.
BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    ERESOURCE_THREAD Self = ExpSelf();
    BOOLEAN Granted = TRUE;
    KIRQL OldIrql = ExpLockResource(Resource);
    if (Resource->ActiveEntries == 0) {
        ExpGrantExclusive(Resource, Self);
    } else if (ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == Self) {
        Resource->OwnerEntry.OwnerCount += 1;
    } else if (Wait) {
        EXP_RESOURCE_WAITER Waiter = {.Thread = Self};
        KeInitializeEvent(&Waiter.Event, SynchronizationEvent, FALSE);
        ExpAppendWaiter(ExpExclusiveWaiters(Resource), &Waiter);
        Resource->NumberOfExclusiveWaiters += 1;
        ExpWaitForResource(Resource, &Waiter, OldIrql);
        return TRUE;
    } else {
        Granted = FALSE;
    }
    ExpUnlockResource(Resource, OldIrql);
    return Granted;
}

BOOLEAN NTAPI ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource)
{
    return ExAcquireResourceExclusiveLite(Resource, FALSE);
}

static VOID ExpWaitToShare(PERESOURCE Resource, KIRQL OldIrql)
{
    EXP_RESOURCE_WAITER Waiter = {.Thread = ExpSelf()};
    KeInitializeEvent(&Waiter.Event, SynchronizationEvent, FALSE);
    ExpAppendWaiter(ExpSharedWaiters(Resource), &Waiter);
    Resource->NumberOfSharedWaiters += 1;
    ExpWaitForResource(Resource, &Waiter, OldIrql);
}

// TRUE if the caller need not wait for others to share. The resource is locked.
static BOOLEAN ExpMayShare(PERESOURCE Resource, EXP_SHARING Sharing, POWNER_ENTRY Own)
{
    if (Resource->ActiveEntries == 0) {
        return TRUE;
    }
    if (ExpIsExclusive(Resource)) {
        return Own != NULL;
    }
    return Resource->NumberOfExclusiveWaiters == 0 || Sharing == ExpShareAhead ||
           (Sharing == ExpShareWithOwn && Own != NULL);
}

static BOOLEAN ExpAcquireShared(PERESOURCE Resource, BOOLEAN Wait, EXP_SHARING Sharing)
{
    ERESOURCE_THREAD Self = ExpSelf();
    KIRQL OldIrql = ExpLockResource(Resource);
    for (;;) {
        POWNER_ENTRY Own = ExpFindOwner(Resource, Self);
        BOOLEAN May = ExpMayShare(Resource, Sharing, Own);
        if (!May && !Wait) {
            ExpUnlockResource(Resource, OldIrql);
            return FALSE;
        }
        if ((May && Own != NULL) || ExpHasRoom(Resource)) {
            if (!May) {
                ExpWaitToShare(Resource, OldIrql);
                return TRUE;
            }
            ExpGrantShared(Resource, Self);
            ExpUnlockResource(Resource, OldIrql);
            return TRUE;
        }
        if (!ExpExpandTable(Resource, &OldIrql)) {
            LARGE_INTEGER Interval = {.QuadPart = EXP_RETRY_INTERVAL};
            ExpUnlockResource(Resource, OldIrql);
            if (!Wait) {
                return FALSE;
            }
            KeDelayExecutionThread(KernelMode, FALSE, &Interval);
            OldIrql = ExpLockResource(Resource);
        }
    }
}

// FALSE: Wait is FALSE, and another owns the resource exclusively, or waits to while the caller does not
// share it already, or there is no memory to note one more owner.
BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, ExpShareWithOwn);
}

// As ExAcquireResourceSharedLite, but who waits for exclusive access goes on waiting.
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, ExpShareAhead);
}

// As ExAcquireResourceSharedLite, but who waits for exclusive access comes first even if the caller shares
// the resource already: then only another thread's release for the caller can end its wait.
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, ExpShareInTurn);
}

// The three return what only the window manager has a use for.
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Resource, TRUE);
    return KiCurrentThread()->Win32Thread;
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Resource, TRUE);
    return KiCurrentThread()->Win32Thread;
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireSharedWaitForExclusive(Resource, TRUE);
    return KiCurrentThread()->Win32Thread;
}

// ---- Release: IRQL <= DISPATCH_LEVEL, normal kernel APCs disabled

// The resource is not locked.
static DECLSPEC_NORETURN VOID ExpNotOwned(PERESOURCE Resource, ERESOURCE_THREAD Owner)
{
    KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, Owner, (ULONG_PTR)Resource->OwnerTable, 0);
}

// ResourceThreadId: a thread, or the owner pointer that ExSetResourceOwnerPointer was given. One that does
// not own the resource: bug check RESOURCE_NOT_OWNED.
VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    PEXP_RESOURCE_WAITER Woken = NULL;
    KIRQL OldIrql = ExpLockResource(Resource);
    POWNER_ENTRY Entry = ResourceThreadId != 0 ? ExpFindOwner(Resource, ResourceThreadId) : NULL;
    if (Entry == NULL) {
        ExpUnlockResource(Resource, OldIrql);
        ExpNotOwned(Resource, ResourceThreadId);
    }
    Entry->OwnerCount -= 1;
    if (Entry->OwnerCount == 0) {
        Entry->OwnerThread = 0;
        Resource->ActiveEntries -= 1;
        if (Resource->ActiveEntries == 0) {
            BOOLEAN WasExclusive = ExpIsExclusive(Resource);
            Resource->Flag &= (USHORT) ~(ResourceOwnedExclusive | ResourceReleaseByOtherThread);
            Resource->ActiveCount = 0;
            Woken = ExpHandOver(Resource, WasExclusive);
        }
    }
    ExpUnlockResource(Resource, OldIrql);
    ExpWakeWaiters(Woken);
}

#undef ExReleaseResource
VOID FASTCALL ExReleaseResourceLite(PERESOURCE Resource)
{
    ExReleaseResourceForThreadLite(Resource, ExpSelf());
}

VOID FASTCALL ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
}

// The caller, which owns Resource exclusively, shares it with all who wait to. Else: bug check
// RESOURCE_NOT_OWNED. IRQL <= APC_LEVEL.
VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    KIRQL OldIrql = ExpLockResource(Resource);
    if (!ExpIsExclusive(Resource) || Resource->OwnerEntry.OwnerThread != ExpSelf()) {
        ExpUnlockResource(Resource, OldIrql);
        ExpNotOwned(Resource, ExpSelf());
    }
    Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    PEXP_RESOURCE_WAITER Woken = ExpGrantSharedWaiters(Resource);
    ExpUnlockResource(Resource, OldIrql);
    ExpWakeWaiters(Woken);
}

// ---- Owners that are not the thread that acquired

// The calling thread's ownership, exclusive or shared, becomes OwnerPointer's, whose two low bits must be set
// (bug check RESOURCE_OWNER_POINTER_INVALID); the thread must have it (RESOURCE_NOT_OWNED). Flags: 0, or
// FLAG_OWNER_POINTER_IS_THREAD. IRQL <= DISPATCH_LEVEL.
VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    ERESOURCE_THREAD Owner = (ERESOURCE_THREAD)OwnerPointer;
    if ((Owner & EXP_OWNER_POINTER) != EXP_OWNER_POINTER) {
        KeBugCheckEx(RESOURCE_OWNER_POINTER_INVALID, (ULONG_PTR)Resource, Owner, Flags, 0);
    }
    KIRQL OldIrql = ExpLockResource(Resource);
    POWNER_ENTRY Entry = ExpFindOwner(Resource, ExpSelf());
    if (Entry == NULL) {
        ExpUnlockResource(Resource, OldIrql);
        ExpNotOwned(Resource, ExpSelf());
    }
    POWNER_ENTRY Other = ExpFindOwner(Resource, Owner);
    if (Other != NULL) {
        // Another sharer has given its share to the same owner before.
        Other->OwnerCount += Entry->OwnerCount;
        Entry->OwnerThread = 0;
        Entry->OwnerCount = 0;
        Resource->ActiveEntries -= 1;
    } else {
        Entry->OwnerThread = Owner;
    }
    Entry->OwnerReferenced = Other == NULL && (Flags & FLAG_OWNER_POINTER_IS_THREAD) != 0;
    Resource->Flag |= ResourceReleaseByOtherThread;
    ExpUnlockResource(Resource, OldIrql);
}

VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    ExSetResourceOwnerPointerEx(Resource, OwnerPointer, 0);
}

// ---- What there is to know: IRQL <= DISPATCH_LEVEL

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    return ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == ExpSelf();
}

// How often the caller has acquired it, exclusively or shared.
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    KIRQL OldIrql = ExpLockResource(Resource);
    POWNER_ENTRY Entry = ExpFindOwner(Resource, ExpSelf());
    ULONG Count = Entry != NULL ? Entry->OwnerCount : 0;
    ExpUnlockResource(Resource, OldIrql);
    return Count;
}

ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfExclusiveWaiters;
}

ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfSharedWaiters;
}

static PKTHREAD ExpThreadOfOwner(const OWNER_ENTRY *Entry)
{
    if ((Entry->OwnerThread & EXP_OWNER_POINTER) == 0) {
        return (PKTHREAD)Entry->OwnerThread;
    }
    return Entry->OwnerReferenced ? (PKTHREAD)(Entry->OwnerThread & ~EXP_OWNER_POINTER) : NULL;
}

PKTHREAD ExpOwnerOfResource(PERESOURCE Resource)
{
    PKTHREAD Thread = ExpThreadOfOwner(&Resource->OwnerEntry);
    for (ULONG Index = 1; Thread == NULL && Index < ExpTableSize(Resource); Index += 1) {
        Thread = ExpThreadOfOwner(&Resource->OwnerTable[Index]);
    }
    return Thread;
}
