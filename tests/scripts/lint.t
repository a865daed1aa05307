#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# scripts/lint finds each kind of mistake, planted in a copy of the house, names the file that has it and no other, and
# remembers what passed until that, or a header of it, changes.
use strict;
use warnings;
use Cwd qw(getcwd);
use File::Path qw(make_path);
use lib 'tests';
use tap;

my $root = getcwd();
my $house = ($ENV{TMPDIR} || '/tmp') . '/house';

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', "$house/$path" or die "$path: $!\n";
    print $file $text;
    close $file;
}

# A house whose own files are planted, and whose headers are those of this one.
sub build_house {
    make_path(map { "$house/$_" } qw(tests templates kernel/planted machine cli sdk/planted));
    system('cp', '-r', "$root/scripts", "$root/Makefile", "$root/.clang-tidy", "$root/.clang-format", $house) == 0 or die;
    system('cp', "$root/tests/tests.mk", "$house/tests/") == 0 or die;
    symlink "$root/nt", "$house/nt" or die;
    symlink "$root/sdk/include", "$house/sdk/include" or die;
    symlink $_, $house . substr $_, length $root or die for grep { -d } glob "$root/kernel/*";
    symlink "$root/machine/contract.h", "$house/machine/contract.h" or die;
}

my $head = "// SPDX-License-Identifier: MIT\n// Planted.\n";
my $kernel = "$head#include \"inc/kernel.h\"\n\n";
my $host = "$head#include <stdlib.h>\n#include <string.h>\n\n";

# path => [what is in it, what must be said of it]
my %planted = (
    # The house's own rules.
    'kernel/planted/no-licence.c' => ["// Planted.\n#include \"inc/kernel.h\"\n", qr/:1: error: the first line names the licence/],
    'kernel/planted/no-purpose.c' => ["// SPDX-License-Identifier: MIT\n#include \"inc/kernel.h\"\n",
        qr/:2: error: a comment of the file's purpose/],
    'kernel/planted/long.c' => [$kernel . "// One more line.\n" x 800, qr/:801: error: no file has more than 800 lines/],
    'kernel/planted/blank.h' => ["${head}extern int Blank; \n", qr/:3: error: no tabs, no blanks/],
    'kernel/planted/arrow.h' => ["$head#include \"cli/text.h\"\n", qr/:3: error: includes follow the arrows/],
    'kernel/planted/linux.h' => ["$head#include <unistd.h>\n", qr/:3: error: the kernel, the SDK and nt\/ include no header/],
    'kernel/planted/silenced.h' => ["${head}extern int Silenced; // NOLINT\n", qr/:3: error: NOLINT names its check/],
    'kernel/planted/layout.h' => ["${head}extern  int Layout;\n", qr/:3: error: not formatted/],
    # The compiler's.
    'kernel/planted/broken.c' => ["${kernel}int Broken(void)\n{\n    return Missing;\n}\n", qr/:7:.*error: .*'Missing'/],
    # clang-tidy's.
    'kernel/planted/braces.c' => ["${kernel}int Braces(int a)\n{\n    if (a)\n        return 1;\n    return 0;\n}\n",
        qr/:7:.*readability-braces/],
    'kernel/planted/same.c' => ["${kernel}int Same(int a, int b)\n{\n    return a == b && a == b;\n}\n",
        qr/:7:.*misc-redundant-expression/],
    'machine/size.c' => ["${host}size_t Size(const char *text)\n{\n    return sizeof(sizeof(text));\n}\n",
        qr/:8:.*bugprone-sizeof-expression/],
    'kernel/planted/header.h' => ["${head}static inline int InHeader(int a)\n{\n    return a - a;\n}\n",
        qr/:5:.*misc-redundant-expression/],
    'kernel/planted/of-header.c' => ["$head#include \"planted/header.h\"\n\nint OfHeader(void)\n{\n    return InHeader(1);\n}\n", undef],
    # The static analyzer's.
    'kernel/planted/null.c' => ["${kernel}static ULONG Read(PULONG value)\n{\n    return *value;\n}\n\n"
            . "ULONG Null(PULONG value)\n{\n    if (value == NULL) {\n        DbgPrint(\"none\\n\");\n    }\n    return Read(value);\n}\n",
        qr/:7:.*core\.NullDereference/],
    # Behind loops with branches, whose paths are more than the analyzer goes along.
    'kernel/planted/far.c' => [$kernel . "ULONG Far(PULONG a, ULONG count, ULONG kind)\n{\n    PULONG last = NULL;\n    ULONG sum = 0;\n"
            . join('', map { "    for (ULONG i = 0; i < count; i++) {\n        if (a[i] == $_) {\n            sum += a[i];\n"
                . "        } else if (a[i] > kind) {\n            sum ^= kind;\n        }\n    }\n" } 1 .. 6)
            . "    if (sum > 100) {\n        last = &a[0];\n    }\n    return *last;\n}\n", qr/:54:.*core\.NullDereference/],
    'kernel/planted/uninitialized.c' => ["${kernel}ULONG Uninitialized(ULONG a)\n{\n    ULONG result;\n"
            . "    if (a > 7) {\n        result = 1;\n    }\n    return result + 1;\n}\n",
        qr/:11:.*core\.UndefinedBinaryOperatorResult/],
    'kernel/planted/zero.c' => ["${kernel}ULONG Zero(ULONG a)\n{\n    if (a == 0) {\n        DbgPrint(\"none\\n\");\n    }\n"
            . "    return 10 / a;\n}\n", qr/:10:.*core\.DivideZero/],
    'sdk/planted/stack.c' => ["$head#include <ntifs.h>\n\nPULONG Stack(void);\n\nPULONG Stack(void)\n{\n    ULONG value = 1;\n"
            . "    PULONG result = &value;\n    return result;\n}\n", qr/:11:.*(?:core\.StackAddressEscape|return-stack-address)/],
    'kernel/planted/dead.c' => ["${kernel}ULONG Dead(ULONG a)\n{\n    ULONG b = a + 1;\n    b = a + 2;\n    ULONG c = b;\n"
            . "    c = 3;\n    return b;\n}\n", qr/deadcode\.DeadStores/],
    'machine/leak.c' => ["${host}int Leak(size_t size)\n{\n    char *text = malloc(size);\n    if (!text) {\n"
            . "        return -1;\n    }\n    if (size > 100) {\n        return -2;\n    }\n    memset(text, 0, size);\n"
            . "    free(text);\n    return 0;\n}\n", qr/:13:.*unix\.Malloc/],
    'cli/freed.c' => ["${host}int Freed(void)\n{\n    char *text = calloc(1, 10);\n    if (!text) {\n        return -1;\n    }\n"
            . "    free(text);\n    return text[0];\n}\n", qr/:13:.*unix\.Malloc/],
    'machine/null-argument.c' => ["${host}size_t NullArgument(int given)\n{\n    const char *text = given ? \"text\" : NULL;\n"
            . "    return strlen(text);\n}\n", qr/:9:.*(?:core\.NonNullParamChecker|unix\.cstring\.NullArg)/],
    # Nothing.
    'kernel/planted/sound.h' => ["${head}unsigned Sound(unsigned a);\n", undef],
    'kernel/planted/sound.c' => ["$head#include \"inc/kernel.h\"\n#include \"planted/sound.h\"\n\nunsigned Sound(unsigned a)\n{\n"
            . "    return a + 1;\n}\n", undef],
    'machine/sound.c' => ["${host}size_t SoundSize(const char *text)\n{\n    return strlen(text);\n}\n", undef],
);

# The complaints about each file, and the last line.
sub lint {
    my @lines = split /\n/, `cd '$house' && BUILD='$house/build' scripts/lint @_ 2>&1`;
    my %said;
    push @{$said{$_->[0]}}, $_->[1] for map { /^([\w\/.-]+)(:\d+:.*(?:error|warning): .*)$/ ? [$1, $2] : () } @lines;
    return (\%said, $lines[-1] // '', \@lines);
}

build_house();
write_file($_, $planted{$_}[0]) for keys %planted;

my @paths = sort keys %planted;
my ($said, $last, $lines) = lint(@paths);
check($? != 0, 'the exit status tells');
my @others = grep { !$planted{$_} } keys %$said;
check(!@others, 'no other file is named', @others, @$lines);
for my $path (@paths) {
    my $expected = $planted{$path}[1];
    my @complaints = @{$said->{$path} // []};
    if ($expected) {
        check(scalar(grep { $_ =~ $expected } @complaints), "$path: $expected", @complaints ? @complaints : @$lines);
    } else {
        check(!@complaints, "$path: nothing", @complaints);
    }
}

# What was complained of is looked at again, what passed is not.
my $wrong = (grep { $planted{$_}[1] } @paths) + 1;    # of-header.c has the header's
(undef, $last) = lint(@paths);
check($last =~ /^\d+ files, $wrong of them new or changed/, 'only what passed is remembered', $last);
my @sound = grep { m{/sound\.[ch]$} } @paths;
(undef, $last, $lines) = lint(@sound);
check($? == 0 && $last eq '3 files, 0 of them new or changed: 0 errors', 'all of it passed', @$lines);
write_file('kernel/planted/sound.h', $planted{'kernel/planted/sound.h'}[0] . "unsigned SoundMore(unsigned a);\n");
(undef, $last, $lines) = lint(@sound);
check($? == 0 && $last eq '3 files, 2 of them new or changed: 0 errors', 'a header changes those that include it', $last);

# Alone, as together.
($said) = lint('kernel/planted/null.c');
check(scalar(grep { /core\.NullDereference/ } @{$said->{'kernel/planted/null.c'} // []}), 'a file alone');
($said) = lint('--deep', 'kernel/planted/null.c');
check(scalar(grep { /core\.NullDereference/ } @{$said->{'kernel/planted/null.c'} // []}), '--deep');

finish();
