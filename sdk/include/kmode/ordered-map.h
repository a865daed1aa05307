// SPDX-License-Identifier: MIT
// Ordered maps, defined for a type of key, a type of value and an order.
//
//     static LONG NTAPI ComparePriority(const VOID *Left, const VOID *Right, PVOID Context)
//     {
//         ULONG One = *(const ULONG *)Left, Other = *(const ULONG *)Right;
//
//         UNREFERENCED_PARAMETER(Context);
//         return (One > Other) - (One < Other);
//     }
//
//     KM_ORDERED_MAP_DEFINE(WorkMap, ULONG, PIRP, ComparePriority)
//
//     static VOID PrintFrom(const WorkMap *Map, ULONG Lowest)
//     {
//         WorkMapCursor Cursor = WorkMapLowerBound(Map, Lowest);
//
//         while (Cursor.Key != NULL) {
//             KmInfo("%lu: %p", *Cursor.Key, *Cursor.Value);
//             WorkMapNext(&Cursor);
//         }
//     }
//
// A B+ tree: entries lie in leaves of half a kilobyte, or of eight entries where these are large, keys beside
// keys, and the leaves are linked, so a step from one entry to the next is a step in memory. What is looked
// for is found in a few such nodes, however many entries there are.
//
// What holds for all of it:
//
// - The map locks nothing. Who changes it holds a lock against all others, who reads it one against those
//   that change.
// - What allocates or frees, and with it all that erases, has the IRQL of the map's allocator. All else may
//   be called at any IRQL at which the allocator's memory may be touched: up to HIGH_LEVEL for non-paged
//   memory.
// - What fails leaves the map as it was.
// - Pointers to keys and values, and cursors, are good until an entry is added or erased; NameEraseAt keeps
//   its cursor.
// - Keys and values are moved as bytes, and aligned to MEMORY_ALLOCATION_ALIGNMENT at most; the map frees
//   none of what they point at. It compares with keys that are in it, never with one that has been erased.
#ifndef KMODE_ORDERED_MAP_H
#define KMODE_ORDERED_MAP_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/ordered-map.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/typed.h>

// More than a tree can have, the nodes of which, but for the root, have four children at least.
#define KMP_TREE_MAXIMUM_DEPTH 24

// A leaf has, behind this, its keys and its values; another node keys and children, of which child n + 1
// begins with key n.
typedef struct KMP_TREE_NODE {
    struct KMP_TREE_NODE *Previous; // on the same level
    struct KMP_TREE_NODE *Next;
    SIZE_T Count; // entries, or children
    SIZE_T Unused;
} KMP_TREE_NODE;

// What the routines that are not inline know of a type.
typedef struct KMP_TREE_TYPE {
    SIZE_T KeyBytes;
    SIZE_T ValueBytes;
    SIZE_T LeafSlots;
    SIZE_T InnerSlots; // children
    SIZE_T ValuesOffset;
    SIZE_T ChildrenOffset;
} KMP_TREE_TYPE;

typedef struct KMP_TREE {
    KMP_TREE_NODE *Root;
    SIZE_T Depth; // levels: 0 if there is no root, 1 if it is a leaf
    SIZE_T Count;
    KMP_TREE_NODE *First; // leaf
    KMP_TREE_NODE *Last;
    SIZE_T Bytes; // allocated
    PKM_ALLOCATOR Allocator;
} KMP_TREE;

// The way from the root to a place in a leaf.
typedef struct KMP_TREE_PATH {
    struct {
        KMP_TREE_NODE *Node;
        SIZE_T Index; // of the child, or of the entry
    } Levels[KMP_TREE_MAXIMUM_DEPTH];
} KMP_TREE_PATH;

typedef struct KMP_TREE_PLACE {
    KMP_TREE_NODE *Leaf; // NULL: behind the last entry
    SIZE_T Index;
} KMP_TREE_PLACE;

typedef LONG NTAPI KMP_TREE_COMPARE(const VOID *Left, const VOID *Right, PVOID Context);

#define KMP_TREE_HEADER                    sizeof(KMP_TREE_NODE)
#define KMP_TREE_ALIGN(Bytes)              (((Bytes) + 15) & ~(SIZE_T)15)
#define KMP_TREE_FIT(Bytes)                ((512 - KMP_TREE_HEADER) / (Bytes))
// As many as half a kilobyte holds, and never fewer than eight.
#define KMP_TREE_SLOTS(Bytes)              (KMP_TREE_FIT(Bytes) < 8 ? (SIZE_T)8 : KMP_TREE_FIT(Bytes))
#define KMP_TREE_KEYS_END(Slots, KeyBytes) KMP_TREE_ALIGN(KMP_TREE_HEADER + (Slots) * (KeyBytes))

#ifdef __cplusplus
extern "C" {
#endif

VOID NTAPI KmpTreeInit(KMP_TREE *Tree, PKM_ALLOCATOR Allocator);
VOID NTAPI KmpTreeFree(KMP_TREE *Tree, const KMP_TREE_TYPE *Type);
// Makes room for an entry at the place that Path leads to, and lets *Place be it. The caller writes key and
// value.
NTSTATUS NTAPI KmpTreeInsert(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_PATH *Path, const VOID *Key,
                             KMP_TREE_PLACE *Place);
// Removes the entry that Path leads to, and lets *Place be that of the next one.
VOID NTAPI KmpTreeErase(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_PATH *Path,
                        KMP_TREE_PLACE *Place);

#ifdef __cplusplus
}
#endif

KMP_CORE PUCHAR KmpTreeKeys(const KMP_TREE_NODE *Node)
{
    return (PUCHAR)(ULONG_PTR)(Node + 1);
}

KMP_CORE PUCHAR KmpTreeValues(const KMP_TREE_NODE *Node, const KMP_TREE_TYPE *Type)
{
    return (PUCHAR)(ULONG_PTR)Node + Type->ValuesOffset;
}

KMP_CORE KMP_TREE_NODE **KmpTreeChildren(const KMP_TREE_NODE *Node, const KMP_TREE_TYPE *Type)
{
    return (KMP_TREE_NODE **)(PVOID)((PUCHAR)(ULONG_PTR)Node + Type->ChildrenOffset);
}

// How many of Count keys, which are in order, come before Key, or, if Past, do not come after it. No
// branch depends on how they compare.
KMP_CORE SIZE_T KmpTreeSearch(const UCHAR *Keys, SIZE_T Count, const VOID *Key, SIZE_T KeyBytes,
                              KMP_TREE_COMPARE *Compare, BOOLEAN Past)
{
    SIZE_T Base = 0;

    while (Count != 0) {
        SIZE_T Half = (Count + 1) / 2;
        LONG Order = Compare(Keys + (Base + Half - 1) * KeyBytes, Key, NULL);

        SIZE_T Before = (SIZE_T)(Past ? Order <= 0 : Order < 0);

        KMP_OPAQUE(Before);
        Base += Half & (0 - Before);
        Count -= Half;
    }
    return Base;
}

// The place of the first entry that does not come before Key, or, if Past, that comes after it, which may be
// one behind the last of its leaf. Path may be NULL.
KMP_CORE VOID KmpTreeDescend(const KMP_TREE *Tree, const KMP_TREE_TYPE *Type, const VOID *Key,
                             KMP_TREE_COMPARE *Compare, BOOLEAN Past, KMP_TREE_PATH *Path,
                             KMP_TREE_PLACE *Place)
{
    KMP_TREE_NODE *Node = Tree->Root;
    SIZE_T Level = 0;

    for (; Level + 1 < Tree->Depth; Level += 1) {
        SIZE_T Index = KmpTreeSearch(KmpTreeKeys(Node), Node->Count - 1, Key, Type->KeyBytes, Compare, TRUE);

        if (Path != NULL) {
            Path->Levels[Level].Node = Node;
            Path->Levels[Level].Index = Index;
        }
        Node = KmpTreeChildren(Node, Type)[Index];
        // Of the lines that the search may look at, the first five are had at once: all, where keys have up
        // to eight bytes, and values as many at least.
        for (SIZE_T Offset = 0; Offset < 320; Offset += 64) {
            KMP_PREFETCH((PUCHAR)Node + Offset);
        }
    }
    Place->Leaf = Node;
    Place->Index =
        Node != NULL ? KmpTreeSearch(KmpTreeKeys(Node), Node->Count, Key, Type->KeyBytes, Compare, Past) : 0;
    if (Path != NULL) {
        Path->Levels[Level].Node = Node;
        Path->Levels[Level].Index = Place->Index;
    }
}

KMP_CORE BOOLEAN KmpTreeIsAt(const KMP_TREE_PLACE *Place, const VOID *Key, SIZE_T KeyBytes,
                             KMP_TREE_COMPARE *Compare)
{
    return Place->Leaf != NULL && Place->Index < Place->Leaf->Count &&
           Compare(KmpTreeKeys(Place->Leaf) + Place->Index * KeyBytes, Key, NULL) == 0;
}

// From one behind a leaf's last entry to the next leaf's first.
KMP_CORE VOID KmpTreeSettle(KMP_TREE_PLACE *Place)
{
    if (Place->Leaf != NULL && Place->Index == Place->Leaf->Count) {
        Place->Leaf = Place->Leaf->Next;
        Place->Index = 0;
    }
}

/// Defines the type Name, a map from KeyType to ValueType in the order of Compare, the type NameCursor of a
/// place in it (Key and Value: the entry's, or NULL where there is none), and the routines below. At file
/// scope, without a semicolon.
///
/// Compare is a routine of the form LONG NTAPI Compare(const VOID *Left, const VOID *Right, PVOID Context)
/// that gets the addresses of two keys and NULL, and returns less than 0 if Left comes first, more than 0 if
/// Right does, 0 if they are one key. Where the compiler sees its body it is inlined.
///
/// - `VOID NameInit(Name *Map, PKM_ALLOCATOR Allocator)`: Makes Map empty. Allocates nothing. The allocator
///   must stay as long as the map.
/// - `VOID NameFree(Name *Map)`: Removes all entries and gives back the memory. The map may be used again.
/// - `SIZE_T NameCount(const Name *Map)`: Returns how many entries there are.
/// - `ValueType *NameFind(const Name *Map, KeyType Key)`: Returns the value of Key, which may be written;
///   NULL if there is none.
/// - `BOOLEAN NameContains(const Name *Map, KeyType Key)`: Whether Key has an entry.
/// - `NTSTATUS NameInsert(Name *Map, KeyType Key, ValueType Value)`: Adds an entry.
///   STATUS_OBJECT_NAME_COLLISION if Key has one already; STATUS_INSUFFICIENT_RESOURCES.
/// - `NTSTATUS NameReplace(Name *Map, KeyType Key, ValueType Value, ValueType *OldValue)`: Adds an entry, or
///   gives the one of Key, whose key stays, another value: STATUS_SUCCESS, or STATUS_OBJECT_NAME_EXISTS (a
///   success too), and then the value before is in *OldValue, unless OldValue is NULL.
///   STATUS_INSUFFICIENT_RESOURCES.
/// - `ValueType *NameGetOrInsert(Name *Map, KeyType Key, BOOLEAN *Inserted)`: Returns the value of Key; if
///   there was none one of zeros, and *Inserted (unless NULL) is TRUE. NULL if there is no memory.
/// - `BOOLEAN NameErase(Name *Map, KeyType Key, ValueType *OldValue)`: Removes the entry of Key, its value
///   into *OldValue unless that is NULL. FALSE if there is none.
/// - `NameCursor NameFirst(const Name *Map), NameCursor NameLast(const Name *Map)`: Return the place of the
///   first, or the last, entry.
/// - `NameCursor NameLowerBound(const Name *Map, KeyType Key)`, `NameCursor NameUpperBound(const Name *Map,
///   KeyType Key)`: Return the place of the first entry whose key is not before Key, or is after Key.
/// - `VOID NameNext(NameCursor *Cursor), VOID NamePrevious(NameCursor *Cursor)`: Move a cursor that is at an
///   entry to the next, or the one before; at the end it is at none.
/// - `VOID NameEraseAt(Name *Map, NameCursor *Cursor)`: Removes the entry that the cursor is at; it is then
///   at the next one.
/// - `SIZE_T NameBytes(const Name *Map)`: Returns how much of the allocator's memory the map has.
///
/// An example:
///
///     static LONG NTAPI CompareTimes(const VOID *Left, const VOID *Right, PVOID Context)
///     {
///         LONG64 One = *(const LONG64 *)Left, Other = *(const LONG64 *)Right;
///
///         UNREFERENCED_PARAMETER(Context);
///         return (One > Other) - (One < Other);
///     }
///
///     KM_ORDERED_MAP_DEFINE(TimeMap, LONG64, ULONG, CompareTimes)
///
///     static VOID DropExpired(TimeMap *Map, LONG64 Now)
///     {
///         TimeMapCursor Cursor = TimeMapFirst(Map);
///
///         while (Cursor.Key != NULL && *Cursor.Key <= Now) {
///             TimeMapEraseAt(Map, &Cursor);
///         }
///     }
#define KM_ORDERED_MAP_DEFINE(Name, KeyType, ValueType, Compare)                                             \
    typedef struct Name {                                                                                    \
        KMP_TREE Tree;                                                                                       \
    } Name;                                                                                                  \
    typedef struct Name##Cursor {                                                                            \
        const KeyType *Key;                                                                                  \
        ValueType *Value;                                                                                    \
        KMP_TREE_PLACE Place;                                                                                \
    } Name##Cursor;                                                                                          \
    KMP_ASSERT_PLAIN(KeyType);                                                                               \
    KMP_ASSERT_PLAIN(ValueType);                                                                             \
    KMP_ASSERT_ALIGNED(KeyType);                                                                             \
    KMP_ASSERT_ALIGNED(ValueType);                                                                           \
    static const KMP_TREE_TYPE KmpType##Name = {                                                             \
        sizeof(KeyType),                                                                                     \
        sizeof(ValueType),                                                                                   \
        KMP_TREE_SLOTS(sizeof(KeyType) + sizeof(ValueType)),                                                 \
        KMP_TREE_SLOTS(sizeof(KeyType) + sizeof(PVOID)),                                                     \
        KMP_TREE_KEYS_END(KMP_TREE_SLOTS(sizeof(KeyType) + sizeof(ValueType)), sizeof(KeyType)),             \
        KMP_TREE_KEYS_END(KMP_TREE_SLOTS(sizeof(KeyType) + sizeof(PVOID)), sizeof(KeyType))};                \
    KMP_TYPED VOID Name##Init(Name *Map, PKM_ALLOCATOR Allocator)                                            \
    {                                                                                                        \
        KmpTreeInit(&Map->Tree, Allocator);                                                                  \
    }                                                                                                        \
    KMP_TYPED VOID Name##Free(Name *Map)                                                                     \
    {                                                                                                        \
        KmpTreeFree(&Map->Tree, &KmpType##Name);                                                             \
    }                                                                                                        \
    KMP_TYPED SIZE_T Name##Count(const Name *Map)                                                            \
    {                                                                                                        \
        return Map->Tree.Count;                                                                              \
    }                                                                                                        \
    KMP_TYPED SIZE_T Name##Bytes(const Name *Map)                                                            \
    {                                                                                                        \
        return Map->Tree.Bytes;                                                                              \
    }                                                                                                        \
    KMP_TYPED ValueType *KmpValue##Name(const KMP_TREE_PLACE *Place)                                         \
    {                                                                                                        \
        return (ValueType *)(PVOID)KmpTreeValues(Place->Leaf, &KmpType##Name) + Place->Index;                \
    }                                                                                                        \
    KMP_TYPED VOID KmpSet##Name(Name##Cursor *Cursor)                                                        \
    {                                                                                                        \
        KmpTreeSettle(&Cursor->Place);                                                                       \
        Cursor->Key = NULL;                                                                                  \
        Cursor->Value = NULL;                                                                                \
        if (Cursor->Place.Leaf != NULL) {                                                                    \
            Cursor->Key = (const KeyType *)(PVOID)KmpTreeKeys(Cursor->Place.Leaf) + Cursor->Place.Index;     \
            Cursor->Value = KmpValue##Name(&Cursor->Place);                                                  \
        }                                                                                                    \
    }                                                                                                        \
    KMP_TYPED Name##Cursor Name##LowerBound(const Name *Map, KeyType Key)                                    \
    {                                                                                                        \
        Name##Cursor Cursor;                                                                                 \
                                                                                                             \
        KmpTreeDescend(&Map->Tree, &KmpType##Name, &Key, Compare, FALSE, NULL, &Cursor.Place);               \
        KmpSet##Name(&Cursor);                                                                               \
        return Cursor;                                                                                       \
    }                                                                                                        \
    KMP_TYPED Name##Cursor Name##UpperBound(const Name *Map, KeyType Key)                                    \
    {                                                                                                        \
        Name##Cursor Cursor;                                                                                 \
                                                                                                             \
        KmpTreeDescend(&Map->Tree, &KmpType##Name, &Key, Compare, TRUE, NULL, &Cursor.Place);                \
        KmpSet##Name(&Cursor);                                                                               \
        return Cursor;                                                                                       \
    }                                                                                                        \
    KMP_TYPED Name##Cursor Name##First(const Name *Map)                                                      \
    {                                                                                                        \
        Name##Cursor Cursor;                                                                                 \
                                                                                                             \
        Cursor.Place.Leaf = Map->Tree.First;                                                                 \
        Cursor.Place.Index = 0;                                                                              \
        KmpSet##Name(&Cursor);                                                                               \
        return Cursor;                                                                                       \
    }                                                                                                        \
    KMP_TYPED Name##Cursor Name##Last(const Name *Map)                                                       \
    {                                                                                                        \
        Name##Cursor Cursor;                                                                                 \
                                                                                                             \
        Cursor.Place.Leaf = Map->Tree.Last;                                                                  \
        Cursor.Place.Index = Map->Tree.Last != NULL ? Map->Tree.Last->Count - 1 : 0;                         \
        KmpSet##Name(&Cursor);                                                                               \
        return Cursor;                                                                                       \
    }                                                                                                        \
    KMP_TYPED VOID Name##Next(Name##Cursor *Cursor)                                                          \
    {                                                                                                        \
        Cursor->Place.Index += 1;                                                                            \
        KmpSet##Name(Cursor);                                                                                \
    }                                                                                                        \
    KMP_TYPED VOID Name##Previous(Name##Cursor *Cursor)                                                      \
    {                                                                                                        \
        if (Cursor->Place.Index == 0) {                                                                      \
            Cursor->Place.Leaf = Cursor->Place.Leaf->Previous;                                               \
            Cursor->Place.Index = Cursor->Place.Leaf != NULL ? Cursor->Place.Leaf->Count : 1;                \
        }                                                                                                    \
        Cursor->Place.Index -= 1;                                                                            \
        KmpSet##Name(Cursor);                                                                                \
    }                                                                                                        \
    KMP_TYPED ValueType *Name##Find(const Name *Map, KeyType Key)                                            \
    {                                                                                                        \
        KMP_TREE_PLACE Place;                                                                                \
                                                                                                             \
        KmpTreeDescend(&Map->Tree, &KmpType##Name, &Key, Compare, FALSE, NULL, &Place);                      \
        return KmpTreeIsAt(&Place, &Key, sizeof(Key), Compare) ? KmpValue##Name(&Place) : NULL;              \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Contains(const Name *Map, KeyType Key)                                           \
    {                                                                                                        \
        return Name##Find(Map, Key) != NULL;                                                                 \
    }                                                                                                        \
    KMP_TYPED ValueType *KmpPlace##Name(Name *Map, KeyType Key, BOOLEAN *Inserted)                           \
    {                                                                                                        \
        KMP_TREE_PATH Path;                                                                                  \
        KMP_TREE_PLACE Place;                                                                                \
                                                                                                             \
        KmpTreeDescend(&Map->Tree, &KmpType##Name, &Key, Compare, FALSE, &Path, &Place);                     \
        *Inserted = FALSE;                                                                                   \
        if (!KmpTreeIsAt(&Place, &Key, sizeof(Key), Compare)) {                                              \
            if (!NT_SUCCESS(KmpTreeInsert(&Map->Tree, &KmpType##Name, &Path, &Key, &Place))) {               \
                return NULL;                                                                                 \
            }                                                                                                \
            *Inserted = TRUE;                                                                                \
        }                                                                                                    \
        return KmpValue##Name(&Place);                                                                       \
    }                                                                                                        \
    KMP_TYPED NTSTATUS Name##Insert(Name *Map, KeyType Key, ValueType Value)                                 \
    {                                                                                                        \
        BOOLEAN Inserted;                                                                                    \
        ValueType *Place = KmpPlace##Name(Map, Key, &Inserted);                                              \
                                                                                                             \
        if (Inserted) {                                                                                      \
            *Place = Value;                                                                                  \
            return STATUS_SUCCESS;                                                                           \
        }                                                                                                    \
        return Place != NULL ? STATUS_OBJECT_NAME_COLLISION : STATUS_INSUFFICIENT_RESOURCES;                 \
    }                                                                                                        \
    KMP_TYPED NTSTATUS Name##Replace(Name *Map, KeyType Key, ValueType Value, ValueType *OldValue)           \
    {                                                                                                        \
        BOOLEAN Inserted;                                                                                    \
        ValueType *Place = KmpPlace##Name(Map, Key, &Inserted);                                              \
                                                                                                             \
        if (Place == NULL) {                                                                                 \
            return STATUS_INSUFFICIENT_RESOURCES;                                                            \
        }                                                                                                    \
        if (!Inserted && OldValue != NULL) {                                                                 \
            *OldValue = *Place;                                                                              \
        }                                                                                                    \
        *Place = Value;                                                                                      \
        return Inserted ? STATUS_SUCCESS : STATUS_OBJECT_NAME_EXISTS;                                        \
    }                                                                                                        \
    KMP_TYPED ValueType *Name##GetOrInsert(Name *Map, KeyType Key, BOOLEAN *Inserted)                        \
    {                                                                                                        \
        BOOLEAN New;                                                                                         \
        ValueType *Place = KmpPlace##Name(Map, Key, &New);                                                   \
                                                                                                             \
        if (New) {                                                                                           \
            RtlZeroMemory(Place, sizeof(*Place));                                                            \
        }                                                                                                    \
        if (Inserted != NULL) {                                                                              \
            *Inserted = New;                                                                                 \
        }                                                                                                    \
        return Place;                                                                                        \
    }                                                                                                        \
    KMP_TYPED BOOLEAN Name##Erase(Name *Map, KeyType Key, ValueType *OldValue)                               \
    {                                                                                                        \
        KMP_TREE_PATH Path;                                                                                  \
        KMP_TREE_PLACE Place;                                                                                \
                                                                                                             \
        KmpTreeDescend(&Map->Tree, &KmpType##Name, &Key, Compare, FALSE, &Path, &Place);                     \
        if (!KmpTreeIsAt(&Place, &Key, sizeof(Key), Compare)) {                                              \
            return FALSE;                                                                                    \
        }                                                                                                    \
        if (OldValue != NULL) {                                                                              \
            *OldValue = *KmpValue##Name(&Place);                                                             \
        }                                                                                                    \
        KmpTreeErase(&Map->Tree, &KmpType##Name, &Path, &Place);                                             \
        return TRUE;                                                                                         \
    }                                                                                                        \
    KMP_TYPED VOID Name##EraseAt(Name *Map, Name##Cursor *Cursor)                                            \
    {                                                                                                        \
        KMP_TREE_PATH Path;                                                                                  \
        KeyType Key = *Cursor->Key;                                                                          \
                                                                                                             \
        KmpTreeDescend(&Map->Tree, &KmpType##Name, &Key, Compare, FALSE, &Path, &Cursor->Place);             \
        KmpTreeErase(&Map->Tree, &KmpType##Name, &Path, &Cursor->Place);                                     \
        KmpSet##Name(Cursor);                                                                                \
    }

#endif
