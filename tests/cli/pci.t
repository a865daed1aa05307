#!/bin/sh
# SPDX-License-Identifier: MIT
# Devices on the PCI bus from a file.
. tests/cli/tap.sh

cat > config.c <<'END_OF_C'
#include <ntddk.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    WRITE_PORT_ULONG((PULONG)0xCF8, 0x80001800);
    DbgPrint("address %x\n", READ_PORT_ULONG((PULONG)0xCF8));
    DbgPrint("ids %x\n", READ_PORT_ULONG((PULONG)0xCFC));
    DbgPrint("device %x\n", READ_PORT_USHORT((PUSHORT)0xCFE));
    DbgPrint("byte %x\n", READ_PORT_UCHAR((PUCHAR)0xCFD));
    WRITE_PORT_ULONG((PULONG)0xCF8, 0x80002000);
    DbgPrint("absent %x\n", READ_PORT_ULONG((PULONG)0xCFC));
    USHORT VendorId = 0;
    ULONG Bytes = HalGetBusDataByOffset(PCIConfiguration, 0, 3, &VendorId, 0, 2);
    DbgPrint("%u bytes: %x\n", Bytes, VendorId);
    return STATUS_SUCCESS;
}
END_OF_C
run "$KMODE" build config.c
ok "it builds" status_is 0
run "$KMODE" run --no-unload config.sys
ok "without a file there is no PCI bus" out_has "address ffffffff"
ok "and HalGetBusDataByOffset says so" out_has "0 bytes: 0"

printf '%s\n' '[' '{"device": 3, "vendor_id": "0x1AF4", "device_id": "0x1001"}' ']' > good.json
run "$KMODE" run --no-unload --pci good.json config.sys
ok "with one there is" out_has "address 80001800"
ok "the device answers" out_has "ids 10011af4"
ok "and so HalGetBusDataByOffset says" out_has "2 bytes: 1af4"
ok "a word" out_has "device 1001"
ok "a byte" out_has "byte 1a"
ok "an absent one reads as ones" out_has "absent ffffffff"

refuse() {
    printf '%s\n' '[' "$1" ']' > bad.json
    run "$KMODE" run --pci bad.json config.sys
    ok "refused: $1" refused 1 "bad.json:2: $2"
}
refuse '{"device" 3}' "':' expected"
refuse '{"device": 3}' "a device's \"vendor_id\" is a number"
refuse '{"device": 3, "vendor_id": 1, "device_id": 1, "bars": [{"kind": "io", "bytes": 5}]}' \
    "a BAR of kind \"io\" has bytes"
run "$KMODE" run --pci missing.json config.sys
ok "no such file" refused 1 "missing.json: No such file or directory"

cp "$ROOT"/tests/machine/drivers/pnp-driver.h "$ROOT"/tests/machine/drivers/pci-function.c .
"$KMODE" build -q pci-function.c
devices=$ROOT/tests/machine/drivers/pci-function.json
run "$KMODE" run --pci "$devices" --device 'PCI\VEN_1AF4&DEV_1001' pci-function.sys
ok "a driver of a function" status_is 0
ok "which is named" err_has 'pci-function.sys: PCI\VEN_1AF4&DEV_1001&SUBSYS_ABCD1234&REV_07\2&'
ok "and started" out_has 'START_DEVICE: 0'
run "$KMODE" run --pci "$devices" --device 'PCI\VEN_1AF4&DEV_2002' pci-function.sys
ok "one that is not there" err_has 'no PCI\VEN_1AF4&DEV_2002 is there yet'
cat > pull.script <<'END'
load pci-function.sys
add-device pci-function PCI\VEN_1AF4&DEV_1001
assert log START_DEVICE
unplug 00:02.0
assert log SURPRISE_REMOVAL, c000000e
plug 00:02.0
assert log START_DEVICE
END
run "$KMODE" run --pci "$devices" --no-device --script pull.script
ok "pulled out and put back by a script" status_is 0
mv config.sys pci.sys
run "$KMODE" run --pci good.json pci.sys
ok "the bus's own driver has the name" refused 1 'pci.sys'

done_testing
