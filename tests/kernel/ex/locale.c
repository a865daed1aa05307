// SPDX-License-Identifier: MIT
// The system's languages.
#include "../test.h"

NTSYSAPI NTSTATUS NTAPI ZwQueryInstallUILanguage(LANGID *LanguageId);
NTSYSAPI NTSTATUS NTAPI ZwQueryDefaultUILanguage(LANGID *LanguageId);
NTSYSAPI NTSTATUS NTAPI ZwQueryDefaultLocale(BOOLEAN UserProfile, PLCID LocaleId);

static void TestLanguages(void)
{
    LANGID Language = 0;
    LCID Locale = 0;
    IS(ZwQueryInstallUILanguage(&Language), STATUS_SUCCESS);
    IS(Language, 0x0409);
    Language = 0;
    IS(ZwQueryDefaultUILanguage(&Language), STATUS_SUCCESS);
    IS(Language, 0x0409);
    IS(ZwQueryDefaultLocale(TRUE, &Locale), STATUS_SUCCESS);
    IS(Locale, 0x0409);
    Locale = 0;
    IS(ZwQueryDefaultLocale(FALSE, &Locale), STATUS_SUCCESS);
    IS(Locale, 0x0409);
    IS(ZwQueryInstallUILanguage((LANGID *)0x10000), STATUS_ACCESS_VIOLATION);
    IS(ZwQueryDefaultUILanguage((LANGID *)0x10000), STATUS_ACCESS_VIOLATION);
    IS(ZwQueryDefaultLocale(FALSE, (PLCID)0x10000), STATUS_ACCESS_VIOLATION);
}

TEST_DRIVER(TestLanguages)
