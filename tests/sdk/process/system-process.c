// SPDX-License-Identifier: MIT
// The System process, which is the one that a driver without programs has: tests/drivers/processes has
// others.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static UNICODE_STRING SystemName = RTL_CONSTANT_STRING(L"sYSTEM"),
                      NobodysName = RTL_CONSTANT_STRING(L"nobody.exe");

static void TestFind(void)
{
    PEPROCESS Process;
    KM_PROCESS_LIST List;
    HANDLE Handle;
    PVOID Object;

    IS(KmProcessById(PsGetProcessId(PsInitialSystemProcess), &Process), STATUS_SUCCESS);
    OK(Process == PsInitialSystemProcess);
    KmProcessDereference(Process);
    IS(KmProcessById((HANDLE)(ULONG_PTR)0x7ffffffc, &Process), STATUS_INVALID_PARAMETER);
    OK(Process == NULL);
    EACH_FAILURE(&Test)
    {
        IS(KmProcessByName(&SystemName, &Test.Allocator, &Process),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Process == (Test.Failed ? NULL : PsInitialSystemProcess));
        if (Process != NULL) {
            KmProcessDereference(Process);
        }
    }
    IS(KmProcessByName(&NobodysName, &Test.Allocator, &Process), STATUS_NOT_FOUND);
    OK(Process == NULL);
    EACH_FAILURE(&Test)
    {
        IS(KmProcessesByName(NULL, &Test.Allocator, &List),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        IS(List.Count != 0, !Test.Failed);
        KmProcessListFree(&List);
    }
    IS(KmProcessesByName(&NobodysName, &Test.Allocator, &List), STATUS_SUCCESS);
    IS(List.Count, 0);
    KmProcessListFree(&List);
    KmProcessListFree(&List);
    Process = KmProcessCurrent();
    OK(Process == PsGetCurrentProcess());
    KmProcessReference(Process);
    KmProcessDereference(Process);
    IS(KmProcessOpen(Process, GENERIC_READ, &Handle), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    OK(Object == Process);
    ObDereferenceObject(Object);
    ZwClose(Handle);
    KmProcessDereference(Process);
}

static void TestWhat(void)
{
    PEPROCESS Process = PsInitialSystemProcess;
    UNICODE_STRING Name;
    KM_MODULE_LIST List;
    BOOLEAN Protected;
    ULONG Session;

    OK(KmProcessParentId(Process) == NULL);
    OK(KmProcessCreateTime(Process) == PsGetProcessCreateTimeQuadPart(Process));
    OK(!KmProcessHasExited(Process));
    IS(KmProcessExitStatus(Process), STATUS_PENDING);
    IS(KmProcessIsProtected(Process, &Protected), STATUS_SUCCESS);
    IS(KmProcessSessionId(Process, &Session), STATUS_SUCCESS);
    IS(Session, 0);
    OK(!KmProcessIsWow64(Process));
    OK(KmProcessPeb(Process) == NULL);
    OK(KmProcessWow64Peb(Process) == NULL);
    IS(KmProcessImagePath(Process, &Test.Allocator, &Name), STATUS_NOT_FOUND);
    OK(Name.Buffer == NULL);
    EACH_FAILURE(&Test)
    {
        IS(KmProcessImageName(Process, &Test.Allocator, &Name),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Test.Failed ? Name.Buffer == NULL : RtlEqualUnicodeString(&Name, &SystemName, TRUE));
        KmUnicodeFree(&Test.Allocator, &Name);
    }
    IS(KmProcessModules(Process, &Test.Allocator, &List), STATUS_SUCCESS);
    IS(List.Count, 0);
    OK(KmModuleByName(&List, &SystemName) == NULL && KmModuleOf(&List, Process) == NULL);
    KmModuleListFree(&List);
}

static void Scoped(PEPROCESS Process)
{
    PEPROCESS Own = PsGetCurrentProcess();

    KM_SCOPE {
        KmScopedAttach(Process);
        OK(PsGetCurrentProcess() == Process);
        {
            KmScopedAttach(Own);
            OK(PsGetCurrentProcess() == Own);
        }
        OK(PsGetCurrentProcess() == Process);
    }
    KM_SCOPE_END
}

static void TestAttach(void)
{
    KM_ATTACH Attach, Inner;
    KM_GUARD Guard = KmGuardEmpty();
    PEPROCESS Own = PsGetCurrentProcess();
    UCHAR Byte = 7;
    SIZE_T Done = 99;

    KmAttachBegin(&Attach, PsInitialSystemProcess);
    KmAttachBegin(&Inner, PsInitialSystemProcess);
    OK(PsGetCurrentProcess() == PsInitialSystemProcess);
    KmAttachEnd(&Inner);
    KmAttachEnd(&Attach);
    Scoped(PsInitialSystemProcess);
    OK(PsGetCurrentProcess() == Own);
    KmGuardAttach(&Guard, &Attach, PsInitialSystemProcess);
    OK(PsGetCurrentProcess() == PsInitialSystemProcess);
    KmGuardEnd(&Guard);
    KmGuardEnd(&Guard);
    OK(PsGetCurrentProcess() == Own);

    // Nothing is mapped there, and what is of the system is not touched.
    IS(KmProcessRead(Own, (PVOID)(ULONG_PTR)0x10, &Byte, 1, &Done), STATUS_ACCESS_VIOLATION);
    IS(Done, 0);
    IS(KmProcessRead(Own, &Done, &Byte, 1, &Done), STATUS_ACCESS_VIOLATION);
    IS(KmProcessWrite(Own, &Byte, &Byte, 1, NULL), STATUS_ACCESS_VIOLATION);
    IS(KmProcessRead(Own, (PVOID) ~(ULONG_PTR)0, &Byte, 2, &Done), STATUS_ACCESS_VIOLATION);
    IS(KmProcessRead(Own, NULL, &Byte, 0, &Done), STATUS_SUCCESS);
    IS(Byte, 7);
}

TEST_DRIVER(TestFind, TestWhat, TestAttach)
