// SPDX-License-Identifier: MIT
// Oplocks on files of the volume: granted, broken by opens, reads and writes of others, acknowledged.
#include "../thread.h"
#include "file.h"

#define PATH L"\\??\\C:\\oplock.txt"
#define R    OPLOCK_LEVEL_CACHE_READ
#define RH   (R | OPLOCK_LEVEL_CACHE_HANDLE)
#define RW   (R | OPLOCK_LEVEL_CACHE_WRITE)

static NTSTATUS OpenAsync(PHANDLE Handle, PCWSTR Path, ACCESS_MASK Access, ULONG Share, ULONG Options)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(Handle, Access, &Attributes, &Io, NULL, FILE_ATTRIBUTE_NORMAL, Share, FILE_OPEN,
                        Options, NULL, 0);
}

static HANDLE Opened(ACCESS_MASK Access, ULONG Share)
{
    HANDLE Handle = NULL;
    IS(OpenAsync(&Handle, PATH, Access, Share, 0), STATUS_SUCCESS);
    return Handle;
}

// A request that goes on until its oplock is broken.
typedef struct _REQUEST {
    HANDLE Event;
    IO_STATUS_BLOCK Io;
    REQUEST_OPLOCK_INPUT_BUFFER Input;
    REQUEST_OPLOCK_OUTPUT_BUFFER Output;
} REQUEST;

static VOID BeginRequest(REQUEST *Request)
{
    RtlZeroMemory(Request, sizeof(*Request));
    IS(ZwCreateEvent(&Request->Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
}

static NTSTATUS Ask(REQUEST *Request, HANDLE File, ULONG Code)
{
    BeginRequest(Request);
    return ZwFsControlFile(File, Request->Event, NULL, NULL, &Request->Io, Code, NULL, 0, NULL, 0);
}

static NTSTATUS AskCached(REQUEST *Request, HANDLE File, ULONG Level, ULONG Flags)
{
    BeginRequest(Request);
    Request->Input =
        (REQUEST_OPLOCK_INPUT_BUFFER){REQUEST_OPLOCK_CURRENT_VERSION, sizeof(Request->Input), Level, Flags};
    return ZwFsControlFile(File, Request->Event, NULL, NULL, &Request->Io, FSCTL_REQUEST_OPLOCK,
                           &Request->Input, sizeof(Request->Input), &Request->Output,
                           sizeof(Request->Output));
}

static BOOLEAN IsDone(REQUEST *Request)
{
    LARGE_INTEGER Now = {0};
    return ZwWaitForSingleObject(Request->Event, FALSE, &Now) == STATUS_SUCCESS;
}

static VOID Finish(REQUEST *Request)
{
    ZwWaitForSingleObject(Request->Event, FALSE, NULL);
    ZwClose(Request->Event);
}

static VOID Forget(REQUEST *Request)
{
    ZwClose(Request->Event);
}

static void TestRefusals(void)
{
    REQUEST Request;
    Make(PATH, "contents");
    HANDLE Synchronous = Open(PATH, FILE_OPEN, 0);
    IS(Ask(&Request, Synchronous, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_OPLOCK_NOT_GRANTED);
    Forget(&Request);
    HANDLE File = Opened(FILE_READ_DATA, SHARE_ALL);
    IS(Ask(&Request, File, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_OPLOCK_NOT_GRANTED); // it is open twice
    Forget(&Request);
    IS(Ask(&Request, File, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_INVALID_OPLOCK_PROTOCOL);
    Forget(&Request);
    IS(Ask(&Request, File, FSCTL_GET_COMPRESSION), STATUS_INVALID_DEVICE_REQUEST);
    Forget(&Request);
    ZwClose(Synchronous);
    ZwClose(File);
    IS(OpenAsync(&File, L"\\??\\C:\\", FILE_LIST_DIRECTORY, SHARE_ALL, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(Ask(&Request, File, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_INVALID_PARAMETER);
    Forget(&Request);
    ZwClose(File);
}

static void TestBatch(void)
{
    REQUEST Request, Ack;
    HANDLE Second;
    LARGE_INTEGER Offset = {0};
    HANDLE First = Opened(FILE_READ_DATA, SHARE_ALL);
    IS(Ask(&Request, First, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING);
    IS(OpenAsync(&Second, PATH, FILE_READ_ATTRIBUTES, SHARE_ALL, 0), STATUS_SUCCESS);
    ZwClose(Second);
    OK(!IsDone(&Request));
    IS(OpenAsync(&Second, PATH, FILE_READ_DATA, SHARE_ALL, FILE_OPEN_REQUIRING_OPLOCK),
       STATUS_CANNOT_BREAK_OPLOCK);
    OK(!IsDone(&Request));
    // Broken, although sharing forbids the open.
    IS(OpenAsync(&Second, PATH, FILE_READ_DATA, 0, FILE_COMPLETE_IF_OPLOCKED), STATUS_SHARING_VIOLATION);
    IS(Io.Information, FILE_OPBATCH_BREAK_UNDERWAY);
    Finish(&Request);
    IS(Request.Io.Information, FILE_OPLOCK_BROKEN_TO_LEVEL_2);
    IS(OpenAsync(&Second, PATH, FILE_WRITE_DATA, SHARE_ALL, FILE_COMPLETE_IF_OPLOCKED),
       STATUS_OPLOCK_BREAK_IN_PROGRESS);
    IS(Io.Information, FILE_OPENED);
    IS(Ask(&Ack, First, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_PENDING);
    OK(!IsDone(&Ack));
    HANDLE Third = Open(PATH, FILE_OPEN, 0);
    OK(!IsDone(&Ack)); // level 2 lets it be opened
    IS(ZwWriteFile(Third, NULL, NULL, NULL, &Io, "x", 1, &Offset, NULL), STATUS_SUCCESS);
    Finish(&Ack);
    IS(Ack.Io.Information, FILE_OPLOCK_BROKEN_TO_NONE);
    ZwClose(Third);
    ZwClose(Second);
    ZwClose(First);
}

// ---- An open that would violate sharing waits for the one who keeps its handle for a cache.

static HANDLE Kept;
static REQUEST KeptRequest;

static VOID NTAPI CloseWhenAsked(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Finish(&KeptRequest);
    IS(KeptRequest.Output.OriginalOplockLevel, RH);
    IS(KeptRequest.Output.NewOplockLevel, R);
    IS(KeptRequest.Output.Flags,
       REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED | REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED);
    OK(KeptRequest.Output.AccessMode & FILE_WRITE_DATA);
    IS(KeptRequest.Output.ShareMode, FILE_SHARE_READ);
    ZwClose(Kept);
}

static VOID NTAPI KeepIt(PVOID Context)
{
    REQUEST Ack;
    UNREFERENCED_PARAMETER(Context);
    Finish(&KeptRequest);
    IS(AskCached(&Ack, Kept, R, REQUEST_OPLOCK_INPUT_FLAG_ACK), STATUS_PENDING);
    LARGE_INTEGER Delay = TestMilliseconds(50);
    KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    OK(!IsDone(&Ack));
    ZwClose(Kept);
    Finish(&Ack);
}

static void TestSharing(void)
{
    HANDLE File;
    Kept = Opened(FILE_READ_DATA, FILE_SHARE_READ);
    IS(AskCached(&KeptRequest, Kept, RH, REQUEST_OPLOCK_INPUT_FLAG_REQUEST), STATUS_PENDING);
    PETHREAD Thread = TestStartThread(CloseWhenAsked, NULL);
    IS(OpenAsync(&File, PATH, FILE_WRITE_DATA, FILE_SHARE_READ, 0), STATUS_SUCCESS);
    TestJoinThread(Thread);
    ZwClose(File);
    // It answers, and stays.
    Kept = Opened(FILE_READ_DATA, FILE_SHARE_READ);
    IS(AskCached(&KeptRequest, Kept, RH, REQUEST_OPLOCK_INPUT_FLAG_REQUEST), STATUS_PENDING);
    Thread = TestStartThread(KeepIt, NULL);
    IS(OpenAsync(&File, PATH, FILE_WRITE_DATA, FILE_SHARE_READ, 0), STATUS_SHARING_VIOLATION);
    IS(Io.Information, 0);
    TestJoinThread(Thread);
}

// A write by a handle that does not wait is carried out when the owner has answered.
static void TestPendingWrite(void)
{
    REQUEST Request, Ack, Write;
    HANDLE Second;
    LARGE_INTEGER Offset = {0};
    CHAR Byte = 0;
    HANDLE First = Opened(FILE_READ_DATA, SHARE_ALL);
    IS(AskCached(&Request, First, RW, REQUEST_OPLOCK_INPUT_FLAG_REQUEST), STATUS_PENDING);
    IS(OpenAsync(&Second, PATH, FILE_READ_DATA | FILE_WRITE_DATA, SHARE_ALL, FILE_COMPLETE_IF_OPLOCKED),
       STATUS_OPLOCK_BREAK_IN_PROGRESS);
    Finish(&Request);
    IS(Request.Output.NewOplockLevel, R);
    BeginRequest(&Write);
    IS(ZwWriteFile(Second, Write.Event, NULL, NULL, &Write.Io, "W", 1, &Offset, NULL), STATUS_PENDING);
    OK(!IsDone(&Write));
    IS(AskCached(&Ack, First, R, REQUEST_OPLOCK_INPUT_FLAG_ACK), STATUS_PENDING);
    Finish(&Write);
    IS(Write.Io.Status, STATUS_SUCCESS);
    IS(Write.Io.Information, 1);
    Finish(&Ack); // the write has broken what was left
    IS(Ack.Output.NewOplockLevel, 0);
    BeginRequest(&Write);
    NTSTATUS Status = ZwReadFile(First, Write.Event, NULL, NULL, &Write.Io, &Byte, 1, &Offset, NULL);
    OK(NT_SUCCESS(Status));
    Finish(&Write);
    IS(Byte, 'W');
    ZwClose(Second);
    ZwClose(First);
}

static void TestAtomicOpen(void)
{
    REQUEST Request;
    HANDLE First, Second;
    IS(OpenAsync(&First, PATH, FILE_READ_DATA, SHARE_ALL, FILE_OPEN_REQUIRING_OPLOCK), STATUS_SUCCESS);
    IS(OpenAsync(&Second, PATH, FILE_READ_DATA, SHARE_ALL, FILE_OPEN_REQUIRING_OPLOCK),
       STATUS_CANNOT_BREAK_OPLOCK);
    IS(AskCached(&Request, First, RH, REQUEST_OPLOCK_INPUT_FLAG_REQUEST), STATUS_PENDING);
    IS(OpenAsync(&Second, PATH, FILE_READ_DATA, SHARE_ALL, 0), STATUS_SUCCESS);
    OK(!IsDone(&Request));
    ZwClose(Second);
    ZwClose(First);
    Finish(&Request);
    IS(Request.Output.NewOplockLevel, 0);
    IS(Request.Output.Flags, 0);
    // For a filter oplock, whose owner opens the file for attributes alone.
    IS(OpenAsync(&First, PATH, FILE_READ_DATA, SHARE_ALL, FILE_RESERVE_OPFILTER), STATUS_OPLOCK_NOT_GRANTED);
    IS(OpenAsync(&First, PATH, FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_RESERVE_OPFILTER), STATUS_SUCCESS);
    IS(Ask(&Request, First, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_PENDING);
    IS(OpenAsync(&Second, PATH, FILE_READ_DATA, FILE_SHARE_READ, 0), STATUS_SUCCESS);
    OK(!IsDone(&Request));
    ZwClose(Second);
    ZwClose(First);
    Finish(&Request);
    Remove(PATH);
}

TEST_DRIVER(TestRefusals, TestBatch, TestSharing, TestPendingWrite, TestAtomicOpen)
