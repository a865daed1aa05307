// SPDX-License-Identifier: MIT
// Hash maps whose keys are strings without regard to case, or bytes. The map keeps copies of the keys.
//
//     typedef ULONG TIMES;
//
//     KM_STRING_MAP_DEFINE(ImageMap, TIMES)
//
//     static ImageMap Images;
//
//     static VOID NTAPI CountImage(PUNICODE_STRING Name, HANDLE Process, PIMAGE_INFO Info)
//     {
//         TIMES *Times = Name != NULL ? ImageMapGetOrInsert(&Images, Name, NULL) : NULL;
//
//         UNREFERENCED_PARAMETER(Process);
//         UNREFERENCED_PARAMETER(Info);
//         if (Times != NULL) {
//             *Times += 1;
//         }
//     }
//
// They are the maps of <kmode/map.h>, and all that is said there holds for them. Beside it:
//
// - An insertion allocates twice: for the table, as others do, and for the copy of the key, unless it is
//   empty. So it may fail for want of memory where NameReserve has been called, too.
// - What erases, clears or frees gives back keys, and so has the IRQL of the map's allocator.
// - Hashes are SipHash-1-3 of a key that each map has of its own: whoever chooses the names has no way to
//   make them collide.
#ifndef KMODE_STRING_MAP_H
#define KMODE_STRING_MAP_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/string-map.h>"
#endif

#include <kmode/map.h>

/// The key of an entry of a map that KM_BYTES_MAP_DEFINE defines.
typedef struct KM_BYTES {
    SIZE_T Length;
    PVOID Buffer; ///< NULL if Length is 0
} KM_BYTES;

// Each entry of such a map begins with its hash; these are what is looked for.
typedef struct KMP_STRING_KEY {
    ULONG64 Hash;
    PCUNICODE_STRING String;
} KMP_STRING_KEY;

typedef struct KMP_BYTES_KEY {
    ULONG64 Hash;
    const VOID *Buffer;
    SIZE_T Length;
} KMP_BYTES_KEY;

typedef struct KMP_STRING_ENTRY {
    ULONG64 Hash;
    UNICODE_STRING Key;
} KMP_STRING_ENTRY;

typedef struct KMP_BYTES_ENTRY {
    ULONG64 Hash;
    KM_BYTES Key;
} KMP_BYTES_ENTRY;

#ifdef __cplusplus
extern "C" {
#endif

// Whether the key is that of an entry.
BOOLEAN KmpMapEqualString(const VOID *Entry, const VOID *Key, SIZE_T KeyBytes);
BOOLEAN KmpMapEqualBytes(const VOID *Entry, const VOID *Key, SIZE_T KeyBytes);

// Gives an entry its hash and a copy of the key; if there is no memory FALSE, and it is to be erased.
BOOLEAN NTAPI KmpMapCopyString(const KMP_MAP *Map, KMP_STRING_ENTRY *Entry, const KMP_STRING_KEY *Key);
BOOLEAN NTAPI KmpMapCopyBytes(const KMP_MAP *Map, KMP_BYTES_ENTRY *Entry, const KMP_BYTES_KEY *Key);

// Frees the key of an entry.
VOID NTAPI KmpMapFreeString(const KMP_MAP *Map, KMP_STRING_ENTRY *Entry);
VOID NTAPI KmpMapFreeBytes(const KMP_MAP *Map, KMP_BYTES_ENTRY *Entry);

#ifdef __cplusplus
}
#endif

KMP_CORE ULONG64 KmpMapStoredHash(const KMP_MAP *Map, const VOID *Entry, SIZE_T KeyBytes)
{
    UNREFERENCED_PARAMETER(Map);
    UNREFERENCED_PARAMETER(KeyBytes);
    return *(const ULONG64 *)Entry;
}

/// Defines the type Name, a map from strings to ValueType in which case makes no difference (as in
/// KmEqualUnicodeString), the type NameEntry of what it holds (Key, a UNICODE_STRING, not to be changed, and
/// Value), and the routines that KM_MAP_DEFINE has, with `PCUNICODE_STRING Key` where those have `KeyType
/// Key`. At file scope, without a semicolon.
///
///     typedef BOOLEAN ALLOWED;
///
///     KM_STRING_MAP_DEFINE(ServiceMap, ALLOWED)
///
///     static NTSTATUS Allow(ServiceMap *Map, PCUNICODE_STRING Service)
///     {
///         ServiceMapEntry *Entry = NULL;
///         NTSTATUS Status = ServiceMapReplace(Map, Service, TRUE, NULL);
///
///         while ((Entry = ServiceMapNext(Map, Entry)) != NULL) {
///             KmInfo("%wZ", &Entry->Key);
///         }
///         return Status;
///     }
#define KM_STRING_MAP_DEFINE(Name, ValueType)                                                                \
    typedef struct Name##Entry {                                                                             \
        ULONG64 Hash;                                                                                        \
        UNICODE_STRING Key;                                                                                  \
        ValueType Value;                                                                                     \
    } Name##Entry;                                                                                           \
    KMP_MAP_DEFINE_COMMON(Name, ValueType, KmpMapStoredHash, 0)                                              \
    KMP_MAP_DEFINE_OWNED(Name, KMP_STRING_ENTRY, KmpMapFreeString)                                           \
    KMP_TYPED_RARE Name##Entry *KmpFind##Name(const Name *Map, PCUNICODE_STRING Key)                         \
    {                                                                                                        \
        KMP_STRING_KEY Wanted;                                                                               \
                                                                                                             \
        Wanted.Hash = KmHashUnicodeString(Key, Map->Map.Seed[0]);                                            \
        Wanted.String = Key;                                                                                 \
        return (Name##Entry *)KmpMapFind(&Map->Map, Wanted.Hash, KmpMapEqualString, &Wanted,                 \
                                         sizeof(Name##Entry), 0);                                            \
    }                                                                                                        \
    KMP_TYPED_RARE Name##Entry *KmpPlace##Name(Name *Map, PCUNICODE_STRING Key, BOOLEAN *Inserted)           \
    {                                                                                                        \
        KMP_STRING_KEY Wanted;                                                                               \
        Name##Entry *Entry;                                                                                  \
                                                                                                             \
        Wanted.Hash = KmHashUnicodeString(Key, Map->Map.Seed[0]);                                            \
        Wanted.String = Key;                                                                                 \
        Entry = (Name##Entry *)KmpMapPlace(&Map->Map, Wanted.Hash, KmpMapEqualString, &Wanted,               \
                                           sizeof(Name##Entry), 0, KmpGrow##Name, Inserted);                 \
        if (*Inserted && !KmpMapCopyString(&Map->Map, (KMP_STRING_ENTRY *)Entry, &Wanted)) {                 \
            KmpMapErase(&Map->Map, Entry, sizeof(Name##Entry));                                              \
            *Inserted = FALSE;                                                                               \
            return NULL;                                                                                     \
        }                                                                                                    \
        return Entry;                                                                                        \
    }                                                                                                        \
    KMP_MAP_DEFINE_KEYED(Name, ValueType, (const Name *Map, PCUNICODE_STRING Key),                           \
                         (Name * Map, PCUNICODE_STRING Key, ValueType Value),                                \
                         (Name * Map, PCUNICODE_STRING Key, ValueType Value, ValueType * OldValue),          \
                         (Name * Map, PCUNICODE_STRING Key, BOOLEAN * Inserted),                             \
                         (Name * Map, PCUNICODE_STRING Key, ValueType * OldValue), Key)

/// As KM_STRING_MAP_DEFINE for keys that are bytes: NameEntry's Key is a KM_BYTES, and the routines have
/// `const VOID *Key, SIZE_T Length` where those of KM_MAP_DEFINE have `KeyType Key`. Key may be NULL where
/// Length is 0.
///
///     typedef ULONG64 TIME_SEEN;
///
///     KM_BYTES_MAP_DEFINE(DigestMap, TIME_SEEN)
///
///     static BOOLEAN IsKnown(const DigestMap *Map, const UCHAR Digest[32])
///     {
///         return DigestMapContains(Map, Digest, 32);
///     }
#define KM_BYTES_MAP_DEFINE(Name, ValueType)                                                                 \
    typedef struct Name##Entry {                                                                             \
        ULONG64 Hash;                                                                                        \
        KM_BYTES Key;                                                                                        \
        ValueType Value;                                                                                     \
    } Name##Entry;                                                                                           \
    KMP_MAP_DEFINE_COMMON(Name, ValueType, KmpMapStoredHash, 0)                                              \
    KMP_MAP_DEFINE_OWNED(Name, KMP_BYTES_ENTRY, KmpMapFreeBytes)                                             \
    KMP_TYPED_RARE Name##Entry *KmpFind##Name(const Name *Map, const VOID *Key, SIZE_T Length)               \
    {                                                                                                        \
        KMP_BYTES_KEY Wanted;                                                                                \
                                                                                                             \
        Wanted.Hash = KmHashBytes(Key, Length, Map->Map.Seed[0]);                                            \
        Wanted.Buffer = Key;                                                                                 \
        Wanted.Length = Length;                                                                              \
        return (Name##Entry *)KmpMapFind(&Map->Map, Wanted.Hash, KmpMapEqualBytes, &Wanted,                  \
                                         sizeof(Name##Entry), 0);                                            \
    }                                                                                                        \
    KMP_TYPED_RARE Name##Entry *KmpPlace##Name(Name *Map, const VOID *Key, SIZE_T Length, BOOLEAN *Inserted) \
    {                                                                                                        \
        KMP_BYTES_KEY Wanted;                                                                                \
        Name##Entry *Entry;                                                                                  \
                                                                                                             \
        Wanted.Hash = KmHashBytes(Key, Length, Map->Map.Seed[0]);                                            \
        Wanted.Buffer = Key;                                                                                 \
        Wanted.Length = Length;                                                                              \
        Entry = (Name##Entry *)KmpMapPlace(&Map->Map, Wanted.Hash, KmpMapEqualBytes, &Wanted,                \
                                           sizeof(Name##Entry), 0, KmpGrow##Name, Inserted);                 \
        if (*Inserted && !KmpMapCopyBytes(&Map->Map, (KMP_BYTES_ENTRY *)Entry, &Wanted)) {                   \
            KmpMapErase(&Map->Map, Entry, sizeof(Name##Entry));                                              \
            *Inserted = FALSE;                                                                               \
            return NULL;                                                                                     \
        }                                                                                                    \
        return Entry;                                                                                        \
    }                                                                                                        \
    KMP_MAP_DEFINE_KEYED(Name, ValueType, (const Name *Map, const VOID *Key, SIZE_T Length),                 \
                         (Name * Map, const VOID *Key, SIZE_T Length, ValueType Value),                      \
                         (Name * Map, const VOID *Key, SIZE_T Length, ValueType Value, ValueType *OldValue), \
                         (Name * Map, const VOID *Key, SIZE_T Length, BOOLEAN *Inserted),                    \
                         (Name * Map, const VOID *Key, SIZE_T Length, ValueType *OldValue), Key, Length)

// What ends entries that own their keys.
#define KMP_MAP_DEFINE_OWNED(Name, EntryHeader, FreeKey)                                                     \
    KMP_TYPED_RARE VOID KmpFreeKeys##Name(Name *Map)                                                         \
    {                                                                                                        \
        Name##Entry *Entry = NULL;                                                                           \
                                                                                                             \
        /* A map of zeros, which was never made ready, has no control bytes, either. */                      \
        while (Map->Map.Entries != NULL && (Entry = Name##Next(Map, Entry)) != NULL) {                       \
            FreeKey(&Map->Map, (EntryHeader *)Entry);                                                        \
        }                                                                                                    \
    }                                                                                                        \
    KMP_TYPED VOID Name##Free(Name *Map)                                                                     \
    {                                                                                                        \
        KmpFreeKeys##Name(Map);                                                                              \
        KmpMapFree(&Map->Map, sizeof(Name##Entry));                                                          \
    }                                                                                                        \
    KMP_TYPED VOID Name##Clear(Name *Map)                                                                    \
    {                                                                                                        \
        KmpFreeKeys##Name(Map);                                                                              \
        KmpMapClear(&Map->Map);                                                                              \
    }                                                                                                        \
    KMP_TYPED_RARE VOID Name##EraseEntry(Name *Map, Name##Entry *Entry)                                      \
    {                                                                                                        \
        FreeKey(&Map->Map, (EntryHeader *)Entry);                                                            \
        KmpMapErase(&Map->Map, Entry, sizeof(Name##Entry));                                                  \
    }

#endif
