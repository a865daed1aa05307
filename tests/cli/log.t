#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode log: the deferred log of a driver, from a dump of a run, of a crash, and from copies by an IOCTL.
# shellcheck disable=SC2016 # what sh -c is given is its own
. tests/cli/tap.sh

# ---- a driver that logs, and crashes or copies its ring where it is asked to

cat > deep.c <<'END'
#include <kmode.h>

static UCHAR Buffer[256 * 1024];
static PKM_LOG_RING Ring;
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Succeed, Control;
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Deep");

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Copied = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case 0x222000:
        Status = KmLogRingCopy(Ring, Irp->AssociatedIrp.SystemBuffer,
                               Stack->Parameters.DeviceIoControl.OutputBufferLength, TRUE, &Copied);
        break;
    case 0x222004:
        KmErrorDeferred("about to crash at %p", (PVOID)0x10);
        KeBugCheckEx(0xE2, 1, 2, 3, 4);
        break;
    case 0x22200C: {
        KIRQL OldIrql;

        KeRaiseIrql(HIGH_LEVEL, &OldIrql);
        KmInfoDeferred("raised");
        KeLowerIrql(OldIrql);
        break;
    }
    case 0x222008:
        for (LONG Number = 0; Number < 10000; Number += 1) {
            KmDebugDeferred("number %ld", Number);
        }
        break;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Copied;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Deep");
    static const KM_LOG_SITE TextSite = {KmLevelWarn, 1234, "text", "text.c", "Texts", NULL};
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status = KmLogRingInit(Buffer, sizeof(Buffer), RING_FLAGS | KM_LOG_RING_PERFORMANCE_COUNTER, &Ring);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                &DeviceObject);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    IoCreateSymbolicLink(&LinkName, &DeviceName);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    KmLogDeferredStart(Ring, KmLevelTrace);
    KmErrorDeferred("error %d", 1);
    KmWarnDeferred("warn %ws and %wZ", L"wide \u20AC", &DeviceName);
    KmInfoDeferred("info %s\n", "line 1\nline 2\x1b[31m");
    KmLogRingWriteText(Ring, &TextSite, "a text of 100%", 14);
    KmLogRingWrite(Ring, "\x01\x02\xFF", 3);
    KmTraceDeferred("trace 0x%I64x", 0xFEDCBA9876543210ull);
    return STATUS_SUCCESS;
}
END
"$KMODE" build -q -DRING_FLAGS=KM_LOG_RING_OVERWRITE deep.c
# What was printed, without its times, and with the thread's number as T.
lines()
{
    sed 's/^ *[0-9]*\.[0-9]* //; s/^\( *[0-9]* [0-9]*:\)[0-9]* */\1T /' "$scratch/out" > lines
}

mkdir drop other irql
"$KMODE" build -q "-DRING_FLAGS=(KM_LOG_RING_DROP | KM_LOG_RING_IRQL)" -o irql/deep.sys deep.c
"$KMODE" build -q -DRING_FLAGS=KM_LOG_RING_DROP -o drop/deep.sys deep.c
"$KMODE" build -q -DRING_FLAGS=KM_LOG_RING_DROP -DOTHER -o other/other.sys deep.c

run "$KMODE" run --dump=whole.dump deep.sys
ok "a run leaves a dump" status_is 0
rm -f deep.pdb
run "$KMODE" log whole.dump deep.sys
ok "its log is printed without a PDB" status_is 0
lines
cat > expected <<'END'
 0 4:T ERROR [deep] error 1
 0 4:T WARN  [deep] warn wide € and \Device\Deep
 0 4:T INFO  [deep] info line 1\nline 2\x1b[31m
 0 4:T WARN  [text] a text of 100%
 0 4:T ?     [data] 01 02 ff
 0 4:T TRACE [deep] trace 0xfedcba9876543210
END
ok "every record, in order" diff expected lines
ok "nothing is said where nothing is missing" sh -c '[ ! -s "$1" ]' - "$scratch/err"
ok "times rise" sh -c 'awk "{ print \$1 }" "$1" | sort -c -n' - "$scratch/out"

run "$KMODE" log --level warn whole.dump deep.sys
ok "--level warn leaves what is below" [ "$(grep -c 'INFO\|TRACE' "$scratch/out")" -eq 0 ]
ok "and shows the rest" [ "$(grep -c 'ERROR\|WARN' "$scratch/out")" -eq 3 ]
run "$KMODE" log --level off whole.dump deep.sys
ok "a level that is none is refused" refused 2 "not 'off'"
run "$KMODE" log --source whole.dump deep.sys
ok "--source tells the place" out_has 'error 1  DriverEntry deep.c:'
ok "of a text, too" out_has 'a text of 100%  Texts text.c:1234'

run "$KMODE" log --json=- whole.dump deep.sys
ok "--json=- is JSON alone" sh -c 'perl -MJSON::PP -e "local \$/; decode_json(<>)" "$1"' - "$scratch/out"
ok "with a level" out_has '"level": "error"'
ok "with a message" out_has '"message": "trace 0xfedcba9876543210"'
ok "with a line" out_has '"line": 1234'
run "$KMODE" log --json=log.json whole.dump deep.sys
ok "--json=FILE leaves the text" out_has 'error 1'
ok "and writes the file" grep -q '"dropped": 0' log.json
run "$KMODE" log --json=/nowhere/x whole.dump deep.sys
ok "a file that cannot be written is told" err_has "cannot write /nowhere/x"
ok "with status 1" status_is 1

# ---- who has written

threads() { # of the records, as JSON has them
    perl -MJSON::PP -e 'local $/; my %seen; print "$_\n" for grep { !$seen{$_}++ }
        map { join " ", map { $_ // "none" } @$_{qw(process thread irql)} } @{decode_json(<>)->{records}}' "$1"
}
run "$KMODE" log whole.dump deep.sys
cp "$scratch/out" log.text
run "$KMODE" log --json=- whole.dump deep.sys
threads "$scratch/out" > ids
ok "JSON has process and thread, and no IRQL where the ring has none" grep -Eqx '4 [0-9]+ none' ids
ok "of the one thread that has written" [ "$(wc -l < ids)" -eq 1 ]
ok "the same as the text" grep -q "^ *[0-9.]* *0 4:$(cut -d' ' -f2 ids) " log.text
run "$KMODE" run --dump=irql.dump irql/deep.sys --ioctl '\\.\Deep' 0x22200C - 0
run "$KMODE" log irql.dump irql/deep.sys
ok "a ring with IRQLs tells them" out_has 'raised'
ok "in a column of their own" sh -c 'grep -q "@0  ERROR \[deep\] error 1$" "$1" && grep -q "@15 INFO  \[deep\] raised$" "$1"' - "$scratch/out"
ok "on every line" sh -c '! grep -v ":[0-9]*  *@[0-9]" "$1" | grep -q .' - "$scratch/out"
run "$KMODE" log --json=- irql.dump irql/deep.sys
threads "$scratch/out" > ids
ok "JSON, too" sh -c 'grep -Eqx "4 [0-9]+ 0" ids && grep -Eqx "[0-9]+ [0-9]+ 15" ids'
ok "and that another process has written" sh -c '[ "$(cut -d" " -f1,2 ids | sort -u | wc -l)" -eq 2 ]'

# ---- a crash

run "$KMODE" run --dump=crash.dump deep.sys --ioctl '\\.\Deep' 0x222004 - 0
ok "a bug check ends the run" status_is 1
ok "and is reported" err_has "bug check 0xE2"
run "$KMODE" log crash.dump deep.sys
ok "the last words before it" out_has "about to crash at 0000000000000010"
ok "are the last" sh -c 'tail -1 "$1" | grep -q "about to crash"' - "$scratch/out"

# ---- a ring that was too small

run "$KMODE" run --dump=full.dump deep.sys --ioctl '\\.\Deep' 0x222008 - 0
run "$KMODE" log full.dump deep.sys
ok "a ring that overwrites has the last ones" sh -c 'tail -1 "$1" | grep -q "number 9999$"' - "$scratch/out"
shown=$(wc -l < "$scratch/out")
ok "and tells how many are lost" err_has "$((10006 - shown)) lost, 0 dropped, 0 unfinished"
ok "which all came before" sh -c 'head -1 "$1" | grep -q "number $2\$"' - "$scratch/out" $((10000 - shown))
run "$KMODE" run --dump=full.dump drop/deep.sys --ioctl '\\.\Deep' 0x222008 - 0
run "$KMODE" log full.dump drop/deep.sys
ok "a ring that drops has the first ones" sh -c 'head -1 "$1" | grep -q "error 1$"' - "$scratch/out"
ok "and tells how many were dropped" err_has "0 lost, $((10006 - $(wc -l < "$scratch/out"))) dropped, 0 unfinished"

# ---- a coarse clock: many records have one time, and yet come as the driver's own reader gets them

cat > coarse.c <<'END'
#include <kmode.h>

static UCHAR Buffer[256 * 1024];
static PKM_LOG_RING Ring;
static KM_LOG_RING_RECORD Record;
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
}

// The second writes more than the first: what is as far from the end of each is not of one time.
static ULONG_PTR NTAPI Write(ULONG_PTR Context)
{
    const ULONG Count = 100 * (1 + KeGetCurrentProcessorNumberEx(NULL));

    UNREFERENCED_PARAMETER(Context);
    for (ULONG Number = 0; Number < Count; Number += 1) {
        KmInfoDeferred("%lu of %lu", Number, Count);
    }
    return 0;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    CHAR Text[64];
    ULONG64 Last = 0;
    ULONG Same = 0;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(KmLogRingInit(Buffer, sizeof(Buffer), KM_LOG_RING_COARSE, &Ring)) ||
        !NT_SUCCESS(KmLogDeferredStart(Ring, KmLevelInfo))) {
        return STATUS_UNSUCCESSFUL;
    }
    KmLogInit(KmLevelInfo);
    KeIpiGenericCall(Write, 0);
    while (KmLogRingRead(Ring, &Record) == STATUS_SUCCESS) {
        Same += Record.Time == Last;
        Last = Record.Time;
        KmLogDeferredFormat(&Record, Text, sizeof(Text));
        DbgPrint("%lu %s\n", Record.Processor, Text);
    }
    return Same > 100 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
END
run "$KMODE" build -q coarse.c
ok "the driver with a coarse clock builds" status_is 0
run "$KMODE" run --quiet --clock real --cpus 2 --dump=coarse.dump coarse.sys
ok "many of its records have one time" status_is 0
mv "$scratch/out" coarse.read
run "$KMODE" log coarse.dump coarse.sys
awk '{ print $2, $6, $7, $8 }' "$scratch/out" > coarse.log
ok "all are in the dump" [ "$(wc -l < coarse.log)" -eq 300 ]
ok "in the order of the driver's reader" diff coarse.read coarse.log

# ---- copies

bytes() { # the output of the n-th request of a run's JSON
    perl -MJSON::PP -e 'local $/; print pack "H*", decode_json(<STDIN>)->{operations}[$ARGV[0]]{output} =~ s/\s//gr' "$1"
}
run "$KMODE" run --json=run.json deep.sys --ioctl '\\.\Deep' 0x222000 - 65536 --ioctl '\\.\Deep' 0x222008 - 0 \
    --ioctl '\\.\Deep' 0x222000 - 65536 --ioctl '\\.\Deep' 0x222000 - 65536
bytes 0 < run.json > one.copy
for i in 0 2 3; do bytes $i < run.json; done > three.copies
run "$KMODE" log one.copy deep.sys
ok "a copy is read" status_is 0
lines
ok "as the dump is" diff expected lines
run "$KMODE" log three.copies deep.sys
ok "copies one behind the other are read" out_has "number 9999"
ok "with what was lost between them" err_has " lost, 0 dropped, 0 unfinished"
ok "and the first ones" out_has "error 1"
ok "each record once" sh -c '! awk "{ \$1 = \"\"; print }" "$1" | sort | uniq -d | grep -q .' - "$scratch/out"

# ---- what the driver has taken out by itself

run "$KMODE" run --dump=read.dump deep.sys --ioctl '\\.\Deep' 0x222000 - 65536 --ioctl '\\.\Deep' 0x222004 - 0
run "$KMODE" log read.dump deep.sys
ok "a ring has what was read for as long as it lasts" out_has "warn wide"
run "$KMODE" log --unread read.dump deep.sys
ok "--unread shows the rest alone" sh -c '[ "$(wc -l < "$1")" -eq 1 ] && grep -q "about to crash" "$1"' - "$scratch/out"

# ---- files that are something else

run "$KMODE" log deep.sys deep.sys
ok "a file without a ring is refused" refused 3 "deep.sys: no log ring is in it"
: > empty
run "$KMODE" log empty deep.sys
ok "an empty one, too" refused 3 "empty: no log ring is in it"
run "$KMODE" log whole.dump whole.dump
ok "an image that is none is refused" refused 3 "whole.dump: no driver image"
run "$KMODE" log whole.dump empty
ok "and an empty one" refused 3 "empty: no driver image"
run "$KMODE" log whole.dump other/other.sys
ok "another driver's image is refused, and the right one named" refused 3 "of that with deep.pdb"
run "$KMODE" log nothing deep.sys
ok "a file that is not there" refused 2 "nothing: No such file or directory"
run "$KMODE" log whole.dump
ok "one argument is not enough" refused 2 "kmode log DUMP X.sys"
run "$KMODE" log whole.dump deep.sys more
ok "three are too many" refused 2 "'more'"
for cut in 270 400 $(($(wc -c < one.copy) - 1)); do
    head -c "$cut" one.copy > cut.copy
    run "$KMODE" log cut.copy deep.sys
    ok "a copy that ends after $cut bytes is told to" err_has "cut.copy: it ends before its log does"
    ok "with status 1" status_is 1
done
bytes 2 < run.json > second.copy
bytes 3 < run.json > third.copy
"$KMODE" log third.copy deep.sys > third.log 2> /dev/null
for cut in 100 3000; do
    (head -c -$cut second.copy && cat third.copy) > joined.copies
    run "$KMODE" log joined.copies deep.sys
    ok "a copy that lacks $cut bytes is told to be cut, also if another follows" err_has "it ends before its log does"
    tail -n "$(wc -l < third.log)" "$scratch/out" > joined.log
    ok "and that one is read whole" diff third.log joined.log
    ok "and taken for none of its records" sh -c '! grep -vq "DEBUG \[deep\] number [0-9]*$" "$1"' - "$scratch/out"
done
head -c 200 one.copy > cut.copy
run "$KMODE" log cut.copy deep.sys
ok "one without a whole header is none" refused 3 "no log ring is in it"
place=$(grep -obUaP 'kModeLog\x0BRing' whole.dump | head -1 | cut -d: -f1)
head -c $((place + 5000)) whole.dump > cut.dump
run "$KMODE" log cut.dump deep.sys
ok "a dump that ends in the ring is told to be cut" err_has "ends before its log does"
ok "with status 1" status_is 1
ok "and shows what there is" out_has "error 1"

# ---- dumps of Windows': pages in the order of their physical addresses, which is another

cat > make-dump.pl <<'END'
# make-dump.pl KIND DUMP PLACE ADDRESS BYTES: a Windows dump of the ring at PLACE of DUMP, which was at ADDRESS.
use strict;
my ($kind, $path, $place, $address, $bytes) = @ARGV;
open my $file, '<:raw', $path or die;
my $dump = do { local $/; <$file> };
my $skipped = $address % 4096;
my $count = int(($skipped + $bytes + 4095) / 4096);
my %pages; # by frame
for my $i (0 .. $count - 1) {
    $pages{200 + ($i * 37) % 101} = substr $dump, $place - $skipped + $i * 4096, 4096; # scattered
}
my @entries = map { ($_ << 12) | 3 } 10 .. 12;
my $index = sub { ($address >> $_[0]) & 511 };
my $table = sub { my %at = @_; join '', map { pack 'Q<', $at{$_} // 0 } 0 .. 511 };
$pages{9} = $table->($index->(39) => $entries[0]);
$pages{10} = $table->($index->(30) => $entries[1]);
$pages{11} = $table->($index->(21) => $entries[2]);
$pages{12} = $table->(map { $index->(12) + $_ => (200 + ($_ * 37) % 101) << 12 | 3 } 0 .. $count - 1);
my $header = "\0" x 8192;
substr($header, 0, 8) = 'PAGEDU64';
substr($header, 0x10, 8) = pack 'Q<', 9 << 12;
substr($header, 0x30, 4) = pack 'V', 0x8664;
substr($header, 0xF98, 4) = pack 'V', $kind eq 'complete' ? 1 : 6;
if ($kind eq 'complete') {
    substr($header, 0x88, 16 + 32) = pack 'VVQ<Q<Q<Q<Q<', 2, 0, 5 + 110, 8, 5, 195, 110;
    print $header, map { $pages{$_} // "\0" x 4096 } 8 .. 12, 195 .. 304;
} else {
    my $bits = '';
    vec($bits, $_, 1) = 1 for keys %pages;
    my $bitmap = 'SDMPDUMP' . "\0" x 24 . pack('Q<Q<Q<', 0x3000, scalar keys %pages, 8 * length $bits) . $bits;
    print $header, $bitmap, "\0" x (4096 - length $bitmap), map { $pages{$_} } sort { $a <=> $b } keys %pages;
}
END
address=$(perl -e 'open F, "<:raw", "whole.dump"; seek F, $ARGV[0] + 32, 0; read F, $_, 8; print unpack "Q<"' "$place")
bytes=$(perl -e 'open F, "<:raw", "whole.dump"; seek F, $ARGV[0] + 24, 0; read F, $_, 8; print unpack "Q<"' "$place")
for kind in complete kernel; do
    perl make-dump.pl $kind whole.dump "$place" "$address" "$bytes" > windows.dump
    run "$KMODE" log windows.dump deep.sys
    ok "a $kind dump is read" status_is 0
    lines
    ok "with every record" diff expected lines
    head -c 60000 windows.dump > cut.dump
    run "$KMODE" log cut.dump deep.sys
    ok "one that is cut does no harm" [ "$status" -le 3 ]
done

# ---- a record that was being written

# The stamp of the first slot, behind the header's 384 bytes and the 128 of its block, says that it is not complete.
perl -e '
    open my $file, "<:raw", "whole.dump" or die;
    my $dump = do { local $/; <$file> };
    substr($dump, $ARGV[0] + 384 + 128, 1) &= "\xFE";
    print $dump' "$place" > unfinished.dump
run "$KMODE" log unfinished.dump deep.sys
ok "a record that was being written is counted" err_has "0 lost, 0 dropped, 1 unfinished"
ok "and not shown" sh -c '! grep -q "error 1" "$1" && grep -q "warn wide" "$1"' - "$scratch/out"
run "$KMODE" log --json=- unfinished.dump deep.sys
ok "JSON tells it" out_has '"unfinished": 1'

# ---- a dump that cannot be written

run "$KMODE" run --dump=/nowhere/x deep.sys
ok "a dump that cannot be written is told" err_has "/nowhere/x: the dump cannot be written"
ok "with status 1" status_is 1
run "$KMODE" log --help
ok "--help explains it" out_has "DUMP X.sys"

done_testing
