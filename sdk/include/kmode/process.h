// SPDX-License-Identifier: MIT
// Processes: found, referenced, opened, attached to; what they are, and their memory.
//
//     UNICODE_STRING Name, Path;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'corP');
//     PEPROCESS Process;
//
//     RtlInitUnicodeString(&Name, L"lsass.exe");
//     Status = KmProcessByName(&Name, &Paged, &Process);
//     if (!NT_SUCCESS(Status)) {
//         return Status;
//     }
//     Status = KmProcessImagePath(Process, &Paged, &Path);
//     if (NT_SUCCESS(Status)) {
//         KmInfo("%wZ, child of %lu", &Path, HandleToULong(KmProcessParentId(Process)));
//         KmUnicodeFree(&Paged, &Path);
//     }
//     KmProcessDereference(Process);
//
// Every PEPROCESS that a routine here gives is referenced: KmProcessDereference it once. One that a notify
// routine is passed is referenced for as long as that runs. A reference keeps the object, not the process: it
// may have ended (KmProcessHasExited), and may end at any time.
#ifndef KMODE_PROCESS_H
#define KMODE_PROCESS_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/process.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/guard.h>
#include <kmode/unicode.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Finding and holding

/// The process of an id, referenced; one that has ended too, while others hold a reference.
/// STATUS_INVALID_PARAMETER: there is none.
///
///     PEPROCESS Process;
///
///     Status = KmProcessById(PsGetCurrentProcessId(), &Process);
///     if (NT_SUCCESS(Status)) {
///         KmProcessReference(Process);
///         KmProcessDereference(Process);
///         KmProcessDereference(Process);
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessById(_In_ HANDLE Id, _Out_ PEPROCESS *Process);

/// The first process whose image has that file name, `lsass.exe`, in whatever case: referenced.
/// STATUS_NOT_FOUND: there is none; STATUS_INSUFFICIENT_RESOURCES: Allocator, whose memory is back already at
/// the return. A name proves nothing: any program may have it.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessByName(_In_ PCUNICODE_STRING Name, _In_ PKM_ALLOCATOR Allocator, _Out_ PEPROCESS *Process);

/// Processes, referenced, in memory of Allocator.
typedef struct KM_PROCESS_LIST {
    PKM_ALLOCATOR Allocator;
    PEPROCESS *Processes;
    ULONG Count;
    ULONG Room;
} KM_PROCESS_LIST, *PKM_PROCESS_LIST;

/// All processes whose image has that file name; all there are if Name is NULL, but for the idle process. No
/// match is STATUS_SUCCESS, and Count 0. KmProcessListFree dereferences them. STATUS_INSUFFICIENT_RESOURCES.
///
///     UNICODE_STRING Name;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'corP');
///     KM_PROCESS_LIST List;
///
///     RtlInitUnicodeString(&Name, L"svchost.exe");
///     Status = KmProcessesByName(&Name, &Paged, &List);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("%lu of them", List.Count);
///         KmProcessListFree(&List);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessesByName(_In_opt_ PCUNICODE_STRING Name, _In_ PKM_ALLOCATOR Allocator,
                      _Out_ PKM_PROCESS_LIST List);

/// Dereferences the processes of a list, and gives back its memory. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmProcessListFree(_Inout_ PKM_PROCESS_LIST List);

/// The process that the current thread is attached to, else its own; referenced, as all of them.
///
///     PEPROCESS Process = KmProcessCurrent();
///
///     KmInfo("process %p", Process);
///     KmProcessDereference(Process);
_IRQL_requires_max_(DISPATCH_LEVEL) PEPROCESS NTAPI KmProcessCurrent(VOID);

/// One reference more.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmProcessReference(_In_ PEPROCESS Process);

/// One reference less: the process is not to be used any more by whom it was counted for.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmProcessDereference(_In_ PEPROCESS Process);

/// Opens a kernel handle to a process, for routines that want one; ZwClose it. No access check is made.
/// Access: PROCESS_... rights.
///
///     PEPROCESS Process = KmProcessCurrent();
///     HANDLE Handle;
///
///     Status = KmProcessOpen(Process, GENERIC_READ, &Handle);
///     KmProcessDereference(Process);
///     if (NT_SUCCESS(Status)) {
///         ZwClose(Handle);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessOpen(_In_ PEPROCESS Process, _In_ ACCESS_MASK Access, _Out_ PHANDLE Handle);

// ---- What a process is

/// The id of the process that created it, which may be gone, and its id another's: NULL if that cannot be
/// told.
_IRQL_requires_max_(PASSIVE_LEVEL) HANDLE NTAPI KmProcessParentId(_In_ PEPROCESS Process);

/// The session it runs in; STATUS_NOT_FOUND if it is in none.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessSessionId(_In_ PEPROCESS Process, _Out_ PULONG SessionId);

/// When it was created: in 100 ns since 1601, UTC. Any IRQL.
_IRQL_requires_max_(HIGH_LEVEL) LONGLONG NTAPI KmProcessCreateTime(_In_ PEPROCESS Process);

/// Whether all of its threads have ended.
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI KmProcessHasExited(_In_ PEPROCESS Process);

/// Its exit status; STATUS_PENDING (0x103) while it runs, unless a program has chosen just that.
///
///     PEPROCESS Process = KmProcessCurrent();
///     BOOLEAN Protected;
///     ULONG Session;
///
///     if (!KmProcessHasExited(Process) && KmProcessExitStatus(Process) == STATUS_PENDING) {
///         KmInfo("runs since %I64d", KmProcessCreateTime(Process));
///     }
///     if (NT_SUCCESS(KmProcessSessionId(Process, &Session))) {
///         KmInfo("session %lu", Session);
///     }
///     if (NT_SUCCESS(KmProcessIsProtected(Process, &Protected))) {
///         KmInfo("%s, %s", Protected ? "protected" : "not protected", KmProcessIsWow64(Process) ? "32" :
///         "64");
///     }
///     KmProcessDereference(Process);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI KmProcessExitStatus(_In_ PEPROCESS Process);

/// Whether it is a protected process or a protected process light.
///
/// Microsoft documents no routine for this: it asks PsIsProtectedProcess (Windows 7 and later) and
/// PsIsProtectedProcessLight (8.1 and later). STATUS_NOT_SUPPORTED where there is neither.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessIsProtected(_In_ PEPROCESS Process, _Out_ PBOOLEAN Protected);

/// Whether it runs a 32-bit program on a 64-bit system.
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN NTAPI KmProcessIsWow64(_In_ PEPROCESS Process);

/// The NT path of its image, `\Device\HarddiskVolume3\Windows\explorer.exe`, which the caller gives back by
/// KmUnicodeFree. Asks SeLocateProcessImageName, and ZwQueryInformationProcess where that is missing or does
/// not know. STATUS_NOT_FOUND: it has none (System); STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessImagePath(_In_ PEPROCESS Process, _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Path);

/// The file name of its image, `explorer.exe`; "System" for the System process. As KmProcessImagePath.
///
///     PEPROCESS Process = KmProcessCurrent();
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'corP');
///     UNICODE_STRING Name;
///
///     Status = KmProcessImageName(Process, &Paged, &Name);
///     KmProcessDereference(Process);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("I run in %wZ", &Name);
///         KmUnicodeFree(&Paged, &Name);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessImageName(_In_ PEPROCESS Process, _In_ PKM_ALLOCATOR Allocator, _Out_ PUNICODE_STRING Name);

/// The address of its process environment block, in its memory. NULL: it has none (System).
_IRQL_requires_max_(PASSIVE_LEVEL) PVOID NTAPI KmProcessPeb(_In_ PEPROCESS Process);

/// The address of the 32-bit one that a WOW64 process has besides. NULL: it has none.
///
///     PEPROCESS Process = KmProcessCurrent();
///
///     KmInfo("%p %p", KmProcessPeb(Process), KmProcessWow64Peb(Process));
///     KmProcessDereference(Process);
_IRQL_requires_max_(PASSIVE_LEVEL) PVOID NTAPI KmProcessWow64Peb(_In_ PEPROCESS Process);

// ---- Its address space

/// The current thread in another process's address space. Its members belong to the routines below.
typedef struct KM_ATTACH {
    PVOID ApcState[8];
} KM_ATTACH, *PKM_ATTACH;

/// Puts the current thread into Process's address space until KmAttachEnd, by the same thread. Handles
/// without OBJ_KERNEL_HANDLE are that process's meanwhile; its memory may be bad at any time, so touch it
/// under __try. Attachments nest. Process must be referenced for as long.
///
///     PEPROCESS Process = KmProcessCurrent();
///     KM_ATTACH Attach;
///
///     KmAttachBegin(&Attach, Process);
///     KmInfo("in process %p", PsGetCurrentProcess());
///     KmAttachEnd(&Attach);
///     KmProcessDereference(Process);
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmAttachBegin(_Out_ PKM_ATTACH Attach, _In_ PEPROCESS Process);

/// Takes the current thread back.
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmAttachEnd(_Inout_ PKM_ATTACH Attach);

/// As KmAttachBegin, until the guard's end; Attach, whose members stay the SDK's, lives as long. A structured
/// exception that leaves the block must not be handled outside of it, where the guard has not ended
/// (<kmode/guard.h>).
///
///     static VOID ShowBoth(PEPROCESS Process)
///     {
///         KM_GUARD Guard = KmGuardEmpty();
///         KM_ATTACH Attach;
///
///         KmGuardAttach(&Guard, &Attach, Process);
///         KmInfo("attached to %p", PsGetCurrentProcess());
///         KmGuardEnd(&Guard);
///     }
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardAttach(_Out_ PKM_GUARD Guard, _Out_ PKM_ATTACH Attach, _In_ PEPROCESS Process);

/// A scoped guard of that kind: attaches to a process until the end of the block that it stands in. IRQL <=
/// APC_LEVEL, there and at the block's end. Statements: not the body of an `if` without braces.
///
///     static VOID ShowPeb(PEPROCESS Process)
///     {
///         KM_SCOPE {
///             KmScopedAttach(Process);
///             KmInfo("attached to %p", PsGetCurrentProcess());
///         }
///         KM_SCOPE_END
///     }
#define KmScopedAttach(Process)          KMP_SCOPED_ATTACH(KMP_UNIQUE(KmpScopedAttach), Process)
#define KMP_SCOPED_ATTACH(Name, Process) KMP_SCOPED_ATTACH_(Name, Process)
#define KMP_SCOPED_ATTACH_(Name, Process)                                                                    \
    KM_ATTACH Name##State;                                                                                   \
    KmScopedGuard(Name);                                                                                     \
    KmGuardAttach(Name, &Name##State, (Process))

/// Copies Bytes from Address of the process to Buffer, which is system memory. *Done (may be NULL) is how
/// many were copied: all, or those before the page that could not be read. Address may be anything; memory
/// that does not belong to user mode is never touched.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_VIOLATION, or what else reading raises (STATUS_GUARD_PAGE_VIOLATION,
/// STATUS_IN_PAGE_ERROR).
///
///     PEPROCESS Process = KmProcessCurrent();
///     UCHAR Buffer[16];
///     SIZE_T Done;
///
///     Status = KmProcessRead(Process, KmProcessPeb(Process), Buffer, sizeof(Buffer), &Done);
///     if (NT_SUCCESS(Status)) {
///         Status = KmProcessWrite(Process, KmProcessPeb(Process), Buffer, 1, NULL);
///     }
///     KmProcessDereference(Process);
///     KmInfo("%I64u bytes, 0x%08lX", (ULONG64)Done, Status);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessRead(_In_ PEPROCESS Process, _In_ const VOID *Address, _Out_writes_bytes_(Bytes) PVOID Buffer,
                  _In_ SIZE_T Bytes, _Out_opt_ PSIZE_T Done);

/// Copies Bytes from Buffer, which is system memory, to Address of the process, as KmProcessRead. Pages that
/// the process itself may not write are not written.
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessWrite(_In_ PEPROCESS Process, _In_ PVOID Address, _In_reads_bytes_(Bytes) const VOID *Buffer,
                   _In_ SIZE_T Bytes, _Out_opt_ PSIZE_T Done);

#ifdef __cplusplus
}
#endif

#endif
