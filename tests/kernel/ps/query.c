// SPDX-License-Identifier: MIT
// What drivers ask of the System process and of the thread they run in.
#include "../test.h"

NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
NTKERNELAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
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
    OK(!PsIsProtectedProcess(Process));
    OK(PsIsSystemProcess(Process));
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
}

TEST_DRIVER(TestSystemProcess, TestCurrentThread)
