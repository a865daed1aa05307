// SPDX-License-Identifier: MIT
// IRPs of a test's own, as a file system gets them: what becomes of each is told by its REQUEST.
#ifndef KMODE_TESTS_KERNEL_FSRTL_REQUEST_H
#define KMODE_TESTS_KERNEL_FSRTL_REQUEST_H

#include "test.h"

typedef struct _REQUEST {
    PIRP Irp;
    BOOLEAN Completed;
    NTSTATUS Status;
    ULONG_PTR Information;
    FILE_OBJECT File;
    LARGE_INTEGER Length;
} REQUEST;

static NTSTATUS NTAPI RequestCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    REQUEST *Request = Context;
    UNREFERENCED_PARAMETER(DeviceObject);
    Request->Completed = TRUE;
    Request->Status = Irp->IoStatus.Status;
    Request->Information = Irp->IoStatus.Information;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// An IRP whose current location is the test's: as in a dispatch routine.
static __attribute__((unused)) PIO_STACK_LOCATION MakeRequest(REQUEST *Request, UCHAR Major, UCHAR Minor)
{
    RtlZeroMemory(Request, sizeof(*Request));
    Request->Irp = IoAllocateIrp(2, FALSE);
    if (Request->Irp == NULL) {
        OK(Request->Irp != NULL);
        return NULL;
    }
    Request->Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetNextIrpStackLocation(Request->Irp);
    IoSetCompletionRoutine(Request->Irp, RequestCompleted, Request, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Request->Irp);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    Stack->MajorFunction = Major;
    Stack->MinorFunction = Minor;
    Stack->FileObject = &Request->File;
    return Stack;
}

static __attribute__((unused)) void DropRequest(REQUEST *Request)
{
    OK(Request->Completed);
    IoFreeIrp(Request->Irp);
}

#endif
