// SPDX-License-Identifier: MIT
// Log: a sink that writes to Event Tracing for Windows, as TraceLogging does: each event brings the
// description of its fields, so that Windows' tools (tracelog, WPA, PerfView, traceview) decode it without a
// manifest.
//
//     (void)KmLogInit(KmLevelInfo);
//     static const GUID ProviderId = {0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
//     0x07}}; static KM_LOG_ETW_SINK Etw;
//
//     Status = KmLogEtwSinkOpen(&Etw, &ProviderId, "MyCompany.MyDriver");
//     if (NT_SUCCESS(Status)) {
//         Status = KmLogAddSink(&Etw.Sink);
//     }
//     KmInfoFields("opened", KmField("bytes", 4096));
//     KmLogEtwSinkClose(&Etw);
//
// On Windows, `tracelog -start s -guid #6e4ff3b2-01ab-4c5d-8001-020304050607 -f s.etl -level 5` begins a
// session; `kmode run --etw=MyCompany.MyDriver` and the GUID likewise prints what it hears.
#ifndef KMODE_LOG_ETW_H
#define KMODE_LOG_ETW_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-etw.h>"
#endif

#include <kmode/log-sink.h>

/// A provider's name has no more bytes than this.
#define KM_LOG_ETW_NAME_BYTES 126

#ifdef __cplusplus
extern "C" {
#endif

/// The sink. Its Level follows the sessions that listen: KmLevelOff while none does, so that a record that
/// nobody wants costs one comparison. MaximumLevel, which may be set before KmLogAddSink, bounds it.
typedef struct KM_LOG_ETW_SINK {
    KM_LOG_SINK Sink;
    ULONG64 Handle; ///< of EtwRegister
    volatile LONG MaximumLevel;
    UCHAR Traits[2 + KM_LOG_ETW_NAME_BYTES + 1]; ///< the provider's metadata: size, name
} KM_LOG_ETW_SINK, *PKM_LOG_ETW_SINK;

/// Registers the provider, and makes *Sink a sink for it, at every IRQL. Name is the provider's, as tools
/// show it.
///
/// An event is named as the record's target. Its level is ETW's: error 2, warning 3, information 4, verbose 5
/// for debug and trace; time, processor, process and thread are ETW's own. Its fields are message, file,
/// line, function, irql, and those of the record, each with the type that is nearest: integers, pointers,
/// booleans, UTF-8 and UTF-16 strings, GUID, SID, NTSTATUS, FILETIME, IP addresses, binary; what ETW has no
/// type for is a string. What a record's fields refer to must be in system space. A record with more than 20
/// fields, or more than about 500 bytes of names, or that ETW has no room for, is written without the rest,
/// or not at all, and counted as lost. Needs about 2,200 bytes of stack while a session listens.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Name is empty or too long; what EtwRegister returns.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLogEtwSinkOpen(_Out_ PKM_LOG_ETW_SINK Sink, _In_ const GUID *ProviderId, _In_ PCSTR Name);

/// Removes the sink if it is among the sinks, and ends the registration. Before the driver's unload.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmLogEtwSinkClose(_Inout_ PKM_LOG_ETW_SINK Sink);

#ifdef __cplusplus
}
#endif

#endif
