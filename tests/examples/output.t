#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Each example is small, has its README, prints what it says it prints, on one processor and two, and its client does too.
use strict;
use warnings;
use lib 'tests/examples';
use examples;

for my $example (all_examples()) {
    my ($name, $folder, $driver) = @$example{qw(name folder driver)};
    check(-e "$folder/README.md", "$folder has a README");
    # What examples/faults shows is many faults.
    my $lines = () = slurp($example->{source}) =~ /\n/g;
    check($lines < 100 || $name =~ /^(?:faults|api|ioctl)$/, "$folder has fewer than 100 lines", "$lines lines");
    if (-e "$folder/expected.log") {
        my ($status, $output) = shell("cd '$folder' && '$kmode' run -q $example->{arguments} '$driver'");
        check($status == 0 && $output eq slurp("$folder/expected.log"), "$folder prints its expected.log",
            "exit status $status", $output);
    }
    my $client = "$folder/client/client.c";
    next unless -e $client;
    my $program = "$scratch/$name.client";
    my ($status, $output) = shell("clang-19 -Wall -Wextra -Werror -I '$build/include' '$client' "
            . "'$build/lib/libkmode.a' -lZydis -ljansson -o '$program'");
    check($status == 0, "$client builds", $output);
    check(slurp($client) =~ /\.processors = .*arguments\[3\]/, "$client has as many processors as it is told");
    for my $processors (1, 2) {
        ($status, $output) = shell("cd '$scratch' && '$program' '$build/lib/kmode/ntoskrnl.exe' '$driver' $processors");
        check($status == 0, "$client runs on $processors", "exit status $status", $output);
        $output =~ s/^(?:[A-Z]+ +)?\[$name\b.*\n//mg;    # what the driver says
        check($output eq slurp("$folder/client/expected.log"), "$client prints its expected.log on $processors", $output);
    }
}
finish();
