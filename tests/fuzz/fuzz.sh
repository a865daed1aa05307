# SPDX-License-Identifier: MIT
# What the fuzzers' tests have in common. A test sets `target`, sources this from the repository's root, puts its seeds into
# $folder/seeds, and ends in `fuzz LENGTH`. The environment:
#   BUILD         the folder of what is built (build)
#   FUZZ_SECONDS  the fuzzing takes a sixth of it (60)
#   FUZZ_PROGRAM  the libFuzzer program ($BUILD/fuzz/$target)
# shellcheck shell=sh
set -u
program=${FUZZ_PROGRAM:-${BUILD:-build}/fuzz/$target}
seconds=$((${FUZZ_SECONDS:-60} / 6 + 1))
number=0
failed=0

# needs PROGRAM: which must be built.
needs() {
    [ -x "$1" ] && return
    echo "Bail out! $1 must be built first"
    exit 1
}

needs "$program"
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/seeds" "$folder/corpus"

# report NAME STATUS: one result, with the end of $folder/log where it failed.
report() {
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        failed=1
        echo "not ok $number - $1"
        [ ! -e "$folder/log" ] || tail -40 "$folder/log" | sed 's/^/# /'
    fi
}

# fuzz LENGTH: the seeds, then inputs of up to LENGTH bytes. Ends the test.
fuzz() {
    "$program" -timeout=5 "$folder"/seeds/* > "$folder/log" 2>&1
    report "the seeds" $?
    "$program" -max_total_time="$seconds" -max_len="$1" -timeout=5 -rss_limit_mb=2048 -artifact_prefix="$folder/" \
        "$folder/corpus" "$folder/seeds" > "$folder/log" 2>&1
    report "$seconds seconds of fuzzing" $?
    echo "1..$number"
    exit $failed
}
