// SPDX-License-Identifier: MIT
// KUSER_SHARED_DATA: what does not change while the system runs. The machine keeps the times.
#include "inc/kernel.h"

#define KI_SUITE_TERMINAL             0x010 // VER_SUITE_*, which winnt.h has and the DDK has not
#define KI_SUITE_SINGLE_USER_TERMINAL 0x100

// PROCESSOR_FEATURE_ID beyond what the DDK's headers have.
#define KI_PF_FASTFAIL 23
#define KI_PF_RDRAND   28
#define KI_PF_RDTSCP   32
#define KI_PF_SSSE3    36
#define KI_PF_SSE4_1   37
#define KI_PF_SSE4_2   38
#define KI_PF_AVX      39
#define KI_PF_AVX2     40

#define KI_OSXSAVE           27 // cpuid 1, ecx: the system saves by xsave
#define KI_FXSAVE_MXCSR_MASK 28 // where it is in what fxsave writes
#define KI_MXCSR_DAZ         0x40

#define KI_BUILD_NUMBER 22631 // Windows 11, version 23H2
#define KI_FREE_BUILD   0xF0000000

ULONG NtBuildNumber = KI_FREE_BUILD | KI_BUILD_NUMBER;

// The output registers of cpuid.
enum { KI_EAX, KI_EBX, KI_ECX, KI_EDX };

// Features that a bit of cpuid tells of; those of them that the system must save as well, where it does
// (KI_OSXSAVE).
static const struct {
    ULONG Leaf;
    UCHAR Register, Bit;
    UCHAR Feature; // PF_*
    BOOLEAN NeedsXsave;
} KiProcessorFeatures[] = {
    {1, KI_EDX, 8, PF_COMPARE_EXCHANGE_DOUBLE, FALSE},
    {1, KI_EDX, 23, PF_MMX_INSTRUCTIONS_AVAILABLE, FALSE},
    {1, KI_EDX, 25, PF_XMMI_INSTRUCTIONS_AVAILABLE, FALSE},
    {0x80000001, KI_EDX, 31, PF_3DNOW_INSTRUCTIONS_AVAILABLE, FALSE},
    {1, KI_EDX, 4, PF_RDTSC_INSTRUCTION_AVAILABLE, FALSE},
    {1, KI_EDX, 6, PF_PAE_ENABLED, FALSE},
    {1, KI_EDX, 26, PF_XMMI64_INSTRUCTIONS_AVAILABLE, FALSE},
    {0x80000001, KI_EDX, 20, PF_NX_ENABLED, FALSE},
    {1, KI_ECX, 0, PF_SSE3_INSTRUCTIONS_AVAILABLE, FALSE},
    {1, KI_ECX, 13, PF_COMPARE_EXCHANGE128, FALSE},
    {1, KI_ECX, KI_OSXSAVE, PF_XSAVE_ENABLED, FALSE},
    {1, KI_ECX, 30, KI_PF_RDRAND, FALSE},
    {0x80000001, KI_EDX, 27, KI_PF_RDTSCP, FALSE},
    {1, KI_ECX, 9, KI_PF_SSSE3, FALSE},
    {1, KI_ECX, 19, KI_PF_SSE4_1, FALSE},
    {1, KI_ECX, 20, KI_PF_SSE4_2, FALSE},
    {1, KI_ECX, 28, KI_PF_AVX, TRUE},
    {7, KI_EBX, 5, KI_PF_AVX2, TRUE},
};

static VOID KiNoteProcessorFeatures(KUSER_SHARED_DATA *Shared)
{
    DECLSPEC_ALIGN(16) UCHAR State[512] = {0};
    int Registers[4];
    __cpuid(Registers, 1);
    BOOLEAN Xsave = (Registers[KI_ECX] >> KI_OSXSAVE & 1) != 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(KiProcessorFeatures); Index += 1) {
        ULONG Leaf = KiProcessorFeatures[Index].Leaf;
        __cpuid(Registers, (int)(Leaf & 0x80000000));
        if ((ULONG)Registers[KI_EAX] < Leaf) {
            continue; // the processor has no such leaf
        }
        __cpuidex(Registers, (int)Leaf, 0);
        Shared->ProcessorFeatures[KiProcessorFeatures[Index].Feature] =
            ((ULONG)Registers[KiProcessorFeatures[Index].Register] >> KiProcessorFeatures[Index].Bit & 1) !=
                0 &&
            (Xsave || !KiProcessorFeatures[Index].NeedsXsave);
    }
    // Which bits of MXCSR there are only a saved state tells.
    __asm__ volatile("fxsave64 %0" : "=m"(State));
    Shared->ProcessorFeatures[PF_SSE_DAZ_MODE_AVAILABLE] =
        (*(const ULONG *)&State[KI_FXSAVE_MXCSR_MASK] & KI_MXCSR_DAZ) != 0;
    Shared->ProcessorFeatures[KI_PF_FASTFAIL] = TRUE; // int 29h
}

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
    KiNoteProcessorFeatures(Shared);
    Shared->ActiveProcessorCount = 1;
    Shared->ActiveGroupCount = 1;
}
