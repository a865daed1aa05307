// SPDX-License-Identifier: MIT
// What is at an address of a process.
#include "inc/kernel.h"
#include "mm/section.h"
#include "mm/vad.h"
#include "mm/virtual-call.h"

#ifndef MEM_IMAGE
#define MEM_IMAGE 0x1000000
#endif
#ifndef MEM_MAPPED
#define MEM_MAPPED 0x40000
#endif

// Of the pages from Base on that are alike.
static VOID MiQueryBasic(PMI_ADDRESS_SPACE Space, ULONG_PTR Base, PMEMORY_BASIC_INFORMATION Basic)
{
    RtlZeroMemory(Basic, sizeof(*Basic));
    Basic->BaseAddress = (PVOID)Base;
    PMI_VAD Vad = MiFindVad(Space, Base);
    if (Vad == NULL) {
        // Free up to the next range, or to the end of what there is.
        ULONG_PTR End = (ULONG_PTR)MmHighestUserAddress + 1;
        for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
            ULONG_PTR Start = CONTAINING_RECORD(Link, MI_VAD, Link)->Start;
            End = Start > Base && Start < End ? Start : End;
        }
        Basic->State = MEM_FREE;
        Basic->Protect = PAGE_NOACCESS;
        Basic->RegionSize = End - Base;
        return;
    }
    SIZE_T First = (Base - Vad->Start) / PAGE_SIZE, Next = First + 1;
    UCHAR State = Vad->PageStates[First];
    while (Next < Vad->Pages && Vad->PageStates[Next] == State) {
        Next += 1;
    }
    Basic->AllocationBase = (PVOID)Vad->Start;
    Basic->AllocationProtect = Vad->AllocationProtect;
    Basic->RegionSize = (Next - First) * PAGE_SIZE;
    Basic->State = State & MI_PAGE_COMMITTED ? MEM_COMMIT : MEM_RESERVE;
    Basic->Protect = State & MI_PAGE_COMMITTED ? MiProtectOf(State) : 0;
    if (Vad->Kind == MiVadView || Vad->CopiedView) {
        Basic->Type = ((PMI_SECTION)Vad->Owner)->Segment->Image != NULL ? MEM_IMAGE : MEM_MAPPED;
    } else {
        Basic->Type = MEM_PRIVATE;
    }
}

// The name of the file that is mapped there.
static NTSTATUS MiQueryMappedName(PMI_ADDRESS_SPACE Space, ULONG_PTR Base, POBJECT_NAME_INFORMATION Name,
                                  ULONG Length, PULONG Needed)
{
    PMI_VAD Vad = MiFindVad(Space, Base);
    if (Vad == NULL) {
        return STATUS_INVALID_ADDRESS;
    }
    if (Vad->Owner == NULL || Vad->Kind == MiVadMdl || ((PMI_SECTION)Vad->Owner)->Segment->File == NULL) {
        return Vad->Owner == NULL || Vad->Kind == MiVadMdl ? STATUS_INVALID_ADDRESS : STATUS_FILE_INVALID;
    }
    return ObQueryNameString(((PMI_SECTION)Vad->Owner)->Segment->File, Name, Length, Needed);
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
                                    MEMORY_INFORMATION_CLASS MemoryInformationClass, PVOID MemoryInformation,
                                    SIZE_T MemoryInformationLength, PSIZE_T ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    MEMORY_BASIC_INFORMATION Basic;
    MI_VIRTUAL_CALL Call;
    ULONG_PTR Base = (ULONG_PTR)PAGE_ALIGN(BaseAddress);
    POBJECT_NAME_INFORMATION Name = NULL;
    ULONG Needed = sizeof(Basic);
    const BOOLEAN IsName = (ULONG)MemoryInformationClass == 2; // MemoryMappedFilenameInformation
    if (MemoryInformationClass != MemoryBasicInformation && !IsName) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (!IsName && MemoryInformationLength < sizeof(Basic)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (Base > (ULONG_PTR)MmHighestUserAddress) {
        return STATUS_INVALID_PARAMETER;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(MemoryInformation, MemoryInformationLength, sizeof(ULONG));
            if (ReturnLength != NULL) {
                ProbeForWrite(ReturnLength, sizeof(*ReturnLength), sizeof(SIZE_T));
            }
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (IsName) {
        Name = ExAllocatePoolZero(PagedPool, min(MemoryInformationLength, 0x10000) + sizeof(*Name), TAG_VAD);
        if (Name == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    NTSTATUS Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_QUERY_INFORMATION);
    if (NT_SUCCESS(Status)) {
        if (IsName) {
            Status = MiQueryMappedName(Call.Space, Base, Name, (ULONG)min(MemoryInformationLength, 0x10000),
                                       &Needed);
        } else {
            MiQueryBasic(Call.Space, Base, &Basic);
        }
        MiEndVirtualCall(&Call);
    }
    __try {
        if (NT_SUCCESS(Status) && !IsName) {
            RtlCopyMemory(MemoryInformation, &Basic, sizeof(Basic));
        } else if (NT_SUCCESS(Status)) {
            POBJECT_NAME_INFORMATION Out = MemoryInformation;
            PWCH Text = (PWCH)(Out + 1);
            RtlCopyMemory(Text, Name->Name.Buffer, Name->Name.Length);
            Out->Name = (UNICODE_STRING){Name->Name.Length, Name->Name.MaximumLength, Text};
        }
        if (ReturnLength != NULL) {
            *ReturnLength = Needed;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (Name != NULL) {
        ExFreePoolWithTag(Name, TAG_VAD);
    }
    return Status;
}

KI_DEFINE_ZW(QueryVirtualMemory,
             (HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS MemoryInformationClass,
              PVOID MemoryInformation, SIZE_T MemoryInformationLength, PSIZE_T ReturnLength),
             (ProcessHandle, BaseAddress, MemoryInformationClass, MemoryInformation, MemoryInformationLength,
              ReturnLength))
