// SPDX-License-Identifier: MIT
// KUSER_SHARED_DATA: what does not change while the system runs. The machine keeps the times.
#include "inc/kernel.h"

#define KI_SUITE_TERMINAL             0x010 // VER_SUITE_*, which winnt.h has and the DDK has not
#define KI_SUITE_SINGLE_USER_TERMINAL 0x100

#define KI_BUILD_NUMBER 22631 // Windows 11, version 23H2
#define KI_FREE_BUILD   0xF0000000

ULONG NtBuildNumber = KI_FREE_BUILD | KI_BUILD_NUMBER;

VOID KiInitializeSharedUserData(VOID)
{
    static const WCHAR SystemRoot[] = L"C:\\Windows";
    KUSER_SHARED_DATA *Shared = (KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE;
    C_ASSERT(FIELD_OFFSET(KUSER_SHARED_DATA, NtMajorVersion) == 0x26C);
    C_ASSERT(FIELD_OFFSET(KUSER_SHARED_DATA, Reserved1) == 0x2B4);

    Shared->TickCountMultiplier = 0x0FA00000; // 15.625 ms a tick, in units of 2^-24 ms
    Shared->ImageNumberLow = Shared->ImageNumberHigh = IMAGE_FILE_MACHINE_AMD64;
    RtlCopyMemory(Shared->NtSystemRoot, SystemRoot, sizeof(SystemRoot));
    *(PULONG)((PUCHAR)Shared + 0x260) =
        KI_BUILD_NUMBER; // NtBuildNumber: in Windows 10's structure, not in mingw-w64's
    Shared->NtProductType = NtProductWinNt;
    Shared->ProductTypeIsValid = TRUE;
    Shared->SuiteMask = KI_SUITE_TERMINAL | KI_SUITE_SINGLE_USER_TERMINAL;
    Shared->NtMajorVersion = 10;
    Shared->NtMinorVersion = 0;
    Shared->ProcessorFeatures[PF_COMPARE_EXCHANGE_DOUBLE] = TRUE;
    Shared->ProcessorFeatures[PF_XMMI_INSTRUCTIONS_AVAILABLE] = TRUE;
    Shared->ProcessorFeatures[PF_XMMI64_INSTRUCTIONS_AVAILABLE] = TRUE;
    Shared->ProcessorFeatures[PF_RDTSC_INSTRUCTION_AVAILABLE] = TRUE;
    Shared->ProcessorFeatures[PF_PAE_ENABLED] = TRUE;
    Shared->ProcessorFeatures[PF_NX_ENABLED] = TRUE;
    Shared->ActiveProcessorCount = 1;
    Shared->ActiveGroupCount = 1;
}
