// SPDX-License-Identifier: MIT
// Log: a sink that writes to a file, from a work item, so that records may come from any IRQL.
//
//     KM_LOG_FILE_OPTIONS Options;
//     static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'goLK');
//     static KM_LOG_FILE_SINK File;
//
//     KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\mydriver.log");
//     Options.MaximumBytes = 1024 * 1024;
//     Options.FileCount = 4;
//     Status = KmLogFileSinkOpen(&File, &Options);
//     if (NT_SUCCESS(Status)) {
//         Status = KmLogAddSink(&File.Sink);
//     }
//     KmInfo("in mydriver.log");
//     KmLogFileSinkFlush(&File);
//     KmLogFileSinkClose(&File);
#ifndef KMODE_LOG_FILE_H
#define KMODE_LOG_FILE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-file.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/log-sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a file sink is made of. The allocator must give memory that is always resident, and stay until the
/// sink is closed; the path is copied. The system allocates one work item by itself (IoAllocateWorkItem).
typedef struct KM_LOG_FILE_OPTIONS {
    PKM_ALLOCATOR Allocator;
    PVOID IoObject;  ///< the driver object, or a device object of its that outlives the sink: kept loaded
                     ///< while the work item runs
    PCWSTR Path;     ///< of the file, in the form of NT: \??\C:\mydriver.log, \SystemRoot\mydriver.log
    ULONG LineCount; ///< so many lines may wait to be written, the next power of two, at most 65,536
    ULONG LineBytes; ///< room of a line, 64 to 65,536; what is longer is cut, and ends in "..."
    ULONG64 MaximumBytes; ///< a file does not grow beyond it; 0: any size
    ULONG FileCount;      ///< so many files at most, 1 to 100: when mydriver.log is full, it is named
                     ///< mydriver.log.1, what had that name mydriver.log.2, and so on; the last is deleted
} KM_LOG_FILE_OPTIONS, *PKM_LOG_FILE_OPTIONS;

typedef struct KMP_LOG_FILE_QUEUE *PKMP_LOG_FILE_QUEUE;

/// The sink. Level and Layout of Sink may be set between open and KmLogAddSink.
typedef struct KM_LOG_FILE_SINK {
    KM_LOG_SINK Sink;
    PKMP_LOG_FILE_QUEUE Queue;    ///< the SDK's
    volatile LONG LastStatus;     ///< of the last write or rotation that failed; STATUS_SUCCESS: none did
    volatile LONG64 BytesWritten; ///< to all files since the sink was opened
} KM_LOG_FILE_SINK, *PKM_LOG_FILE_SINK;

/// Sets 256 lines of 512 bytes, one file of any size.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogFileOptionsInit(_Out_ PKM_LOG_FILE_OPTIONS Options, _In_ PKM_ALLOCATOR Allocator,
                         _In_ PVOID IoObject, _In_ PCWSTR Path);

/// Opens the file, or makes it, to write behind what it has, and makes *Sink a sink for it: every level,
/// every IRQL, KmLogTextLayout. Lines end in "\n". A record that finds no room in the queue, or that cannot
/// be written, is counted as lost. Who opens it closes it by KmLogFileSinkClose.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for options out of range; STATUS_INSUFFICIENT_RESOURCES;
/// what ZwCreateFile returns, STATUS_OBJECT_PATH_NOT_FOUND for instance while C: is not there yet. Nothing is
/// left to close then, and closing is nothing to do; KmLogAddSink refuses the sink.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLogFileSinkOpen(_Out_ PKM_LOG_FILE_SINK Sink, _In_ const KM_LOG_FILE_OPTIONS *Options);

/// Returns when every record that came before it has been written, and the file flushed. Not in a work item
/// of the driver's, which the sink's might have to wait for.
///
/// Returns STATUS_SUCCESS; what ZwFlushBuffersFile returns; STATUS_DEVICE_NOT_READY if the sink is not open.
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI KmLogFileSinkFlush(_In_ PKM_LOG_FILE_SINK Sink);

/// Removes the sink if it is among the sinks, writes what waits, closes the file, gives the memory back.
/// Before the driver's unload. A sink that is not open, or closed already, is nothing to do; one that was
/// never opened is zeroed, as static ones are.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmLogFileSinkClose(_Inout_ PKM_LOG_FILE_SINK Sink);

#ifdef __cplusplus
}
#endif

#endif
