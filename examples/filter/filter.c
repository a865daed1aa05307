// SPDX-License-Identifier: MIT
// A filter above the device of examples/echo: it counts, refuses sums that an int has no room for, changes
// what comes back, and has a control code of its own. All else goes to the device below, untouched.
// kmode run: echo.sys
#include <kmode.h>
#include "../echo/echo.h"
#include "filter.h"

static NTSTATUS NTAPI CheckSum(PKM_REQUEST Request)
{
    FILTER_COUNTS *Counts = KmDeviceContext(Request->Device, FILTER_COUNTS);
    const ECHO_PAIR *Pair = KmRequestInput(Request, ECHO_PAIR);
    LONG64 Sum = (LONG64)Pair->First + Pair->Second;

    InterlockedIncrement((PLONG)&Counts->Sums);
    if (Sum != (int)Sum) {
        InterlockedIncrement((PLONG)&Counts->Refused);
        DbgPrint("%d + %d is refused\n", Pair->First, Pair->Second);
        return STATUS_INTEGER_OVERFLOW;
    }
    // It is the device's below from here on.
    return KmRequestForward(Request);
}

static NTSTATUS NTAPI ShoutRepeat(PKM_REQUEST Request)
{
    NTSTATUS Status = KmRequestForwardAndWait(Request);
    PCHAR Text = (PCHAR)Request->Output;

    InterlockedIncrement((PLONG)&KmDeviceContext(Request->Device, FILTER_COUNTS)->Repeats);
    for (ULONG_PTR Index = 0; NT_SUCCESS(Status) && Index < Request->Information; Index += 1) {
        Text[Index] =
            (CHAR)(Text[Index] >= 'a' && Text[Index] <= 'z' ? Text[Index] - 'a' + 'A' : Text[Index]);
    }
    return Status;
}

static NTSTATUS NTAPI TellCounts(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, FILTER_COUNTS) = *KmDeviceContext(Request->Device, FILTER_COUNTS);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Filter[] = {
    KM_FILTER_OF(L"\\Device\\Echo"),
    KM_DEVICE_CONTEXT(FILTER_COUNTS, NULL, NULL),
    KM_ON_IOCTL(IOCTL_ECHO_SUM, CheckSum, ECHO_PAIR, int),
    KM_ON_IOCTL_BYTES(IOCTL_ECHO_REPEAT, ShoutRepeat, 1, 4096, 1),
    KM_ON_IOCTL_OUTPUT(IOCTL_FILTER_COUNTS, TellCounts, FILTER_COUNTS),
    KM_DEVICE_END,
};

KM_DRIVER(Filter)
