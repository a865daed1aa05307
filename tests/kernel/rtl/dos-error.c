// SPDX-License-Identifier: MIT
// Statuses as errors of Win32.
#include "test.h"

static void TestKnown(void)
{
    static const struct {
        NTSTATUS Status;
        ULONG Error;
    } Rows[] = {
        {STATUS_SUCCESS, 0},
        {STATUS_PENDING, 997},
        {STATUS_BUFFER_OVERFLOW, 234},
        {STATUS_NO_MORE_FILES, 18},
        {STATUS_NO_MORE_ENTRIES, 259},
        {STATUS_DEVICE_BUSY, 170},
        {STATUS_UNSUCCESSFUL, 31},
        {STATUS_NOT_IMPLEMENTED, 1},
        {STATUS_INVALID_DEVICE_REQUEST, 1},
        {STATUS_NOT_SUPPORTED, 50},
        {STATUS_INVALID_PARAMETER, 87},
        {STATUS_INVALID_PARAMETER_1, 87},
        {STATUS_INVALID_PARAMETER_12, 87},
        {STATUS_INVALID_HANDLE, 6},
        {STATUS_ACCESS_DENIED, 5},
        {STATUS_DELETE_PENDING, 5},
        {STATUS_SHARING_VIOLATION, 32},
        {STATUS_BUFFER_TOO_SMALL, 122},
        {STATUS_INFO_LENGTH_MISMATCH, 24},
        {STATUS_NO_MEMORY, 8},
        {STATUS_INSUFFICIENT_RESOURCES, 1450},
        {STATUS_OBJECT_NAME_NOT_FOUND, 2},
        {STATUS_NO_SUCH_DEVICE, 2},
        {STATUS_OBJECT_PATH_NOT_FOUND, 3},
        {STATUS_OBJECT_NAME_COLLISION, 183},
        {STATUS_OBJECT_NAME_INVALID, 123},
        {STATUS_END_OF_FILE, 38},
        {STATUS_CANCELLED, 995},
        {STATUS_IO_TIMEOUT, 121},
        {STATUS_DEVICE_NOT_READY, 21},
        {STATUS_DEVICE_NOT_CONNECTED, 1167},
        {STATUS_IO_DEVICE_ERROR, 1117},
        {STATUS_CRC_ERROR, 23},
        {STATUS_ACCESS_VIOLATION, 998},
        {STATUS_PRIVILEGE_NOT_HELD, 1314},
        {STATUS_DLL_NOT_FOUND, 126},
        {STATUS_DRIVER_UNABLE_TO_LOAD, 2001},
        {STATUS_IMAGE_ALREADY_LOADED, 317},
        {STATUS_BREAKPOINT, 0x80000003},
        {STATUS_INTEGER_DIVIDE_BY_ZERO, 0xC0000094},
        {STATUS_TRANSACTION_NOT_ACTIVE, 6701},
        {(NTSTATUS)0xC0020017, 1722}, // RPC_NT_SERVER_UNAVAILABLE
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        IS(RtlNtStatusToDosError(Rows[Row].Status), Rows[Row].Error);
        IS(RtlNtStatusToDosErrorNoTeb(Rows[Row].Status), Rows[Row].Error);
    }
}

static void TestOthers(void)
{
    IS(RtlNtStatusToDosError((NTSTATUS)0xC0001234), 317); // ERROR_MR_MID_NOT_FOUND
    IS(RtlNtStatusToDosError((NTSTATUS)0xFFFFFFFF), 0xFFFFFFFF);
    IS(RtlNtStatusToDosError((NTSTATUS)0xE0000001), 0xE0000001); // a customer's
    IS(RtlNtStatusToDosError((NTSTATUS)0xD0000022), 5);          // HRESULT_FROM_NT
    IS(RtlNtStatusToDosError((NTSTATUS)0xC0070057), 87);         // NTSTATUS_FROM_WIN32
    IS(RtlNtStatusToDosError((NTSTATUS)0x80070005), 5);          // HRESULT_FROM_WIN32
    IS(RtlNtStatusToDosError((NTSTATUS)0xC0020049), 317);
}

TEST_DRIVER(TestKnown, TestOthers)
