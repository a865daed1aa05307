// SPDX-License-Identifier: MIT
// sections: .pdata
// try, except, finally, leave in lower case, and the filters' intrinsics.
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;

static LONG Filter(PEXCEPTION_POINTERS Pointers)
{
    return Pointers->ExceptionRecord->ExceptionCode == (NTSTATUS)STATUS_ACCESS_VIOLATION
               ? EXCEPTION_EXECUTE_HANDLER
               : EXCEPTION_CONTINUE_SEARCH;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Stage = 0;

    UNREFERENCED_PARAMETER(RegistryPath);
    try {
        ProbeForRead(DriverObject, sizeof(*DriverObject), 1);
        Stage = *(volatile ULONG *)(ULONG_PTR)0x10;
    }
    except(Filter(GetExceptionInformation()))
    {
        Status = GetExceptionCode();
    }
    __try {
        try {
            if (Stage == 0) {
                leave;
            }
            Stage = 2;
        } finally {
            DbgPrint("left: %d\n", AbnormalTermination());
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}
