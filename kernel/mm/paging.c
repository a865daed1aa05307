// SPDX-License-Identifier: MIT
// Sections of images locked in memory. Nothing is ever paged out; what is counted is what drivers do wrong.
#include "rtl/image.h"

// Parameter 1 of MEMORY_MANAGEMENT. (debugger, "Bug Check 0x1A")
#define MI_UNLOCK_UNLOCKED_SECTION 0x1010
#define MI_LOCK_NO_SECTION         0x1234
#define MI_PROTECT_NO_DRIVER       0x1100 // MmProtectDriverSection's page

static PIMAGE_SECTION_HEADER MiFindSection(ULONG_PTR Address)
{
    ULONG Size;
    PUCHAR Base = MiFindImage(Address, &Size);
    PIMAGE_NT_HEADERS Headers = Base != NULL ? RtlImageNtHeader(Base) : NULL;
    if (Headers == NULL) {
        return NULL;
    }
    PIMAGE_SECTION_HEADER Section = IMAGE_FIRST_SECTION(Headers);
    for (ULONG Index = 0; Index < Headers->FileHeader.NumberOfSections; Index += 1, Section += 1) {
        if (Address - (ULONG_PTR)Base - Section->VirtualAddress < Section->Misc.VirtualSize) {
            return Section;
        }
    }
    return NULL;
}

// A handle is the section's header, which lies in the image.
static volatile LONG *MiSectionLocks(PVOID Handle, ULONG Missing)
{
    ULONG Size;
    PUCHAR Base = MiFindImage((ULONG_PTR)Handle, &Size);
    PIMAGE_NT_HEADERS Headers = Base != NULL ? RtlImageNtHeader(Base) : NULL;
    const ULONG_PTR Offset =
        Headers != NULL ? (ULONG_PTR)Handle - (ULONG_PTR)IMAGE_FIRST_SECTION(Headers) : ~0ULL;
    const ULONG_PTR Index = Offset / sizeof(IMAGE_SECTION_HEADER);
    volatile LONG *Locks = NULL;
    if (Headers != NULL && Offset % sizeof(IMAGE_SECTION_HEADER) == 0 &&
        Index < Headers->FileHeader.NumberOfSections) {
        Locks = MiSectionLockCounts((ULONG_PTR)Base);
    }
    if (Locks == NULL) {
        KeBugCheckEx(MEMORY_MANAGEMENT, Missing, (ULONG_PTR)Handle, 0, 0);
    }
    return &Locks[Index];
}

// IRQL <= APC_LEVEL. A handle of the section that holds the address, locked once more. Bug check
// MEMORY_MANAGEMENT if no loaded image has such a section.
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    PIMAGE_SECTION_HEADER Section = MiFindSection((ULONG_PTR)AddressWithinSection);
    if (Section == NULL) {
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_LOCK_NO_SECTION, (ULONG_PTR)AddressWithinSection, 0, 0);
    }
    InterlockedIncrement(MiSectionLocks(Section, MI_LOCK_NO_SECTION));
    return Section;
}

// IRQL <= APC_LEVEL. Bug check MEMORY_MANAGEMENT: it is no handle.
VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
    InterlockedIncrement(MiSectionLocks(ImageSectionHandle, MI_LOCK_NO_SECTION));
}

// IRQL <= APC_LEVEL. Bug check MEMORY_MANAGEMENT: it is no handle, or of a section that is not locked.
VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    if (InterlockedDecrement(MiSectionLocks(ImageSectionHandle, MI_UNLOCK_UNLOCKED_SECTION)) < 0) {
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_UNLOCK_UNLOCKED_SECTION, (ULONG_PTR)ImageSectionHandle, 0, 0);
    }
}

// IRQL <= APC_LEVEL. The start of the image that holds the address; NULL: none does.
PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection)
{
    ULONG Size;
    return MiFindImage((ULONG_PTR)AddressWithinSection, &Size);
}

// IRQL <= APC_LEVEL. Undoes MmPageEntireDriver: no page has left meanwhile.
VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection)
{
    UNREFERENCED_PARAMETER(AddressWithinSection);
}

// IRQL <= APC_LEVEL. STATUS_INVALID_PARAMETER: an unknown flag, or Size is not 0.
// STATUS_INVALID_PAGE_PROTECTION: the section is executable. STATUS_INVALID_DEVICE_STATE: there is no Virtual
// Secure Mode that could protect it, ever. Bug check MEMORY_MANAGEMENT: no image is there.
NTSTATUS NTAPI MmProtectDriverSection(PVOID AddressWithinSection, SIZE_T Size, ULONG Flags)
{
    if (Size != 0 || Flags & ~MM_PROTECT_DRIVER_SECTION_VALID_FLAGS) {
        return STATUS_INVALID_PARAMETER;
    }
    PIMAGE_SECTION_HEADER Section = MiFindSection((ULONG_PTR)AddressWithinSection);
    if (Section == NULL) {
        KeBugCheckEx(MEMORY_MANAGEMENT, MI_PROTECT_NO_DRIVER, (ULONG_PTR)AddressWithinSection, 0, 0);
    }
    return Section->Characteristics & IMAGE_SCN_MEM_EXECUTE ? STATUS_INVALID_PAGE_PROTECTION
                                                            : STATUS_INVALID_DEVICE_STATE;
}
