// SPDX-License-Identifier: MIT
// Security identifiers.
#include "rtl/security.h"

#include <stdarg.h>

#include "rtl/string.h"

// Of the C run time (rtl/crt).
int __cdecl sprintf(char *Buffer, const char *Format, ...);

// "S-1-0x" and 12 digits, fifteen times "-" and ten digits, and the zero.
#define RTLP_SID_CHARACTERS (6 + 12 + SID_MAX_SUB_AUTHORITIES * 11 + 1)

BOOLEAN RtlpIsSidWithin(const VOID *Sid, SIZE_T Bytes)
{
    const SID *This = Sid;
    return Bytes >= RTLP_SID_HEADER && This->Revision == SID_REVISION &&
           This->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES &&
           RtlpSidBytes(This->SubAuthorityCount) <= Bytes;
}

BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    __try {
        return Sid != NULL && RtlpIsSidWithin(Sid, MAXULONG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}

ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
    return RtlpSidBytes(SubAuthorityCount);
}

ULONG NTAPI RtlLengthSid(PSID Sid)
{
    return RtlpSidBytes(((PISID)Sid)->SubAuthorityCount);
}

// The subauthorities stay as they are. STATUS_INVALID_PARAMETER: more than fifteen.
NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                UCHAR SubAuthorityCount)
{
    PISID This = Sid;
    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) {
        return STATUS_INVALID_PARAMETER;
    }
    This->Revision = SID_REVISION;
    This->SubAuthorityCount = SubAuthorityCount;
    This->IdentifierAuthority = *IdentifierAuthority;
    return STATUS_SUCCESS;
}

NTSTATUS __cdecl RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                    UCHAR SubAuthorityCount, ...)
{
    NTSTATUS Status = RtlInitializeSid(Sid, IdentifierAuthority, SubAuthorityCount);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    va_list Arguments;
    // The prototype is NT's; the argument before the list is a whole register of the x64 convention.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wvarargs"
    va_start(Arguments, SubAuthorityCount);
#pragma clang diagnostic pop
    for (ULONG Index = 0; Index < SubAuthorityCount; Index += 1) {
        ((PISID)Sid)->SubAuthority[Index] = va_arg(Arguments, ULONG);
    }
    va_end(Arguments);
    return STATUS_SUCCESS;
}

PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority)
{
    return &((PISID)Sid)->SubAuthority[SubAuthority];
}

PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    return &((PISID)Sid)->SubAuthorityCount;
}

BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2)
{
    PISID First = Sid1, Second = Sid2;
    return First->Revision == Second->Revision && First->SubAuthorityCount == Second->SubAuthorityCount &&
           RtlEqualMemory(First, Second, RtlpSidBytes(First->SubAuthorityCount));
}

// STATUS_BUFFER_TOO_SMALL: Source is longer than Length bytes.
NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source)
{
    ULONG Bytes = RtlLengthSid(Source);
    if (Bytes > Length) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlMoveMemory(Destination, Source, Bytes);
    return STATUS_SUCCESS;
}

static ULONG64 RtlpAuthorityOf(PISID Sid)
{
    ULONG64 Authority = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Sid->IdentifierAuthority.Value); Index += 1) {
        Authority = Authority << 8 | Sid->IdentifierAuthority.Value[Index];
    }
    return Authority;
}

// STATUS_INVALID_SID; STATUS_BUFFER_OVERFLOW: the buffer is too small; STATUS_NO_MEMORY. IRQL <= APC_LEVEL.
// (ntifs, RtlConvertSidToUnicodeString)
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                            BOOLEAN AllocateDestinationString)
{
    CHAR Text[RTLP_SID_CHARACTERS];
    PISID This = Sid;
    if (!RtlValidSid(Sid)) {
        return STATUS_INVALID_SID;
    }
    ULONG64 Authority = RtlpAuthorityOf(This);
    CHAR *End = Text;
    End +=
        Authority <= MAXULONG ? sprintf(End, "S-1-%I64u", Authority) : sprintf(End, "S-1-0x%I64X", Authority);
    for (ULONG Index = 0; Index < This->SubAuthorityCount; Index += 1) {
        End += sprintf(End, "-%lu", This->SubAuthority[Index]);
    }
    USHORT Characters = (USHORT)(End - Text);
    USHORT Bytes = Characters * sizeof(WCHAR);
    if (AllocateDestinationString) {
        UnicodeString->Buffer = RtlpAllocateString(Bytes + sizeof(WCHAR));
        if (UnicodeString->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        UnicodeString->MaximumLength = Bytes + sizeof(WCHAR);
    } else if (UnicodeString->MaximumLength < Bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < Characters; Index += 1) {
        UnicodeString->Buffer[Index] = (WCHAR)Text[Index];
    }
    UnicodeString->Length = Bytes;
    if (Bytes + sizeof(WCHAR) <= UnicodeString->MaximumLength) {
        UnicodeString->Buffer[Characters] = 0;
    }
    return STATUS_SUCCESS;
}
