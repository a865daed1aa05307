// SPDX-License-Identifier: MIT
// Model-specific registers: what would be a crash is a status.
#include <kmode.h>

NTSTATUS NTAPI KmMsrRead(ULONG Register, PULONG64 Value)
{
    ULONG64 Read = 0;

    *Value = 0;
    __try {
        Read = __readmsr(Register);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        // Systems differ in how they call it.
        return STATUS_PRIVILEGED_INSTRUCTION;
    }
    *Value = Read;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmMsrWrite(ULONG Register, ULONG64 Value)
{
    __try {
        __writemsr(Register, Value);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_PRIVILEGED_INSTRUCTION;
    }
    return STATUS_SUCCESS;
}
