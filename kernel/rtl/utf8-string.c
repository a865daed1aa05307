// SPDX-License-Identifier: MIT
// UTF-8 text and strings to UTF-16 and back.
#include "rtl/string.h"

// A NULL destination asks for the size. With a buffer that is too small as many whole characters as fit are
// written, and STATUS_BUFFER_TOO_SMALL returned; else STATUS_SOME_NOT_MAPPED if something was not
// well-formed.
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
                                 PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
                                 ULONG UnicodeStringByteCount)
{
    ULONG Count = UnicodeStringByteCount / sizeof(WCHAR), Written = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!UnicodeStringSource) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (UnicodeStringByteCount % sizeof(WCHAR) != 0) {
        return STATUS_INVALID_PARAMETER_5;
    }
    if (!UTF8StringDestination && !UTF8StringActualByteCount) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < Count;) {
        UCHAR Bytes[RTLP_UTF8_MAX_BYTES];
        unsigned int ByteCount;
        int Valid;

        Index += RtlpEncodeUtf8(UnicodeStringSource + Index, Count - Index, Bytes, &ByteCount, &Valid);
        if (UTF8StringDestination) {
            if (ByteCount > UTF8StringMaxByteCount - Written) {
                Status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy(UTF8StringDestination + Written, Bytes, ByteCount);
        }
        Written += ByteCount;
        if (!Valid) {
            Status = STATUS_SOME_NOT_MAPPED;
        }
    }
    if (UTF8StringActualByteCount) {
        *UTF8StringActualByteCount = Written;
    }
    return Status;
}

NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                                 PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
                                 ULONG UTF8StringByteCount)
{
    ULONG Written = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!UTF8StringSource) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (!UnicodeStringDestination && !UnicodeStringActualByteCount) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < UTF8StringByteCount;) {
        USHORT Units[2];
        unsigned int UnitCount;
        int Valid;

        Index += RtlpDecodeUtf8((const UCHAR *)UTF8StringSource + Index, UTF8StringByteCount - Index, Units,
                                &UnitCount, &Valid);
        if (UnicodeStringDestination) {
            if (UnitCount * sizeof(WCHAR) > UnicodeStringMaxByteCount - Written) {
                Status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy((PUCHAR)UnicodeStringDestination + Written, Units, UnitCount * sizeof(WCHAR));
        }
        Written += UnitCount * (ULONG)sizeof(WCHAR);
        if (!Valid) {
            Status = STATUS_SOME_NOT_MAPPED;
        }
    }
    if (UnicodeStringActualByteCount) {
        *UnicodeStringActualByteCount = Written;
    }
    return Status;
}

// ---- Strings

VOID NTAPI RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString)
{
    RtlInitString(DestinationString, SourceString);
}

// STATUS_NAME_TOO_LONG: more than MAXUSHORT - 1 bytes.
NTSTATUS NTAPI RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSZ SourceString)
{
    return RtlInitStringEx(DestinationString, SourceString);
}

VOID NTAPI RtlFreeUTF8String(PUTF8_STRING String)
{
    RtlFreeAnsiString(String);
}

// Of a UTF8_STRING or UNICODE_STRING that a conversion fills.
typedef struct _RTLP_DESTINATION {
    PVOID *Buffer;
    PUSHORT Length, MaximumLength;
    ULONG TerminatorBytes;
} RTLP_DESTINATION;

// Makes room for Bytes and a terminator, or finds how many of Bytes the caller's buffer has room for, which
// *Room becomes: STATUS_BUFFER_OVERFLOW if not for all.
static NTSTATUS RtlpMakeRoom(const RTLP_DESTINATION *Destination, ULONG Bytes, BOOLEAN Allocate, PULONG Room)
{
    *Room = Bytes;
    if (Bytes + Destination->TerminatorBytes > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (!Allocate) {
        *Room = min(Bytes, *Destination->MaximumLength);
        return Bytes > *Destination->MaximumLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    PVOID Buffer = RtlpAllocateString(Bytes + Destination->TerminatorBytes);
    if (Buffer == NULL) {
        return STATUS_NO_MEMORY;
    }
    *Destination->Buffer = Buffer;
    *Destination->MaximumLength = (USHORT)(Bytes + Destination->TerminatorBytes);
    return STATUS_SUCCESS;
}

static VOID RtlpFinish(const RTLP_DESTINATION *Destination, ULONG Written)
{
    *Destination->Length = (USHORT)Written;
    if (Written + Destination->TerminatorBytes <= *Destination->MaximumLength) {
        // NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg): what has room has a buffer
        RtlZeroMemory((PUCHAR)*Destination->Buffer + Written, Destination->TerminatorBytes);
    }
}

// A terminator is put behind the text where there is room for one. STATUS_BUFFER_OVERFLOW: as many whole
// characters as fit are there; STATUS_SOME_NOT_MAPPED; STATUS_INVALID_PARAMETER_1, _2 (NULL, or too long for
// a string), _5 (half a unit); STATUS_NO_MEMORY. IRQL PASSIVE_LEVEL. (ntifs, RtlUnicodeStringToUTF8String)
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ULONG Bytes, Room, Written;
    if (DestinationString == NULL) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (SourceString == NULL || (SourceString->Buffer == NULL && SourceString->Length != 0)) {
        return STATUS_INVALID_PARAMETER_2;
    }
    const RTLP_DESTINATION Destination = {(PVOID *)&DestinationString->Buffer, &DestinationString->Length,
                                          &DestinationString->MaximumLength, sizeof(CHAR)};
    PCWCH Source = SourceString->Buffer != NULL ? SourceString->Buffer : L"";
    NTSTATUS Mapped = RtlUnicodeToUTF8N(NULL, 0, &Bytes, Source, SourceString->Length);
    if (!NT_SUCCESS(Mapped)) {
        return Mapped;
    }
    NTSTATUS Status = RtlpMakeRoom(&Destination, Bytes, AllocateDestinationString, &Room);
    if (NT_ERROR(Status)) {
        return Status;
    }
    RtlUnicodeToUTF8N(DestinationString->Buffer, Room, &Written, Source, SourceString->Length);
    RtlpFinish(&Destination, Written);
    return Status == STATUS_SUCCESS ? Mapped : Status;
}

// The same the other way round. (ntifs, RtlUTF8StringToUnicodeString)
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ULONG Bytes, Room, Written;
    if (DestinationString == NULL) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (SourceString == NULL || (SourceString->Buffer == NULL && SourceString->Length != 0)) {
        return STATUS_INVALID_PARAMETER_2;
    }
    const RTLP_DESTINATION Destination = {(PVOID *)&DestinationString->Buffer, &DestinationString->Length,
                                          &DestinationString->MaximumLength, sizeof(WCHAR)};
    PCCH Source = SourceString->Buffer != NULL ? SourceString->Buffer : "";
    NTSTATUS Mapped = RtlUTF8ToUnicodeN(NULL, 0, &Bytes, Source, SourceString->Length);
    NTSTATUS Status = RtlpMakeRoom(&Destination, Bytes, AllocateDestinationString, &Room);
    if (NT_ERROR(Status)) {
        return Status;
    }
    RtlUTF8ToUnicodeN(DestinationString->Buffer, Room, &Written, Source, SourceString->Length);
    RtlpFinish(&Destination, Written);
    return Status == STATUS_SUCCESS ? Mapped : Status;
}
