#!/bin/sh
# SPDX-License-Identifier: MIT
# The same of those that use more of the system: files, the registry, threads, processes, Plug and Play.
. tests/cli/tap.sh
. "$ROOT/tests/wine/program.sh"

if ! { command -v wine > /dev/null || [ -x /usr/lib/wine/wine64 ]; }; then
    skip "the examples under Wine" "Wine is not installed (apt-get install wine64)"
    done_testing
    exit 0
fi

used_by_program registry threads files pnp processes

done_testing
