// SPDX-License-Identifier: MIT
// Event and semaphore objects, and waits by handle.
#include "../thread.h"

NTSYSAPI NTSTATUS NTAPI ZwResetEvent(HANDLE EventHandle, PLONG PreviousState);
NTSYSAPI NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle);
NTSYSAPI NTSTATUS NTAPI ZwPulseEvent(HANDLE EventHandle, PLONG PreviousState);
NTSYSAPI NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, PHANDLE Handles, WAIT_TYPE WaitType,
                                                 BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSYSAPI NTSTATUS NTAPI ZwCreateSemaphore(PHANDLE Handle, ACCESS_MASK DesiredAccess,
                                          POBJECT_ATTRIBUTES Attributes, LONG InitialCount,
                                          LONG MaximumCount);
NTSYSAPI NTSTATUS NTAPI ZwReleaseSemaphore(HANDLE Handle, LONG ReleaseCount, PLONG PreviousCount);

NTSYSAPI NTSTATUS NTAPI ZwSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class,
                                               PVOID Information, ULONG Length);

static LARGE_INTEGER Zero;

static NTSTATUS Create(PCWSTR Name, ULONG Flags, EVENT_TYPE Type, BOOLEAN State, PHANDLE Handle)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, Name != NULL ? &String : NULL, Flags | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateEvent(Handle, EVENT_ALL_ACCESS, &Attributes, Type, State);
}

static NTSTATUS Poll(HANDLE Handle)
{
    return ZwWaitForSingleObject(Handle, FALSE, &Zero);
}

static void TestStates(void)
{
    HANDLE Event;
    LONG Before = 5;
    PVOID Object;
    IS(Create(NULL, 0, (EVENT_TYPE)2, FALSE, &Event), STATUS_INVALID_PARAMETER_4);
    IS(Create(NULL, 0, NotificationEvent, FALSE, &Event), STATUS_SUCCESS);
    IS(Poll(Event), STATUS_TIMEOUT);
    IS(ZwSetEvent(Event, &Before), STATUS_SUCCESS);
    IS(Before, 0);
    IS(Poll(Event), STATUS_SUCCESS);
    IS(Poll(Event), STATUS_SUCCESS);
    IS(ZwResetEvent(Event, &Before), STATUS_SUCCESS);
    IS(Before, 1);
    IS(Poll(Event), STATUS_TIMEOUT);
    IS(ZwSetEvent(Event, NULL), STATUS_SUCCESS);
    IS(ZwClearEvent(Event), STATUS_SUCCESS);
    IS(Poll(Event), STATUS_TIMEOUT);
    IS(ZwPulseEvent(Event, &Before), STATUS_SUCCESS);
    IS(Before, 0);
    IS(Poll(Event), STATUS_TIMEOUT);
    IS(ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object, NULL),
       STATUS_SUCCESS);
    KeSetEvent(Object, 0, FALSE);
    ObDereferenceObject(Object);
    IS(Poll(Event), STATUS_SUCCESS);
    IS(ZwReleaseSemaphore(Event, 1, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(Event);
    IS(ZwSetEvent(Event, NULL), STATUS_INVALID_HANDLE);
    IS(Create(NULL, 0, SynchronizationEvent, TRUE, &Event), STATUS_SUCCESS);
    IS(Poll(Event), STATUS_SUCCESS);
    IS(Poll(Event), STATUS_TIMEOUT);
    ZwClose(Event);
}

static void TestNames(void)
{
    HANDLE Event, Again;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KmodeTest");
    OBJECT_ATTRIBUTES Attributes;
    IS(Create(Name.Buffer, 0, NotificationEvent, TRUE, &Event), STATUS_SUCCESS);
    IS(Create(Name.Buffer, 0, NotificationEvent, FALSE, &Again), STATUS_OBJECT_NAME_COLLISION);
    IS(Create(Name.Buffer, OBJ_OPENIF, NotificationEvent, FALSE, &Again), STATUS_OBJECT_NAME_EXISTS);
    IS(Poll(Again), STATUS_SUCCESS);
    ZwClose(Again);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenEvent(&Again, SYNCHRONIZE, &Attributes), STATUS_SUCCESS);
    ZwClose(Again);
    PKEVENT Named = IoCreateSynchronizationEvent(&Name, &Again);
    OK(Named != NULL);
    IS(KeReadStateEvent(Named), 1);
    ZwClose(Again);
    ZwClose(Event);
    IS(ZwOpenEvent(&Again, SYNCHRONIZE, &Attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    Named = IoCreateNotificationEvent(&Name, &Event);
    OK(Named != NULL && KeReadStateEvent(Named) == 1);
    ZwClose(Event);
    IS(Create(L"\\BaseNamedObjects", 0, NotificationEvent, FALSE, &Event), STATUS_OBJECT_NAME_COLLISION);
    IS(Create(L"KmodeTest", 0, NotificationEvent, FALSE, &Event), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(Create(L"", 0, NotificationEvent, FALSE, &Event), STATUS_SUCCESS); // without a name
    ZwClose(Event);
    IS(Create(L"\\BaseNamedObjects\\\\KmodeTest", 0, NotificationEvent, FALSE, &Event),
       STATUS_OBJECT_NAME_INVALID);
    IS(Create(L"\\KmodeTest", 0x10000000, NotificationEvent, FALSE, &Event), STATUS_INVALID_PARAMETER);
}

// Of how much memory there is: plenty.
static void TestMemoryConditions(void)
{
    static const struct {
        PCWSTR Name;
        BOOLEAN Signaled;
    } Rows[] = {{L"\\KernelObjects\\HighMemoryCondition", TRUE},
                {L"\\KernelObjects\\LowMemoryCondition", FALSE},
                {L"\\KernelObjects\\HighPagedPoolCondition", TRUE},
                {L"\\KernelObjects\\LowPagedPoolCondition", FALSE},
                {L"\\KernelObjects\\HighNonPagedPoolCondition", TRUE},
                {L"\\KernelObjects\\LowNonPagedPoolCondition", FALSE},
                {L"\\KernelObjects\\LowCommitCondition", TRUE},
                {L"\\KernelObjects\\HighCommitCondition", FALSE},
                {L"\\KernelObjects\\MaximumCommitCondition", FALSE}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index += 1) {
        UNICODE_STRING Name;
        HANDLE Handle;
        RtlInitUnicodeString(&Name, Rows[Index].Name);
        PKEVENT Event = IoCreateNotificationEvent(&Name, &Handle);
        OK(Event != NULL);
        if (Event != NULL) {
            IS(KeReadStateEvent(Event), Rows[Index].Signaled);
            IS(Poll(Handle), Rows[Index].Signaled ? STATUS_SUCCESS : STATUS_TIMEOUT);
            IS(Poll(Handle), Rows[Index].Signaled ? STATUS_SUCCESS : STATUS_TIMEOUT);
            ZwClose(Handle);
        }
    }
}

static VOID NTAPI SetBoth(PVOID Context)
{
    HANDLE *Events = Context;
    TestSleep(5);
    ZwSetEvent(Events[1], NULL);
    TestSleep(5);
    ZwSetEvent(Events[0], NULL);
}

static void TestMany(void)
{
    HANDLE Events[2], Twice[2], Directory;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device");
    OBJECT_ATTRIBUTES Attributes;
    Create(NULL, 0, NotificationEvent, FALSE, &Events[0]);
    Create(NULL, 0, NotificationEvent, FALSE, &Events[1]);
    IS(ZwWaitForMultipleObjects(0, Events, WaitAny, FALSE, &Zero), STATUS_INVALID_PARAMETER_1);
    IS(ZwWaitForMultipleObjects(65, Events, WaitAny, FALSE, &Zero), STATUS_INVALID_PARAMETER_1);
    IS(ZwWaitForMultipleObjects(2, Events, (WAIT_TYPE)7, FALSE, &Zero), STATUS_INVALID_PARAMETER_3);
    IS(ZwWaitForMultipleObjects(2, Events, WaitAny, FALSE, &Zero), STATUS_TIMEOUT);
    PETHREAD Thread = TestStartThread(SetBoth, Events);
    IS(ZwWaitForMultipleObjects(2, Events, WaitAny, FALSE, NULL), STATUS_WAIT_0 + 1);
    IS(ZwWaitForMultipleObjects(2, Events, WaitAll, FALSE, &Zero), STATUS_TIMEOUT);
    IS(ZwWaitForMultipleObjects(2, Events, WaitAll, FALSE, NULL), STATUS_SUCCESS);
    TestJoinThread(Thread);
    Twice[0] = Twice[1] = Events[0];
    IS(ZwWaitForMultipleObjects(2, Twice, WaitAll, FALSE, &Zero), STATUS_INVALID_PARAMETER_MIX);
    IS(ZwWaitForMultipleObjects(2, Twice, WaitAny, FALSE, &Zero), STATUS_WAIT_0);
    // What has no state does not keep anybody waiting.
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenDirectoryObject(&Directory, DIRECTORY_QUERY, &Attributes), STATUS_SUCCESS);
    IS(ZwWaitForSingleObject(Directory, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(Directory);
    ZwClose(Events[0]);
    IS(ZwWaitForMultipleObjects(2, Events, WaitAny, FALSE, &Zero), STATUS_INVALID_HANDLE);
    ZwClose(Events[1]);
}

static void TestSemaphores(void)
{
    HANDLE Semaphore;
    LONG Before = -1;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateSemaphore(&Semaphore, SEMAPHORE_ALL_ACCESS, &Attributes, 2, 1), STATUS_INVALID_PARAMETER);
    IS(ZwCreateSemaphore(&Semaphore, SEMAPHORE_ALL_ACCESS, &Attributes, -1, 1), STATUS_INVALID_PARAMETER);
    IS(ZwCreateSemaphore(&Semaphore, SEMAPHORE_ALL_ACCESS, &Attributes, 0, 0), STATUS_INVALID_PARAMETER);
    IS(ZwCreateSemaphore(&Semaphore, SEMAPHORE_ALL_ACCESS, &Attributes, 1, 2), STATUS_SUCCESS);
    IS(Poll(Semaphore), STATUS_SUCCESS);
    IS(Poll(Semaphore), STATUS_TIMEOUT);
    IS(ZwReleaseSemaphore(Semaphore, 0, NULL), STATUS_INVALID_PARAMETER);
    IS(ZwReleaseSemaphore(Semaphore, 3, NULL), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    IS(ZwReleaseSemaphore(Semaphore, 2, &Before), STATUS_SUCCESS);
    IS(Before, 0);
    ZwClose(Semaphore);
}

static void TestQueries(void)
{
    HANDLE Event;
    ULONG64 Buffer[32];
    ULONG Length;
    PPUBLIC_OBJECT_BASIC_INFORMATION Basic = (PVOID)Buffer;
    PPUBLIC_OBJECT_TYPE_INFORMATION Type = (PVOID)Buffer;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Event");
    UCHAR Flags[2] = {0, 1};
    IS(Create(L"\\BaseNamedObjects\\KmodeQuery", 0, NotificationEvent, FALSE, &Event), STATUS_SUCCESS);
    IS(ZwQueryObject(Event, ObjectBasicInformation, Buffer, sizeof(*Basic), &Length), STATUS_SUCCESS);
    IS(Length, sizeof(*Basic));
    IS(Basic->HandleCount, 1);
    IS(Basic->GrantedAccess, EVENT_ALL_ACCESS);
    IS(ZwQueryObject(Event, ObjectBasicInformation, Buffer, sizeof(*Basic) - 1, &Length),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryObject(Event, ObjectTypeInformation, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(&Type->TypeName, &Name, FALSE));
    IS(ZwQueryObject(Event, ObjectTypeInformation, Buffer, Length - 1, NULL), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryObject(Event, (OBJECT_INFORMATION_CLASS)77, Buffer, sizeof(Buffer), NULL),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryObject(NULL, ObjectTypeInformation, Buffer, sizeof(Buffer), NULL), STATUS_INVALID_HANDLE);
    IS(ZwSetInformationObject(Event, (OBJECT_INFORMATION_CLASS)4, Flags, sizeof(Flags)), STATUS_SUCCESS);
    IS(ZwClose(Event), STATUS_HANDLE_NOT_CLOSABLE);
    Flags[1] = 0;
    IS(ZwSetInformationObject(Event, (OBJECT_INFORMATION_CLASS)4, Flags, sizeof(Flags)), STATUS_SUCCESS);
    IS(ZwClose(Event), STATUS_SUCCESS);
}

TEST_DRIVER(TestStates, TestNames, TestMemoryConditions, TestMany, TestSemaphores, TestQueries)
