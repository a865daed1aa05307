// SPDX-License-Identifier: MIT
// A pipe: who reads waits, without a thread of the driver's, until somebody writes. Reads may be cancelled at
// any time.
#include <kmode.h>

typedef struct PIPE {
    KM_REQUEST_QUEUE Readers;
} PIPE;

static NTSTATUS NTAPI StartPipe(PKM_DEVICE Device)
{
    KmQueueInit(&KmDeviceContext(Device, PIPE)->Readers, Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &KmDeviceContext(Request->Device, PIPE)->Readers);
}

// Whoever has waited longest gets what is written, as far as it has room for it.
static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    KM_REQUEST Reader;
    ULONG Bytes;

    if (KmQueueTake(&KmDeviceContext(Request->Device, PIPE)->Readers, &Reader) != STATUS_SUCCESS) {
        return STATUS_PIPE_NOT_AVAILABLE;
    }
    Bytes = min(Reader.OutputBytes, Request->InputBytes);
    if (Bytes != 0) {
        RtlCopyMemory(Reader.Output, Request->Input, Bytes);
    }
    KmRequestSetInformation(&Reader, Bytes);
    KmRequestComplete(&Reader, STATUS_SUCCESS);
    KmRequestSetInformation(Request, Bytes);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Pipe[] = {KM_DEVICE_NAME(L"\\Device\\Pipe"),
                                       KM_DEVICE_LINK(L"\\DosDevices\\Pipe"),
                                       KM_DEVICE_CONTEXT(PIPE, StartPipe, NULL),
                                       KM_ON(IRP_MJ_READ, Read),
                                       KM_ON(IRP_MJ_WRITE, Write),
                                       KM_DEVICE_END};

KM_DRIVER(Pipe)
