#!/bin/sh
# SPDX-License-Identifier: MIT
# `kmode run --json` writes what the text report says, for programs; and runs are the same, byte for byte, each time.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
drivers=${BUILD:-build}/tests/golden
number=0
failed=0

# is DRIVER EXPRESSION...: passes if jq finds each EXPRESSION true of the JSON of a run of DRIVER.
is()
{
    driver=$1
    shift
    "$KMODE" run --timeout 0.5 --json "$folder/json" "$drivers/$driver.sys" >/dev/null 2>&1
    for expression in "$@"; do
        number=$((number + 1))
        if jq -e "$expression" "$folder/json" >"$folder/out" 2>&1; then
            echo "ok $number - $driver: $expression"
        else
            failed=1
            echo "not ok $number - $driver: $expression"
            sed 's/^/# /' "$folder/out" "$folder/json"
        fi
    done
}

is hello '.result == "ok"' '.report == null' '.not_implemented == []' '.problem == null'
is fail-status '.result != "ok"' '.status == "0xc000000e"' '.report == null'
is null-write '.report.code == "0x0000007e"' '.report.name == "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"' \
    '.report.fault.access == "write"' '.report.fault.address == "0x0000000000000000"' \
    '.report.exception.name == "STATUS_ACCESS_VIOLATION"' '.report.registers.rip == .report.parameters[1].value' \
    '.report.stack[0] | .module == "null-write.sys" and .function == "DriverEntry" and .file == "null-write.c" and .line == 10' \
    '.report.stack | map(.module) | index("ntoskrnl.exe") != null'
is never-returns '.report.kind == "time limit"' '.report.log == ["never-returns: waiting"]'
is unimplemented-called '.report.kind == "not implemented"' '.report.name == "KeSetHardwareCounterConfiguration"' \
    '.not_implemented | length == 1'
is many-lines '.report.log | length == 8' '.report.log[-1] == "not yet ended"'

for driver in hello null-write stack-overflow-recursion many-lines; do
    for run in 1 2 3; do
        "$KMODE" run --json "$folder/json.$run" "$drivers/$driver.sys" >"$folder/log.$run" 2>"$folder/err.$run"
    done
    number=$((number + 1))
    if cat "$folder"/*.1 >"$folder/first" && cat "$folder"/*.2 | cmp - "$folder/first" >"$folder/out" &&
            cat "$folder"/*.3 | cmp - "$folder/first" >"$folder/out"; then
        echo "ok $number - $driver: three runs are the same, byte for byte"
    else
        failed=1
        echo "not ok $number - $driver: three runs are the same, byte for byte"
        for file in json log err; do diff "$folder/$file.1" "$folder/$file.2"; done | sed 's/^/# /'
    fi
done
echo "1..$number"
exit $failed
