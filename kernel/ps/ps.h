// SPDX-License-Identifier: MIT
// Process structure: processes, threads above the dispatcher's, and the requests of the world outside.
#ifndef KMODE_PS_H
#define KMODE_PS_H

#include "ps/process.h"

#define NORMAL_PRIORITY 8

// ---- Client ids (ps/cid.c): all at IRQL <= APC_LEVEL

NTSTATUS PspInitializeCids(VOID);
// A number for Object, a process or thread, until PspFreeCid. NULL: no memory.
HANDLE PspAllocateCid(PVOID Object);
VOID PspFreeCid(HANDLE Id);
// The object of that number and type, referenced; NULL if there is none.
PVOID PspReferenceCid(HANDLE Id, POBJECT_TYPE Type);
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS *Process, PETHREAD *Thread);

// ---- Processes (ps/process.c)

extern LIST_ENTRY PsActiveProcessHead; // EPROCESS.ActiveProcessLinks
extern EX_PUSH_LOCK PspActiveProcessLock;

// Makes the process in which the kernel's own threads live. Once, first of all.
VOID PspInitializeSystemProcess(VOID);
// Makes its type, and it an object. Once, after ob.
NTSTATUS PspInitializeProcesses(VOID);

// Makes a process without threads, a child of Parent, that runs ImagePath, an NT path. CommandLine may be
// empty. A process of a 32-bit image is one of 32 bits; Wow64: without a file, too. *Process has one
// reference for the caller; what ObCreateObject and PspOpenProcessImage return, STATUS_OBJECT_NAME_INVALID,
// STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_IMAGE_FORMAT: Wow64, but the image is not. IRQL
// PASSIVE_LEVEL.
NTSTATUS PspCreateProcess(PEPROCESS Parent, PCUNICODE_STRING ImagePath, PCUNICODE_STRING CommandLine,
                          ULONG64 User, BOOLEAN Wow64, PEPROCESS *Process);
// The last thread of Process, the current one, ends: drivers are told; then, in PspEndProcess, handles are
// closed and the process is signaled. IRQL PASSIVE_LEVEL.
VOID PspBeginProcessExit(PEPROCESS Process, NTSTATUS ExitStatus);
VOID PspEndProcess(PEPROCESS Process);

// Asks every thread of Process to end; the current one, if it is among them, is to end by itself afterwards.
// STATUS_PROCESS_IS_TERMINATING if it has ended already. IRQL PASSIVE_LEVEL.
NTSTATUS PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus);

// ---- Images of processes (ps/process-image.c): all at IRQL PASSIVE_LEVEL

// Opens the file at ImagePath, which Process is to run, as an image section: ImageFilePointer and
// SectionObject, which stay NULL where there is no such file. What opening it and MmCreateSection return.
NTSTATUS PspOpenProcessImage(PEPROCESS Process, PCUNICODE_STRING ImagePath);
// Maps it, and the volume's ntdll.dll, if it has one, into Process; into a 32-bit one that of SysWOW64, too.
// What MmCreateSection and MmMapProcessImage return.
NTSTATUS PspMapProcessImages(PEPROCESS Process);
// Tells drivers of them, once: the current thread, one of Process, is about to go to user mode for the first
// time.
VOID PspNotifyProcessImages(PEPROCESS Process);
// Gives back what the first two have taken.
VOID PspCloseProcessImages(PEPROCESS Process);

// ---- Tokens (ps/token.c)

// The token that Thread acts by: the one that it impersonates, or its process's; referenced. IRQL <=
// APC_LEVEL.
PACCESS_TOKEN PsReferenceEffectiveToken(PETHREAD Thread, TOKEN_TYPE *TokenType, PBOOLEAN EffectiveOnly,
                                        PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel);

// ---- Impersonation (ps/impersonation.c)

VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);
NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE TokenHandle);
// NtSetInformationThread's ThreadImpersonationToken: Buffer holds the token's handle. THREAD_SET_THREAD_TOKEN
// is needed. STATUS_INFO_LENGTH_MISMATCH, and what reading, ObReferenceObjectByHandle and
// PsAssignImpersonationToken return.
NTSTATUS PspSetImpersonationToken(HANDLE ThreadHandle, PVOID Buffer, ULONG Length);

// ---- Threads (ps/thread.c)

// Makes the type, and the threads that there are objects. Once, after PspInitializeProcesses.
NTSTATUS PspInitializeThreads(VOID);

// Fills in a zeroed thread, as KiInitializeThread does. StartRoutine NULL: one that runs already.
VOID PspInitializeThread(PETHREAD Thread, PEPROCESS Process, PVOID StackTop, PVOID StackLimit,
                         PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority);

// Makes a thread on a kernel stack of its own, with its number and one reference, which is the thread's own
// from PspStartThread on, and until then drops it whole. Attributes as for ObCreateObject, and what that
// returns. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreateThread(PEPROCESS Process, POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode,
                         PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                         PETHREAD *Thread);
// Tells drivers of the thread, and starts it. STATUS_PROCESS_IS_TERMINATING: it is not started, and is still
// the caller's.
NTSTATUS PspStartThread(PETHREAD Thread);

// Makes and starts a thread of a user process. Its first thread makes the process known to drivers; if one of
// them refuses it, the thread only ends the process, and that driver's status is returned. *Id: its client
// id. What PspCreateThread and PspStartThread return. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreateUserThread(PEPROCESS Process, PCLIENT_ID Id);

// Asks another thread, which must be one of a user process, to end as soon as it is on its way to user mode
// or waits in UserMode. IRQL <= DISPATCH_LEVEL.
VOID PspTerminateThread(PETHREAD Thread, NTSTATUS ExitStatus);

// Suspends the thread, unless it ends: STATUS_THREAD_IS_TERMINATING. What KeSuspendThread returns. IRQL <=
// APC_LEVEL. (ps/suspend.c)
NTSTATUS PsSuspendThread(PETHREAD Thread, PULONG PreviousCount);

// The current thread, one of a user process, is on its way to user mode: takes its APCs, and ends if it has
// been asked to. IRQL PASSIVE_LEVEL.
VOID PspReturnToUserMode(VOID);

// Ends the current thread. IRQL PASSIVE_LEVEL, all APCs enabled: bug check KERNEL_APC_PENDING_DURING_EXIT;
// not attached: INVALID_PROCESS_ATTACH_ATTEMPT.
DECLSPEC_NORETURN VOID PspExitThread(NTSTATUS ExitStatus);

// Whether a system thread that began at StartAddress has not ended. IRQL <= DISPATCH_LEVEL.
BOOLEAN PspIsThreadRunning(PVOID StartAddress);

// ---- Environment blocks (ps/environment-block.c): all at IRQL PASSIVE_LEVEL

// Puts the process environment block into Process's memory, with its parameters and a loader's lists, which
// are empty: no image is mapped. STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT.
NTSTATUS PspCreatePeb(PEPROCESS Process);
// The same for a thread of it.
NTSTATUS PspCreateTeb(PETHREAD Thread);
// Thread is the current one, and ends.
VOID PspDeleteTeb(PETHREAD Thread);
// The image's path as user mode writes it: Prefix, and Rest, which is a part of Path.
VOID PspDosPath(PCUNICODE_STRING Path, PUNICODE_STRING Prefix, PUNICODE_STRING Rest);

// ---- Information (ps/query-process.c)

// Probes what a query writes, for user mode. STATUS_DATATYPE_MISALIGNMENT, STATUS_ACCESS_VIOLATION.
NTSTATUS PspProbeQuery(PVOID Buffer, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);
// Writes Data to Buffer if there is room, and Bytes to *ReturnLength. STATUS_INFO_LENGTH_MISMATCH, and what a
// fault raises.
NTSTATUS PspWriteAnswer(PVOID Buffer, ULONG Length, const VOID *Data, ULONG Bytes, PULONG ReturnLength);

// ---- System threads (ps/system-thread.c)

// Where a system thread starts: Context is itself.
VOID NTAPI PspSystemThreadStartup(PVOID Context);

// Makes a thread of the system process, which PspStartThread starts. *Thread is no reference.
// STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreateKernelThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                               PETHREAD *Thread);

// ---- Notify routines (ps/notify.c): all at IRQL PASSIVE_LEVEL

// The routines of Ex may set *CreationStatus to an error, with which the creation is to fail.
VOID PspNotifyProcessCreated(PEPROCESS Process, NTSTATUS *CreationStatus);
VOID PspNotifyProcessExits(PEPROCESS Process);
// In the context of its creator.
VOID PspNotifyThreadCreated(PETHREAD Thread);
// The current thread, one of a user process, has started.
VOID PspNotifyThreadStarted(PETHREAD Thread);
VOID PspNotifyThreadExits(PETHREAD Thread);
// An image was mapped, at Base in the current process; in the system's if ProcessId is NULL. File is behind
// it, or NULL.
VOID PspNotifyImageLoaded(PUNICODE_STRING FullImageName, HANDLE ProcessId, PFILE_OBJECT File, PVOID Base,
                          SIZE_T Bytes);

// ---- Requests (ps/request.c)

// Thread carries out the requests that name no other. Once, at start.
VOID PspInitializeRequests(PETHREAD Thread);

// The current thread, Thread, carries out what is asked of it, for ever. IRQL PASSIVE_LEVEL.
DECLSPEC_NORETURN VOID PspServeRequests(PETHREAD Thread);

// Where a thread of a user process starts: Context is itself.
VOID NTAPI PspUserThreadStartup(PVOID Context);

// Thread has ended: answers what it was asked to do. IRQL <= DISPATCH_LEVEL.
VOID PspAnswerForEndedThread(PETHREAD Thread);

// The interrupt that says that fetch_request has something.
VOID PspRequestInterrupt(VOID);

// TRUE if Object is the event for which a thread waits that is in user mode.
BOOLEAN PspIsRequestEvent(PVOID Object);

#endif
