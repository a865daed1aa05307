// SPDX-License-Identifier: MIT
// Virtual memory of the process that runs, and sections.
#include "test.h"
#include <kmode.h>

static void TestVirtual(void)
{
    PVOID Memory = NULL, Taken;
    SIZE_T Bytes = 100;
    ULONG Before = 0;
    KM_VIRTUAL_REGION Region;

    IS(KmVirtualAllocate(NULL, &Memory, &Bytes, PAGE_READWRITE), STATUS_SUCCESS);
    IS(Bytes, PAGE_SIZE);
    *(PULONG)Memory = 1;
    IS(KmVirtualQuery(NULL, Memory, &Region), STATUS_SUCCESS);
    OK(Region.Base == Memory && Region.AllocationBase == Memory);
    IS(Region.Bytes, PAGE_SIZE);
    IS(Region.State, MEM_COMMIT);
    IS(Region.Protect, PAGE_READWRITE);
    IS(Region.Type, MEM_PRIVATE);
    IS(KmVirtualProtect(NULL, Memory, 1, PAGE_READONLY, &Before), STATUS_SUCCESS);
    IS(Before, PAGE_READWRITE);
    IS(KmVirtualQuery(ZwCurrentProcess(), Memory, &Region), STATUS_SUCCESS);
    IS(Region.Protect, PAGE_READONLY);
    IS(KmVirtualProtect(NULL, Memory, 1, 0x999, NULL), STATUS_INVALID_PAGE_PROTECTION);
    Taken = Memory;
    Bytes = PAGE_SIZE;
    IS(KmVirtualAllocate(NULL, &Taken, &Bytes, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    OK(Taken == NULL);
    IS(KmVirtualFree(NULL, Memory), STATUS_SUCCESS);
    OK(!NT_SUCCESS(KmVirtualFree(NULL, Memory)));
    IS(KmVirtualQuery(NULL, Memory, &Region), STATUS_SUCCESS);
    IS(Region.State, MEM_FREE);
    OK(Region.AllocationBase == NULL);
    OK(!NT_SUCCESS(KmVirtualQuery(NULL, (PVOID)(ULONG_PTR)MmSystemRangeStart, &Region)));
    OK(Region.Base == NULL);
}

static void TestSection(void)
{
    KM_SECTION Section;
    KM_VIEW System, Program, Second;

    IS(KmSectionCreate(&Section, 0x20000), STATUS_SUCCESS);
    IS(Section.Bytes, 0x20000);
    IS(KmSectionMapInSystem(&Section, &System), STATUS_SUCCESS);
    OK((ULONG_PTR)System.Address > (ULONG_PTR)MmUserProbeAddress && System.Process == NULL);
    IS(*(PULONG)System.Address, 0);
    *(PULONG)System.Address = 42;
    ((PUCHAR)System.Address)[0x10000] = 43;
    IS(KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READONLY, &Program), STATUS_SUCCESS);
    IS(*(PULONG)Program.Address, 42);
    IS(Program.Bytes, 0x20000);
    OK(Program.Process == PsGetCurrentProcess());
    IS(KmSectionMapInProcess(&Section, PsInitialSystemProcess, 0x10000, PAGE_SIZE, PAGE_READWRITE, &Second),
       STATUS_SUCCESS);
    IS(*(PUCHAR)Second.Address, 43);
    IS(Second.Bytes, PAGE_SIZE);
    KmSectionClose(&Section);
    KmSectionClose(&Section);
    *(PUCHAR)Second.Address = 44; // views keep the memory
    IS(((PUCHAR)Program.Address)[0x10000], 44);
    KmViewUnmap(&Second);
    KmViewUnmap(&Program);
    KmViewUnmap(&Program);
    OK(Program.Address == NULL);
    KmViewUnmap(&System);

    OK(!NT_SUCCESS(KmSectionCreate(&Section, 0)));
    OK(Section.Handle == NULL && Section.Object == NULL);
    KmSectionClose(&Section);
    IS(KmSectionCreate(&Section, PAGE_SIZE), STATUS_SUCCESS);
    IS(KmSectionMapInProcess(&Section, NULL, 5, 0, PAGE_READONLY, &Program), STATUS_MAPPED_ALIGNMENT);
    OK(Program.Address == NULL && Program.Process == NULL);
    KmSectionClose(&Section);
    OK(!NT_SUCCESS(KmSectionCreateFromFile(&Section, (HANDLE)(LONG_PTR)-8, PAGE_READONLY, 0)));
    OK(Section.Handle == NULL);
}

TEST_DRIVER(TestVirtual, TestSection)
