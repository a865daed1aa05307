// SPDX-License-Identifier: MIT
// Images in memory. Whatever an image says is checked against its size; each access is one that may fault,
// where the image is user mode's.
#include <ntifs.h>
#include <ntimage.h>
#include <kmode.h>

static BOOLEAN IsWithin(const KM_IMAGE *Image, ULONG64 Offset, ULONG64 Bytes)
{
    return Offset <= Image->Bytes && Bytes <= Image->Bytes - Offset;
}

// Copies from the image. FALSE: not within it; raises where memory is not there.
static BOOLEAN Fetch(const KM_IMAGE *Image, ULONG64 Offset, PVOID Target, ULONG Bytes)
{
    if (!IsWithin(Image, Offset, Bytes)) {
        return FALSE;
    }
    RtlCopyMemory(Target, Image->Base + Offset, Bytes);
    return TRUE;
}

static BOOLEAN OpenHeaders(PKM_IMAGE Image)
{
    IMAGE_DOS_HEADER Dos;
    IMAGE_NT_HEADERS64 Nt;
    IMAGE_DATA_DIRECTORY Exports = {0, 0};
    ULONG64 Optional;
    ULONG Directory, Count;

    if (!Fetch(Image, 0, &Dos, sizeof(Dos)) || Dos.e_magic != IMAGE_DOS_SIGNATURE || Dos.e_lfanew < 0 ||
        !Fetch(Image, (ULONG)Dos.e_lfanew, &Nt,
               FIELD_OFFSET(IMAGE_NT_HEADERS64, OptionalHeader) + sizeof(USHORT)) ||
        Nt.Signature != IMAGE_NT_SIGNATURE) {
        return FALSE;
    }
    Optional = (ULONG64)(ULONG)Dos.e_lfanew + FIELD_OFFSET(IMAGE_NT_HEADERS64, OptionalHeader);
    if (Nt.OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
        Image->Is64Bit = TRUE;
        Directory = FIELD_OFFSET(IMAGE_OPTIONAL_HEADER64, DataDirectory);
    } else if (Nt.OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
        Directory = FIELD_OFFSET(IMAGE_OPTIONAL_HEADER32, DataDirectory);
    } else {
        return FALSE;
    }
    Image->SectionOffset = (ULONG)(Optional + Nt.FileHeader.SizeOfOptionalHeader);
    Image->SectionCount = Nt.FileHeader.NumberOfSections;
    // Their count is the member before the directories.
    if (Nt.FileHeader.SizeOfOptionalHeader < Directory ||
        !Fetch(Image, Optional + Directory - 4, &Count, 4) ||
        !IsWithin(Image, Image->SectionOffset, (ULONG64)Image->SectionCount * sizeof(IMAGE_SECTION_HEADER))) {
        return FALSE;
    }
    if (Count > IMAGE_DIRECTORY_ENTRY_EXPORT &&
        !Fetch(Image, Optional + Directory, &Exports, sizeof(Exports))) {
        return FALSE;
    }
    if (Exports.Size != 0 && IsWithin(Image, Exports.VirtualAddress, sizeof(IMAGE_EXPORT_DIRECTORY))) {
        Image->ExportOffset = Exports.VirtualAddress;
        Image->ExportBytes = Exports.Size;
    }
    return TRUE;
}

NTSTATUS NTAPI KmImageOpen(PVOID Base, SIZE_T Bytes, PKM_IMAGE Image)
{
    RtlZeroMemory(Image, sizeof(*Image));
    Image->Base = (PUCHAR)Base;
    Image->Bytes = (ULONG)min(Bytes, MAXULONG);
    __try {
        if (!OpenHeaders(Image)) {
            RtlZeroMemory(Image, sizeof(*Image));
            return STATUS_INVALID_IMAGE_FORMAT;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        RtlZeroMemory(Image, sizeof(*Image));
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmImageSectionAt(const KM_IMAGE *Image, ULONG Index, PKM_IMAGE_SECTION Section)
{
    IMAGE_SECTION_HEADER Header;

    RtlZeroMemory(Section, sizeof(*Section));
    if (Index >= Image->SectionCount) {
        return STATUS_NO_MORE_ENTRIES;
    }
    __try {
        if (!Fetch(Image, Image->SectionOffset + (ULONG64)Index * sizeof(Header), &Header, sizeof(Header))) {
            return STATUS_INVALID_IMAGE_FORMAT;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (!IsWithin(Image, Header.VirtualAddress, Header.Misc.VirtualSize)) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    RtlCopyMemory(Section->Name, Header.Name, sizeof(Header.Name));
    Section->Start = Image->Base + Header.VirtualAddress;
    Section->Bytes = Header.Misc.VirtualSize;
    Section->Characteristics = Header.Characteristics;
    return STATUS_SUCCESS;
}

static BOOLEAN IsText(PCSTR First, PCSTR Second)
{
    while (*First != '\0' && *First == *Second) {
        First++;
        Second++;
    }
    return *First == *Second;
}

NTSTATUS NTAPI KmImageSection(const KM_IMAGE *Image, PCSTR Name, PKM_IMAGE_SECTION Section)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Index = 0; NT_SUCCESS(Status); Index++) {
        Status = KmImageSectionAt(Image, Index, Section);
        if (NT_SUCCESS(Status) && IsText(Section->Name, Name)) {
            return STATUS_SUCCESS;
        }
    }
    RtlZeroMemory(Section, sizeof(*Section));
    return Status == STATUS_NO_MORE_ENTRIES ? STATUS_NOT_FOUND : Status;
}
