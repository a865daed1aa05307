// SPDX-License-Identifier: MIT
// Event providers. No trace session exists on the machine, so that no provider is ever enabled: what a driver
// writes is looked at as far as the pages say, and logged nowhere.
#include "inc/kernel.h"

#define ETWP_MAXIMUM_DATA 128 // EVENT_DATA_DESCRIPTORs of an event

// A registration. Its address is the REGHANDLE.
typedef struct _ETWP_PROVIDER {
    LIST_ENTRY Link; // EtwpProviders
    GUID ProviderId;
    PETWENABLECALLBACK EnableCallback; // would be told of sessions
    PVOID CallbackContext;
} ETWP_PROVIDER, *PETWP_PROVIDER;

// At HIGH_LEVEL: events are written at any IRQL.
static LIST_ENTRY EtwpProviders = {&EtwpProviders, &EtwpProviders};
static KSPIN_LOCK EtwpLock;

static KIRQL EtwpLockProviders(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&EtwpLock);
    return OldIrql;
}

static VOID EtwpUnlockProviders(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&EtwpLock, OldIrql);
}

// The lock is held.
static PETWP_PROVIDER EtwpFindProvider(REGHANDLE RegHandle)
{
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink) {
        PETWP_PROVIDER Provider = CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);
        if ((REGHANDLE)(ULONG_PTR)Provider == RegHandle) {
            return Provider;
        }
    }
    return NULL;
}

static BOOLEAN EtwpIsRegistered(REGHANDLE RegHandle)
{
    KIRQL OldIrql = EtwpLockProviders();
    BOOLEAN Registered = EtwpFindProvider(RegHandle) != NULL;
    EtwpUnlockProviders(OldIrql);
    return Registered;
}

NTSTATUS NTAPI EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext,
                           PREGHANDLE RegHandle)
{
    if (ProviderId == NULL || RegHandle == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    PETWP_PROVIDER Provider = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Provider), TAG_EVENT_PROVIDER);
    if (Provider == NULL) {
        return STATUS_NO_MEMORY;
    }
    Provider->ProviderId = *ProviderId;
    Provider->EnableCallback = EnableCallback;
    Provider->CallbackContext = CallbackContext;
    KIRQL OldIrql = EtwpLockProviders();
    InsertTailList(&EtwpProviders, &Provider->Link);
    EtwpUnlockProviders(OldIrql);
    *RegHandle = (REGHANDLE)(ULONG_PTR)Provider;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwUnregister(REGHANDLE RegHandle)
{
    KIRQL OldIrql = EtwpLockProviders();
    PETWP_PROVIDER Provider = EtwpFindProvider(RegHandle);
    if (Provider != NULL) {
        RemoveEntryList(&Provider->Link);
    }
    EtwpUnlockProviders(OldIrql);
    if (Provider == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    ExFreePoolWithTag(Provider, TAG_EVENT_PROVIDER);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    UNREFERENCED_PARAMETER(RegHandle);
    UNREFERENCED_PARAMETER(Level);
    UNREFERENCED_PARAMETER(Keyword);
    return FALSE;
}

BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    return EtwProviderEnabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}

// What all routines that write have in common.
static NTSTATUS EtwpWrite(REGHANDLE RegHandle, ULONG UserDataCount)
{
    if (!EtwpIsRegistered(RegHandle)) {
        return STATUS_INVALID_HANDLE;
    }
    return UserDataCount > ETWP_MAXIMUM_DATA ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                        ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    UNREFERENCED_PARAMETER(EventDescriptor);
    UNREFERENCED_PARAMETER(ActivityId);
    UNREFERENCED_PARAMETER(UserData);
    return EtwpWrite(RegHandle, UserDataCount);
}

NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                                LPCGUID RelatedActivityId, ULONG UserDataCount,
                                PEVENT_DATA_DESCRIPTOR UserData)
{
    UNREFERENCED_PARAMETER(RelatedActivityId);
    return EtwWrite(RegHandle, EventDescriptor, ActivityId, UserDataCount, UserData);
}

NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter,
                          ULONG Flags, LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData)
{
    UNREFERENCED_PARAMETER(Filter);
    UNREFERENCED_PARAMETER(Flags);
    return EtwWriteTransfer(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount,
                            UserData);
}

NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId,
                              PCWSTR String)
{
    UNREFERENCED_PARAMETER(Level);
    UNREFERENCED_PARAMETER(Keyword);
    UNREFERENCED_PARAMETER(ActivityId);
    UNREFERENCED_PARAMETER(String);
    return EtwpWrite(RegHandle, 1);
}

// Traits are for whoever decodes a session's events.
NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass,
                                 PVOID EventInformation, ULONG InformationLength)
{
    if (!EtwpIsRegistered(RegHandle)) {
        return STATUS_INVALID_HANDLE;
    }
    if (InformationClass != EventProviderSetTraits) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    // The traits begin with their own size, as 16 bits.
    if (EventInformation == NULL || InformationLength < sizeof(USHORT) ||
        *(const UNALIGNED USHORT *)EventInformation != InformationLength) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}
