#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples under kmode's kernel and under Wine's, the same files: the differences are those that docs/wine.md explains.
. tests/cli/tap.sh

if ! { command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ]; }; then
    skip "the examples under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

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

# Drivers with a device, and the program for Windows that uses it.
for example in ioctl echo registry words pending; do
    x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 "$ROOT/examples/$example/windows/client.c" -o client.exe
    "$KMODE" build -q "$ROOT/examples/$example" -o $example.sys
    run "$KMODE" run --wine --program client.exe $example.sys
    ok "$example: its program is content" status_is 0
    tr -d '\r' < "$scratch/out" > lines
    ok "$example: and has got what it asked for" diff "$ROOT/tests/wine/$example.log" lines
done

for example in budget files log processes security; do
    "$KMODE" build -q "$ROOT/examples/$example" -o $example.sys
    run "$KMODE" run --wine $example.sys
    ok "$example: starts and stops" status_is 0
done

# Its file sink writes by a work item; the file is C:\\log.txt, as the last run left it.
written="${XDG_CACHE_HOME:-$HOME/.cache}/kmode/wine/drive_c/log.txt"
ok "log: has written its file" sh -c 'tail -n 1 "$1" | grep -q "all went well status=STATUS_DEVICE_NOT_READY"' - "$written"
rm -f "$written"

"$KMODE" build -q -I "$ROOT/sdk" "$ROOT/tests/wine/deferred-log.c" -o deferred-log.sys
run "$KMODE" run --wine deferred-log.sys
ok "a deferred log: starts and stops" status_is 0
ok "and prints what it has kept" diff "$ROOT/tests/wine/deferred-log.log" "$scratch/out"

done_testing
