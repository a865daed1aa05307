// SPDX-License-Identifier: MIT
// Sections of PE files as images: laid out, relocated, protected, and refused.
#include "file.h"
#include <ntimage.h>

#ifndef IMAGE_REL_BASED_DIR64
#define IMAGE_REL_BASED_ABSOLUTE 0
#define IMAGE_REL_BASED_HIGHLOW  3
#define IMAGE_REL_BASED_DIR64    10
#endif

#define PATH    L"\\??\\C:\\image.dll"
#define PROCESS NtCurrentProcess()

// Headers, .text with a pointer into .data, .data larger than in the file, .reloc.
#define BASE        0x200000000000ULL // which no process has
#define NARROW_BASE 0x10000000
#define HEADERS     0x400
#define CODE        0x1000
#define DATA        0x2000
#define RELOC       0x4000
#define BYTES       0x5000
#define FILE_SIZE   0xA00
#define CONSOLE     3      // IMAGE_SUBSYSTEM_WINDOWS_CUI
#define ARM64       0xAA64 // IMAGE_FILE_MACHINE_ARM64

static UCHAR File[FILE_SIZE];
static ULONG Notified;
static PVOID NotifiedBase;
static HANDLE NotifiedProcess;
static SIZE_T NotifiedBytes;
static BOOLEAN NotifiedNamed;

static PIMAGE_NT_HEADERS64 Headers(void)
{
    return (PIMAGE_NT_HEADERS64)(File + 0x80);
}

static PIMAGE_SECTION_HEADER Section(ULONG Index)
{
    return IMAGE_FIRST_SECTION(Headers()) + Index;
}

static void SetSection(ULONG Index, ULONG Rva, ULONG Bytes, ULONG Raw, ULONG RawBytes, ULONG Characteristics)
{
    PIMAGE_SECTION_HEADER Header = Section(Index);
    Header->VirtualAddress = Rva;
    Header->Misc.VirtualSize = Bytes;
    Header->PointerToRawData = Raw;
    Header->SizeOfRawData = RawBytes;
    Header->Characteristics = Characteristics;
}

static void BuildImage(ULONG64 Base)
{
    PIMAGE_NT_HEADERS64 Nt = Headers();
    RtlZeroMemory(File, sizeof(File));
    ((PIMAGE_DOS_HEADER)File)->e_magic = IMAGE_DOS_SIGNATURE;
    ((PIMAGE_DOS_HEADER)File)->e_lfanew = 0x80;
    Nt->Signature = IMAGE_NT_SIGNATURE;
    Nt->FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
    Nt->FileHeader.NumberOfSections = 3;
    Nt->FileHeader.SizeOfOptionalHeader = sizeof(Nt->OptionalHeader);
    Nt->FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL;
    Nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    Nt->OptionalHeader.ImageBase = Base;
    Nt->OptionalHeader.AddressOfEntryPoint = CODE + 0x10;
    Nt->OptionalHeader.SectionAlignment = 0x1000;
    Nt->OptionalHeader.FileAlignment = 0x200;
    Nt->OptionalHeader.SizeOfImage = BYTES;
    Nt->OptionalHeader.SizeOfHeaders = HEADERS;
    Nt->OptionalHeader.Subsystem = CONSOLE;
    Nt->OptionalHeader.SizeOfStackReserve = 0x100000;
    Nt->OptionalHeader.CheckSum = 0x1234;
    Nt->OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    Nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_BASERELOC].VirtualAddress = RELOC;
    Nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_BASERELOC].Size = 12;
    SetSection(0, CODE, 0x100, 0x400, 0x200, IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_EXECUTE);
    SetSection(1, DATA, 0x1800, 0x600, 0x200, IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE);
    SetSection(2, RELOC, 12, 0x800, 0x200, IMAGE_SCN_MEM_READ);
    *(PULONG64)(File + 0x400) = Base + DATA;
    strcpy((char *)File + 0x600, "data");
    *(PULONG)(File + 0x800) = CODE;
    *(PULONG)(File + 0x804) = 12;
    *(PUSHORT)(File + 0x808) = IMAGE_REL_BASED_DIR64 << 12;
    *(PUSHORT)(File + 0x80A) = IMAGE_REL_BASED_ABSOLUTE << 12;
}

// Makes the image that was built one of 32 bits.
static void Narrow(ULONG Base)
{
    IMAGE_OPTIONAL_HEADER64 Wide = Headers()->OptionalHeader;
    IMAGE_SECTION_HEADER Sections[3];
    PIMAGE_OPTIONAL_HEADER32 Narrow = (PIMAGE_OPTIONAL_HEADER32)&Headers()->OptionalHeader;
    RtlCopyMemory(Sections, Section(0), sizeof(Sections));
    Narrow->Magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC;
    Narrow->BaseOfData = DATA;
    Narrow->ImageBase = Base;
    Narrow->SizeOfStackReserve = (ULONG)Wide.SizeOfStackReserve;
    Narrow->SizeOfStackCommit = 0x1000;
    Narrow->SizeOfHeapReserve = Narrow->SizeOfHeapCommit = Narrow->LoaderFlags = 0;
    Narrow->NumberOfRvaAndSizes = Wide.NumberOfRvaAndSizes;
    RtlCopyMemory(Narrow->DataDirectory, Wide.DataDirectory, sizeof(Wide.DataDirectory));
    Headers()->FileHeader.Machine = IMAGE_FILE_MACHINE_I386;
    Headers()->FileHeader.SizeOfOptionalHeader = sizeof(*Narrow);
    RtlCopyMemory(Section(0), Sections, sizeof(Sections));
    *(PULONG64)(File + 0x400) = Base + DATA;
    *(PUSHORT)(File + 0x808) = IMAGE_REL_BASED_HIGHLOW << 12;
}

static NTSTATUS CreateAs(ULONG Bytes, ULONG Protection, ULONG Kind, PHANDLE Image)
{
    LARGE_INTEGER Offset = {0};
    HANDLE Handle = Open(PATH, FILE_SUPERSEDE, FILE_NON_DIRECTORY_FILE);
    OBJECT_ATTRIBUTES Attributes;
    if (Bytes != 0) {
        ZwWriteFile(Handle, NULL, NULL, NULL, &Io, File, Bytes, &Offset, NULL);
    }
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Result = ZwCreateSection(Image, SECTION_ALL_ACCESS, &Attributes, NULL, Protection, Kind, Handle);
    ZwClose(Handle);
    return Result;
}

static NTSTATUS CreateOf(ULONG Bytes, PHANDLE Image)
{
    return CreateAs(Bytes, PAGE_EXECUTE_READ, SEC_IMAGE, Image);
}

// What a section of the file as it is now is answered with.
static NTSTATUS Try(void)
{
    HANDLE Image;
    NTSTATUS Result = CreateOf(sizeof(File), &Image);
    if (NT_SUCCESS(Result)) {
        ZwClose(Image);
    }
    return Result;
}

static NTSTATUS Map(HANDLE Image, PVOID *Base)
{
    SIZE_T Size = 0;
    NTSTATUS Result =
        ZwMapViewOfSection(Image, PROCESS, Base, 0, 0, NULL, &Size, ViewShare, 0, PAGE_EXECUTE_READ);
    if (NT_SUCCESS(Result)) {
        IS(Size, BYTES);
    }
    return Result;
}

static NTSTATUS Write(volatile UCHAR *At, UCHAR Value)
{
    __try {
        *At = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void CheckPages(PUCHAR Base, ULONG Rva, ULONG Protect, SIZE_T Bytes)
{
    MEMORY_BASIC_INFORMATION Basic;
    IS(ZwQueryVirtualMemory(PROCESS, Base + Rva, MemoryBasicInformation, &Basic, sizeof(Basic), NULL),
       STATUS_SUCCESS);
    IS(Basic.AllocationBase, Base);
    IS(Basic.AllocationProtect, PAGE_EXECUTE_WRITECOPY);
    IS(Basic.Protect, Protect);
    IS(Basic.RegionSize, Bytes);
    IS(Basic.Type, 0x1000000); // MEM_IMAGE
}

static VOID NTAPI NotifyImage(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info)
{
    static const UNICODE_STRING End = RTL_CONSTANT_STRING(L"\\image.dll");
    Notified += 1;
    NotifiedBase = Info->ImageBase;
    NotifiedBytes = Info->ImageSize;
    NotifiedProcess = ProcessId;
    NotifiedNamed = Name != NULL && Name->Length > End.Length &&
                    RtlCompareMemory((PUCHAR)Name->Buffer + Name->Length - End.Length, End.Buffer,
                                     End.Length) == End.Length;
}

static void TestMapped(void)
{
    HANDLE Image;
    PVOID First = NULL, Second = NULL, Third = NULL;
    SIZE_T Size = 0;
    LARGE_INTEGER Offset = {.QuadPart = 0x10000};
    SECTION_BASIC_INFORMATION Basic;
    BuildImage(BASE);
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(ZwQuerySection(Image, SectionBasicInformation, &Basic, sizeof(Basic), NULL), STATUS_SUCCESS);
    IS(Basic.Size.QuadPart, BYTES);
    IS(Basic.Attributes, SEC_IMAGE | 0x800000); // SEC_FILE
    IS(PsSetLoadImageNotifyRoutine(NotifyImage), STATUS_SUCCESS);
    IS(Map(Image, &First), STATUS_IMAGE_NOT_AT_BASE);
    IS(Notified, 1);
    IS(NotifiedBase, First);
    IS(NotifiedBytes, BYTES);
    IS(NotifiedProcess, PsGetCurrentProcessId());
    OK(NotifiedNamed);
    IS(PsRemoveLoadImageNotifyRoutine(NotifyImage), STATUS_SUCCESS);
    // It is relocated, its header too.
    PUCHAR Base = First;
    IS(*(PULONG64)(Base + CODE), (ULONG64)Base + DATA);
    IS(((PIMAGE_NT_HEADERS64)(Base + 0x80))->OptionalHeader.ImageBase, (ULONG64)Base);
    IS_STRING((char *)Base + DATA, "data");
    IS(Base[DATA + 0x200], 0);
    IS(Base[DATA + 0x17FF], 0);
    CheckPages(Base, 0, PAGE_READONLY, 0x1000);
    CheckPages(Base, CODE, PAGE_EXECUTE_READ, 0x1000);
    CheckPages(Base, DATA, PAGE_READWRITE, 0x2000);
    CheckPages(Base, RELOC, PAGE_READONLY, 0x1000);
    IS(Write(Base + CODE, 0), STATUS_ACCESS_VIOLATION);
    // Each view's data are its own.
    IS(Write(Base + DATA, 'D'), STATUS_SUCCESS);
    IS(Map(Image, &Second), STATUS_IMAGE_NOT_AT_BASE);
    OK(First != Second);
    IS_STRING((char *)Second + DATA, "data");
    IS(*(PULONG64)((PUCHAR)Second + CODE), (ULONG64)Second + DATA);
    // At an address of the caller's, if nothing is there.
    Third = Second;
    IS(Map(Image, &Third), STATUS_CONFLICTING_ADDRESSES);
    IS(ZwUnmapViewOfSection(PROCESS, Second), STATUS_SUCCESS);
    IS(Map(Image, &Third), STATUS_IMAGE_NOT_AT_BASE);
    IS(Third, Second);
    IS(ZwUnmapViewOfSection(PROCESS, (PUCHAR)Third + DATA), STATUS_SUCCESS);
    Third = NULL;
    IS(ZwMapViewOfSection(Image, PROCESS, &Third, 0, 0, &Offset, &Size, ViewShare, 0, PAGE_READONLY),
       STATUS_INVALID_VIEW_SIZE);
    Size = BYTES + 1;
    IS(ZwMapViewOfSection(Image, PROCESS, &Third, 0, 0, NULL, &Size, ViewShare, 0, PAGE_READONLY),
       STATUS_INVALID_VIEW_SIZE);
    // The view keeps the image.
    ZwClose(Image);
    IS(*(PULONG64)(Base + CODE), (ULONG64)Base + DATA);
    IS(ZwUnmapViewOfSection(PROCESS, First), STATUS_SUCCESS);

    // Where the linker wanted it.
    BuildImage((ULONG64)First);
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    Second = NULL;
    IS(Map(Image, &Second), STATUS_SUCCESS);
    IS(Second, First);
    IS(*(PULONG64)(Base + CODE), (ULONG64)Base + DATA);
    IS(ZwUnmapViewOfSection(PROCESS, Second), STATUS_SUCCESS);
    ZwClose(Image);
}

// SEC_IMAGE_NO_EXECUTE: nothing of it can be executed, and no driver is told of it.
static void TestNoExecute(void)
{
    HANDLE Image;
    PVOID Base = NULL;
    SIZE_T Size = 0;
    BuildImage(BASE);
    IS(CreateAs(sizeof(File), PAGE_EXECUTE_READ, SEC_IMAGE | SEC_NOCACHE, &Image),
       STATUS_INVALID_PAGE_PROTECTION);
    IS(CreateAs(sizeof(File), PAGE_READONLY, SEC_IMAGE | SEC_NOCACHE | SEC_COMMIT, &Image),
       STATUS_INVALID_PARAMETER_6);
    IS(CreateAs(sizeof(File), PAGE_READONLY, SEC_IMAGE | SEC_NOCACHE, &Image), STATUS_SUCCESS);
    Notified = 0;
    IS(PsSetLoadImageNotifyRoutine(NotifyImage), STATUS_SUCCESS);
    IS(ZwMapViewOfSection(Image, PROCESS, &Base, 0, 0, NULL, &Size, ViewShare, 0, PAGE_EXECUTE_READ),
       STATUS_SECTION_PROTECTION);
    IS(ZwMapViewOfSection(Image, PROCESS, &Base, 0, 0, NULL, &Size, ViewShare, 0, PAGE_READONLY),
       STATUS_IMAGE_NOT_AT_BASE);
    IS(PsRemoveLoadImageNotifyRoutine(NotifyImage), STATUS_SUCCESS);
    IS(Notified, 0);
    CheckPages(Base, CODE, PAGE_READONLY, 0x1000);
    CheckPages(Base, DATA, PAGE_READWRITE, 0x2000);
    IS_STRING((char *)Base + DATA, "data");
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    ZwClose(Image);
}

// A program that runs is neither written nor deleted, nor replaced.
static void TestRunning(void)
{
    HANDLE Image, Handle;
    FILE_DISPOSITION_INFORMATION_EX Disposition = {FILE_DISPOSITION_DELETE};
    struct {
        FILE_RENAME_INFORMATION Information;
        WCHAR More[16];
    } New = {.Information = {.ReplaceIfExists = TRUE, .FileNameLength = 18}};
    RtlCopyMemory(New.Information.FileName, L"image.dll", 18);
    BuildImage(BASE);
    IS(CreateOf(FILE_SIZE, &Image), STATUS_SUCCESS);
    IS(TryOpen(&Handle, NULL, PATH, FILE_WRITE_DATA, SHARE_ALL, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    IS(TryOpen(&Handle, NULL, PATH, FILE_READ_DATA, SHARE_ALL, FILE_OVERWRITE_IF, 0),
       STATUS_SHARING_VIOLATION);
    IS(TryOpen(&Handle, NULL, PATH, DELETE, SHARE_ALL, FILE_OPEN, FILE_DELETE_ON_CLOSE),
       STATUS_CANNOT_DELETE);
    IS(TryOpen(&Handle, NULL, PATH, FILE_READ_DATA | DELETE, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    IS(ZwSetInformationFile(Handle, &Io, &Disposition, sizeof(Disposition), FileDispositionInformationEx),
       STATUS_CANNOT_DELETE);
    Disposition.Flags |= FILE_DISPOSITION_POSIX_SEMANTICS | FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK;
    IS(ZwSetInformationFile(Handle, &Io, &Disposition, sizeof(Disposition), FileDispositionInformationEx),
       STATUS_CANNOT_DELETE);
    ZwClose(Handle);
    Make(L"\\??\\C:\\other.dll", "x");
    Handle = Open(L"\\??\\C:\\other.dll", FILE_OPEN, 0);
    IS(ZwSetInformationFile(Handle, &Io, &New, sizeof(New), FileRenameInformation), STATUS_ACCESS_DENIED);
    ZwClose(Image);
    IS(ZwSetInformationFile(Handle, &Io, &New, sizeof(New), FileRenameInformation), STATUS_SUCCESS);
    ZwClose(Handle);
}

static void TestInformation(void)
{
    HANDLE Image;
    SECTION_IMAGE_INFORMATION Info;
    SIZE_T Length;
    BuildImage(BASE);
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(ZwQuerySection(Image, SectionImageInformation, &Info, sizeof(Info) - 1, &Length),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySection(Image, SectionImageInformation, &Info, sizeof(Info), &Length), STATUS_SUCCESS);
    IS(Length, 64);
    IS(Info.TransferAddress, BASE + CODE + 0x10);
    IS(Info.MaximumStackSize, 0x100000);
    IS(Info.SubSystemType, CONSOLE);
    IS(Info.Machine, IMAGE_FILE_MACHINE_AMD64);
    IS(Info.ImageCharacteristics, IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL);
    OK(Info.ImageContainsCode);
    IS(Info.ImageFileSize, sizeof(File));
    IS(Info.CheckSum, 0x1234);
    ZwClose(Image);
}

// The pages of a 32-bit program are as good as any; a 64-bit process has no addresses for it.
static void TestNarrow(void)
{
    HANDLE Image;
    SECTION_IMAGE_INFORMATION Info;
    PVOID Base = NULL;
    BuildImage(BASE);
    Narrow(NARROW_BASE);
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(ZwQuerySection(Image, SectionImageInformation, &Info, sizeof(Info), NULL), STATUS_SUCCESS);
    IS(Info.TransferAddress, NARROW_BASE + CODE + 0x10);
    IS(Info.MaximumStackSize, 0x100000);
    IS(Info.CommittedStackSize, 0x1000);
    IS(Info.Machine, IMAGE_FILE_MACHINE_I386);
    IS(Info.CheckSum, 0x1234);
    IS(Map(Image, &Base), STATUS_CONFLICTING_ADDRESSES);
    ZwClose(Image);
}

static void TestFixed(void)
{
    HANDLE Image;
    PVOID Base = NULL;
    BuildImage(BASE);
    Headers()->FileHeader.Characteristics |= IMAGE_FILE_RELOCS_STRIPPED;
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(Map(Image, &Base), STATUS_CONFLICTING_ADDRESSES);
    ZwClose(Image);
    // Relocations that are none are found out when they are used.
    BuildImage(BASE);
    *(PULONG)(File + 0x804) = 0x1000;
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(Map(Image, &Base), STATUS_INVALID_IMAGE_FORMAT);
    ZwClose(Image);
    BuildImage(BASE);
    *(PUSHORT)(File + 0x808) = 9 << 12;
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(Map(Image, &Base), STATUS_INVALID_IMAGE_FORMAT);
    ZwClose(Image);
    BuildImage(BASE);
    *(PULONG)(File + 0x800) = BYTES;
    IS(CreateOf(sizeof(File), &Image), STATUS_SUCCESS);
    IS(Map(Image, &Base), STATUS_INVALID_IMAGE_FORMAT);
    ZwClose(Image);
}

// A mistake, and what it is answered with.
#define REFUSED(Change, Expected)                                                                            \
    do {                                                                                                     \
        BuildImage(BASE);                                                                                    \
        Change;                                                                                              \
        IS(Try(), Expected);                                                                                 \
    } while (0)

static void TestRefused(void)
{
    HANDLE Image;
    BuildImage(BASE);
    IS(CreateOf(0, &Image), STATUS_MAPPED_FILE_SIZE_ZERO);
    IS(CreateOf(10, &Image), STATUS_INVALID_IMAGE_NOT_MZ);
    IS(CreateOf(0x70, &Image), STATUS_INVALID_IMAGE_PROTECT);
    IS(CreateOf(0x90, &Image), STATUS_INVALID_IMAGE_FORMAT);
    IS(CreateOf(0x500, &Image), STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(File[0] = 'X', STATUS_INVALID_IMAGE_NOT_MZ);
    REFUSED(File[0x80] = 'X', STATUS_INVALID_IMAGE_PROTECT);
    REFUSED(*(PUSHORT)(File + 0x80) = IMAGE_OS2_SIGNATURE, STATUS_INVALID_IMAGE_NE_FORMAT);
    REFUSED(*(PUSHORT)(File + 0x80) = IMAGE_VXD_SIGNATURE, STATUS_INVALID_IMAGE_LE_FORMAT);
    REFUSED(((PIMAGE_DOS_HEADER)File)->e_lfanew = -4, STATUS_INVALID_IMAGE_PROTECT);
    REFUSED(Headers()->FileHeader.Machine = IMAGE_FILE_MACHINE_I386, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED((Narrow(NARROW_BASE), Headers()->FileHeader.SizeOfOptionalHeader -= 4),
            STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Narrow(NARROW_BASE + 0x1000), STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->FileHeader.Machine = ARM64, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->FileHeader.Characteristics = 0, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->FileHeader.NumberOfSections = 99, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.SectionAlignment = 0x200, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.SectionAlignment = 0x1800, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.FileAlignment = 0, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.ImageBase += 0x1000, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.SizeOfImage = 0, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.SizeOfImage = 0x4000, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Headers()->OptionalHeader.SizeOfImage = 0xF0000000, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Section(1)->VirtualAddress = 0x3000, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Section(1)->Misc.VirtualSize = 0x8000, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Section(2)->PointerToRawData = 0xFFFFFE00, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED(Section(2)->SizeOfRawData = 0x300, STATUS_INVALID_IMAGE_FORMAT);
    REFUSED((void)0, STATUS_SUCCESS);
    Remove(PATH);
}

// A file object's name is its device's and its own.
static void TestName(void)
{
    ULONG64 Buffer[64];
    POBJECT_NAME_INFORMATION Name = (PVOID)Buffer;
    UNICODE_STRING Whole = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\folder\\name.txt");
    ULONG Needed;
    PVOID Object;
    HANDLE Folder = Open(L"\\??\\C:\\folder", FILE_OPEN_IF, FILE_DIRECTORY_FILE), Named, Below;
    IS(TryOpen(&Named, NULL, L"\\??\\C:\\folder\\name.txt", ALL, SHARE_ALL, FILE_OPEN_IF, 0), STATUS_SUCCESS);
    IS(TryOpen(&Below, Folder, L"name.txt", ALL, SHARE_ALL, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_SUCCESS);
    const HANDLE Handles[] = {Named, Below};
    for (ULONG Index = 0; Index < 2; Index += 1) {
        IS(ObReferenceObjectByHandle(Handles[Index], 0, *IoFileObjectType, KernelMode, &Object, NULL),
           STATUS_SUCCESS);
        IS(ObQueryNameString(Object, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
        IS(Needed, sizeof(*Name) + Whole.Length + sizeof(WCHAR));
        IS(ObQueryNameString(Object, Name, Needed - 1, &Needed), STATUS_INFO_LENGTH_MISMATCH);
        IS(ObQueryNameString(Object, Name, Needed, &Needed), STATUS_SUCCESS);
        OK(RtlEqualUnicodeString(&Name->Name, &Whole, TRUE));
        IS(Name->Name.Buffer[Whole.Length / sizeof(WCHAR)], 0);
        ObDereferenceObject(Object);
    }
    ZwClose(Below);
    ZwClose(Named);
    ZwClose(Folder);
    Remove(L"\\??\\C:\\folder");
}

TEST_DRIVER(TestName, TestMapped, TestNoExecute, TestRunning, TestInformation, TestNarrow, TestFixed,
            TestRefused)
