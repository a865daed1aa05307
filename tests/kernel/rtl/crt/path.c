// SPDX-License-Identifier: MIT
// Paths into their parts and out of them; __chkstk, and _wcsnset_s.
#include "test.h"

__attribute__((dllimport)) int __cdecl _splitpath_s(const char *, char *, size_t, char *, size_t, char *,
                                                    size_t, char *, size_t);
__attribute__((dllimport)) int __cdecl _wsplitpath_s(const wchar_t *, wchar_t *, size_t, wchar_t *, size_t,
                                                     wchar_t *, size_t, wchar_t *, size_t);
__attribute__((dllimport)) int __cdecl _makepath_s(char *, size_t, const char *, const char *, const char *,
                                                   const char *);
__attribute__((dllimport)) int __cdecl _wmakepath_s(wchar_t *, size_t, const wchar_t *, const wchar_t *,
                                                    const wchar_t *, const wchar_t *);
__attribute__((dllimport)) int __cdecl _wcsnset_s(wchar_t *, size_t, wchar_t, size_t);

#define INVALID 22
#define RANGE   34

static char Drive[4], Folder[16], Name[8], Extension[8], Path[24];

static int Split(const char *Text)
{
    return _splitpath_s(Text, Drive, sizeof(Drive), Folder, sizeof(Folder), Name, sizeof(Name), Extension,
                        sizeof(Extension));
}

static void TestSplit(void)
{
    static const struct {
        const char *Path, *Drive, *Folder, *Name, *Extension;
    } Rows[] = {
        {"C:\\a\\b.c", "C:", "\\a\\", "b", ".c"},
        {"a/b\\c.d.e", "", "a/b\\", "c.d", ".e"},
        {"\\x.y\\z", "", "\\x.y\\", "z", ""},
        {"name", "", "", "name", ""},
        {".ext", "", "", "", ".ext"},
        {"d:", "d:", "", "", ""},
        {"dir\\", "", "dir\\", "", ""},
        {"a.", "", "", "a", "."},
        {"", "", "", "", ""},
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        IS(Split(Rows[Row].Path), 0);
        IS_STRING(Drive, Rows[Row].Drive);
        IS_STRING(Folder, Rows[Row].Folder);
        IS_STRING(Name, Rows[Row].Name);
        IS_STRING(Extension, Rows[Row].Extension);
    }
    IS(_splitpath_s("C:\\a\\b.c", NULL, 0, NULL, 0, Name, sizeof(Name), NULL, 0), 0);
    IS_STRING(Name, "b");
}

static void TestSplitErrors(void)
{
    Split("C:\\a\\b.c");
    IS(Split("C:\\a\\longname.c"), RANGE); // eight characters and the zero
    OK(Drive[0] == 0 && Folder[0] == 0 && Name[0] == 0 && Extension[0] == 0);
    Split("C:\\a\\b.c");
    IS(Split(NULL), INVALID);
    OK(Drive[0] == 0 && Folder[0] == 0 && Name[0] == 0 && Extension[0] == 0);
    Split("C:\\a\\b.c");
    IS(_splitpath_s("x", NULL, 4, Folder, 16, Name, 8, Extension, 8), INVALID);
    OK(Folder[0] == 0 && Name[0] == 0 && Extension[0] == 0);
    IS(_splitpath_s("x", Drive, 0, NULL, 0, NULL, 0, NULL, 0), INVALID);
    IS(_splitpath_s("C:x", Drive, 2, NULL, 0, NULL, 0, NULL, 0), RANGE);
}

static void TestMake(void)
{
    IS(_makepath_s(Path, sizeof(Path), "C", "\\a", "b", "c"), 0);
    IS_STRING(Path, "C:\\a\\b.c");
    IS(_makepath_s(Path, sizeof(Path), "C:", "a/", "b", ".c"), 0);
    IS_STRING(Path, "C:a/b.c");
    IS(_makepath_s(Path, sizeof(Path), NULL, NULL, "b", NULL), 0);
    IS_STRING(Path, "b");
    IS(_makepath_s(Path, sizeof(Path), "", "", "", ""), 0);
    IS_STRING(Path, "");
    IS(_makepath_s(Path, 9, "C", "\\a", "b", "c"), 0);
    IS(_makepath_s(Path, 8, "C", "\\a", "b", "c"), RANGE);
    IS_STRING(Path, "");
    IS(_makepath_s(NULL, 8, "C", "\\a", "b", "c"), INVALID);
    IS(_makepath_s(Path, 0, "C", "\\a", "b", "c"), INVALID);
}

static void TestWide(void)
{
    wchar_t WideDrive[3], WideFolder[8], WideName[8], WideExtension[8], WidePath[16];
    IS(_wsplitpath_s(L"C:\\a\\\x416.c", WideDrive, 3, WideFolder, 8, WideName, 8, WideExtension, 8), 0);
    OK(wcscmp(WideDrive, L"C:") == 0 && wcscmp(WideFolder, L"\\a\\") == 0);
    OK(wcscmp(WideName, L"\x416") == 0 && wcscmp(WideExtension, L".c") == 0);
    IS(_wsplitpath_s(NULL, WideDrive, 3, NULL, 0, NULL, 0, NULL, 0), INVALID);
    IS(_wmakepath_s(WidePath, 16, L"C", L"\\a", L"\x416", L"c"), 0);
    OK(wcscmp(WidePath, L"C:\\a\\\x416.c") == 0);
    IS(_wmakepath_s(WidePath, 8, L"C", L"\\a", L"b", L"c"), RANGE);
    IS(WidePath[0], 0);
}

static void TestFill(void)
{
    wchar_t Text[] = L"abcd";
    IS(_wcsnset_s(Text, 5, 'x', 2), 0);
    OK(wcscmp(Text, L"xxcd") == 0);
    IS(_wcsnset_s(Text, 5, 'y', 9), 0);
    OK(wcscmp(Text, L"yyyy") == 0);
    IS(_wcsnset_s(NULL, 0, 'x', 0), 0);
    IS(_wcsnset_s(NULL, 5, 'x', 1), INVALID);
    IS(_wcsnset_s(Text, 0, 'x', 1), INVALID);
    IS(_wcsnset_s(Text, 4, 'x', 1), INVALID); // not terminated
    IS(Text[0], 0);
}

// The kernel's export, not what drivers are linked with.
static void TestCheckStack(void)
{
    UNICODE_STRING RoutineName = RTL_CONSTANT_STRING(L"__chkstk");
    PVOID Routine = MmGetSystemRoutineAddress(&RoutineName);
    ULONG64 Rax, Rcx, Rdx;
    register ULONG64 R8 __asm__("r8");
    register ULONG64 R9 __asm__("r9");
    OK(Routine != NULL);
    // All registers that a prologue relies on are as they were.
    __asm__ volatile("movl $0x3210, %%eax\n\t"
                     "movl $11, %%ecx\n\t"
                     "movl $12, %%edx\n\t"
                     "movl $13, %%r8d\n\t"
                     "movl $14, %%r9d\n\t"
                     "callq *%[Routine]"
                     : "=&a"(Rax), "=&c"(Rcx), "=&d"(Rdx), "=&r"(R8), "=&r"(R9)
                     : [Routine] "r"(Routine)
                     : "r10", "r11", "memory", "cc");
    IS(Rax, 0x3210);
    IS(Rcx, 11);
    IS(Rdx, 12);
    IS(R8, 13);
    IS(R9, 14);
}

TEST_DRIVER(TestSplit, TestSplitErrors, TestMake, TestWide, TestFill, TestCheckStack)
