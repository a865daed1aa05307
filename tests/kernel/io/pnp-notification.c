// SPDX-License-Identifier: MIT
// Who is told of interfaces that come and go, and of what a device reports.
#include "pnp.h"

static const GUID Arrival = {0xcb3a4004, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
static const GUID Removal = {0xcb3a4005, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
static const GUID QueryRemove = {
    0xcb3a4006, 0x46f0, 0x11d0, {0xb0, 0x8f, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3f}};
static const GUID Custom = {0x7a1ecd44, 0xd7b3, 0x4c1f, {0x90, 0x0b, 0x3a, 0x11, 0x62, 0x5d, 0x40, 0x77}};

static PDEVICE_OBJECT Pdo, Fdo;
static UNICODE_STRING Name;
static KEVENT Called;
static ULONG Arrivals, Removals, Customs;
static PVOID Entry;
static BOOLEAN UnregisterWithin;

static BOOLEAN Same(const GUID *First, const GUID *Second)
{
    return RtlCompareMemory(First, Second, sizeof(GUID)) == sizeof(GUID);
}

static NTSTATUS NTAPI InterfaceChange(PVOID Structure, PVOID Context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION Notification = Structure;
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(Notification->Version, 1);
    IS(Notification->Size, sizeof(*Notification));
    OK(Same(&Notification->InterfaceClassGuid, &TestClass));
    OK(RtlEqualUnicodeString(Notification->SymbolicLinkName, &Name, FALSE));
    OK(Context == &Called);
    Arrivals += Same(&Notification->Event, &Arrival);
    Removals += Same(&Notification->Event, &Removal);
    if (UnregisterWithin) {
        IS(IoUnregisterPlugPlayNotificationEx(Entry), STATUS_SUCCESS);
    }
    KeSetEvent(&Called, 0, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS Wait(VOID)
{
    LARGE_INTEGER Limit = TestMilliseconds(1000);
    return KeWaitForSingleObject(&Called, Executive, KernelMode, FALSE, &Limit);
}

static NTSTATUS NTAPI SucceedRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void TestSetUp(void)
{
    KeInitializeEvent(&Called, SynchronizationEvent, FALSE);
    Pdo = DetectDevice();
    TestDriver->MajorFunction[IRP_MJ_CREATE] = SucceedRequest;
    TestDriver->MajorFunction[IRP_MJ_CLEANUP] = SucceedRequest;
    TestDriver->MajorFunction[IRP_MJ_CLOSE] = SucceedRequest;
    IS(IoCreateDevice(TestDriver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Fdo), STATUS_SUCCESS);
    OK(IoAttachDeviceToDeviceStack(Fdo, Pdo) == Pdo);
    Fdo->Flags &= ~DO_DEVICE_INITIALIZING;
    IS(IoRegisterDeviceInterface(Pdo, &TestClass, NULL, &Name), STATUS_SUCCESS);
}

static void TestInterfaces(void)
{
    IS(IoRegisterPlugPlayNotification(EventCategoryReserved, 0, NULL, TestDriver, InterfaceChange, &Called,
                                      &Entry),
       STATUS_INVALID_PARAMETER);
    IS(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, NULL, TestDriver,
                                      InterfaceChange, &Called, &Entry),
       STATUS_INVALID_PARAMETER);
    IS(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&TestClass, TestDriver,
                                      InterfaceChange, &Called, &Entry),
       STATUS_SUCCESS);
    IS(IoSetDeviceInterfaceState(&Name, TRUE), STATUS_SUCCESS);
    IS(Wait(), STATUS_SUCCESS);
    IS(Arrivals, 1);
    IS(IoSetDeviceInterfaceState(&Name, TRUE), STATUS_OBJECT_NAME_EXISTS);
    IS(Wait(), STATUS_TIMEOUT);
    IS(IoSetDeviceInterfaceState(&Name, FALSE), STATUS_SUCCESS);
    IS(Wait(), STATUS_SUCCESS);
    IS(Removals, 1);
    IS(IoUnregisterPlugPlayNotification(Entry), STATUS_SUCCESS);
    IS(IoSetDeviceInterfaceState(&Name, TRUE), STATUS_SUCCESS);
    IS(Wait(), STATUS_TIMEOUT);
    IS(Arrivals, 1);
}

static void TestExisting(void)
{
    // Another class has nothing to tell.
    IS(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                      PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                      (PVOID)&OtherClass, TestDriver, InterfaceChange, &Called, &Entry),
       STATUS_SUCCESS);
    IS(Arrivals, 1);
    IS(IoUnregisterPlugPlayNotificationEx(Entry), STATUS_SUCCESS);
    IS(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                      PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                      (PVOID)&TestClass, TestDriver, InterfaceChange, &Called, &Entry),
       STATUS_SUCCESS);
    IS(Arrivals, 2);
    IS(Wait(), STATUS_SUCCESS);
    // Within the routine itself.
    UnregisterWithin = TRUE;
    IS(IoSetDeviceInterfaceState(&Name, FALSE), STATUS_SUCCESS);
    IS(Wait(), STATUS_SUCCESS);
    IS(Removals, 2);
    UnregisterWithin = FALSE;
    IS(IoSetDeviceInterfaceState(&Name, TRUE), STATUS_SUCCESS);
    IS(Wait(), STATUS_TIMEOUT);
    IS(Arrivals, 2);
}

static PFILE_OBJECT Opened;

static NTSTATUS NTAPI TargetChange(PVOID Structure, PVOID Context)
{
    PTARGET_DEVICE_CUSTOM_NOTIFICATION Notification = Structure;
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OK(Same(&Notification->Event, &Custom));
    OK(Notification->FileObject == Opened);
    IS(Notification->CustomDataBuffer[0], 0x5A);
    OK(Context == &Opened);
    Customs += 1;
    return STATUS_SUCCESS;
}

static VOID NTAPI Told(PVOID Context)
{
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(Customs, 2);
    KeSetEvent(Context, 0, FALSE);
}

static void TestTarget(void)
{
    PDEVICE_OBJECT Top;
    TARGET_DEVICE_CUSTOM_NOTIFICATION Notification = {
        .Version = 1, .Size = sizeof(Notification), .Event = Custom, .NameBufferOffset = -1};
    Notification.CustomDataBuffer[0] = 0x5A;
    IS(IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &Opened, &Top), STATUS_SUCCESS);
    OK(Top == Fdo);
    IS(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, NULL, TestDriver, TargetChange,
                                      &Opened, &Entry),
       STATUS_INVALID_PARAMETER);
    IS(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, Opened, TestDriver, TargetChange,
                                      &Opened, &Entry),
       STATUS_SUCCESS);
    IS(IoReportTargetDeviceChange(Pdo, &Notification), STATUS_SUCCESS);
    IS(Customs, 1);
    OK(Notification.FileObject == NULL);
    IS(IoReportTargetDeviceChange(Fdo, &Notification), STATUS_INVALID_DEVICE_REQUEST);
    Notification.Event = QueryRemove;
    IS(IoReportTargetDeviceChange(Pdo, &Notification), STATUS_INVALID_DEVICE_REQUEST);
    IS(IoReportTargetDeviceChangeAsynchronous(Pdo, &Notification, NULL, NULL), STATUS_INVALID_DEVICE_REQUEST);
    Notification.Event = Custom;
    Notification.Size = 4;
    IS(IoReportTargetDeviceChange(Pdo, &Notification), STATUS_INVALID_PARAMETER);
    Notification.Size = sizeof(Notification);
    KIRQL Irql;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IS(IoReportTargetDeviceChangeAsynchronous(Pdo, &Notification, Told, &Called), STATUS_SUCCESS);
    KeLowerIrql(Irql);
    IS(Wait(), STATUS_SUCCESS);
    IS(Customs, 2);
    IS(IoUnregisterPlugPlayNotificationEx(Entry), STATUS_SUCCESS);
    IS(IoReportTargetDeviceChange(Pdo, &Notification), STATUS_SUCCESS);
    IS(Customs, 2);
    ObDereferenceObject(Opened);
}

// A file of a device that no bus has found; and the driver stays as long as it is registered.
static void TestNoTarget(void)
{
    PDEVICE_OBJECT Device, Top;
    PFILE_OBJECT File;
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\NoTarget");
    IS(IoCreateDevice(TestDriver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    IS(IoGetDeviceObjectPointer(&DeviceName, FILE_READ_ATTRIBUTES, &File, &Top), STATUS_SUCCESS);
    LONG_PTR References = ObReferenceObject(TestDriver);
    IS(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, File, TestDriver, TargetChange,
                                      NULL, &Entry),
       STATUS_NO_SUCH_DEVICE);
    IS(ObReferenceObject(TestDriver), References + 1);
    IS(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL, TestDriver, TargetChange,
                                      NULL, &Entry),
       STATUS_SUCCESS);
    IS(ObReferenceObject(TestDriver), References + 3);
    IS(IoUnregisterPlugPlayNotificationEx(Entry), STATUS_SUCCESS);
    IS(ObReferenceObject(TestDriver), References + 3);
    for (ULONG Index = 0; Index < 4; Index += 1) {
        ObDereferenceObject(TestDriver);
    }
    ObDereferenceObject(File);
    IoDeleteDevice(Device);
}

static void TestProfile(void)
{
    IS(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL, TestDriver, TargetChange,
                                      NULL, &Entry),
       STATUS_SUCCESS);
    IS(IoUnregisterPlugPlayNotificationEx(Entry), STATUS_SUCCESS);
}

static void TestTearDown(void)
{
    IS(IoSetDeviceInterfaceState(&Name, FALSE), STATUS_SUCCESS);
    RtlFreeUnicodeString(&Name);
    IoDetachDevice(Pdo);
    IoDeleteDevice(Fdo);
}

PNP_TEST_DRIVER(TestSetUp, TestInterfaces, TestExisting, TestTarget, TestNoTarget, TestProfile, TestTearDown)
