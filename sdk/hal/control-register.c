// SPDX-License-Identifier: MIT
// Control registers, debug registers, descriptor tables, the time-stamp counter.
#include <kmode.h>

NTSTATUS NTAPI KmControlRegisterRead(ULONG Register, PULONG64 Value)
{
    *Value = 0;
    switch (Register) {
    case 0: *Value = __readcr0(); break;
    case 2: *Value = __readcr2(); break;
    case 3: *Value = __readcr3(); break;
    case 4: *Value = __readcr4(); break;
    case 8: *Value = __readcr8(); break;
    default: return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmControlRegisterWrite(ULONG Register, ULONG64 Value)
{
    __try {
        switch (Register) {
        case 0: __writecr0(Value); break;
        case 3: __writecr3(Value); break;
        case 4: __writecr4(Value); break;
        default: return STATUS_INVALID_PARAMETER;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_PRIVILEGED_INSTRUCTION;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmDebugRegisterRead(ULONG Register, PULONG64 Value)
{
    *Value = 0;
    switch (Register) {
    case 0: *Value = __readdr(0); break;
    case 1: *Value = __readdr(1); break;
    case 2: *Value = __readdr(2); break;
    case 3: *Value = __readdr(3); break;
    case 6: *Value = __readdr(6); break;
    case 7: *Value = __readdr(7); break;
    default: return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

#pragma pack(push, 1)
typedef struct KMP_TABLE_REGISTER {
    USHORT Limit;
    ULONG64 Base;
} KMP_TABLE_REGISTER;
#pragma pack(pop)

VOID NTAPI KmReadGdtr(PKM_DESCRIPTOR_TABLE Table)
{
    KMP_TABLE_REGISTER Register = {0, 0};

    _sgdt(&Register);
    Table->Base = Register.Base;
    Table->Limit = Register.Limit;
}

VOID NTAPI KmReadIdtr(PKM_DESCRIPTOR_TABLE Table)
{
    KMP_TABLE_REGISTER Register = {0, 0};

    __sidt(&Register);
    Table->Base = Register.Base;
    Table->Limit = Register.Limit;
}

ULONG64 NTAPI KmTimestamp(VOID)
{
    ULONG Low, High;

    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(Low), "=d"(High) : : "memory");
    return (ULONG64)High << 32 | Low;
}
