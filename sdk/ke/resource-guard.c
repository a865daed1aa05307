// SPDX-License-Identifier: MIT
// The guards of resources that do not wait.
#include <kmode.h>

BOOLEAN NTAPI KmGuardTryResourceShared(PKM_GUARD Guard, PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    Guard->Object = Resource;
    Guard->End = ExAcquireResourceSharedLite(Resource, FALSE) ? KmpEndResource : NULL;
    if (Guard->End == NULL) {
        KeLeaveCriticalRegion();
    }
    return Guard->End != NULL;
}

BOOLEAN NTAPI KmGuardTryResourceExclusive(PKM_GUARD Guard, PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    Guard->Object = Resource;
    Guard->End = ExAcquireResourceExclusiveLite(Resource, FALSE) ? KmpEndResource : NULL;
    if (Guard->End == NULL) {
        KeLeaveCriticalRegion();
    }
    return Guard->End != NULL;
}
