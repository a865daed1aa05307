// SPDX-License-Identifier: MIT
// Which files are cached, and how large they are.
#include "inc/kernel.h"
#include "cc/cc.h"

#define CCP_MAP_TYPE 0x2FF // CSHORT of a shared cache map

static LIST_ENTRY CcpMaps;
static FAST_MUTEX CcpLock; // of the list, of SharedCacheMap of all files, and of Users

NTSTATUS CcInitializeCacheManager(VOID)
{
    InitializeListHead(&CcpMaps);
    ExInitializeFastMutex(&CcpLock);
    return STATUS_SUCCESS;
}

CCP_MAP *CcpAcquireMap(PSECTION_OBJECT_POINTERS Pointers)
{
    if (Pointers == NULL) {
        return NULL;
    }
    ExAcquireFastMutex(&CcpLock);
    CCP_MAP *Map = Pointers->SharedCacheMap;
    if (Map != NULL) {
        Map->Users += 1;
    }
    ExReleaseFastMutex(&CcpLock);
    return Map;
}

static VOID CcpSignalEvents(PCACHE_UNINITIALIZE_EVENT Event)
{
    while (Event != NULL) {
        // The event is its waiter's memory, and gone when that has seen it.
        PCACHE_UNINITIALIZE_EVENT Next = Event->Next;
        KeSetEvent(&Event->Event, 0, FALSE);
        Event = Next;
    }
}

static VOID CcpFreeMap(CCP_MAP *Map)
{
    CcpPurgePages(Map, 0, ~0ULL);
    CcpSignalEvents(Map->Events);
    ObfDereferenceObject(Map->FileObject);
    ExFreePoolWithTag(Map, TAG_CACHE_MAP);
}

// The lock is held. TRUE: nobody needs Map any more, and the caller is to free it.
static BOOLEAN CcpUnlinkIfUnused(CCP_MAP *Map)
{
    if (Map->OpenCount != 0 || Map->Users != 0 || Map->DirtyPages != 0) {
        return FALSE;
    }
    RemoveEntryList(&Map->Link);
    if (Map->Pointers->SharedCacheMap == Map) {
        Map->Pointers->SharedCacheMap = NULL;
    }
    return TRUE;
}

VOID CcpReleaseMap(CCP_MAP *Map)
{
    ExAcquireFastMutex(&CcpLock);
    Map->Users -= 1;
    BOOLEAN Unused = CcpUnlinkIfUnused(Map);
    ExReleaseFastMutex(&CcpLock);
    if (Unused) {
        CcpFreeMap(Map);
    }
}

CCP_MAP *CcpAcquireDirtyMap(VOID)
{
    CCP_MAP *Found = NULL;
    ExAcquireFastMutex(&CcpLock);
    for (PLIST_ENTRY Link = CcpMaps.Flink; Found == NULL && Link != &CcpMaps; Link = Link->Flink) {
        CCP_MAP *Map = CONTAINING_RECORD(Link, CCP_MAP, Link);
        if (Map->DirtyPages != 0) {
            Found = Map;
            Map->Users += 1;
        }
    }
    if (Found != NULL) {
        RemoveEntryList(&Found->Link);
        InsertTailList(&CcpMaps, &Found->Link);
    }
    ExReleaseFastMutex(&CcpLock);
    return Found;
}

static CCP_MAP *CcpCreateMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes,
                             PCACHE_MANAGER_CALLBACKS Callbacks, PVOID LazyWriteContext)
{
    CCP_MAP *Map = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Map), TAG_CACHE_MAP);
    if (Map == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    Map->NodeTypeCode = CCP_MAP_TYPE;
    Map->NodeByteSize = sizeof(*Map);
    Map->FileSize = FileSizes->FileSize;
    Map->ValidDataLength = FileSizes->ValidDataLength;
    Map->AllocationSize = FileSizes->AllocationSize;
    Map->Callbacks = *Callbacks;
    Map->LazyWriteContext = LazyWriteContext;
    Map->FileObject = FileObject;
    Map->Pointers = FileObject->SectionObjectPointer;
    ObfReferenceObject(FileObject);
    ExInitializeFastMutex(&Map->Lock);
    InitializeListHead(&Map->Mdls);
    InitializeListHead(&Map->PrivateMaps);
    for (ULONG Bucket = 0; Bucket < CCP_BUCKETS; Bucket += 1) {
        InitializeListHead(&Map->Buckets[Bucket]);
    }
    return Map;
}

// PinAccess decides nothing: every page can be pinned. Raises STATUS_INSUFFICIENT_RESOURCES.
VOID NTAPI CcInitializeCacheMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes, BOOLEAN PinAccess,
                                PCACHE_MANAGER_CALLBACKS Callbacks, PVOID LazyWriteContext)
{
    UNREFERENCED_PARAMETER(PinAccess);
    if (FileObject->PrivateCacheMap != NULL) {
        return;
    }
    CCP_MAP *New = NULL;
    CCP_PRIVATE_MAP *Private = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Private), TAG_CACHE_MAP);
    if (Private == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    Private->FileObject = FileObject;
    if (FileObject->SectionObjectPointer->SharedCacheMap == NULL) {
        __try {
            New = CcpCreateMap(FileObject, FileSizes, Callbacks, LazyWriteContext);
        } __finally {
            if (New == NULL) {
                ExFreePoolWithTag(Private, TAG_CACHE_MAP);
            }
        }
    }
    ExAcquireFastMutex(&CcpLock);
    CCP_MAP *Map = FileObject->SectionObjectPointer->SharedCacheMap;
    if (Map == NULL && New != NULL) {
        Map = New;
        New = NULL;
        FileObject->SectionObjectPointer->SharedCacheMap = Map;
        InsertTailList(&CcpMaps, &Map->Link);
    }
    if (Map != NULL) {
        Map->OpenCount += 1;
        InsertTailList(&Map->PrivateMaps, &Private->Link);
        FileObject->PrivateCacheMap = Private;
    }
    ExReleaseFastMutex(&CcpLock);
    if (New != NULL) {
        CcpFreeMap(New);
    }
    if (Map == NULL) {
        // Between the two looks the other file object's map has gone.
        ExFreePoolWithTag(Private, TAG_CACHE_MAP);
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
}

// The lock is held.
static VOID CcpEndPrivateMap(CCP_MAP *Map, CCP_PRIVATE_MAP *Private)
{
    Private->FileObject->PrivateCacheMap = NULL;
    RemoveEntryList(&Private->Link);
    Map->OpenCount -= 1;
    ExFreePoolWithTag(Private, TAG_CACHE_MAP);
}

VOID CcpEndPrivateMaps(CCP_MAP *Map)
{
    ExAcquireFastMutex(&CcpLock);
    while (!IsListEmpty(&Map->PrivateMaps)) {
        CcpEndPrivateMap(Map, CONTAINING_RECORD(Map->PrivateMaps.Flink, CCP_PRIVATE_MAP, Link));
    }
    ExReleaseFastMutex(&CcpLock);
}

BOOLEAN NTAPI CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize,
                                     PCACHE_UNINITIALIZE_EVENT UninitializeEvent)
{
    CCP_MAP *Map = CcpAcquireMap(FileObject->SectionObjectPointer);
    if (Map == NULL) {
        CcpSignalEvents(UninitializeEvent);
        return FALSE;
    }
    if (TruncateSize != NULL) {
        ULONG64 First = ((ULONG64)TruncateSize->QuadPart + PAGE_SIZE - 1) / PAGE_SIZE;
        CcpPurgePages(Map, First, ~0ULL);
    }
    ExAcquireFastMutex(&CcpLock);
    if (FileObject->PrivateCacheMap != NULL) {
        CcpEndPrivateMap(Map, FileObject->PrivateCacheMap);
    }
    if (UninitializeEvent != NULL) {
        UninitializeEvent->Next = Map->Events;
        Map->Events = UninitializeEvent;
    }
    Map->Users -= 1;
    BOOLEAN Unused = CcpUnlinkIfUnused(Map), Dirty = Map->OpenCount == 0 && Map->DirtyPages != 0;
    ExReleaseFastMutex(&CcpLock);
    if (Unused) {
        CcpFreeMap(Map);
    } else if (Dirty) {
        // Written behind, and gone then.
        CcpScheduleLazyWriter();
    }
    return Unused;
}

// ---- Sizes

// What a shorter file leaves in its last page reads as zeroes when the file grows again.
static VOID CcpZeroTail(CCP_MAP *Map, LONGLONG Size)
{
    ULONG Offset = (ULONG)(Size & (PAGE_SIZE - 1));
    CCP_PAGE *Page = Offset != 0 ? CcpReferenceValidPage(Map, (ULONG64)Size / PAGE_SIZE) : NULL;
    if (Page != NULL) {
        RtlZeroMemory((PUCHAR)Page->Data + Offset, PAGE_SIZE - Offset);
        CcpDereferencePage(Map, Page);
    }
}

VOID NTAPI CcSetFileSizes(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes)
{
    CCP_MAP *Map = CcpAcquireMap(FileObject->SectionObjectPointer);
    if (Map == NULL) {
        return;
    }
    LONGLONG Before = Map->FileSize.QuadPart, Now = FileSizes->FileSize.QuadPart;
    if (Now < Before) {
        CcpPurgePages(Map, ((ULONG64)Now + PAGE_SIZE - 1) / PAGE_SIZE, ~0ULL);
        CcpZeroTail(Map, Now);
    }
    ExAcquireFastMutex(&Map->Lock);
    Map->FileSize = FileSizes->FileSize;
    Map->ValidDataLength = FileSizes->ValidDataLength;
    if (FileSizes->AllocationSize.QuadPart > Map->AllocationSize.QuadPart) {
        Map->AllocationSize = FileSizes->AllocationSize;
    }
    ExReleaseFastMutex(&Map->Lock);
    CcpReleaseMap(Map);
}

NTSTATUS NTAPI CcSetFileSizesEx(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes)
{
    CcSetFileSizes(FileObject, FileSizes);
    return STATUS_SUCCESS;
}

PFILE_OBJECT NTAPI CcGetFileObjectFromSectionPtrs(PSECTION_OBJECT_POINTERS SectionObjectPointer)
{
    CCP_MAP *Map = CcpAcquireMap(SectionObjectPointer);
    PFILE_OBJECT FileObject = NULL;
    if (Map != NULL) {
        FileObject = Map->FileObject;
        CcpReleaseMap(Map);
    }
    return FileObject;
}

PFILE_OBJECT NTAPI CcGetFileObjectFromSectionPtrsRef(PSECTION_OBJECT_POINTERS SectionObjectPointer)
{
    CCP_MAP *Map = CcpAcquireMap(SectionObjectPointer);
    PFILE_OBJECT FileObject = NULL;
    if (Map != NULL) {
        FileObject = Map->FileObject;
        ObfReferenceObject(FileObject);
        CcpReleaseMap(Map);
    }
    return FileObject;
}
