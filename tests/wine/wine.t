#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples under kmode's kernel and under Wine's, the same files: the differences are those that docs/wine.md explains.
. tests/cli/tap.sh

needs_wine "the examples under Wine"

for example in hello faults alloc containers maps; do
    "$KMODE" build -q "$ROOT/examples/$example" -o $example.sys
    "$KMODE" run -q $example.sys > $example.kmode 2> $example.kmode.err
    ok "$example: kmode prints what its expected.log says" cmp "$ROOT/examples/$example/expected.log" $example.kmode
    "$KMODE" run --wine $example.sys > $example.wine 2> $example.wine.err
    diff $example.kmode $example.wine > $example.diff
    ok "$example: Wine differs where tests/wine/$example.diff says, no more and no less" \
        diff "$ROOT/tests/wine/$example.diff" $example.diff
done
ok "faults: Wine says itself which routine it lacks" \
    grep -q 'unimplemented function ntoskrnl.exe.ExRaiseStatus' faults.wine.err

done_testing
