// SPDX-License-Identifier: MIT
// Numbers, characters, multi-byte text, sorting, random numbers.
#include "test.h"
#include <stdlib.h>
#include <wchar.h>

__attribute__((dllimport)) int __cdecl isdigit(int);
__attribute__((dllimport)) int __cdecl isspace(int);
__attribute__((dllimport)) int __cdecl isxdigit(int);
__attribute__((dllimport)) int __cdecl isprint(int);
__attribute__((dllimport)) int __cdecl tolower(int);
__attribute__((dllimport)) int __cdecl toupper(int);
unsigned short __cdecl towupper(unsigned short);
unsigned short __cdecl towlower(unsigned short);

static void TestOutOfText(void)
{
    wchar_t *End;

    IS(atoi(" \t-12x"), -12);
    IS(atoi("+7"), 7);
    IS(atoi("x"), 0);
    IS(atoi("99999999999"), 0x7FFFFFFF);
    IS(atol("-99999999999"), (int)0x80000000);
    IS(_wtoi(L"-5"), -5);
    IS(wcstoul(L"0x1Fg", &End, 0), 31);
    IS(*End, 'g');
    IS(wcstoul(L"017", &End, 0), 15);
    IS(wcstoul(L"zz", &End, 36), 35 * 36 + 35);
    IS(wcstoul(L"4294967296", &End, 10), 0xFFFFFFFF);
    IS(wcstoul(L"-1", &End, 10), 0xFFFFFFFF);
    IS(wcstoul(L"0x", &End, 16), 0);
    IS(*End, 'x');
    IS(wcstoul(L"8", &End, 8), 0);
    IS(*End, '8');
}

static void TestToText(void)
{
    char B[40];
    wchar_t W[40];

    IS_STRING(_itoa(-12, B, 10), "-12");
    IS_STRING(_itoa(-1, B, 16), "ffffffff");
    IS_STRING(_itoa(0, B, 2), "0");
    OK(wcscmp(_itow(35, W, 36), L"z") == 0);
    IS(_itoa_s(-12, B, 4, 10), 0);
    IS_STRING(B, "-12");
    IS(_itoa_s(-12, B, 3, 10), 34);
    IS_STRING(B, "");
    IS(_itoa_s(1, B, 4, 37), 22);
    IS(_itoa_s(1, NULL, 4, 10), 22);
    IS(_ultoa_s(4294967295ul, B, 40, 10), 0);
    IS_STRING(B, "4294967295");
    IS(_i64toa_s((LONGLONG)0x8000000000000000ULL, B, 40, 10), 0);
    IS_STRING(B, "-9223372036854775808");
    IS(_ui64tow_s(~0ULL, W, 40, 16), 0);
    OK(wcscmp(W, L"ffffffffffffffff") == 0);
}

static void TestCharacters(void)
{
    OK(isdigit('5') && !isdigit('a') && isxdigit('F') && !isxdigit('g') && isspace('\t') && !isspace('x'));
    OK(isprint(' ') && isprint('~') && !isprint('\n') && !isprint(0x7F));
    OK(tolower('A') == 'a' && tolower('[') == '[' && toupper('z') == 'Z' && toupper(0xE4) == 0xE4);
    OK(towupper(0xE4) == 0xC4 && towlower(0x416) == 0x436);
}

static void TestMultiByte(void)
{
    char B[8];
    wchar_t W[8];

    IS(mbstowcs(W, "a\x80", 8), 2);
    OK(W[0] == 'a' && W[1] == 0x20AC && W[2] == 0);
    IS(mbstowcs(W, "abc", 2), 2);
    IS(mbstowcs(NULL, "abc", 0), 3);
    IS(wcstombs(B, L"a\x20AC\x416", 8), 3);
    IS_STRING(B, "a\x80?");
    IS(mbtowc(W, "", 1), 0);
    IS(mbtowc(W, "x", 1), 1);
    IS(wctomb(B, L'x'), 1);
}

static int __cdecl Compare(const void *Left, const void *Right)
{
    return *(const int *)Left - *(const int *)Right;
}

static void TestSorting(void)
{
    int Numbers[200], Key = 400, Missing = 401;
    BOOLEAN Sorted = TRUE;

    srand(1);
    IS(rand(), 41);
    IS(rand(), 18467);
    for (int I = 0; I < 200; ++I) {
        Numbers[I] = I * 77 % 200 * 4;
    }
    qsort(Numbers, 200, sizeof(int), Compare);
    for (int I = 0; I < 200; ++I) {
        Sorted = Sorted && Numbers[I] == I * 4;
    }
    OK(Sorted);
    OK(bsearch(&Key, Numbers, 200, sizeof(int), Compare) == &Numbers[100]);
    OK(bsearch(&Missing, Numbers, 200, sizeof(int), Compare) == NULL);
    OK(bsearch(&Numbers[0], Numbers, 200, sizeof(int), Compare) == &Numbers[0]);
    OK(bsearch(&Numbers[199], Numbers, 200, sizeof(int), Compare) == &Numbers[199]);
    OK(bsearch(&Key, Numbers, 0, sizeof(int), Compare) == NULL);
}

TEST_DRIVER(TestOutOfText, TestToText, TestCharacters, TestMultiByte, TestSorting)
