// SPDX-License-Identifier: MIT
// Processes and threads by client id and by handle: opened, asked about, and not ended.
#include "../test.h"
#include "../thread.h"

#define LIMITED   0x1000
#define TERMINATE 0x0001

static KEVENT Go;

static VOID NTAPI WaitForGo(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS OpenProcess(HANDLE Process, HANDLE Thread, ULONG Attributes, ACCESS_MASK Access,
                            PHANDLE Handle)
{
    OBJECT_ATTRIBUTES ObjectAttributes;
    CLIENT_ID Id = {Process, Thread};
    InitializeObjectAttributes(&ObjectAttributes, NULL, Attributes, NULL, NULL);
    return ZwOpenProcess(Handle, Access, &ObjectAttributes, &Id);
}

static void TestOpenProcess(void)
{
    HANDLE Handle, System = PsGetProcessId(PsInitialSystemProcess), Self = PsGetCurrentThreadId();
    PVOID Object;
    IS(OpenProcess(System, NULL, OBJ_KERNEL_HANDLE, LIMITED, &Handle), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, LIMITED, *PsProcessType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(Object, PsInitialSystemProcess);
    ObDereferenceObject(Object);
    IS(ZwTerminateProcess(Handle, 0), STATUS_ACCESS_DENIED);
    ZwClose(Handle);
    IS(OpenProcess(System, Self, OBJ_KERNEL_HANDLE, LIMITED, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(OpenProcess(Self, NULL, OBJ_KERNEL_HANDLE, LIMITED, &Handle), STATUS_INVALID_CID);
    IS(OpenProcess(NULL, NULL, OBJ_KERNEL_HANDLE, LIMITED, &Handle), STATUS_INVALID_CID);
    IS(OpenProcess(Self, Self, OBJ_KERNEL_HANDLE, LIMITED, &Handle), STATUS_INVALID_CID);
    IS(OpenProcess((HANDLE)0x7FFFFFFC, NULL, OBJ_KERNEL_HANDLE, LIMITED, &Handle), STATUS_INVALID_CID);
    IS(OpenProcess(System, NULL, OBJ_PERMANENT, LIMITED, &Handle), STATUS_INVALID_PARAMETER);
    IS(OpenProcess(System, NULL, OBJ_KERNEL_HANDLE, 0x00200000, &Handle), STATUS_INVALID_PARAMETER);
    IS(OpenProcess(System, NULL, OBJ_KERNEL_HANDLE, 0x08000000 | LIMITED, &Handle), STATUS_INVALID_PARAMETER);

    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device");
    CLIENT_ID Id = {System, NULL};
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenProcess(&Handle, LIMITED, &Attributes, NULL), STATUS_INVALID_PARAMETER_MIX);
    Attributes.ObjectName = &Name;
    IS(ZwOpenProcess(&Handle, LIMITED, &Attributes, &Id), STATUS_INVALID_PARAMETER_MIX);
}

static void TestOpenThread(void)
{
    HANDLE Handle;
    PVOID Object;
    OBJECT_ATTRIBUTES Attributes;
    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(WaitForGo, NULL);
    CLIENT_ID Id = {PsGetThreadProcessId(Thread), PsGetThreadId(Thread)};
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenThread(&Handle, THREAD_ALL_ACCESS, &Attributes, &Id), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, *PsThreadType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(Object, Thread);
    ObDereferenceObject(Object);
    ZwClose(Handle);
    Id.UniqueProcess = NULL;
    IS(ZwOpenThread(&Handle, THREAD_ALL_ACCESS, &Attributes, &Id), STATUS_SUCCESS);
    ZwClose(Handle);
    Id.UniqueProcess = Id.UniqueThread;
    IS(ZwOpenThread(&Handle, THREAD_ALL_ACCESS, &Attributes, &Id), STATUS_INVALID_CID);
    IS(ZwOpenThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL), STATUS_INVALID_PARAMETER_MIX);
    KeSetEvent(&Go, 0, FALSE);
    TestJoinThread(Thread);
}

static void TestQuery(void)
{
    PROCESS_BASIC_INFORMATION Basic;
    ULONG_PTR Pointer = 1;
    ULONG Long, Returned = 0;
    KERNEL_USER_TIMES Times;
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Basic, sizeof(Basic),
                                 &Returned),
       STATUS_SUCCESS);
    IS(Returned, sizeof(Basic));
    IS(Basic.UniqueProcessId, 4);
    IS(Basic.ExitStatus, STATUS_PENDING);
    IS(Basic.PebBaseAddress, 0);
    IS(Basic.InheritedFromUniqueProcessId, 0);
    IS(Basic.BasePriority, 8);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Basic, sizeof(Basic) - 1,
                                 NULL),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Basic, sizeof(Basic) + 1,
                                 NULL),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessDebugPort, &Pointer, sizeof(Pointer), NULL),
       STATUS_SUCCESS);
    IS(Pointer, 0);
    Pointer = 1;
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessWow64Information, &Pointer, sizeof(Pointer),
                                 NULL),
       STATUS_SUCCESS);
    IS(Pointer, 0);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessTimes, &Times, sizeof(Times), NULL),
       STATUS_SUCCESS);
    IS(Times.CreateTime.QuadPart, PsGetProcessCreateTimeQuadPart(PsInitialSystemProcess));
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessBreakOnTermination, &Long, sizeof(Long), NULL),
       STATUS_SUCCESS);
    IS(Long, 0);
    UNICODE_STRING Name = {1, 1, NULL};
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessImageFileName, &Name, sizeof(Name) - 1,
                                 &Returned),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, sizeof(Name));
    IS(ZwQueryInformationProcess(NtCurrentProcess(), ProcessImageFileName, &Name, sizeof(Name), &Returned),
       STATUS_SUCCESS);
    IS(Name.Length, 0);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), 43, &Name, sizeof(Name), NULL), STATUS_SUCCESS);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), 60, &Name, sizeof(Name), NULL), STATUS_SUCCESS);
    IS(Name.Length, 0);
    IS(ZwQueryInformationProcess(NtCurrentProcess(), 31, &Long, sizeof(Long), NULL), STATUS_SUCCESS);
    IS(Long, 1); // not debugged
    IS(ZwQueryInformationProcess(NtCurrentProcess(), 75, &Long, sizeof(Long), NULL), STATUS_SUCCESS);
    IS(Long, 0); // SubsystemInformationTypeWin32
    IS(ZwQueryInformationProcess(NtCurrentProcess(), 999, &Long, sizeof(Long), NULL),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryInformationProcess((HANDLE)0x7FFFFFFC, ProcessDebugPort, &Pointer, sizeof(Pointer), NULL),
       STATUS_INVALID_HANDLE);
    IS(ZwQueryInformationProcess(NtCurrentThread(), ProcessDebugPort, &Pointer, sizeof(Pointer), NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwTerminateProcess((HANDLE)0x7FFFFFFC, 0), STATUS_INVALID_HANDLE);
    IS(ZwTerminateProcess(NtCurrentThread(), 0), STATUS_OBJECT_TYPE_MISMATCH);
}

static ACCESS_MASK Granted(HANDLE Handle, POBJECT_TYPE Type)
{
    OBJECT_HANDLE_INFORMATION Information = {0};
    PVOID Object;
    IS(ObReferenceObjectByHandle(Handle, 0, Type, KernelMode, &Object, &Information), STATUS_SUCCESS);
    ObDereferenceObject(Object);
    return Information.GrantedAccess;
}

// "Process Security and Access Rights", "Thread Security and Access Rights": some rights bring others.
static void TestImpliedRights(void)
{
    static const struct {
        ACCESS_MASK Asked, Granted;
    } Processes[] = {{0x0400, 0x1400}, {0x1000, 0x1000}, {0x0200, 0x0200}},
      Threads[] = {{0x0040, 0x0840}, {0x0020, 0x0420}, {0x0060, 0x0C60}, {0x0800, 0x0800}};
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {PsGetCurrentProcessId(), PsGetCurrentThreadId()};
    HANDLE Handle, Copy;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Processes); Index += 1) {
        IS(OpenProcess(Id.UniqueProcess, NULL, 0, Processes[Index].Asked, &Handle), STATUS_SUCCESS);
        IS(Granted(Handle, *PsProcessType), Processes[Index].Granted);
        ZwClose(Handle);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index += 1) {
        IS(ZwOpenThread(&Handle, Threads[Index].Asked, &Attributes, &Id), STATUS_SUCCESS);
        IS(Granted(Handle, *PsThreadType), Threads[Index].Granted);
        IS(ZwDuplicateObject(ZwCurrentProcess(), Handle, ZwCurrentProcess(), &Copy, Threads[Index].Asked, 0,
                             0),
           STATUS_SUCCESS);
        IS(Granted(Copy, *PsThreadType), Threads[Index].Granted);
        ZwClose(Copy);
        ZwClose(Handle);
    }
}

TEST_DRIVER(TestOpenProcess, TestOpenThread, TestQuery, TestImpliedRights)
