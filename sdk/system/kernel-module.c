// SPDX-License-Identifier: MIT
// Modules of the kernel.
#include "runtime/native.h"

NTSTATUS NTAPI KmKernelModulesTake(PKM_ALLOCATOR Allocator, PKM_KERNEL_MODULES Modules)
{
    const ULONG Before = FIELD_OFFSET(KMP_SYSTEM_MODULES, Modules);
    ULONG Room;
    NTSTATUS Status =
        KmSystemQuery(KmpSystemModuleInformation, Allocator, &Modules->Memory, &Modules->Bytes, NULL);

    Modules->Allocator = Allocator;
    Modules->Count = 0;
    if (NT_SUCCESS(Status)) {
        Room = (Modules->Bytes - Before) / sizeof(KMP_SYSTEM_MODULE);
        Modules->Count = min(((KMP_SYSTEM_MODULES *)Modules->Memory)->NumberOfModules, Room);
    }
    return Status;
}

VOID NTAPI KmKernelModulesFree(PKM_KERNEL_MODULES Modules)
{
    KmFree(Modules->Allocator, Modules->Memory, Modules->Bytes);
    Modules->Memory = NULL;
    Modules->Bytes = 0;
    Modules->Count = 0;
}

BOOLEAN NTAPI KmKernelModuleAt(const KM_KERNEL_MODULES *Modules, ULONG Index, PKM_KERNEL_MODULE Module)
{
    KMP_SYSTEM_MODULE *Source;

    if (Index >= Modules->Count) {
        return FALSE;
    }
    Source = &((KMP_SYSTEM_MODULES *)Modules->Memory)->Modules[Index];
    Source->FullPathName[sizeof(Source->FullPathName) - 1] = '\0';
    Module->Base = Source->ImageBase;
    Module->Bytes = Source->ImageSize;
    Module->Path = Source->FullPathName;
    Module->Name = Source->FullPathName + min(Source->OffsetToFileName, sizeof(Source->FullPathName) - 1);
    return TRUE;
}

static CHAR Lower(CHAR Character)
{
    return Character >= 'A' && Character <= 'Z' ? (CHAR)(Character - 'A' + 'a') : Character;
}

static BOOLEAN IsName(PCSTR First, PCSTR Second)
{
    while (*First != '\0' && Lower(*First) == Lower(*Second)) {
        First++;
        Second++;
    }
    return Lower(*First) == Lower(*Second);
}

BOOLEAN NTAPI KmKernelModuleByName(const KM_KERNEL_MODULES *Modules, PCSTR Name, PKM_KERNEL_MODULE Module)
{
    if (IsName(Name, "ntoskrnl.exe")) {
        return KmKernelModuleAt(Modules, 0, Module);
    }
    for (ULONG Index = 0; KmKernelModuleAt(Modules, Index, Module); Index++) {
        if (IsName(Module->Name, Name)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI KmKernelModuleOf(const KM_KERNEL_MODULES *Modules, const VOID *Address,
                               PKM_KERNEL_MODULE Module)
{
    for (ULONG Index = 0; KmKernelModuleAt(Modules, Index, Module); Index++) {
        if ((ULONG_PTR)Address - (ULONG_PTR)Module->Base < Module->Bytes) {
            return TRUE;
        }
    }
    return FALSE;
}
