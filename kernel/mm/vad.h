// SPDX-License-Identifier: MIT
// The user address space of a process: which ranges of it are allocated, and what of each page. Every process
// has addresses of its own, a slot of the user range, since one Linux process holds them all; the pages of a
// process that no processor is in cannot be accessed.
#ifndef KMODE_MM_VAD_H
#define KMODE_MM_VAD_H

#define MI_USER_SLOT_BYTES  0x1000000000ULL // 64 GB
#define MI_ALLOCATION_BYTES 0x10000ULL      // NT's allocation granularity

// The slots of 32-bit processes lie below 2 GB, in a hole of slot 0, which is the System process's: what is
// asked for below some limit is to be had on both sides.
#define MI_WOW64_RANGE_START 0x40000000ULL
#define MI_WOW64_RANGE_END   0x70000000ULL
#define MI_WOW64_SLOT_BYTES  0x4000000ULL // 64 MB

typedef enum _MI_VAD_KIND {
    MiVadPrivate, // pages of its own
    MiVadMdl,     // MmMapLockedPagesSpecifyCache's
    MiVadView,    // of a section
} MI_VAD_KIND;

// What is known of a page: its PAGE_* protection as an index (MiProtectionOfIndex), and these.
#define MI_PAGE_COMMITTED  0x80
#define MI_PAGE_GUARD      0x40
#define MI_PAGE_NOCACHE    0x20
#define MI_PAGE_COMBINE    0x10 // PAGE_WRITECOMBINE
#define MI_PAGE_PROTECTION 0x0F

typedef struct _MI_VAD {
    LIST_ENTRY Link; // in MI_ADDRESS_SPACE.Vads, by address
    ULONG_PTR Start; // a multiple of MI_ALLOCATION_BYTES
    SIZE_T Pages;
    MI_VAD_KIND Kind;
    ULONG AllocationProtect; // PAGE_*
    ULONG Secured;           // MmSecureVirtualMemory's that hold some of it
    PVOID Owner;             // of a view: its section, referenced; of an MDL: that
    ULONG64 SectionOffset;
    UCHAR *PageStates;
    BOOLEAN CopiedView; // private pages, which began as a view of Owner
} MI_VAD, *PMI_VAD;

typedef struct _MI_ADDRESS_SPACE {
    ULONG_PTR Low, High;         // High: behind the last byte
    ULONG_PTR HoleLow, HoleHigh; // what of it belongs to others; equal: nothing
    LIST_ENTRY Vads;
    KSPIN_LOCK
    Lock; // of Vads and page states, beside the process's AddressSpaceLock for those who change them
    ULONG Slot;
    LONG Processors; // that are in it, under Lock
    SIZE_T CommittedPages;
    LIST_ENTRY Secures; // MI_SECURE
} MI_ADDRESS_SPACE, *PMI_ADDRESS_SPACE;

static inline PMI_ADDRESS_SPACE MiAddressSpaceOf(PEPROCESS Process)
{
    return Process->VadRoot;
}

// ---- Address spaces (mm/address-space.c)

// Gives Process a user address space, empty, within the first 2 GB if Wow64. STATUS_INSUFFICIENT_RESOURCES.
// IRQL < DISPATCH_LEVEL.
NTSTATUS MmCreateProcessAddressSpace(PEPROCESS Process, BOOLEAN Wow64);
// Frees all that is in it: the process's last thread, which calls this, ends. IRQL < DISPATCH_LEVEL.
VOID MmCleanProcessAddressSpace(PEPROCESS Process);
// Takes it away with all that is in it; no thread of the process runs any more. Nothing for a process that
// has none. IRQL < DISPATCH_LEVEL.
VOID MmDeleteProcessAddressSpace(PEPROCESS Process);
// The system process's, at start.
NTSTATUS MiInitializeSystemAddressSpace(VOID);

// Bytes of zeroed memory that Process reads and writes, somewhere. STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT.
// IRQL PASSIVE_LEVEL.
NTSTATUS MmAllocateUserMemory(PEPROCESS Process, SIZE_T Bytes, PULONG_PTR Base);

// The current processor is in the address space of Process from now on, or with NULL in none. The dispatcher
// lock is held.
VOID MiSwitchAddressSpace(PEPROCESS Process);

// ---- Ranges (mm/vad.c). The process's AddressSpaceLock is held, and the current thread is in the process.

VOID MiLockAddressSpace(PEPROCESS Process);
VOID MiUnlockAddressSpace(PEPROCESS Process);

// The one that Address lies in; NULL.
PMI_VAD MiFindVad(PMI_ADDRESS_SPACE Space, ULONG_PTR Address);
// A new one of Pages at Start, or with Start 0 where there is room (from the top with TopDown), below Limit.
// STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS MiCreateVad(PMI_ADDRESS_SPACE Space, ULONG_PTR Start, SIZE_T Pages, BOOLEAN TopDown, ULONG_PTR Limit,
                     MI_VAD_KIND Kind, ULONG AllocationProtect, PMI_VAD *Vad);
// Takes it out of the list and frees it; its pages are no more.
VOID MiDeleteVad(PMI_ADDRESS_SPACE Space, PMI_VAD Vad);
// Notes State of the pages [First, First + Count).
VOID MiSetPageStates(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count, UCHAR State);

// ---- Private pages (mm/virtual-pages.c). As above.

// Commits pages, or changes the protection of those that are. STATUS_COMMITMENT_LIMIT.
NTSTATUS MiCommitPages(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count, UCHAR State);
VOID MiDecommitPages(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count);
// Changes the protection of committed pages.
VOID MiProtectPages(PMI_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count, UCHAR State);
// How the machine protects a page of State.
ULONG MiMachineProtection(UCHAR State);
// The state of a committed page of PAGE_* Protect. FALSE: that is no protection.
BOOLEAN MiPageState(ULONG Protect, PUCHAR State);
// PAGE_* of a state.
ULONG MiProtectOf(UCHAR State);

// A page fault at a user address. TRUE: it was at a guard page, which is none any more. Any IRQL.
BOOLEAN MiTakeGuardPage(ULONG_PTR Address);

// ---- Views of MDLs (mm/user-mapping.c)

// Maps the pages of an MDL into the current process. Raises STATUS_INSUFFICIENT_RESOURCES,
// STATUS_CONFLICTING_ADDRESSES, STATUS_INVALID_PARAMETER. IRQL <= APC_LEVEL.
ULONG_PTR MiMapMdlInUserSpace(PMDL Mdl, ULONG Protection, ULONG_PTR RequestedAddress);
// FALSE: nothing of the MDL is mapped there.
BOOLEAN MiUnmapMdlFromUserSpace(PMDL Mdl, ULONG_PTR Base);

// ---- Secured ranges (mm/secure.c)

// Whether a range is secured against what is asked: freed (Protect 0), or protected as PAGE_* Protect.
BOOLEAN MiIsSecured(PMI_ADDRESS_SPACE Space, ULONG_PTR Start, SIZE_T Bytes, ULONG Protect);
VOID MiFreeSecures(PMI_ADDRESS_SPACE Space);

#endif
