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
    // More than a process of kmode has addresses.
    Taken = NULL;
    Bytes = (SIZE_T)68 << 30;
    IS(KmVirtualAllocate(NULL, &Taken, &Bytes, PAGE_READWRITE), STATUS_NO_MEMORY);
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

    IS(KmSectionCreate(&Section, 0), STATUS_INVALID_PARAMETER_4);
    OK(Section.Handle == NULL && Section.Object == NULL);
    KmSectionClose(&Section);
    IS(KmSectionCreate(&Section, PAGE_SIZE), STATUS_SUCCESS);
    IS(KmSectionMapInProcess(&Section, NULL, 5, 0, PAGE_READONLY, &Program), STATUS_MAPPED_ALIGNMENT);
    IS(KmSectionMapInProcess(&Section, NULL, 0, 2 * PAGE_SIZE, PAGE_READONLY, &Program),
       STATUS_INVALID_VIEW_SIZE);
    IS(KmSectionMapInProcess(&Section, NULL, 0x10000, 0, PAGE_READONLY, &Program), STATUS_INVALID_VIEW_SIZE);
    OK(Program.Address == NULL && Program.Process == NULL);
    KmSectionClose(&Section);
    IS(KmSectionCreateFromFile(&Section, (HANDLE)(LONG_PTR)-8, PAGE_READONLY, 0), STATUS_INVALID_HANDLE);
    OK(Section.Handle == NULL);
    IS(KmSectionCreateFromFile(&Section, NtCurrentProcess(), PAGE_READONLY, 0), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmSectionCreateFromImage(&Section, NULL), STATUS_INVALID_FILE_FOR_SECTION);
    IS(KmSectionCreateFromImage(&Section, NtCurrentProcess()), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Section.Handle == NULL && Section.Object == NULL);
}

// A section of more than there is memory, and more views than have room in system space.
static void TestExhausted(void)
{
    static KM_VIEW Views[4096];
    KM_SECTION Section;
    ULONG Count = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    IS(KmSectionCreate(&Section, (ULONG64)1 << 40), STATUS_COMMITMENT_LIMIT);
    OK(Section.Handle == NULL && Section.Object == NULL);
    IS(KmSectionCreate(&Section, 256 << 20), STATUS_SUCCESS);
    while (Count < RTL_NUMBER_OF(Views) &&
           NT_SUCCESS(Status = KmSectionMapInSystem(&Section, &Views[Count]))) {
        Count += 1;
    }
    IS(Status, STATUS_NO_MEMORY);
    OK(Count > 0 && Count < RTL_NUMBER_OF(Views) && Views[Count].Address == NULL);
    while (Count > 0) {
        KmViewUnmap(&Views[--Count]);
    }
    KmSectionClose(&Section);
}

static void TestOpen(void)
{
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KmodeSection");
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size = {.QuadPart = 0x3000};
    HANDLE Handle;
    KM_SECTION Section;
    KM_VIEW View, Other;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)&Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateSection(&Handle, SECTION_ALL_ACCESS, &Attributes, &Size, PAGE_READWRITE, SEC_COMMIT, NULL),
       STATUS_SUCCESS);
    IS(KmSectionOpen(&Section, L"\\basenamedobjects\\kmodesection", SECTION_MAP_READ | SECTION_MAP_WRITE),
       STATUS_SUCCESS);
    IS(Section.Bytes, 0);
    IS(KmSectionMapInSystem(&Section, &View), STATUS_SUCCESS);
    IS(View.Bytes, 0x3000);
    IS(KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READWRITE, &Other), STATUS_SUCCESS);
    ((PUCHAR)View.Address)[0x2FFF] = 7;
    IS(((PUCHAR)Other.Address)[0x2FFF], 7);
    KmViewUnmap(&Other);
    KmViewUnmap(&View);
    ZwClose(Handle);
    KmSectionClose(&Section);
    // The last handle has gone, and the name with it.
    IS(KmSectionOpen(&Section, Name.Buffer, SECTION_MAP_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Section.Handle == NULL && Section.Object == NULL);
    IS(KmSectionOpen(&Section, L"\\None\\KmodeSection", SECTION_MAP_READ), STATUS_OBJECT_PATH_NOT_FOUND);
    IS(KmSectionOpen(&Section, L"KmodeSection", SECTION_MAP_READ), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(KmSectionOpen(&Section, L"\\KernelObjects\\LowMemoryCondition", SECTION_MAP_READ),
       STATUS_OBJECT_TYPE_MISMATCH);
}

// A guard page is a status, once.
static void TestGuardPage(void)
{
    PVOID Memory = NULL;
    SIZE_T Bytes = PAGE_SIZE;
    ULONG Value = 1, Before;
    SIZE_T Done = 1;

    IS(KmVirtualAllocate(NULL, &Memory, &Bytes, PAGE_READWRITE | PAGE_GUARD), STATUS_SUCCESS);
    IS(KmUserRead32((const ULONG *)Memory, &Value), STATUS_GUARD_PAGE_VIOLATION);
    IS(KmUserRead32((const ULONG *)Memory, &Value), STATUS_SUCCESS);
    IS(Value, 0);
    IS(KmVirtualProtect(NULL, Memory, Bytes, PAGE_READWRITE | PAGE_GUARD, &Before), STATUS_SUCCESS);
    IS(KmUserRead(&Value, Memory, sizeof(Value)), STATUS_GUARD_PAGE_VIOLATION);
    IS(KmUserRead(&Value, Memory, sizeof(Value)), STATUS_SUCCESS);
    IS(KmVirtualProtect(NULL, Memory, Bytes, PAGE_READWRITE | PAGE_GUARD, &Before), STATUS_SUCCESS);
    IS(KmProcessRead(PsGetCurrentProcess(), Memory, &Value, sizeof(Value), &Done),
       STATUS_GUARD_PAGE_VIOLATION);
    IS(Done, 0);
    IS(KmProcessRead(PsGetCurrentProcess(), Memory, &Value, sizeof(Value), &Done), STATUS_SUCCESS);
    IS(Done, sizeof(Value));
    IS(KmVirtualFree(NULL, Memory), STATUS_SUCCESS);
}

// Two pages, of which the second cannot be read, and then is.
static void TestRead(void)
{
    static const UCHAR Constant[16] = "constant bytes.";
    UCHAR Buffer[64] = {0};
    PVOID Memory = NULL;
    SIZE_T Bytes = 2 * PAGE_SIZE, Done = 1;
    ULONG Before;
    KIRQL Irql;

    IS(KmVirtualRead(Constant, Buffer, sizeof(Constant), &Done), STATUS_SUCCESS);
    OK(Done == sizeof(Constant) && RtlEqualMemory(Buffer, Constant, sizeof(Constant)));
    IS(KmVirtualRead(NULL, Buffer, 0, &Done), STATUS_SUCCESS);
    IS(Done, 0);
    Done = 1;
    OK(!NT_SUCCESS(KmVirtualRead((PVOID)(ULONG_PTR)16, Buffer, 8, &Done)));
    IS(Done, 0);
    OK(!NT_SUCCESS(KmVirtualRead((PVOID)(ULONG_PTR)0xFFFF900000000000, Buffer, 8, &Done)));
    IS(Done, 0);
    IS(KmVirtualRead((PVOID)(ULONG_PTR)0xFFFFFFFFFFFFFFFC, Buffer, 8, &Done), STATUS_INVALID_ADDRESS);
    IS(Done, 0);
    IS(KmVirtualAllocate(NULL, &Memory, &Bytes, PAGE_READWRITE), STATUS_SUCCESS);
    RtlFillMemory(Memory, Bytes, 0x5A);
    IS(KmVirtualProtect(NULL, (PUCHAR)Memory + PAGE_SIZE, PAGE_SIZE, PAGE_NOACCESS, &Before), STATUS_SUCCESS);
    OK(!NT_SUCCESS(KmVirtualRead((PUCHAR)Memory + PAGE_SIZE - 10, Buffer, 64, &Done)));
    IS(Done, 10);
    OK(Buffer[9] == 0x5A && Buffer[10] == Constant[10]);
    IS(KmVirtualProtect(NULL, (PUCHAR)Memory + PAGE_SIZE, PAGE_SIZE, PAGE_READONLY, &Before), STATUS_SUCCESS);
    KeRaiseIrql(APC_LEVEL, &Irql);
    IS(KmVirtualRead((PUCHAR)Memory + PAGE_SIZE - 10, Buffer, 64, &Done), STATUS_SUCCESS);
    KeLowerIrql(Irql);
    OK(Done == 64 && Buffer[63] == 0x5A);
    IS(KmVirtualFree(NULL, Memory), STATUS_SUCCESS);
    OK(!NT_SUCCESS(KmVirtualRead(Memory, Buffer, 64, &Done)));
    IS(Done, 0);
}

TEST_DRIVER(TestVirtual, TestSection, TestExhausted, TestOpen, TestGuardPage, TestRead)
