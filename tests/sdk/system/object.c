// SPDX-License-Identifier: MIT
// Objects: their names, handles, by name.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static PVOID Event;

static BOOLEAN Is(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(String, &Other, FALSE);
}

static void TestByName(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\kernelobjects\\LowMemoryCondition");
    UNICODE_STRING None = RTL_CONSTANT_STRING(L"\\KernelObjects\\Nothing");
    PVOID Object;

    IS(KmObjectByName(&Name, *ExEventObjectType, EVENT_QUERY_STATE, &Event), STATUS_SUCCESS);
    IS(KmObjectByName(&Name, *PsProcessType, 0, &Object), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Object == NULL);
    IS(KmObjectByName(&None, *ExEventObjectType, 0, &Object), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestName(void)
{
    UNICODE_STRING Name;

    EACH_FAILURE(&Test)
    {
        IS(KmObjectName(Event, &Test.Allocator, &Name),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Test.Failed ? Name.Buffer == NULL : Is(&Name, L"\\KernelObjects\\LowMemoryCondition"));
        KmUnicodeFree(&Test.Allocator, &Name);
    }
    IS(KmObjectName(PsInitialSystemProcess, &Test.Allocator, &Name), STATUS_SUCCESS);
    IS(Name.Length, 0);
    KmUnicodeFree(&Test.Allocator, &Name);
}

// Longer than the first query has room for.
static void TestLongName(void)
{
    static WCHAR Long[300] = L"\\KernelObjects\\";
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String, Name;
    HANDLE Handle;
    PVOID Object;

    for (ULONG Index = 15; Index < 299; Index++) {
        Long[Index] = L'e';
    }
    RtlInitUnicodeString(&String, Long);
    InitializeObjectAttributes(&Attributes, &String, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(KmObjectFromHandle(Handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object),
       STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        IS(KmObjectName(Object, &Test.Allocator, &Name),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Test.Failed || Is(&Name, Long));
        KmUnicodeFree(&Test.Allocator, &Name);
    }
    ObDereferenceObject(Object);
    ZwClose(Handle);
}

static void TestHandles(void)
{
    HANDLE Handle;
    PVOID Object;

    IS(KmObjectOpenHandle(Event, EVENT_QUERY_STATE, *ExEventObjectType, &Handle), STATUS_SUCCESS);
    IS(KmObjectFromHandle(Handle, EVENT_QUERY_STATE, *ExEventObjectType, KernelMode, &Object),
       STATUS_SUCCESS);
    OK(Object == Event);
    ObDereferenceObject(Object);
    IS(KmObjectFromHandle(Handle, 0, NULL, KernelMode, &Object), STATUS_SUCCESS);
    ObDereferenceObject(Object);
    IS(KmObjectFromHandle(Handle, 0, *PsProcessType, KernelMode, &Object), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Object == NULL);
    IS(KmObjectFromHandle(Handle, 0, NULL, UserMode, &Object), STATUS_INVALID_HANDLE);
    ZwClose(Handle);
    IS(KmObjectOpenHandle(Event, EVENT_QUERY_STATE, *PsProcessType, &Handle), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Handle == NULL);
    ObDereferenceObject(Event);
}

TEST_DRIVER(TestByName, TestName, TestLongName, TestHandles)
