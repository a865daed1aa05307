// SPDX-License-Identifier: MIT
// DbgBreakPoint under __try is an exception like any other; outside it, without a debugger, a bug check.
#include <ntddk.h>

static LONG StepOver(PEXCEPTION_POINTERS Pointers)
{
    DbgPrint("filter: %lx, %lu parameter\n", Pointers->ExceptionRecord->ExceptionCode,
             Pointers->ExceptionRecord->NumberParameters);
    Pointers->ContextRecord->Rip += 1;
    return EXCEPTION_CONTINUE_EXECUTION;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __try {
        DbgBreakPointWithStatus(DBG_STATUS_CONTROL_C);
        DbgPrint("stepped over\n");
        DbgBreakPoint();
        DbgPrint("stepped over\n");
    } __except (StepOver(GetExceptionInformation())) {
        DbgPrint("not reached\n");
    }
    DbgBreakPoint();
    return STATUS_SUCCESS;
}
