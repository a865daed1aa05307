// SPDX-License-Identifier: MIT
// PsCreateSystemThread, PsTerminateSystemThread, and what a thread can be asked.
#include "../thread.h"

NTKERNELAPI HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread);

typedef struct _SEEN {
    HANDLE ThreadId, ProcessId;
    KIRQL Irql;
    KPRIORITY Priority;
    BOOLEAN InCriticalRegion, HasUserMode;
    PVOID Local;
    ULONG_PTR Low, High;
} SEEN;

static SEEN Seen;
static KEVENT Stop;

static VOID NTAPI Look(PVOID Context)
{
    SEEN *Result = Context;
    Result->ThreadId = PsGetCurrentThreadId();
    Result->ProcessId = PsGetCurrentProcessId();
    Result->Irql = KeGetCurrentIrql();
    Result->Priority = KeQueryPriorityThread(KeGetCurrentThread());
    Result->InCriticalRegion = KeAreApcsDisabled() && !KeAreAllApcsDisabled();
    Result->HasUserMode = PsGetCurrentThreadTeb() != NULL;
    Result->Local = &Result;
    IoGetStackLimits(&Result->Low, &Result->High);
    PsTerminateSystemThread((NTSTATUS)0x1234);
    OK(!"PsTerminateSystemThread returned");
}

static VOID NTAPI Return(PVOID Context)
{
    KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, NULL);
    *(PULONG)Context += 1;
}

static void TestCreate(void)
{
    HANDLE Handle;
    CLIENT_ID Id;
    OBJECT_ATTRIBUTES Attributes;
    PVOID Object;
    PETHREAD Thread;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, &Id, Look, &Seen), STATUS_SUCCESS);
    OK((LONG_PTR)Handle < 0);
    IS(ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Object, NULL),
       STATUS_SUCCESS);
    Thread = Object;
    IS(ZwClose(Handle), STATUS_SUCCESS);
    IS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    OK(Seen.ThreadId == Id.UniqueThread && Seen.ProcessId == Id.UniqueProcess);
    OK(Seen.ProcessId == (HANDLE)4);
    IS(Seen.Irql, PASSIVE_LEVEL);
    IS(Seen.Priority, 8);
    OK(Seen.InCriticalRegion); // normal kernel APCs have to wait
    OK(!Seen.HasUserMode);
    OK((ULONG_PTR)Seen.Local >= Seen.Low && (ULONG_PTR)Seen.Local < Seen.High);
    IS(PsGetThreadExitStatus(Thread), 0x1234);
    OK(PsIsThreadTerminating(Thread));
    OK(PsIsSystemThread(Thread));
    OK(PsGetThreadId(Thread) == Id.UniqueThread);
    OK(PsGetThreadProcessId(Thread) == (HANDLE)4);
    OK(IoThreadToProcess(Thread) == PsInitialSystemProcess);
    OK(PsGetThreadCreateTime(Thread) != 0);
    ObDereferenceObject(Thread);
}

// A kernel handle, whatever is asked for; and attributes that no thread can have.
static void TestAttributes(void)
{
    static const ULONG Invalid[] = {OBJ_PERMANENT, OBJ_EXCLUSIVE, OBJ_OPENIF};
    HANDLE Handle;
    OBJECT_ATTRIBUTES Attributes;
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Look, &Seen), STATUS_SUCCESS);
    OK((LONG_PTR)Handle < 0);
    IS(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(Handle);
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NtCurrentProcess(), NULL, Look, &Seen),
       STATUS_SUCCESS);
    OK((LONG_PTR)Handle < 0);
    IS(Attributes.Attributes, 0);
    IS(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(Handle);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Invalid); Index += 1) {
        InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE | Invalid[Index], NULL, NULL);
        IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Look, &Seen),
           STATUS_INVALID_PARAMETER);
    }
}

static void TestReturnEnds(void)
{
    ULONG Count = 0;
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(Return, &Count);
    LARGE_INTEGER Now = {.QuadPart = 0};
    IS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Now), STATUS_TIMEOUT);
    IS(PsGetThreadExitStatus(Thread), STATUS_PENDING);
    OK(!PsIsThreadTerminating(Thread));
    KeSetEvent(&Stop, 0, FALSE);
    IS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(PsGetThreadExitStatus(Thread), STATUS_SUCCESS);
    IS(Count, 1);
    ObDereferenceObject(Thread);
}

static void TestLookup(void)
{
    ULONG Count = 0;
    PETHREAD Found;
    PEPROCESS Process;
    KeResetEvent(&Stop);
    PETHREAD Thread = TestStartThread(Return, &Count);
    HANDLE Id = PsGetThreadId(Thread);
    IS(PsLookupThreadByThreadId(Id, &Found), STATUS_SUCCESS);
    OK(Found == Thread);
    ObDereferenceObject(Found);
    IS(PsLookupProcessByProcessId(Id, &Process), STATUS_INVALID_CID);
    IS(PsLookupThreadByThreadId((HANDLE)4, &Found), STATUS_INVALID_PARAMETER);
    IS(PsLookupThreadByThreadId((HANDLE)0, &Found), STATUS_INVALID_PARAMETER);
    IS(PsLookupThreadByThreadId((HANDLE)0xfffff0, &Found), STATUS_INVALID_PARAMETER);
    IS(PsLookupProcessByProcessId((HANDLE)4, &Process), STATUS_SUCCESS);
    OK(Process == PsInitialSystemProcess);
    ObDereferenceObject(Process);
    KeSetEvent(&Stop, 0, FALSE);
    TestJoinThread(Thread);
    // The number is free again when the object is gone, which the reaper's reference may hold a moment
    // longer.
    for (ULONG Tries = 0; NT_SUCCESS(PsLookupThreadByThreadId(Id, &Found)) && Tries < 100; Tries += 1) {
        ObDereferenceObject(Found);
        TestSleep(10);
    }
    IS(PsLookupThreadByThreadId(Id, &Found), STATUS_INVALID_PARAMETER);
}

static void TestProcessHandle(void)
{
    HANDLE Process, Handle;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                             *PsProcessType, KernelMode, &Process),
       STATUS_SUCCESS);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, Process, NULL, Look, &Seen),
       STATUS_SUCCESS);
    IS(ZwClose(Process), STATUS_SUCCESS);
    IS(PsCreateSystemThread(&Process, THREAD_ALL_ACCESS, &Attributes, Handle, NULL, Look, &Seen),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwClose(Handle), STATUS_SUCCESS);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, Process, NULL, Look, &Seen),
       STATUS_INVALID_HANDLE);
}

static void TestManyThreads(void)
{
    ULONG Count = 0, Failed = 0;
    KeSetEvent(&Stop, 0, FALSE);
    // More than there are places for stacks, one after the other: each is given back.
    for (ULONG Index = 0; Index < 5000; Index += 1) {
        PETHREAD Thread = TestStartThread(Return, &Count);
        Failed += Thread == NULL;
        if (Thread == NULL) {
            break;
        }
        TestJoinThread(Thread);
    }
    IS(Failed, 0);
    IS(Count, 5000);
}

TEST_DRIVER(TestCreate, TestAttributes, TestReturnEnds, TestLookup, TestProcessHandle, TestManyThreads)
