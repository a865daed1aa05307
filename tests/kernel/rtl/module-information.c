// SPDX-License-Identifier: MIT
// The loaded images, by AuxKlibQueryModuleInformation; the export directory of one; and what the list tells.
#include "test.h"
#include <aux_klib.h>

extern UCHAR __ImageBase;
extern LIST_ENTRY PsLoadedModuleListOfKernel __asm__("__imp_PsLoadedModuleList");
extern ERESOURCE PsLoadedModuleResourceOfKernel __asm__("__imp_PsLoadedModuleResource");

static void TestBeforeInitialize(void)
{
    ULONG Bytes = 0;
    KBUGCHECK_DATA Data = {.BugCheckDataSize = sizeof(Data)};
    IS(AuxKlibQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_BASIC_INFO), NULL), STATUS_UNSUCCESSFUL);
    IS(AuxKlibGetBugCheckData(&Data), STATUS_UNSUCCESSFUL);
    IS(AuxKlibInitialize(), STATUS_SUCCESS);
}

static void TestExtended(void)
{
    ULONG Bytes = 0, Own = 0, Kernel = 0;
    IS(AuxKlibQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_EXTENDED_INFO), NULL), STATUS_SUCCESS);
    const ULONG Count = Bytes / sizeof(AUX_MODULE_EXTENDED_INFO);
    IS(Bytes, Count * sizeof(AUX_MODULE_EXTENDED_INFO));
    OK(Count >= 2);
    AUX_MODULE_EXTENDED_INFO *Modules = ExAllocatePoolWithTag(PagedPool, Bytes, 'tseT');
    OK(Modules != NULL);
    IS(AuxKlibQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_EXTENDED_INFO), Modules), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        const char *Name = (const char *)Modules[Index].FullPathName + Modules[Index].FileNameOffset;
        DbgPrint("# %p %06lx %s\n", Modules[Index].BasicInfo.ImageBase, Modules[Index].ImageSize,
                 Modules[Index].FullPathName);
        if (Modules[Index].BasicInfo.ImageBase == &__ImageBase) {
            PIMAGE_NT_HEADERS Headers =
                (PIMAGE_NT_HEADERS)(&__ImageBase + ((PIMAGE_DOS_HEADER)&__ImageBase)->e_lfanew);
            IS(Modules[Index].ImageSize, Headers->OptionalHeader.SizeOfImage);
            OK(strstr(Name, "module-information") == Name);
            Own += 1;
        }
        if (strcmp(Name, "ntoskrnl.exe") == 0) {
            OK(AuxKlibGetImageExportDirectory(Modules[Index].BasicInfo.ImageBase) != NULL);
            Kernel += 1;
        }
    }
    IS(Own, 1);
    IS(Kernel, 1);
    Bytes -= 1;
    IS(AuxKlibQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_EXTENDED_INFO), Modules),
       STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, Count * sizeof(AUX_MODULE_EXTENDED_INFO));
    ExFreePoolWithTag(Modules, 'tseT');
    IS(AuxKlibGetImageExportDirectory(&__ImageBase), NULL);
}

static void TestBasic(void)
{
    AUX_MODULE_BASIC_INFO Modules[64];
    ULONG Bytes = sizeof(Modules), Found = 0;
    IS(AuxKlibQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_BASIC_INFO), Modules), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < Bytes / sizeof(AUX_MODULE_BASIC_INFO); Index += 1) {
        Found += Modules[Index].ImageBase == &__ImageBase;
    }
    IS(Found, 1);
    IS(AuxKlibQueryModuleInformation(&Bytes, 12, Modules), STATUS_INVALID_PARAMETER);
}

// The export behind it.
NTSYSAPI NTSTATUS NTAPI RtlQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo);

static void TestExport(void)
{
    AUX_MODULE_BASIC_INFO Modules[64];
    ULONG Bytes = 0, Found = 0;
    IS(RtlQueryModuleInformation(&Bytes, 12, NULL), STATUS_INVALID_PARAMETER);
    IS(RtlQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_BASIC_INFO), NULL), STATUS_SUCCESS);
    OK(Bytes >= 2 * sizeof(AUX_MODULE_BASIC_INFO) && Bytes <= sizeof(Modules));
    ULONG Needed = Bytes--;
    IS(RtlQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_BASIC_INFO), Modules), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, Needed);
    IS(RtlQueryModuleInformation(&Bytes, sizeof(AUX_MODULE_BASIC_INFO), Modules), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < Bytes / sizeof(AUX_MODULE_BASIC_INFO); Index += 1) {
        Found += Modules[Index].ImageBase == &__ImageBase;
    }
    IS(Found, 1);
}

static void TestBugCheckData(void)
{
    KBUGCHECK_DATA Data = {.BugCheckDataSize = sizeof(Data) - 1};
    IS(AuxKlibGetBugCheckData(&Data), STATUS_INFO_LENGTH_MISMATCH);
    Data.BugCheckDataSize = sizeof(Data);
    IS(AuxKlibGetBugCheckData(&Data), STATUS_SUCCESS);
    IS(Data.BugCheckCode, 0); // none is under way
}

typedef struct ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID Reserved[2];
    PVOID DllBase;
} ENTRY, *PENTRY;

// The list is walked with its lock held.
static void TestList(void)
{
    PLIST_ENTRY Head = *(PLIST_ENTRY *)&PsLoadedModuleListOfKernel;
    PERESOURCE Lock = *(PERESOURCE *)&PsLoadedModuleResourceOfKernel;
    PIMAGE_NT_HEADERS Headers =
        (PIMAGE_NT_HEADERS)(&__ImageBase + ((PIMAGE_DOS_HEADER)&__ImageBase)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *Directory =
        &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
    PENTRY Own = NULL;
    KeEnterCriticalRegion();
    BOOLEAN Acquired = ExAcquireResourceSharedLite(Lock, TRUE);
    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
        PENTRY Entry = CONTAINING_RECORD(Link, ENTRY, InLoadOrderLinks);
        if (Entry->DllBase == &__ImageBase) {
            Own = Entry;
        }
    }
    ExReleaseResourceLite(Lock);
    KeLeaveCriticalRegion();
    OK(Acquired);
    OK(Own != NULL);
    IS(Own->ExceptionTable, &__ImageBase + Directory->VirtualAddress);
    IS(Own->ExceptionTableSize, Directory->Size);
}

TEST_DRIVER(TestBeforeInitialize, TestExtended, TestBasic, TestExport, TestBugCheckData, TestList)
