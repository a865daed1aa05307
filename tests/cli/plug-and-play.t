#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode run and Plug and Play drivers: the device that each gets, --device, --no-device, and what scripts do.
. tests/cli/tap.sh

cp "$ROOT"/tests/machine/drivers/*.[ch] .
"$KMODE" build -q toaster.c
"$KMODE" build -q toaster-bus.c
cat > plain.c <<'END'
#include <ntddk.h>
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
END
"$KMODE" build -q plain.c

run "$KMODE" run toaster.sys
ok "a device of its own" status_is 0
ok "which is named" err_has 'toaster.sys: ROOT\TOASTER\0000 started'
ok "and started" out_has START_DEVICE
run "$KMODE" run --no-device toaster.sys
ok "--no-device: none" status_is 0
ok "nothing but its unloading" out_is DriverUnload
run "$KMODE" run -q --device 'ROOT\Bread' --device 'toaster=root\butter' toaster.sys
ok "two, of IDs that are given" status_is 0
ok "the first" sh -c '[ "$(grep -c AddDevice "$1")" -eq 2 ]' - "$scratch/out"
run "$KMODE" run --device 'ToasterBus\MsToaster' toaster.sys
ok "what no bus has reported is waited for" status_is 0
ok "and said" err_has 'no ToasterBus\MsToaster is there yet'
run "$KMODE" run plain.sys
ok "a driver without AddDevice has none" status_is 0
run "$KMODE" run --device 'ROOT\X' plain.sys
ok "and is told of one in vain" err_has 'has no AddDevice'

cat > bus.script <<'END'
load toaster-bus.sys
open bus \Device\ToasterBus
ioctl bus 0x222040 01000000 0
sleep 1ms
load toaster.sys
assert log "QUERY_PNP_DEVICE_STATE"
END
run "$KMODE" run --device 'toaster=ToasterBus\AnyToaster' --script bus.script
ok "a bus and what is plugged into it" status_is 0
ok "has resources" out_has 'port 310, 8 bytes'

cat > life.script <<'END'
load toaster.sys
stop-device ROOT\TOASTER\0000
expect STATUS_INVALID_DEVICE_STATE stop-device ROOT\TOASTER\0000
start-device ROOT\TOASTER\0000
add-device toaster ROOT\OTHER
remove-device ROOT\OTHER\0000
expect STATUS_NO_SUCH_DEVICE remove-device ROOT\OTHER\0000
surprise-remove-device ROOT\TOASTER\0000
assert log "SURPRISE_REMOVAL"
END
run "$KMODE" run --script life.script
ok "a script starts, stops, adds and removes" status_is 0

done_testing
