// SPDX-License-Identifier: MIT
// Locally unique identifiers. Any IRQL.
#include "inc/kernel.h"

#undef RtlEqualLuid
BOOLEAN NTAPI RtlEqualLuid(PLUID Luid1, PLUID Luid2)
{
    return Luid1->LowPart == Luid2->LowPart && Luid1->HighPart == Luid2->HighPart;
}

VOID NTAPI RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid)
{
    *DestinationLuid = *SourceLuid;
}
