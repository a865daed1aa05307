// SPDX-License-Identifier: MIT
// Paging I/O: pages of a file read and written by the file system that it belongs to, past its cache.
#include "inc/kernel.h"

static NTSTATUS IopPage(UCHAR MajorFunction, PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset,
                        PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    PDEVICE_OBJECT DeviceObject = IoGetRelatedDeviceObject(FileObject);
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->MdlAddress = Mdl;
    Irp->UserBuffer = MmGetMdlVirtualAddress(Mdl);
    Irp->Flags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO |
                 (MajorFunction == IRP_MJ_READ ? IRP_INPUT_OPERATION : 0);
    Irp->RequestorMode = KernelMode;
    Irp->UserIosb = IoStatusBlock;
    Irp->UserEvent = Event;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = FileObject;
    // Read and Write have the same layout.
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = MajorFunction;
    Stack->FileObject = FileObject;
    Stack->Parameters.Read.Length = MmGetMdlByteCount(Mdl);
    Stack->Parameters.Read.ByteOffset = *Offset;
    return IofCallDriver(DeviceObject, Irp);
}

// Reads the pages of Mdl, which are locked, from Offset of the file. STATUS_PENDING: Event will be signaled,
// and *IoStatusBlock says then how it went; else both have been already. IRQL < DISPATCH_LEVEL.
NTSTATUS NTAPI IoPageRead(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                          PIO_STATUS_BLOCK IoStatusBlock)
{
    return IopPage(IRP_MJ_READ, FileObject, Mdl, Offset, Event, IoStatusBlock);
}

// Writes them, in the same way.
NTSTATUS NTAPI IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event,
                                      PIO_STATUS_BLOCK IoStatusBlock)
{
    return IopPage(IRP_MJ_WRITE, FileObject, Mdl, Offset, Event, IoStatusBlock);
}
