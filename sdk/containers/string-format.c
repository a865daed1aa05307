// SPDX-License-Identifier: MIT
// Strings by a format.
#include "containers/format.h"

NTSTATUS NTAPI KmStringAppendFormatV(PKM_STRING String, PCWSTR Format, va_list Arguments)
{
    KMP_FORMAT_SINK Sink = {0, NULL, 0, TRUE};
    SIZE_T Count = KmStringCount(String);
    NTSTATUS Status = KmpFormat(&Sink, Format, Arguments);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmStringReserve(String, Sink.Units);
    if (!NT_SUCCESS(Status) || Sink.Units == 0) {
        return Status;
    }
    Sink.Buffer = String->Unicode.Buffer + Count;
    Sink.Room = Sink.Units;
    Sink.Units = 0;
    Status = KmpFormat(&Sink, Format, Arguments);
    // What has changed since it was counted is cut.
    String->Unicode.Length = (USHORT)((Count + min(Sink.Units, Sink.Room)) * sizeof(WCHAR));
    KmStringTruncate(String, KmStringCount(String));
    return Status;
}

NTSTATUS __cdecl KmStringAppendFormat(PKM_STRING String, PCWSTR Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = KmStringAppendFormatV(String, Format, Arguments);
    va_end(Arguments);
    return Status;
}

NTSTATUS __cdecl KmStringFormat(PKM_STRING String, PCWSTR Format, ...)
{
    KM_STRING New = KM_STRING_INIT(String->Allocator);
    SIZE_T Old = KmStringCount(String);
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = KmStringAppendFormatV(String, Format, Arguments);
    if (NT_SUCCESS(Status)) {
        (void)KmpStringSplice(String, 0, Old, NULL, 0);
    } else if (Status == STATUS_NAME_TOO_LONG && Old != 0) {
        // Too long together, perhaps not alone.
        Status = KmStringAppendFormatV(&New, Format, Arguments);
        if (NT_SUCCESS(Status)) {
            KmStringMove(String, &New);
        }
    }
    va_end(Arguments);
    return Status;
}
