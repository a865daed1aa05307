// SPDX-License-Identifier: MIT
// Narrow strings by a format.
#include "containers/format.h"

// How many bytes it takes, and whether arguments are the string's own.
static NTSTATUS Count(PKM_UTF8_STRING String, PCSTR Format, va_list Arguments, KMP_FORMAT_SINK *Sink)
{
    return KmpFormatCount(Sink, FALSE, String->Utf8.Buffer, (SIZE_T)String->Utf8.MaximumLength + 1, Format,
                          Arguments);
}

// Writes what was counted behind the first Kept bytes, for which there is room.
static VOID Write(PKM_UTF8_STRING String, SIZE_T Kept, PCSTR Format, va_list Arguments, KMP_FORMAT_SINK *Sink)
{
    SIZE_T Bytes = KmpFormatWrite(Sink, String->Utf8.Buffer + Kept, Format, Arguments);

    String->Utf8.Length = (USHORT)(Kept + Bytes);
    String->Utf8.Buffer[String->Utf8.Length] = '\0';
}

// Lets String be its first Kept bytes and what was counted, in memory beside its own, for room for Bytes.
static NTSTATUS WriteBeside(PKM_UTF8_STRING String, SIZE_T Kept, SIZE_T Bytes, PCSTR Format,
                            va_list Arguments, KMP_FORMAT_SINK *Sink)
{
    KM_UTF8_STRING New = KM_UTF8_STRING_INIT(String->Allocator);
    NTSTATUS Status = KmUtf8StringReserve(&New, Bytes);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Sink->IsOwn = FALSE;
    Sink->Own = NULL;
    Write(&New, Kept, Format, Arguments, Sink);
    RtlCopyMemory(New.Utf8.Buffer, String->Utf8.Buffer, Kept);
    KmUtf8StringFree(String);
    *String = New;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUtf8StringAppendFormatV(PKM_UTF8_STRING String, PCSTR Format, va_list Arguments)
{
    KMP_FORMAT_SINK Sink;
    SIZE_T Kept = String->Utf8.Length, Room = String->Utf8.MaximumLength;
    NTSTATUS Status = Count(String, Format, Arguments, &Sink);

    if (!NT_SUCCESS(Status) || Sink.Units == 0) {
        return Status;
    }
    if (Sink.IsOwn && Sink.Units <= KM_UTF8_STRING_MAXIMUM_BYTES - Kept && Sink.Units > Room - Kept) {
        Room = min(max(Kept + Sink.Units, Room * 2), KM_UTF8_STRING_MAXIMUM_BYTES);
        return WriteBeside(String, Kept, Room, Format, Arguments, &Sink);
    }
    Status = KmUtf8StringReserve(String, Sink.Units);
    if (NT_SUCCESS(Status)) {
        Write(String, Kept, Format, Arguments, &Sink);
    }
    return Status;
}

NTSTATUS __cdecl KmUtf8StringAppendFormat(PKM_UTF8_STRING String, PCSTR Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = KmUtf8StringAppendFormatV(String, Format, Arguments);
    va_end(Arguments);
    return Status;
}

NTSTATUS __cdecl KmUtf8StringFormat(PKM_UTF8_STRING String, PCSTR Format, ...)
{
    KMP_FORMAT_SINK Sink;
    SIZE_T Old = String->Utf8.Length;
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = Count(String, Format, Arguments, &Sink);
    if (NT_SUCCESS(Status) && Sink.Units == 0) {
        KmUtf8StringTruncate(String, 0);
    } else if (NT_SUCCESS(Status) && Sink.IsOwn) {
        Status = WriteBeside(String, 0, Sink.Units, Format, Arguments, &Sink);
    } else if (NT_SUCCESS(Status)) {
        Status = KmUtf8StringReserve(String, Sink.Units > Old ? Sink.Units - Old : 0);
        if (NT_SUCCESS(Status)) {
            Write(String, 0, Format, Arguments, &Sink);
        }
    }
    va_end(Arguments);
    return Status;
}
