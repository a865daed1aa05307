// SPDX-License-Identifier: MIT
// Named events by one call.
#include "inc/kernel.h"

static PKEVENT IopCreateNamedEvent(PUNICODE_STRING EventName, EVENT_TYPE Type, PHANDLE EventHandle)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    PVOID Event;
    InitializeObjectAttributes(&Attributes, EventName, OBJ_OPENIF | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, Type, TRUE);
    if (!NT_SUCCESS(Status)) {
        return NULL;
    }
    Status = ObReferenceObjectByHandle(Handle, 0, ExEventObjectType, KernelMode, &Event, NULL);
    if (!NT_SUCCESS(Status)) {
        ZwClose(Handle);
        return NULL;
    }
    // The handle is what keeps the event.
    ObfDereferenceObject(Event);
    *EventHandle = Handle;
    return Event;
}

// The event of that name, made signaled if there is none, valid until the handle is closed; NULL on failure.
// IRQL PASSIVE_LEVEL. (wdm, IoCreateNotificationEvent)
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return IopCreateNamedEvent(EventName, NotificationEvent, EventHandle);
}

PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return IopCreateNamedEvent(EventName, SynchronizationEvent, EventHandle);
}
