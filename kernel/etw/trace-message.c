// SPDX-License-Identifier: MIT
// Software tracing (WPP) as drivers call it. No trace session exists on the machine: no handle is one of a
// session's.
#include "inc/kernel.h"

// No header of the driver kit's declares it but for drivers that define RUN_WPP.
NTSTATUS WmiTraceMessage(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid,
                         USHORT MessageNumber, ...);
NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid,
                                 USHORT MessageNumber, __builtin_va_list MessageArgList);

// STATUS_INVALID_HANDLE. Any IRQL. (wdm)
NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid,
                                 USHORT MessageNumber, __builtin_va_list MessageArgList)
{
    UNREFERENCED_PARAMETER(LoggerHandle);
    UNREFERENCED_PARAMETER(MessageFlags);
    UNREFERENCED_PARAMETER(MessageGuid);
    UNREFERENCED_PARAMETER(MessageNumber);
    UNREFERENCED_PARAMETER(MessageArgList);
    return STATUS_INVALID_HANDLE;
}

// The same. (wdm)
NTSTATUS WmiTraceMessage(TRACEHANDLE LoggerHandle, ULONG MessageFlags, LPGUID MessageGuid,
                         USHORT MessageNumber, ...)
{
    UNREFERENCED_PARAMETER(LoggerHandle);
    UNREFERENCED_PARAMETER(MessageFlags);
    UNREFERENCED_PARAMETER(MessageGuid);
    UNREFERENCED_PARAMETER(MessageNumber);
    return STATUS_INVALID_HANDLE;
}

// What is asked of each class, and what is answered where nobody traces.
static const struct {
    UCHAR Bytes; // of the answer
    BOOLEAN Exact, NeedsInput;
    NTSTATUS Status;
} EtwpTraceClasses[] = {
    [TraceIdClass] = {sizeof(ULONG), TRUE, TRUE, STATUS_INVALID_HANDLE},
    [TraceHandleClass] = {sizeof(TRACEHANDLE), TRUE, TRUE, STATUS_INVALID_HANDLE},
    [TraceEnableFlagsClass] = {sizeof(ULONG), FALSE, TRUE, STATUS_INVALID_HANDLE},
    [TraceEnableLevelClass] = {sizeof(ULONG), FALSE, TRUE, STATUS_INVALID_HANDLE},
    [GlobalLoggerHandleClass] = {sizeof(TRACEHANDLE), TRUE, FALSE, STATUS_NOT_FOUND},
    [EventLoggerHandleClass] = {0, FALSE, FALSE, STATUS_INVALID_INFO_CLASS},
    [AllLoggerHandlesClass] = {0, FALSE, FALSE, STATUS_SUCCESS},
    [TraceHandleByNameClass] = {sizeof(TRACEHANDLE), TRUE, TRUE, STATUS_INVALID_PARAMETER},
};

// RequiredLength is optional. STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH,
// STATUS_INVALID_PARAMETER_MIX (no Buffer for a class that needs one); then STATUS_INVALID_HANDLE,
// STATUS_NOT_FOUND (the global logger), STATUS_INVALID_PARAMETER (a name), or STATUS_SUCCESS with no handle
// of none. Any IRQL. (wdm)
NTSTATUS NTAPI WmiQueryTraceInformation(TRACE_INFORMATION_CLASS TraceInformationClass, PVOID TraceInformation,
                                        ULONG TraceInformationLength, PULONG RequiredLength, PVOID Buffer)
{
    ULONG Class = (ULONG)TraceInformationClass;
    UNREFERENCED_PARAMETER(TraceInformation);
    if (Class >= RTL_NUMBER_OF(EtwpTraceClasses) || Class == EventLoggerHandleClass) {
        return STATUS_INVALID_INFO_CLASS;
    }
    ULONG Bytes = EtwpTraceClasses[Class].Bytes;
    if (RequiredLength != NULL) {
        *RequiredLength = Bytes;
    }
    if (TraceInformationLength < Bytes ||
        (EtwpTraceClasses[Class].Exact && TraceInformationLength != Bytes)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (EtwpTraceClasses[Class].NeedsInput && Buffer == NULL) {
        return STATUS_INVALID_PARAMETER_MIX;
    }
    return EtwpTraceClasses[Class].Status;
}
