// SPDX-License-Identifier: MIT
// The session: which providers it listens to, and how they are told of it.
#include "inc/kernel.h"
#include "verify/callback.h"

// EVENT_CONTROL_CODE_* of evntprov.h in its user-mode half.
#define ETWP_DISABLE_PROVIDER 0
#define ETWP_ENABLE_PROVIDER  1

// What the session wants of the provider with that id, or of all that it has nothing else for.
typedef struct _ETWP_SUBSCRIPTION {
    LIST_ENTRY Link; // EtwpSubscriptions
    BOOLEAN OfAll;
    GUID ProviderId;
    ETWP_ENABLEMENT Enablement;
} ETWP_SUBSCRIPTION, *PETWP_SUBSCRIPTION;

static LIST_ENTRY EtwpSubscriptions = {&EtwpSubscriptions, &EtwpSubscriptions};
static ULONG EtwpGeneration; // changes with the subscriptions

// The session's own, as enable callbacks are told it.
static const GUID EtwpSessionId = {
    0x6B6D6F64, 0x6520, 0x4574, {0x97, 0x53, 0x65, 0x73, 0x73, 0x69, 0x6F, 0x6E}};

EXP_RECURSIVE_LOCK EtwpSessionLock;

static PETWP_SUBSCRIPTION EtwpFindSubscription(const GUID *ProviderId)
{
    for (PLIST_ENTRY Link = EtwpSubscriptions.Flink; Link != &EtwpSubscriptions; Link = Link->Flink) {
        PETWP_SUBSCRIPTION Subscription = CONTAINING_RECORD(Link, ETWP_SUBSCRIPTION, Link);
        if (ProviderId == NULL ? Subscription->OfAll
                               : !Subscription->OfAll && IsEqualGUID(&Subscription->ProviderId, ProviderId)) {
            return Subscription;
        }
    }
    return NULL;
}

// What a provider's enable callback is called with.
typedef struct _ETWP_NOTICE {
    PETWENABLECALLBACK EnableCallback;
    PVOID CallbackContext;
    ULONG ControlCode;
    ETWP_ENABLEMENT Enablement;
} ETWP_NOTICE;

static VOID EtwpTell(const ETWP_NOTICE *Notice)
{
    const ETWP_ENABLEMENT *Wanted = &Notice->Enablement;
    VI_CALLBACK Callback;
    if (Notice->EnableCallback == NULL) {
        return;
    }
    ViEnterCallback(&Callback, "ETWENABLECALLBACK", Notice->EnableCallback, 7, &EtwpSessionId,
                    (ULONG_PTR)Notice->ControlCode, (ULONG_PTR)Wanted->Level, Wanted->MatchAnyKeyword,
                    Wanted->MatchAllKeyword, NULL, Notice->CallbackContext);
    Notice->EnableCallback(&EtwpSessionId, Notice->ControlCode, Wanted->Level, Wanted->MatchAnyKeyword,
                           Wanted->MatchAllKeyword, NULL, Notice->CallbackContext);
    ViLeaveCallback(&Callback, 0);
}

// Gives the provider what the subscriptions have for it. The lock of providers is held.
static VOID EtwpUpdate(PETWP_PROVIDER Provider, ETWP_NOTICE *Notice)
{
    static const ETWP_ENABLEMENT Nothing;
    PETWP_SUBSCRIPTION Subscription = EtwpFindSubscription(&Provider->ProviderId);
    if (Subscription == NULL) {
        Subscription = EtwpFindSubscription(NULL);
    }
    Provider->Generation = EtwpGeneration;
    Provider->Subscription = Subscription;
    Provider->Enablement = Subscription != NULL ? Subscription->Enablement : Nothing;
    Notice->EnableCallback = Provider->EnableCallback;
    Notice->CallbackContext = Provider->CallbackContext;
    Notice->ControlCode = Subscription != NULL ? ETWP_ENABLE_PROVIDER : ETWP_DISABLE_PROVIDER;
    Notice->Enablement = Provider->Enablement;
}

VOID EtwpEnableNewProvider(PETWP_PROVIDER Provider)
{
    ETWP_NOTICE Notice;
    KIRQL OldIrql = EtwpLockProviders();
    EtwpUpdate(Provider, &Notice);
    EtwpUnlockProviders(OldIrql);
    if (Notice.ControlCode == ETWP_ENABLE_PROVIDER) {
        EtwpTell(&Notice);
    }
}

// The subscription has changed, or is gone: each provider that has it or gets it is told. The session's lock
// is held. A callback may register and unregister providers, so that each round looks for one anew.
static VOID EtwpUpdateProviders(const ETWP_SUBSCRIPTION *Changed)
{
    for (;;) {
        ETWP_NOTICE Notice;
        BOOLEAN Affected = FALSE;
        KIRQL OldIrql = EtwpLockProviders();
        PETWP_PROVIDER Provider = EtwpFindOutdated(EtwpGeneration);
        if (Provider != NULL) {
            Affected = Provider->Subscription == Changed;
            EtwpUpdate(Provider, &Notice);
            Affected = Affected || Provider->Subscription == Changed;
        }
        EtwpUnlockProviders(OldIrql);
        if (Provider == NULL) {
            return;
        }
        if (Affected) {
            EtwpTell(&Notice);
        }
    }
}

// ProviderId NULL: all.
static NTSTATUS EtwpSubscribe(const GUID *ProviderId, const ETWP_ENABLEMENT *Enablement)
{
    NTSTATUS Status = EtwpMakeBuffers();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PETWP_SUBSCRIPTION Subscription = EtwpFindSubscription(ProviderId);
    PETWP_SUBSCRIPTION New = NULL;
    if (Subscription == NULL) {
        New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_EVENT_SESSION);
        if (New == NULL) {
            return STATUS_NO_MEMORY;
        }
        New->OfAll = ProviderId == NULL;
        if (ProviderId != NULL) {
            New->ProviderId = *ProviderId;
        }
        Subscription = New;
    }
    KIRQL OldIrql = EtwpLockProviders();
    Subscription->Enablement = *Enablement;
    if (New != NULL) {
        InsertTailList(&EtwpSubscriptions, &New->Link);
    }
    EtwpGeneration += 1;
    EtwpUnlockProviders(OldIrql);
    EtwpUpdateProviders(Subscription);
    return STATUS_SUCCESS;
}

static NTSTATUS EtwpUnsubscribe(const GUID *ProviderId)
{
    PETWP_SUBSCRIPTION Subscription = EtwpFindSubscription(ProviderId);
    if (Subscription == NULL) {
        return STATUS_NOT_FOUND;
    }
    KIRQL OldIrql = EtwpLockProviders();
    RemoveEntryList(&Subscription->Link);
    EtwpGeneration += 1;
    EtwpUnlockProviders(OldIrql);
    EtwpUpdateProviders(Subscription);
    ExFreePoolWithTag(Subscription, TAG_EVENT_SESSION);
    return STATUS_SUCCESS;
}

NTSTATUS EtwCarryOut(const KM_REQUEST *Request)
{
    // As EnableTraceEx2 has it, no keyword at all is every one.
    const ULONGLONG Any = Request->arguments[2];
    const ETWP_ENABLEMENT Enablement = {.Level = (UCHAR)Request->arguments[1],
                                        .MatchAnyKeyword = Any != 0 ? Any : MAXULONGLONG,
                                        .MatchAllKeyword = Request->arguments[3]};
    GUID ProviderId;
    const BOOLEAN OfAll = Request->arguments[4] != 0;
    RtlCopyMemory(&ProviderId, &Request->arguments[5], sizeof(ProviderId));
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    ExpAcquireRecursiveLock(&EtwpSessionLock);
    switch (Request->arguments[0]) {
    case KM_TRACING_ENABLE: Status = EtwpSubscribe(OfAll ? NULL : &ProviderId, &Enablement); break;
    case KM_TRACING_DISABLE: Status = EtwpUnsubscribe(OfAll ? NULL : &ProviderId); break;
    }
    ExpReleaseRecursiveLock(&EtwpSessionLock);
    return Status;
}
