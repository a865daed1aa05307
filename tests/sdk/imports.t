#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# What the SDK imports is there on Windows 7: no routine that came later, and nothing outside of ntoskrnl.exe and hal.dll.
use strict;
use warnings;

my $build = $ENV{BUILD} || 'build';
my @results;    # [passed, name, diagnostics...]

my %later;      # routine => the first Windows that has it
open my $facts, '<', 'nt/facts/since.tsv' or die "nt/facts/since.tsv: $!\n";
while (<$facts>) {
    next if /^#/;
    chomp;
    my ($routine, $since) = split /\t/;
    $later{$routine} = $since;
}
my %exported;
for my $list ('nt/exports/ntoskrnl.txt', 'nt/exports/hal.txt') {
    open my $file, '<', $list or die "$list: $!\n";
    while (<$file>) {
        $exported{$1} = 1 if /^(\w+)/;
    }
}

my ($object, %defined, %wanted) = ('');
for (`llvm-nm-19 $build/lib/kmode/lib/x64/kmode.lib`) {
    if (/^(\S+):$/) {
        $object = $1;
    } elsif (/^\s*U (\S+)$/) {
        push @{$wanted{$1}}, $object;
    } elsif (/^[0-9a-f]+ [A-Z] (\S+)$/) {
        $defined{$1} = 1;
    }
}
push @results, [keys %wanted > 10, 'the library refers to routines'];
for my $name (sort keys %wanted) {
    (my $routine = $name) =~ s/^__imp_//;
    # What the linker gives to every image.
    next if $defined{$name} || $routine =~ /^(?:__ImageBase|_tls_index|__guard_\w+|___guard_\w+|_load_config_used)$/;
    my @from = sort keys %{{map { $_ => 1 } @{$wanted{$name}}}};
    # Windows' headers have it inline for x64: not every kernel exports it.
    push @results, [$exported{$routine} && !$later{$routine} && $routine ne 'KeGetCurrentIrql', "$routine is there on Windows 7",
        $exported{$routine} ? "it came with $later{$routine}" x !!$later{$routine} : 'no export of ntoskrnl.exe or hal.dll',
        "wanted by @from"];
}

print '1..', scalar @results, "\n";
my ($count, $failed) = (0, 0);
for my $result (@results) {
    my ($passed, $name, @say) = @$result;
    $count++;
    $failed ||= !$passed;
    print $passed ? 'ok' : 'not ok', " $count - $name\n", $passed ? () : map { "# $_\n" } @say;
}
exit($failed ? 1 : 0);
