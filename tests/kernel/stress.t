#!/bin/sh
# SPDX-License-Identifier: MIT
# The stress driver under seeds: on one processor, where each is a run of its own that can be had again, and on several,
# where they race. A few here, 100 of each in a soak.
seeds=5
[ -z "$SOAK" ] || seeds=100
driver=build/tests/kernel/ke/stress.release.sys
number=0

# stress TITLE OPTIONS...
stress() {
    title=$1
    shift
    number=$((number + 1))
    failed=
    for seed in $(seq "$seeds"); do
        if ! "$KMODE" run --quiet --timeout 60 --seed "$seed" "$@" "$driver" >"$TMPDIR/out" 2>&1 ||
            grep -q '^not ok' "$TMPDIR/out"; then
            failed=$seed
            break
        fi
    done
    if [ -n "$failed" ]; then
        echo "not ok $number - $title"
        echo "# seed $failed:"
        sed 's/^/# /' "$TMPDIR/out" | head -60
    else
        echo "ok $number - $title"
    fi
}

stress 'one processor' --no-checks
stress 'one processor, watched' --cpus 1
stress 'two processors' --cpus 2 --no-checks
stress 'two processors, watched' --cpus 2
stress 'four processors' --cpus 4 --no-checks
stress 'two processors, real clock' --cpus 2 --clock real --no-checks

# One seed, one processor: the same run, to the byte.
number=$((number + 1))
for run in 1 2; do
    "$KMODE" run --trace --seed 7331 "$driver" >"$TMPDIR/$run" 2>&1
done
if cmp -s "$TMPDIR/1" "$TMPDIR/2" && [ -s "$TMPDIR/1" ]; then
    echo "ok $number - two runs of one seed are the same"
else
    echo "not ok $number - two runs of one seed are the same"
    diff "$TMPDIR/1" "$TMPDIR/2" | head -20 | sed 's/^/# /'
fi
echo "1..$number"
