// SPDX-License-Identifier: MIT
// PsGetVersion, which RtlGetVersion has taken the place of.
#include "rtl/version.h"

// Each output is optional. CSDVersion becomes the empty string: no service pack. FALSE: not a checked build.
// Any IRQL.
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                           PUNICODE_STRING CSDVersion)
{
    const KUSER_SHARED_DATA *Shared = (const KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE;

    if (MajorVersion != NULL) {
        *MajorVersion = Shared->NtMajorVersion;
    }
    if (MinorVersion != NULL) {
        *MinorVersion = Shared->NtMinorVersion;
    }
    if (BuildNumber != NULL) {
        *BuildNumber = RtlpBuildNumber();
    }
    if (CSDVersion != NULL) {
        static WCHAR None[] = L"";
        CSDVersion->Buffer = None;
        CSDVersion->Length = 0;
        CSDVersion->MaximumLength = sizeof(None);
    }
    return FALSE;
}
