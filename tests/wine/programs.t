#!/bin/sh
# SPDX-License-Identifier: MIT
# Examples with a device under Wine, and the program for Windows that uses each.
. tests/cli/tap.sh
. "$ROOT/tests/wine/program.sh"

if ! { command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ]; }; then
    skip "the examples under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

used_by_program ioctl echo words pending maps budget

done_testing
