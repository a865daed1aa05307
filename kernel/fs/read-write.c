// SPDX-License-Identifier: MIT
// Reading and writing: through the cache, past it, and by the cache itself.
#include "inc/kernel.h"
#include "cc/cc.h"
#include "fs/fs.h"

PVOID FspBufferOf(PIRP Irp, ULONG Length, BOOLEAN Write)
{
    if (Irp->MdlAddress != NULL) {
        PVOID Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (Buffer == NULL) {
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        }
        return Buffer;
    }
    if (Irp->RequestorMode != KernelMode) {
        if (Write) {
            ProbeForWrite(Irp->UserBuffer, Length, 1);
        } else {
            ProbeForRead(Irp->UserBuffer, Length, 1);
        }
    }
    return Irp->UserBuffer;
}

// The disk reads and writes where Linux may: what a caller's pointer leads to is looked at first.
static NTSTATUS FspTransferDirect(FSP_NODE *Node, BOOLEAN Write, LONGLONG Offset, PUCHAR Buffer, PULONG Bytes)
{
    for (ULONG Done = 0; Done < *Bytes; Done += PAGE_SIZE) {
        volatile UCHAR *Byte = Buffer + Done;
        if (Write) {
            (void)*Byte;
        } else {
            *Byte = *Byte;
        }
    }
    if (*Bytes != 0) {
        (void)*(volatile UCHAR *)(Buffer + *Bytes - 1);
    }
    return FspTransferOnDisk(Node->File, Write, Offset, Buffer, Bytes);
}

// Pages of the cache. Its locks are held: none of ours is taken.
static NTSTATUS FspPage(PIRP Irp, FSP_NODE *Node, BOOLEAN Write, LONGLONG Offset, ULONG Length)
{
    LONGLONG Size = Node->Header.FileSize.QuadPart;
    PUCHAR Buffer = FspBufferOf(Irp, Length, !Write);
    ULONG Bytes = Offset >= Size ? 0 : (ULONG)min((LONGLONG)Length, Size - Offset);
    if (Bytes == 0 && !Write) {
        return STATUS_END_OF_FILE;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Done = Bytes;
    if (Bytes != 0) {
        Status = FspTransferOnDisk(Node->File, Write, Offset, Buffer, &Done);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!Write) {
        RtlZeroMemory(Buffer + Done, Length - Done);
    }
    // What lies behind the end of the file needs no place on the disk.
    Irp->IoStatus.Information = Length;
    return STATUS_SUCCESS;
}

static VOID FspStartCaching(PFILE_OBJECT FileObject, FSP_NODE *Node)
{
    static CACHE_MANAGER_CALLBACKS Callbacks;
    if (FileObject->PrivateCacheMap == NULL) {
        CcInitializeCacheMap(FileObject, (PCC_FILE_SIZES)&Node->Header.AllocationSize, FALSE, &Callbacks,
                             Node);
    }
}

static BOOLEAN FspIsCached(const IRP *Irp, const FILE_OBJECT *FileObject)
{
    return !(Irp->Flags & IRP_NOCACHE) && (FileObject->Flags & FO_CACHE_SUPPORTED);
}

static NTSTATUS FspReadData(PIRP Irp, PFILE_OBJECT FileObject, FSP_NODE *Node, LARGE_INTEGER Offset,
                            ULONG Length)
{
    LONGLONG Size = Node->Header.FileSize.QuadPart;
    if (Offset.QuadPart >= Size) {
        return STATUS_END_OF_FILE;
    }
    ULONG Bytes = (ULONG)min((LONGLONG)Length, Size - Offset.QuadPart);
    PVOID Buffer = FspBufferOf(Irp, Length, TRUE);
    if (FspIsCached(Irp, FileObject)) {
        FspStartCaching(FileObject, Node);
        CcCopyRead(FileObject, &Offset, Bytes, TRUE, Buffer, &Irp->IoStatus);
        return Irp->IoStatus.Status;
    }
    CcFlushCache(&Node->Sections, &Offset, Bytes, &Irp->IoStatus);
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        return Irp->IoStatus.Status;
    }
    NTSTATUS Status = FspTransferDirect(Node, FALSE, Offset.QuadPart, Buffer, &Bytes);
    Irp->IoStatus.Information = Bytes;
    return Status;
}

static NTSTATUS FspCheckTransfer(FSP_NODE *Node, PIO_STACK_LOCATION Stack)
{
    if (Node->Volume || FspIsFolder(Node) || Stack->MinorFunction != IRP_MN_NORMAL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    return STATUS_SUCCESS;
}

static VOID FspMovePosition(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG_PTR Bytes)
{
    if (FileObject->Flags & FO_SYNCHRONOUS_IO) {
        FileObject->CurrentByteOffset.QuadPart = Offset + (LONGLONG)Bytes;
    }
}

NTSTATUS FspRead(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PFILE_OBJECT FileObject = Stack->FileObject;
    FSP_NODE *Node = FspNodeOf(FileObject);
    LARGE_INTEGER Offset = Stack->Parameters.Read.ByteOffset;
    ULONG Length = Stack->Parameters.Read.Length;
    NTSTATUS Status = FspCheckTransfer(Node, Stack);
    if (!NT_SUCCESS(Status) || Length == 0) {
        return Status;
    }
    if (Irp->Flags & IRP_PAGING_IO) {
        return FspPage(Irp, Node, FALSE, Offset.QuadPart, Length);
    }
    if (!FsRtlCheckLockForReadAccess(&Node->FileLock, Irp)) {
        return STATUS_FILE_LOCK_CONFLICT;
    }
    ExAcquireResourceSharedLite(&Node->Resource, TRUE);
    __try {
        Status = FspReadData(Irp, FileObject, Node, Offset, Length);
    } __finally {
        ExReleaseResourceLite(&Node->Resource);
    }
    if (NT_SUCCESS(Status)) {
        FspMovePosition(FileObject, Offset.QuadPart, Irp->IoStatus.Information);
    }
    return Status;
}

static NTSTATUS FspWriteData(PIRP Irp, PFILE_OBJECT FileObject, FSP_NODE *Node, PLARGE_INTEGER Offset,
                             ULONG Length, BOOLEAN Through)
{
    if (Offset->LowPart == FILE_WRITE_TO_END_OF_FILE && Offset->HighPart == -1) {
        *Offset = Node->Header.FileSize;
    }
    if (Offset->QuadPart > MAXLONGLONG - (LONGLONG)Length) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Buffer = FspBufferOf(Irp, Length, FALSE);
    LONGLONG End = Offset->QuadPart + Length, Before = Node->Header.FileSize.QuadPart;
    if (End > Before) {
        Status = FspSetSize(FileObject, Node, End);
    }
    if (NT_SUCCESS(Status) && FspIsCached(Irp, FileObject)) {
        FspStartCaching(FileObject, Node);
        CcCopyWrite(FileObject, Offset, Length, TRUE, Buffer);
        if (Through) {
            CcFlushCache(&Node->Sections, Offset, Length, &Irp->IoStatus);
            Status = Irp->IoStatus.Status;
        }
    } else if (NT_SUCCESS(Status)) {
        ULONG Bytes = Length;
        CcFlushCache(&Node->Sections, Offset, Length, &Irp->IoStatus);
        CcPurgeCacheSection(&Node->Sections, Offset, Length, FALSE);
        Status = FspTransferDirect(Node, TRUE, Offset->QuadPart, Buffer, &Bytes);
        if (NT_SUCCESS(Status) && Bytes != Length) {
            Status = STATUS_DISK_FULL;
        }
    }
    if (!NT_SUCCESS(Status)) {
        if (End > Before) {
            FspSetSize(FileObject, Node, Before);
        }
        return Status;
    }
    Irp->IoStatus.Information = Length;
    FileObject->Flags |= FO_FILE_MODIFIED | (End > Before ? FO_FILE_SIZE_CHANGED : 0);
    FspNoteWrite(Node, FspOpenOf(FileObject));
    return STATUS_SUCCESS;
}

NTSTATUS FspWrite(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PFILE_OBJECT FileObject = Stack->FileObject;
    FSP_NODE *Node = FspNodeOf(FileObject);
    LARGE_INTEGER Offset = Stack->Parameters.Write.ByteOffset;
    ULONG Length = Stack->Parameters.Write.Length;
    NTSTATUS Status = FspCheckTransfer(Node, Stack);
    if (!NT_SUCCESS(Status) || Length == 0) {
        return Status;
    }
    if (Irp->Flags & IRP_PAGING_IO) {
        return FspPage(Irp, Node, TRUE, Offset.QuadPart, Length);
    }
    if (!FsRtlCheckLockForWriteAccess(&Node->FileLock, Irp)) {
        return STATUS_FILE_LOCK_CONFLICT;
    }
    BOOLEAN Through = (FileObject->Flags & FO_WRITE_THROUGH) || (Stack->Flags & SL_WRITE_THROUGH);
    ExAcquireResourceExclusiveLite(&Node->Resource, TRUE);
    __try {
        Status = FspWriteData(Irp, FileObject, Node, &Offset, Length, Through);
    } __finally {
        ExReleaseResourceLite(&Node->Resource);
    }
    if (NT_SUCCESS(Status)) {
        FspMovePosition(FileObject, Offset.QuadPart, Irp->IoStatus.Information);
        FspReport(&Node->Path, FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    }
    return Status;
}

NTSTATUS FspFlush(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    FSP_NODE *Node = FspNodeOf(Stack->FileObject);
    if (Node->Volume || FspIsFolder(Node)) {
        return STATUS_SUCCESS; // nothing of them is written behind
    }
    ExAcquireResourceExclusiveLite(&Node->Resource, TRUE);
    CcFlushCache(&Node->Sections, NULL, 0, &Irp->IoStatus);
    ExReleaseResourceLite(&Node->Resource);
    Irp->IoStatus.Information = 0;
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        return Irp->IoStatus.Status;
    }
    KM_DISK_OPERATION Operation = {.operation = KM_DISK_FLUSH, .file = Node->File};
    return FspUseDisk(&Operation);
}
