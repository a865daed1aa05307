// SPDX-License-Identifier: MIT
// Activities: identifiers that link the events of one piece of work, kept a thread.
#include "inc/kernel.h"

BOOLEAN EtwpCurrentActivity(GUID *ActivityId)
{
    static const GUID None;
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL) {
        return FALSE;
    }
    *ActivityId = PsGetCurrentThread()->ActivityId;
    return !IsEqualGUID(ActivityId, &None);
}

NTSTATUS NTAPI EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId)
{
    GUID Given, New;
    if (ActivityId == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    PETHREAD Thread = PsGetCurrentThread();
    switch (ControlCode) {
    case EVENT_ACTIVITY_CTRL_GET_ID: *ActivityId = Thread->ActivityId; return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID: Thread->ActivityId = *ActivityId; return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_ID: return ExUuidCreate(ActivityId);
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
        Given = *ActivityId;
        *ActivityId = Thread->ActivityId;
        Thread->ActivityId = Given;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
        (void)ExUuidCreate(&New);
        *ActivityId = Thread->ActivityId;
        Thread->ActivityId = New;
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}
