// SPDX-License-Identifier: MIT
// Process structure: processes, threads above the dispatcher's, and the requests of the world outside.
#ifndef KMODE_PS_H
#define KMODE_PS_H

#include "ps/process.h"

#define NORMAL_PRIORITY 8

// ---- Processes (ps/process.c)
// --------------------------------------------------------------------------------------

extern LIST_ENTRY PsActiveProcessHead; // EPROCESS.ActiveProcessLinks, under PspProcessLock

// Makes the process in which the kernel's own threads live. Once, first of all.
VOID PspInitializeSystemProcess(VOID);

// ---- System threads (ps/system-thread.c)
// ---------------------------------------------------------------------------

// Makes a thread of the system process on a kernel stack of its own. It does not run before KiStartThread.
// STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreateKernelThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                               PETHREAD *Thread);

// ---- Requests (ps/request.c)
// --------------------------------------------------------------------------------------

// Thread carries out the requests that name no other. Once, at start.
VOID PspInitializeRequests(PETHREAD Thread);

// The current thread, Thread, carries out what is asked of it, for ever. IRQL PASSIVE_LEVEL.
DECLSPEC_NORETURN VOID PspServeRequests(PETHREAD Thread);

// The interrupt that says that fetch_request has something.
VOID PspRequestInterrupt(VOID);

// TRUE if Object is the event for which a thread waits that is in user mode.
BOOLEAN PspIsRequestEvent(PVOID Object);

#endif
