// SPDX-License-Identifier: MIT
// kmode build: -I sdk
// What the SDK does where nothing newer than Windows 7 is exported: its sources, compiled here with a search
// that finds nothing else.
#include "test.h"
#include <kmode.h>
#include "runtime/system-routine.h"

// Of all that is looked for below, the routines beneath push locks alone were there; their names begin with
// Exf.
static PVOID FindOnWindows7(KMP_SYSTEM_ROUTINE *Routine)
{
    return Routine->Name[2] == L'f' ? KmpFindSystemRoutine(Routine) : NULL;
}

#define KmpFindSystemRoutine       FindOnWindows7
#define KmpIsWindows(Major, Minor) ((Major) < 6 || ((Major) == 6 && (Minor) <= 1))

// NOLINTBEGIN(bugprone-suspicious-include): this is what the test is about
#include "../../../sdk/ex/code-integrity.c"
#include "../../../sdk/ke/push-lock.c"
#include "../../../sdk/ke/time.c"
#include "../../../sdk/mm/locked-pages.c"
#include "../../../sdk/mm/physical-copy.c"
#include "../../../sdk/mm/physical-map.c"
#include "../../../sdk/mm/virtual-memory.c"
#include "../../../sdk/mm/virtual-read.c"
// NOLINTEND(bugprone-suspicious-include)

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, '7niW');

static void TestPushLock(void)
{
    KM_PUSH_LOCK Lock = {1};
    KM_GUARD Guard = KmGuardEmpty();

    IS(KmPushLockInitialize(&Lock), STATUS_SUCCESS);
    KmGuardPushLockShared(&Guard, &Lock);
    OK(Lock.Value != 0 && KeAreApcsDisabled());
    KmGuardEnd(&Guard);
    OK(Lock.Value == 0 && !KeAreApcsDisabled());
    KmGuardPushLockExclusive(&Guard, &Lock);
    OK(Lock.Value != 0);
    KmGuardEnd(&Guard);
    OK(Lock.Value == 0);
}

static void TestTime(void)
{
    LARGE_INTEGER Before, After;

    KeQuerySystemTime(&Before);
    LONG64 Now = KmTimeNow();
    KeQuerySystemTime(&After);
    OK(Now >= Before.QuadPart && Now <= After.QuadPart);
    OK(KmTimeSinceStartPrecise() <= KmTimeSinceStart());
}

static void TestPhysical(void)
{
    PUCHAR Block = (PUCHAR)KmAlloc(&Pool, 2 * PAGE_SIZE);
    UCHAR Read[16];
    ULONG64 Physical;
    SIZE_T Done;
    PVOID Mapping;
    KIRQL OldIrql;

    RtlFillMemory(Block, 2 * PAGE_SIZE, 9);
    IS(KmPhysicalOf(Block, &Physical), STATUS_SUCCESS);
    IS(KmPhysicalRead(Physical, Read, sizeof(Read), &Done), STATUS_SUCCESS);
    OK(Done == sizeof(Read) && Read[15] == 9);
    IS(KmPhysicalRead(Physical, Read, 0, &Done), STATUS_SUCCESS);
    IS(KmPhysicalRead(0x000FFFFFFFFF0000ULL, Read, 1, &Done), STATUS_INVALID_ADDRESS);
    IS(Done, 0);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    NTSTATUS Raised = KmPhysicalRead(Physical, Read, sizeof(Read), &Done);
    KeLowerIrql(OldIrql);
    IS(Raised, STATUS_NOT_SUPPORTED);
    IS(KmPhysicalMap(Physical, PAGE_SIZE, MmCached, &Mapping), STATUS_SUCCESS);
    IS(*(PUCHAR)Mapping, 9);
    KmPhysicalUnmap(Mapping, PAGE_SIZE);
    // Virtual memory is read by its pages' physical addresses.
    ((PUCHAR)Block)[PAGE_SIZE] = 8;
    IS(KmVirtualRead((PUCHAR)Block + PAGE_SIZE - 15, Read, sizeof(Read), &Done), STATUS_SUCCESS);
    OK(Done == sizeof(Read) && Read[14] == 9 && Read[15] == 8);
    IS(KmVirtualRead((PVOID)(ULONG_PTR)16, Read, sizeof(Read), &Done), STATUS_INVALID_ADDRESS);
    IS(Done, 0);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    Raised = KmVirtualRead(Block, Read, sizeof(Read), &Done);
    KeLowerIrql(OldIrql);
    IS(Raised, STATUS_NOT_SUPPORTED);
    KmFree(&Pool, Block, 2 * PAGE_SIZE);
}

static void TestLockedPages(void)
{
    PULONG Block = (PULONG)KmAlloc(&Pool, PAGE_SIZE);
    KM_LOCKED_PAGES Pages;
    PVOID Mapping;

    IS(KmLockPages(&Pages, Block, PAGE_SIZE, KernelMode, IoModifyAccess), STATUS_SUCCESS);
    IS(KmMapLockedPages(&Pages, &Mapping), STATUS_SUCCESS);
    *(PULONG)Mapping = 4;
    IS(*Block, 4);
    KmUnlockPages(&Pages);
    KmFree(&Pool, Block, PAGE_SIZE);
}

static void TestAbsent(void)
{
    KM_CODE_INTEGRITY Integrity = {TRUE, TRUE, TRUE};
    KM_VIRTUAL_REGION Region = {.Bytes = 1};
    BOOLEAN Secure = TRUE;
    ULONG Before = 1;

    IS(KmVirtualProtect(NULL, NULL, 1, PAGE_READONLY, &Before), STATUS_NOT_SUPPORTED);
    IS(Before, 0);
    IS(KmVirtualQuery(NULL, NULL, &Region), STATUS_NOT_SUPPORTED);
    IS(Region.Bytes, 0);
    IS(KmCodeIntegrityQuery(&Integrity), STATUS_NOT_SUPPORTED);
    OK(!Integrity.Enabled && !Integrity.TestSigning && !Integrity.Hvci);
    IS(KmSecureBootQuery(&Secure), STATUS_NOT_SUPPORTED);
    OK(!Secure);
}

TEST_DRIVER(TestPushLock, TestTime, TestPhysical, TestLockedPages, TestAbsent)
