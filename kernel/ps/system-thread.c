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
    KiTerminateThread(0);
}

NTSTATUS PspCreateKernelThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                               PETHREAD *Thread)
{
    PVOID Limit, Top;
    PETHREAD New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_THREAD);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Top = MiCreateKernelStack(&Limit);
    if (Top == NULL) {
        goto FreeThread;
    }
    KiInitializeThread(&New->Tcb, PsInitialSystemProcess, Top, Limit, PspSystemThreadStartup, &New->Tcb,
                       Priority);
    New->Tcb.SystemThread = TRUE;
    New->Tcb.StartRoutine = StartRoutine;
    New->Tcb.StartContext = StartContext;
    New->StartAddress = (PVOID)(ULONG_PTR)StartRoutine;
    New->Cid.UniqueProcess = PsInitialSystemProcess->UniqueProcessId;
    InitializeListHead(&New->IrpList);
    KeInitializeEvent(&New->RequestEvent, SynchronizationEvent, FALSE);
    *Thread = New;
    return STATUS_SUCCESS;
FreeThread:
    ExFreePoolWithTag(New, TAG_THREAD);
    return STATUS_INSUFFICIENT_RESOURCES;
}
