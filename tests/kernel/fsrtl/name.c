// SPDX-License-Identifier: MIT
// Names against expressions, in parts, and what is legal in them.
#include "test.h"

static BOOLEAN Matches(PCWSTR Expression, PCWSTR Name)
{
    UNICODE_STRING Left, Right;
    RtlInitUnicodeString(&Left, Expression);
    RtlInitUnicodeString(&Right, Name);
    return FsRtlIsNameInExpression(&Left, &Right, TRUE, NULL);
}

static void TestWildCards(void)
{
    OK(Matches(L"*", L"anything.txt"));
    OK(!Matches(L"*", L"")); // as its page says
    OK(Matches(L"", L""));
    OK(!Matches(L"", L"a"));
    OK(Matches(L"A*C", L"abc"));
    OK(Matches(L"A*C", L"ac"));
    OK(!Matches(L"A*C", L"acb"));
    OK(Matches(L"*.TXT", L"read.me.txt"));
    OK(!Matches(L"*.TXT", L"txt"));
    OK(Matches(L"A?C", L"abc"));
    OK(!Matches(L"A?C", L"ac"));
    OK(!Matches(L"A?", L"a")); // a question mark is one character, even at the end
    OK(Matches(L"**A**", L"xay"));
    OK(!Matches(L"ABC", L"abd"));
    OK(!Matches(L"abc", L"ABC")); // the expression must be in upper case
}

static void TestDosWildCards(void)
{
    // DOS_QM: any character, or none in front of a period or at the end.
    OK(Matches(L"A>>>", L"a"));
    OK(Matches(L"A>>>", L"abcd"));
    OK(!Matches(L"A>>>", L"abcde"));
    OK(Matches(L">>>>.TXT", L"ab.txt"));
    OK(!Matches(L">.TXT", L"ab.txt"));
    // DOS_DOT: a period, or nothing at the end.
    OK(Matches(L"A\"", L"a"));
    OK(Matches(L"A\"", L"a."));
    OK(!Matches(L"A\"B", L"ab"));
    OK(Matches(L"A\"B", L"a.b"));
    // DOS_STAR: up to and with the last period.
    OK(Matches(L"<", L"name"));
    OK(!Matches(L"<", L"name.ext"));
    OK(Matches(L"<EXT", L"name.ext"));
    OK(Matches(L"<EXT", L"a.b.ext"));
    OK(!Matches(L"<B.EXT", L"a.b.ext.x"));
    OK(Matches(L"<.EXT", L"a.b.ext"));
    OK(Matches(L"<\"*", L"name"));
    OK(Matches(L"<\"*", L"name.ext"));
}

static void TestCase(void)
{
    UNICODE_STRING Expression = RTL_CONSTANT_STRING(L"Abc*"), Name = RTL_CONSTANT_STRING(L"Abcd");
    OK(FsRtlIsNameInExpression(&Expression, &Name, FALSE, NULL));
    OK(!FsRtlIsNameInExpression(&Expression, &Name, TRUE, NULL));
    OK(FsRtlIsNameInUnUpcasedExpression(&Expression, &Name, TRUE, NULL));
    UNICODE_STRING Umlaut = RTL_CONSTANT_STRING(L"\u00c4*"), Small = RTL_CONSTANT_STRING(L"\u00e4b");
    OK(FsRtlIsNameInExpression(&Umlaut, &Small, TRUE, NULL));

    PWCHAR Table = ExAllocatePool2(POOL_FLAG_PAGED, 65536 * sizeof(WCHAR), 'tseT');
    if (Table == NULL) {
        OK(Table != NULL);
        return;
    }
    for (ULONG Index = 0; Index < 65536; Index += 1) {
        Table[Index] = (WCHAR)Index;
    }
    Table['x'] = 'Q';
    UNICODE_STRING Odd = RTL_CONSTANT_STRING(L"Q"), Letter = RTL_CONSTANT_STRING(L"x");
    OK(FsRtlIsNameInExpression(&Odd, &Letter, TRUE, Table));
    OK(FsRtlAreNamesEqual(&Odd, &Letter, TRUE, Table));
    OK(!FsRtlAreNamesEqual(&Odd, &Letter, FALSE, Table));
    ExFreePoolWithTag(Table, 'tseT');
    OK(FsRtlAreNamesEqual(&Small, &Small, FALSE, NULL));
    UNICODE_STRING Large = RTL_CONSTANT_STRING(L"\u00c4B");
    OK(FsRtlAreNamesEqual(&Small, &Large, TRUE, NULL));
    OK(!FsRtlAreNamesEqual(&Small, &Large, FALSE, NULL));
    OK(!FsRtlAreNamesEqual(&Small, &Letter, TRUE, NULL));
}

// A long expression needs memory, and its time does not explode.
static void TestLong(void)
{
    static WCHAR Expression[2000], Name[2000];
    for (ULONG Index = 0; Index < 1000; Index += 1) {
        Expression[2 * Index] = L'*';
        Expression[2 * Index + 1] = L'A';
        Name[2 * Index] = Name[2 * Index + 1] = L'a';
    }
    UNICODE_STRING Long = {sizeof(Expression), sizeof(Expression), Expression};
    UNICODE_STRING Long2 = {sizeof(Name), sizeof(Name), Name};
    OK(FsRtlIsNameInExpression(&Long, &Long2, TRUE, NULL));
    Name[1999] = L'b';
    OK(!FsRtlIsNameInExpression(&Long, &Long2, TRUE, NULL));
}

static BOOLEAN IsWild(PCWSTR Text)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Text);
    return FsRtlDoesNameContainWildCards(&Name);
}

static void TestContains(void)
{
    OK(!IsWild(L"plain.txt"));
    OK(IsWild(L"a*"));
    OK(IsWild(L"a?"));
    OK(IsWild(L"<a"));
    OK(IsWild(L">a"));
    OK(IsWild(L"\"a"));
    OK(!IsWild(L""));
}

static void Dissect(PCWSTR Path, PCWSTR First, PCWSTR Rest)
{
    UNICODE_STRING Name, One, Other, FirstName, RestName;
    RtlInitUnicodeString(&Name, Path);
    RtlInitUnicodeString(&FirstName, First);
    RtlInitUnicodeString(&RestName, Rest);
    FsRtlDissectName(Name, &One, &Other);
    OK(RtlEqualUnicodeString(&One, &FirstName, FALSE));
    OK(RtlEqualUnicodeString(&Other, &RestName, FALSE));
}

static void TestDissect(void)
{
    Dissect(L"", L"", L"");
    Dissect(L"A", L"A", L"");
    Dissect(L"A\\B\\C\\D\\E", L"A", L"B\\C\\D\\E");
    Dissect(L"\\A\\B", L"A", L"B");
    Dissect(L"*A?", L"*A?", L"");
    Dissect(L"\\", L"", L"");
}

static BOOLEAN FatLegal(const char *Text, BOOLEAN Wild, BOOLEAN Path, BOOLEAN Leading)
{
    ANSI_STRING Name;
    RtlInitAnsiString(&Name, Text);
    return FsRtlIsFatDbcsLegal(Name, Wild, Path, Leading);
}

static BOOLEAN HpfsLegal(const char *Text)
{
    ANSI_STRING Name;
    RtlInitAnsiString(&Name, Text);
    return FsRtlIsHpfsDbcsLegal(Name, FALSE, FALSE, FALSE);
}

static void TestLegal(void)
{
    OK(FatLegal("FOO.TXT", FALSE, FALSE, FALSE));
    OK(FatLegal("12345678.123", FALSE, FALSE, FALSE));
    OK(!FatLegal("123456789.TXT", FALSE, FALSE, FALSE));
    OK(!FatLegal("FOO.TEXT", FALSE, FALSE, FALSE));
    // The examples of its page.
    OK(!FatLegal(".foo", FALSE, FALSE, FALSE));
    OK(!FatLegal("foo.", FALSE, FALSE, FALSE));
    OK(!FatLegal("foo .b", FALSE, FALSE, FALSE));
    OK(FatLegal("foo. b", FALSE, FALSE, FALSE));
    OK(FatLegal(" bar", FALSE, FALSE, FALSE));
    OK(!FatLegal("a+b", FALSE, FALSE, FALSE));
    OK(!FatLegal("a;b", FALSE, FALSE, FALSE));
    OK(!FatLegal("A*", FALSE, FALSE, FALSE));
    OK(FatLegal("A*", TRUE, FALSE, FALSE));
    OK(!FatLegal("A\\B", FALSE, FALSE, FALSE));
    OK(FatLegal("A\\B", FALSE, TRUE, FALSE));
    OK(!FatLegal("\\A", FALSE, TRUE, FALSE));
    OK(FatLegal("\\A", FALSE, TRUE, TRUE));
    OK(FatLegal("\\", FALSE, FALSE, TRUE));
    OK(!FatLegal("", FALSE, FALSE, FALSE));
    OK(FatLegal("..", FALSE, FALSE, FALSE));

    OK(!HpfsLegal("foo "));
    OK(!HpfsLegal("foo."));
    OK(HpfsLegal(".foo"));
    OK(HpfsLegal(" foo"));
    OK(HpfsLegal("foo.bar.foo"));
    OK(!HpfsLegal("a|b"));
    OK(!HpfsLegal("a:b"));
    OK((FsRtlLegalAnsiCharacterArray['*'] & FSRTL_WILD_CHARACTER) != 0);
    OK((FsRtlLegalAnsiCharacterArray['A'] & FSRTL_NTFS_LEGAL) != 0);
    OK((FsRtlLegalAnsiCharacterArray['/'] & FSRTL_NTFS_LEGAL) == 0);
}

static void TestAnsi(void)
{
    ANSI_STRING Expression, Name, First, Rest;
    RtlInitAnsiString(&Expression, "A*.C");
    RtlInitAnsiString(&Name, "AB.C");
    OK(FsRtlIsDbcsInExpression(&Expression, &Name));
    OK(FsRtlDoesDbcsContainWildCards(&Expression));
    OK(!FsRtlDoesDbcsContainWildCards(&Name));
    RtlInitAnsiString(&Name, "\\one\\two");
    FsRtlDissectDbcs(Name, &First, &Rest);
    IS(First.Length, 3);
    OK(RtlEqualMemory(First.Buffer, "one", 3));
    IS(Rest.Length, 3);
    OK(RtlEqualMemory(Rest.Buffer, "two", 3));
}

static void TestStatus(void)
{
    OK(!FsRtlIsNtstatusExpected(STATUS_ACCESS_VIOLATION));
    OK(!FsRtlIsNtstatusExpected(STATUS_DATATYPE_MISALIGNMENT));
    OK(!FsRtlIsNtstatusExpected(STATUS_ILLEGAL_INSTRUCTION));
    OK(!FsRtlIsNtstatusExpected(STATUS_INSTRUCTION_MISALIGNMENT));
    OK(FsRtlIsNtstatusExpected(STATUS_INSUFFICIENT_RESOURCES));
    OK(FsRtlIsNtstatusExpected(STATUS_FILE_CORRUPT_ERROR));
    IS(FsRtlNormalizeNtstatus(STATUS_FILE_INVALID, STATUS_UNEXPECTED_IO_ERROR), STATUS_FILE_INVALID);
    IS(FsRtlNormalizeNtstatus(STATUS_ACCESS_VIOLATION, STATUS_INVALID_USER_BUFFER),
       STATUS_INVALID_USER_BUFFER);
    OK(FsRtlIsTotalDeviceFailure(STATUS_DEVICE_NOT_CONNECTED));
    OK(!FsRtlIsTotalDeviceFailure(STATUS_CRC_ERROR));
    OK(!FsRtlIsTotalDeviceFailure(STATUS_DEVICE_DATA_ERROR));
    OK(!FsRtlIsTotalDeviceFailure(STATUS_SUCCESS));
}

TEST_DRIVER(TestWildCards, TestDosWildCards, TestCase, TestLong, TestContains, TestDissect, TestLegal,
            TestAnsi, TestStatus)
