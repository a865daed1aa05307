// SPDX-License-Identifier: MIT
// The pages of cached files: found, filled, written, thrown away.
#include "inc/kernel.h"
#include "cc/cc.h"

volatile LONG CcpDirtyPages;

static PLIST_ENTRY CcpBucketOf(CCP_MAP *Map, ULONG64 Index)
{
    return &Map->Buckets[Index % CCP_BUCKETS];
}

// The map's lock is held.
static CCP_PAGE *CcpFindPage(CCP_MAP *Map, ULONG64 Index)
{
    PLIST_ENTRY Bucket = CcpBucketOf(Map, Index);
    for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
        CCP_PAGE *Page = CONTAINING_RECORD(Link, CCP_PAGE, Link);
        if (Page->Index == Index) {
            return Page;
        }
    }
    return NULL;
}

static VOID CcpFreePage(CCP_PAGE *Page)
{
    ExFreePoolWithTag(Page->Data, TAG_CACHE_PAGE);
    ExFreePoolWithTag(Page, TAG_CACHE_PAGE);
}

static CCP_PAGE *CcpCreatePage(ULONG64 Index)
{
    CCP_PAGE *Page = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Page), TAG_CACHE_PAGE);
    if (Page == NULL) {
        return NULL;
    }
    Page->Data = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG_CACHE_PAGE);
    if (Page->Data == NULL) {
        ExFreePoolWithTag(Page, TAG_CACHE_PAGE);
        return NULL;
    }
    Page->Index = Index;
    return Page;
}

CCP_PAGE *CcpReferencePage(CCP_MAP *Map, ULONG64 Index)
{
    CCP_PAGE *New = NULL;
    ExAcquireFastMutex(&Map->Lock);
    CCP_PAGE *Page = CcpFindPage(Map, Index);
    if (Page == NULL) {
        ExReleaseFastMutex(&Map->Lock);
        New = CcpCreatePage(Index);
        ExAcquireFastMutex(&Map->Lock);
        Page = CcpFindPage(Map, Index);
        if (Page == NULL && New != NULL) {
            Page = New;
            New = NULL;
            InsertHeadList(CcpBucketOf(Map, Index), &Page->Link);
        }
    }
    if (Page != NULL) {
        Page->References += 1;
    }
    ExReleaseFastMutex(&Map->Lock);
    if (New != NULL) {
        CcpFreePage(New);
    }
    return Page;
}

CCP_PAGE *CcpReferenceValidPage(CCP_MAP *Map, ULONG64 Index)
{
    ExAcquireFastMutex(&Map->Lock);
    CCP_PAGE *Page = CcpFindPage(Map, Index);
    if (Page != NULL && Page->Valid) {
        Page->References += 1;
    } else {
        Page = NULL;
    }
    ExReleaseFastMutex(&Map->Lock);
    return Page;
}

VOID CcpDereferencePage(CCP_MAP *Map, CCP_PAGE *Page)
{
    ExAcquireFastMutex(&Map->Lock);
    Page->References -= 1;
    // One that could not be read is of no use to anybody.
    BOOLEAN Useless = Page->References == 0 && !Page->Valid;
    if (Useless) {
        RemoveEntryList(&Page->Link);
    }
    ExReleaseFastMutex(&Map->Lock);
    if (Useless) {
        CcpFreePage(Page);
    }
}

VOID CcpMarkDirty(CCP_MAP *Map, CCP_PAGE *Page)
{
    ExAcquireFastMutex(&Map->Lock);
    BOOLEAN First = !Page->Dirty;
    if (First) {
        Page->Dirty = TRUE;
        Map->DirtyPages += 1;
    }
    ExReleaseFastMutex(&Map->Lock);
    if (First) {
        InterlockedIncrement(&CcpDirtyPages);
        CcpScheduleLazyWriter();
    }
}

// The map's lock is held.
static BOOLEAN CcpMarkClean(CCP_MAP *Map, CCP_PAGE *Page)
{
    BOOLEAN Dirty = Page->Dirty;
    if (Dirty) {
        Page->Dirty = FALSE;
        Map->DirtyPages -= 1;
        InterlockedDecrement(&CcpDirtyPages);
    }
    return Dirty;
}

// ---- I/O

typedef NTSTATUS(NTAPI *PCCP_PAGE_IO)(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                                      PIO_STATUS_BLOCK IoStatusBlock);

static NTSTATUS CcpPageIo(PCCP_PAGE_IO Transfer, CCP_MAP *Map, CCP_PAGE *Page, PIO_STATUS_BLOCK IoStatus)
{
    LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)(Page->Index * PAGE_SIZE)};
    KEVENT Event;
    PMDL Mdl = IoAllocateMdl(Page->Data, PAGE_SIZE, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoStatus->Information = 0;
    NTSTATUS Status = Transfer(Map->FileObject, Mdl, &Offset, &Event, IoStatus);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, WrPageIn, KernelMode, FALSE, NULL);
        Status = IoStatus->Status;
    }
    IoFreeMdl(Mdl);
    return Status;
}

NTSTATUS CcpFillPage(CCP_MAP *Map, CCP_PAGE *Page, BOOLEAN NoRead)
{
    NTSTATUS Status = STATUS_SUCCESS;
    IO_STATUS_BLOCK IoStatus = {0};
    if (Page->Valid) {
        return STATUS_SUCCESS;
    }
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Page->Lock);
    if (!Page->Valid) {
        ULONG64 Start = Page->Index * PAGE_SIZE;
        if (!NoRead && Start < (ULONG64)Map->ValidDataLength.QuadPart) {
            Status = CcpPageIo(IoPageRead, Map, Page, &IoStatus);
        }
        if (Status == STATUS_END_OF_FILE) {
            Status = STATUS_SUCCESS;
            IoStatus.Information = 0;
        }
        if (NT_SUCCESS(Status)) {
            // What the file system has not filled is behind the end of the file.
            ULONG_PTR Bytes = min(IoStatus.Information, PAGE_SIZE);
            RtlZeroMemory((PUCHAR)Page->Data + Bytes, PAGE_SIZE - Bytes);
            Page->Valid = TRUE;
        }
    }
    ExReleasePushLockExclusive(&Page->Lock);
    KeLeaveCriticalRegion();
    return Status;
}

// The next dirty page of [*First, Last], referenced and clean; *First is behind it then. NULL: none.
static CCP_PAGE *CcpTakeDirtyPage(CCP_MAP *Map, PULONG64 First, ULONG64 Last)
{
    CCP_PAGE *Found = NULL;
    ExAcquireFastMutex(&Map->Lock);
    for (ULONG Bucket = 0; Map->DirtyPages != 0 && Bucket < CCP_BUCKETS; Bucket += 1) {
        for (PLIST_ENTRY Link = Map->Buckets[Bucket].Flink; Link != &Map->Buckets[Bucket];
             Link = Link->Flink) {
            CCP_PAGE *Page = CONTAINING_RECORD(Link, CCP_PAGE, Link);
            if (Page->Dirty && Page->Index >= *First && Page->Index <= Last &&
                (Found == NULL || Page->Index < Found->Index)) {
                Found = Page;
            }
        }
    }
    if (Found != NULL) {
        CcpMarkClean(Map, Found);
        Found->References += 1;
        *First = Found->Index + 1;
    }
    ExReleaseFastMutex(&Map->Lock);
    return Found;
}

NTSTATUS CcpFlushPages(CCP_MAP *Map, ULONG64 First, ULONG64 Last, PULONG_PTR Bytes)
{
    NTSTATUS Result = STATUS_SUCCESS;
    CCP_PAGE *Page;
    *Bytes = 0;
    // In the order of the file, as a disk likes it.
    while (First <= Last && (Page = CcpTakeDirtyPage(Map, &First, Last)) != NULL) {
        IO_STATUS_BLOCK IoStatus;
        KeEnterCriticalRegion();
        ExAcquirePushLockShared(&Page->Lock);
        NTSTATUS Status = CcpPageIo(IoSynchronousPageWrite, Map, Page, &IoStatus);
        ExReleasePushLockShared(&Page->Lock);
        KeLeaveCriticalRegion();
        if (NT_SUCCESS(Status)) {
            *Bytes += PAGE_SIZE;
        } else {
            Result = Status;
            CcpMarkDirty(Map, Page);
        }
        CcpDereferencePage(Map, Page);
        if (First == 0) {
            break;
        }
    }
    return Result;
}

BOOLEAN CcpPurgePages(CCP_MAP *Map, ULONG64 First, ULONG64 Last)
{
    LIST_ENTRY Purged;
    BOOLEAN All = TRUE;
    InitializeListHead(&Purged);
    ExAcquireFastMutex(&Map->Lock);
    for (ULONG Bucket = 0; Bucket < CCP_BUCKETS; Bucket += 1) {
        for (PLIST_ENTRY Link = Map->Buckets[Bucket].Flink, Next; Link != &Map->Buckets[Bucket];
             Link = Next) {
            CCP_PAGE *Page = CONTAINING_RECORD(Link, CCP_PAGE, Link);
            Next = Link->Flink;
            if (Page->Index < First || Page->Index > Last) {
                continue;
            }
            if (Page->References != 0) {
                All = FALSE;
                continue;
            }
            CcpMarkClean(Map, Page);
            RemoveEntryList(Link);
            InsertTailList(&Purged, Link);
        }
    }
    ExReleaseFastMutex(&Map->Lock);
    while (!IsListEmpty(&Purged)) {
        CcpFreePage(CONTAINING_RECORD(RemoveHeadList(&Purged), CCP_PAGE, Link));
    }
    return All;
}

// ---- Ranges

VOID CcpReturnPages(CCP_MAP *Map, CCP_PAGE **Pages, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        CcpDereferencePage(Map, Pages[Index]);
    }
}

BOOLEAN CcpTakePages(CCP_MAP *Map, LONGLONG Offset, ULONG Length, BOOLEAN Wait, BOOLEAN NoRead,
                     CCP_PAGE **Pages)
{
    ULONG64 First = (ULONG64)Offset / PAGE_SIZE;
    ULONG Count = CcpPagesOf(Offset, Length), Taken = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    for (; Taken < Count && NT_SUCCESS(Status); Taken += NT_SUCCESS(Status)) {
        CCP_PAGE *Page =
            Wait ? CcpReferencePage(Map, First + Taken) : CcpReferenceValidPage(Map, First + Taken);
        if (Page == NULL) {
            Status = Wait ? STATUS_INSUFFICIENT_RESOURCES : STATUS_CANT_WAIT;
            break;
        }
        // A page of which the caller overwrites a part only has the rest of the file's.
        ULONG64 Start = (First + Taken) * PAGE_SIZE;
        BOOLEAN Whole = Start >= (ULONG64)Offset && Start + PAGE_SIZE <= (ULONG64)Offset + Length;
        Status = CcpFillPage(Map, Page, NoRead && Whole);
        if (!NT_SUCCESS(Status)) {
            CcpDereferencePage(Map, Page);
        } else {
            Pages[Taken] = Page;
        }
    }
    if (!NT_SUCCESS(Status)) {
        CcpReturnPages(Map, Pages, Taken);
        if (Status != STATUS_CANT_WAIT || Wait) {
            ExRaiseStatus(Status);
        }
        return FALSE;
    }
    return TRUE;
}
