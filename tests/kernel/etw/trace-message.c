// SPDX-License-Identifier: MIT
// Software tracing on a machine where nobody traces.
#define RUN_WPP
#include "test.h"
#include <wmistr.h>

NTKERNELAPI NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid,
                                             USHORT MessageNumber, __builtin_va_list MessageArgList);

static const GUID Message = {0x0d7a9c11, 0x51c5, 0x4d7e, {0x9b, 0x01, 0x3f, 0x6a, 0x11, 0x62, 0x5d, 0x55}};

static NTSTATUS Trace(TRACEHANDLE Handle, ...)
{
    __builtin_va_list Arguments;
    __builtin_va_start(Arguments, Handle);
    NTSTATUS Status = WmiTraceMessageVa(Handle, 2, (LPGUID)&Message, 10, Arguments);
    __builtin_va_end(Arguments);
    return Status;
}

static void TestMessage(void)
{
    ULONG Value = 5;
    IS(WmiTraceMessage(0, 2, (LPGUID)&Message, 10, &Value, sizeof(Value), NULL, 0), STATUS_INVALID_HANDLE);
    IS(WmiTraceMessage(0x1234, 2, (LPGUID)&Message, 10, NULL, 0), STATUS_INVALID_HANDLE);
    IS(Trace(1, &Value, sizeof(Value), NULL, 0), STATUS_INVALID_HANDLE);
    KIRQL OldIrql;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    NTSTATUS Status = WmiTraceMessage(1, 2, (LPGUID)&Message, 10, NULL, 0);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_INVALID_HANDLE);
}

static void TestQuery(void)
{
    static const TRACE_INFORMATION_CLASS OfHandle[] = {TraceIdClass, TraceEnableFlagsClass,
                                                       TraceEnableLevelClass};
    WNODE_HEADER Header = {.BufferSize = sizeof(Header), .HistoricalContext = 0x55};
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"NoSuchSession");
    TRACEHANDLE Handle = 0;
    ULONG Value = 0, Required = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(OfHandle); Index += 1) {
        IS(WmiQueryTraceInformation(OfHandle[Index], &Value, sizeof(Value), &Required, &Header),
           STATUS_INVALID_HANDLE);
        IS(Required, sizeof(ULONG));
        IS(WmiQueryTraceInformation(OfHandle[Index], &Value, sizeof(Value) - 1, NULL, &Header),
           STATUS_INFO_LENGTH_MISMATCH);
        IS(WmiQueryTraceInformation(OfHandle[Index], &Value, sizeof(Value), NULL, NULL),
           STATUS_INVALID_PARAMETER_MIX);
    }
    IS(WmiQueryTraceInformation(TraceIdClass, &Handle, sizeof(Handle), NULL, &Header),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(WmiQueryTraceInformation(TraceHandleClass, &Handle, sizeof(Handle), &Required, &Value),
       STATUS_INVALID_HANDLE);
    IS(Required, sizeof(TRACEHANDLE));
    IS(WmiQueryTraceInformation(TraceHandleClass, &Value, sizeof(Value), NULL, &Value),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(WmiQueryTraceInformation(GlobalLoggerHandleClass, &Handle, sizeof(Handle), NULL, NULL),
       STATUS_NOT_FOUND);
    IS(WmiQueryTraceInformation(AllLoggerHandlesClass, &Handle, sizeof(Handle), &Required, NULL),
       STATUS_SUCCESS);
    IS(Required, 0);
    IS(WmiQueryTraceInformation(TraceHandleByNameClass, &Handle, sizeof(Handle), NULL, &Name),
       STATUS_INVALID_PARAMETER);
    IS(WmiQueryTraceInformation(TraceHandleByNameClass, &Handle, sizeof(Handle), NULL, NULL),
       STATUS_INVALID_PARAMETER_MIX);
    IS(WmiQueryTraceInformation(EventLoggerHandleClass, &Handle, sizeof(Handle), NULL, NULL),
       STATUS_INVALID_INFO_CLASS);
    IS(WmiQueryTraceInformation((TRACE_INFORMATION_CLASS)99, &Handle, sizeof(Handle), NULL, NULL),
       STATUS_INVALID_INFO_CLASS);
}

TEST_DRIVER(TestMessage, TestQuery)
