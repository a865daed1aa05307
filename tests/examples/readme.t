#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The commands that the examples' READMEs show work, in their order, from the root of a built checkout.
use strict;
use warnings;
use lib 'tests/examples';
use examples;

my $folder = "$scratch/examples";
mkdir $folder or die "$folder: $!\n";
for my $readme (@ARGV ? map { "examples/$_/README.md" } @ARGV : sort glob 'examples/*/README.md') {
    my @commands;
    for my $block (slurp($readme) =~ /^```\w*\n(.*?)^```$/msg) {
        my @lines = split /\n/, $block =~ s/\\\n\s*/ /gr;
        # Others show what is printed, or what a file has.
        push @commands, @lines unless grep { !m{^(?:build/|clang |mkdir )} } @lines;
    }
    my ($status, $output) = (0, '');
    for my $command (@commands) {
        my $here = $command =~ s{\bbuild/examples\b}{$folder}gr;
        $here =~ s{(?<![\w/])build/}{$build/}g;
        $here =~ s{^clang }{clang-19 };
        ($status, $output) = shell($here);
        last if $status != 0;
    }
    check($status == 0 && @commands, "$readme: " . @commands . ' commands', "exit status $status", $output);
}
finish();
