// SPDX-License-Identifier: MIT
// Records of a log ring are copied into a buffer, which `kmode log` reads.
#include "log/ring.h"

#define LEAST_BYTES 2048 // as log-ring.h says

C_ASSERT(sizeof(KMP_RING_HEADER) + sizeof(KMP_STREAM_RECORD) + KMP_RECORD_BYTES <= LEAST_BYTES);

// A copy that leaves the records starts anew each time.
static VOID StartCursors(KM_LOG_RING *Ring)
{
    for (ULONG Number = 0; Number < Ring->Header.Processors; Number += 1) {
        KMP_RING_PROCESSOR *Processor = KmpRingProcessor(Ring, Number);

        Processor->Cursor = Processor->Tail;
        Processor->CursorLost = 0;
    }
}

static VOID FillHeader(const KM_LOG_RING *Ring, KMP_RING_HEADER *Header, ULONG64 Bytes, BOOLEAN Keep)
{
    *Header = Ring->Header;
    Header->Bytes = Bytes;
    Header->HeaderBytes = sizeof(*Header);
    Header->Processors = 0;
    Header->Slots = 0;
    Header->ProcessorBytes = 0;
    for (ULONG Number = 0; Number < Ring->Header.Processors; Number += 1) {
        const KMP_RING_PROCESSOR *Processor = KmpRingProcessor(Ring, Number);

        Header->Lost += Processor->Lost + (Keep ? Processor->CursorLost : 0);
        Header->Dropped += Processor->Dropped;
    }
    Header->Signature[1] = KMP_RING_STREAM_SIGNATURE1;
}

NTSTATUS NTAPI KmLogRingCopy(PKM_LOG_RING Ring, PVOID Buffer, ULONG Bytes, BOOLEAN Consume, PULONG Copied)
{
    const BOOLEAN Keep = !Consume;
    PUCHAR Output = (PUCHAR)Buffer;
    ULONG Used = sizeof(KMP_RING_HEADER);
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Block;

    *Copied = 0;
    if (Bytes < LEAST_BYTES) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (!KmpRingBeginReading(Ring)) {
        return STATUS_DEVICE_BUSY;
    }
    if (Keep) {
        StartCursors(Ring);
    }
    for (;;) {
        KMP_STREAM_RECORD Record;
        ULONG Payload;

        // There is room for any record, or the ring stays as it is.
        if (Bytes - Used < sizeof(Record) + KMP_RECORD_BYTES) {
            Status = STATUS_MORE_ENTRIES;
            break;
        }
        if (!KmpRingPeek(Ring, Keep, &Record, Output + Used + sizeof(Record), &Block)) {
            break;
        }
        RtlCopyMemory(Output + Used, &Record, sizeof(Record));
        Payload = min(KMP_WORD_BYTES(Record.Word), KMP_RECORD_BYTES);
        Used += sizeof(Record) + Payload;
        for (; Used % 8 != 0; Used += 1) {
            Output[Used] = 0;
        }
        KmpRingAdvance(Ring, Keep, Block, Record.Word);
    }
    FillHeader(Ring, (KMP_RING_HEADER *)Buffer, Used, Keep);
    KmpRingEndReading(Ring);
    *Copied = Used;
    return Status;
}
