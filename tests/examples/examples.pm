# SPDX-License-Identifier: MIT
# For tests/examples/*.t, whose arguments are the names of examples, by default all of them: these, as make has built them
# (build/tests/examples/NAME.sys); TAP.
#
# An example is a folder of examples/ with one driver, NAME.c. A line "// kmode run: ARGUMENTS" of it says how it is run,
# from its own folder (DISK is a folder for its C:, the tests' own; OTHER.sys, which is loaded first, another example's driver);
# NAME.script is what is done with its devices; expected.log is what comes out. client/client.c is a program that uses it,
# client/expected.log what that prints; client/client.script does the same where there is no such program: under seeds, and while
# allocations fail.
package examples;
use strict;
use warnings;
use Cwd qw(getcwd);
use Exporter qw(import);
use lib 'tests';
use tap;

our @EXPORT = qw(all_examples shell slurp check finish $root $kmode $build $scratch);
our $kmode = $ENV{KMODE} // getcwd() . "/build/bin/kmode";
our $root = getcwd();
our $build = $kmode =~ s{/bin/kmode$}{}r;
our $scratch = $ENV{TMPDIR} || '/tmp';

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file> // '';
}

# The exit status, and what the command has written to stdout and stderr.
sub shell {
    my ($command) = @_;
    my $output = `($command) 2>&1 </dev/null`;
    return ($? >> 8, $output);
}

# Those of the command line, or all: {name, folder, source, driver, arguments (of its run), used (the same, and what its
# client does, if that is a script)}
sub all_examples {
    my %wanted = map { $_ => 1 } @ARGV;
    my @all;
    for my $source (sort glob 'examples/*/*.c') {
        my ($folder, $name) = $source =~ m{^(examples/([\w-]+))/\2\.c$} or next;
        next if @ARGV && !delete $wanted{$name};
        my $driver = "$build/tests/examples/$name.sys";
        -e $driver or die "there is no $driver: make tests-built\n";
        my ($arguments) = slurp($source) =~ m{^// kmode run: (.*)$}m;
        $arguments =~ s{\b([\w-]+\.sys)\b}{'$build/tests/examples/$1'}g if defined $arguments;
        mkdir "$scratch/disk" if defined $arguments && $arguments =~ s{\bDISK\b}{'$scratch/disk'}g;
        my $script = -e "$folder/$name.script" ? "--script $name.script" : '';
        my $used = -e "$folder/client/client.script" ? '--script client/client.script' : $script;
        push @all, {name => $name, folder => $folder, source => $source, driver => $driver,
            arguments => join(' ', $arguments // (), $script), used => join(' ', $arguments // (), $used)};
    }
    die "there is no example @{[sort keys %wanted]}\n" if %wanted;
    return @all;
}

1;
