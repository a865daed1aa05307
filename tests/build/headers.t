#!/bin/sh
# SPDX-License-Identifier: MIT
# Which header `kmode build` takes, and what it says of one that it cannot have. TAP on stdout.
set -u

here=$(cd "$(dirname "$0")" && pwd)
KMODE=${KMODE:-$here/../../build/bin/kmode}
work=$(mktemp -d "${TMPDIR:-/tmp}/kmode-headers.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work" || exit 1

number=0
failed=0
check() { # RESULT DESCRIPTION
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        failed=1
        sed 's/^/# /' log | head -20
    fi
}

entry='NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path)'

# A folder beside the source is searched last of all, one that -I names before the system's.
mkdir -p driver common
echo '#define ANSWER 42' > common/assert.h
cat > driver/main.c << END
#include <ntddk.h>
#include <assert.h>
$entry
{
    (void)Driver, (void)Path;
    return ANSWER;
}
END
"$KMODE" build -q -Icommon -o driver.sys driver > log 2>&1
check $? "a header in a folder of -I goes before the system's of that name"

# explains HEADER TEXT
explains() {
    printf '#include <ntddk.h>\n#include "%s"\n' "$1" > missing.c
    "$KMODE" build -q -o missing.sys missing.c > log 2>&1
    [ $? -eq 1 ] && grep -q "^kmode build: $1 is missing: .*$2" log
    check $? "$1: says why it is missing"
}
explains missing.tmh WPP
explains wdf.h KMDF
explains fltKernel.h 'filter manager'
explains TraceLoggingProvider.h TraceLogging
touch events.man
explains events.h "made by\|makes it from ./events.man"

printf '#include "a.tmh"\n' > a.c
printf '#include "a.tmh"\n' > b.c
"$KMODE" build -q -o two.sys a.c b.c > log 2>&1
[ "$(grep -c 'is missing' log)" -eq 1 ]
check $? "a header that two sources miss is explained once"

echo "1..$number"
exit $failed
