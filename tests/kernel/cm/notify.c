// SPDX-License-Identifier: MIT
// Notification of changes: by event, by work item, waited for; filters, trees, what is remembered.
#include "../thread.h"
#include "cm.h"

static HANDLE Key, Event;
static PKEVENT EventObject;
static IO_STATUS_BLOCK Iosb;

static NTSTATUS Watch(ULONG Filter, BOOLEAN Tree)
{
    Iosb.Status = STATUS_PENDING;
    return ZwNotifyChangeKey(Key, Event, NULL, NULL, &Iosb, Filter, Tree, NULL, 0, TRUE);
}

// What a change has been told as; STATUS_PENDING: it has not.
static NTSTATUS Told(void)
{
    return KeReadStateEvent(EventObject) != 0 ? Iosb.Status : STATUS_PENDING;
}

static void Begin(void)
{
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, (PVOID *)&EventObject, NULL),
       STATUS_SUCCESS);
}

static void End(void)
{
    ObDereferenceObject(EventObject);
    ZwClose(Event);
}

static void TestValues(void)
{
    Begin();
    IS(Watch(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    IS(Told(), STATUS_PENDING);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    IS(Watch(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    // The same value is no change.
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(Told(), STATUS_PENDING);
    IS(SetNumber(Key, L"Number", 2), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    // A change while nobody waits is told to the next who does.
    IS(DeleteValue(Key, L"Number"), STATUS_SUCCESS);
    IS(Watch(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    IS(Watch(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    IS(DeleteValue(Key, L"Number"), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Told(), STATUS_PENDING);
    DeleteKey(Key);
    IS(Told(), STATUS_NOTIFY_CLEANUP);
    End();
}

static void TestFilters(void)
{
    HANDLE Sub, Below;
    Begin();
    IS(Watch(REG_NOTIFY_CHANGE_NAME, FALSE), STATUS_PENDING);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(Told(), STATUS_PENDING);
    IS(CreateKey(L"Sub", Key, &Sub), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    IS(Watch(REG_NOTIFY_CHANGE_NAME, FALSE), STATUS_PENDING);
    // Not further down, without the tree.
    IS(CreateKey(L"Below", Sub, &Below), STATUS_SUCCESS);
    DeleteKey(Below);
    IS(Told(), STATUS_PENDING);
    DeleteKey(Sub);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    DeleteKey(Key);
    End();
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(Watch(0, FALSE), STATUS_INVALID_PARAMETER);
    IS(Watch(0x20, FALSE), STATUS_INVALID_PARAMETER);
    DeleteKey(Key);
    IS(Watch(REG_NOTIFY_CHANGE_NAME, FALSE), STATUS_INVALID_HANDLE);
}

static void TestTree(void)
{
    HANDLE Sub, Below;
    UNICODE_STRING NewName = RTL_CONSTANT_STRING(L"Renamed");
    Begin();
    IS(CreateKey(L"Sub", Key, &Sub), STATUS_SUCCESS);
    IS(Watch(REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, TRUE), STATUS_PENDING);
    IS(SetNumber(Sub, L"Number", 1), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    IS(Watch(REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
    IS(CreateKey(L"Below", Sub, &Below), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    IS(Watch(REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
    IS(ZwRenameKey(Below, &NewName), STATUS_SUCCESS);
    IS(Told(), STATUS_NOTIFY_ENUM_DIR);
    DeleteKey(Below);
    DeleteKey(Sub);
    DeleteKey(Key);
    IS(ZwNotifyChangeKey(NULL, NULL, NULL, NULL, &Iosb, REG_NOTIFY_CHANGE_NAME, FALSE, NULL, 0, TRUE),
       STATUS_INVALID_HANDLE);
    End();
}

static void TestClose(void)
{
    HANDLE Same;
    Begin();
    IS(OpenKey(TEST_KEY, NULL, &Same), STATUS_SUCCESS);
    IS(Watch(REG_NOTIFY_CHANGE_NAME, FALSE), STATUS_PENDING);
    ZwClose(Key);
    IS(Told(), STATUS_NOTIFY_CLEANUP);
    IS(ZwDeleteKey(Same), STATUS_SUCCESS);
    Key = Same;
    IS(Watch(REG_NOTIFY_CHANGE_NAME, FALSE), STATUS_KEY_DELETED);
    ZwClose(Same);
    End();
}

static KEVENT WorkDone;

static VOID NTAPI Work(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&WorkDone, 0, FALSE);
}

// Kernel mode's APC routine is a work item, its context the queue.
static void TestWorkItem(void)
{
    static WORK_QUEUE_ITEM Item;
    LARGE_INTEGER Second = {.QuadPart = -10000000};
    Begin();
    KeInitializeEvent(&WorkDone, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, Work, NULL);
    IS(ZwNotifyChangeKey(Key, NULL, (PIO_APC_ROUTINE)(ULONG_PTR)&Item, (PVOID)(ULONG_PTR)DelayedWorkQueue,
                         &Iosb, REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
       STATUS_PENDING);
    IS(KeWaitForSingleObject(&WorkDone, Executive, KernelMode, FALSE, &Second), STATUS_TIMEOUT);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(KeWaitForSingleObject(&WorkDone, Executive, KernelMode, FALSE, &Second), STATUS_SUCCESS);
    IS(Iosb.Status, STATUS_NOTIFY_ENUM_DIR);
    DeleteKey(Key);
    End();
}

static NTSTATUS WaitedStatus;

static VOID NTAPI Waiter(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    IO_STATUS_BLOCK Own = {.Status = STATUS_PENDING};
    WaitedStatus =
        ZwNotifyChangeKey(Key, NULL, NULL, NULL, &Own, REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, FALSE);
    if (Own.Status != WaitedStatus) {
        WaitedStatus = STATUS_UNSUCCESSFUL;
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestSynchronous(void)
{
    LARGE_INTEGER Moment = {.QuadPart = -10000};
    Begin();
    WaitedStatus = STATUS_PENDING;
    PETHREAD Thread = TestStartThread(Waiter, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    IS(WaitedStatus, STATUS_PENDING);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    TestJoinThread(Thread);
    IS(WaitedStatus, STATUS_NOTIFY_ENUM_DIR);
    DeleteKey(Key);
    End();
}

TEST_DRIVER(TestValues, TestFilters, TestTree, TestClose, TestWorkItem, TestSynchronous)
