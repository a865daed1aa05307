// SPDX-License-Identifier: MIT
// Filters, from a string and from the registry.
#include "test.h"
#include "capture.h"

static CAPTURE Capture;

// Whether a call of each target and level would be written, asked as KmLogEnabled does, without a place to
// keep what the filter said.
static BOOLEAN Passes(PCSTR Target, KM_LOG_LEVEL Level)
{
    return KmpLogMaximumLevel >= (LONG)Level && KmpLogAskFilter(Target, Level, NULL);
}

static KM_LOG_LEVEL HighestOf(PCSTR Target)
{
    ULONG Level = KmLevelOff;

    while (Level < KmLevelTrace && Passes(Target, (KM_LOG_LEVEL)(Level + 1))) {
        Level += 1;
    }
    return (KM_LOG_LEVEL)Level;
}

static void TestBefore(void)
{
    IS(KmLogSetFilter("info"), STATUS_DEVICE_NOT_READY);
    CaptureInit(&Capture, KmLogTextLayout);
    IS(KmLogInitWithSink(KmLevelInfo, &Capture.Sink), STATUS_SUCCESS);
    IS(HighestOf("any"), KmLevelInfo);
}

static void TestParts(void)
{
    IS(KmLogSetFilter("info,mydrv.net=trace"), STATUS_SUCCESS);
    IS(KmLogGetMaximumLevel(), KmLevelTrace);
    IS(HighestOf("mydrv"), KmLevelInfo);
    IS(HighestOf("mydrv.net"), KmLevelTrace);
    IS(HighestOf("mydrv.net.tcp"), KmLevelTrace);
    IS(HighestOf("mydrv.network"), KmLevelInfo);
    IS(HighestOf("mydrv.ne"), KmLevelInfo);
    IS(HighestOf(""), KmLevelInfo);

    IS(KmLogSetFilter(" a = Warn , a.b=OFF,a.b.c , DEBUG "), STATUS_SUCCESS);
    IS(HighestOf("a"), KmLevelWarn);
    IS(HighestOf("a.x"), KmLevelWarn);
    IS(HighestOf("a.b"), KmLevelOff);
    IS(HighestOf("a.b.x"), KmLevelOff);
    IS(HighestOf("a.b.c"), KmLevelTrace);
    IS(HighestOf("a:b"), KmLevelWarn);
    IS(HighestOf("a/b"), KmLevelWarn);
    IS(HighestOf("b"), KmLevelDebug);

    IS(KmLogSetFilter("a=error"), STATUS_SUCCESS);
    IS(KmLogGetMaximumLevel(), KmLevelError);
    IS(HighestOf("a"), KmLevelError);
    IS(HighestOf("b"), KmLevelOff);
    IS(KmLogSetFilter("a=error,a=info,warn,error"), STATUS_SUCCESS);
    IS(HighestOf("a"), KmLevelInfo);
    IS(HighestOf("b"), KmLevelError);
    // A name that is a level is one with = alone.
    IS(KmLogSetFilter("info=warn"), STATUS_SUCCESS);
    IS(HighestOf("info"), KmLevelWarn);
    IS(HighestOf("other"), KmLevelOff);
    IS(KmLogSetFilter("off"), STATUS_SUCCESS);
    IS(HighestOf("other"), KmLevelOff);

    IS(KmLogSetFilter("trace"), STATUS_SUCCESS);
    KmLogSetMaximumLevel(KmLevelWarn);
    IS(HighestOf("any"), KmLevelWarn);
    IS(KmLogSetFilter(NULL), STATUS_SUCCESS);
    IS(HighestOf("any"), KmLevelWarn);
}

static void TestErrors(void)
{
    static const PCSTR Wrong[] = {"",           " ",       ",",      "info,",      ",info",
                                  "a=",         "=info",   "a=loud", "a=info=x",   "a b=info",
                                  "a\x80=info", "a=infos", "a=inf",  "info,,warn", "a=5"};
    static CHAR Long[KM_LOG_FILTER_BYTES + 2];

    IS(KmLogSetFilter("a=info"), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index += 1) {
        IS(KmLogSetFilter(Wrong[Index]), STATUS_INVALID_PARAMETER);
        IS(HighestOf("a"), KmLevelInfo);
        IS(KmLogGetMaximumLevel(), KmLevelInfo);
    }
    IS(KmLogSetFilter("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"), STATUS_SUCCESS);
    IS(KmLogSetFilter("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q=warn"), STATUS_TOO_MANY_NAMES);
    IS(HighestOf("p"), KmLevelTrace);
    RtlFillMemory(Long, KM_LOG_FILTER_BYTES, 'x');
    IS(KmLogSetFilter(Long), STATUS_SUCCESS);
    IS(HighestOf(Long), KmLevelTrace);
    Long[KM_LOG_FILTER_BYTES] = 'x';
    IS(KmLogSetFilter(Long), STATUS_BUFFER_OVERFLOW);
    IS(HighestOf("p"), KmLevelOff);
}

// One call, whose decision is kept until the filter changes.
static LONG Call(void)
{
    LONG Before = Capture.Count;

    KmDebug("a call");
    if (KmLogEnabled(KmLevelDebug) != (Capture.Count != Before)) {
        return -1;
    }
    return Capture.Count - Before;
}

static void TestCalls(void)
{
    IS(KmLogSetFilter("other=trace"), STATUS_SUCCESS);
    IS(Call(), 0);
    IS(Call(), 0);
    IS(KmLogSetFilter("other=trace,debug"), STATUS_SUCCESS);
    IS(Call(), 1);
    IS(Call(), 1);
    IS(KmLogSetFilter("debug,other=trace," KM_LOG_TARGET "=info"), STATUS_SUCCESS);
    IS(Call(), 0);
    IS(KmLogSetFilter(NULL), STATUS_SUCCESS);
    IS(Call(), 1);
    KmLogSetMaximumLevel(KmLevelInfo);
    IS(Call(), 0);
}

// ---- the registry

static UNICODE_STRING KeyPath = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\KmodeLogFilterTest");

static NTSTATUS SetFrom(ULONG Type, const VOID *Data, ULONG Bytes)
{
    NTSTATUS Status = RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, KeyPath.Buffer, L"LogFilter", Type,
                                            (PVOID)(ULONG_PTR)Data, Bytes);

    return NT_SUCCESS(Status) ? KmLogSetFilterFromRegistry(&KeyPath, L"LogFilter") : Status;
}

static void TestRegistry(void)
{
    static const WCHAR Filter[] = L"warn,net=trace", Unterminated[] = {L'i', L'n', L'f', L'o'};
    static WCHAR Long[KM_LOG_FILTER_BYTES * 2];
    ULONG Number = 5;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    IS(KmLogSetFilterFromRegistry(&KeyPath, L"LogFilter"), STATUS_OBJECT_NAME_NOT_FOUND);
    InitializeObjectAttributes(&Attributes, &KeyPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL), STATUS_SUCCESS);
    IS(KmLogSetFilterFromRegistry(&KeyPath, L"LogFilter"), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(SetFrom(REG_SZ, Filter, sizeof(Filter)), STATUS_SUCCESS);
    IS(HighestOf("net"), KmLevelTrace);
    IS(HighestOf("other"), KmLevelWarn);
    IS(SetFrom(REG_DWORD, &Number, sizeof(Number)), STATUS_OBJECT_TYPE_MISMATCH);
    IS(SetFrom(REG_BINARY, Long, sizeof(Long)), STATUS_OBJECT_TYPE_MISMATCH);
    IS(SetFrom(REG_SZ, L"na\u00efve", 10), STATUS_INVALID_PARAMETER);
    IS(SetFrom(REG_SZ, L"loud=", 12), STATUS_INVALID_PARAMETER);
    IS(SetFrom(REG_SZ, L"", 2), STATUS_INVALID_PARAMETER);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Long); Index += 1) {
        Long[Index] = 'x';
    }
    IS(SetFrom(REG_SZ, Long, sizeof(Long)), STATUS_BUFFER_OVERFLOW);
    IS(SetFrom(REG_SZ, Long, (KM_LOG_FILTER_BYTES + 1) * sizeof(WCHAR)), STATUS_BUFFER_OVERFLOW);
    IS(HighestOf("net"), KmLevelTrace);
    IS(SetFrom(REG_SZ, Long, KM_LOG_FILTER_BYTES * sizeof(WCHAR)), STATUS_SUCCESS);
    IS(HighestOf("net"), KmLevelOff);
    IS(SetFrom(REG_SZ, Unterminated, sizeof(Unterminated)), STATUS_SUCCESS);
    IS(HighestOf("net"), KmLevelInfo);
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    ZwClose(Key);
    IS(KmLogRemoveSink(&Capture.Sink), STATUS_SUCCESS);
}

TEST_DRIVER(TestBefore, TestParts, TestErrors, TestCalls, TestRegistry)
