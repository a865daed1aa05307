// SPDX-License-Identifier: MIT
// Version, code integrity, Secure Boot, debugger, start mode, routines by name.
#include "test.h"
#include <kmode.h>

static void TestVersion(void)
{
    KM_VERSION Version;
    ULONG Major, Minor, Build;

    PsGetVersion(&Major, &Minor, &Build, NULL);
    KmVersionQuery(&Version);
    IS(Version.Major, Major);
    IS(Version.Minor, Minor);
    IS(Version.Build, Build);
    OK(!Version.Server);
    OK(KmIsBuild(KM_WINDOWS_7) && KmIsBuild(Build) && !KmIsBuild(Build + 1));
    OK(KmIsVersion(6, 1) && KmIsVersion(6, 3) && KmIsVersion(Major, Minor));
    OK(!KmIsVersion(Major, Minor + 1) && !KmIsVersion(Major + 1, 0));
}

static void TestRoutine(void)
{
    static KM_SYSTEM_ROUTINE There = KM_SYSTEM_ROUTINE_INIT(L"ExAllocatePool2");
    static KM_SYSTEM_ROUTINE Missing = KM_SYSTEM_ROUTINE_INIT(L"KeDoWhatNobodyDoes");
    static KM_SYSTEM_ROUTINE Later = KM_SYSTEM_ROUTINE_INIT(L"ExAllocatePool2");
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ExAllocatePool2");
    KM_GUARD Guard = KmGuardEmpty();

    OK(KmFindRoutine(&There) == MmGetSystemRoutineAddress(&Name));
    OK(KmFindRoutine(&There) != NULL);
    OK(KmFindRoutine(&Missing) == NULL);
    OK(KmFindRoutine(&Missing) == NULL);
    KmGuardIrql(&Guard, DISPATCH_LEVEL);
    PVOID NotYet = KmFindRoutine(&Later), Found = KmFindRoutine(&There);
    KmGuardEnd(&Guard);
    OK(NotYet == NULL && Found != NULL);
    OK(KmFindRoutine(&Later) == Found);
}

static void TestState(void)
{
    KM_CODE_INTEGRITY Integrity;
    BOOLEAN Secure = TRUE;

    IS(KmCodeIntegrityQuery(&Integrity), STATUS_SUCCESS);
    OK(!Integrity.Enabled && !Integrity.TestSigning && !Integrity.Hvci); // no option is on here
    IS(KmSecureBootQuery(&Secure), STATUS_SUCCESS);
    OK(!Secure);
    OK(!KmIsDebuggerPresent());
    IS(KmSafeBootMode(), 0);
}

TEST_DRIVER(TestVersion, TestRoutine, TestState)
