// SPDX-License-Identifier: MIT
// Event tracing: providers, and the one session that listens to them, which is the machine's user.
#ifndef KMODE_ETW_ETW_H
#define KMODE_ETW_ETW_H

// ---- Providers (etw/provider.c)

// What the session wants of a provider.
typedef struct _ETWP_ENABLEMENT {
    ULONGLONG MatchAnyKeyword, MatchAllKeyword;
    UCHAR Level; // 0: every level
} ETWP_ENABLEMENT, *PETWP_ENABLEMENT;

// A registration. Its address is the REGHANDLE.
typedef struct _ETWP_PROVIDER {
    LIST_ENTRY Link; // EtwpProviders
    GUID ProviderId;
    PETWENABLECALLBACK EnableCallback;
    PVOID CallbackContext;
    ETWP_ENABLEMENT Enablement;
    struct _ETWP_SUBSCRIPTION *Subscription; // by which it is enabled; NULL: it is not
    ULONG Generation;                        // EtwpGeneration, when Subscription was last chosen
    PUCHAR Traits;                           // NULL: none have been set; from pool
    USHORT TraitsBytes;
    BOOLEAN UsesDescriptorType; // of EVENT_DATA_DESCRIPTOR
} ETWP_PROVIDER, *PETWP_PROVIDER;

// Of the list of providers, all that is in them, subscriptions and event buffers; at HIGH_LEVEL, since events
// are written at any IRQL.
KIRQL EtwpLockProviders(VOID);
VOID EtwpUnlockProviders(KIRQL OldIrql);

// NULL: it is the handle of no registration. The lock is held.
PETWP_PROVIDER EtwpFindProvider(REGHANDLE RegHandle);

// Whether the session wants the provider's events of that level and keyword. The lock is held.
BOOLEAN EtwpWants(const ETWP_PROVIDER *Provider, UCHAR Level, ULONGLONG Keyword);

// The first provider whose Generation is not that; NULL: there is none. The lock is held.
PETWP_PROVIDER EtwpFindOutdated(ULONG Generation);

// ---- The session (etw/session.c)

// Enable callbacks come one at a time, and none once its registration is gone: whoever registers, unregisters
// or changes the session waits for the one under way, unless that is its own.
extern EXP_RECURSIVE_LOCK EtwpSessionLock;

// A provider that has just been registered is enabled if the session wants it, and told so. The session's
// lock is held. IRQL PASSIVE_LEVEL.
VOID EtwpEnableNewProvider(PETWP_PROVIDER Provider);

// What the machine asks, KM_REQUEST_TRACING. IRQL PASSIVE_LEVEL.
NTSTATUS EtwCarryOut(const KM_REQUEST *Request);

// ---- Event buffers (etw/buffer.c)

// The header of an event and all of its data.
#define ETWP_EVENT_BYTES  0x10000u
#define ETWP_HEADER_BYTES 80u // Windows' EVENT_HEADER

// Makes the session's buffers, once: two for each processor and some for threads that were preempted.
// STATUS_NO_MEMORY. The session's lock is held. IRQL PASSIVE_LEVEL.
NTSTATUS EtwpMakeBuffers(VOID);

// One of ETWP_EVENT_BYTES - ETWP_HEADER_BYTES, non-paged; NULL: all are in use. The lock is held.
PUCHAR EtwpTakeBuffer(VOID);
VOID EtwpReturnBuffer(PUCHAR Buffer);

// ---- Activities (etw/activity.c)

// The current thread's activity; FALSE: it has none, or the caller is at DISPATCH_LEVEL or above and acts for
// no thread. Any IRQL.
BOOLEAN EtwpCurrentActivity(GUID *ActivityId);

#endif
