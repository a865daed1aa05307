// SPDX-License-Identifier: MIT
// Devices that a test driver has found, and what the tests of Plug and Play share.
#ifndef KMODE_TESTS_KERNEL_IO_PNP_H
#define KMODE_TESTS_KERNEL_IO_PNP_H

#include "../thread.h"
#include <wchar.h>

static PDRIVER_OBJECT TestDriver;

// Two classes of interfaces.
static const GUID TestClass = {0x7a1ecd44, 0xd7b3, 0x4c1f, {0x90, 0x0b, 0x3a, 0x11, 0x62, 0x5d, 0x40, 0x01}};
static const GUID OtherClass = {0x7a1ecd44, 0xd7b3, 0x4c1f, {0x90, 0x0b, 0x3a, 0x11, 0x62, 0x5d, 0x40, 0x02}};

// The device that IoReportDetectedDevice makes; NULL, and a failed test, if it makes none.
static __attribute__((unused)) PDEVICE_OBJECT DetectDevice(VOID)
{
    PDEVICE_OBJECT Pdo = NULL;
    NTSTATUS Status = IoReportDetectedDevice(TestDriver, InterfaceTypeUndefined, (ULONG)-1, (ULONG)-1, NULL,
                                             NULL, FALSE, &Pdo);
    if (!NT_SUCCESS(Status)) {
        IS(Status, STATUS_SUCCESS);
    }
    return Pdo;
}

static __attribute__((unused)) BOOLEAN IsText(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Expected;
    RtlInitUnicodeString(&Expected, Text);
    return RtlEqualUnicodeString(String, &Expected, FALSE);
}

#define PNP_TEST_DRIVER(...)                                                                                 \
    NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)                    \
    {                                                                                                        \
        UNREFERENCED_PARAMETER(RegistryPath);                                                                \
        void (*const TestFunctions_[])(void) = {__VA_ARGS__};                                                \
        TestDriver = DriverObject;                                                                           \
        for (ULONG Index_ = 0; Index_ < sizeof(TestFunctions_) / sizeof(*TestFunctions_); Index_ += 1) {     \
            TestFunctions_[Index_]();                                                                        \
        }                                                                                                    \
        DbgPrint("1..%lu\n", TestCount);                                                                     \
        DriverObject->DriverUnload = TestUnload;                                                             \
        return STATUS_SUCCESS;                                                                               \
    }

#endif
