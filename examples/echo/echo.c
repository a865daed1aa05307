// SPDX-License-Identifier: MIT
// A device with two control codes, whole: sizes are checked and data is captured before a handler runs.
#include <kmode.h>
#include "echo.h"

static NTSTATUS NTAPI Sum(PKM_REQUEST Request)
{
    const ECHO_PAIR *Pair = KmRequestInput(Request, ECHO_PAIR);

    *KmRequestOutput(Request, int) = Pair->First + Pair->Second;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Repeat(PKM_REQUEST Request)
{
    ULONG Bytes = min(Request->InputBytes, Request->OutputBytes);

    RtlCopyMemory(Request->Output, Request->Input, Bytes);
    KmRequestSetInformation(Request, Bytes);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Echo[] = {
    KM_DEVICE_NAME(L"\\Device\\Echo"), KM_DEVICE_LINK(L"\\DosDevices\\Echo"),
    KM_ON_IOCTL(IOCTL_ECHO_SUM, Sum, ECHO_PAIR, int),
    KM_ON_IOCTL_BYTES(IOCTL_ECHO_REPEAT, Repeat, 1, 4096, 1), KM_DEVICE_END};

KM_DRIVER(Echo)
