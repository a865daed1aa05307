// SPDX-License-Identifier: MIT
// Opportunistic locks: who is granted which, what breaks them, acknowledgments, waiting and cancelling.
#include "request.h"

#define R   OPLOCK_LEVEL_CACHE_READ
#define RH  (R | OPLOCK_LEVEL_CACHE_HANDLE)
#define RW  (R | OPLOCK_LEVEL_CACHE_WRITE)
#define RWH (RH | OPLOCK_LEVEL_CACHE_WRITE)

static FILE_OBJECT Owner, Second, Other;
static OPLOCK Oplock;

typedef union _BUFFERS {
    REQUEST_OPLOCK_INPUT_BUFFER Input;
    REQUEST_OPLOCK_OUTPUT_BUFFER Output;
} BUFFERS;

static PIO_STACK_LOCATION MakeFor(REQUEST *Request, PFILE_OBJECT File, UCHAR Major)
{
    PIO_STACK_LOCATION Stack = MakeRequest(Request, Major, 0);
    Stack->FileObject = File;
    return Stack;
}

// ---- Requests

static NTSTATUS AskCounted(REQUEST *Request, PFILE_OBJECT File, ULONG Code, ULONG OpenCount)
{
    MakeFor(Request, File, IRP_MJ_FILE_SYSTEM_CONTROL)->Parameters.FileSystemControl.FsControlCode = Code;
    return FsRtlOplockFsctrl(&Oplock, Request->Irp, OpenCount);
}

static NTSTATUS Ask(REQUEST *Request, PFILE_OBJECT File, ULONG Code)
{
    BOOLEAN Shared = Code == FSCTL_REQUEST_OPLOCK_LEVEL_2;
    return AskCounted(Request, File, Code, Shared ? 0 : 1);
}

static NTSTATUS Cached(REQUEST *Request, BUFFERS *Buffers, PFILE_OBJECT File, ULONG Level, ULONG Flags,
                       ULONG OpenCount, ULONG ControlFlags)
{
    PIO_STACK_LOCATION Stack = MakeFor(Request, File, IRP_MJ_FILE_SYSTEM_CONTROL);
    *Buffers = (BUFFERS){.Input = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof(Buffers->Input), Level, Flags}};
    Request->Irp->AssociatedIrp.SystemBuffer = Buffers;
    Stack->Parameters.FileSystemControl.FsControlCode = FSCTL_REQUEST_OPLOCK;
    Stack->Parameters.FileSystemControl.InputBufferLength = sizeof(Buffers->Input);
    Stack->Parameters.FileSystemControl.OutputBufferLength = sizeof(Buffers->Output);
    return FsRtlOplockFsctrlEx(&Oplock, Request->Irp, OpenCount, ControlFlags);
}

static NTSTATUS AskCached(REQUEST *Request, BUFFERS *Buffers, PFILE_OBJECT File, ULONG Level)
{
    return Cached(Request, Buffers, File, Level, REQUEST_OPLOCK_INPUT_FLAG_REQUEST,
                  Level & OPLOCK_LEVEL_CACHE_WRITE ? 1 : 0, 0);
}

static NTSTATUS Acknowledge(REQUEST *Request, BUFFERS *Buffers, PFILE_OBJECT File, ULONG Level)
{
    return Cached(Request, Buffers, File, Level, REQUEST_OPLOCK_INPUT_FLAG_ACK, 1, 0);
}

// ---- Operations

typedef struct _OPERATION {
    REQUEST Request;
    ULONG Posted, Resumed;
    NTSTATUS ResumedStatus;
    IO_SECURITY_CONTEXT Security;
    ACCESS_STATE Access;
    FILE_DISPOSITION_INFORMATION Disposition;
} OPERATION;

static VOID NTAPI Post(PVOID Context, PIRP Irp)
{
    OPERATION *Operation = Context;
    IS(Irp, Operation->Request.Irp);
    Operation->Posted += 1;
}

static VOID NTAPI Resume(PVOID Context, PIRP Irp)
{
    OPERATION *Operation = Context;
    IS(Irp, Operation->Request.Irp);
    Operation->Resumed += 1;
    Operation->ResumedStatus = Irp->IoStatus.Status;
}

static PIO_STACK_LOCATION Begin(OPERATION *Operation, PFILE_OBJECT File, UCHAR Major)
{
    RtlZeroMemory(Operation, sizeof(*Operation));
    return MakeFor(&Operation->Request, File, Major);
}

static NTSTATUS Check(OPERATION *Operation)
{
    return FsRtlCheckOplock(&Oplock, Operation->Request.Irp, Operation, Resume, Post);
}

static NTSTATUS Do(OPERATION *Operation, PFILE_OBJECT File, UCHAR Major)
{
    Begin(Operation, File, Major);
    return Check(Operation);
}

static VOID BeginCreate(OPERATION *Operation, ACCESS_MASK Access, USHORT Share, ULONG Disposition,
                        ULONG Options)
{
    PIO_STACK_LOCATION Stack = Begin(Operation, &Other, IRP_MJ_CREATE);
    Operation->Security.DesiredAccess = Access;
    Stack->Parameters.Create.SecurityContext = &Operation->Security;
    Stack->Parameters.Create.ShareAccess = Share;
    Stack->Parameters.Create.Options = Disposition << 24 | Options;
}

static NTSTATUS Create(OPERATION *Operation, ACCESS_MASK Access, USHORT Share, ULONG Disposition,
                       ULONG Options)
{
    BeginCreate(Operation, Access, Share, Disposition, Options);
    return Check(Operation);
}

static NTSTATUS SetInformation(OPERATION *Operation, ULONG Class, BOOLEAN Flag)
{
    PIO_STACK_LOCATION Stack = Begin(Operation, &Other, IRP_MJ_SET_INFORMATION);
    Stack->Parameters.SetFile.FileInformationClass = Class;
    Operation->Disposition.DeleteFile = Flag;
    Stack->Parameters.SetFile.AdvanceOnly = Class == FileEndOfFileInformation && Flag;
    Operation->Request.Irp->AssociatedIrp.SystemBuffer = &Operation->Disposition;
    return Check(Operation);
}

// The operation's IRP goes, whatever became of it.
static VOID End(OPERATION *Operation)
{
    IoFreeIrp(Operation->Request.Irp);
}

static VOID Close(PFILE_OBJECT File)
{
    OPERATION Cleanup;
    IS(Do(&Cleanup, File, IRP_MJ_CLEANUP), STATUS_SUCCESS);
    End(&Cleanup);
}

static void Start(void)
{
    Owner.Type = Second.Type = Other.Type = 5;
    FsRtlInitializeOplock(&Oplock);
}

static void Stop(void)
{
    Close(&Owner);
    Close(&Second);
    OK(!FsRtlCurrentOplock(&Oplock));
    FsRtlUninitializeOplock(&Oplock);
    OK(Oplock == NULL);
}

// ---- Tests

static void TestQuestions(void)
{
    REQUEST Request, Level2;
    Start();
    OK(FsRtlOplockIsFastIoPossible(&Oplock));
    OK(FsRtlOplockIsFastIoPossible(NULL));
    OK(!FsRtlCurrentOplock(&Oplock));
    OK(FsRtlOplockGetAnyBreakOwnerProcess(&Oplock) == NULL);
    IS(Ask(&Request, &Owner, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
    OK(FsRtlOplockIsFastIoPossible(&Oplock)); // exclusive, not broken
    OK(FsRtlCurrentOplock(&Oplock));
    OK(FsRtlCurrentBatchOplock(&Oplock));
    OK(!FsRtlCurrentOplockH(&Oplock));
    PEPROCESS Process = FsRtlOplockGetAnyBreakOwnerProcess(&Oplock);
    IS(Process, PsGetCurrentProcess());
    if (Process != NULL) {
        ObDereferenceObject(Process);
    }
    Close(&Owner);
    IS(Request.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    DropRequest(&Request);
    IS(Ask(&Level2, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_PENDING);
    OK(!FsRtlOplockIsFastIoPossible(&Oplock));
    OK(!FsRtlCurrentBatchOplock(&Oplock));
    FsRtlUninitializeOplock(&Oplock); // tells those who still hold it
    IS(Level2.Status, STATUS_SUCCESS);
    DropRequest(&Level2);
    OK(FsRtlOplockKeysEqual(&Owner, &Owner));
    OK(!FsRtlOplockKeysEqual(&Owner, &Other));
    OK(!FsRtlOplockKeysEqual(NULL, NULL));
}

static void TestRefusals(void)
{
    REQUEST Request, Level2, Level2Too;
    BUFFERS Buffers;
    Start();
    Owner.Flags = FO_SYNCHRONOUS_IO;
    IS(Ask(&Request, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Request);
    Owner.Flags = 0;
    IS(AskCounted(&Request, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1, 2), STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Request);
    IS(AskCounted(&Request, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_2, 1), STATUS_OPLOCK_NOT_GRANTED); // locks
    DropRequest(&Request);
    IS(Ask(&Request, &Owner, FSCTL_IS_VOLUME_MOUNTED), STATUS_INVALID_PARAMETER);
    DropRequest(&Request);
    IS(Ask(&Request, &Owner, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_INVALID_OPLOCK_PROTOCOL);
    DropRequest(&Request);
    IS(Ask(&Request, &Owner, FSCTL_OPLOCK_BREAK_ACK_NO_2), STATUS_INVALID_OPLOCK_PROTOCOL);
    DropRequest(&Request);
    IS(Ask(&Request, &Owner, FSCTL_OPBATCH_ACK_CLOSE_PENDING), STATUS_INVALID_OPLOCK_PROTOCOL);
    DropRequest(&Request);
    IS(Ask(&Request, &Owner, FSCTL_OPLOCK_BREAK_NOTIFY), STATUS_PENDING); // answered at once
    IS(Request.Status, STATUS_SUCCESS);
    DropRequest(&Request);
    // Level 2 is shared, and gives way to an exclusive one.
    IS(Ask(&Level2, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_PENDING);
    IS(Ask(&Level2Too, &Second, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_PENDING);
    IS(AskCached(&Request, &Buffers, &Other, RH), STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Request);
    IS(Ask(&Request, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
    IS(Level2.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    DropRequest(&Level2);
    DropRequest(&Level2Too);
    IS(Ask(&Level2, &Second, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Level2);
    IS(Ask(&Level2, &Owner, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Level2);
    // Cancelled: it is no more.
    IoCancelIrp(Request.Irp);
    IS(Request.Status, STATUS_CANCELLED);
    DropRequest(&Request);
    OK(!FsRtlCurrentOplock(&Oplock));
    Stop();
}

static void TestCachedRequests(void)
{
    REQUEST First, Another, Third;
    BUFFERS Buffers[3];
    Start();
    const struct {
        ULONG Level, Flags;
    } Bad[] = {{0, REQUEST_OPLOCK_INPUT_FLAG_REQUEST},
               {OPLOCK_LEVEL_CACHE_HANDLE, REQUEST_OPLOCK_INPUT_FLAG_REQUEST},
               {OPLOCK_LEVEL_CACHE_WRITE, REQUEST_OPLOCK_INPUT_FLAG_REQUEST},
               {R | 8, REQUEST_OPLOCK_INPUT_FLAG_REQUEST},
               {R, 0},
               {R, REQUEST_OPLOCK_INPUT_FLAG_REQUEST | REQUEST_OPLOCK_INPUT_FLAG_ACK}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Bad); Index += 1) {
        IS(Cached(&First, Buffers, &Owner, Bad[Index].Level, Bad[Index].Flags, 0, 0),
           STATUS_INVALID_PARAMETER);
        DropRequest(&First);
    }
    // Read and read-handle of different handles live together.
    IS(AskCached(&First, &Buffers[0], &Owner, R), STATUS_PENDING);
    OK(FsRtlOplockIsSharedRequest(First.Irp));
    IS(AskCached(&Another, &Buffers[1], &Second, RH), STATUS_PENDING);
    OK(FsRtlCurrentOplockH(&Oplock));
    // Upgraded, by its owner.
    IS(AskCached(&Third, &Buffers[2], &Owner, RH), STATUS_PENDING);
    IS(First.Status, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE);
    DropRequest(&First);
    IS(AskCached(&First, &Buffers[0], &Owner, RWH), STATUS_OPLOCK_NOT_GRANTED); // the other is in the way
    DropRequest(&First);
    Close(&Second);
    IS(Another.Status, STATUS_SUCCESS);
    IS(Another.Information, sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER));
    IS(Buffers[1].Output.OriginalOplockLevel, RH);
    IS(Buffers[1].Output.NewOplockLevel, 0);
    IS(Buffers[1].Output.Flags, 0);
    DropRequest(&Another);
    IS(AskCached(&First, &Buffers[0], &Owner, RWH), STATUS_PENDING);
    IS(Third.Status, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE);
    OK(!FsRtlOplockIsSharedRequest(First.Irp));
    DropRequest(&Third);
    IS(AskCached(&Another, &Buffers[1], &Owner, RW), STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Another);
    IS(Cached(&Another, &Buffers[1], &Owner, RWH, REQUEST_OPLOCK_INPUT_FLAG_REQUEST, 2, 0),
       STATUS_OPLOCK_NOT_GRANTED);
    DropRequest(&Another);
    IS(Cached(&Another, &Buffers[1], &Owner, RWH, REQUEST_OPLOCK_INPUT_FLAG_REQUEST, 2,
              OPLOCK_FSCTRL_FLAG_ALL_KEYS_MATCH),
       STATUS_PENDING);
    DropRequest(&First);
    Close(&Owner);
    DropRequest(&Another);
    Stop();
}

static void TestLevel1(void)
{
    REQUEST Level1, Ack, Notify;
    OPERATION Reading, Writing;
    Start();
    IS(Ask(&Level1, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
    IS(Do(&Writing, &Owner, IRP_MJ_WRITE), STATUS_SUCCESS); // its owner's own
    End(&Writing);
    OK(!Level1.Completed);
    IS(Do(&Reading, &Other, IRP_MJ_READ), STATUS_PENDING);
    IS(Reading.Posted, 1);
    IS(Reading.Resumed, 0);
    IS(Level1.Information, FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    DropRequest(&Level1);
    OK(!FsRtlOplockIsFastIoPossible(&Oplock));
    IS(Ask(&Notify, &Second, FSCTL_OPLOCK_BREAK_NOTIFY), STATUS_PENDING);
    OK(!Notify.Completed);
    IS(Ask(&Level1, &Second, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_INVALID_OPLOCK_PROTOCOL); // not its
    DropRequest(&Level1);
    IS(Ask(&Ack, &Owner, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_PENDING); // it holds level 2 now
    IS(Reading.Resumed, 1);
    IS(Reading.ResumedStatus, STATUS_SUCCESS);
    End(&Reading);
    IS(Notify.Status, STATUS_SUCCESS);
    DropRequest(&Notify);
    IS(Do(&Reading, &Other, IRP_MJ_READ), STATUS_SUCCESS);
    End(&Reading);
    IS(Do(&Writing, &Owner, IRP_MJ_WRITE), STATUS_SUCCESS); // even its owner's breaks level 2
    End(&Writing);
    IS(Ack.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    DropRequest(&Ack);
    // To none: there is nothing to hold on to.
    IS(Ask(&Level1, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
    IS(Do(&Writing, &Other, IRP_MJ_WRITE), STATUS_PENDING);
    IS(Level1.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    DropRequest(&Level1);
    IS(Ask(&Ack, &Owner, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_SUCCESS);
    DropRequest(&Ack);
    IS(Writing.Resumed, 1);
    End(&Writing);
    OK(!FsRtlCurrentOplock(&Oplock));
    // Level 2 is refused by its owner.
    IS(Ask(&Level1, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
    IS(Do(&Reading, &Other, IRP_MJ_FLUSH_BUFFERS), STATUS_PENDING);
    IS(Ask(&Ack, &Owner, FSCTL_OPLOCK_BREAK_ACK_NO_2), STATUS_SUCCESS);
    DropRequest(&Ack);
    DropRequest(&Level1);
    IS(Reading.Resumed, 1);
    End(&Reading);
    OK(!FsRtlCurrentOplock(&Oplock));
    // An operation that waits is cancelled; its break goes on.
    IS(Ask(&Level1, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
    IS(Do(&Writing, &Other, IRP_MJ_LOCK_CONTROL), STATUS_PENDING);
    IoCancelIrp(Writing.Request.Irp);
    IS(Writing.Resumed, 1);
    IS(Writing.ResumedStatus, STATUS_CANCELLED);
    End(&Writing);
    DropRequest(&Level1);
    IS(Ask(&Ack, &Owner, FSCTL_OPBATCH_ACK_CLOSE_PENDING), STATUS_SUCCESS); // at level 1: it is over
    DropRequest(&Ack);
    OK(!FsRtlCurrentOplock(&Oplock));
    Stop();
}

static void TestBatch(void)
{
    REQUEST Batch, Ack;
    OPERATION Opening;
    Start();
    IS(Ask(&Batch, &Owner, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
    IS(Create(&Opening, FILE_READ_ATTRIBUTES | SYNCHRONIZE, 7, FILE_OPEN, 0), STATUS_SUCCESS);
    End(&Opening);
    IS(Create(&Opening, FILE_READ_DATA, 7, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK),
       STATUS_CANNOT_BREAK_OPLOCK);
    End(&Opening);
    OK(!Batch.Completed);
    IS(Create(&Opening, FILE_READ_DATA, 7, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED),
       STATUS_OPLOCK_BREAK_IN_PROGRESS);
    End(&Opening);
    IS(Batch.Information, FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    DropRequest(&Batch);
    IS(Create(&Opening, FILE_READ_DATA, 7, FILE_OPEN, 0), STATUS_PENDING);
    // Acknowledged: but those who wait do until the handle is closed.
    IS(Ask(&Ack, &Owner, FSCTL_OPBATCH_ACK_CLOSE_PENDING), STATUS_SUCCESS);
    DropRequest(&Ack);
    IS(Opening.Resumed, 0);
    IS(Ask(&Ack, &Owner, FSCTL_OPBATCH_ACK_CLOSE_PENDING), STATUS_INVALID_OPLOCK_PROTOCOL);
    DropRequest(&Ack);
    Close(&Owner);
    IS(Opening.Resumed, 1);
    End(&Opening);
    // Overwritten, renamed: to none.
    IS(Ask(&Batch, &Owner, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
    IS(Create(&Opening, FILE_WRITE_DATA, 7, FILE_OVERWRITE, 0), STATUS_PENDING);
    IS(Batch.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    DropRequest(&Batch);
    Close(&Owner);
    End(&Opening);
    IS(Ask(&Batch, &Owner, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
    IS(SetInformation(&Opening, FileDispositionInformation, TRUE), STATUS_SUCCESS);
    End(&Opening);
    IS(SetInformation(&Opening, FileRenameInformation, FALSE), STATUS_PENDING);
    Close(&Owner);
    End(&Opening);
    DropRequest(&Batch);
    Stop();
}

static void TestFilter(void)
{
    REQUEST Filter, Ack;
    OPERATION Operation;
    Start();
    // Reserved by a create first.
    BeginCreate(&Operation, FILE_READ_ATTRIBUTES, 7, FILE_OPEN, FILE_RESERVE_OPFILTER);
    IS(FsRtlOplockFsctrl(&Oplock, Operation.Request.Irp, 2), STATUS_OPLOCK_NOT_GRANTED);
    IS(FsRtlOplockFsctrl(&Oplock, Operation.Request.Irp, 1), STATUS_SUCCESS);
    IS(FsRtlOplockFsctrl(&Oplock, Operation.Request.Irp, 1), STATUS_OPLOCK_NOT_GRANTED);
    End(&Operation);
    IS(Ask(&Filter, &Other, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_PENDING);
    IoCancelIrp(Filter.Irp);
    DropRequest(&Filter);
    BeginCreate(&Operation, FILE_READ_DATA, 7, FILE_OPEN, FILE_RESERVE_OPFILTER);
    IS(FsRtlOplockFsctrl(&Oplock, Operation.Request.Irp, 1), STATUS_OPLOCK_NOT_GRANTED);
    End(&Operation);

    IS(Ask(&Filter, &Owner, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_PENDING);
    OK(FsRtlCurrentBatchOplock(&Oplock));
    IS(Do(&Operation, &Other, IRP_MJ_READ), STATUS_SUCCESS);
    End(&Operation);
    IS(Do(&Operation, &Other, IRP_MJ_LOCK_CONTROL), STATUS_SUCCESS);
    End(&Operation);
    IS(Create(&Operation, FILE_READ_DATA, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    End(&Operation);
    IS(Create(&Operation, FILE_WRITE_DATA, FILE_SHARE_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    End(&Operation);
    OK(!Filter.Completed);
    IS(Create(&Operation, FILE_WRITE_DATA, 0, FILE_OPEN, 0), STATUS_PENDING);
    IS(Filter.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    DropRequest(&Filter);
    IS(Ask(&Ack, &Owner, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_SUCCESS);
    DropRequest(&Ack);
    IS(Operation.Resumed, 1);
    End(&Operation);
    Stop();
}

// What each operation makes of each of the newer levels: the level broken to, or -1; and whether it waits.
static void TestCachedBreaks(void)
{
    static const ULONG Levels[] = {R, RH, RW, RWH};
    enum { Reading, Writing, Locking, Renaming, Deleting, Sizing, Opening, Overwriting };
    static const struct {
        int To[4];
        BOOLEAN Waits[4];
    } Expected[] = {
        [Reading] = {{-1, -1, R, RH}, {0, 0, 1, 1}},  [Writing] = {{0, 0, 0, 0}, {0, 0, 1, 1}},
        [Locking] = {{0, 0, 0, 0}, {0, 0, 1, 0}},     [Renaming] = {{-1, R, -1, RW}, {0, 1, 0, 1}},
        [Deleting] = {{-1, R, -1, RW}, {0, 1, 0, 1}}, [Sizing] = {{0, 0, 0, 0}, {0, 0, 1, 1}},
        [Opening] = {{-1, -1, R, RH}, {0, 0, 1, 1}},  [Overwriting] = {{0, 0, 0, 0}, {0, 0, 1, 1}},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Expected); Index += 1) {
        for (ULONG Level = 0; Level < 4; Level += 1) {
            REQUEST Request, Ack;
            BUFFERS Buffers, AckBuffers;
            OPERATION Operation;
            NTSTATUS Status = STATUS_SUCCESS;
            int To = Expected[Index].To[Level];
            Start();
            IS(AskCached(&Request, &Buffers, &Owner, Levels[Level]), STATUS_PENDING);
            switch (Index) {
            case Reading: Status = Do(&Operation, &Other, IRP_MJ_READ); break;
            case Writing: Status = Do(&Operation, &Other, IRP_MJ_WRITE); break;
            case Locking: Status = Do(&Operation, &Other, IRP_MJ_LOCK_CONTROL); break;
            case Renaming: Status = SetInformation(&Operation, FileLinkInformation, FALSE); break;
            case Deleting: Status = SetInformation(&Operation, FileDispositionInformation, TRUE); break;
            case Sizing: Status = SetInformation(&Operation, FileAllocationInformation, FALSE); break;
            case Opening: Status = Create(&Operation, FILE_READ_DATA, 7, FILE_OPEN_IF, 0); break;
            default: Status = Create(&Operation, FILE_WRITE_DATA, 7, FILE_SUPERSEDE, 0); break;
            }
            IS(Status, Expected[Index].Waits[Level] ? STATUS_PENDING : STATUS_SUCCESS);
            IS(Request.Completed, To >= 0);
            if (To >= 0) {
                BOOLEAN Answer = Levels[Level] != R;
                IS(Buffers.Output.OriginalOplockLevel, Levels[Level]);
                IS(Buffers.Output.NewOplockLevel, To);
                IS(Buffers.Output.Flags & REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED, Answer);
                IS(Acknowledge(&Ack, &AckBuffers, &Owner, To | 8), STATUS_INVALID_PARAMETER);
                DropRequest(&Ack);
                if (To != RWH && Answer && (To | 2) != To && To != 0) {
                    IS(Acknowledge(&Ack, &AckBuffers, &Owner, To | 2), STATUS_INVALID_OPLOCK_PROTOCOL);
                    DropRequest(&Ack);
                }
                IS(Acknowledge(&Ack, &AckBuffers, &Owner, To), !Answer   ? STATUS_INVALID_OPLOCK_PROTOCOL
                                                               : To == 0 ? STATUS_SUCCESS
                                                                         : STATUS_PENDING);
                IS(Operation.Resumed, Expected[Index].Waits[Level]);
                IS(FsRtlCurrentOplock(&Oplock), To != 0);
                Close(&Owner);
                DropRequest(&Ack);
            }
            End(&Operation);
            Close(&Owner);
            DropRequest(&Request);
            Stop();
        }
    }
}

static void TestBreakRoutines(void)
{
    REQUEST Request, Ack;
    BUFFERS Buffers, AckBuffers;
    OPERATION Operation;
    Start();
    BeginCreate(&Operation, FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0);
    IS(FsRtlOplockBreakH(&Oplock, Operation.Request.Irp, 0, &Operation, Resume, Post), STATUS_SUCCESS);
    IS(AskCached(&Request, &Buffers, &Owner, RH), STATUS_PENDING);
    IS(FsRtlOplockBreakH(&Oplock, Operation.Request.Irp, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL, NULL),
       STATUS_OPLOCK_BREAK_IN_PROGRESS);
    IS(Buffers.Output.NewOplockLevel, R);
    IS(Buffers.Output.Flags,
       REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED | REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED);
    IS(Buffers.Output.AccessMode, FILE_READ_DATA);
    IS(Buffers.Output.ShareMode, FILE_SHARE_READ);
    DropRequest(&Request);
    IS(FsRtlOplockBreakH(&Oplock, Operation.Request.Irp, 0, &Operation, Resume, Post), STATUS_PENDING);
    // Its acknowledgment is as good as given, when the handle is closed.
    IS(Cached(&Ack, &AckBuffers, &Owner, 0,
              REQUEST_OPLOCK_INPUT_FLAG_ACK | REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE, 0, 0),
       STATUS_SUCCESS);
    DropRequest(&Ack);
    IS(Operation.Resumed, 0);
    Close(&Owner);
    IS(Operation.Resumed, 1);
    End(&Operation);
    // The keys are the same: only that they are ignored breaks it.
    IS(AskCached(&Request, &Buffers, &Owner, RWH), STATUS_PENDING);
    Begin(&Operation, &Owner, IRP_MJ_WRITE);
    IS(FsRtlOplockBreakH(&Oplock, Operation.Request.Irp, 0, &Operation, Resume, Post), STATUS_SUCCESS);
    IS(FsRtlCheckOplockEx(&Oplock, Operation.Request.Irp, OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY, NULL, NULL,
                          NULL),
       STATUS_SUCCESS);
    OK(!Request.Completed);
    IS(FsRtlOplockBreakH(&Oplock, Operation.Request.Irp,
                         OPLOCK_FLAG_IGNORE_OPLOCK_KEYS | OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL, NULL),
       STATUS_OPLOCK_BREAK_IN_PROGRESS);
    IS(Buffers.Output.NewOplockLevel, RW);
    DropRequest(&Request);
    IS(Acknowledge(&Ack, &AckBuffers, &Owner, RW), STATUS_PENDING);
    IS(FsRtlCheckOplockEx(&Oplock, Operation.Request.Irp,
                          OPLOCK_FLAG_IGNORE_OPLOCK_KEYS | OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL,
                          NULL),
       STATUS_OPLOCK_BREAK_IN_PROGRESS);
    DropRequest(&Ack);
    Close(&Owner);
    // Everything, and everybody's.
    IS(AskCached(&Request, &Buffers, &Owner, RW), STATUS_PENDING);
    IS(FsRtlOplockBreakToNoneEx(&Oplock, Operation.Request.Irp, 0, &Operation, Resume, Post), STATUS_PENDING);
    IS(Buffers.Output.NewOplockLevel, 0);
    DropRequest(&Request);
    Close(&Owner);
    IS(Operation.Resumed, 1);
    IS(Ask(&Request, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_PENDING);
    IS(FsRtlOplockBreakToNone(&Oplock, NULL, Operation.Request.Irp, &Operation, Resume, Post),
       STATUS_SUCCESS);
    DropRequest(&Request);
    End(&Operation);
    Stop();
}

// Open and oplock in one: whoever comes in between waits for the request.
static void TestAtomicCreate(void)
{
    REQUEST Request;
    BUFFERS Buffers;
    OPERATION Opening, Another;
    Start();
    BeginCreate(&Opening, FILE_READ_DATA, 7, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK);
    IoGetCurrentIrpStackLocation(Opening.Request.Irp)->FileObject = &Owner;
    IS(Check(&Opening), STATUS_SUCCESS);
    IS(FsRtlOplockFsctrl(&Oplock, Opening.Request.Irp, 1), STATUS_SUCCESS);
    IS(Create(&Another, FILE_READ_DATA, 7, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK),
       STATUS_CANNOT_BREAK_OPLOCK);
    End(&Another);
    IS(Create(&Another, FILE_READ_DATA, 7, FILE_OPEN, 0), STATUS_PENDING);
    IS(AskCached(&Request, &Buffers, &Owner, RH), STATUS_PENDING);
    IS(Another.Resumed, 1);
    End(&Another);
    Close(&Owner);
    DropRequest(&Request);
    // The create fails after all.
    IS(FsRtlOplockFsctrl(&Oplock, Opening.Request.Irp, 1), STATUS_SUCCESS);
    IS(FsRtlCheckOplockEx(&Oplock, Opening.Request.Irp, OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK, NULL, NULL, NULL),
       STATUS_SUCCESS);
    OK(!FsRtlCurrentOplock(&Oplock));
    End(&Opening);
    Stop();
}

// ---- Without a completion routine the caller waits.

static REQUEST WaitedFor;

static VOID NTAPI AnswerLater(PVOID Context)
{
    REQUEST Ack;
    LARGE_INTEGER Delay = {.QuadPart = -10000LL * 20};
    UNREFERENCED_PARAMETER(Context);
    KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    OK(WaitedFor.Completed);
    IS(Ask(&Ack, &Owner, FSCTL_OPLOCK_BREAK_ACK_NO_2), STATUS_SUCCESS);
    DropRequest(&Ack);
}

static void TestWait(void)
{
    OPERATION Operation;
    HANDLE Thread;
    OBJECT_ATTRIBUTES Attributes;
    Start();
    IS(Ask(&WaitedFor, &Owner, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, AnswerLater, NULL),
       STATUS_SUCCESS);
    Begin(&Operation, &Other, IRP_MJ_WRITE);
    ULONG64 Before = KeQueryInterruptTime();
    IS(FsRtlCheckOplock(&Oplock, Operation.Request.Irp, NULL, NULL, NULL), STATUS_SUCCESS);
    OK(KeQueryInterruptTime() - Before >= 10000LL * 20);
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ZwClose(Thread);
    End(&Operation);
    DropRequest(&WaitedFor);
    Stop();
}

TEST_DRIVER(TestQuestions, TestRefusals, TestCachedRequests, TestLevel1, TestBatch, TestFilter,
            TestCachedBreaks, TestBreakRoutines, TestAtomicCreate, TestWait)
