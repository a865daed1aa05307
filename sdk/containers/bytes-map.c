// SPDX-License-Identifier: MIT
// The keys of maps of bytes.
#include <kmode.h>

BOOLEAN KmpMapEqualBytes(const VOID *Entry, const VOID *Key, SIZE_T KeyBytes)
{
    const KMP_BYTES_ENTRY *This = (const KMP_BYTES_ENTRY *)Entry;
    const KMP_BYTES_KEY *Wanted = (const KMP_BYTES_KEY *)Key;

    UNREFERENCED_PARAMETER(KeyBytes);
    return This->Hash == Wanted->Hash && This->Key.Length == Wanted->Length &&
           RtlCompareMemory(This->Key.Buffer, Wanted->Buffer, Wanted->Length) == Wanted->Length;
}

BOOLEAN NTAPI KmpMapCopyBytes(const KMP_MAP *Map, KMP_BYTES_ENTRY *Entry, const KMP_BYTES_KEY *Key)
{
    Entry->Hash = Key->Hash;
    Entry->Key.Length = Key->Length;
    Entry->Key.Buffer = NULL;
    if (Key->Length != 0) {
        Entry->Key.Buffer = KmAllocUninitialized(Map->Allocator, Key->Length);
        if (Entry->Key.Buffer == NULL) {
            return FALSE;
        }
        RtlCopyMemory(Entry->Key.Buffer, Key->Buffer, Key->Length);
    }
    return TRUE;
}

VOID NTAPI KmpMapFreeBytes(const KMP_MAP *Map, KMP_BYTES_ENTRY *Entry)
{
    KmFree(Map->Allocator, Entry->Key.Buffer, Entry->Key.Length);
}
