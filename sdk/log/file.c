// SPDX-License-Identifier: MIT
// The log's sink that writes to a file: a bounded queue of lines that writers at any IRQL fill, and a work
// item that empties it. The queue is Dmitry Vyukov's, with one reader.
#include <ntifs.h>
#include "file.h"
#include "runtime/io-work-item.h"
#include "runtime/irql.h"

typedef struct KMP_LOG_FILE_QUEUE {
    PKM_LOG_FILE_SINK Sink;
    PKM_ALLOCATOR Allocator;
    SIZE_T Bytes; // of this and all that stands behind it
    KMP_IO_WORK_ITEM WorkItem;
    PUCHAR Lines; // behind this
    ULONG LineStride;
    ULONG LineBytes;
    ULONG Mask; // the number of lines less 1
    volatile LONG WritePosition;
    volatile LONG ReadPosition;
    volatile LONG Wanted; // so often the work item has been asked for since it began; 0: it does not run
    KDPC Dpc;
    KMP_LOG_FILES Files;
} KMP_LOG_FILE_QUEUE;

#define MAXIMUM_LINES 65536u

static KMP_LOG_FILE_LINE *LineAt(const KMP_LOG_FILE_QUEUE *Queue, LONG Position)
{
    return (KMP_LOG_FILE_LINE *)(Queue->Lines + (SIZE_T)((ULONG)Position & Queue->Mask) * Queue->LineStride);
}

// ---- the reader

static VOID WriteLines(KMP_LOG_FILE_QUEUE *Queue)
{
    for (;;) {
        LONG Position = Queue->ReadPosition;
        KMP_LOG_FILE_LINE *Line = LineAt(Queue, Position);
        NTSTATUS Status;

        // One that is being filled has another one ask for the work item when it is.
        if (InterlockedCompareExchange(&Line->Sequence, 0, 0) != (LONG)((ULONG)Position + 1)) {
            return;
        }
        Status = KmpLogWriteFile(&Queue->Files, Line->Text, Line->Length);
        if (NT_SUCCESS(Status)) {
            InterlockedExchangeAdd64(&Queue->Sink->BytesWritten, Line->Length);
        } else {
            InterlockedExchange(&Queue->Sink->LastStatus, Status);
            InterlockedIncrement64(&Queue->Sink->Sink.Lost);
        }
        InterlockedExchange(&Line->Sequence, (LONG)((ULONG)Position + Queue->Mask + 1));
        InterlockedExchange(&Queue->ReadPosition, (LONG)((ULONG)Position + 1));
    }
}

static KM_ROUTINE Work;
static VOID NTAPI Work(PVOID Context)
{
    KMP_LOG_FILE_QUEUE *Queue = (KMP_LOG_FILE_QUEUE *)Context;
    LONG Seen;

    // When Wanted is 0 the queue may be gone: nothing of it is touched afterwards.
    do {
        Seen = Queue->Wanted;
        WriteLines(Queue);
    } while (InterlockedCompareExchange(&Queue->Wanted, 0, Seen) != Seen);
}

static VOID QueueWork(KMP_LOG_FILE_QUEUE *Queue)
{
    KmpIoWorkItemQueue(&Queue->WorkItem, DelayedWorkQueue);
}

static KDEFERRED_ROUTINE QueueWorkByDpc;
static VOID NTAPI QueueWorkByDpc(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    QueueWork((KMP_LOG_FILE_QUEUE *)Context);
}

// Work items are queued up to DISPATCH_LEVEL, DPCs at every IRQL.
static VOID AskForWork(KMP_LOG_FILE_QUEUE *Queue)
{
    if (KmpGetCurrentIrql() <= DISPATCH_LEVEL) {
        QueueWork(Queue);
    } else {
        (void)KeInsertQueueDpc(&Queue->Dpc, NULL, NULL);
    }
}

// ---- writers

static KMP_LOG_FILE_LINE *TakeLine(KMP_LOG_FILE_QUEUE *Queue, PLONG Taken)
{
    for (;;) {
        LONG Position = Queue->WritePosition;
        KMP_LOG_FILE_LINE *Line = LineAt(Queue, Position);
        LONG Ahead = (LONG)((ULONG)InterlockedCompareExchange(&Line->Sequence, 0, 0) - (ULONG)Position);

        if (Ahead < 0) {
            return NULL;
        }
        if (Ahead == 0 && InterlockedCompareExchange(&Queue->WritePosition, (LONG)((ULONG)Position + 1),
                                                     Position) == Position) {
            *Taken = Position;
            return Line;
        }
    }
}

static VOID NTAPI WriteRecord(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    KMP_LOG_FILE_QUEUE *Queue = ((PKM_LOG_FILE_SINK)Sink)->Queue;
    LONG Position;
    KMP_LOG_FILE_LINE *Line = TakeLine(Queue, &Position);
    KM_LOG_TEXT Text;

    if (Line == NULL) {
        InterlockedIncrement64(&Sink->Lost);
        return;
    }
    // The zero's place is the newline's.
    KmLogTextInit(&Text, Line->Text, Queue->LineBytes);
    if (Sink->Layout != NULL) {
        Sink->Layout(&Text, Record);
    }
    KmLogTextEnd(&Text);
    Text.Buffer[Text.Length] = '\n';
    Line->Length = Text.Length + 1;
    InterlockedExchange(&Line->Sequence, (LONG)((ULONG)Position + 1));
    if (InterlockedIncrement(&Queue->Wanted) == 1) {
        AskForWork(Queue);
    }
}

// ---- open and close

VOID NTAPI KmLogFileOptionsInit(PKM_LOG_FILE_OPTIONS Options, PKM_ALLOCATOR Allocator, PVOID IoObject,
                                PCWSTR Path)
{
    Options->Allocator = Allocator;
    Options->IoObject = IoObject;
    Options->Path = Path;
    Options->LineCount = 256;
    Options->LineBytes = 512;
    Options->MaximumBytes = 0;
    Options->FileCount = 1;
}

static BOOLEAN AreValid(const KM_LOG_FILE_OPTIONS *Options, SIZE_T PathBytes)
{
    return Options->Allocator != NULL && Options->IoObject != NULL && PathBytes != 0 &&
           PathBytes <= 0xFFFF - KMP_LOG_FILE_SUFFIX_CHARACTERS * sizeof(WCHAR) && Options->LineCount != 0 &&
           Options->LineCount <= MAXIMUM_LINES && Options->LineBytes >= 64 && Options->LineBytes <= 65536 &&
           Options->FileCount >= 1 && Options->FileCount <= 100;
}

static SIZE_T Aligned(SIZE_T Bytes)
{
    return (Bytes + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(SIZE_T)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

static PUCHAR Take(PUCHAR *Memory, SIZE_T Bytes)
{
    PUCHAR Taken = *Memory;

    *Memory += Aligned(Bytes);
    return Taken;
}

NTSTATUS NTAPI KmLogFileSinkOpen(PKM_LOG_FILE_SINK Sink, const KM_LOG_FILE_OPTIONS *Options)
{
    SIZE_T PathBytes = 0, PathRoom, RenameRoom, Stride, Bytes;
    ULONG Count = 1;
    KMP_LOG_FILE_QUEUE *Queue;
    PUCHAR Memory;
    NTSTATUS Status;

    while (Options->Path != NULL && Options->Path[PathBytes / sizeof(WCHAR)] != 0) {
        PathBytes += sizeof(WCHAR);
    }
    RtlZeroMemory(Sink, sizeof(*Sink)); // no sink yet: KmLogAddSink refuses it
    if (!AreValid(Options, PathBytes)) {
        return STATUS_INVALID_PARAMETER;
    }
    while (Count < Options->LineCount) {
        Count *= 2;
    }
    PathRoom = PathBytes + KMP_LOG_FILE_SUFFIX_CHARACTERS * sizeof(WCHAR);
    RenameRoom = FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) + PathRoom;
    Stride = Aligned(FIELD_OFFSET(KMP_LOG_FILE_LINE, Text) + Options->LineBytes);
    Bytes = Aligned(sizeof(*Queue)) + Aligned(PathRoom) + Aligned(RenameRoom) + Count * Stride;
    Memory = (PUCHAR)KmAlloc(Options->Allocator, Bytes);
    if (Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    Queue = (KMP_LOG_FILE_QUEUE *)(PVOID)Take(&Memory, sizeof(*Queue));
    Queue->Sink = Sink;
    Queue->Allocator = Options->Allocator;
    Queue->Bytes = Bytes;
    Queue->Files.Count = Options->FileCount;
    Queue->Files.MaximumBytes = Options->MaximumBytes;
    Queue->Files.Path.Buffer = (PWCHAR)(PVOID)Take(&Memory, PathRoom);
    Queue->Files.Path.Length = (USHORT)PathBytes;
    Queue->Files.Path.MaximumLength = (USHORT)PathRoom;
    Queue->Files.NewPath.Buffer = ((PFILE_RENAME_INFORMATION)(PVOID)Take(&Memory, RenameRoom))->FileName;
    Queue->Files.NewPath.MaximumLength = (USHORT)PathRoom;
    RtlCopyMemory(Queue->Files.Path.Buffer, Options->Path, PathBytes);
    RtlCopyMemory(Queue->Files.NewPath.Buffer, Options->Path, PathBytes);
    Queue->Lines = Memory;
    Queue->LineStride = (ULONG)Stride;
    Queue->LineBytes = Options->LineBytes;
    Queue->Mask = Count - 1;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        LineAt(Queue, (LONG)Index)->Sequence = (LONG)Index;
    }

    Status = KmpIoWorkItemInit(&Queue->WorkItem, Options->IoObject, Work, Queue);
    if (!NT_SUCCESS(Status)) {
        goto FreeQueue;
    }
    Status = KmpLogOpenFile(&Queue->Files);
    if (!NT_SUCCESS(Status)) {
        goto FreeWorkItem;
    }
    KeInitializeDpc(&Queue->Dpc, QueueWorkByDpc, Queue);
    KmLogSinkInit(&Sink->Sink, WriteRecord);
    Sink->Sink.Layout = KmLogTextLayout;
    Sink->Queue = Queue;
    return STATUS_SUCCESS;

FreeWorkItem:
    KmpIoWorkItemFree(&Queue->WorkItem);
FreeQueue:
    KmFree(Options->Allocator, Queue, Bytes);
    return Status;
}

static VOID Sleep(VOID)
{
    LARGE_INTEGER Millisecond;

    Millisecond.QuadPart = -10000;
    KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
}

NTSTATUS NTAPI KmLogFileSinkFlush(PKM_LOG_FILE_SINK Sink)
{
    KMP_LOG_FILE_QUEUE *Queue = Sink->Queue;
    IO_STATUS_BLOCK IoStatus;
    LONG End;

    if (Queue == NULL) {
        return STATUS_DEVICE_NOT_READY;
    }
    End = Queue->WritePosition;
    while ((LONG)((ULONG)Queue->ReadPosition - (ULONG)End) < 0) {
        Sleep();
    }
    // The work item must not close the file meanwhile, so this waits for a moment in which it does not run,
    // and is in its place.
    while (InterlockedCompareExchange(&Queue->Wanted, 1, 0) != 0) {
        Sleep();
    }
    NTSTATUS Status =
        Queue->Files.Handle != NULL ? ZwFlushBuffersFile(Queue->Files.Handle, &IoStatus) : STATUS_SUCCESS;
    Work(Queue);
    return Status;
}

VOID NTAPI KmLogFileSinkClose(PKM_LOG_FILE_SINK Sink)
{
    KMP_LOG_FILE_QUEUE *Queue = Sink->Queue;

    if (Queue == NULL) {
        return;
    }
    (void)KmLogRemoveSink(&Sink->Sink);
    while (InterlockedCompareExchange(&Queue->Wanted, 0, 0) != 0) {
        Sleep();
    }
    // The DPC, if there was one, has run, or the work item would not have; it may not have returned yet.
    KeFlushQueuedDpcs();
    KmpIoWorkItemFree(&Queue->WorkItem);
    KmpLogCloseFile(&Queue->Files);
    Sink->Queue = NULL;
    KmFree(Queue->Allocator, Queue, Queue->Bytes);
}
