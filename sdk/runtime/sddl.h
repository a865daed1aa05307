// SPDX-License-Identifier: MIT
// The security descriptor definition language, as far as device objects use it.
#ifndef KMODE_RUNTIME_SDDL_H
#define KMODE_RUNTIME_SDDL_H

#include <ntifs.h>

// PASSIVE_LEVEL. Reads `D:P` and any number of `(A;;rights;;;sid)` and `(D;;rights;;;sid)`: rights as letter
// pairs or one number, sid as two letters or `S-1-...`. *Acl is paged pool, the caller's to free by
// ExFreePoolWithTag, tag 'ldSK'. STATUS_INVALID_PARAMETER for anything else, STATUS_INSUFFICIENT_RESOURCES.
_Must_inspect_result_ NTSTATUS KmpSddlToAcl(_In_ PCUNICODE_STRING Sddl, _Out_ PACL *Acl);

// How many characters of it KmpSddlToAcl can read: what it refuses begins there. PASSIVE_LEVEL.
ULONG KmpSddlReadable(_In_ PCUNICODE_STRING Sddl);

#define KM_SDDL_TAG 'ldSK'

#endif
