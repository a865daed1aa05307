// SPDX-License-Identifier: MIT
// A letterbox: who reads waits, without a thread of the driver's, until somebody writes. Reads may be
// cancelled at any time.
#include <kmode.h>

typedef struct LETTERBOX {
    KM_REQUEST_QUEUE Readers;
} LETTERBOX;

static NTSTATUS NTAPI StartLetterbox(PKM_DEVICE Device)
{
    KmQueueInit(&KmDeviceContext(Device, LETTERBOX)->Readers, Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &KmDeviceContext(Request->Device, LETTERBOX)->Readers);
}

// Whoever has waited longest gets what is written, as far as it has room for it.
static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    KM_REQUEST Reader;
    ULONG Bytes;

    if (KmQueueTake(&KmDeviceContext(Request->Device, LETTERBOX)->Readers, &Reader) != STATUS_SUCCESS) {
        return STATUS_NOT_FOUND;
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

static const KM_DEVICE_ENTRY Letterbox[] = {KM_DEVICE_NAME(L"\\Device\\Letterbox"),
                                            KM_DEVICE_LINK(L"\\DosDevices\\Letterbox"),
                                            KM_DEVICE_CONTEXT(LETTERBOX, StartLetterbox, NULL),
                                            KM_ON(IRP_MJ_READ, Read),
                                            KM_ON(IRP_MJ_WRITE, Write),
                                            KM_DEVICE_END};

KM_DRIVER(Letterbox)
