// SPDX-License-Identifier: MIT
// Semaphores: count, limit, and how many wait no longer.
#include "thread.h"

static LARGE_INTEGER Zero;

static NTSTATUS Poll(PVOID Object)
{
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

static void TestCounting(void)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 2, 5);
    IS(KeReadStateSemaphore(&Semaphore), 2);
    IS(Poll(&Semaphore), STATUS_SUCCESS);
    IS(Poll(&Semaphore), STATUS_SUCCESS);
    IS(Poll(&Semaphore), STATUS_TIMEOUT);
    IS(KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 3, FALSE), 0);
    IS(KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 2, FALSE), 3);
    IS(KeReadStateSemaphore(&Semaphore), 5);
}

static NTSTATUS TryRelease(PKSEMAPHORE Semaphore, LONG Adjustment)
{
    __try {
        KeReleaseSemaphore(Semaphore, IO_NO_INCREMENT, Adjustment, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestLimit(void)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 4, 5);
    IS(TryRelease(&Semaphore, 2), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    IS(KeReadStateSemaphore(&Semaphore), 4);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(TryRelease(&Semaphore, MAXLONG), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    IS(TryRelease(&Semaphore, 0), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    IS(TryRelease(&Semaphore, -1), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    IS(TryRelease(&Semaphore, 1), STATUS_SUCCESS);
    IS(KeReadStateSemaphore(&Semaphore), 5);
}

static void TestReleaseWithWait(void)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 0, 1);
    IS(KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 1, TRUE), 0);
    KIRQL Between = KeGetCurrentIrql();
    NTSTATUS Status = KeWaitForSingleObject(&Semaphore, Executive, KernelMode, FALSE, NULL);
    IS(Between, DISPATCH_LEVEL);
    IS(Status, STATUS_SUCCESS);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(KeReadStateSemaphore(&Semaphore), 0);
}

static KSEMAPHORE Shared;
static LONG Inside, MostInside, Through;

static VOID NTAPI Pass(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Shared, Executive, KernelMode, FALSE, NULL);
    LONG Now = InterlockedIncrement(&Inside);
    MostInside = Now > MostInside ? Now : MostInside;
    TestSleep(5);
    InterlockedDecrement(&Inside);
    InterlockedIncrement(&Through);
    KeReleaseSemaphore(&Shared, IO_NO_INCREMENT, 1, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestNoMoreThanTheCountGetIn(void)
{
    PETHREAD Threads[6];
    KeInitializeSemaphore(&Shared, 2, 2);
    for (ULONG Index = 0; Index < 6; Index += 1) {
        Threads[Index] = TestStartThread(Pass, NULL);
    }
    for (ULONG Index = 0; Index < 6; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    IS(MostInside, 2);
    IS(Through, 6);
    IS(KeReadStateSemaphore(&Shared), 2);
}

TEST_DRIVER(TestCounting, TestLimit, TestReleaseWithWait, TestNoMoreThanTheCountGetIn)
