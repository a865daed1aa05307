// SPDX-License-Identifier: MIT
// Prefix tables of Unicode names.
#include "test.h"

static UNICODE_PREFIX_TABLE Table;
static UNICODE_PREFIX_TABLE_ENTRY Root, Server, Share, Lower, Other;
static UNICODE_STRING RootName = RTL_CONSTANT_STRING(L"\\"), ServerName = RTL_CONSTANT_STRING(L"\\Server"),
                      ShareName = RTL_CONSTANT_STRING(L"\\Server\\Share"),
                      LowerName = RTL_CONSTANT_STRING(L"\\server"),
                      OtherName = RTL_CONSTANT_STRING(L"\\Other");

static PUNICODE_PREFIX_TABLE_ENTRY Find(PCWSTR Path, ULONG CaseInsensitiveIndex)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Path);
    return RtlFindUnicodePrefix(&Table, &Name, CaseInsensitiveIndex);
}

static void TestFind(void)
{
    RtlInitializeUnicodePrefix(&Table);
    OK(Find(L"\\Server", 0) == NULL);
    OK(RtlInsertUnicodePrefix(&Table, &ServerName, &Server));
    OK(RtlInsertUnicodePrefix(&Table, &ShareName, &Share));
    OK(!RtlInsertUnicodePrefix(&Table, &ServerName, &Other));
    OK(Find(L"\\Server", 0) == &Server);
    OK(Find(L"\\Server\\Share\\file", 0) == &Share);
    OK(Find(L"\\Server\\Share", 0) == &Share);
    // Only whole components count.
    OK(Find(L"\\Server\\Shares", 0) == &Server);
    OK(Find(L"\\Servers", 0) == NULL);
    OK(Find(L"\\Serv", 0) == NULL);
    OK(RtlInsertUnicodePrefix(&Table, &RootName, &Root));
    OK(Find(L"\\Servers", 0) == &Root);
}

static void TestCase(void)
{
    OK(Find(L"\\sERVER\\sHARE\\x", 0) == &Share);
    OK(Find(L"\\sERVER\\sHARE\\x", 7) == &Root);
    OK(Find(L"\\Server\\sHARE\\x", 7) == &Share);
    OK(Find(L"\\Server\\sHARE\\x", 15) == &Server);
    // Another one that differs in case.
    OK(RtlInsertUnicodePrefix(&Table, &LowerName, &Lower));
    OK(Find(L"\\server", 7) == &Lower);
    OK(Find(L"\\Server", 7) == &Server);
}

static ULONG Count(void)
{
    ULONG Entries = 0;
    for (PUNICODE_PREFIX_TABLE_ENTRY Entry = RtlNextUnicodePrefix(&Table, TRUE); Entry != NULL;
         Entry = RtlNextUnicodePrefix(&Table, FALSE)) {
        Entries += 1;
    }
    return Entries;
}

static void TestEnumerateAndRemove(void)
{
    IS(Count(), 4);
    OK(RtlNextUnicodePrefix(&Table, FALSE) == NULL);
    RtlRemoveUnicodePrefix(&Table, &Share);
    IS(Count(), 3);
    OK(Find(L"\\Server\\Share\\file", 7) == &Server);
    // Each as it is come upon.
    ULONG Removed = 0;
    for (PUNICODE_PREFIX_TABLE_ENTRY Entry = RtlNextUnicodePrefix(&Table, TRUE); Entry != NULL;
         Entry = RtlNextUnicodePrefix(&Table, FALSE)) {
        RtlRemoveUnicodePrefix(&Table, Entry);
        Removed += 1;
    }
    IS(Removed, 3);
    IS(Count(), 0);
    OK(RtlInsertUnicodePrefix(&Table, &OtherName, &Other));
    OK(RtlNextUnicodePrefix(&Table, TRUE) == &Other);
}

TEST_DRIVER(TestFind, TestCase, TestEnumerateAndRemove)
