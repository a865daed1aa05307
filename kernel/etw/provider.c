// SPDX-License-Identifier: MIT
// Event providers: who they are, whether the session listens to them, and their traits.
#include "inc/kernel.h"

static LIST_ENTRY EtwpProviders = {&EtwpProviders, &EtwpProviders};
static KSPIN_LOCK EtwpLock;

KIRQL EtwpLockProviders(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&EtwpLock);
    return OldIrql;
}

VOID EtwpUnlockProviders(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&EtwpLock, OldIrql);
}

PETWP_PROVIDER EtwpFindProvider(REGHANDLE RegHandle)
{
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink) {
        PETWP_PROVIDER Provider = CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);
        if ((REGHANDLE)(ULONG_PTR)Provider == RegHandle) {
            return Provider;
        }
    }
    return NULL;
}

PETWP_PROVIDER EtwpFindOutdated(ULONG Generation)
{
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink) {
        PETWP_PROVIDER Provider = CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);
        if (Provider->Generation != Generation) {
            return Provider;
        }
    }
    return NULL;
}

BOOLEAN EtwpWants(const ETWP_PROVIDER *Provider, UCHAR Level, ULONGLONG Keyword)
{
    const ETWP_ENABLEMENT *Wanted = &Provider->Enablement;
    return Provider->Subscription != NULL && (Level <= Wanted->Level || Wanted->Level == 0) &&
           (Keyword == 0 || ((Keyword & Wanted->MatchAnyKeyword) != 0 &&
                             (Keyword & Wanted->MatchAllKeyword) == Wanted->MatchAllKeyword));
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
    // The callback, which may come before this returns, may write events.
    *RegHandle = (REGHANDLE)(ULONG_PTR)Provider;
    ExpAcquireRecursiveLock(&EtwpSessionLock);
    KIRQL OldIrql = EtwpLockProviders();
    InsertTailList(&EtwpProviders, &Provider->Link);
    EtwpUnlockProviders(OldIrql);
    EtwpEnableNewProvider(Provider);
    ExpReleaseRecursiveLock(&EtwpSessionLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwUnregister(REGHANDLE RegHandle)
{
    ExpAcquireRecursiveLock(&EtwpSessionLock);
    KIRQL OldIrql = EtwpLockProviders();
    PETWP_PROVIDER Provider = EtwpFindProvider(RegHandle);
    if (Provider != NULL) {
        RemoveEntryList(&Provider->Link);
    }
    EtwpUnlockProviders(OldIrql);
    ExpReleaseRecursiveLock(&EtwpSessionLock);
    if (Provider == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (Provider->Traits != NULL) {
        ExFreePoolWithTag(Provider->Traits, TAG_EVENT_PROVIDER);
    }
    ExFreePoolWithTag(Provider, TAG_EVENT_PROVIDER);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    KIRQL OldIrql = EtwpLockProviders();
    PETWP_PROVIDER Provider = EtwpFindProvider(RegHandle);
    BOOLEAN Enabled = Provider != NULL && EtwpWants(Provider, Level, Keyword);
    EtwpUnlockProviders(OldIrql);
    return Enabled;
}

BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    return EtwProviderEnabled(RegHandle, EventDescriptor->Level, EventDescriptor->Keyword);
}

// ---- What a provider says of itself

// What EtwSetInformation is called with, ready to be put where events are written at any IRQL.
typedef struct _ETWP_INFORMATION {
    PUCHAR Traits; // from pool; NULL: they stay
    USHORT TraitsBytes;
    BOOLEAN UsesDescriptorType;
} ETWP_INFORMATION;

static NTSTATUS EtwpCaptureInformation(EVENT_INFO_CLASS Class, const VOID *Data, ULONG Length,
                                       ETWP_INFORMATION *Information)
{
    switch (Class) {
    case EventProviderSetTraits:
        // The traits begin with their own size, as 16 bits.
        if (Data == NULL || Length < sizeof(USHORT) || *(const UNALIGNED USHORT *)Data != Length) {
            return STATUS_INVALID_PARAMETER;
        }
        Information->Traits = ExAllocatePoolZero(NonPagedPoolNx, Length, TAG_EVENT_PROVIDER);
        if (Information->Traits == NULL) {
            return STATUS_NO_MEMORY;
        }
        RtlCopyMemory(Information->Traits, Data, Length);
        Information->TraitsBytes = (USHORT)Length;
        Information->UsesDescriptorType = TRUE;
        return STATUS_SUCCESS;
    case EventProviderUseDescriptorType:
        if (Data == NULL || Length != sizeof(BOOLEAN)) {
            return STATUS_INVALID_PARAMETER;
        }
        Information->UsesDescriptorType = *(const BOOLEAN *)Data != FALSE;
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass,
                                 PVOID EventInformation, ULONG InformationLength)
{
    ETWP_INFORMATION Information = {0};
    NTSTATUS Status =
        EtwpCaptureInformation(InformationClass, EventInformation, InformationLength, &Information);
    PUCHAR Unused = Information.Traits;
    KIRQL OldIrql = EtwpLockProviders();
    PETWP_PROVIDER Provider = EtwpFindProvider(RegHandle);
    if (Provider == NULL) {
        Status = STATUS_INVALID_HANDLE;
    } else if (NT_SUCCESS(Status)) {
        Provider->UsesDescriptorType = Information.UsesDescriptorType;
        if (Information.Traits != NULL) {
            Unused = Provider->Traits;
            Provider->Traits = Information.Traits;
            Provider->TraitsBytes = Information.TraitsBytes;
        }
    }
    EtwpUnlockProviders(OldIrql);
    if (Unused != NULL) {
        ExFreePoolWithTag(Unused, TAG_EVENT_PROVIDER);
    }
    return Status;
}
