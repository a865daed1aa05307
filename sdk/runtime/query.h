// SPDX-License-Identifier: MIT
// Answers of a size that is not known, as memory that the caller keeps; KmBufferQuery asks. Inside the SDK
// only.
#ifndef KMODE_SDK_RUNTIME_QUERY_H
#define KMODE_SDK_RUNTIME_QUERY_H

#include <kmode.h>

/// As KmBufferQuery. *Memory is the caller's then, to free as of *Bytes; *Used (may be NULL) is how much of
/// it was written, all where the query does not say. On failure *Memory is NULL.
_Must_inspect_result_ NTSTATUS KmpQuery(_In_ PKM_ALLOCATOR Allocator, _In_ PKM_QUERY Query,
                                        _In_opt_ PVOID Context, _In_ ULONG FirstBytes, _Outptr_ PVOID *Memory,
                                        _Out_ PULONG Bytes, _Out_opt_ PULONG Used);

#endif
