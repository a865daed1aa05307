#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode new and kmode test: a new driver builds, runs and passes its test at once.
. tests/cli/tap.sh

run "$KMODE" new mydriver
ok "new" status_is 0
ok "says what to do next" out_has "kmode test"
ok "makes the files" [ "$(cd mydriver && find . -type f | sort | tr '\n' ' ')" = \
    "./CMakeLists.txt ./README.md ./mydriver.c ./tests/run.log " ]
ok "no placeholder is left" sh -c '! grep -rq @NAME@ mydriver'
run "$KMODE" build mydriver
ok "it builds" status_is 0
run "$KMODE" run mydriver.sys
ok "it runs" status_is 0
ok "and prints its log" cmp mydriver/tests/run.log "$scratch/out"
run "$KMODE" test mydriver
ok "its test passes" status_is 0
ok "as TAP says" out_is "1..1
ok 1 - run
1 passed, 0 failed"
run sh -c 'cd mydriver && "$1" test' sh "$KMODE"
ok "in its own folder too" status_is 0
run "$KMODE" test --config release mydriver
ok "and in release" status_is 0

cp mydriver/tests/run.log mydriver/tests/second.log
sed -i 's/Goodbye/Farewell/' mydriver/tests/second.log
run "$KMODE" test mydriver
ok "a log that differs fails" status_is 1
ok "by its name" out_has "not ok 2 - second"
ok "with the difference" out_has "# -INFO  [mydriver] Farewell."
ok "and the count" out_has "1 passed, 1 failed"
run "$KMODE" test --update mydriver
ok "--update takes what was printed" cmp mydriver/tests/run.log mydriver/tests/second.log
echo --no-such-option > mydriver/tests/second.args
run "$KMODE" test mydriver
ok "a test whose run is refused fails" out_has "# exit status 2, expected 0"
ok "and shows why" out_has "# kmode run: unknown option '--no-such-option'"
: > mydriver/tests/second.log
echo 2 > mydriver/tests/second.status
run "$KMODE" test mydriver
ok "unless that is what the test expects" status_is 0
echo 'int x = y;' >> mydriver/mydriver.c
run "$KMODE" test mydriver
ok "a driver that does not build" status_is 1
ok "shows the compiler's words" err_has "use of undeclared identifier 'y'"

mkdir bare
run "$KMODE" test bare
ok "a folder without tests" refused 2 "no tests: bare/tests has no .log file"
run "$KMODE" test no-such-folder
ok "no folder" refused 2 "no-such-folder is no folder"

before=$(ls -A)
for name in 9lives a/b ../up 'two words' a-b '' . é; do
    run "$KMODE" new "$name"
    ok "a bad name: '$name'" refused 2 "cannot be a driver's name"
done
run "$KMODE" new mydriver
ok "a name that is taken" refused 2 "mydriver is there already"
run "$KMODE" new
ok "no name" refused 2 "NAME is missing"
run "$KMODE" new one two
ok "two names" refused 2 "one name at a time"
ok "leave nothing behind" [ "$(ls -A)" = "$before" ]

done_testing
