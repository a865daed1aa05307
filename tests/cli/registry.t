#!/bin/sh
# SPDX-License-Identifier: MIT
# Drivers loaded and unloaded by their service's key; the registry loaded from a .reg file and saved to one.
. tests/cli/tap.sh

cat > victim.c <<'END'
#include <ntddk.h>
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("victim leaves\n");
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrint("victim comes\n");
    return STATUS_SUCCESS;
}
END
cat > loader.c <<'END'
#include <ntddk.h>
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    UNICODE_STRING Key = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\victim");
    DriverObject->DriverUnload = Unload;
    DbgPrint("unload 0x%x\n", ZwUnloadDriver(&Key));
    DbgPrint("load 0x%x\n", ZwLoadDriver(&Key));
    return STATUS_SUCCESS;
}
END
"$KMODE" build -q victim.c
"$KMODE" build -q loader.c
run "$KMODE" run victim.sys loader.sys
ok "a driver unloaded and loaded by its key" status_is 0
ok "in that order" \
    sh -c 'printf "victim comes\nvictim leaves\nunload 0x0\nvictim comes\nload 0x0\nvictim leaves\n" | cmp - "$1"' - "$scratch/out"
done_testing
