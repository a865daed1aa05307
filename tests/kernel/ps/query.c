// SPDX-License-Identifier: MIT
// What drivers ask of the System process and of the thread they run in.
#include "../test.h"

NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
NTKERNELAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process);
NTKERNELAPI UCHAR NTAPI PsGetProcessProtection(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
NTKERNELAPI BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessJob(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
NTKERNELAPI USHORT NTAPI PsWow64GetProcessMachine(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process);
NTKERNELAPI USHORT NTAPI PsGetProcessMachine(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread);
NTKERNELAPI ULONG NTAPI PsGetThreadFreezeCount(PETHREAD Thread);
NTKERNELAPI PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread);
NTKERNELAPI BOOLEAN NTAPI PsGetThreadHardErrorsAreDisabled(PETHREAD Thread);
NTKERNELAPI VOID NTAPI PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN Disabled);
NTKERNELAPI PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
NTKERNELAPI HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
NTKERNELAPI PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
NTKERNELAPI PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
NTKERNELAPI KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID);
NTKERNELAPI NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS *Process,
                                                      PETHREAD *Thread);
NTKERNELAPI BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process);

static void TestSystemProcess(void)
{
    PEPROCESS Process = PsInitialSystemProcess;
    OK(Process == PsGetCurrentProcess() && Process == IoGetCurrentProcess());
    OK(PsGetProcessId(Process) == (HANDLE)4);
    IS_STRING((const char *)PsGetProcessImageFileName(Process), "System");
    IS(PsGetProcessExitStatus(Process), STATUS_PENDING);
    OK(PsGetProcessPeb(Process) == NULL);
    OK(PsGetProcessWow64Process(Process) == NULL);
    OK(PsGetProcessSectionBaseAddress(Process) == NULL);
    OK(PsGetProcessInheritedFromUniqueProcessId(Process) == NULL);
    OK(PsIsSystemProcess(Process));
    // Protected, by signer WinSystem, since Windows 8.1.
    IS(PsGetProcessProtection(Process), 0x72);
    OK(PsIsProtectedProcess(Process));
    OK(!PsIsProtectedProcessLight(Process));
    IS(PsGetProcessSessionId(Process), 0);
    IS(PsGetProcessSessionIdEx(Process), 0xFFFFFFFF);
    IS(PsGetCurrentProcessSessionId(), 0);
    IS(PsGetThreadSessionId(PsGetCurrentThread()), 0);
    IS(PsGetThreadFreezeCount(PsGetCurrentThread()), 0);
    IS(PsGetProcessMachine(Process), 0x8664);
    IS(PsGetProcessStartKey(Process), PsGetProcessStartKey(PsGetCurrentProcess()));
    OK(!PsGetProcessExitProcessCalled(Process));
    OK(PsGetProcessJob(Process) == NULL);
    OK(PsGetProcessDebugPort(Process) == NULL && !PsIsProcessBeingDebugged(Process));
    OK(PsGetCurrentProcessWow64Process() == NULL);
    IS(PsWow64GetProcessMachine(Process), 0x8664); // IMAGE_FILE_MACHINE_AMD64
    OK(PsGetProcessCreateTimeQuadPart(Process) != 0);
    IS(PsGetProcessExitTime().QuadPart, 0);
}

static void TestCurrentThread(void)
{
    PETHREAD Thread = PsGetCurrentThread();
    OK((PVOID)Thread == (PVOID)KeGetCurrentThread());
    OK(PsGetThreadId(Thread) == PsGetCurrentThreadId());
    OK(PsGetThreadProcess(Thread) == PsGetCurrentProcess());
    OK(PsGetCurrentProcessId() == (HANDLE)4);
    OK(PsIsSystemThread(Thread));
    OK(PsGetCurrentThreadTeb() == NULL);
    IS(PsGetThreadExitStatus(Thread), STATUS_PENDING);
    OK(IoIsSystemThread(Thread));
    OK(PsGetThreadWin32Thread(Thread) == NULL);
    OK(PsGetCurrentThreadProcess() == PsGetCurrentProcess());
    OK(PsGetCurrentThreadProcessId() == (HANDLE)4);
    IS(PsGetCurrentThreadPreviousMode(), KernelMode);
    OK(!PsGetThreadHardErrorsAreDisabled(Thread));
    PsSetThreadHardErrorsAreDisabled(Thread, TRUE);
    OK(PsGetThreadHardErrorsAreDisabled(Thread));
    PsSetThreadHardErrorsAreDisabled(Thread, FALSE);
    OK(!PsGetThreadHardErrorsAreDisabled(Thread));
}

static void TestStack(void)
{
    ULONG_PTR Low, High;
    IoGetStackLimits(&Low, &High);
    OK((ULONG_PTR)&Low > Low && (ULONG_PTR)&Low < High);
    IS(PsGetCurrentThreadStackLimit(), Low);
    IS(PsGetCurrentThreadStackBase(), High);
    // Where the thread began: at the upper end, but for what lies there itself.
    OK((ULONG_PTR)IoGetInitialStack() > (ULONG_PTR)&Low && (ULONG_PTR)IoGetInitialStack() <= High);
}

static void TestByClientId(void)
{
    PEPROCESS Process = NULL;
    PETHREAD Thread = NULL;
    CLIENT_ID Id = {PsGetCurrentProcessId(), PsGetCurrentThreadId()};
    IS(PsLookupProcessThreadByCid(&Id, &Process, &Thread), STATUS_SUCCESS);
    OK(Process == PsGetCurrentProcess() && Thread == PsGetCurrentThread());
    ObDereferenceObject(Process);
    ObDereferenceObject(Thread);
    IS(PsLookupProcessThreadByCid(&Id, NULL, &Thread), STATUS_SUCCESS);
    ObDereferenceObject(Thread);
    Id.UniqueProcess = (HANDLE)8; // another's thread
    IS(PsLookupProcessThreadByCid(&Id, NULL, &Thread), STATUS_INVALID_CID);
    Id = (CLIENT_ID){(HANDLE)4, (HANDLE)4}; // no thread
    IS(PsLookupProcessThreadByCid(&Id, NULL, &Thread), STATUS_INVALID_CID);
}

TEST_DRIVER(TestSystemProcess, TestCurrentThread, TestStack, TestByClientId)
