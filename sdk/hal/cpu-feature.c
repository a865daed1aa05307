// SPDX-License-Identifier: MIT
// Features of the processor by name.
#include <kmode.h>

typedef enum KMP_REGISTER { Eax, Ebx, Ecx, Edx } KMP_REGISTER;

#define XCR0_AVX    0x06ULL // SSE and AVX
#define XCR0_AVX512 0xE6ULL // and the three of AVX-512

// Of Intel's Software Developer's Manual, volume 2, CPUID, and AMD's Programmer's Manual, volume 3, appendix
// E.
static const struct {
    PCSTR Name;
    ULONG Leaf;
    KMP_REGISTER Register;
    ULONG Bit;
    ULONG64 States; // that the system must save
} Features[KmCpuFeatureCount] = {
    [KmCpuSse3] = {"SSE3", 1, Ecx, 0, 0},
    [KmCpuPclmulqdq] = {"PCLMULQDQ", 1, Ecx, 1, 0},
    [KmCpuVmx] = {"VMX", 1, Ecx, 5, 0},
    [KmCpuSsse3] = {"SSSE3", 1, Ecx, 9, 0},
    [KmCpuFma] = {"FMA", 1, Ecx, 12, XCR0_AVX},
    [KmCpuCmpxchg16b] = {"CMPXCHG16B", 1, Ecx, 13, 0},
    [KmCpuPcid] = {"PCID", 1, Ecx, 17, 0},
    [KmCpuSse41] = {"SSE4.1", 1, Ecx, 19, 0},
    [KmCpuSse42] = {"SSE4.2", 1, Ecx, 20, 0},
    [KmCpuX2apic] = {"x2APIC", 1, Ecx, 21, 0},
    [KmCpuMovbe] = {"MOVBE", 1, Ecx, 22, 0},
    [KmCpuPopcnt] = {"POPCNT", 1, Ecx, 23, 0},
    [KmCpuTscDeadline] = {"TSC-Deadline", 1, Ecx, 24, 0},
    [KmCpuAes] = {"AESNI", 1, Ecx, 25, 0},
    [KmCpuXsave] = {"XSAVE", 1, Ecx, 26, 0},
    [KmCpuOsxsave] = {"OSXSAVE", 1, Ecx, 27, 0},
    [KmCpuAvx] = {"AVX", 1, Ecx, 28, XCR0_AVX},
    [KmCpuF16c] = {"F16C", 1, Ecx, 29, XCR0_AVX},
    [KmCpuRdrand] = {"RDRAND", 1, Ecx, 30, 0},
    [KmCpuHypervisor] = {"hypervisor", 1, Ecx, 31, 0},
    [KmCpuFsgsbase] = {"FSGSBASE", 7, Ebx, 0, 0},
    [KmCpuBmi1] = {"BMI1", 7, Ebx, 3, 0},
    [KmCpuAvx2] = {"AVX2", 7, Ebx, 5, XCR0_AVX},
    [KmCpuSmep] = {"SMEP", 7, Ebx, 7, 0},
    [KmCpuBmi2] = {"BMI2", 7, Ebx, 8, 0},
    [KmCpuErms] = {"ERMS", 7, Ebx, 9, 0},
    [KmCpuInvpcid] = {"INVPCID", 7, Ebx, 10, 0},
    [KmCpuRtm] = {"RTM", 7, Ebx, 11, 0},
    [KmCpuAvx512f] = {"AVX512F", 7, Ebx, 16, XCR0_AVX512},
    [KmCpuRdseed] = {"RDSEED", 7, Ebx, 18, 0},
    [KmCpuAdx] = {"ADX", 7, Ebx, 19, 0},
    [KmCpuSmap] = {"SMAP", 7, Ebx, 20, 0},
    [KmCpuClflushopt] = {"CLFLUSHOPT", 7, Ebx, 23, 0},
    [KmCpuClwb] = {"CLWB", 7, Ebx, 24, 0},
    [KmCpuSha] = {"SHA", 7, Ebx, 29, 0},
    [KmCpuUmip] = {"UMIP", 7, Ecx, 2, 0},
    [KmCpuPku] = {"PKU", 7, Ecx, 3, 0},
    [KmCpuShadowStack] = {"CET_SS", 7, Ecx, 7, 0},
    [KmCpuVaes] = {"VAES", 7, Ecx, 9, XCR0_AVX},
    [KmCpuRdpid] = {"RDPID", 7, Ecx, 22, 0},
    [KmCpuIbt] = {"CET_IBT", 7, Edx, 20, 0},
    [KmCpuSvm] = {"SVM", 0x80000001, Ecx, 2, 0},
    [KmCpuNx] = {"NX", 0x80000001, Edx, 20, 0},
    [KmCpuPages1Gb] = {"Page1GB", 0x80000001, Edx, 26, 0},
    [KmCpuRdtscp] = {"RDTSCP", 0x80000001, Edx, 27, 0},
    [KmCpuInvariantTsc] = {"InvariantTSC", 0x80000007, Edx, 8, 0},
};

ULONG64 NTAPI KmReadXcr0(VOID)
{
    KM_CPUID Answer;

    // What XGETBV would fault on without it.
    KmCpuid(1, 0, &Answer);
    return (Answer.Ecx >> 27 & 1) != 0 ? _xgetbv(0) : 0;
}

BOOLEAN NTAPI KmCpuHas(KM_CPU_FEATURE Feature)
{
    KM_CPUID Answer;
    ULONG Registers[4];

    if ((ULONG)Feature >= KmCpuFeatureCount) {
        return FALSE;
    }
    KmCpuid(Features[Feature].Leaf, 0, &Answer);
    RtlCopyMemory(Registers, &Answer, sizeof(Registers));
    return (BOOLEAN)((Registers[Features[Feature].Register] >> Features[Feature].Bit & 1) != 0 &&
                     (Features[Feature].States == 0 ||
                      (KmReadXcr0() & Features[Feature].States) == Features[Feature].States));
}

PCSTR NTAPI KmCpuFeatureName(KM_CPU_FEATURE Feature)
{
    return (ULONG)Feature < KmCpuFeatureCount ? Features[Feature].Name : "?";
}
