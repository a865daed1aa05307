#!/bin/sh
# SPDX-License-Identifier: MIT
# The same of those that use more of the system: files, the registry, threads, processes, Plug and Play.
. tests/cli/tap.sh
. "$ROOT/tests/wine/program.sh"

needs_wine "the examples under Wine"

used_by_program registry threads files pnp processes

done_testing
