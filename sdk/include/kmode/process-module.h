// SPDX-License-Identifier: MIT
// The modules (program and DLLs) that a process has loaded, as its loader lists them: 64-bit ones, and those
// of a WOW64 process's 32-bit loader.
//
//     PEPROCESS Process = KmProcessCurrent();
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'ludM');
//     KM_MODULE_LIST List;
//     ULONG Index;
//
//     Status = KmProcessModules(Process, &Paged, &List);
//     if (NT_SUCCESS(Status)) {
//         for (Index = 0; Index < List.Count; Index++) {
//             KmInfo("%p %wZ", List.Modules[Index].Base, &List.Modules[Index].Name);
//         }
//         KmModuleListFree(&List);
//     }
//     KmProcessDereference(Process);
//
// The lists are memory of the process, in which any of its threads may write what it likes: what is read of
// them is a hint, for a tool, and no proof, for a guard. A guard registers an image callback
// (<kmode/callbacks.h>).
#ifndef KMODE_PROCESS_MODULE_H
#define KMODE_PROCESS_MODULE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/process-module.h>"
#endif

#include <kmode/process.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One module.
typedef struct KM_MODULE {
    PVOID Base; ///< in the process
    SIZE_T Bytes;
    UNICODE_STRING Path; ///< `C:\Windows\System32\ntdll.dll`
    UNICODE_STRING Name; ///< what is behind its last backslash
    BOOLEAN Wow64;       ///< of the 32-bit loader
} KM_MODULE, *PKM_MODULE;

/// Modules in memory of Allocator.
typedef struct KM_MODULE_LIST {
    PKM_ALLOCATOR Allocator;
    PKM_MODULE Modules;
    ULONG Count;
    ULONG Room;
} KM_MODULE_LIST, *PKM_MODULE_LIST;

/// The most modules that are taken from one loader; a list that goes on, or round, ends there.
#define KM_MOST_MODULES 8192

/// Lists the modules of both loaders in the order in which they were loaded, 64-bit ones first. A process
/// that has no loader's list, as System, or one that is still being started, has none: STATUS_SUCCESS.
/// KmModuleListFree gives them back.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_VIOLATION and the like if the lists lead to memory that is not there
/// (the process may be ending) or not of user mode; STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessModules(_In_ PEPROCESS Process, _In_ PKM_ALLOCATOR Allocator, _Out_ PKM_MODULE_LIST List);

/// The same for the one process environment block at Peb: a 32-bit one if Wow64. Peb NULL: no modules.
///
///     PEPROCESS Process = KmProcessCurrent();
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'ludM');
///     KM_MODULE_LIST List;
///
///     Status = KmProcessModulesOfPeb(Process, KmProcessWow64Peb(Process), TRUE, &Paged, &List);
///     if (NT_SUCCESS(Status)) {
///         KmModuleListFree(&List);
///     }
///     KmProcessDereference(Process);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessModulesOfPeb(_In_ PEPROCESS Process, _In_opt_ PVOID Peb, _In_ BOOLEAN Wow64,
                          _In_ PKM_ALLOCATOR Allocator, _Out_ PKM_MODULE_LIST List);

/// Gives back the memory of a list. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmModuleListFree(_Inout_ PKM_MODULE_LIST List);

/// The first module of that file name, in whatever case; NULL if there is none.
///
///     UNICODE_STRING Name;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'ludM');
///     PEPROCESS Process = KmProcessCurrent();
///     KM_MODULE_LIST List;
///     PKM_MODULE Module;
///
///     RtlInitUnicodeString(&Name, L"ntdll.dll");
///     Status = KmProcessModules(Process, &Paged, &List);
///     KmProcessDereference(Process);
///     if (NT_SUCCESS(Status)) {
///         Module = KmModuleByName(&List, &Name);
///         if (Module != NULL && KmModuleOf(&List, Module->Base) == Module) {
///             KmInfo("ntdll is at %p", Module->Base);
///         }
///         KmModuleListFree(&List);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) PKM_MODULE NTAPI
    KmModuleByName(_In_ const KM_MODULE_LIST *List, _In_ PCUNICODE_STRING Name);

/// The module that Address is in; NULL if it is in none. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) PKM_MODULE NTAPI
    KmModuleOf(_In_ const KM_MODULE_LIST *List, _In_ const VOID *Address);

#ifdef __cplusplus
}
#endif

#endif
