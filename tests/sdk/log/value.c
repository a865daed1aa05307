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
    STRING Ansi = {3, 3, "abcdef"};
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
    IS_STRING(AS_TEXT((PSTRING)NULL), "(null)");
    IS_STRING(AS_TEXT(KmLogCountedString("abc", 2)), "ab");
    IS_STRING(AS_TEXT(KmLogCountedWideString(L"abc", 1)), "a");
}

static void TestStatus(void)
{
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_SUCCESS)), "STATUS_SUCCESS(0x00000000)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_ACCESS_DENIED)), "STATUS_ACCESS_DENIED(0xC0000022)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_PENDING)), "STATUS_PENDING(0x00000103)");
    IS_STRING(AS_TEXT(KmLogStatus(STATUS_BUFFER_OVERFLOW)), "STATUS_BUFFER_OVERFLOW(0x80000005)");
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
    IS_STRING(KmLogLevelName(KmLevelTrace), "TRACE");
    IS_STRING(KmLogLevelName((KM_LOG_LEVEL)77), "?");
}

TEST_DRIVER(TestScalars, TestStrings, TestStatus, TestIdentities, TestAddresses, TestTimes, TestIrp,
            TestFields)
