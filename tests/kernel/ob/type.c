// SPDX-License-Identifier: MIT
// A type of a driver's own: its methods, objects made of it, and when they are deleted.
#include "../thread.h"

// As Windows 11 has it; no header declares it.
typedef struct _TYPE_INITIALIZER {
    USHORT Length, Flags;
    ULONG Code, InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK ValidAccessMask, RetainAccess;
    POOL_TYPE PoolType;
    ULONG PagedCharge, NonPagedCharge;
    PVOID Dump;
    NTSTATUS(NTAPI *Open)(ULONG Reason, KPROCESSOR_MODE Mode, PEPROCESS Process, PVOID Object,
                          PACCESS_MASK GrantedAccess, ULONG HandleCount);
    VOID(NTAPI *Close)(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandles, ULONG_PTR SystemHandles);
    VOID(NTAPI *Delete)(PVOID Object);
    PVOID Parse, Security, QueryName, OkayToClose;
    ULONG WaitFlagMask;
    USHORT WaitFlagOffset, WaitPointerOffset;
} TYPE_INITIALIZER;

NTKERNELAPI NTSTATUS NTAPI ObCreateObjectType(PUNICODE_STRING TypeName, TYPE_INITIALIZER *Initializer,
                                              PSECURITY_DESCRIPTOR SecurityDescriptor, POBJECT_TYPE *Type);
NTKERNELAPI NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type,
                                          POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE OwnershipMode,
                                          PVOID ParseContext, ULONG Bytes, ULONG PagedCharge,
                                          ULONG NonPagedCharge, PVOID *Object);
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
NTKERNELAPI BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle);
NTKERNELAPI BOOLEAN NTAPI ObReferenceObjectSafeWithTag(PVOID Object, ULONG Tag);

static POBJECT_TYPE Type;
static ULONG Opens, Closes, Deletes;
static PKTHREAD Deleter;
static KIRQL DeleteIrql;

static NTSTATUS NTAPI Open(ULONG Reason, KPROCESSOR_MODE Mode, PEPROCESS Process, PVOID Object,
                           PACCESS_MASK GrantedAccess, ULONG HandleCount)
{
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(HandleCount);
    OK(ObGetObjectType(Object) == Type);
    Opens += 1;
    return *GrantedAccess & DELETE ? STATUS_FILE_CLOSED : STATUS_SUCCESS;
}

static VOID NTAPI Close(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandles, ULONG_PTR SystemHandles)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(ProcessHandles);
    IS(SystemHandles, 1);
    Closes += 1;
}

static VOID NTAPI Delete(PVOID Object)
{
    UNREFERENCED_PARAMETER(Object);
    Deletes += 1;
    Deleter = KeGetCurrentThread();
    DeleteIrql = KeGetCurrentIrql();
}

static void TestType(void)
{
    TYPE_INITIALIZER Initializer = {.Length = sizeof(Initializer),
                                    .ValidAccessMask = STANDARD_RIGHTS_ALL | 1,
                                    .PoolType = NonPagedPoolNx,
                                    .Open = Open,
                                    .Close = Close,
                                    .Delete = Delete};
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"KmodeTest"), Path = RTL_CONSTANT_STRING(L"A\\B"), None = {0};
    POBJECT_TYPE Other;
    IS(ObCreateObjectType(&None, &Initializer, NULL, &Other), STATUS_INVALID_PARAMETER);
    IS(ObCreateObjectType(&Path, &Initializer, NULL, &Other), STATUS_OBJECT_NAME_INVALID);
    Initializer.Length -= 1;
    IS(ObCreateObjectType(&Name, &Initializer, NULL, &Other), STATUS_INVALID_PARAMETER);
    Initializer.Length += 1;
    IS(ObCreateObjectType(&Name, &Initializer, NULL, &Type), STATUS_SUCCESS);
    IS(ObCreateObjectType(&Name, &Initializer, NULL, &Other), STATUS_OBJECT_NAME_COLLISION);
}

static PVOID Make(PUNICODE_STRING Name)
{
    PVOID Object = NULL;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ObCreateObject(KernelMode, Type, &Attributes, KernelMode, NULL, 64, 0, 0, &Object), STATUS_SUCCESS);
    BOOLEAN Zeroed = TRUE;
    for (ULONG Index = 0; Index < 64; Index += 1) {
        Zeroed = Zeroed && ((PUCHAR)Object)[Index] == 0;
    }
    OK(Zeroed);
    return Object;
}

static void TestHandles(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\KmodeOwnObject");
    HANDLE Handle, Second;
    PVOID Found;
    PVOID Object = Make(&Name);
    ObReferenceObject(Object);
    IS(ObInsertObject(Object, NULL, 1, 0, NULL, &Handle), STATUS_SUCCESS);
    OK(ObIsKernelHandle(Handle) && !ObIsKernelHandle(NULL) && !ObIsKernelHandle(NtCurrentProcess()));
    IS(Opens, 1);
    IS(ObReferenceObjectByHandle(Handle, 1, Type, KernelMode, &Found, NULL), STATUS_SUCCESS);
    OK(Found == Object);
    ObDereferenceObject(Found);
    // Its open method may refuse a handle.
    IS(ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, DELETE, Type, KernelMode, &Second),
       STATUS_FILE_CLOSED);
    IS(Opens, 2);
    IS(Closes, 0);
    ZwClose(Handle);
    IS(Closes, 1);
    IS(Deletes, 0);
    ObDereferenceObject(Object);
    IS(Deletes, 1);
    OK(Deleter == KeGetCurrentThread());
}

static void WaitForDeletes(ULONG Count)
{
    for (ULONG Round = 0; Round < 100 && Deletes < Count; Round += 1) {
        TestSleep(1);
    }
    IS(Deletes, Count);
    IS(DeleteIrql, PASSIVE_LEVEL);
}

// At once where that may be, by another thread where it may not, or is not wanted.
static void TestDeletion(void)
{
    KIRQL OldIrql;
    PVOID Object = Make(NULL);
    IS(ObInsertObject(Object, NULL, 0, 0, NULL, NULL), STATUS_SUCCESS);
    OK(ObReferenceObjectSafeWithTag(Object, 'tseT'));
    ObDereferenceObjectDeferDeleteWithTag(Object, 'tseT');
    IS(Deletes, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    ObDereferenceObject(Object);
    IS(Deletes, 1);
    KeLowerIrql(OldIrql);
    WaitForDeletes(2);
    OK(Deleter != KeGetCurrentThread());
    Object = Make(NULL);
    IS(ObInsertObject(Object, NULL, 0, 0, NULL, NULL), STATUS_SUCCESS);
    Deleter = NULL;
    ObDereferenceObjectDeferDelete(Object);
    WaitForDeletes(3);
    OK(Deleter != KeGetCurrentThread());
    // One that was never inserted.
    ObDereferenceObject(Make(NULL));
    IS(Deletes, 4);
    OK(Deleter == KeGetCurrentThread());
}

TEST_DRIVER(TestType, TestHandles, TestDeletion)
