// SPDX-License-Identifier: MIT
// What drivers ask of a process or a thread. Any IRQL, unless a routine says otherwise.
#include "inc/kernel.h"

// The DDK has macros of these names.
#undef PsGetCurrentProcess

static PETHREAD PspCurrentThread(VOID)
{
    return CONTAINING_RECORD(KiCurrentThread(), ETHREAD, Tcb);
}

// The DDK's inline function has the name.
PETHREAD NTAPI PspGetCurrentThread(VOID) __asm__("PsGetCurrentThread");

PETHREAD NTAPI PspGetCurrentThread(VOID)
{
    return PspCurrentThread();
}

// The one whose address space the current thread is in: attached to, else its own.
PEPROCESS NTAPI PsGetCurrentProcess(VOID)
{
    return KiCurrentThread()->ApcState.Process;
}

PEPROCESS NTAPI IoGetCurrentProcess(VOID)
{
    return KiCurrentThread()->ApcState.Process;
}

// The current thread's own process, even while it is attached to another.
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID)
{
    return KiCurrentThread()->Process;
}

HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    return PspCurrentThread()->Cid.UniqueProcess;
}

HANDLE NTAPI PsGetCurrentThreadProcessId(VOID)
{
    return PspCurrentThread()->Cid.UniqueProcess;
}

HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    return PspCurrentThread()->Cid.UniqueThread;
}

KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    return KeGetPreviousMode();
}

PVOID NTAPI PsGetCurrentThreadStackBase(VOID)
{
    return KiCurrentThread()->StackBase;
}

PVOID NTAPI PsGetCurrentThreadStackLimit(VOID)
{
    return KiCurrentThread()->StackLimit;
}

PVOID NTAPI PsGetCurrentThreadTeb(VOID)
{
    return KiCurrentThread()->Teb;
}

ULONG NTAPI PsGetCurrentProcessSessionId(VOID)
{
    return PsGetCurrentProcess()->SessionId;
}

// ---- A thread's

HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    return Thread->Cid.UniqueThread;
}

HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread)
{
    return Thread->Cid.UniqueProcess;
}

PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread)
{
    return Thread->Tcb.Process;
}

PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread)
{
    return Thread->Tcb.Process;
}

// NULL for a thread that has no user mode of its own.
PVOID NTAPI PsGetThreadTeb(PETHREAD Thread)
{
    return Thread->Tcb.Teb;
}

ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread)
{
    return Thread->Tcb.Process->SessionId;
}

// In 100 ns since 1601.
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread)
{
    return Thread->CreateTime.QuadPart;
}

// STATUS_PENDING before it has ended. (ntifs, PsGetThreadExitStatus)
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread)
{
    return Thread->ExitStatus;
}

BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread)
{
    return Thread->Terminating;
}

BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    return Thread->Tcb.SystemThread;
}

BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread)
{
    return Thread->ImpersonationToken != NULL;
}

ULONG NTAPI PsGetThreadFreezeCount(PETHREAD Thread)
{
    return Thread->Tcb.SuspendCount;
}

BOOLEAN NTAPI PsGetThreadHardErrorsAreDisabled(PETHREAD Thread)
{
    return Thread->HardErrorsDisabled;
}

VOID NTAPI PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN Disabled)
{
    Thread->HardErrorsDisabled = Disabled;
}

// The wait's end hands whatever a driver stores to nobody else: a cell of the caller's.
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread)
{
    return Thread->Tcb.Win32Thread;
}

PVOID NTAPI PsGetCurrentThreadWin32Thread(VOID)
{
    return KiCurrentThread()->Win32Thread;
}

// ---- A process's

HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    return Process->UniqueProcessId;
}

// The first 15 bytes of the image's name, zero-terminated unless it has all of them; the process's own
// memory.
PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process)
{
    return Process->ImageFileName;
}

HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process)
{
    return Process->InheritedFromUniqueProcessId;
}

// In 100 ns since 1601. (ntifs, PsGetProcessCreateTimeQuadPart)
LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process)
{
    return Process->CreateTime.QuadPart;
}

// Zero before it has ended. (ntifs, PsGetProcessExitTime): the current process's
LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID)
{
    return PsGetCurrentProcess()->ExitTime;
}

// STATUS_PENDING before it has ended. (ntifs, PsGetProcessExitStatus)
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process)
{
    return Process->ExitStatus;
}

BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process)
{
    return Process->Exiting;
}

// User memory, valid in the process's own address space only; NULL for the System process.
PPEB NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    return Process->Peb;
}

// NULL: not a 32-bit process.
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process)
{
    return Process->WoW64Process;
}

PVOID NTAPI PsGetCurrentProcessWow64Process(VOID)
{
    return PsGetCurrentProcess()->WoW64Process;
}

PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process)
{
    return Process->SectionBaseAddress;
}

PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process)
{
    return Process->DebugPort;
}

BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process)
{
    return Process->DebugPort != NULL;
}

PVOID NTAPI PsGetProcessSecurityPort(PEPROCESS Process)
{
    return Process->SecurityPort;
}

PVOID NTAPI PsGetProcessJob(PEPROCESS Process)
{
    return Process->Job;
}

ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process)
{
    return Process->SessionId;
}

// (ULONG)-1 for one without a session.
ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess ? (ULONG)-1 : Process->SessionId;
}

UCHAR NTAPI PsGetProcessPriorityClass(PEPROCESS Process)
{
    return Process->PriorityClass;
}

// PS_PROTECTION: type in the low three bits, signer in the high four.
UCHAR NTAPI PsGetProcessProtection(PEPROCESS Process)
{
    return Process->Protection;
}

UCHAR NTAPI PsGetProcessSignatureLevel(PEPROCESS Process, PUCHAR SectionSignatureLevel)
{
    if (SectionSignatureLevel != NULL) {
        *SectionSignatureLevel = Process->SectionSignatureLevel;
    }
    return Process->SignatureLevel;
}

#define PSP_PROTECTION_TYPE_MASK 0x07

BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process)
{
    return (Process->Protection & PSP_PROTECTION_TYPE_MASK) != 0;
}

BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process)
{
    return (Process->Protection & PSP_PROTECTION_TYPE_MASK) == 1;
}

BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess;
}

// A number that no other process has had since the start. (ntddk, PsGetProcessStartKey)
ULONGLONG NTAPI PsGetProcessStartKey(PEPROCESS Process)
{
    return Process->StartKey;
}

// IMAGE_FILE_MACHINE_*
USHORT NTAPI PsGetProcessMachine(PEPROCESS Process)
{
    return Process->WoW64Process != NULL ? IMAGE_FILE_MACHINE_I386 : IMAGE_FILE_MACHINE_AMD64;
}

USHORT NTAPI PsWow64GetProcessMachine(PEPROCESS Process)
{
    return PsGetProcessMachine(Process);
}
