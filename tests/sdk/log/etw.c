// SPDX-License-Identifier: MIT
// Records as TraceLogging's events: the bytes are read back as a tool of Windows would, by the metadata in
// them.
#include "test.h"
#include "../../../sdk/log/etw-event.h"

static CHAR Decoded[4000];
static UCHAR Payload[70000];

static ULONG U16(const UCHAR *At)
{
    return (ULONG)(At[0] | (At[1] << 8));
}

static LONG64 Number(const UCHAR *At, ULONG Bytes)
{
    LONG64 Result = 0;

    RtlCopyMemory(&Result, At, Bytes);
    return Result;
}

// Reads one value of InType at At, appends it, and returns its bytes.
static ULONG DecodeValue(PKM_LOG_TEXT Text, UCHAR InType, const UCHAR *At)
{
    KM_LOG_VALUE Value;

    switch (InType) {
    case 4: KmLogTextPutFormat(Text, "u8 %u", At[0]); return 1;
    case 6: KmLogTextPutFormat(Text, "u16 %lu", U16(At)); return 2;
    case 7: KmLogTextPutFormat(Text, "i32 %ld", (LONG)Number(At, 4)); return 4;
    case 8: KmLogTextPutFormat(Text, "u32 %lu", (ULONG)Number(At, 4)); return 4;
    case 9: KmLogTextPutFormat(Text, "i64 %I64d", Number(At, 8)); return 8;
    case 10: KmLogTextPutFormat(Text, "u64 %I64u", Number(At, 8)); return 8;
    case 21: KmLogTextPutFormat(Text, "x64 %I64x", Number(At, 8)); return 8;
    case 17: KmLogTextPutFormat(Text, "filetime %I64d", Number(At, 8)); return 8;
    case 14:
        KmLogTextPutString(Text, "binary ");
        Value = KmLogBytes(At + 2, U16(At));
        KmLogTextPutValue(Text, &Value);
        return 2 + U16(At);
    case 15:
        KmLogTextPutString(Text, "guid ");
        Value = KmLogValueOf(&KmLogGuidType, At, 16);
        KmLogTextPutValue(Text, &Value);
        return 16;
    case 19:
        KmLogTextPutString(Text, "sid ");
        Value = KmLogSid(At);
        KmLogTextPutValue(Text, &Value);
        return 8 + 4u * At[1];
    case 22:
        KmLogTextPutString(Text, "utf16 ");
        KmLogTextPutWide(Text, (PCWSTR)(const VOID *)(At + 2), U16(At) / 2);
        return 2 + U16(At);
    case 23:
        KmLogTextPutString(Text, "narrow ");
        KmLogTextPutBytes(Text, (PCSTR)At + 2, U16(At));
        return 2 + U16(At);
    default: KmLogTextPutFormat(Text, "unknown type %u", InType); return 0;
    }
}

// "name|field=type value,outtype|..."
static PCSTR Decode(const KMP_ETW_EVENT *Event)
{
    const UCHAR *Metadata = (const UCHAR *)(ULONG_PTR)Event->Data[1].Ptr, *End, *At, *Data = Payload;
    ULONG PayloadBytes = 0;
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Decoded, sizeof(Decoded));
    for (ULONG Index = 2; Index < Event->DataCount; Index += 1) {
        OK(Event->Data[Index].Reserved == 0);
        RtlCopyMemory(Payload + PayloadBytes, (PVOID)(ULONG_PTR)Event->Data[Index].Ptr,
                      Event->Data[Index].Size);
        PayloadBytes += Event->Data[Index].Size;
    }
    IS(U16(Metadata), Event->Data[1].Size);
    IS(Metadata[2], 0);
    End = Metadata + U16(Metadata);
    At = Metadata + 3;
    KmLogTextPutString(&Text, (PCSTR)At);
    while (*At++ != 0) {
    }
    while (At < End) {
        UCHAR InType, OutType = 0;

        KmLogTextPutFormat(&Text, "|%s=", (PCSTR)At);
        while (*At++ != 0) {
        }
        InType = *At++;
        if (InType & 0x80) {
            OutType = *At++;
        }
        Data += DecodeValue(&Text, InType & 0x7F, Data);
        if (OutType != 0) {
            KmLogTextPutFormat(&Text, ",%u", OutType);
        }
    }
    OK(At == End);
    IS(Data - Payload, PayloadBytes);
    return KmLogTextEnd(&Text);
}

static const UCHAR Traits[] = {6, 0, 'A', 'B', 'C', 0};
static const KM_LOG_SITE Site = {KmLevelWarn, 12, "target", "file.c", "Function", NULL};
static KMP_ETW_EVENT Event;
static KM_LOG_RECORD Record;

static void TestDescriptors(void)
{
    KmLogRecordInit(&Record, &Site);
    Record.Irql = 2;
    Record.Message = "text";
    Record.MessageLength = 4;
    KmpLogMakeEvent(&Event, Traits, &Record);
    IS(Event.Descriptor.Id, 0);
    IS(Event.Descriptor.Channel, 11);
    IS(Event.Descriptor.Level, 3);
    IS(Event.Descriptor.Keyword, 0);
    IS(Event.Data[0].Ptr, (ULONG_PTR)Traits);
    IS(Event.Data[0].Size, 6);
    IS(Event.Data[0].Reserved, 2);
    IS(Event.Data[1].Reserved, 1);
    OK(Event.Complete);
    IS_STRING(Decode(&Event),
              "target|message=narrow text,35|file=narrow file.c,35|line=u32 12|function=narrow "
              "Function,35|irql=u8 2");
    IS(KmpLogEtwLevel(KmLevelError), 2);
    IS(KmpLogEtwLevel(KmLevelInfo), 4);
    IS(KmpLogEtwLevel(KmLevelDebug), 5);
    IS(KmpLogEtwLevel(KmLevelTrace), 5);
}

#define PREFIX                                                                                               \
    "target|message=narrow text,35|file=narrow file.c,35|line=u32 12|function=narrow Function,35|irql=u8 2"

static void TestTypes(void)
{
    static const GUID Guid = {0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xFF}};
    static const UCHAR System[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    LARGE_INTEGER Time;
    STRING Empty = {0, 0, NULL};

    Time.QuadPart = 1234567890123;
    {
        const KM_LOG_FIELD Fields[] = {KmField("a", -5),
                                       KmField("b", 5ul),
                                       KmField("c", KmLogHexNumber(0x1F)),
                                       KmField("d", (PVOID)0x1234),
                                       KmField("e", KmLogBoolean(1)),
                                       KmField("f", (char)'x'),
                                       KmField("g", "narrow"),
                                       KmField("h", L"wide\u20ac"),
                                       KmField("i", KmLogStatus(STATUS_ACCESS_DENIED)),
                                       KmField("j", &Guid),
                                       KmField("k", KmLogSid(System)),
                                       KmField("l", KmLogIpv4("\x7f\0\0\1")),
                                       KmField("m", KmLogIpv6("0123456789abcdef")),
                                       KmField("n", KmLogTime(Time)),
                                       KmField("o", KmLogBytes("\1\2\3", 3))};
        Record.Fields = Fields;
        Record.FieldCount = RTL_NUMBER_OF(Fields);
        KmpLogMakeEvent(&Event, Traits, &Record);
        OK(Event.Complete);
        IS_STRING(Decode(&Event), PREFIX
                  "|a=i64 -5|b=u64 5|c=x64 1f|d=x64 1234|e=u8 1,3|f=u16 120,2|g=narrow narrow,35|h=utf16 "
                  "wide\xe2\x82\xac|i=i32 -1073741790,14|j=guid {6e4ff3b2-01ab-4c5d-8001-0203040506ff}|"
                  "k=sid S-1-5-18|l=u32 16777343,8|m=binary 30313233343536373839616263646566,9|"
                  "n=filetime 1234567890123|o=binary 010203");
    }
    {
        const KM_LOG_FIELD Fields[] = {
            KmField("a", (PCSTR)NULL),         KmField("b", (PCWSTR)NULL),    KmField("c", (GUID *)NULL),
            KmField("d", KmLogSid(NULL)),      KmField("e", KmLogIpv4(NULL)), KmField("f", KmLogIpv6(NULL)),
            KmField("g", KmLogBytes(NULL, 7)), KmField("h", &Empty),          KmField("i", (PIRP)NULL)};
        Record.Fields = Fields;
        Record.FieldCount = RTL_NUMBER_OF(Fields);
        KmpLogMakeEvent(&Event, Traits, &Record);
        OK(Event.Complete);
        IS_STRING(
            Decode(&Event), PREFIX
            "|a=narrow ,35|b=utf16 |c=guid {00000000-0000-0000-0000-000000000000}|d=sid S-1-0|e=u32 0,8|"
            "f=binary 00000000000000000000000000000000,9|g=binary |h=narrow ,35|i=narrow (null),35");
    }
}

// Whatever there is too much of, the event that is left is one that can be read.
static void TestTooMuch(void)
{
    static CHAR Name[KMP_ETW_METADATA_BYTES + 1], Long[70000];
    static KM_LOG_FIELD Fields[KMP_ETW_FIELDS + 5];
    KM_LOG_SITE Other = Site;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Fields); Index += 1) {
        Fields[Index] = KmField("f", "x");
    }
    Record.Fields = Fields;
    Record.FieldCount = KMP_ETW_FIELDS;
    KmpLogMakeEvent(&Event, Traits, &Record);
    OK(Event.Complete);
    IS(Event.DataCount, KMP_ETW_DATA - 2);
    (void)Decode(&Event);
    Record.FieldCount = KMP_ETW_FIELDS + 1;
    KmpLogMakeEvent(&Event, Traits, &Record);
    OK(!Event.Complete);
    (void)Decode(&Event);

    RtlFillMemory(Name, KMP_ETW_METADATA_BYTES, 'n');
    Record.FieldCount = 2;
    Fields[0].Name = Name;
    KmpLogMakeEvent(&Event, Traits, &Record);
    OK(!Event.Complete);
    IS_STRING(Decode(&Event), PREFIX "|f=narrow x,35");
    Other.Target = Name;
    Record.Site = &Other;
    Record.FieldCount = 0;
    KmpLogMakeEvent(&Event, Traits, &Record);
    OK(Event.Complete);
    IS(Decode(&Event)[KMP_ETW_METADATA_BYTES / 2], '|');
    Record.Site = &Site;

    RtlFillMemory(Long, sizeof(Long) - 1, 'l');
    Fields[0] = KmField("long", Long);
    Record.FieldCount = 1;
    KmpLogMakeEvent(&Event, Traits, &Record);
    OK(!Event.Complete);
    IS(Event.Data[Event.DataCount - 1].Size, 0xFFFE);

    // Values of other types share one place for their text.
    for (ULONG Index = 0; Index < 10; Index += 1) {
        static const KM_LOG_TYPE Strange = {KmLogCodeOther, FALSE, NULL};
        static KM_LOG_TYPE Type;

        Type = Strange;
        Type.Write = KmLogHexType.Write;
        Fields[Index] = KmField("strange", KmLogValueOf(&Type, (PVOID)(ULONG_PTR)0xFFFFFFFFFFFFFFFFull, 8));
    }
    Record.FieldCount = 10;
    KmpLogMakeEvent(&Event, Traits, &Record);
    OK(Event.Complete);
    Record.FieldCount = 0;
    (void)Decode(&Event);
}

static void TestSink(void)
{
    static const GUID ProviderId = {
        0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07}};
    static CHAR Name[KM_LOG_ETW_NAME_BYTES + 2];
    KM_LOG_ETW_SINK Sink;

    IS(KmLogEtwSinkOpen(&Sink, &ProviderId, ""), STATUS_INVALID_PARAMETER);
    RtlFillMemory(Name, KM_LOG_ETW_NAME_BYTES + 1, 'n');
    IS(KmLogEtwSinkOpen(&Sink, &ProviderId, Name), STATUS_INVALID_PARAMETER);
    Name[KM_LOG_ETW_NAME_BYTES] = '\0';
    IS(KmLogEtwSinkOpen(&Sink, &ProviderId, Name), STATUS_SUCCESS);
    IS(U16(Sink.Traits), KM_LOG_ETW_NAME_BYTES + 3);
    KmLogEtwSinkClose(&Sink);
    IS(KmLogEtwSinkOpen(&Sink, &ProviderId, "My.Provider"), STATUS_SUCCESS);
    IS_STRING((PCSTR)Sink.Traits + 2, "My.Provider");
    IS(U16(Sink.Traits), 14);
    // Nobody listens, and so nobody is asked.
    IS(KmLogInitWithSink(KmLevelTrace, &Sink.Sink), STATUS_SUCCESS);
    OK(!KmLogEnabled(KmLevelError));
    KmLogSetSinkLevel(&Sink.Sink, KmLevelTrace);
    KmError("to no session");
    IS(KmLogGetLostCount(&Sink.Sink), 0);
    KmLogEtwSinkClose(&Sink);
    IS(KmLogRemoveSink(&Sink.Sink), STATUS_NOT_FOUND);
}

TEST_DRIVER(TestDescriptors, TestTypes, TestTooMuch, TestSink)
