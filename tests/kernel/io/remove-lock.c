// SPDX-License-Identifier: MIT
// Remove locks; and memory that a driver keeps with its driver object.
#include "device.h"

static IO_REMOVE_LOCK Lock;
static volatile ULONG Waited;

static VOID NTAPI RemoveDevice(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    IoReleaseRemoveLockAndWait(&Lock, &Lock);
    Waited = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestRemoveLock(void)
{
    ULONG First, Second;
    KIRQL OldIrql;
    IoInitializeRemoveLock(&Lock, 'tseT', 0, 0);
    IS(IoAcquireRemoveLock(&Lock, &First), STATUS_SUCCESS);
    IS(IoAcquireRemoveLock(&Lock, NULL), STATUS_SUCCESS); // a tag need not be
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NTSTATUS Status = IoAcquireRemoveLock(&Lock, &Second);
    IoReleaseRemoveLock(&Lock, &Second);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    IS(IoAcquireRemoveLock(&Lock, &Lock), STATUS_SUCCESS);
    PETHREAD Thread = TestStartThread(RemoveDevice, NULL);
    TestSleep(10);
    IS(Waited, 0);
    // From now on nobody gets it.
    IS(IoAcquireRemoveLock(&Lock, &Second), STATUS_DELETE_PENDING);
    IoReleaseRemoveLock(&Lock, &First);
    TestSleep(10);
    IS(Waited, 0);
    IoReleaseRemoveLock(&Lock, NULL);
    TestJoinThread(Thread);
    IS(Waited, 1);
    IS(IoAcquireRemoveLock(&Lock, &Second), STATUS_DELETE_PENDING);
}

// Held by the remover alone, there is nothing to wait for.
static void TestNobodyElse(void)
{
    IoInitializeRemoveLock(&Lock, 'tseT', 0, 0);
    IS(IoAcquireRemoveLock(&Lock, &Lock), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWait(&Lock, &Lock);
    IS(IoAcquireRemoveLock(&Lock, &Lock), STATUS_DELETE_PENDING);
}

static void TestExtension(void)
{
    static ULONG Ids[2];
    PVOID First, Second;
    PDEVICE_OBJECT Device = MakeDevice(L"KmodeExtension", NULL, 0);
    PDRIVER_OBJECT Driver = Device->DriverObject;
    OK(IoGetDriverObjectExtension(Driver, &Ids[0]) == NULL);
    IS(IoAllocateDriverObjectExtension(Driver, &Ids[0], 100, &First), STATUS_SUCCESS);
    IS(IoAllocateDriverObjectExtension(Driver, &Ids[1], 8, &Second), STATUS_SUCCESS);
    OK(First != NULL && Second != NULL && First != Second);
    RtlFillMemory(First, 100, 0x5a);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PVOID Found = IoGetDriverObjectExtension(Driver, &Ids[0]);
    KeLowerIrql(OldIrql);
    OK(Found == First);
    OK(IoGetDriverObjectExtension(Driver, &Ids[1]) == Second);
    IS(IoAllocateDriverObjectExtension(Driver, &Ids[0], 8, &Second), STATUS_OBJECT_NAME_COLLISION);
    OK(Second == NULL);
    OK(IoGetDriverObjectExtension(Driver, &Ids[0]) == First);
    IS(IoAllocateDriverObjectExtension(Driver, &Found, MAXULONG, &Second), STATUS_INSUFFICIENT_RESOURCES);
    // They go with the driver object.
    DeleteDevice(Device);
}

TEST_DRIVER(TestRemoveLock, TestNobodyElse, TestExtension)
