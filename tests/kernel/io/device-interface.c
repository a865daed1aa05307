// SPDX-License-Identifier: MIT
// Device interfaces: registered, enabled, opened by their links, listed, aliases, registry keys.
#include "pnp.h"

static PDEVICE_OBJECT Pdo, Fdo, NoPdo;
static UNICODE_STRING Plain, Reference, Other;
static UNICODE_STRING OpenedAs;
static WCHAR OpenedBuffer[64];

static NTSTATUS NTAPI Create(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    OpenedAs = (UNICODE_STRING){0, sizeof(OpenedBuffer), OpenedBuffer};
    RtlCopyUnicodeString(&OpenedAs, &FileObject->FileName);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void TestSetUp(void)
{
    Pdo = DetectDevice();
    TestDriver->MajorFunction[IRP_MJ_CREATE] = Create;
    TestDriver->MajorFunction[IRP_MJ_CLEANUP] = Create;
    TestDriver->MajorFunction[IRP_MJ_CLOSE] = Create;
    IS(IoCreateDevice(TestDriver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Fdo), STATUS_SUCCESS);
    OK(IoAttachDeviceToDeviceStack(Fdo, Pdo) == Pdo);
    Fdo->Flags &= ~DO_DEVICE_INITIALIZING;
    IS(IoCreateDevice(TestDriver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &NoPdo), STATUS_SUCCESS);
}

static void TestRegister(void)
{
    UNICODE_STRING Bad, Good = RTL_CONSTANT_STRING(L"first"), Again;
    RtlInitUnicodeString(&Bad, L"a\\b");
    IS(IoRegisterDeviceInterface(Pdo, &TestClass, &Bad, &Again), STATUS_INVALID_DEVICE_REQUEST);
    RtlInitUnicodeString(&Bad, L"a/b");
    IS(IoRegisterDeviceInterface(Pdo, &TestClass, &Bad, &Again), STATUS_INVALID_DEVICE_REQUEST);
    IS(IoRegisterDeviceInterface(NoPdo, &TestClass, NULL, &Again), STATUS_INVALID_DEVICE_REQUEST);
    IS(IoRegisterDeviceInterface(NULL, &TestClass, NULL, &Again), STATUS_INVALID_DEVICE_REQUEST);
    IS(IoRegisterDeviceInterface(Fdo, &TestClass, NULL, &Again), STATUS_INVALID_DEVICE_REQUEST);

    IS(IoRegisterDeviceInterface(Pdo, &TestClass, NULL, &Plain), STATUS_SUCCESS);
    OK(Plain.Length > 8 && RtlCompareMemory(Plain.Buffer, L"\\??\\", 8) == 8);
    IS(IoRegisterDeviceInterface(Pdo, &TestClass, NULL, &Again), STATUS_OBJECT_NAME_EXISTS);
    OK(RtlEqualUnicodeString(&Plain, &Again, FALSE));
    OK(Plain.Buffer != Again.Buffer);
    RtlFreeUnicodeString(&Again);
    IS(IoRegisterDeviceInterface(Pdo, &TestClass, &Good, &Reference), STATUS_SUCCESS);
    OK(!RtlEqualUnicodeString(&Plain, &Reference, TRUE));
    OK(RtlPrefixUnicodeString(&Plain, &Reference, FALSE));
    IS(IoRegisterDeviceInterface(Pdo, &OtherClass, &Good, &Other), STATUS_SUCCESS);
}

static NTSTATUS Open(PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwOpenFile(&Handle, GENERIC_READ, &Attributes, &IoStatus, 0, 0);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static void TestState(void)
{
    UNICODE_STRING Unknown = RTL_CONSTANT_STRING(L"\\??\\ROOT#NOBODY#0000#{0}");
    UNICODE_STRING UserName = {Plain.Length, Plain.MaximumLength, NULL};
    IS(Open(&Plain), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoSetDeviceInterfaceState(&Unknown, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoSetDeviceInterfaceState(&Plain, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoSetDeviceInterfaceState(&Plain, TRUE), STATUS_SUCCESS);
    IS(IoSetDeviceInterfaceState(&Plain, TRUE), STATUS_OBJECT_NAME_EXISTS);
    IS(Open(&Plain), STATUS_SUCCESS);
    OK(IsText(&OpenedAs, L""));
    // Both share one link; what is behind it comes to the driver as the file's name.
    IS(IoSetDeviceInterfaceState(&Reference, TRUE), STATUS_SUCCESS);
    IS(Open(&Reference), STATUS_SUCCESS);
    OK(IsText(&OpenedAs, L"\\first"));
    IS(IoSetDeviceInterfaceState(&Plain, FALSE), STATUS_SUCCESS);
    IS(IoSetDeviceInterfaceState(&Plain, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Open(&Reference), STATUS_SUCCESS);
    IS(IoSetDeviceInterfaceState(&Reference, FALSE), STATUS_SUCCESS);
    IS(Open(&Reference), STATUS_OBJECT_PATH_NOT_FOUND);
    // The form that programs know it by names it too.
    UserName.Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Plain.MaximumLength, 'tseT');
    RtlCopyMemory(UserName.Buffer, Plain.Buffer, Plain.MaximumLength);
    UserName.Buffer[1] = L'\\';
    IS(IoSetDeviceInterfaceState(&UserName, TRUE), STATUS_SUCCESS);
    IS(Open(&Plain), STATUS_SUCCESS);
    IS(IoSetDeviceInterfaceState(&Plain, FALSE), STATUS_SUCCESS);
    ExFreePoolWithTag(UserName.Buffer, 'tseT');
}

// How many names List has; each is Expected's in order.
static ULONG Count(PWSTR List, PUNICODE_STRING First, PUNICODE_STRING Second)
{
    ULONG Names = 0;
    for (PWSTR Name = List; *Name != L'\0'; Name += wcslen(Name) + 1) {
        Names += 1;
        OK(IsText(Names == 1 ? First : Second, Name));
    }
    ExFreePool(List);
    return Names;
}

static void TestList(void)
{
    PWSTR List;
    IS(IoGetDeviceInterfaces(&TestClass, NoPdo, 0, &List), STATUS_INVALID_DEVICE_REQUEST);
    IS(IoGetDeviceInterfaces(&TestClass, NULL, 0, &List), STATUS_SUCCESS);
    IS(Count(List, NULL, NULL), 0);
    IS(IoGetDeviceInterfaces(&TestClass, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE, &List), STATUS_SUCCESS);
    IS(Count(List, &Plain, &Reference), 2);
    IS(IoSetDeviceInterfaceState(&Reference, TRUE), STATUS_SUCCESS);
    IS(IoGetDeviceInterfaces(&TestClass, NULL, 0, &List), STATUS_SUCCESS);
    IS(Count(List, &Reference, NULL), 1);
    IS(IoGetDeviceInterfaces(&TestClass, Pdo, 0, &List), STATUS_SUCCESS);
    IS(Count(List, &Reference, NULL), 1);
    IS(IoGetDeviceInterfaces(&OtherClass, Pdo, 0, &List), STATUS_SUCCESS);
    IS(Count(List, NULL, NULL), 0);
    PDEVICE_OBJECT Second = DetectDevice();
    OK(Second != Pdo);
    IS(IoGetDeviceInterfaces(&TestClass, Second, DEVICE_INTERFACE_INCLUDE_NONACTIVE, &List), STATUS_SUCCESS);
    IS(Count(List, NULL, NULL), 0);
}

static void TestAlias(void)
{
    UNICODE_STRING Alias, Unknown = RTL_CONSTANT_STRING(L"\\??\\ROOT#NOBODY#0000#{0}");
    IS(IoGetDeviceInterfaceAlias(&Reference, &OtherClass, &Alias), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(&Alias, &Other, FALSE));
    RtlFreeUnicodeString(&Alias);
    IS(IoGetDeviceInterfaceAlias(&Plain, &OtherClass, &Alias), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoGetDeviceInterfaceAlias(&Unknown, &OtherClass, &Alias), STATUS_INVALID_HANDLE);
}

static void TestKey(void)
{
    HANDLE Key;
    ULONG Number = 5, Needed;
    UCHAR Buffer[64];
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Resolution"),
                   Unknown = RTL_CONSTANT_STRING(L"\\??\\ROOT#NOBODY#0000#{0}"),
                   Nonsense = RTL_CONSTANT_STRING(L"\\Device\\Null");
    IS(IoOpenDeviceInterfaceRegistryKey(&Unknown, KEY_READ, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoOpenDeviceInterfaceRegistryKey(&Nonsense, KEY_READ, &Key), STATUS_INVALID_PARAMETER);
    IS(IoOpenDeviceInterfaceRegistryKey(&Plain, KEY_ALL_ACCESS, &Key), STATUS_SUCCESS);
    IS(ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Number, sizeof(Number)), STATUS_SUCCESS);
    ZwClose(Key);
    IS(IoOpenDeviceInterfaceRegistryKey(&Plain, KEY_READ, &Key), STATUS_SUCCESS);
    IS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    IS(*(PULONG)((PKEY_VALUE_PARTIAL_INFORMATION)Buffer)->Data, 5);
    ZwClose(Key);
    IS(IoOpenDeviceInterfaceRegistryKey(&Reference, KEY_READ, &Key), STATUS_SUCCESS);
    IS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Needed),
       STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(Key);
}

static const DEVPROPKEY OwnKey = {
    {0x7a1ecd44, 0xd7b3, 0x4c1f, {0x90, 0x0b, 0x3a, 0x11, 0x62, 0x5d, 0x40, 0x09}}, 2};
static const DEVPROPKEY EnabledKey = {
    {0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}}, 3};
static const DEVPROPKEY ClassKey = {
    {0x026e516e, 0xb814, 0x414b, {0x83, 0xcd, 0x85, 0x6d, 0x6f, 0xef, 0x48, 0x22}}, 4};

static void TestPropertyData(void)
{
    ULONG Number = 0x1234, Read = 0, Needed;
    GUID Class;
    DEVPROPTYPE Type;
    DEVPROP_BOOLEAN Enabled;
    UNICODE_STRING Unknown = RTL_CONSTANT_STRING(L"\\??\\ROOT#NOBODY#0000#{0}");
    IS(IoGetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 0, sizeof(Read), &Read, &Needed, &Type),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoSetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 2, DEVPROP_TYPE_UINT32, 4, &Number),
       STATUS_INVALID_PARAMETER);
    IS(IoSetDeviceInterfacePropertyData(&Plain, &OwnKey, 0x800, 0, DEVPROP_TYPE_UINT32, 4, &Number),
       STATUS_UNSUCCESSFUL);
    IS(IoSetDeviceInterfacePropertyData(&Unknown, &OwnKey, 0, 0, DEVPROP_TYPE_UINT32, 4, &Number),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoSetDeviceInterfacePropertyData(&Plain, &EnabledKey, 0, 0, DEVPROP_TYPE_UINT32, 4, &Number),
       STATUS_NOT_IMPLEMENTED);
    IS(IoSetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, PLUGPLAY_PROPERTY_PERSISTENT, DEVPROP_TYPE_UINT32,
                                        4, &Number),
       STATUS_SUCCESS);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 0, 2, &Read, &Needed, &Type),
       STATUS_BUFFER_TOO_SMALL);
    IS(Needed, 4);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 1, 4, &Read, &Needed, &Type),
       STATUS_INVALID_PARAMETER);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &OwnKey, 0x400, 0, 4, &Read, &Needed, &Type),
       STATUS_UNSUCCESSFUL);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &OwnKey, 0x409, 0, 4, &Read, &Needed, &Type),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 0, 4, &Read, &Needed, &Type), STATUS_SUCCESS);
    IS(Read, 0x1234);
    IS(Type, DEVPROP_TYPE_UINT32);
    IS(IoSetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 0, 0, 0, NULL), STATUS_SUCCESS);
    IS(IoSetDeviceInterfacePropertyData(&Plain, &OwnKey, 0, 0, 0, 0, NULL), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &EnabledKey, 0, 0, 1, &Enabled, &Needed, &Type),
       STATUS_SUCCESS);
    IS(Enabled, DEVPROP_FALSE);
    IS(IoSetDeviceInterfaceState(&Plain, TRUE), STATUS_SUCCESS);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &EnabledKey, 0, 0, 1, &Enabled, &Needed, &Type),
       STATUS_SUCCESS);
    IS((UCHAR)Enabled, (UCHAR)DEVPROP_TRUE);
    IS(IoSetDeviceInterfaceState(&Plain, FALSE), STATUS_SUCCESS);
    IS(IoGetDeviceInterfacePropertyData(&Plain, &ClassKey, 0, 0, 16, &Class, &Needed, &Type), STATUS_SUCCESS);
    IS(RtlCompareMemory(&Class, &TestClass, 16), 16);
    IS(Type, DEVPROP_TYPE_GUID);
}

static void TestTearDown(void)
{
    IS(IoSetDeviceInterfaceState(&Reference, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(&Plain);
    RtlFreeUnicodeString(&Reference);
    RtlFreeUnicodeString(&Other);
    IoDetachDevice(Pdo);
    IoDeleteDevice(Fdo);
    IoDeleteDevice(NoPdo);
}

PNP_TEST_DRIVER(TestSetUp, TestRegister, TestState, TestList, TestAlias, TestKey, TestPropertyData,
                TestTearDown)
