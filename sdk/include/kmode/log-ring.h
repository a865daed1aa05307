// SPDX-License-Identifier: MIT
// A ring of log records in memory that is always resident: written on any processor at any IRQL, also by
// what interrupts a writer on its own processor (HIGH_LEVEL, NMI), without a lock; read in order of time by
// the driver, by a program through an IOCTL, and by `kmode log` from a memory dump, where its signature finds
// it.
//
//     PKM_LOG_RING Ring;
//     KM_LOG_RING_STATISTICS Statistics;
//     static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'gnRK');
//
//     Status = KmLogRingCreate(&NonPaged, 64 * 1024, KM_LOG_RING_OVERWRITE, &Ring);
//     if (!NT_SUCCESS(Status)) {
//         return Status;
//     }
//     KmLogRingWrite(Ring, "\x01\x02\x03", 3);
//     KmLogRingQuery(Ring, &Statistics);
//     KmLogRingDelete(Ring);
#ifndef KMODE_LOG_RING_H
#define KMODE_LOG_RING_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-ring.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/log.h>
#include <kmode/log-sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_LOG_RING KM_LOG_RING, *PKM_LOG_RING;

/// What a ring does when it is full: a new record takes the place of the oldest, or is dropped. Either way
/// every record that no reader gets is counted (KmLogRingQuery).
#define KM_LOG_RING_OVERWRITE 0ul
#define KM_LOG_RING_DROP      1ul

/// Which clock stamps records. Without either it is the processor's time stamp counter; or the performance
/// counter, where the other's rate changes (CPUID 80000007h, EDX bit 8 is 0) or does not keep step with the
/// system's time, as under kmode's virtual clock. The performance counter takes longer to read. The coarse
/// one is the interrupt time, which moves with the clock interrupt: the cheapest; records keep their order on
/// each processor, but that of two processors is known only to a millisecond or to fifteen.
#define KM_LOG_RING_PERFORMANCE_COUNTER 2ul
#define KM_LOG_RING_COARSE              4ul

/// Records have the IRQL of who writes them, which is had by a call or from CR8, and takes 5 ns under kmode
/// (docs/log.md). Without it they have 0, and `kmode log` says nothing.
#define KM_LOG_RING_IRQL 8ul

/// Room of a record in bytes; KmLogRingWrite cuts what is longer.
#define KM_LOG_RING_RECORD_BYTES 872

/// The least ring that a call asks for, in bytes a processor. 64 of them are a record with up to 32 bytes,
/// and each 56 bytes more take 64 more.
#define KM_LOG_RING_MINIMUM_BYTES 4096

/// What a record is.
typedef enum KM_LOG_RING_KIND {
    KmLogRingDeferred = 1, ///< of KmInfoDeferred and its like: Data is for KmLogDeferredFormat
    KmLogRingText = 2,     ///< a message of the log: Data is its text, without a zero
    KmLogRingData = 3      ///< of KmLogRingWrite: Data is what it was given
} KM_LOG_RING_KIND;

/// A record, as it was read.
typedef struct KM_LOG_RING_RECORD {
    ULONG64 Time;             ///< by the ring's clock
    LARGE_INTEGER SystemTime; ///< the same in units of 100 ns since 1601, UTC, as near as the clocks allow
    KM_LOG_RING_KIND Kind;
    ULONG Processor;  ///< on which it was written
    HANDLE Process;   ///< the id of that which wrote it; in an interrupt routine, of whom it interrupted
    HANDLE Thread;    ///< likewise
    const VOID *Site; ///< of the call: a PCKM_LOG_SITE; NULL if there is none
    ULONG Bytes;      ///< of Data
    KIRQL Irql;       ///< of who wrote it, if the ring has KM_LOG_RING_IRQL, else 0
    UCHAR Reserved[3];
    UCHAR Data[KM_LOG_RING_RECORD_BYTES];
} KM_LOG_RING_RECORD, *PKM_LOG_RING_RECORD;

/// How many records a ring has had. Written is Read + Unread + Lost; those dropped were not written.
typedef struct KM_LOG_RING_STATISTICS {
    ULONG64 Written;
    ULONG64 Read;
    ULONG64 Unread;  ///< in the ring, for a reader
    ULONG64 Lost;    ///< overwritten before they were read
    ULONG64 Dropped; ///< had no room: the ring was full, or what is to be overwritten was being written
} KM_LOG_RING_STATISTICS, *PKM_LOG_RING_STATISTICS;

/// Makes a ring in memory of Allocator, which must be always resident and outlive the ring: for each
/// processor the largest power of two of bytes that is not above BytesPerProcessor. Flags are KM_LOG_RING_*.
/// Stalls for 45 microseconds, to measure the clock. The caller gives it back by KmLogRingDelete.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for unknown or contradicting flags, or less than
/// KM_LOG_RING_MINIMUM_BYTES; STATUS_INSUFFICIENT_RESOURCES. *Ring is NULL then.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLogRingCreate(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T BytesPerProcessor, _In_ ULONG Flags,
                    _Outptr_result_maybenull_ PKM_LOG_RING *Ring);

/// Makes a ring in a buffer of the caller's, which must be always resident and stay the ring's until
/// KmLogRingDelete:
///
///     static UCHAR Buffer[256 * 1024];
///     static PKM_LOG_RING Ring;
///
///     static NTSTATUS StartRing(VOID)
///     {
///         return KmLogRingInit(Buffer, sizeof(Buffer), KM_LOG_RING_DROP, &Ring);
///     }
///
/// It is shared out among as many processors as it has the least for. Returns as KmLogRingCreate does;
/// STATUS_BUFFER_TOO_SMALL if it is not enough for one.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLogRingInit(_Out_writes_bytes_(Bytes) PVOID Buffer, _In_ SIZE_T Bytes, _In_ ULONG Flags,
                  _Outptr_result_maybenull_ PKM_LOG_RING *Ring);

/// Gives a ring back, with what is unread. Nobody may use it any more. NULL is nothing to do. A ring of
/// KmLogRingInit may be given back at any IRQL.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmLogRingDelete(_In_opt_ PKM_LOG_RING Ring);

/// Writes a record of Bytes, of which those after KM_LOG_RING_RECORD_BYTES are cut. Returns FALSE if it was
/// dropped, which is counted. Any IRQL, any context.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmLogRingWrite(_In_ PKM_LOG_RING Ring, _In_reads_bytes_(Bytes) const VOID *Data, _In_ SIZE_T Bytes);

/// As KmLogRingWrite, for a message of the log, of Bytes without a zero at its end. Site is a constant of the
/// driver's image, or NULL.
///
///     PKM_LOG_RING Ring = NULL; // one that has been made
///     static const KM_LOG_SITE Site = {KmLevelInfo, __LINE__, "mydriver", __FILE__, "Start", NULL};
///
///     KmLogRingWriteText(Ring, &Site, "started", 7);
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmLogRingWriteText(_In_ PKM_LOG_RING Ring, _In_opt_ PCKM_LOG_SITE Site,
                       _In_reads_bytes_(Bytes) PCSTR Text, _In_ SIZE_T Bytes);

/// Takes the oldest record of all processors out of the ring. Records come in the order of their times; one
/// that was being written meanwhile may come later than its time says. A KM_LOG_RING_RECORD is large for a
/// kernel stack: 928 bytes.
///
///     PKM_LOG_RING Ring = NULL; // one that has been made
///     static KM_LOG_RING_RECORD Record;
///
///     while (KmLogRingRead(Ring, &Record) == STATUS_SUCCESS) {
///         DbgPrint("%lu bytes from processor %lu\n", Record.Bytes, Record.Processor);
///     }
///
/// Returns STATUS_SUCCESS; STATUS_NO_MORE_ENTRIES if there is none that is complete; STATUS_DEVICE_BUSY if
/// somebody else reads or copies the ring at this moment. Any IRQL.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogRingRead(_In_ PKM_LOG_RING Ring, _Out_ PKM_LOG_RING_RECORD Record);

/// Fills Buffer, of an IOCTL's request, say, with records in the order of their times, as many as there are
/// or as it has room for, in the form that `kmode log` reads. Outputs of several calls, one behind the other
/// in a file, are read as one. The records are taken out of the ring if Consume, else they stay, and the next
/// copy has them again. Copied is set to the bytes that were filled.
///
///     PKM_LOG_RING Ring = NULL; // one that has been made
///     ULONG Copied;
///
///     Status = KmLogRingCopy(Ring, Irp->AssociatedIrp.SystemBuffer, 65536, TRUE, &Copied);
///     Irp->IoStatus.Information = NT_SUCCESS(Status) ? Copied : 0;
///
/// Returns STATUS_SUCCESS; STATUS_MORE_ENTRIES, a success too, if there are more; STATUS_BUFFER_TOO_SMALL
/// below 2048 bytes; STATUS_DEVICE_BUSY as KmLogRingRead. Any IRQL, if Buffer is resident.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogRingCopy(_In_ PKM_LOG_RING Ring, _Out_writes_bytes_to_(Bytes, *Copied) PVOID Buffer,
                  _In_ ULONG Bytes, _In_ BOOLEAN Consume, _Out_ PULONG Copied);

/// Counts the records; exact while nobody writes. Any IRQL.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogRingQuery(_In_ PKM_LOG_RING Ring, _Out_ PKM_LOG_RING_STATISTICS Statistics);

// ---- a ring as a sink of the log

/// A sink that keeps the log's records in a ring, formatted, for `kmode log` and for KmLogRingRead. At every
/// IRQL; records that the ring drops are the sink's Lost.
///
///     static UCHAR Buffer[64 * 1024];
///     static PKM_LOG_RING Ring;
///     static KM_LOG_RING_SINK Recorder;
///
///     static NTSTATUS StartRecorder(VOID)
///     {
///         NTSTATUS Status = KmLogRingInit(Buffer, sizeof(Buffer), KM_LOG_RING_OVERWRITE, &Ring);
///
///         if (!NT_SUCCESS(Status)) {
///             return Status;
///         }
///         KmLogRingSinkInit(&Recorder, Ring);
///         return KmLogAddSink(&Recorder.Sink);
///     }
typedef struct KM_LOG_RING_SINK {
    KM_LOG_SINK Sink;
    PKM_LOG_RING Ring;
} KM_LOG_RING_SINK, *PKM_LOG_RING_SINK;

/// Makes *Sink a sink that writes into Ring, for every level. Without a Layout, which it has not unless the
/// caller sets one, a record is its message and its fields, for its site says the rest. Ring must stay until
/// the sink has been removed.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogRingSinkInit(_Out_ PKM_LOG_RING_SINK Sink, _In_ PKM_LOG_RING Ring);

// ---- a ring in Windows' crash dumps

/// Keeps a ring in every crash dump that Windows writes, minidumps too, in one piece, where `kmode log` finds
/// it. Zeroed, or static, before it is registered; resident.
typedef struct KM_LOG_RING_CRASH_DATA {
    KBUGCHECK_REASON_CALLBACK_RECORD Callback;
    PKM_LOG_RING Ring;
} KM_LOG_RING_CRASH_DATA, *PKM_LOG_RING_CRASH_DATA;

/// Has the system add the ring to the secondary data of a crash dump, tagged by the GUID of the driver's PDB;
/// of a ring that is larger than the system allows, its first processors. Returns STATUS_SUCCESS;
/// STATUS_ALREADY_REGISTERED if CrashData is registered.
///
///     static KM_LOG_RING_CRASH_DATA CrashData;
///     static PKM_LOG_RING Ring;
///
///     static NTSTATUS KeepRing(VOID)
///     {
///         return KmLogRingRegisterCrashData(&CrashData, Ring);
///     }
///     static VOID ForgetRing(VOID)
///     {
///         KmLogRingDeregisterCrashData(&CrashData);
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogRingRegisterCrashData(_Inout_ PKM_LOG_RING_CRASH_DATA CrashData, _In_ PKM_LOG_RING Ring);

/// Undoes it, before the ring is given back. Without a registration nothing to do.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogRingDeregisterCrashData(_Inout_ PKM_LOG_RING_CRASH_DATA CrashData);

#ifdef __cplusplus
}
#endif

#endif
