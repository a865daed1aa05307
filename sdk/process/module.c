// SPDX-License-Identifier: MIT
// The lists of a process's loader. They are any thread's of that process to overwrite while they are read:
// each structure is captured before it is looked at, and the walk is bounded.
#include <ntifs.h>
#include "process/user-memory.h"

#define FIRST_ROOM 16

// Where things are in the structures of the two loaders; they have been there since Windows 2000.
typedef struct LAYOUT {
    UCHAR PointerBytes;
    UCHAR PebLdr;       // in the PEB, a pointer
    UCHAR LdrLoadOrder; // in PEB_LDR_DATA, a LIST_ENTRY
    UCHAR Base;         // in LDR_DATA_TABLE_ENTRY, whose first member is its LIST_ENTRY
    UCHAR Size;
    UCHAR Path;
} LAYOUT;

static const LAYOUT Layout64 = {8, 0x18, 0x10, 0x30, 0x40, 0x48};
static const LAYOUT Layout32 = {4, 0x0C, 0x0C, 0x18, 0x20, 0x24};

// Enough of an entry, up to the path's UNICODE_STRING.
#define ENTRY_BYTES 0x58

static ULONG_PTR PointerAt(const LAYOUT *Layout, const UCHAR *Structure, ULONG Offset)
{
    ULONG64 Value = 0;

    RtlCopyMemory(&Value, Structure + Offset, Layout->PointerBytes);
    return (ULONG_PTR)Value;
}

static NTSTATUS ReadPointer(const LAYOUT *Layout, ULONG_PTR Address, ULONG_PTR *Pointer)
{
    UCHAR Buffer[8];
    SIZE_T Done;
    NTSTATUS Status = KmpCopyFromUser(Buffer, (PVOID)Address, Layout->PointerBytes, &Done);

    *Pointer = NT_SUCCESS(Status) ? PointerAt(Layout, Buffer, 0) : 0;
    return Status;
}

static NTSTATUS MakeRoom(PKM_MODULE_LIST List)
{
    ULONG Room = List->Room != 0 ? List->Room * 2 : FIRST_ROOM;
    PKM_MODULE Modules;

    if (List->Count < List->Room) {
        return STATUS_SUCCESS;
    }
    Modules = (PKM_MODULE)KmRealloc(List->Allocator, List->Modules, List->Room * sizeof(*Modules),
                                    Room * sizeof(*Modules));
    if (Modules == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    List->Modules = Modules;
    List->Room = Room;
    return STATUS_SUCCESS;
}

// The string whose UNICODE_STRING has been captured at Path.
static NTSTATUS CapturePath(const LAYOUT *Layout, const UCHAR *Path, PKM_ALLOCATOR Allocator,
                            PUNICODE_STRING Text)
{
    SIZE_T Done;
    USHORT Length;
    NTSTATUS Status;

    RtlZeroMemory(Text, sizeof(*Text));
    RtlCopyMemory(&Length, Path, sizeof(Length));
    Length = min(Length & ~1, MAXUSHORT - 3);
    Text->Buffer = (PWCH)KmAlloc(Allocator, Length + sizeof(WCHAR));
    if (Text->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Text->Length = Length;
    Text->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    Status =
        KmpCopyFromUser(Text->Buffer, (PVOID)PointerAt(Layout, Path, Layout->PointerBytes), Length, &Done);
    if (!NT_SUCCESS(Status)) {
        KmUnicodeFree(Allocator, Text);
    }
    return Status;
}

static NTSTATUS AddModule(const LAYOUT *Layout, const UCHAR *Entry, PKM_MODULE_LIST List)
{
    PKM_MODULE Module;
    ULONG Size;
    NTSTATUS Status = MakeRoom(List);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Module = &List->Modules[List->Count];
    Status = CapturePath(Layout, Entry + Layout->Path, List->Allocator, &Module->Path);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlCopyMemory(&Size, Entry + Layout->Size, sizeof(Size));
    Module->Base = (PVOID)PointerAt(Layout, Entry, Layout->Base);
    Module->Bytes = Size;
    Module->Wow64 = Layout == &Layout32;
    KmUnicodeFileName(&Module->Path, &Module->Name);
    List->Count++;
    return STATUS_SUCCESS;
}

// In the process.
static NTSTATUS Walk(const LAYOUT *Layout, ULONG_PTR Peb, PKM_MODULE_LIST List)
{
    UCHAR Entry[ENTRY_BYTES];
    ULONG_PTR Ldr, Head, Next;
    SIZE_T Done;
    ULONG Count;
    NTSTATUS Status = ReadPointer(Layout, Peb + Layout->PebLdr, &Ldr);

    // The loader of a process that is just being started has made none yet.
    if (!NT_SUCCESS(Status) || Ldr == 0) {
        return Status;
    }
    Head = Ldr + Layout->LdrLoadOrder;
    Status = ReadPointer(Layout, Head, &Next);
    for (Count = 0; NT_SUCCESS(Status) && Next != Head && Next != 0 && Count < KM_MOST_MODULES; Count++) {
        Status = KmpCopyFromUser(Entry, (PVOID)Next, (SIZE_T)Layout->Path + 2 * Layout->PointerBytes, &Done);
        if (NT_SUCCESS(Status) && PointerAt(Layout, Entry, Layout->Base) != 0) {
            Status = AddModule(Layout, Entry, List);
        }
        if (NT_SUCCESS(Status)) {
            Next = PointerAt(Layout, Entry, 0);
        }
    }
    return Status;
}

C_ASSERT(ENTRY_BYTES == 0x48 + 2 * 8);

static NTSTATUS AddModulesOfPeb(PEPROCESS Process, PVOID Peb, BOOLEAN Wow64, PKM_MODULE_LIST List)
{
    KM_ATTACH Attach;
    NTSTATUS Status;

    if (Peb == NULL) {
        return STATUS_SUCCESS;
    }
    KmAttachBegin(&Attach, Process);
    Status = Walk(Wow64 || sizeof(PVOID) == 4 ? &Layout32 : &Layout64, (ULONG_PTR)Peb, List);
    KmAttachEnd(&Attach);
    return Status;
}

NTSTATUS NTAPI KmProcessModulesOfPeb(PEPROCESS Process, PVOID Peb, BOOLEAN Wow64, PKM_ALLOCATOR Allocator,
                                     PKM_MODULE_LIST List)
{
    NTSTATUS Status;

    RtlZeroMemory(List, sizeof(*List));
    List->Allocator = Allocator;
    Status = AddModulesOfPeb(Process, Peb, Wow64, List);
    if (!NT_SUCCESS(Status)) {
        KmModuleListFree(List);
    }
    return Status;
}

NTSTATUS NTAPI KmProcessModules(PEPROCESS Process, PKM_ALLOCATOR Allocator, PKM_MODULE_LIST List)
{
    NTSTATUS Status = KmProcessModulesOfPeb(Process, KmProcessPeb(Process), FALSE, Allocator, List);

    if (NT_SUCCESS(Status)) {
        Status = AddModulesOfPeb(Process, KmProcessWow64Peb(Process), TRUE, List);
        if (!NT_SUCCESS(Status)) {
            KmModuleListFree(List);
        }
    }
    return Status;
}

VOID NTAPI KmModuleListFree(PKM_MODULE_LIST List)
{
    while (List->Count != 0) {
        KmUnicodeFree(List->Allocator, &List->Modules[--List->Count].Path);
    }
    KmFree(List->Allocator, List->Modules, List->Room * sizeof(*List->Modules));
    List->Modules = NULL;
    List->Room = 0;
}

PKM_MODULE NTAPI KmModuleByName(const KM_MODULE_LIST *List, PCUNICODE_STRING Name)
{
    for (ULONG Index = 0; Index < List->Count; Index++) {
        if (RtlEqualUnicodeString(&List->Modules[Index].Name, Name, TRUE)) {
            return &List->Modules[Index];
        }
    }
    return NULL;
}

PKM_MODULE NTAPI KmModuleOf(const KM_MODULE_LIST *List, const VOID *Address)
{
    for (ULONG Index = 0; Index < List->Count; Index++) {
        if ((ULONG_PTR)Address - (ULONG_PTR)List->Modules[Index].Base < List->Modules[Index].Bytes) {
            return &List->Modules[Index];
        }
    }
    return NULL;
}
