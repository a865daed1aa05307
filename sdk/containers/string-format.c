// SPDX-License-Identifier: MIT
// Strings by a format.
#include "containers/format.h"

// How many units it takes, and whether arguments are the string's own.
static NTSTATUS Count(PKM_STRING String, PCWSTR Format, va_list Arguments, KMP_FORMAT_SINK *Sink)
{
    return KmpFormatCount(Sink, TRUE, String->Unicode.Buffer, String->Unicode.MaximumLength + sizeof(WCHAR),
                          Format, Arguments);
}

// Writes what was counted behind the first Kept units, for which there is room.
static VOID Write(PKM_STRING String, SIZE_T Kept, PCWSTR Format, va_list Arguments, KMP_FORMAT_SINK *Sink)
{
    SIZE_T Units = KmpFormatWrite(Sink, String->Unicode.Buffer + Kept, Format, Arguments);

    String->Unicode.Length = (USHORT)((Kept + Units) * sizeof(WCHAR));
    KmStringTruncate(String, KmStringCount(String));
}

// Lets String be its first Kept units and what was counted, in memory beside its own, for room for Units.
static NTSTATUS WriteBeside(PKM_STRING String, SIZE_T Kept, SIZE_T Units, PCWSTR Format, va_list Arguments,
                            KMP_FORMAT_SINK *Sink)
{
    KM_STRING New = KM_STRING_INIT(String->Allocator);
    NTSTATUS Status = KmStringReserve(&New, Units);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Sink->IsOwn = FALSE;
    Sink->Own = NULL;
    Write(&New, Kept, Format, Arguments, Sink);
    RtlCopyMemory(New.Unicode.Buffer, String->Unicode.Buffer, Kept * sizeof(WCHAR));
    KmStringMove(String, &New);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmStringAppendFormatV(PKM_STRING String, PCWSTR Format, va_list Arguments)
{
    KMP_FORMAT_SINK Sink;
    SIZE_T Kept = KmStringCount(String), Room = String->Unicode.MaximumLength / sizeof(WCHAR);
    NTSTATUS Status = Count(String, Format, Arguments, &Sink);

    if (!NT_SUCCESS(Status) || Sink.Units == 0) {
        return Status;
    }
    if (Sink.IsOwn && Sink.Units <= KM_STRING_MAXIMUM_BYTES / sizeof(WCHAR) - Kept &&
        Sink.Units > Room - Kept) {
        Room = min(max(Kept + Sink.Units, Room * 2), KM_STRING_MAXIMUM_BYTES / sizeof(WCHAR));
        return WriteBeside(String, Kept, Room, Format, Arguments, &Sink);
    }
    Status = KmStringReserve(String, Sink.Units);
    if (NT_SUCCESS(Status)) {
        Write(String, Kept, Format, Arguments, &Sink);
    }
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
    KMP_FORMAT_SINK Sink;
    SIZE_T Old = KmStringCount(String);
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = Count(String, Format, Arguments, &Sink);
    if (NT_SUCCESS(Status) && Sink.Units == 0) {
        KmStringClear(String);
    } else if (NT_SUCCESS(Status) && Sink.IsOwn) {
        Status = WriteBeside(String, 0, Sink.Units, Format, Arguments, &Sink);
    } else if (NT_SUCCESS(Status)) {
        Status = KmStringReserve(String, Sink.Units > Old ? Sink.Units - Old : 0);
        if (NT_SUCCESS(Status)) {
            Write(String, 0, Format, Arguments, &Sink);
        }
    }
    va_end(Arguments);
    return Status;
}
