// SPDX-License-Identifier: MIT
// Cache manager: pages of files, kept in nonpaged memory, read from and written to the file system by paging
// I/O. A file is cached by a map, which hangs at its SECTION_OBJECT_POINTERS.
#ifndef KMODE_CC_H
#define KMODE_CC_H

#define CCP_BUCKETS 64

// A page of a file. Those without references may be purged.
typedef struct _CCP_PAGE {
    LIST_ENTRY Link; // in its bucket, under the map's lock
    ULONG64 Index;   // offset in the file, in pages
    LONG References; // under the map's lock
    BOOLEAN Dirty;   // under the map's lock
    BOOLEAN Valid;   // its contents are the file's; under Lock
    EX_PUSH_LOCK Lock;
    PVOID Data; // PAGE_SIZE bytes, page-aligned
} CCP_PAGE;

// An MDL that is out, and the pages it holds.
typedef struct _CCP_MDL {
    LIST_ENTRY Link;
    PMDL Mdl;
    ULONG64 FirstIndex;
    ULONG Count;
    CCP_PAGE *Pages[];
} CCP_MDL;

// A file object that caches the file: FILE_OBJECT.PrivateCacheMap.
typedef struct _CCP_PRIVATE_MAP {
    LIST_ENTRY Link; // in CCP_MAP.PrivateMaps, under CcpLock
    PFILE_OBJECT FileObject;
} CCP_PRIVATE_MAP;

// CcGetFileSizePointer finds FileSize by its offset.
typedef struct _CCP_MAP {
    CSHORT NodeTypeCode, NodeByteSize;
    ULONG OpenCount; // private maps
    LARGE_INTEGER FileSize;
    LARGE_INTEGER ValidDataLength; // behind it the file reads as zeroes
    LARGE_INTEGER AllocationSize;
    LIST_ENTRY Link; // CcpMaps
    LIST_ENTRY PrivateMaps;
    PFILE_OBJECT FileObject; // referenced: by it the pages are read and written
    PSECTION_OBJECT_POINTERS Pointers;
    CACHE_MANAGER_CALLBACKS Callbacks;
    PVOID LazyWriteContext;
    FAST_MUTEX Lock; // the map's lock: never held across I/O
    LIST_ENTRY Buckets[CCP_BUCKETS];
    LIST_ENTRY Mdls;
    ULONG DirtyPages;
    ULONG Users; // who must find the map there, under CcpLock
    BOOLEAN Deleting;
    PCACHE_UNINITIALIZE_EVENT Events;
} CCP_MAP;

C_ASSERT(FIELD_OFFSET(CCP_MAP, FileSize) == sizeof(LARGE_INTEGER));

NTSTATUS CcInitializeCacheManager(VOID);

// ---- Maps (cc/map.c). IRQL < DISPATCH_LEVEL.

// The map of a file, which stays until CcpReleaseMap; NULL if it is not cached.
CCP_MAP *CcpAcquireMap(PSECTION_OBJECT_POINTERS Pointers);
VOID CcpReleaseMap(CCP_MAP *Map);
// No file object caches the file of Map, which is acquired, any more.
VOID CcpEndPrivateMaps(CCP_MAP *Map);
// A map with dirty pages, acquired; NULL. The next call gives another where there is one.
CCP_MAP *CcpAcquireDirtyMap(VOID);

// ---- Pages (cc/page.c). IRQL < DISPATCH_LEVEL.

// The page, referenced; made if it is not there. NULL: no memory.
CCP_PAGE *CcpReferencePage(CCP_MAP *Map, ULONG64 Index);
// The same, but NULL if it is not there with valid contents.
CCP_PAGE *CcpReferenceValidPage(CCP_MAP *Map, ULONG64 Index);
VOID CcpDereferencePage(CCP_MAP *Map, CCP_PAGE *Page);
// Makes the contents those of the file: reads them, or zeroes. NoRead: the caller overwrites all of it.
NTSTATUS CcpFillPage(CCP_MAP *Map, CCP_PAGE *Page, BOOLEAN NoRead);
VOID CcpMarkDirty(CCP_MAP *Map, CCP_PAGE *Page);
// Writes the dirty pages of [First, Last] to the file. *Bytes: how many.
NTSTATUS CcpFlushPages(CCP_MAP *Map, ULONG64 First, ULONG64 Last, PULONG_PTR Bytes);
// Throws away the pages of [First, Last]. FALSE: one is in use.
BOOLEAN CcpPurgePages(CCP_MAP *Map, ULONG64 First, ULONG64 Last);
extern volatile LONG CcpDirtyPages; // of all files

// References and fills the pages of a byte range; raises what goes wrong. FALSE: Wait is FALSE and one is not
// there. Pages has room for CcpPagesOf of them.
BOOLEAN CcpTakePages(CCP_MAP *Map, LONGLONG Offset, ULONG Length, BOOLEAN Wait, BOOLEAN NoRead,
                     CCP_PAGE **Pages);
VOID CcpReturnPages(CCP_MAP *Map, CCP_PAGE **Pages, ULONG Count);

static inline ULONG CcpPagesOf(LONGLONG Offset, ULONG Length)
{
    return Length == 0 ? 0
                       : (ULONG)((((ULONG64)Offset & (PAGE_SIZE - 1)) + Length + PAGE_SIZE - 1) / PAGE_SIZE);
}

// ---- The lazy writer (cc/lazy-writer.c)

#define CCP_DIRTY_THRESHOLD 8192 // pages that may wait to be written

// There is something to write: in a second somebody will. IRQL <= DISPATCH_LEVEL.
VOID CcpScheduleLazyWriter(VOID);
// Writes every dirty page of every file. IRQL PASSIVE_LEVEL.
VOID CcpWriteAll(VOID);

#endif
