// SPDX-License-Identifier: MIT
// Lookaside lists, of both interfaces: their depth, their own allocate and free routines, what deleting
// frees.
#include "test.h"

#define TAG 'edsL'

// The exports, as a driver finds them that was built for Windows 11: the headers here have them inline.
NTKERNELAPI PVOID NTAPI
ImportedAllocate(PNPAGED_LOOKASIDE_LIST List) __asm__("ExAllocateFromNPagedLookasideList");
NTKERNELAPI VOID NTAPI ImportedFree(PNPAGED_LOOKASIDE_LIST List,
                                    PVOID Entry) __asm__("ExFreeToNPagedLookasideList");
NTKERNELAPI PVOID NTAPI
ImportedAllocatePaged(PPAGED_LOOKASIDE_LIST List) __asm__("ExAllocateFromPagedLookasideList");
NTKERNELAPI VOID NTAPI ImportedFreePaged(PPAGED_LOOKASIDE_LIST List,
                                         PVOID Entry) __asm__("ExFreeToPagedLookasideList");
NTKERNELAPI PVOID NTAPI ImportedAllocateEx(PLOOKASIDE_LIST_EX List) __asm__("ExAllocateFromLookasideListEx");
NTKERNELAPI VOID NTAPI ImportedFreeEx(PLOOKASIDE_LIST_EX List,
                                      PVOID Entry) __asm__("ExFreeToLookasideListEx");

static NPAGED_LOOKASIDE_LIST List;
static PAGED_LOOKASIDE_LIST Paged;
static DECLSPEC_ALIGN(16) LOOKASIDE_LIST_EX Extended;

static void TestNPaged(void)
{
    PVOID Entries[8];
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
    IS(List.L.Size, 100);
    IS(List.L.Tag, TAG);
    IS(List.L.Type, NonPagedPoolNx);
    IS(ExQueryDepthSList(&List.L.ListHead), 0);
    for (ULONG Index = 0; Index < 8; Index += 1) {
        Entries[Index] = ExAllocateFromNPagedLookasideList(&List);
        OK(Entries[Index] != NULL);
        RtlFillMemory(Entries[Index], 100, 0x11);
    }
    IS(List.L.TotalAllocates, 8);
    IS(List.L.AllocateMisses, 8);
    for (ULONG Index = 0; Index < 8; Index += 1) {
        ExFreeToNPagedLookasideList(&List, Entries[Index]);
    }
    IS(List.L.TotalFrees, 8);
    // What the list has no room for went back.
    OK(List.L.Depth > 0 && List.L.Depth < 8);
    IS(ExQueryDepthSList(&List.L.ListHead), List.L.Depth);
    IS(List.L.FreeMisses, 8 - List.L.Depth);
    // Last in, first out.
    IS(ExAllocateFromNPagedLookasideList(&List), Entries[List.L.Depth - 1]);
    IS(List.L.AllocateMisses, 8);
    ExFreeToNPagedLookasideList(&List, Entries[List.L.Depth - 1]);
    ExDeleteNPagedLookasideList(&List);
}

static void TestImported(void)
{
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 32, TAG, 0);
    IS(List.L.Type, NonPagedPool);
    PVOID Entry = ImportedAllocate(&List);
    OK(Entry != NULL);
    ImportedFree(&List, Entry);
    IS(ImportedAllocate(&List), Entry);
    IS(List.L.TotalAllocates, 2);
    IS(List.L.AllocateMisses, 1);
    ImportedFree(&List, Entry);
    IS(List.L.TotalFrees, 2);
    ExDeleteNPagedLookasideList(&List);
}

static void TestPaged(void)
{
    ExInitializePagedLookasideList(&Paged, NULL, NULL, POOL_NX_ALLOCATION, 64, TAG, 0);
    IS(Paged.L.Type, PagedPool);
    PVOID Entry = ExAllocateFromPagedLookasideList(&Paged);
    OK(Entry != NULL);
    ExFreeToPagedLookasideList(&Paged, Entry);
    IS(ImportedAllocatePaged(&Paged), Entry);
    ImportedFreePaged(&Paged, Entry);
    IS(ExQueryDepthSList(&Paged.L.ListHead), 1);
    ExDeletePagedLookasideList(&Paged);
}

// ---- Routines of the caller's

static ULONG Allocated, Freed, LastType, LastTag;
static SIZE_T LastBytes;
static BOOLEAN Fails;

static PVOID NTAPI Allocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    Allocated += 1;
    LastType = (ULONG)PoolType;
    LastBytes = NumberOfBytes;
    LastTag = Tag;
    return Fails ? NULL : ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI Free(PVOID Buffer)
{
    Freed += 1;
    ExFreePoolWithTag(Buffer, TAG);
}

static void TestRoutines(void)
{
    PVOID Entries[6];
    ExInitializeNPagedLookasideList(&List, Allocate, Free,
                                    POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION, 48, TAG, 0);
    for (ULONG Index = 0; Index < 6; Index += 1) {
        Entries[Index] = Index % 2 == 0 ? ExAllocateFromNPagedLookasideList(&List) : ImportedAllocate(&List);
    }
    IS(Allocated, 6);
    IS(LastType, NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE);
    IS(LastBytes, 48);
    IS(LastTag, TAG);
    for (ULONG Index = 0; Index < 6; Index += 1) {
        if (Index % 2 == 0) {
            ExFreeToNPagedLookasideList(&List, Entries[Index]);
        } else {
            ImportedFree(&List, Entries[Index]);
        }
    }
    IS(Freed, 6 - List.L.Depth);
    ExDeleteNPagedLookasideList(&List);
    IS(Freed, 6);
    ExInitializePagedLookasideList(&Paged, Allocate, Free, POOL_RAISE_IF_ALLOCATION_FAILURE, 48, TAG, 0);
    Fails = TRUE;
    OK(ImportedAllocatePaged(&Paged) == NULL);
    IS(LastType, PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE);
    Fails = FALSE;
    ExDeletePagedLookasideList(&Paged);
}

static void TestRaises(void)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_RAISE_IF_ALLOCATION_FAILURE, 0x7FFFFFFF, TAG, 0);
    __try {
        PVOID Entry = ImportedAllocate(&List);
        // There may be that much memory; then this proves nothing, but leaks nothing.
        ImportedFree(&List, Entry);
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_INSUFFICIENT_RESOURCES);
    ExDeleteNPagedLookasideList(&List);
}

static void TestTooSmall(void)
{
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 1, TAG, 0);
    IS(List.L.Size, LOOKASIDE_MINIMUM_BLOCK_SIZE);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);
    ExFreeToNPagedLookasideList(&List, Entry);
    ExDeleteNPagedLookasideList(&List);
}

static void TestMisaligned(void)
{
    static DECLSPEC_ALIGN(16) UCHAR Space[sizeof(LOOKASIDE_LIST_EX) + 16];
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        Status = ExInitializeLookasideListEx((PLOOKASIDE_LIST_EX)(Space + 8), NULL, NULL, NonPagedPoolNx, 0,
                                             32, TAG, 0);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_DATATYPE_MISALIGNMENT);
}

// ---- Extended lists

static PLOOKASIDE_LIST_EX LastList;

static PVOID NTAPI AllocateEx(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                              PLOOKASIDE_LIST_EX Lookaside)
{
    LastList = Lookaside;
    return Allocate(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI FreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    LastList = Lookaside;
    Free(Buffer);
}

static NTSTATUS Initialize(POOL_TYPE PoolType, ULONG Flags)
{
    return ExInitializeLookasideListEx(&Extended, AllocateEx, FreeEx, PoolType, Flags, 40, TAG, 0);
}

static void TestExtendedErrors(void)
{
    IS(Initialize((POOL_TYPE)2, 0), STATUS_INVALID_PARAMETER_4);
    IS(Initialize((POOL_TYPE)-1, 0), STATUS_INVALID_PARAMETER_4);
    IS(Initialize(NonPagedPoolNx, 4), STATUS_INVALID_PARAMETER_5);
    IS(Initialize(NonPagedPoolNx,
                  EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE),
       STATUS_INVALID_PARAMETER_5);
}

static void TestExtendedFlags(void)
{
    static const struct {
        ULONG Flags, Bit;
    } Rows[] = {{0, 0},
                {EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, POOL_RAISE_IF_ALLOCATION_FAILURE},
                {EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE}};
    static const POOL_TYPE Types[] = {NonPagedPoolNx, PagedPool};
    for (ULONG Row = 0; Row < 3; Row += 1) {
        for (ULONG Type = 0; Type < 2; Type += 1) {
            IS(Initialize(Types[Type], Rows[Row].Flags), STATUS_SUCCESS);
            Fails = TRUE;
            OK(ImportedAllocateEx(&Extended) == NULL);
            OK(ExAllocateFromLookasideListEx(&Extended) == NULL);
            Fails = FALSE;
            IS(LastType, (ULONG)Types[Type] | Rows[Row].Bit);
            ExDeleteLookasideListEx(&Extended);
        }
    }
}

static void TestExtended(void)
{
    PVOID Entries[6];
    IS(Initialize(NonPagedPoolNx, 0), STATUS_SUCCESS);
    Allocated = Freed = 0;
    for (ULONG Index = 0; Index < 6; Index += 1) {
        Entries[Index] =
            Index % 2 == 0 ? ExAllocateFromLookasideListEx(&Extended) : ImportedAllocateEx(&Extended);
        OK(Entries[Index] != NULL);
    }
    IS(Allocated, 6);
    OK(LastList == &Extended);
    IS(LastBytes, 40);
    LastList = NULL;
    for (ULONG Index = 0; Index < 6; Index += 1) {
        if (Index % 2 == 0) {
            ExFreeToLookasideListEx(&Extended, Entries[Index]);
        } else {
            ImportedFreeEx(&Extended, Entries[Index]);
        }
    }
    IS(Freed, 6 - Extended.L.Depth);
    OK(LastList == &Extended);
    ExFlushLookasideListEx(&Extended);
    IS(Freed, 6);
    IS(ExQueryDepthSList(&Extended.L.ListHead), 0);
    // It goes on after a flush.
    PVOID Entry = ExAllocateFromLookasideListEx(&Extended);
    ExFreeToLookasideListEx(&Extended, Entry);
    ExDeleteLookasideListEx(&Extended);
    IS(Freed, 7);
}

static void TestExtendedDefaults(void)
{
    IS(ExInitializeLookasideListEx(&Extended, NULL, NULL, PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL,
                                   5000, TAG, 0),
       STATUS_SUCCESS);
    PVOID Entry = ExAllocateFromLookasideListEx(&Extended);
    OK(Entry != NULL);
    ExFreeToLookasideListEx(&Extended, Entry);
    IS(ImportedAllocateEx(&Extended), Entry);
    ImportedFreeEx(&Extended, Entry);
    ExDeleteLookasideListEx(&Extended);
}

TEST_DRIVER(TestNPaged, TestImported, TestPaged, TestRoutines, TestRaises, TestTooSmall, TestMisaligned,
            TestExtendedErrors, TestExtendedFlags, TestExtended, TestExtendedDefaults)
