// SPDX-License-Identifier: MIT
// Directory change notification: who is told of what, at once or later.
#include "request.h"

static PNOTIFY_SYNC Sync;
static LIST_ENTRY List;
static UCHAR Buffer[2][256];

// A name in Unicode as these routines take it.
static STRING Wide(PCWSTR Text)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Text);
    return (STRING){Name.Length, Name.Length, (PCHAR)Name.Buffer};
}

static USHORT LastOffset(PCWSTR Text)
{
    USHORT Last = 0;
    for (USHORT Index = 0; Text[Index] != 0; Index += 1) {
        Last = Text[Index] == L'\\' ? (USHORT)(Index + 1) : Last;
    }
    return (USHORT)(Last * sizeof(WCHAR));
}

static void Watch(REQUEST *Request, PVOID Context, PCWSTR Directory, BOOLEAN Tree, ULONG Filter, ULONG Length)
{
    STRING Name = Wide(Directory);
    PIO_STACK_LOCATION Stack = MakeRequest(Request, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
    Stack->Parameters.NotifyDirectory.Length = Length;
    Request->Irp->AssociatedIrp.SystemBuffer = Buffer[0];
    FsRtlNotifyFullChangeDirectory(Sync, &List, Context, &Name, Tree, FALSE, Filter, Request->Irp, NULL,
                                   NULL);
}

static void Change(PCWSTR Path, ULONG Filter, ULONG Action)
{
    STRING Name = Wide(Path);
    FsRtlNotifyFullReportChange(Sync, &List, &Name, LastOffset(Path), NULL, NULL, Filter, Action, NULL);
}

static BOOLEAN Told(ULONG Offset, ULONG Action, PCWSTR Name)
{
    PFILE_NOTIFY_INFORMATION Record = (PFILE_NOTIFY_INFORMATION)(Buffer[0] + Offset);
    UNICODE_STRING Expected;
    RtlInitUnicodeString(&Expected, Name);
    return Record->Action == Action && Record->FileNameLength == Expected.Length &&
           RtlEqualMemory(Record->FileName, Expected.Buffer, Expected.Length);
}

static void TestTold(void)
{
    REQUEST Request;
    Watch(&Request, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, sizeof(Buffer[0]));
    OK(!Request.Completed);
    Change(L"\\other\\file", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    Change(L"\\dirs\\file", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    Change(L"\\dir\\sub\\file", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    Change(L"\\dir\\file", FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    OK(!Request.Completed);
    Change(L"\\dir\\file", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    OK(Request.Completed);
    IS(Request.Status, STATUS_SUCCESS);
    IS(Request.Information, FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + 8);
    OK(Told(0, FILE_ACTION_ADDED, L"file"));
    DropRequest(&Request);

    // What happens meanwhile waits for the next request.
    Change(L"\\dir\\a", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_REMOVED);
    Change(L"\\dir\\bcd", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_RENAMED_OLD_NAME);
    REQUEST Next;
    Watch(&Next, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, sizeof(Buffer[0]));
    OK(Next.Completed);
    IS(Next.Status, STATUS_SUCCESS);
    OK(Told(0, FILE_ACTION_REMOVED, L"a"));
    ULONG Second = ((PFILE_NOTIFY_INFORMATION)Buffer[0])->NextEntryOffset;
    IS(Second, 16);
    OK(Told(Second, FILE_ACTION_RENAMED_OLD_NAME, L"bcd"));
    IS(((PFILE_NOTIFY_INFORMATION)(Buffer[0] + Second))->NextEntryOffset, 0);
    DropRequest(&Next);
    FsRtlNotifyCleanup(Sync, &List, &Request);
    OK(IsListEmpty(&List));
}

static void TestTree(void)
{
    REQUEST Request;
    Watch(&Request, &Request, L"\\", TRUE, FILE_NOTIFY_CHANGE_LAST_WRITE, sizeof(Buffer[0]));
    STRING Name = Wide(L"\\FOLDER~1\\file"), Parent = Wide(L"\\folder with a name"), Stream = Wide(L"s");
    FsRtlNotifyFullReportChange(Sync, &List, &Name, LastOffset(L"\\FOLDER~1\\file"), &Stream, &Parent,
                                FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED, NULL);
    OK(Request.Completed);
    OK(Told(0, FILE_ACTION_MODIFIED, L"folder with a name\\file:s"));
    DropRequest(&Request);
    FsRtlNotifyCleanup(Sync, &List, &Request);
}

static void TestTooMuch(void)
{
    REQUEST Request, Next;
    Watch(&Request, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, 20);
    Change(L"\\dir\\a name that is too long", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    OK(Request.Completed);
    IS(Request.Status, STATUS_NOTIFY_ENUM_DIR);
    IS(Request.Information, 0);
    DropRequest(&Request);
    Change(L"\\dir\\a name that is too long", FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    Watch(&Next, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, 20);
    OK(Next.Completed);
    IS(Next.Status, STATUS_NOTIFY_ENUM_DIR);
    DropRequest(&Next);
    FsRtlNotifyCleanup(Sync, &List, &Request);
}

// With IgnoreBuffer only that something has changed is told, whatever room there is.
static void TestIgnoreBuffer(void)
{
    REQUEST Request;
    STRING Name = Wide(L"\\dir");
    PIO_STACK_LOCATION Stack =
        MakeRequest(&Request, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
    Stack->Parameters.NotifyDirectory.Length = sizeof(Buffer[0]);
    Request.Irp->AssociatedIrp.SystemBuffer = Buffer[0];
    FsRtlNotifyFullChangeDirectory(Sync, &List, &Request, &Name, FALSE, TRUE, FILE_NOTIFY_CHANGE_STREAM_SIZE,
                                   Request.Irp, NULL, NULL);
    Change(L"\\dir\\a", FILE_NOTIFY_CHANGE_STREAM_WRITE, FILE_ACTION_MODIFIED_STREAM);
    OK(!Request.Completed);
    Change(L"\\dir\\a", FILE_NOTIFY_CHANGE_STREAM_SIZE, FILE_ACTION_MODIFIED_STREAM);
    OK(Request.Completed);
    IS(Request.Status, STATUS_NOTIFY_ENUM_DIR);
    IS(Request.Information, 0);
    DropRequest(&Request);
    FsRtlNotifyCleanup(Sync, &List, &Request);
}

static void TestEnds(void)
{
    REQUEST Request, Other;
    ULONG FileContext;
    Watch(&Request, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_NAME, sizeof(Buffer[0]));
    OK(IoCancelIrp(Request.Irp));
    IS(Request.Status, STATUS_CANCELLED);
    DropRequest(&Request);
    // The last handle goes.
    Watch(&Request, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_NAME, sizeof(Buffer[0]));
    FsRtlNotifyCleanup(Sync, &List, &Request);
    IS(Request.Status, STATUS_NOTIFY_CLEANUP);
    DropRequest(&Request);
    // The directory is deleted.
    Watch(&Request, &Request, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_NAME, sizeof(Buffer[0]));
    Watch(&Other, &Other, L"\\dir", FALSE, FILE_NOTIFY_CHANGE_NAME, sizeof(Buffer[0]));
    Request.File.FsContext = &FileContext;
    FsRtlNotifyFullChangeDirectory(Sync, &List, &FileContext, NULL, FALSE, FALSE, 0, NULL, NULL, NULL);
    OK(Request.Completed && !Other.Completed);
    IS(Request.Status, STATUS_DELETE_PENDING);
    DropRequest(&Request);
    // A file object that is cleaned up already watches nothing.
    PIO_STACK_LOCATION Stack =
        MakeRequest(&Request, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
    STRING Name = Wide(L"\\dir");
    Stack->FileObject->Flags |= FO_CLEANUP_COMPLETE;
    FsRtlNotifyFullChangeDirectory(Sync, &List, &Request, &Name, FALSE, FALSE, FILE_NOTIFY_CHANGE_NAME,
                                   Request.Irp, NULL, NULL);
    OK(Request.Completed);
    IS(Request.Status, STATUS_NOTIFY_CLEANUP);
    DropRequest(&Request);
    FsRtlNotifyCleanupAll(Sync, &List);
    OK(Other.Completed);
    DropRequest(&Other);
    OK(IsListEmpty(&List));
}

static BOOLEAN Traverse, Report;

static BOOLEAN NTAPI MayTraverse(PVOID NotifyContext, PVOID TargetContext,
                                 PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    OK(NotifyContext == &Traverse && TargetContext == &Report && SubjectContext == NULL);
    return Traverse;
}

static BOOLEAN NTAPI MayReport(PVOID NotifyContext, PVOID FilterContext)
{
    OK(NotifyContext == &Traverse && FilterContext == &List);
    return Report;
}

static void TestCallbacks(void)
{
    REQUEST Request;
    STRING Directory = Wide(L"\\dir"), Name = Wide(L"\\dir\\sub\\x");
    PIO_STACK_LOCATION Stack =
        MakeRequest(&Request, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
    Stack->Parameters.NotifyDirectory.Length = 0; // no buffer: only that something has changed
    FsRtlNotifyFilterChangeDirectory(Sync, &List, &Traverse, &Directory, TRUE, FALSE, FILE_NOTIFY_CHANGE_EA,
                                     Request.Irp, MayTraverse, NULL, MayReport);
    for (ULONG Round = 0; Round < 3; Round += 1) {
        OK(!Request.Completed);
        Traverse = Round != 0;
        Report = Round == 2;
        FsRtlNotifyFilterReportChange(Sync, &List, &Name, 18, NULL, NULL, FILE_NOTIFY_CHANGE_EA,
                                      FILE_ACTION_MODIFIED, &Report, &List);
    }
    OK(Request.Completed);
    IS(Request.Status, STATUS_NOTIFY_ENUM_DIR);
    DropRequest(&Request);
    FsRtlNotifyCleanup(Sync, &List, &Traverse);
}

static void TestInitialize(void)
{
    InitializeListHead(&List);
    FsRtlNotifyInitializeSync(&Sync);
    OK(Sync != NULL);
}

static void TestUninitialize(void)
{
    FsRtlNotifyUninitializeSync(&Sync);
    OK(Sync == NULL);
}

TEST_DRIVER(TestInitialize, TestTold, TestTree, TestTooMuch, TestIgnoreBuffer, TestEnds, TestCallbacks,
            TestUninitialize)
