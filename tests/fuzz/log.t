#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes what `kmode log` reads, images and dumps: the seeds, a driver with its dump and its copy, then
# FUZZ_SECONDS / 6 (10).
cd "$(dirname "$0")/../.." || exit 1
target=log
. tests/fuzz/fuzz.sh
kmode=${KMODE:-${BUILD:-build}/bin/kmode}

# The driver prints, in hexadecimal, a ring as it lies in memory and a copy of it.
cat > "$folder/seed.c" <<'END'
#include <kmode.h>

static UCHAR Buffer[4096 + 64 + 512], Copy[4096];
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static VOID Print(PCSTR Name, const UCHAR *Bytes, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 16) {
        CHAR Line[33] = "";
        for (ULONG Byte = 0; Byte < 16 && Index + Byte < Count; Byte += 1) {
            Line[2 * Byte] = "0123456789abcdef"[Bytes[Index + Byte] >> 4];
            Line[2 * Byte + 1] = "0123456789abcdef"[Bytes[Index + Byte] & 15];
            Line[2 * Byte + 2] = '\0';
        }
        DbgPrint("%s %s\n", Name, Line);
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PKM_LOG_RING Ring;
    ULONG Copied;

    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(KmLogRingInit(Buffer, sizeof(Buffer), KM_LOG_RING_PERFORMANCE_COUNTER, &Ring)) ||
        !NT_SUCCESS(KmLogDeferredStart(Ring, KmLevelTrace))) {
        return STATUS_UNSUCCESSFUL;
    }
    for (int Round = 0; Round < 8; Round += 1) {
        KmErrorDeferred("none");
        KmWarnDeferred("%-*d|%+.3d|%#I64x|%c|%p", 5, Round, 7, 0x123456789ull, 'c', DriverObject);
        KmInfoDeferred("%10s|%.2ws|%wZ", "text", L"wide \u20AC", RegistryPath);
        KmLogRingWrite(Ring, "data", 4);
        KmLogRingWriteText(Ring, NULL, "text", 4);
    }
    KmLogRingCopy(Ring, Copy, sizeof(Copy), FALSE, &Copied);
    Print("memory", (PUCHAR)Ring, (ULONG)(Buffer + sizeof(Buffer) - (PUCHAR)Ring));
    Print("copy", Copy, Copied);
    return STATUS_SUCCESS;
}
END
"$kmode" build --quiet --config release -o "$folder/seed.sys" "$folder/seed.c" &&
    "$kmode" run --quiet "$folder/seed.sys" > "$folder/printed" || exit 1
perl -e '
    my ($folder) = @ARGV;
    open my $file, "<:raw", "$folder/seed.sys" or die;
    my $image = do { local $/; <$file> };
    my %dump;
    open my $printed, "<", "$folder/printed" or die;
    while (<$printed>) {
        $dump{$1} .= pack "H*", $2 if /^(memory|copy) ([0-9a-f]*)$/;
    }
    for my $name (keys %dump) {
        open my $seed, ">:raw", "$folder/seeds/$name" or die;
        print $seed pack("V", length $image), $image, $dump{$name};
    }
    # A complete dump of four pages, of which the first is the table of all levels.
    my $pages = pack("a8 x8 x16 x16", "PAGEDU64") . pack("V", 0x8664);
    $pages .= "\0" x (0x88 - length $pages) . pack("VVQ<Q<Q<", 1, 0, 4, 0, 4);
    $pages .= "\0" x (0xF98 - length $pages) . pack("V", 1);
    $pages .= "\0" x (0x2000 - length $pages) . pack("Q<", 3) x 512 . "\0" x 12288;
    open my $seed, ">:raw", "$folder/seeds/pages" or die;
    print $seed pack("V", 0), $pages;
    ' "$folder" || exit 1

[ "$(find "$folder/seeds" -type f -size +8k | wc -l)" -eq 3 ]
report "there are seeds" $?
fuzz 24576
