// SPDX-License-Identifier: MIT
// Tables of handles: pages of entries, the free ones linked, the one given back last used first.
#include "inc/kernel.h"

static VOID ObpLockTable(PHANDLE_TABLE Table)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Table->Lock);
}

static VOID ObpUnlockTable(PHANDLE_TABLE Table)
{
    ExReleasePushLockExclusive(&Table->Lock);
    KeLeaveCriticalRegion();
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
    return Entry->Object != NULL ? Entry : NULL;
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
        Entry->Object = Object;
        Entry->GrantedAccess = GrantedAccess;
        Entry->Attributes = Attributes & (OBJ_INHERIT | OBJ_PROTECT_CLOSE);
        Table->HandleCount += 1;
    }
    ObpUnlockTable(Table);
    return (HANDLE)(Index << 2);
}

BOOLEAN ObpRemoveHandle(PHANDLE_TABLE Table, HANDLE Handle, BOOLEAN Force, PHANDLE_TABLE_ENTRY Removed,
                        NTSTATUS *Status)
{
    *Status = STATUS_SUCCESS;
    ObpLockTable(Table);
    PHANDLE_TABLE_ENTRY Entry = ObpLookupEntry(Table, Handle);
    if (Entry == NULL) {
        *Status = STATUS_INVALID_HANDLE;
    } else if (Entry->Attributes & OBJ_PROTECT_CLOSE && !Force) {
        *Status = STATUS_HANDLE_NOT_CLOSABLE;
    } else {
        *Removed = *Entry;
        Entry->Object = NULL;
        Entry->Attributes = 0;
        Entry->NextFree = Table->FirstFree;
        Table->FirstFree = (ULONG)((ULONG_PTR)Handle >> 2);
        Table->HandleCount -= 1;
    }
    ObpUnlockTable(Table);
    return NT_SUCCESS(*Status);
}

NTSTATUS ObpReferenceEntry(PHANDLE_TABLE Table, HANDLE Handle, PHANDLE_TABLE_ENTRY Found)
{
    NTSTATUS Status = STATUS_INVALID_HANDLE;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Table->Lock);
    PHANDLE_TABLE_ENTRY Entry = ObpLookupEntry(Table, Handle);
    // The table of client ids holds no references: what is being deleted is not found any more.
    if (Entry != NULL && ObReferenceObjectSafe(Entry->Object)) {
        *Found = *Entry;
        Status = STATUS_SUCCESS;
    }
    ExReleasePushLockShared(&Table->Lock);
    KeLeaveCriticalRegion();
    return Status;
}

NTSTATUS ObpSetEntryAttributes(PHANDLE_TABLE Table, HANDLE Handle, ULONG Mask, ULONG Attributes)
{
    NTSTATUS Status = STATUS_INVALID_HANDLE;
    ObpLockTable(Table);
    PHANDLE_TABLE_ENTRY Entry = ObpLookupEntry(Table, Handle);
    if (Entry != NULL) {
        Entry->Attributes = (Entry->Attributes & ~Mask) | (Attributes & Mask);
        Status = STATUS_SUCCESS;
    }
    ObpUnlockTable(Table);
    return Status;
}

VOID ObpEnumerateHandles(PHANDLE_TABLE Table, BOOLEAN (*Routine)(HANDLE, PHANDLE_TABLE_ENTRY, PVOID),
                         PVOID Context)
{
    BOOLEAN Continue = TRUE;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Table->Lock);
    for (ULONG Index = 1; Continue && Index < Table->PageCount * OB_HANDLES_PER_PAGE; Index += 1) {
        PHANDLE_TABLE_ENTRY Entry = ObpEntry(Table, Index);
        if (Entry->Object != NULL) {
            Continue = Routine((HANDLE)((ULONG_PTR)Index << 2), Entry, Context);
        }
    }
    ExReleasePushLockShared(&Table->Lock);
    KeLeaveCriticalRegion();
}

VOID ObpCloseAllHandles(PEPROCESS Process)
{
    PHANDLE_TABLE Table = Process->ObjectTable;
    HANDLE_TABLE_ENTRY Entry;
    NTSTATUS Status;
    for (ULONG Index = 1; Index < Table->PageCount * OB_HANDLES_PER_PAGE; Index += 1) {
        if (ObpRemoveHandle(Table, (HANDLE)((ULONG_PTR)Index << 2), TRUE, &Entry, &Status)) {
            ObpHandleClosed(Process, Entry.Object);
        }
    }
}
