#!/bin/sh
# SPDX-License-Identifier: MIT
# Requests that are cancelled while they are queued and taken, on 2 and on 4 processors, each time another
# interleaving; SOAK=1 for a hundred of each.
. tests/cli/tap.sh

run "$KMODE" build --config release -D ROUNDS=2000 -I "$ROOT/tests/kernel" "$ROOT/tests/sdk/device/queue-race.c" -o race.sys
ok "it builds" status_is 0
clean() { { [ "$status" -eq 0 ] && grep -q '^1\.\.' "$scratch/out" && ! grep -q '^not ok' "$scratch/out"; } || show_run; }
[ -n "$SOAK" ] && seeds=100 || seeds=5
for processors in ${1:-2 4}; do
    for seed in $(seq $seeds); do
        run "$KMODE" run --quiet --timeout 120 --cpus $processors --seed "$seed" race.sys
        ok "$processors processors, seed $seed" clean
    done
    run "$KMODE" run --quiet --cpus $processors --clock real --no-checks race.sys
    ok "$processors processors, the wall clock, without checks" clean
done

done_testing
