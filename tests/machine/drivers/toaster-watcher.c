// SPDX-License-Identifier: MIT
// Opens each toaster that comes, and lets it go when it is to be removed; if the registry says so, it
// refuses.
#include <ntddk.h>
#include <initguid.h>
#include <wdmguid.h>

static const GUID InterfaceClass = {
    0x781ef630, 0x72b2, 0x11d2, {0xb8, 0x52, 0x00, 0xc0, 0x4f, 0xad, 0x51, 0x71}};

static PDRIVER_OBJECT Watcher;
static PVOID Interfaces, Target;
static PFILE_OBJECT File;
static BOOLEAN Refuse;

static NTSTATUS TargetChange(PVOID Structure, PVOID Context)
{
    PTARGET_DEVICE_REMOVAL_NOTIFICATION Notification = Structure;
    UNREFERENCED_PARAMETER(Context);
    if (IsEqualGUID(&Notification->Event, &GUID_TARGET_DEVICE_QUERY_REMOVE)) {
        DbgPrint("watcher: query remove\n");
        if (Refuse) {
            Refuse = FALSE;
            return STATUS_UNSUCCESSFUL;
        }
        if (Notification->FileObject != File) {
            DbgPrint("watcher: of another file\n");
        }
        ObDereferenceObject(File);
        File = NULL;
    } else if (IsEqualGUID(&Notification->Event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED)) {
        DbgPrint("watcher: remove cancelled\n");
    } else if (IsEqualGUID(&Notification->Event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE)) {
        DbgPrint("watcher: remove complete\n");
        if (File != NULL) {
            ObDereferenceObject(File);
            File = NULL;
        }
        IoUnregisterPlugPlayNotificationEx(Target);
        Target = NULL;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS InterfaceChange(PVOID Structure, PVOID Context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION Notification = Structure;
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(Context);
    if (IsEqualGUID(&Notification->Event, &GUID_DEVICE_INTERFACE_REMOVAL)) {
        DbgPrint("watcher: removal\n");
        return STATUS_SUCCESS;
    }
    NTSTATUS Status =
        IoGetDeviceObjectPointer(Notification->SymbolicLinkName, FILE_READ_DATA, &File, &Device);
    DbgPrint("watcher: arrival, opened 0x%x\n", Status);
    if (NT_SUCCESS(Status)) {
        Status = IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, File, Watcher,
                                                TargetChange, NULL, &Target);
        if (!NT_SUCCESS(Status)) {
            DbgPrint("watcher: not registered, 0x%x\n", Status);
        }
    }
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    IoUnregisterPlugPlayNotificationEx(Interfaces);
    if (Target != NULL) {
        IoUnregisterPlugPlayNotificationEx(Target);
    }
    if (File != NULL) {
        ObDereferenceObject(File);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Watcher = Driver;
    Refuse = TRUE;
    Driver->DriverUnload = Unload;
    return IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                          PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                          (PVOID)&InterfaceClass, Driver, InterfaceChange, NULL, &Interfaces);
}
