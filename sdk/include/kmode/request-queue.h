// SPDX-License-Identifier: MIT
// Queues of requests that wait: for data, for hardware, for somebody. A request in a queue may be cancelled
// at any time, by its sender, by the end of its thread or of its handle, or by the end of its device; the
// queue completes it then with STATUS_CANCELLED.
//
//     static KM_REQUEST_QUEUE Readers;
//
//     static NTSTATUS NTAPI StartReaders(PKM_DEVICE Device)
//     {
//         KmQueueInit(&Readers, Device);
//         return STATUS_SUCCESS;
//     }
//
//     static NTSTATUS NTAPI Read(PKM_REQUEST Request)
//     {
//         return KmRequestPend(Request, &Readers);
//     }
//
//     static NTSTATUS NTAPI Write(PKM_REQUEST Request)
//     {
//         KM_REQUEST Reader;
//         ULONG Bytes;
//
//         if (KmQueueTake(&Readers, &Reader) != STATUS_SUCCESS) {
//             return STATUS_DEVICE_BUSY;
//         }
//         Bytes = min(Reader.OutputBytes, Request->InputBytes);
//         RtlCopyMemory(Reader.Output, Request->Input, Bytes);
//         KmRequestSetInformation(&Reader, Bytes);
//         KmRequestComplete(&Reader, STATUS_SUCCESS);
//         return STATUS_SUCCESS;
//     }
#ifndef KMODE_REQUEST_QUEUE_H
#define KMODE_REQUEST_QUEUE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/request-queue.h>"
#endif

#include <kmode/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A queue, in non-paged memory that stays until its device has stopped (KM_DEVICE_STOP): of a device's
/// context, say, or, where there is one device, static. Its members belong to the framework.
typedef struct KM_REQUEST_QUEUE {
    KSPIN_LOCK Lock;
    LIST_ENTRY Irps;
    LIST_ENTRY Link; // of its device's queues
    PKM_DEVICE Device;
    ULONG_PTR Check;
} KM_REQUEST_QUEUE, *PKM_REQUEST_QUEUE;

/// Makes an empty queue of a device's. It is the device's from then on: what is in it is cancelled when its
/// handle is closed and when the device ends. Call it where the device starts (KM_DEVICE_START,
/// KM_PNP_START); there is nothing to undo. Of a queue that is the device's already nothing is changed: a
/// device that starts again finds what is pending. One that is another device's stays that one's, and a line
/// to the debugger says so. IRQL <= DISPATCH_LEVEL.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmQueueInit(_Out_ PKM_REQUEST_QUEUE Queue, _In_ PKM_DEVICE Device);

/// Puts a request that is being handled behind the others. Returns STATUS_PENDING, which the handler is to
/// return at once, for the request may be gone. It is not in the queue with STATUS_INSUFFICIENT_RESOURCES,
/// there is no memory to keep its input; with STATUS_DELETE_PENDING, the device ends or has been pulled; with
/// STATUS_NOT_SUPPORTED, it opens a file for which a filter has a KM_FILE_CONTEXT; and with
/// STATUS_INVALID_PARAMETER, the queue is not the device's, which a line to the debugger says: what such
/// requests are to be completed with.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRequestPend(_Inout_ PKM_REQUEST Request, _Inout_ PKM_REQUEST_QUEUE Queue);

/// Takes the oldest request out; it is the caller's to complete (KmRequestComplete). Returns STATUS_SUCCESS,
/// or STATUS_NO_MORE_ENTRIES if the queue is empty, or is zeroed memory yet.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmQueueTake(_Inout_ PKM_REQUEST_QUEUE Queue, _Out_ PKM_REQUEST Request);

/// The same for the oldest request of a handle.
///
///     static KM_REQUEST_QUEUE Queue;
///     KM_REQUEST Request;
///
///     Status = KmQueueTakeOf(&Queue, IoGetCurrentIrpStackLocation(Irp)->FileObject, &Request);
///     if (NT_SUCCESS(Status)) {
///         KmRequestComplete(&Request, STATUS_CANCELLED);
///     }
///     KmQueueCancel(&Queue, NULL);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmQueueTakeOf(_Inout_ PKM_REQUEST_QUEUE Queue, _In_ PFILE_OBJECT FileObject, _Out_ PKM_REQUEST Request);

/// Completes all requests of a handle, or of all (NULL), with STATUS_CANCELLED.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmQueueCancel(_Inout_ PKM_REQUEST_QUEUE Queue, _In_opt_ PFILE_OBJECT FileObject);

#ifdef __cplusplus
}
#endif

#endif
