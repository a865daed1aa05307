#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode exports: the counts are those of the lists.
REPOSITORY=$(pwd)
. tests/cli/tap.sh

lists=$PREFIX/share/kmode/exports
names() { grep -hv -e '^#' -e '^$' "$lists/$1.txt"; }
total=$(names ntoskrnl | wc -l)
implemented=$(names ntoskrnl | grep -c "$(printf '\timplemented')")

run "$KMODE" exports
ok "exports" status_is 0
ok "counts ntoskrnl" grep -Eq "^ntoskrnl.exe +$implemented +$((total - implemented)) +$total$" "$scratch/out"
ok "has a line for every module and two more" [ "$(wc -l < "$scratch/out")" -eq $(($(ls "$lists"/*.txt | wc -l) + 2)) ]
run "$KMODE" exports --module NTOSKRNL
ok "--module, in any case" [ "$(wc -l < "$scratch/out")" -eq 2 ]
run "$KMODE" exports --module ntoskrnl.exe --missing
ok "--missing lists the others" [ "$(wc -l < "$scratch/out")" -eq $((total - implemented)) ]
run "$KMODE" exports --json counts.json
ok "--json writes the same" [ "$(jq '.modules["ntoskrnl.exe"].implemented' counts.json)" = "$implemented" ]
ok "and the sum" jq -e '.all.total == .all.implemented + .all.known' counts.json
run "$KMODE" exports --json - --module hal
ok "--json - is JSON alone" jq -e . "$scratch/out"

printf 'name\tmodule\trepos\nDbgPrint\tntoskrnl\t9\nNoSuchRoutine\tntoskrnl\t4\nZwClose\tntoskrnl\t2\nFltClose\tfltmgr\t9\n' > used.tsv
run "$KMODE" exports --coverage used.tsv --json used.json
ok "--coverage counts the kernel's routines that three drivers call" out_has "1 of 2 routines that 3 or more drivers call are implemented, 1 with a test"
ok "names the test" grep -Eq "^DbgPrint +tests/kernel/rtl/" "$scratch/out"
ok "tells the unknown" [ "$(jq .coverage.unknown used.json)" = 1 ]
run "$KMODE" exports --coverage used.tsv --min-repos 1
ok "--min-repos" out_has "2 of 3 routines that 1 or more drivers call"
run "$KMODE" exports --coverage used.tsv --missing
ok "--coverage --missing" out_has "NoSuchRoutine	unknown"
ok "every test that is named is there" [ -z "$(cut -f2 "$PREFIX/share/kmode/tested.tsv" | sort -u | while read -r test; do [ -f "$REPOSITORY/$test" ] || echo "$test"; done)" ]

run "$KMODE" exports --module ntoskrn
ok "a mistyped module" refused 2 "did you mean 'ntoskrnl'?"
run "$KMODE" exports --coverage no-such-file
ok "no such file" refused 2 "cannot read no-such-file: No such file or directory"
run "$KMODE" exports --min-repos 3
ok "--min-repos alone" refused 2 "--min-repos goes with --coverage"
printf 'name\nDbgPrint\n' > bare.tsv
run "$KMODE" exports --coverage bare.tsv --min-repos 3
ok "--min-repos without the column" refused 2 "no column"
run "$KMODE" exports --json /no/such/folder/x.json
ok "JSON that cannot be written" status_is 1
run "$KMODE" exports something
ok "an argument" refused 2 "takes no argument"

done_testing
