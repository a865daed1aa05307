// SPDX-License-Identifier: MIT
// What a system routine answers whose buffer must be as large as it says, which it says only when it was too
// small, and which may be more by the next call. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_QUERY_H
#define KMODE_SDK_RUNTIME_QUERY_H

#include <kmode.h>

/// Asks once, with Bytes of room at Buffer. *Needed is 0 at the call, and may be left so.
typedef NTSTATUS KMP_QUERY(_Inout_opt_ PVOID Context, _Out_writes_bytes_(Bytes) PVOID Buffer,
                           _In_ ULONG Bytes, _Out_ PULONG Needed);

/// Asks with FirstBytes (not 0) of room, and with more for as long as the answer is
/// STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_OVERFLOW or STATUS_BUFFER_TOO_SMALL. *Memory is the caller's
/// then, to free as of *Bytes; *Used (may be NULL) is how much the last query said it needed. On failure
/// *Memory is NULL: what the query answered; STATUS_INSUFFICIENT_RESOURCES, also for answers of more than 256
/// MB. IRQL: the query's and the allocator's.
_Must_inspect_result_ NTSTATUS KmpQuery(_In_ PKM_ALLOCATOR Allocator, _In_ KMP_QUERY *Query,
                                        _Inout_opt_ PVOID Context, _In_ ULONG FirstBytes,
                                        _Outptr_ PVOID *Memory, _Out_ PULONG Bytes, _Out_opt_ PULONG Used);

#endif
