// SPDX-License-Identifier: MIT
// The languages of the system and its user: English as in the United States, all of them.
#include "inc/kernel.h"

#define EXP_LANGUAGE 0x0409

static NTSTATUS ExpReturnLanguage(LANGID *Destination)
{
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(Destination, sizeof(*Destination), sizeof(USHORT));
        }
        *Destination = EXP_LANGUAGE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// The language that the system was installed in; the one of the user's interface. What writing it raises.
// IRQL PASSIVE_LEVEL. (as GetSystemDefaultUILanguage, GetUserDefaultUILanguage)
NTSTATUS NTAPI NtQueryInstallUILanguage(LANGID *LanguageId)
{
    return ExpReturnLanguage(LanguageId);
}

KI_DEFINE_ZW(QueryInstallUILanguage, (LANGID * LanguageId), (LanguageId))

NTSTATUS NTAPI NtQueryDefaultUILanguage(LANGID *LanguageId)
{
    return ExpReturnLanguage(LanguageId);
}

KI_DEFINE_ZW(QueryDefaultUILanguage, (LANGID * LanguageId), (LanguageId))

// The locale of the user, or with UserProfile FALSE of the system. What writing it raises. IRQL
// PASSIVE_LEVEL. (as GetUserDefaultLCID, GetSystemDefaultLCID)
NTSTATUS NTAPI NtQueryDefaultLocale(BOOLEAN UserProfile, PLCID LocaleId)
{
    UNREFERENCED_PARAMETER(UserProfile);
    return ObpReturnLong(EXP_LANGUAGE, (PLONG)LocaleId, KeGetPreviousMode());
}

KI_DEFINE_ZW(QueryDefaultLocale, (BOOLEAN UserProfile, PLCID LocaleId), (UserProfile, LocaleId))
