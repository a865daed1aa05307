// SPDX-License-Identifier: MIT
// The keys of maps of strings.
#include <kmode.h>

BOOLEAN KmpMapEqualString(const VOID *Entry, const VOID *Key, SIZE_T KeyBytes)
{
    const KMP_STRING_ENTRY *This = (const KMP_STRING_ENTRY *)Entry;
    const KMP_STRING_KEY *Wanted = (const KMP_STRING_KEY *)Key;

    UNREFERENCED_PARAMETER(KeyBytes);
    return This->Hash == Wanted->Hash && KmEqualUnicodeString(&This->Key, Wanted->String);
}

BOOLEAN NTAPI KmpMapCopyString(const KMP_MAP *Map, KMP_STRING_ENTRY *Entry, const KMP_STRING_KEY *Key)
{
    Entry->Hash = Key->Hash;
    Entry->Key.Length = Entry->Key.MaximumLength = Key->String->Length;
    Entry->Key.Buffer = NULL;
    if (Key->String->Length != 0) {
        Entry->Key.Buffer = (PWSTR)KmAllocUninitialized(Map->Allocator, Key->String->Length);
        if (Entry->Key.Buffer == NULL) {
            return FALSE;
        }
        RtlCopyMemory(Entry->Key.Buffer, Key->String->Buffer, Key->String->Length);
    }
    return TRUE;
}

VOID NTAPI KmpMapFreeString(const KMP_MAP *Map, KMP_STRING_ENTRY *Entry)
{
    KmFree(Map->Allocator, Entry->Key.Buffer, Entry->Key.MaximumLength);
}
