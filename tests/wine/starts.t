#!/bin/sh
# SPDX-License-Identifier: MIT
# What runs under Wine without a program that uses it: examples, and parts of the SDK in drivers of ours.
. tests/cli/tap.sh

if ! { command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ]; }; then
    skip "the examples under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

for example in budget files log pnp processes security; do
    "$KMODE" build -q "$ROOT/examples/$example" -o $example.sys
    run "$KMODE" run --wine $example.sys
    ok "$example: starts and stops" status_is 0
done

# Its file sink writes by a work item; the file is C:\log.txt, as the last run left it.
written="${XDG_CACHE_HOME:-$HOME/.cache}/kmode/wine/drive_c/log.txt"
ok "log: has written its file" sh -c 'tail -n 1 "$1" | grep -q "all went well status=STATUS_DEVICE_NOT_READY"' - "$written"
rm -f "$written"

for driver in deferred-log processors; do
    "$KMODE" build -q -I "$ROOT/sdk" "$ROOT/tests/wine/$driver.c" -o $driver.sys
    run "$KMODE" run --wine $driver.sys
    ok "$driver: starts and stops" status_is 0
    ok "$driver: prints what it ought to" diff "$ROOT/tests/wine/$driver.log" "$scratch/out"
done

done_testing
