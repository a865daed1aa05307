#!/bin/sh
# SPDX-License-Identifier: MIT
# nt/exports/ntoskrnl.txt marks as implemented what the kernel implements, no less and no more; and the image exports it.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export LC_ALL=C

find "$build/obj/kernel" -name '*.o' -exec llvm-nm-19 --defined-only --extern-only --format=just-symbols {} + |
    sed '/:$/d; /^$/d' | sort -u >"$folder/defined"
grep -v '^#' nt/exports/ntoskrnl.txt | cut -f1 | sort -u >"$folder/known"
awk -F '\t' '!/^#/ { for (i = 2; i <= NF; i++) if ($i ~ /implemented/) print $1 }' nt/exports/ntoskrnl.txt |
    sort -u >"$folder/marked"
llvm-readobj-19 --coff-exports "$build/lib/kmode/ntoskrnl.exe" | sed -n 's/^  Name: //p' | sort -u >"$folder/exported"

number=0
failed=0
# none FILE NAME: passes if FILE is empty.
none()
{
    number=$((number + 1))
    if [ -s "$1" ]; then
        failed=1
        echo "not ok $number - $2"
        sed 's/^/#   /' "$1"
    else
        echo "ok $number - $2"
    fi
}

echo 1..6
comm -12 "$folder/defined" "$folder/known" | comm -23 - "$folder/marked" >"$folder/difference"
none "$folder/difference" "what the kernel defines and Windows exports is marked implemented"
comm -13 "$folder/defined" "$folder/marked" >"$folder/difference"
none "$folder/difference" "what is marked implemented is defined"
comm -3 "$folder/exported" "$folder/marked" >"$folder/difference"
none "$folder/difference" "the kernel's image exports what is marked implemented, and nothing else"
grep -v '^#' nt/exports/ntoskrnl.txt | cut -f1 >"$folder/order"
sort -u "$folder/order" | diff - "$folder/order" >"$folder/difference"
none "$folder/difference" "the list is sorted and has no name twice"
awk -F '\t' '!/^#/ { for (i = 2; i <= NF; i++) if ($i != "data" && $i != "implemented") print }' nt/exports/*.txt \
    >"$folder/difference"
none "$folder/difference" "no list has an unknown flag"
if [ "$(wc -l <"$folder/exported")" -ge 100 ]; then : >"$folder/difference"; else cp "$folder/exported" "$folder/difference"; fi
none "$folder/difference" "the image exports a hundred names and more ($(wc -l <"$folder/exported"))"
exit $failed
