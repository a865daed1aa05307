// SPDX-License-Identifier: MIT
// Views of sections: in processes, and in system space.
#include "inc/kernel.h"
#include "mm/section.h"
#include "mm/system-pte.h"
#include "mm/vad.h"
#include "mm/virtual-call.h"

// Maps Pages of the section from page First at Address, as the machine's Protection.
static BOOLEAN MiMapSegment(PMI_SEGMENT Segment, ULONG_PTR Address, SIZE_T First, SIZE_T Pages,
                            ULONG Protection)
{
    if (Segment->Physical) {
        return KeMachine->map_memory(Address, Pages * PAGE_SIZE, First * PAGE_SIZE, Protection) != 0;
    }
    return MiMapPageNumbers(Address, Segment->Numbers + First, Pages, Protection);
}

// The part of a section that a view is of. ViewSize 0: all from the offset. STATUS_INVALID_VIEW_SIZE.
static NTSTATUS MiViewPart(PMI_SECTION Section, ULONG64 Offset, SIZE_T ViewSize, SIZE_T *First, SIZE_T *Pages)
{
    ULONG64 Size = (ULONG64)Section->Size.QuadPart;
    if (Offset >= Size || (ViewSize != 0 && ROUND_TO_PAGES(Size) - Offset < ViewSize)) {
        return STATUS_INVALID_VIEW_SIZE;
    }
    if (ViewSize == 0) {
        ViewSize = (SIZE_T)(Size - Offset);
    }
    *First = (SIZE_T)(Offset / PAGE_SIZE);
    *Pages = (SIZE_T)(ROUND_TO_PAGES(Offset % PAGE_SIZE + ViewSize) / PAGE_SIZE);
    return *First + *Pages <= Section->Segment->Pages ? STATUS_SUCCESS : STATUS_INVALID_VIEW_SIZE;
}

// ---- In processes

typedef struct _MI_NEW_VIEW {
    ULONG_PTR Base;
    SIZE_T Size;
    ULONG64 Offset;
    ULONG_PTR Limit;
    BOOLEAN TopDown;
    ULONG Protect;
} MI_NEW_VIEW;

// A view with PAGE_WRITECOPY has pages of its own from the start, in which a writer sees only itself.
static NTSTATUS MiCopyView(PMI_ADDRESS_SPACE Space, PMI_SECTION Section, SIZE_T First, PMI_VAD Vad)
{
    PMI_SYSTEM_RANGE Window = MiReserveSystemRange(Vad->Pages, MiWindowRange, 0);
    if (Window == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    UCHAR State;
    if (MiMapSegment(Section->Segment, Window->Base, First, Vad->Pages, KM_PROTECT_READ)) {
        Vad->Kind = MiVadPrivate;
        Vad->CopiedView = TRUE;
        MiPageState(PAGE_READWRITE, &State);
        Status = MiCommitPages(Space, Vad, 0, Vad->Pages, State);
        if (NT_SUCCESS(Status)) {
            RtlCopyMemory((PVOID)Vad->Start, (PVOID)Window->Base, Vad->Pages * PAGE_SIZE);
        }
        KeMachine->unmap_memory(Window->Base, Window->Pages * PAGE_SIZE);
    }
    MiReleaseSystemRange(Window);
    return Status;
}

// Where the linker wanted it, if the process has that address and nothing is there; else wherever there is
// room.
static NTSTATUS MiFindImageRoom(PMI_ADDRESS_SPACE Space, PMI_SECTION Section, const MI_NEW_VIEW *View,
                                PMI_VAD *Vad)
{
    PMI_SEGMENT Segment = Section->Segment;
    ULONG_PTR Base = View->Base != 0 ? View->Base : (ULONG_PTR)Segment->Image->Base;
    NTSTATUS Status =
        MiCreateVad(Space, Base, Segment->Pages, FALSE, View->Limit, MiVadView, PAGE_EXECUTE_WRITECOPY, Vad);
    if (Status == STATUS_CONFLICTING_ADDRESSES && View->Base == 0) {
        Status = MiCreateVad(Space, 0, Segment->Pages, View->TopDown, View->Limit, MiVadView,
                             PAGE_EXECUTE_WRITECOPY, Vad);
    }
    return Status;
}

// A view of an image is all of it, in pages of its own. STATUS_IMAGE_NOT_AT_BASE: it is relocated.
static NTSTATUS MiMapImageView(PMI_ADDRESS_SPACE Space, PMI_SECTION Section, MI_NEW_VIEW *View)
{
    PMI_SEGMENT Segment = Section->Segment;
    PMI_VAD Vad;
    if (View->Offset != 0 || View->Size > Segment->Pages * PAGE_SIZE) {
        return STATUS_INVALID_VIEW_SIZE;
    }
    // Its addresses have 32 bits, of which another process has none.
    if (MiIs32BitImage(Segment->Image) && Space->High > MAXULONG) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    NTSTATUS Status = MiFindImageRoom(Space, Section, View, &Vad);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfReferenceObject(Section);
    Vad->Owner = Section;
    ULONG64 Delta = Vad->Start - Segment->Image->Base;
    Status = Delta != 0 && Segment->Image->Fixed ? STATUS_CONFLICTING_ADDRESSES
                                                 : MiCopyView(Space, Section, 0, Vad);
    if (NT_SUCCESS(Status) && Delta != 0) {
        Status = MiRelocateImage(Vad->Start, Vad->Pages * PAGE_SIZE, Delta);
    }
    if (!NT_SUCCESS(Status)) {
        MiDeleteVad(Space, Vad);
        return Status;
    }
    MiProtectImage(Space, Vad, Segment->Image, (Section->Attributes & SEC_NOCACHE) != 0);
    View->Base = Vad->Start;
    View->Size = Vad->Pages * PAGE_SIZE;
    return Delta != 0 ? STATUS_IMAGE_NOT_AT_BASE : STATUS_SUCCESS;
}

static NTSTATUS MiMapView(PMI_ADDRESS_SPACE Space, PMI_SECTION Section, MI_NEW_VIEW *View)
{
    SIZE_T First, Pages;
    PMI_VAD Vad;
    UCHAR State;
    if (Section->Segment->Image != NULL) {
        return MiMapImageView(Space, Section, View);
    }
    NTSTATUS Status = MiViewPart(Section, View->Offset, View->Size, &First, &Pages);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    MiPageState(View->Protect, &State);
    Status =
        MiCreateVad(Space, View->Base, Pages, View->TopDown, View->Limit, MiVadView, View->Protect, &Vad);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfReferenceObject(Section);
    Vad->Owner = Section;
    Vad->SectionOffset = View->Offset;
    if (MiIsWritableView(View->Protect)) {
        InterlockedIncrement(&Section->Segment->WritableReferences);
    }
    if (View->Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) {
        Status = MiCopyView(Space, Section, First, Vad);
        if (NT_SUCCESS(Status)) {
            MiProtectPages(Space, Vad, 0, Pages,
                           (UCHAR)((State & ~MI_PAGE_PROTECTION) | (View->Protect & PAGE_WRITECOPY ? 2 : 6)));
        }
    } else if (MiMapSegment(Section->Segment, Vad->Start, First, Pages, MiMachineProtection(State))) {
        MiSetPageStates(Space, Vad, 0, Pages, State);
        if (MiIsWritableView(View->Protect)) {
            Section->Segment->Changed = Section->Segment->File != NULL;
        }
    } else {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(Status)) {
        MiDeleteVad(Space, Vad);
        return Status;
    }
    View->Base = Vad->Start;
    View->Size = Pages * PAGE_SIZE;
    return STATUS_SUCCESS;
}

static NTSTATUS MiCheckView(const MI_NEW_VIEW *View, ULONG AllocationType, SECTION_INHERIT Inherit)
{
    UCHAR State;
    if (Inherit != ViewShare && Inherit != ViewUnmap) {
        return STATUS_INVALID_PARAMETER_8;
    }
    if (AllocationType & ~(ULONG)(MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES)) {
        return STATUS_INVALID_PARAMETER_9;
    }
    if (!MiPageState(View->Protect, &State) || View->Protect & PAGE_GUARD ||
        (View->Protect & 0xFF) == PAGE_NOACCESS) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    if (View->Limit == 0) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (View->Base > (ULONG_PTR)MmHighestUserAddress) {
        return STATUS_INVALID_PARAMETER_3;
    }
    return View->Size > (ULONG_PTR)MmHighestUserAddress - View->Base ? STATUS_INVALID_PARAMETER_7
                                                                     : STATUS_SUCCESS;
}

// Address and offset are multiples of the allocation granularity: those of physical memory are made so, and
// what was asked for stays in the view; others have to be.
static NTSTATUS MiAlignView(const MI_SECTION *Section, MI_NEW_VIEW *View)
{
    const ULONG64 Mask = MI_ALLOCATION_BYTES - 1;
    if (!Section->Segment->Physical) {
        return (View->Base | View->Offset) & Mask ? STATUS_MAPPED_ALIGNMENT : STATUS_SUCCESS;
    }
    if (View->Base != 0 && View->Base < MI_ALLOCATION_BYTES) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    if (View->Size != 0) {
        View->Size += View->Offset & Mask;
    }
    View->Base &= ~Mask;
    View->Offset &= ~Mask;
    return STATUS_SUCCESS;
}

static ACCESS_MASK MiViewAccess(ULONG Protect)
{
    switch (Protect & 0xFF) {
    case PAGE_READWRITE: return SECTION_MAP_READ | SECTION_MAP_WRITE;
    case PAGE_EXECUTE: return SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY: return SECTION_MAP_READ | SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READWRITE: return SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE;
    default: return SECTION_MAP_READ;
    }
}

static NTSTATUS MiMapViewInProcess(PMI_SECTION Section, HANDLE ProcessHandle, MI_NEW_VIEW *View)
{
    MI_VIRTUAL_CALL Call;
    NTSTATUS Status = MiAlignView(Section, View);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!MiIsCompatibleProtection(Section->Protection, View->Protect)) {
        return STATUS_SECTION_PROTECTION;
    }
    Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_VM_OPERATION);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PEPROCESS Process = Call.Process;
    ObfReferenceObject(Process);
    Status = MiMapView(Call.Space, Section, View);
    MiEndVirtualCall(&Call);
    if (NT_SUCCESS(Status) && Section->Segment->Image != NULL && !(Section->Attributes & SEC_NOCACHE)) {
        MmNotifyImageMapped(Process, Section, (PVOID)View->Base);
    }
    ObfDereferenceObject(Process);
    return Status;
}

// As MiTellRange.
static VOID MiTellOffset(PLARGE_INTEGER SectionOffset, ULONG64 Offset)
{
    __try {
        if (SectionOffset != NULL) {
            SectionOffset->QuadPart = (LONGLONG)Offset;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
                                  ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER SectionOffset,
                                  PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PMI_SECTION Section;
    PVOID Base;
    MI_NEW_VIEW View = {.Limit = MiLimitOfZeroBits(ZeroBits),
                        .TopDown = (AllocationType & MEM_TOP_DOWN) != 0,
                        .Protect = Win32Protect};
    UNREFERENCED_PARAMETER(CommitSize); // all of a section is committed
    NTSTATUS Status = MiCaptureRange(BaseAddress, ViewSize, &Base, &View.Size);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (Mode != KernelMode && SectionOffset != NULL) {
            ProbeForWrite(SectionOffset, sizeof(*SectionOffset), sizeof(ULONG));
        }
        View.Offset = SectionOffset != NULL ? (ULONG64)SectionOffset->QuadPart : 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    View.Base = (ULONG_PTR)Base;
    Status = MiCheckView(&View, AllocationType, InheritDisposition);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(SectionHandle, MiViewAccess(Win32Protect), MmSectionObjectType,
                                           Mode, (PVOID *)&Section, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MiMapViewInProcess(Section, ProcessHandle, &View);
    ObfDereferenceObject(Section);
    if (NT_SUCCESS(Status)) {
        MiTellRange(BaseAddress, ViewSize, View.Base, View.Size);
        MiTellOffset(SectionOffset, View.Offset);
    }
    return Status;
}

KI_DEFINE_ZW(MapViewOfSection,
             (HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
              SIZE_T CommitSize, PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
              SECTION_INHERIT InheritDisposition, ULONG AllocationType, ULONG Win32Protect),
             (SectionHandle, ProcessHandle, BaseAddress, ZeroBits, CommitSize, SectionOffset, ViewSize,
              InheritDisposition, AllocationType, Win32Protect))

static NTSTATUS MiUnmapView(PMI_ADDRESS_SPACE Space, ULONG_PTR Base)
{
    PMI_VAD Vad = MiFindVad(Space, Base);
    if (Vad == NULL || (Vad->Kind != MiVadView && !Vad->CopiedView)) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    if (MiIsSecured(Space, Vad->Start, Vad->Pages * PAGE_SIZE, 0)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    MiDeleteVad(Space, Vad);
    return STATUS_SUCCESS;
}

// BaseAddress: anywhere in the view. STATUS_NOT_MAPPED_VIEW. (wdm, ZwUnmapViewOfSection)
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    MI_VIRTUAL_CALL Call;
    if ((ULONG_PTR)BaseAddress > (ULONG_PTR)MmHighestUserAddress) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    NTSTATUS Status = MiBeginVirtualCall(&Call, ProcessHandle, PROCESS_VM_OPERATION);
    if (NT_SUCCESS(Status)) {
        Status = MiUnmapView(Call.Space, (ULONG_PTR)BaseAddress);
        MiEndVirtualCall(&Call);
    }
    return Status;
}

KI_DEFINE_ZW(UnmapViewOfSection, (HANDLE ProcessHandle, PVOID BaseAddress), (ProcessHandle, BaseAddress))

// For drivers, by object. Field knowledge.
NTSTATUS NTAPI MmMapViewOfSection(PVOID SectionObject, PEPROCESS Process, PVOID *BaseAddress,
                                  ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER SectionOffset,
                                  PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Protect)
{
    HANDLE Handle;
    MI_NEW_VIEW View = {.Base = (ULONG_PTR)*BaseAddress,
                        .Size = *ViewSize,
                        .Offset = SectionOffset != NULL ? (ULONG64)SectionOffset->QuadPart : 0,
                        .Limit = MiLimitOfZeroBits(ZeroBits),
                        .TopDown = (AllocationType & MEM_TOP_DOWN) != 0,
                        .Protect = Protect};
    UNREFERENCED_PARAMETER(CommitSize);
    NTSTATUS Status = MiCheckView(&View, AllocationType, InheritDisposition);
    if (NT_SUCCESS(Status)) {
        Status =
            ObOpenObjectByPointer(Process, OBJ_KERNEL_HANDLE, NULL, 0, PsProcessType, KernelMode, &Handle);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MiMapViewInProcess(SectionObject, Handle, &View);
    ZwClose(Handle);
    if (NT_SUCCESS(Status)) {
        *BaseAddress = (PVOID)View.Base;
        *ViewSize = View.Size;
        MiTellOffset(SectionOffset, View.Offset);
    }
    return Status;
}

NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS Process, PVOID BaseAddress)
{
    HANDLE Handle;
    NTSTATUS Status =
        ObOpenObjectByPointer(Process, OBJ_KERNEL_HANDLE, NULL, 0, PsProcessType, KernelMode, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = ZwUnmapViewOfSection(Handle, BaseAddress);
        ZwClose(Handle);
    }
    return Status;
}

NTSTATUS MmMapProcessImage(PEPROCESS Process, PVOID SectionObject, PVOID *Base)
{
    MI_NEW_VIEW View = {.Limit = KM_USER_RANGE_END, .Protect = PAGE_EXECUTE_WRITECOPY};
    KAPC_STATE ApcState;
    KeStackAttachProcess(Process, &ApcState);
    MiLockAddressSpace(Process);
    NTSTATUS Status = MiMapView(MiAddressSpaceOf(Process), SectionObject, &View);
    MiUnlockAddressSpace(Process);
    KeUnstackDetachProcess(&ApcState);
    if (NT_SUCCESS(Status)) {
        *Base = (PVOID)View.Base;
    }
    return Status;
}

// ---- In system space

// Section: an object's address. *ViewSize 0: all of it. STATUS_INVALID_VIEW_SIZE, STATUS_NO_MEMORY. IRQL <=
// APC_LEVEL.
NTSTATUS NTAPI MmMapViewInSystemSpaceEx(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize,
                                        PLARGE_INTEGER SectionOffset, ULONG_PTR Flags)
{
    PMI_SECTION Object = Section;
    SIZE_T First, Pages;
    UCHAR State;
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER_5;
    }
    NTSTATUS Status = MiViewPart(Object, (ULONG64)SectionOffset->QuadPart & ~(MI_ALLOCATION_BYTES - 1),
                                 *ViewSize, &First, &Pages);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PMI_SYSTEM_RANGE Range = MiReserveSystemRange(Pages, MiViewRange, 0);
    if (Range == NULL) {
        return STATUS_NO_MEMORY;
    }
    // Never more than the section's own protection; a system view has no copies.
    MiPageState(Object->Protection & 0xFF, &State);
    if (!MiMapSegment(Object->Segment, Range->Base, First, Pages, MiMachineProtection(State))) {
        MiReleaseSystemRange(Range);
        return STATUS_NO_MEMORY;
    }
    if (MiIsWritableView(Object->Protection)) {
        Object->Segment->Changed = Object->Segment->File != NULL;
        InterlockedIncrement(&Object->Segment->WritableReferences);
    }
    ObfReferenceObject(Section);
    Range->Owner = Section;
    *MappedBase = (PVOID)Range->Base;
    *ViewSize = Pages * PAGE_SIZE;
    SectionOffset->QuadPart = (LONGLONG)(First * PAGE_SIZE);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    LARGE_INTEGER Offset = {.QuadPart = 0};
    return MmMapViewInSystemSpaceEx(Section, MappedBase, ViewSize, &Offset, 0);
}

// STATUS_NOT_MAPPED_VIEW.
NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase)
{
    PMI_SYSTEM_RANGE Range = MiFindSystemRange((ULONG_PTR)MappedBase);
    if (Range == NULL || Range->Kind != MiViewRange) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    PMI_SECTION Section = Range->Owner;
    KeMachine->unmap_memory(Range->Base, Range->Pages * PAGE_SIZE);
    MiReleaseSystemRange(Range);
    if (MiIsWritableView(Section->Protection)) {
        InterlockedDecrement(&Section->Segment->WritableReferences);
    }
    ObfDereferenceObject(Section);
    return STATUS_SUCCESS;
}

// There are no sessions: a session's space is the system's.
NTSTATUS NTAPI MmMapViewInSessionSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    return MmMapViewInSystemSpace(Section, MappedBase, ViewSize);
}

NTSTATUS NTAPI MmUnmapViewInSessionSpace(PVOID MappedBase)
{
    return MmUnmapViewInSystemSpace(MappedBase);
}
