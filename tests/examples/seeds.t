#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Each example runs without a finding under 100 seeds, and on two processors.
use strict;
use warnings;
use lib 'tests/examples';
use examples;

for my $example (all_examples()) {
    my ($folder, $driver) = @$example{qw(folder driver)};
    my $run = "cd '$folder' && '$kmode' run -q $example->{used}";
    my @wrong;
    for my $seed (1 .. 100) {
        my ($status, $output) = shell("$run --seed $seed '$driver'");
        push @wrong, "seed $seed: exit status $status\n$output" if $status != 0;
        last if @wrong > 2;
    }
    check(!@wrong, "$folder under 100 seeds", @wrong);
    @wrong = ();
    for my $processors (2, 4) {
        my ($status, $output) = shell("$run --cpus $processors '$driver'");
        push @wrong, "$processors processors: exit status $status\n$output" if $status != 0;
    }
    check(!@wrong, "$folder on several processors", @wrong);
}
finish();
