// SPDX-License-Identifier: MIT
// Hardware resources of devices: who has which, and who gets which.
#ifndef KMODE_IO_PNP_RESOURCE_H
#define KMODE_IO_PNP_RESOURCE_H

#include "io/pnp.h"

typedef struct _PIP_RANGE {
    UCHAR Type; // CmResourceType*
    BOOLEAN Shared;
    ULONG64 Start, End; // End is the last
} PIP_RANGE, *PPIP_RANGE;

typedef struct _PIP_DESCRIPTOR_WALK {
    const CM_RESOURCE_LIST *List;
    const CM_FULL_RESOURCE_DESCRIPTOR *Current;
    ULONG Full, Partial;
} PIP_DESCRIPTOR_WALK;

// ---- Claims (io/pnp-claim.c)

// The descriptors of List one after the other; NULL: no more.
const CM_PARTIAL_RESOURCE_DESCRIPTOR *PipFirstDescriptor(const CM_RESOURCE_LIST *List,
                                                         PIP_DESCRIPTOR_WALK *Walk);
const CM_PARTIAL_RESOURCE_DESCRIPTOR *PipFollowingDescriptor(PIP_DESCRIPTOR_WALK *Walk);

// What Descriptor takes. FALSE: nothing that anybody else could want.
BOOLEAN PipRangeOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, PPIP_RANGE Range);
// The lock is held. Whether somebody but Owner has some of it, not to be shared; *End is the last that he
// has.
BOOLEAN PipIsRangeTaken(const PIP_RANGE *Range, PVOID Owner, PULONG64 End);
// Whether Bytes hold a list.
BOOLEAN PipIsResourceList(const CM_RESOURCE_LIST *List, ULONG Bytes);
// Owner, whoever that is, has what is in List from now on, in place of what he had.
// STATUS_CONFLICTING_ADDRESSES, STATUS_INSUFFICIENT_RESOURCES: he has what he had. IRQL <= APC_LEVEL.
NTSTATUS PipClaimResources(PVOID Owner, const CM_RESOURCE_LIST *List);
// Owner has nothing any more.
VOID PipReleaseResources(PVOID Owner);

// ---- Assignment (io/pnp-assign.c)

// A raw list as its device's drivers are to use it, freed by ExFreePoolWithTag (TAG_PNP). NULL: no memory.
PCM_RESOURCE_LIST PipTranslate(const CM_RESOURCE_LIST *Raw);

#endif
