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
VOID PspStartThread(PETHREAD Thread);

// Ends the current thread. IRQL PASSIVE_LEVEL, all APCs enabled: bug check KERNEL_APC_PENDING_DURING_EXIT;
// not attached: INVALID_PROCESS_ATTACH_ATTEMPT.
DECLSPEC_NORETURN VOID PspExitThread(NTSTATUS ExitStatus);

// Whether a system thread that began at StartAddress has not ended. IRQL <= DISPATCH_LEVEL.
BOOLEAN PspIsThreadRunning(PVOID StartAddress);

// ---- System threads (ps/system-thread.c)

// Where a system thread starts: Context is itself.
VOID NTAPI PspSystemThreadStartup(PVOID Context);

// Makes a thread of the system process, which PspStartThread starts. *Thread is no reference.
// STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreateKernelThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                               PETHREAD *Thread);

// ---- Requests (ps/request.c)

// Thread carries out the requests that name no other. Once, at start.
VOID PspInitializeRequests(PETHREAD Thread);

// The current thread, Thread, carries out what is asked of it, for ever. IRQL PASSIVE_LEVEL.
DECLSPEC_NORETURN VOID PspServeRequests(PETHREAD Thread);

// The interrupt that says that fetch_request has something.
VOID PspRequestInterrupt(VOID);

// TRUE if Object is the event for which a thread waits that is in user mode.
BOOLEAN PspIsRequestEvent(PVOID Object);

#endif
