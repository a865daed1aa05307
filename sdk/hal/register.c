// SPDX-License-Identifier: MIT
// Memory-mapped registers: one access of the register's size, between barriers.
#include <kmode.h>

UCHAR NTAPI KmRegisterRead8(const volatile UCHAR *Register)
{
    UCHAR Value;

    KeMemoryBarrier();
    Value = *Register;
    KeMemoryBarrier();
    return Value;
}

VOID NTAPI KmRegisterWrite8(volatile UCHAR *Register, UCHAR Value)
{
    KeMemoryBarrier();
    *Register = Value;
    KeMemoryBarrier();
}

USHORT NTAPI KmRegisterRead16(const volatile USHORT *Register)
{
    USHORT Value;

    KeMemoryBarrier();
    Value = *Register;
    KeMemoryBarrier();
    return Value;
}

VOID NTAPI KmRegisterWrite16(volatile USHORT *Register, USHORT Value)
{
    KeMemoryBarrier();
    *Register = Value;
    KeMemoryBarrier();
}

ULONG NTAPI KmRegisterRead32(const volatile ULONG *Register)
{
    ULONG Value;

    KeMemoryBarrier();
    Value = *Register;
    KeMemoryBarrier();
    return Value;
}

VOID NTAPI KmRegisterWrite32(volatile ULONG *Register, ULONG Value)
{
    KeMemoryBarrier();
    *Register = Value;
    KeMemoryBarrier();
}

ULONG64 NTAPI KmRegisterRead64(const volatile ULONG64 *Register)
{
    ULONG64 Value;

    KeMemoryBarrier();
    Value = *Register;
    KeMemoryBarrier();
    return Value;
}

VOID NTAPI KmRegisterWrite64(volatile ULONG64 *Register, ULONG64 Value)
{
    KeMemoryBarrier();
    *Register = Value;
    KeMemoryBarrier();
}

NTSTATUS NTAPI KmRegisterPoll32(const volatile ULONG *Register, ULONG Mask, ULONG Value, ULONG Microseconds)
{
    for (ULONG Waited = 0;; Waited += 1) {
        if ((KmRegisterRead32(Register) & Mask) == (Value & Mask)) {
            return STATUS_SUCCESS;
        }
        if (Waited == Microseconds) {
            return STATUS_IO_TIMEOUT;
        }
        KeStallExecutionProcessor(1);
    }
}
