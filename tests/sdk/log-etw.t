#!/bin/sh
# SPDX-License-Identifier: MIT
# The SDK's ETW sink and who listens: each type of field as text and as JSON, levels that follow the session,
# provider by its name's hash, every IRQL.
. tests/cli/tap.sh

cat > sink.c <<'END'
#include <kmode.h>

// What TraceLogging makes of the name "SimpleTraceLoggingProvider".
static const GUID ProviderId = {0x0205C616, 0xCF97, 0x5C11, {0x97, 0x56, 0x56, 0xA2, 0xCE, 0xE0, 0x2C, 0xA7}};
static KM_LOG_ETW_SINK Etw;
static KDPC Dpc;
static KEVENT Done;
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KDEFERRED_ROUTINE InDpc;

static VOID NTAPI InDpc(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KmWarn("from a DPC");
    KeSetEvent(&Done, 0, FALSE);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmError("the end");
    KmLogEtwSinkClose(&Etw);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UCHAR System[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    LARGE_INTEGER Time;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Time.QuadPart = 132223104000000001;
    if (!NT_SUCCESS(KmLogEtwSinkOpen(&Etw, &ProviderId, "SimpleTraceLoggingProvider")) ||
        !NT_SUCCESS(KmLogInitWithSink(KmLevelTrace, &Etw.Sink))) {
        return STATUS_UNSUCCESSFUL;
    }
    DbgPrint("errors %d, infos %d, traces %d\n", KmLogEnabled(KmLevelError), KmLogEnabled(KmLevelInfo),
             KmLogEnabled(KmLevelTrace));
    KmInfoFields("opened \"it\"", KmField("a", -5), KmField("b", 0xFFFFFFFFFFFFFFFFull),
                 KmField("c", KmLogHexNumber(0x1F)), KmField("d", (PVOID)0x1234), KmField("e", KmLogBoolean(1)),
                 KmField("f", (char)'x'), KmField("g", "narrow"), KmField("h", L"wide\x20AC"),
                 KmField("i", KmLogStatus(STATUS_ACCESS_DENIED)), KmField("j", &ProviderId),
                 KmField("k", KmLogSid(System)), KmField("l", KmLogIpv4("\x7f\0\0\1")),
                 KmField("m", KmLogIpv6("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1")), KmField("n", KmLogTime(Time)),
                 KmField("o", KmLogBytes("\1\2\3", 3)));
    KmTrace("too much");
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, InDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmWarn("from the top");
    KeLowerIrql(OldIrql);
    DbgPrint("lost %I64d\n", KmLogGetLostCount(&Etw.Sink));
    return STATUS_SUCCESS;
}
END
run "$KMODE" build --quiet sink.c
ok "a driver with the ETW sink is built" status_is 0

run "$KMODE" run --json=run.json --etw=SimpleTraceLoggingProvider:info sink.sys
ok "a run that listens succeeds" status_is 0
sed 's/line=[0-9]*/line=N/; s/file=[^ ]*sink.c/file=sink.c/' "$scratch/out" > "$scratch/lines"
mv "$scratch/lines" "$scratch/out"
place='file=sink.c line=N function='
ok "events with the fields as text" out_is "errors 1, infos 1, traces 0
SimpleTraceLoggingProvider sink info message=\"opened \\\"it\\\"\" ${place}DriverEntry irql=0 a=-5 b=18446744073709551615 c=0x1f d=0x1234 e=true f=x g=narrow h=wide€ i=STATUS_ACCESS_DENIED j={0205c616-cf97-5c11-9756-56a2cee02ca7} k=S-1-5-18 l=127.0.0.1 m=2001:db8::1 n=2020-01-01T00:00:00.0000001Z o=010203
SimpleTraceLoggingProvider sink warning message=\"from a DPC\" ${place}InDpc irql=2
SimpleTraceLoggingProvider sink warning message=\"from the top\" ${place}DriverEntry irql=15
lost 0
SimpleTraceLoggingProvider sink error message=\"the end\" ${place}Unload irql=0"

# field NAME: its type, format and value in the first event.
field() {
    perl -MJSON::PP -e '
        open my $file, "<", "run.json" or die;
        my $run = JSON::PP->new->utf8->allow_nonref->decode(do { local $/; <$file> });
        my ($field) = grep { $_->{name} eq $ARGV[0] } @{$run->{events}[0]{fields}};
        print join "|", $field->{type}, $field->{format} // "", JSON::PP->new->allow_nonref->ascii->encode($field->{value});
        ' "$1"
}
field_is() {
    found=$(field "$1")
    [ "$found" = "$2" ] || { echo "found $found"; return 1; }
}
while read -r name expected; do
    ok "field $name in JSON" field_is "$name" "$expected"
done <<'END'
message counted narrow|utf8|"opened \"it\""
irql uint8||0
a int64||-5
b uint64||"18446744073709551615"
c hexint64||"0x1f"
e uint8|boolean|true
f uint16|string|"x"
h counted utf16||"wide\u20ac"
i int32|ntstatus|"0xc0000022"
j guid||"{0205c616-cf97-5c11-9756-56a2cee02ca7}"
k sid||"S-1-5-18"
l uint32|ipv4|"127.0.0.1"
m binary|ipv6|"2001:db8::1"
n filetime||"2020-01-01T00:00:00.0000001Z"
o binary||"010203"
END
header() {
    perl -MJSON::PP -e '
        open my $file, "<", "run.json" or die;
        my $run = decode_json(do { local $/; <$file> });
        my @events = @{$run->{events}};
        @events == 4 or die scalar @events, " events\n";
        my %expected = (provider => "SimpleTraceLoggingProvider", event => "sink", level_name => "warning", level => 3,
            provider_id => "{0205c616-cf97-5c11-9756-56a2cee02ca7}", channel => 11, id => 0, irql => 2, processor => 0,
            keyword => "0x0000000000000000");
        $events[1]{$_} eq $expected{$_} or die "$_ is $events[1]{$_}\n" for keys %expected;
        '
}
ok "the events' headers in JSON" header

run "$KMODE" run --etw='{0205c616-cf97-5c11-9756-56a2cee02ca7}:error' sink.sys
ok "nobody asks for a warning" out_has "errors 1, infos 0, traces 0"
run "$KMODE" run --etw='*:verbose' sink.sys
ok "traces are verbose" out_has "SimpleTraceLoggingProvider sink verbose message=\"too much\""
run "$KMODE" run sink.sys
ok "nobody listens" out_is "errors 0, infos 0, traces 0
lost 0"
run "$KMODE" run --cpus 2 --seed 5 --etw='*' sink.sys
ok "two processors" status_is 0

done_testing
