// SPDX-License-Identifier: MIT
// The scanf family that reads from memory: every conversion, sizes of buffers, ends of the text.
#include "test.h"

__attribute__((dllimport)) int __cdecl sscanf_s(const char *, const char *, ...);
__attribute__((dllimport)) int __cdecl _snscanf_s(const char *, size_t, const char *, ...);
__attribute__((dllimport)) int __cdecl swscanf_s(const wchar_t *, const wchar_t *, ...);
__attribute__((dllimport)) int __cdecl _snwscanf_s(const wchar_t *, size_t, const wchar_t *, ...);

static int A, B;
static char Text[8], Other[8];
static wchar_t Wide[8];

static void TestIntegers(void)
{
    unsigned char Byte[2] = {0, 0x77};
    unsigned short Short[2] = {0, 0x7777};
    LONGLONG Long = 0;
    PVOID Pointer = NULL;

    IS(sscanf_s(" 12 -34", "%d%d", &A, &B), 2);
    OK(A == 12 && B == -34);
    IS(sscanf_s("+7,0x1F", "%u,%x", &A, &B), 2);
    OK(A == 7 && B == 31);
    IS(sscanf_s("ff 17", "%X %o", &A, &B), 2);
    OK(A == 255 && B == 15);
    IS(sscanf_s("0x10 010", "%i %i", &A, &B), 2);
    OK(A == 16 && B == 8);
    IS(sscanf_s("19 0", "%i %i", &A, &B), 2);
    OK(A == 19 && B == 0);
    IS(sscanf_s("12345", "%2d%3d", &A, &B), 2);
    OK(A == 12 && B == 345);
    IS(sscanf_s("300 70000", "%hhu %hu", &Byte[0], &Short[0]), 2);
    OK(Byte[0] == 44 && Byte[1] == 0x77 && Short[0] == 4464 && Short[1] == 0x7777);
    IS(sscanf_s("-5000000000", "%lld", &Long), 1);
    IS(Long, -5000000000LL);
    IS(sscanf_s("FFFFFFFFFFFFFFFF", "%I64x", &Long), 1);
    IS(Long, -1);
    IS(sscanf_s("7", "%Id", &Long), 1);
    IS(Long, 7);
    IS(sscanf_s("8 9", "%I32d %ld", &A, &B), 2);
    OK(A == 8 && B == 9);
    IS(sscanf_s("FFFF800012345678", "%p", &Pointer), 1);
    IS((ULONG64)Pointer, 0xFFFF800012345678ULL);
    IS(sscanf_s("4294967297", "%d", &A), 1); // wraps
    IS(A, 1);
}

static void TestText(void)
{
    IS(sscanf_s(" ab cd", "%s%s", Text, 8u, Other, 8u), 2);
    IS_STRING(Text, "ab");
    IS_STRING(Other, "cd");
    IS(sscanf_s("abcdef", "%3s%s", Text, 8u, Other, 8u), 2);
    IS_STRING(Text, "abc");
    IS_STRING(Other, "def");
    RtlFillMemory(Text, 8, '#');
    IS(sscanf_s("xyz", "%c%2c", &Text[4], 1u, Text, 2u), 2);
    OK(Text[4] == 'x' && RtlCompareMemory(Text, "yz##x", 5) == 5);
    IS(sscanf_s(" x", "%c", Text, 1u), 1); // white space too
    IS(Text[0], ' ');
    IS(sscanf_s("key=value;", "%[^=]=%[a-z]", Text, 8u, Other, 8u), 2);
    IS_STRING(Text, "key");
    IS_STRING(Other, "value");
    IS(sscanf_s("]-x", "%[]-]", Text, 8u), 1);
    IS_STRING(Text, "]-");
    IS(sscanf_s("abc1", "%[c-a]", Text, 8u), 1);
    IS_STRING(Text, "abc");
    IS(sscanf_s("1", "%[a", Text, 8u), 0); // a set without end
    // The other width.
    IS(sscanf_s("a\x80 b", "%S %hs", Wide, 8u, Text, 8u), 2);
    OK(Wide[0] == 'a' && Wide[1] == 0x20AC && Wide[2] == 0);
    IS_STRING(Text, "b");
    IS(sscanf_s("cd", "%ls", Wide, 8u), 1);
    OK(wcscmp(Wide, L"cd") == 0);
}

static void TestSizesOfBuffers(void)
{
    RtlFillMemory(Text, 8, '#');
    IS(sscanf_s("7 abcd", "%d %s", &A, Text, 4u), 1);
    IS(Text[0], 0);
    IS(Text[4], '#');
    IS(sscanf_s("abc", "%s", Text, 4u), 1);
    IS_STRING(Text, "abc");
    IS(sscanf_s("abc", "%[a-c]", Text, 3u), 0);
    IS(Text[0], 0);
    IS(sscanf_s("abc", "%3c", Text, 2u), 0);
    IS(Text[0], 0);
    Text[0] = '#';
    IS(sscanf_s("abc", "%s", Text, 0u), 0);
    IS(Text[0], '#');
}

static void TestMatching(void)
{
    A = B = 0;
    IS(sscanf_s("1:2", "%d : %d", &A, &B), 2);
    IS(sscanf_s("1;2", "%d:%d", &A, &B), 1);
    IS(sscanf_s("50% of 3", "%d%% of %d", &A, &B), 2);
    OK(A == 50 && B == 3);
    IS(sscanf_s("1 2 3", "%*d %d %*s", &A), 1);
    IS(A, 2);
    IS(sscanf_s("12 ab", "%d%n ab%n", &A, &B, &A), 1);
    OK(B == 2 && A == 5);
    IS(sscanf_s("x", "%d", &A), 0);
    IS(sscanf_s("- 1", "%d", &A), 0);
    IS(sscanf_s("0xg", "%x", &A), 0);
    IS(sscanf_s("", "%d", &A), -1);
    IS(sscanf_s("  ", "%d", &A), -1);
    IS(sscanf_s("ab", "abc%d", &A), -1);
    IS(sscanf_s("1", "%d %d", &A, &B), 1);
    IS(sscanf_s("1", "%*d %d", &B), 0);
    IS(sscanf_s("", ""), 0);
    IS(sscanf_s("1.5", "%f", &A), 0); // no floating point
    IS(sscanf_s(NULL, "%d", &A), -1);
    IS(sscanf_s("1", NULL), -1);
}

static void TestCounted(void)
{
    IS(_snscanf_s("12345", 3, "%d", &A), 1);
    IS(A, 123);
    IS(_snscanf_s("12345", 0, "%d", &A), -1);
    IS(_snscanf_s("ab cd", 4, "%s %s", Text, 8u, Other, 8u), 2);
    IS_STRING(Other, "c");
}

static void TestWide(void)
{
    IS(swscanf_s(L"12 \x20ACx", L"%d %s", &A, Wide, 8u), 2);
    OK(A == 12 && Wide[0] == 0x20AC && Wide[1] == 'x' && Wide[2] == 0);
    IS(swscanf_s(L"\x20AC z", L"%S %C", Text, 8u, Other, 1u), 2);
    IS_STRING(Text, "\x80");
    IS(Other[0], 'z');
    IS(swscanf_s(L"\x416\x417", L"%[\x410-\x42F]", Wide, 8u), 1);
    OK(Wide[1] == 0x417 && Wide[2] == 0);
    IS(swscanf_s(L"abcd", L"%s", Wide, 4u), 0);
    IS(Wide[0], 0);
    IS(_snwscanf_s(L"99", 1, L"%d", &A), 1);
    IS(A, 9);
    IS(swscanf_s(L"", L"%d", &A), -1);
    IS(swscanf_s(NULL, L"%d", &A), -1);
}

TEST_DRIVER(TestIntegers, TestText, TestSizesOfBuffers, TestMatching, TestCounted, TestWide)
