#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reader of registry hives, and the round trip through the writer: the seeds, then FUZZ_SECONDS / 6 (10).
#   BUILD      the folder of what is built (build)
#   FUZZ_HIVE  the libFuzzer program (build/fuzz/hive)
set -u
cd "$(dirname "$0")/../.." || exit 1
fuzz=${FUZZ_HIVE:-${BUILD:-build}/fuzz/hive}
make_corpus=${BUILD:-build}/fuzz/make-hive-corpus
seconds=$((${FUZZ_SECONDS:-60} / 6 + 1))
if [ ! -x "$fuzz" ] || [ ! -x "$make_corpus" ]; then
    echo "Bail out! $fuzz and $make_corpus must be built first"
    exit 1
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/seeds" "$folder/corpus"
"$make_corpus" "$folder/seeds" || exit 1

echo 1..2
failed=0
report()
{
    if [ "$3" -eq 0 ]; then
        echo "ok $1 - $2"
    else
        failed=1
        echo "not ok $1 - $2"
        tail -40 "$folder/log" | sed 's/^/# /'
    fi
}
"$fuzz" -timeout=5 "$folder"/seeds/* > "$folder/log" 2>&1
report 1 "the seeds" $?
"$fuzz" -max_total_time="$seconds" -max_len=16384 -timeout=5 -rss_limit_mb=2048 -artifact_prefix="$folder/" \
    "$folder/corpus" "$folder/seeds" > "$folder/log" 2>&1
report 2 "$seconds seconds of fuzzing" $?
exit $failed
