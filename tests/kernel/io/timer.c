// SPDX-License-Identifier: MIT
// I/O timers: a routine once a second, from IoStartTimer to IoStopTimer or the device's end.
#include "device.h"

typedef struct {
    PDEVICE_OBJECT Device;
    ULONG Calls, WrongCalls;
} TIMER;

static TIMER First, Second;

static VOID NTAPI Tick(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    TIMER *Timer = Context;
    Timer->Calls += 1;
    Timer->WrongCalls += DeviceObject != Timer->Device || KeGetCurrentIrql() != DISPATCH_LEVEL;
}

static void Setup(void)
{
    First.Device = MakeDevice(L"KmodeTimerFirst", NULL, 0);
    Second.Device = MakeDevice(L"KmodeTimerSecond", NULL, 0);
    IS(IoInitializeTimer(First.Device, Tick, &First), STATUS_SUCCESS);
    IS(IoInitializeTimer(Second.Device, Tick, &Second), STATUS_SUCCESS);
    OK(First.Device->Timer != NULL);
}

static void TestTimer(void)
{
    TestSleep(2500);
    IS(First.Calls, 0); // it is not started yet
    IoStartTimer(First.Device);
    TestSleep(3500);
    IS(First.Calls, 3);
    IS(Second.Calls, 0);
    IoStartTimer(First.Device); // once more changes nothing
    IoStartTimer(Second.Device);
    TestSleep(2000);
    IS(First.Calls, 5);
    IS(Second.Calls, 2);
    IoStopTimer(First.Device);
    TestSleep(3000);
    IS(First.Calls, 5);
    IS(Second.Calls, 5);
    // At DISPATCH_LEVEL too.
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IoStopTimer(Second.Device);
    IoStartTimer(First.Device);
    KeLowerIrql(OldIrql);
    TestSleep(1500);
    IS(First.Calls, 6);
    IS(Second.Calls, 5);
    IS(First.WrongCalls + Second.WrongCalls, 0);
}

// A device takes its timer with it.
static void Teardown(void)
{
    DeleteDevice(First.Device);
    TestSleep(2500);
    IS(First.Calls, 6);
    DeleteDevice(Second.Device);
}

TEST_DRIVER(Setup, TestTimer, Teardown)
