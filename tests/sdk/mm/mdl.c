// SPDX-License-Identifier: MIT
// Locked pages, their mappings, MDLs of pool and of parts, writing read-only memory.
#include "test.h"
#include <kmode.h>

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'ldMK');
static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'ldMK');

static void TestKernelMemory(void)
{
    PUCHAR Memory = (PUCHAR)KmAlloc(&Paged, 3 * PAGE_SIZE);
    KM_LOCKED_PAGES Pages;
    PVOID Mapping, Again;

    IS(KmLockPages(&Pages, Memory + 100, 2 * PAGE_SIZE, KernelMode, IoWriteAccess), STATUS_SUCCESS);
    IS(MmGetMdlByteCount(Pages.Mdl), 2 * PAGE_SIZE);
    IS(KmMapLockedPages(&Pages, &Mapping), STATUS_SUCCESS);
    IS(KmMapLockedPages(&Pages, &Again), STATUS_SUCCESS);
    OK(Mapping == Again);
    ((PUCHAR)Mapping)[5000] = 7;
    IS(Memory[5100], 7);
    KmUnlockPages(&Pages);
    OK(Pages.Mdl == NULL);
    KmUnlockPages(&Pages);
    KmFree(&Paged, Memory, 3 * PAGE_SIZE);
    IS(KmLockPages(&Pages, Memory, 0, KernelMode, IoReadAccess), STATUS_INVALID_PARAMETER);
    IS(KmLockPages(&Pages, Memory, (SIZE_T)1 << 33, KernelMode, IoReadAccess), STATUS_INVALID_PARAMETER);
    OK(Pages.Mdl == NULL);
}

static void TestUserMemory(void)
{
    PVOID Memory = NULL, Mapping, Shown;
    SIZE_T Bytes = 2 * PAGE_SIZE;
    KM_LOCKED_PAGES Pages;
    KM_GUARD Guard = KmGuardEmpty();

    IS(KmVirtualAllocate(NULL, &Memory, &Bytes, PAGE_READWRITE), STATUS_SUCCESS);
    IS(KmGuardLockedPages(&Guard, &Pages, Memory, Bytes, UserMode, IoWriteAccess), STATUS_SUCCESS);
    IS(KmMapLockedPages(&Pages, &Mapping), STATUS_SUCCESS);
    *(PULONG)Mapping = 0x12345678;
    IS(*(PULONG)Memory, 0x12345678);
    KmGuardEnd(&Guard);
    OK(Pages.Mdl == NULL);

    IS(KmVirtualProtect(NULL, Memory, PAGE_SIZE, PAGE_READONLY, NULL), STATUS_SUCCESS);
    IS(KmLockPages(&Pages, Memory, Bytes, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    OK(Pages.Mdl == NULL);
    IS(KmLockPages(&Pages, Memory, Bytes, UserMode, IoReadAccess), STATUS_SUCCESS);
    KmUnlockPages(&Pages);
    IS(KmVirtualFree(NULL, Memory), STATUS_SUCCESS);
    IS(KmGuardLockedPages(&Guard, &Pages, Memory, Bytes, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    OK(!KmGuardHolds(&Guard));

    // What is the system's, a program sees.
    PULONG Block = (PULONG)KmAlloc(&Pool, PAGE_SIZE);
    Block[0] = 99;
    IS(KmLockPages(&Pages, Block, PAGE_SIZE, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IS(KmLockPages(&Pages, Block, PAGE_SIZE, KernelMode, IoModifyAccess), STATUS_SUCCESS);
    IS(KmMapLockedPagesToUser(&Pages, &Shown), STATUS_SUCCESS);
    OK((ULONG_PTR)Shown < (ULONG_PTR)MmUserProbeAddress);
    IS(*(PULONG)Shown, 99);
    IS(KmMapLockedPagesToUser(&Pages, &Mapping), STATUS_ALREADY_COMMITTED);
    KmUnmapLockedPagesFromUser(&Pages);
    KmUnmapLockedPagesFromUser(&Pages);
    IS(KmMapLockedPagesToUser(&Pages, &Shown), STATUS_SUCCESS);
    KmUnlockPages(&Pages);
    OK(!MmIsAddressValid(Shown));
    KmFree(&Pool, Block, PAGE_SIZE);
}

static void TestMdls(void)
{
    PUCHAR Block = (PUCHAR)KmAlloc(&Pool, 2 * PAGE_SIZE);
    PMDL Mdl, Part;

    IS(KmMdlForNonPagedPool(Block, 2 * PAGE_SIZE, &Mdl), STATUS_SUCCESS);
    OK(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == Block);
    IS(KmMdlForPart(Mdl, 100, 50, &Part), STATUS_SUCCESS);
    IS(MmGetMdlByteCount(Part), 50);
    OK(MmGetMdlVirtualAddress(Part) == Block + 100);
    IoFreeMdl(Part);
    IS(KmMdlForPart(Mdl, 2 * PAGE_SIZE - 1, 1, &Part), STATUS_SUCCESS);
    IoFreeMdl(Part);
    IS(KmMdlForPart(Mdl, 2 * PAGE_SIZE, 1, &Part), STATUS_INVALID_PARAMETER);
    IS(KmMdlForPart(Mdl, 1, 2 * PAGE_SIZE, &Part), STATUS_INVALID_PARAMETER);
    IS(KmMdlForPart(Mdl, 1, MAXULONG, &Part), STATUS_INVALID_PARAMETER);
    IS(KmMdlForPart(Mdl, 1, 0, &Part), STATUS_INVALID_PARAMETER);
    OK(Part == NULL);
    IoFreeMdl(Mdl);
    IS(KmMdlForNonPagedPool(Block, 0, &Mdl), STATUS_INVALID_PARAMETER);
    OK(Mdl == NULL);
    KmFree(&Pool, Block, 2 * PAGE_SIZE);
}

static const volatile ULONG Constants[2] = {1, 2};

static void TestWriteReadOnly(void)
{
    ULONG Value = 77;

    IS(KmWriteReadOnly((PVOID)(ULONG_PTR)&Constants[1], &Value, sizeof(Value)), STATUS_SUCCESS);
    IS(Constants[0], 1);
    IS(Constants[1], 77);
    IS(KmWriteReadOnly((PVOID)(ULONG_PTR)&Constants[1], &Value, 0), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestKernelMemory, TestUserMemory, TestMdls, TestWriteReadOnly)
