// SPDX-License-Identifier: MIT
// Log: sinks, where records go. KmLogInit starts with the debugger's alone; others are added and removed
// while the log runs, any number.
//
//     (void)KmLogInit(KmLevelInfo);
//     static KM_LOG_DEBUGGER_SINK Details;
//
//     KmLogDebuggerSinkInit(&Details, 77 /* DPFLTR_IHVDRIVER_ID */, 3 /* DPFLTR_INFO_LEVEL */);
//     Details.Sink.Level = KmLevelTrace;
//     Details.Sink.Layout = KmLogDetailedLayout;
//     Status = KmLogAddSink(&Details.Sink);
//
// A sink of a driver's own is a KM_LOG_SINK, or a structure that begins with one, with its Write routine:
//
//     static VOID NTAPI CountErrors(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
//     {
//         static volatile LONG Errors;
//
//         UNREFERENCED_PARAMETER(Sink);
//         UNREFERENCED_PARAMETER(Record);
//         InterlockedIncrement(&Errors);
//     }
//     static KM_LOG_SINK ErrorCounter = KM_LOG_SINK_INIT(CountErrors, KmLevelError, NULL, HIGH_LEVEL);
#ifndef KMODE_LOG_SINK_H
#define KMODE_LOG_SINK_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-sink.h>"
#endif

#include <kmode/log-record.h>

#ifndef STATUS_ALREADY_REGISTERED
#define STATUS_ALREADY_REGISTERED ((NTSTATUS)0xC0000718L)
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_LOG_SINK KM_LOG_SINK, *PKM_LOG_SINK;

/// Appends the record to Text, as one line without its newline, or several. Called at the IRQL of who logs.
typedef VOID NTAPI KM_LOG_LAYOUT(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_RECORD Record);

/// Takes one record. Called on the processor and at the IRQL of who logs, up to the sink's MaximumIrql, by
/// several processors at once and in the middle of itself (an interrupt routine logs while the thread that it
/// interrupted does).
///
/// A sink may call what logs: such a record goes to the other sinks, and is counted as lost of those that the
/// thread is in. That is told by thread and IRQL, so what interrupts a thread in a sink at the same IRQL (a
/// normal kernel APC, an NMI at HIGH_LEVEL) is lost there, too. It may not remove a sink or set the filter.
typedef VOID NTAPI KM_LOG_SINK_WRITE(_In_ PKM_LOG_SINK Sink, _In_ PCKM_LOG_RECORD Record);

/// One sink. It must stay where it is, in memory that is always resident, while it is among the sinks. Level
/// and Layout may be set by whoever has it before KmLogAddSink, Level by KmLogSetSinkLevel at any time.
struct KM_LOG_SINK {
    KM_LOG_SINK_WRITE *Write;
    volatile LONG Level;   ///< a KM_LOG_LEVEL: records above it are not for this sink
    KM_LOG_LAYOUT *Layout; ///< how Write makes text of a record; NULL: it makes none
    KIRQL MaximumIrql;     ///< a record from above it is not written but counted as lost
    volatile LONG64 Lost;  ///< how many records of its level it did not get, or could not keep

    // The log's.
    struct KM_LOG_SINK *volatile Next;
    volatile LONG State;
};

/// The initializer of a sink in static memory.
#define KM_LOG_SINK_INIT(Write, Level, Layout, MaximumIrql)                                                  \
    {(Write), (Level), (Layout), (MaximumIrql), 0, NULL, 0}

/// Makes *Sink a sink with that Write, for every level, that can write at any IRQL, without a Layout.
///
///     static VOID NTAPI Write(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
///     {
///         CHAR Buffer[200];
///         KM_LOG_TEXT Text;
///
///         UNREFERENCED_PARAMETER(Sink);
///         KmLogTextInit(&Text, Buffer, sizeof(Buffer));
///         if (Record->FieldCount != 0) {
///             KmLogJsonLayout(&Text, Record);
///         } else {
///             KmLogTextLayout(&Text, Record);
///         }
///         DbgPrint("%s\n", KmLogTextEnd(&Text));
///     }
///
///     static NTSTATUS Listen(PKM_LOG_SINK Sink)
///     {
///         KmLogSinkInit(Sink, Write);
///         KmLogSetSinkLevel(Sink, KmLevelWarn);
///         return KmLogAddSink(Sink);
///     }
///
///     static VOID Stop(PKM_LOG_SINK Sink)
///     {
///         (VOID) KmLogRemoveSink(Sink);
///         DbgPrint("%I64u were lost\n", KmLogGetLostCount(Sink));
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogSinkInit(_Out_ PKM_LOG_SINK Sink, _In_ KM_LOG_SINK_WRITE *Write);

/// Adds a sink, before KmLogInit too: it gets every record that is written from now on. No lock is taken, so
/// that a bug-check callback can add one.
///
/// Returns STATUS_SUCCESS; STATUS_ALREADY_REGISTERED if it is among the sinks; STATUS_INVALID_PARAMETER if it
/// has no Write, or its Level is no KM_LOG_LEVEL.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI KmLogAddSink(_In_ PKM_LOG_SINK Sink);

/// Removes a sink, and returns when nobody is in its Write any more, so that it may be freed. A driver
/// removes before its unload those of its sinks that are not its own code and static memory. What the sink
/// has not written yet is its own affair: see each sink's Close or Flush.
///
/// Returns STATUS_SUCCESS; STATUS_NOT_FOUND if it is not among the sinks; STATUS_POSSIBLE_DEADLOCK in a Write
/// of a sink, as it would wait for itself. Nothing has changed then.
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI KmLogRemoveSink(_In_ PKM_LOG_SINK Sink);

/// Sets the level of a sink, whether it is among the sinks or not. A value that is no KM_LOG_LEVEL counts as
/// the nearest one.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogSetSinkLevel(_In_ PKM_LOG_SINK Sink, _In_ KM_LOG_LEVEL Level);

/// How many records of its level the sink did not get, because of their IRQL or because it made them itself,
/// or could not keep.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmLogGetLostCount(_In_ PKM_LOG_SINK Sink);

// ---- layouts

/// `WARN  [target] message name=value name="two words"`
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextLayout(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_RECORD Record);

/// `2026-01-01T00:00:00.0000000Z 0 4:8 @2 WARN  [target] message name=value (file.c:12 Function)`: time in
/// UTC, processor, process:thread, @IRQL before, where the call stands behind.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogDetailedLayout(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_RECORD Record);

/// One JSON object in one line: members time, level, target, file, line, function, processor, process,
/// thread, irql, message, and, if there are any, fields, an object. Fields are numbers, truth values, null
/// for what is NULL, or strings. Valid UTF-8 whatever the record has: bytes that are none become U+FFFD.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogJsonLayout(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_RECORD Record);

// ---- the debugger

/// A sink that writes to the kernel debugger, where DbgView and `kmode run` read too: DbgPrintEx. What is not
/// ASCII it hands on as UTF-8.
typedef struct KM_LOG_DEBUGGER_SINK {
    KM_LOG_SINK Sink;
    ULONG ComponentId; ///< DPFLTR_IHVDRIVER_ID, ...
    ULONG Level;       ///< DPFLTR_ERROR_LEVEL, ..., or a mask with DPFLTR_MASK
} KM_LOG_DEBUGGER_SINK, *PKM_LOG_DEBUGGER_SINK;

/// The sink that KmLogInit adds: DPFLTR_IHVDRIVER_ID at DPFLTR_ERROR_LEVEL, which Windows always shows.
extern KM_LOG_DEBUGGER_SINK KmLogDebugger;

/// Makes *Sink a sink that prints with that component and level of DbgPrintEx, in KmLogTextLayout, from
/// records up to CLOCK_LEVEL - 1: above, Windows' debugger may deadlock with other processors.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogDebuggerSinkInit(_Out_ PKM_LOG_DEBUGGER_SINK Sink, _In_ ULONG ComponentId, _In_ ULONG Level);

// ---- a callback

/// Gets records: as KM_LOG_SINK_WRITE.
typedef VOID NTAPI KM_LOG_CALLBACK(_In_opt_ PVOID Context, _In_ PCKM_LOG_RECORD Record);

/// A sink that calls a routine of the driver's.
///
///     static volatile LONG Warnings;
///     static VOID NTAPI Count(PVOID Context, PCKM_LOG_RECORD Record)
///     {
///         if (Record->Site->Level <= KmLevelWarn) {
///             InterlockedIncrement((volatile LONG *)Context);
///         }
///     }
///     static KM_LOG_CALLBACK_SINK Counter;
///     static NTSTATUS Start(VOID)
///     {
///         KmLogCallbackSinkInit(&Counter, Count, (PVOID)&Warnings);
///         return KmLogAddSink(&Counter.Sink);
///     }
typedef struct KM_LOG_CALLBACK_SINK {
    KM_LOG_SINK Sink;
    KM_LOG_CALLBACK *Callback;
    PVOID Context;
} KM_LOG_CALLBACK_SINK, *PKM_LOG_CALLBACK_SINK;

/// Makes *Sink a sink that calls Callback with Context, for every level, at any IRQL: who wants less sets
/// Sink->Sink.Level or MaximumIrql.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogCallbackSinkInit(_Out_ PKM_LOG_CALLBACK_SINK Sink, _In_ KM_LOG_CALLBACK *Callback,
                          _In_opt_ PVOID Context);

#ifdef __cplusplus
}
#endif

#endif
