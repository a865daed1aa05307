// SPDX-License-Identifier: MIT
// Opting in to no-execute nonpaged pool, by the two ways that Microsoft documents.
//
// POOL_NX_OPTIN_AUTO: NonPagedPool is NonPagedPoolNx outright (Windows 8 and later).
// POOL_NX_OPTIN: NonPagedPool is a variable that ExInitializeDriverRuntime(DrvRtPoolNxOptIn), called first in
// DriverEntry, sets to NonPagedPoolNx where Windows has it; so one binary runs on Windows 7 too.
// A source file that defines POOL_NX_OPTOUT keeps executable pool.
#ifndef KMODE_NT_POOL_NX_H
#define KMODE_NT_POOL_NX_H

#define DrvRtPoolNxOptIn 0x00000001

#if !defined(_NTOSKRNL_)

#if defined(POOL_NX_OPTIN_AUTO) && POOL_NX_OPTIN_AUTO
#define KMODE_NT_POOL_NX_AUTO 1
#else
#define KMODE_NT_POOL_NX_AUTO 0
#endif

#if defined(POOL_NX_OPTIN) && POOL_NX_OPTIN
#define KMODE_NT_POOL_NX_RUNTIME 1
#else
#define KMODE_NT_POOL_NX_RUNTIME 0
#endif

#if KMODE_NT_POOL_NX_RUNTIME && !KMODE_NT_POOL_NX_AUTO
#ifdef __cplusplus
extern "C" {
#endif
__declspec(selectany) POOL_TYPE ExDefaultNonPagedPoolType = NonPagedPool;
#ifdef __cplusplus
}
#endif
#endif

// RuntimeFlags: DrvRtPoolNxOptIn or 0. PASSIVE_LEVEL, before any other thread of the driver runs.
FORCEINLINE VOID ExInitializeDriverRuntime(_In_ ULONG RuntimeFlags)
{
#if KMODE_NT_POOL_NX_RUNTIME && !KMODE_NT_POOL_NX_AUTO
    if ((RuntimeFlags & DrvRtPoolNxOptIn) != 0) {
        // KUSER_SHARED_DATA's NtMajorVersion and NtMinorVersion, at their fixed place in every Windows.
        ULONG Major = *(volatile ULONG *)(KI_USER_SHARED_DATA + 0x26C);
        ULONG Minor = *(volatile ULONG *)(KI_USER_SHARED_DATA + 0x270);

        if (Major > 6 || (Major == 6 && Minor >= 2)) {
            ExDefaultNonPagedPoolType = NonPagedPoolNx;
        }
    }
#else
    (void)RuntimeFlags;
#endif
}

#if !defined(POOL_NX_OPTOUT) || !POOL_NX_OPTOUT
#if KMODE_NT_POOL_NX_AUTO
#define NonPagedPool             NonPagedPoolNx
#define NonPagedPoolCacheAligned NonPagedPoolNxCacheAligned
#elif KMODE_NT_POOL_NX_RUNTIME
#define NonPagedPool             ExDefaultNonPagedPoolType
#define NonPagedPoolCacheAligned ((POOL_TYPE)(ExDefaultNonPagedPoolType + 4))
#endif
#endif

#endif

#endif
