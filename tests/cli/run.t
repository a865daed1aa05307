#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run says of several drivers, and what becomes of output that cannot be written.
. tests/cli/tap.sh

cat > good.c <<'END'
#include <ntddk.h>
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("bye\n");
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrint("hello\n");
    return STATUS_SUCCESS;
}
END
cat > bad.c <<'END'
#include <ntddk.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_NO_SUCH_DEVICE;
}
END
"$KMODE" build -q good.c
"$KMODE" build -q bad.c

run "$KMODE" run good.sys missing.sys
ok "a second driver that is not there: status" status_is 3
ok "is named" err_has "kmode run: missing.sys: no such file"
ok "and the first is unloaded" err_has "good.sys: loaded, unloaded"
run "$KMODE" run good.sys good.sys
ok "the same driver twice: status" status_is 3
ok "is said" err_has "good.sys: a module of the name good.sys is loaded already"
run "$KMODE" run --json=report good.sys bad.sys
ok "a second driver that fails: status" status_is 1
ok "the JSON is about that one" jq -e '.driver == "bad.sys" and .status == "0xc000000e"' report
run "$KMODE" run --json=report good.sys missing.sys
ok "a refused second driver in the JSON" \
    jq -e '.driver == "missing.sys" and .problem == "missing.sys: no such file" and .status == null' report

for command in "run good.sys" exports --help "new full" "run --json=- good.sys"; do
    # shellcheck disable=SC2086
    "$KMODE" $command > /dev/full 2> "$scratch/err"
    status=$?
    ok "a full disk: $command: status" status_is 1
    ok "a full disk: $command: the words" grep -q "^kmode.*: cannot write the output$" "$scratch/err"
    # shellcheck disable=SC2016
    ok "a full disk: $command: nothing but text" sh -c '! LC_ALL=C grep -q "[^ -~]" "$1"' - "$scratch/err"
done
"$KMODE" run good.sys >&- 2> "$scratch/err"
status=$?
: > "$scratch/out"
ok "a closed standard output" status_is 1
ok "is said" err_has "kmode run: cannot write the output"
"$KMODE" run -q good.sys 2>&- > "$scratch/out"
status=$?
ok "a closed standard error" status_is 0
ok "leaves the log as it is" out_is "hello
bye"

run "$KMODE" run -q --trace=trace good.sys
ok "--trace=FILE: status" status_is 0
ok "leaves stderr alone" [ ! -s "$scratch/err" ]
ok "has the calls" grep -q 'DRIVER_UNLOAD good.sys!Unload(DriverObject=0x[0-9a-f]* "\\Driver\\good") {$' trace
run "$KMODE" run -q --trace-filter='Dbg*' good.sys
ok "--trace-filter: nothing else" sh -c 'grep -c DbgPrint "$1" | grep -qx 2 && ! grep -v DbgPrint "$1"' - "$scratch/err"
run "$KMODE" run --trace=no/such/folder good.sys
ok "--trace to where no file can be" refused 2 "no/such/folder: No such file or directory"

for seed in -5 ' -5' 5x '' 18446744073709551616; do
    run "$KMODE" run --seed "$seed" good.sys
    ok "--seed '$seed'" refused 2 "--seed takes a whole number, not '$seed'"
done
run "$KMODE" run -q --seed 0xFFFFFFFFFFFFFFFF good.sys
ok "the largest seed" status_is 0

mkdir folder
run "$KMODE" build -o folder good.c
ok "kmode build -o FOLDER" refused 2 "-o folder is a folder"
for name in nul CON com1; do
    run "$KMODE" new $name
    ok "kmode new $name" refused 2 "names a device"
done

done_testing
