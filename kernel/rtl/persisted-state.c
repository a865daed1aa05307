// SPDX-License-Identifier: MIT
// Where the state of drivers is: this Windows is not one of those that keep it apart from the system.
#include "inc/kernel.h"

BOOLEAN NTAPI RtlIsStateSeparationEnabled(VOID)
{
    return FALSE;
}

// No source is redirected, so that TargetPath becomes DefaultPath. BufferLengthIn and *BufferLengthOut
// (optional) are in bytes, the terminator included. STATUS_INVALID_PARAMETER: no SourceID, or another type.
// STATUS_OBJECT_NAME_NOT_FOUND: no default. STATUS_BUFFER_OVERFLOW: no room, and *BufferLengthOut is what is
// needed. (ntddk, RtlGetPersistedStateLocation)
NTSTATUS NTAPI RtlGetPersistedStateLocation(PCWSTR SourceID, PCWSTR CustomValue, PCWSTR DefaultPath,
                                            STATE_LOCATION_TYPE StateLocationType, PWCHAR TargetPath,
                                            ULONG BufferLengthIn, PULONG BufferLengthOut)
{
    UNREFERENCED_PARAMETER(CustomValue);
    if (SourceID == NULL || (ULONG)StateLocationType >= LocationTypeMaximum) {
        return STATUS_INVALID_PARAMETER;
    }
    if (DefaultPath == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    SIZE_T Bytes = (wcslen(DefaultPath) + 1) * sizeof(WCHAR);
    if (BufferLengthOut != NULL) {
        *BufferLengthOut = (ULONG)Bytes;
    }
    if (TargetPath == NULL || Bytes > BufferLengthIn) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCopyMemory(TargetPath, DefaultPath, Bytes);
    return STATUS_SUCCESS;
}
