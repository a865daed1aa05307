#!/bin/sh
# SPDX-License-Identifier: MIT
# The log under Wine: examples/log, its file and its program, and a deferred log.
. tests/cli/tap.sh

needs_wine "the examples under Wine"

# Its file sink writes by a work item; the file is C:\log.txt. Whoever runs these tests at the same time, of another
# checkout say, has the same C:.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/kmode"
mkdir -p "$cache"
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

"$KMODE" build -q -I "$ROOT/sdk" "$ROOT/tests/wine/deferred-log.c" -o deferred-log.sys
run "$KMODE" run --wine deferred-log.sys
ok "deferred-log: starts and stops" status_is 0
ok "deferred-log: prints what it ought to" diff "$ROOT/tests/wine/deferred-log.log" "$scratch/out"

done_testing
