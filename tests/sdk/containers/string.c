// SPDX-License-Identifier: MIT
// KM_STRING, its formats, and UTF: each routine, each status, each allocation failing once.
#include "test.h"
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;

static UNICODE_STRING Wide(PCWSTR Text)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Text);
    return String;
}

static BOOLEAN Has(PKM_STRING String, PCWSTR Text)
{
    SIZE_T Count = wcslen(Text);

    return KmStringCount(String) == Count &&
           RtlCompareMemory(KmStringText(String), Text, Count * 2 + 2) == Count * 2 + 2 &&
           String->Unicode.Length <= String->Unicode.MaximumLength;
}
#define HAS(String, Text)                                                                                    \
    do {                                                                                                     \
        OK(Has((String), (Text)));                                                                           \
        if (!Has((String), (Text))) {                                                                        \
            DbgPrint("#   is %ws\n", KmStringText(String));                                                  \
        }                                                                                                    \
    } while (0)

static VOID Done(PKM_STRING String)
{
    KmStringFree(String);
    OK(String->Unicode.Buffer == NULL && KmStringCount(String) == 0 && String->Unicode.MaximumLength == 0);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

static void TestEdit(void)
{
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator), Other;
    UNICODE_STRING Text = Wide(L"abc"), Part, Released;
    PWCH Buffer;

    FailingArm(&Memory, 0);
    KmStringInit(&Other, &Memory.Allocator);
    HAS(&String, L"");
    IS(KmStringAppendText(&String, L""), STATUS_SUCCESS);
    IS(Memory.Calls, 0);
    KmStringTrim(&String, NULL);
    KmStringClear(&String);
    IS(KmStringShrink(&String), STATUS_SUCCESS);
    IS(KmStringRemove(&String, 0, 0), STATUS_SUCCESS);
    IS(KmStringRemove(&String, 0, 1), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmStringInsert(&String, 1, &Text), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmStringAppend(&String, &Text), STATUS_SUCCESS);
    IS(KmStringAppendText(&String, L"def"), STATUS_SUCCESS);
    IS(KmStringAppendChar(&String, L'g'), STATUS_SUCCESS);
    IS(KmStringAppendUnits(&String, L"hijkl", 2), STATUS_SUCCESS);
    HAS(&String, L"abcdefghi");
    IS(Memory.Calls, 1);
    IS(KmStringInsert(&String, 9, &Text), STATUS_SUCCESS);
    IS(KmStringInsert(&String, 0, &Text), STATUS_SUCCESS);
    IS(KmStringInsert(&String, 1, &Text), STATUS_SUCCESS);
    HAS(&String, L"aabcbcabcdefghiabc");
    IS(KmStringRemove(&String, 1, 5), STATUS_SUCCESS);
    IS(KmStringRemove(&String, 10, 3), STATUS_SUCCESS);
    HAS(&String, L"aabcdefghi");
    IS(KmStringRemove(&String, 9, 2), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmStringRemove(&String, 11, 0), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmStringRemove(&String, 1, (SIZE_T)-1), STATUS_ARRAY_BOUNDS_EXCEEDED);
    HAS(&String, L"aabcdefghi");

    // Its own text.
    IS(KmStringAppend(&String, &String.Unicode), STATUS_SUCCESS);
    HAS(&String, L"aabcdefghiaabcdefghi");
    KmStringTruncate(&String, 4);
    IS(KmStringInsert(&String, 1, &String.Unicode), STATUS_SUCCESS);
    HAS(&String, L"aaabcabc");
    IS(KmUnicodeSlice(&String.Unicode, 3, 2, &Part), STATUS_SUCCESS);
    IS(KmStringAssign(&String, &Part), STATUS_SUCCESS);
    HAS(&String, L"bc");
    IS(KmStringAssign(&String, &String.Unicode), STATUS_SUCCESS);
    HAS(&String, L"bc");
    IS(KmStringShrink(&String), STATUS_SUCCESS);
    IS(String.Unicode.MaximumLength, 4);
    HAS(&String, L"bc");
    IS(KmStringAppend(&String, &String.Unicode), STATUS_SUCCESS);
    HAS(&String, L"bcbc");

    KmStringTruncate(&String, 100);
    HAS(&String, L"bcbc");
    (void)KmStringAppendText(&String, L" \t\r\n");
    (void)KmStringInsert(&String, 0, &(UNICODE_STRING)RTL_CONSTANT_STRING(L"  \n"));
    KmStringTrim(&String, NULL);
    HAS(&String, L"bcbc");
    KmStringTrim(&String, L"b");
    HAS(&String, L"cbc");
    KmStringTrim(&String, L"bc");
    HAS(&String, L"");

    (void)KmStringAppendText(&String, L"aXbXXc");
    Text = Wide(L"X");
    Part = Wide(L"--");
    IS(KmStringReplace(&String, &Text, &Part, FALSE), STATUS_SUCCESS);
    HAS(&String, L"a--b----c");
    Text = Wide(L"---");
    Part = Wide(L"");
    IS(KmStringReplace(&String, &Text, &Part, FALSE), STATUS_SUCCESS);
    HAS(&String, L"a--b-c");
    IS(KmStringReplace(&String, &Text, &Part, FALSE), STATUS_NOT_FOUND);
    IS(KmStringReplace(&String, &Part, &Text, FALSE), STATUS_INVALID_PARAMETER);
    Text = Wide(L"A--B-C");
    IS(KmStringReplace(&String, &Text, &Part, FALSE), STATUS_NOT_FOUND);
    HAS(&String, L"a--b-c");
    IS(KmStringReplace(&String, &Text, &Part, TRUE), STATUS_SUCCESS);
    HAS(&String, L"");

    (void)KmStringAppendText(&String, L"aZ09\u00e4\u00df\u03b1");
    KmStringUpcase(&String);
    HAS(&String, L"AZ09\u00c4\u00df\u0391");
    KmStringDowncase(&String);
    HAS(&String, L"az09\u00e4\u00df\u03b1");

    KmStringMove(&Other, &String);
    HAS(&String, L"");
    OK(KmStringCount(&Other) == 7);
    KmStringMove(&Other, &Other);
    OK(KmStringCount(&Other) == 7);
    KmStringMove(&Other, &String);
    HAS(&Other, L"");
    (void)KmStringAppendText(&String, L"mine");
    Buffer = String.Unicode.Buffer;
    KmStringRelease(&String, &Released);
    OK(Released.Buffer == Buffer && Released.Length == 8 && String.Unicode.Buffer == NULL);
    KmFree(&Memory.Allocator, Released.Buffer, Released.MaximumLength + sizeof(WCHAR));
    Done(&Other);
    Done(&String);
}

static void TestLimit(void)
{
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator);
    UNICODE_STRING One = RTL_CONSTANT_STRING(L"1"), Two = RTL_CONSTANT_STRING(L"22");
    CHAR Eight[] = "12345678";
    ULONG Index;

    FailingArm(&Memory, 0);
    IS(KmStringReserve(&String, 32768), STATUS_NAME_TOO_LONG);
    IS(KmStringReserve(&String, (SIZE_T)-1), STATUS_NAME_TOO_LONG);
    IS(KmStringReserve(&String, 32767), STATUS_SUCCESS);
    IS(String.Unicode.MaximumLength, KM_STRING_MAXIMUM_BYTES);
    Memory.FailAt = 1;
    Memory.Calls = 0;
    for (Index = 0; Index < 32767 && KmStringAppendChar(&String, L'1') == STATUS_SUCCESS; Index += 1) {
    }
    IS(Index, 32767);
    IS(String.Unicode.Length, KM_STRING_MAXIMUM_BYTES);
    IS(String.Unicode.Buffer[32767], 0);
    Memory.FailAt = 0;
    IS(KmStringAppendChar(&String, L'1'), STATUS_NAME_TOO_LONG);
    IS(KmStringAppendUtf8(&String, Eight, 1, 0), STATUS_NAME_TOO_LONG);
    IS(KmStringAppendFormat(&String, L"%d", 1), STATUS_NAME_TOO_LONG);
    IS(KmStringInsert(&String, 5, &One), STATUS_NAME_TOO_LONG);
    IS(KmStringAppend(&String, &String.Unicode), STATUS_NAME_TOO_LONG);
    IS(KmStringAppendUnits(&String, One.Buffer, (SIZE_T)-1), STATUS_NAME_TOO_LONG);
    IS(KmStringReplace(&String, &One, &Two, FALSE), STATUS_NAME_TOO_LONG);
    IS(String.Unicode.Length, KM_STRING_MAXIMUM_BYTES);
    // Longer together than a string may be, but not alone.
    IS(KmStringFormat(&String, L"%30000d", 7), STATUS_SUCCESS);
    IS(KmStringCount(&String), 30000);
    IS(KmStringFormat(&String, L"%70000d", 7), STATUS_NAME_TOO_LONG);
    IS(KmStringCount(&String), 30000);
    IS(KmStringFormat(&String, L"short"), STATUS_SUCCESS);
    HAS(&String, L"short");
    // Grown a step at a time, it gets there, too.
    KmStringFree(&String);
    for (Index = 0; Index < 32767 && KmStringAppendChar(&String, L'1') == STATUS_SUCCESS; Index += 1) {
    }
    IS(Index, 32767);
    Done(&String);
}

#define FORMATS(Expected, ...)                                                                               \
    do {                                                                                                     \
        IS(KmStringFormat(&String, __VA_ARGS__), STATUS_SUCCESS);                                            \
        HAS(&String, Expected);                                                                              \
    } while (0)

static NTSTATUS AppendBy(PKM_STRING String, PCWSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    NTSTATUS Status = KmStringAppendFormatV(String, Format, Arguments);
    va_end(Arguments);
    return Status;
}

static void TestFormat(void)
{
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator);
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"uni"), Lone = RTL_CONSTANT_STRING(L"<\xd800>");
    ANSI_STRING Ansi = RTL_CONSTANT_STRING("a\xc3\xa4");
    KIRQL OldIrql;

    FailingArm(&Memory, 0);
    FORMATS(L"", L"");
    FORMATS(L"plain 100%", L"plain 100%%");
    FORMATS(L"-1 4294967295 -2147483648", L"%d %u %i", -1, -1, MINLONG);
    FORMATS(L"ff FF 377 0xff 0XFF 0377 0 0", L"%x %X %o %#x %#X %#o %#x %#o", 255, 255, 255, 255, 255, 255, 0,
            0);
    FORMATS(L"-128 128 -1 65535", L"%hhd %hhu %hd %hu", 128, 0x180, 0xFFFF, 0x1FFFF);
    FORMATS(L"-1 4294967295 18446744073709551615 -9223372036854775808", L"%ld %lu %I64u %lld", -1L, MAXULONG,
            MAXULONG64, (LONG64)(1ull << 63));
    FORMATS(L"123456789abcdef 10 20 30 40 50", L"%I64x %Iu %zu %tu %ju %I32u", 0x123456789abcdefull,
            (SIZE_T)10, (SIZE_T)20, (SIZE_T)30, 40ull, 50);
    FORMATS(L"00000000DEADBEEF", L"%p", (PVOID)0xDEADBEEF);
    FORMATS(L"   12|12   |00012|+12| 12|-0012|  012", L"%5d|%-5d|%05d|%+d|% d|%05d|%5.3d", 12, 12, 12, 12, 12,
            -12, 12);
    FORMATS(L"    7|7    |7|007|", L"%*d|%*d|%.*d|%.*d|%.0d", 5, 7, -5, 7, -1, 7, 3, 7, 0);
    FORMATS(L"0x00ab|  0xab|0xab  |0x000ab", L"%#06x|%#6x|%-#6x|%#.5x", 0xAB, 0xAB, 0xAB, 0xAB);
    FORMATS(L"ab\u00e4 abc x y z w", L"%c%c%c %s %C %hc %lc %wc", 'a', 'b', 0xE4, L"abc", 'x', 'y', 'z', 'w');
    FORMATS(L"w1 w2 n1 n2\u00e4", L"%ls %ws %hs %S", L"w1", L"w2", "n1", "n2\xc3\xa4");
    FORMATS(L"[  abc][abc  ][ab][   ab][]", L"[%5s][%-5s][%.2s][%5.2s][%.0s]", L"abc", L"abc", L"abc", L"abc",
            L"abc");
    FORMATS(L"(null) (null) (null) (null)", L"%s %S %wZ %Z", NULL, NULL, NULL, NULL);
    FORMATS(L"uni a\u00e4 [ uni] [u]", L"%wZ %Z [%4wZ] [%.1wZ]", &Unicode, &Ansi, &Unicode, &Unicode);
    FORMATS(L"<\xd800>", L"%wZ", &Lone);
    FORMATS(L"\xd83d\xde00|  \xd83d\xde00|a\xfffd", L"%S|%3S|%S", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80",
            "a\xff");
    // The precision is how far it may be read.
    FORMATS(L"ab", L"%.*S", 2, "abcdef");
    IS(KmStringAppendFormat(&String, L"%wZ", &String.Unicode), STATUS_SUCCESS);
    HAS(&String, L"abab");
    IS(AppendBy(&String, L" %d%s", 1, L"x"), STATUS_SUCCESS);
    HAS(&String, L"abab 1x");
    KmStringFree(&String);
    (void)KmStringAppendText(&String, L"0123456789012345678901234567890");
    IS(KmStringAppendFormat(&String, L"%wZ", &String.Unicode), STATUS_SUCCESS);
    HAS(&String, L"01234567890123456789012345678900123456789012345678901234567890");

    (void)KmStringFormat(&String, L"stays");
    IS(KmStringFormat(&String, L"%f", 0.0), STATUS_INVALID_PARAMETER);
    IS(KmStringFormat(&String, L"%"), STATUS_INVALID_PARAMETER);
    IS(KmStringFormat(&String, L"x%5"), STATUS_INVALID_PARAMETER);
    IS(KmStringFormat(&String, L"%n", NULL), STATUS_INVALID_PARAMETER);
    IS(KmStringFormat(&String, L"%y"), STATUS_INVALID_PARAMETER);
    IS(KmStringFormat(&String, L"%99999999999999999999d", 1), STATUS_NAME_TOO_LONG);
    HAS(&String, L"stays");
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    FORMATS(L"wide w narrow n uni", L"wide %ws narrow %hs %wZ", L"w", "n", &Unicode);
    KeLowerIrql(OldIrql);
    Done(&String);
}

// Arguments, and the format, in the string's own memory: with room and without, each allocation failing.
static void TestFormatOfOwn(void)
{
    static const PCWSTR After[] = {L"<abcdef|abcdef|cdef>", L"abcdef<abcdef|abcdef|cdef>", L"abcdef",
                                   L"abcdefabcdef"};
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator);
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Right = 0, Tries = 0;

    for (ULONG Case = 0; Case < 4; Case += 1) {
        for (SIZE_T Room = 0; Room < 70; Room += 1) {
            FAIL_EACH(&Memory, Try) {
                FailingArm(&Memory, 0);
                KmStringFree(&String);
                (void)KmStringAppendText(&String, L"abcdef");
                (void)KmStringReserve(&String, Room);
                if (Room == 0) {
                    (void)KmStringShrink(&String);
                }
                FailingArm(&Memory, Try);
                switch (Case) {
                case 0:
                    Status = KmStringFormat(&String, L"<%ws|%wZ|%ws>", KmStringText(&String), &String.Unicode,
                                            String.Unicode.Buffer + 2);
                    break;
                case 1:
                    Status = KmStringAppendFormat(&String, L"<%ws|%wZ|%ws>", KmStringText(&String),
                                                  &String.Unicode, String.Unicode.Buffer + 2);
                    break;
                case 2: Status = KmStringFormat(&String, KmStringText(&String)); break;
                default: Status = KmStringAppendFormat(&String, KmStringText(&String)); break;
                }
                Right += Memory.Failed ? Status == STATUS_INSUFFICIENT_RESOURCES && Has(&String, L"abcdef")
                                       : Status == STATUS_SUCCESS && Has(&String, After[Case]);
                Tries += 1;
            }
        }
    }
    IS(Right, Tries);
    Done(&String);

    // What was made room for is enough, whatever the text was before; nothing that is too long.
    FailingArm(&Memory, 0);
    IS(KmStringReserve(&String, 100), STATUS_SUCCESS);
    FailingArm(&Memory, 1);
    IS(KmStringFormat(&String, L"%90d", 1), STATUS_SUCCESS);
    IS(KmStringFormat(&String, L"%100d", 2), STATUS_SUCCESS);
    IS(KmStringFormat(&String, L"%d", 3), STATUS_SUCCESS);
    HAS(&String, L"3");
    IS(KmStringAppendFormat(&String, L"%98d%ws", 4, KmStringText(&String)), STATUS_SUCCESS);
    IS(KmStringCount(&String), 100);
    OK(String.Unicode.Buffer[98] == L'4' && String.Unicode.Buffer[99] == L'3');
    IS(KmStringFormat(&String, L""), STATUS_SUCCESS);
    HAS(&String, L"");
    FailingArm(&Memory, 0);
    IS(KmStringFormat(&String, L"%30000d", 1), STATUS_SUCCESS);
    IS(KmStringFormat(&String, L"%ws%ws", KmStringText(&String), KmStringText(&String)),
       STATUS_NAME_TOO_LONG);
    IS(KmStringAppendFormat(&String, L"%ws", KmStringText(&String)), STATUS_NAME_TOO_LONG);
    IS(KmStringFormat(&String, L"%ws!", KmStringText(&String) + 29998), STATUS_SUCCESS);
    HAS(&String, L" 1!");
    Done(&String);
}

// What is sought, and what comes in its place, are the string's own.
static void TestReplaceByOwn(void)
{
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator);
    UNICODE_STRING Old, New;

    FailingArm(&Memory, 0);
    IS(KmStringAppendText(&String, L"ab.ab.c"), STATUS_SUCCESS);
    IS(KmUnicodeSlice(&String.Unicode, 0, 2, &Old), STATUS_SUCCESS);
    IS(KmUnicodeSlice(&String.Unicode, 5, 2, &New), STATUS_SUCCESS);
    IS(KmStringReplace(&String, &Old, &New, FALSE), STATUS_SUCCESS);
    HAS(&String, L".c..c.c");
    IS(KmStringReplace(&String, &String.Unicode, &String.Unicode, FALSE), STATUS_SUCCESS);
    HAS(&String, L".c..c.c");
    Done(&String);
}

int __cdecl _vsnwprintf(PWSTR Buffer, SIZE_T Count, PCWSTR Format, va_list Arguments);

static int BySystem(PWSTR Buffer, SIZE_T Count, PCWSTR Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnwprintf(Buffer, Count, Format, Arguments);
    va_end(Arguments);
    return Length;
}

// Any flags, width, precision and value: what the system's own formatter says.
static void TestFormatAsSystem(void)
{
    static const PCWSTR Integers[] = {L"d",    L"i",  L"u",  L"x",    L"X",    L"o",
                                      L"hd",   L"hu", L"ld", L"lx",   L"lX",   L"I32u",
                                      L"I32d", L"lu", L"lo", L"I64d", L"I64u", L"I64x"};
    static const PCWSTR Texts[] = {L"", L"a", L"abc", L"a longer text"};
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator), Format = KM_STRING_INIT(&Memory.Allocator);
    ULONG64 Random = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart | 1, Start = Random;
    WCHAR Expected[128];
    BOOLEAN Right = TRUE;

    FailingArm(&Memory, 0);
    for (ULONG Round = 0; Round < 4000 && Right; Round += 1) {
        ULONG Flags = (ULONG)TestRandom(&Random) % 32, Text = (ULONG)(TestRandom(&Random) % 6);
        ULONG64 Value = TestRandom(&Random) >> (TestRandom(&Random) % 64);
        int Length;

        (void)KmStringFormat(&Format, L"<%%%ws%ws%ws%ws%ws", Flags & 1 ? L"-" : L"", Flags & 2 ? L"+" : L"",
                             Flags & 4 ? L" " : L"", Flags & 8 ? L"0" : L"", Flags & 16 ? L"#" : L"");
        if (TestRandom(&Random) % 2) {
            (void)KmStringAppendFormat(&Format, L"%u", (ULONG)(TestRandom(&Random) % 30 + 1));
        }
        if (TestRandom(&Random) % 2) {
            (void)KmStringAppendFormat(&Format, L".%u", (ULONG)(TestRandom(&Random) % 25));
        }
        if (Text < RTL_NUMBER_OF(Texts)) {
            (void)KmStringAppendText(&Format, L"ws>");
            Length = BySystem(Expected, 128, KmStringText(&Format), Texts[Text]);
            Right = KmStringFormat(&String, KmStringText(&Format), Texts[Text]) == STATUS_SUCCESS;
        } else {
            if (TestRandom(&Random) % 8 == 0) {
                Value = 0;
            }
            (void)KmStringAppendFormat(&Format, L"%ws>",
                                       Integers[TestRandom(&Random) % RTL_NUMBER_OF(Integers)]);
            Length = BySystem(Expected, 128, KmStringText(&Format), Value);
            Right = KmStringFormat(&String, KmStringText(&Format), Value) == STATUS_SUCCESS;
        }
        Expected[Length] = 0;
        Right = Right && Has(&String, Expected);
        if (!Right) {
            DbgPrint("# start value 0x%I64x: %ws of 0x%I64x is |%ws|, the system's |%ws|\n", Start,
                     KmStringText(&Format), Value, KmStringText(&String), Expected);
        }
    }
    OK(Right);
    KmStringFree(&Format);
    Done(&String);
}

static void TestUtf(void)
{
    static const struct {
        PCSTR Text;
        PCWSTR Units;
    } Valid[] = {
        {"", L""},
        {"a\x7f", L"a\x7f"},
        {"\xc2\x80\xdf\xbf", L"\x80\x7ff"},
        {"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", L"\x800\xd7ff\xe000\xffff"},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", L"\xd800\xdc00\xdbff\xdfff"},
    };
    static const struct {
        PCSTR Text;
        PCWSTR Units;
        SIZE_T Place;
    } Bad[] = {
        {"a\x80z", L"a\xfffdz", 1},
        {"\xc0\xaf", L"\xfffd\xfffd", 0},
        {"\xc1\xbf", L"\xfffd\xfffd", 0},
        {"\xe0\x9f\xbf", L"\xfffd\xfffd\xfffd", 0},
        {"\xed\xa0\x80", L"\xfffd\xfffd\xfffd", 0},
        {"\xf0\x8f\xbf\xbf", L"\xfffd\xfffd\xfffd\xfffd", 0},
        {"\xf4\x90\x80\x80", L"\xfffd\xfffd\xfffd\xfffd", 0},
        {"\xf5\xff", L"\xfffd\xfffd", 0},
        {"ab\xc2", L"ab\xfffd", 2},
        {"\xe2\x82"
         "A",
         L"\xfffd"
         L"A",
         0},
        {"\xf0\x9f\x98", L"\xfffd", 0},
        {"\xf0\x9f\x98\xf0\x9f\x98\x80", L"\xfffd\xd83d\xde00", 0},
    };
    static const WCHAR Lone[][4] = {
        {0xD800}, {0xDC00}, {0xD800, L'a'}, {L'a', 0xDFFF}, {0xD800, 0xD800, 0xDC00}};
    static const PCSTR LoneText[] = {"\xef\xbf\xbd", "\xef\xbf\xbd",
                                     ("\xef\xbf\xbd"
                                      "a"),
                                     "a\xef\xbf\xbd", "\xef\xbf\xbd\xf0\x90\x80\x80"};
    WCHAR Units[16];
    CHAR Text[32];
    SIZE_T Needed, Count, Length;
    BOOLEAN Right;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Valid); Index += 1) {
        Length = strlen(Valid[Index].Text);
        Count = wcslen(Valid[Index].Units);
        IS(KmUtf8ToUtf16(Valid[Index].Text, Length, KM_UTF_STRICT, NULL, 0, &Needed), STATUS_SUCCESS);
        IS(Needed, Count);
        IS(KmUtf8ToUtf16(Valid[Index].Text, Length, 0, Units, Count, &Needed), STATUS_SUCCESS);
        OK(Needed == Count && RtlCompareMemory(Units, Valid[Index].Units, Count * 2) == Count * 2);
        IS(KmUtf16ToUtf8(Units, Count, KM_UTF_STRICT, NULL, 0, &Needed), STATUS_SUCCESS);
        IS(Needed, Length);
        IS(KmUtf16ToUtf8(Units, Count, KM_UTF_STRICT, Text, Length, &Needed), STATUS_SUCCESS);
        OK(Needed == Length && RtlCompareMemory(Text, Valid[Index].Text, Length) == Length);
        if (Length != 0) {
            Text[Length - 1] = '?';
            IS(KmUtf16ToUtf8(Units, Count, 0, Text, Length - 1, &Needed), STATUS_BUFFER_TOO_SMALL);
            OK(Needed == Length && Text[Length - 1] == '?');
            Units[Count - 1] = L'?';
            IS(KmUtf8ToUtf16(Valid[Index].Text, Length, 0, Units, Count - 1, &Needed),
               STATUS_BUFFER_TOO_SMALL);
            OK(Needed == Count && Units[Count - 1] == L'?');
        }
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Bad); Index += 1) {
        Length = strlen(Bad[Index].Text);
        Count = wcslen(Bad[Index].Units);
        IS(KmUtf8ToUtf16(Bad[Index].Text, Length, 0, Units, RTL_NUMBER_OF(Units), &Needed),
           STATUS_SOME_NOT_MAPPED);
        OK(Needed == Count && RtlCompareMemory(Units, Bad[Index].Units, Count * 2) == Count * 2);
        IS(KmUtf8ToUtf16(Bad[Index].Text, Length, KM_UTF_STRICT, Units, RTL_NUMBER_OF(Units), &Needed),
           STATUS_UNMAPPABLE_CHARACTER);
        IS(Needed, Bad[Index].Place);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Lone); Index += 1) {
        Length = strlen(LoneText[Index]);
        Count = wcslen(Lone[Index]);
        IS(KmUtf16ToUtf8(Lone[Index], Count, 0, Text, sizeof(Text), &Needed), STATUS_SOME_NOT_MAPPED);
        OK(Needed == Length && RtlCompareMemory(Text, LoneText[Index], Length) == Length);
        IS(KmUtf16ToUtf8(Lone[Index], Count, KM_UTF_STRICT, Text, sizeof(Text), &Needed),
           STATUS_UNMAPPABLE_CHARACTER);
        IS(Needed, Lone[Index][0] == L'a');
    }
    // Every character there is, there and back, and as Windows has it.
    Right = TRUE;
    for (ULONG Character = 0; Character < 0x110000; Character += Character < 0x3000 ? 1 : 61) {
        ULONG SystemBytes = 0;
        CHAR SystemText[8];

        if (Character >= 0xD800 && Character <= 0xDFFF) {
            continue;
        }
        Count = KmpUtf16Put(Character, Units);
        Right = Right &&
                KmUtf16ToUtf8(Units, Count, KM_UTF_STRICT, Text, sizeof(Text), &Length) == STATUS_SUCCESS &&
                RtlUnicodeToUTF8N(SystemText, sizeof(SystemText), &SystemBytes, Units, (ULONG)Count * 2) ==
                    STATUS_SUCCESS &&
                SystemBytes == Length && RtlCompareMemory(Text, SystemText, Length) == Length &&
                KmUtf8ToUtf16(Text, Length, KM_UTF_STRICT, Units + 4, 2, &Needed) == STATUS_SUCCESS &&
                Needed == Count && RtlCompareMemory(Units, Units + 4, Count * 2) == Count * 2;
    }
    OK(Right);
}

static void TestFailures(void)
{
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator);
    UNICODE_STRING Text = Wide(L"0123456789012345678901234567890123456789"), Old = Wide(L"b"), Self;
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Case = 0; Case < 11; Case += 1) {
        FAIL_EACH(&Memory, Try) {
            FailingArm(&Memory, 0);
            KmStringFree(&String);
            (void)KmStringAppendText(&String, L"abc");
            (void)KmStringShrink(&String);
            FailingArm(&Memory, Try);
            Self = String.Unicode;
            switch (Case) {
            case 0: Status = KmStringAppend(&String, &Text); break;
            case 1: Status = KmStringAppendChar(&String, L'x'); break;
            case 2: Status = KmStringInsert(&String, 1, &Text); break;
            case 3: Status = KmStringAssign(&String, &Text); break;
            case 4: Status = KmStringReplace(&String, &Old, &Text, FALSE); break;
            case 5: Status = KmStringAppendUtf8(&String, "12345678901234567890", 20, 0); break;
            case 6: Status = KmStringFormat(&String, L"%wZ", &Text); break;
            case 7: Status = KmStringInsert(&String, 1, &Self); break;
            case 8: Status = KmStringReserve(&String, 10); break;
            case 9: Status = KmStringAppend(&String, &Self); break;
            default:
                Status = KmStringReserve(&String, 10);
                if (NT_SUCCESS(Status)) {
                    Status = KmStringShrink(&String);
                }
                break;
            }
            if (Memory.Failed) {
                IS(Status, STATUS_INSUFFICIENT_RESOURCES);
                HAS(&String, L"abc");
            } else {
                IS(Status, STATUS_SUCCESS);
            }
        }
    }
    FailingArm(&Memory, 0);
    IS(KmStringAppendUtf8(&String, "a\xff", 2, KM_UTF_STRICT), STATUS_UNMAPPABLE_CHARACTER);
    HAS(&String, L"abc");
    IS(KmStringAppendUtf8(&String, "d\xff", 2, 0), STATUS_SOME_NOT_MAPPED);
    HAS(&String, L"abcd\xfffd");
    IS(KmStringAppendUtf8(&String, "\xc3\xa4", 2, KM_UTF_STRICT), STATUS_SUCCESS);
    HAS(&String, L"abcd\xfffd\u00e4");
    Done(&String);
}

// Against an array to which the same is done.
#define MODEL_SIZE 200

static void TestAgainstModel(void)
{
    KM_STRING String = KM_STRING_INIT(&Memory.Allocator);
    WCHAR Model[MODEL_SIZE + 20], Taken[20];
    SIZE_T Count, Index, Length;
    ULONG64 Random, Now = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart;
    UNICODE_STRING Part;
    NTSTATUS Status;
    BOOLEAN Right = TRUE;

    for (ULONG Seed = 1; Seed <= 30 && Right; Seed += 1) {
        ULONG64 Start = Random = Seed % 2 ? Seed * 0x9E3779B97F4A7C15ull : Now * Seed + Seed;

        FailingArm(&Memory, 0);
        KmStringFree(&String);
        Memory.InPlace = Seed % 3 == 0;
        Count = 0;
        for (ULONG Step = 0; Step < 300 && Right; Step += 1) {
            Index = (SIZE_T)(TestRandom(&Random) % (Count + 1));
            Length = (SIZE_T)(TestRandom(&Random) % 12);
            FailingArm(&Memory, TestRandom(&Random) % 3 == 0);
            if (TestRandom(&Random) % 2 == 0 || Count + 12 > MODEL_SIZE) {
                Length = min(Length, Count - Index);
                Status = KmStringRemove(&String, Index, Length);
                if (NT_SUCCESS(Status)) {
                    RtlMoveMemory(Model + Index, Model + Index + Length,
                                  (Count - Index - Length) * sizeof(WCHAR));
                    Count -= Length;
                }
            } else {
                // Its own text, every second time.
                SIZE_T From = (SIZE_T)(TestRandom(&Random) % (Count + 1));

                Length = min(Length, Count - From);
                if (Length != 0 && TestRandom(&Random) % 2 == 0) {
                    (void)KmUnicodeSlice(&String.Unicode, From, Length, &Part);
                    RtlCopyMemory(Taken, Model + From, Length * sizeof(WCHAR));
                } else {
                    Length = 5;
                    for (SIZE_T Each = 0; Each < Length; Each += 1) {
                        Taken[Each] = (WCHAR)(L'a' + TestRandom(&Random) % 26);
                    }
                    Part.Buffer = Taken;
                    Part.Length = Part.MaximumLength = (USHORT)(Length * sizeof(WCHAR));
                }
                Status = KmStringInsert(&String, Index, &Part);
                if (NT_SUCCESS(Status)) {
                    RtlMoveMemory(Model + Index + Length, Model + Index, (Count - Index) * sizeof(WCHAR));
                    RtlCopyMemory(Model + Index, Taken, Length * sizeof(WCHAR));
                    Count += Length;
                }
            }
            Model[Count] = 0;
            Right = Has(&String, Model) && (NT_SUCCESS(Status) || Memory.Failed);
            if (!Right) {
                DbgPrint("# start value 0x%I64x, step %lu\n", Start, Step);
            }
        }
    }
    OK(Right);
    Memory.InPlace = FALSE;
    Done(&String);
}

TEST_DRIVER(TestEdit, TestLimit, TestFormat, TestFormatOfOwn, TestReplaceByOwn, TestFormatAsSystem, TestUtf,
            TestFailures, TestAgainstModel)
