// SPDX-License-Identifier: MIT
// MmCopyMemory, which came with Windows 8.1 and is found at run time. Inside the SDK only.
#ifndef KMODE_SDK_MM_COPY_MEMORY_H
#define KMODE_SDK_MM_COPY_MEMORY_H

#include <kmode.h>

typedef NTSTATUS(NTAPI *KMP_COPY_MEMORY)(PVOID Target, MM_COPY_ADDRESS Source, SIZE_T Bytes, ULONG Flags,
                                         PSIZE_T Done);

#endif
