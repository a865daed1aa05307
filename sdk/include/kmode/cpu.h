// SPDX-License-Identifier: MIT
// What the processor that runs now has and holds: CPUID and features by name, MSRs, control and debug
// registers, descriptor tables, time-stamp counter.
//
//     ULONG64 Value;
//
//     if (KmCpuHas(KmCpuInvariantTsc)) {
//         DbgPrint("%s counts evenly\n", KmCpuFeatureName(KmCpuInvariantTsc));
//     }
//     Status = KmMsrRead(0x1A0, &Value);
//     if (!NT_SUCCESS(Status)) {
//         DbgPrint("no such register here\n");
//     }
//
// Each tells of the processor that it runs on: where a thread must not be moved meanwhile, KmGuardProcessor
// of <kmode/processor.h> keeps it.
#ifndef KMODE_CPU_H
#define KMODE_CPU_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/cpu.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- CPUID

/// What one leaf of CPUID says.
typedef struct KM_CPUID {
    ULONG Eax, Ebx, Ecx, Edx;
} KM_CPUID, *PKM_CPUID;

/// Asks CPUID; zeroes if the processor has no such leaf.
///
///     KM_CPUID Answer;
///     KmCpuid(7, 0, &Answer);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmCpuid(_In_ ULONG Leaf, _In_ ULONG Subleaf, _Out_ PKM_CPUID Answer);

/// Room for the texts below and their zeroes.
#define KM_CPU_VENDOR_SIZE 13
#define KM_CPU_BRAND_SIZE  49

/// The vendor's word ("GenuineIntel"), and the processor's name without blanks around it; the latter is empty
/// if the processor does not tell.
///
///     CHAR Vendor[KM_CPU_VENDOR_SIZE], Brand[KM_CPU_BRAND_SIZE];
///
///     KmCpuVendor(Vendor);
///     KmCpuBrand(Brand);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmCpuVendor(_Out_writes_(KM_CPU_VENDOR_SIZE) PSTR Text);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmCpuBrand(_Out_writes_(KM_CPU_BRAND_SIZE) PSTR Text);

/// Features of processors.
typedef enum KM_CPU_FEATURE {
    KmCpuSse3,
    KmCpuPclmulqdq,
    KmCpuVmx,
    KmCpuSsse3,
    KmCpuFma,
    KmCpuCmpxchg16b,
    KmCpuPcid,
    KmCpuSse41,
    KmCpuSse42,
    KmCpuX2apic,
    KmCpuMovbe,
    KmCpuPopcnt,
    KmCpuTscDeadline,
    KmCpuAes,
    KmCpuXsave,
    KmCpuOsxsave,
    KmCpuAvx,
    KmCpuF16c,
    KmCpuRdrand,
    KmCpuHypervisor,
    KmCpuFsgsbase,
    KmCpuBmi1,
    KmCpuAvx2,
    KmCpuSmep,
    KmCpuBmi2,
    KmCpuErms,
    KmCpuInvpcid,
    KmCpuRtm,
    KmCpuAvx512f,
    KmCpuRdseed,
    KmCpuAdx,
    KmCpuSmap,
    KmCpuClflushopt,
    KmCpuClwb,
    KmCpuSha,
    KmCpuUmip,
    KmCpuPku,
    KmCpuShadowStack,
    KmCpuVaes,
    KmCpuRdpid,
    KmCpuIbt,
    KmCpuSvm,
    KmCpuNx,
    KmCpuPages1Gb,
    KmCpuRdtscp,
    KmCpuInvariantTsc,
    KmCpuFeatureCount
} KM_CPU_FEATURE;

/// Whether the processor has the feature; of AVX and its like, also whether the system saves their registers,
/// without which they cannot be used. FALSE for a value that is no feature. Whether the system uses a feature
/// itself (SMEP, PCID, ...) is another question: KmControlRegisterRead.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmCpuHas(_In_ KM_CPU_FEATURE Feature);

/// The feature's name as processor manuals write it, "AVX2"; "?" for a value that is no feature.
_IRQL_requires_max_(HIGH_LEVEL) PCSTR NTAPI KmCpuFeatureName(_In_ KM_CPU_FEATURE Feature);

// ---- Model-specific registers

/// Reads a model-specific register.
///
/// Returns STATUS_SUCCESS; STATUS_PRIVILEGED_INSTRUCTION if the processor has no such register, and *Value is
/// 0.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMsrRead(_In_ ULONG Register, _Out_ PULONG64 Value);

/// Writes one. What a wrong value does to the system is the caller's concern.
///
/// Returns STATUS_SUCCESS; STATUS_PRIVILEGED_INSTRUCTION if there is no such register, it is read-only, or
/// the value has reserved bits: nothing has changed. Where a hypervisor protects registers (HVCI), it may
/// refuse, or stop the system.
///
///     static NTSTATUS SetBits(ULONG Register, ULONG64 Bits)
///     {
///         ULONG64 Value;
///         NTSTATUS Status = KmMsrRead(Register, &Value);
///
///         return NT_SUCCESS(Status) ? KmMsrWrite(Register, Value | Bits) : Status;
///     }
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMsrWrite(_In_ ULONG Register, _In_ ULONG64 Value);

/// The same on a processor of that number (0 to KmProcessorCount() - 1), wherever the caller runs.
///
/// Return as those; STATUS_INVALID_PARAMETER if there is no such processor.
///
///     ULONG64 Value;
///
///     Status = KmMsrReadOn(0, 0x1A0, &Value);
///     if (NT_SUCCESS(Status)) {
///         Status = KmMsrWriteOn(0, 0x1A0, Value);
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMsrReadOn(_In_ ULONG Processor, _In_ ULONG Register, _Out_ PULONG64 Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmMsrWriteOn(_In_ ULONG Processor, _In_ ULONG Register, _In_ ULONG64 Value);

// ---- Control and debug registers, descriptor tables

/// Reads CR0, CR2, CR3, CR4 or CR8.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for any other, and *Value is 0.
///
///     ULONG64 Cr0;
///     Status = KmControlRegisterRead(0, &Cr0);
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmControlRegisterRead(_In_ ULONG Register, _Out_ PULONG64 Value);

/// Writes CR0, CR3 or CR4, on the processor that runs now, and on none of the others. CR8 is the IRQL, which
/// KeRaiseIrql changes; CR2 is the system's. With HVCI, and under PatchGuard, the bits that protect the
/// system must stay.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for another register; STATUS_PRIVILEGED_INSTRUCTION if
/// the processor refuses the value, and nothing has changed.
///
///     static NTSTATUS SetOsfxsr(VOID)
///     {
///         ULONG64 Cr4;
///         NTSTATUS Status = KmControlRegisterRead(4, &Cr4);
///
///         return NT_SUCCESS(Status) ? KmControlRegisterWrite(4, Cr4 | 0x200) : Status;
///     }
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmControlRegisterWrite(_In_ ULONG Register, _In_ ULONG64 Value);

/// Makes the processor that runs now, and none of the others, forget how it translates the page at Address
/// (INVLPG): for who changes page tables by himself. The system does it for what it maps and unmaps. Address
/// may be any that is canonical.
///
///     static NTSTATUS NTAPI InvalidateHere(PVOID Address)
///     {
///         KmInvalidatePage(Address);
///         return STATUS_SUCCESS;
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmInvalidatePage(_In_ const VOID *Address);

/// Reads DR0 to DR3, DR6 or DR7, as the running thread has them.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for any other, and *Value is 0.
///
///     ULONG64 Dr7;
///     Status = KmDebugRegisterRead(7, &Dr7);
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmDebugRegisterRead(_In_ ULONG Register, _Out_ PULONG64 Value);

/// Where a descriptor table is. Base is for looking at, not for use on kmode, which has neither.
typedef struct KM_DESCRIPTOR_TABLE {
    ULONG64 Base;
    USHORT Limit; ///< its size in bytes, less one
} KM_DESCRIPTOR_TABLE, *PKM_DESCRIPTOR_TABLE;

/// Read the registers of the global and of the interrupt descriptor table.
///
///     KM_DESCRIPTOR_TABLE Global, Interrupt;
///
///     KmReadGdtr(&Global);
///     KmReadIdtr(&Interrupt);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmReadGdtr(_Out_ PKM_DESCRIPTOR_TABLE Table);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmReadIdtr(_Out_ PKM_DESCRIPTOR_TABLE Table);

/// Reads extended control register 0: which states the system saves (bit 1 SSE, 2 AVX, 5 to 7 AVX-512); 0 if
/// the processor has none.
///
///     NT_ASSERT(KmReadXcr0() == 0 || (KmReadXcr0() & 1) != 0);
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmReadXcr0(VOID);

// ---- Time-stamp counter

/// Reads the time-stamp counter, in order: what stands before it in the program has been carried out, what
/// stands behind has not begun. Whether it counts evenly says KmCpuInvariantTsc.
///
///     ULONG64 Before = KmTimestamp();
///     ULONG64 Cycles = KmTimestamp() - Before;
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmTimestamp(VOID);

#ifdef __cplusplus
}
#endif

#endif
