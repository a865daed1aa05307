// SPDX-License-Identifier: MIT
// The version of Windows that this kernel is to its drivers, all of it from KUSER_SHARED_DATA.
#include "rtl/version.h"

#define NT_BUILD_NUMBER_OFFSET 0x260 // KUSER_SHARED_DATA.NtBuildNumber, which mingw-w64's structure lacks

#define VERSION_TYPES                                                                                        \
    (VER_MINORVERSION | VER_MAJORVERSION | VER_BUILDNUMBER | VER_PLATFORMID | VER_SERVICEPACKMINOR |         \
     VER_SERVICEPACKMAJOR | VER_SUITENAME | VER_PRODUCT_TYPE)

// wdm.h renames both, for those of rtlver.lib in drivers; the exports have the plain names.
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version);
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG Version);

static const KUSER_SHARED_DATA *RtlpShared(VOID)
{
    return (const KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE;
}

ULONG RtlpBuildNumber(VOID)
{
    return *(const ULONG *)((const UCHAR *)RtlpShared() + NT_BUILD_NUMBER_OFFSET) & 0xFFFF;
}

static VOID RtlpGetExtendedVersion(PRTL_OSVERSIONINFOEXW Version)
{
    const KUSER_SHARED_DATA *Shared = RtlpShared();

    Version->dwMajorVersion = Shared->NtMajorVersion;
    Version->dwMinorVersion = Shared->NtMinorVersion;
    Version->dwBuildNumber = RtlpBuildNumber();
    Version->dwPlatformId = VER_PLATFORM_WIN32_NT;
    Version->szCSDVersion[0] = UNICODE_NULL;
    Version->wServicePackMajor = 0;
    Version->wServicePackMinor = 0;
    Version->wSuiteMask = (USHORT)Shared->SuiteMask;
    Version->wProductType = (UCHAR)Shared->NtProductType;
    Version->wReserved = 0;
}

// dwOSVersionInfoSize says which structure it is; of the smaller one, RTL_OSVERSIONINFOW, no more is written
// than it has. Always succeeds.
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
    RTL_OSVERSIONINFOEXW Version;
    C_ASSERT(FIELD_OFFSET(RTL_OSVERSIONINFOEXW, wServicePackMajor) == sizeof(RTL_OSVERSIONINFOW));

    if (lpVersionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        RtlpGetExtendedVersion((PRTL_OSVERSIONINFOEXW)lpVersionInformation);
        return STATUS_SUCCESS;
    }
    RtlpGetExtendedVersion(&Version);
    lpVersionInformation->dwMajorVersion = Version.dwMajorVersion;
    lpVersionInformation->dwMinorVersion = Version.dwMinorVersion;
    lpVersionInformation->dwBuildNumber = Version.dwBuildNumber;
    lpVersionInformation->dwPlatformId = Version.dwPlatformId;
    lpVersionInformation->szCSDVersion[0] = UNICODE_NULL;
    return STATUS_SUCCESS;
}

// ---- Comparison -------------------------------------------------------------------------------------------

// The members that decide one after the other, as the digits of a number do, in that order.
static const ULONG RtlpVersionLevels[] = {VER_MAJORVERSION, VER_MINORVERSION, VER_SERVICEPACKMAJOR,
                                          VER_SERVICEPACKMINOR};

static const ULONG RtlpVersionSingles[] = {VER_BUILDNUMBER, VER_PLATFORMID, VER_PRODUCT_TYPE};

static ULONG RtlpCondition(ULONGLONG ConditionMask, ULONG Type)
{
    ULONG Shift = (ULONG)__builtin_ctz(Type) * VER_NUM_BITS_PER_CONDITION_MASK;
    return (ULONG)(ConditionMask >> Shift) & VER_CONDITION_MASK;
}

static ULONG RtlpVersionMember(const RTL_OSVERSIONINFOEXW *Version, ULONG Type)
{
    switch (Type) {
    case VER_MAJORVERSION: return Version->dwMajorVersion;
    case VER_MINORVERSION: return Version->dwMinorVersion;
    case VER_BUILDNUMBER: return Version->dwBuildNumber;
    case VER_PLATFORMID: return Version->dwPlatformId;
    case VER_SERVICEPACKMAJOR: return Version->wServicePackMajor;
    case VER_SERVICEPACKMINOR: return Version->wServicePackMinor;
    default: return Version->wProductType;
    }
}

static BOOLEAN RtlpHolds(ULONG Condition, ULONG Current, ULONG Required)
{
    switch (Condition) {
    case VER_EQUAL: return Current == Required;
    case VER_GREATER: return Current > Required;
    case VER_GREATER_EQUAL: return Current >= Required;
    case VER_LESS: return Current < Required;
    default: return Current <= Required;
    }
}

// Does each member asked for have a condition, and one of its kind?
static BOOLEAN RtlpAreConditionsValid(ULONG TypeMask, ULONGLONG ConditionMask)
{
    if (TypeMask == 0 || (TypeMask & ~VERSION_TYPES) != 0) {
        return FALSE;
    }
    for (ULONG Type = 1; Type <= VER_PRODUCT_TYPE; Type <<= 1) {
        ULONG Condition = RtlpCondition(ConditionMask, Type);
        BOOLEAN IsOfSet = Condition == VER_AND || Condition == VER_OR;
        if ((TypeMask & Type) != 0 && (Condition == 0 || IsOfSet != (Type == VER_SUITENAME))) {
            return FALSE;
        }
    }
    return TRUE;
}

// The first level at which current and required version differ decides; if none does, every level's condition
// must allow that.
static BOOLEAN RtlpDoLevelsHold(const RTL_OSVERSIONINFOEXW *Current, const RTL_OSVERSIONINFOEXW *Required,
                                ULONG TypeMask, ULONGLONG ConditionMask)
{
    BOOLEAN Holds = TRUE;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(RtlpVersionLevels); ++Index) {
        ULONG Type = RtlpVersionLevels[Index];
        if ((TypeMask & Type) != 0) {
            ULONG Now = RtlpVersionMember(Current, Type), Wanted = RtlpVersionMember(Required, Type);
            BOOLEAN IsHere = RtlpHolds(RtlpCondition(ConditionMask, Type), Now, Wanted);
            if (Now != Wanted) {
                return IsHere;
            }
            Holds = Holds && IsHere;
        }
    }
    return Holds;
}

// PASSIVE_LEVEL. STATUS_INVALID_PARAMETER for no member or an unknown one, and for a member without a
// condition of its kind; STATUS_REVISION_MISMATCH if this is not such a system.
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask,
                                    ULONGLONG ConditionMask)
{
    RTL_OSVERSIONINFOEXW Current;

    if (!RtlpAreConditionsValid(TypeMask, ConditionMask)) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlpGetExtendedVersion(&Current);
    if ((TypeMask & VER_SUITENAME) != 0) {
        ULONG Wanted = VersionInfo->wSuiteMask, Present = Current.wSuiteMask & Wanted;
        BOOLEAN IsAnd = RtlpCondition(ConditionMask, VER_SUITENAME) == VER_AND;
        if (IsAnd ? Present != Wanted : Present == 0) {
            return STATUS_REVISION_MISMATCH;
        }
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(RtlpVersionSingles); ++Index) {
        ULONG Type = RtlpVersionSingles[Index];
        if ((TypeMask & Type) != 0 &&
            !RtlpHolds(RtlpCondition(ConditionMask, Type), RtlpVersionMember(&Current, Type),
                       RtlpVersionMember(VersionInfo, Type))) {
            return STATUS_REVISION_MISMATCH;
        }
    }
    return RtlpDoLevelsHold(&Current, VersionInfo, TypeMask, ConditionMask) ? STATUS_SUCCESS
                                                                            : STATUS_REVISION_MISMATCH;
}

// ConditionMask with Condition for the members of TypeMask. Any IRQL.
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition)
{
    for (ULONG Bit = 0; Bit < 8; ++Bit) {
        if ((TypeMask & (1u << Bit)) != 0) {
            ConditionMask |= (ULONGLONG)(Condition & VER_CONDITION_MASK)
                             << (Bit * VER_NUM_BITS_PER_CONDITION_MASK);
        }
    }
    return ConditionMask;
}

// ---- NTDDI_VERSION ----------------------------------------------------------------------------------------

static ULONG RtlpDdiVersion(VOID)
{
    return RtlpShared()->NtMajorVersion << 24 | RtlpShared()->NtMinorVersion << 16;
}

// Is this Windows Version (NTDDI_WIN7, ...) or later? FALSE for the constants of service packs and updates.
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version)
{
    return (Version & ~OSVERSION_MASK) == 0 && RtlpDdiVersion() >= Version;
}

// Is this the Windows of Version, with its service pack or a later one? There are none of Windows 10's.
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG Version)
{
    return (Version & OSVERSION_MASK) == RtlpDdiVersion() && (Version & SPVERSION_MASK) == 0;
}
