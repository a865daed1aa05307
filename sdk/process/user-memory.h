// SPDX-License-Identifier: MIT
// Memory of the process that the current thread is in. Inside the SDK only.
#ifndef KMODE_SDK_PROCESS_USER_MEMORY_H
#define KMODE_SDK_PROCESS_USER_MEMORY_H

#include <kmode.h>

/// Copies from or to user memory, a page at a time. *Done: what was copied, in whole pages before the one
/// that failed. STATUS_ACCESS_VIOLATION, also for what is no address of user mode; what else is raised. IRQL
/// <= APC_LEVEL.
NTSTATUS KmpCopyFromUser(_Out_writes_bytes_(Bytes) PVOID Buffer, _In_ const VOID *Address, _In_ SIZE_T Bytes,
                         _Out_ PSIZE_T Done);
NTSTATUS KmpCopyToUser(_In_ PVOID Address, _In_reads_bytes_(Bytes) const VOID *Buffer, _In_ SIZE_T Bytes,
                       _Out_ PSIZE_T Done);

#endif
