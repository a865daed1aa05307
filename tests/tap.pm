# SPDX-License-Identifier: MIT
# For tests in Perl: TAP.
package tap;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(check finish);

my ($count, $failed) = (0, 0);

# What is said is shown if the check has not passed.
sub check {
    my ($passed, $name, @say) = @_;
    $count++;
    $failed ||= !$passed;
    print $passed ? 'ok' : 'not ok', " $count - $name\n";
    print map { "# $_\n" } map { split /\n/ } @say unless $passed;
}

sub finish {
    print "1..$count\n";
    exit($failed ? 1 : 0);
}

1;
