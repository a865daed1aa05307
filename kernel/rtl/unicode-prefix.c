// SPDX-License-Identifier: MIT
// Prefix tables: which of many paths is the longest that a name begins with. The entries are in one list,
// longest first, so that the first match is the answer. The caller serialises, and keeps entries and strings.
#include "inc/kernel.h"

#define RTLP_PREFIX_TABLE 0x0800 // NodeTypeCode, of Windows
#define RTLP_PREFIX_ENTRY 0x0801

static inline WCHAR RtlpFoldAt(PCUNICODE_STRING Name, ULONG Index, ULONG CaseInsensitiveIndex)
{
    WCHAR Unit = Name->Buffer[Index];
    return Index < CaseInsensitiveIndex ? Unit : RtlUpcaseUnicodeChar(Unit);
}

// Whether Name begins with Prefix, up to the end of one of its components.
static BOOLEAN RtlpBeginsWith(PCUNICODE_STRING Name, PCUNICODE_STRING Prefix, ULONG CaseInsensitiveIndex)
{
    ULONG Count = Prefix->Length / sizeof(WCHAR);
    if (Prefix->Length > Name->Length) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (RtlpFoldAt(Name, Index, CaseInsensitiveIndex) !=
            RtlpFoldAt(Prefix, Index, CaseInsensitiveIndex)) {
            return FALSE;
        }
    }
    return Prefix->Length == Name->Length || Name->Buffer[Count] == L'\\' ||
           (Count != 0 && Prefix->Buffer[Count - 1] == L'\\');
}

VOID NTAPI RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable)
{
    RtlZeroMemory(PrefixTable, sizeof(*PrefixTable));
    PrefixTable->NodeTypeCode = RTLP_PREFIX_TABLE;
}

// FALSE: the table has that very prefix; one that differs in case is another.
BOOLEAN NTAPI RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix,
                                     PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry)
{
    PUNICODE_PREFIX_TABLE_ENTRY *Link = &PrefixTable->NextPrefixTree;
    while (*Link != NULL && (*Link)->Prefix->Length >= Prefix->Length) {
        if (RtlEqualUnicodeString((*Link)->Prefix, Prefix, FALSE)) {
            return FALSE;
        }
        Link = &(*Link)->NextPrefixTree;
    }
    RtlZeroMemory(PrefixTableEntry, sizeof(*PrefixTableEntry));
    PrefixTableEntry->NodeTypeCode = RTLP_PREFIX_ENTRY;
    PrefixTableEntry->Prefix = Prefix;
    PrefixTableEntry->NextPrefixTree = *Link;
    *Link = PrefixTableEntry;
    return TRUE;
}

VOID NTAPI RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                  PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry)
{
    PUNICODE_PREFIX_TABLE_ENTRY Before = NULL;
    PUNICODE_PREFIX_TABLE_ENTRY *Link = &PrefixTable->NextPrefixTree;
    while (*Link != NULL && *Link != PrefixTableEntry) {
        Before = *Link;
        Link = &Before->NextPrefixTree;
    }
    if (*Link == NULL) {
        return;
    }
    *Link = PrefixTableEntry->NextPrefixTree;
    // An enumeration goes on behind it.
    if (PrefixTable->LastNextEntry == PrefixTableEntry) {
        PrefixTable->LastNextEntry = Before;
    }
}

// The entry of the longest prefix of FullName that ends where a component does; NULL. The first
// CaseInsensitiveIndex characters must match in case, too.
PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable,
                                                       PUNICODE_STRING FullName, ULONG CaseInsensitiveIndex)
{
    PUNICODE_PREFIX_TABLE_ENTRY Entry = PrefixTable->NextPrefixTree;
    while (Entry != NULL && !RtlpBeginsWith(FullName, Entry->Prefix, CaseInsensitiveIndex)) {
        Entry = Entry->NextPrefixTree;
    }
    return Entry;
}

PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, BOOLEAN Restart)
{
    PUNICODE_PREFIX_TABLE_ENTRY Last = Restart ? NULL : PrefixTable->LastNextEntry;
    PUNICODE_PREFIX_TABLE_ENTRY Next = Last != NULL ? Last->NextPrefixTree : PrefixTable->NextPrefixTree;
    if (Next != NULL) {
        PrefixTable->LastNextEntry = Next;
    }
    return Next;
}
