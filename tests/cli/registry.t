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

cat > reader.c <<'END'
#include <ntddk.h>
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WCHAR Buffer[32] = {0};
    UNICODE_STRING Text = {0, sizeof(Buffer), Buffer};
    ULONG Number = 0;
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, L"Parameters", NULL, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Number", &Number, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Text", &Text, REG_NONE, NULL, 0},
        {0},
    };
    DriverObject->DriverUnload = Unload;
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
    DbgPrint("%u %wZ\n", Number, &Text);
    Number += 1;
    return RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"reader\\Parameters", L"Number", REG_DWORD, &Number,
                                 sizeof(Number));
}
END
"$KMODE" build -q reader.c
services='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
cat > in.reg << END
Windows Registry Editor Version 5.00

[$services\\reader\\Parameters]
"Number"=dword:00000029
"Text"="a \\"b\\" ä"
[HKEY_LOCAL_MACHINE\\SOFTWARE\\a\\b\\c]
"x"="1"
[-HKEY_LOCAL_MACHINE\\SOFTWARE\\a\\b]
[-HKEY_LOCAL_MACHINE\\SOFTWARE\\not there]
[HKEY_LOCAL_MACHINE\\SOFTWARE\\a]
"y"=-
END
run "$KMODE" run --registry=in.reg --save-registry=out.reg reader.sys
ok "a driver reads what a .reg file has set" status_is 0
ok "its number and text" out_is '41 a "b" ä'
iconv -f UTF-16 -t UTF-8 out.reg > out.txt
ok "what the driver has written is saved" grep -q '^"Number"=dword:0000002a' out.txt
ok "once: links are left out" sh -c '[ "$(grep -c "Number.=dword:0000002a" "$1")" -eq 1 ]' - out.txt
ok "a key is deleted with what is under it" sh -c 'grep -q "SOFTWARE.a]" "$1" && ! grep -q "SOFTWARE.a.b" "$1"' - out.txt
run "$KMODE" run --registry=out.reg --save-registry=again.reg reader.sys
ok "a saved file is loaded again" out_is '42 a "b" ä'
iconv -f UTF-16 -t UTF-8 again.reg > again.txt
sed -i 's/dword:0000002b/dword:0000002a/' again.txt
ok "and saved the same" cmp out.txt again.txt

printf 'Windows Registry Editor Version 5.00\n\n[HKLM\\SOFTWARE\\x]\n"a"=dword:x\n' > bad.reg
run "$KMODE" run --registry=bad.reg reader.sys
ok "a bad line" refused 3 "kmode run: bad.reg:4: dword: takes one to eight hexadecimal digits"
printf 'Windows Registry Editor Version 5.00\n\n[HKLM\\x]\n' > bad.reg
run "$KMODE" run --registry=bad.reg reader.sys
ok "a key that the kernel refuses" refused 3 "kmode run: bad.reg:3: the kernel refuses it: 0xC000000D"
printf 'Windows Registry Editor Version 5.00\n\n[HKX\\x]\n' > bad.reg
run "$KMODE" run --registry=bad.reg reader.sys
ok "a root that there is none of" refused 3 "kmode run: bad.reg:3: a key is below HKEY_LOCAL_MACHINE"
run "$KMODE" run --registry=none.reg reader.sys
ok "a file that is not there" refused 3 "kmode run: none.reg: No such file or directory"
run "$KMODE" run --save-registry=no/folder.reg reader.sys
ok "a file that cannot be written" err_has "kmode run: no/folder.reg: No such file or directory"
ok "is a failure" status_is 1
done_testing
