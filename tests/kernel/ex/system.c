// SPDX-License-Identifier: MIT
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

static void TestProcessorFeatures(void)
{
    OK(ExIsProcessorFeaturePresent(PF_COMPARE_EXCHANGE_DOUBLE));
    OK(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    OK(ExIsProcessorFeaturePresent(PF_NX_ENABLED));
    OK(!ExIsProcessorFeaturePresent(PF_FLOATING_POINT_PRECISION_ERRATA));
    OK(!ExIsProcessorFeaturePresent(PF_3DNOW_INSTRUCTIONS_AVAILABLE));
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
