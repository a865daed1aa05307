// SPDX-License-Identifier: MIT
// The caller's own memory as an allocator, for where nothing can be allocated: interrupt routines, bug-check
// callbacks, the path that writes to the page file.
//
//     NTSTATUS Started;
//     static DECLSPEC_ALIGN(16) UCHAR Reserve[4096];
//     static KM_FIXED_BUFFER Emergency;
//
//     Started = KmFixedBufferInit(&Emergency, Reserve, sizeof(Reserve), 'gmEK');
//     if (!NT_SUCCESS(Started)) {
//         return Started;
//     }
//     PVOID Note = KmAlloc(&Emergency.Allocator, 100);
//     KmFree(&Emergency.Allocator, Note, 100);
//     if (KmFixedBufferUsed(&Emergency) != 0) {
//         return STATUS_DEVICE_BUSY;
//     }
#ifndef KMODE_FIXED_BUFFER_H
#define KMODE_FIXED_BUFFER_H

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A buffer: an allocator, by &Fixed.Allocator, after KmFixedBufferInit; for any number of processors,
/// without a lock, at any IRQL (KmAlloc and its like too, here, if the buffer is resident). KmFree gives back
/// the last allocation at once, the others when the last of all is freed. Members are the SDK's.
typedef struct KM_FIXED_BUFFER {
    KM_ALLOCATOR Allocator;
    PUCHAR Start;
    ULONG Units;           ///< of MEMORY_ALLOCATION_ALIGNMENT bytes, in all
    volatile LONG64 State; ///< units in use, and in the upper half the allocations that are not freed
} KM_FIXED_BUFFER, *PKM_FIXED_BUFFER;

/// Makes Fixed an allocator of the Bytes at Buffer, which stay the caller's and must be there as long as it
/// is used. There is nothing to undo. Tag names it, as every allocator; it marks nothing in the buffer.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Tag is 0, Bytes too few to be aligned to
/// MEMORY_ALLOCATION_ALIGNMENT, or more than 32 GB.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFixedBufferInit(_Out_ PKM_FIXED_BUFFER Fixed, _In_ PVOID Buffer, _In_ SIZE_T Bytes, _In_ ULONG Tag);

/// Returns how many bytes cannot be allocated now; 0 when everything has been freed.
_IRQL_requires_max_(HIGH_LEVEL) SIZE_T NTAPI KmFixedBufferUsed(_In_ const KM_FIXED_BUFFER *Fixed);

#ifdef __cplusplus
}
#endif

#endif
