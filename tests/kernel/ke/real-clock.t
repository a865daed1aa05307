#!/bin/sh
# SPDX-License-Identifier: MIT
# Under a real clock KUSER_SHARED_DATA is read without a trap: its times are those that the routines tell, on all
# processors; and what a driver can see of how that is done.
# shellcheck disable=SC2016 # what sh -c is given is its own
. tests/cli/tap.sh

for config in debug release; do
    driver=$ROOT/build/tests/kernel/ke/shared-time.$config.sys
    for processors in 1 2 4; do
        for checks in "" --no-checks; do
            # shellcheck disable=SC2086 # none is no argument
            run "$KMODE" run --quiet --clock real --cpus $processors $checks "$driver"
            ok "$config, $processors processors $checks: its times" status_is 0
            ok "$config, $processors processors $checks: nothing fails" \
                sh -c '! grep -q "^not ok" "$1" && grep -q "^1\.\." "$1"' - "$scratch/out"
        done
    done
done

cat > code.c <<'END'
#include <ntddk.h>

// A load of InterruptTime, and one whose address is made at run time, which nobody could see beforehand.
extern const UCHAR Load[], Made[];
ULONG64 CallLoad(VOID);
ULONG64 CallMade(VOID);
__asm__(".text\n"
        ".globl CallLoad\nCallLoad:\nLoad:\n\tmovabsq 0xFFFFF78000000008, %rax\n\tret\n"
        ".globl CallMade\nCallMade:\nMade:\n\tmovabsq $0xFFFFF78000000000, %rcx\n\taddq $8, %rcx\n"
        "\tmovq (%rcx), %rax\n\tret\n");

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    const ULONG64 First = CallLoad(), Second = CallMade(), Third = CallLoad();
    const ULONG64 Loads = *(const UNALIGNED ULONG64 *)(Load + 2), Makes = *(const UNALIGNED ULONG64 *)(Made + 2);

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrint("loads from %I64x, makes %I64x, in order %d, valid %d %d, the same memory %d\n", Loads, Makes,
             First <= Second && Second <= Third, MmIsAddressValid((PVOID)Loads), MmIsAddressValid((PVOID)SharedUserData),
             MmGetPhysicalAddress((PVOID)Loads).QuadPart ==
                 MmGetPhysicalAddress((PVOID)((ULONG64)SharedUserData + 8)).QuadPart);
    return STATUS_SUCCESS;
}
END
run "$KMODE" build -q code.c
ok "the driver that looks at its code builds" status_is 0
run "$KMODE" run --clock real code.sys
ok "real: what is seen to load loads from the view, what is not traps" \
    out_is "loads from 400000031008, makes fffff78000000000, in order 1, valid 1 1, the same memory 1"
run "$KMODE" run code.sys
ok "virtual: both trap" \
    out_is "loads from fffff78000000008, makes fffff78000000000, in order 1, valid 1 1, the same memory 1"

cat > write.c <<'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __asm__ volatile("movabsq $0xFFFFF78000000000, %%rcx\n\tmovl 0x26c(%%rcx), %%eax\n\tmovl %%eax, 0x26c(%%rcx)"
                     ::: "rax", "rcx", "memory");
    DbgPrint("not reached\n");
    return STATUS_SUCCESS;
}
END
run "$KMODE" build -q write.c
ok "the driver that writes builds" status_is 0
for clock in real virtual; do
    run "$KMODE" run --clock $clock write.sys
    ok "$clock: a write behind a read stops it" status_is 1
    ok "$clock: at Windows' address" \
        err_has "write to address 0xfffff7800000026c: in KUSER_SHARED_DATA, which can only be read"
    ok "$clock: with Windows' bug check" err_has "*** bug check 0xBE ATTEMPTED_WRITE_TO_READONLY_MEMORY"
done

# Whatever compilers make of it, under this clock too.
run "$KMODE" run --clock real "$ROOT/build/tests/golden/shared-user-data.sys"
ok "every kind of load: version" out_has "version 10.0, build 22631, product 1"
ok "every kind of load: the base" out_has "base a"
ok "every kind of load: a part of it" out_has "low byte fffff7800000000a"
ok "every kind of load: another part" out_has "high byte fffff78000000a00"
ok "every kind of load: sums" out_has "sum a, equal 1"
ok "every kind of load: its write" err_has "write to address 0xfffff7800000026c"

done_testing
