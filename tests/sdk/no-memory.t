#!/bin/sh
# SPDX-License-Identifier: MIT
# What the SDK's routines answer when the system has no memory for them: the driver no-memory.c runs again and again, each time with
# its next allocation failing; what each of its steps returned in any of these runs is here.
. tests/cli/tap.sh

run "$KMODE" build -Wall -Wextra -Werror -o no-memory.sys "$ROOT/tests/sdk/no-memory.c"
ok "it builds without a warning" status_is 0

runs=0
findings=0
: > said
while :; do
    runs=$((runs + 1))
    run "$KMODE" run --fail-allocation=$runs no-memory.sys
    cat "$scratch/out" >> said
    grep -qF '***' "$scratch/err" && findings=$((findings + 1)) && sed 's/^/# /' "$scratch/err"
    grep -qF "did not fail" "$scratch/err" && break
    [ $runs -eq 200 ] && break
done
ok "every allocation fails once" [ $runs -gt 20 -a $runs -lt 200 ]
ok "which leads to no mistake" [ $findings -eq 0 ]

# STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_DENIED, STATUS_COMMITMENT_LIMIT.
resources=C000009A
denied=C0000022
commitment=C000012D
sort -u said | grep -v ' 00000000$' > failed
for routine in KmLockPages KmMapLockedPages KmMapLockedPagesToUser KmMdlForNonPagedPool KmMdlForPart KmPhysicalRanges KmPhysicalMap \
    KmSectionCreate KmCallbacksAddRegistry KmCallbacksAddObject KmRequestPend; do
    ok "$routine: STATUS_INSUFFICIENT_RESOURCES" grep -qx "$routine $resources" failed
done
ok "KmPhysicalWrite: STATUS_INSUFFICIENT_RESOURCES" grep -qx "KmPhysicalWrite $resources" failed
ok "KmPhysicalWrite: STATUS_ACCESS_DENIED where a page is not mapped" grep -qx "KmPhysicalWrite $denied" failed
if grep -qw avx /proc/cpuinfo; then
    ok "KmGuardExtendedState: STATUS_INSUFFICIENT_RESOURCES" grep -qx "KmGuardExtendedState $resources" failed
else
    skip "KmGuardExtendedState: STATUS_INSUFFICIENT_RESOURCES" "the processor has no states that are saved apart"
fi
ok "KmSectionCreate: STATUS_COMMITMENT_LIMIT" grep -qx "KmSectionCreate $commitment" failed
ok "they return nothing else" [ "$(grep -cvx "Km[A-Za-z]* \($resources\|$denied\|$commitment\)" failed)" -eq 0 ]

done_testing
