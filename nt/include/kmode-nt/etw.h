// SPDX-License-Identifier: MIT
// Event tracing: what mingw-w64's wdm.h lacks.
#ifndef KMODE_NT_ETW_H
#define KMODE_NT_ETW_H

#ifdef __cplusplus
extern "C" {
#endif

// The function types, of which mingw-w64 has the pointers only.
typedef __typeof__(*(PETWENABLECALLBACK)NULL) ETWENABLECALLBACK;

typedef enum _EVENT_INFO_CLASS {
    EventProviderBinaryTrackInfo,
    EventProviderSetReserved1,
    EventProviderSetTraits, // EventInformation: the traits, which begin with their size as a USHORT
    EventProviderUseDescriptorType,
    MaxEventInfo
} EVENT_INFO_CLASS;

// PASSIVE_LEVEL. Windows 10+. STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST.
NTKERNELAPI NTSTATUS NTAPI EtwSetInformation(_In_ REGHANDLE RegHandle, _In_ EVENT_INFO_CLASS InformationClass,
                                             _In_reads_bytes_opt_(InformationLength) PVOID EventInformation,
                                             _In_ ULONG InformationLength);

#ifdef __cplusplus
}
#endif

#endif
