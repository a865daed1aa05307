// SPDX-License-Identifier: MIT
// Cached files read and written in place: MDLs of the cache's own pages. IRQL < DISPATCH_LEVEL.
#include "inc/kernel.h"
#include "cc/cc.h"

static CCP_MDL *CcpCreateMdl(CCP_MAP *Map, LONGLONG Offset, ULONG Length, BOOLEAN NoRead)
{
    ULONG Count = CcpPagesOf(Offset, Length);
    CCP_MDL *Out =
        ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Out) + Count * sizeof(Out->Pages[0]), TAG_CACHE_MAP);
    PMDL Mdl = IoAllocateMdl((PVOID)(ULONG_PTR)(Offset & (PAGE_SIZE - 1)), Length, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Out == NULL || Mdl == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        __try {
            CcpTakePages(Map, Offset, Length, TRUE, NoRead, Out->Pages);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (!NT_SUCCESS(Status)) {
        if (Mdl != NULL) {
            IoFreeMdl(Mdl);
        }
        if (Out != NULL) {
            ExFreePoolWithTag(Out, TAG_CACHE_MAP);
        }
        ExRaiseStatus(Status);
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        MmGetMdlPfnArray(Mdl)[Index] =
            (PFN_NUMBER)(MmGetPhysicalAddress(Out->Pages[Index]->Data).QuadPart >> PAGE_SHIFT);
    }
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    Out->Mdl = Mdl;
    Out->FirstIndex = (ULONG64)Offset / PAGE_SIZE;
    Out->Count = Count;
    return Out;
}

static VOID CcpGiveMdl(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN NoRead,
                       PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus)
{
    *IoStatus = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS};
    if (Length == 0) {
        return;
    }
    CCP_MAP *Map = CcpAcquireMap(FileObject->SectionObjectPointer);
    if (Map == NULL) {
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    }
    CCP_MDL *Out = NULL;
    __try {
        Out = CcpCreateMdl(Map, FileOffset->QuadPart, Length, NoRead);
    } __finally {
        if (Out == NULL) {
            CcpReleaseMap(Map);
        }
    }
    ExAcquireFastMutex(&Map->Lock);
    InsertTailList(&Map->Mdls, &Out->Link);
    ExReleaseFastMutex(&Map->Lock);
    // At the end of the chain that the caller has.
    while (*MdlChain != NULL) {
        MdlChain = &(*MdlChain)->Next;
    }
    *MdlChain = Out->Mdl;
    IoStatus->Information = Length;
}

VOID NTAPI CcMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain,
                     PIO_STATUS_BLOCK IoStatus)
{
    CcpGiveMdl(FileObject, FileOffset, Length, FALSE, MdlChain, IoStatus);
}

VOID NTAPI CcPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain,
                             PIO_STATUS_BLOCK IoStatus)
{
    CcpGiveMdl(FileObject, FileOffset, Length, TRUE, MdlChain, IoStatus);
}

static CCP_MDL *CcpFindMdl(CCP_MAP *Map, PMDL Mdl, BOOLEAN Take)
{
    CCP_MDL *Out = NULL;
    ExAcquireFastMutex(&Map->Lock);
    for (PLIST_ENTRY Link = Map->Mdls.Flink; Out == NULL && Link != &Map->Mdls; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, CCP_MDL, Link)->Mdl == Mdl) {
            Out = CONTAINING_RECORD(Link, CCP_MDL, Link);
            if (Take) {
                RemoveEntryList(Link);
            }
        }
    }
    ExReleaseFastMutex(&Map->Lock);
    return Out;
}

// What the MDLs of a chain describe has been written to. Raises.
static VOID CcpMarkMdlsDirty(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    CCP_MAP *Map = FileObject->SectionObjectPointer->SharedCacheMap;
    for (PMDL Mdl = MdlChain; Mdl != NULL; Mdl = Mdl->Next) {
        CCP_MDL *Out = CcpFindMdl(Map, Mdl, FALSE);
        if (Out == NULL) {
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        }
        for (ULONG Index = 0; Index < Out->Count; Index += 1) {
            CcpMarkDirty(Map, Out->Pages[Index]);
        }
    }
}

// Takes back the MDLs of a chain. Raises.
static VOID CcpTakeBackMdls(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    CCP_MAP *Map = FileObject->SectionObjectPointer->SharedCacheMap;
    for (PMDL Mdl = MdlChain, Next; Mdl != NULL; Mdl = Next) {
        Next = Mdl->Next;
        CCP_MDL *Out = CcpFindMdl(Map, Mdl, TRUE);
        if (Out == NULL) {
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        }
        if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
            MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
        }
        Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
        IoFreeMdl(Mdl);
        CcpReturnPages(Map, Out->Pages, Out->Count);
        ExFreePoolWithTag(Out, TAG_CACHE_MAP);
        // The MDL's own use of the map.
        CcpReleaseMap(Map);
    }
}

VOID NTAPI CcMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    CcpTakeBackMdls(FileObject, MdlChain);
}

VOID NTAPI CcMdlWriteAbort(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    CcpTakeBackMdls(FileObject, MdlChain);
}

// With FO_WRITE_THROUGH it is written at once: if that fails, its status is raised, and the MDLs are the
// caller's as before, who may try again or abort. (ntifs, CcMdlWriteComplete)
VOID NTAPI CcMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain)
{
    IO_STATUS_BLOCK IoStatus;
    ULONG Length = 0;
    for (PMDL Mdl = MdlChain; Mdl != NULL; Mdl = Mdl->Next) {
        Length += MmGetMdlByteCount(Mdl);
    }
    CcpMarkMdlsDirty(FileObject, MdlChain);
    if (FileObject->Flags & FO_WRITE_THROUGH) {
        CcFlushCache(FileObject->SectionObjectPointer, FileOffset, Length, &IoStatus);
        if (!NT_SUCCESS(IoStatus.Status)) {
            ExRaiseStatus(IoStatus.Status);
        }
    }
    CcpTakeBackMdls(FileObject, MdlChain);
}
