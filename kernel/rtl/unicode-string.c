// SPDX-License-Identifier: MIT
// UNICODE_STRING: made, copied, compared, case. Conversions to narrow text are in ansi-string.c, numbers in
// string-number.c.
#include "rtl/string.h"

// ---- Making

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    SIZE_T Bytes = SourceString ? wcslen(SourceString) * sizeof(WCHAR) : 0;

    if (Bytes > RTLP_MAX_UNICODE_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->MaximumLength = SourceString ? (USHORT)(Bytes + sizeof(WCHAR)) : 0;
    DestinationString->Buffer = (PWSTR)SourceString;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    // What is too long is cut, as nothing else can be said.
    if (!NT_SUCCESS(RtlInitUnicodeStringEx(DestinationString, SourceString))) {
        DestinationString->Length = RTLP_MAX_UNICODE_BYTES;
        DestinationString->MaximumLength = RTLP_MAX_UNICODE_BYTES + sizeof(WCHAR);
        DestinationString->Buffer = (PWSTR)SourceString;
    }
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    UNICODE_STRING Source;

    return NT_SUCCESS(RtlInitUnicodeStringEx(&Source, SourceString)) &&
           NT_SUCCESS(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE |
                                                    RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING,
                                                &Source, DestinationString));
}

NTSTATUS NTAPI RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String)
{
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (String &&
        (String->Length % sizeof(WCHAR) != 0 || String->MaximumLength % sizeof(WCHAR) != 0 ||
         String->Length > String->MaximumLength || (!String->Buffer && String->MaximumLength != 0))) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING SourceString,
                                         PUNICODE_STRING DestinationString)
{
    const ULONG Known =
        RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE | RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING;
    SIZE_T Bytes;
    PWSTR Buffer = NULL;

    if ((Flags & ~Known) != 0 || Flags == RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING ||
        !DestinationString || !NT_SUCCESS(RtlValidateUnicodeString(0, SourceString))) {
        return STATUS_INVALID_PARAMETER;
    }
    Bytes = SourceString ? SourceString->Length : 0;
    if ((Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) && Bytes > RTLP_MAX_UNICODE_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    if (Bytes != 0 || (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING)) {
        SIZE_T Maximum = Bytes + (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE ? sizeof(WCHAR) : 0);

        Buffer = RtlpAllocateString(Maximum);
        if (!Buffer) {
            return STATUS_NO_MEMORY;
        }
        memcpy(Buffer, SourceString ? SourceString->Buffer : NULL, Bytes);
        if (Maximum > Bytes) {
            Buffer[Bytes / sizeof(WCHAR)] = UNICODE_NULL;
        }
        DestinationString->MaximumLength = (USHORT)Maximum;
    } else {
        DestinationString->MaximumLength = 0;
    }
    DestinationString->Length = (USHORT)Bytes;
    DestinationString->Buffer = Buffer;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    if (UnicodeString->Buffer) {
        ExFreePool(UnicodeString->Buffer);
        RtlZeroMemory(UnicodeString, sizeof(*UnicodeString));
    }
}

// ---- Copying

// Puts a terminator behind the string if its buffer has room for one.
static VOID RtlpTerminate(PUNICODE_STRING String)
{
    if ((SIZE_T)String->Length + sizeof(WCHAR) <= String->MaximumLength) {
        String->Buffer[String->Length / sizeof(WCHAR)] = UNICODE_NULL;
    }
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    USHORT Bytes = SourceString ? min(SourceString->Length, DestinationString->MaximumLength) : 0;

    DestinationString->Length = Bytes;
    if (SourceString) {
        memmove(DestinationString->Buffer, SourceString->Buffer, Bytes);
        RtlpTerminate(DestinationString);
    }
}

static NTSTATUS RtlpAppend(PUNICODE_STRING Destination, const WCHAR *Source, SIZE_T Bytes)
{
    if (Destination->Length + Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove((PUCHAR)Destination->Buffer + Destination->Length, Source, Bytes);
    Destination->Length += (USHORT)Bytes;
    if (Bytes != 0) {
        RtlpTerminate(Destination);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    return RtlpAppend(Destination, Source->Buffer, Source->Length);
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    return Source ? RtlpAppend(Destination, Source, wcslen(Source) * sizeof(WCHAR)) : STATUS_SUCCESS;
}

// ---- Case

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
    return RtlpUpcaseUnit(SourceCharacter);
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
    return RtlpDowncaseUnit(SourceCharacter);
}

static NTSTATUS RtlpMapString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate,
                              unsigned short (*MapUnit)(unsigned short))
{
    if (Allocate) {
        PWSTR Buffer = RtlpAllocateString(Source->Length);

        if (!Buffer) {
            return STATUS_NO_MEMORY;
        }
        Destination->Buffer = Buffer;
        Destination->MaximumLength = Source->Length;
    } else if (Source->Length > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < Source->Length / sizeof(WCHAR); ++Index) {
        Destination->Buffer[Index] = MapUnit(Source->Buffer[Index]);
    }
    Destination->Length = Source->Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    return RtlpMapString(DestinationString, SourceString, AllocateDestinationString, RtlpUpcaseUnit);
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                        BOOLEAN AllocateDestinationString)
{
    return RtlpMapString(DestinationString, SourceString, AllocateDestinationString, RtlpDowncaseUnit);
}

// ---- Comparing

LONG NTAPI RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length,
                                    BOOLEAN CaseInSensitive)
{
    SIZE_T Common = min(String1Length, String2Length);

    for (SIZE_T Index = 0; Index < Common; ++Index) {
        WCHAR Left = String1[Index], Right = String2[Index];

        if (Left != Right && CaseInSensitive) {
            Left = RtlpUpcaseUnit(Left);
            Right = RtlpUpcaseUnit(Right);
        }
        if (Left != Right) {
            return (LONG)Left - (LONG)Right;
        }
    }
    return (LONG)String1Length - (LONG)String2Length;
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                   BOOLEAN CaseInSensitive)
{
    return RtlCompareUnicodeStrings(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer,
                                    String2->Length / sizeof(WCHAR), CaseInSensitive);
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                    BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length &&
           RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                     BOOLEAN CaseInSensitive)
{
    SIZE_T Length = String1->Length / sizeof(WCHAR);

    return String1->Length <= String2->Length &&
           RtlCompareUnicodeStrings(String1->Buffer, Length, String2->Buffer, Length, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                     BOOLEAN CaseInSensitive)
{
    SIZE_T Length = String1->Length / sizeof(WCHAR), Whole = String2->Length / sizeof(WCHAR);

    return Length <= Whole &&
           RtlCompareUnicodeStrings(String1->Buffer, Length, String2->Buffer + Whole - Length, Length,
                                    CaseInSensitive) == 0;
}

// The first place in FullString at which SearchString stands, NULL if there is none.
PWCHAR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING FullString, PCUNICODE_STRING SearchString,
                                     BOOLEAN CaseInSensitive)
{
    SIZE_T Whole = FullString->Length / sizeof(WCHAR), Length = SearchString->Length / sizeof(WCHAR);

    for (SIZE_T Index = 0; Index + Length <= Whole; ++Index) {
        if (RtlCompareUnicodeStrings(FullString->Buffer + Index, Length, SearchString->Buffer, Length,
                                     CaseInSensitive) == 0) {
            return FullString->Buffer + Index;
        }
    }
    return NULL;
}

NTSTATUS NTAPI RtlHashUnicodeString(const UNICODE_STRING *String, BOOLEAN CaseInSensitive,
                                    ULONG HashAlgorithm, PULONG HashValue)
{
    ULONG Hash = 0;

    if (!String || !HashValue ||
        (HashAlgorithm != HASH_STRING_ALGORITHM_DEFAULT && HashAlgorithm != HASH_STRING_ALGORITHM_X65599)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < String->Length / sizeof(WCHAR); ++Index) {
        WCHAR Unit = String->Buffer[Index];

        Hash = Hash * 65599 + (CaseInSensitive ? RtlpUpcaseUnit(Unit) : Unit);
    }
    *HashValue = Hash;
    return STATUS_SUCCESS;
}
