#!/bin/sh
# SPDX-License-Identifier: MIT
# Drivers whose devices are in use when they are to be unloaded: DriverUnload waits, and who waits in vain is told of.
. tests/cli/tap.sh

cat > used.c << 'END'
#include <ntddk.h>

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Used");
static UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Used");
static HANDLE Handle;

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    DbgPrint("it goes\n");
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    OBJECT_ATTRIBUTES Attributes;
    PDEVICE_OBJECT DeviceObject;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    IoCreateSymbolicLink(&Link, &Name);
    DeviceObject->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
#ifdef OPENS_ITSELF
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &IoStatus, 0, 0);
#else
    UNREFERENCED_PARAMETER(Attributes);
    UNREFERENCED_PARAMETER(IoStatus);
    UNREFERENCED_PARAMETER(Handle);
#endif
    return Status;
}
END
run "$KMODE" build used.c
ok "builds" status_is 0
run "$KMODE" build -D OPENS_ITSELF -o itself.sys used.c
ok "and one that has a handle of its own device" status_is 0

run "$KMODE" run itself.sys
ok "its unload waits for itself: a failure" status_is 1
ok "that is told" err_has "itself.sys: DriverUnload has not been called: something still uses a device of the driver's"
ok "it is not said to be unloaded" sh -c '! grep -q "loaded, unloaded" "$1"' - "$scratch/err"
ok "DriverUnload is not called" sh -c '! grep -q "it goes" "$1"' - "$scratch/out"
ok "and what it waits for is found" err_has "waits for the last user of its devices to be unloaded, and has not closed the handle"
ok "where it was opened" err_has "itself.sys!DriverEntry  used.c:43"

cat > later.script << 'END'
open device \\.\Used
unload used.sys
expect STATUS_NO_SUCH_DEVICE open another \\.\Used
close device
sleep 1ms
assert log it goes
END
cat > end.script << 'END'
process user user.exe
as user open device \\.\Used
unload used.sys
END
for processors in 1 2 4; do
    run "$KMODE" run --cpus "$processors" --script later.script used.sys
    ok "a program's handle is closed later, $processors processors: all is well" status_is 0
    ok "it is unloaded, $processors processors" err_has "used.sys: loaded, unloaded"
    run "$KMODE" run --cpus "$processors" --script end.script used.sys
    ok "or with its process, $processors processors" status_is 0
    ok "then it is unloaded, $processors processors" out_has "it goes"
    ok "and said to be, $processors processors" err_has "used.sys: loaded, unloaded"
done

done_testing
