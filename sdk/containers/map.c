// SPDX-License-Identifier: MIT
// Hash maps: their memory. What is done often is inline in the header.
#include <kmode.h>

#define SMALLEST 16

const UCHAR KmpMapNoSlots[KMP_MAP_GROUP * 2] = {
    KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY,
    KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY,
    KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY,
    KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY,
    KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY, KMP_MAP_EMPTY,
};

static VOID SetNoSlots(KMP_MAP *Map)
{
    Map->Control = (PUCHAR)(ULONG_PTR)KmpMapNoSlots; // never written: there is no room
    Map->Entries = NULL;
    Map->Mask = 0;
    Map->Count = 0;
    Map->Room = 0;
}

VOID NTAPI KmpMapInit(KMP_MAP *Map, PKM_ALLOCATOR Allocator, ULONG64 Seed)
{
    SetNoSlots(Map);
    Map->Allocator = Allocator;
    // Two numbers of which neither tells the other; a factor must not lose bits of what it is multiplied by.
    Map->Seed[0] = KmpFoldedMultiply(Seed ^ 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9);
    Map->Seed[1] = KmpFoldedMultiply(Seed ^ 0xD1B54A32D192ED03, 0x94D049BB133111EB) | 1;
}

VOID NTAPI KmpMapFree(KMP_MAP *Map, SIZE_T EntryBytes)
{
    KmFree(Map->Allocator, Map->Entries, KmpMapBytes(Map, EntryBytes));
    SetNoSlots(Map);
}

VOID NTAPI KmpMapClear(KMP_MAP *Map)
{
    if (Map->Entries != NULL) {
        RtlFillMemory(Map->Control, Map->Mask + 1 + KMP_MAP_GROUP, KMP_MAP_EMPTY);
        Map->Count = 0;
        Map->Room = (Map->Mask + 1) / 8 * 7;
    }
}

VOID NTAPI KmpMapCopyControl(KMP_MAP *Map)
{
    RtlCopyMemory(Map->Control + Map->Mask + 1, Map->Control, KMP_MAP_GROUP);
}

NTSTATUS NTAPI KmpMapAllocate(const KMP_MAP *Map, KMP_MAP *NewMap, SIZE_T Count, SIZE_T EntryBytes)
{
    SIZE_T Slots = SMALLEST;

    while (Slots / 8 * 7 < Count) {
        if (Slots > ((SIZE_T)-1 / 4 - KMP_MAP_GROUP) / (EntryBytes + 1)) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Slots *= 2;
    }
    *NewMap = *Map;
    NewMap->Mask = Slots - 1;
    NewMap->Entries = (PUCHAR)KmAllocUninitialized(Map->Allocator, Slots * (EntryBytes + 1) + KMP_MAP_GROUP);
    if (NewMap->Entries == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NewMap->Control = NewMap->Entries + Slots * EntryBytes;
    KmpMapClear(NewMap);
    return STATUS_SUCCESS;
}
