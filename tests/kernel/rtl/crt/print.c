// SPDX-License-Identifier: MIT
// The printf family: what it returns, where it ends, what it does with too little room. The format is
// format.c's.
#include "test.h"
#include <stdarg.h>

int __cdecl _snprintf(char *, size_t, const char *, ...);
int __cdecl _vsnprintf(char *, size_t, const char *, va_list);
int __cdecl sprintf(char *, const char *, ...);
int __cdecl vsprintf(char *, const char *, va_list);
int __cdecl sprintf_s(char *, size_t, const char *, ...);
int __cdecl _snprintf_s(char *, size_t, size_t, const char *, ...);
int __cdecl _vsnprintf_s(char *, size_t, size_t, const char *, va_list);
int __cdecl _snwprintf(wchar_t *, size_t, const wchar_t *, ...);
int __cdecl swprintf_s(wchar_t *, size_t, const wchar_t *, ...);
int __cdecl _snwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, ...);
__attribute__((dllimport)) int __cdecl _swprintf(wchar_t *, const wchar_t *, ...);

#define TRUNCATE ((size_t)-1)

static char Room[8];
static wchar_t Wide[8];

static void Reset(void)
{
    memset(Room, '#', sizeof(Room));
    memset(Wide, '#', sizeof(Wide));
}

static int List(int (*Print)(char *, size_t, const char *, va_list), size_t Count, const char *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = Print(Room, Count, Format, Arguments);
    va_end(Arguments);
    return Result;
}

static void TestPlain(void)
{
    Reset();
    IS(_snprintf(Room, 8, "%d", 1234), 4);
    IS_STRING(Room, "1234");
    Reset();
    IS(_snprintf(Room, 4, "%d", 1234), 4);
    OK(memcmp(Room, "1234####", 8) == 0);
    Reset();
    IS(_snprintf(Room, 3, "%d", 1234), -1);
    OK(memcmp(Room, "123#####", 8) == 0);
    IS(_snprintf(NULL, 0, "%d", 1234), 4);
    Reset();
    IS(_snprintf(Room, 0, "%d", 1234), -1);
    IS(_snprintf(Room, 0, ""), 0);
    IS(Room[0], '#');
    IS(_snprintf(NULL, 5, "x"), -1);
    IS(_snprintf(Room, 5, NULL), -1);
    IS(sprintf(Room, "%s", "abc"), 3);
    IS_STRING(Room, "abc");
    IS(List(_vsnprintf, 8, "%x", 255), 2);
    IS_STRING(Room, "ff");
    Reset();
    IS(List(_vsnprintf, 2, "%x", 255), 2);
    OK(memcmp(Room, "ff##", 4) == 0);
    IS(List(_vsnprintf, 1, "%x", 0xab), -1);
    OK(memcmp(Room, "af##", 4) == 0);
}

static void TestSecure(void)
{
    IS(sprintf_s(Room, 8, "%d", 1234567), 7);
    IS_STRING(Room, "1234567");
    IS(sprintf_s(Room, 8, "%d", 12345678), -1);
    IS_STRING(Room, "");
    IS(sprintf_s(NULL, 8, "x"), -1);
    IS(sprintf_s(Room, 8, NULL), -1);
    IS(_snprintf_s(NULL, 0, 0, "%d", 1), 0);
    IS(_snprintf_s(NULL, 8, 1, "x"), -1);
    IS(_snprintf_s(Room, 0, 1, "x"), -1);
    IS(sprintf_s(Room, 0, "x"), -1);
    IS(_snprintf_s(Room, 8, 3, "%d", 1234), -1);
    IS_STRING(Room, "123");
    IS(_snprintf_s(Room, 8, TRUNCATE, "%d", 123456789), -1);
    IS_STRING(Room, "1234567");
    IS(_snprintf_s(Room, 8, TRUNCATE, "%d", 12), 2);
    IS_STRING(Room, "12");
    IS(_snprintf_s(Room, 8, 100, "%d", 123456789), -1);
    IS_STRING(Room, "");
}

static int SecureList(size_t Size, size_t Count, const char *Format, ...)
{
    va_list Arguments;
    va_start(Arguments, Format);
    int Result = _vsnprintf_s(Room, Size, Count, Format, Arguments);
    va_end(Arguments);
    return Result;
}

static void TestSecureList(void)
{
    IS(SecureList(8, TRUNCATE, "%d", 123456789), -1);
    IS_STRING(Room, "1234567");
    IS(SecureList(8, 3, "%s", "abcdef"), -1);
    IS_STRING(Room, "abc");
    IS(SecureList(8, 7, "%s", "abc"), 3);
    IS_STRING(Room, "abc");
    IS(SecureList(4, 8, "%s", "abcdef"), -1); // no room for so many: an error, and nothing is left of it
    IS_STRING(Room, "");
}

static void TestWide(void)
{
    Reset();
    IS(_snwprintf(Wide, 8, L"%s", L"abc"), 3);
    OK(wcscmp(Wide, L"abc") == 0);
    Reset();
    IS(_snwprintf(Wide, 3, L"%s", L"abc"), 3);
    OK(Wide[2] == 'c' && Wide[3] == 0x2323);
    IS(_snwprintf(Wide, 2, L"%s", L"abc"), -1);
    IS(swprintf_s(Wide, 8, L"%d", 12345678), -1);
    IS(Wide[0], 0);
    IS(_snwprintf_s(Wide, 8, TRUNCATE, L"%d", 12345678), -1);
    OK(wcscmp(Wide, L"1234567") == 0);
    IS(_swprintf(Wide, L"%hs", "xyz"), 3);
    OK(wcscmp(Wide, L"xyz") == 0);
}

__attribute__((dllimport)) int __cdecl vsprintf_s(char *, size_t, const char *, va_list);
__attribute__((dllimport)) int __cdecl _vsnwprintf(wchar_t *, size_t, const wchar_t *, va_list);
__attribute__((dllimport)) int __cdecl _vsnwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, va_list);
__attribute__((dllimport)) int __cdecl vswprintf_s(wchar_t *, size_t, const wchar_t *, va_list);
__attribute__((dllimport)) int __cdecl _vswprintf(wchar_t *, const wchar_t *, va_list);
int __cdecl SwprintfOfKernel(wchar_t *, const wchar_t *, ...) __asm__("swprintf");

typedef enum WHICH { VsprintfS, VsprintfPlain, Vsnwprintf, VsnwprintfS, VswprintfS, Vswprintf } WHICH;

static int Lists(WHICH Which, size_t Size, size_t Count, ...)
{
    va_list Arguments;
    int Result = -2;

    va_start(Arguments, Count);
    switch (Which) {
    case VsprintfS: Result = vsprintf_s(Room, Size, "%d%s", Arguments); break;
    case VsprintfPlain: Result = vsprintf(Room, "%d%s", Arguments); break;
    case Vsnwprintf: Result = _vsnwprintf(Wide, Count, L"%d%hs", Arguments); break;
    case VsnwprintfS: Result = _vsnwprintf_s(Wide, Size, Count, L"%d%hs", Arguments); break;
    case VswprintfS: Result = vswprintf_s(Wide, Size, L"%d%hs", Arguments); break;
    case Vswprintf: Result = _vswprintf(Wide, L"%d%hs", Arguments); break;
    }
    va_end(Arguments);
    return Result;
}

static void TestLists(void)
{
    IS(Lists(VsprintfS, 8, 0, 12, "abc"), 5);
    IS_STRING(Room, "12abc");
    IS(Lists(VsprintfS, 5, 0, 12, "abc"), -1);
    IS_STRING(Room, "");
    IS(Lists(VsprintfPlain, 0, 0, 34, "xyz"), 5);
    IS_STRING(Room, "34xyz");
    Reset();
    IS(Lists(Vsnwprintf, 0, 5, 12, "abc"), 5);
    OK(Wide[4] == 'c' && Wide[5] == 0x2323); // no room for a terminator
    IS(Lists(Vsnwprintf, 0, 4, 12, "abc"), -1);
    IS(Lists(Vsnwprintf, 0, 8, 12, "abc"), 5);
    OK(wcscmp(Wide, L"12abc") == 0);
    IS(Lists(VsnwprintfS, 8, 3, 12, "abc"), -1);
    OK(wcscmp(Wide, L"12a") == 0);
    IS(Lists(VsnwprintfS, 4, 8, 12, "abc"), -1);
    IS(Wide[0], 0);
    IS(Lists(VsnwprintfS, 4, TRUNCATE, 12, "abc"), -1);
    OK(wcscmp(Wide, L"12a") == 0);
    IS(Lists(VswprintfS, 8, 0, 12, "abc"), 5);
    OK(wcscmp(Wide, L"12abc") == 0);
    IS(Lists(VswprintfS, 5, 0, 12, "abc"), -1);
    IS(Wide[0], 0);
    IS(Lists(Vswprintf, 0, 0, 56, "q"), 3);
    OK(wcscmp(Wide, L"56q") == 0);
    IS(SwprintfOfKernel(Wide, L"%s!", L"abc"), 4); // swprintf
    OK(wcscmp(Wide, L"abc!") == 0);
}

TEST_DRIVER(TestLists, TestPlain, TestSecure, TestSecureList, TestWide)
