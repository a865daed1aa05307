// SPDX-License-Identifier: MIT
// What system this is, what is on in it, and what it exports.
//
//     typedef ULONG64(NTAPI *QUERY_UNBIASED_PRECISE)(PULONG64 Counter);
//
//     static KM_SYSTEM_ROUTINE Query = KM_SYSTEM_ROUTINE_INIT(L"KeQueryUnbiasedInterruptTimePrecise");
//
//     static ULONG64 UnbiasedTime(VOID)
//     {
//         QUERY_UNBIASED_PRECISE Routine = (QUERY_UNBIASED_PRECISE)(ULONG_PTR)KmFindRoutine(&Query);
//         ULONG64 Counter;
//
//         return Routine != NULL ? Routine(&Counter) : KeQueryUnbiasedInterruptTime();
//     }
#ifndef KMODE_VERSION_H
#define KMODE_VERSION_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/version.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Build numbers of systems, for KmIsBuild; a server has that of the client that it came with.
#define KM_WINDOWS_7       7600UL
#define KM_WINDOWS_7_SP1   7601UL
#define KM_WINDOWS_8       9200UL
#define KM_WINDOWS_8_1     9600UL
#define KM_WINDOWS_10      10240UL
#define KM_WINDOWS_10_1511 10586UL
#define KM_WINDOWS_10_1607 14393UL
#define KM_WINDOWS_10_1703 15063UL
#define KM_WINDOWS_10_1709 16299UL
#define KM_WINDOWS_10_1803 17134UL
#define KM_WINDOWS_10_1809 17763UL
#define KM_WINDOWS_10_1903 18362UL
#define KM_WINDOWS_10_2004 19041UL
#define KM_WINDOWS_11      22000UL
#define KM_WINDOWS_11_22H2 22621UL
#define KM_WINDOWS_11_24H2 26100UL

/// The system's version.
typedef struct KM_VERSION {
    ULONG Major, Minor, Build;
    USHORT ServicePack; ///< of Windows 7: 0 or 1
    BOOLEAN Server;
} KM_VERSION, *PKM_VERSION;

/// Tells the version.
///
///     KM_VERSION Version;
///
///     KmVersionQuery(&Version);
///     DbgPrint("Windows %lu.%lu.%lu\n", Version.Major, Version.Minor, Version.Build);
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmVersionQuery(_Out_ PKM_VERSION Version);

/// Whether the system is of that build or a later one.
///
///     if (!KmIsBuild(KM_WINDOWS_10_1809)) {
///         return STATUS_NOT_SUPPORTED;
///     }
_IRQL_requires_(PASSIVE_LEVEL) BOOLEAN NTAPI KmIsBuild(_In_ ULONG Build);

/// Whether the system is of that version or a later one: 6.1 is Windows 7, 6.2 Windows 8, 6.3
/// Windows 8.1, 10.0 Windows 10 and 11.
///
///     BOOLEAN HasNxPool = KmIsVersion(6, 2);
///     NT_ASSERT(HasNxPool || !KmIsVersion(10, 0));
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmIsVersion(_In_ ULONG Major, _In_ ULONG Minor);

/// One routine that ntoskrnl.exe or hal.dll may export: static, filled in by the first search.
typedef struct KM_SYSTEM_ROUTINE {
    PCWSTR Name;
    PVOID volatile Address;
} KM_SYSTEM_ROUTINE, *PKM_SYSTEM_ROUTINE;

/// The initializer of one that has not been looked for. Any IRQL.
///
///     static KM_SYSTEM_ROUTINE Precise = KM_SYSTEM_ROUTINE_INIT(L"KeQuerySystemTimePrecise");
///     PVOID Address = KmFindRoutine(&Precise);
///     KmInfo("%p", Address);
#define KM_SYSTEM_ROUTINE_INIT(Name) {(Name), NULL}

/// The routine's address, looked for once; NULL if this system does not export it, or if it has not been
/// looked for yet and the IRQL is above PASSIVE_LEVEL: look for it once at the start.
_IRQL_requires_max_(HIGH_LEVEL) PVOID NTAPI KmFindRoutine(_Inout_ PKM_SYSTEM_ROUTINE Routine);

/// How the system checks code, as SystemCodeIntegrityInformation tells.
typedef struct KM_CODE_INTEGRITY {
    BOOLEAN Enabled;     ///< signatures of drivers are checked
    BOOLEAN TestSigning; ///< those of test certificates count, too
    BOOLEAN Hvci;        ///< the hypervisor sees to it that only checked code runs in the kernel
} KM_CODE_INTEGRITY, *PKM_CODE_INTEGRITY;

/// Tells how the system checks code.
///
/// Returns STATUS_SUCCESS; STATUS_NOT_SUPPORTED if the system does not tell: all are FALSE. By
/// ZwQuerySystemInformation, which is found at run time, with a class that is documented for programs alone.
///
///     KM_CODE_INTEGRITY Integrity;
///
///     Status = KmCodeIntegrityQuery(&Integrity);
///     if (NT_SUCCESS(Status) && Integrity.Hvci) {
///         return STATUS_NOT_SUPPORTED;
///     }
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI KmCodeIntegrityQuery(_Out_ PKM_CODE_INTEGRITY Integrity);

/// Tells whether the machine started with Secure Boot.
///
/// Returns STATUS_SUCCESS; STATUS_NOT_SUPPORTED if the system does not tell (Windows 7), and *Enabled is
/// FALSE. By an undocumented class of ZwQuerySystemInformation, which is found at run time.
///
///     BOOLEAN Secure;
///     Status = KmSecureBootQuery(&Secure);
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI KmSecureBootQuery(_Out_ PBOOLEAN Enabled);

/// Whether a kernel debugger is there now, not only allowed.
///
///     if (KmIsDebuggerPresent()) {
///         DbgPrint("somebody looks on\n");
///     }
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmIsDebuggerPresent(VOID);

/// How the system was started: 0 as usual, 1 safe mode, 2 safe mode with network, 3 directory services
/// repair.
///
///     NT_ASSERT(KmSafeBootMode() <= 3);
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI KmSafeBootMode(VOID);

#ifdef __cplusplus
}
#endif

#endif
