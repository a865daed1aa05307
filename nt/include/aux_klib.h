// SPDX-License-Identifier: MIT
// The Auxiliary Kernel-Mode Library: the WDK has it in aux_klib.lib, kmode in the SDK's library.
#ifndef KMODE_NT_AUX_KLIB_H
#define KMODE_NT_AUX_KLIB_H

#include <wdm.h>
#include <ntimage.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AUX_KLIB_MODULE_PATH_LEN 256

typedef struct _AUX_MODULE_BASIC_INFO {
    PVOID ImageBase;
} AUX_MODULE_BASIC_INFO, *PAUX_MODULE_BASIC_INFO;

typedef struct _AUX_MODULE_EXTENDED_INFO {
    AUX_MODULE_BASIC_INFO BasicInfo;
    ULONG ImageSize;
    USHORT FileNameOffset;                        // in FullPathName
    UCHAR FullPathName[AUX_KLIB_MODULE_PATH_LEN]; // zero-terminated
} AUX_MODULE_EXTENDED_INFO, *PAUX_MODULE_EXTENDED_INFO;

typedef struct _KBUGCHECK_DATA {
    ULONG BugCheckDataSize; // the caller's: sizeof(KBUGCHECK_DATA)
    ULONG BugCheckCode;
    ULONG_PTR Parameter1;
    ULONG_PTR Parameter2;
    ULONG_PTR Parameter3;
    ULONG_PTR Parameter4;
} KBUGCHECK_DATA, *PKBUGCHECK_DATA;

// PASSIVE_LEVEL. Before any other routine of the library.
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS AuxKlibInitialize(VOID);

// PASSIVE_LEVEL. Tells of each loaded image; with QueryInfo NULL, how many bytes that takes.
// STATUS_BUFFER_TOO_SMALL; STATUS_UNSUCCESSFUL before AuxKlibInitialize.
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    AuxKlibQueryModuleInformation(_Inout_ PULONG BufferSize, _In_ ULONG ElementSize,
                                  _Out_writes_bytes_opt_(*BufferSize) PVOID QueryInfo);

// Any IRQL at which the image is resident. NULL: it exports nothing, or is no image.
PIMAGE_EXPORT_DIRECTORY AuxKlibGetImageExportDirectory(_In_ PVOID ImageBase);

// From a bug check callback, at any IRQL. STATUS_INFO_LENGTH_MISMATCH: BugCheckDataSize is another's;
// STATUS_UNSUCCESSFUL before AuxKlibInitialize.
NTSTATUS AuxKlibGetBugCheckData(_Inout_ PKBUGCHECK_DATA BugCheckData);

#ifdef __cplusplus
}
#endif

#endif
