#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Whole runs: NAME.c, built to a driver by tests/tests.mk, is run by `kmode run`, and what comes out is compared with
# NAME.log (stdout), NAME.err (stderr) and NAME.exit (the exit status; 0 where there is no such file). First lines of
# NAME.c may say
#
#   // kmode build: ARGUMENTS     further arguments of kmode build
#   // kmode run: ARGUMENTS       further arguments of kmode run, in front of the driver
#   // patched: WHAT              the built file goes through patch-image WHAT
#
# An expected file that is not there stands for nothing printed. `tests/run --update-golden` rewrites the files.
#
# What changes with every change to the kernel is masked: addresses in its image, its pools and its stacks,
# numbers of physical pages, line numbers in its sources, and the values of registers but rip. Of a trace, times, and ids
# of threads, which are counted from 1 on instead.
use strict;
use warnings;

my $kmode = $ENV{KMODE} or die "KMODE is not set: run this by tests/run\n";
my $build = ($ENV{BUILD} || 'build') . '/tests/golden';
my $folder = 'tests/golden';
my $scratch = $ENV{TMPDIR} || '/tmp';

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

sub spew {
    my ($path, $text) = @_;
    if ($text eq '') {
        unlink $path;
        return;
    }
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
}

sub masked {
    my ($text) = @_;
    my $in_registers = 0;
    my $anywhere = $text =~ /^\*\*\* time limit$/m ? 1 : 0;    # the clock stops the driver at any instruction
    my (@lines, %threads);
    for my $line (split /^/, $text) {
        if ($line =~ s/^ *(\d+):(\d+  )/<thread>:$2/) {
            my $thread = $threads{$1} //= 1 + keys %threads;
            $line =~ s/<thread>/$thread/;
            $line =~ s/, \d+\.\dus>$/, <time>>/;
            $line =~ s/\b(SystemArgument\d=)0x\w+/$1<time>/g if $line =~ /KDEFERRED_ROUTINE/;
        }
        $in_registers = 1 if $line =~ /^registers$/;
        $in_registers = 0 if $line =~ /^$/;
        if ($anywhere && $line =~ s/^    [0-9a-f]{16}(  .*):\d+$/    <anywhere>$1:N/) {
            $anywhere = 0;
        }
        if ($in_registers) {
            $line =~ s/\brip [0-9a-f]{16}\b/rip <anywhere>/ if $text =~ /<anywhere>|^\*\*\* time limit$/m;
            $line =~ s/\b(?!rip)(r\w+) ([0-9a-f]{16})\b/$1 <masked>/g;
        }
        $line =~ s/\b(0x)?0*400000[4-9a-f][0-9a-f]{5}\b/<kernel>/gi;
        $line =~ s/\b(0x)?0*4(?:[123]0|52)[0-9a-f]{9}\b/<pool>/gi;
        $line =~ s/^(\s+2\s+)[0-9a-f]{16}(  page number)$/$1<page>$2/;
        # The header of a pool block: which block of its page it is depends on what the kernel allocated before.
        $line =~ s/^(\s+3\s+)0040f2ee[0-9a-f]{8}\b/$1<header>/;
        $line =~ s/\b(0x)?0*440[0-9a-f]{9}\b/<stack>/gi;
        $line =~ s/\b\d+ (bytes below the kernel stack)/N $1/;
        $line =~ s{(?:[^\s()]*/)?(kernel/(?:[\w-]+/)+[\w-]+\.[chS]):\d+}{$1:N}g;
        $line =~ s{[^\s()]*/tests/golden/([\w-]+\.[ch])}{$1}g;
        push @lines, $line;
    }
    return join '', @lines;
}

sub difference {
    my ($expected_path, $actual) = @_;
    my $expected = slurp($expected_path);
    return () if $expected eq $actual;
    spew("$scratch/expected", $expected eq '' ? "\n" : $expected);
    spew("$scratch/actual", $actual eq '' ? "\n" : $actual);
    my @lines = split /\n/, `diff -u --label '$expected_path' --label 'this run' $scratch/expected $scratch/actual`;
    splice @lines, 60, @lines - 60, '...' if @lines > 60;
    return @lines;
}

sub header {
    my ($source, $key) = @_;
    return $source =~ m{^// \Q$key\E: (.*)$}m ? $1 : '';
}

my @names = @ARGV ? @ARGV : sort map { m{([^/]+)\.c$} } glob "$folder/*.c";
print '1..', scalar @names, "\n";
my $number = 0;
my $failed = 0;
for my $name (@names) {
    $number++;
    my $source = slurp("$folder/$name.c");
    my $driver = "$build/$name.sys";
    if (my $what = header($source, 'patched')) {
        mkdir "$scratch/patched";
        my $patched = "$scratch/patched/$name.sys";
        system("$build/patch-image", $what, $driver, $patched) == 0 or die "patch-image failed\n";
        symlink "$ENV{PWD}/$build/$name.pdb", "$scratch/patched/$name.pdb";
        $driver = $patched;
    }
    my $arguments = header($source, 'kmode run');
    system "timeout 60 $kmode run $arguments $driver >$scratch/stdout 2>$scratch/stderr </dev/null";
    my $status = $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
    my %actual = (
        log => masked(slurp("$scratch/stdout")),
        err => masked(slurp("$scratch/stderr")) =~ s{\Q$scratch/patched\E/}{}gr,
        exit => $status eq '0' ? '' : "$status\n",
    );
    if ($ENV{UPDATE_GOLDEN}) {
        spew("$folder/$name.$_", $actual{$_}) for keys %actual;
        print "ok $number - $name (rewritten)\n";
        next;
    }
    my @lines = map { difference("$folder/$name.$_", $actual{$_}) } qw(exit log err);
    $failed = 1 if @lines;
    print @lines ? 'not ok' : 'ok', " $number - $name\n", map { "# $_\n" } @lines;
}
exit $failed;
