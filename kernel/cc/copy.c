// SPDX-License-Identifier: MIT
// Reading and writing cached files by copying. IRQL < DISPATCH_LEVEL.
#include "inc/kernel.h"
#include "cc/cc.h"

#define CCP_PAGES_AT_ONCE 16

// Part of a range that is done at once: no more than CCP_PAGES_AT_ONCE pages.
static ULONG CcpPartOf(LONGLONG Offset, ULONG Length)
{
    ULONG InPage = (ULONG)(Offset & (PAGE_SIZE - 1));
    return min(Length, CCP_PAGES_AT_ONCE * PAGE_SIZE - InPage);
}

typedef enum _CCP_COPY { CcpOut, CcpIn, CcpZero } CCP_COPY;

// Copies between Buffer and the pages that the range lies in. May raise.
static VOID CcpCopyPart(CCP_PAGE **Pages, LONGLONG Offset, ULONG Length, PUCHAR Buffer, CCP_COPY Copy)
{
    for (ULONG Done = 0, Index = 0; Done < Length; Index += 1) {
        ULONG InPage = (ULONG)((Offset + Done) & (PAGE_SIZE - 1));
        ULONG Bytes = min(Length - Done, (ULONG)PAGE_SIZE - InPage);
        PUCHAR Data = (PUCHAR)Pages[Index]->Data + InPage;
        switch (Copy) {
        case CcpOut: RtlCopyMemory(Buffer + Done, Data, Bytes); break;
        case CcpIn: RtlCopyMemory(Data, Buffer + Done, Bytes); break;
        case CcpZero: RtlZeroMemory(Data, Bytes); break;
        }
        Done += Bytes;
    }
}

// FALSE: Wait is FALSE and a page is not there; *Done bytes have been copied all the same.
static BOOLEAN CcpCopy(CCP_MAP *Map, LONGLONG Offset, ULONG Length, BOOLEAN Wait, PUCHAR Buffer,
                       CCP_COPY Copy, PULONG_PTR Done)
{
    CCP_PAGE *Pages[CCP_PAGES_AT_ONCE];
    for (*Done = 0; *Done < Length;) {
        LONGLONG At = Offset + (LONGLONG)*Done;
        ULONG Part = CcpPartOf(At, Length - (ULONG)*Done), Count = CcpPagesOf(At, Part);
        if (!CcpTakePages(Map, At, Part, Wait, Copy != CcpOut, Pages)) {
            return FALSE;
        }
        __try {
            CcpCopyPart(Pages, At, Part, Buffer + *Done, Copy);
        } __finally {
            for (ULONG Index = 0; Copy != CcpOut && Index < Count; Index += 1) {
                CcpMarkDirty(Map, Pages[Index]);
            }
            CcpReturnPages(Map, Pages, Count);
        }
        *Done += Part;
    }
    return TRUE;
}

BOOLEAN NTAPI CcCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                         PVOID Buffer, PIO_STATUS_BLOCK IoStatus)
{
    CCP_MAP *Map = CcpAcquireMap(FileObject->SectionObjectPointer);
    BOOLEAN Copied = FALSE;
    if (Map == NULL) {
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    }
    __try {
        Copied = CcpCopy(Map, FileOffset->QuadPart, Length, Wait, Buffer, CcpOut, &IoStatus->Information);
    } __finally {
        CcpReleaseMap(Map);
    }
    IoStatus->Status = STATUS_SUCCESS;
    return Copied;
}

VOID NTAPI CcFastCopyRead(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, ULONG PageCount,
                          PVOID Buffer, PIO_STATUS_BLOCK IoStatus)
{
    LARGE_INTEGER Offset = {.QuadPart = FileOffset};
    UNREFERENCED_PARAMETER(PageCount);
    CcCopyRead(FileObject, &Offset, Length, TRUE, Buffer, IoStatus);
}

// Writes through what FO_WRITE_THROUGH asks for. Raises.
static VOID CcpWriteThrough(CCP_MAP *Map, LONGLONG Offset, ULONG Length)
{
    ULONG_PTR Bytes;
    ULONG64 First = (ULONG64)Offset / PAGE_SIZE;
    ULONG Count = CcpPagesOf(Offset, Length);
    NTSTATUS Status = Count != 0 ? CcpFlushPages(Map, First, First + Count - 1, &Bytes) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
}

BOOLEAN NTAPI CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                          PVOID Buffer)
{
    BOOLEAN Through = (FileObject->Flags & FO_WRITE_THROUGH) != 0, Copied = FALSE;
    ULONG_PTR Done;
    if (Through && !Wait) {
        return FALSE;
    }
    CCP_MAP *Map = CcpAcquireMap(FileObject->SectionObjectPointer);
    if (Map == NULL) {
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    }
    __try {
        Copied = CcpCopy(Map, FileOffset->QuadPart, Length, Wait, Buffer, CcpIn, &Done);
        if (Copied && Through) {
            CcpWriteThrough(Map, FileOffset->QuadPart, Length);
        }
    } __finally {
        CcpReleaseMap(Map);
    }
    return Copied;
}

VOID NTAPI CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, PVOID Buffer)
{
    LARGE_INTEGER Offset = {.QuadPart = FileOffset};
    CcCopyWrite(FileObject, &Offset, Length, TRUE, Buffer);
}

BOOLEAN NTAPI CcCopyWriteWontFlush(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length)
{
    UNREFERENCED_PARAMETER(FileOffset);
    return !(FileObject->Flags & FO_WRITE_THROUGH) && Length <= CCP_DIRTY_THRESHOLD * PAGE_SIZE / 8;
}

// A file that is not cached is written zeroes by paging I/O: that takes no cache map, and it is the caller's
// to give whole sectors.
static BOOLEAN CcpZeroUncached(PFILE_OBJECT FileObject, LONGLONG Start, LONGLONG End)
{
    IO_STATUS_BLOCK IoStatus;
    KEVENT Event;
    PVOID Zeroes = ExAllocatePoolZero(NonPagedPoolNx, PAGE_SIZE, TAG_CACHE_PAGE);
    NTSTATUS Status = Zeroes != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    for (LARGE_INTEGER At = {.QuadPart = Start}; NT_SUCCESS(Status) && At.QuadPart < End;) {
        ULONG Bytes = (ULONG)min(End - At.QuadPart, (LONGLONG)PAGE_SIZE);
        PMDL Mdl = IoAllocateMdl(Zeroes, Bytes, FALSE, FALSE, NULL);
        if (Mdl == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            break;
        }
        MmBuildMdlForNonPagedPool(Mdl);
        KeInitializeEvent(&Event, NotificationEvent, FALSE);
        Status = IoSynchronousPageWrite(FileObject, Mdl, &At, &Event, &IoStatus);
        if (Status == STATUS_PENDING) {
            KeWaitForSingleObject(&Event, WrPageOut, KernelMode, FALSE, NULL);
            Status = IoStatus.Status;
        }
        IoFreeMdl(Mdl);
        At.QuadPart += Bytes;
    }
    if (Zeroes != NULL) {
        ExFreePoolWithTag(Zeroes, TAG_CACHE_PAGE);
    }
    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
    return TRUE;
}

// EndOffset is behind the last byte.
BOOLEAN NTAPI CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset,
                         BOOLEAN Wait)
{
    BOOLEAN Zeroed = TRUE;
    ULONG_PTR Done;
    CCP_MAP *Map = CcpAcquireMap(FileObject->SectionObjectPointer);
    if (Map == NULL) {
        return Wait && CcpZeroUncached(FileObject, StartOffset->QuadPart, EndOffset->QuadPart);
    }
    BOOLEAN Through = (FileObject->Flags & FO_WRITE_THROUGH) || FileObject->PrivateCacheMap == NULL;
    __try {
        for (LONGLONG At = StartOffset->QuadPart; Zeroed && At < EndOffset->QuadPart;) {
            ULONG Bytes = (ULONG)min(EndOffset->QuadPart - At, (LONGLONG)(CCP_PAGES_AT_ONCE * PAGE_SIZE));
            Zeroed = CcpCopy(Map, At, Bytes, Wait, NULL, CcpZero, &Done);
            if (Zeroed && Through) {
                CcpWriteThrough(Map, At, Bytes);
            }
            At += Bytes;
        }
    } __finally {
        CcpReleaseMap(Map);
    }
    return Zeroed;
}
