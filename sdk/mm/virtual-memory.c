// SPDX-License-Identifier: MIT
// Virtual memory of a process.
#include <ntifs.h>
#include <kmode.h>
#include "runtime/system-routine.h"

typedef NTSTATUS(NTAPI *KMP_PROTECT)(HANDLE Process, PVOID *Base, PSIZE_T Bytes, ULONG Protect,
                                     PULONG Before);
typedef NTSTATUS(NTAPI *KMP_QUERY)(HANDLE Process, PVOID Base, ULONG Class, PVOID Buffer, SIZE_T Bytes,
                                   PSIZE_T Returned);

#define BASIC_INFORMATION 0

static KMP_SYSTEM_ROUTINE ProtectVirtualMemory = KMP_SYSTEM_ROUTINE_INIT(L"ZwProtectVirtualMemory");
static KMP_SYSTEM_ROUTINE QueryVirtualMemory = KMP_SYSTEM_ROUTINE_INIT(L"ZwQueryVirtualMemory");

static HANDLE HandleOf(HANDLE Process)
{
    return Process != NULL ? Process : ZwCurrentProcess();
}

NTSTATUS NTAPI KmVirtualAllocate(HANDLE Process, PVOID *Address, PSIZE_T Bytes, ULONG Protect)
{
    NTSTATUS Status =
        ZwAllocateVirtualMemory(HandleOf(Process), Address, 0, Bytes, MEM_RESERVE | MEM_COMMIT, Protect);

    if (!NT_SUCCESS(Status)) {
        *Address = NULL;
    }
    return Status;
}

NTSTATUS NTAPI KmVirtualFree(HANDLE Process, PVOID Address)
{
    SIZE_T Bytes = 0;

    return ZwFreeVirtualMemory(HandleOf(Process), &Address, &Bytes, MEM_RELEASE);
}

NTSTATUS NTAPI KmVirtualProtect(HANDLE Process, PVOID Address, SIZE_T Bytes, ULONG Protect, PULONG Before)
{
    KMP_PROTECT Routine = (KMP_PROTECT)(ULONG_PTR)KmpFindSystemRoutine(&ProtectVirtualMemory);
    ULONG Old = 0;
    NTSTATUS Status = STATUS_NOT_SUPPORTED;

    if (Routine != NULL) {
        Status = Routine(HandleOf(Process), &Address, &Bytes, Protect, &Old);
    }
    if (Before != NULL) {
        *Before = Old;
    }
    return Status;
}

NTSTATUS NTAPI KmVirtualQuery(HANDLE Process, const VOID *Address, PKM_VIRTUAL_REGION Region)
{
    KMP_QUERY Routine = (KMP_QUERY)(ULONG_PTR)KmpFindSystemRoutine(&QueryVirtualMemory);
    MEMORY_BASIC_INFORMATION Information;
    SIZE_T Returned;
    NTSTATUS Status;

    RtlZeroMemory(Region, sizeof(*Region));
    if (Routine == NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    Status = Routine(HandleOf(Process), (PVOID)(ULONG_PTR)Address, BASIC_INFORMATION, &Information,
                     sizeof(Information), &Returned);
    if (NT_SUCCESS(Status)) {
        Region->Base = Information.BaseAddress;
        Region->AllocationBase = Information.AllocationBase;
        Region->Bytes = Information.RegionSize;
        Region->State = Information.State;
        Region->Protect = Information.Protect;
        Region->Type = Information.Type;
    }
    return Status;
}
