// SPDX-License-Identifier: MIT
// The current thread in another address space.
#include <ntifs.h>
#include <kmode.h>

C_ASSERT(sizeof(KAPC_STATE) <= sizeof(KM_ATTACH));

VOID NTAPI KmAttachBegin(PKM_ATTACH Attach, PEPROCESS Process)
{
    KeStackAttachProcess((PRKPROCESS)Process, (PKAPC_STATE)Attach->ApcState);
}

VOID NTAPI KmAttachEnd(PKM_ATTACH Attach)
{
    KeUnstackDetachProcess((PKAPC_STATE)Attach->ApcState);
}

static VOID NTAPI EndAttach(PKM_GUARD Guard)
{
    KmAttachEnd((PKM_ATTACH)Guard->Object);
}

VOID NTAPI KmGuardAttach(PKM_GUARD Guard, PKM_ATTACH Attach, PEPROCESS Process)
{
    KmAttachBegin(Attach, Process);
    Guard->Object = Attach;
    Guard->End = EndAttach;
}
