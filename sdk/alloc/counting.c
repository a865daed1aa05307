// SPDX-License-Identifier: MIT
// An allocator that counts what goes through it.
#include "alloc/wrapper.h"

static VOID Count(PKM_COUNTING_ALLOCATOR Counting, LONG64 Blocks, LONG64 Bytes)
{
    LONG64 Live, Peak;

    InterlockedAdd64(&Counting->Counts.LiveBlocks, Blocks);
    Live = InterlockedAdd64(&Counting->Counts.LiveBytes, Bytes);
    if (Bytes > 0) {
        InterlockedAdd64(&Counting->Counts.TotalBlocks, Blocks);
        InterlockedAdd64(&Counting->Counts.TotalBytes, Bytes);
    }
    Peak = Counting->Counts.PeakBytes;
    while (Live > Peak) {
        LONG64 Seen = InterlockedCompareExchange64(&Counting->Counts.PeakBytes, Live, Peak);

        if (Seen == Peak) {
            break;
        }
        Peak = Seen;
    }
}

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_COUNTING_ALLOCATOR Counting = (PKM_COUNTING_ALLOCATOR)Allocator;
    PVOID Memory = Counting->Parent->Operations->Allocate(Counting->Parent, Bytes, Zeroed);

    if (Memory != NULL) {
        Count(Counting, 1, (LONG64)Bytes);
    } else {
        InterlockedIncrement64(&Counting->Counts.Failures);
    }
    return Memory;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    PKM_COUNTING_ALLOCATOR Counting = (PKM_COUNTING_ALLOCATOR)Allocator;

    Count(Counting, -1, -(LONG64)Bytes);
    Counting->Parent->Operations->Free(Counting->Parent, Memory, Bytes);
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    PKM_COUNTING_ALLOCATOR Counting = (PKM_COUNTING_ALLOCATOR)Allocator;
    const KM_ALLOCATOR_OPERATIONS *Parent = Counting->Parent->Operations;

    if (Parent->Resize == NULL || !Parent->Resize(Counting->Parent, Memory, Bytes, NewBytes)) {
        return FALSE;
    }
    Count(Counting, 0, (LONG64)(NewBytes - Bytes));
    return TRUE;
}

static const KMP_WRAPPER_OPERATIONS Operations = KMP_WRAPPER_OPERATIONS_INIT(Allocate, Free, Resize);

NTSTATUS NTAPI KmCountingInit(PKM_COUNTING_ALLOCATOR Counting, PKM_ALLOCATOR Parent)
{
    RtlZeroMemory(Counting, sizeof(*Counting));
    if (Parent->Tag == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Counting->Allocator.Operations = KmpWrapperOperations(Operations, Parent);
    Counting->Allocator.Tag = Parent->Tag;
    Counting->Parent = Parent;
    return STATUS_SUCCESS;
}

VOID NTAPI KmCountingQuery(PKM_COUNTING_ALLOCATOR Counting, PKM_COUNTING_STATISTICS Statistics)
{
    *Statistics = *(volatile KM_COUNTING_STATISTICS *)&Counting->Counts;
}

NTSTATUS NTAPI KmCountingEnd(PKM_COUNTING_ALLOCATOR Counting)
{
    CHAR Tag[sizeof(ULONG) + 1];

    if (Counting->Counts.LiveBlocks == 0 && Counting->Counts.LiveBytes == 0) {
        return STATUS_SUCCESS;
    }
    RtlCopyMemory(Tag, &Counting->Allocator.Tag, sizeof(ULONG));
    Tag[sizeof(ULONG)] = '\0';
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
               "tag %s: %I64d blocks of %I64d bytes in all have not been freed\n", Tag,
               Counting->Counts.LiveBlocks, Counting->Counts.LiveBytes);
    return STATUS_DEVICE_BUSY;
}
