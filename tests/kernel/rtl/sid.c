// SPDX-License-Identifier: MIT
// Security identifiers: built, compared, measured, as text.
#include "test.h"

static SID_IDENTIFIER_AUTHORITY NtAuthority = {{0, 0, 0, 0, 0, 5}};

typedef union _ANY_SID {
    SID Sid;
    UCHAR Bytes[SECURITY_MAX_SID_SIZE];
} ANY_SID;

static void TestInitialize(void)
{
    ANY_SID Sid;
    RtlFillMemory(&Sid, sizeof(Sid), 0xA5);
    IS(RtlInitializeSid(&Sid, &NtAuthority, 2), STATUS_SUCCESS);
    IS(Sid.Sid.Revision, 1);
    IS(*RtlSubAuthorityCountSid(&Sid), 2);
    IS(Sid.Sid.IdentifierAuthority.Value[5], 5);
    IS(Sid.Sid.SubAuthority[0], 0xA5A5A5A5);
    *RtlSubAuthoritySid(&Sid, 0) = 32;
    *RtlSubAuthoritySid(&Sid, 1) = 544;
    IS(Sid.Sid.SubAuthority[1], 544);
    IS(RtlLengthSid(&Sid), 16);
    IS(RtlLengthRequiredSid(0), 8);
    IS(RtlLengthRequiredSid(15), 68);
    IS(RtlInitializeSid(&Sid, &NtAuthority, 15), STATUS_SUCCESS);
    IS(RtlInitializeSid(&Sid, &NtAuthority, 16), STATUS_INVALID_PARAMETER);
    IS(RtlInitializeSidEx(&Sid, &NtAuthority, 16), STATUS_INVALID_PARAMETER);
    IS(RtlInitializeSidEx(&Sid, &NtAuthority, 5, 21, 1, 2, 3, 500), STATUS_SUCCESS);
    IS(Sid.Sid.SubAuthority[0], 21);
    IS(Sid.Sid.SubAuthority[4], 500);
}

static void TestCompare(void)
{
    ANY_SID First, Second;
    RtlInitializeSidEx(&First, &NtAuthority, 2, 32, 544);
    RtlInitializeSidEx(&Second, &NtAuthority, 2, 32, 545);
    OK(!RtlEqualSid(&First, &Second));
    *RtlSubAuthoritySid(&Second, 1) = 544;
    OK(RtlEqualSid(&First, &Second));
    *RtlSubAuthorityCountSid(&Second) = 1;
    OK(!RtlEqualSid(&First, &Second));
    IS(RtlCopySid(15, &Second, &First), STATUS_BUFFER_TOO_SMALL);
    IS(RtlCopySid(16, &Second, &First), STATUS_SUCCESS);
    OK(RtlEqualSid(&First, &Second));
    Second.Sid.IdentifierAuthority.Value[0] = 1;
    OK(!RtlEqualSid(&First, &Second));
}

static void TestValid(void)
{
    ANY_SID Sid;
    RtlInitializeSidEx(&Sid, &NtAuthority, 1, 18);
    OK(RtlValidSid(&Sid));
    Sid.Sid.Revision = 2;
    OK(!RtlValidSid(&Sid));
    Sid.Sid.Revision = 1;
    Sid.Sid.SubAuthorityCount = 16;
    OK(!RtlValidSid(&Sid));
    OK(!RtlValidSid(NULL));
}

static BOOLEAN IsText(PUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Expected;
    RtlInitUnicodeString(&Expected, Text);
    return RtlEqualUnicodeString(String, &Expected, FALSE);
}

static void TestConvert(void)
{
    static const SID_IDENTIFIER_AUTHORITY Small = {{0, 0, 0, 4, 0x4C, 0x88}};
    static const SID_IDENTIFIER_AUTHORITY Large = {{0, 0x28, 0x65, 0x1F, 0xE8, 0x48}};
    ANY_SID Sid;
    UNICODE_STRING Text;
    WCHAR Buffer[64];
    RtlInitializeSidEx(&Sid, &NtAuthority, 2, 32, 544);
    IS(RtlConvertSidToUnicodeString(&Text, &Sid, TRUE), STATUS_SUCCESS);
    OK(IsText(&Text, L"S-1-5-32-544"));
    IS(Text.MaximumLength, Text.Length + sizeof(WCHAR));
    IS(Text.Buffer[12], 0);
    RtlFreeUnicodeString(&Text);

    RtlInitEmptyUnicodeString(&Text, Buffer, 23);
    IS(RtlConvertSidToUnicodeString(&Text, &Sid, FALSE), STATUS_BUFFER_OVERFLOW);
    Text.MaximumLength = 24;
    Buffer[12] = L'x';
    IS(RtlConvertSidToUnicodeString(&Text, &Sid, FALSE), STATUS_SUCCESS);
    OK(IsText(&Text, L"S-1-5-32-544"));
    IS(Text.MaximumLength, 24);
    IS(Buffer[12], L'x');

    // The examples of the routine's page.
    Text.MaximumLength = sizeof(Buffer);
    RtlInitializeSidEx(&Sid, (PSID_IDENTIFIER_AUTHORITY)&Small, 4, 12, 72, 9, 110);
    IS(RtlConvertSidToUnicodeString(&Text, &Sid, FALSE), STATUS_SUCCESS);
    OK(IsText(&Text, L"S-1-281736-12-72-9-110"));
    RtlInitializeSidEx(&Sid, (PSID_IDENTIFIER_AUTHORITY)&Large, 4, 12, 72, 9, 110);
    IS(RtlConvertSidToUnicodeString(&Text, &Sid, FALSE), STATUS_SUCCESS);
    OK(IsText(&Text, L"S-1-0x28651FE848-12-72-9-110"));

    Sid.Sid.Revision = 0;
    IS(RtlConvertSidToUnicodeString(&Text, &Sid, FALSE), STATUS_INVALID_SID);
}

TEST_DRIVER(TestInitialize, TestCompare, TestValid, TestConvert)
