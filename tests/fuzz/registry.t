#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reader of registry files, and the round trip through the writer: the seeds, then FUZZ_SECONDS / 6 (10).
#   BUILD          the folder of what is built (build)
#   FUZZ_REGISTRY  the libFuzzer program (build/fuzz/registry)
set -u
cd "$(dirname "$0")/../.." || exit 1
fuzz=${FUZZ_REGISTRY:-${BUILD:-build}/fuzz/registry}
seconds=$((${FUZZ_SECONDS:-60} / 6 + 1))
if [ ! -x "$fuzz" ]; then
    echo "Bail out! $fuzz must be built first"
    exit 1
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/seeds" "$folder/corpus"
seed()
{
    printf "Windows Registry Editor Version 5.00\r\n\r\n$1" > "$folder/seeds/$2"
}
seed '[HKEY_LOCAL_MACHINE\\SOFTWARE\\x]\r\n@="default"\r\n"a\\\\"b"=dword:0000001f\r\n' values
seed '[HKU\\x]\n"c"=hex(7):61,00,\\\r\n  00,00,00,00\r\n"d"=hex:01,02\r\n"e"=-\r\n; comment\r\n' bytes
seed '[-HKLM\\y]\r\n[HKCR\\\303\244\360\237\230\200]\r\n' keys
for name in values bytes keys; do
    { printf '\377\376'; iconv -f UTF-8 -t UTF-16LE "$folder/seeds/$name"; } > "$folder/seeds/$name-utf16"
done

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
"$fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=5 -rss_limit_mb=2048 -artifact_prefix="$folder/" \
    "$folder/corpus" "$folder/seeds" > "$folder/log" 2>&1
report 2 "$seconds seconds of fuzzing" $?
exit $failed
