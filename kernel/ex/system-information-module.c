// SPDX-License-Identifier: MIT
// SystemModuleInformation and its Ex: the images that are loaded, the kernel first.
#include "ex/system-information.h"
#include "rtl/image.h"

static VOID ExpDescribeModule(const KLDR_DATA_TABLE_ENTRY *Image, ULONG Index,
                              RTL_PROCESS_MODULE_INFORMATION *Module)
{
    ANSI_STRING Path = {.MaximumLength = sizeof(Module->FullPathName), .Buffer = (PCHAR)Module->FullPathName};
    UNICODE_STRING Name = Image->FullDllName;
    // What does not fit is cut, its terminating zero never.
    if (Name.Length > (EXP_MODULE_PATH_BYTES - 1) * sizeof(WCHAR)) {
        Name.Length = (EXP_MODULE_PATH_BYTES - 1) * sizeof(WCHAR);
    }
    if (!NT_SUCCESS(RtlUnicodeStringToAnsiString(&Path, &Name, FALSE))) {
        Path.Length = 0;
    }
    USHORT FileName = Path.Length;
    while (FileName > 0 && Path.Buffer[FileName - 1] != '\\') {
        FileName -= 1;
    }
    Module->ImageBase = Image->DllBase;
    Module->ImageSize = Image->SizeOfImage;
    Module->Flags = Image->Flags;
    Module->LoadOrderIndex = (USHORT)Index;
    Module->LoadCount = Image->LoadCount;
    Module->OffsetToFileName = FileName;
}

static VOID ExpLockModules(VOID)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&PsLoadedModuleResource, TRUE);
}

static VOID ExpUnlockModules(VOID)
{
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
}

VOID ExpQueryModules(EXP_ANSWER *Answer)
{
    ULONG Count = 0;
    ExpAppend(Answer, sizeof(RTL_PROCESS_MODULES));
    ExpLockModules();
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        RTL_PROCESS_MODULE_INFORMATION *Module = ExpAppend(Answer, sizeof(*Module));
        if (Module == NULL) {
            break;
        }
        ExpDescribeModule(CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks), Count, Module);
        Count += 1;
    }
    ExpUnlockModules();
    if (!Answer->Failed) {
        ((RTL_PROCESS_MODULES *)Answer->Data)->NumberOfModules = Count;
    }
}

VOID ExpQueryModulesEx(EXP_ANSWER *Answer)
{
    ULONG Count = 0;
    ExpLockModules();
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        const KLDR_DATA_TABLE_ENTRY *Image = CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        RTL_PROCESS_MODULE_INFORMATION_EX *Module = ExpAppend(Answer, sizeof(*Module));
        if (Module == NULL) {
            break;
        }
        Module->NextOffset = sizeof(*Module);
        ExpDescribeModule(Image, Count, &Module->BaseInfo);
        Module->ImageChecksum = Image->CheckSum;
        Module->TimeDateStamp = Image->TimeDateStamp;
        Module->DefaultBase = (PVOID)RtlImageNtHeader(Image->DllBase)->OptionalHeader.ImageBase;
        Count += 1;
    }
    ExpUnlockModules();
    ExpAppend(Answer, sizeof(USHORT));
}
