#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# What README.md shows is true: its ```sh blocks are run in order in one shell, and each line of an indented block that
# follows one must appear in what it printed. Links between documents lead to files that are there.
use strict;
use warnings;
use File::Basename qw(dirname);

my $scratch = $ENV{TMPDIR} || '/tmp';
my @results;    # [passed, name, diagnostics...]

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file>;
}

# ---- the tour -------------------------------------------------------------------------------------------------------

my @steps;      # {line, commands, expected}
my $in_block = 0;
my $line_number = 0;
for my $line (split /\n/, slurp('README.md')) {
    $line_number++;
    if ($line =~ /^```(\w*)$/) {
        $in_block = $1 eq 'sh';
        push @steps, {line => $line_number, commands => '', expected => []} if $in_block;
    } elsif ($in_block) {
        $steps[-1]{commands} .= "$line\n";
    } elsif (@steps && $line =~ /^ {4}(\S.*)$/) {
        push @{$steps[-1]{expected}}, $1;
    }
}

my $script = '';
for my $i (0 .. $#steps) {
    # A command that is not there ends the step; one that fails may be meant to.
    $script .= "echo '@@@@ $i'\n$steps[$i]{commands}";
}
open my $file, '>', "$scratch/tour.sh" or die "tour.sh: $!\n";
print $file $script;
close $file;
my $output = `sh $scratch/tour.sh 2>&1 </dev/null`;
my %printed = map { /^(\d+)\n(.*)$/s ? ($1 => $2) : () } split /^@@@@ /m, $output;
for my $i (0 .. $#steps) {
    my $text = $printed{$i} // '';
    my @missing = grep { index($text, $_) < 0 } @{$steps[$i]{expected}};
    my @broken = $text =~ /^(.*(?:not found|No such file or directory|Syntax error).*)$/mg;
    my @say = ((map { "not printed: $_" } @missing), @broken);
    push @say, 'printed:', split /\n/, $text if @say;
    push @results, [!@say, "the step at README.md:$steps[$i]{line}", @say];
}

# ---- links ----------------------------------------------------------------------------------------------------------

for my $document (sort glob '*.md docs/*.md examples/*/*.md') {
    my @dead;
    my $text = slurp($document);
    while ($text =~ /\[[^\]]*\]\(([^)#\s]+)[^)]*\)/g) {
        my $target = $1;
        push @dead, "no such file: $target" if $target !~ /^[a-z]+:/ && !-e dirname($document) . "/$target";
    }
    push @results, [!@dead, "links of $document", @dead];
}

print '1..', scalar @results, "\n";
my ($number, $failed) = (0, 0);
for my $result (@results) {
    my ($passed, $name, @say) = @$result;
    $number++;
    $failed ||= !$passed;
    print $passed ? 'ok' : 'not ok', " $number - $name\n", map { "# $_\n" } @say;
}
exit $failed;
