#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# docs/guide is true: of each page, in a folder of its own, each block "```LANGUAGE NAME" is written to the file NAME, each block
# "```sh" is run, and each line of an indented block that follows one stands in a line of what that printed. Each command succeeds, but where
# that block has a line of a bug check or of a finding, which begins with ***.
use strict;
use warnings;
use Cwd qw(getcwd);

my $root = getcwd();
my $kmode = $ENV{KMODE} or die "KMODE is not set: run this by tests/run\n";
$ENV{PATH} = ($kmode =~ s{/kmode$}{}r) . ":$ENV{PATH}";
my $scratch = $ENV{TMPDIR} || '/tmp';
my @results;    # [passed, name, diagnostics...]

for my $page (sort glob 'docs/guide/*.md') {
    my ($name) = $page =~ m{/([\w-]+)\.md$};
    my $folder = "$scratch/$name";
    mkdir $folder or die "$folder: $!\n";
    my ($language, $file, $text, @steps) = ('', '', '');
    open my $in, '<', $page or die "$page: $!\n";
    while (my $line = <$in>) {
        chomp $line;
        if ($line =~ /^```(\w*) ?(\S*)$/) {
            if ($language ne '' || $text ne '') {
                if ($file ne q{}) {
                    push @steps, {line => $., file => $file, text => $text};
                } elsif ($language eq 'sh') {
                    push @steps, {line => $., commands => $text, expected => []};
                }
                ($language, $text) = ('', '');
            } else {
                ($language, $file, $text) = ($1 || 'text', $2, '');
            }
        } elsif ($language ne '') {
            $text .= "$line\n";
        } elsif ($line =~ /^ {4}(.*\S.*)$/ && @steps && $steps[-1]{expected}) {
            push @{$steps[-1]{expected}}, $1;
        }
    }
    for my $step (@steps) {
        if ($step->{file}) {
            my ($parent) = "$folder/$step->{file}" =~ m{^(.*)/};
            system('mkdir', '-p', $parent) == 0 or die "mkdir $parent\n";
            open my $out, '>', "$folder/$step->{file}" or die "$step->{file}: $!\n";
            print $out $step->{text};
            close $out;
            next;
        }
        open my $out, '>', "$folder/step.sh" or die "step.sh: $!\n";
        print $out "cd '$folder' || exit\nroot='$root'\n$step->{commands}";
        close $out;
        my $printed = `sh -e '$folder/step.sh' 2>&1 </dev/null`;
        my $status = $? >> 8;
        my @lines = split /\n/, $printed;
        my @say;
        for my $expected (@{$step->{expected}}) {
            push @say, "not printed: $expected" unless grep { index($_, $expected) >= 0 } @lines;
        }
        # What is to fail shows it.
        push @say, "exit status $status" if $status != 0 && !grep { /^\*\*\* / } @{$step->{expected}};
        push @say, $printed =~ /^(.*(?:not found|No such file or directory|Syntax error|: error: ).*)$/mg;
        push @results, [!@say, "the step at $page:$step->{line}", @say, @say ? ('printed:', @lines) : ()];
    }
    push @results, [scalar(grep { $_->{commands} } @steps), "$page has commands"];
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
