// SPDX-License-Identifier: MIT
// Symbolic links to devices, as drivers make them.
#include "inc/kernel.h"

static NTSTATUS IopCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    HANDLE Handle;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, SymbolicLinkName,
                               OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, &Attributes, DeviceName);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

// The link stays until IoDeleteSymbolicLink. STATUS_OBJECT_NAME_COLLISION and the like. IRQL PASSIVE_LEVEL.
// (wdm)
NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    return IopCreateSymbolicLink(SymbolicLinkName, DeviceName);
}

// As IoCreateSymbolicLink; its link may be deleted by anybody. (ntddk)
NTSTATUS NTAPI IoCreateUnprotectedSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    return IopCreateSymbolicLink(SymbolicLinkName, DeviceName);
}

// STATUS_OBJECT_NAME_NOT_FOUND and the like. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
    HANDLE Handle;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, SymbolicLinkName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    NTSTATUS Status = ZwOpenSymbolicLinkObject(&Handle, DELETE, &Attributes);
    if (NT_SUCCESS(Status)) {
        Status = ZwMakeTemporaryObject(Handle);
        ZwClose(Handle);
    }
    return Status;
}
