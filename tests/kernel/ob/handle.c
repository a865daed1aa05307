// SPDX-License-Identifier: MIT
// References and handles: counts, types, access, closing.
#include "../thread.h"

static KEVENT Stop;

static VOID NTAPI WaitForStop(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestReferences(void)
{
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(WaitForStop, NULL);
    LONG_PTR Count = ObfReferenceObject(Thread);
    IS(ObfReferenceObject(Thread), Count + 1);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObfReferenceObjectWithTag(Thread, 'tseT'), Count + 1);
    IS(ObfDereferenceObjectWithTag(Thread, 'tseT'), Count);
    IS(ObReferenceObjectByPointer(Thread, 0, *PsThreadType, KernelMode), STATUS_SUCCESS);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObReferenceObjectByPointer(Thread, 0, NULL, KernelMode), STATUS_SUCCESS);
    IS(ObfDereferenceObject(Thread), Count);
    IS(ObReferenceObjectByPointer(Thread, 0, NULL, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObReferenceObjectByPointer(Thread, 0, *PsProcessType, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
    OK(ObReferenceObjectSafe(Thread));
    IS(ObfDereferenceObject(Thread), Count);
    ObReferenceObject(Thread);
    ObDereferenceObjectDeferDelete(Thread);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(ObfReferenceObject(Thread), Count + 1);
    IS(ObfDereferenceObject(Thread), Count);
    KeLowerIrql(OldIrql);
    ObfDereferenceObject(Thread);
    KeSetEvent(&Stop, 0, FALSE);
    TestJoinThread(Thread);
}

static void TestByHandle(void)
{
    HANDLE Handle;
    PVOID Object;
    OBJECT_HANDLE_INFORMATION Information;
    KeResetEvent(&Stop);
    PETHREAD Thread = TestStartThread(WaitForStop, NULL);
    IS(ObOpenObjectByPointer(Thread, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *PsThreadType, KernelMode,
                             &Handle),
       STATUS_SUCCESS);
    OK((LONG_PTR)Handle < 0);
    IS(ObReferenceObjectByHandle(Handle, THREAD_TERMINATE, *PsThreadType, KernelMode, &Object, &Information),
       STATUS_SUCCESS);
    OK(Object == Thread);
    IS(Information.GrantedAccess, SYNCHRONIZE);
    IS(Information.HandleAttributes, 0);
    ObDereferenceObject(Object);
    // A kernel handle means nothing to user mode.
    IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, UserMode, &Object, NULL),
       STATUS_INVALID_HANDLE);
    OK(Object == NULL);
    IS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Object, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwClose(Handle), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE);
    IS(ZwClose(Handle), STATUS_INVALID_HANDLE);

    IS(ObOpenObjectByPointer(Thread, 0, NULL, SYNCHRONIZE, *PsThreadType, KernelMode, &Handle),
       STATUS_SUCCESS);
    OK((LONG_PTR)Handle > 0);
    IS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, UserMode, &Object, NULL),
       STATUS_SUCCESS);
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(Handle, THREAD_TERMINATE, *PsThreadType, UserMode, &Object, NULL),
       STATUS_ACCESS_DENIED);
    IS(ObCloseHandle(Handle, UserMode), STATUS_SUCCESS);
    IS(ObOpenObjectByPointer(Thread, 0, NULL, SYNCHRONIZE, *PsProcessType, KernelMode, &Handle),
       STATUS_OBJECT_TYPE_MISMATCH);
    KeSetEvent(&Stop, 0, FALSE);
    TestJoinThread(Thread);
}

static void TestPseudoHandles(void)
{
    PVOID Object;
    IS(ObReferenceObjectByHandle(ZwCurrentProcess(), PROCESS_ALL_ACCESS, *PsProcessType, UserMode, &Object,
                                 NULL),
       STATUS_SUCCESS);
    OK(Object == PsGetCurrentProcess());
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(ZwCurrentThread(), THREAD_ALL_ACCESS, *PsThreadType, UserMode, &Object,
                                 NULL),
       STATUS_SUCCESS);
    OK(Object == PsGetCurrentThread());
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(ZwCurrentThread(), 0, *PsProcessType, KernelMode, &Object, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE);
    IS(ObReferenceObjectByHandle((HANDLE)0x123454, 0, NULL, KernelMode, &Object, NULL),
       STATUS_INVALID_HANDLE);
    IS(ZwClose(NULL), STATUS_INVALID_HANDLE);
}

static void TestManyHandles(void)
{
    static HANDLE Handles[700];
    ULONG Failed = 0, Repeated = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Handles); Index += 1) {
        Failed += ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, 0, *PsProcessType,
                                        KernelMode, &Handles[Index]) != STATUS_SUCCESS;
        Repeated += Index != 0 && Handles[Index] == Handles[Index - 1];
    }
    IS(Failed + Repeated, 0);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Handles); Index += 1) {
        Failed += ZwClose(Handles[Index]) != STATUS_SUCCESS;
    }
    IS(Failed, 0);
}

TEST_DRIVER(TestReferences, TestByHandle, TestPseudoHandles, TestManyHandles)
