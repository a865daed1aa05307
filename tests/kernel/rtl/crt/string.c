// SPDX-License-Identifier: MIT
// memcpy, strlen and the other routines of <string.h>, narrow and wide, and Microsoft's additions.
#include "test.h"
#include <string.h>
#include <wchar.h>

static void TestMemory(void)
{
    char Buffer[32];

    for (int I = 0; I < 32; ++I) {
        Buffer[I] = (char)I;
    }
    OK(memmove(Buffer + 3, Buffer, 20) == Buffer + 3);
    OK(Buffer[2] == 2 && Buffer[3] == 0 && Buffer[22] == 19 && Buffer[23] == 23);
    memmove(Buffer, Buffer + 3, 20);
    OK(Buffer[0] == 0 && Buffer[19] == 19 && Buffer[20] == 17);
    OK(memset(Buffer, 0x1FF, 4) == Buffer && (UCHAR)Buffer[3] == 0xFF && Buffer[4] == 4);
    OK(memcmp("abc", "abd", 3) < 0 && memcmp("abd", "abc", 3) > 0 && memcmp("abc", "abd", 2) == 0);
    OK(memcmp("\x80", "\x7F", 1) > 0);
    OK(memchr(Buffer, 5, 32) == Buffer + 5 && memchr(Buffer, 77, 32) == NULL);
    IS(memcpy_s(Buffer, 4, "abcd", 4), 0);
    IS(memcpy_s(Buffer, 4, "abcde", 5), 34);
    OK(memcmp(Buffer, "\0\0\0\0", 4) == 0 && Buffer[4] != 0); // all of the destination
    memset(Buffer, 'x', 8);
    IS(memcpy_s(Buffer, 4, NULL, 1), 22);
    OK(memcmp(Buffer, "\0\0\0\0xxxx", 8) == 0);
    IS(memcpy_s(Buffer + 4, 0, NULL, 0), 0);
    IS(memcpy_s(NULL, 4, "a", 1), 22);
    IS(memmove_s(Buffer, 4, "abcd", 4), 0);
    IS(memmove_s(Buffer, 4, "abcde", 5), 34);
    IS(Buffer[0], 'a');
    IS(memmove_s(NULL, 0, NULL, 0), 0);
}

static void TestNarrow(void)
{
    char Buffer[16];

    IS(strlen("abc"), 3);
    IS(strnlen("abc", 2), 2);
    OK(strcpy(Buffer, "abc") == Buffer && strcmp(Buffer, "abc") == 0);
    IS_STRING(strcat(Buffer, "def"), "abcdef");
    memset(Buffer, '#', sizeof(Buffer));
    strncpy(Buffer, "ab", 4);
    OK(memcmp(Buffer, "ab\0\0#", 5) == 0);
    strncpy(Buffer, "wxyz", 2);
    IS_STRING(Buffer, "wx");
    IS_STRING(strncat(Buffer, "12345", 3), "wx123");
    OK(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("a", "ab") < 0 && strcmp("\x80", "a") > 0);
    OK(strncmp("abx", "aby", 2) == 0 && strncmp("abx", "aby", 3) < 0);
    OK(strncmp("a", "b", 0) == 0 && strncmp("ab\0x", "ab\0y", 5) == 0 && strncmp("ab", "abc", 5) < 0);
    IS_STRING(strchr("hello", 'l'), "llo");
    IS_STRING(strrchr("hello", 'l'), "lo");
    IS_STRING(strchr("hello", 0), "");
    OK(strchr("hello", 'x') == NULL && strrchr("hello", 'x') == NULL);
    IS_STRING(strstr("one two", "tw"), "two");
    OK(strstr("one", "onex") == NULL);
    IS_STRING(strstr("one", ""), "one");
    IS(strspn("aabbc", "ab"), 4);
    char Text[] = ",a,,bc", *Context;
    IS_STRING(strtok_s(Text, ",", &Context), "a");
    IS_STRING(strtok_s(NULL, ",", &Context), "bc");
    OK(strtok_s(NULL, ",", &Context) == NULL);
}

static void TestWide(void)
{
    wchar_t Buffer[16];

    IS(wcslen(L"abc"), 3);
    IS(wcsnlen(L"abc", 2), 2);
    OK(wcscmp(wcscpy(Buffer, L"abc"), L"abc") == 0 && wcscmp(wcscat(Buffer, L"de"), L"abcde") == 0);
    OK(wcsncmp(L"abx", L"aby", 2) == 0 && wcsncmp(L"abx", L"aby", 3) < 0);
    wcsncpy(Buffer, L"x", 3);
    OK(Buffer[0] == 'x' && Buffer[1] == 0 && Buffer[2] == 0 && Buffer[3] == 'd');
    OK(wcscmp(wcsncat(Buffer, L"yzw", 2), L"xyz") == 0);
    OK(wcscmp(wcschr(L"hello", 'l'), L"llo") == 0 && wcscmp(wcsrchr(L"hello", 'l'), L"lo") == 0);
    OK(wcscmp(wcsstr(L"one two", L"tw"), L"two") == 0 && wcsstr(L"one", L"x") == NULL);
    OK(wcscmp(wcsstr(L"one", L""), L"one") == 0 && wcsrchr(L"hello", 'x') == NULL);
    OK(wcsrchr(L"abc", 0) != NULL && *wcsrchr(L"abc", 0) == 0 && wcschr(L"hello", 'x') == NULL);
    OK(wcscmp(L"a", L"b") < 0 && wcscmp(L"ab", L"a") > 0 && wcscmp(L"\xFFFF", L"a") > 0);
    OK(wcsncmp(L"a", L"b", 0) == 0 && wcsncmp(L"a\0x", L"a\0y", 3) == 0);
    OK(wcsspn(L"aabbc", L"ab") == 4 && wcscspn(L"aabbc", L"cb") == 2);
}

static void TestCase(void)
{
    char Text[] = "aBc[\xE4";
    wchar_t Wide[] = L"aBc[\xE4";

    OK(_stricmp("HeLLo", "hEllO") == 0 && _stricmp("a", "B") < 0 && _stricmp("_", "A") < 0);
    OK(_strnicmp("ABx", "aby", 2) == 0 && _strnicmp("ABx", "aby", 3) < 0);
    OK(_wcsicmp(L"HeLLo", L"hEllO") == 0 && _wcsicmp(L"\xC4", L"\xE4") != 0);
    OK(_wcsnicmp(L"ABx", L"aby", 2) == 0 && _wcsnicmp(L"ABx", L"aby", 3) < 0 &&
       _wcsnicmp(L"a", L"b", 0) == 0);
    OK(_strnicmp("a", "b", 0) == 0 && _strnicmp("ab", "ABc", 9) < 0 && _stricmp("\xC4", "\xE4") != 0);
    IS_STRING(_strupr(Text), "ABC[\xE4");
    IS_STRING(_strlwr(Text), "abc[\xE4");
    OK(wcscmp(_wcsupr(Wide), L"ABC[\xE4") == 0 && wcscmp(_wcslwr(Wide), L"abc[\xE4") == 0);
    IS_STRING(_strrev(Text), "\xE4[cba");
    IS_STRING(_strnset(Text, 'x', 2), "xxcba");
    IS_STRING(_strset(Text, 'y'), "yyyyy");
}

__attribute__((dllimport)) errno_t __cdecl _strset_s(char *, size_t, int);
__attribute__((dllimport)) errno_t __cdecl _strnset_s(char *, size_t, int, size_t);
__attribute__((dllimport)) errno_t __cdecl _wcsset_s(wchar_t *, size_t, wchar_t);
__attribute__((dllimport)) errno_t __cdecl _wcslwr_s(wchar_t *, size_t);

static void TestFilling(void)
{
    char Text[8] = "abcd";
    wchar_t Wide[8] = L"aBcD";

    OK(_wcsrev(Wide) == Wide && wcscmp(Wide, L"DcBa") == 0);
    IS(_wcslwr_s(Wide, 8), 0);
    OK(wcscmp(Wide, L"dcba") == 0);
    IS(_wcslwr_s(NULL, 8), 22);
    IS(_wcslwr_s(Wide, 4), 22); // not terminated within
    IS(Wide[0], 0);
    wcscpy(Wide, L"abcd");
    OK(_wcsnset(Wide, 'x', 2) == Wide && wcscmp(Wide, L"xxcd") == 0);
    IS(_wcsset_s(Wide, 8, 'y'), 0);
    OK(wcscmp(Wide, L"yyyy") == 0);
    IS(_wcsset_s(Wide, 4, 'z'), 22);
    IS(Wide[0], 0);
    IS(_wcsset_s(NULL, 4, 'z'), 22);
    IS(_wcsset_s(Wide, 0, 'z'), 22);
    IS(_strnset_s(Text, 8, 'x', 2), 0);
    IS_STRING(Text, "xxcd");
    IS(_strset_s(Text, 8, 'y'), 0);
    IS_STRING(Text, "yyyy");
    IS(_strnset_s(NULL, 0, 'z', 0), 0);
    IS(_strnset_s(NULL, 8, 'z', 1), 22);
    IS(_strset_s(Text, 0, 'z'), 22);
    IS(_strset_s(Text, 4, 'z'), 22);
    IS(Text[0], 0);
}

static void TestSecure(void)
{
    char B[4];
    wchar_t W[4];

    IS(strcpy_s(B, 4, "abc"), 0);
    IS_STRING(B, "abc");
    IS(strcpy_s(B, 4, "abcd"), 34);
    IS_STRING(B, "");
    IS(strcpy_s(NULL, 4, "a"), 22);
    IS(strcpy_s(B, 0, "a"), 22);
    IS(strcpy_s(B, 4, NULL), 22);
    IS(strcpy_s(B, 4, "a"), 0);
    IS(strcat_s(B, 4, "bc"), 0);
    IS_STRING(B, "abc");
    IS(strcat_s(B, 4, "d"), 34);
    IS_STRING(B, "");
    memset(B, 'x', 4);
    IS(strcat_s(B, 4, "d"), 22);
    IS_STRING(B, "");
    IS(strncpy_s(B, 4, "abcdef", 3), 0);
    IS_STRING(B, "abc");
    IS(strncpy_s(B, 4, "abcdef", 4), 34);
    IS_STRING(B, "");
    IS(strncpy_s(B, 4, "abcdef", (size_t)-1), 80);
    IS_STRING(B, "abc");
    IS(strncpy_s(B, 4, "x", 0), 0);
    IS_STRING(B, "");
    IS(strncat_s(B, 4, "abcdef", 2), 0);
    IS(strncat_s(B, 4, "xyz", (size_t)-1), 80);
    IS_STRING(B, "abx");
    IS(strncpy_s(NULL, 0, "x", 0), 0);
    IS(strncpy_s(NULL, 4, "x", 1), 22);
    IS(strncpy_s(B, 0, "x", 1), 22);
    IS(strncpy_s(B, 4, NULL, 1), 22);
    IS_STRING(B, "");
    IS(strncpy_s(B, 4, NULL, 0), 0);
    IS(wcscpy_s(NULL, 4, L"a"), 22);
    IS(wcscpy_s(W, 0, L"a"), 22);
    W[0] = 'x';
    IS(wcscpy_s(W, 4, NULL), 22);
    IS(W[0], 0);
    W[0] = 'x';
    IS(wcscpy_s(W, 4, L"abcd"), 34);
    IS(W[0], 0);
    IS(wcsncpy_s(W, 4, L"abcdef", 4), 34);
    IS(wcsncpy_s(W, 4, NULL, 1), 22);
    IS(wcsncpy_s(W, 4, L"abcdef", 2), 0);
    OK(wcscmp(W, L"ab") == 0);
    IS(wcscpy_s(W, 4, L"abc"), 0);
    IS(wcscat_s(W, 4, L"d"), 34);
    IS(W[0], 0);
    IS(wcsncpy_s(W, 4, L"abcdef", (size_t)-1), 80);
    OK(wcscmp(W, L"abc") == 0);
    IS(wcsncat_s(W, 4, L"", 1), 0);
}

TEST_DRIVER(TestMemory, TestNarrow, TestWide, TestCase, TestFilling, TestSecure)
