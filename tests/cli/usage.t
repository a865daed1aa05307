#!/bin/sh
# SPDX-License-Identifier: MIT
# Help, versions, and wrong command lines: one clear line and status 2.
. tests/cli/tap.sh

for help in --help -h help; do
    run "$KMODE" $help
    ok "kmode $help answers" status_is 0
    for command in new build run test exports; do
        ok "kmode $help names $command" out_has "  $command "
    done
done

for command in new build run test exports; do
    run "$KMODE" $command --help
    ok "kmode $command --help answers" status_is 0
    ok "kmode $command --help says its usage" out_has "Usage: kmode $command"
    cp "$scratch/out" "$scratch/help"
    run "$KMODE" help $command
    ok "kmode help $command says the same" cmp "$scratch/help" "$scratch/out"
    run "$KMODE" $command --no-such-option
    ok "kmode $command refuses an option that is not there" refused 2 "unknown option '--no-such-option'"
    run "$KMODE" $command -Z
    ok "kmode $command refuses a letter that is not there" refused 2 "unknown option '-Z'"
    run "$KMODE" $command --hlep
    ok "kmode $command knows what was meant" refused 2 "did you mean '--help'?"
done

run "$KMODE" --version
ok "--version" out_is "kmode 0.1.0"
run "$KMODE"
ok "no command" refused 2 "a command is missing"
run "$KMODE" biuld
ok "a mistyped command" refused 2 "unknown command 'biuld'; did you mean 'build'?"
run "$KMODE" frobnicate
ok "a command like no other" refused 2 "unknown command 'frobnicate'"
run "$KMODE" help tset
ok "help for a mistyped command" refused 2 "did you mean 'test'?"
run "$KMODE" --versoin
ok "a mistyped option" refused 2 "did you mean '--version'?"
run "$KMODE" build --confg release
ok "a mistyped option of a command" refused 2 "unknown option '--confg'; did you mean '--config'?"
run "$KMODE" build -o
ok "a letter without its argument" refused 2 "option '-o' needs an argument"
run "$KMODE" build --output
ok "an option without its argument" refused 2 "option '--output' needs an argument"
run "$KMODE" build --quiet=1
ok "an argument for an option that has none" refused 2 "option '--quiet' takes no argument"

run sh -c '"$1" --help > /dev/full' sh "$KMODE"
ok "a full disk is an error" [ "$status" -ne 0 ]

done_testing
