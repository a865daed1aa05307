// SPDX-License-Identifier: MIT
// Processor features, suites, firmware variables, UUIDs, local time.
#include "test.h"

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemEnvironmentValueEx(PUNICODE_STRING Name, LPGUID Vendor, PVOID Value,
                                                        PULONG Bytes, PULONG Attributes);
NTSYSAPI NTSTATUS NTAPI ZwSetSystemEnvironmentValueEx(PUNICODE_STRING Name, LPGUID Vendor, PVOID Value,
                                                      ULONG Bytes, ULONG Attributes);

static void TestPreviousMode(void)
{
    IS(ExGetPreviousMode(), KernelMode);
}

static void TestLocalTime(void)
{
    LARGE_INTEGER System, Local, Back;
    KeQuerySystemTime(&System);
    ExSystemTimeToLocalTime(&System, &Local);
    ExLocalTimeToSystemTime(&Local, &Back);
    IS(Back.QuadPart, System.QuadPart);
    // The bias that every Windows keeps where drivers can read it.
    LARGE_INTEGER Bias = {.LowPart = SharedUserData->TimeZoneBias.LowPart,
                          .HighPart = SharedUserData->TimeZoneBias.High1Time};
    IS(System.QuadPart - Local.QuadPart, Bias.QuadPart);
}

static BOOLEAN CpuidHas(ULONG Leaf, ULONG Register, ULONG Bit)
{
    int Registers[4];
    __cpuidex(Registers, (int)Leaf, 0);
    return (Registers[Register] >> Bit & 1) != 0;
}

// Every constant of its page, and what cpuid says: registers are eax, ebx, ecx, edx.
static void TestProcessorFeatures(void)
{
    static const struct {
        ULONG Feature, Leaf, Register, Bit;
    } Rows[] = {{PF_COMPARE_EXCHANGE_DOUBLE, 1, 3, 8},
                {PF_MMX_INSTRUCTIONS_AVAILABLE, 1, 3, 23},
                {PF_XMMI_INSTRUCTIONS_AVAILABLE, 1, 3, 25},
                {PF_3DNOW_INSTRUCTIONS_AVAILABLE, 0x80000001, 3, 31},
                {PF_RDTSC_INSTRUCTION_AVAILABLE, 1, 3, 4},
                {PF_PAE_ENABLED, 1, 3, 6},
                {PF_XMMI64_INSTRUCTIONS_AVAILABLE, 1, 3, 26},
                {PF_NX_ENABLED, 0x80000001, 3, 20},
                {PF_SSE3_INSTRUCTIONS_AVAILABLE, 1, 2, 0},
                {PF_COMPARE_EXCHANGE128, 1, 2, 13},
                {PF_XSAVE_ENABLED, 1, 2, 27},
                {28, 1, 2, 30},          // PF_RDRAND_INSTRUCTION_AVAILABLE
                {32, 0x80000001, 3, 27}, // PF_RDTSCP_INSTRUCTION_AVAILABLE
                {36, 1, 2, 9},           // PF_SSSE3_INSTRUCTIONS_AVAILABLE
                {37, 1, 2, 19},          // PF_SSE4_1_INSTRUCTIONS_AVAILABLE
                {38, 1, 2, 20}};         // PF_SSE4_2_INSTRUCTIONS_AVAILABLE
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index += 1) {
        IS(ExIsProcessorFeaturePresent(Rows[Index].Feature),
           CpuidHas(Rows[Index].Leaf, Rows[Index].Register, Rows[Index].Bit));
        IS(SharedUserData->ProcessorFeatures[Rows[Index].Feature],
           ExIsProcessorFeaturePresent(Rows[Index].Feature));
    }
    OK(ExIsProcessorFeaturePresent(PF_COMPARE_EXCHANGE128)); // Windows 8.1 and later ask for it
    OK(ExIsProcessorFeaturePresent(PF_NX_ENABLED));
    OK(ExIsProcessorFeaturePresent(PF_SSE_DAZ_MODE_AVAILABLE)); // every processor with SSE3 has it
    OK(ExIsProcessorFeaturePresent(23));                        // PF_FASTFAIL_AVAILABLE
    OK(!ExIsProcessorFeaturePresent(PF_FLOATING_POINT_PRECISION_ERRATA));
    OK(!ExIsProcessorFeaturePresent(PF_FLOATING_POINT_EMULATED));
    OK(!ExIsProcessorFeaturePresent(PF_COMPARE64_EXCHANGE128)); // of other architectures
    OK(!ExIsProcessorFeaturePresent(64));
    OK(!ExIsProcessorFeaturePresent(MAXULONG));
}

static void TestSuites(void)
{
    OK(ExVerifySuite(SingleUserTS));
    OK(ExVerifySuite(TerminalServer));
    OK(!ExVerifySuite(DataCenter));
    OK(!ExVerifySuite(Enterprise));
    OK(!ExVerifySuite(MaxSuiteType));
}

static void TestFirmware(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"BootOrder");
    GUID Vendor = {0x8BE4DF61, 0x93CA, 0x11D2, {0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C}};
    ULONG Value = 1, Bytes = sizeof(Value), Attributes = 0;
    IS(ExGetFirmwareType(), FirmwareTypeBios);
    OK(!ExIsSoftBoot());
    IS(ExGetFirmwareEnvironmentVariable(&Name, &Vendor, &Value, &Bytes, &Attributes), STATUS_NOT_IMPLEMENTED);
    IS(ExSetFirmwareEnvironmentVariable(&Name, &Vendor, &Value, sizeof(Value), 1), STATUS_NOT_IMPLEMENTED);
    IS(ZwQuerySystemEnvironmentValueEx(&Name, &Vendor, &Value, &Bytes, &Attributes), STATUS_NOT_IMPLEMENTED);
    IS(ZwSetSystemEnvironmentValueEx(&Name, &Vendor, &Value, sizeof(Value), 1), STATUS_NOT_IMPLEMENTED);
}

static void TestUuid(void)
{
    UUID First, Second;
    IS(ExUuidCreate(&First), STATUS_SUCCESS);
    IS(ExUuidCreate(&Second), STATUS_SUCCESS);
    OK(RtlCompareMemory(&First, &Second, sizeof(First)) != sizeof(First));
    // Version 4, variant 1.
    IS(First.Data3 >> 12, 4);
    IS(First.Data4[0] >> 6, 2);
    IS(Second.Data3 >> 12, 4);
    IS(Second.Data4[0] >> 6, 2);
}

TEST_DRIVER(TestPreviousMode, TestLocalTime, TestProcessorFeatures, TestSuites, TestFirmware, TestUuid)
