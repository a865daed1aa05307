#!/bin/sh
# SPDX-License-Identifier: MIT
# What runs under Wine without a program that uses it: examples, and parts of the SDK in drivers of ours.
. tests/cli/tap.sh

needs_wine "the examples under Wine"

for example in pnp processes security; do
    "$KMODE" build -q "$ROOT/examples/$example" -o $example.sys
    run "$KMODE" run --wine --no-device $example.sys
    ok "$example: starts and stops" status_is 0
    ok "$example: and no device of its own" sh -c '! grep -q "the device starts" "$1"' - "$scratch/out"
    cp "$scratch/out" $example.out
done
ok "processes: lists modules" grep -q 'module ntoskrnl.exe' processes.out
ok "processes: lists processes" grep -q 'process services.exe' processes.out
run "$KMODE" run --wine --device 'PNP=ROOT\One' security.sys pnp.sys
ok "pnp: has the device that it is given" out_has 'the device starts, without resources'
run "$KMODE" run --wine --device 'ROOT\One' security.sys
ok "what drives no devices is told so" err_has 'security.sys attaches to nothing: it drives no ROOT\One'
ok "and gets none" status_is 0

"$KMODE" build -q -I "$ROOT/sdk" "$ROOT/tests/wine/processors.c" -o processors.sys
run "$KMODE" run --wine processors.sys
ok "processors: starts and stops" status_is 0
ok "processors: prints what it ought to" diff "$ROOT/tests/wine/processors.log" "$scratch/out"

done_testing
