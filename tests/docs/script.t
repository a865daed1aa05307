#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# docs/script.md is true: its ```script blocks are run, each on its own, with the driver that they name (examples/ioctl
# if they name none), and each line of an indented block that follows one is printed by it; each command is documented.
use strict;
use warnings;
use Cwd qw(abs_path getcwd);

my $root = getcwd();
my $build = $ENV{BUILD} || 'build';
$build = "$root/$build" if $build !~ m{^/};
my $kmode = $ENV{KMODE} || "$build/bin/kmode";
my $scratch = $ENV{TMPDIR} || '/tmp';
my @results;    # [passed, name, diagnostics...]

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file>;
}

sub shell {
    my ($command) = @_;
    my $output = `cd '$scratch' && ( $command ) 2>&1 </dev/null`;
    return ($? >> 8, $output);
}

my ($status, $said) = shell("'$kmode' build -q '$root/examples/ioctl' -o ioctl.sys && "
        . "'$kmode' build -q '$root/tests/machine/drivers/requests.c' -o requests.sys && "
        . "'$kmode' build -q '$root/tests/machine/drivers/pci-registers.c' -o pci-registers.sys && "
        . "'$kmode' build -q '$root/tests/machine/drivers/toaster.c' -o toaster.sys && "
        . "'$kmode' build -q '$root/tests/machine/drivers/lamp.c' -o lamp.sys");
push @results, [$status == 0, 'the drivers are built', split /\n/, $said];

# A driver is as good a PE file as any.
my ($disk_status) = shell('mkdir -p disk && cp ioctl.sys disk/plugin.dll');
push @results, [$disk_status == 0, 'the disk is made'];

# ---- the page ---------------------------------------------------------------------------------------------------------

my @blocks;    # {line, driver, text, expected}
my ($in_block, $number) = (0, 0);
for my $line (split /\n/, slurp('docs/script.md')) {
    $number++;
    if ($line =~ /^```(\w*) ?([\w-]*)$/) {
        $in_block = $1 eq 'script' && !$in_block;
        push @blocks, {line => $number, driver => $2 || 'ioctl', text => '', expected => []} if $in_block;
    } elsif ($in_block) {
        $blocks[-1]{text} .= "$line\n";
    } elsif ($line =~ /^ {4}(\S.*|  \S.*)$/ && $line !~ /^ {4}kmode /) {
        push @{$blocks[-1]{expected}}, $1;
    }
}
for my $block (@blocks) {
    open my $file, '>', "$scratch/block.script" or die "block.script: $!\n";
    print $file $block->{text};
    close $file;
    my $devices = "$root/tests/machine/drivers/$block->{driver}.json";
    my $pci = -e $devices ? "--pci '$devices'" : '';
    my ($status, $output) = shell("'$kmode' run -q --disk disk $pci --script block.script $block->{driver}.sys");
    my @say = map { "not printed: $_" } grep { index($output, $_) < 0 } @{$block->{expected}};
    push @say, "exit status $status" if $status;
    push @say, 'printed:', split /\n/, $output if @say;
    push @results, [!@say, "the script at docs/script.md:$block->{line}", @say];
}

my $page = slurp('docs/script.md');
my @commands = slurp('cli/script-parse.c') =~ /^    \{"([a-z -]+)", KM_SCRIPT_/mg;
my @undocumented = grep { $page !~ /`\Q$_\E\b/ } @commands;
my $shown = join '', map { $_->{text} } @blocks;
my @unused = grep { $shown !~ /^(?:\w+ \S+ )*\Q$_\E\b/m } @commands;
push @results, [@commands > 20 && !@undocumented, 'each command is documented', @undocumented];
push @results, [!@unused, 'each command is in a script that is run', @unused];

print '1..', scalar @results, "\n";
my ($count, $failed) = (0, 0);
for my $result (@results) {
    my ($passed, $name, @say) = @$result;
    $count++;
    $failed ||= !$passed;
    print $passed ? 'ok' : 'not ok', " $count - $name\n", $passed ? () : map { "# $_\n" } @say;
}
exit $failed;
