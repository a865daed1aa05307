// SPDX-License-Identifier: MIT
// Handles of a device: their contexts, and what is left of their requests when they are closed.
#include "device/device.h"

// The whole of IRP_MJ_CREATE, but for its completion: FsContext is the context, if it succeeds.
static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    const KM_DEVICE_ENTRY *File = Request->Device->File;
    PFILE_OBJECT FileObject = Request->Stack->FileObject;
    PVOID Context = KmAlloc(&Request->Device->Memory, File->Code);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Context == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Request->FileContext = Context;
    if (File->Handler != NULL) {
        Status = File->Handler(Request);
    }
    if (!NT_SUCCESS(Status)) {
        Request->FileContext = NULL;
        KmFree(&Request->Device->Memory, Context, File->Code);
        return Status;
    }
    FileObject->FsContext = Context;
    return Status;
}

NTSTATUS KmpCreateFile(PKM_DEVICE Device, PIRP Irp)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Device, KmpEntryMajor, IRP_MJ_CREATE);

    if (Device->File != NULL) {
        return KmpHandle(Device, Irp, NULL, Open, STATUS_DELETE_PENDING);
    }
    return Entry != NULL ? KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_DELETE_PENDING)
                         : KmpCompleteIrp(Irp, STATUS_SUCCESS);
}

NTSTATUS KmpCleanupFile(PKM_DEVICE Device, PIRP Irp)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Device, KmpEntryMajor, IRP_MJ_CLEANUP);

    if (Device->CancelQueues != NULL) {
        Device->CancelQueues(Device, IoGetCurrentIrpStackLocation(Irp)->FileObject);
    }
    return Entry != NULL ? KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_SUCCESS)
                         : KmpCompleteIrp(Irp, STATUS_SUCCESS);
}

NTSTATUS KmpCloseFile(PKM_DEVICE Device, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Device, KmpEntryMajor, IRP_MJ_CLOSE);
    PVOID Context;

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
