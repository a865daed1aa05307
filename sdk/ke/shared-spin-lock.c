// SPDX-License-Identifier: MIT
// The guards of reader-writer spin locks, out of line: not every kit declares the routines beneath.
#include <kmode.h>

static VOID NTAPI EndShared(PKM_GUARD Guard)
{
    ExReleaseSpinLockShared((PEX_SPIN_LOCK)Guard->Object, Guard->State.OldIrql);
}

static VOID NTAPI EndExclusive(PKM_GUARD Guard)
{
    ExReleaseSpinLockExclusive((PEX_SPIN_LOCK)Guard->Object, Guard->State.OldIrql);
}

VOID NTAPI KmGuardSpinLockShared(PKM_GUARD Guard, PKM_SHARED_SPIN_LOCK Lock)
{
    Guard->State.OldIrql = ExAcquireSpinLockShared(Lock);
    Guard->Object = Lock;
    Guard->End = EndShared;
}

VOID NTAPI KmGuardSpinLockExclusive(PKM_GUARD Guard, PKM_SHARED_SPIN_LOCK Lock)
{
    Guard->State.OldIrql = ExAcquireSpinLockExclusive(Lock);
    Guard->Object = Lock;
    Guard->End = EndExclusive;
}

BOOLEAN NTAPI KmGuardSpinLockUpgrade(PKM_GUARD Guard)
{
    if (!ExTryConvertSharedSpinLockExclusive((PEX_SPIN_LOCK)Guard->Object)) {
        return FALSE;
    }
    Guard->End = EndExclusive;
    return TRUE;
}
