// SPDX-License-Identifier: MIT
// Deferred records become messages, and are handed over.
#include "log/deferred.h"

#include "log/format-record.h"
#include "log/ring-format.h"

ULONG NTAPI KmLogDeferredFormat(const KM_LOG_RING_RECORD *Record, PSTR Buffer, ULONG Bytes)
{
    const KM_LOG_DEFERRED_SITE *Site = (const KM_LOG_DEFERRED_SITE *)Record->Site;
    KMP_RECORD_ARGUMENTS Arguments = {NULL, 0, Record->Data, Record->Bytes};
    static const UCHAR WholeRecord[] = {KMP_ARGUMENT_ANSI_STRING};
    DECLSPEC_ALIGN(8) UCHAR Text[sizeof(KMP_COPIED_ARGUMENT) + KM_LOG_RING_RECORD_BYTES];
    KMP_COPIED_ARGUMENT Copied = {(USHORT)Record->Bytes, 0, 0};

    if (Record->Kind == KmLogRingDeferred && Site != NULL) {
        Arguments.Types = Site->Types;
        Arguments.Count = Site->Count;
        return (ULONG)KmpFormatRecord(Buffer, Bytes, Site->Format, &Arguments);
    }
    // What is text already is the one argument of a format.
    RtlCopyMemory(Text, &Copied, sizeof(Copied));
    RtlCopyMemory(Text + sizeof(Copied), Record->Data, min(Record->Bytes, KM_LOG_RING_RECORD_BYTES));
    Arguments.Types = WholeRecord;
    Arguments.Count = 1;
    Arguments.Payload = Text;
    Arguments.Bytes = sizeof(Text);
    return (ULONG)KmpFormatRecord(Buffer, Bytes, "%s", &Arguments);
}

static VOID NTAPI HandToSinks(PVOID Context, PCKM_LOG_RECORD Record)
{
    UNREFERENCED_PARAMETER(Context);
    KmLogWriteRecord(Record);
}

// A thread and a drain take turns, as one of them has the ring; the count belongs to whoever has read.
static volatile LONG64 MissingBefore;

// Hands over how many records are missing before that one.
static VOID TellMissing(PKM_LOG_RING Ring, const KM_LOG_RECORD *Record, KM_LOG_CALLBACK *Callback,
                        PVOID Context)
{
    static const KM_LOG_SITE Site = {KmLevelWarn, __LINE__, "ring", __FILE__, __func__, NULL};
    KM_LOG_RING_STATISTICS Statistics;
    KM_LOG_RECORD Told = *Record;
    CHAR Buffer[48];
    KM_LOG_TEXT Text;
    LONG64 Missing, Before;

    KmLogRingQuery(Ring, &Statistics);
    Missing = (LONG64)(Statistics.Lost + Statistics.Dropped);
    Before = InterlockedExchange64(&MissingBefore, Missing);
    // There may have been another ring, with more.
    if (Missing <= Before) {
        return;
    }
    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    KmLogTextPutUnsigned(&Text, (ULONG64)(Missing - Before), 10, 1);
    KmLogTextPutString(&Text, " records are missing");
    Told.Site = &Site;
    Told.Message = KmLogTextEnd(&Text);
    Told.MessageLength = Text.Length;
    Callback(Context, &Told);
}

NTSTATUS NTAPI KmLogDeferredDrain(KM_LOG_CALLBACK *Callback, PVOID Context)
{
    static const KM_LOG_SITE Unknown = {KmLevelInfo, 0, "ring", "", "", NULL};
    PKM_LOG_RING Ring = KmpLogDeferredRing;
    KM_LOG_RING_STATISTICS Statistics;
    KM_LOG_RING_RECORD Kept;
    KM_LOG_RECORD Record;
    CHAR Text[KM_LOG_MESSAGE_SIZE];
    NTSTATUS Status = STATUS_SUCCESS;

    if (Ring == NULL) {
        return STATUS_DEVICE_NOT_READY;
    }
    if (Callback == NULL) {
        Callback = HandToSinks;
    }
    RtlZeroMemory(&Record, sizeof(Record));
    // No more than there are now: a sink may write to the ring.
    KmLogRingQuery(Ring, &Statistics);
    for (ULONG64 Left = Statistics.Unread; Left > 0 && Status == STATUS_SUCCESS; Left -= 1) {
        Status = KmLogRingRead(Ring, &Kept);
        if (Status == STATUS_SUCCESS) {
            Record.Site = Kept.Site != NULL ? (PCKM_LOG_SITE)Kept.Site : &Unknown;
            Record.Time = Kept.SystemTime;
            Record.Processor = Kept.Processor;
            Record.Process = Kept.Process;
            Record.Thread = Kept.Thread;
            Record.Irql = Kept.Irql;
            TellMissing(Ring, &Record, Callback, Context);
            Record.MessageLength = KmLogDeferredFormat(&Kept, Text, sizeof(Text));
            Record.Message = Text;
            Callback(Context, &Record);
        }
    }
    return Status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : Status;
}
