# SPDX-License-Identifier: MIT
# For tests/wine/*.t, which source it behind tests/cli/tap.sh: examples whose program for Windows uses them.

# used_by_program EXAMPLE...
used_by_program() {
    for example; do
        x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 "$ROOT/examples/$example/windows/client.c" -o client.exe
        "$KMODE" build -q "$ROOT/examples/$example" -o "$example.sys"
        run "$KMODE" run --wine --program client.exe "$example.sys"
        ok "$example: its program is content" status_is 0
        # When the thread of threads.c speaks is its own affair, and which processes there are is Wine's.
        tr -d '\r' < "$scratch/out" | sed '/^INFO  \[\(threads\|processes\)\]/d' > lines
        ok "$example: and has got what it asked for" diff "$ROOT/tests/wine/$example.log" lines
    done
}
