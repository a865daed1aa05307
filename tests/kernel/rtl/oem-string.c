// SPDX-License-Identifier: MIT
// Strings of the OEM code page, and names of 8 and 3 characters.
#include "test.h"

static CHAR Bytes[16];
static WCHAR Units[16];

static void TestCounted(void)
{
    ULONG Size = 0;
    IS(RtlOemToUnicodeN(Units, sizeof(Units), &Size, "A\x81\xE1", 3), STATUS_SUCCESS);
    IS(Size, 6);
    IS(Units[0], 'A');
    IS(Units[1], 0xFC); // u with diaeresis
    IS(Units[2], 0xDF); // sharp s
    // What does not fit is cut.
    IS(RtlOemToUnicodeN(Units, 3, &Size, "BC", 2), STATUS_SUCCESS);
    IS(Size, 2);
    IS(RtlOemToUnicodeN(Units, 4, NULL, "BC", 2), STATUS_SUCCESS);
    IS(RtlUnicodeToOemN(Bytes, sizeof(Bytes), &Size, L"a\xFC\x4E00", 6), STATUS_SUCCESS);
    IS(Size, 3);
    IS((UCHAR)Bytes[1], 0x81);
    IS(Bytes[2], '?');
    IS(RtlUnicodeToOemN(Bytes, 1, &Size, L"xyz", 6), STATUS_SUCCESS);
    IS(Size, 1);
    IS(RtlUpcaseUnicodeToOemN(Bytes, sizeof(Bytes), &Size, L"a\xFC", 4), STATUS_SUCCESS);
    IS(Bytes[0], 'A');
    IS((UCHAR)Bytes[1], 0x9A);
}

// Every byte of the code page survives the way there and back.
static void TestRoundTrip(void)
{
    ULONG Wrong = 0;
    for (ULONG Byte = 0; Byte < 256; Byte += 1) {
        CHAR In = (CHAR)Byte, Out = 0;
        WCHAR Unit;
        RtlOemToUnicodeN(&Unit, sizeof(Unit), NULL, &In, 1);
        RtlUnicodeToOemN(&Out, 1, NULL, &Unit, sizeof(Unit));
        Wrong += In != Out;
    }
    IS(Wrong, 0);
}

static void TestToUnicodeString(void)
{
    OEM_STRING Oem = RTL_CONSTANT_STRING("name");
    UNICODE_STRING Unicode = {0, 8, Units};
    IS(RtlOemStringToUnicodeSize(&Oem), 10);
    IS(RtlxOemStringToUnicodeSize(&Oem), 10);
    IS(RtlOemStringToUnicodeString(&Unicode, &Oem, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(RtlOemStringToCountedUnicodeString(&Unicode, &Oem, FALSE), STATUS_SUCCESS);
    IS(Unicode.Length, 8);
    Unicode.MaximumLength = 10;
    Units[4] = L'x';
    IS(RtlOemStringToUnicodeString(&Unicode, &Oem, FALSE), STATUS_SUCCESS);
    IS(Unicode.Length, 8);
    OK(wcscmp(Units, L"name") == 0);
    IS(RtlOemStringToUnicodeString(&Unicode, &Oem, TRUE), STATUS_SUCCESS);
    IS(Unicode.MaximumLength, 10);
    OK(wcscmp(Unicode.Buffer, L"name") == 0);
    RtlFreeUnicodeString(&Unicode);
    Oem.Length = 0x7FFF;
    IS(RtlOemStringToUnicodeString(&Unicode, &Oem, TRUE), STATUS_INVALID_PARAMETER_2);
}

static void TestToOemString(void)
{
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"name");
    OEM_STRING Oem = {0, 4, Bytes};
    IS(RtlUnicodeStringToOemSize(&Unicode), 5);
    IS(RtlxUnicodeStringToOemSize(&Unicode), 5);
    RtlFillMemory(Bytes, sizeof(Bytes), 'x');
    IS(RtlUnicodeStringToOemString(&Oem, &Unicode, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(RtlUpcaseUnicodeStringToOemString(&Oem, &Unicode, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(Bytes[0], 'x');
    IS(RtlUnicodeStringToCountedOemString(&Oem, &Unicode, FALSE), STATUS_SUCCESS);
    IS(Oem.Length, 4);
    IS(Bytes[4], 'x');
    Oem.MaximumLength = 5;
    IS(RtlUnicodeStringToOemString(&Oem, &Unicode, FALSE), STATUS_SUCCESS);
    IS_STRING(Bytes, "name");
    IS(RtlUpcaseUnicodeStringToOemString(&Oem, &Unicode, TRUE), STATUS_SUCCESS);
    IS_STRING(Oem.Buffer, "NAME");
    IS(Oem.Length, 4);
    IS(Oem.MaximumLength, 5);
    RtlFreeOemString(&Oem);
    OK(Oem.Buffer == NULL);
    IS(RtlUpcaseUnicodeStringToCountedOemString(&Oem, &Unicode, TRUE), STATUS_SUCCESS);
    IS(Oem.MaximumLength, 4);
    OK(RtlCompareMemory(Oem.Buffer, "NAME", 4) == 4);
    RtlFreeOemString(&Oem);
}

#undef RtlOemStringToUnicodeSize
#undef RtlUnicodeStringToOemSize
NTSYSAPI ULONG NTAPI RtlOemStringToUnicodeSize(PCOEM_STRING OemString);
NTSYSAPI ULONG NTAPI RtlUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString);

static void TestExportedSizes(void)
{
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"name");
    OEM_STRING Oem = RTL_CONSTANT_STRING("name");
    IS(RtlOemStringToUnicodeSize(&Oem), 10);
    IS(RtlUnicodeStringToOemSize(&Unicode), 5);
}

static void TestValidCharacters(void)
{
    static const struct {
        WCHAR Character, Becomes; // 0: it is none
    } Rows[] = {{'a', 'A'}, {'A', 'A'}, {'?', '?'}, {0xFC, 0xDC}, {0x2591, 0x2591}, {0x4E00, 0}, {0xD800, 0}};
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        WCHAR Character = Rows[Row].Character;
        IS(RtlIsValidOemCharacter(&Character), Rows[Row].Becomes != 0);
        IS(Character, Rows[Row].Becomes != 0 ? Rows[Row].Becomes : Rows[Row].Character);
    }
}

static void TestShortNames(void)
{
    static const struct {
        PCWSTR Name;
        BOOLEAN Legal, Spaces;
    } Rows[] = {
        {L"a", TRUE, FALSE},
        {L"readme.txt", TRUE, FALSE},
        {L"12345678.123", TRUE, FALSE},
        {L"123456789", FALSE, FALSE},
        {L"a.1234", FALSE, FALSE},
        {L"a.b.c", FALSE, FALSE},
        {L".a", FALSE, FALSE},
        {L"a.", FALSE, FALSE},
        {L".", TRUE, FALSE},
        {L"..", TRUE, FALSE},
        {L"...", FALSE, FALSE},
        {L"", FALSE, FALSE},
        {L"a b.c", TRUE, TRUE},
        {L"a .c", FALSE, FALSE},
        {L"a ", FALSE, FALSE},
        {L"a+b", FALSE, FALSE},
        {L"a*", FALSE, FALSE},
        {L"a\\b", FALSE, FALSE},
        {L"a\x01", FALSE, FALSE},
        {L"~1_-!.#$%", TRUE, FALSE},
        {L"a\x4E00", FALSE, FALSE},
        {L"12345678.1234", FALSE, FALSE},
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        UNICODE_STRING Name;
        BOOLEAN Spaces = 2;
        RtlInitUnicodeString(&Name, Rows[Row].Name);
        IS(RtlIsNameLegalDOS8Dot3(&Name, NULL, &Spaces), Rows[Row].Legal);
        if (Rows[Row].Legal) {
            IS(Spaces, Rows[Row].Spaces);
        }
    }
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ReadMe.txt");
    OEM_STRING Oem = {0, 12, Bytes};
    OK(RtlIsNameLegalDOS8Dot3(&Name, &Oem, NULL));
    IS(Oem.Length, 10);
    OK(RtlCompareMemory(Bytes, "README.TXT", 10) == 10);
}

static BOOLEAN Generates(GENERATE_NAME_CONTEXT *Context, PCWSTR Name, BOOLEAN Extended, PCWSTR Expected)
{
    WCHAR Buffer[12];
    UNICODE_STRING Long, Short = {0, sizeof(Buffer), Buffer}, Wanted;
    RtlInitUnicodeString(&Long, Name);
    RtlInitUnicodeString(&Wanted, Expected);
    return NT_SUCCESS(RtlGenerate8dot3Name(&Long, Extended, Context, &Short)) &&
           RtlEqualUnicodeString(&Short, &Wanted, FALSE) && RtlIsNameLegalDOS8Dot3(&Short, NULL, NULL);
}

static void TestGeneratedNames(void)
{
    static const struct {
        PCWSTR Name, Short;
        BOOLEAN Extended;
    } Rows[] = {
        {L"Long file name.text", L"LONGFI~1.TEX", FALSE},
        {L"..profile.old.bak", L"PROFIL~1.BAK", FALSE},
        {L"a+b,c;d.[e]", L"A_B_C_~1._E_", FALSE},
        {L"no extension", L"NOEXTE~1", FALSE},
        {L"\xFC"
         L"ber.\xE4"
         L"b",
         L"BER~1.B", FALSE},
        {L"\xFC"
         L"ber.\xE4"
         L"b",
         L"\xDC"
         L"BER~1.\xC4"
         L"B",
         TRUE},
        {L"abc\x4E00"
         L"def*?.c",
         L"ABCDEF~1.C", TRUE},
    };
    WCHAR Buffer[12];
    UNICODE_STRING Long = RTL_CONSTANT_STRING(L"Long file name.text"), Short = {0, sizeof(Buffer), Buffer};
    GENERATE_NAME_CONTEXT Context;
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        RtlZeroMemory(&Context, sizeof(Context));
        OK(Generates(&Context, Rows[Row].Name, Rows[Row].Extended, Rows[Row].Short));
    }
    // One after the other for the same name.
    RtlZeroMemory(&Context, sizeof(Context));
    OK(Generates(&Context, Long.Buffer, FALSE, L"LONGFI~1.TEX"));
    OK(Generates(&Context, Long.Buffer, FALSE, L"LONGFI~2.TEX"));
    OK(Generates(&Context, Long.Buffer, FALSE, L"LONGFI~3.TEX"));
    OK(Generates(&Context, Long.Buffer, FALSE, L"LONGFI~4.TEX"));
    ULONG Wrong = 0;
    for (ULONG Index = 1; Index < 200; Index += 1) {
        Wrong += !NT_SUCCESS(RtlGenerate8dot3Name(&Long, FALSE, &Context, &Short));
        Wrong += !RtlIsNameLegalDOS8Dot3(&Short, NULL, NULL) || Buffer[0] != 'L' || Buffer[1] != 'O';
    }
    IS(Wrong, 0);
    IS(Buffer[4], '~');
    Context.LastIndexValue = 999998;
    IS(RtlGenerate8dot3Name(&Long, FALSE, &Context, &Short), STATUS_SUCCESS);
    OK(Short.Length == 24 && Buffer[0] == 'L' && Buffer[1] == '~');
    IS(RtlGenerate8dot3Name(&Long, FALSE, &Context, &Short), STATUS_FILE_SYSTEM_LIMITATION);
    // A short one has a checksum at once.
    UNICODE_STRING Tiny = RTL_CONSTANT_STRING(L"a b");
    RtlZeroMemory(&Context, sizeof(Context));
    IS(RtlGenerate8dot3Name(&Tiny, FALSE, &Context, &Short), STATUS_SUCCESS);
    OK(Short.Length == 16 && Buffer[0] == 'A' && Buffer[1] == 'B' && Buffer[6] == '~' && Buffer[7] == '1');
}

static void TestLuids(void)
{
    LUID First = {1, 2}, Second = {1, 3}, Copy;
    RtlCopyLuid(&Copy, &First);
    OK(RtlEqualLuid(&Copy, &First));
    OK(!RtlEqualLuid(&Copy, &Second));
}

TEST_DRIVER(TestCounted, TestRoundTrip, TestToUnicodeString, TestToOemString, TestExportedSizes,
            TestValidCharacters, TestShortNames, TestGeneratedNames, TestLuids)
