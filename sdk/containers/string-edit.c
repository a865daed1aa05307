// SPDX-License-Identifier: MIT
// Text that a string gets, and loses.
#include <kmode.h>

NTSTATUS NTAPI KmStringAssign(PKM_STRING String, PCUNICODE_STRING Text)
{
    return KmpStringSplice(String, 0, KmStringCount(String), Text->Buffer, Text->Length / sizeof(WCHAR));
}

NTSTATUS NTAPI KmStringAppend(PKM_STRING String, PCUNICODE_STRING Text)
{
    return KmpStringSplice(String, KmStringCount(String), 0, Text->Buffer, Text->Length / sizeof(WCHAR));
}

NTSTATUS NTAPI KmStringAppendText(PKM_STRING String, PCWSTR Text)
{
    return KmpStringSplice(String, KmStringCount(String), 0, Text, wcslen(Text));
}

NTSTATUS NTAPI KmStringAppendUnits(PKM_STRING String, PCWCH Units, SIZE_T Count)
{
    return KmpStringSplice(String, KmStringCount(String), 0, Units, Count);
}

NTSTATUS NTAPI KmStringAppendChar(PKM_STRING String, WCHAR Unit)
{
    return KmpStringSplice(String, KmStringCount(String), 0, &Unit, 1);
}

NTSTATUS NTAPI KmStringInsert(PKM_STRING String, SIZE_T Index, PCUNICODE_STRING Text)
{
    if (Index > KmStringCount(String)) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    return KmpStringSplice(String, Index, 0, Text->Buffer, Text->Length / sizeof(WCHAR));
}

NTSTATUS NTAPI KmStringRemove(PKM_STRING String, SIZE_T Index, SIZE_T Count)
{
    if (Index > KmStringCount(String) || Count > KmStringCount(String) - Index) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    return KmpStringSplice(String, Index, Count, NULL, 0);
}

VOID NTAPI KmStringTrim(PKM_STRING String, PCWSTR Units)
{
    UNICODE_STRING Part = String->Unicode;

    KmUnicodeTrim(&Part, Units);
    if (Part.Length != 0) {
        RtlMoveMemory(String->Unicode.Buffer, Part.Buffer, Part.Length);
    }
    KmStringTruncate(String, Part.Length / sizeof(WCHAR));
}
