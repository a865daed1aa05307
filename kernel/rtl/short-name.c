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

// ---- Names that are made

#define RTLP_FIRST_CHARACTERS 6 // of a name, in front of ~1
#define RTLP_FEW_CHARACTERS   2 // not more: a checksum makes it longer
#define RTLP_PLAIN_TRIES      4 // ~1 to ~4; from then on with a checksum
#define RTLP_MOST_TRIES       999999

// The character of a short name that Unit becomes; 0: none.
static WCHAR RtlpShortNameUnit(WCHAR Unit, BOOLEAN AllowExtendedCharacters)
{
    static const WCHAR Replaced[] = L":;,+=[]";
    for (ULONG Index = 0; Replaced[Index] != 0; Index += 1) {
        if (Unit == Replaced[Index]) {
            return L'_';
        }
    }
    if (Unit == L' ' || Unit == L'.' || (Unit > 0x7F && !AllowExtendedCharacters) ||
        !RtlIsValidOemCharacter(&Unit)) {
        return 0;
    }
    return Unit > 0x7F || RtlpIsShortNameCharacter((CHAR)Unit) ? Unit : 0;
}

static ULONG RtlpTakeUnits(PCUNICODE_STRING Name, ULONG From, ULONG To, BOOLEAN AllowExtendedCharacters,
                           PWCHAR Units, ULONG Most)
{
    ULONG Count = 0;
    for (ULONG Index = From; Index < To && Count < Most; Index += 1) {
        WCHAR Unit = RtlpShortNameUnit(Name->Buffer[Index], AllowExtendedCharacters);
        if (Unit != 0) {
            Units[Count++] = Unit;
        }
    }
    return Count;
}

// Puts four digits of the long name's checksum behind its first two characters.
static VOID RtlpInsertChecksum(PGENERATE_NAME_CONTEXT Context)
{
    Context->NameLength = min(Context->NameLength, RTLP_FEW_CHARACTERS);
    for (ULONG Digit = 0; Digit < 4; Digit += 1) {
        Context->NameBuffer[Context->NameLength++] =
            L"0123456789ABCDEF"[Context->Checksum >> (12 - 4 * Digit) & 0xF];
    }
    Context->CheckSumInserted = TRUE;
}

// What the first call keeps for the others.
static VOID RtlpBeginName(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters,
                          PGENERATE_NAME_CONTEXT Context)
{
    ULONG Count = Name->Length / sizeof(WCHAR), First = 0, Dot = Count;
    while (First < Count && Name->Buffer[First] == L'.') {
        First += 1;
    }
    for (ULONG Index = First; Index < Count; Index += 1) {
        Context->Checksum =
            (USHORT)((Context->Checksum << 3 | Context->Checksum >> 13) + Name->Buffer[Index]);
        if (Name->Buffer[Index] == L'.') {
            Dot = Index;
        }
    }
    Context->NameLength = (UCHAR)RtlpTakeUnits(Name, First, Dot, AllowExtendedCharacters, Context->NameBuffer,
                                               RTLP_FIRST_CHARACTERS);
    ULONG Extension = RtlpTakeUnits(Name, Dot, Count, AllowExtendedCharacters, Context->ExtensionBuffer + 1,
                                    RTLP_EXTENSION_CHARACTERS);
    if (Extension != 0) {
        Context->ExtensionBuffer[0] = L'.';
        Context->ExtensionLength = Extension + 1;
    }
    if (Context->NameLength <= RTLP_FEW_CHARACTERS) {
        RtlpInsertChecksum(Context);
    }
}

// A short name for the long one, another one at each call with the same Context, which is zero for the first.
// STATUS_FILE_SYSTEM_LIMITATION: a million have been made. IRQL < DISPATCH_LEVEL. (ntifs,
// RtlGenerate8dot3Name)
NTSTATUS NTAPI RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters,
                                    PGENERATE_NAME_CONTEXT Context, PUNICODE_STRING Name8dot3)
{
    WCHAR Tail[RTLP_BASE_CHARACTERS];
    ULONG TailLength = 0;
    if (Context->LastIndexValue == 0 && !Context->CheckSumInserted) {
        RtlpBeginName(Name, AllowExtendedCharacters, Context);
    }
    if (Context->LastIndexValue >= RTLP_MOST_TRIES) {
        return STATUS_FILE_SYSTEM_LIMITATION;
    }
    Context->LastIndexValue += 1;
    if (Context->LastIndexValue > RTLP_PLAIN_TRIES && !Context->CheckSumInserted) {
        RtlpInsertChecksum(Context);
        Context->LastIndexValue = 1;
    }
    for (ULONG Value = Context->LastIndexValue; Value != 0; Value /= 10) {
        Tail[RTLP_BASE_CHARACTERS - ++TailLength] = (WCHAR)(L'0' + Value % 10);
    }
    Tail[RTLP_BASE_CHARACTERS - ++TailLength] = L'~';
    ULONG Base = min(Context->NameLength, RTLP_BASE_CHARACTERS - TailLength), Length = Base + TailLength;
    RtlCopyMemory(Name8dot3->Buffer, Context->NameBuffer, Base * sizeof(WCHAR));
    RtlCopyMemory(Name8dot3->Buffer + Base, Tail + RTLP_BASE_CHARACTERS - TailLength,
                  TailLength * sizeof(WCHAR));
    RtlCopyMemory(Name8dot3->Buffer + Length, Context->ExtensionBuffer,
                  Context->ExtensionLength * sizeof(WCHAR));
    Name8dot3->Length = (USHORT)((Length + Context->ExtensionLength) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}
