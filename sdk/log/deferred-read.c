// SPDX-License-Identifier: MIT
// Deferred records become messages, and are handed over.
#include "log/deferred.h"

#include "log/format-record.h"
#include "log/record.h"
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

// What the log itself does with a message.
static VOID NTAPI HandToLog(PVOID Context, const KM_LOG_DEFERRED_MESSAGE *Message)
{
    static const KM_LOG_SITE Unknown = {KmLevelInfo, 0, "ring", "", ""},
                             Losses = {KmLevelWarn, 0, "ring", "", ""};
    KM_LOG_RECORD Record = {Message->Site != NULL ? Message->Site : &Unknown, Message->Text};

    UNREFERENCED_PARAMETER(Context);
    if (Message->Lost != 0) {
        KmLogWrite(&Losses, "%I64u records were lost", Message->Lost);
    }
    KmpLogWriteToDebugger(&Record);
}

static ULONG64 CountLost(PKM_LOG_RING Ring)
{
    KM_LOG_RING_STATISTICS Statistics;

    KmLogRingQuery(Ring, &Statistics);
    return Statistics.Lost + Statistics.Dropped;
}

// A thread and a drain take turns, as one of them has the ring; the count belongs to whoever has read.
static volatile LONG64 LostBefore;

NTSTATUS NTAPI KmLogDeferredDrain(PKM_LOG_DEFERRED_ROUTINE Routine, PVOID Context)
{
    PKM_LOG_RING Ring = KmpLogDeferredRing;
    KM_LOG_DEFERRED_MESSAGE Message;
    KM_LOG_RING_RECORD Record;
    CHAR Text[KM_LOG_MESSAGE_SIZE];
    NTSTATUS Status;

    if (Ring == NULL) {
        return STATUS_DEVICE_NOT_READY;
    }
    while ((Status = KmLogRingRead(Ring, &Record)) == STATUS_SUCCESS) {
        const LONG64 Lost = (LONG64)CountLost(Ring), Before = InterlockedExchange64(&LostBefore, Lost);

        Message.Length = KmLogDeferredFormat(&Record, Text, sizeof(Text));
        Message.Text = Text;
        Message.Site = (PCKM_LOG_SITE)Record.Site;
        Message.SystemTime = Record.SystemTime;
        Message.Processor = Record.Processor;
        // Of another ring before this one there may have been more.
        Message.Lost = Lost > Before ? (ULONG64)(Lost - Before) : 0;
        (Routine != NULL ? Routine : HandToLog)(Context, &Message);
    }
    return Status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : Status;
}
