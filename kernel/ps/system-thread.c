// SPDX-License-Identifier: MIT
// System threads: made on a stack of their own, and what becomes of an exception that they do not handle.
#include "inc/kernel.h"

// NT's filter of last resort: nothing is left to unwind to.
static LONG PspUnhandledExceptionInSystemThread(PEXCEPTION_POINTERS Pointers)
{
    PEXCEPTION_RECORD Record = Pointers->ExceptionRecord;
    const ULONG_PTR Parameters[4] = {(ULONG_PTR)(LONG_PTR)Record->ExceptionCode,
                                     (ULONG_PTR)Record->ExceptionAddress, (ULONG_PTR)Record,
                                     (ULONG_PTR)Pointers->ContextRecord};
    KiBugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, Parameters, Pointers->ContextRecord, Record, NULL);
}

static VOID NTAPI PspSystemThreadStartup(PVOID Context)
{
    PKTHREAD Thread = Context;
    __try {
        Thread->StartRoutine(Thread->StartContext);
    } __except (PspUnhandledExceptionInSystemThread(GetExceptionInformation())) {
        KeBugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    }
    KeBugCheckEx(SYSTEM_EXIT_OWNED_MUTEX, 0, 0, 0, (ULONG_PTR)Thread);
}

NTSTATUS PspCreateSystemThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, PETHREAD *Thread)
{
    PVOID Limit, Top;
    PETHREAD New = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*New), TAG_THREAD);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(New, sizeof(*New));
    Top = MiCreateKernelStack(&Limit);
    if (Top == NULL) {
        goto FreeThread;
    }
    KiInitializeThread(&New->Tcb, Top, Limit, PspSystemThreadStartup, &New->Tcb);
    New->Tcb.StartRoutine = StartRoutine;
    New->Tcb.StartContext = StartContext;
    *Thread = New;
    return STATUS_SUCCESS;
FreeThread:
    ExFreePoolWithTag(New, TAG_THREAD);
    return STATUS_INSUFFICIENT_RESOURCES;
}
