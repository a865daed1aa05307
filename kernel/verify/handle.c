// SPDX-License-Identifier: MIT
// Handles that drivers are given: those of a user process are to be referenced in UserMode.
#include "inc/kernel.h"

// What Driver Verifier stops for, with DRIVER_VERIFIER_DETECTED_VIOLATION, F6h: the process can close the
// handle, and open another object under its value, at any time, and its access is not checked.
static VOID ViCheckTrust(HANDLE Handle, KPROCESSOR_MODE AccessMode)
{
    // Pseudo handles and the kernel's have the top bit set.
    if (AccessMode == KernelMode && (LONG_PTR)Handle > 0 && PsGetCurrentProcess() != PsInitialSystemProcess) {
        ViReport(
            ViUserHandleTrusted, NULL,
            "the handle %p of a user process is referenced with AccessMode KernelMode: its access is not "
            "checked",
            Handle);
    }
}

NTSTATUS NTAPI ViReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation)
{
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
    if (NT_SUCCESS(Status)) {
        ViCheckTrust(Handle, AccessMode);
    }
    return Status;
}

NTSTATUS NTAPI ViReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                                POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                ULONG Tag, PVOID *Object,
                                                POBJECT_HANDLE_INFORMATION HandleInformation)
{
    NTSTATUS Status = ObReferenceObjectByHandleWithTag(Handle, DesiredAccess, ObjectType, AccessMode, Tag,
                                                       Object, HandleInformation);
    if (NT_SUCCESS(Status)) {
        ViCheckTrust(Handle, AccessMode);
    }
    return Status;
}
