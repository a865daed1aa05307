// SPDX-License-Identifier: MIT
// The current IRQL, as Windows' own headers have it for x64: inline. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_IRQL_H
#define KMODE_SDK_RUNTIME_IRQL_H

#include <kmode.h>

/// As KeGetCurrentIrql, which not every x64 kernel exports. Any IRQL.
static inline KIRQL KmpGetIrql(VOID)
{
    return (KIRQL)__readcr8();
}

#endif
