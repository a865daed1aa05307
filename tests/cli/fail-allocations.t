#!/bin/sh
# SPDX-License-Identifier: MIT
# Allocations that fail because they were asked to: one, or each in turn; what a driver does then is checked as ever.
. tests/cli/tap.sh

cat > driver.c <<'END'
#include <ntddk.h>

static PVOID First, Second;
static DRIVER_UNLOAD Unload;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ExFreePoolWithTag(Second, 'nceS');
    ExFreePoolWithTag(First, 'sriF');
    DbgPrint("goodbye\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    First = ExAllocatePool2(POOL_FLAG_PAGED, 100, 'sriF');
    if (First == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Second = ExAllocatePool2(POOL_FLAG_NON_PAGED, 200, 'nceS');
#ifdef CRASH
    *(volatile LONG *)Second = 1;
#endif
    if (Second == NULL) {
#ifndef LEAK
        ExFreePoolWithTag(First, 'sriF');
#endif
        return STATUS_INSUFFICIENT_RESOURCES;
    }
#ifdef DEVICE
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Fails");
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    ExFreePoolWithTag(Second, 'nceS');
    ExFreePoolWithTag(First, 'sriF');
    if (NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
    }
    return NT_SUCCESS(Status) ? STATUS_UNSUCCESSFUL : Status;
#else
    DbgPrint("hello\n");
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
#endif
}
END
"$KMODE" build -q driver.c -o clean.sys
"$KMODE" build -q driver.c -DLEAK -o leaks.sys
"$KMODE" build -q driver.c -DCRASH -o crashes.sys
"$KMODE" build -q driver.c -DDEVICE -o device.sys
cat > empty.c <<'END'
#include <ntddk.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}
END
"$KMODE" build -q empty.c

# ---- one

run "$KMODE" run --fail-allocation=1 clean.sys
ok "the first: the driver fails" status_is 1
ok "and it is said" err_has "DriverEntry returned 0xC000009A STATUS_INSUFFICIENT_RESOURCES"
ok "and which it was" err_has "allocation 1, of 100 bytes with tag 'Firs', fails, as asked"
ok "and where" err_has "clean.sys!DriverEntry  driver.c:17"
run "$KMODE" run --fail-allocation=2 leaks.sys
ok "the second: what the driver leaks then is found" status_is 1
ok "as ever" err_has "*** finding: pool-leak"
ok "beside what failed" err_has "leaks.sys!DriverEntry  driver.c:21"
run "$KMODE" run --fail-allocation=3 leaks.sys
ok "the third: there is none, and the run is as ever" status_is 0
ok "which is said" err_has "allocation 3 did not fail: there were 2"
run "$KMODE" run --no-checks --fail-allocation=1 clean.sys
ok "without checks too" err_has "allocation 1, of 100 bytes"
for wrong in 0 x -1 ''; do
    run "$KMODE" run --fail-allocation="$wrong" clean.sys
    ok "--fail-allocation='$wrong' is refused" status_is 2
done

# ---- each

run "$KMODE" run --fail-allocations clean.sys
ok "each: a clean driver passes" status_is 0
ok "in one line" [ "$(cat "$scratch/err")" = \
    "clean.sys: 2 allocations failed, one after the other, without a mistake" ]
ok "and prints nothing" [ ! -s "$scratch/out" ]
run "$KMODE" run --fail-allocations leaks.sys
ok "each: a leak fails the run" status_is 1
ok "and shows the allocation" err_has "allocation 2, of 200 bytes with tag 'Secn', fails, as asked"
ok "and the finding" err_has "*** finding: pool-leak"
ok "and how many there were" err_has "2 allocations failed, one after the other; 1 of them led to a mistake"
run "$KMODE" run --fail-allocations crashes.sys
ok "each: a crash fails the run" status_is 1
ok "and shows the report" err_has "the NULL pointer"
ok "and goes on" err_has "1 of them led to a mistake"
run "$KMODE" run --fail-allocations device.sys
ok "each: what the kernel allocates for the driver fails too" status_is 0
ok "which is more" [ "$(sed -n 's/device.sys: \([0-9]*\) .*/\1/p' "$scratch/err")" -gt 3 ]
run "$KMODE" run --fail-allocations empty.sys
ok "each: a driver may allocate nothing" err_has "empty.sys: allocates nothing"
run "$KMODE" run --fail-allocations missing.sys
ok "each: no such file" status_is 3
run "$KMODE" run --fail-allocations --json - clean.sys
ok "each: is many runs, no JSON" status_is 2
"$KMODE" run --fail-allocations leaks.sys > /dev/null 2> first
"$KMODE" run --fail-allocations leaks.sys > /dev/null 2> second
ok "each: the same again" cmp first second

done_testing
