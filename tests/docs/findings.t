#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# docs/findings.md tells of every kind of finding that the verifier knows, with its rule, and of no other; what each shows
# as an example is what the verifier can say.
use strict;
use warnings;

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file>;
}

my $string = qr{"((?:[^"\\]|\\.)*)"};
my %rule;
my $kinds = slurp('kernel/verify/finding-kinds.h');
$rule{$1} = $2 while $kinds =~ /\bKIND\(\w+,\s*$string,\s*$string,\s*$string\)/g;

# Whatever the verifier's sources have in quotes may be a sentence of it: literals that stand together are one.
my @sentences;
for my $source (glob 'kernel/verify/*.c') {
    my $text = slurp($source);
    while ($text =~ /((?:$string\s*)+)/g) {
        my $sentence = join '', $1 =~ /"((?:[^"\\]|\\.)*)"/g;
        next if length $sentence < 20;
        my @parts = split /%[-0-9]*(?:I|ll|l|h|w)?[a-zA-Z]/, $sentence, -1;
        push @sentences, join '.+', map { quotemeta } @parts;
    }
}
my $any_sentence = join '|', @sentences;

my @results;    # [passed, name]
my %told;
for my $part (split /^(?=###? )/m, slurp('docs/findings.md')) {
    my ($kind, $body) = $part =~ /\A### (\S+)\n(.*)\z/s or next;
    my ($said) = $body =~ /^Rule: (\w+)\. /m;
    my ($example) = $body =~ /^ {4}(.+)$/m;
    $told{$kind}++;
    push @results, [exists $rule{$kind}, "$kind is a finding of the verifier's"];
    push @results, [($said // '') eq ($rule{$kind} // ''), "$kind: its rule"];
    push @results, [defined $example && $example =~ /^(?:$any_sentence)$/, "$kind: the verifier says so"];
    push @results, [$body =~ /^ {4}.+\n\n\S/m, "$kind: how to mend it"];
}
push @results, [($told{$_} // 0) == 1, "$_ is told of, once"] for sort keys %rule;
push @results, [keys %rule > 50, 'the kinds are found in the sources'];

print '1..', scalar @results, "\n";
my ($number, $failed) = (0, 0);
for my $result (@results) {
    my ($passed, $name) = @$result;
    $number++;
    $failed ||= !$passed;
    print $passed ? 'ok' : 'not ok', " $number - $name\n";
}
exit $failed;
