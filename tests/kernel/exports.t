#!/bin/sh
# SPDX-License-Identifier: MIT
# nt/exports marks as implemented, for ntoskrnl.exe, hal.dll and WMILIB.SYS, what the kernel implements, no less and no
# more; and the one image that stands for all exports it.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export LC_ALL=C

# Code and data only: a weak reference, as to a system service that may be absent, is no definition.
find "$build/obj/kernel" -name '*.o' -exec llvm-nm-19 --defined-only --extern-only {} + |
    awk 'NF == 3 && $2 ~ /^[TDRBV]$/ { print $3 }' | sort -u >"$folder/defined"
cat nt/exports/ntoskrnl.txt nt/exports/hal.txt nt/exports/wmilib.txt | grep -v '^#' | cut -f1 | sort -u >"$folder/known"
awk -F '\t' '!/^#/ { for (i = 2; i <= NF; i++) if ($i ~ /implemented/) print $1 }' \
    nt/exports/ntoskrnl.txt nt/exports/hal.txt nt/exports/wmilib.txt | sort -u >"$folder/marked"
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
for list in nt/exports/ntoskrnl.txt nt/exports/hal.txt nt/exports/wmilib.txt; do
    grep -v '^#' "$list" | cut -f1 >"$folder/order"
    sort -u "$folder/order" | diff - "$folder/order"
done >"$folder/difference"
none "$folder/difference" "each list is sorted and has no name twice"
awk -F '\t' '!/^#/ { for (i = 2; i <= NF; i++) if ($i != "data" && $i != "implemented") print }' nt/exports/*.txt \
    >"$folder/difference"
none "$folder/difference" "no list has an unknown flag"
if [ "$(wc -l <"$folder/exported")" -ge 100 ]; then : >"$folder/difference"; else cp "$folder/exported" "$folder/difference"; fi
none "$folder/difference" "the image exports a hundred names and more ($(wc -l <"$folder/exported"))"
exit $failed
