// SPDX-License-Identifier: MIT
// What system this is.
#include <kmode.h>

VOID NTAPI KmVersionQuery(PKM_VERSION Version)
{
    RTL_OSVERSIONINFOEXW Information;

    RtlZeroMemory(&Information, sizeof(Information));
    Information.dwOSVersionInfoSize = sizeof(Information);
    (void)RtlGetVersion((PRTL_OSVERSIONINFOW)&Information);
    Version->Major = Information.dwMajorVersion;
    Version->Minor = Information.dwMinorVersion;
    Version->Build = Information.dwBuildNumber;
    Version->ServicePack = Information.wServicePackMajor;
    Version->Server = (BOOLEAN)(Information.wProductType != VER_NT_WORKSTATION);
}

BOOLEAN NTAPI KmIsBuild(ULONG Build)
{
    KM_VERSION Version;

    KmVersionQuery(&Version);
    return (BOOLEAN)(Version.Build >= Build);
}
