// SPDX-License-Identifier: MIT
// Which exceptions a file system handles, and which are its own bugs.
#include "inc/kernel.h"

// Those that no request can cause: memory that is not there, instructions that are none.
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Ntstatus)
{
    switch (Ntstatus) {
    case STATUS_DATATYPE_MISALIGNMENT:
    case STATUS_ACCESS_VIOLATION:
    case STATUS_ILLEGAL_INSTRUCTION:
    case STATUS_INSTRUCTION_MISALIGNMENT: return FALSE;
    default: return TRUE;
    }
}

NTSTATUS NTAPI FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException)
{
    return FsRtlIsNtstatusExpected(Exception) ? Exception : GenericException;
}

BOOLEAN NTAPI FsRtlIsTotalDeviceFailure(NTSTATUS Status)
{
    // An error that is about one place of the medium says that the device itself answers.
    switch (Status) {
    case STATUS_CRC_ERROR:
    case STATUS_DEVICE_DATA_ERROR: return FALSE;
    default: return !NT_SUCCESS(Status);
    }
}
