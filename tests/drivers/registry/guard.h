// SPDX-License-Identifier: MIT
// The registry guard's parts: the device (driver.c), the callback (callback.c), the records (record.c).
#ifndef REGISTRY_GUARD_H
#define REGISTRY_GUARD_H

#include <ntifs.h>

#include "public.h"

#define GUARD_POOL_TAG 'druG'

typedef struct _GUARD_DEVICE {
    LARGE_INTEGER Cookie;
    LONG Active; // a client has set paths: until then the callback, which may come before Cookie is set, does
                 // nothing

    // A fast mutex would raise IRQL, and names are compared at PASSIVE_LEVEL alone.
    EX_PUSH_LOCK PathsLock;
    GUARD_PATHS Paths;

    FAST_MUTEX Mutex; // guards what follows
    ULONG First, Count;
    GUARD_RECORD Records[GUARD_RECORDS];
} GUARD_DEVICE, *PGUARD_DEVICE;

// Of each key object within the watched key.
typedef struct _GUARD_KEY_CONTEXT {
    LONG Changes;
} GUARD_KEY_CONTEXT, *PGUARD_KEY_CONTEXT;

// ---- The callback (callback.c): as CmRegisterCallbackEx documents it; Context is the GUARD_DEVICE.
EX_CALLBACK_FUNCTION GuardCallback;

// ---- Records (record.c)

// A copy of the strings, ended by a zero. PASSIVE_LEVEL.
VOID GuardCopyName(_Out_writes_(GUARD_NAME_CHARACTERS) PWCHAR Target, _In_opt_ PCUNICODE_STRING First,
                   _In_opt_ PCUNICODE_STRING Second);

// How far the guard goes in a key: GUARD_PATHS.
typedef struct _GUARD_REACH {
    BOOLEAN Watched, Guarded;
} GUARD_REACH;

_IRQL_requires_max_(PASSIVE_LEVEL) GUARD_REACH GuardReach(_Inout_ PGUARD_DEVICE Guard, _In_ PCWSTR Name);

_IRQL_requires_max_(APC_LEVEL) VOID
    GuardAddRecord(_Inout_ PGUARD_DEVICE Guard, _In_ const GUARD_RECORD *Record);

// FALSE: there is none.
_IRQL_requires_max_(APC_LEVEL) BOOLEAN
    GuardTakeRecord(_Inout_ PGUARD_DEVICE Guard, _Out_ GUARD_RECORD *Record);

#endif
