// SPDX-License-Identifier: MIT
// The Auxiliary Kernel-Mode Library, which Windows has in a library to link and not in the kernel: it finds
// what the kernel has for it by name, so that a driver loads where that is missing.
#include <aux_klib.h>

typedef NTSTATUS(NTAPI *KMP_QUERY_MODULES)(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo);
typedef PVOID(NTAPI *KMP_DIRECTORY_TO_DATA)(PVOID Base, BOOLEAN MappedAsImage, USHORT DirectoryEntry,
                                            PULONG Size);

static KMP_QUERY_MODULES KmpQueryModules;
static KMP_DIRECTORY_TO_DATA KmpDirectoryToData;
static const ULONG_PTR *KmpBugCheckData; // code, four parameters

static PVOID KmpFind(PCWSTR Name)
{
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return MmGetSystemRoutineAddress(&String);
}

NTSTATUS AuxKlibInitialize(VOID)
{
    KmpQueryModules = (KMP_QUERY_MODULES)(ULONG_PTR)KmpFind(L"RtlQueryModuleInformation");
    KmpDirectoryToData = (KMP_DIRECTORY_TO_DATA)(ULONG_PTR)KmpFind(L"RtlImageDirectoryEntryToData");
    KmpBugCheckData = KmpFind(L"KiBugCheckData");
    return KmpQueryModules != NULL && KmpDirectoryToData != NULL && KmpBugCheckData != NULL
               ? STATUS_SUCCESS
               : STATUS_NOT_SUPPORTED;
}

NTSTATUS AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo)
{
    return KmpQueryModules != NULL ? KmpQueryModules(BufferSize, ElementSize, QueryInfo)
                                   : STATUS_UNSUCCESSFUL;
}

PIMAGE_EXPORT_DIRECTORY AuxKlibGetImageExportDirectory(PVOID ImageBase)
{
    ULONG Size;
    return KmpDirectoryToData != NULL
               ? KmpDirectoryToData(ImageBase, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &Size)
               : NULL;
}

NTSTATUS AuxKlibGetBugCheckData(PKBUGCHECK_DATA BugCheckData)
{
    if (BugCheckData->BugCheckDataSize != sizeof(*BugCheckData)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (KmpBugCheckData == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    BugCheckData->BugCheckCode = (ULONG)KmpBugCheckData[0];
    BugCheckData->Parameter1 = KmpBugCheckData[1];
    BugCheckData->Parameter2 = KmpBugCheckData[2];
    BugCheckData->Parameter3 = KmpBugCheckData[3];
    BugCheckData->Parameter4 = KmpBugCheckData[4];
    return STATUS_SUCCESS;
}
