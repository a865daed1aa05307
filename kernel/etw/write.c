// SPDX-License-Identifier: MIT
// Events: put together in a buffer of the session's, and handed over.
#include "inc/kernel.h"

#define ETWP_MAXIMUM_DATA 128 // EVENT_DATA_DESCRIPTORs of an event

// In EVENT_DATA_DESCRIPTOR.Reserved's low byte, of providers that use it (EVENT_DATA_DESCRIPTOR.Type).
#define ETWP_DATA                   0
#define ETWP_DATA_EVENT_METADATA    1
#define ETWP_DATA_PROVIDER_METADATA 2

// In EtwWriteEx's filter: the mask of sessions that do not get the event has one bit for each, and this is
// the only one's.
#define ETWP_SESSION_MASK 1ull

typedef struct _ETWP_WRITING {
    KM_EVENT Event;
    PUCHAR Buffer; // NULL: the session does not want the event, or has none that is free
    ULONG Bytes;   // that it holds
    BOOLEAN Wanted;
    BOOLEAN UsesDescriptorType;
} ETWP_WRITING, *PETWP_WRITING;

// Finds out whether the session wants the event, and takes down what the registration tells of it.
static NTSTATUS EtwpBeginEvent(PETWP_WRITING Writing, REGHANDLE RegHandle, PCEVENT_DESCRIPTOR Descriptor)
{
    KM_EVENT *Event = &Writing->Event;
    Event->irql = KeGetCurrentIrql();
    KIRQL OldIrql = EtwpLockProviders();
    PETWP_PROVIDER Provider = EtwpFindProvider(RegHandle);
    if (Provider != NULL && EtwpWants(Provider, Descriptor->Level, Descriptor->Keyword)) {
        Writing->Wanted = TRUE;
        Writing->UsesDescriptorType = Provider->UsesDescriptorType;
        RtlCopyMemory(Event->provider, &Provider->ProviderId, sizeof(Event->provider));
        Writing->Buffer = EtwpTakeBuffer();
        if (Writing->Buffer != NULL && Provider->TraitsBytes <= ETWP_EVENT_BYTES - ETWP_HEADER_BYTES) {
            RtlCopyMemory(Writing->Buffer, Provider->Traits, Provider->TraitsBytes);
            Writing->Bytes = Provider->TraitsBytes;
        }
    }
    EtwpUnlockProviders(OldIrql);
    return Provider != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

// Appends what descriptors of that type refer to. FALSE: there is no room for it. Their pages may be ones
// that only the caller's IRQL allows to touch.
static BOOLEAN EtwpAppend(PETWP_WRITING Writing, ULONG Count, const EVENT_DATA_DESCRIPTOR *Data, UCHAR Type,
                          uint64_t *Start, uint32_t *Bytes)
{
    ULONG Before = Writing->Bytes;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ULONG Size = *(volatile const ULONG *)&Data[Index].Size; // once: it may change meanwhile
        UCHAR Its = Writing->UsesDescriptorType ? (UCHAR)Data[Index].Reserved : ETWP_DATA;
        if (Its != Type) {
            continue;
        }
        if (Size > ETWP_EVENT_BYTES - ETWP_HEADER_BYTES - Writing->Bytes) {
            return FALSE;
        }
        RtlCopyMemory(Writing->Buffer + Writing->Bytes, (PVOID)(ULONG_PTR)Data[Index].Ptr, Size);
        Writing->Bytes += Size;
    }
    *Start = (ULONG_PTR)Writing->Buffer + Before;
    *Bytes = Writing->Bytes - Before;
    return TRUE;
}

static NTSTATUS EtwpFillBuffer(PETWP_WRITING Writing, ULONG Count, const EVENT_DATA_DESCRIPTOR *Data)
{
    KM_EVENT *Event = &Writing->Event;
    uint64_t Start;
    uint32_t Bytes;
    if (Writing->Buffer == NULL) {
        Event->lost = KM_EVENT_NO_BUFFER;
        return STATUS_NO_MEMORY;
    }
    Event->traits = (ULONG_PTR)Writing->Buffer;
    Event->traits_bytes = Writing->Bytes;
    if (!EtwpAppend(Writing, Count, Data, ETWP_DATA_PROVIDER_METADATA, &Start, &Bytes)) {
        goto TooLarge;
    }
    if (Bytes != 0) {
        // The event's own are those of its provider, if not of its registration.
        Event->traits = Start;
        Event->traits_bytes = Bytes;
    }
    if (!EtwpAppend(Writing, Count, Data, ETWP_DATA_EVENT_METADATA, &Event->metadata,
                    &Event->metadata_bytes) ||
        !EtwpAppend(Writing, Count, Data, ETWP_DATA, &Event->data, &Event->data_bytes)) {
        goto TooLarge;
    }
    return STATUS_SUCCESS;
TooLarge:
    Event->lost = KM_EVENT_TOO_LARGE;
    Event->traits_bytes = Event->metadata_bytes = Event->data_bytes = 0;
    return STATUS_INTEGER_OVERFLOW;
}

static VOID EtwpDescribe(KM_EVENT *Event, PCEVENT_DESCRIPTOR Descriptor, LPCGUID ActivityId,
                         LPCGUID RelatedActivityId)
{
    GUID Activity;
    Event->id = Descriptor->Id;
    Event->version = Descriptor->Version;
    Event->channel = Descriptor->Channel;
    Event->level = Descriptor->Level;
    Event->opcode = Descriptor->Opcode;
    Event->task = Descriptor->Task;
    Event->keyword = Descriptor->Keyword;
    if (ActivityId != NULL) {
        Activity = *ActivityId;
    }
    if (ActivityId != NULL || EtwpCurrentActivity(&Activity)) {
        Event->flags |= KM_EVENT_ACTIVITY;
        RtlCopyMemory(Event->activity, &Activity, sizeof(Event->activity));
    }
    if (RelatedActivityId != NULL) {
        Event->flags |= KM_EVENT_RELATED_ACTIVITY;
        RtlCopyMemory(Event->related_activity, RelatedActivityId, sizeof(Event->related_activity));
    }
    Event->thread_id = (ULONG_PTR)PsGetCurrentThreadId();
    Event->process_id = (ULONG_PTR)PsGetCurrentProcessId();
    Event->processor = KiGetPrcb()->Number;
    Event->time = KiPeekTime();
}

// Filter: which sessions do not get it.
static NTSTATUS EtwpWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR Descriptor, ULONG64 Filter, ULONG Flags,
                          LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG Count,
                          const EVENT_DATA_DESCRIPTOR *Data)
{
    ETWP_WRITING Writing = {.Event.flags = Flags};
    NTSTATUS Status = EtwpBeginEvent(&Writing, RegHandle, Descriptor);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // A driver's pointer may lead nowhere: the exception is the driver's to handle.
    __try {
        if (Count > ETWP_MAXIMUM_DATA) {
            Status = STATUS_INVALID_PARAMETER;
        } else if (Writing.Wanted && (Filter & ETWP_SESSION_MASK) == 0) {
            Status = EtwpFillBuffer(&Writing, Count, Data);
            EtwpDescribe(&Writing.Event, Descriptor, ActivityId, RelatedActivityId);
            KeMachine->write_event(&Writing.Event);
        }
    } __finally {
        if (Writing.Buffer != NULL) {
            KIRQL OldIrql = EtwpLockProviders();
            EtwpReturnBuffer(Writing.Buffer);
            EtwpUnlockProviders(OldIrql);
        }
    }
    return Status;
}

NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                        ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    return EtwpWrite(RegHandle, EventDescriptor, 0, 0, ActivityId, NULL, UserDataCount, UserData);
}

NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                                LPCGUID RelatedActivityId, ULONG UserDataCount,
                                PEVENT_DATA_DESCRIPTOR UserData)
{
    return EtwpWrite(RegHandle, EventDescriptor, 0, 0, ActivityId, RelatedActivityId, UserDataCount,
                     UserData);
}

NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter,
                          ULONG Flags, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData)
{
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return EtwpWrite(RegHandle, EventDescriptor, Filter, 0, ActivityId, RelatedActivityId, UserDataCount,
                     UserData);
}

NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId,
                              PCWSTR String)
{
    const EVENT_DESCRIPTOR Descriptor = {.Level = Level, .Keyword = Keyword};
    EVENT_DATA_DESCRIPTOR Data;
    if (!EtwProviderEnabled(RegHandle, Level, Keyword)) {
        String = L""; // which nobody wants: it is not looked at, the handle is
    }
    SIZE_T Characters = wcslen(String) + 1;
    EventDataDescCreate(&Data, String, (ULONG)min(Characters * sizeof(WCHAR), (SIZE_T)ETWP_EVENT_BYTES));
    return EtwpWrite(RegHandle, &Descriptor, 0, KM_EVENT_STRING, ActivityId, NULL, 1, &Data);
}
