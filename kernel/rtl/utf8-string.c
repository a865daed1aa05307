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
