// SPDX-License-Identifier: MIT
// CPUID, MSRs, control and debug registers, descriptor tables, the time-stamp counter.
#include "test.h"
#include <kmode.h>

static SIZE_T Length(PCSTR Text)
{
    SIZE_T Count = 0;
    while (Text[Count] != '\0') {
        Count += 1;
    }
    return Count;
}

static void TestCpuid(void)
{
    KM_CPUID Answer;
    CHAR Vendor[KM_CPU_VENDOR_SIZE], Brand[KM_CPU_BRAND_SIZE];
    int Registers[4];

    KmCpuid(0, 0, &Answer);
    __cpuid(Registers, 0);
    OK(Answer.Eax >= 1 && Answer.Eax == (ULONG)Registers[0]);
    IS(Answer.Ebx, (ULONG)Registers[1]);
    KmCpuid(Answer.Eax + 1, 0, &Answer);
    OK(Answer.Eax == 0 && Answer.Ebx == 0 && Answer.Ecx == 0 && Answer.Edx == 0);
    KmCpuid(0x8FFFFFFF, 0, &Answer);
    OK(Answer.Eax == 0 && Answer.Edx == 0);
    KmCpuVendor(Vendor);
    IS(Length(Vendor), 12);
    OK(RtlCompareMemory(Vendor, &Registers[1], 4) == 4);
    OK(RtlCompareMemory(Vendor + 8, &Registers[2], 4) == 4);
    KmCpuBrand(Brand);
    OK(Length(Brand) < KM_CPU_BRAND_SIZE && Brand[0] != ' ');
    OK(Length(Brand) == 0 || Brand[Length(Brand) - 1] != ' ');
}

static void TestFeatures(void)
{
    int Registers[4];

    __cpuid(Registers, 1);
    IS(KmCpuHas(KmCpuSse3), Registers[2] & 1);
    IS(KmCpuHas(KmCpuCmpxchg16b), 1);
    IS(KmCpuHas(KmCpuXsave), (ULONG)Registers[2] >> 26 & 1);
    OK(KmCpuHas(KmCpuNx));
    IS(KmCpuHas(KmCpuAvx), ((ULONG)Registers[2] >> 28 & 1) && (KmReadXcr0() & 6) == 6);
    OK(!KmCpuHas(KmCpuAvx2) || KmCpuHas(KmCpuAvx));
    OK(!KmCpuHas(KmCpuFeatureCount) && !KmCpuHas((KM_CPU_FEATURE)-1));
    IS_STRING(KmCpuFeatureName(KmCpuAvx2), "AVX2");
    IS_STRING(KmCpuFeatureName(KmCpuInvariantTsc), "InvariantTSC");
    IS_STRING(KmCpuFeatureName(KmCpuFeatureCount), "?");
    for (ULONG Feature = 0; Feature < KmCpuFeatureCount; Feature += 1) {
        OK(Length(KmCpuFeatureName((KM_CPU_FEATURE)Feature)) > 1);
    }
}

static void TestMsr(void)
{
    ULONG64 Value = 1;

    IS(KmMsrRead(0x12345, &Value), STATUS_PRIVILEGED_INSTRUCTION);
    IS(Value, 0);
    IS(KmMsrWrite(0x12345, 1), STATUS_PRIVILEGED_INSTRUCTION);
    IS(KmMsrRead(0x1B, &Value), STATUS_SUCCESS); // IA32_APIC_BASE
    IS(Value & 0xFFFFF000, 0xFEE00000);
    IS(KmMsrWrite(0x1B, ~0ULL), STATUS_PRIVILEGED_INSTRUCTION); // reserved bits
    IS(KmMsrWrite(0xCE, 0), STATUS_PRIVILEGED_INSTRUCTION);     // read-only

    IS(KmMsrWriteOn(0, 0xC1, 77), STATUS_SUCCESS);
    IS(KmMsrReadOn(0, 0xC1, &Value), STATUS_SUCCESS);
    IS(Value, 77);
    IS(KmMsrReadOn(KmProcessorCount(), 0xC1, &Value), STATUS_INVALID_PARAMETER);
    IS(Value, 0);
    IS(KmMsrWriteOn(KmProcessorCount(), 0xC1, 0), STATUS_INVALID_PARAMETER);
    IS(KmMsrReadOn(0, 0x12345, &Value), STATUS_PRIVILEGED_INSTRUCTION);
    IS(KmMsrWriteOn(0, 0x12345, 0), STATUS_PRIVILEGED_INSTRUCTION);
    ULONG Last = KmProcessorCount() - 1;
    IS(KmMsrWriteOn(Last, 0xC2, Last + 5), STATUS_SUCCESS);
    IS(KmMsrReadOn(Last, 0xC2, &Value), STATUS_SUCCESS);
    IS(Value, Last + 5);
}

static void TestRegisters(void)
{
    static const ULONG Control[] = {0, 2, 3, 4, 8}, Debug[] = {0, 1, 2, 3, 6, 7};
    ULONG64 Value, Changed;
    KIRQL OldIrql;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Control); Index += 1) {
        IS(KmControlRegisterRead(Control[Index], &Value), STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Debug); Index += 1) {
        IS(KmDebugRegisterRead(Debug[Index], &Value), STATUS_SUCCESS);
    }
    IS(KmControlRegisterRead(1, &Value), STATUS_INVALID_PARAMETER);
    IS(Value, 0);
    IS(KmDebugRegisterRead(4, &Value), STATUS_INVALID_PARAMETER);
    IS(KmDebugRegisterRead(8, &Value), STATUS_INVALID_PARAMETER);
    IS(KmControlRegisterWrite(8, 0), STATUS_INVALID_PARAMETER);
    IS(KmControlRegisterWrite(2, 0), STATUS_INVALID_PARAMETER);

    IS(KmControlRegisterRead(0, &Value), STATUS_SUCCESS);
    IS(Value & 0x80000001, 0x80000001); // paging, protected mode
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NTSTATUS Cr8 = KmControlRegisterRead(8, &Changed);
    KeLowerIrql(OldIrql);
    OK(Cr8 == STATUS_SUCCESS && Changed == DISPATCH_LEVEL);

    KM_GUARD Guard = KmGuardEmpty();
    IS(KmGuardProcessor(&Guard, 0), STATUS_SUCCESS);
    IS(KmControlRegisterRead(0, &Value), STATUS_SUCCESS);
    IS(KmControlRegisterWrite(0, Value & ~0x10000ULL), STATUS_SUCCESS); // write protection
    IS(KmControlRegisterRead(0, &Changed), STATUS_SUCCESS);
    IS(Changed, Value & ~0x10000ULL);
    IS(KmControlRegisterWrite(0, Value), STATUS_SUCCESS);
    IS(KmControlRegisterRead(4, &Value), STATUS_SUCCESS);
    IS(KmControlRegisterWrite(4, Value), STATUS_SUCCESS);
    IS(KmControlRegisterWrite(4, Value & ~0x20ULL), STATUS_PRIVILEGED_INSTRUCTION); // PAE, which 64 bits need
    IS(KmControlRegisterWrite(4, Value | 1ULL << 63), STATUS_PRIVILEGED_INSTRUCTION); // a reserved bit
    IS(KmControlRegisterRead(4, &Changed), STATUS_SUCCESS);
    IS(Changed, Value);
    KmGuardEnd(&Guard);
}

static void TestTables(void)
{
    KM_DESCRIPTOR_TABLE Global = {0, 0}, Interrupt = {0, 0};

    KmReadGdtr(&Global);
    KmReadIdtr(&Interrupt);
    OK(Global.Base != 0 && Interrupt.Base != 0);
}

static void TestTimestamp(void)
{
    KM_GUARD Guard = KmGuardEmpty();

    IS(KmGuardProcessor(&Guard, 0), STATUS_SUCCESS);
    ULONG64 Before = KmTimestamp();
    OK(KmTimestamp() > Before);
    KmGuardEnd(&Guard);
}

// What is there stays there, and what is not may be named too.
static void TestInvalidate(void)
{
    static volatile ULONG Value = 5;
    KIRQL OldIrql;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInvalidatePage((const VOID *)&Value);
    KmInvalidatePage(NULL);
    Value += 1;
    KeLowerIrql(OldIrql);
    IS(Value, 6);
}

TEST_DRIVER(TestCpuid, TestFeatures, TestMsr, TestRegisters, TestTables, TestTimestamp, TestInvalidate)
