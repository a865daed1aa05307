// SPDX-License-Identifier: MIT
// A loaded image: relocated, its imports bound, its sections protected, its entry in PsLoadedModuleList.
#include "test.h"
#include <ntimage.h>

extern UCHAR __ImageBase;
extern LIST_ENTRY PsLoadedModuleListOfKernel __asm__("__imp_PsLoadedModuleList");

// The part of NT's loader entry that drivers are known to read.
typedef struct LOADER_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    PVOID Reserved[4];
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
} LOADER_ENTRY, *PLOADER_ENTRY;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);

static PIMAGE_NT_HEADERS Headers(VOID)
{
    return (PIMAGE_NT_HEADERS)(&__ImageBase + ((PIMAGE_DOS_HEADER)&__ImageBase)->e_lfanew);
}

// Pointers in data must have moved with the image.
static VOID *const Relocated[] = {(VOID *)&TestCount, (VOID *)DriverEntry, (VOID *)&__ImageBase};

static void TestRelocated(void)
{
    IS(Relocated[0], &TestCount);
    IS(Relocated[1], (ULONG_PTR)&__ImageBase + Headers()->OptionalHeader.AddressOfEntryPoint);
    IS(Relocated[2], &__ImageBase);
    IS((ULONG_PTR)&__ImageBase & 0xFFFF, 0);
}

static NTSTATUS StatusOfWrite(PVOID Address)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        *(volatile UCHAR *)Address = *(volatile UCHAR *)Address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static UCHAR Writable = 1;

static void TestDataIsWritable(void)
{
    IS(StatusOfWrite(&Writable), STATUS_SUCCESS);
    IS(StatusOfWrite(&TestCount), STATUS_SUCCESS); // .bss
}

static void TestHeaders(void)
{
    IS(((PIMAGE_DOS_HEADER)&__ImageBase)->e_magic, IMAGE_DOS_SIGNATURE);
    IS(Headers()->Signature, IMAGE_NT_SIGNATURE);
    IS(Headers()->FileHeader.Machine, IMAGE_FILE_MACHINE_AMD64);
    IS(Headers()->OptionalHeader.Subsystem, 1); // native
}

static BOOLEAN NameIs(const UNICODE_STRING *Name, PCWSTR Expected)
{
    UNICODE_STRING Other;
    RtlInitUnicodeString(&Other, Expected);
    return RtlEqualUnicodeString(Name, &Other, TRUE);
}

static void TestLoadedModuleList(void)
{
    PLIST_ENTRY Head = *(PLIST_ENTRY *)&PsLoadedModuleListOfKernel;
    PLOADER_ENTRY Kernel = CONTAINING_RECORD(Head->Flink, LOADER_ENTRY, InLoadOrderLinks);
    OK(NameIs(&Kernel->BaseDllName, L"ntoskrnl.exe"));
    OK(NameIs(&Kernel->FullDllName, L"\\SystemRoot\\system32\\ntoskrnl.exe"));
    PLOADER_ENTRY Own = NULL;
    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
        IS(Link->Flink->Blink, Link);
        PLOADER_ENTRY Entry = CONTAINING_RECORD(Link, LOADER_ENTRY, InLoadOrderLinks);
        if (Entry->DllBase == &__ImageBase) {
            Own = Entry;
        }
    }
    OK(Own != NULL);
    if (Own != NULL) {
        IS(Own->SizeOfImage, Headers()->OptionalHeader.SizeOfImage);
        IS(Own->EntryPoint, (ULONG_PTR)&__ImageBase + Headers()->OptionalHeader.AddressOfEntryPoint);
        DbgPrint("# loaded as %wZ\n", &Own->FullDllName);
    }
}

TEST_DRIVER(TestRelocated, TestDataIsWritable, TestHeaders, TestLoadedModuleList)
