#!/bin/sh
# SPDX-License-Identifier: MIT
# Examples with a device under Wine, and the program for Windows that uses each.
. tests/cli/tap.sh
. "$ROOT/tests/wine/program.sh"

needs_wine "the examples under Wine"

used_by_program ioctl echo words pending maps budget

done_testing
