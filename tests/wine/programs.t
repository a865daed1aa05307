#!/bin/sh
# SPDX-License-Identifier: MIT
# Examples with a device under Wine, and the program for Windows that uses each.
. tests/cli/tap.sh

if ! { command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ]; }; then
    skip "the examples under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

for example in ioctl echo registry words pending threads maps budget files; do
    x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 "$ROOT/examples/$example/windows/client.c" -o client.exe
    "$KMODE" build -q "$ROOT/examples/$example" -o $example.sys
    run "$KMODE" run --wine --program client.exe $example.sys
    ok "$example: its program is content" status_is 0
    # When the thread of threads.c speaks is its own affair.
    tr -d '\r' < "$scratch/out" | sed '/^INFO  \[threads\]/d' > lines
    ok "$example: and has got what it asked for" diff "$ROOT/tests/wine/$example.log" lines
done

done_testing
