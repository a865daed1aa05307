// SPDX-License-Identifier: MIT
// Headers, directories and exports of images: the driver's own, the kernel's, and ones that are none.
#include "test.h"
#include "undocumented.h"

extern UCHAR __ImageBase;

#define NO_RANGE_CHECK 1

static PUCHAR Copy; // the driver's own, as it is in memory
static ULONG CopyBytes;

static PIMAGE_NT_HEADERS Own(VOID)
{
    return (PIMAGE_NT_HEADERS)(&__ImageBase + ((PIMAGE_DOS_HEADER)&__ImageBase)->e_lfanew);
}

static void TestHeader(void)
{
    PIMAGE_NT_HEADERS Headers = NULL;
    IS(RtlImageNtHeader(&__ImageBase), Own());
    IS(RtlImageNtHeader(NULL), NULL);
    IS(RtlImageNtHeader(&__ImageBase + 16), NULL);
    IS(RtlImageNtHeaderEx(0, &__ImageBase, Own()->OptionalHeader.SizeOfImage, &Headers), STATUS_SUCCESS);
    IS(Headers, Own());
    IS(RtlImageNtHeaderEx(NO_RANGE_CHECK, &__ImageBase, 0, &Headers), STATUS_SUCCESS);
    IS(Headers, Own());
    IS(RtlImageNtHeaderEx(2, &__ImageBase, 0, &Headers), STATUS_INVALID_PARAMETER);
    IS(Headers, NULL);
    IS(RtlImageNtHeaderEx(0, NULL, 0x1000, &Headers), STATUS_INVALID_PARAMETER);
    IS(RtlImageNtHeaderEx(0, (PVOID)(LONG_PTR)-1, 0x1000, &Headers), STATUS_INVALID_PARAMETER);
    IS(RtlImageNtHeaderEx(0, &__ImageBase, 0x1000, NULL), STATUS_INVALID_PARAMETER);
    IS(RtlImageNtHeaderEx(0, &__ImageBase, sizeof(IMAGE_DOS_HEADER) - 1, &Headers),
       STATUS_INVALID_IMAGE_FORMAT);
    IS(RtlImageNtHeaderEx(0, &__ImageBase, (ULONG64)((PUCHAR)Own() - &__ImageBase) + 23, &Headers),
       STATUS_INVALID_IMAGE_FORMAT);
    IS(RtlImageNtHeaderEx(0, &__ImageBase, (ULONG64)((PUCHAR)Own() - &__ImageBase) + 24, &Headers),
       STATUS_SUCCESS);
}

static void TestDamaged(void)
{
    PIMAGE_NT_HEADERS Headers;
    CopyBytes = Own()->OptionalHeader.SizeOfHeaders;
    Copy = ExAllocatePoolWithTag(NonPagedPoolNx, CopyBytes, 'tseT');
    OK(Copy != NULL);
    RtlCopyMemory(Copy, &__ImageBase, CopyBytes);
    PIMAGE_DOS_HEADER Dos = (PIMAGE_DOS_HEADER)Copy;
    const LONG Offset = Dos->e_lfanew;
    OK(RtlImageNtHeader(Copy) != NULL);
    Dos->e_lfanew = -1;
    IS(RtlImageNtHeaderEx(NO_RANGE_CHECK, Copy, 0, &Headers), STATUS_INVALID_IMAGE_FORMAT);
    Dos->e_lfanew = (LONG)CopyBytes;
    IS(RtlImageNtHeaderEx(0, Copy, CopyBytes, &Headers), STATUS_INVALID_IMAGE_FORMAT);
    Dos->e_lfanew = Offset;
    ((PIMAGE_NT_HEADERS)(Copy + Offset))->Signature = 0;
    IS(RtlImageNtHeader(Copy), NULL);
    ((PIMAGE_NT_HEADERS)(Copy + Offset))->Signature = IMAGE_NT_SIGNATURE;
    Dos->e_magic = 0;
    IS(RtlImageNtHeader(Copy), NULL);
    ExFreePoolWithTag(Copy, 'tseT');
}

static void TestDirectories(void)
{
    ULONG Size = 1;
    PIMAGE_DATA_DIRECTORY Directories = Own()->OptionalHeader.DataDirectory;
    for (USHORT Entry = 0; Entry < IMAGE_NUMBEROF_DIRECTORY_ENTRIES; Entry += 1) {
        PUCHAR Data = RtlImageDirectoryEntryToData(&__ImageBase, TRUE, Entry, &Size);
        if (Directories[Entry].VirtualAddress == 0) {
            IS(Data, NULL);
            IS(Size, 0);
        } else {
            IS(Data, &__ImageBase + Directories[Entry].VirtualAddress);
            IS(Size, Directories[Entry].Size);
        }
    }
    IS(RtlImageDirectoryEntryToData(&__ImageBase, TRUE, IMAGE_NUMBEROF_DIRECTORY_ENTRIES, &Size), NULL);
    IS(RtlImageDirectoryEntryToData(&__ImageBase + 32, TRUE, 0, &Size), NULL);
    // As in a file: the imports' address is that of the section's raw data.
    const ULONG Rva = Directories[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    PIMAGE_SECTION_HEADER Section = IMAGE_FIRST_SECTION(Own());
    while (Rva - Section->VirtualAddress >= Section->SizeOfRawData) {
        Section += 1;
    }
    PUCHAR InFile = &__ImageBase + Section->PointerToRawData + (Rva - Section->VirtualAddress);
    IS(RtlImageDirectoryEntryToData(&__ImageBase, FALSE, IMAGE_DIRECTORY_ENTRY_IMPORT, &Size), InFile);
    IS(RtlImageDirectoryEntryToData(&__ImageBase + 1, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &Size), InFile);
}

static PVOID KernelBase(VOID)
{
    PVOID Base = NULL;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"PsThreadType");
    RtlPcToFileHeader(MmGetSystemRoutineAddress(&Name), &Base);
    return Base;
}

static void TestExports(void)
{
    PVOID Kernel = KernelBase(), Base = NULL;
    OK(RtlImageNtHeader(Kernel) != NULL);
    IS(RtlFindExportedRoutineByName(Kernel, "PsThreadType"), PsThreadType);
    PVOID Routine = RtlFindExportedRoutineByName(Kernel, "ExFreePool");
    OK(Routine != NULL);
    IS(RtlPcToFileHeader(Routine, &Base), Kernel);
    IS(RtlFindExportedRoutineByName(Kernel, "ExFreePoo"), NULL);
    IS(RtlFindExportedRoutineByName(Kernel, ""), NULL);
    IS(RtlFindExportedRoutineByName(Kernel, "zzz"), NULL);
    IS(RtlFindExportedRoutineByName(&__ImageBase, "DriverEntry"), NULL); // exports nothing
}

TEST_DRIVER(TestHeader, TestDamaged, TestDirectories, TestExports)
