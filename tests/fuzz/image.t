#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the image loader: first the inputs that once broke it, then the seeds and what earlier runs have found, for
# FUZZ_SECONDS (60).
#   BUILD              the folder of what is built (build)
#   FUZZ_IMAGE         the libFuzzer program (build/fuzz/image)
#   MAKE_IMAGE_CORPUS  the maker of the seeds (build/fuzz/make-image-corpus)
#   FUZZ_CORPUS        the folder in which the corpus is kept (build/fuzz/image-corpus)
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
fuzz=${FUZZ_IMAGE:-$build/fuzz/image}
make_corpus=${MAKE_IMAGE_CORPUS:-$build/fuzz/make-image-corpus}
corpus=${FUZZ_CORPUS:-$build/fuzz/image-corpus}
seconds=${FUZZ_SECONDS:-60}

if [ ! -x "$fuzz" ] || [ ! -x "$make_corpus" ]; then
    echo "Bail out! $fuzz and $make_corpus must be built first"
    exit 1
fi

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/regressions" "$folder/seeds" "$folder/findings"
mkdir -p "$corpus" || exit 1

echo 1..3
failed=0

# report NUMBER NAME STATUS LOG
report()
{
    if [ "$3" -eq 0 ]; then
        echo "ok $1 - $2"
    else
        failed=1
        echo "not ok $1 - $2"
        tail -40 "$4" | sed 's/^/# /'
    fi
}

set -- tests/fuzz/image-regressions/*.hex
if [ -e "$1" ]; then
    "$make_corpus" "$folder/regressions" "$@" &&
        "$fuzz" -timeout=5 "$folder"/regressions/* >"$folder/log" 2>&1
    report 1 "$# inputs that once broke it" $? "$folder/log"
else
    echo "ok 1 - inputs that once broke it # SKIP there are none yet"
fi

"$make_corpus" "$folder/seeds" && "$fuzz" -timeout=5 "$folder"/seeds/* >"$folder/log" 2>&1
report 2 "the seeds" $? "$folder/log"

"$fuzz" -fork=0 -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$folder/findings/" "$corpus" "$folder/seeds" >"$folder/log" 2>&1
status=$?
report 3 "$seconds seconds of fuzzing" $status "$folder/log"
sed -n 's/^stat::number_of_executed_units: */# inputs run: /p' "$folder/log"
for finding in "$folder"/findings/*; do
    [ -e "$finding" ] || continue
    cp "$finding" "$corpus/../image-finding-$(basename "$finding")"
    echo "# kept: $corpus/../image-finding-$(basename "$finding")"
    echo "# to commit it: od -An -v -tx1 FINDING >tests/fuzz/image-regressions/NAME.hex"
done
exit $failed
