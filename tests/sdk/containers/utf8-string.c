// SPDX-License-Identifier: MIT
// KM_UTF8_STRING: each routine, each allocation failing once.
#include "test.h"
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;

static BOOLEAN Has(PKM_UTF8_STRING String, PCSTR Text)
{
    return String->Utf8.Length == strlen(Text) && strcmp(KmUtf8StringText(String), Text) == 0 &&
           String->Utf8.Length <= String->Utf8.MaximumLength;
}

static NTSTATUS AppendBy(PKM_UTF8_STRING String, PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    NTSTATUS Status = KmUtf8StringAppendFormatV(String, Format, Arguments);
    va_end(Arguments);
    return Status;
}

static void TestAppend(void)
{
    KM_UTF8_STRING String = KM_UTF8_STRING_INIT(&Memory.Allocator);
    UNICODE_STRING Wide = RTL_CONSTANT_STRING(L"\u00e4\xd83d\xde00"), Lone = RTL_CONSTANT_STRING(L"x\xd800");
    ANSI_STRING Narrow = RTL_CONSTANT_STRING("ansi");

    FailingArm(&Memory, 0);
    OK(Has(&String, ""));
    KmUtf8StringTruncate(&String, 0);
    IS(KmUtf8StringAppend(&String, NULL, 0), STATUS_SUCCESS);
    IS(KmUtf8StringAppendText(&String, "abc"), STATUS_SUCCESS);
    IS(KmUtf8StringAppend(&String, "defg", 2), STATUS_SUCCESS);
    OK(Has(&String, "abcde"));
    IS(KmUtf8StringAppendUnicode(&String, &Wide, KM_UTF_STRICT), STATUS_SUCCESS);
    OK(Has(&String, "abcde\xc3\xa4\xf0\x9f\x98\x80"));
    KmUtf8StringTruncate(&String, 10);
    OK(Has(&String, "abcde\xc3\xa4"));
    KmUtf8StringTruncate(&String, 6);
    OK(Has(&String, "abcde"));
    IS(KmUtf8StringAppendUnicode(&String, &Lone, KM_UTF_STRICT), STATUS_UNMAPPABLE_CHARACTER);
    OK(Has(&String, "abcde"));
    IS(KmUtf8StringAppendUnicode(&String, &Lone, 0), STATUS_SOME_NOT_MAPPED);
    OK(Has(&String, "abcdex\xef\xbf\xbd"));
    KmUtf8StringTruncate(&String, 2);
    for (ULONG Times = 0; Times < 10; Times += 1) {
        IS(KmUtf8StringAppend(&String, String.Utf8.Buffer, String.Utf8.Length), STATUS_SUCCESS);
    }
    IS(String.Utf8.Length, 2048);
    OK(String.Utf8.Buffer[2047] == 'b' && String.Utf8.Buffer[1024] == 'a');

    IS(KmUtf8StringFormat(&String, "%s %S %wZ %Z %ws %5d|%-4x|%c%C", "s", L"S\u00e4", &Wide, &Narrow, L"w",
                          42, 0xAB, 'c', 'C'),
       STATUS_SUCCESS);
    OK(Has(&String, "s S\xc3\xa4 \xc3\xa4\xf0\x9f\x98\x80 ansi w    42|ab  |cC"));
    IS(KmUtf8StringFormat(&String, "[%wZ]", &Lone), STATUS_SUCCESS);
    OK(Has(&String, "[x\xef\xbf\xbd]"));
    IS(KmUtf8StringAppendFormat(&String, "%q", 1), STATUS_INVALID_PARAMETER);
    IS(KmUtf8StringFormat(&String, "%q", 1), STATUS_INVALID_PARAMETER);
    OK(Has(&String, "[x\xef\xbf\xbd]"));
    IS(KmUtf8StringAppendFormat(&String, ""), STATUS_SUCCESS);
    IS(AppendBy(&String, "%d%s", 1, "x"), STATUS_SUCCESS);
    OK(Has(&String, "[x\xef\xbf\xbd]1x"));
    KmUtf8StringTruncate(&String, 6);
    IS(KmUtf8StringAppendFormat(&String, "%Z", &String.Utf8), STATUS_SUCCESS);
    OK(Has(&String, "[x\xef\xbf\xbd][x\xef\xbf\xbd]"));

    IS(KmUtf8StringReserve(&String, 65536), STATUS_NAME_TOO_LONG);
    IS(KmUtf8StringFormat(&String, "%65536d", 1), STATUS_NAME_TOO_LONG);
    IS(KmUtf8StringFormat(&String, "%65535d", 1), STATUS_SUCCESS);
    IS(String.Utf8.Length, KM_UTF8_STRING_MAXIMUM_BYTES);
    IS(KmUtf8StringAppendText(&String, "x"), STATUS_NAME_TOO_LONG);
    IS(KmUtf8StringAppendUnicode(&String, &Wide, 0), STATUS_NAME_TOO_LONG);
    IS(KmUtf8StringAppend(&String, "x", (SIZE_T)-1), STATUS_NAME_TOO_LONG);
    IS(String.Utf8.Buffer[65534], '1');
    IS(String.Utf8.Buffer[65535], 0);
    KmUtf8StringFree(&String);
    OK(Has(&String, ""));
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

static void TestFailures(void)
{
    static const CHAR Long[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    KM_UTF8_STRING String;
    UNICODE_STRING Wide =
        RTL_CONSTANT_STRING(L"0123456789012345678901234567890123456789012345678901234567890123456789");
    NTSTATUS Status = STATUS_SUCCESS;

    KmUtf8StringInit(&String, &Memory.Allocator);
    for (ULONG Case = 0; Case < 6; Case += 1) {
        FAIL_EACH(&Memory, Try) {
            FailingArm(&Memory, 0);
            KmUtf8StringFree(&String);
            (void)KmUtf8StringAppendText(&String, "abc");
            FailingArm(&Memory, Try);
            switch (Case) {
            case 0: Status = KmUtf8StringAppendText(&String, Long); break;
            case 1: Status = KmUtf8StringAppendUnicode(&String, &Wide, 0); break;
            case 2: Status = KmUtf8StringFormat(&String, "%s", Long); break;
            case 4: Status = KmUtf8StringAppend(&String, Long, sizeof(Long) - 1); break;
            case 3: Status = KmUtf8StringAppendFormat(&String, "%wZ", &Wide); break;
            default: Status = KmUtf8StringReserve(&String, 100); break;
            }
            IS(Status, Memory.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
            OK(!Memory.Failed || Has(&String, "abc"));
        }
    }
    KmUtf8StringFree(&String);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

// Arguments in the string's own memory: with room and without, each allocation failing.
static void TestFormatOfOwn(void)
{
    KM_UTF8_STRING String = KM_UTF8_STRING_INIT(&Memory.Allocator);
    ULONG Right = 0, Tries = 0;
    NTSTATUS Status;

    for (SIZE_T Room = 0; Room < 140; Room += 1) {
        FAIL_EACH(&Memory, Try) {
            BOOLEAN Appends = Room % 2 != 0;

            FailingArm(&Memory, 0);
            KmUtf8StringFree(&String);
            (void)KmUtf8StringAppendText(&String, "abcdef");
            (void)KmUtf8StringReserve(&String, Room / 2);
            FailingArm(&Memory, Try);
            Status =
                Appends ? KmUtf8StringAppendFormat(&String, "%30s<%s|%Z|%s>", String.Utf8.Buffer,
                                                   KmUtf8StringText(&String), &String.Utf8,
                                                   String.Utf8.Buffer + 2)
                        : KmUtf8StringFormat(&String, "%30s<%s|%Z|%s>", String.Utf8.Buffer,
                                             KmUtf8StringText(&String), &String.Utf8, String.Utf8.Buffer + 2);
            Right +=
                Memory.Failed
                    ? Status == STATUS_INSUFFICIENT_RESOURCES && Has(&String, "abcdef")
                    : Status == STATUS_SUCCESS &&
                          Has(&String, Appends ? "abcdef                        abcdef<abcdef|abcdef|cdef>"
                                               : "                        abcdef<abcdef|abcdef|cdef>");
            Tries += 1;
        }
    }
    IS(Right, Tries);

    // What was made room for is enough.
    FailingArm(&Memory, 0);
    KmUtf8StringFree(&String);
    IS(KmUtf8StringReserve(&String, 100), STATUS_SUCCESS);
    FailingArm(&Memory, 1);
    IS(KmUtf8StringFormat(&String, "%90d", 1), STATUS_SUCCESS);
    IS(KmUtf8StringFormat(&String, "%100d", 2), STATUS_SUCCESS);
    IS(KmUtf8StringFormat(&String, "%d", 3), STATUS_SUCCESS);
    OK(Has(&String, "3"));
    IS(KmUtf8StringAppendFormat(&String, "%98d%s", 4, KmUtf8StringText(&String)), STATUS_SUCCESS);
    OK(String.Utf8.Length == 100 && String.Utf8.Buffer[98] == '4' && String.Utf8.Buffer[99] == '3');
    IS(KmUtf8StringFormat(&String, ""), STATUS_SUCCESS);
    OK(Has(&String, ""));
    KmUtf8StringFree(&String);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

TEST_DRIVER(TestAppend, TestFailures, TestFormatOfOwn)
