#!/bin/sh
# SPDX-License-Identifier: MIT
# A hive on the volume C: that a driver loads and changes, from run to run.
. tests/cli/tap.sh

cat > counter.c <<'END'
#include <ntifs.h>
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING KeyName = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Counter");
    UNICODE_STRING FileName = RTL_CONSTANT_STRING(L"\\??\\C:\\counter.dat");
    OBJECT_ATTRIBUTES Key, File;
    ULONG Count = 0;
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, L"Count", &Count,
         (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE, NULL, 0},
        {0},
    };
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    InitializeObjectAttributes(&Key, &KeyName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    InitializeObjectAttributes(&File, &FileName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwLoadKey(&Key, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, KeyName.Buffer, Table, NULL, NULL);
    DbgPrint("%u\n", Count);
    Count += 1;
    RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KeyName.Buffer, L"Count", REG_DWORD, &Count, sizeof(Count));
    return ZwUnloadKey(&Key);
}
END
"$KMODE" build -q counter.c
mkdir volume
run "$KMODE" run --disk volume counter.sys
ok "a hive that is not there is made" status_is 0
ok "empty" out_is 0
ok "as a genuine file" sh -c '[ "$(head -c 4 volume/counter.dat)" = regf ]'
ok "of whole bins" sh -c '[ $(($(wc -c < volume/counter.dat) % 4096)) -eq 0 ]'
run "$KMODE" run --disk volume counter.sys
ok "the next run finds what this one wrote" out_is 1
cp volume/counter.dat kept.dat
run "$KMODE" run --disk volume counter.sys
ok "and so on" out_is 2
cp kept.dat volume/counter.dat
run "$KMODE" run --disk volume counter.sys
ok "a copy is as good" out_is 2
printf x | dd of=volume/counter.dat bs=1 seek=40 conv=notrunc 2> /dev/null
run "$KMODE" run --disk volume counter.sys
ok "a damaged one is refused" err_has "STATUS_REGISTRY_CORRUPT"
echo text > volume/counter.dat
run "$KMODE" run --disk volume counter.sys
ok "and what is none" err_has "STATUS_NOT_REGISTRY_FILE"
run "$KMODE" run counter.sys
ok "without a volume there is no file" status_is 1
done_testing
