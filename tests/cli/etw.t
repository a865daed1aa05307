#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode run --etw: what drivers write to Event Tracing for Windows, and what is no provider.
. tests/cli/tap.sh

# ---- events that a manifest would describe, by a driver without the SDK

cat > plain.c <<'END'
#include <ntddk.h>

static const GUID Id = {0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 1, 2, 3, 4, 5, 6, 7}};
static REGHANDLE Handle;
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Enabled(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAny,
                          ULONGLONG MatchAll, PEVENT_FILTER_DESCRIPTOR FilterData, PVOID Context)
{
    UNREFERENCED_PARAMETER(SourceId);
    UNREFERENCED_PARAMETER(FilterData);
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("control %lu level %u any %I64x all %I64x\n", ControlCode, Level, MatchAny, MatchAll);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    EtwUnregister(Handle);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const EVENT_DESCRIPTOR Event = {.Id = 7, .Version = 1, .Channel = 16, .Level = 3, .Opcode = 2,
                                           .Task = 5, .Keyword = 0x8000000000000004};
    static const EVENT_DESCRIPTOR Verbose = {.Id = 8, .Level = 5}, Strange = {.Id = 9, .Level = 77};
    static const GUID Activity = {0xA, 0xB, 0xC, {1}};
    EVENT_DATA_DESCRIPTOR Data[2];
    ULONG Value = 0x01020304;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(EtwRegister(&Id, Enabled, NULL, &Handle))) {
        return STATUS_UNSUCCESSFUL;
    }
    EventDataDescCreate(&Data[0], &Value, sizeof(Value));
    EventDataDescCreate(&Data[1], "\xFF", 1);
    EtwWrite(Handle, &Event, NULL, 2, Data);
    EtwWrite(Handle, &Verbose, NULL, 0, NULL);
    EtwWrite(Handle, &Strange, NULL, 0, NULL);
    EtwWriteTransfer(Handle, &Verbose, &Activity, &Id, 1, Data);
    DbgPrint("half ");
    EtwWriteString(Handle, 4, 0, NULL, L"two \"words\"\n\x20AC");
    EtwWriteString(Handle, 4, 1, NULL, L"one");
    DbgPrint("a line\n");
    return STATUS_SUCCESS;
}
END
run "$KMODE" build --quiet plain.c
ok "a driver with manifest events is built" status_is 0
id='{6e4ff3b2-01ab-4c5d-8001-020304050607}'
event="$id id=7 version=1 warning channel=16 task=5 opcode=2 keyword=0x8000000000000004 bytes=04030201ff"

run "$KMODE" run --etw="$id" plain.sys
ok "a run that listens succeeds" status_is 0
ok "all of its events" out_is "control 1 level 0 any ffffffffffffffff all 0
$event
$id id=8 version=0 verbose keyword=0x0
$id id=9 version=0 level=77 keyword=0x0
$id id=8 version=0 verbose keyword=0x0 activity={0000000a-000b-000c-0100-000000000000} related=$id bytes=04030201
half 
$id string info keyword=0x0 text=\"two \\\"words\\\"\\n€\"
$id string info keyword=0x1 text=one
a line"

run "$KMODE" run --etw="6E4FF3B2-01AB-4C5D-8001-020304050607:error" plain.sys
ok "no braces, no events of another level" out_is "control 1 level 2 any ffffffffffffffff all 0
half a line"
run "$KMODE" run --etw="*:WARNING:0x14" plain.sys
ok "all providers, some keywords" out_is "control 1 level 3 any 14 all 0
$event
half a line"
run "$KMODE" run --etw="*" --etw="$id::1" plain.sys
ok "a provider's own keywords count before those of all" out_has "control 1 level 0 any 1 all 0"
run "$KMODE" run --etw="$id:warning" --etw="$id:error" plain.sys
ok "the last one counts" out_has "control 1 level 2 any ffffffffffffffff all 0"
run "$KMODE" run --etw="{6e4ff3b2-01ab-4c5d-8001-020304050608}" plain.sys
ok "another's events are not printed, and it is not told" out_is "half a line"
run "$KMODE" run plain.sys
ok "without the option nobody listens" out_is "half a line"

run "$KMODE" run --etw=Some.Provider:error plain.sys
ok "a name that is nobody's is told" err_has "nothing was heard from {b3627fd9-e0c4-59f1-1290-3fe39c1bc9a4}, the GUID that TraceLogging makes of the name 'Some.Provider'"
ok "and fails nothing" status_is 0
run "$KMODE" run --quiet --etw=Some.Provider plain.sys
ok "but not with --quiet" sh -c '[ ! -s "$1" ]' - "$scratch/err"

cat > events.script <<'END'
load plain.sys
assert log "id=7 version=1 warning"
END
run "$KMODE" run --etw="$id" --script events.script
ok "a script finds events in the log" status_is 0

# ---- events that describe themselves, by a driver without the SDK

cat > own.c <<'END'
#include <ntddk.h>

static const GUID Id = {0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 1, 2, 3, 4, 5, 6, 7}};
static UCHAR Traits[] = "\x09\0" "My.Raw";
static REGHANDLE Handle;
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

// What TraceLogging's macros come to: traits, metadata, data.
static VOID Write(const EVENT_DESCRIPTOR *Event, const UCHAR *Metadata, ULONG MetadataBytes, const UCHAR *Bytes,
                  ULONG Count)
{
    EVENT_DATA_DESCRIPTOR Data[3];
    EventDataDescCreate(&Data[0], Traits, sizeof(Traits));
    EventDataDescCreate(&Data[1], Metadata, MetadataBytes);
    EventDataDescCreate(&Data[2], Bytes, Count);
    Data[0].Reserved = 2;
    Data[1].Reserved = 1;
    EtwWriteTransfer(Handle, Event, NULL, NULL, 3, Data);
}

#define WRITE_AS_IS(Event, Metadata, Bytes)                                                                  \
    Write(Event, (const UCHAR *)(Metadata), sizeof(Metadata) - 1, (const UCHAR *)(Bytes), sizeof(Bytes) - 1)

// With the size in front that it has.
#define WRITE(Event, Metadata, Bytes)                                                                        \
    do {                                                                                                     \
        UCHAR Sized[] = "\0\0" Metadata;                                                                     \
        Sized[0] = sizeof(Sized) - 1;                                                                        \
        Write(Event, Sized, sizeof(Sized) - 1, (const UCHAR *)(Bytes), sizeof(Bytes) - 1);                   \
    } while (0)

static const EVENT_DESCRIPTOR Event = {.Channel = 11, .Level = 4};
static const EVENT_DESCRIPTOR Start = {.Channel = 11, .Level = 5, .Opcode = 1, .Keyword = 0x10};

static VOID WriteAll(VOID)
{
    WRITE(&Event, "\0Scalars\0n\0\x03z\0\x02r\0\x0Cw\0\x01", "\xFEtext\0\0\0\0\0\0\0\xE0\x3Fh\0i\0\0\0");
    WRITE(&Start, "\x81\x01Work\0list\0\x46", "\x02\0\x01\0\xFF\xFF");
    WRITE(&Event, "\0S\0point\0\x98\x02x\0\x04y\0\x84\x04", "\x07\x1F");
    WRITE(&Event, "\0A\0ps\0\xD8\x01x\0\x24\x02\0y\0\x04", "\x02\0\1\2\3\4\5");
    WRITE(&Event, "\0Two words\0a b\0\x04", "\1");
    WRITE(&Event,
          "\000Out\000pid\000\210\005port\000\206\007hr\000\207\017w32\000\210\015tim"
          "e\000\212\020ok\000\015sys\000\022ptr\000\020real\000\013nan\000\014un\000"
          "\207\022sg\000\204\021hex\000\212\004none\000\000h32\000\024xml\000\231\013bi"
          "ts\000\031odd\000\210c",
          "\005\000\000\000\037\220\005@\000\200\005\000\000\000\001\000\005i6\300\325\001\001\000"
          "\000\000\344\007\001\000\004\000\002\000\003\000\004\000\005\000\006\000\020\000\000\000\000\000"
          "\000\000\000\000\300?\000\000\000\000\000\000\370\177\377\377\377\377\377\377\377\377\377\377"
          "\377\377\377\037\000\000\000\004\000<a/>\002\000\001\377\007\000\000\000");
    WRITE(&Event, "\0No\0", "");
    // What is wrong.
    WRITE_AS_IS(&Event, "\7\0\0No\0", "data");
    WRITE_AS_IS(&Event, "\1", "data");
    WRITE(&Event, "\0No", "data");
    WRITE(&Event, "", "data");
    WRITE(&Event, "\0Cut\0f\0\x04g", "\1");
    WRITE(&Event, "\0Cut\0f\0\x04g\0\x08", "\1\2\3");
    WRITE(&Event, "\0Odd\0f\0\x1F", "\1\2\3");
    WRITE(&Event, "\0More\0f\0\x04", "\1\2\3");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(EtwRegister(&Id, NULL, NULL, &Handle))) {
        return STATUS_UNSUCCESSFUL;
    }
    WRITE(&Event, "\0f\0v\0\x04", "\5"); // as on a Windows that knows no traits
    EtwWrite(Handle, &Event, NULL, 0, NULL);
    EtwSetInformation(Handle, EventProviderSetTraits, Traits, sizeof(Traits));
    WriteAll();
    EtwUnregister(Handle);
    return STATUS_SUCCESS;
}
END
run "$KMODE" build --quiet own.c
ok "a driver with TraceLogging events of its own is built" status_is 0
run "$KMODE" run --json=own.json --etw=* own.sys
ok "a run that listens to them succeeds" status_is 0
raw="My.Raw id=0 version=0 info channel=11 keyword=0x0"
ok "their fields, and what is wrong with some" out_is "My.Raw f info v=5
$id id=0 version=0 info channel=11 keyword=0x0 malformed=\"its channel is TraceLogging's, and it has no metadata\"
My.Raw Scalars info n=-2 z=text r=0.5 w=hi
My.Raw Work/start verbose keyword=0x10 list=[1 65535]
My.Raw S info point={x=7 y=0x1f}
My.Raw A info ps=[{x=[1 2]} {x=[3 4]}] y=5
My.Raw \"Two words\" info \"a b\"=1
My.Raw Out info pid=5 port=8080 hr=0x80004005 w32=5 time=2020-01-01T00:00:00.0000001Z ok=true sys=2020-01-02T03:04:05.006 ptr=0x10 real=1.5 nan=nan un=4294967295 sg=-1 hex=0xffffffffffffffff none=null h32=0x1f xml=<a/> bits=01ff odd=7
My.Raw No info
$raw malformed=\"the metadata give another size than they have\" metadata=0700004e6f00 bytes=64617461
$raw malformed=\"the metadata are shorter than their size\" metadata=01 bytes=64617461
$raw malformed=\"the metadata end in the event's name\" metadata=0500004e6f bytes=64617461
$raw malformed=\"the metadata end in the event's tags\" metadata=0200 bytes=64617461
My.Raw Cut info f=1 malformed=\"the metadata end in a field's name\" metadata=0b00004375740066000467
My.Raw Cut info f=1 malformed=\"the data end in a field\" metadata=0d000043757400660004670008 bytes=0203
My.Raw Odd info malformed=\"a field has a type that does not exist\" metadata=0a00004f64640066001f bytes=010203
My.Raw More info f=1 malformed=\"there are data that no field describes\" metadata=0b00004d6f726500660004 bytes=0203"
# found FIELD...: what these fields of each event in JSON have, a line an event.
found() {
    perl -MJSON::PP -e '
        my $json = JSON::PP->new->utf8->canonical->allow_nonref;
        open my $file, "<", "own.json" or die;
        for my $event (@{$json->decode(do { local $/; <$file> })->{events}}) {
            print join("|", map { $json->encode($event->{$_}) } @ARGV), "\n";
        }' "$@" > "$scratch/out"
}
found fields data malformed
cat > expected <<'END'
[{"name":"v","type":"uint8","value":5}]|null|null
null|""|"its channel is TraceLogging's, and it has no metadata"
[{"name":"n","type":"int8","value":-2},{"name":"z","type":"narrow","value":"text"},{"name":"r","type":"double","value":0.5},{"name":"w","type":"utf16","value":"hi"}]|null|null
[{"elements":[{"type":"uint16","value":1},{"type":"uint16","value":65535}],"name":"list","type":"array"}]|null|null
[{"fields":[{"name":"x","type":"uint8","value":7},{"format":"hex","name":"y","type":"uint8","value":"0x1f"}],"name":"point","type":"struct"}]|null|null
[{"elements":[{"fields":[{"elements":[{"type":"uint8","value":1},{"type":"uint8","value":2}],"name":"x","type":"array"}],"type":"struct"},{"fields":[{"elements":[{"type":"uint8","value":3},{"type":"uint8","value":4}],"name":"x","type":"array"}],"type":"struct"}],"name":"ps","type":"array"},{"name":"y","type":"uint8","value":5}]|null|null
[{"name":"a b","type":"uint8","value":1}]|null|null
[{"format":"pid","name":"pid","type":"uint32","value":5},{"format":"port","name":"port","type":"uint16","value":8080},{"format":"hresult","name":"hr","type":"int32","value":"0x80004005"},{"format":"win32 error","name":"w32","type":"uint32","value":5},{"format":"filetime","name":"time","type":"uint64","value":"2020-01-01T00:00:00.0000001Z"},{"name":"ok","type":"bool32","value":true},{"name":"sys","type":"systemtime","value":"2020-01-02T03:04:05.006"},{"name":"ptr","type":"pointer","value":"0x10"},{"name":"real","type":"float","value":1.5},{"name":"nan","type":"double","value":"nan"},{"format":"unsigned","name":"un","type":"int32","value":4294967295},{"format":"signed","name":"sg","type":"uint8","value":-1},{"format":"hex","name":"hex","type":"uint64","value":"0xffffffffffffffff"},{"name":"none","type":"null","value":null},{"name":"h32","type":"hexint32","value":"0x1f"},{"format":"xml","name":"xml","type":"counted binary","value":"<a/>"},{"name":"bits","type":"counted binary","value":"01ff"},{"format":99,"name":"odd","type":"uint32","value":7}]|null|null
[]|null|null
null|"64617461"|"the metadata give another size than they have"
null|"64617461"|"the metadata are shorter than their size"
null|"64617461"|"the metadata end in the event's name"
null|"64617461"|"the metadata end in the event's tags"
[{"name":"f","type":"uint8","value":1}]|""|"the metadata end in a field's name"
[{"name":"f","type":"uint8","value":1}]|"0203"|"the data end in a field"
[]|"010203"|"a field has a type that does not exist"
[{"name":"f","type":"uint8","value":1}]|"0203"|"there are data that no field describes"
END
ok "the same in JSON" out_is "$(cat expected)"

# ---- what is no provider

while IFS='|' read -r argument reason; do
    run "$KMODE" run --etw="$argument" plain.sys
    ok "--etw=$argument is refused" refused 2 "$reason"
done <<'END'
|it names no provider
:error|it names no provider
{6e4ff3b2}|'{6e4ff3b2}' is no GUID
{6e4ff3b2-01ab-4c5d-8001-02030405060g}|is no GUID
{6e4ff3b2-01ab-4c5d-8001-020304050607|is no GUID
Grüße|a provider with the name 'Grüße' is to be named by its GUID
a:loud|'loud' is no level: critical, error, warning, info, verbose, or a number up to 255
a:256|'256' is no level
a:-1|'-1' is no level
a:error:|'' is no mask of keywords: up to 16 hexadecimal digits
a:error:xyz|'xyz' is no mask
a:error:10000000000000000|is no mask
a:error:1:2|'1:2' is no mask
END
run "$KMODE" run --wine --etw=a plain.sys
ok "not with Wine" err_has "--wine loads and unloads alone"

done_testing
