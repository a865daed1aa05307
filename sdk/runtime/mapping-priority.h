// SPDX-License-Identifier: MIT
// The priority with which the SDK has pages mapped. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_MAPPING_PRIORITY_H
#define KMODE_SDK_RUNTIME_MAPPING_PRIORITY_H

#include "runtime/system-routine.h"

/// Normal, and without execution where the system knows such mappings: before Windows 8 that flag is one of
/// the priority's bits. Any IRQL.
static inline MM_PAGE_PRIORITY KmpMappingPriority(VOID)
{
    // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): flags are added to the priority
    return (MM_PAGE_PRIORITY)((ULONG)NormalPagePriority |
                              (KmpIsWindows(6, 2) ? (ULONG)MdlMappingNoExecute : 0));
}

#endif
