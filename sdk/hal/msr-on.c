// SPDX-License-Identifier: MIT
// Model-specific registers of a processor that is chosen.
#include <kmode.h>

NTSTATUS NTAPI KmMsrReadOn(ULONG Processor, ULONG Register, PULONG64 Value)
{
    KM_GUARD Guard = KmGuardEmpty();
    NTSTATUS Status = KmGuardProcessor(&Guard, Processor);

    *Value = 0;
    if (NT_SUCCESS(Status)) {
        Status = KmMsrRead(Register, Value);
        KmGuardEnd(&Guard);
    }
    return Status;
}

NTSTATUS NTAPI KmMsrWriteOn(ULONG Processor, ULONG Register, ULONG64 Value)
{
    KM_GUARD Guard = KmGuardEmpty();
    NTSTATUS Status = KmGuardProcessor(&Guard, Processor);

    if (NT_SUCCESS(Status)) {
        Status = KmMsrWrite(Register, Value);
        KmGuardEnd(&Guard);
    }
    return Status;
}
