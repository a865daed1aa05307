// SPDX-License-Identifier: MIT
// Narrow strings by a format.
#include "containers/format.h"

NTSTATUS NTAPI KmUtf8StringAppendFormatV(PKM_UTF8_STRING String, PCSTR Format, va_list Arguments)
{
    KMP_FORMAT_SINK Sink = {0, NULL, 0, FALSE};
    SIZE_T Length = String->Utf8.Length;
    NTSTATUS Status = KmpFormat(&Sink, Format, Arguments);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmUtf8StringReserve(String, Sink.Units);
    if (!NT_SUCCESS(Status) || Sink.Units == 0) {
        return Status;
    }
    Sink.Buffer = String->Utf8.Buffer + Length;
    Sink.Room = Sink.Units;
    Sink.Units = 0;
    Status = KmpFormat(&Sink, Format, Arguments);
    // What has changed since it was counted is cut.
    String->Utf8.Length = (USHORT)(Length + min(Sink.Units, Sink.Room));
    String->Utf8.Buffer[String->Utf8.Length] = '\0';
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
    KM_UTF8_STRING New = KM_UTF8_STRING_INIT(String->Allocator);
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = KmUtf8StringAppendFormatV(&New, Format, Arguments);
    va_end(Arguments);
    if (NT_SUCCESS(Status)) {
        KmUtf8StringFree(String);
        *String = New;
    }
    return Status;
}
