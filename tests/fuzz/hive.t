#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reader of registry hives, and the round trip through the writer: the seeds, then FUZZ_SECONDS / 6 (10).
cd "$(dirname "$0")/../.." || exit 1
target=hive
. tests/fuzz/fuzz.sh
make_corpus=${BUILD:-build}/fuzz/make-hive-corpus
needs "$make_corpus"
"$make_corpus" "$folder/seeds" || exit 1
fuzz 16384
