#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Drivers with one planted mistake each, and their mended twins (the same file compiled with -DMENDED, by
# tests/tests.mk). The first comment of NAME.c names the finding that the verifier must make, and it alone:
#
#   // finding: KIND [in FUNCTION] [after FUNCTION]
#
# FUNCTION is the innermost frame of the driver's at which it is found, and at which the earlier event was. A line
#
#   // kmode run: ARGUMENTS
#
# gives `kmode run` further arguments, a line
#
#   // says: TEXT
#
# what the finding's sentence has in it. The twin must run without a finding and end well.
use strict;
use warnings;
use JSON::PP ();

my $kmode = $ENV{KMODE} or die "KMODE is not set: run this by tests/run\n";
my $build = ($ENV{BUILD} || 'build') . '/tests/bugs';
my $scratch = $ENV{TMPDIR} || '/tmp';

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

sub header {
    my ($source, $key) = @_;
    return $source =~ m{^// \Q$key\E: (.*)$}m ? $1 : '';
}

# The exit status and the findings of a run, each as in the header's line.
sub run {
    my ($driver, $arguments) = @_;
    unlink "$scratch/report.json";
    system "timeout 60 $kmode run --quiet $arguments --json $scratch/report.json $driver >$scratch/output 2>&1 </dev/null";
    my $status = $? & 127 ? 'signal ' . ($? & 127) : $? >> 8;
    my $report = eval { JSON::PP::decode_json(slurp("$scratch/report.json")) } || {findings => []};
    return ($status, @{$report->{findings}});
}

sub place {
    my ($stack) = @_;
    for my $frame (@$stack) {
        return $frame->{function} // '?' if ($frame->{module} // '') ne 'ntoskrnl.exe';
    }
    return '';
}

my @names = @ARGV ? @ARGV : sort map { m{([^/]+)\.c$} } glob 'tests/bugs/*.c';
print '1..', 2 * @names, "\n";
my $number = 0;
my $failed = 0;

sub result {
    my ($passed, $text) = @_;
    $number++;
    print $passed ? 'ok' : 'not ok', " $number - $text\n";
    return if $passed;
    $failed = 1;
    print "# $_\n" for split /\n/, slurp("$scratch/output");
}

for my $name (@names) {
    my $source = slurp("tests/bugs/$name.c");
    my $arguments = header($source, 'kmode run');
    my ($kind, $in, $after) = header($source, 'finding') =~ /^([\w-]+)(?: in (\w+))?(?: after (\w+))?$/
        or die "tests/bugs/$name.c: no line `// finding: KIND [in FUNCTION] [after FUNCTION]`\n";
    my ($status, @findings) = run("$build/$name.sys", $arguments);
    my $finding = $findings[0];
    my $good = @findings == 1 && $finding->{kind} eq $kind && $status eq '1'
        && (!defined $in || place($finding->{stack}) eq $in)
        && index($finding->{text}, header($source, 'says')) >= 0
        && (!defined $after || place($finding->{earlier_stack}) eq $after);
    result($good, "$name: $kind and nothing else");
    ($status, @findings) = run("$build/$name.mended.sys", $arguments);
    result(@findings == 0 && $status eq '0', "$name, mended: nothing");
}
exit $failed;
