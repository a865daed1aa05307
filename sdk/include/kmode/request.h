// SPDX-License-Identifier: MIT
// Requests: what the handlers of a device get. Whatever way a request transfers its data, Input is memory
// that its sender cannot change any more, and Output is memory that can be written.
//
//     static NTSTATUS NTAPI Reverse(PKM_REQUEST Request)
//     {
//         const UCHAR *Input = KmRequestInput(Request, UCHAR);
//         PUCHAR Output = KmRequestOutput(Request, UCHAR);
//         PULONG Requests = KmRequestFile(Request, ULONG);
//
//         if (Request->OutputBytes < Request->InputBytes) {
//             return STATUS_BUFFER_TOO_SMALL;
//         }
//         *Requests += 1;
//         for (ULONG Index = 0; Index < Request->InputBytes; Index += 1) {
//             Output[Index] = Input[Request->InputBytes - 1 - Index];
//         }
//         KmRequestSetInformation(Request, Request->InputBytes);
//         return STATUS_SUCCESS;
//     }
//
// Input and output of the kinds of request:
//
//     | IRP_MJ_WRITE | Input: the data; with DO_DIRECT_IO the caller's own pages |
//     | IRP_MJ_READ | Output: room for the data |
//     | METHOD_BUFFERED | Input, a copy where there is output too; Output, zeroed |
//     | METHOD_OUT_DIRECT | Input; Output: the caller's own pages |
//     | METHOD_IN_DIRECT | Input; Output: the caller's own pages, to be read |
//     | METHOD_NEITHER | Input, a copy; Output: the caller's own pages |
//
// The caller's own pages are locked and mapped; another thread of its may change them at any time, so copy
// what is read of them before it is checked. The addresses of a METHOD_NEITHER request are probed, unless it
// comes from the kernel; wrong ones are answered by the status of the exception, before the handler is
// called.
#ifndef KMODE_REQUEST_H
#define KMODE_REQUEST_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/request.h>"
#endif

#include <kmode/device.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KMP_REQUEST_INLINE_BYTES   64
#define KMP_REQUEST_NO_INFORMATION ((ULONG_PTR) - 1)

/// A request that is being handled. What is not commented belongs to the framework.
struct KM_REQUEST {
    PIRP Irp;                 ///< itself
    PIO_STACK_LOCATION Stack; ///< and its parameters for this driver
    PKM_DEVICE Device;        ///< whom it was sent to
    PVOID FileContext;        ///< KM_FILE_CONTEXT's of the handle; NULL if there is none
    const VOID *Input;        ///< NULL if InputBytes is 0
    PVOID Output;             ///< NULL if OutputBytes is 0
    ULONG InputBytes, OutputBytes;
    CCHAR PriorityBoost; ///< of its thread, by IoCompleteRequest: IO_NO_INCREMENT unless set
    ULONG_PTR Information;
    const KM_DEVICE_ENTRY *Entry;
    PVOID Copy;     // of the input
    PMDL OutputMdl; // of Output, if the framework has locked its pages
    BOOLEAN Forwarded;
    VOID (*Withdraw)(PKM_REQUEST Request); // undoes an open that the device below has let in
    ULONG64 InlineCopy[KMP_REQUEST_INLINE_BYTES / sizeof(ULONG64)];
};

static __inline PVOID NTAPI KmpRequestBuffer(_In_opt_ const VOID *Buffer, _In_ ULONG Bytes,
                                             _In_ SIZE_T Wanted)
{
    return Bytes >= Wanted ? (PVOID)(ULONG_PTR)Buffer : NULL;
}

/// The input as a const Type *; NULL if it is shorter. Any IRQL.
#define KmRequestInput(Request, Type)                                                                        \
    ((const Type *)KmpRequestBuffer((Request)->Input, (Request)->InputBytes, sizeof(Type)))

/// The output as a Type *; NULL if there is not so much room. Any IRQL.
#define KmRequestOutput(Request, Type)                                                                       \
    ((Type *)KmpRequestBuffer((Request)->Output, (Request)->OutputBytes, sizeof(Type)))

/// The context of the request's handle as a Type *; NULL if it has none: the request is one that
/// KM_FILE_CONTEXT names, or, of a filter, of a handle that was open before. Any IRQL.
#define KmRequestFile(Request, Type) ((Type *)(Request)->FileContext)

/// Says how many bytes of Output come back with success, or a warning, or how many of Input were taken. More
/// than there are is the handler's mistake: the request is completed with STATUS_INTERNAL_ERROR then, and a
/// line to the debugger names its control code. Without it: of a control code its OutputMinimum, of
/// IRP_MJ_WRITE all, else 0. Any IRQL.
static __inline VOID NTAPI KmRequestSetInformation(_Inout_ PKM_REQUEST Request, _In_ ULONG_PTR Bytes)
{
    Request->Information = Bytes;
}

/// Completes a request that KmQueueTake has given, with Status, which is not STATUS_PENDING. Request is not
/// to be used any more. For a request that is being handled, return the status instead. Returns Status.
///
///     static KM_REQUEST_QUEUE Queue;
///     KM_REQUEST Request;
///
///     while (KmQueueTake(&Queue, &Request) == STATUS_SUCCESS) {
///         KmRequestComplete(&Request, STATUS_DEVICE_NOT_READY);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmRequestComplete(_Inout_ PKM_REQUEST Request, _In_ NTSTATUS Status);

/// Passes a request on to the device below, as it is, and forgets it. Returns what that answers, which the
/// handler is to return; STATUS_INVALID_DEVICE_REQUEST if there is no device below, which a line to the
/// debugger says, and the request is the caller's still. The IRQL is that of the dispatch routine below.
///
///     static NTSTATUS NTAPI PassOn(PKM_REQUEST Request)
///     {
///         return KmRequestForward(Request);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmRequestForward(_Inout_ PKM_REQUEST Request);

/// Passes a request on to the device below and waits until that has completed it. Returns its status, which
/// is not STATUS_PENDING; its information is Request's; the handler then returns a status of its choice. If
/// it refuses a file that the device below has opened, that one sees it closed again (IoCancelFileOpen).
/// STATUS_INVALID_DEVICE_REQUEST also if there is no device below, which a line to the debugger says.
///
///     static NTSTATUS NTAPI LookAtResult(PKM_REQUEST Request)
///     {
///         NTSTATUS Status = KmRequestForwardAndWait(Request);
///
///         KmInfo("0x%08lx", Status);
///         return Status;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI KmRequestForwardAndWait(_Inout_ PKM_REQUEST Request);

#ifdef __cplusplus
}
#endif

#endif
