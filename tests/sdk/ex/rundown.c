// SPDX-License-Identifier: MIT
// The rundown of devices and callbacks: who comes before its end is waited for, who comes after is refused.
#include <ntifs.h>
#include <kmode.h>
#include "test.h"

#define THREADS 4

static KMP_RUNDOWN Rundown;
static volatile LONG Within, Entered, Refused;

static VOID NTAPI EnterUntilRefused(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (KmpRundownAcquire(&Rundown)) {
        LARGE_INTEGER Short = {.QuadPart = -1};

        InterlockedIncrement(&Within);
        if (InterlockedIncrement(&Entered) % 16 == 0) {
            KeDelayExecutionThread(KernelMode, FALSE, &Short);
        }
        InterlockedDecrement(&Within);
        KmpRundownRelease(&Rundown);
    }
    InterlockedIncrement(&Refused);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestEmpty(VOID)
{
    KmpRundownInit(&Rundown);
    KmpRundownWait(&Rundown);
    OK(!KmpRundownAcquire(&Rundown));
    KmpRundownWait(&Rundown);
}

static VOID TestUsed(VOID)
{
    KmpRundownInit(&Rundown);
    OK(KmpRundownAcquire(&Rundown));
    OK(KmpRundownAcquire(&Rundown));
    KmpRundownRelease(&Rundown);
    KmpRundownRelease(&Rundown);
    KmpRundownWait(&Rundown);
    OK(!KmpRundownAcquire(&Rundown));
}

static VOID TestThreads(VOID)
{
    for (ULONG Round = 0; Round < 20; Round += 1) {
        HANDLE Handles[THREADS];

        Within = Entered = Refused = 0;
        KmpRundownInit(&Rundown);
        for (ULONG Index = 0; Index < THREADS; Index += 1) {
            IS(PsCreateSystemThread(&Handles[Index], THREAD_ALL_ACCESS, NULL, NULL, NULL, EnterUntilRefused,
                                    NULL),
               STATUS_SUCCESS);
        }
        while (Entered < (LONG)(Round * 10)) {
            LARGE_INTEGER Short = {.QuadPart = -10};

            KeDelayExecutionThread(KernelMode, FALSE, &Short);
        }
        KmpRundownWait(&Rundown);
        IS(Within, 0);
        for (ULONG Index = 0; Index < THREADS; Index += 1) {
            ZwWaitForSingleObject(Handles[Index], FALSE, NULL);
            ZwClose(Handles[Index]);
        }
        IS(Refused, THREADS);
    }
}

TEST_DRIVER(TestEmpty, TestUsed, TestThreads)
