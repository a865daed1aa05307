// SPDX-License-Identifier: MIT
// I/O manager: drivers, devices, files, and the requests between them.
#ifndef KMODE_IO_H
#define KMODE_IO_H

#include "io/driver.h"
#include "io/device.h"
#include "io/file.h"
#include "io/mount.h"

// Makes the types of drivers, devices and files. Once, when there are objects. IRQL PASSIVE_LEVEL.
NTSTATUS IoInitSystem(VOID);

// Tells every device that has asked to be told: the system shuts down. IRQL PASSIVE_LEVEL.
VOID IoShutdownSystem(VOID);

// What the machine asks of WMI providers, KM_REQUEST_WMI (io/wmi-request.c). IRQL PASSIVE_LEVEL.
NTSTATUS WmipCarryOut(KM_REQUEST *Request);

extern POBJECT_TYPE IoDriverObjectType;
extern POBJECT_TYPE IoDeviceObjectType;

// ---- IRPs (io/irp.c, io/irp-*.c)

// What a driver's IRP may still be without: NT's way to say that an IRP belongs to a request of a thread.
// Puts Irp on the list of the IRPs that its Tail.Overlay.Thread has sent, from which its completion takes it.
// IRQL <= DISPATCH_LEVEL.
VOID IopQueueThreadIrp(PIRP Irp);

// Takes Irp off its thread's list, if it is on it. IRQL <= DISPATCH_LEVEL.
VOID IopDequeueThreadIrp(PETHREAD Thread, PIRP Irp);

// What is left to do in the context of the thread that sent a completed Irp: buffers copied out and freed,
// status block, events, APC or completion port, and the IRP freed. FileObject, which may be NULL, is that of
// the request; its reference is given up. IRQL APC_LEVEL.
VOID IopFinishIrp(PIRP Irp, PFILE_OBJECT FileObject);

// Frees Irp's system buffer, if it is the I/O manager's, and its MDLs, which must not be locked any more.
VOID IopReleaseBuffers(PIRP Irp);

// The current thread ends: every IRP that it has sent is cancelled, and waited for; those whose driver does
// not complete them within IOP_CANCEL_SECONDS of virtual time are left to their drivers. IRQL PASSIVE_LEVEL.
// Cancels every IRP that Thread, the current one, has sent. IRQL <= APC_LEVEL.
VOID IopCancelListedIrps(PETHREAD Thread);
#define IOP_CANCEL_SECONDS 300
VOID IopCancelThreadIo(VOID);

// Whether Irp's sender waits for it, as its flags and its file's say. IoIsOperationSynchronous takes control
// codes of METHOD_BUFFERED for synchronous too, those by which oplocks are asked for among them. Any IRQL.
BOOLEAN IopIsSenderWaiting(PIRP Irp);

// Frees what hangs on an IRP that was never sent, or whose thread is gone, and the IRP. IRQL <=
// DISPATCH_LEVEL.
VOID IopDropIrp(PIRP Irp, PFILE_OBJECT FileObject);

// IRPs that nobody has and processors keep for the next caller, and their bytes. Any IRQL.
ULONG64 IopCountCachedIrps(PULONG64 Bytes);

#endif
