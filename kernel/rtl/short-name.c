// SPDX-License-Identifier: MIT
// Short (8.3) file names.
#include "rtl/string.h"

#define RTLP_BASE_CHARACTERS      8
#define RTLP_EXTENSION_CHARACTERS 3
#define RTLP_NAME_CHARACTERS      (RTLP_BASE_CHARACTERS + 1 + RTLP_EXTENSION_CHARACTERS)

static BOOLEAN RtlpIsShortNameCharacter(CHAR Character)
{
    static const CHAR Illegal[] = "\"*+,/:;<=>?[\\]|";
    return (UCHAR)Character >= ' ' && memchr(Illegal, Character, sizeof(Illegal) - 1) == NULL;
}

static BOOLEAN RtlpIsShortName(const CHAR *Name, ULONG Count)
{
    LONG Dot = -1;
    if (Count == 0 || (Count <= 2 && memcmp(Name, "..", Count) == 0)) {
        return Count != 0;
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (!RtlpIsShortNameCharacter(Name[Index])) {
            return FALSE;
        }
        if (Name[Index] != '.') {
            if (Dot < 0 && Index >= RTLP_BASE_CHARACTERS) {
                return FALSE;
            }
            continue;
        }
        if (Dot >= 0 || Index == 0 || Name[Index - 1] == ' ' ||
            Count - Index - 1 > RTLP_EXTENSION_CHARACTERS) {
            return FALSE;
        }
        Dot = (LONG)Index;
    }
    return Name[Count - 1] != ' ' && Name[Count - 1] != '.';
}

// TRUE if Name, in upper case of the OEM code page, is a legal 8.3 name; *NameContainsSpaces (optional) is
// set then. OemName (optional): a string whose buffer of 12 bytes or more receives it, if Name is not longer
// than that. IRQL <= APC_LEVEL.
BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces)
{
    CHAR Characters[RTLP_NAME_CHARACTERS];
    OEM_STRING Own = {.MaximumLength = sizeof(Characters), .Buffer = Characters};
    POEM_STRING Oem = OemName != NULL ? OemName : &Own;
    if (Name->Length > RTLP_NAME_CHARACTERS * sizeof(WCHAR) ||
        !NT_SUCCESS(RtlUpcaseUnicodeStringToCountedOemString(Oem, Name, FALSE)) ||
        !RtlpIsShortName(Oem->Buffer, Oem->Length)) {
        return FALSE;
    }
    if (NameContainsSpaces != NULL) {
        *NameContainsSpaces = memchr(Oem->Buffer, ' ', Oem->Length) != NULL;
    }
    return TRUE;
}
