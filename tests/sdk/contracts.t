#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# What the SDK's headers say can go wrong has been seen to go wrong: for each routine, and each STATUS_* that its contract names, there
# is a test that names both, in one function with those of its file's helpers, macros and tables that it uses; or a reason here why none
# can be.
use strict;
use warnings;
use File::Find qw(find);

# What no test can provoke: a routine, or a header for what its first comment says => status => why.
my $whole_file = "kmode's kernel reads a file's section whole when it is made, so no page of it is read, and fails to be, later";
my %unprovoked = (
    KmProcessRead => {STATUS_IN_PAGE_ERROR => $whole_file},
    KmUserRead => {STATUS_IN_PAGE_ERROR => $whole_file},
);

# What no test names: a routine => why.
my %unnamed = (
    KmFailFast => 'it stops the machine: vec.t and containers.t see its callers do',
    KmGuardInterruptSpinLock => 'KmScoped(InterruptSpinLock, ...) is it',
);

# A C source's definitions: [name, {word => 1}], a name for each function, macro and variable.
sub definitions {
    my ($text) = @_;
    my ($within, $depth, @found) = ('', 0);
    for my $line (split /\n/, $text) {
        if ($within eq '') {
            next if $line !~ /^(?:\w|#\s*define)/;
            my $name = $line =~ /^#\s*define\s+(\w+)|^[^(=]*?(\w+)\s*(?:\[[^\]]*\]\s*)*=|(\w+)\s*\(/ ? $1 // $2 // $3 : '';
            push @found, [$name, {}];
            ($within, $depth) = ($line =~ /^#/ ? 'macro' : 'code', 0);
        }
        (my $code = $line) =~ s!//.*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'!!g;
        $found[-1][1]{$_} = 1 for $code =~ /\w+/g;
        $depth += ($code =~ tr/{(//) - ($code =~ tr/})//);
        $within = '' if $within eq 'macro' ? $line !~ /\\$/ : $depth <= 0 && $code =~ /[;}]\s*$|^\w+\(.*\)\s*$/;
    }
    return @found;
}

# What one file's tests name together, a set of words each.
sub tests_of {
    my ($text) = @_;
    my @definitions = definitions($text);
    my (%by_name, @found);
    push @{$by_name{$_->[0]}}, $_->[1] for @definitions;
    # Types' own routines are made by macros outside of functions, KM_MAP_DEFINE for instance.
    my @everywhere = grep { /_DEFINE\w*$/ } keys %by_name;
    for my $definition (@definitions) {
        my ($name, $own) = @$definition;
        my (%words, %taken) = (%$own, map { $_ => 1 } @everywhere);
        my @next = keys %words;
        while (@next) {
            my $word = shift @next;
            next if $taken{$word}++ || $word =~ /^Test[A-Z]/ || $word eq $name || !$by_name{$word};
            for my $more (@{$by_name{$word}}) {
                push @next, grep { !$words{$_} } keys %$more;
                @words{keys %$more} = values %$more;
            }
        }
        push @found, \%words;
    }
    return @found;
}

sub text_of {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

my @tests;
for my $client (glob 'tests/drivers/*/client.c') {
    # The client sees what its driver provokes.
    push @tests, {
        (map { $_ => 1 } map { grep { !/^STATUS_/ } text_of($_) =~ /\w+/g } glob $client =~ s/client\.c$/*.[ch]/r),
        map { $_ => 1 } text_of($client) =~ /\bSTATUS_\w+/g,
    };
}
find({no_chdir => 1, wanted => sub {
    push @tests, tests_of(text_of($_)) if /\.(?:[ch]|cpp)$/ && !m{^tests/drivers/};
    push @tests, {map { $_ => 1 } text_of($_) =~ /\w+/g} if /\.t$/ && !/contracts\.t$/;
}}, 'tests');

my %at;    # status => the tests that name it
for my $test (@tests) {
    push @{$at{$_}}, $test for grep { /^STATUS_/ } keys %$test;
}

my %names = map { %$_ } @tests;

my (@said, %routines, %excused, @results);
for (`scripts/make-sdk-reference --statuses`) {
    chomp;
    my ($place, $name, $statuses) = split /\t/, $_, -1;
    my ($header) = $place =~ m{([^/]+\.h):};
    push @{$routines{$header}}, $name if $name ne $header;
    push @said, [$place, $header, $name, grep { $_ ne 'STATUS_SUCCESS' } split / /, $statuses];
}
push @results, [@said > 500, 'the headers say what routines answer'];
for (@said) {
    my ($place, $header, $name, @statuses) = @$_;
    if ($name ne $header) {
        push @results, [$names{$name} || $unnamed{$name}, "$name is tested", "$place: no test names it"];
        push @results, [!$names{$name}, "$name is excused with a reason", 'a test names it: no excuse is needed'] if $unnamed{$name};
    }
    # What a header's first comment says is of any of its routines.
    my @names = $name eq $header ? @{$routines{$header}} : $name;
    for my $status (@statuses) {
        my $is_tested = grep { my $test = $_; grep { $test->{$_} } @names } @{$at{$status} // []};
        my $why = ($unprovoked{$name} // {})->{$status};
        push @results, [$is_tested || $why, "$name: $status is provoked", "$place: no test names both"];
        push @results, [!$is_tested, "$name: $status is excused with a reason", 'a test names both: no excuse is needed'] if $why;
        $excused{"$name $status"} = 1;
    }
}
for my $name (sort keys %unprovoked) {
    for my $status (sort keys %{$unprovoked{$name}}) {
        push @results, [$excused{"$name $status"}, "$name says $status, which is excused", 'its contract does not'];
    }
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
