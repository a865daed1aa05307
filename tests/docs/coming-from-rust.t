#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# docs/coming-from-rust.md is true: each name of ours in a row of its tables is declared by a header that the row names, each header is
# there, what is ours is filled in everywhere, and each option of kmode's commands is one that its help lists.
use strict;
use warnings;

my $page = 'docs/coming-from-rust.md';
my $kmode = $ENV{KMODE} || 'build/bin/kmode';
my @results;    # [passed, name, diagnostics...]

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return undef;
    local $/;
    return <$file>;
}

# A name is declared where it is followed by what a declaration has, or is a macro or an enumerator: not where a comment speaks of it.
sub declares {
    my ($header, $name) = @_;
    (my $text = slurp($header) // '') =~ s{//[^\n]*}{}g;
    return scalar $text =~ /\b\Q$name\E\b/;
}

sub header_path {
    my ($header) = @_;
    return "sdk/include/$1" if $header =~ /^<(.+)>$/;
    return $header;
}

my ($rows, %headings, $heading, $columns) = (0);
for my $line (split /\n/, slurp($page) // die "$page: $!\n") {
    if ($line =~ /^## (.+)/) {
        $heading = $1;
        $headings{$heading} = 0;
    }
    $line =~ /^\| (?!theirs)(.*) \|$/ or next;
    my ($theirs, $ours, $where, @more) = map { s/^\s+|\s+$//gr } split /\|/, $1 . ' ', -1;
    $rows++;
    $headings{$heading}++;
    my @say;
    push @say, 'no three columns' if !defined $where || @more;
    push @say, 'nothing of ours' if ($ours // '') eq '';
    my @headers = map { header_path($_) } ($where // '') =~ /`(<[^>]+>|[\w\/.-]+\.h)`/g;
    push @say, map { "no header $_" } grep { !-e } @headers;
    my @names = ($ours // '') =~ /\b(Km[A-Z]\w+|KM_\w+|km_\w+)/g;
    for my $name (@names) {
        next if ($where // '') eq '' && $ours =~ /^none/;
        push @say, "$name is in none of: @headers" if !grep { declares($_, $name) } @headers;
    }
    push @say, 'a header, and no name of it' if @headers && !@names && $ours !~ /^(?:NT\b|the sink's|the same|none)/;
    push @results, [!@say, "the row of " . ($theirs // '?') =~ s/`//gr, @say];
}
push @results, [$rows > 100, "$rows rows"];
push @results, [$headings{$_} > 0, "a table for $_"] for sort keys %headings;

# The text around the tables.
my $text = slurp($page);
my %tables = map { $_ => 1 } grep { /^\|/ } split /\n/, $text;
my $prose = join "\n", grep { !$tables{$_} } split /\n/, $text;
my @all = glob 'sdk/include/kmode/*.h';
for my $name (sort { $a cmp $b } keys %{{map { $_ => 1 } $prose =~ /`(Km[A-Z]\w+|KM_\w+)`/g}}) {
    push @results, [scalar(grep { declares($_, $name) } @all), "$name is declared"];
}
for my $header ($prose =~ /`(<kmode[^>]*>)`/g) {
    push @results, [scalar(-e header_path($header)), "$header is there"];
}
for my $command ('build', 'run') {
    my $help = `$kmode $command --help 2>&1`;
    push @results, [scalar($help =~ /^Usage: kmode $command/), "kmode $command"];
    for my $line (grep { /`kmode $command\b/ } split /\n/, $text) {
        for my $option ($line =~ /(--[\w-]+)/g) {
            push @results, [scalar($help =~ /\Q$option\E\b/), "kmode $command $option"];
        }
    }
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
