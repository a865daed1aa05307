// SPDX-License-Identifier: MIT
// Byte patterns: both ways to write them, what is refused, where they are found.
#include "test.h"
#include <kmode.h>

static const UCHAR Memory[] = {0x48, 0x8B, 0x11, 0x05, 0x48, 0x8B, 0x22, 0x05, 0x48};

static LONG64 Find(PCSTR Text)
{
    KM_PATTERN Pattern;
    const VOID *Found;

    IS(KmPatternParse(Text, &Pattern), STATUS_SUCCESS);
    Found = KmPatternFind(&Pattern, Memory, sizeof(Memory));
    return Found != NULL ? (const UCHAR *)Found - Memory : -1;
}

static void TestText(void)
{
    IS(Find("48 8B ?? 05"), 0);
    IS(Find("48 8b ? 05"), 0);
    IS(Find("488B2205"), 4);
    IS(Find("  48\t8B 2? 05 "), 4);
    IS(Find("?2 05"), 6);
    IS(Find("?? 05 48"), 2);
    IS(Find("05 48 ?"), 3);
    IS(Find("05 48 ? ? ? ?"), 3);
    IS(Find("05 48 ? ? ? ? ?"), -1);
    IS(Find("48"), 0);
    IS(Find("49"), -1);
    IS(Find("48 8B 11 05 48 8B 22 05 48"), 0);
    IS(Find("48 8B 11 05 48 8B 22 05 48 ??"), -1);
}

static void TestNext(void)
{
    KM_PATTERN Pattern;
    const UCHAR *Found = Memory;
    ULONG Count = 0;

    IS(KmPatternParse("48", &Pattern), STATUS_SUCCESS);
    while ((Found = (const UCHAR *)KmPatternFind(&Pattern, Found,
                                                 sizeof(Memory) - (SIZE_T)(Found - Memory))) != NULL) {
        Count++;
        Found++;
    }
    IS(Count, 3);
    OK(KmPatternFind(&Pattern, Memory, 0) == NULL);
    OK(KmPatternFind(&Pattern, Memory + 1, 3) == NULL);
}

static void TestRefused(void)
{
    static const PCSTR Wrong[] = {"", " ", "?? ?", "4", "48 8", "4 8B", "GG", "48,8B", "0x48", "???"};
    static CHAR Long[65 * 2 + 1];
    KM_PATTERN Pattern;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index++) {
        IS(KmPatternParse(Wrong[Index], &Pattern), STATUS_INVALID_PARAMETER);
        IS(Pattern.Count, 0);
        OK(KmPatternFind(&Pattern, Memory, sizeof(Memory)) == NULL);
    }
    RtlFillMemory(Long, sizeof(Long) - 1, '1');
    IS(KmPatternParse(Long, &Pattern), STATUS_INVALID_PARAMETER);
    Long[64 * 2] = '\0';
    IS(KmPatternParse(Long, &Pattern), STATUS_SUCCESS);
    IS(Pattern.Count, 64);
}

static void TestMask(void)
{
    KM_PATTERN Pattern;
    static CHAR Long[66];

    IS(KmPatternFromMask("\x48\x8B\x00\x05", "xx?x", &Pattern), STATUS_SUCCESS);
    OK(KmPatternFind(&Pattern, Memory + 1, sizeof(Memory) - 1) == Memory + 4);
    IS(KmPatternFromMask("\x48", "", &Pattern), STATUS_INVALID_PARAMETER);
    IS(KmPatternFromMask("\x48", "?", &Pattern), STATUS_INVALID_PARAMETER);
    IS(KmPatternFromMask("\x48", "X", &Pattern), STATUS_INVALID_PARAMETER);
    RtlFillMemory(Long, 65, 'x');
    IS(KmPatternFromMask(Long, Long, &Pattern), STATUS_INVALID_PARAMETER);
    Long[64] = '\0';
    IS(KmPatternFromMask(Long, Long, &Pattern), STATUS_SUCCESS);
    IS(Pattern.Count, 64);
}

TEST_DRIVER(TestText, TestNext, TestRefused, TestMask)
