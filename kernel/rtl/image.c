// SPDX-License-Identifier: MIT
// Headers, directories and sections of a PE image. Any IRQL at which the image is resident.
#include "rtl/image.h"

// NT's: where the headers end that may be at all, if nobody tells how large the image is.
#define RTLP_MAXIMUM_HEADER_OFFSET 0x10000000u

// STATUS_INVALID_PARAMETER: an unknown flag, no base, or nowhere to put the answer.
// STATUS_INVALID_IMAGE_FORMAT: no headers, or, unless Flags say that Size is not to be looked at, not within
// Size bytes.
NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size, PIMAGE_NT_HEADERS *OutHeaders)
{
    const BOOLEAN Checked = !(Flags & RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK);
    const IMAGE_DOS_HEADER *Dos = Base;
    if (OutHeaders == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    *OutHeaders = NULL;
    if (Flags & ~RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK || Base == NULL || Base == (PVOID)(LONG_PTR)-1) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Checked && Size < sizeof(IMAGE_DOS_HEADER)) || Dos->e_magic != IMAGE_DOS_SIGNATURE) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    const ULONG Offset = (ULONG)Dos->e_lfanew;
    if (Offset >= RTLP_MAXIMUM_HEADER_OFFSET ||
        (Checked &&
         (Offset >= Size || Size - Offset < RTL_SIZEOF_THROUGH_FIELD(IMAGE_NT_HEADERS, FileHeader)))) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    PIMAGE_NT_HEADERS Headers = (PIMAGE_NT_HEADERS)((PUCHAR)Base + Offset);
    if (Headers->Signature != IMAGE_NT_SIGNATURE) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    *OutHeaders = Headers;
    return STATUS_SUCCESS;
}

// NULL: no image is there.
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    PIMAGE_NT_HEADERS Headers;
    RtlImageNtHeaderEx(RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK, Base, 0, &Headers);
    return Headers;
}

static PIMAGE_SECTION_HEADER RtlpFindSection(PIMAGE_NT_HEADERS Headers, ULONG Rva)
{
    PIMAGE_SECTION_HEADER Section = IMAGE_FIRST_SECTION(Headers);
    for (ULONG Index = 0; Index < Headers->FileHeader.NumberOfSections; Index += 1, Section += 1) {
        if (Rva >= Section->VirtualAddress && Rva - Section->VirtualAddress < Section->SizeOfRawData) {
            return Section;
        }
    }
    return NULL;
}

// Where a directory lies, and its Size. MappedAsImage: whether its sections are where they belong, or as in
// the file; the lowest bit of BaseOfImage says the latter too. NULL: no image, or it has no such directory.
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID BaseOfImage, BOOLEAN MappedAsImage, USHORT DirectoryEntry,
                                         PULONG Size)
{
    PUCHAR Base = BaseOfImage;
    const IMAGE_DATA_DIRECTORY *Directories;
    ULONG Count;
    *Size = 0;
    if ((ULONG_PTR)Base & 1) {
        Base -= 1;
        MappedAsImage = FALSE;
    }
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Base);
    if (Headers == NULL) {
        return NULL;
    }
    const IMAGE_NT_HEADERS32 *Headers32 = (const IMAGE_NT_HEADERS32 *)Headers;
    ULONG HeaderBytes;
    if (Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
        Directories = Headers->OptionalHeader.DataDirectory;
        Count = Headers->OptionalHeader.NumberOfRvaAndSizes;
        HeaderBytes = Headers->OptionalHeader.SizeOfHeaders;
    } else if (Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
        Directories = Headers32->OptionalHeader.DataDirectory;
        Count = Headers32->OptionalHeader.NumberOfRvaAndSizes;
        HeaderBytes = Headers32->OptionalHeader.SizeOfHeaders;
    } else {
        return NULL;
    }
    if (DirectoryEntry >= min(Count, IMAGE_NUMBEROF_DIRECTORY_ENTRIES) ||
        Directories[DirectoryEntry].VirtualAddress == 0) {
        return NULL;
    }
    const ULONG Rva = Directories[DirectoryEntry].VirtualAddress;
    PUCHAR Data = Base + Rva;
    if (!MappedAsImage && Rva >= HeaderBytes) {
        PIMAGE_SECTION_HEADER Section = RtlpFindSection(Headers, Rva);
        if (Section == NULL) {
            return NULL;
        }
        Data = Base + Section->PointerToRawData + (Rva - Section->VirtualAddress);
    }
    *Size = Directories[DirectoryEntry].Size;
    return Data;
}

// The address that the image at ImageBase, loaded, exports as RoutineName; NULL if it does not, or exports it
// as another image's.
PVOID NTAPI RtlFindExportedRoutineByName(PVOID ImageBase, PCSTR RoutineName)
{
    ULONG Bytes;
    PUCHAR Base = ImageBase;
    PIMAGE_EXPORT_DIRECTORY Exports =
        RtlImageDirectoryEntryToData(Base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &Bytes);
    if (Exports == NULL) {
        return NULL;
    }
    const ULONG *Names = (const ULONG *)(Base + Exports->AddressOfNames);
    const USHORT *Ordinals = (const USHORT *)(Base + Exports->AddressOfNameOrdinals);
    const ULONG *Functions = (const ULONG *)(Base + Exports->AddressOfFunctions);
    ULONG Low = 0, High = Exports->NumberOfNames;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        int Order = strcmp(RoutineName, (PCSTR)(Base + Names[Middle]));
        if (Order < 0) {
            High = Middle;
        } else if (Order > 0) {
            Low = Middle + 1;
        } else if (Ordinals[Middle] >= Exports->NumberOfFunctions) {
            return NULL;
        } else {
            PUCHAR Address = Base + Functions[Ordinals[Middle]];
            // Within the directory lie the names of routines that other images have.
            return Address - (PUCHAR)Exports < (LONG_PTR)Bytes && Address >= (PUCHAR)Exports ? NULL : Address;
        }
    }
    return NULL;
}
