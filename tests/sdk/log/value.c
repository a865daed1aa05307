// SPDX-License-Identifier: MIT
// Values of each type as text, and how fields stand in lines and in JSON.
#include "test.h"
#include "capture.h"

static KM_LOG_STRING String;

#define AS_TEXT(Expression) KmLogToString(&String, KmLogValue(Expression))

static void TestScalars(void)
{
    LARGE_INTEGER Large;
    ULARGE_INTEGER Unsigned;
    enum { One = 1 } Enumeration = One;

    Large.QuadPart = -5;
    Unsigned.QuadPart = 0xFFFFFFFFFFFFFFFFull;
    IS_STRING(AS_TEXT(42), "42");
    IS_STRING(AS_TEXT(-42l), "-42");
    IS_STRING(AS_TEXT((LONG64)0x8000000000000000ull), "-9223372036854775808");
    IS_STRING(AS_TEXT((short)-3), "-3");
    IS_STRING(AS_TEXT((signed char)-4), "-4");
    IS_STRING(AS_TEXT(0xFFFFFFFFul), "4294967295");
    IS_STRING(AS_TEXT((UCHAR)255), "255");
    IS_STRING(AS_TEXT((USHORT)65535), "65535");
    IS_STRING(AS_TEXT(7u), "7");
    IS_STRING(AS_TEXT((ULONG64)8), "8");
    IS_STRING(AS_TEXT((char)'x'), "x");
    IS_STRING(AS_TEXT((_Bool)1), "true");
    IS_STRING(AS_TEXT(Large), "-5");
    IS_STRING(AS_TEXT(Unsigned), "18446744073709551615");
    IS_STRING(AS_TEXT(Enumeration), "1");
    IS_STRING(AS_TEXT((PVOID)0x1234), "0x0000000000001234");
    IS_STRING(AS_TEXT((volatile LONG *)0x1234), "0x0000000000001234");
    IS_STRING(AS_TEXT((PVOID)NULL), "(null)");
    IS_STRING(KmLogToString(&String, KmLogHexNumber(0x1F)), "0x1f");
    IS_STRING(KmLogToString(&String, KmLogBoolean(0)), "false");
    IS_STRING(AS_TEXT(KmLogBoolean(256)), "true");
}

static void TestStrings(void)
{
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"na\u00efve");
    UNICODE_STRING Empty = {0, 0, NULL};
    STRING Ansi = {3, 3, "abcdef"}, EmptyAnsi = {0, 0, NULL};
    CHAR Array[] = "array";
    WCHAR WideArray[] = L"wide";

    IS_STRING(AS_TEXT("text"), "text");
    IS_STRING(AS_TEXT(Array), "array");
    IS_STRING(AS_TEXT(WideArray), "wide");
    IS_STRING(AS_TEXT(L"wide \u20ac"), "wide \xe2\x82\xac");
    IS_STRING(AS_TEXT(&Unicode), "na\xc3\xafve");
    IS_STRING(AS_TEXT((PCUNICODE_STRING)&Unicode), "na\xc3\xafve");
    IS_STRING(AS_TEXT(&Ansi), "abc");
    IS_STRING(AS_TEXT((PCSTR)NULL), "(null)");
    IS_STRING(AS_TEXT((PCWSTR)NULL), "(null)");
    IS_STRING(AS_TEXT((PUNICODE_STRING)NULL), "(null)");
    IS_STRING(AS_TEXT(&Empty), "");
    IS_STRING(AS_TEXT(Empty), "");
    IS_STRING(AS_TEXT(&EmptyAnsi), "");
    IS_STRING(AS_TEXT(EmptyAnsi), "");
    IS_STRING(AS_TEXT((PSTRING)NULL), "(null)");
    IS_STRING(AS_TEXT(KmLogCountedString("abc", 2)), "ab");
    IS_STRING(AS_TEXT(KmLogCountedWideString(L"abc", 1)), "a");
}

// The fewest digits that tell a number from its neighbours: as Python's repr has them, with our own
// exponents.
static void TestFloats(void)
{
    static const struct {
        double Number;
        PCSTR Text;
    } Cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.0001, "0.0001"},
        {1e-05, "0.00001"},
        {0.3333333333333333, "0.3333333333333333"},
        {0.6666666666666666, "0.6666666666666666"},
        {100.0, "100.0"},
        {1000000000000000.0, "1000000000000000.0"},
        {1e+16, "1e16"},
        {123456789012345.6, "123456789012345.6"},
        {9007199254740992.0, "9007199254740992.0"},
        {1e+22, "1e22"},
        {1e+23, "1e23"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {1.7976931348623157e+308, "1.7976931348623157e308"},
        {4.35, "4.35"},
        {3.14159265358979, "3.14159265358979"},
        {6.02214076e+23, "6.02214076e23"},
        {1.6e-35, "1.6e-35"},
        {0.5, "0.5"},
        {9.5367431640625e-07, "9.5367431640625e-7"},
        {9007199254740992.0, "9007199254740992.0"},
        {1.152921504606847e+18, "1.152921504606847e18"},
        {8.98846567431158e+307, "8.98846567431158e307"},
        {4.450147717014403e-308, "4.450147717014403e-308"},
        {0.000123, "0.000123"},
        {-1.989032661366619e+244, "-1.989032661366619e244"},
        {7.761117632285041e+178, "7.761117632285041e178"},
        {3.980498358697587e-249, "3.980498358697587e-249"},
        {-1.5432835417340557e+88, "-1.5432835417340557e88"},
        {1.3647584518757569e-192, "1.3647584518757569e-192"},
        {-1.3701135617873088e-206, "-1.3701135617873088e-206"},
        {-1.7160537630466207e+197, "-1.7160537630466207e197"},
        {6.294675241195386e-44, "6.294675241195386e-44"},
        {1.0613447212142254e-202, "1.0613447212142254e-202"},
        {4.708325160387546e+207, "4.708325160387546e207"},
        {6.387016158513563e-12, "6.387016158513563e-12"},
        {-9.973130378568733e-246, "-9.973130378568733e-246"},
        {8.779753225680271e-236, "8.779753225680271e-236"},
        {-5.795503248498993e-228, "-5.795503248498993e-228"},
        {-5.988180159386011e+243, "-5.988180159386011e243"},
        {-1.306052388527796e-147, "-1.306052388527796e-147"},
        {-2.436117699484841e-206, "-2.436117699484841e-206"},
        {2.233386999150174e-232, "2.233386999150174e-232"},
        {-3.51527970626667e-203, "-3.51527970626667e-203"},
        {1.5987381841032883e-247, "1.5987381841032883e-247"},
        {4.6678633181812096e-36, "4.6678633181812096e-36"},
        {-8.441872792105456e-239, "-8.441872792105456e-239"},
        {1.9015657400796622e-144, "1.9015657400796622e-144"},
        {7.370437700706684e+208, "7.370437700706684e208"},
        {-1.7163996725272777e-258, "-1.7163996725272777e-258"},
        {-3.2367190832119987e-221, "-3.2367190832119987e-221"},
        {-2.2818334634712625e-234, "-2.2818334634712625e-234"},
        {-3.0536383926309363e-84, "-3.0536383926309363e-84"},
        {1.3449551894627777e-181, "1.3449551894627777e-181"},
        {-7.317495976062606e-221, "-7.317495976062606e-221"},
        {5.249822308814304e-77, "5.249822308814304e-77"},
        {1.5450754142984396e-188, "1.5450754142984396e-188"},
        {-3.953625698224792e-47, "-3.953625698224792e-47"},
        {-2.72491267476498e-229, "-2.72491267476498e-229"},
        {-6.505141861548772e-162, "-6.505141861548772e-162"},
        {1.441484839555994e+304, "1.441484839555994e304"},
        {-1.4583679262758548e-269, "-1.4583679262758548e-269"},
        {-7.939416668807721e+33, "-7.939416668807721e33"},
        {1.4255183989699612e+266, "1.4255183989699612e266"},
        {-1.525315701232403e+214, "-1.525315701232403e214"},
    };
    static const volatile double Zero = 0.0, One = 1.0;
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        IS_STRING(AS_TEXT(Cases[Index].Number), Cases[Index].Text);
    }
    KeLowerIrql(OldIrql);
    IS_STRING(AS_TEXT(2.5f), "2.5");
    IS_STRING(AS_TEXT(0.1f), "0.10000000149011612");
    IS_STRING(AS_TEXT((long double)0.25), "0.25");
    IS_STRING(AS_TEXT(One / Zero), "inf");
    IS_STRING(AS_TEXT(-One / Zero), "-inf");
    IS_STRING(AS_TEXT(Zero / Zero), "nan");
}

static void TestStatus(void)
{
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_SUCCESS)), "STATUS_SUCCESS(0x00000000)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_ACCESS_DENIED)), "STATUS_ACCESS_DENIED(0xC0000022)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_PENDING)), "STATUS_PENDING(0x00000103)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_BUFFER_OVERFLOW)), "STATUS_BUFFER_OVERFLOW(0x80000005)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_POSSIBLE_DEADLOCK)), "STATUS_POSSIBLE_DEADLOCK(0xC0000194)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_INVALID_PARAMETER_2)), "STATUS_INVALID_PARAMETER_2(0xC00000F0)");
    IS_STRING(AS_TEXT(KmLogStatus((NTSTATUS)0xE1234567)), "0xE1234567");
    IS_STRING(AS_TEXT(KmLogStatus((NTSTATUS)0xFFFFFFFF)), "0xFFFFFFFF");
}

static void TestIdentities(void)
{
    static const GUID Guid = {0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xFF}};
    static const UCHAR System[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const UCHAR User[] = {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    static const UCHAR Large[] = {1, 0, 0, 1, 0, 0, 0, 0};

    IS_STRING(AS_TEXT(&Guid), "{6e4ff3b2-01ab-4c5d-8001-0203040506ff}");
    IS_STRING(AS_TEXT((GUID *)NULL), "(null)");
    IS_STRING(AS_TEXT(KmLogSid(System)), "S-1-5-18");
    IS_STRING(AS_TEXT(KmLogSid(User)), "S-1-5-21-4294967295");
    IS_STRING(AS_TEXT(KmLogSid(Large)), "S-1-0x000100000000");
    IS_STRING(AS_TEXT(KmLogSid(NULL)), "(null)");
    IS_STRING(AS_TEXT(KmLogBytes("\x01\xAB\xff", 3)), "01abff");
    IS_STRING(AS_TEXT(KmLogBytes(NULL, 3)), "(null)");
    IS_STRING(AS_TEXT(KmLogBytes("", 0)), "");
}

static PCSTR Ipv6(USHORT A, USHORT B, USHORT C, USHORT D, USHORT E, USHORT F, USHORT G, USHORT H)
{
    const USHORT Groups[] = {A, B, C, D, E, F, G, H};
    UCHAR Address[16];

    for (ULONG Index = 0; Index < 8; Index += 1) {
        Address[2 * Index] = (UCHAR)(Groups[Index] >> 8);
        Address[2 * Index + 1] = (UCHAR)Groups[Index];
    }
    return AS_TEXT(KmLogIpv6(Address));
}

static void TestAddresses(void)
{
    IS_STRING(AS_TEXT(KmLogIpv4("\xc0\x00\x02\xff")), "192.0.2.255");
    IS_STRING(AS_TEXT(KmLogIpv4(NULL)), "(null)");
    IS_STRING(AS_TEXT(KmLogIpv6(NULL)), "(null)");
    IS_STRING(Ipv6(0, 0, 0, 0, 0, 0, 0, 0), "::");
    IS_STRING(Ipv6(0, 0, 0, 0, 0, 0, 0, 1), "::1");
    IS_STRING(Ipv6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), "2001:db8::1");
    IS_STRING(Ipv6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), "2001:db8::");
    IS_STRING(Ipv6(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), "2001:db8:0:1:1:1:1:1");
    IS_STRING(Ipv6(0x2001, 0, 0, 1, 0, 0, 0, 1), "2001:0:0:1::1");
    IS_STRING(Ipv6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), "2001:db8::1:0:0:1");
    IS_STRING(Ipv6(0, 0, 0, 0, 0, 0xFFFF, 0xC000, 0x0201), "::ffff:192.0.2.1");
    IS_STRING(Ipv6(1, 2, 3, 4, 5, 6, 7, 8), "1:2:3:4:5:6:7:8");
    IS_STRING(Ipv6(0, 2, 3, 4, 5, 6, 7, 8), "0:2:3:4:5:6:7:8");
    IS_STRING(Ipv6(0, 0, 3, 4, 5, 6, 7, 8), "::3:4:5:6:7:8");
}

static PCSTR Time(SHORT Year, SHORT Month, SHORT Day, SHORT Hour, SHORT Minute, SHORT Second,
                  SHORT Milliseconds)
{
    TIME_FIELDS Fields = {Year, Month, Day, Hour, Minute, Second, Milliseconds, 0};
    LARGE_INTEGER SystemTime = {0};

    OK(RtlTimeFieldsToTime(&Fields, &SystemTime));
    return KmLogToString(&String, KmLogTime(SystemTime));
}

static void TestTimes(void)
{
    LARGE_INTEGER Zero = {0};

    IS_STRING(KmLogToString(&String, KmLogTime(Zero)), "1601-01-01T00:00:00.0000000Z");
    IS_STRING(Time(1970, 1, 1, 0, 0, 0, 0), "1970-01-01T00:00:00.0000000Z");
    IS_STRING(Time(2000, 2, 29, 23, 59, 59, 999), "2000-02-29T23:59:59.9990000Z");
    IS_STRING(Time(2100, 2, 28, 1, 2, 3, 4), "2100-02-28T01:02:03.0040000Z");
    IS_STRING(Time(2100, 3, 1, 0, 0, 0, 0), "2100-03-01T00:00:00.0000000Z");
    IS_STRING(Time(2026, 12, 31, 12, 0, 0, 1), "2026-12-31T12:00:00.0010000Z");
    IS_STRING(Time(9999, 12, 31, 0, 0, 0, 0), "9999-12-31T00:00:00.0000000Z");
}

static void TestIrp(void)
{
    CHAR Buffer[400], Expected[400];
    KM_LOG_TEXT Text;
    PIRP Irp = IoAllocateIrp(2, FALSE);
    KM_LOG_VALUE Value = KmLogValue(Irp);

    OK(Irp != NULL);
    if (Irp == NULL) {
        return;
    }
    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    KmLogTextPutValue(&Text, &Value);
    KmLogTextInit(&Text, Expected, sizeof(Expected));
    KmLogTextPutFormat(&Text, "IRP %p status=0x00000000 information=0", Irp);
    Buffer[53] = '\0';
    KmLogTextEnd(&Text);
    Expected[53] = '\0';
    IS_STRING(Buffer, Expected);

    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode = 0x222004;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.InputBufferLength = 4;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength = 8;
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 3;
    Irp->Cancel = TRUE;
    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    KmLogTextPutValue(&Text, &Value);
    KmLogTextEnd(&Text);
    KmLogTextInit(&Text, Expected, sizeof(Expected));
    KmLogTextPutFormat(
        &Text,
        "IRP %p IRP_MJ_DEVICE_CONTROL code=0x222004 input=4 output=8 device=%p status=0xc0000120 "
        "information=3 cancelled",
        Irp, NULL);
    KmLogTextEnd(&Text);
    IS_STRING(Buffer, Expected);

    IoGetCurrentIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length = 512;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart = 1024;
    Irp->Cancel = FALSE;
    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    KmLogTextPutValue(&Text, &Value);
    KmLogTextEnd(&Text);
    KmLogTextInit(&Text, Expected, sizeof(Expected));
    KmLogTextPutFormat(&Text,
                       "IRP %p IRP_MJ_READ length=512 offset=1024 device=%p status=0xc0000120 information=3",
                       Irp, NULL);
    KmLogTextEnd(&Text);
    IS_STRING(Buffer, Expected);
    IoFreeIrp(Irp);
    IS_STRING(AS_TEXT((PIRP)NULL), "(null)");
}

typedef struct RANGE {
    ULONG First, Last;
} RANGE;

static VOID NTAPI WriteRange(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    const RANGE *Range = (const RANGE *)Value->Content.Pointer;

    KmLogTextPutFormat(Text, "%lu to %lu", Range->First, Range->Last);
}

static const KM_LOG_TYPE RangeType = {KmLogCodeOther, FALSE, WriteRange};

static void TestFields(void)
{
    UNICODE_STRING Empty = {0, 0, NULL};
    static const KM_LOG_SITE Site = {KmLevelWarn, 12, "target", "dir\\file.c", "Function", NULL};
    static const WCHAR LongWide[] =
        L"0123456789012345678901234567890123456789012345678901234567890\u20ac\u20ac";
    static CAPTURE Capture;
    RANGE Range = {1, 9};
    KM_LOG_RECORD Record;

    CaptureInit(&Capture, KmLogTextLayout);
    KmLogRecordInit(&Record, &Site);
    IS(Record.Irql, PASSIVE_LEVEL);
    OK(Record.Process == PsGetCurrentProcessId() && Record.Thread == PsGetCurrentThreadId());
    OK(Record.Processor < KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS));
    OK(Record.Time.QuadPart > 0x01D000000000000ll);
    IS(Record.MessageLength, 0);
    IS(Record.FieldCount, 0);

    const KM_LOG_FIELD Fields[] = {KmField("plain", "abc"),
                                   KmField("blank", "a b"),
                                   KmField("empty", ""),
                                   KmField("quote", "a\"\\\n\x01\xff"),
                                   KmField("number", -1),
                                   KmField("truth", KmLogBoolean(1)),
                                   KmField("range", KmLogValueOf(&RangeType, &Range, sizeof(Range))),
                                   KmField("wide", LongWide)};
    Record.Message = "a \"message\"";
    Record.MessageLength = 11;
    Record.Fields = Fields;
    Record.FieldCount = RTL_NUMBER_OF(Fields);
    CaptureWrite(&Capture.Sink, &Record);
    IS_STRING(Capture.Line,
              "WARN  [target] a \"message\" plain=abc blank=\"a b\" empty=\"\" "
              "quote=\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\" "
              "number=-1 truth=true range=\"1 to 9\" "
              "wide=0123456789012345678901234567890123456789012345678901234567890\xe2\x82\xac\xe2\x82\xac");

    Record.Time.QuadPart = 0;
    Record.Processor = 3;
    Record.Process = (HANDLE)4;
    Record.Thread = (HANDLE)8;
    Record.Irql = 2;
    Capture.Sink.Layout = KmLogJsonLayout;
    CaptureWrite(&Capture.Sink, &Record);
    IS_STRING(
        Capture.Line,
        "{\"time\":\"1601-01-01T00:00:00.0000000Z\",\"level\":\"WARN\",\"target\":\"target\",\"file\":"
        "\"dir\\\\file.c\","
        "\"line\":12,\"function\":\"Function\",\"processor\":3,\"process\":4,\"thread\":8,\"irql\":2,"
        "\"message\":\"a \\\"message\\\"\",\"fields\":{\"plain\":\"abc\",\"blank\":\"a b\",\"empty\":\"\","
        "\"quote\":\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\",\"number\":-1,\"truth\":true,\"range\":\"1 to 9\","
        "\"wide\":\"0123456789012345678901234567890123456789012345678901234567890\xe2\x82\xac\xe2\x82\xac\"}"
        "}");

    Record.FieldCount = 1;
    Capture.Sink.Layout = KmLogDetailedLayout;
    CaptureWrite(&Capture.Sink, &Record);
    IS_STRING(Capture.Line, "1601-01-01T00:00:00.0000000Z 3 4:8 @2 WARN  [target] a \"message\" plain=abc "
                            "(dir\\file.c:12 Function)");

    Record.Message = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xc3 \xe2\x82 \xed\xa0\x80 \xc0\x80 \xf5 \x80";
    Record.MessageLength = 25;
    Record.FieldCount = 0;
    Capture.Sink.Layout = KmLogJsonLayout;
    CaptureWrite(&Capture.Sink, &Record);
    IS_STRING(Capture.Line + 181,
              "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd "
              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd "
              "\xef\xbf\xbd\"}");

    // What is NULL is null, and nothing else is.
    const KM_LOG_FIELD Nulls[] = {KmField("a", (PCSTR)NULL),
                                  KmField("b", (PUNICODE_STRING)NULL),
                                  KmField("c", (PVOID)NULL),
                                  KmField("d", (GUID *)NULL),
                                  KmField("e", KmLogSid(NULL)),
                                  KmField("f", (PIRP)NULL),
                                  KmField("g", KmLogBytes(NULL, 3)),
                                  KmField("h", KmLogIpv4(NULL)),
                                  KmField("i", 0),
                                  KmField("j", KmLogHexNumber(0)),
                                  KmField("k", &Empty)};
    Record.Message = "";
    Record.MessageLength = 0;
    Record.Fields = Nulls;
    Record.FieldCount = RTL_NUMBER_OF(Nulls);
    CaptureWrite(&Capture.Sink, &Record);
    IS_STRING(Capture.Line + 181, "\"\",\"fields\":{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":null,"
                                  "\"f\":null,\"g\":null,\"h\":null,\"i\":0,\"j\":\"0x0\",\"k\":\"\"}}");

    IS_STRING(KmLogLevelName(KmLevelTrace), "TRACE");
    IS_STRING(KmLogLevelName((KM_LOG_LEVEL)77), "?");
}

TEST_DRIVER(TestScalars, TestFloats, TestStrings, TestStatus, TestIdentities, TestAddresses, TestTimes,
            TestIrp, TestFields)
