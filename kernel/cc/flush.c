// SPDX-License-Identifier: MIT
// Cached files written to their file systems, and thrown away. IRQL < DISPATCH_LEVEL.
#include "inc/kernel.h"
#include "cc/cc.h"

// The pages of a range; FileOffset NULL: all; Length 0 with WholeTail: to the end.
static VOID CcpRange(PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN WholeTail, PULONG64 First,
                     PULONG64 Last)
{
    *First = 0;
    *Last = ~0ULL;
    if (FileOffset == NULL) {
        return;
    }
    *First = (ULONG64)FileOffset->QuadPart / PAGE_SIZE;
    if (Length != 0 || !WholeTail) {
        *Last = *First + CcpPagesOf(FileOffset->QuadPart, Length) - 1;
    }
}

VOID NTAPI CcFlushCache(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset,
                        ULONG Length, PIO_STATUS_BLOCK IoStatus)
{
    IO_STATUS_BLOCK Result = {.Status = STATUS_SUCCESS, .Information = Length};
    ULONG64 First, Last;
    CCP_MAP *Map = CcpAcquireMap(SectionObjectPointer);
    if (Map != NULL) {
        ULONG_PTR Bytes = 0;
        CcpRange(FileOffset, Length, FALSE, &First, &Last);
        if (FileOffset == NULL || Length != 0) {
            Result.Status = CcpFlushPages(Map, First, Last, &Bytes);
        }
        if (!NT_SUCCESS(Result.Status)) {
            Result.Information = Bytes;
        }
        CcpReleaseMap(Map);
    }
    if (IoStatus != NULL) {
        *IoStatus = Result;
    }
}

// TRUE: nothing of the range is cached any more. FALSE: a page of it is in use. Flags, if not 0: no file
// object caches the file any more. (ntifs, CcPurgeCacheSection)
BOOLEAN NTAPI CcPurgeCacheSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset,
                                  ULONG Length, ULONG Flags)
{
    ULONG64 First, Last;
    BOOLEAN Purged = TRUE;
    CCP_MAP *Map = CcpAcquireMap(SectionObjectPointer);
    if (Map != NULL) {
        if (Flags != 0) {
            CcpEndPrivateMaps(Map);
        }
        CcpRange(FileOffset, Length, TRUE, &First, &Last);
        Purged = CcpPurgePages(Map, First, Last);
        CcpReleaseMap(Map);
    }
    return Purged;
}

VOID NTAPI CcCoherencyFlushAndPurgeCache(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                         PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus,
                                         ULONG Flags)
{
    CcFlushCache(SectionObjectPointer, FileOffset, Length, IoStatus);
    if (NT_SUCCESS(IoStatus->Status) &&
        !CcPurgeCacheSection(SectionObjectPointer, FileOffset, Length, Flags)) {
        IoStatus->Status = STATUS_CACHE_PAGE_LOCKED;
    }
}

BOOLEAN NTAPI CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait, UCHAR Retrying)
{
    ULONG Pages = BytesToWrite / PAGE_SIZE + 1;
    UNREFERENCED_PARAMETER(FileObject);
    UNREFERENCED_PARAMETER(Retrying);
    if (CcpDirtyPages == 0 || (ULONG)CcpDirtyPages + Pages <= CCP_DIRTY_THRESHOLD) {
        return TRUE;
    }
    if (!Wait) {
        return FALSE;
    }
    CcpWriteAll();
    return TRUE;
}

// ---- Writes that wait until there is room

typedef struct _CCP_DEFERRED_WRITE {
    WORK_QUEUE_ITEM Item;
    PCC_POST_DEFERRED_WRITE PostRoutine;
    PVOID Context1, Context2;
} CCP_DEFERRED_WRITE;

static VOID NTAPI CcpPostDeferredWrite(PVOID Parameter)
{
    CCP_DEFERRED_WRITE *Write = Parameter;
    CcpWriteAll();
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "CC_POST_DEFERRED_WRITE", Write->PostRoutine, 2, Write->Context1,
                    Write->Context2);
    Write->PostRoutine(Write->Context1, Write->Context2);
    ViLeaveCallback(&Callback, 0);
    ExFreePoolWithTag(Write, TAG_CACHE_MAP);
}

VOID NTAPI CcDeferWrite(PFILE_OBJECT FileObject, PCC_POST_DEFERRED_WRITE PostRoutine, PVOID Context1,
                        PVOID Context2, ULONG BytesToWrite, BOOLEAN Retrying)
{
    CCP_DEFERRED_WRITE *Write = NULL;
    if (!CcCanIWrite(FileObject, BytesToWrite, FALSE, Retrying)) {
        Write = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Write), TAG_CACHE_MAP);
    }
    if (Write == NULL) {
        // There is room by now, or no memory to wait with.
        PostRoutine(Context1, Context2);
        return;
    }
    Write->PostRoutine = PostRoutine;
    Write->Context1 = Context1;
    Write->Context2 = Context2;
    ExInitializeWorkItem(&Write->Item, CcpPostDeferredWrite, Write);
    ExQueueWorkItem(&Write->Item, DelayedWorkQueue);
}
