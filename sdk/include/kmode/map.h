// SPDX-License-Identifier: MIT
// Hash maps, defined for a type of key and a type of value.
//
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'troP');
//
//     KM_MAP_DEFINE(PortMap, USHORT, ULONG64)
//
//     static NTSTATUS CountPackets(const USHORT *Ports, ULONG Count)
//     {
//         PortMap Packets;
//         PortMapCursor Cursor = {0};
//         PortMapEntry *Entry;
//
//         PortMapInit(&Packets, &Pool);
//         for (ULONG Index = 0; Index < Count; Index += 1) {
//             ULONG64 *Number = PortMapGetOrInsert(&Packets, Ports[Index], NULL);
//
//             if (Number == NULL) {
//                 PortMapFree(&Packets);
//                 return STATUS_INSUFFICIENT_RESOURCES;
//             }
//             *Number += 1;
//         }
//         while ((Entry = PortMapEnumerate(&Packets, &Cursor)) != NULL) {
//             KmInfo("port %hu: %I64u packets", Entry->Key, Entry->Value);
//         }
//         PortMapFree(&Packets);
//         return STATUS_SUCCESS;
//     }
//
// An open-addressing table: one block of the allocator's memory holds the entries, and behind them a byte for
// each that has seven bits of its hash; sixteen of these, or eight, are compared at once. Hashes are keyed by
// a seed of each map, so that who chooses the keys cannot choose which of them collide.
//
// What holds for all of it:
//
// - The map locks nothing. Who changes it holds a lock against all others, who reads it one against those
//   that change.
// - What allocates or frees has the IRQL of the map's allocator. All else, what erases too, may be called at
//   any IRQL at which the allocator's memory may be touched: up to HIGH_LEVEL for non-paged memory.
// - What fails leaves the map as it was.
// - An entry stays where it is until an entry is added, or NameReserve or NameShrink called. Erasing moves no
//   entry: any may be erased while the map is gone through, the current one too.
// - Keys and values are moved as bytes, and aligned to MEMORY_ALLOCATION_ALIGNMENT at most; the map frees
//   none of what they point at.
#ifndef KMODE_MAP_H
#define KMODE_MAP_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/map.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/hash.h>
#include <kmode/typed.h>

// x64 code uses SSE2 in kernel mode as in user mode: the trap handlers keep its registers.
#if (defined(__x86_64__) || defined(_M_X64)) && !defined(KMP_MAP_WITHOUT_SSE2)
#define KMP_MAP_SSE2
#include <emmintrin.h>
#endif

// The control byte of a slot without an entry; one with an entry has seven bits of its hash.
#define KMP_MAP_EMPTY  0x80
#define KMP_MAP_ERASED 0xFE

// So many control bytes follow the last slot's: those of the first slots again, for groups that reach over
// the end.
#define KMP_MAP_GROUP 16

// What is the same for maps of all types.
typedef struct KMP_MAP {
    PUCHAR Control;
    PUCHAR Entries;
    SIZE_T Mask; // slots - 1, or 0 if there are none
    ULONG64 Seed[2];
    SIZE_T Count; // entries
    PKM_ALLOCATOR Allocator;
    SIZE_T Room; // entries that empty slots may still take
} KMP_MAP;

// The hash of an entry; whether an entry has the key; growth by one entry.
typedef ULONG64 KMP_MAP_HASH(const KMP_MAP *Map, const VOID *Entry, SIZE_T KeyBytes);
typedef BOOLEAN KMP_MAP_EQUAL(const VOID *Entry, const VOID *Key, SIZE_T KeyBytes);
typedef NTSTATUS KMP_MAP_GROW(KMP_MAP *Map);

#ifdef __cplusplus
extern "C" {
#endif

// The control bytes of a map without memory.
extern const UCHAR KmpMapNoSlots[KMP_MAP_GROUP * 2];

VOID NTAPI KmpMapInit(KMP_MAP *Map, PKM_ALLOCATOR Allocator, ULONG64 Seed);
VOID NTAPI KmpMapFree(KMP_MAP *Map, SIZE_T EntryBytes);
VOID NTAPI KmpMapClear(KMP_MAP *Map);
VOID NTAPI KmpMapCopyControl(KMP_MAP *Map);
// Makes NewMap an empty map with room for Count entries, of the same allocator and seed as Map.
NTSTATUS NTAPI KmpMapAllocate(const KMP_MAP *Map, KMP_MAP *NewMap, SIZE_T Count, SIZE_T EntryBytes);

#ifdef __cplusplus
}
#endif

// ---- groups: sixteen control bytes at once, or eight. A set has one bit, or one byte, a slot.

#ifdef KMP_MAP_SSE2

#define KMP_MAP_GROUP_SLOTS 16
#define KMP_MAP_FIRST_HALF  0xFFu
typedef __m128i KMP_MAP_BYTES;
typedef ULONG KMP_MAP_SET;

KMP_CORE KMP_MAP_BYTES KmpMapLoad(const UCHAR *Control)
{
    return _mm_loadu_si128((const __m128i *)(const VOID *)Control);
}

KMP_CORE KMP_MAP_SET KmpMapMatch(KMP_MAP_BYTES Bytes, UCHAR Byte)
{
    return (ULONG)_mm_movemask_epi8(_mm_cmpeq_epi8(Bytes, _mm_set1_epi8((char)Byte)));
}

KMP_CORE KMP_MAP_SET KmpMapMatchEmpty(KMP_MAP_BYTES Bytes)
{
    return KmpMapMatch(Bytes, KMP_MAP_EMPTY);
}

KMP_CORE KMP_MAP_SET KmpMapMatchNoEntry(KMP_MAP_BYTES Bytes)
{
    return (ULONG)_mm_movemask_epi8(Bytes);
}

KMP_CORE KMP_MAP_SET KmpMapMatchEntry(KMP_MAP_BYTES Bytes)
{
    return (ULONG)_mm_movemask_epi8(Bytes) ^ 0xFFFF;
}

KMP_CORE ULONG KmpMapFirst(KMP_MAP_SET Set)
{
#if defined(__GNUC__) || defined(__clang__)
    return (ULONG)__builtin_ctz(Set);
#else
    ULONG Bit;

    _BitScanForward(&Bit, Set);
    return Bit;
#endif
}

#else

#define KMP_MAP_GROUP_SLOTS 8
#define KMP_MAP_FIRST_HALF  0xFFFFFFFFull
#define KMP_MAP_EACH_HIGH   0x8080808080808080ull
typedef ULONG64 KMP_MAP_BYTES;
typedef ULONG64 KMP_MAP_SET;

// Little-endian, as all of Windows is: the lowest byte is the first slot's.
KMP_CORE KMP_MAP_BYTES KmpMapLoad(const UCHAR *Control)
{
    ULONG64 Bytes;

    KMP_COPY(&Bytes, Control, sizeof(Bytes));
    return Bytes;
}

// May have a slot too many, the key of which is then another; never one too few.
KMP_CORE KMP_MAP_SET KmpMapMatch(KMP_MAP_BYTES Bytes, UCHAR Byte)
{
    ULONG64 Other = Bytes ^ 0x0101010101010101ull * Byte;

    return (Other - 0x0101010101010101ull) & ~Other & KMP_MAP_EACH_HIGH;
}

// Of the bytes with the highest bit, EMPTY alone has not the second.
KMP_CORE KMP_MAP_SET KmpMapMatchEmpty(KMP_MAP_BYTES Bytes)
{
    return Bytes & (~Bytes << 6) & KMP_MAP_EACH_HIGH;
}

KMP_CORE KMP_MAP_SET KmpMapMatchNoEntry(KMP_MAP_BYTES Bytes)
{
    return Bytes & KMP_MAP_EACH_HIGH;
}

KMP_CORE KMP_MAP_SET KmpMapMatchEntry(KMP_MAP_BYTES Bytes)
{
    return ~Bytes & KMP_MAP_EACH_HIGH;
}

KMP_CORE ULONG KmpMapFirst(KMP_MAP_SET Set)
{
#if defined(__GNUC__) || defined(__clang__)
    return (ULONG)__builtin_ctzll(Set) / 8;
#else
    ULONG Byte = 0;

    while ((Set & 0x80) == 0) {
        Set >>= 8;
        Byte += 1;
    }
    return Byte;
#endif
}

#endif

// ---- the table

KMP_CORE UCHAR KmpMapTag(ULONG64 Hash)
{
    return (UCHAR)(Hash >> 57);
}

KMP_CORE VOID KmpMapSetControl(KMP_MAP *Map, SIZE_T Slot, UCHAR Byte)
{
    Map->Control[Slot] = Byte;
    if (KMP_UNLIKELY(Slot < KMP_MAP_GROUP)) {
        Map->Control[Slot + Map->Mask + 1] = Byte;
    }
}

KMP_CORE SIZE_T KmpMapSlotOf(const KMP_MAP *Map, const VOID *Entry, SIZE_T EntryBytes)
{
    return (SIZE_T)((const UCHAR *)Entry - Map->Entries) / EntryBytes;
}

// The entry of a key, or NULL.
KMP_CORE PVOID KmpMapFind(const KMP_MAP *Map, ULONG64 Hash, KMP_MAP_EQUAL *Equal, const VOID *Key,
                          SIZE_T EntryBytes, SIZE_T KeyBytes)
{
    SIZE_T Mask = Map->Mask, Place = (SIZE_T)Hash & Mask, Step = 0;
    UCHAR Tag = KmpMapTag(Hash);

    KMP_PREFETCH(Map->Entries + Place * EntryBytes);
    for (;;) {
        KMP_MAP_BYTES Bytes = KmpMapLoad(Map->Control + Place);
        KMP_MAP_SET Set = KmpMapMatch(Bytes, Tag);

        while (Set != 0) {
            PUCHAR Entry = Map->Entries + ((Place + KmpMapFirst(Set)) & Mask) * EntryBytes;

            if (KMP_LIKELY(Equal(Entry, Key, KeyBytes))) {
                return Entry;
            }
            Set &= Set - 1;
        }
        if (KMP_LIKELY(KmpMapMatchEmpty(Bytes) != 0)) {
            return NULL;
        }
        Step += KMP_MAP_GROUP_SLOTS;
        Place = (Place + Step) & Mask;
    }
}

// The first slot for a key that is not there. There is one: no table is full.
KMP_CORE SIZE_T KmpMapFindNoEntry(const KMP_MAP *Map, ULONG64 Hash)
{
    SIZE_T Mask = Map->Mask, Place = (SIZE_T)Hash & Mask, Step = 0;

    for (;;) {
        KMP_MAP_SET Set = KmpMapMatchNoEntry(KmpMapLoad(Map->Control + Place));

        if (KMP_LIKELY(Set != 0)) {
            return (Place + KmpMapFirst(Set)) & Mask;
        }
        Step += KMP_MAP_GROUP_SLOTS;
        Place = (Place + Step) & Mask;
    }
}

// The entry of a key; if there is none one whose bytes the caller writes, key and value, and *Inserted is
// TRUE. NULL if there is no memory.
KMP_CORE PVOID KmpMapPlace(KMP_MAP *Map, ULONG64 Hash, KMP_MAP_EQUAL *Equal, const VOID *Key,
                           SIZE_T EntryBytes, SIZE_T KeyBytes, KMP_MAP_GROW *Grow, BOOLEAN *Inserted)
{
    SIZE_T Mask = Map->Mask, Place = (SIZE_T)Hash & Mask, Step = 0, Slot = (SIZE_T)-1;
    UCHAR Tag = KmpMapTag(Hash);

    KMP_PREFETCH(Map->Entries + Place * EntryBytes);
    *Inserted = FALSE;
    for (;;) {
        KMP_MAP_BYTES Bytes = KmpMapLoad(Map->Control + Place);
        KMP_MAP_SET Set = KmpMapMatch(Bytes, Tag), NoEntry = KmpMapMatchNoEntry(Bytes);

        while (Set != 0) {
            PUCHAR Entry = Map->Entries + ((Place + KmpMapFirst(Set)) & Mask) * EntryBytes;

            if (KMP_LIKELY(Equal(Entry, Key, KeyBytes))) {
                return Entry;
            }
            Set &= Set - 1;
        }
        if (KMP_LIKELY(NoEntry != 0)) {
            if (KMP_LIKELY(Slot == (SIZE_T)-1)) {
                Slot = (Place + KmpMapFirst(NoEntry)) & Mask;
            }
            if (KMP_LIKELY(KmpMapMatchEmpty(Bytes) != 0)) {
                break;
            }
        }
        Step += KMP_MAP_GROUP_SLOTS;
        Place = (Place + Step) & Mask;
    }
    if (KMP_UNLIKELY(Map->Room == 0) && Map->Control[Slot] == KMP_MAP_EMPTY) {
        if (!NT_SUCCESS(Grow(Map))) {
            return NULL;
        }
        Slot = KmpMapFindNoEntry(Map, Hash);
    }
    *Inserted = TRUE;
    Map->Room -= Map->Control[Slot] == KMP_MAP_EMPTY;
    Map->Count += 1;
    KmpMapSetControl(Map, Slot, Tag);
    return Map->Entries + Slot * EntryBytes;
}

// Whoever looks for a key stops at a group that has an empty slot. If each group that this slot is in has
// one, and so always had, nobody went on past it, and it may be empty again. That is so if there is an empty
// slot close by on both sides; to look further would take other lines of the cache, and cost more than an
// erased slot does.
KMP_CORE VOID KmpMapErase(KMP_MAP *Map, const VOID *Entry, SIZE_T EntryBytes)
{
    SIZE_T Slot = KmpMapSlotOf(Map, Entry, EntryBytes), Around = (Slot - KMP_MAP_GROUP_SLOTS / 2) & Map->Mask;
    KMP_MAP_SET Set = KmpMapMatchEmpty(KmpMapLoad(Map->Control + Around));
    BOOLEAN Empty = ((Set & KMP_MAP_FIRST_HALF) != 0) & ((Set & ~KMP_MAP_FIRST_HALF) != 0);

    KmpMapSetControl(Map, Slot, (UCHAR)(KMP_MAP_ERASED - Empty * (KMP_MAP_ERASED - KMP_MAP_EMPTY)));
    Map->Room += Empty;
    Map->Count -= 1;
}

// As KmpMapFindNoEntry in a table that is being filled, byte by byte: a processor that loads a group of bytes
// just after it has stored one of them waits for it.
KMP_CORE SIZE_T KmpMapFindEmpty(const KMP_MAP *Map, ULONG64 Hash)
{
    SIZE_T Mask = Map->Mask, Place = (SIZE_T)Hash & Mask, Step = 0;

    for (;;) {
        for (SIZE_T Index = 0; Index < KMP_MAP_GROUP_SLOTS; Index += 1) {
            if (Map->Control[Place + Index] == KMP_MAP_EMPTY) {
                return (Place + Index) & Mask;
            }
        }
        Step += KMP_MAP_GROUP_SLOTS;
        Place = (Place + Step) & Mask;
    }
}

// Moves all entries into a table with room for Count.
KMP_CORE NTSTATUS KmpMapResize(KMP_MAP *Map, SIZE_T Count, KMP_MAP_HASH *HashOf, SIZE_T EntryBytes,
                               SIZE_T KeyBytes)
{
    KMP_MAP NewMap;
    NTSTATUS Status = KmpMapAllocate(Map, &NewMap, Count, EntryBytes);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Map->Count != 0) {
        for (SIZE_T First = 0; First <= Map->Mask; First += KMP_MAP_GROUP_SLOTS) {
            KMP_MAP_SET Set = KmpMapMatchEntry(KmpMapLoad(Map->Control + First));

            while (Set != 0) {
                const UCHAR *Entry = Map->Entries + (First + KmpMapFirst(Set)) * EntryBytes;
                ULONG64 Hash = HashOf(Map, Entry, KeyBytes);
                SIZE_T Slot = KmpMapFindEmpty(&NewMap, Hash);

                KmpMapSetControl(&NewMap, Slot, KmpMapTag(Hash));
                KMP_COPY(NewMap.Entries + Slot * EntryBytes, Entry, EntryBytes);
                Set &= Set - 1;
            }
        }
        NewMap.Count = Map->Count;
        NewMap.Room -= Map->Count;
    }
    KmpMapFree(Map, EntryBytes);
    *Map = NewMap;
    return STATUS_SUCCESS;
}

// Turns erased slots into empty ones in the table as it is: all entries are to be placed (ERASED), then each
// is moved to the first slot of its own that is free or has another that is still to be placed.
KMP_CORE VOID KmpMapSweep(KMP_MAP *Map, KMP_MAP_HASH *HashOf, SIZE_T EntryBytes, SIZE_T KeyBytes)
{
    SIZE_T Mask = Map->Mask, Slot = 0;

    for (SIZE_T Index = 0; Index <= Mask; Index += 1) {
        Map->Control[Index] = Map->Control[Index] < KMP_MAP_EMPTY ? KMP_MAP_ERASED : KMP_MAP_EMPTY;
    }
    KmpMapCopyControl(Map);
    while (Slot <= Mask) {
        PUCHAR Entry = Map->Entries + Slot * EntryBytes, NewEntry;
        SIZE_T Home, NewSlot;
        ULONG64 Hash;

        if (Map->Control[Slot] != KMP_MAP_ERASED) {
            Slot += 1;
            continue;
        }
        Hash = HashOf(Map, Entry, KeyBytes);
        Home = (SIZE_T)Hash & Mask;
        NewSlot = KmpMapFindNoEntry(Map, Hash);
        NewEntry = Map->Entries + NewSlot * EntryBytes;
        if (((NewSlot - Home) & Mask) / KMP_MAP_GROUP_SLOTS == ((Slot - Home) & Mask) / KMP_MAP_GROUP_SLOTS) {
            // It is found here as soon as it would be there.
            KmpMapSetControl(Map, Slot, KmpMapTag(Hash));
            Slot += 1;
        } else if (Map->Control[NewSlot] == KMP_MAP_EMPTY) {
            KMP_COPY(NewEntry, Entry, EntryBytes);
            KmpMapSetControl(Map, NewSlot, KmpMapTag(Hash));
            KmpMapSetControl(Map, Slot, KMP_MAP_EMPTY);
            Slot += 1;
        } else {
            for (SIZE_T Byte = 0; Byte < EntryBytes; Byte += 1) {
                UCHAR Kept = NewEntry[Byte];

                NewEntry[Byte] = Entry[Byte];
                Entry[Byte] = Kept;
            }
            KmpMapSetControl(Map, NewSlot, KmpMapTag(Hash));
        }
    }
    Map->Room = (Mask + 1) / 8 * 7 - Map->Count;
}

// Makes room for one more entry: by erased slots if they are many, or if there is no memory for a larger
// table.
KMP_CORE NTSTATUS KmpMapGrow(KMP_MAP *Map, KMP_MAP_HASH *HashOf, SIZE_T EntryBytes, SIZE_T KeyBytes)
{
    SIZE_T Slots = Map->Mask + 1;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Map->Entries == NULL || Map->Count > Slots / 4 * 3) {
        Status = KmpMapResize(Map, Slots, HashOf, EntryBytes, KeyBytes);
        if (NT_SUCCESS(Status) || Map->Entries == NULL || Map->Count == Slots / 8 * 7) {
            return Status;
        }
    }
    KmpMapSweep(Map, HashOf, EntryBytes, KeyBytes);
    return STATUS_SUCCESS;
}

KMP_CORE NTSTATUS KmpMapReserve(KMP_MAP *Map, SIZE_T Count, KMP_MAP_HASH *HashOf, SIZE_T EntryBytes,
                                SIZE_T KeyBytes)
{
    SIZE_T Slots = Map->Entries != NULL ? Map->Mask + 1 : 0;

    return Count <= Slots / 8 * 7 ? STATUS_SUCCESS : KmpMapResize(Map, Count, HashOf, EntryBytes, KeyBytes);
}

KMP_CORE NTSTATUS KmpMapShrink(KMP_MAP *Map, KMP_MAP_HASH *HashOf, SIZE_T EntryBytes, SIZE_T KeyBytes)
{
    if (Map->Count == 0) {
        KmpMapFree(Map, EntryBytes);
        return STATUS_SUCCESS;
    }
    // Half the slots would do.
    return Map->Mask >= KMP_MAP_GROUP && Map->Count <= (Map->Mask + 1) / 16 * 7
               ? KmpMapResize(Map, Map->Count, HashOf, EntryBytes, KeyBytes)
               : STATUS_SUCCESS;
}

KMP_CORE SIZE_T KmpMapBytes(const KMP_MAP *Map, SIZE_T EntryBytes)
{
    return Map->Entries != NULL ? (Map->Mask + 1) * (EntryBytes + 1) + KMP_MAP_GROUP : 0;
}

// The entry after Previous, or the first if that is NULL; NULL if there is none.
KMP_CORE PVOID KmpMapNext(const KMP_MAP *Map, const VOID *Previous, SIZE_T EntryBytes)
{
    SIZE_T Slot = Previous != NULL ? KmpMapSlotOf(Map, Previous, EntryBytes) + 1 : 0;

    // A map without memory has one slot that is empty. Byte by byte, since a processor guesses what a byte
    // will be and goes on, while it must wait for the place of a bit; whole groups where there is nothing.
    while (Slot <= Map->Mask) {
        if (Map->Control[Slot] < KMP_MAP_EMPTY) {
            return Map->Entries + Slot * EntryBytes;
        }
        Slot += 1;
        while (Slot % KMP_MAP_GROUP == 0 && Slot <= Map->Mask &&
               KmpMapMatchEntry(KmpMapLoad(Map->Control + Slot)) == 0) {
            Slot += KMP_MAP_GROUP_SLOTS;
        }
    }
    return NULL;
}

// As KmpMapNext, for whoever keeps where it is: a group's bits are looked up once, and the next is not waited
// for. What has been erased since is left out.
typedef struct KMP_MAP_CURSOR {
    SIZE_T First; // slot of the group
    SIZE_T Next;  // slot of the group after it
    KMP_MAP_SET Set;
} KMP_MAP_CURSOR;

KMP_CORE PVOID KmpMapEnumerate(const KMP_MAP *Map, KMP_MAP_CURSOR *Cursor, SIZE_T EntryBytes)
{
    for (;;) {
        while (Cursor->Set != 0) {
            SIZE_T Slot = Cursor->First + KmpMapFirst(Cursor->Set);

            Cursor->Set &= Cursor->Set - 1;
            // The map may have been emptied, and have no slots any more.
            if (KMP_LIKELY(Slot <= Map->Mask && Map->Control[Slot] < KMP_MAP_EMPTY)) {
                return Map->Entries + Slot * EntryBytes;
            }
        }
        // A map without memory has one slot that is empty.
        if (Cursor->Next > Map->Mask) {
            return NULL;
        }
        Cursor->First = Cursor->Next;
        Cursor->Next += KMP_MAP_GROUP_SLOTS;
        Cursor->Set = KmpMapMatchEntry(KmpMapLoad(Map->Control + Cursor->First));
    }
}

// ---- keys that are scalars

KMP_CORE ULONG64 KmpMapScalar(const VOID *Key, SIZE_T KeyBytes)
{
    ULONG64 Scalar = 0;

    KMP_COPY(&Scalar, Key, KeyBytes);
    return Scalar;
}

// One multiplication leaves patterns: keys that differ in their upper bits alone would fill few slots. After
// two there is no telling them from random ones.
KMP_CORE ULONG64 KmpMapHashScalar(const KMP_MAP *Map, const VOID *Entry, SIZE_T KeyBytes)
{
    ULONG64 Hash = KmpFoldedMultiply(KmpMapScalar(Entry, KeyBytes) ^ Map->Seed[0], Map->Seed[1]);

    return KmpFoldedMultiply(Hash, 0x9E3779B97F4A7C15);
}

KMP_CORE BOOLEAN KmpMapEqualScalar(const VOID *Entry, const VOID *Key, SIZE_T KeyBytes)
{
    return KmpMapScalar(Entry, KeyBytes) == KmpMapScalar(Key, KeyBytes);
}

/// Defines the type Name, a map from KeyType (an integer, a pointer, an enumeration: of 1 to 8 bytes,
/// compared as bits) to ValueType, the type NameEntry of what it holds (Key, not to be changed, and Value),
/// and the routines below. At file scope, without a semicolon.
///
/// - `VOID NameInit(Name *Map, PKM_ALLOCATOR Allocator)`: Makes Map empty, with a seed by KmHashSeed.
///   Allocates nothing. The allocator must stay as long as the map.
/// - `VOID NameInitSeeded(Name *Map, PKM_ALLOCATOR Allocator, ULONG64 Seed)`: As NameInit with a seed of the
///   caller's: the order of the entries is then the same each time.
/// - `VOID NameFree(Name *Map)`: Gives back the map's memory. The map is empty and may be used again.
/// - `VOID NameClear(Name *Map)`: Removes all entries and keeps the memory.
/// - `SIZE_T NameCount(const Name *Map)`: Returns how many entries there are.
/// - `NTSTATUS NameReserve(Name *Map, SIZE_T Count)`: Makes room for Count entries in all: no insertion up to
///   that many fails, whatever is erased in between. STATUS_INSUFFICIENT_RESOURCES.
/// - `NTSTATUS NameShrink(Name *Map)`: Gives back what the entries do not need.
///   STATUS_INSUFFICIENT_RESOURCES: a smaller table was not to be had.
/// - `ValueType *NameFind(const Name *Map, KeyType Key)`: Returns the value of Key, which may be written;
///   NULL if there is none.
/// - `BOOLEAN NameContains(const Name *Map, KeyType Key)`: Whether Key has an entry.
/// - `NTSTATUS NameInsert(Name *Map, KeyType Key, ValueType Value)`: Adds an entry.
///   STATUS_OBJECT_NAME_COLLISION if Key has one already; STATUS_INSUFFICIENT_RESOURCES.
/// - `NTSTATUS NameReplace(Name *Map, KeyType Key, ValueType Value, ValueType *OldValue)`: Adds an entry, or
///   gives the one of Key another value: STATUS_SUCCESS, or STATUS_OBJECT_NAME_EXISTS (a success too), and
///   then the value before is in *OldValue, unless OldValue is NULL. STATUS_INSUFFICIENT_RESOURCES.
/// - `ValueType *NameGetOrInsert(Name *Map, KeyType Key, BOOLEAN *Inserted)`: Returns the value of Key; if
///   there was none one of zeros, and *Inserted (unless NULL) is TRUE. NULL if there is no memory.
/// - `BOOLEAN NameErase(Name *Map, KeyType Key, ValueType *OldValue)`: Removes the entry of Key, its value
///   into *OldValue unless that is NULL. FALSE if there is none.
/// - `VOID NameEraseEntry(Name *Map, NameEntry *Entry)`: Removes an entry that NameNext or NameEnumerate
///   returned.
/// - `NameEntry *NameNext(const Name *Map, const NameEntry *Previous)`: Returns the entry after Previous,
///   which may have been erased, or the first if Previous is NULL; NULL at the end. In no order. Nothing may
///   be added while the map is gone through.
/// - `NameEntry *NameEnumerate(const Name *Map, NameCursor *Cursor)`: As NameNext, several times as fast:
///   the next entry, or NULL at the end, by a NameCursor that begins as {0}. What was erased meanwhile is
///   left out.
/// - `SIZE_T NameBytes(const Name *Map)`: Returns how much of the allocator's memory the map has.
///
/// An example:
///
///     typedef struct PROCESS {
///         LARGE_INTEGER Start;
///         BOOLEAN Trusted;
///     } PROCESS;
///
///     KM_MAP_DEFINE(ProcessMap, HANDLE, PROCESS)
///
///     static VOID ForgetOld(ProcessMap *Map, LARGE_INTEGER Limit)
///     {
///         ProcessMapEntry *Entry = NULL;
///
///         while ((Entry = ProcessMapNext(Map, Entry)) != NULL) {
///             if (Entry->Value.Start.QuadPart < Limit.QuadPart) {
///                 ProcessMapEraseEntry(Map, Entry);
///             }
///         }
///     }
#define KM_MAP_DEFINE(Name, KeyType, ValueType)                                                              \
    typedef struct Name##Entry {                                                                             \
        KeyType Key;                                                                                         \
        ValueType Value;                                                                                     \
    } Name##Entry;                                                                                           \
    C_ASSERT(sizeof(KeyType) <= sizeof(ULONG64));                                                            \
    KMP_MAP_DEFINE_COMMON(Name, ValueType, KmpMapHashScalar, sizeof(KeyType))                                \
    KMP_TYPED Name##Entry *KmpFind##Name(const Name *Map, KeyType Key)                                       \
    {                                                                                                        \
        return (Name##Entry *)KmpMapFind(&Map->Map, KmpMapHashScalar(&Map->Map, &Key, sizeof(Key)),          \
                                         KmpMapEqualScalar, &Key, sizeof(Name##Entry), sizeof(Key));         \
    }                                                                                                        \
    KMP_TYPED Name##Entry *KmpPlace##Name(Name *Map, KeyType Key, BOOLEAN *Inserted)                         \
    {                                                                                                        \
        Name##Entry *Entry = (Name##Entry *)KmpMapPlace(                                                     \
            &Map->Map, KmpMapHashScalar(&Map->Map, &Key, sizeof(Key)), KmpMapEqualScalar, &Key,              \
            sizeof(Name##Entry), sizeof(Key), KmpGrow##Name, Inserted);                                      \
                                                                                                             \
        if (*Inserted) {                                                                                     \
            Entry->Key = Key;                                                                                \
        }                                                                                                    \
        return Entry;                                                                                        \
    }                                                                                                        \
    KMP_TYPED VOID Name##Free(Name *Map)                                                                     \
    {                                                                                                        \
        KmpMapFree(&Map->Map, sizeof(Name##Entry));                                                          \
    }                                                                                                        \
    KMP_TYPED VOID Name##Clear(Name *Map)                                                                    \
    {                                                                                                        \
        KmpMapClear(&Map->Map);                                                                              \
    }                                                                                                        \
    KMP_TYPED VOID Name##EraseEntry(Name *Map, Name##Entry *Entry)                                           \
    {                                                                                                        \
        KmpMapErase(&Map->Map, Entry, sizeof(Name##Entry));                                                  \
    }                                                                                                        \
    KMP_MAP_DEFINE_KEYED(                                                                                    \
        Name, ValueType, (const Name *Map, KeyType Key), (Name * Map, KeyType Key, ValueType Value),         \
        (Name * Map, KeyType Key, ValueType Value, ValueType * OldValue),                                    \
        (Name * Map, KeyType Key, BOOLEAN * Inserted), (Name * Map, KeyType Key, ValueType * OldValue), Key)

// The routines that need not know what a key is.
#define KMP_MAP_DEFINE_COMMON(Name, ValueType, HashOf, KeyBytes)                                             \
    typedef struct Name {                                                                                    \
        KMP_MAP Map;                                                                                         \
    } Name;                                                                                                  \
    KMP_ASSERT_PLAIN(Name##Entry);                                                                           \
    KMP_ASSERT_ALIGNED(Name##Entry);                                                                         \
    KMP_TYPED VOID Name##InitSeeded(Name *Map, PKM_ALLOCATOR Allocator, ULONG64 Seed)                        \
    {                                                                                                        \
        KmpMapInit(&Map->Map, Allocator, Seed);                                                              \
    }                                                                                                        \
    KMP_TYPED VOID Name##Init(Name *Map, PKM_ALLOCATOR Allocator)                                            \
    {                                                                                                        \
        KmpMapInit(&Map->Map, Allocator, KmHashSeed());                                                      \
    }                                                                                                        \
    KMP_TYPED SIZE_T Name##Count(const Name *Map)                                                            \
    {                                                                                                        \
        return Map->Map.Count;                                                                               \
    }                                                                                                        \
    KMP_TYPED SIZE_T Name##Bytes(const Name *Map)                                                            \
    {                                                                                                        \
        return KmpMapBytes(&Map->Map, sizeof(Name##Entry));                                                  \
    }                                                                                                        \
    KMP_TYPED_RARE NTSTATUS Name##Reserve(Name *Map, SIZE_T Count)                                           \
    {                                                                                                        \
        return KmpMapReserve(&Map->Map, Count, HashOf, sizeof(Name##Entry), KeyBytes);                       \
    }                                                                                                        \
    KMP_TYPED_RARE NTSTATUS Name##Shrink(Name *Map)                                                          \
    {                                                                                                        \
        return KmpMapShrink(&Map->Map, HashOf, sizeof(Name##Entry), KeyBytes);                               \
    }                                                                                                        \
    KMP_TYPED_RARE NTSTATUS KmpGrow##Name(KMP_MAP *Map)                                                      \
    {                                                                                                        \
        return KmpMapGrow(Map, HashOf, sizeof(Name##Entry), KeyBytes);                                       \
    }                                                                                                        \
    KMP_TYPED Name##Entry *Name##Next(const Name *Map, const Name##Entry *Previous)                          \
    {                                                                                                        \
        return (Name##Entry *)KmpMapNext(&Map->Map, Previous, sizeof(Name##Entry));                          \
    }                                                                                                        \
    typedef KMP_MAP_CURSOR Name##Cursor;                                                                     \
    KMP_TYPED Name##Entry *Name##Enumerate(const Name *Map, Name##Cursor *Cursor)                            \
    {                                                                                                        \
        return (Name##Entry *)KmpMapEnumerate(&Map->Map, Cursor, sizeof(Name##Entry));                       \
    }

// The routines that are called with a key, of one parameter or of two: Key is what they are called with in
// turn.
#define KMP_MAP_DEFINE_KEYED(Name, ValueType, FindParameters, InsertParameters, ReplaceParameters,           \
                             PlaceParameters, EraseParameters, ...)                                          \
    KMP_TYPED ValueType *Name##Find FindParameters                                                           \
    {                                                                                                        \
        Name##Entry *Entry = KmpFind##Name(Map, __VA_ARGS__);                                                \
                                                                                                             \
        return Entry != NULL ? &Entry->Value : NULL;                                                         \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Contains FindParameters                                                          \
    {                                                                                                        \
        return KmpFind##Name(Map, __VA_ARGS__) != NULL;                                                      \
    }                                                                                                        \
    KMP_TYPED NTSTATUS Name##Insert InsertParameters                                                         \
    {                                                                                                        \
        BOOLEAN Inserted;                                                                                    \
        Name##Entry *Entry = KmpPlace##Name(Map, __VA_ARGS__, &Inserted);                                    \
                                                                                                             \
        if (Inserted) {                                                                                      \
            Entry->Value = Value;                                                                            \
            return STATUS_SUCCESS;                                                                           \
        }                                                                                                    \
        return Entry != NULL ? STATUS_OBJECT_NAME_COLLISION : STATUS_INSUFFICIENT_RESOURCES;                 \
    }                                                                                                        \
    KMP_TYPED NTSTATUS Name##Replace ReplaceParameters                                                       \
    {                                                                                                        \
        BOOLEAN Inserted;                                                                                    \
        Name##Entry *Entry = KmpPlace##Name(Map, __VA_ARGS__, &Inserted);                                    \
                                                                                                             \
        if (Entry == NULL) {                                                                                 \
            return STATUS_INSUFFICIENT_RESOURCES;                                                            \
        }                                                                                                    \
        if (!Inserted && OldValue != NULL) {                                                                 \
            *OldValue = Entry->Value;                                                                        \
        }                                                                                                    \
        Entry->Value = Value;                                                                                \
        return Inserted ? STATUS_SUCCESS : STATUS_OBJECT_NAME_EXISTS;                                        \
    }                                                                                                        \
    KMP_TYPED ValueType *Name##GetOrInsert PlaceParameters                                                   \
    {                                                                                                        \
        BOOLEAN New;                                                                                         \
        Name##Entry *Entry = KmpPlace##Name(Map, __VA_ARGS__, &New);                                         \
                                                                                                             \
        if (New) {                                                                                           \
            RtlZeroMemory(&Entry->Value, sizeof(Entry->Value));                                              \
        }                                                                                                    \
        if (Inserted != NULL) {                                                                              \
            *Inserted = New;                                                                                 \
        }                                                                                                    \
        return Entry != NULL ? &Entry->Value : NULL;                                                         \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Erase EraseParameters                                                            \
    {                                                                                                        \
        Name##Entry *Entry = KmpFind##Name(Map, __VA_ARGS__);                                                \
                                                                                                             \
        if (Entry == NULL) {                                                                                 \
            return FALSE;                                                                                    \
        }                                                                                                    \
        if (OldValue != NULL) {                                                                              \
            *OldValue = Entry->Value;                                                                        \
        }                                                                                                    \
        Name##EraseEntry(Map, Entry);                                                                        \
        return TRUE;                                                                                         \
    }

#endif
