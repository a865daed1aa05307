// SPDX-License-Identifier: MIT
// Waits on one object and on several, events by handle and name, semaphores.
#include "test.h"
#include <kmode.h>

static void TestOne(void)
{
    KEVENT Event;
    KIRQL OldIrql;
    NTSTATUS AtDispatch;
    LARGE_INTEGER Before, After;

    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    IS(KmWait(&Event, KM_WAIT_FOREVER), STATUS_SUCCESS);
    IS(KmWait(&Event, 0), STATUS_TIMEOUT);
    KeQuerySystemTime(&Before);
    IS(KmWait(&Event, 50), STATUS_TIMEOUT);
    KeQuerySystemTime(&After);
    OK(After.QuadPart - Before.QuadPart >= 490000);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    AtDispatch = KmWait(&Event, 0);
    KeLowerIrql(OldIrql);
    IS(AtDispatch, STATUS_SUCCESS);
}

static void TestAny(void)
{
    KEVENT Events[20];
    PVOID Objects[20];
    static KWAIT_BLOCK Blocks[20];
    ULONG Index = 9;

    for (ULONG Event = 0; Event < 20; Event += 1) {
        KeInitializeEvent(&Events[Event], SynchronizationEvent, FALSE);
        Objects[Event] = &Events[Event];
    }
    IS(KmWaitAny(8, Objects, 0, NULL, &Index), STATUS_TIMEOUT);
    IS(Index, 0);
    KeSetEvent(&Events[5], IO_NO_INCREMENT, FALSE);
    IS(KmWaitAny(8, Objects, KM_WAIT_FOREVER, NULL, &Index), STATUS_SUCCESS);
    IS(Index, 5);
    IS(KmWaitAny(8, Objects, 5, NULL, &Index), STATUS_TIMEOUT);
    KeSetEvent(&Events[19], IO_NO_INCREMENT, FALSE);
    IS(KmWaitAny(20, Objects, 5, Blocks, &Index), STATUS_SUCCESS);
    IS(Index, 19);
    IS(KmWaitAny(0, Objects, 0, NULL, &Index), STATUS_INVALID_PARAMETER);
    IS(KmWaitAny(9, Objects, 0, NULL, &Index), STATUS_INVALID_PARAMETER);
    IS(KmWaitAny(65, Objects, 0, Blocks, &Index), STATUS_INVALID_PARAMETER);
}

static void TestAll(void)
{
    KEVENT Events[9];
    PVOID Objects[9];
    static KWAIT_BLOCK Blocks[9];

    for (ULONG Event = 0; Event < 9; Event += 1) {
        KeInitializeEvent(&Events[Event], SynchronizationEvent, Event != 3);
        Objects[Event] = &Events[Event];
    }
    IS(KmWaitAll(8, Objects, 5, NULL), STATUS_TIMEOUT);
    IS(KeReadStateEvent(&Events[0]), 1);
    KeSetEvent(&Events[3], IO_NO_INCREMENT, FALSE);
    IS(KmWaitAll(9, Objects, KM_WAIT_FOREVER, Blocks), STATUS_SUCCESS);
    IS(KeReadStateEvent(&Events[0]), 0);
    IS(KmWaitAll(9, Objects, 0, NULL), STATUS_INVALID_PARAMETER);
    IS(KmWaitAll(0, Objects, 0, NULL), STATUS_INVALID_PARAMETER);
}

static void TestEvents(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KmWaitTest");
    UNICODE_STRING Bad = RTL_CONSTANT_STRING(L"\\NoSuchDirectory\\Event");
    OBJECT_ATTRIBUTES Attributes;
    PKEVENT First, Second, ByHandle;
    HANDLE Handle, FirstHandle, SecondHandle, Directory;

    IS(KmEventOpen(&Name, NotificationEvent, TRUE, &FirstHandle, &First), STATUS_SUCCESS);
    IS(KeReadStateEvent(First), 1);
    IS(KmEventOpen(&Name, SynchronizationEvent, FALSE, &SecondHandle, &Second), STATUS_OBJECT_NAME_EXISTS);
    OK(First == Second);
    IS(KmEventOpen(&Bad, NotificationEvent, FALSE, &Handle, &ByHandle), STATUS_OBJECT_PATH_NOT_FOUND);
    OK(ByHandle == NULL && Handle == NULL);

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    IS(ZwOpenEvent(&Handle, EVENT_ALL_ACCESS, &Attributes), STATUS_SUCCESS);
    IS(KmEventFromHandle(Handle, KernelMode, &ByHandle), STATUS_SUCCESS);
    OK(ByHandle == First);
    ObDereferenceObject(ByHandle);
    // Not for whoever comes from user mode with a kernel handle, or with one that may not set it.
    IS(KmEventFromHandle(Handle, UserMode, &ByHandle), STATUS_INVALID_HANDLE);
    ZwClose(Handle);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    IS(ZwOpenEvent(&Handle, EVENT_QUERY_STATE, &Attributes), STATUS_SUCCESS);
    IS(KmEventFromHandle(Handle, UserMode, &ByHandle), STATUS_ACCESS_DENIED);
    OK(ByHandle == NULL);
    ZwClose(Handle);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    ZwClose(FirstHandle);
    ZwClose(SecondHandle);

    RtlInitUnicodeString(&Name, L"\\BaseNamedObjects");
    IS(ZwOpenDirectoryObject(&Directory, DIRECTORY_QUERY, &Attributes), STATUS_SUCCESS);
    IS(KmEventFromHandle(Directory, KernelMode, &ByHandle), STATUS_OBJECT_TYPE_MISMATCH);
    OK(ByHandle == NULL);
    ZwClose(Directory);
    IS(KmEventFromHandle((HANDLE)(ULONG_PTR)0x7770, UserMode, &ByHandle), STATUS_INVALID_HANDLE);
}

static void TestSemaphore(void)
{
    KSEMAPHORE Semaphore;

    KeInitializeSemaphore(&Semaphore, 0, 3);
    IS(KmSemaphoreRelease(&Semaphore, 0), STATUS_INVALID_PARAMETER);
    IS(KmSemaphoreRelease(&Semaphore, -1), STATUS_INVALID_PARAMETER);
    IS(KmSemaphoreRelease(&Semaphore, 2), STATUS_SUCCESS);
    IS(KmSemaphoreRelease(&Semaphore, 2), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    IS(KmWait(&Semaphore, 0), STATUS_SUCCESS);
    IS(KmWait(&Semaphore, 0), STATUS_SUCCESS);
    IS(KmWait(&Semaphore, 0), STATUS_TIMEOUT);
}

static VOID NTAPI AbandonMutant(PVOID Context)
{
    (void)KeWaitForSingleObject(Context, Executive, KernelMode, FALSE, NULL);
}

static void Abandon(PRKMUTANT Mutant)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, AbandonMutant, Mutant);
    IS(Status, STATUS_SUCCESS);
    if (NT_SUCCESS(Status)) {
        ZwWaitForSingleObject(Handle, FALSE, NULL);
        ZwClose(Handle);
    }
}

// A mutant whose owner has ended, by itself and among others.
static void TestAbandoned(void)
{
    KMUTANT Mutant;
    KEVENT Never, Always;
    PVOID Any[2] = {&Never, &Mutant}, All[2] = {&Always, &Mutant};
    ULONG Index = 9;

    KeInitializeMutant(&Mutant, FALSE);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    KeInitializeEvent(&Always, NotificationEvent, TRUE);
    Abandon(&Mutant);
    IS(KmWait(&Mutant, 0), STATUS_ABANDONED);
    KeReleaseMutant(&Mutant, IO_NO_INCREMENT, FALSE, FALSE);
    IS(KmWait(&Mutant, 0), STATUS_SUCCESS); // told once
    KeReleaseMutant(&Mutant, IO_NO_INCREMENT, FALSE, FALSE);
    Abandon(&Mutant);
    IS(KmWaitAny(2, Any, 0, NULL, &Index), STATUS_ABANDONED);
    IS(Index, 1);
    KeReleaseMutant(&Mutant, IO_NO_INCREMENT, FALSE, FALSE);
    Abandon(&Mutant);
    IS(KmWaitAll(2, All, 0, NULL), STATUS_ABANDONED);
    KeReleaseMutant(&Mutant, IO_NO_INCREMENT, FALSE, FALSE);
    IS(KeReadStateMutant(&Mutant), 1);
}

TEST_DRIVER(TestOne, TestAny, TestAll, TestEvents, TestSemaphore, TestAbandoned)
