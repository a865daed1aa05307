// SPDX-License-Identifier: MIT
// Fast I/O that a file system has done for it: reads and writes of cached files without an IRP.
// By the pages fsrtlcopyread, fsrtlcopywrite, fsrtlmdlreaddev, fsrtlpreparemdlwritedev ... of
// Microsoft's reference (ntifs.h).
#include "inc/kernel.h"
#include "fsrtl/fast-io.h"

// A transfer, to or from Buffer, or if that is NULL by MDLs of the cache's own memory.
typedef struct _FSRTLP_TRANSFER {
    PFILE_OBJECT FileObject;
    PLARGE_INTEGER FileOffset;
    ULONG Length;
    BOOLEAN Wait;
    ULONG LockKey;
    PVOID Buffer;
    PMDL *MdlChain;
    PIO_STATUS_BLOCK IoStatus;
    PDEVICE_OBJECT DeviceObject;
} FSRTLP_TRANSFER;

static PFAST_IO_DISPATCH FsRtlpFastIoOf(PFILE_OBJECT FileObject, PDEVICE_OBJECT *DeviceObject)
{
    if (*DeviceObject == NULL) {
        *DeviceObject = IoGetRelatedDeviceObject(FileObject);
    }
    return (*DeviceObject)->DriverObject->FastIoDispatch;
}

// May the file be read or written without its file system seeing the request? The file is locked.
static BOOLEAN FsRtlpIsPossible(const FSRTLP_TRANSFER *Transfer, LARGE_INTEGER Offset, BOOLEAN Read)
{
    PFSRTL_COMMON_FCB_HEADER Header = Transfer->FileObject->FsContext;
    PDEVICE_OBJECT DeviceObject = Transfer->DeviceObject;
    if (Transfer->FileObject->PrivateCacheMap == NULL || Header->IsFastIoPossible == FastIoIsNotPossible) {
        return FALSE;
    }
    if (Header->IsFastIoPossible != FastIoIsQuestionable) {
        return TRUE;
    }
    PFAST_IO_DISPATCH Fast = FsRtlpFastIoOf(Transfer->FileObject, &DeviceObject);
    return FSRTLP_HAS_FAST(Fast, FastIoCheckIfPossible) &&
           Fast->FastIoCheckIfPossible(Transfer->FileObject, &Offset, Transfer->Length, Transfer->Wait,
                                       Transfer->LockKey, Read, Transfer->IoStatus, DeviceObject);
}

// FALSE: it would have to wait, or it failed: the IRP that now follows hears why.
static BOOLEAN FsRtlpReadCache(const FSRTLP_TRANSFER *Transfer, ULONG Length)
{
    BOOLEAN Done = TRUE;
    PIRP Top = IoGetTopLevelIrp();
    IoSetTopLevelIrp((PIRP)(ULONG_PTR)FSRTL_FAST_IO_TOP_LEVEL_IRP);
    __try {
        if (Transfer->MdlChain != NULL) {
            CcMdlRead(Transfer->FileObject, Transfer->FileOffset, Length, Transfer->MdlChain,
                      Transfer->IoStatus);
        } else {
            Done = CcCopyRead(Transfer->FileObject, Transfer->FileOffset, Length, Transfer->Wait,
                              Transfer->Buffer, Transfer->IoStatus);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Done = FALSE;
    }
    IoSetTopLevelIrp(Top);
    return Done;
}

static BOOLEAN FsRtlpReadLocked(const FSRTLP_TRANSFER *Transfer)
{
    PFSRTL_COMMON_FCB_HEADER Header = Transfer->FileObject->FsContext;
    LONGLONG Offset = Transfer->FileOffset->QuadPart;
    if (!FsRtlpIsPossible(Transfer, *Transfer->FileOffset, TRUE)) {
        return FALSE;
    }
    if (Offset >= Header->FileSize.QuadPart) {
        *Transfer->IoStatus = (IO_STATUS_BLOCK){.Status = STATUS_END_OF_FILE};
        return TRUE;
    }
    ULONG Length = (ULONG)min((LONGLONG)Transfer->Length, Header->FileSize.QuadPart - Offset);
    if (!FsRtlpReadCache(Transfer, Length)) {
        return FALSE;
    }
    Transfer->FileObject->Flags |= FO_FILE_FAST_IO_READ;
    if (Transfer->MdlChain == NULL) {
        Transfer->FileObject->CurrentByteOffset.QuadPart = Offset + (LONGLONG)Transfer->IoStatus->Information;
    }
    return TRUE;
}

static BOOLEAN FsRtlpRead(const FSRTLP_TRANSFER *Transfer)
{
    BOOLEAN Done = FALSE;
    PFSRTL_COMMON_FCB_HEADER Header = Transfer->FileObject->FsContext;
    if (Transfer->Length == 0) {
        *Transfer->IoStatus = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS};
        return TRUE;
    }
    if (Transfer->FileOffset->QuadPart < 0 ||
        Transfer->FileOffset->QuadPart > MAXLONGLONG - (LONGLONG)Transfer->Length) {
        return FALSE;
    }
    FsRtlEnterFileSystem();
    if (ExAcquireResourceSharedLite(Header->Resource, Transfer->Wait)) {
        Done = FsRtlpReadLocked(Transfer);
        ExReleaseResourceLite(Header->Resource);
    }
    FsRtlExitFileSystem();
    return Done;
}

BOOLEAN NTAPI FsRtlCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                            ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                            PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_TRANSFER Transfer = {FileObject, FileOffset, Length,   Wait,        LockKey,
                                Buffer,     NULL,       IoStatus, DeviceObject};
    return FsRtlpRead(&Transfer);
}

BOOLEAN NTAPI FsRtlMdlReadDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey,
                              PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_TRANSFER Transfer = {FileObject, FileOffset, Length,   TRUE,        LockKey,
                                NULL,       MdlChain,   IoStatus, DeviceObject};
    return FsRtlpRead(&Transfer);
}

BOOLEAN NTAPI FsRtlMdlReadCompleteDev(PFILE_OBJECT FileObject, PMDL MdlChain, PDEVICE_OBJECT DeviceObject)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    CcMdlReadComplete(FileObject, MdlChain);
    return TRUE;
}

// The paging resource keeps the lazy writer out while the sizes do not fit each other.
static VOID FsRtlpSetSizes(PFILE_OBJECT FileObject, LONGLONG FileSize, LONGLONG ValidDataLength)
{
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    if (Header->PagingIoResource != NULL) {
        ExAcquireResourceExclusiveLite(Header->PagingIoResource, TRUE);
    }
    Header->FileSize.QuadPart = FileSize;
    Header->ValidDataLength.QuadPart = ValidDataLength;
    CC_FILE_SIZES Sizes = {Header->AllocationSize, Header->FileSize, Header->ValidDataLength};
    if (Header->PagingIoResource != NULL) {
        ExReleaseResourceLite(Header->PagingIoResource);
    }
    CcSetFileSizes(FileObject, &Sizes);
}

// FALSE as for FsRtlpReadCache.
static BOOLEAN FsRtlpWriteCache(const FSRTLP_TRANSFER *Transfer, LARGE_INTEGER Offset,
                                LARGE_INTEGER ValidDataLength)
{
    BOOLEAN Done = TRUE;
    PIRP Top = IoGetTopLevelIrp();
    IoSetTopLevelIrp((PIRP)(ULONG_PTR)FSRTL_FAST_IO_TOP_LEVEL_IRP);
    __try {
        // What lies between the valid data and the new ones is not on the disk yet.
        if (Offset.QuadPart > ValidDataLength.QuadPart) {
            Done = CcZeroData(Transfer->FileObject, &ValidDataLength, &Offset, Transfer->Wait);
        }
        if (Done && Transfer->MdlChain != NULL) {
            CcPrepareMdlWrite(Transfer->FileObject, &Offset, Transfer->Length, Transfer->MdlChain,
                              Transfer->IoStatus);
        } else if (Done) {
            Done = CcCopyWrite(Transfer->FileObject, &Offset, Transfer->Length, Transfer->Wait,
                               Transfer->Buffer);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Done = FALSE;
    }
    IoSetTopLevelIrp(Top);
    return Done;
}

static BOOLEAN FsRtlpIsAtEnd(const FSRTLP_TRANSFER *Transfer)
{
    return Transfer->FileOffset->HighPart == -1 && Transfer->FileOffset->LowPart == FILE_WRITE_TO_END_OF_FILE;
}

static BOOLEAN FsRtlpExtends(const FSRTLP_TRANSFER *Transfer)
{
    PFSRTL_COMMON_FCB_HEADER Header = Transfer->FileObject->FsContext;
    return FsRtlpIsAtEnd(Transfer) ||
           Transfer->FileOffset->QuadPart + (LONGLONG)Transfer->Length > Header->ValidDataLength.QuadPart;
}

// The file is locked, exclusively if it grows.
static BOOLEAN FsRtlpWriteLocked(const FSRTLP_TRANSFER *Transfer)
{
    PFILE_OBJECT FileObject = Transfer->FileObject;
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    LARGE_INTEGER Offset = FsRtlpIsAtEnd(Transfer) ? Header->FileSize : *Transfer->FileOffset;
    LARGE_INTEGER FileSize = Header->FileSize, ValidDataLength = Header->ValidDataLength;
    // More clusters are the file system's to give.
    if (!FsRtlpIsPossible(Transfer, Offset, FALSE) ||
        Offset.QuadPart > Header->AllocationSize.QuadPart - (LONGLONG)Transfer->Length) {
        return FALSE;
    }
    LONGLONG End = Offset.QuadPart + Transfer->Length;
    if (End > FileSize.QuadPart) {
        FsRtlpSetSizes(FileObject, End, ValidDataLength.QuadPart);
    }
    if (!FsRtlpWriteCache(Transfer, Offset, ValidDataLength)) {
        if (End > FileSize.QuadPart) {
            FsRtlpSetSizes(FileObject, FileSize.QuadPart, ValidDataLength.QuadPart);
        }
        return FALSE;
    }
    if (End > ValidDataLength.QuadPart) {
        FsRtlpSetSizes(FileObject, Header->FileSize.QuadPart, End);
    }
    FileObject->Flags |= FO_FILE_MODIFIED | (End > FileSize.QuadPart ? FO_FILE_SIZE_CHANGED : 0);
    if (Transfer->MdlChain == NULL) {
        FileObject->CurrentByteOffset.QuadPart = End;
        *Transfer->IoStatus = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = Transfer->Length};
    }
    return TRUE;
}

static BOOLEAN FsRtlpAcquireToWrite(const FSRTLP_TRANSFER *Transfer)
{
    PERESOURCE Resource = ((PFSRTL_COMMON_FCB_HEADER)Transfer->FileObject->FsContext)->Resource;
    if (!FsRtlpExtends(Transfer)) {
        if (!ExAcquireResourceSharedLite(Resource, Transfer->Wait)) {
            return FALSE;
        }
        if (!FsRtlpExtends(Transfer)) {
            return TRUE;
        }
        // It was cut off meanwhile.
        ExReleaseResourceLite(Resource);
    }
    return ExAcquireResourceExclusiveLite(Resource, Transfer->Wait);
}

static BOOLEAN FsRtlpWrite(const FSRTLP_TRANSFER *Transfer)
{
    BOOLEAN Done = FALSE;
    PFILE_OBJECT FileObject = Transfer->FileObject;
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    if ((FileObject->Flags & FO_WRITE_THROUGH) || FileObject->PrivateCacheMap == NULL ||
        !CcCanIWrite(FileObject, Transfer->Length, Transfer->Wait, FALSE) ||
        !CcCopyWriteWontFlush(FileObject, Transfer->FileOffset, Transfer->Length)) {
        return FALSE;
    }
    if (Transfer->Length == 0) {
        *Transfer->IoStatus = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS};
        return TRUE;
    }
    if (!FsRtlpIsAtEnd(Transfer) &&
        (Transfer->FileOffset->QuadPart < 0 ||
         Transfer->FileOffset->QuadPart > MAXLONGLONG - (LONGLONG)Transfer->Length)) {
        return FALSE;
    }
    FsRtlEnterFileSystem();
    if (FsRtlpAcquireToWrite(Transfer)) {
        Done = FsRtlpWriteLocked(Transfer);
        ExReleaseResourceLite(Header->Resource);
    }
    FsRtlExitFileSystem();
    return Done;
}

BOOLEAN NTAPI FsRtlCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                             ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                             PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_TRANSFER Transfer = {FileObject, FileOffset, Length,   Wait,        LockKey,
                                Buffer,     NULL,       IoStatus, DeviceObject};
    return FsRtlpWrite(&Transfer);
}

BOOLEAN NTAPI FsRtlPrepareMdlWriteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                      ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus,
                                      PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_TRANSFER Transfer = {FileObject, FileOffset, Length,   TRUE,        LockKey,
                                NULL,       MdlChain,   IoStatus, DeviceObject};
    return FsRtlpWrite(&Transfer);
}

// With FO_WRITE_THROUGH nothing is done: the IRP that completes the MDLs then writes them, and can say how
// that went.
BOOLEAN NTAPI FsRtlMdlWriteCompleteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain,
                                       PDEVICE_OBJECT DeviceObject)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (FileObject->Flags & FO_WRITE_THROUGH) {
        return FALSE;
    }
    CcMdlWriteComplete(FileObject, FileOffset, MdlChain);
    return TRUE;
}

// ---- Asked of the file's device stack; FALSE: nobody there does it, and an IRP has to.

BOOLEAN NTAPI FsRtlMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG LockKey,
                           PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus)
{
    PDEVICE_OBJECT DeviceObject = NULL;
    PFAST_IO_DISPATCH Fast = FsRtlpFastIoOf(FileObject, &DeviceObject);
    return FSRTLP_HAS_FAST(Fast, MdlRead) &&
           Fast->MdlRead(FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus, DeviceObject);
}

BOOLEAN NTAPI FsRtlMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    PDEVICE_OBJECT DeviceObject = NULL;
    PFAST_IO_DISPATCH Fast = FsRtlpFastIoOf(FileObject, &DeviceObject);
    return FSRTLP_HAS_FAST(Fast, MdlReadComplete) &&
           Fast->MdlReadComplete(FileObject, MdlChain, DeviceObject);
}

BOOLEAN NTAPI FsRtlPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                                   ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus)
{
    PDEVICE_OBJECT DeviceObject = NULL;
    PFAST_IO_DISPATCH Fast = FsRtlpFastIoOf(FileObject, &DeviceObject);
    return FSRTLP_HAS_FAST(Fast, PrepareMdlWrite) &&
           Fast->PrepareMdlWrite(FileObject, FileOffset, Length, LockKey, MdlChain, IoStatus, DeviceObject);
}

BOOLEAN NTAPI FsRtlMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain)
{
    PDEVICE_OBJECT DeviceObject = NULL;
    PFAST_IO_DISPATCH Fast = FsRtlpFastIoOf(FileObject, &DeviceObject);
    return FSRTLP_HAS_FAST(Fast, MdlWriteComplete) &&
           Fast->MdlWriteComplete(FileObject, FileOffset, MdlChain, DeviceObject);
}
