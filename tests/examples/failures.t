#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Each example bears that any one of its allocations fails: no crash, and nothing left behind.
use strict;
use warnings;
use lib 'tests/examples';
use examples;

for my $example (all_examples()) {
    my ($folder, $driver) = @$example{qw(folder driver)};
    my ($status, $output) = shell("cd '$folder' && '$kmode' run $example->{used} --fail-allocations '$driver'");
    check($status == 0, "$folder bears each failed allocation", "exit status $status", $output);
}
finish();
