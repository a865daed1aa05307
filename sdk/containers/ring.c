// SPDX-License-Identifier: MIT
// Rings: their memory. What moves elements is inline in the header.
#include <kmode.h>

static BOOLEAN IsCount(SIZE_T Count, BOOLEAN Shared)
{
    // With one slot the number of a free one would be that of a full one a round before.
    return Count >= (Shared ? 2u : 1u) && (Count & (Count - 1)) == 0;
}

NTSTATUS NTAPI KmpTypedRingInit(KMP_TYPED_RING *Ring, PVOID Slots, SIZE_T Count, SIZE_T SlotBytes,
                                BOOLEAN Shared)
{
    RtlZeroMemory(Ring, sizeof(*Ring));
    if (!IsCount(Count, Shared)) {
        return STATUS_INVALID_PARAMETER;
    }
    Ring->Slots = (PUCHAR)Slots;
    Ring->Mask = Count - 1;
    if (Shared) {
        for (ULONG64 Position = 0; Position < Count; Position += 1) {
            *KmpTypedRingNumber(Ring, Position, SlotBytes) = Position;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmpTypedRingCreate(KMP_TYPED_RING *Ring, PKM_ALLOCATOR Allocator, SIZE_T Count,
                                  SIZE_T SlotBytes, SIZE_T SlotAlignment, BOOLEAN Shared)
{
    PVOID Slots;

    RtlZeroMemory(Ring, sizeof(*Ring));
    if (!IsCount(Count, Shared)) {
        return STATUS_INVALID_PARAMETER;
    }
    Slots =
        Count <= MAXSIZE_T / SlotBytes ? KmAllocAligned(Allocator, Count * SlotBytes, SlotAlignment) : NULL;
    if (Slots == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)KmpTypedRingInit(Ring, Slots, Count, SlotBytes, Shared);
    Ring->Allocator = Allocator;
    return STATUS_SUCCESS;
}

VOID NTAPI KmpTypedRingFree(KMP_TYPED_RING *Ring, SIZE_T SlotBytes, SIZE_T SlotAlignment)
{
    if (Ring->Allocator != NULL) {
        KmFreeAligned(Ring->Allocator, Ring->Slots, (SIZE_T)(Ring->Mask + 1) * SlotBytes, SlotAlignment);
    }
    RtlZeroMemory(Ring, sizeof(*Ring));
}
