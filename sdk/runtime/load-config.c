// SPDX-License-Identifier: MIT
// The image's load configuration: tells the loader where the security cookie is. The linker finds it by its
// name.
#include "security-cookie.h"

// IMAGE_LOAD_CONFIG_DIRECTORY64 as far as its SEHandlerCount, which is as much as Windows 7 knows of it.
typedef struct KM_LOAD_CONFIG {
    ULONG Size;
    ULONG TimeDateStamp;
    USHORT MajorVersion;
    USHORT MinorVersion;
    ULONG GlobalFlagsClear;
    ULONG GlobalFlagsSet;
    ULONG CriticalSectionDefaultTimeout;
    ULONGLONG DeCommitFreeBlockThreshold;
    ULONGLONG DeCommitTotalFreeThreshold;
    ULONGLONG LockPrefixTable;
    ULONGLONG MaximumAllocationSize;
    ULONGLONG VirtualMemoryThreshold;
    ULONGLONG ProcessAffinityMask;
    ULONG ProcessHeapFlags;
    USHORT CSDVersion;
    USHORT DependentLoadFlags;
    ULONGLONG EditList;
    UINT_PTR *SecurityCookie;
    ULONGLONG SEHandlerTable;
    ULONGLONG SEHandlerCount;
} KM_LOAD_CONFIG;
C_ASSERT(sizeof(KM_LOAD_CONFIG) == 0x70);

extern const KM_LOAD_CONFIG _load_config_used;
const KM_LOAD_CONFIG _load_config_used = {
    .Size = sizeof(KM_LOAD_CONFIG),
    .SecurityCookie = &__security_cookie,
};
