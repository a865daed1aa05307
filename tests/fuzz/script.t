#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reader of scripts: the seeds, then FUZZ_SECONDS / 6 (10).
cd "$(dirname "$0")/../.." || exit 1
target=script
. tests/fuzz/fuzz.sh
cp examples/ioctl/ioctl.script "$folder/seeds/"
SEEDS=$folder/seeds perl -ne 'if (/^```script/) { open F, ">", "$ENV{SEEDS}/$."; $in = 1 }
    elsif (/^```$/) { $in = 0 } elsif ($in) { print F }' docs/script.md
fuzz 2048
