// SPDX-License-Identifier: MIT
// kmode build: -I sdk
// What the SDK does where the system exports none of the routines that it looks for at run time: its sources,
// compiled here with a search that finds nothing.
#include "test.h"
#include <ntifs.h>
#include <kmode.h>
#include "runtime/system-routine.h"

static PVOID FindNothing(KMP_SYSTEM_ROUTINE *Routine)
{
    UNREFERENCED_PARAMETER(Routine);
    return NULL;
}

#define KmpFindSystemRoutine FindNothing

// NOLINTBEGIN(bugprone-suspicious-include): this is what the test is about
#include "../../../sdk/callbacks/thread.c"
#include "../../../sdk/ke/push-lock.c"
#include "../../../sdk/process/information.c"
#include "../../../sdk/system/object.c"
// NOLINTEND(bugprone-suspicious-include)

static void TestPushLock(void)
{
    KM_PUSH_LOCK Lock = {1};

    IS(KmPushLockInitialize(&Lock), STATUS_NOT_SUPPORTED);
}

static VOID NTAPI OnThread(PVOID Context, HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ThreadId);
    UNREFERENCED_PARAMETER(Create);
    InterlockedIncrement((volatile LONG *)Context);
}

static NTSTATUS NTAPI Nothing(PKM_THREAD Self, PVOID Context)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_SUCCESS;
}

// What needs PsSetCreateThreadNotifyRoutineEx is refused; the rest needs it not.
static void TestThreads(void)
{
    static KM_CALLBACKS Callbacks;
    static KM_CALLBACK Callback;
    volatile LONG Calls = 0;
    KM_THREAD Thread;

    IS(KmCallbacksAddThread(&Callbacks, &Callback, OnThread, (PVOID)&Calls, KM_CALLBACK_NEW_THREAD),
       STATUS_NOT_SUPPORTED);
    IS(KmCallbacksAddThread(&Callbacks, &Callback, OnThread, (PVOID)&Calls, KM_CALLBACK_SUBSYSTEMS),
       STATUS_NOT_SUPPORTED);
    OK(Callbacks.First == NULL);
    IS(KmCallbacksAddThread(&Callbacks, &Callback, OnThread, (PVOID)&Calls, 0), STATUS_SUCCESS);
    IS(KmThreadCreate(&Thread, Nothing, NULL), STATUS_SUCCESS);
    IS(KmThreadJoin(&Thread, KM_WAIT_FOREVER, NULL), STATUS_SUCCESS);
    KmCallbacksStop(&Callbacks);
    OK(Calls >= 1);
}

static void TestProcess(void)
{
    BOOLEAN Protected = TRUE;

    IS(KmProcessIsProtected(PsInitialSystemProcess, &Protected), STATUS_NOT_SUPPORTED);
    OK(!Protected);
}

static void TestObject(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\KernelObjects\\LowMemoryCondition");
    PVOID Object = &Name;

    IS(KmObjectByName(&Name, *ExEventObjectType, EVENT_QUERY_STATE, &Object), STATUS_NOT_SUPPORTED);
    OK(Object == NULL);
}

TEST_DRIVER(TestPushLock, TestThreads, TestProcess, TestObject)
