// SPDX-License-Identifier: MIT
// Instance identifiers, suggested names, names by device and by file.
#include "pnp.h"
#include "wmi.h"

static void TestIds(void)
{
    ULONG First = MAXULONG, Second = MAXULONG, Other = MAXULONG;
    IS(IoWMIAllocateInstanceIds((GUID *)&FirstGuid, 6, &First), STATUS_SUCCESS);
    IS(IoWMIAllocateInstanceIds((GUID *)&FirstGuid, 1, &Second), STATUS_SUCCESS);
    IS(Second, First + 6);
    IS(IoWMIAllocateInstanceIds((GUID *)&SecondGuid, 1, &Other), STATUS_SUCCESS);
    IS(Other, First); // each GUID counts by itself
}

static PDEVICE_OBJECT Pdo;
static UNICODE_STRING Link;

static NTSTATUS SetFriendlyName(PCWSTR Text)
{
    HANDLE Key;
    UNICODE_STRING Name = NameOf(L"FriendlyName");
    NTSTATUS Status = IoOpenDeviceInterfaceRegistryKey(&Link, KEY_ALL_ACCESS, &Key);
    if (NT_SUCCESS(Status)) {
        Status = ZwSetValueKey(Key, &Name, 0, REG_SZ, (PVOID)Text, (ULONG)(wcslen(Text) + 1) * sizeof(WCHAR));
        ZwClose(Key);
    }
    return Status;
}

static NTSTATUS SetDescription(PCWSTR Text)
{
    WCHAR Path[200];
    HANDLE Key;
    ULONG Bytes;
    UNICODE_STRING Name = NameOf(L"DeviceDesc");
    NTSTATUS Status = IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // DeviceDesc stands above the key that drivers get.
    UCHAR Buffer[512];
    Status = ZwQueryKey(Key, KeyNameInformation, Buffer, sizeof(Buffer), &Bytes);
    ZwClose(Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PKEY_NAME_INFORMATION Information = (PVOID)Buffer;
    RtlCopyMemory(Path, Information->Name, Information->NameLength);
    Path[Information->NameLength / sizeof(WCHAR)] = L'\0';
    PWCH Last = wcsrchr(Path, L'\\');
    *Last = L'\0';
    return RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, Path, Name.Buffer, REG_SZ, (PVOID)Text,
                                 (ULONG)(wcslen(Text) + 1) * sizeof(WCHAR));
}

static void TestSuggest(void)
{
    UNICODE_STRING Name;
    Pdo = DetectDevice();
    IS(IoRegisterDeviceInterface(Pdo, &TestClass, NULL, &Link), STATUS_SUCCESS);
    IS(IoWMISuggestInstanceName(NULL, NULL, FALSE, &Name), STATUS_INVALID_PARAMETER);
    IS(IoWMISuggestInstanceName(Pdo, &Link, FALSE, &Name), STATUS_INVALID_PARAMETER);
    IS(IoWMISuggestInstanceName(Pdo, NULL, TRUE, &Name), STATUS_INVALID_PARAMETER);
    IS(IoWMISuggestInstanceName(NULL, &Link, TRUE, &Name), STATUS_INVALID_PARAMETER);
    OK(!NT_SUCCESS(IoWMISuggestInstanceName(NULL, &Link, FALSE, &Name))); // it has no name yet
    IS(SetFriendlyName(L"Desk"), STATUS_SUCCESS);
    IS(SetDescription(L"Lamp"), STATUS_SUCCESS);
    IS(IoWMISuggestInstanceName(Pdo, NULL, FALSE, &Name), STATUS_SUCCESS);
    OK(IsText(&Name, L"Lamp"));
    ExFreePool(Name.Buffer);
    IS(IoWMISuggestInstanceName(NULL, &Link, FALSE, &Name), STATUS_SUCCESS);
    OK(IsText(&Name, L"Desk"));
    ExFreePool(Name.Buffer);
    IS(IoWMISuggestInstanceName(Pdo, &Link, TRUE, &Name), STATUS_SUCCESS);
    OK(IsText(&Name, L"Lamp (Desk)"));
    ExFreePool(Name.Buffer);
}

// A provider whose instances are named after the physical device under it.
static void TestDevice(void)
{
    static PROVIDER Provider, Other;
    static BLOCK Blocks[] = {
        {&FirstGuid, WMIREG_FLAG_INSTANCE_PDO, 2, {NULL}, NULL, {"one", "two"}, FALSE, 0}};
    static BLOCK OtherBlocks[] = {{&FirstGuid, DYNAMIC, 1, {L"Blue"}, NULL, {"three"}, FALSE, 0}};
    UNICODE_STRING Name, Path = NameOf(L"\\Device\\KmodeWmiNamed");
    WCHAR Expected[128];
    Blocks[0].Pdo = Pdo;
    MakeProvider(&Provider, L"KmodeWmiPdo", Blocks, 1);
    OK(IoAttachDeviceToDeviceStack(Provider.Device, Pdo) == Pdo);
    LONG_PTR References = ObReferenceObject(Pdo);
    IS(Control(&Provider, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(ObReferenceObject(Pdo), References + 1); // the reference for IRP_MN_REGINFO_EX is given up
    ObDereferenceObject(Pdo);
    ObDereferenceObject(Pdo);

    PVOID Block = OpenBlock(&FirstGuid, WMIGUID_QUERY), Nobodys = OpenBlock(&NobodysGuid, WMIGUID_QUERY);
    IS(IoWMIDeviceObjectToInstanceName(Block, Provider.Device, &Name), STATUS_SUCCESS);
    // The device's path, and a counter.
    OK(Name.Length > 4 && Name.Buffer[Name.Length / 2 - 2] == L'_' &&
       Name.Buffer[Name.Length / 2 - 1] == L'0');
    OK(_wcsnicmp(Name.Buffer, L"ROOT\\", 5) == 0);
    RtlCopyMemory(Expected, Name.Buffer, Name.Length);
    Expected[Name.Length / 2] = L'\0';
    IS(QueryName(&FirstGuid, Expected), STATUS_SUCCESS);
    IS(Provider.NodeFlags,
       WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_STATIC_INSTANCE_NAMES | WNODE_FLAG_PDO_INSTANCE_NAMES);
    Expected[Name.Length / 2 - 1] = L'1';
    IS(QueryName(&FirstGuid, Expected), STATUS_SUCCESS);
    Expected[Name.Length / 2 - 1] = L'0';
    ExFreePool(Name.Buffer);
    IS(IoWMIDeviceObjectToInstanceName(Block, Pdo, &Name), STATUS_SUCCESS); // of the same stack
    OK(IsText(&Name, Expected));
    ExFreePool(Name.Buffer);
    IS(IoWMIDeviceObjectToInstanceName(Nobodys, Provider.Device, &Name), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(IoWMIDeviceObjectToInstanceName(Pdo, Provider.Device, &Name), STATUS_OBJECT_TYPE_MISMATCH);

    // By a file of the device.
    HANDLE File;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    PDEVICE_OBJECT Named = MakeDevice(L"KmodeWmiNamed", Path.Buffer, 0);
    DispatchOf(Named, IRP_MJ_CREATE, SucceedRequest);
    DispatchOf(Named, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Named, IRP_MJ_CLOSE, SucceedRequest);
    static BLOCK NamedBlocks[] = {
        {&SecondGuid, WMIREG_FLAG_INSTANCE_LIST, 1, {L"Opened"}, NULL, {"x"}, FALSE, 0}};
    Other.Device = Named;
    Other.Blocks = NamedBlocks;
    Other.BlockCount = 1;
    *(PROVIDER **)Named->DeviceExtension = &Other;
    DispatchOf(Named, IRP_MJ_SYSTEM_CONTROL, SystemControl);
    IS(Control(&Other, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenFile(&File, FILE_READ_DATA, &Attributes, &IoStatus, FILE_SHARE_READ, 0), STATUS_SUCCESS);
    PVOID Second = OpenBlock(&SecondGuid, WMIGUID_QUERY);
    IS(IoWMIHandleToInstanceName(Second, File, &Name), STATUS_SUCCESS);
    OK(IsText(&Name, L"Opened"));
    ExFreePool(Name.Buffer);
    IS(IoWMIHandleToInstanceName(Block, File, &Name), STATUS_WMI_INSTANCE_NOT_FOUND);
    ZwClose(File);
    IS(IoWMIHandleToInstanceName(Second, File, &Name), STATUS_INVALID_HANDLE);
    ObDereferenceObject(Second);
    DropProvider(&Other);

    // Dynamic names are the driver's own.
    MakeProvider(&Other, L"KmodeWmiOther", OtherBlocks, 1);
    IS(Control(&Other, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(IoWMIDeviceObjectToInstanceName(Block, Other.Device, &Name), STATUS_WMI_INSTANCE_NOT_FOUND);
    DropProvider(&Other);
    ObDereferenceObject(Block);
    ObDereferenceObject(Nobodys);
    IoDetachDevice(Pdo);
    DropProvider(&Provider);
    RtlFreeUnicodeString(&Link);
}

PNP_TEST_DRIVER(TestIds, TestSuggest, TestDevice)
