#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes what is made of events of Event Tracing for Windows: the seeds, then FUZZ_SECONDS / 6 (10).
cd "$(dirname "$0")/../.." || exit 1
target=event
. tests/fuzz/fuzz.sh

# Every type alone, as an array of each kind, in a structure; metadata in front of the data; and none.
perl -e '
    my ($folder) = @ARGV;
    my %data = (1 => "a\0b\0\0\0", 2 => "ab\0", 19 => pack("C8 V", 1, 1, 0, 0, 0, 0, 0, 5, 18),
        14 => pack("v/a*", "bytes"), 22 => pack("v/a*", "w\0"), 23 => pack("v/a*", "n"), 25 => pack("v/a*", "b"));
    my @sizes = (0, 0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 0, 16, 8, 8, 16, 0, 4, 8);
    my $traits = pack "v/a*", "";
    my $name = "A.Provider\0";
    $traits = pack("v", 2 + length $name) . $name;
    my $count = 0;
    sub seed {
        my ($flags, $channel, $traits, $metadata, $data) = @_;
        open my $file, ">:raw", sprintf "%s/seeds/%03d", $folder, $count++ or die;
        print $file pack("C4 v v", $flags, $channel, $count % 4, $count % 7, length $traits, length $metadata),
            $traits, $metadata, $data;
    }
    sub event { my ($fields) = @_; return pack("v C", 9 + length $fields, 0) . "event\0" . $fields }
    for my $in (0 .. 25) {
        my $data = $data{$in} // "\x81" x ($sizes[$in] // 0);
        my @outs = $in == 24 ? () : (0 .. 18, 35, 99);
        seed(0, 11, $traits, event("f\0" . pack("C C", $in | 0x80, $_)), $data) for @outs;
        next if $in == 24;
        seed(0, 11, $traits, event("f\0" . pack("C v", $in | 0x20, 3)), $data x 3);
        seed(0, 11, $traits, event("f\0" . pack("C", $in | 0x40)), pack("v", 2) . $data x 2);
        seed(0, 11, $traits, event("s\0" . pack("C C", 0x80 | 24, 2) . ("f\0" . pack("C", $in)) x 2), $data x 2);
    }
    seed(0, 11, $traits, event("s\0" . pack("C C", 0xC0 | 24, 1) . "f\0" . pack("C", 4)), pack("v C2", 2, 1, 2));
    seed(0, 11, $traits, event("c\0" . pack("C v", 0x60, 2) . "ty"), pack("v/a*", "custom"));
    seed(0, 11, $traits, event("t\0" . pack("C C C C", 0x84, 0x80, 0x81, 1)), "x");
    seed(0, 11, "", "", $traits . event("f\0" . pack("C", 4)) . "x");
    seed(4, 0, "", "", "manifest");
    seed(2, 0, "", "", "s\0\0\0");
    seed(1, 0, "", "", "");
    ' "$folder" || exit 1

[ "$(find "$folder/seeds" -type f | wc -l)" -gt 600 ]
report "there are seeds" $?
fuzz 4096
