#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode run --wine: the driver's text on stdout, clear words where something is missing.
. tests/cli/tap.sh

cat > hello.c << 'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("unloaded\n");
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrintEx(77, 0, "first: %d\nsecond\n", 1);
    return STATUS_SUCCESS;
}
END
sed 's/return STATUS_SUCCESS/return STATUS_UNSUCCESSFUL/' hello.c > fails.c
"$KMODE" build -q hello.c && "$KMODE" build -q fails.c && "$KMODE" build -q "$ROOT/examples/hello" -o example.sys

run env PATH=/nonexistent KMODE_WINE=no-such-wine "$KMODE" run --wine hello.sys
ok "no Wine" refused 2 "apt-get install wine64"

if ! command -v wine > /dev/null && ! [ -x /usr/lib/wine/wine64 ]; then
    skip "a driver under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

run "$KMODE" run --wine hello.sys
ok "a driver starts and stops" status_is 0
ok "and what it prints is on stdout" out_is "first: 1
second
unloaded"
run "$KMODE" run --wine example.sys
ok "a driver without DriverUnload" status_is 0
ok "prints too" out_is "$(sed 's/\[hello\]/[example]/' "$ROOT/examples/hello/expected.log")"
run "$KMODE" run --wine fails.sys
ok "a driver that does not start" status_is 1
ok "is said so" err_has "fails did not start under Wine"
ok "after its log" out_has "first: 1"
run "$KMODE" run --wine no-such.sys
ok "a file that is not there" refused 3 "no-such.sys"

"$KMODE" run --wine hello.sys > one 2>&1 &
"$KMODE" run --wine hello.sys > two 2>&1
wait
ok "two at the same time do not meet" cmp one two
ok "and are whole" [ "$(wc -l < one)" -eq 3 ]

done_testing
