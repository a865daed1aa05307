#!/bin/sh
# SPDX-License-Identifier: MIT
# Model-specific registers from a file.
. tests/cli/tap.sh

cat > msr.c <<'END'
#include <ntddk.h>
static void Show(ULONG Index)
{
    __try {
        DbgPrint("%x: %I64x\n", Index, __readmsr(Index));
        __writemsr(Index, 0xFF);
        DbgPrint("written: %I64x\n", __readmsr(Index));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("%x: fault %x\n", Index, GetExceptionCode());
    }
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Show(0x1A2);
    Show(0x12345);
    Show(0x12346);
    return STATUS_SUCCESS;
}
END
run "$KMODE" build msr.c
ok "it builds" status_is 0
run "$KMODE" run --no-unload msr.sys
ok "without a file: what is built in" out_has "1a2: 640000"
ok "what is not there faults" out_has "12345: fault c0000096"

cat > good.txt <<'END'
# ours
0x1A2   0x500000 rw          # replaces
0x12345 0x123456789ABCDEF0 ro
74566   7 rw 0xF0            # 0x12346
END
run "$KMODE" run --no-unload --msr good.txt msr.sys
ok "a replaced one" out_has "1a2: 500000"
ok "that can be written now" out_has "written: ff"
ok "a new one" out_has "12345: 123456789abcdef0"
ok "that cannot be written" out_has "12345: fault c0000096"
ok "one with reserved bits" out_has "12346: fault c0000096"

refuse() {
    printf '%s\n' "# a comment" "$1" > bad.txt
    run "$KMODE" run --msr bad.txt msr.sys
    ok "refused: $1" refused 1 "bad.txt:2: $2"
}
refuse "hello" "a line begins with the register's number"
refuse "0x100000000 0 rw" "a line begins with the register's number"
refuse "0x10" "the register's number is followed by its value"
refuse "0x10 -1 rw" "the register's number is followed by its value"
refuse "0x10 1 wo" "the value is followed by rw or ro"
refuse "0x10 1 rw mask" "what follows rw is a mask of reserved bits"
refuse "0x10 1 rw 1 2" "there is more on the line than a register"
run "$KMODE" run --msr missing.txt msr.sys
ok "no such file" refused 1 "missing.txt: No such file or directory"

done_testing
