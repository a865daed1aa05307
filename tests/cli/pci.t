#!/bin/sh
# SPDX-License-Identifier: MIT
# Devices on the PCI bus from a file.
. tests/cli/tap.sh

cat > pci.c <<'END_OF_C'
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
run "$KMODE" build pci.c
ok "it builds" status_is 0
run "$KMODE" run --no-unload pci.sys
ok "without a file there is no PCI bus" out_has "address ffffffff"
ok "and HalGetBusDataByOffset says so" out_has "0 bytes: 0"

printf '%s\n' '[' '{"device": 3, "vendor_id": "0x1AF4", "device_id": "0x1001"}' ']' > good.json
run "$KMODE" run --no-unload --pci good.json pci.sys
ok "with one there is" out_has "address 80001800"
ok "the device answers" out_has "ids 10011af4"
ok "and so HalGetBusDataByOffset says" out_has "2 bytes: 1af4"
ok "a word" out_has "device 1001"
ok "a byte" out_has "byte 1a"
ok "an absent one reads as ones" out_has "absent ffffffff"

refuse() {
    printf '%s\n' '[' "$1" ']' > bad.json
    run "$KMODE" run --pci bad.json pci.sys
    ok "refused: $1" refused 1 "bad.json:2: $2"
}
refuse '{"device" 3}' "':' expected"
refuse '{"device": 3}' "a device's \"vendor_id\" is a number"
refuse '{"device": 3, "vendor_id": 1, "device_id": 1, "bars": [{"kind": "io", "bytes": 5}]}' \
    "a BAR of kind \"io\" has bytes"
run "$KMODE" run --pci missing.json pci.sys
ok "no such file" refused 1 "missing.json: No such file or directory"

done_testing
