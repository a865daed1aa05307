// SPDX-License-Identifier: MIT
// SIDs and their text.
#include <ntifs.h>
#include <kmode.h>

#define LONGEST_TEXT 256

C_ASSERT(sizeof(KM_SID) == SECURITY_MAX_SID_SIZE);

// A number of at most Bits bits, decimal or behind 0x. FALSE: none.
static BOOLEAN ReadNumber(PCWSTR *Text, ULONG Bits, PULONGLONG Number)
{
    ULONG Base = 10;
    PCWSTR First;

    if ((*Text)[0] == L'0' && ((*Text)[1] == L'x' || (*Text)[1] == L'X')) {
        Base = 16;
        *Text += 2;
    }
    First = *Text;
    for (*Number = 0;; (*Text)++) {
        WCHAR Character = **Text;
        ULONG Digit = Character >= L'0' && Character <= L'9'   ? (ULONG)(Character - L'0')
                      : Character >= L'a' && Character <= L'f' ? 10 + (ULONG)(Character - L'a')
                      : Character >= L'A' && Character <= L'F' ? 10 + (ULONG)(Character - L'A')
                                                               : 16;
        if (Digit >= Base) {
            return *Text != First;
        }
        *Number = *Number * Base + Digit;
        if (*Number >> Bits != 0) {
            return FALSE;
        }
    }
}

static BOOLEAN Read(PCWSTR Text, PKM_SID Sid)
{
    ULONGLONG Number;

    if ((Text[0] != L'S' && Text[0] != L's') || Text[1] != L'-' || Text[2] != L'1' || Text[3] != L'-') {
        return FALSE;
    }
    Text += 4;
    if (!ReadNumber(&Text, 48, &Number)) {
        return FALSE;
    }
    Sid->Revision = SID_REVISION;
    for (ULONG Byte = 0; Byte < 6; Byte++) {
        Sid->IdentifierAuthority[5 - Byte] = (UCHAR)(Number >> (8 * Byte));
    }
    while (*Text == L'-') {
        Text++;
        if (Sid->SubAuthorityCount == RTL_NUMBER_OF(Sid->SubAuthority) || !ReadNumber(&Text, 32, &Number)) {
            return FALSE;
        }
        Sid->SubAuthority[Sid->SubAuthorityCount++] = (ULONG)Number;
    }
    return *Text == L'\0' && Sid->SubAuthorityCount != 0;
}

NTSTATUS NTAPI KmSidFromText(PCWSTR Text, PKM_SID Sid)
{
    RtlZeroMemory(Sid, sizeof(*Sid));
    if (!Read(Text, Sid)) {
        RtlZeroMemory(Sid, sizeof(*Sid));
        return STATUS_INVALID_SID;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmSidToText(const KM_SID *Sid, PKM_ALLOCATOR Allocator, PUNICODE_STRING Text)
{
    WCHAR Buffer[LONGEST_TEXT];
    UNICODE_STRING Local = {.Buffer = Buffer, .MaximumLength = sizeof(Buffer)};
    NTSTATUS Status;

    RtlZeroMemory(Text, sizeof(*Text));
    if (!RtlValidSid((PSID)Sid)) {
        return STATUS_INVALID_SID;
    }
    Status = RtlConvertSidToUnicodeString(&Local, (PSID)Sid, FALSE);
    return NT_SUCCESS(Status) ? KmUnicodeCopy(&Local, Allocator, Text) : Status;
}

BOOLEAN NTAPI KmSidEqual(const KM_SID *First, const KM_SID *Second)
{
    SIZE_T Bytes = FIELD_OFFSET(KM_SID, SubAuthority) + First->SubAuthorityCount * sizeof(ULONG);

    return First->SubAuthorityCount == Second->SubAuthorityCount && Bytes <= sizeof(KM_SID) &&
           RtlCompareMemory(First, Second, Bytes) == Bytes;
}
