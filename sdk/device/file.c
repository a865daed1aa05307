// SPDX-License-Identifier: MIT
// Handles of a device: their contexts, and what is left of their requests when they are closed.
#include "device/device.h"

// The whole of IRP_MJ_CREATE, but for its completion: FsContext is the context, and stays so if that
// succeeds.
static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    const KM_DEVICE_ENTRY *File = Request->Device->File;
    PVOID Context = KmAlloc(&Request->Device->Memory, File->Code);

    if (Context == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // Before the handler is called: what that has pended may be completed, and gone, when it returns.
    Request->Stack->FileObject->FsContext = Context;
    Request->FileContext = Context;
    return File->Handler != NULL ? File->Handler(Request) : STATUS_SUCCESS;
}

VOID KmpEndFailedCreate(PKM_REQUEST Request)
{
    if (Request->FileContext != NULL) {
        Request->Stack->FileObject->FsContext = NULL;
        KmFree(&Request->Device->Memory, Request->FileContext, Request->Device->File->Code);
        Request->FileContext = NULL;
    }
}

NTSTATUS KmpCreateFile(PKM_DEVICE Device, PIRP Irp)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindHandler(Device, IRP_MJ_CREATE);

    if (Device->File != NULL) {
        return KmpHandle(Device, Irp, NULL, Open, STATUS_DELETE_PENDING);
    }
    return Entry != NULL ? KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_DELETE_PENDING)
                         : KmpCompleteIrp(Irp, STATUS_SUCCESS);
}

// Held, the device does not end meanwhile, and its queues stay.
VOID KmpCancelPendingOf(PKM_DEVICE Device, PFILE_OBJECT FileObject)
{
    if (KmpRundownAcquire(&Device->Requests)) {
        if (Device->QueueRoutines != NULL) {
            Device->QueueRoutines->Cancel(Device, FileObject);
        }
        KmpRundownRelease(&Device->Requests);
    }
}

// A handler that is under way for another thread may pend from here on: KmRequestPend looks at the flag.
static VOID EndRequests(PKM_DEVICE Device, PFILE_OBJECT FileObject)
{
    InterlockedOr((volatile LONG *)&FileObject->Flags, FO_CLEANUP_COMPLETE);
    KmpCancelPendingOf(Device, FileObject);
}

NTSTATUS KmpCleanupFile(PKM_DEVICE Device, PIRP Irp)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindHandler(Device, IRP_MJ_CLEANUP);

    EndRequests(Device, IoGetCurrentIrpStackLocation(Irp)->FileObject);
    return Entry != NULL ? KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_SUCCESS)
                         : KmpCompleteIrp(Irp, STATUS_SUCCESS);
}

NTSTATUS KmpCloseFile(PKM_DEVICE Device, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    const KM_DEVICE_ENTRY *Entry = KmpFindHandler(Device, IRP_MJ_CLOSE);
    PVOID Context;

    // Wine sends no IRP_MJ_CLEANUP, and this while requests are pending.
    if ((FileObject->Flags & FO_CLEANUP_COMPLETE) == 0) {
        EndRequests(Device, FileObject);
    }
    if (Device->File == NULL) {
        return Entry != NULL ? KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_SUCCESS)
                             : KmpCompleteIrp(Irp, STATUS_SUCCESS);
    }
    Context = FileObject->FsContext;
    FileObject->FsContext = NULL;
    if (Context != NULL) {
        if (Device->File->Close != NULL) {
            Device->File->Close(Device, Context);
        }
        KmFree(&Device->Memory, Context, Device->File->Code);
    }
    return KmpCompleteIrp(Irp, STATUS_SUCCESS);
}
