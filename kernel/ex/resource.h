// SPDX-License-Identifier: MIT
// Resources: what the report of a deadlock and the verifier ask of them.
#ifndef KMODE_EX_RESOURCE_H
#define KMODE_EX_RESOURCE_H

// A thread that owns Resource, exclusively or shared; NULL if none does, or only by an owner pointer that is
// no thread's. Any IRQL, without the lock: for reports.
PKTHREAD ExpOwnerOfResource(PERESOURCE Resource);

// A resource in [Start, Start + Bytes) that is not deleted; NULL. IRQL <= DISPATCH_LEVEL.
PERESOURCE ExpFindResourceIn(ULONG_PTR Start, SIZE_T Bytes);

#endif
