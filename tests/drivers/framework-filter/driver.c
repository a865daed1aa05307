// SPDX-License-Identifier: MIT
// A filter over the SDK's framework, above a device of framework.sys: nothing that begins with '!' is
// written, and '?' is read as '.'.
#include <kmode.h>

static NTSTATUS NTAPI FilterWrite(PKM_REQUEST Request)
{
    const CHAR *Text = (const CHAR *)Request->Input;

    return Request->InputBytes != 0 && Text[0] == '!' ? STATUS_ACCESS_DENIED : KmRequestForward(Request);
}

static NTSTATUS NTAPI FilterRead(PKM_REQUEST Request)
{
    NTSTATUS Status = KmRequestForwardAndWait(Request);
    PCHAR Text = (PCHAR)Request->Output;

    for (ULONG_PTR Index = 0; NT_SUCCESS(Status) && Index < Request->Information; Index += 1) {
        Text[Index] = Text[Index] == '?' ? '.' : Text[Index];
    }
    return Status;
}

static const KM_DEVICE_ENTRY Filter[] = {KM_FILTER_OF(L"\\Device\\FrameworkBuffered"),
                                         KM_ON(IRP_MJ_WRITE, FilterWrite), KM_ON(IRP_MJ_READ, FilterRead),
                                         KM_DEVICE_END};

KM_DRIVER(Filter)
