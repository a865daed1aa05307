// SPDX-License-Identifier: MIT
// Views of files written back before the section's end.
#include "inc/kernel.h"
#include "mm/section.h"
#include "mm/vad.h"
#include "mm/virtual-call.h"

// What is to be written: pages of a section, which is referenced.
typedef struct _MI_FLUSH {
    PMI_SECTION Section;
    SIZE_T First, Pages; // Pages 0: the view has pages of its own, which are nobody else's to see
} MI_FLUSH;

// *Bytes 0: to the end of the view.
static NTSTATUS MiFindFlush(PMI_ADDRESS_SPACE Space, ULONG_PTR Base, PSIZE_T Bytes, MI_FLUSH *Flush)
{
    PMI_VAD Vad = MiFindVad(Space, Base);
    if (Vad == NULL || (Vad->Kind != MiVadView && !Vad->CopiedView)) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    PMI_SECTION Section = Vad->Owner;
    if (Section->Segment->File == NULL || Section->Segment->Image != NULL) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    SIZE_T Left = Vad->Start + Vad->Pages * PAGE_SIZE - Base;
    if (*Bytes == 0) {
        *Bytes = Left;
    }
    if (*Bytes > Left) {
        return STATUS_INVALID_PARAMETER_2;
    }
    ObfReferenceObject(Section);
    Flush->Section = Section;
    Flush->First = (SIZE_T)(Vad->SectionOffset + (Base - Vad->Start)) / PAGE_SIZE;
    Flush->Pages = Vad->CopiedView ? 0 : *Bytes / PAGE_SIZE;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                    PIO_STATUS_BLOCK IoStatus);

// Writes the pages of a file's view that the range touches to the file; *RegionSize 0: to the view's end. All
// of them are written, changed or not. *BaseAddress and *RegionSize become what was written.
// STATUS_NOT_MAPPED_VIEW: no file's view is there; STATUS_INVALID_PARAMETER_2: an address that is none of
// user mode's, or a size beyond the view; what MiBeginVirtualCall returns, what writing the file does. IRQL
// PASSIVE_LEVEL. (ntifs, ZwFlushVirtualMemory)
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                    PIO_STATUS_BLOCK IoStatus)
{
    MI_VIRTUAL_CALL Call;
    MI_FLUSH Flush;
    PVOID Address;
    SIZE_T Bytes;
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Address, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(IoStatus, sizeof(*IoStatus), sizeof(ULONG));
        }
        IoStatus->Status = STATUS_PENDING;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    ULONG_PTR Base = (ULONG_PTR)PAGE_ALIGN(Address);
    if (Base > (ULONG_PTR)MmHighestUserAddress ||
        Bytes > (ULONG_PTR)MmHighestUserAddress - (ULONG_PTR)Address) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (Bytes != 0) {
        Bytes = ROUND_TO_PAGES((ULONG_PTR)Address - Base + Bytes);
    }
    Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_VM_OPERATION);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MiFindFlush(Call.Space, Base, &Bytes, &Flush);
    // The file system is not called with the address space locked: it may need it.
    MiEndVirtualCall(&Call);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MiWriteSegment(Flush.Section->Segment, Flush.First, Flush.Pages);
    ObfDereferenceObject(Flush.Section);
    MiTellRange(BaseAddress, RegionSize, Base, Bytes);
    __try {
        IoStatus->Information = NT_SUCCESS(Status) ? Bytes : 0;
        IoStatus->Status = Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return Status;
}

KI_DEFINE_ZW(FlushVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatus),
             (ProcessHandle, BaseAddress, RegionSize, IoStatus))
