#!/bin/sh
# SPDX-License-Identifier: MIT
# The rings' stress test on 2 and on 4 processors, each time another interleaving; SOAK=1 for a hundred of each.
. tests/cli/tap.sh

run "$KMODE" build --config release "$ROOT/tests/sdk/containers/ring-stress.c" -I "$ROOT/tests/kernel" -o stress.sys
ok "it builds" status_is 0
clean() { { [ "$status" -eq 0 ] && ! grep -q '^not ok' "$scratch/out"; } || show_run; }
[ -n "$SOAK" ] && seeds=100 || seeds=5
for processors in ${1:-2 4}; do
    for seed in $(seq $seeds); do
        run "$KMODE" run --quiet --timeout 120 --cpus $processors --seed "$seed" stress.sys
        ok "$processors processors, seed $seed" clean
    done
done
# On one Linux processor each step of one thread needs that the others get their turn there: a thread that waits in
# a loop of KeDelayExecutionThread gives it to them, or this takes a minute and is ended as a loop without an end.
only=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
for processors in ${1:-2 4}; do
    run taskset -c "$only" "$KMODE" run --quiet --cpus $processors --timeout 30 stress.sys
    ok "$processors processors on one of Linux" clean
done

done_testing
