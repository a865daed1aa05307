// SPDX-License-Identifier: MIT
// What the executive says of the system: previous mode, local time, processor features, product suites, the
// firmware.
#include "inc/kernel.h"

#define EXP_SHARED ((const volatile KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE)

// Any IRQL <= DISPATCH_LEVEL.
KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    return KeGetPreviousMode();
}

// ---- The time zone: any IRQL

static LONGLONG ExpTimeZoneBias(VOID)
{
    const volatile KSYSTEM_TIME *Bias = &EXP_SHARED->TimeZoneBias;
    LARGE_INTEGER Value;
    do {
        Value.HighPart = Bias->High1Time;
        Value.LowPart = Bias->LowPart;
    } while (Value.HighPart != Bias->High2Time);
    return Value.QuadPart;
}

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    LocalTime->QuadPart = SystemTime->QuadPart - ExpTimeZoneBias();
}

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    SystemTime->QuadPart = LocalTime->QuadPart + ExpTimeZoneBias();
}

// ---- Processor and product

// PF_*. FALSE for what nobody knows. Any IRQL.
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    return ProcessorFeature < PROCESSOR_FEATURE_MAX && EXP_SHARED->ProcessorFeatures[ProcessorFeature];
}

// Any IRQL.
BOOLEAN NTAPI ExVerifySuite(SUITE_TYPE SuiteType)
{
    return (ULONG)SuiteType < MaxSuiteType && (EXP_SHARED->SuiteMask >> (ULONG)SuiteType & 1) != 0;
}

// ---- Firmware: a BIOS, which has no variables. IRQL PASSIVE_LEVEL

FIRMWARE_TYPE NTAPI ExGetFirmwareType(VOID)
{
    return FirmwareTypeBios;
}

BOOLEAN NTAPI ExIsSoftBoot(VOID)
{
    return FALSE;
}

// STATUS_NOT_IMPLEMENTED, as documented for a BIOS.
NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value,
                                                PULONG ValueLength, PULONG Attributes)
{
    UNREFERENCED_PARAMETER(VariableName);
    UNREFERENCED_PARAMETER(VendorGuid);
    UNREFERENCED_PARAMETER(Value);
    UNREFERENCED_PARAMETER(ValueLength);
    UNREFERENCED_PARAMETER(Attributes);
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value,
                                                ULONG ValueLength, ULONG Attributes)
{
    UNREFERENCED_PARAMETER(VariableName);
    UNREFERENCED_PARAMETER(VendorGuid);
    UNREFERENCED_PARAMETER(Value);
    UNREFERENCED_PARAMETER(ValueLength);
    UNREFERENCED_PARAMETER(Attributes);
    return STATUS_NOT_IMPLEMENTED;
}

// STATUS_NOT_IMPLEMENTED, as GetFirmwareEnvironmentVariable has it for a BIOS.
NTSTATUS NTAPI ZwQuerySystemEnvironmentValueEx(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value,
                                               PULONG ValueLength, PULONG Attributes)
{
    return ExGetFirmwareEnvironmentVariable(VariableName, VendorGuid, Value, ValueLength, Attributes);
}

NTSTATUS NTAPI ZwSetSystemEnvironmentValueEx(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value,
                                             ULONG ValueLength, ULONG Attributes)
{
    return ExSetFirmwareEnvironmentVariable(VariableName, VendorGuid, Value, ValueLength, Attributes);
}

// ---- UUIDs

// A random UUID (RFC 9562, version 4), from the run's seed. STATUS_SUCCESS. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI ExUuidCreate(UUID *Uuid)
{
    union {
        ULONG Words[4];
        UUID Uuid;
    } Random;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Random.Words); Index += 1) {
        Random.Words[Index] = KiRandom();
    }
    Random.Uuid.Data3 = (USHORT)((Random.Uuid.Data3 & 0x0FFF) | 0x4000);
    Random.Uuid.Data4[0] = (UCHAR)((Random.Uuid.Data4[0] & 0x3F) | 0x80);
    *Uuid = Random.Uuid;
    return STATUS_SUCCESS;
}
