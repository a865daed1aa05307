// SPDX-License-Identifier: MIT
// Sections: memory that processes share, of the page file (RAM that nobody else has), of a file, or physical
// memory itself.
#ifndef KMODE_MM_SECTION_H
#define KMODE_MM_SECTION_H

// What a section's memory is. One a file, shared by its sections.
typedef struct _MI_SEGMENT {
    LONG References;
    SIZE_T Pages;
    LARGE_INTEGER Size;                // bytes
    PFILE_OBJECT File;                 // referenced; NULL: the page file, or physical memory
    PSECTION_OBJECT_POINTERS Pointers; // of a file: where this is DataSectionObject
    LONG WritableViews;                // mapped now so that they may change the file
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
VOID MiReleaseView(PVOID Section);

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
VOID MiDereferenceSegment(PMI_SEGMENT Segment);
// Writes the pages of [First, First + Count) to the file.
NTSTATUS MiWriteSegment(PMI_SEGMENT Segment, SIZE_T First, SIZE_T Count);

#endif
