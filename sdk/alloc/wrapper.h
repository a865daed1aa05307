// SPDX-License-Identifier: MIT
// Allocators over another allocator: their IRQL is that of the other. Inside the SDK only.
#ifndef KMODE_SDK_ALLOC_WRAPPER_H
#define KMODE_SDK_ALLOC_WRAPPER_H

#include <kmode.h>

/// The same operations for each limit of IRQL, lowest first.
typedef KM_ALLOCATOR_OPERATIONS KMP_WRAPPER_OPERATIONS[4];

#define KMP_WRAPPER_OPERATIONS_INIT(Allocate, Free, Resize)                                                  \
    {                                                                                                        \
        {(Allocate), (Free), (Resize), PASSIVE_LEVEL}, {(Allocate), (Free), (Resize), APC_LEVEL},            \
            {(Allocate), (Free), (Resize), DISPATCH_LEVEL},                                                  \
        {                                                                                                    \
            (Allocate), (Free), (Resize), HIGH_LEVEL                                                         \
        }                                                                                                    \
    }

// Those with the highest limit that Parent allows. Any IRQL.
static inline const KM_ALLOCATOR_OPERATIONS *KmpWrapperOperations(const KM_ALLOCATOR_OPERATIONS *Operations,
                                                                  const KM_ALLOCATOR *Parent)
{
    KIRQL Irql = Parent->Operations->MaximumIrql;

    return &Operations[Irql >= HIGH_LEVEL ? 3 : Irql >= DISPATCH_LEVEL ? 2 : Irql >= APC_LEVEL ? 1 : 0];
}

#endif
