// SPDX-License-Identifier: MIT
// Text between the OEM code page, in which short file names are, and UTF-16.
#include "rtl/string.h"

USHORT NlsOemCodePage = 437;
BOOLEAN NlsMbOemCodePageTag = FALSE;

// ---- Counted text. What does not fit is cut, and that is no error.

NTSTATUS NTAPI RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                PULONG BytesInUnicodeString, PCCH OemString, ULONG BytesInOemString)
{
    ULONG Count = min(BytesInOemString, MaxBytesInUnicodeString / (ULONG)sizeof(WCHAR));
    for (ULONG Index = 0; Index < Count; Index += 1) {
        UnicodeString[Index] = RtlpOemToUnicode((UCHAR)OemString[Index]);
    }
    if (BytesInUnicodeString != NULL) {
        *BytesInUnicodeString = Count * sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    ULONG Count = min(BytesInUnicodeString / (ULONG)sizeof(WCHAR), MaxBytesInOemString);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        OemString[Index] = (CHAR)RtlpUnicodeToOem(UnicodeString[Index]);
    }
    if (BytesInOemString != NULL) {
        *BytesInOemString = Count;
    }
    return STATUS_SUCCESS;
}

// Upper case as the code page can show it: what it lacks is upper-cased after the conversion.
static CHAR RtlpUpcaseOem(WCHAR Unit)
{
    WCHAR Shown = RtlpOemToUnicode(RtlpUnicodeToOem(Unit));
    return (CHAR)RtlpUnicodeToOem(RtlpUpcaseUnit(Shown));
}

NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                      PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    ULONG Count = min(BytesInUnicodeString / (ULONG)sizeof(WCHAR), MaxBytesInOemString);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        OemString[Index] = RtlpUpcaseOem(UnicodeString[Index]);
    }
    if (BytesInOemString != NULL) {
        *BytesInOemString = Count;
    }
    return STATUS_SUCCESS;
}

// ---- Strings

// Sizes that the converted string needs, its terminator included.
ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING OemString)
{
    return (OemString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString)
{
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1u;
}

// Headers make macros of these.
#undef RtlOemStringToUnicodeSize
#undef RtlUnicodeStringToOemSize

ULONG NTAPI RtlOemStringToUnicodeSize(PCOEM_STRING OemString)
{
    return RtlxOemStringToUnicodeSize(OemString);
}

ULONG NTAPI RtlUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString)
{
    return RtlxUnicodeStringToOemSize(UnicodeString);
}

// Whether *Char is in the code page, of which it then becomes the upper case. IRQL PASSIVE_LEVEL.
BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR Char)
{
    UCHAR Upper = (UCHAR)RtlpUpcaseOem(*Char);
    if (Upper == '?' && *Char != L'?') {
        return FALSE;
    }
    *Char = RtlpOemToUnicode(Upper);
    return TRUE;
}

VOID NTAPI RtlFreeOemString(POEM_STRING OemString)
{
    if (OemString->Buffer != NULL) {
        ExFreePool(OemString->Buffer);
        RtlZeroMemory(OemString, sizeof(*OemString));
    }
}

// Terminator: the bytes of one, or 0 for a counted string.
static NTSTATUS RtlpOemToUnicodeString(PUNICODE_STRING Destination, PCOEM_STRING Source, BOOLEAN Allocate,
                                       ULONG Terminator)
{
    ULONG Bytes = Source->Length * (ULONG)sizeof(WCHAR) + Terminator;
    if (Bytes > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (Allocate) {
        PWSTR Buffer = RtlpAllocateString(max(Bytes, 1));
        if (Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        Destination->Buffer = Buffer;
        Destination->MaximumLength = (USHORT)Bytes;
    } else if (Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Destination->Length = (USHORT)(Bytes - Terminator);
    RtlOemToUnicodeN(Destination->Buffer, Destination->Length, NULL, Source->Buffer, Source->Length);
    if (Terminator != 0) {
        Destination->Buffer[Destination->Length / sizeof(WCHAR)] = UNICODE_NULL;
    }
    return STATUS_SUCCESS;
}

// STATUS_INVALID_PARAMETER_2: longer than a UNICODE_STRING can be. STATUS_BUFFER_OVERFLOW: than the caller's
// buffer. STATUS_NO_MEMORY. Nothing is converted then. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                           BOOLEAN AllocateDestinationString)
{
    return RtlpOemToUnicodeString(DestinationString, SourceString, AllocateDestinationString, sizeof(WCHAR));
}

// The same without a terminator.
NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString,
                                                  PCOEM_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString)
{
    return RtlpOemToUnicodeString(DestinationString, SourceString, AllocateDestinationString, 0);
}

typedef NTSTATUS(NTAPI *RTLP_TO_OEM)(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                     PCWCH UnicodeString, ULONG BytesInUnicodeString);

static NTSTATUS RtlpUnicodeToOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate,
                                       ULONG Terminator, RTLP_TO_OEM Convert)
{
    ULONG Bytes = Source->Length / (ULONG)sizeof(WCHAR) + Terminator;
    if (Allocate) {
        PCHAR Buffer = RtlpAllocateString(max(Bytes, 1));
        if (Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        Destination->Buffer = Buffer;
        Destination->MaximumLength = (USHORT)Bytes;
    } else if (Bytes > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Destination->Length = (USHORT)(Bytes - Terminator);
    Convert(Destination->Buffer, Destination->Length, NULL, Source->Buffer, Source->Length);
    if (Terminator != 0) {
        Destination->Buffer[Destination->Length] = '\0';
    }
    return STATUS_SUCCESS;
}

// STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY: nothing is converted then. IRQL PASSIVE_LEVEL, all of them.
NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                           BOOLEAN AllocateDestinationString)
{
    return RtlpUnicodeToOemString(DestinationString, SourceString, AllocateDestinationString, 1,
                                  RtlUnicodeToOemN);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                 BOOLEAN AllocateDestinationString)
{
    return RtlpUnicodeToOemString(DestinationString, SourceString, AllocateDestinationString, 1,
                                  RtlUpcaseUnicodeToOemN);
}

// Without a terminator.
NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                                  PCUNICODE_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString)
{
    return RtlpUnicodeToOemString(DestinationString, SourceString, AllocateDestinationString, 0,
                                  RtlUnicodeToOemN);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                                        PCUNICODE_STRING SourceString,
                                                        BOOLEAN AllocateDestinationString)
{
    return RtlpUnicodeToOemString(DestinationString, SourceString, AllocateDestinationString, 0,
                                  RtlUpcaseUnicodeToOemN);
}
