// SPDX-License-Identifier: MIT
// Calls over the border while they are watched: every argument arrives, results and exceptions come back, and
// so does whatever a callee must keep.
#include "test.h"

static void TestArguments(void)
{
    KEVENT Events[2];
    PVOID Objects[2] = {&Events[0], &Events[1]};
    KWAIT_BLOCK Blocks[2];
    LARGE_INTEGER Timeout = {.QuadPart = 0};
    KeInitializeEvent(&Events[0], NotificationEvent, FALSE);
    KeInitializeEvent(&Events[1], NotificationEvent, TRUE);
    // Eight arguments; the last three decide.
    IS(KeWaitForMultipleObjects(2, Objects, WaitAny, Executive, KernelMode, FALSE, &Timeout, Blocks),
       STATUS_WAIT_1);
    IS(KeWaitForMultipleObjects(2, Objects, WaitAll, Executive, KernelMode, FALSE, &Timeout, Blocks),
       STATUS_TIMEOUT);
    // An unknown number of them.
    IS(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "# %d %d %d %d %d %d %d %d %s\n", 1, 2, 3, 4, 5, 6,
                  7, 8, "nine"),
       STATUS_SUCCESS);
}

static __attribute__((noinline)) NTSTATUS Probe(PVOID Address)
{
    __try {
        ProbeForRead(Address, 8, 8);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestExceptions(void)
{
    IS(Probe((PVOID)3), STATUS_DATATYPE_MISALIGNMENT);
    IS(Probe((PVOID)0xFFFFFFFFFFFF0000ULL), STATUS_ACCESS_VIOLATION);
}

// A register that a callee keeps, and one for floating point, over a call.
static void TestRegisters(void)
{
    volatile ULONG64 Four = 4;
    ULONG64 Kept = Four * 1000003;
    double Float = (double)Four / 3, Before = Float;
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    __asm__ volatile("" : "+r"(Kept), "+x"(Float));
    IS(KeReadStateEvent(&Event), 1);
    __asm__ volatile("" : "+r"(Kept), "+x"(Float));
    IS(Kept, 4000012);
    OK(Float == Before);
    OK(KeQueryPerformanceCounter(NULL).QuadPart > 0);
}

// The run-time library's own frames stay the driver's.
static void TestStack(void)
{
    PVOID Frames[4];
    USHORT Count = RtlCaptureStackBackTrace(0, 4, Frames, NULL);
    OK(Count >= 2);
    OK((ULONG_PTR)Frames[0] - (ULONG_PTR)TestStack < 0x1000);
}

TEST_DRIVER(TestArguments, TestExceptions, TestRegisters, TestStack)
