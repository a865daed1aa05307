#!/bin/sh
# SPDX-License-Identifier: MIT
# What runs under Wine without a program that uses it: examples, and parts of the SDK in drivers of ours.
. tests/cli/tap.sh

if ! { command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ]; }; then
    skip "the examples under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

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

# Its file sink writes by a work item; the file is C:\log.txt. Whoever runs these tests at the same time, of another
# checkout say, has the same C:.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/kmode"
exec 9> "$cache/log-test.lock"
flock 9
rm -f "$cache/wine/drive_c/log.txt"
x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 "$ROOT/examples/log/windows/client.c" -o client.exe
"$KMODE" build -q "$ROOT/examples/log" -o log.sys
run "$KMODE" run --wine --program client.exe log.sys 9>&-
ok "log: its program is content" status_is 0
tr -d '\r' < "$scratch/out" > lines
ok "log: and has got the records" diff "$ROOT/tests/wine/log.log" lines
sed 's/^[-0-9]*T[:.0-9]*Z [0-9]* [0-9]*:[0-9]* //' "$cache/wine/drive_c/log.txt" > lines
exec 9>&-
ok "log: has written its file" diff "$ROOT/tests/wine/log.txt" lines

for driver in deferred-log processors; do
    "$KMODE" build -q -I "$ROOT/sdk" "$ROOT/tests/wine/$driver.c" -o $driver.sys
    run "$KMODE" run --wine $driver.sys
    ok "$driver: starts and stops" status_is 0
    ok "$driver: prints what it ought to" diff "$ROOT/tests/wine/$driver.log" "$scratch/out"
done

done_testing
