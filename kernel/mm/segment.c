// SPDX-License-Identifier: MIT
// The memory behind sections: of nobody's, or a file's, read when it is first mapped and written back at the
// end.
#include "inc/kernel.h"
#include "mm/section.h"

// Of DataSectionObject and ImageSectionObject of all files, and References of their segments.
static FAST_MUTEX MiSegmentMutex;

VOID MiInitializeSegments(VOID)
{
    ExInitializeFastMutex(&MiSegmentMutex);
}

static VOID MiLockSegments(VOID)
{
    ExAcquireFastMutex(&MiSegmentMutex);
}

static VOID MiUnlockSegments(VOID)
{
    ExReleaseFastMutex(&MiSegmentMutex);
}

static VOID MiFreeNumbers(PMI_SEGMENT Segment, SIZE_T Count)
{
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        MiFreePhysicalPages(Segment->Numbers[Index], 1);
    }
}

PMI_SEGMENT MiCreateSegment(ULONG64 Size)
{
    SIZE_T Pages = (SIZE_T)(ROUND_TO_PAGES(Size) / PAGE_SIZE);
    if (Size == 0 || Pages > MI_SYSTEM_PTE_PAGES) {
        return NULL;
    }
    PMI_SEGMENT Segment = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(*Segment) + Pages * sizeof(Segment->Numbers[0]), TAG_SEGMENT);
    if (Segment == NULL) {
        return NULL;
    }
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        ULONG64 Page = MiAllocatePhysicalPages(1, 0, MI_NO_PAGE, 0);
        if (Page == MI_NO_PAGE) {
            MiFreeNumbers(Segment, Index);
            ExFreePoolWithTag(Segment, TAG_SEGMENT);
            return NULL;
        }
        Segment->Numbers[Index] = Page;
    }
    Segment->References = 1;
    Segment->Pages = Pages;
    Segment->Size.QuadPart = (LONGLONG)Size;
    return Segment;
}

// ---- Files

typedef NTSTATUS(NTAPI *PMI_PAGE_IO)(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                                     PIO_STATUS_BLOCK IoStatusBlock);

NTSTATUS NTAPI IoPageRead(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                          PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                                      PIO_STATUS_BLOCK IoStatusBlock);

static NTSTATUS MiPageIo(PMI_PAGE_IO Transfer, PMI_SEGMENT Segment, SIZE_T Index)
{
    LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)(Index * PAGE_SIZE)};
    IO_STATUS_BLOCK IoStatus = {0};
    KEVENT Event;
    PMDL Mdl = IoAllocateMdl(NULL, PAGE_SIZE, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmGetMdlPfnArray(Mdl)[0] = Segment->Numbers[Index];
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    NTSTATUS Status = Transfer(Segment->File, Mdl, &Offset, &Event, &IoStatus);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, WrPageIn, KernelMode, FALSE, NULL);
        Status = IoStatus.Status;
    }
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
    IoFreeMdl(Mdl);
    return Status;
}

NTSTATUS MiWriteSegment(PMI_SEGMENT Segment, SIZE_T First, SIZE_T Count)
{
    NTSTATUS Result = STATUS_SUCCESS;
    for (SIZE_T Index = First; Segment->File != NULL && Index < First + Count; Index += 1) {
        NTSTATUS Status = MiPageIo(IoSynchronousPageWrite, Segment, Index);
        Result = NT_SUCCESS(Status) ? Result : Status;
    }
    return Result;
}

static NTSTATUS MiReadSegment(PMI_SEGMENT Segment)
{
    NTSTATUS Status = STATUS_SUCCESS;
    for (SIZE_T Index = 0; Index < Segment->Pages && NT_SUCCESS(Status); Index += 1) {
        Status = MiPageIo(IoPageRead, Segment, Index);
        if (Status == STATUS_END_OF_FILE) {
            Status = STATUS_SUCCESS;
        }
    }
    return Status;
}

// Without them no file has a size.
extern __typeof__(IoQueryFileInformation) IoQueryFileInformation __attribute__((weak));
extern __typeof__(IoSetInformation) IoSetInformation __attribute__((weak));

// The size of the file, set to Size if that is larger and may be.
static NTSTATUS MiSizeOfFile(PFILE_OBJECT File, ULONG64 *Size, BOOLEAN MayExtend)
{
    FILE_STANDARD_INFORMATION Standard;
    ULONG Bytes;
    if (IoQueryFileInformation == NULL || IoSetInformation == NULL) {
        return STATUS_INVALID_FILE_FOR_SECTION;
    }
    NTSTATUS Status =
        IoQueryFileInformation(File, FileStandardInformation, sizeof(Standard), &Standard, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return STATUS_INVALID_FILE_FOR_SECTION;
    }
    ULONG64 Now = (ULONG64)Standard.EndOfFile.QuadPart;
    if (*Size == 0) {
        *Size = Now;
        return Now != 0 ? STATUS_SUCCESS : STATUS_MAPPED_FILE_SIZE_ZERO;
    }
    if (*Size <= Now) {
        return STATUS_SUCCESS;
    }
    if (!MayExtend) {
        return STATUS_SECTION_TOO_BIG;
    }
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = (LONGLONG)*Size};
    return IoSetInformation(File, FileEndOfFileInformation, sizeof(End), &End);
}

NTSTATUS MiReferenceFileSegment(PFILE_OBJECT File, ULONG64 Size, BOOLEAN MayExtend, PMI_SEGMENT *Segment)
{
    if (File->SectionObjectPointer == NULL) {
        return STATUS_INVALID_FILE_FOR_SECTION;
    }
    NTSTATUS Status = MiSizeOfFile(File, &Size, MayExtend);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    MiLockSegments();
    PMI_SEGMENT Known = File->SectionObjectPointer->DataSectionObject;
    if (Known != NULL && (ULONG64)Known->Size.QuadPart >= Size) {
        Known->References += 1;
        MiUnlockSegments();
        *Segment = Known;
        return STATUS_SUCCESS;
    }
    MiUnlockSegments();
    // A larger one beside a smaller that is mapped would be another memory than that.
    if (Known != NULL) {
        return STATUS_SECTION_NOT_EXTENDED;
    }
    PMI_SEGMENT New = MiCreateSegment(Size);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(File);
    New->File = File;
    New->Pointers = File->SectionObjectPointer;
    // What has been written to the file so far may be in the cache alone.
    if (New->Pointers->SharedCacheMap != NULL) {
        IO_STATUS_BLOCK IoStatus;
        CcFlushCache(New->Pointers, NULL, 0, &IoStatus);
    }
    Status = MiReadSegment(New);
    MiLockSegments();
    if (NT_SUCCESS(Status) && New->Pointers->DataSectionObject != NULL) {
        Status = STATUS_SECTION_NOT_EXTENDED;
    }
    if (NT_SUCCESS(Status)) {
        New->Pointers->DataSectionObject = New;
    }
    MiUnlockSegments();
    if (!NT_SUCCESS(Status)) {
        New->Pointers = NULL;
        MiDereferenceSegment(New);
        return Status;
    }
    *Segment = New;
    return STATUS_SUCCESS;
}

NTSTATUS MiReferenceImageSegment(PFILE_OBJECT File, PMI_SEGMENT *Segment)
{
    PSECTION_OBJECT_POINTERS Pointers = File->SectionObjectPointer;
    PMI_SEGMENT New;
    if (Pointers == NULL) {
        return STATUS_INVALID_FILE_FOR_SECTION;
    }
    MiLockSegments();
    PMI_SEGMENT Known = Pointers->ImageSectionObject;
    if (Known != NULL) {
        Known->References += 1;
    }
    MiUnlockSegments();
    if (Known != NULL) {
        *Segment = Known;
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = MiCreateImageSegment(File, &New);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfReferenceObject(File);
    New->File = File;
    *Segment = New;
    MiLockSegments();
    // Somebody else may have been faster.
    Known = Pointers->ImageSectionObject;
    if (Known != NULL) {
        Known->References += 1;
        *Segment = Known;
    } else {
        New->Pointers = Pointers;
        Pointers->ImageSectionObject = New;
    }
    MiUnlockSegments();
    if (Known != NULL) {
        MiDereferenceSegment(New);
    }
    return STATUS_SUCCESS;
}

VOID MiDereferenceSegment(PMI_SEGMENT Segment)
{
    MiLockSegments();
    Segment->References -= 1;
    BOOLEAN Last = Segment->References == 0;
    if (Last && Segment->Pointers != NULL && Segment->Pointers->DataSectionObject == Segment) {
        Segment->Pointers->DataSectionObject = NULL;
    }
    if (Last && Segment->Pointers != NULL && Segment->Pointers->ImageSectionObject == Segment) {
        Segment->Pointers->ImageSectionObject = NULL;
    }
    MiUnlockSegments();
    if (!Last) {
        return;
    }
    if (Segment->Changed) {
        MiWriteSegment(Segment, 0, Segment->Pages);
    }
    if (!Segment->Physical) {
        MiFreeNumbers(Segment, Segment->Pages);
    }
    if (Segment->File != NULL) {
        ObfDereferenceObject(Segment->File);
    }
    if (Segment->Image != NULL) {
        ExFreePoolWithTag(Segment->Image, TAG_SEGMENT);
    }
    ExFreePoolWithTag(Segment, TAG_SEGMENT);
}

// ---- What file systems ask before they change a file

// The size that the file system has noted for the file.
static LONGLONG MiFileSizeOf(const MI_SEGMENT *Segment)
{
    const FSRTL_COMMON_FCB_HEADER *Header = Segment->File->FsContext;
    return Header != NULL ? max(Header->FileSize.QuadPart, Segment->Size.QuadPart) : Segment->Size.QuadPart;
}

// TRUE: nothing that is mapped is in the way of the file's becoming NewFileSize (NULL: empty): there is no
// image section, and a data section only where the file becomes larger. (ntifs, MmCanFileBeTruncated)
BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize)
{
    MiLockSegments();
    PMI_SEGMENT Segment = SectionPointer->DataSectionObject;
    BOOLEAN Can = SectionPointer->ImageSectionObject == NULL &&
                  (Segment == NULL || (NewFileSize != NULL && NewFileSize->QuadPart > MiFileSizeOf(Segment)));
    MiUnlockSegments();
    return Can;
}

// TRUE: no image section of the file is in use, so that it may be deleted or written to. Data sections matter
// only to MmFlushForDelete. (ntifs, MmFlushImageSection)
BOOLEAN NTAPI MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionPointer, MMFLUSH_TYPE FlushType)
{
    MiLockSegments();
    BOOLEAN Free = SectionPointer->ImageSectionObject == NULL &&
                   (FlushType != MmFlushForDelete || SectionPointer->DataSectionObject == NULL);
    MiUnlockSegments();
    return Free;
}

// TRUE: no section of the file is left. What nobody uses is freed at once here, so there is nothing to force
// or to delay. (ntifs, MmForceSectionClosed)
BOOLEAN NTAPI MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN DelayClose)
{
    UNREFERENCED_PARAMETER(DelayClose);
    MiLockSegments();
    BOOLEAN Closed =
        SectionObjectPointer->DataSectionObject == NULL && SectionObjectPointer->ImageSectionObject == NULL;
    MiUnlockSegments();
    return Closed;
}

// Sections and views of the file that it may be changed by. (ntifs, MmDoesFileHaveUserWritableReferences)
ULONG NTAPI MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer)
{
    MiLockSegments();
    PMI_SEGMENT Segment = SectionPointer->DataSectionObject;
    ULONG Count = Segment != NULL ? (ULONG)Segment->WritableReferences : 0;
    MiUnlockSegments();
    return Count;
}
