// SPDX-License-Identifier: MIT
// Intrinsics inside __try, where clang does not inline them: the way drivers probe for a model-specific
// register.
#include <ntddk.h>

static BOOLEAN ReadRegister(ULONG Index, PULONG64 Value)
{
    __try {
        *Value = __readmsr(Index);
        __writemsr(Index, *Value);
        __outbyte(0x80, __inbyte(0x80));
        __writecr8(__readcr8());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG64 Value;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return ReadRegister(0xC0000080, &Value) && !ReadRegister(0x12345678, &Value) ? STATUS_SUCCESS
                                                                                 : STATUS_UNSUCCESSFUL;
}
