// SPDX-License-Identifier: MIT
// NT's format language: each flag, size and type, to narrow and to wide text.
#include "test.h"
#include <stdio.h>

static char Narrow[256];
static wchar_t Wide[256];
static char FromWide[256];

// Formats narrow, and wide with the same arguments, and passes if both are Expected.
#define BOTH(Expected, Format, ...)                                                                          \
    do {                                                                                                     \
        _snprintf(Narrow, sizeof(Narrow), Format, ##__VA_ARGS__);                                            \
        IS_STRING(Narrow, Expected);                                                                         \
        _snwprintf(Wide, RTL_NUMBER_OF(Wide), L##Format, ##__VA_ARGS__);                                     \
        for (ULONG I_ = 0; I_ < RTL_NUMBER_OF(Wide); ++I_) {                                                 \
            FromWide[I_] = (char)Wide[I_];                                                                   \
        }                                                                                                    \
        IS_STRING(FromWide, Expected);                                                                       \
    } while (0)

#define NARROW(Expected, Format, ...)                                                                        \
    do {                                                                                                     \
        _snprintf(Narrow, sizeof(Narrow), Format, ##__VA_ARGS__);                                            \
        IS_STRING(Narrow, Expected);                                                                         \
    } while (0)

#define WIDE(Expected, Format, ...)                                                                          \
    do {                                                                                                     \
        _snwprintf(Wide, RTL_NUMBER_OF(Wide), Format, ##__VA_ARGS__);                                        \
        OK(wcscmp(Wide, Expected) == 0);                                                                     \
    } while (0)

static void TestIntegers(void)
{
    BOTH("0 1 -1 2147483647 -2147483648", "%d %i %d %d %d", 0, 1, -1, 0x7FFFFFFF, (int)0x80000000);
    BOTH("4294967295 37777777777 ffffffff FFFFFFFF", "%u %o %x %X", -1, -1, -1, -1);
    BOTH("  42|42  |0042|  42", "%4d|%-4d|%04d|%4u", 42, 42, 42, 42);
    BOTH("+42|+0|-42", "%+d|%+d|%+d", 42, 0, -42);
    BOTH(" 42| 0|-42|+42", "% d|% d|% d|%+ d", 42, 0, -42, 42);
    BOTH("-0042|+0042| 0042", "%05d|%+05d|% 05d", -42, 42, 42);
    BOTH("42   |42   ", "%-05d|%0-5d", 42, 42);
    BOTH("00042|  00042|00042  ", "%.5d|%7.5d|%-7.5d", 42, 42, 42);
    BOTH("  00042|", "%07.5d|", 42);
    BOTH("|0|", "%.0d|%d|%.d", 0, 0, 0);
    BOTH("-00042", "%.5d", -42);
    BOTH("0x2a|0X2A|052|0|0", "%#x|%#X|%#o|%#x|%#o", 42, 42, 42, 0, 0);
    BOTH("0x002a|  0x2a|0x2a  ", "%#06x|%#6x|%-#6x", 42, 42, 42);
    BOTH("0042|00042", "%#.4o|%#.5o", 042, 042);
    BOTH("42|42", "%+u|% u", 42, 42);
}

static void TestSizes(void)
{
    BOTH("-1 255 -1 65535", "%hhd %hhu %hd %hu", 0x1FF, 0x1FF, 0x1FFFF, 0x1FFFF);
    BOTH("-1 4294967295", "%ld %lu", -1L, -1L);
    BOTH("-1 18446744073709551615", "%lld %llu", -1LL, -1LL);
    BOTH("-9223372036854775808", "%I64d", (LONGLONG)0x8000000000000000ULL);
    BOTH("123456789abcdef0 123456789ABCDEF0", "%I64x %I64X", 0x123456789abcdef0ULL, 0x123456789abcdef0ULL);
    BOTH("-2 4294967294", "%I32d %I32u", 0x1FFFFFFFEULL, 0x1FFFFFFFEULL);
    BOTH("-3 18446744073709551613 fffffffffffffffd", "%Id %Iu %Ix", -3LL, -3LL, -3LL);
    BOTH("-4 -5 18446744073709551610", "%jd %td %zu", -4LL, -5LL, -6LL);
    BOTH("00000abc", "%08lx", 0xABCul);
    BOTH("1777777777777777777777", "%I64o", -1LL);
}

static void TestPointer(void)
{
    BOTH("0000000000001234", "%p", (PVOID)0x1234);
    BOTH("FFFFF8000000ABCD", "%p", (PVOID)0xFFFFF8000000ABCD);
    BOTH("0000000000000000", "%p", NULL);
    BOTH("    000000000000BEEF|000000000000BEEF    ", "%20p|%-20p", (PVOID)0xBEEF, (PVOID)0xBEEF);
}

static void TestStar(void)
{
    BOTH("   42|42   |00042", "%*d|%*d|%0*d", 5, 42, -5, 42, 5, 42);
    BOTH("0042|42", "%.*d|%.*d", 4, 42, -4, 42);
    BOTH("  0042", "%*.*d", 6, 4, 42);
    NARROW("he|hello", "%.*s|%.*s", 2, "hello", -1, "hello");
}

static void TestCharacters(void)
{
    NARROW("a|b|c|d|e", "%c|%hc|%C|%lc|%wc", 'a', 'b', L'c', L'd', L'e');
    WIDE(L"a|b|c|d|e", L"%c|%hc|%C|%lc|%wc", L'a', 'b', 'c', L'd', L'e');
    BOTH("    x|x    ", "%5c|%-5c", 'x', 'x');
    NARROW("\x80|?", "%wc|%wc", 0x20AC, 0x416);
    WIDE(L"\x20AC", L"%hc", 0x80);
}

static void TestStrings(void)
{
    NARROW("one two", "%s %s", "one", "two");
    NARROW("a b c d", "%S %ls %ws %hs", L"a", L"b", L"c", "d");
    NARROW("a b", "%hS %lS", "a", L"b");
    WIDE(L"a b c d", L"%s %S %hs %ls", L"a", "b", "c", L"d");
    WIDE(L"a b", L"%ws %hS", L"a", "b");
    NARROW("  abc|abc  |00abc", "%5s|%-5s|%05s", "abc", "abc", "abc");
    NARROW("ab||abc", "%.2s|%.0s|%.9s", "abc", "abc", "abc");
    NARROW("   ab|ab   ", "%5.2s|%-5.2S", "abc", L"abc");
    NARROW("(null)|(null)|(null)", "%s|%S|%ws", NULL, NULL, NULL);
    NARROW("(nu|    (null)", "%.3s|%10s", NULL, NULL);
    WIDE(L"(null)|(null)", L"%s|%S", NULL, NULL);
    NARROW("caf\xE9 ?\x80", "%S", L"caf\xE9 \x416\x20AC");
    WIDE(L"caf\xE9\x20AC", L"%S", "caf\xE9\x80");
    // A string that is not terminated is read no further than its precision.
    char Three[3] = {'x', 'y', 'z'};
    NARROW("xyz", "%.3s", Three);
}

static void TestCountedStrings(void)
{
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"wide text"), NoBuffer = {4, 4, NULL}, Empty = {0, 0, L"x"};
    ANSI_STRING Ansi = RTL_CONSTANT_STRING("narrow text");

    NARROW("wide text|wide text|narrow text|narrow text", "%wZ|%lZ|%Z|%hZ", &Unicode, &Unicode, &Ansi, &Ansi);
    WIDE(L"wide text|narrow text", L"%wZ|%Z", &Unicode, &Ansi);
    NARROW("(null)|(null)|(null)", "%wZ|%Z|%wZ", NULL, NULL, &NoBuffer);
    NARROW("||", "|%wZ|", &Empty);
    NARROW("   wide text|wide text   ", "%12wZ|%-12wZ", &Unicode, &Unicode);
    Unicode.Length = 4 * sizeof(WCHAR);
    NARROW("wide", "%wZ", &Unicode);
}

static void TestTheRest(void)
{
    int Stored = 77;

    BOTH("100%", "100%%");
    BOTH("", "");
    BOTH("k|7", "%k|%d", 7);
    BOTH("abc", "abc%");
    BOTH("abc", "abc%-5");
    // %n takes its argument and stores nothing.
    NARROW("ab7", "ab%n%d", &Stored, 7);
    IS(Stored, 77);
    // Floating point is not supported; what follows it is right all the same.
    NARROW("f 7", "%f %d", 1.5, 7);
}

TEST_DRIVER(TestIntegers, TestSizes, TestPointer, TestStar, TestCharacters, TestStrings, TestCountedStrings,
            TestTheRest)
