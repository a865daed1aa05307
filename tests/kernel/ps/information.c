// SPDX-License-Identifier: MIT
// What is asked of threads and processes by handle, and set: class by class.
#include "../test.h"
#include "../thread.h"

NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Buffer,
                                                 ULONG Length, PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Buffer,
                                                  ULONG Length, PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Buffer,
                                                ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwYieldExecution(VOID);
NTKERNELAPI NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *FileObject);
NTKERNELAPI NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process);
NTKERNELAPI VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWin32WindowStation(PEPROCESS Process);

typedef struct _BASIC {
    NTSTATUS ExitStatus;
    PVOID Teb;
    CLIENT_ID Id;
    KAFFINITY Affinity;
    KPRIORITY Priority;
    LONG BasePriority;
} BASIC;

#define SELF    ((HANDLE)(LONG_PTR) - 2)
#define PROCESS ((HANDLE)(LONG_PTR) - 1)

static NTSTATUS Query(ULONG Class, PVOID Buffer, ULONG Length)
{
    ULONG Returned = 0xA5;
    NTSTATUS Status = ZwQueryInformationThread(SELF, (THREADINFOCLASS)Class, Buffer, Length, &Returned);
    if (NT_SUCCESS(Status)) {
        IS(Returned, Length);
    } else {
        IS(Returned, 0xA5);
    }
    return Status;
}

// A class of Bytes, and no other length.
static void CheckLength(ULONG Class, ULONG Bytes)
{
    UCHAR Buffer[64];
    IS(Query(Class, Buffer, Bytes - 1), STATUS_INFO_LENGTH_MISMATCH);
    IS(Query(Class, Buffer, Bytes + 1), STATUS_INFO_LENGTH_MISMATCH);
    IS(Query(Class, Buffer, Bytes), STATUS_SUCCESS);
    IS(ZwQueryInformationThread(SELF, (THREADINFOCLASS)Class, Buffer, Bytes, NULL), STATUS_SUCCESS);
}

static void TestQueryThread(void)
{
    BASIC Basic;
    KERNEL_USER_TIMES Times;
    GROUP_AFFINITY Group;
    ULONG Long = 0xA5;
    CheckLength(ThreadBasicInformation, 48);
    CheckLength(ThreadTimes, 32);
    CheckLength(ThreadQuerySetWin32StartAddress, 8);
    CheckLength(ThreadAmILastThread, 4);
    CheckLength(ThreadIsIoPending, 4);
    CheckLength(ThreadHideFromDebugger, 1);
    CheckLength(ThreadBreakOnTermination, 4);
    CheckLength(ThreadIsTerminated, 4);
    CheckLength(ThreadPagePriority, 4);
    CheckLength(ThreadActualBasePriority, 4);
    CheckLength(ThreadGroupInformation, 16);
    CheckLength(35, 4); // ThreadSuspendCount

    KAFFINITY Affinity = KeSetSystemAffinityThreadEx(1);
    IS(Query(ThreadBasicInformation, &Basic, sizeof(Basic)), STATUS_SUCCESS);
    IS(Basic.ExitStatus, STATUS_PENDING);
    IS(Basic.Teb, PsGetCurrentThreadTeb());
    IS(Basic.Id.UniqueThread, PsGetCurrentThreadId());
    IS(Basic.Id.UniqueProcess, PsGetCurrentProcessId());
    IS(Basic.Affinity, 1);
    IS(Basic.Priority, KeQueryPriorityThread(KeGetCurrentThread()));
    LONG Increment = KeSetBasePriorityThread(KeGetCurrentThread(), 2);
    IS(Query(ThreadBasicInformation, &Basic, sizeof(Basic)), STATUS_SUCCESS);
    IS(Basic.BasePriority, 2);
    IS(Query(ThreadActualBasePriority, &Long, sizeof(Long)), STATUS_SUCCESS);
    IS(Long, 10);
    KeSetBasePriorityThread(KeGetCurrentThread(), Increment);
    IS(Query(ThreadTimes, &Times, sizeof(Times)), STATUS_SUCCESS);
    IS(Times.CreateTime.QuadPart, PsGetThreadCreateTime(PsGetCurrentThread()));
    IS(Times.ExitTime.QuadPart, 0);
    IS(Query(ThreadAmILastThread, &Long, sizeof(Long)), STATUS_SUCCESS);
    IS(Long, FALSE);
    IS(Query(ThreadIsTerminated, &Long, sizeof(Long)), STATUS_SUCCESS);
    IS(Long, FALSE);
    IS(Query(ThreadIsIoPending, &Long, sizeof(Long)), STATUS_SUCCESS);
    IS(Long, FALSE);
    IS(Query(35, &Long, sizeof(Long)), STATUS_SUCCESS);
    IS(Long, 0);
    IS(Query(ThreadGroupInformation, &Group, sizeof(Group)), STATUS_SUCCESS);
    IS(Group.Group, 0);
    IS(Group.Mask, 1);
    KeRevertToUserAffinityThreadEx(Affinity);

    IS(Query(0x7FFF, &Basic, sizeof(Basic)), STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryInformationThread(PROCESS, ThreadTimes, &Times, sizeof(Times), NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwQueryInformationThread((HANDLE)0x7FFFFFFC, ThreadTimes, &Times, sizeof(Times), NULL),
       STATUS_INVALID_HANDLE);
}

static KEVENT Go;

static VOID NTAPI WaitForGo(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(7);
}

static void TestOtherThread(void)
{
    HANDLE Handle, Weak;
    BASIC Basic;
    ULONG Long = 0;
    PVOID Start = NULL;
    KERNEL_USER_TIMES Times;
    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(WaitForGo, NULL);
    IS(ObOpenObjectByPointer(Thread, OBJ_KERNEL_HANDLE, NULL, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                             &Handle),
       STATUS_SUCCESS);
    IS(ZwQueryInformationThread(Handle, ThreadQuerySetWin32StartAddress, &Start, sizeof(Start), NULL),
       STATUS_SUCCESS);
    IS(Start, WaitForGo);
    Start = (PVOID)TestOtherThread;
    IS(ZwSetInformationThread(Handle, ThreadQuerySetWin32StartAddress, &Start, sizeof(Start)),
       STATUS_SUCCESS);
    Start = NULL;
    IS(ZwQueryInformationThread(Handle, ThreadQuerySetWin32StartAddress, &Start, sizeof(Start), NULL),
       STATUS_SUCCESS);
    IS(Start, TestOtherThread);
    KeSetEvent(&Go, 0, FALSE);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    IS(ZwQueryInformationThread(Handle, ThreadBasicInformation, &Basic, sizeof(Basic), NULL), STATUS_SUCCESS);
    IS(Basic.ExitStatus, 7);
    IS(ZwQueryInformationThread(Handle, ThreadIsTerminated, &Long, sizeof(Long), NULL), STATUS_SUCCESS);
    IS(Long, TRUE);
    IS(ZwQueryInformationThread(Handle, ThreadTimes, &Times, sizeof(Times), NULL), STATUS_SUCCESS);
    OK(Times.ExitTime.QuadPart >= Times.CreateTime.QuadPart && Times.ExitTime.QuadPart != 0);
    ZwClose(Handle);
    // Kernel mode is asked for no right. A handle of user mode's would be, in tests/machine.
    IS(ObOpenObjectByPointer(Thread, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *PsThreadType, KernelMode, &Weak),
       STATUS_SUCCESS);
    IS(ZwQueryInformationThread(Weak, ThreadBasicInformation, &Basic, sizeof(Basic), NULL), STATUS_SUCCESS);
    ZwClose(Weak);
    ObDereferenceObject(Thread);
}

static NTSTATUS SetLong(ULONG Class, LONG Value)
{
    return ZwSetInformationThread(SELF, (THREADINFOCLASS)Class, &Value, sizeof(Value));
}

static void TestSetThread(void)
{
    PKTHREAD Thread = KeGetCurrentThread();
    KPRIORITY Before = KeQueryPriorityThread(Thread);
    LONG Value = 0;
    IS(SetLong(ThreadPriority, 0), STATUS_INVALID_PARAMETER);
    IS(SetLong(ThreadPriority, HIGH_PRIORITY + 1), STATUS_INVALID_PARAMETER);
    IS(SetLong(ThreadPriority, 20), STATUS_SUCCESS);
    IS(KeQueryPriorityThread(Thread), 20);
    IS(ZwSetInformationThread(SELF, ThreadPriority, &Value, 3), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwSetInformationThread(SELF, ThreadPriority, &Value, 8), STATUS_INFO_LENGTH_MISMATCH);

    IS(SetLong(ThreadBasePriority, 2), STATUS_SUCCESS);
    IS(KeQueryPriorityThread(Thread), 10);
    IS(SetLong(ThreadBasePriority, -2), STATUS_SUCCESS);
    IS(KeQueryPriorityThread(Thread), 6);
    IS(SetLong(ThreadBasePriority, 3), STATUS_INVALID_PARAMETER);
    IS(SetLong(ThreadBasePriority, -3), STATUS_INVALID_PARAMETER);
    IS(SetLong(ThreadBasePriority, 16), STATUS_SUCCESS);
    IS(KeQueryPriorityThread(Thread), 15);
    IS(SetLong(ThreadBasePriority, -16), STATUS_SUCCESS);
    IS(KeQueryPriorityThread(Thread), 1);
    IS(SetLong(ThreadActualBasePriority, 9), STATUS_SUCCESS);
    IS(KeQueryPriorityThread(Thread), 9);
    KeSetPriorityThread(Thread, Before);

    for (LONG Priority = 1; Priority <= 5; Priority += 1) {
        IS(SetLong(ThreadPagePriority, Priority), STATUS_SUCCESS);
        IS(Query(ThreadPagePriority, &Value, sizeof(Value)), STATUS_SUCCESS);
        IS(Value, Priority);
    }
    IS(SetLong(ThreadPagePriority, 6), STATUS_INVALID_PARAMETER);
    IS(SetLong(ThreadPagePriority, -1), STATUS_INVALID_PARAMETER);

    ULONG Throttling[3] = {1, 1, 1};
    IS(ZwSetInformationThread(SELF, (THREADINFOCLASS)49, Throttling, 12), STATUS_SUCCESS);
    Throttling[1] = 0; // a state that is not controlled
    IS(ZwSetInformationThread(SELF, (THREADINFOCLASS)49, Throttling, 12), STATUS_INVALID_PARAMETER);
    Throttling[2] = 0;
    IS(ZwSetInformationThread(SELF, (THREADINFOCLASS)49, Throttling, 12), STATUS_SUCCESS);
    Throttling[0] = 2;
    IS(ZwSetInformationThread(SELF, (THREADINFOCLASS)49, Throttling, 12), STATUS_INVALID_PARAMETER);

    BOOLEAN Hidden = TRUE;
    IS(Query(ThreadHideFromDebugger, &Hidden, 1), STATUS_SUCCESS);
    IS(Hidden, FALSE);
    IS(ZwSetInformationThread(SELF, ThreadHideFromDebugger, &Value, 4), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwSetInformationThread(SELF, ThreadHideFromDebugger, NULL, 0), STATUS_SUCCESS);
    IS(Query(ThreadHideFromDebugger, &Hidden, 1), STATUS_SUCCESS);
    IS(Hidden, TRUE);

    IS(SetLong(ThreadBreakOnTermination, TRUE), STATUS_SUCCESS);
    IS(Query(ThreadBreakOnTermination, &Value, sizeof(Value)), STATUS_SUCCESS);
    IS(Value, TRUE);
    IS(SetLong(ThreadBreakOnTermination, FALSE), STATUS_SUCCESS);
    IS(SetLong(ThreadTimes, 0), STATUS_INVALID_INFO_CLASS);
    IS(ZwSetInformationThread(SELF, ThreadPriority, NULL, 4), STATUS_ACCESS_VIOLATION);
    IS(ZwSetInformationThread(PROCESS, ThreadPagePriority, &Value, 4), STATUS_OBJECT_TYPE_MISMATCH);
}

static ULONG AskProcess(ULONG Class)
{
    ULONG Value = 0xA5A5;
    IS(ZwQueryInformationProcess(PROCESS, (PROCESSINFOCLASS)Class, &Value, sizeof(Value), NULL),
       STATUS_SUCCESS);
    return Value;
}

static NTSTATUS TellProcess(ULONG Class, LONG Value)
{
    return ZwSetInformationProcess(PROCESS, (PROCESSINFOCLASS)Class, &Value, sizeof(Value));
}

static void TestSetProcess(void)
{
    PKTHREAD Thread = KeGetCurrentThread();
    KPRIORITY Before = KeQueryPriorityThread(Thread);
    UCHAR Class[2] = {0, 0};
    IS(ZwQueryInformationProcess(PROCESS, ProcessPriorityClass, Class, 2, NULL), STATUS_SUCCESS);
    IS(Class[1], 2); // normal
    static const struct {
        UCHAR Class, Priority;
    } Classes[] = {{1, 4}, {3, 13}, {5, 6}, {6, 10}, {2, 8}};
    KeSetPriorityThread(Thread, 8);
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Classes); Row += 1) {
        Class[1] = Classes[Row].Class;
        IS(ZwSetInformationProcess(PROCESS, ProcessPriorityClass, Class, 2), STATUS_SUCCESS);
        IS(KeQueryPriorityThread(Thread), Classes[Row].Priority);
        IS(ZwQueryInformationProcess(PROCESS, ProcessPriorityClass, Class, 2, NULL), STATUS_SUCCESS);
        IS(Class[1], Classes[Row].Class);
    }
    KeSetPriorityThread(Thread, Before);
    Class[1] = 0;
    IS(ZwSetInformationProcess(PROCESS, ProcessPriorityClass, Class, 2), STATUS_INVALID_PARAMETER);
    Class[1] = 7;
    IS(ZwSetInformationProcess(PROCESS, ProcessPriorityClass, Class, 2), STATUS_INVALID_PARAMETER);
    IS(ZwSetInformationProcess(PROCESS, ProcessPriorityClass, Class, 1), STATUS_INFO_LENGTH_MISMATCH);

    IS(TellProcess(ProcessBasePriority, 0), STATUS_INVALID_PARAMETER);
    IS(TellProcess(ProcessBasePriority, 32), STATUS_INVALID_PARAMETER);
    IS(TellProcess(ProcessBasePriority, 8), STATUS_SUCCESS);

    IS(TellProcess(ProcessDefaultHardErrorMode, 5), STATUS_SUCCESS);
    IS(AskProcess(ProcessDefaultHardErrorMode), 5);
    IS(TellProcess(ProcessDefaultHardErrorMode, 0), STATUS_SUCCESS);
    IS(TellProcess(ProcessBreakOnTermination, 1), STATUS_SUCCESS);
    IS(AskProcess(ProcessBreakOnTermination), 1);
    IS(TellProcess(ProcessBreakOnTermination, 0), STATUS_SUCCESS);
    IS(AskProcess(ProcessBreakOnTermination), 0);
    IS(AskProcess(ProcessPagePriority), 5);
    IS(TellProcess(ProcessPagePriority, 2), STATUS_SUCCESS);
    IS(AskProcess(ProcessPagePriority), 2);
    IS(TellProcess(ProcessPagePriority, 6), STATUS_INVALID_PARAMETER);
    IS(TellProcess(ProcessPagePriority, 5), STATUS_SUCCESS);
    IS(TellProcess(ProcessTimes, 0), STATUS_INVALID_INFO_CLASS);
    IS(ZwSetInformationProcess(SELF, ProcessPagePriority, Class, 4), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwSetInformationProcess(PROCESS, ProcessPagePriority, NULL, 4), STATUS_ACCESS_VIOLATION);
}

// ---- Yielding

static volatile LONG Ran;

static VOID NTAPI NoteRun(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InterlockedIncrement(&Ran);
}

static void TestYield(void)
{
    KAFFINITY Affinity = KeSetSystemAffinityThreadEx(1);
    IS(ZwYieldExecution(), STATUS_NO_YIELD_PERFORMED);
    KeSetPriorityThread(KeGetCurrentThread(), 15);
    PETHREAD Thread = TestStartThread(NoteRun, NULL);
    // On one processor it has not run yet, though it is less urgent.
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Ran, 0);
        IS(ZwYieldExecution(), STATUS_SUCCESS);
        IS(Ran, 1);
    }
    KeSetPriorityThread(KeGetCurrentThread(), 8);
    KeRevertToUserAffinityThreadEx(Affinity);
    TestJoinThread(Thread);
    IS(Ran, 1);
}

static void TestImageName(void)
{
    PUNICODE_STRING Name = NULL;
    PFILE_OBJECT File = NULL;
    IS(SeLocateProcessImageName(PsInitialSystemProcess, &Name), STATUS_SUCCESS);
    OK(Name != NULL && Name->Length == 0);
    ExFreePool(Name);
    IS(PsReferenceProcessFilePointer(PsInitialSystemProcess, &File), STATUS_UNSUCCESSFUL);
    IS(PsAcquireProcessExitSynchronization(PsInitialSystemProcess), STATUS_SUCCESS);
    PsReleaseProcessExitSynchronization(PsInitialSystemProcess);
    IS(PsGetProcessWin32Process(PsInitialSystemProcess), NULL);
    IS(PsGetProcessWin32WindowStation(PsInitialSystemProcess), NULL);
}

TEST_DRIVER(TestQueryThread, TestOtherThread, TestSetThread, TestSetProcess, TestYield, TestImageName)
