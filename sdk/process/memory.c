// SPDX-License-Identifier: MIT
// Memory of other processes. By attaching, and not by MmCopyVirtualMemory, which is documented nowhere and
// does not tell how much it has copied of the page before the bad one.
#include <ntifs.h>
#include "process/user-memory.h"

NTSTATUS NTAPI KmProcessRead(PEPROCESS Process, const VOID *Address, PVOID Buffer, SIZE_T Bytes, PSIZE_T Done)
{
    KM_ATTACH Attach;
    SIZE_T Copied;
    NTSTATUS Status;

    KmAttachBegin(&Attach, Process);
    Status = KmpCopyFromUser(Buffer, Address, Bytes, &Copied);
    KmAttachEnd(&Attach);
    if (Done != NULL) {
        *Done = Copied;
    }
    return Status;
}

NTSTATUS NTAPI KmProcessWrite(PEPROCESS Process, PVOID Address, const VOID *Buffer, SIZE_T Bytes,
                              PSIZE_T Done)
{
    KM_ATTACH Attach;
    SIZE_T Copied;
    NTSTATUS Status;

    KmAttachBegin(&Attach, Process);
    Status = KmpCopyToUser(Address, Buffer, Bytes, &Copied);
    KmAttachEnd(&Attach);
    if (Done != NULL) {
        *Done = Copied;
    }
    return Status;
}
