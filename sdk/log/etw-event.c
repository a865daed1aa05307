// SPDX-License-Identifier: MIT
// Records as TraceLogging's events. An event's metadata are its size (2 bytes), a tag byte, its name, and for
// each field a name, an in-type and, if bit 7 of that is set, an out-type. In-types are numbers of
// TDH_INTYPE, out-types are TraceLogging's own, of which EventSource's EventFieldFormat has some: not those
// of TDH_OUTTYPE.
#include "etw-event.h"

#define CHANNEL_TRACELOGGING 11

// Values of EVENT_DATA_DESCRIPTOR.Reserved's low byte.
#define DATA_EVENT_METADATA    1
#define DATA_PROVIDER_METADATA 2

#define IN_UINT8          4
#define IN_UINT16         6
#define IN_INT32          7
#define IN_UINT32         8
#define IN_INT64          9
#define IN_UINT64         10
#define IN_DOUBLE         12
#define IN_BINARY         14
#define IN_GUID           15
#define IN_FILETIME       17
#define IN_SID            19
#define IN_HEXINT64       21
#define IN_COUNTED_UTF16  22
#define IN_COUNTED_NARROW 23
#define HAS_OUT           0x80

#define OUT_NONE     0
#define OUT_STRING   2
#define OUT_BOOLEAN  3
#define OUT_IPV4     8
#define OUT_IPV6     9
#define OUT_NTSTATUS 14
#define OUT_UTF8     35

static const UCHAR Zeros[16];

UCHAR KmpLogEtwLevel(KM_LOG_LEVEL Level)
{
    return (UCHAR)(Level >= KmLevelDebug ? 5 : Level + 1);
}

static SIZE_T LengthOf(PCSTR String)
{
    SIZE_T Length = 0;

    while (String[Length] != '\0') {
        Length += 1;
    }
    return Length;
}

// Describes a field; FALSE if there is no room for it, or for its data.
static BOOLEAN Describe(KMP_ETW_EVENT *Event, PCSTR Name, UCHAR InType, UCHAR OutType)
{
    SIZE_T Bytes = LengthOf(Name) + 1;
    PUCHAR At = Event->Metadata + Event->MetadataBytes;

    if (Event->MetadataBytes + Bytes + 2 > sizeof(Event->Metadata) || Event->DataCount + 2 > KMP_ETW_DATA ||
        Event->CountCount == RTL_NUMBER_OF(Event->Counts)) {
        Event->Complete = FALSE;
        return FALSE;
    }
    RtlCopyMemory(At, Name, Bytes);
    At[Bytes] = InType;
    if (OutType != OUT_NONE) {
        At[Bytes] |= HAS_OUT;
        At[Bytes + 1] = OutType;
        Bytes += 1;
    }
    Event->MetadataBytes += (ULONG)Bytes + 1;
    return TRUE;
}

static VOID PutData(KMP_ETW_EVENT *Event, const volatile VOID *Data, ULONG Bytes, ULONG Type)
{
    EVENT_DATA_DESCRIPTOR *Descriptor = &Event->Data[Event->DataCount];

    Descriptor->Ptr = (ULONG_PTR)Data;
    Descriptor->Size = Bytes;
    Descriptor->Reserved = Type;
    Event->DataCount += 1;
}

static VOID PutScalar(KMP_ETW_EVENT *Event, PCSTR Name, UCHAR InType, UCHAR OutType,
                      const volatile VOID *Data, ULONG Bytes)
{
    if (Describe(Event, Name, InType, OutType)) {
        PutData(Event, Data, Bytes, 0);
    }
}

// What has its number of bytes in front.
static VOID PutCounted(KMP_ETW_EVENT *Event, PCSTR Name, UCHAR InType, UCHAR OutType,
                       const volatile VOID *Data, SIZE_T Bytes)
{
    PUSHORT Count = &Event->Counts[Event->CountCount];

    if (Data == NULL) {
        Bytes = 0;
    }
    if (Bytes > 0xFFFE) {
        Bytes = 0xFFFE;
        Event->Complete = FALSE;
    }
    if (!Describe(Event, Name, InType, OutType)) {
        return;
    }
    *Count = (USHORT)Bytes;
    Event->CountCount += 1;
    PutData(Event, Count, sizeof(*Count), 0);
    if (Bytes != 0) {
        PutData(Event, Data, (ULONG)Bytes, 0);
    }
}

static VOID PutAsText(KMP_ETW_EVENT *Event, PCKM_LOG_FIELD Field)
{
    ULONG Room = (ULONG)sizeof(Event->Text) - Event->TextBytes;
    KM_LOG_TEXT Text;

    if (Room < 4) {
        Event->Complete = FALSE;
        return;
    }
    KmLogTextInit(&Text, Event->Text + Event->TextBytes, Room);
    KmLogTextPutValue(&Text, &Field->Value);
    KmLogTextEnd(&Text);
    Event->TextBytes += Text.Length;
    Event->Complete = Event->Complete && !Text.Cut;
    PutCounted(Event, Field->Name, IN_COUNTED_NARROW, OUT_UTF8, Text.Buffer, Text.Length);
}

static VOID PutField(KMP_ETW_EVENT *Event, PCKM_LOG_FIELD Field)
{
    static const UCHAR NullSid[8] = {1, 0, 0, 0, 0, 0, 0, 0};
    PCKM_LOG_VALUE Value = &Field->Value;
    PCSTR Name = Field->Name;
    const volatile VOID *Pointer = Value->Content.Pointer;
    const volatile VOID *Scalar = &Value->Content;

    switch (Value->Type->Code) {
    case KmLogCodeSigned: PutScalar(Event, Name, IN_INT64, OUT_NONE, Scalar, 8); break;
    case KmLogCodeUnsigned: PutScalar(Event, Name, IN_UINT64, OUT_NONE, Scalar, 8); break;
    case KmLogCodeFloat: PutScalar(Event, Name, IN_DOUBLE, OUT_NONE, Scalar, 8); break;
    case KmLogCodeHex:
    case KmLogCodePointer: PutScalar(Event, Name, IN_HEXINT64, OUT_NONE, Scalar, 8); break;
    case KmLogCodeBoolean: PutScalar(Event, Name, IN_UINT8, OUT_BOOLEAN, Scalar, 1); break;
    case KmLogCodeCharacter: PutScalar(Event, Name, IN_UINT16, OUT_STRING, Scalar, 2); break;
    case KmLogCodeStatus: PutScalar(Event, Name, IN_INT32, OUT_NTSTATUS, Scalar, 4); break;
    case KmLogCodeTime: PutScalar(Event, Name, IN_FILETIME, OUT_NONE, Scalar, 8); break;
    case KmLogCodeString: PutCounted(Event, Name, IN_COUNTED_NARROW, OUT_UTF8, Pointer, Value->Bytes); break;
    case KmLogCodeWideString:
        PutCounted(Event, Name, IN_COUNTED_UTF16, OUT_NONE, Pointer, Value->Bytes & ~1u);
        break;
    case KmLogCodeBytes: PutCounted(Event, Name, IN_BINARY, OUT_NONE, Pointer, Value->Bytes); break;
    case KmLogCodeGuid:
        PutScalar(Event, Name, IN_GUID, OUT_NONE, Pointer != NULL ? Pointer : Zeros, 16);
        break;
    case KmLogCodeSid:
        Pointer = Pointer != NULL ? Pointer : NullSid;
        PutScalar(Event, Name, IN_SID, OUT_NONE, Pointer, 8 + 4u * ((const volatile UCHAR *)Pointer)[1]);
        break;
    case KmLogCodeIpv4:
        PutScalar(Event, Name, IN_UINT32, OUT_IPV4, Pointer != NULL ? Pointer : Zeros, 4);
        break;
    case KmLogCodeIpv6:
        PutCounted(Event, Name, IN_BINARY, OUT_IPV6, Pointer != NULL ? Pointer : Zeros, 16);
        break;
    default: PutAsText(Event, Field); break;
    }
}

static VOID PutString(KMP_ETW_EVENT *Event, PCSTR Name, PCSTR String)
{
    PutCounted(Event, Name, IN_COUNTED_NARROW, OUT_UTF8, String, LengthOf(String));
}

VOID KmpLogMakeEvent(KMP_ETW_EVENT *Event, const UCHAR *Traits, PCKM_LOG_RECORD Record)
{
    PCKM_LOG_SITE Site = Record->Site;
    SIZE_T NameBytes = LengthOf(Site->Target);

    Event->Descriptor.Id = 0;
    Event->Descriptor.Version = 0;
    Event->Descriptor.Channel = CHANNEL_TRACELOGGING;
    Event->Descriptor.Level = KmpLogEtwLevel(Site->Level);
    Event->Descriptor.Opcode = 0;
    Event->Descriptor.Task = 0;
    Event->Descriptor.Keyword = 0;
    Event->CountCount = 0;
    Event->TextBytes = 0;
    Event->Complete = TRUE;

    Event->DataCount = 0;
    PutData(Event, Traits, (ULONG)(Traits[0] | (Traits[1] << 8)), DATA_PROVIDER_METADATA);
    PutData(Event, Event->Metadata, 0, DATA_EVENT_METADATA);

    // A name is no longer than half of the room, so that message and place always have theirs.
    NameBytes = min(NameBytes, sizeof(Event->Metadata) / 2);
    Event->Metadata[2] = 0;
    RtlCopyMemory(Event->Metadata + 3, Site->Target, NameBytes);
    Event->Metadata[3 + NameBytes] = 0;
    Event->MetadataBytes = (ULONG)NameBytes + 4;

    PutCounted(Event, "message", IN_COUNTED_NARROW, OUT_UTF8, Record->Message, Record->MessageLength);
    PutString(Event, "file", Site->File);
    PutScalar(Event, "line", IN_UINT32, OUT_NONE, &Site->Line, sizeof(Site->Line));
    PutString(Event, "function", Site->Function);
    PutScalar(Event, "irql", IN_UINT8, OUT_NONE, &Record->Irql, sizeof(Record->Irql));
    for (ULONG Index = 0; Index < Record->FieldCount; Index += 1) {
        if (Index == KMP_ETW_FIELDS) {
            Event->Complete = FALSE;
            break;
        }
        PutField(Event, &Record->Fields[Index]);
    }

    Event->Metadata[0] = (UCHAR)Event->MetadataBytes;
    Event->Metadata[1] = (UCHAR)(Event->MetadataBytes >> 8);
    Event->Data[1].Size = Event->MetadataBytes;
}
