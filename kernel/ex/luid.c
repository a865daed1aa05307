// SPDX-License-Identifier: MIT
// Locally unique identifiers: none is given out twice before the machine stops.
#include "inc/kernel.h"

#define EXP_FIRST_LUID 1001 // those before belong to who is known

static volatile LONG64 ExpLastLuid = EXP_FIRST_LUID - 1;

VOID ExAllocateLocallyUniqueId(PLUID Luid)
{
    LONG64 Value = InterlockedIncrement64(&ExpLastLuid);
    Luid->LowPart = (ULONG)Value;
    Luid->HighPart = (LONG)(Value >> 32);
}

// STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT. IRQL < DISPATCH_LEVEL. (ntddk,
// ZwAllocateLocallyUniqueId)
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid)
{
    LUID Allocated;
    ExAllocateLocallyUniqueId(&Allocated);
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(Luid, sizeof(*Luid), sizeof(ULONG));
        }
        *(volatile LUID *)Luid = Allocated;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

KI_DEFINE_ZW(AllocateLocallyUniqueId, (PLUID Luid), (Luid))
