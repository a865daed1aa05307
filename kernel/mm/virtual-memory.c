// SPDX-License-Identifier: MIT
// The services for a process's virtual memory: allocated, freed, protected, queried.
#include "inc/kernel.h"
#include "mm/vad.h"
#include "mm/virtual-call.h"

#define MI_HIGHEST_ADDRESS ((ULONG_PTR)MmHighestUserAddress)

#define MI_MOST_ZERO_BITS 20 // of 32, so that a page is left

#define MI_ALLOCATION_TYPES                                                                                  \
    (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | \
     MEM_LARGE_PAGES)

// ---- The arguments

NTSTATUS MiCaptureRange(PVOID *BaseAddress, PSIZE_T RegionSize, PVOID *Base, PSIZE_T Bytes)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(BaseAddress, sizeof(*BaseAddress), sizeof(ULONG_PTR));
            ProbeForWrite(RegionSize, sizeof(*RegionSize), sizeof(ULONG_PTR));
        }
        *Base = *BaseAddress;
        *Bytes = *RegionSize;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// The operation is done: a caller who cannot be told of it has it all the same.
VOID MiTellRange(PVOID *BaseAddress, PSIZE_T RegionSize, ULONG_PTR Base, SIZE_T Bytes)
{
    __try {
        *BaseAddress = (PVOID)Base;
        *RegionSize = Bytes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

NTSTATUS MiBeginVirtualCall(MI_VIRTUAL_CALL *Call, HANDLE ProcessHandle, ACCESS_MASK Access)
{
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, Access, PsProcessType, KeGetPreviousMode(),
                                                (PVOID *)&Call->Process, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Call->Space = MiAddressSpaceOf(Call->Process);
    if (Call->Space == NULL || Call->Process->Exiting) {
        ObfDereferenceObject(Call->Process);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    KeStackAttachProcess(Call->Process, &Call->ApcState);
    MiLockAddressSpace(Call->Process);
    return STATUS_SUCCESS;
}

VOID MiEndVirtualCall(MI_VIRTUAL_CALL *Call)
{
    MiUnlockAddressSpace(Call->Process);
    KeUnstackDetachProcess(&Call->ApcState);
    ObfDereferenceObject(Call->Process);
}

// Where the numbers of the documented parameters differ between services, Address and Size are the statuses
// for them.
static NTSTATUS MiCheckRange(ULONG_PTR Base, SIZE_T Bytes, NTSTATUS Address, NTSTATUS Size)
{
    if (Base > MI_HIGHEST_ADDRESS) {
        return Address;
    }
    return MI_HIGHEST_ADDRESS - Base + 1 < Bytes ? Size : STATUS_SUCCESS;
}

// ---- Allocation

ULONG_PTR MiLimitOfZeroBits(ULONG_PTR ZeroBits)
{
    if (ZeroBits == 0) {
        return MI_HIGHEST_ADDRESS + 1;
    }
    if (ZeroBits < 32) {
        // High zero bits of a 32-bit address.
        return ZeroBits > MI_MOST_ZERO_BITS ? 0 : (1ULL << (32 - ZeroBits));
    }
    // A mask: no bit above its highest.
    ULONG Highest = 63 - (ULONG)__builtin_clzll(ZeroBits);
    return Highest >= 46 ? MI_HIGHEST_ADDRESS + 1 : 2ULL << Highest;
}

static NTSTATUS MiCheckAllocationType(ULONG Type)
{
    if (Type & ~(ULONG)MI_ALLOCATION_TYPES ||
        !(Type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO))) {
        return STATUS_INVALID_PARAMETER_5;
    }
    if ((Type & MEM_RESET && Type != MEM_RESET) || (Type & MEM_RESET_UNDO && Type != MEM_RESET_UNDO)) {
        return STATUS_INVALID_PARAMETER_5;
    }
    if (Type & (MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES)) {
        // Nothing tells of writes, maps windows, or has large pages.
        return Type & MEM_RESERVE ? STATUS_NOT_SUPPORTED : STATUS_INVALID_PARAMETER_5;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MiReserveNew(MI_VIRTUAL_CALL *Call, ULONG_PTR *Base, SIZE_T *Bytes, ULONG_PTR Limit,
                             ULONG Type, ULONG Protect, UCHAR State)
{
    PMI_VAD Vad;
    ULONG_PTR Start = *Base & ~(MI_ALLOCATION_BYTES - 1);
    SIZE_T Whole = ROUND_TO_PAGES(*Base + *Bytes) - Start;
    if (*Base == 0) {
        Whole = ROUND_TO_PAGES(*Bytes);
    } else if (Start == 0) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    NTSTATUS Status = MiCreateVad(Call->Space, Start, Whole / PAGE_SIZE, (Type & MEM_TOP_DOWN) != 0, Limit,
                                  MiVadPrivate, Protect, &Vad);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Type & MEM_COMMIT) {
        Status = MiCommitPages(Call->Space, Vad, 0, Vad->Pages, State);
        if (!NT_SUCCESS(Status)) {
            MiDeleteVad(Call->Space, Vad);
            return Status;
        }
    }
    *Base = Vad->Start;
    *Bytes = Whole;
    return STATUS_SUCCESS;
}

// Commits, resets or un-resets pages that are reserved.
static NTSTATUS MiCommitReserved(MI_VIRTUAL_CALL *Call, ULONG_PTR *Base, SIZE_T *Bytes, ULONG Type,
                                 UCHAR State)
{
    ULONG_PTR Start = *Base & ~((ULONG_PTR)PAGE_SIZE - 1), End = ROUND_TO_PAGES(*Base + *Bytes);
    PMI_VAD Vad = MiFindVad(Call->Space, Start);
    if (Vad == NULL || End - Vad->Start > Vad->Pages * PAGE_SIZE) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    *Base = Start;
    *Bytes = End - Start;
    SIZE_T First = (Start - Vad->Start) / PAGE_SIZE, Count = (End - Start) / PAGE_SIZE;
    if (Type & (MEM_RESET | MEM_RESET_UNDO)) {
        // Whoever resets does not care what becomes of the contents: nothing does.
        return STATUS_SUCCESS;
    }
    if (Vad->Kind != MiVadPrivate) {
        return STATUS_ALREADY_COMMITTED;
    }
    return MiCommitPages(Call->Space, Vad, First, Count, State);
}

NTSTATUS MmAllocateUserMemory(PEPROCESS Process, SIZE_T Bytes, PULONG_PTR Base)
{
    MI_VIRTUAL_CALL Call = {.Process = Process, .Space = MiAddressSpaceOf(Process)};
    UCHAR State;
    *Base = 0;
    MiPageState(PAGE_READWRITE, &State);
    KeStackAttachProcess(Process, &Call.ApcState);
    MiLockAddressSpace(Process);
    NTSTATUS Status =
        MiReserveNew(&Call, Base, &Bytes, KM_USER_RANGE_END, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, State);
    MiUnlockAddressSpace(Process);
    KeUnstackDetachProcess(&Call.ApcState);
    return Status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                       PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
    MI_VIRTUAL_CALL Call;
    PVOID Address;
    SIZE_T Bytes;
    UCHAR State;
    ULONG_PTR Limit = MiLimitOfZeroBits(ZeroBits);
    if (Limit == 0) {
        return STATUS_INVALID_PARAMETER_3;
    }
    NTSTATUS Status = MiCheckAllocationType(AllocationType);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!MiPageState(Protect, &State) || Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    Status = MiCaptureRange(BaseAddress, RegionSize, &Address, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG_PTR Base = (ULONG_PTR)Address;
    Status = MiCheckRange(Base, Bytes, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_4);
    if (!NT_SUCCESS(Status) || Bytes == 0) {
        return NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER_4 : Status;
    }
    Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_VM_OPERATION);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // A commit without an address reserves as well.
    if (AllocationType & MEM_RESERVE || (Base == 0 && AllocationType & MEM_COMMIT)) {
        Status = MiReserveNew(&Call, &Base, &Bytes, Limit, AllocationType, Protect, State);
    } else {
        Status = MiCommitReserved(&Call, &Base, &Bytes, AllocationType, State);
    }
    MiEndVirtualCall(&Call);
    if (NT_SUCCESS(Status)) {
        MiTellRange(BaseAddress, RegionSize, Base, Bytes);
    }
    return Status;
}

KI_DEFINE_ZW(AllocateVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize,
              ULONG AllocationType, ULONG Protect),
             (ProcessHandle, BaseAddress, ZeroBits, RegionSize, AllocationType, Protect))

// ---- Freeing

// Releases [First, First + Count) of a range: all of it, an end, or its middle, which makes two of it.
static NTSTATUS MiReleasePart(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count)
{
    PMI_VAD Behind;
    if (First == 0 && Count == Vad->Pages) {
        MiDeleteVad(Space, Vad);
        return STATUS_SUCCESS;
    }
    SIZE_T Rest = Vad->Pages - First - Count;
    if (First == 0 || Rest != 0) {
        // What is behind becomes a range of its own, which starts where the granularity lets it.
        ULONG_PTR Start = Vad->Start + (First + Count) * PAGE_SIZE;
        if (Start & (MI_ALLOCATION_BYTES - 1)) {
            return STATUS_UNABLE_TO_FREE_VM;
        }
        UCHAR *States = ExAllocatePoolZero(NonPagedPoolNx, Rest, TAG_VAD);
        Behind = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Behind), TAG_VAD);
        if (States == NULL || Behind == NULL) {
            if (States != NULL) {
                ExFreePoolWithTag(States, TAG_VAD);
            }
            if (Behind != NULL) {
                ExFreePoolWithTag(Behind, TAG_VAD);
            }
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        MiDecommitPages(Space, Vad, First, Count);
        RtlCopyMemory(States, Vad->PageStates + First + Count, Rest);
        *Behind = (MI_VAD){.Start = Start,
                           .Pages = Rest,
                           .Kind = MiVadPrivate,
                           .AllocationProtect = Vad->AllocationProtect,
                           .PageStates = States};
        KIRQL OldIrql = KiAcquireSpinLockRaise(&Space->Lock);
        InsertHeadList(&Vad->Link, &Behind->Link);
        Vad->Pages = First;
        if (First == 0) {
            RemoveEntryList(&Vad->Link);
        }
        KiReleaseSpinLockLower(&Space->Lock, OldIrql);
        if (First == 0) {
            ExFreePoolWithTag(Vad->PageStates, TAG_VAD);
            ExFreePoolWithTag(Vad, TAG_VAD);
        }
        return STATUS_SUCCESS;
    }
    MiDecommitPages(Space, Vad, First, Count);
    Vad->Pages = First;
    return STATUS_SUCCESS;
}

static NTSTATUS MiFree(MI_VIRTUAL_CALL *Call, ULONG_PTR *Base, SIZE_T *Bytes, ULONG FreeType)
{
    PMI_VAD Vad = MiFindVad(Call->Space, *Base);
    if (Vad == NULL) {
        return STATUS_MEMORY_NOT_ALLOCATED;
    }
    ULONG_PTR Start = *Base & ~((ULONG_PTR)PAGE_SIZE - 1), End = ROUND_TO_PAGES(*Base + *Bytes);
    if (*Bytes == 0) {
        if (Start != Vad->Start) {
            return STATUS_FREE_VM_NOT_AT_BASE;
        }
        End = Vad->Start + Vad->Pages * PAGE_SIZE;
    }
    if (End - Vad->Start > Vad->Pages * PAGE_SIZE) {
        return STATUS_UNABLE_TO_FREE_VM;
    }
    if (Vad->Kind != MiVadPrivate) {
        return FreeType & MEM_RELEASE ? STATUS_UNABLE_TO_DELETE_SECTION : STATUS_UNABLE_TO_FREE_VM;
    }
    if (MiIsSecured(Call->Space, Start, End - Start, 0)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    *Base = Start;
    *Bytes = End - Start;
    SIZE_T First = (Start - Vad->Start) / PAGE_SIZE, Count = (End - Start) / PAGE_SIZE;
    if (FreeType & MEM_DECOMMIT) {
        MiDecommitPages(Call->Space, Vad, First, Count);
        return STATUS_SUCCESS;
    }
    return MiReleasePart(Call->Space, Vad, First, Count);
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                   ULONG FreeType)
{
    MI_VIRTUAL_CALL Call;
    PVOID Address;
    SIZE_T Bytes;
    if (FreeType != MEM_DECOMMIT && FreeType != MEM_RELEASE) {
        return STATUS_INVALID_PARAMETER_4;
    }
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Address, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG_PTR Base = (ULONG_PTR)Address;
    Status = MiCheckRange(Base, Bytes, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_3);
    if (NT_SUCCESS(Status)) {
        Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_VM_OPERATION);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MiFree(&Call, &Base, &Bytes, FreeType);
    MiEndVirtualCall(&Call);
    if (NT_SUCCESS(Status)) {
        MiTellRange(BaseAddress, RegionSize, Base, Bytes);
    }
    return Status;
}

KI_DEFINE_ZW(FreeVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType),
             (ProcessHandle, BaseAddress, RegionSize, FreeType))

// ---- Protection

static NTSTATUS MiProtect(MI_VIRTUAL_CALL *Call, ULONG_PTR *Base, SIZE_T *Bytes, ULONG Protect, UCHAR State,
                          PULONG OldProtect)
{
    ULONG_PTR Start = *Base & ~((ULONG_PTR)PAGE_SIZE - 1), End = ROUND_TO_PAGES(*Base + *Bytes);
    PMI_VAD Vad = MiFindVad(Call->Space, Start);
    if (Vad == NULL || End - Vad->Start > Vad->Pages * PAGE_SIZE) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    SIZE_T First = (Start - Vad->Start) / PAGE_SIZE, Count = (End - Start) / PAGE_SIZE;
    for (SIZE_T Index = First; Index < First + Count; Index += 1) {
        if (!(Vad->PageStates[Index] & MI_PAGE_COMMITTED)) {
            return STATUS_NOT_COMMITTED;
        }
    }
    if (Vad->Kind == MiVadMdl) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    if (Vad->Kind == MiVadView && !MiIsViewProtection(Vad->AllocationProtect, Protect)) {
        return STATUS_SECTION_PROTECTION;
    }
    if (Vad->Kind == MiVadPrivate && Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    if (MiIsSecured(Call->Space, Start, End - Start, Protect)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    *OldProtect = MiProtectOf(Vad->PageStates[First]);
    MiProtectPages(Call->Space, Vad, First, Count, State);
    *Base = Start;
    *Bytes = End - Start;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                      ULONG NewProtect, PULONG OldProtect)
{
    MI_VIRTUAL_CALL Call;
    PVOID Address;
    SIZE_T Bytes;
    UCHAR State;
    ULONG Before = 0;
    if (!MiPageState(NewProtect, &State)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Address, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(OldProtect, sizeof(*OldProtect), sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    ULONG_PTR Base = (ULONG_PTR)Address;
    Status = MiCheckRange(Base, Bytes, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_3);
    if (NT_SUCCESS(Status) && Bytes == 0) {
        Status = STATUS_INVALID_PARAMETER_3;
    }
    if (NT_SUCCESS(Status)) {
        Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_VM_OPERATION);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MiProtect(&Call, &Base, &Bytes, NewProtect, State, &Before);
    MiEndVirtualCall(&Call);
    if (NT_SUCCESS(Status)) {
        MiTellRange(BaseAddress, RegionSize, Base, Bytes);
        __try {
            *OldProtect = Before;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = STATUS_SUCCESS;
        }
    }
    return Status;
}

KI_DEFINE_ZW(ProtectVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect,
              PULONG OldProtect),
             (ProcessHandle, BaseAddress, RegionSize, NewProtect, OldProtect))
