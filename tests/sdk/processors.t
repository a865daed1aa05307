#!/bin/sh
# SPDX-License-Identifier: MIT
# What of the SDK is about threads, processors and memory, on four processors and under other seeds than tests/run has.
. tests/cli/tap.sh

for driver in "$PREFIX"/tests/sdk/ke/*.release.sys "$PREFIX"/tests/sdk/hal/*.release.sys "$PREFIX"/tests/sdk/mm/*.release.sys; do
    name=${driver##*/sdk/}
    for seed in 4 5 6 7; do
        run "$KMODE" run --quiet --cpus 4 --seed $seed "$driver"
        ok "${name%.release.sys}, seed $seed: ends well" status_is 0
        ok "${name%.release.sys}, seed $seed: and fails nothing" sh -c 'grep -q "^1\.\." "$1" && ! grep -q "^not ok" "$1"' - "$scratch/out"
    done
done

done_testing
