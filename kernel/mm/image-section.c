// SPDX-License-Identifier: MIT
// Image sections: a PE file's sections laid out in pages as its headers say, and views of them.
#include "inc/kernel.h"
#include "mm/section.h"
#include "mm/system-pte.h"
#include "mm/vad.h"

#ifndef IMAGE_REL_BASED_DIR64
#define IMAGE_REL_BASED_ABSOLUTE 0
#define IMAGE_REL_BASED_HIGHLOW  3
#define IMAGE_REL_BASED_DIR64    10
#endif

#define MI_DISK_SECTOR_BYTES 512u // where a section's data begins in the file
#define MI_SIGNATURE_NE      0x454E
#define MI_SIGNATURE_LE      0x454C
#define MI_SIGNATURE_LX      0x584C
#define MI_MAXIMUM_IMAGE     0x77000000u // of SizeOfImage

// A file in memory, and where its headers are.
typedef struct _MI_IMAGE_FILE {
    const UCHAR *Data;
    SIZE_T Bytes;
    const IMAGE_NT_HEADERS64 *Headers; // or of 32 bits, which differ in what the functions below tell
} MI_IMAGE_FILE;

#define MI_SAME_OFFSET(Field)                                                                                \
    C_ASSERT(FIELD_OFFSET(IMAGE_OPTIONAL_HEADER32, Field) == FIELD_OFFSET(IMAGE_OPTIONAL_HEADER64, Field))
MI_SAME_OFFSET(SizeOfCode);
MI_SAME_OFFSET(AddressOfEntryPoint);
MI_SAME_OFFSET(SectionAlignment);
MI_SAME_OFFSET(SizeOfImage);
MI_SAME_OFFSET(SizeOfHeaders);
MI_SAME_OFFSET(CheckSum);
MI_SAME_OFFSET(DllCharacteristics);

static BOOLEAN MiIs32Bit(const IMAGE_NT_HEADERS64 *Headers)
{
    return Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC;
}

static const IMAGE_OPTIONAL_HEADER32 *MiOptional32(const IMAGE_NT_HEADERS64 *Headers)
{
    return (const IMAGE_OPTIONAL_HEADER32 *)&Headers->OptionalHeader;
}

static ULONG64 MiImageBase(const IMAGE_NT_HEADERS64 *Headers)
{
    return MiIs32Bit(Headers) ? MiOptional32(Headers)->ImageBase : Headers->OptionalHeader.ImageBase;
}

static ULONG MiDirectoryCount(const IMAGE_NT_HEADERS64 *Headers)
{
    return MiIs32Bit(Headers) ? MiOptional32(Headers)->NumberOfRvaAndSizes
                              : Headers->OptionalHeader.NumberOfRvaAndSizes;
}

// ---- The headers

// Finds the headers behind the DOS program. STATUS_INVALID_IMAGE_*.
static NTSTATUS MiFindImageHeaders(MI_IMAGE_FILE *Image)
{
    const IMAGE_DOS_HEADER *Dos = (const IMAGE_DOS_HEADER *)Image->Data;
    if (Image->Bytes < sizeof(*Dos) || Dos->e_magic != IMAGE_DOS_SIGNATURE) {
        return STATUS_INVALID_IMAGE_NOT_MZ;
    }
    ULONG Offset = (ULONG)Dos->e_lfanew;
    if (Offset % sizeof(ULONG) != 0 || Offset >= Image->Bytes || Image->Bytes - Offset < sizeof(ULONG)) {
        return STATUS_INVALID_IMAGE_PROTECT;
    }
    ULONG Signature = *(const ULONG *)(Image->Data + Offset);
    switch (Signature & 0xFFFF) {
    case MI_SIGNATURE_NE: return STATUS_INVALID_IMAGE_NE_FORMAT;
    case MI_SIGNATURE_LE:
    case MI_SIGNATURE_LX: return STATUS_INVALID_IMAGE_LE_FORMAT;
    }
    if (Signature != IMAGE_NT_SIGNATURE) {
        return STATUS_INVALID_IMAGE_PROTECT;
    }
    Image->Headers = (const IMAGE_NT_HEADERS64 *)(Image->Data + Offset);
    return Image->Bytes - Offset < sizeof(IMAGE_NT_HEADERS64) ? STATUS_INVALID_IMAGE_FORMAT : STATUS_SUCCESS;
}

static BOOLEAN MiIsPowerOfTwo(ULONG Value)
{
    return Value != 0 && (Value & (Value - 1)) == 0;
}

static ULONG64 MiAlign(ULONG64 Value, ULONG Alignment)
{
    return (Value + Alignment - 1) & ~((ULONG64)Alignment - 1);
}

static NTSTATUS MiCheckImageHeaders(const MI_IMAGE_FILE *Image)
{
    const IMAGE_FILE_HEADER *File = &Image->Headers->FileHeader;
    const IMAGE_OPTIONAL_HEADER64 *Optional = &Image->Headers->OptionalHeader;
    const BOOLEAN Is32Bit = MiIs32Bit(Image->Headers);
    SIZE_T Table = (SIZE_T)((const UCHAR *)Optional - Image->Data) + File->SizeOfOptionalHeader;
    if ((Is32Bit ? File->Machine != IMAGE_FILE_MACHINE_I386
                 : File->Machine != IMAGE_FILE_MACHINE_AMD64 ||
                       Optional->Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC) ||
        !(File->Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) ||
        File->SizeOfOptionalHeader < (Is32Bit ? sizeof(IMAGE_OPTIONAL_HEADER32) : sizeof(*Optional)) ||
        Table + File->NumberOfSections * sizeof(IMAGE_SECTION_HEADER) >
            min(Image->Bytes, Optional->SizeOfHeaders) ||
        !MiIsPowerOfTwo(Optional->SectionAlignment) || Optional->SectionAlignment < PAGE_SIZE ||
        !MiIsPowerOfTwo(Optional->FileAlignment) || Optional->FileAlignment > Optional->SectionAlignment ||
        MiImageBase(Image->Headers) % MI_ALLOCATION_BYTES != 0 || Optional->SizeOfImage == 0 ||
        Optional->SizeOfImage > MI_MAXIMUM_IMAGE || Optional->SizeOfHeaders > Optional->SizeOfImage ||
        MiDirectoryCount(Image->Headers) > IMAGE_NUMBEROF_DIRECTORY_ENTRIES) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    return STATUS_SUCCESS;
}

static ULONG MiSectionBytes(const IMAGE_SECTION_HEADER *Section)
{
    return Section->Misc.VirtualSize != 0 ? Section->Misc.VirtualSize : Section->SizeOfRawData;
}

static ULONG MiRawOffset(const IMAGE_SECTION_HEADER *Section)
{
    return Section->PointerToRawData & ~(MI_DISK_SECTOR_BYTES - 1);
}

// Sections follow each other without a gap, and lie within the file and the image.
static NTSTATUS MiCheckImageSections(const MI_IMAGE_FILE *Image)
{
    const IMAGE_OPTIONAL_HEADER64 *Optional = &Image->Headers->OptionalHeader;
    const IMAGE_SECTION_HEADER *Section = IMAGE_FIRST_SECTION(Image->Headers);
    ULONG64 Next = MiAlign(Optional->SizeOfHeaders, Optional->SectionAlignment);
    for (ULONG Index = 0; Index < Image->Headers->FileHeader.NumberOfSections; Index += 1, Section += 1) {
        ULONG Raw = Section->PointerToRawData != 0 ? Section->SizeOfRawData : 0;
        if (Section->VirtualAddress != Next || MiSectionBytes(Section) == 0 ||
            (Raw != 0 &&
             (MiRawOffset(Section) > Image->Bytes || Raw > Image->Bytes - MiRawOffset(Section)))) {
            return STATUS_INVALID_IMAGE_FORMAT;
        }
        Next = MiAlign(Next + MiSectionBytes(Section), Optional->SectionAlignment);
        if (Next > MiAlign(Optional->SizeOfImage, Optional->SectionAlignment)) {
            return STATUS_INVALID_IMAGE_FORMAT;
        }
    }
    return STATUS_SUCCESS;
}

// ---- The pages

static UCHAR MiSectionState(ULONG Characteristics)
{
    // A page that may be written to is a copy from the start.
    static const ULONG Protections[] = {
        PAGE_NOACCESS,  PAGE_EXECUTE,           PAGE_READONLY,  PAGE_EXECUTE_READ,
        PAGE_READWRITE, PAGE_EXECUTE_READWRITE, PAGE_READWRITE, PAGE_EXECUTE_READWRITE,
    };
    UCHAR State;
    ULONG Index = (Characteristics & IMAGE_SCN_MEM_EXECUTE ? 1 : 0) |
                  (Characteristics & IMAGE_SCN_MEM_READ ? 2 : 0) |
                  (Characteristics & IMAGE_SCN_MEM_WRITE ? 4 : 0);
    MiPageState(Protections[Index], &State);
    return State;
}

static VOID MiDescribeImage(const MI_IMAGE_FILE *File, PMI_IMAGE Image)
{
    const IMAGE_FILE_HEADER *Header = &File->Headers->FileHeader;
    const IMAGE_OPTIONAL_HEADER64 *Optional = &File->Headers->OptionalHeader;
    const IMAGE_OPTIONAL_HEADER32 *Optional32 = MiOptional32(File->Headers);
    const BOOLEAN Is32Bit = MiIs32Bit(File->Headers);
    Image->Base = MiImageBase(File->Headers);
    Image->Fixed = (Header->Characteristics & IMAGE_FILE_RELOCS_STRIPPED) != 0;
    Image->Information = (SECTION_IMAGE_INFORMATION){
        .TransferAddress = (PVOID)(Image->Base + Optional->AddressOfEntryPoint),
        .MaximumStackSize = Is32Bit ? Optional32->SizeOfStackReserve : Optional->SizeOfStackReserve,
        .CommittedStackSize = Is32Bit ? Optional32->SizeOfStackCommit : Optional->SizeOfStackCommit,
        .SubSystemType = Optional->Subsystem,
        .SubSystemMinorVersion = Optional->MinorSubsystemVersion,
        .SubSystemMajorVersion = Optional->MajorSubsystemVersion,
        .MajorOperatingSystemVersion = Optional->MajorOperatingSystemVersion,
        .MinorOperatingSystemVersion = Optional->MinorOperatingSystemVersion,
        .ImageCharacteristics = Header->Characteristics,
        .DllCharacteristics = Optional->DllCharacteristics,
        .Machine = Header->Machine,
        .ImageContainsCode = Optional->SizeOfCode != 0 || Optional->AddressOfEntryPoint != 0,
        .LoaderFlags = Is32Bit ? Optional32->LoaderFlags : Optional->LoaderFlags,
        .ImageFileSize = (ULONG)File->Bytes,
        .CheckSum = Optional->CheckSum,
    };
}

// Fills the image's pages, which are at Target, and notes what each is.
static VOID MiLayOutImage(const MI_IMAGE_FILE *File, PMI_IMAGE Image, SIZE_T Pages, PUCHAR Target)
{
    const IMAGE_SECTION_HEADER *Section = IMAGE_FIRST_SECTION(File->Headers);
    RtlCopyMemory(Target, File->Data, min(File->Bytes, File->Headers->OptionalHeader.SizeOfHeaders));
    // Headers, and what no section has.
    memset(Image->States, MiSectionState(IMAGE_SCN_MEM_READ), Pages);
    for (ULONG Index = 0; Index < File->Headers->FileHeader.NumberOfSections; Index += 1, Section += 1) {
        SIZE_T Bytes = ROUND_TO_PAGES((SIZE_T)MiSectionBytes(Section));
        ULONG Raw = Section->PointerToRawData != 0 ? Section->SizeOfRawData : 0;
        RtlCopyMemory(Target + Section->VirtualAddress, File->Data + MiRawOffset(Section), min(Raw, Bytes));
        memset(Image->States + Section->VirtualAddress / PAGE_SIZE, MiSectionState(Section->Characteristics),
               Bytes / PAGE_SIZE);
    }
}

// Maps the segment's pages to system space for as long as they are worked on.
static PMI_SYSTEM_RANGE MiOpenWindow(PMI_SEGMENT Segment, ULONG Protection)
{
    PMI_SYSTEM_RANGE Window = MiReserveSystemRange(Segment->Pages, MiWindowRange, 0);
    if (Window != NULL && !MiMapPageNumbers(Window->Base, Segment->Numbers, Segment->Pages, Protection)) {
        MiReleaseSystemRange(Window);
        Window = NULL;
    }
    return Window;
}

static VOID MiCloseWindow(PMI_SYSTEM_RANGE Window)
{
    KeMachine->unmap_memory(Window->Base, Window->Pages * PAGE_SIZE);
    MiReleaseSystemRange(Window);
}

static NTSTATUS MiBuildImage(const MI_IMAGE_FILE *File, PMI_SEGMENT *Segment)
{
    PMI_SEGMENT New = MiCreateSegment(ROUND_TO_PAGES((ULONG64)File->Headers->OptionalHeader.SizeOfImage));
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PMI_SYSTEM_RANGE Window = NULL;
    New->Image = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New->Image) + New->Pages, TAG_SEGMENT);
    if (New->Image != NULL) {
        Window = MiOpenWindow(New, KM_PROTECT_READ | KM_PROTECT_WRITE);
    }
    if (Window == NULL) {
        MiDereferenceSegment(New);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MiDescribeImage(File, New->Image);
    MiLayOutImage(File, New->Image, New->Pages, (PUCHAR)Window->Base);
    MiCloseWindow(Window);
    *Segment = New;
    return STATUS_SUCCESS;
}

NTSTATUS MiCreateImageSegment(PFILE_OBJECT FileObject, PMI_SEGMENT *Segment)
{
    PMI_SEGMENT Data;
    NTSTATUS Status = MiReferenceFileSegment(FileObject, 0, FALSE, &Data);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PMI_SYSTEM_RANGE Window = MiOpenWindow(Data, KM_PROTECT_READ);
    if (Window == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto DereferenceData;
    }
    MI_IMAGE_FILE File = {.Data = (const UCHAR *)Window->Base, .Bytes = (SIZE_T)Data->Size.QuadPart};
    Status = MiFindImageHeaders(&File);
    if (NT_SUCCESS(Status)) {
        Status = MiCheckImageHeaders(&File);
    }
    if (NT_SUCCESS(Status)) {
        Status = MiCheckImageSections(&File);
    }
    if (NT_SUCCESS(Status)) {
        Status = MiBuildImage(&File, Segment);
    }
    MiCloseWindow(Window);
DereferenceData:
    MiDereferenceSegment(Data);
    return Status;
}

// ---- Views

BOOLEAN MmIs32BitImage(PVOID SectionObject)
{
    const MI_IMAGE *Image = ((PMI_SECTION)SectionObject)->Segment->Image;
    return Image != NULL && MiIs32BitImage(Image);
}

// One block of relocations: Count entries for the page at Rva.
static NTSTATUS MiRelocateBlock(PUCHAR Base, SIZE_T Bytes, BOOLEAN Is32Bit,
                                const IMAGE_BASE_RELOCATION *Block, ULONG64 Delta)
{
    const USHORT *Entry = (const USHORT *)(Block + 1);
    ULONG Count = (Block->SizeOfBlock - sizeof(*Block)) / sizeof(*Entry);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        SIZE_T Rva = (SIZE_T)Block->VirtualAddress + (Entry[Index] & 0xFFF);
        switch (Entry[Index] >> 12) {
        case IMAGE_REL_BASED_ABSOLUTE: break;
        case IMAGE_REL_BASED_HIGHLOW:
            if (!Is32Bit || Rva > Bytes - sizeof(ULONG)) {
                return STATUS_INVALID_IMAGE_FORMAT;
            }
            *(ULONG UNALIGNED *)(Base + Rva) += (ULONG)Delta;
            break;
        case IMAGE_REL_BASED_DIR64:
            if (Is32Bit || Rva > Bytes - sizeof(ULONG64)) {
                return STATUS_INVALID_IMAGE_FORMAT;
            }
            *(ULONG64 UNALIGNED *)(Base + Rva) += Delta;
            break;
        default: return STATUS_INVALID_IMAGE_FORMAT;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS MiRelocateImage(ULONG_PTR Address, SIZE_T Bytes, ULONG64 Delta)
{
    PUCHAR Base = (PUCHAR)Address;
    PIMAGE_NT_HEADERS64 Headers = (PIMAGE_NT_HEADERS64)(Base + ((PIMAGE_DOS_HEADER)Base)->e_lfanew);
    const BOOLEAN Is32Bit = MiIs32Bit(Headers);
    PIMAGE_OPTIONAL_HEADER32 Optional32 = (PIMAGE_OPTIONAL_HEADER32)&Headers->OptionalHeader;
    const IMAGE_DATA_DIRECTORY *Directory =
        &(Is32Bit ? Optional32->DataDirectory
                  : Headers->OptionalHeader.DataDirectory)[IMAGE_DIRECTORY_ENTRY_BASERELOC];
    ULONG Offset = Directory->VirtualAddress;
    ULONG64 End = (ULONG64)Offset + Directory->Size;
    if (Is32Bit) {
        Optional32->ImageBase += (ULONG)Delta;
    } else {
        Headers->OptionalHeader.ImageBase += Delta;
    }
    if (MiDirectoryCount(Headers) <= IMAGE_DIRECTORY_ENTRY_BASERELOC || Offset == 0) {
        return STATUS_SUCCESS;
    }
    if (End > Bytes || Offset % sizeof(ULONG) != 0) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    while (End - Offset >= sizeof(IMAGE_BASE_RELOCATION)) {
        const IMAGE_BASE_RELOCATION *Block = (const IMAGE_BASE_RELOCATION *)(Base + Offset);
        if (Block->SizeOfBlock < sizeof(*Block) || Block->SizeOfBlock > End - Offset) {
            return STATUS_INVALID_IMAGE_FORMAT;
        }
        ULONG Next = Offset + Block->SizeOfBlock;
        NTSTATUS Status = MiRelocateBlock(Base, Bytes, Is32Bit, Block, Delta);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Offset = Next;
    }
    return STATUS_SUCCESS;
}

static UCHAR MiWithoutExecute(UCHAR State)
{
    static const struct {
        ULONG Protect, Without;
    } Protections[] = {
        {PAGE_EXECUTE, PAGE_READONLY},
        {PAGE_EXECUTE_READ, PAGE_READONLY},
        {PAGE_EXECUTE_READWRITE, PAGE_READWRITE},
        {PAGE_EXECUTE_WRITECOPY, PAGE_WRITECOPY},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Protections); Index += 1) {
        if (MiProtectOf(State) == Protections[Index].Protect) {
            MiPageState(Protections[Index].Without, &State);
            break;
        }
    }
    return State;
}

VOID MiProtectImage(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, PMI_IMAGE Image, BOOLEAN NoExecute)
{
    for (SIZE_T First = 0, Next; First < Vad->Pages; First = Next) {
        Next = First + 1;
        while (Next < Vad->Pages && Image->States[Next] == Image->States[First]) {
            Next += 1;
        }
        MiProtectPages(Space, Vad, First, Next - First,
                       NoExecute ? MiWithoutExecute(Image->States[First]) : Image->States[First]);
    }
}

VOID MmNotifyImageMapped(PEPROCESS Process, PVOID SectionObject, PVOID Base)
{
    const MI_SEGMENT *Segment = ((PMI_SECTION)SectionObject)->Segment;
    KAPC_STATE ApcState;
    ULONG Needed, Room = sizeof(OBJECT_NAME_INFORMATION) + 0x400;
    // Without memory for the name the routines are told of an image without one, as they may be.
    POBJECT_NAME_INFORMATION Name = ExAllocatePoolZero(PagedPool, Room, TAG_SEGMENT);
    BOOLEAN Named = Name != NULL && NT_SUCCESS(ObQueryNameString(Segment->File, Name, Room, &Needed));
    KeStackAttachProcess(Process, &ApcState);
    PspNotifyImageLoaded(Named ? &Name->Name : NULL, Process->UniqueProcessId, Segment->File, Base,
                         Segment->Pages * PAGE_SIZE);
    KeUnstackDetachProcess(&ApcState);
    if (Name != NULL) {
        ExFreePoolWithTag(Name, TAG_SEGMENT);
    }
}
