// SPDX-License-Identifier: MIT
// kmode build: -I sdk
// The list of a 32-bit loader. kmode has no 32-bit processes, and no memory where their pointers lead: the
// walk is compiled here with a copying that finds it in a table of the test's.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

#define LOW 0x00400000u // where the table is for the walk

#pragma pack(push, 4)
typedef struct LIST32 {
    ULONG Next, Previous;
} LIST32;

// As far as the walk reads them: the structures of Windows' 32-bit loader.
typedef struct ENTRY32 {
    LIST32 LoadOrder, MemoryOrder, InitializationOrder;
    ULONG Base, EntryPoint, Bytes;
    USHORT Length, MaximumLength;
    ULONG Buffer;
    WCHAR Path[40];
} ENTRY32;

typedef struct MEMORY32 {
    ULONG Flags[3], Ldr; // the process environment block
    ULONG Length, Initialized, Handle;
    LIST32 LoadOrder; // PEB_LDR_DATA from Length on
    ENTRY32 Entries[4];
} MEMORY32;
#pragma pack(pop)

static MEMORY32 Memory;
static ULONG Reads;

static NTSTATUS CopyFromTable(PVOID Target, const VOID *Address, SIZE_T Bytes, PSIZE_T Done)
{
    ULONG_PTR Offset = (ULONG_PTR)Address - LOW;

    Reads += 1;
    *Done = 0;
    if (Offset > sizeof(Memory) || Bytes > sizeof(Memory) - Offset) {
        return STATUS_ACCESS_VIOLATION;
    }
    RtlCopyMemory(Target, (PUCHAR)&Memory + Offset, Bytes);
    *Done = Bytes;
    return STATUS_SUCCESS;
}

#include "process/user-memory.h"
#define KmpCopyFromUser CopyFromTable
// NOLINTNEXTLINE(bugprone-suspicious-include): this is what the test is about
#include "../../../sdk/process/module.c"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

#define AT(Member) (LOW + (ULONG)FIELD_OFFSET(MEMORY32, Member))

static const PCWSTR Paths[] = {L"C:\\Games\\game.exe", L"C:\\Windows\\System32\\ntdll.dll", L"wow64cpu.dll",
                               L"C:\\x\\"};

static ULONG AtEntry(ULONG Index)
{
    return AT(Entries) + Index * (ULONG)sizeof(ENTRY32);
}

static void Make(void)
{
    RtlZeroMemory(&Memory, sizeof(Memory));
    Memory.Ldr = AT(Length);
    Memory.LoadOrder.Next = AtEntry(0);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Paths); Index++) {
        ENTRY32 *Entry = &Memory.Entries[Index];
        UNICODE_STRING Path;

        RtlInitUnicodeString(&Path, Paths[Index]);
        Entry->LoadOrder.Next = Index + 1 < RTL_NUMBER_OF(Paths) ? AtEntry(Index + 1) : AT(LoadOrder);
        Entry->Base = 0xF0000000 - Index * 0x100000; // with its highest bit: not to be extended
        Entry->Bytes = 0x5000 + Index;
        Entry->Length = Path.Length;
        Entry->MaximumLength = Path.MaximumLength;
        Entry->Buffer = AtEntry(Index) + (ULONG)FIELD_OFFSET(ENTRY32, Path);
        RtlCopyMemory(Entry->Path, Path.Buffer, Path.Length);
    }
}

static NTSTATUS List(PKM_MODULE_LIST Modules)
{
    return KmProcessModulesOfPeb(PsInitialSystemProcess, (PVOID)(ULONG_PTR)LOW, TRUE, &Test.Allocator,
                                 Modules);
}

static BOOLEAN Is(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(String, &Other, FALSE);
}

static void TestWalk(void)
{
    KM_MODULE_LIST Modules;

    C_ASSERT(FIELD_OFFSET(MEMORY32, Ldr) == 0x0C);
    C_ASSERT(FIELD_OFFSET(MEMORY32, LoadOrder) - FIELD_OFFSET(MEMORY32, Length) == 0x0C);
    C_ASSERT(FIELD_OFFSET(ENTRY32, Base) == 0x18 && FIELD_OFFSET(ENTRY32, Length) == 0x24);
    Make();
    EACH_FAILURE(&Test)
    {
        IS(List(&Modules), Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        IS(Modules.Count, Test.Failed ? 0 : RTL_NUMBER_OF(Paths));
        for (ULONG Index = 0; Index < Modules.Count; Index++) {
            PKM_MODULE Module = &Modules.Modules[Index];

            IS(Module->Base, 0xF0000000 - Index * 0x100000);
            IS(Module->Bytes, 0x5000 + Index);
            OK(Module->Wow64);
            OK(Is(&Module->Path, Paths[Index]));
            OK(KmModuleOf(&Modules, Module->Base) == Module);
            OK(KmModuleOf(&Modules, (PUCHAR)Module->Base + Module->Bytes) != Module);
        }
        if (!Test.Failed) {
            UNICODE_STRING Name = RTL_CONSTANT_STRING(L"NTDLL.DLL");

            OK(Is(&Modules.Modules[0].Name, L"game.exe"));
            OK(Is(&Modules.Modules[2].Name, L"wow64cpu.dll"));
            OK(Is(&Modules.Modules[3].Name, L""));
            OK(KmModuleByName(&Modules, &Name) == &Modules.Modules[1]);
        }
        KmModuleListFree(&Modules);
    }
    IS(Test.Outstanding, 0);
}

static void ExpectNone(NTSTATUS Status)
{
    KM_MODULE_LIST Modules;

    IS(List(&Modules), Status);
    IS(Modules.Count, 0);
    KmModuleListFree(&Modules);
    IS(Test.Outstanding, 0);
}

static void TestWrong(void)
{
    KM_MODULE_LIST Modules;

    Make();
    Memory.Ldr = 0; // still being started
    ExpectNone(STATUS_SUCCESS);
    Make();
    Memory.LoadOrder.Next = AT(LoadOrder); // empty
    ExpectNone(STATUS_SUCCESS);
    Make();
    Memory.Ldr = 0x10;
    ExpectNone(STATUS_ACCESS_VIOLATION);
    Make();
    Memory.Entries[2].LoadOrder.Next = 0xFFFFFFF0;
    ExpectNone(STATUS_ACCESS_VIOLATION);
    Make();
    Memory.Entries[1].Buffer = 0x10;
    ExpectNone(STATUS_ACCESS_VIOLATION);
    Make();
    Memory.Entries[1].Length = MAXUSHORT; // more than is there
    ExpectNone(STATUS_ACCESS_VIOLATION);
    // One that is being unloaded has no base; a list that breaks off ends there.
    Make();
    Memory.Entries[1].Base = 0;
    Memory.Entries[2].LoadOrder.Next = 0;
    IS(List(&Modules), STATUS_SUCCESS);
    IS(Modules.Count, 2);
    OK(Modules.Count == 2 && Is(&Modules.Modules[1].Name, L"wow64cpu.dll"));
    KmModuleListFree(&Modules);
    // Round without its head: ends at the bound.
    Make();
    Memory.Entries[3].LoadOrder.Next = AtEntry(0);
    Reads = 0;
    IS(List(&Modules), STATUS_SUCCESS);
    IS(Modules.Count, KM_MOST_MODULES);
    OK(Reads <= 2 * KM_MOST_MODULES + 2);
    KmModuleListFree(&Modules);
    IS(Test.Outstanding, 0);
    OK(!Test.Misused);
}

TEST_DRIVER(TestWalk, TestWrong)
