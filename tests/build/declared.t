#!/bin/sh
# SPDX-License-Identifier: MIT
# Every routine that the kernel implements and Windows' headers declare is declared by ours too. TAP on stdout.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
KMODE=${KMODE:-$root/build/bin/kmode}
work=$(mktemp -d "${TMPDIR:-/tmp}/kmode-declared.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work" || exit 1

# In the metadata, but in no header for drivers: whoever calls one declares it.
undeclared='KeInitializeApc KeInsertQueueApc KeRemoveQueueApc NtCreateEvent NtDeleteFile NtDuplicateObject
NtMapViewOfSection NtQueryInformationThread NtQuerySystemInformation NtSetEvent NtWaitForSingleObject
ZwQueryInformationThread ZwQuerySystemInformation'

# names: what is implemented and known to the metadata of Windows, a line each.
{
    printf '%s\n' $undeclared
    echo --
    awk -F '\t' '!/^#/ { print $1 }' "$root/nt/facts/prototypes.tsv"
    echo --
    awk -F '\t' '!/^#/ { for (i = 2; i <= NF; i++) if ($i == "implemented") print $1 }' \
        "$root/nt/exports/ntoskrnl.txt" "$root/nt/exports/hal.txt"
} | awk '$0 == "--" { part++; next } part == 0 { skip[$1] = 1 } part == 1 { known[$1] = 1 }
         part == 2 && $1 in known && !($1 in skip)' | sort -u > names

echo 1..2
if [ "$(wc -l < names)" -gt 700 ]; then echo "ok 1 - names"; else echo "not ok 1 - names: $(wc -l < names)"; fi

{
    echo '#include <ntifs.h>'
    awk '{ printf "#ifndef %s\nvoid *pointer_%s = (void *)%s;\n#endif\n", $1, $1, $1 }' names
} > names.c
"$KMODE" build names.c --cflag=-ferror-limit=0 > log 2>&1
sed -n "s/.*use of undeclared identifier '\([A-Za-z0-9_]*\)'.*/\1/p" log | sort -u > missing
if [ ! -s missing ]; then
    echo "ok 2 - each is declared by ntifs.h"
else
    echo "not ok 2 - each is declared by ntifs.h"
    sed 's/^/# /' missing
fi
