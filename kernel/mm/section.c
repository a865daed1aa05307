// SPDX-License-Identifier: MIT
// Section objects: created, opened, asked about.
#include "inc/kernel.h"
#include "mm/section.h"
#include "mm/vad.h"
#include "mm/virtual-call.h"

POBJECT_TYPE MmSectionObjectType;

// What Windows leaves a process on x64, so that no view could be of more.
#define MI_MOST_SECTION_BYTES (128ULL << 40)

#ifndef SEC_IMAGE_NO_EXECUTE
#define SEC_IMAGE_NO_EXECUTE (SEC_IMAGE | SEC_NOCACHE)
#endif

#define MI_ATTRIBUTES                                                                                        \
    (SEC_COMMIT | SEC_RESERVE | SEC_NOCACHE | SEC_FILE | SEC_IMAGE | SEC_LARGE_PAGES | SEC_WRITECOMBINE)

static VOID NTAPI MiDeleteSection(PVOID Object)
{
    PMI_SECTION Section = Object;
    if (Section->Segment != NULL) {
        if (MiIsWritableView(Section->Protection)) {
            InterlockedDecrement(&Section->Segment->WritableReferences);
        }
        MiDereferenceSegment(Section->Segment);
    }
}

static const OB_TYPE_DESCRIPTION MiSectionDescription = {
    .Name = L"Section",
    .GenericMapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                       STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                       STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
    .ValidAccessMask = SECTION_ALL_ACCESS,
    .Delete = MiDeleteSection,
};

VOID MiReleaseView(PMI_VAD View)
{
    PMI_SECTION Section = View->Owner;
    if (View->Kind == MiVadView && MiIsWritableView(View->AllocationProtect)) {
        InterlockedDecrement(&Section->Segment->WritableReferences);
    }
    ObfDereferenceObject(Section);
}

// ---- Protections

#define MI_RIGHT_WRITE   1
#define MI_RIGHT_EXECUTE 2
#define MI_RIGHT_COPY    4

static ULONG MiRightsOf(ULONG Protect)
{
    switch (Protect & 0xFF) {
    case PAGE_READWRITE: return MI_RIGHT_WRITE | MI_RIGHT_COPY;
    case PAGE_WRITECOPY: return MI_RIGHT_COPY;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: return MI_RIGHT_EXECUTE;
    case PAGE_EXECUTE_READWRITE: return MI_RIGHT_WRITE | MI_RIGHT_EXECUTE | MI_RIGHT_COPY;
    case PAGE_EXECUTE_WRITECOPY: return MI_RIGHT_EXECUTE | MI_RIGHT_COPY;
    default: return 0;
    }
}

// A private copy can be had of whatever can be read.
BOOLEAN MiIsCompatibleProtection(ULONG Created, ULONG Protect)
{
    ULONG Wanted = MiRightsOf(Protect) & ~(ULONG)MI_RIGHT_COPY;
    return (Wanted & ~MiRightsOf(Created)) == 0;
}

BOOLEAN MiIsViewProtection(ULONG Mapped, ULONG Protect)
{
    return MiIsCompatibleProtection(Mapped, Protect);
}

static BOOLEAN MiIsSectionProtection(ULONG Protect)
{
    switch (Protect & ~(ULONG)(PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY: return TRUE;
    default: return FALSE;
    }
}

// ---- Creation

static NTSTATUS MiCheckAttributes(ULONG Attributes, BOOLEAN HasFile)
{
    if (Attributes & ~(ULONG)MI_ATTRIBUTES || !(Attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE))) {
        return STATUS_INVALID_PARAMETER_6;
    }
    if ((Attributes & (SEC_COMMIT | SEC_RESERVE)) == (SEC_COMMIT | SEC_RESERVE) ||
        ((Attributes & SEC_IMAGE) && (Attributes & (SEC_COMMIT | SEC_RESERVE | SEC_WRITECOMBINE)))) {
        return STATUS_INVALID_PARAMETER_6;
    }
    if (Attributes & SEC_IMAGE && !HasFile) {
        return STATUS_INVALID_FILE_FOR_SECTION;
    }
    return Attributes & SEC_LARGE_PAGES ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

typedef struct _MI_NEW_SECTION {
    ULONG64 Size;
    ULONG Protection, Attributes;
    HANDLE File;
    PFILE_OBJECT FileObject;
    KPROCESSOR_MODE Mode;
} MI_NEW_SECTION;

// The section's memory. A file's handle must allow what the protection asks.
static NTSTATUS MiFindSegment(const MI_NEW_SECTION *New, PMI_SEGMENT *Segment)
{
    ULONG Rights = MiRightsOf(New->Protection);
    if (New->File == NULL && New->FileObject == NULL) {
        if (New->Size == 0) {
            return STATUS_INVALID_PARAMETER_4;
        }
        if (New->Size > MI_MOST_SECTION_BYTES) {
            return STATUS_SECTION_TOO_BIG;
        }
        *Segment = MiCreateSegment(New->Size);
        return *Segment != NULL ? STATUS_SUCCESS : STATUS_COMMITMENT_LIMIT;
    }
    ACCESS_MASK Access = FILE_READ_DATA | (Rights & MI_RIGHT_WRITE ? FILE_WRITE_DATA : 0) |
                         (Rights & MI_RIGHT_EXECUTE ? FILE_EXECUTE : 0);
    PFILE_OBJECT File = New->FileObject;
    if (File == NULL) {
        NTSTATUS Status =
            ObReferenceObjectByHandle(New->File, Access, IoFileObjectType, New->Mode, (PVOID *)&File, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    } else {
        ObfReferenceObject(File);
    }
    NTSTATUS Status = New->Attributes & SEC_IMAGE
                          ? MiReferenceImageSegment(File, Segment)
                          : MiReferenceFileSegment(File, New->Size, (Rights & MI_RIGHT_WRITE) != 0, Segment);
    ObfDereferenceObject(File);
    return Status;
}

static NTSTATUS MiMakeSection(const MI_NEW_SECTION *New, POBJECT_ATTRIBUTES ObjectAttributes,
                              PMI_SECTION *Section)
{
    PMI_SEGMENT Segment;
    PVOID Object;
    NTSTATUS Status = MiCheckAttributes(New->Attributes, New->File != NULL || New->FileObject != NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!MiIsSectionProtection(New->Protection) ||
        ((New->Attributes & SEC_IMAGE_NO_EXECUTE) == SEC_IMAGE_NO_EXECUTE &&
         New->Protection != PAGE_READONLY)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    Status = MiFindSegment(New, &Segment);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObCreateObject(New->Mode, MmSectionObjectType, ObjectAttributes, New->Mode, NULL,
                            sizeof(MI_SECTION), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        MiDereferenceSegment(Segment);
        return Status;
    }
    *Section = Object;
    **Section =
        (MI_SECTION){.Segment = Segment,
                     .Size.QuadPart = New->Size != 0 && Segment->Image == NULL ? (LONGLONG)New->Size
                                                                               : Segment->Size.QuadPart,
                     .Protection = New->Protection,
                     .Attributes = New->Attributes | (Segment->File != NULL ? SEC_FILE : 0)};
    if (MiIsWritableView(New->Protection)) {
        InterlockedIncrement(&Segment->WritableReferences);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MiInsertSection(PMI_SECTION Section, ACCESS_MASK DesiredAccess, PHANDLE SectionHandle)
{
    HANDLE Handle;
    NTSTATUS Status = ObInsertObject(Section, NULL, DesiredAccess, 0, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        __try {
            *SectionHandle = Handle;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    return Status;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
    MI_NEW_SECTION New = {.Protection = SectionPageProtection,
                          .Attributes = AllocationAttributes,
                          .File = FileHandle,
                          .Mode = KeGetPreviousMode()};
    PMI_SECTION Section;
    __try {
        if (New.Mode != KernelMode) {
            ProbeForWrite(SectionHandle, sizeof(*SectionHandle), sizeof(HANDLE));
            if (MaximumSize != NULL) {
                ProbeForRead(MaximumSize, sizeof(*MaximumSize), sizeof(ULONG));
            }
        }
        New.Size = MaximumSize != NULL ? (ULONG64)MaximumSize->QuadPart : 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    NTSTATUS Status = MiMakeSection(&New, ObjectAttributes, &Section);
    return NT_SUCCESS(Status) ? MiInsertSection(Section, DesiredAccess, SectionHandle) : Status;
}

KI_DEFINE_ZW(CreateSection,
             (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
              HANDLE FileHandle),
             (SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize, SectionPageProtection,
              AllocationAttributes, FileHandle))

// The same for a driver, without a handle: *SectionObject is referenced. Field knowledge.
NTSTATUS NTAPI MmCreateSection(PVOID *SectionObject, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle,
                               PFILE_OBJECT FileObject)
{
    MI_NEW_SECTION New = {.Size = MaximumSize != NULL ? (ULONG64)MaximumSize->QuadPart : 0,
                          .Protection = SectionPageProtection,
                          .Attributes = AllocationAttributes,
                          .File = FileHandle,
                          .FileObject = FileObject,
                          .Mode = KernelMode};
    UNREFERENCED_PARAMETER(DesiredAccess);
    return MiMakeSection(&New, ObjectAttributes, (PMI_SECTION *)SectionObject);
}

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObpOpenForService(MmSectionObjectType, ObjectAttributes, DesiredAccess, SectionHandle);
}

KI_DEFINE_ZW(OpenSection,
             (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (SectionHandle, DesiredAccess, ObjectAttributes))

// ---- Start

// \Device\PhysicalMemory: every page of RAM at its own place.
static NTSTATUS MiCreatePhysicalMemorySection(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES Attributes;
    ULONG64 Total, Free;
    PVOID Object;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, MmSectionObjectType, &Attributes, KernelMode, NULL,
                                     sizeof(MI_SECTION), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PMI_SECTION Section = Object;
    PMI_SEGMENT Segment = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Segment), TAG_SEGMENT);
    *Section =
        (MI_SECTION){.Segment = Segment, .Protection = PAGE_EXECUTE_READWRITE, .Attributes = SEC_COMMIT};
    if (Segment == NULL) {
        ObfDereferenceObject(Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MiQueryPhysicalPages(&Total, &Free);
    Segment->References = 1;
    Segment->Physical = TRUE;
    Segment->Pages = Total;
    Segment->Size.QuadPart = (LONGLONG)(Total * PAGE_SIZE);
    Section->Size = Segment->Size;
    Status = ObInsertObject(Object, NULL, SECTION_ALL_ACCESS, 0, NULL, &Handle);
    return NT_SUCCESS(Status) ? NtClose(Handle) : Status;
}

NTSTATUS MiInitializeSections(VOID)
{
    MiInitializeSegments();
    NTSTATUS Status = ObpCreateType(&MiSectionDescription, &MmSectionObjectType);
    return NT_SUCCESS(Status) ? MiCreatePhysicalMemorySection() : Status;
}

// ---- Questions

NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle, SECTION_INFORMATION_CLASS InformationClass, PVOID Buffer,
                              SIZE_T Length, PSIZE_T ResultLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PMI_SECTION Section;
    union {
        SECTION_BASIC_INFORMATION Basic;
        SECTION_IMAGE_INFORMATION Image;
    } Answer;
    SIZE_T Bytes;
    switch (InformationClass) {
    case SectionBasicInformation: Bytes = sizeof(Answer.Basic); break;
    case SectionImageInformation: Bytes = sizeof(Answer.Image); break;
    default: return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(SectionHandle, SECTION_QUERY, MmSectionObjectType, Mode,
                                                (PVOID *)&Section, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PMI_IMAGE Image = Section->Segment->Image;
    if (InformationClass == SectionBasicInformation) {
        Answer.Basic = (SECTION_BASIC_INFORMATION){.Attributes = Section->Attributes, .Size = Section->Size};
    } else if (Image != NULL) {
        Answer.Image = Image->Information;
    } else {
        Status = STATUS_SECTION_NOT_IMAGE;
    }
    ObfDereferenceObject(Section);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Buffer, Length, sizeof(ULONG));
            if (ResultLength != NULL) {
                ProbeForWrite(ResultLength, sizeof(*ResultLength), sizeof(SIZE_T));
            }
        }
        RtlCopyMemory(Buffer, &Answer, Bytes);
        if (ResultLength != NULL) {
            *ResultLength = Bytes;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

KI_DEFINE_ZW(QuerySection,
             (HANDLE SectionHandle, SECTION_INFORMATION_CLASS InformationClass, PVOID Buffer, SIZE_T Length,
              PSIZE_T ResultLength),
             (SectionHandle, InformationClass, Buffer, Length, ResultLength))
