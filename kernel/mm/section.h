// SPDX-License-Identifier: MIT
// Sections: memory that processes share, of the page file (RAM that nobody else has), of a file, or physical
// memory itself.
#ifndef KMODE_MM_SECTION_H
#define KMODE_MM_SECTION_H

#include "mm/vad.h"

// How a PE file is mapped.
typedef struct _MI_IMAGE {
    ULONG64 Base;  // the linker's
    BOOLEAN Fixed; // has no relocations
    SECTION_IMAGE_INFORMATION Information;
    UCHAR States[]; // of each page (MiPageState)
} MI_IMAGE, *PMI_IMAGE;

// What a section's memory is. Of a file one for data and one as an image, shared by its sections.
typedef struct _MI_SEGMENT {
    LONG References;
    SIZE_T Pages;
    LARGE_INTEGER Size;                // bytes
    PFILE_OBJECT File;                 // referenced; NULL: the page file, or physical memory
    PSECTION_OBJECT_POINTERS Pointers; // of a file: where this is DataSectionObject, or ImageSectionObject
    PMI_IMAGE Image;                   // NULL: not one
    LONG WritableReferences;           // sections and views that may change the file
    BOOLEAN Changed;                   // some were: written back at the end
    BOOLEAN Physical;                  // page n is the physical page n
    PFN_NUMBER Numbers[];              // of the pages; none if Physical
} MI_SEGMENT, *PMI_SEGMENT;

typedef struct _MI_SECTION {
    PMI_SEGMENT Segment;
    LARGE_INTEGER Size;
    ULONG Protection; // PAGE_*, the most that a view may have
    ULONG Attributes; // SEC_*
} MI_SECTION, *PMI_SECTION;

// Makes the type, and \Device\PhysicalMemory. Once, when there are directories.
NTSTATUS MiInitializeSections(VOID);

// Gives up a view's reference to its section.
VOID MiReleaseView(PMI_VAD View);

// Whether a view of PAGE_* Protect may change what it is of.
static inline BOOLEAN MiIsWritableView(ULONG Protect)
{
    return (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)) != 0;
}

// Whether a section that was created as PAGE_* Created may be mapped as Protect.
BOOLEAN MiIsCompatibleProtection(ULONG Created, ULONG Protect);

// ---- Segments (mm/segment.c). IRQL < DISPATCH_LEVEL.

// Before the first.
VOID MiInitializeSegments(VOID);

// Memory of Size bytes, zeroed. NULL: none left.
PMI_SEGMENT MiCreateSegment(ULONG64 Size);
// The memory of a file, which is read, as large as Size, or as the file with Size 0. Extends a file opened
// for writing that is smaller; STATUS_SECTION_TOO_BIG for another; STATUS_MAPPED_FILE_SIZE_ZERO,
// STATUS_INVALID_FILE_FOR_SECTION; what reading it fails with.
NTSTATUS MiReferenceFileSegment(PFILE_OBJECT File, ULONG64 Size, BOOLEAN MayExtend, PMI_SEGMENT *Segment);
// The same of a PE file, laid out as an image. STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_NE_FORMAT,
// STATUS_INVALID_IMAGE_LE_FORMAT, STATUS_INVALID_IMAGE_PROTECT (a program of DOS),
// STATUS_INVALID_IMAGE_WIN_32, STATUS_INVALID_IMAGE_FORMAT.
NTSTATUS MiReferenceImageSegment(PFILE_OBJECT File, PMI_SEGMENT *Segment);
VOID MiDereferenceSegment(PMI_SEGMENT Segment);
// Writes the pages of [First, First + Count) to the file.
NTSTATUS MiWriteSegment(PMI_SEGMENT Segment, SIZE_T First, SIZE_T Count);

// ---- Images (mm/image-section.c). IRQL < DISPATCH_LEVEL.

static inline BOOLEAN MiIs32BitImage(const MI_IMAGE *Image)
{
    return Image->Information.Machine == IMAGE_FILE_MACHINE_I386;
}

// A segment of File's, of which nobody knows yet, without File and Pointers.
NTSTATUS MiCreateImageSegment(PFILE_OBJECT File, PMI_SEGMENT *Segment);
// Moves the image that is mapped at Address by Delta. STATUS_INVALID_IMAGE_FORMAT.
NTSTATUS MiRelocateImage(ULONG_PTR Address, SIZE_T Bytes, ULONG64 Delta);
// Gives the pages of a view their protection; NoExecute: without the right to execute them.
VOID MiProtectImage(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, PMI_IMAGE Image, BOOLEAN NoExecute);

#endif
