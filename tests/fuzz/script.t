#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reader of scripts: the seeds, then FUZZ_SECONDS / 6 (10).
#   BUILD          the folder of what is built (build)
#   FUZZ_SCRIPT  the libFuzzer program (build/fuzz/script)
set -u
cd "$(dirname "$0")/../.." || exit 1
fuzz=${FUZZ_SCRIPT:-${BUILD:-build}/fuzz/script}
seconds=$((${FUZZ_SECONDS:-60} / 6 + 1))
if [ ! -x "$fuzz" ]; then
    echo "Bail out! $fuzz must be built first"
    exit 1
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/seeds" "$folder/corpus"
cp examples/ioctl/ioctl.script "$folder/seeds/"
SEEDS=$folder/seeds perl -ne 'if (/^```script/) { open F, ">", "$ENV{SEEDS}/$."; $in = 1 }
    elsif (/^```$/) { $in = 0 } elsif ($in) { print F }' docs/script.md
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
"$fuzz" -max_total_time="$seconds" -max_len=2048 -timeout=5 -rss_limit_mb=2048 -artifact_prefix="$folder/" \
    "$folder/corpus" "$folder/seeds" > "$folder/log" 2>&1
report 2 "$seconds seconds of fuzzing" $?
exit $failed
