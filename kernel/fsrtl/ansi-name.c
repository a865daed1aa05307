// SPDX-License-Identifier: MIT
// Names of files in the ANSI code page, which has single bytes only.
#include "inc/kernel.h"
#include "fsrtl/name.h"

#define FSRTLP_FAT_NAME      8
#define FSRTLP_FAT_EXTENSION 3
#define FSRTLP_HPFS_NAME     255

#define F FSRTL_FAT_LEGAL
#define H FSRTL_HPFS_LEGAL
#define N FSRTL_NTFS_LEGAL
#define W FSRTL_WILD_CHARACTER
#define O FSRTL_OLE_LEGAL

// What each byte may be part of. NTFS and HPFS refuse what the object manager and the wild cards take, FAT's
// short names a few more; OLE's streams may have control characters.
static const UCHAR FsRtlpLegalCharacters[128] = {
    [0x01 ... 0x1F] = O,
    [' '] = F | H | N | O,
    ['!'] = F | H | N | O,
    ['"'] = W | O,
    ['#' ... ')'] = F | H | N | O,
    ['*'] = W | O,
    ['+'] = H | N | O,
    [','] = H | N | O,
    ['-'] = F | H | N | O,
    ['.'] = H | N | O,
    ['/'] = 0,
    ['0' ... '9'] = F | H | N | O,
    [':'] = 0,
    [';'] = H | N | O,
    ['<'] = W | O,
    ['='] = H | N | O,
    ['>'] = W | O,
    ['?'] = W | O,
    ['@' ... 'Z'] = F | H | N | O,
    ['['] = H | N | O,
    ['\\'] = 0,
    [']'] = H | N | O,
    ['^' ... '{'] = F | H | N | O,
    ['|'] = O,
    ['}' ... 0x7F] = F | H | N | O,
};

const UCHAR *const FsRtlLegalAnsiCharacterArray = FsRtlpLegalCharacters;

static BOOLEAN FsRtlpIsLegal(UCHAR Character, UCHAR Flags)
{
    return Character >= 0x80 || (FsRtlpLegalCharacters[Character] & Flags) != 0;
}

VOID NTAPI FsRtlDissectDbcs(ANSI_STRING Name, PANSI_STRING FirstPart, PANSI_STRING RemainingPart)
{
    ULONG First = Name.Length != 0 && Name.Buffer[0] == '\\' ? 1 : 0, End = First;
    RtlZeroMemory(FirstPart, sizeof(*FirstPart));
    RtlZeroMemory(RemainingPart, sizeof(*RemainingPart));
    if (Name.Length == 0) {
        return;
    }
    while (End < Name.Length && Name.Buffer[End] != '\\') {
        End += 1;
    }
    FirstPart->Buffer = Name.Buffer + First;
    FirstPart->Length = FirstPart->MaximumLength = (USHORT)(End - First);
    if (End < Name.Length) {
        RemainingPart->Buffer = Name.Buffer + End + 1;
        RemainingPart->Length = RemainingPart->MaximumLength = (USHORT)(Name.Length - End - 1);
    }
}

BOOLEAN NTAPI FsRtlDoesDbcsContainWildCards(PANSI_STRING Name)
{
    for (ULONG Index = 0; Index < Name->Length; Index += 1) {
        UCHAR Character = (UCHAR)Name->Buffer[Index];
        if (Character < 0x80 && (FsRtlpLegalCharacters[Character] & FSRTL_WILD_CHARACTER)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI FsRtlIsDbcsInExpression(PANSI_STRING Expression, PANSI_STRING Name)
{
    UNICODE_STRING WideExpression, WideName;
    BOOLEAN Matches = FALSE;
    if (Expression->Length == 0 || Name->Length == 0) {
        return Expression->Length == Name->Length;
    }
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(&WideExpression, Expression, TRUE))) {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(&WideName, Name, TRUE))) {
        RtlFreeUnicodeString(&WideExpression);
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    __try {
        Matches = FsRtlIsNameInExpression(&WideExpression, &WideName, FALSE, NULL);
    } __finally {
        RtlFreeUnicodeString(&WideName);
        RtlFreeUnicodeString(&WideExpression);
    }
    return Matches;
}

// Whether each part of a path is legal by IsLegal; Path FALSE: a backslash never is.
static BOOLEAN FsRtlpIsPathLegal(ANSI_STRING Name, BOOLEAN Path, BOOLEAN LeadingBackslash,
                                 BOOLEAN (*IsLegal)(const ANSI_STRING *Part, UCHAR Wild), UCHAR Wild)
{
    if (Name.Length != 0 && Name.Buffer[0] == '\\') {
        if (!LeadingBackslash) {
            return FALSE;
        }
        if (Name.Length == 1) {
            return TRUE;
        }
    }
    for (BOOLEAN Any = FALSE;; Any = TRUE) {
        ANSI_STRING Part, Rest;
        FsRtlDissectDbcs(Name, &Part, &Rest);
        if ((Any && !Path) || !IsLegal(&Part, Wild)) {
            return FALSE;
        }
        if (Rest.Length == 0) {
            // What ends in a backslash names nothing.
            return Rest.Buffer == NULL;
        }
        if (Rest.Buffer[0] == '\\') {
            return FALSE;
        }
        Name = Rest;
    }
}

// At most eight characters and three behind a period, not in front of it or behind by a blank.
static BOOLEAN FsRtlpIsFatPart(const ANSI_STRING *Part, UCHAR Wild)
{
    ULONG Name = 0, Extension = 0;
    BOOLEAN Dot = FALSE;
    if (Part->Length == 0) {
        return FALSE;
    }
    if (Part->Buffer[0] == '.') {
        // The folder itself and the one that it is in.
        return Part->Length == 1 || (Part->Length == 2 && Part->Buffer[1] == '.');
    }
    for (ULONG Index = 0; Index < Part->Length; Index += 1) {
        UCHAR Character = (UCHAR)Part->Buffer[Index];
        if (Character == '.' || (Wild != 0 && Character == ANSI_DOS_DOT)) {
            if (Dot || Part->Buffer[Index - 1] == ' ') {
                return FALSE;
            }
            Dot = TRUE;
            continue;
        }
        if (!FsRtlpIsLegal(Character, FSRTL_FAT_LEGAL | Wild)) {
            return FALSE;
        }
        Name += !Dot;
        Extension += Dot;
    }
    CHAR Last = Part->Buffer[Part->Length - 1];
    return Name <= FSRTLP_FAT_NAME && Extension <= FSRTLP_FAT_EXTENSION && Last != ' ' && Last != '.';
}

static BOOLEAN FsRtlpIsHpfsPart(const ANSI_STRING *Part, UCHAR Wild)
{
    if (Part->Length == 0 || Part->Length > FSRTLP_HPFS_NAME) {
        return FALSE;
    }
    if (Part->Buffer[0] == '.' && (Part->Length == 1 || (Part->Length == 2 && Part->Buffer[1] == '.'))) {
        return TRUE;
    }
    for (ULONG Index = 0; Index < Part->Length; Index += 1) {
        if (!FsRtlpIsLegal((UCHAR)Part->Buffer[Index], FSRTL_HPFS_LEGAL | Wild)) {
            return FALSE;
        }
    }
    CHAR Last = Part->Buffer[Part->Length - 1];
    return Last != ' ' && Last != '.';
}

BOOLEAN NTAPI FsRtlIsFatDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible,
                                  BOOLEAN PathNamePermissible, BOOLEAN LeadingBackslashPermissible)
{
    return FsRtlpIsPathLegal(DbcsName, PathNamePermissible, LeadingBackslashPermissible, FsRtlpIsFatPart,
                             WildCardsPermissible ? FSRTL_WILD_CHARACTER : 0);
}

BOOLEAN NTAPI FsRtlIsHpfsDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible,
                                   BOOLEAN PathNamePermissible, BOOLEAN LeadingBackslashPermissible)
{
    return FsRtlpIsPathLegal(DbcsName, PathNamePermissible, LeadingBackslashPermissible, FsRtlpIsHpfsPart,
                             WildCardsPermissible ? FSRTL_WILD_CHARACTER : 0);
}
