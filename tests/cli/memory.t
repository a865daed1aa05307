#!/bin/sh
# SPDX-License-Identifier: MIT
# How much RAM a run has.
. tests/cli/tap.sh

cat > memory.c <<'END'
#include <ntddk.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_MEMORY_RANGE *Ranges = MmGetPhysicalMemoryRanges();
    PVOID Pool = ExAllocatePoolWithTag(NonPagedPool, 100 << 20, 'meM ');
    ULONG64 Bytes = 0;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (Ranges == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Ranges[Index].NumberOfBytes.QuadPart != 0; Index += 1) {
        Bytes += Ranges[Index].NumberOfBytes.QuadPart;
    }
    ExFreePool(Ranges);
    DbgPrint("%I64u MB, %s\n", (Bytes + (1 << 20) - 1) >> 20, Pool != NULL ? "enough" : "too little");
    if (Pool != NULL) {
        ExFreePoolWithTag(Pool, 'meM ');
    }
    return STATUS_SUCCESS;
}
END
run "$KMODE" build memory.c
ok "it builds" status_is 0

gives() {
    run "$KMODE" run --no-unload $1 memory.sys
    ok "$1: $2" out_has "$2"
}
gives "" "1024 MB, enough"
gives "--memory 32M" "32 MB, too little"
gives "--memory 3g" "3072 MB, enough"
gives "--memory 200000K" "196 MB, enough"
gives "--memory 0x8000000" "128 MB, enough"

for size in "" 1 15M 2T 16X 16MB M 99999999T 18446744073709551616 -16M; do
    run "$KMODE" run "--memory=$size" memory.sys
    ok "refused: '$size'" refused 2 "--memory takes a size from 16M to 1T, not '$size'"
done

done_testing
