// SPDX-License-Identifier: MIT
// System information of any class, and the list of processes and threads.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static void TestQuery(void)
{
    PVOID Information;
    ULONG Bytes, Used;

    // One structure, which wants room for exactly itself: 0, basic; what grows: 5, processes; 11, modules.
    for (ULONG Index = 0; Index < 3; Index++) {
        static const ULONG Classes[] = {0, 5, 11};
        ULONG Failures = 0;

        EACH_FAILURE(&Test)
        {
            IS(KmSystemQuery(Classes[Index], &Test.Allocator, &Information, &Bytes, &Used),
               Test.FailAt != 0 && Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
            if (Test.Failed) {
                OK(Information == NULL && Bytes == 0);
                Failures++;
            } else {
                OK(Information != NULL && Used != 0 && Used <= Bytes);
                KmFree(&Test.Allocator, Information, Bytes);
            }
        }
        OK(Failures >= 1);
    }
    IS(KmSystemQuery(0x7fffffff, &Test.Allocator, &Information, &Bytes, NULL), STATUS_INVALID_INFO_CLASS);
    OK(Information == NULL);
}

static KEVENT Stop;

static VOID NTAPI Waiter(PVOID Context)
{
    (void)KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, NULL);
    UNREFERENCED_PARAMETER(Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestSnapshot(void)
{
    KM_PROCESS_SNAPSHOT Snapshot;
    KM_PROCESS_ENTRY Process, Same;
    KM_THREAD_ENTRY Thread;
    UNICODE_STRING System = RTL_CONSTANT_STRING(L"System");
    CLIENT_ID Id;
    HANDLE Handle;
    PVOID Object;
    ULONG Idle = 0, Systems = 0, Mine = 0, Waiting = 0, Threads;

    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, &Id, Waiter, NULL), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Object, NULL),
       STATUS_SUCCESS);
    ZwClose(Handle);
    EACH_FAILURE(&Test)
    {
        IS(KmProcessSnapshotTake(&Test.Allocator, &Snapshot),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        KmProcessSnapshotStart(&Process);
        IS(KmProcessSnapshotNext(&Snapshot, &Process), !Test.Failed);
        KmProcessSnapshotFree(&Snapshot);
        KmProcessSnapshotFree(&Snapshot);
    }
    IS(KmProcessSnapshotTake(&Test.Allocator, &Snapshot), STATUS_SUCCESS);
    KmProcessSnapshotStart(&Process);
    while (KmProcessSnapshotNext(&Snapshot, &Process)) {
        Idle += Process.Id == NULL;
        KmThreadSnapshotStart(&Thread);
        for (Threads = 0; KmThreadSnapshotNext(&Process, &Thread); Threads++) {
            OK(Process.Id == NULL || Thread.ProcessId == Process.Id);
            if (Thread.Id == Id.UniqueThread) {
                Waiting++;
                OK(Process.Id == PsGetCurrentProcessId());
                OK(Thread.StartAddress == (PVOID)(ULONG_PTR)Waiter);
                OK(Thread.CreateTime.QuadPart >= Process.CreateTime.QuadPart);
            }
            if (Thread.Id == PsGetCurrentThreadId()) {
                Mine++;
                IS(Thread.State, 2);
            }
        }
        IS(Threads, Process.ThreadCount);
        OK(!KmThreadSnapshotNext(&Process, &Thread));
        if (Process.Id == PsGetProcessId(PsInitialSystemProcess)) {
            Systems++;
            OK(RtlEqualUnicodeString(&Process.Name, &System, FALSE));
        }
    }
    OK(!KmProcessSnapshotNext(&Snapshot, &Process));
    IS(Idle, 1);
    IS(Systems, 1);
    IS(Waiting, 1);
    IS(Mine, 1);
    OK(KmProcessSnapshotFind(&Snapshot, PsGetCurrentProcessId(), &Same));
    OK(Same.Id == PsGetCurrentProcessId() && Same.ThreadCount >= 2);
    OK(!KmProcessSnapshotFind(&Snapshot, (HANDLE)(ULONG_PTR)0x7ffffffc, &Same));
    KmProcessSnapshotFree(&Snapshot);
    IS(Test.Outstanding, 0);
    KeSetEvent(&Stop, 0, FALSE);
    KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Object);
}

TEST_DRIVER(TestQuery, TestSnapshot)
