#!/bin/sh
# SPDX-License-Identifier: MIT
# The SDK's files, on a volume C: that is a folder of ours; file.c has what is tested.
. tests/cli/tap.sh

for config in debug release; do
    run "$KMODE" build --config $config -I "$ROOT/tests/kernel" -Wall -Wextra -Werror -o file.sys "$ROOT/tests/sdk/file.c"
    ok "$config builds without a warning" status_is 0
    for how in "--seed 0" "--seed 1" "--seed 2" "--cpus 2"; do
        rm -rf disk
        mkdir -p disk/sub
        printf alpha > disk/a.txt
        printf beta > disk/b.txt
        # shellcheck disable=SC2086
        run "$KMODE" run --quiet $how --disk disk file.sys
        grep '^not ok\|^# ' "$scratch/out" | sed 's|^|# |'
        ok "$config, $how: no finding" status_is 0
        ok "$config, $how: every check passes" sh -c '! grep -q "^not ok" "$1" && grep -q "^1\.\." "$1"' - "$scratch/out"
    done
done

done_testing
