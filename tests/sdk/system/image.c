// SPDX-License-Identifier: MIT
// Modules of the kernel, sections, exports; an image made by hand, with a forwarder, whole and damaged.
#include "test.h"
#include <ntimage.h>
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static BOOLEAN IsText(PCSTR First, PCSTR Second)
{
    while (First != NULL && *First != '\0' && *First == *Second) {
        First++;
        Second++;
    }
    return First != NULL && *First == *Second;
}

static void TestModules(void)
{
    KM_KERNEL_MODULES Modules;
    KM_KERNEL_MODULE Kernel, Own, Module;
    ULONG Index = 0, Mine = 0;

    EACH_FAILURE(&Test)
    {
        IS(KmKernelModulesTake(&Test.Allocator, &Modules),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        IS(KmKernelModuleAt(&Modules, 0, &Module), !Test.Failed);
        KmKernelModulesFree(&Modules);
        KmKernelModulesFree(&Modules);
        OK(!KmKernelModuleAt(&Modules, 0, &Module));
    }
    IS(KmKernelModulesTake(&Test.Allocator, &Modules), STATUS_SUCCESS);
    OK(KmKernelModuleByName(&Modules, "NTOSKRNL.exe", &Kernel));
    OK(IsText(Kernel.Name, "ntoskrnl.exe"));
    OK(KmKernelModuleOf(&Modules, &PsInitialSystemProcess, &Module));
    OK(Module.Base == Kernel.Base && Module.Bytes == Kernel.Bytes);
    OK(KmKernelModuleOf(&Modules, (PVOID)(ULONG_PTR)TestModules, &Own));
    OK((ULONG_PTR)TestModules - (ULONG_PTR)Own.Base < Own.Bytes);
    OK(KmKernelModuleByName(&Modules, Own.Name, &Module) && Module.Base == Own.Base);
    OK(!KmKernelModuleByName(&Modules, "nobody.sys", &Module));
    OK(!KmKernelModuleByName(&Modules, "", &Module));
    OK(!KmKernelModuleOf(&Modules, &Index, &Module));
    for (; KmKernelModuleAt(&Modules, Index, &Module); Index++) {
        Mine += Module.Base == Own.Base;
        OK(Module.Name >= Module.Path && Module.Bytes != 0);
    }
    IS(Index, Modules.Count);
    IS(Mine, 1);
    KmKernelModulesFree(&Modules);
    IS(Test.Outstanding, 0);
}

static void TestKernelImage(void)
{
    KM_KERNEL_MODULES Modules;
    KM_KERNEL_MODULE Kernel;
    KM_IMAGE Image;
    KM_IMAGE_EXPORT Export, Same;
    KM_IMAGE_SECTION Section;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ExAllocatePoolWithTag");
    ULONG Wrong = 0, Index;
    NTSTATUS Status;

    IS(KmKernelModulesTake(&Test.Allocator, &Modules), STATUS_SUCCESS);
    OK(KmKernelModuleByName(&Modules, "ntoskrnl.exe", &Kernel));
    IS(KmImageOpen(Kernel.Base, Kernel.Bytes, &Image), STATUS_SUCCESS);
    IS(KmImageExport(&Image, "ExAllocatePoolWithTag", &Export), STATUS_SUCCESS);
    OK(Export.Forwarder == NULL && IsText(Export.Name, "ExAllocatePoolWithTag"));
    // With checks on, an import is a thunk of the verifier's; whichever this is, it is in the kernel.
    OK((ULONG_PTR)Export.Address - (ULONG_PTR)Kernel.Base < Kernel.Bytes);
    OK(MmGetSystemRoutineAddress(&Name) != NULL);
    IS(KmImageExport(&Image, "ExAllocatePoolWithTa", &Export), STATUS_PROCEDURE_NOT_FOUND);
    IS(KmImageExport(&Image, "", &Export), STATUS_PROCEDURE_NOT_FOUND);
    IS(KmImageExport(&Image, "zzzz", &Export), STATUS_PROCEDURE_NOT_FOUND);
    OK(Export.Address == NULL && Export.Name == NULL);
    for (Index = 0; NT_SUCCESS(Status = KmImageExportAt(&Image, Index, &Export)); Index++) {
        if (Index % 50 == 0) {
            Wrong += !NT_SUCCESS(KmImageExport(&Image, Export.Name, &Same)) || Same.Address != Export.Address;
            Wrong += !NT_SUCCESS(KmImageExportByOrdinal(&Image, Export.Ordinal, &Same)) ||
                     Same.Address != Export.Address || Same.Name != NULL;
        }
    }
    IS(Status, STATUS_NO_MORE_ENTRIES);
    OK(Index > 1000);
    IS(Wrong, 0);
    IS(KmImageExportByOrdinal(&Image, 0xFFFFFF, &Export), STATUS_ORDINAL_NOT_FOUND);
    IS(KmImageSection(&Image, ".text", &Section), STATUS_SUCCESS);
    OK((Section.Characteristics & IMAGE_SCN_MEM_EXECUTE) != 0);
    OK((PUCHAR)Section.Start > (PUCHAR)Kernel.Base &&
       (PUCHAR)Section.Start + Section.Bytes <= (PUCHAR)Kernel.Base + Kernel.Bytes);
    IS(KmImageSection(&Image, ".tex", &Section), STATUS_NOT_FOUND);
    OK(Section.Start == NULL);
    for (Index = 0; NT_SUCCESS(Status = KmImageSectionAt(&Image, Index, &Section)); Index++) {
        OK(Section.Name[0] != '\0');
    }
    IS(Status, STATUS_NO_MORE_ENTRIES);
    KmKernelModulesFree(&Modules);
}

// ---- An image made by hand

#define IMAGE_BYTES 0x1000
#define EXPORTS_AT  0x400

static void MakeImage(PUCHAR Base)
{
    PIMAGE_DOS_HEADER Dos = (PIMAGE_DOS_HEADER)Base;
    PIMAGE_NT_HEADERS64 Nt = (PIMAGE_NT_HEADERS64)(Base + 0x80);
    PIMAGE_SECTION_HEADER Section;
    PIMAGE_EXPORT_DIRECTORY Exports = (PIMAGE_EXPORT_DIRECTORY)(Base + EXPORTS_AT);
    PULONG Functions = (PULONG)(Base + 0x440), Names = (PULONG)(Base + 0x460);
    PUSHORT Ordinals = (PUSHORT)(Base + 0x480);

    RtlZeroMemory(Base, IMAGE_BYTES);
    Dos->e_magic = IMAGE_DOS_SIGNATURE;
    Dos->e_lfanew = 0x80;
    Nt->Signature = IMAGE_NT_SIGNATURE;
    Nt->FileHeader.NumberOfSections = 1;
    Nt->FileHeader.SizeOfOptionalHeader = sizeof(IMAGE_OPTIONAL_HEADER64);
    Nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    Nt->OptionalHeader.NumberOfRvaAndSizes = 16;
    Nt->OptionalHeader.DataDirectory[0].VirtualAddress = EXPORTS_AT;
    Nt->OptionalHeader.DataDirectory[0].Size = 0x200;
    Section = IMAGE_FIRST_SECTION(Nt);
    RtlCopyMemory(Section->Name, "EIGHTLNG", 8);
    Section->VirtualAddress = 0x800;
    Section->Misc.VirtualSize = 0x800;
    Exports->Base = 10;
    Exports->NumberOfFunctions = 4;
    Exports->NumberOfNames = 2;
    Exports->AddressOfFunctions = 0x440;
    Exports->AddressOfNames = 0x460;
    Exports->AddressOfNameOrdinals = 0x480;
    Functions[0] = 0x900;
    Functions[1] = 0x500; // a forwarder's text
    Functions[2] = 0;
    Functions[3] = IMAGE_BYTES;
    Names[0] = 0x520;
    Names[1] = 0x540;
    Ordinals[0] = 1;
    Ordinals[1] = 0;
    RtlCopyMemory(Base + 0x500, "HAL.Somewhere", 14);
    RtlCopyMemory(Base + 0x520, "Elsewhere", 10);
    RtlCopyMemory(Base + 0x540, "Here", 5);
}

static void TestMadeImage(void)
{
    PUCHAR Base = (PUCHAR)KmAlloc(&Test.Allocator, IMAGE_BYTES);
    KM_IMAGE Image;
    KM_IMAGE_EXPORT Export;
    KM_IMAGE_SECTION Section;

    MakeImage(Base);
    IS(KmImageOpen(Base, IMAGE_BYTES, &Image), STATUS_SUCCESS);
    OK(Image.Is64Bit);
    IS(KmImageExport(&Image, "Here", &Export), STATUS_SUCCESS);
    OK(Export.Address == Base + 0x900 && Export.Forwarder == NULL && Export.Ordinal == 10);
    IS(KmImageExport(&Image, "Elsewhere", &Export), STATUS_SUCCESS);
    OK(Export.Address == NULL && IsText(Export.Forwarder, "HAL.Somewhere") && Export.Ordinal == 11);
    IS(KmImageExportByOrdinal(&Image, 10, &Export), STATUS_SUCCESS);
    OK(Export.Address == Base + 0x900 && Export.Name == NULL);
    IS(KmImageExportByOrdinal(&Image, 9, &Export), STATUS_ORDINAL_NOT_FOUND);
    IS(KmImageExportByOrdinal(&Image, 12, &Export), STATUS_ORDINAL_NOT_FOUND);
    IS(KmImageExportByOrdinal(&Image, 13, &Export), STATUS_INVALID_IMAGE_FORMAT);
    IS(KmImageExportByOrdinal(&Image, 14, &Export), STATUS_ORDINAL_NOT_FOUND);
    IS(KmImageSection(&Image, "EIGHTLNG", &Section), STATUS_SUCCESS);
    OK(Section.Start == Base + 0x800 && Section.Bytes == 0x800);
    IMAGE_FIRST_SECTION((PIMAGE_NT_HEADERS64)(Base + 0x80))->Misc.VirtualSize = 0x801;
    IS(KmImageSectionAt(&Image, 0, &Section), STATUS_INVALID_IMAGE_FORMAT);
    OK(Section.Start == NULL && Section.Name[0] == '\0');
    IMAGE_FIRST_SECTION((PIMAGE_NT_HEADERS64)(Base + 0x80))->Misc.VirtualSize = 0x800;
    ((PIMAGE_NT_HEADERS64)(Base + 0x80))->OptionalHeader.DataDirectory[0].Size = 0;
    IS(KmImageOpen(Base, IMAGE_BYTES, &Image), STATUS_SUCCESS);
    IS(KmImageExport(&Image, "Here", &Export), STATUS_PROCEDURE_NOT_FOUND);
    IS(KmImageExportAt(&Image, 0, &Export), STATUS_NO_MORE_ENTRIES);

    IS(KmImageOpen(Base, 0, &Image), STATUS_INVALID_IMAGE_FORMAT);
    IS(KmImageOpen(Base, 0x100, &Image), STATUS_INVALID_IMAGE_FORMAT);
    Base[0] = 'X';
    IS(KmImageOpen(Base, IMAGE_BYTES, &Image), STATUS_INVALID_IMAGE_FORMAT);
    // Memory of user mode that is not there.
    IS(KmImageOpen((PVOID)(ULONG_PTR)0x10000, IMAGE_BYTES, &Image), STATUS_ACCESS_VIOLATION);
    KmFree(&Test.Allocator, Base, IMAGE_BYTES);
}

// Whatever an image says, nothing is read beyond it: behind it is a page that is not there.
static void TestDamagedImage(void)
{
    static const UCHAR Values[] = {0, 1, 0x7F, 0x80, 0xFF};
    PUCHAR Base = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, IMAGE_BYTES, 'gamI');
    KM_IMAGE Image;
    KM_IMAGE_EXPORT Export;
    KM_IMAGE_SECTION Section;
    ULONG Opened = 0, Found = 0;

    for (ULONG Offset = 0; Offset < 0x560; Offset++) {
        for (ULONG Value = 0; Value < RTL_NUMBER_OF(Values); Value++) {
            MakeImage(Base);
            Base[Offset] = Values[Value];
            if (!NT_SUCCESS(KmImageOpen(Base, IMAGE_BYTES, &Image))) {
                continue;
            }
            Opened++;
            Found += NT_SUCCESS(KmImageExport(&Image, "Here", &Export));
            for (ULONG Index = 0; Index < 16; Index++) {
                (void)KmImageExportAt(&Image, Index, &Export);
                (void)KmImageExportByOrdinal(&Image, Index, &Export);
                if (NT_SUCCESS(KmImageSectionAt(&Image, Index, &Section)) &&
                    ((PUCHAR)Section.Start < Base || Section.Bytes > IMAGE_BYTES ||
                     (PUCHAR)Section.Start + Section.Bytes > Base + IMAGE_BYTES)) {
                    OK(!"a section is outside of the image");
                }
            }
        }
    }
    OK(Opened > 5000 && Found < Opened);
    ExFreePoolWithTag(Base, 'gamI');
}

TEST_DRIVER(TestModules, TestKernelImage, TestMadeImage, TestDamagedImage)
