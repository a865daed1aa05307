// SPDX-License-Identifier: MIT
// The version of Windows that drivers find.
#include "test.h"

// The kernel's exports, not what wdm.h renames them to.
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled
NTSYSAPI BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version);
NTSYSAPI BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG Version);

#define SUITE_TERMINAL      0x10
#define SUITE_SINGLE_USER   0x100
#define SUITE_BLADE         0x400
#define ALL_LEVELS          (VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR | VER_SERVICEPACKMINOR)
#define BUILD_OF_THE_SHARED (*(volatile ULONG *)0xFFFFF78000000260)

static void TestGetVersion(void)
{
    union {
        RTL_OSVERSIONINFOW Small;
        RTL_OSVERSIONINFOEXW Large;
    } Version;

    RtlFillMemory(&Version, sizeof(Version), 0x5A);
    Version.Small.dwOSVersionInfoSize = sizeof(Version.Small);
    IS(RtlGetVersion(&Version.Small), STATUS_SUCCESS);
    IS(Version.Small.dwOSVersionInfoSize, sizeof(Version.Small));
    IS(Version.Small.dwMajorVersion, 10);
    IS(Version.Small.dwMinorVersion, 0);
    IS(Version.Small.dwBuildNumber, 22631);
    IS(Version.Small.dwBuildNumber, BUILD_OF_THE_SHARED & 0xFFFF);
    IS(Version.Small.dwPlatformId, VER_PLATFORM_WIN32_NT);
    IS(Version.Small.szCSDVersion[0], 0);
    IS(Version.Large.wServicePackMajor, 0x5A5A); // behind the small structure
    IS(Version.Large.wReserved, 0x5A);

    RtlFillMemory(&Version, sizeof(Version), 0x5A);
    Version.Large.dwOSVersionInfoSize = sizeof(Version.Large);
    IS(RtlGetVersion(&Version.Small), STATUS_SUCCESS);
    IS(Version.Large.dwOSVersionInfoSize, sizeof(Version.Large));
    IS(Version.Large.dwBuildNumber, 22631);
    IS(Version.Large.wServicePackMajor, 0);
    IS(Version.Large.wServicePackMinor, 0);
    IS(Version.Large.wSuiteMask, SUITE_TERMINAL | SUITE_SINGLE_USER);
    IS(Version.Large.wProductType, VER_NT_WORKSTATION);
}

static NTSTATUS Verify(ULONG Major, ULONG Minor, USHORT Pack, ULONG TypeMask, UCHAR Condition)
{
    RTL_OSVERSIONINFOEXW Version = {.dwOSVersionInfoSize = sizeof(Version),
                                    .dwMajorVersion = Major,
                                    .dwMinorVersion = Minor,
                                    .wServicePackMajor = Pack};
    ULONGLONG Mask = 0;

    for (ULONG Type = 1; Type <= VER_PRODUCT_TYPE; Type <<= 1) {
        if (TypeMask & Type) {
            VER_SET_CONDITION(Mask, Type, Condition);
        }
    }
    return RtlVerifyVersionInfo(&Version, TypeMask, Mask);
}

static void TestLevels(void)
{
    // The page's rule: what exceeds the major version needs no more.
    IS(Verify(6, 3, 1, ALL_LEVELS, VER_GREATER_EQUAL), STATUS_SUCCESS);
    IS(Verify(10, 0, 0, ALL_LEVELS, VER_GREATER_EQUAL), STATUS_SUCCESS);
    IS(Verify(10, 0, 1, ALL_LEVELS, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
    IS(Verify(10, 1, 0, ALL_LEVELS, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
    IS(Verify(11, 0, 0, ALL_LEVELS, VER_GREATER_EQUAL), STATUS_REVISION_MISMATCH);
    IS(Verify(10, 0, 0, ALL_LEVELS, VER_GREATER), STATUS_REVISION_MISMATCH);
    IS(Verify(6, 3, 0, ALL_LEVELS, VER_GREATER), STATUS_SUCCESS);
    IS(Verify(10, 0, 0, ALL_LEVELS, VER_EQUAL), STATUS_SUCCESS);
    IS(Verify(6, 0, 0, ALL_LEVELS, VER_EQUAL), STATUS_REVISION_MISMATCH);
    IS(Verify(10, 0, 0, ALL_LEVELS, VER_LESS_EQUAL), STATUS_SUCCESS);
    IS(Verify(10, 1, 0, ALL_LEVELS, VER_LESS_EQUAL), STATUS_SUCCESS);
    IS(Verify(6, 1, 0, ALL_LEVELS, VER_LESS_EQUAL), STATUS_REVISION_MISMATCH);
    IS(Verify(10, 0, 0, ALL_LEVELS, VER_LESS), STATUS_REVISION_MISMATCH);
    IS(Verify(10, 0, 1, ALL_LEVELS, VER_LESS), STATUS_SUCCESS);
    IS(Verify(9, 9, 9, VER_SERVICEPACKMINOR, VER_GREATER_EQUAL), STATUS_SUCCESS);
}

static void TestSingles(void)
{
    RTL_OSVERSIONINFOEXW Version = {
        .dwBuildNumber = 22631, .wProductType = VER_NT_WORKSTATION, .dwPlatformId = VER_PLATFORM_WIN32_NT};
    ULONG All = VER_BUILDNUMBER | VER_PRODUCT_TYPE | VER_PLATFORMID;
    ULONGLONG Mask = VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL);

    VER_SET_CONDITION(Mask, VER_PLATFORMID, VER_EQUAL);
    VER_SET_CONDITION(Mask, VER_BUILDNUMBER, VER_GREATER_EQUAL);
    IS(RtlVerifyVersionInfo(&Version, All, Mask), STATUS_SUCCESS);
    Version.dwBuildNumber = 22632;
    IS(RtlVerifyVersionInfo(&Version, All, Mask), STATUS_REVISION_MISMATCH);
    IS(RtlVerifyVersionInfo(&Version, VER_PRODUCT_TYPE, Mask), STATUS_SUCCESS);
    Version.wProductType = VER_NT_SERVER;
    IS(RtlVerifyVersionInfo(&Version, VER_PRODUCT_TYPE, Mask), STATUS_REVISION_MISMATCH);
    Version.dwPlatformId = VER_PLATFORM_WIN32_WINDOWS;
    IS(RtlVerifyVersionInfo(&Version, VER_PLATFORMID, Mask), STATUS_REVISION_MISMATCH);
}

static NTSTATUS VerifySuite(USHORT Suites, UCHAR Condition)
{
    RTL_OSVERSIONINFOEXW Version = {.wSuiteMask = Suites};
    return RtlVerifyVersionInfo(&Version, VER_SUITENAME, VerSetConditionMask(0, VER_SUITENAME, Condition));
}

static void TestSuites(void)
{
    IS(VerifySuite(SUITE_SINGLE_USER, VER_AND), STATUS_SUCCESS);
    IS(VerifySuite(SUITE_SINGLE_USER | SUITE_TERMINAL, VER_AND), STATUS_SUCCESS);
    IS(VerifySuite(SUITE_SINGLE_USER | SUITE_BLADE, VER_AND), STATUS_REVISION_MISMATCH);
    IS(VerifySuite(SUITE_SINGLE_USER | SUITE_BLADE, VER_OR), STATUS_SUCCESS);
    IS(VerifySuite(SUITE_BLADE, VER_OR), STATUS_REVISION_MISMATCH);
}

static void TestInvalid(void)
{
    RTL_OSVERSIONINFOEXW Version = {.dwMajorVersion = 10};
    ULONGLONG Mask = VerSetConditionMask(0, VER_MAJORVERSION, VER_EQUAL);

    IS(RtlVerifyVersionInfo(&Version, 0, Mask), STATUS_INVALID_PARAMETER);
    IS(RtlVerifyVersionInfo(&Version, VER_MAJORVERSION, 0), STATUS_INVALID_PARAMETER);
    IS(RtlVerifyVersionInfo(&Version, VER_MAJORVERSION | VER_MINORVERSION, Mask), STATUS_INVALID_PARAMETER);
    IS(RtlVerifyVersionInfo(&Version, VER_MAJORVERSION | 0x100, Mask), STATUS_INVALID_PARAMETER);
    IS(Verify(10, 0, 0, VER_MAJORVERSION, VER_AND), STATUS_INVALID_PARAMETER);
    IS(Verify(10, 0, 0, VER_BUILDNUMBER, VER_OR), STATUS_INVALID_PARAMETER);
    IS(VerifySuite(SUITE_TERMINAL, VER_EQUAL), STATUS_INVALID_PARAMETER);
    IS(VerifySuite(SUITE_TERMINAL, VER_LESS_EQUAL), STATUS_INVALID_PARAMETER);
}

static void TestConditionMask(void)
{
    ULONGLONG Mask = VerSetConditionMask(0, VER_MINORVERSION, VER_GREATER_EQUAL);

    IS(Mask, 3);
    Mask = VerSetConditionMask(Mask, VER_MAJORVERSION, VER_EQUAL);
    IS(Mask, 3 | 1 << 3);
    Mask = VerSetConditionMask(Mask, VER_PRODUCT_TYPE, VER_OR);
    IS(Mask, 3 | 1 << 3 | 7 << 21);
}

static void TestDdiVersion(void)
{
    OK(RtlIsNtDdiVersionAvailable(NTDDI_WIN2K));
    OK(RtlIsNtDdiVersionAvailable(NTDDI_VISTA));
    OK(RtlIsNtDdiVersionAvailable(NTDDI_WIN7));
    OK(RtlIsNtDdiVersionAvailable(NTDDI_WINBLUE));
    OK(RtlIsNtDdiVersionAvailable(NTDDI_WIN10));
    OK(!RtlIsNtDdiVersionAvailable(0x0A010000));
    OK(!RtlIsNtDdiVersionAvailable(NTDDI_VISTASP1));
    OK(RtlIsServicePackVersionInstalled(NTDDI_WIN10));
    OK(!RtlIsServicePackVersionInstalled(NTDDI_WIN10 | 0x100));
    OK(!RtlIsServicePackVersionInstalled(NTDDI_WIN7));
    OK(!RtlIsServicePackVersionInstalled(NTDDI_WINXPSP3));
}

static void TestPsGetVersion(void)
{
    ULONG Major = 1, Minor = 2, Build = 3;
    UNICODE_STRING Pack = {4, 4, NULL};

    OK(!PsGetVersion(NULL, NULL, NULL, NULL));
    OK(!PsGetVersion(&Major, &Minor, &Build, &Pack));
    IS(Major, 10);
    IS(Minor, 0);
    IS(Build, 22631);
    IS(Pack.Length, 0);
    OK(Pack.Buffer != NULL && Pack.Buffer[0] == 0);
}

TEST_DRIVER(TestGetVersion, TestLevels, TestSingles, TestSuites, TestInvalid, TestConditionMask,
            TestDdiVersion, TestPsGetVersion)
