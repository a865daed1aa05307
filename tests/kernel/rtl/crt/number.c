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
#undef iswalnum
#undef iswdigit
#undef iswspace
__attribute__((dllimport)) int __cdecl islower(int);
__attribute__((dllimport)) int __cdecl isupper(int);
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

__attribute__((dllimport)) LONGLONG __cdecl _atoi64(const char *);
__attribute__((dllimport)) ULONGLONG __cdecl _strtoui64(const char *, char **, int);
__attribute__((dllimport)) errno_t __cdecl _itow_s(int, wchar_t *, size_t, int);
__attribute__((dllimport)) errno_t __cdecl _ltow_s(long, wchar_t *, size_t, int);
__attribute__((dllimport)) errno_t __cdecl _ultow_s(unsigned long, wchar_t *, size_t, int);
__attribute__((dllimport)) errno_t __cdecl _i64tow_s(LONGLONG, wchar_t *, size_t, int);
__attribute__((dllimport)) errno_t __cdecl _ltoa_s(long, char *, size_t, int);
__attribute__((dllimport)) errno_t __cdecl _ui64toa_s(ULONGLONG, char *, size_t, int);
__attribute__((dllimport)) int __cdecl _finite(double);
__attribute__((dllimport)) double __cdecl sqrt(double);
__attribute__((dllimport)) float __cdecl sqrtf(float);

static void TestOutOfText64(void)
{
    char *End;

    IS(_atoi64(" -9223372036854775808x"), 0x8000000000000000ULL);
    IS(_atoi64("99999999999999999999"), 0x7FFFFFFFFFFFFFFF);
    IS(_wtol(L" +12 "), 12);
    IS(_wtol(L"4294967296"), 0x7FFFFFFF);
    IS(_strtoui64("0xFFFFFFFFFFFFFFFFz", &End, 0), 0xFFFFFFFFFFFFFFFFULL);
    IS(*End, 'z');
    IS(_strtoui64("18446744073709551616", &End, 10), 0xFFFFFFFFFFFFFFFFULL);
    IS(*End, 0);
    IS(_strtoui64("-2", NULL, 10), (ULONGLONG)-2);
    IS(_strtoui64("none", &End, 10), 0);
    IS(*End, 'n');
}

static void TestToTextSecure(void)
{
    char B[40];
    wchar_t W[40];

    IS(_itow_s(-5, W, 3, 10), 0);
    OK(wcscmp(W, L"-5") == 0);
    IS(_itow_s(-5, W, 2, 10), 34);
    IS(W[0], 0);
    IS(_itow_s(1, W, 40, 1), 22);
    IS(_ltow_s(255, W, 40, 16), 0);
    OK(wcscmp(W, L"ff") == 0);
    IS(_ultow_s(4294967295ul, W, 40, 2), 0);
    IS(wcslen(W), 32);
    IS(_i64tow_s(-1, W, 40, 10), 0);
    OK(wcscmp(W, L"-1") == 0);
    IS(_i64tow_s(-1, NULL, 40, 10), 22);
    IS(_ltoa_s(-1, B, 40, 8), 0);
    IS_STRING(B, "37777777777");
    IS(_ui64toa_s(0xFFFFFFFFFFFFFFFFULL, B, 40, 36), 0);
    IS_STRING(B, "3w5e11264sgsf");
    IS(_ui64toa_s(7, B, 0, 10), 22);
}

static void TestFloatingPoint(void)
{
    union {
        ULONGLONG Bits;
        double Number;
    } Infinite = {0x7FF0000000000000ULL}, None = {0xFFF8000000000000ULL}, Tiny = {1};

    OK(_finite(1.5) && _finite(Tiny.Number) && !_finite(Infinite.Number) && !_finite(None.Number));
    OK(sqrt(2.25) == 1.5 && sqrtf(6.25f) == 2.5f && sqrt(0) == 0);
    double Negative = sqrt(-1.0);
    OK(!_finite(Negative));
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
    OK(islower('z') && !islower('Z') && !islower('5') && isupper('A') && !isupper('a') && !isupper('['));
    OK(iswdigit('9') && !iswdigit('a') && iswalnum('9') && iswalnum('q') && iswalnum('Q') && !iswalnum('_'));
    OK(iswspace(' ') && iswspace('\n') && !iswspace('x') && !iswspace(0x3000));
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

__attribute__((dllimport)) void __cdecl qsort_s(void *, size_t, size_t,
                                                int (*)(void *, const void *, const void *), void *);
__attribute__((dllimport)) void *__cdecl bsearch_s(const void *, const void *, size_t, size_t,
                                                   int (*)(void *, const void *, const void *), void *);

// Backwards, and counting.
static int __cdecl CompareWithContext(void *Context, const void *Left, const void *Right)
{
    ++*(int *)Context;
    return *(const int *)Right - *(const int *)Left;
}

static void TestSortingWithContext(void)
{
    int Numbers[] = {3, 9, 1, 7, 5}, Calls = 0, Key = 7, Missing = 6;

    qsort_s(Numbers, 5, sizeof(int), CompareWithContext, &Calls);
    OK(Numbers[0] == 9 && Numbers[1] == 7 && Numbers[2] == 5 && Numbers[3] == 3 && Numbers[4] == 1);
    OK(Calls != 0);
    OK(bsearch_s(&Key, Numbers, 5, sizeof(int), CompareWithContext, &Calls) == &Numbers[1]);
    OK(bsearch_s(&Missing, Numbers, 5, sizeof(int), CompareWithContext, &Calls) == NULL);
    OK(bsearch_s(&Key, NULL, 5, sizeof(int), CompareWithContext, &Calls) == NULL);
    OK(bsearch_s(&Key, Numbers, 5, 0, CompareWithContext, &Calls) == NULL);
    qsort_s(NULL, 5, sizeof(int), CompareWithContext, &Calls);
    qsort_s(Numbers, 5, sizeof(int), NULL, &Calls);
    OK(Numbers[0] == 9 && Numbers[4] == 1);
}

TEST_DRIVER(TestOutOfText, TestOutOfText64, TestToText, TestToTextSecure, TestFloatingPoint, TestCharacters,
            TestMultiByte, TestSorting, TestSortingWithContext)
