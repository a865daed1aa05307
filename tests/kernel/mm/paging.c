// SPDX-License-Identifier: MIT
// Sections locked and unlocked, drivers paged and not.
#include "test.h"

extern UCHAR __ImageBase;

static ULONG Data = 1;
static const ULONG Constant = 1;

static void TestSections(void)
{
    PVOID First = MmLockPagableDataSection(&Data);
    OK(First != NULL);
    IS(MmLockPagableDataSection(&Data), First);
    PVOID Code = MmLockPagableCodeSection((PVOID)(ULONG_PTR)TestSections);
    OK(Code != NULL && Code != First);
    MmLockPagableSectionByHandle(First);
    MmUnlockPagableImageSection(First);
    MmUnlockPagableImageSection(First);
    MmUnlockPagableImageSection(First);
    MmLockPagableSectionByHandle(First); // a handle stays valid
    MmUnlockPagableImageSection(First);
    MmUnlockPagableImageSection(Code);
}

static void TestDriver(void)
{
    IS(MmPageEntireDriver((PVOID)(ULONG_PTR)TestDriver), &__ImageBase);
    MmResetDriverPaging((PVOID)(ULONG_PTR)TestDriver);
    IS(MmPageEntireDriver(NULL), NULL);
}

static void TestProtect(void)
{
    IS(MmProtectDriverSection(&Data, 1, 0), STATUS_INVALID_PARAMETER);
    IS(MmProtectDriverSection(&Data, 0, 0x10), STATUS_INVALID_PARAMETER);
    IS(MmProtectDriverSection((PVOID)(ULONG_PTR)TestProtect, 0, 0), STATUS_INVALID_PAGE_PROTECTION);
    IS(MmProtectDriverSection((PVOID)(ULONG_PTR)&Constant, 0, MM_PROTECT_DRIVER_SECTION_ALLOW_UNLOAD),
       STATUS_INVALID_DEVICE_STATE); // no Virtual Secure Mode
}

TEST_DRIVER(TestSections, TestDriver, TestProtect)
