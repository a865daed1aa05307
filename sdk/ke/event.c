// SPDX-License-Identifier: MIT
// Events by handle and by name, as pointers.
#include <ntifs.h>
#include <kmode.h>

NTSTATUS NTAPI KmEventFromHandle(HANDLE Handle, KPROCESSOR_MODE AccessMode, PKEVENT *Event)
{
    PVOID Object;
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, EVENT_MODIFY_STATE, *ExEventObjectType, AccessMode, &Object, NULL);

    *Event = NT_SUCCESS(Status) ? (PKEVENT)Object : NULL;
    return Status;
}

NTSTATUS NTAPI KmEventOpen(PUNICODE_STRING Name, EVENT_TYPE Type, BOOLEAN Signalled, PHANDLE Handle,
                           PKEVENT *Event)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE NewHandle;
    NTSTATUS Status, Found;

    *Handle = NULL;
    *Event = NULL;
    InitializeObjectAttributes(&Attributes, Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE | OBJ_OPENIF, NULL,
                               NULL);
    Status = ZwCreateEvent(&NewHandle, EVENT_ALL_ACCESS, &Attributes, Type, Signalled);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Found = KmEventFromHandle(NewHandle, KernelMode, Event);
    if (!NT_SUCCESS(Found)) {
        ZwClose(NewHandle);
        return Found;
    }
    // The handle keeps it, and its name, from now on.
    ObDereferenceObject(*Event);
    *Handle = NewHandle;
    return Status;
}
