// SPDX-License-Identifier: MIT
// RtlQueryModuleInformation: the loaded images, behind AuxKlibQueryModuleInformation.
#include "rtl/image.h"

#define RTLP_MODULE_PATH_BYTES 256

typedef struct _RTL_MODULE_BASIC_INFO {
    PVOID ImageBase;
} RTL_MODULE_BASIC_INFO;

typedef struct _RTL_MODULE_EXTENDED_INFO {
    RTL_MODULE_BASIC_INFO BasicInfo;
    ULONG ImageSize;
    USHORT FileNameOffset;
    UCHAR FullPathName[RTLP_MODULE_PATH_BYTES];
} RTL_MODULE_EXTENDED_INFO;

NTSTATUS NTAPI RtlQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo);

// A name longer than there is room for is cut; what of it has no ANSI character is a question mark.
static VOID RtlpTellModule(const KLDR_DATA_TABLE_ENTRY *Entry, BOOLEAN Extended, PVOID Element)
{
    RTL_MODULE_EXTENDED_INFO *Information = Element;
    ULONG Bytes = 0;
    Information->BasicInfo.ImageBase = Entry->DllBase;
    if (!Extended) {
        return;
    }
    Information->ImageSize = Entry->SizeOfImage;
    RtlZeroMemory(Information->FullPathName, sizeof(Information->FullPathName));
    RtlUnicodeToMultiByteN((PCHAR)Information->FullPathName, RTLP_MODULE_PATH_BYTES - 1, &Bytes,
                           Entry->FullDllName.Buffer, Entry->FullDllName.Length);
    const ULONG Offset = (Entry->FullDllName.Length - Entry->BaseDllName.Length) / sizeof(WCHAR);
    Information->FileNameOffset = (USHORT)min(Offset, Bytes);
}

// IRQL PASSIVE_LEVEL. *BufferSize becomes what all of them need if QueryInfo is NULL, or it is too little.
// STATUS_INVALID_PARAMETER: ElementSize is neither of the two structures'. STATUS_BUFFER_TOO_SMALL.
NTSTATUS NTAPI RtlQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo)
{
    const BOOLEAN Extended = ElementSize == sizeof(RTL_MODULE_EXTENDED_INFO);
    ULONG Count = 0;
    if (!Extended && ElementSize != sizeof(RTL_MODULE_BASIC_INFO)) {
        return STATUS_INVALID_PARAMETER;
    }
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&PsLoadedModuleResource, TRUE);
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        if (QueryInfo != NULL && *BufferSize / ElementSize > Count) {
            RtlpTellModule(CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks), Extended,
                           (PUCHAR)QueryInfo + (SIZE_T)Count * ElementSize);
        }
        Count += 1;
    }
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
    NTSTATUS Status =
        QueryInfo != NULL && *BufferSize / ElementSize < Count ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
    *BufferSize = Count * ElementSize;
    return Status;
}
