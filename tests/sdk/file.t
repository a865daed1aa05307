#!/bin/sh
# SPDX-License-Identifier: MIT
# The SDK's files, and sections of them, on a volume C: that is a folder of ours; file.c and file-section.c have what is tested.
. tests/cli/tap.sh

for test in file file-section; do
    for config in debug release; do
        run "$KMODE" build --config $config -I "$ROOT/tests/kernel" -Wall -Wextra -Werror -o $test.sys "$ROOT/tests/sdk/$test.c"
        ok "$test: $config builds without a warning" status_is 0
        for how in "--seed 0" "--seed 1" "--seed 2" "--cpus 2"; do
            rm -rf disk
            mkdir -p disk/sub
            printf alpha > disk/a.txt
            printf beta > disk/b.txt
            if [ $test = file-section ]; then
                : > disk/empty.txt
                cp $test.sys disk/image.dll
            fi
            # shellcheck disable=SC2086
            run "$KMODE" run --quiet $how --disk disk $test.sys
            grep '^not ok\|^# ' "$scratch/out" | sed 's|^|# |'
            ok "$test: $config, $how: no finding" status_is 0
            ok "$test: $config, $how: every check passes" sh -c '! grep -q "^not ok" "$1" && grep -q "^1\.\." "$1"' - "$scratch/out"
        done
    done
done

done_testing
