// SPDX-License-Identifier: MIT
// STRING and ANSI_STRING: made, copied, compared; and text between the ANSI code page and UTF-16.
#include "rtl/string.h"

// The code page has one byte a character, and says so to the headers' size macros.
USHORT NlsAnsiCodePage = 1252;
BOOLEAN NlsMbCodePageTag = FALSE;

// ---- Making and copying

NTSTATUS NTAPI RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString)
{
    SIZE_T Bytes = SourceString ? strlen(SourceString) : 0;

    if (Bytes > RTLP_MAX_ANSI_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->MaximumLength = SourceString ? (USHORT)(Bytes + 1) : 0;
    DestinationString->Buffer = (PCHAR)SourceString;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
    if (!NT_SUCCESS(RtlInitStringEx(DestinationString, SourceString))) {
        DestinationString->Length = RTLP_MAX_ANSI_BYTES;
        DestinationString->MaximumLength = RTLP_MAX_ANSI_BYTES + 1;
        DestinationString->Buffer = (PCHAR)SourceString;
    }
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    RtlInitString(DestinationString, SourceString);
}

NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSZ SourceString)
{
    return RtlInitStringEx(DestinationString, SourceString);
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    if (AnsiString->Buffer) {
        ExFreePool(AnsiString->Buffer);
        RtlZeroMemory(AnsiString, sizeof(*AnsiString));
    }
}

VOID NTAPI RtlCopyString(PSTRING DestinationString, const PSTRING SourceString)
{
    USHORT Bytes = SourceString ? min(SourceString->Length, DestinationString->MaximumLength) : 0;

    DestinationString->Length = Bytes;
    if (SourceString) {
        memmove(DestinationString->Buffer, SourceString->Buffer, Bytes);
    }
}

static NTSTATUS RtlpAppendBytes(PSTRING Destination, PCCH Source, SIZE_T Bytes)
{
    if (Destination->Length + Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove(Destination->Buffer + Destination->Length, Source, Bytes);
    Destination->Length += (USHORT)Bytes;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
    return RtlpAppendBytes(Destination, Source->Buffer, Source->Length);
}

NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source)
{
    return Source ? RtlpAppendBytes(Destination, Source, strlen(Source)) : STATUS_SUCCESS;
}

// ---- Case and comparing

// A letter whose upper case the code page lacks stays as it is.
CHAR NTAPI RtlUpperChar(CHAR Character)
{
    WCHAR Upper = RtlpUpcaseUnit(RtlpAnsiToUnicode((UCHAR)Character));
    UCHAR Mapped = RtlpUnicodeToAnsi(Upper);

    return Mapped == '?' && Upper != '?' ? Character : (CHAR)Mapped;
}

VOID NTAPI RtlUpperString(PSTRING DestinationString, const PSTRING SourceString)
{
    USHORT Bytes = min(SourceString->Length, DestinationString->MaximumLength);

    for (ULONG Index = 0; Index < Bytes; ++Index) {
        DestinationString->Buffer[Index] = RtlUpperChar(SourceString->Buffer[Index]);
    }
    DestinationString->Length = Bytes;
}

static LONG RtlpCompareBytes(const STRING *String1, const STRING *String2, SIZE_T Count,
                             BOOLEAN CaseInSensitive)
{
    for (SIZE_T Index = 0; Index < Count; ++Index) {
        CHAR Left = String1->Buffer[Index], Right = String2->Buffer[Index];

        if (Left != Right && CaseInSensitive) {
            Left = RtlUpperChar(Left);
            Right = RtlUpperChar(Right);
        }
        if (Left != Right) {
            return (LONG)(UCHAR)Left - (LONG)(UCHAR)Right;
        }
    }
    return 0;
}

LONG NTAPI RtlCompareString(const PSTRING String1, const PSTRING String2, BOOLEAN CaseInSensitive)
{
    LONG Order = RtlpCompareBytes(String1, String2, min(String1->Length, String2->Length), CaseInSensitive);

    return Order != 0 ? Order : (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualString(const PSTRING String1, const PSTRING String2, BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    return String1->Length <= String2->Length &&
           RtlpCompareBytes(String1, String2, String1->Length, CaseInSensitive) == 0;
}

// ---- Conversion of counted text
// ------------------------------------------------------------------------------------- What does not fit is
// cut, and that is no error.

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                      PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                      ULONG BytesInMultiByteString)
{
    ULONG Count = min(BytesInMultiByteString, MaxBytesInUnicodeString / sizeof(WCHAR));

    for (ULONG Index = 0; Index < Count; ++Index) {
        UnicodeString[Index] = RtlpAnsiToUnicode((UCHAR)MultiByteString[Index]);
    }
    if (BytesInUnicodeString) {
        *BytesInUnicodeString = Count * sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                         ULONG BytesInMultiByteString)
{
    UNREFERENCED_PARAMETER(MultiByteString);
    *BytesInUnicodeString = BytesInMultiByteString * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                      PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                      ULONG BytesInUnicodeString)
{
    ULONG Count = min(BytesInUnicodeString / (ULONG)sizeof(WCHAR), MaxBytesInMultiByteString);

    for (ULONG Index = 0; Index < Count; ++Index) {
        MultiByteString[Index] = (CHAR)RtlpUnicodeToAnsi(UnicodeString[Index]);
    }
    if (BytesInMultiByteString) {
        *BytesInMultiByteString = Count;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                            PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                            ULONG BytesInUnicodeString)
{
    ULONG Count = min(BytesInUnicodeString / (ULONG)sizeof(WCHAR), MaxBytesInMultiByteString);

    for (ULONG Index = 0; Index < Count; ++Index) {
        MultiByteString[Index] = (CHAR)RtlpUnicodeToAnsi(RtlpUpcaseUnit(UnicodeString[Index]));
    }
    if (BytesInMultiByteString) {
        *BytesInMultiByteString = Count;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                         ULONG BytesInUnicodeString)
{
    UNREFERENCED_PARAMETER(UnicodeString);
    *BytesInMultiByteString = BytesInUnicodeString / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

// ---- Conversion of strings

// Sizes that the converted string needs, its terminator included.
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
    return (AnsiString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1u;
}

// Headers make macros of these.
#undef RtlAnsiStringToUnicodeSize
#undef RtlUnicodeStringToAnsiSize

ULONG NTAPI RtlAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
    return RtlxAnsiStringToUnicodeSize(AnsiString);
}

ULONG NTAPI RtlUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
    return RtlxUnicodeStringToAnsiSize(UnicodeString);
}

// One character, past which *SourceCharacter moves. (wdm, RtlAnsiStringToUnicodeString)
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *SourceCharacter)
{
    UCHAR Character = *(*SourceCharacter)++;
    return RtlpAnsiToUnicode(Character);
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ULONG Bytes = RtlxAnsiStringToUnicodeSize(SourceString);

    if (Bytes > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (AllocateDestinationString) {
        PWSTR Buffer = RtlpAllocateString(Bytes);

        if (!Buffer) {
            return STATUS_NO_MEMORY;
        }
        DestinationString->Buffer = Buffer;
        DestinationString->MaximumLength = (USHORT)Bytes;
    } else if (Bytes > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    DestinationString->Length = (USHORT)(Bytes - sizeof(WCHAR));
    RtlMultiByteToUnicodeN(DestinationString->Buffer, DestinationString->Length, NULL, SourceString->Buffer,
                           SourceString->Length);
    DestinationString->Buffer[DestinationString->Length / sizeof(WCHAR)] = UNICODE_NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ULONG Bytes = RtlxUnicodeStringToAnsiSize(SourceString);
    NTSTATUS Status = STATUS_SUCCESS;

    if (AllocateDestinationString) {
        PCHAR Buffer = RtlpAllocateString(Bytes);

        if (!Buffer) {
            return STATUS_NO_MEMORY;
        }
        DestinationString->Buffer = Buffer;
        DestinationString->MaximumLength = (USHORT)Bytes;
    } else if (DestinationString->MaximumLength == 0) {
        return STATUS_BUFFER_OVERFLOW;
    } else if (Bytes > DestinationString->MaximumLength) {
        // The part that fits is converted all the same.
        Bytes = DestinationString->MaximumLength;
        Status = STATUS_BUFFER_OVERFLOW;
    }
    DestinationString->Length = (USHORT)(Bytes - 1);
    RtlUnicodeToMultiByteN(DestinationString->Buffer, DestinationString->Length, NULL, SourceString->Buffer,
                           SourceString->Length);
    DestinationString->Buffer[DestinationString->Length] = '\0';
    return Status;
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING DestinationString, PCSZ SourceString)
{
    ANSI_STRING Source;

    return NT_SUCCESS(RtlInitAnsiStringEx(&Source, SourceString)) &&
           NT_SUCCESS(RtlAnsiStringToUnicodeString(DestinationString, &Source, TRUE));
}
