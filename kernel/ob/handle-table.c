// SPDX-License-Identifier: MIT
// Tables of handles: pages of entries, the free ones linked, the one given back last used first.
#include "inc/kernel.h"

// Tables that drivers look into: HANDLE_TABLE_ENTRY.
C_ASSERT(OB_HANDLES_PER_PAGE * sizeof(HANDLE_TABLE_ENTRY) == PAGE_SIZE);
C_ASSERT((OBJ_PROTECT_CLOSE | OBJ_INHERIT) == 3);

static VOID ObpLockTable(PHANDLE_TABLE Table)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Table->HandleTableLock);
}

static VOID ObpUnlockTable(PHANDLE_TABLE Table)
{
    ExReleasePushLockExclusive(&Table->HandleTableLock);
    KeLeaveCriticalRegion();
}

static VOID ObpLockTableShared(PHANDLE_TABLE Table)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Table->HandleTableLock);
}

static VOID ObpUnlockTableShared(PHANDLE_TABLE Table)
{
    ExReleasePushLockShared(&Table->HandleTableLock);
    KeLeaveCriticalRegion();
}

static inline VOID ObpFillEntry(PHANDLE_TABLE_ENTRY Entry, PVOID Object, ACCESS_MASK GrantedAccess,
                                ULONG Attributes)
{
    HANDLE_TABLE_ENTRY New = {.Unlocked = 1,
                              .Attributes = Attributes & (OBJ_INHERIT | OBJ_PROTECT_CLOSE),
                              .ObjectPointerBits = (ULONG_PTR)ObpHeader(Object) >> 4};
    Entry->HighValue = 0;
    Entry->GrantedAccessBits = GrantedAccess;
    Entry->LowValue = New.LowValue;
}

static inline VOID ObpReadEntry(const HANDLE_TABLE_ENTRY *Entry, POB_HANDLE Handle)
{
    Handle->Object = ObpBody((POBJECT_HEADER)((ULONG_PTR)Entry->ObjectPointerBits << 4));
    Handle->GrantedAccess = Entry->GrantedAccessBits;
    Handle->Attributes = (ULONG)Entry->Attributes;
}

PHANDLE_TABLE ObpCreateHandleTable(PEPROCESS Process)
{
    PHANDLE_TABLE Table = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Table), TAG_HANDLE_TABLE);
    if (Table == NULL) {
        return NULL;
    }
    Table->Pages = ExAllocatePoolZero(PagedPool, OB_HANDLE_PAGES * sizeof(*Table->Pages), TAG_HANDLE_TABLE);
    if (Table->Pages == NULL) {
        ExFreePoolWithTag(Table, TAG_HANDLE_TABLE);
        return NULL;
    }
    Table->TableCode = (ULONG_PTR)Table->Pages | 1;
    Table->QuotaProcess = Process;
    return Table;
}

VOID ObpDeleteHandleTable(PHANDLE_TABLE Table)
{
    for (ULONG Page = 0; Page < Table->PageCount; Page += 1) {
        ExFreePoolWithTag(Table->Pages[Page], TAG_HANDLE_TABLE);
    }
    ExFreePoolWithTag(Table->Pages, TAG_HANDLE_TABLE);
    ExFreePoolWithTag(Table, TAG_HANDLE_TABLE);
}

static PHANDLE_TABLE_ENTRY ObpEntry(PHANDLE_TABLE Table, ULONG_PTR Index)
{
    return &Table->Pages[Index / OB_HANDLES_PER_PAGE][Index % OB_HANDLES_PER_PAGE];
}

// The entry in use that Handle names, or NULL. The two low bits are the caller's to play with.
static PHANDLE_TABLE_ENTRY ObpLookupEntry(PHANDLE_TABLE Table, HANDLE Handle)
{
    ULONG_PTR Index = (ULONG_PTR)Handle >> 2;
    if (Index == 0 || Index >= (ULONG_PTR)Table->PageCount * OB_HANDLES_PER_PAGE) {
        return NULL;
    }
    PHANDLE_TABLE_ENTRY Entry = ObpEntry(Table, Index);
    return Entry->LowValue != 0 ? Entry : NULL;
}

// Waits while somebody has the entry locked. The table is locked when it returns an entry, and when it does
// not.
static PHANDLE_TABLE_ENTRY ObpLookupUnlocked(PHANDLE_TABLE Table, HANDLE Handle, BOOLEAN Shared)
{
    PHANDLE_TABLE_ENTRY Entry = ObpLookupEntry(Table, Handle);
    while (__builtin_expect(Entry != NULL && !Entry->Unlocked, 0)) {
        EX_BLOCKED_THREAD Blocked;
        ExpBlockPushLock(&Table->HandleContentionEvent, &Blocked);
        Shared ? ExReleasePushLockShared(&Table->HandleTableLock)
               : ExReleasePushLockExclusive(&Table->HandleTableLock);
        if (Entry->LowValue != 0 && !Entry->Unlocked) {
            ExpWaitForUnblockPushLock(&Blocked);
        } else {
            ExpUnblockThread(&Table->HandleContentionEvent, &Blocked);
        }
        Shared ? ExAcquirePushLockShared(&Table->HandleTableLock)
               : ExAcquirePushLockExclusive(&Table->HandleTableLock);
        Entry = ObpLookupEntry(Table, Handle);
    }
    return Entry;
}

static BOOLEAN ObpGrowTable(PHANDLE_TABLE Table)
{
    if (Table->PageCount == OB_HANDLE_PAGES) {
        return FALSE;
    }
    PHANDLE_TABLE_ENTRY Page =
        ExAllocatePoolZero(PagedPool, OB_HANDLES_PER_PAGE * sizeof(HANDLE_TABLE_ENTRY), TAG_HANDLE_TABLE);
    if (Page == NULL) {
        return FALSE;
    }
    ULONG First = Table->PageCount * OB_HANDLES_PER_PAGE;
    Table->Pages[Table->PageCount++] = Page;
    for (ULONG Index = OB_HANDLES_PER_PAGE; Index-- > 0;) {
        // Handle 0 is no handle.
        if (First + Index != 0) {
            Page[Index].NextFree = Table->FirstFree;
            Table->FirstFree = First + Index;
        }
    }
    return TRUE;
}

HANDLE ObpInsertHandle(PHANDLE_TABLE Table, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes)
{
    ULONG_PTR Index = 0;
    ObpLockTable(Table);
    if (Table->FirstFree != 0 || ObpGrowTable(Table)) {
        Index = Table->FirstFree;
        PHANDLE_TABLE_ENTRY Entry = ObpEntry(Table, Index);
        Table->FirstFree = Entry->NextFree;
        ObpFillEntry(Entry, Object, GrantedAccess, Attributes);
        Table->HandleCount += 1;
    }
    ObpUnlockTable(Table);
    return (HANDLE)(Index << 2);
}

BOOLEAN ObpRemoveHandle(PHANDLE_TABLE Table, HANDLE Handle, BOOLEAN Force, POB_HANDLE Removed,
                        NTSTATUS *Status)
{
    *Status = STATUS_SUCCESS;
    ObpLockTable(Table);
    PHANDLE_TABLE_ENTRY Entry = ObpLookupUnlocked(Table, Handle, FALSE);
    if (Entry == NULL) {
        *Status = STATUS_INVALID_HANDLE;
    } else if (Entry->Attributes & OBJ_PROTECT_CLOSE && !Force) {
        *Status = STATUS_HANDLE_NOT_CLOSABLE;
    } else {
        ObpReadEntry(Entry, Removed);
        Entry->LowValue = 0;
        Entry->HighValue = 0;
        Entry->NextFree = Table->FirstFree;
        Table->FirstFree = (ULONG)((ULONG_PTR)Handle >> 2);
        Table->HandleCount -= 1;
    }
    ObpUnlockTable(Table);
    return NT_SUCCESS(*Status);
}

NTSTATUS ObpReferenceEntry(PHANDLE_TABLE Table, HANDLE Handle, POB_HANDLE Found)
{
    NTSTATUS Status = STATUS_INVALID_HANDLE;
    ObpLockTableShared(Table);
    PHANDLE_TABLE_ENTRY Entry = ObpLookupUnlocked(Table, Handle, TRUE);
    if (Entry != NULL) {
        ObpReadEntry(Entry, Found);
        // The table of client ids holds no references: what is being deleted is not found any more.
        if (ObReferenceObjectSafe(Found->Object)) {
            Status = STATUS_SUCCESS;
        }
    }
    ObpUnlockTableShared(Table);
    return Status;
}

NTSTATUS ObpSetEntryAttributes(PHANDLE_TABLE Table, HANDLE Handle, ULONG Mask, ULONG Attributes)
{
    NTSTATUS Status = STATUS_INVALID_HANDLE;
    ObpLockTable(Table);
    PHANDLE_TABLE_ENTRY Entry = ObpLookupUnlocked(Table, Handle, FALSE);
    if (Entry != NULL) {
        Entry->Attributes = (Entry->Attributes & ~Mask) | (Attributes & Mask);
        Status = STATUS_SUCCESS;
    }
    ObpUnlockTable(Table);
    return Status;
}

VOID ObpEnumerateHandles(PHANDLE_TABLE Table, BOOLEAN (*Routine)(HANDLE, POB_HANDLE, PVOID), PVOID Context)
{
    BOOLEAN Continue = TRUE;
    OB_HANDLE Handle;
    ObpLockTableShared(Table);
    for (ULONG Index = 1; Continue && Index < Table->PageCount * OB_HANDLES_PER_PAGE; Index += 1) {
        PHANDLE_TABLE_ENTRY Entry = ObpEntry(Table, Index);
        if (Entry->LowValue != 0) {
            ObpReadEntry(Entry, &Handle);
            Continue = Routine((HANDLE)((ULONG_PTR)Index << 2), &Handle, Context);
        }
    }
    ObpUnlockTableShared(Table);
}

PHANDLE_TABLE_ENTRY ObpLockNextEntry(PHANDLE_TABLE Table, PULONG Index)
{
    PHANDLE_TABLE_ENTRY Entry = NULL;
    ObpLockTable(Table);
    while (Entry == NULL && *Index + 1 < Table->PageCount * OB_HANDLES_PER_PAGE) {
        *Index += 1;
        Entry = ObpLookupUnlocked(Table, (HANDLE)((ULONG_PTR)*Index << 2), FALSE);
    }
    if (Entry != NULL) {
        Entry->Unlocked = 0;
    }
    ObpUnlockTable(Table);
    return Entry;
}

VOID ObpCloseAllHandles(PEPROCESS Process)
{
    PHANDLE_TABLE Table = Process->ObjectTable;
    OB_HANDLE Entry;
    NTSTATUS Status;
    for (ULONG Index = 1; Index < Table->PageCount * OB_HANDLES_PER_PAGE; Index += 1) {
        if (ObpRemoveHandle(Table, (HANDLE)((ULONG_PTR)Index << 2), TRUE, &Entry, &Status)) {
            ObpHandleClosed(Process, Entry.Object);
        }
    }
}
