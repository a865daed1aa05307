// SPDX-License-Identifier: MIT
// Callback objects: created, opened, registered with, notified, unregistered while they are notified.
#include "thread.h"

static OBJECT_ATTRIBUTES Attributes;
static UNICODE_STRING Name;

static POBJECT_ATTRIBUTES Named(PCWSTR Path, ULONG Flags)
{
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, Flags, NULL, NULL);
    return &Attributes;
}

static ULONG Order[8], Calls;
static PVOID Arguments[2];
static KIRQL Irql;

static VOID NTAPI Note(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    Order[Calls % 8] = PtrToUlong(Context);
    Calls += 1;
    Arguments[0] = Argument1;
    Arguments[1] = Argument2;
    Irql = KeGetCurrentIrql();
}

static void TestCreate(void)
{
    PCALLBACK_OBJECT Object = NULL, Again = NULL;
    const ULONG Flags = OBJ_CASE_INSENSITIVE | OBJ_PERMANENT;
    IS(ExCreateCallback(&Object, Named(L"\\Callback\\KmodeTest", Flags), FALSE, TRUE),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(ExCreateCallback(&Object, Named(L"\\NoSuchDirectory\\KmodeTest", Flags), TRUE, TRUE),
       STATUS_OBJECT_PATH_NOT_FOUND);
    InitializeObjectAttributes(&Attributes, NULL, Flags, NULL, NULL);
    IS(ExCreateCallback(&Object, &Attributes, TRUE, TRUE), STATUS_UNSUCCESSFUL);
    IS(ExCreateCallback(&Object, Named(L"\\Callback\\KmodeTest", Flags), TRUE, TRUE), STATUS_SUCCESS);
    // What there is is opened.
    IS(ExCreateCallback(&Again, Named(L"\\callback\\kmodetest", Flags), FALSE, FALSE), STATUS_SUCCESS);
    OK(Object != NULL && Object == Again);
    ObDereferenceObject(Again);
    ObMakeTemporaryObject(Object);
    ObDereferenceObject(Object);
    IS(ExCreateCallback(&Object, Named(L"\\Callback\\KmodeTest", Flags), FALSE, TRUE),
       STATUS_OBJECT_NAME_NOT_FOUND);
    // Another type of that name.
    IS(ExCreateCallback(&Object, Named(L"\\Callback", Flags), FALSE, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
}

static PCALLBACK_OBJECT Make(BOOLEAN AllowMultiple)
{
    PCALLBACK_OBJECT Object = NULL;
    IS(ExCreateCallback(&Object, Named(L"\\Callback\\KmodeTest", OBJ_CASE_INSENSITIVE), TRUE, AllowMultiple),
       STATUS_SUCCESS);
    return Object;
}

static void TestAtApcLevel(void)
{
    KIRQL OldIrql;
    PCALLBACK_OBJECT Object = NULL;
    UNICODE_STRING Empty = RTL_CONSTANT_STRING(L"");
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    NTSTATUS Status = ExCreateCallback(
        &Object, Named(L"\\Callback\\KmodeTest", OBJ_CASE_INSENSITIVE | OBJ_PERMANENT), TRUE, TRUE);
    PVOID Registration = NT_SUCCESS(Status) ? ExRegisterCallback(Object, Note, NULL) : NULL;
    if (Registration != NULL) {
        ExUnregisterCallback(Registration);
    }
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    OK(Registration != NULL);
    ObMakeTemporaryObject(Object);
    ObDereferenceObject(Object);
    InitializeObjectAttributes(&Attributes, &Empty, 0, NULL, NULL);
    IS(ExCreateCallback(&Object, &Attributes, TRUE, TRUE), STATUS_UNSUCCESSFUL);
}

static void TestNotify(void)
{
    PCALLBACK_OBJECT Object = Make(TRUE);
    PVOID First = ExRegisterCallback(Object, Note, (PVOID)1);
    PVOID Second = ExRegisterCallback(Object, Note, (PVOID)2);
    PVOID Third = ExRegisterCallback(Object, Note, (PVOID)3);
    OK(First != NULL && Second != NULL && Third != NULL);
    Calls = 0;
    ExNotifyCallback(Object, (PVOID)10, (PVOID)20);
    IS(Calls, 3);
    IS(Order[0], 1);
    IS(Order[1], 2);
    IS(Order[2], 3);
    IS(Arguments[0], 10);
    IS(Arguments[1], 20);
    IS(Irql, PASSIVE_LEVEL);
    ExUnregisterCallback(Second);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Calls = 0;
    ExNotifyCallback(Object, NULL, NULL);
    KeLowerIrql(OldIrql);
    IS(Calls, 2);
    IS(Order[1], 3);
    IS(Irql, DISPATCH_LEVEL);
    ExUnregisterCallback(First);
    ExUnregisterCallback(Third);
    Calls = 0;
    ExNotifyCallback(Object, NULL, NULL);
    IS(Calls, 0);
    ObDereferenceObject(Object);
}

static void TestOnlyOne(void)
{
    PCALLBACK_OBJECT Object = Make(FALSE);
    PVOID First = ExRegisterCallback(Object, Note, (PVOID)1);
    OK(First != NULL);
    OK(ExRegisterCallback(Object, Note, (PVOID)2) == NULL);
    ExUnregisterCallback(First);
    First = ExRegisterCallback(Object, Note, (PVOID)2);
    OK(First != NULL);
    ExUnregisterCallback(First);
    ObDereferenceObject(Object);
}

// ---- Unregistering waits for a call under way

static KEVENT Entered, LetGo;
static volatile BOOLEAN Unregistered;

static VOID NTAPI Dwell(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(&Entered, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&LetGo, Executive, KernelMode, FALSE, NULL);
}

static VOID NTAPI Notify(PVOID Context)
{
    ExNotifyCallback(Context, NULL, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Unregister(PVOID Context)
{
    ExUnregisterCallback(Context);
    Unregistered = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestUnregisterWaits(void)
{
    PCALLBACK_OBJECT Object = Make(TRUE);
    KeInitializeEvent(&Entered, NotificationEvent, FALSE);
    KeInitializeEvent(&LetGo, NotificationEvent, FALSE);
    PVOID Registration = ExRegisterCallback(Object, Dwell, NULL);
    PVOID Behind = ExRegisterCallback(Object, Note, (PVOID)7);
    Calls = 0;
    PETHREAD Notifier = TestStartThread(Notify, Object);
    KeWaitForSingleObject(&Entered, Executive, KernelMode, FALSE, NULL);
    PETHREAD Other = TestStartThread(Unregister, Registration);
    TestSleep(2);
    OK(!Unregistered);
    IS(Calls, 0);
    // Whoever notifies meanwhile does not call what is being unregistered.
    ExNotifyCallback(Object, NULL, NULL);
    IS(Calls, 1);
    KeSetEvent(&LetGo, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Notifier);
    TestJoinThread(Other);
    OK(Unregistered);
    IS(Calls, 2);
    ExUnregisterCallback(Behind);
    ObDereferenceObject(Object);
}

static void TestSystemCallbacks(void)
{
    static PCWSTR const Paths[] = {L"\\Callback\\SetSystemTime", L"\\Callback\\PowerState",
                                   L"\\Callback\\ProcessorAdd"};
    for (ULONG Index = 0; Index < 3; Index += 1) {
        PCALLBACK_OBJECT Object = NULL;
        IS(ExCreateCallback(&Object, Named(Paths[Index], OBJ_CASE_INSENSITIVE), FALSE, FALSE),
           STATUS_SUCCESS);
        PVOID Registration = Object != NULL ? ExRegisterCallback(Object, Note, NULL) : NULL;
        OK(Registration != NULL);
        if (Registration != NULL) {
            ExUnregisterCallback(Registration);
        }
        if (Object != NULL) {
            ObDereferenceObject(Object);
        }
    }
}

TEST_DRIVER(TestCreate, TestAtApcLevel, TestNotify, TestOnlyOne, TestUnregisterWaits, TestSystemCallbacks)
