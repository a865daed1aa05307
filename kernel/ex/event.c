// SPDX-License-Identifier: MIT
// Event objects: a KEVENT with a name and handles.
#include "inc/kernel.h"

POBJECT_TYPE ExEventObjectType;

#define EXP_EVENT_QUERY_STATE 0x0001

static const OB_TYPE_DESCRIPTION ExpEventDescription = {
    .Name = L"Event",
    .GenericMapping = {STANDARD_RIGHTS_READ | EXP_EVENT_QUERY_STATE,
                       STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                       EVENT_ALL_ACCESS},
    .ValidAccessMask = EVENT_ALL_ACCESS,
};

NTSTATUS ExpInitializeEvents(VOID)
{
    return ObpCreateType(&ExpEventDescription, &ExEventObjectType);
}

typedef struct _EXP_EVENT_STATE {
    EVENT_TYPE Type;
    BOOLEAN Signaled;
} EXP_EVENT_STATE;

static VOID ExpInitializeEvent(PVOID Object, const VOID *Context)
{
    const EXP_EVENT_STATE *State = Context;
    KeInitializeEvent(Object, State->Type, State->Signaled);
}

// STATUS_INVALID_PARAMETER_4: no EVENT_TYPE. Else as ObpCreateForService. (ntifs, ZwCreateEvent)
NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType, BOOLEAN InitialState)
{
    const EXP_EVENT_STATE State = {EventType, InitialState};
    if (EventType != NotificationEvent && EventType != SynchronizationEvent) {
        return STATUS_INVALID_PARAMETER_4;
    }
    return ObpCreateForService(ExEventObjectType, sizeof(KEVENT), ExpInitializeEvent, &State,
                               ObjectAttributes, DesiredAccess, EventHandle);
}

KI_DEFINE_ZW(CreateEvent,
             (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              EVENT_TYPE EventType, BOOLEAN InitialState),
             (EventHandle, DesiredAccess, ObjectAttributes, EventType, InitialState))

// (wdm, ZwOpenEvent)
NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObpOpenForService(ExEventObjectType, ObjectAttributes, DesiredAccess, EventHandle);
}

KI_DEFINE_ZW(OpenEvent, (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (EventHandle, DesiredAccess, ObjectAttributes))

typedef LONG (*EXP_CHANGE_EVENT)(PRKEVENT Event);

static LONG ExpSetEvent(PRKEVENT Event)
{
    return KeSetEvent(Event, EVENT_INCREMENT, FALSE);
}

static LONG ExpPulseEvent(PRKEVENT Event)
{
    return KePulseEvent(Event, EVENT_INCREMENT, FALSE);
}

static NTSTATUS ExpChangeEvent(HANDLE EventHandle, PLONG PreviousState, EXP_CHANGE_EVENT Change)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Event;
    NTSTATUS Status =
        ObReferenceObjectByHandle(EventHandle, EVENT_MODIFY_STATE, ExEventObjectType, Mode, &Event, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    LONG Before = Change(Event);
    ObfDereferenceObject(Event);
    return ObpReturnLong(Before, PreviousState, Mode);
}

// PreviousState is optional. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
// (ntifs, ZwSetEvent)
NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, PreviousState, ExpSetEvent);
}

KI_DEFINE_ZW(SetEvent, (HANDLE EventHandle, PLONG PreviousState), (EventHandle, PreviousState))

NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, PreviousState, KeResetEvent);
}

KI_DEFINE_ZW(ResetEvent, (HANDLE EventHandle, PLONG PreviousState), (EventHandle, PreviousState))

NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle)
{
    return ExpChangeEvent(EventHandle, NULL, KeResetEvent);
}

KI_DEFINE_ZW(ClearEvent, (HANDLE EventHandle), (EventHandle))

NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, PreviousState, ExpPulseEvent);
}

KI_DEFINE_ZW(PulseEvent, (HANDLE EventHandle, PLONG PreviousState), (EventHandle, PreviousState))
