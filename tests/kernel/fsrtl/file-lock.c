// SPDX-License-Identifier: MIT
// Byte-range locks: who may have which, who may read and write, what waits for what.
#include "request.h"

static FILE_OBJECT Mine, Other;

static LARGE_INTEGER At(LONGLONG Value)
{
    return (LARGE_INTEGER){.QuadPart = Value};
}

static NTSTATUS Lock(PFILE_LOCK FileLock, PFILE_OBJECT File, LONGLONG Start, LONGLONG Bytes, ULONG Key,
                     BOOLEAN Exclusive)
{
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(Start), Length = At(Bytes);
    OK(FsRtlPrivateLock(FileLock, File, &Offset, &Length, PsGetCurrentProcess(), Key, TRUE, Exclusive,
                        &IoStatus, NULL, NULL, FALSE));
    return IoStatus.Status;
}

static NTSTATUS ReleaseLock(PFILE_LOCK FileLock, PFILE_OBJECT File, LONGLONG Start, LONGLONG Bytes, ULONG Key)
{
    LARGE_INTEGER Offset = At(Start), Length = At(Bytes);
    return FsRtlFastUnlockSingle(FileLock, File, &Offset, &Length, PsGetCurrentProcess(), Key, NULL, FALSE);
}

static BOOLEAN MayRead(PFILE_LOCK FileLock, PFILE_OBJECT File, LONGLONG Start, LONGLONG Bytes, ULONG Key)
{
    LARGE_INTEGER Offset = At(Start), Length = At(Bytes);
    return FsRtlFastCheckLockForRead(FileLock, &Offset, &Length, Key, File, PsGetCurrentProcess());
}

static BOOLEAN MayWrite(PFILE_LOCK FileLock, PFILE_OBJECT File, LONGLONG Start, LONGLONG Bytes, ULONG Key)
{
    LARGE_INTEGER Offset = At(Start), Length = At(Bytes);
    return FsRtlFastCheckLockForWrite(FileLock, &Offset, &Length, Key, File, PsGetCurrentProcess());
}

static void TestGrant(void)
{
    FILE_LOCK FileLock;
    FsRtlInitializeFileLock(&FileLock, NULL, NULL);
    OK(!FsRtlAreThereCurrentOrInProgressFileLocks(&FileLock));
    IS(Lock(&FileLock, &Mine, 0, 10, 1, FALSE), STATUS_SUCCESS);
    OK(FsRtlAreThereCurrentOrInProgressFileLocks(&FileLock));
    OK(FsRtlAreThereCurrentFileLocks(&FileLock));
    IS(Lock(&FileLock, &Other, 5, 10, 1, FALSE), STATUS_SUCCESS); // shared locks overlap
    IS(Lock(&FileLock, &Mine, 9, 1, 1, TRUE), STATUS_LOCK_NOT_GRANTED);
    IS(Lock(&FileLock, &Mine, 15, 5, 1, TRUE), STATUS_SUCCESS); // right behind
    IS(Lock(&FileLock, &Other, 15, 1, 1, FALSE), STATUS_LOCK_NOT_GRANTED);
    IS(Lock(&FileLock, &Mine, 15, 1, 1, FALSE), STATUS_SUCCESS);          // over one's own exclusive lock
    IS(Lock(&FileLock, &Mine, 15, 1, 2, FALSE), STATUS_LOCK_NOT_GRANTED); // another key is another owner
    IS(Lock(&FileLock, &Mine, 15, 5, 1, TRUE), STATUS_LOCK_NOT_GRANTED);  // exclusive ones never overlap
    IS(Lock(&FileLock, &Mine, 100, 0, 1, TRUE), STATUS_SUCCESS);          // no byte
    IS(Lock(&FileLock, &Other, 100, 1, 1, TRUE), STATUS_SUCCESS);
    IS(Lock(&FileLock, &Mine, -1, 1, 1, TRUE), STATUS_SUCCESS); // the very last byte
    IS(Lock(&FileLock, &Mine, -1, 2, 1, TRUE), STATUS_INVALID_LOCK_RANGE);

    IS(ReleaseLock(&FileLock, &Mine, 0, 9, 1), STATUS_RANGE_NOT_LOCKED);
    IS(ReleaseLock(&FileLock, &Mine, 0, 10, 2), STATUS_RANGE_NOT_LOCKED);
    IS(ReleaseLock(&FileLock, &Other, 0, 10, 1), STATUS_RANGE_NOT_LOCKED);
    IS(ReleaseLock(&FileLock, &Mine, 0, 10, 1), STATUS_SUCCESS);
    IS(ReleaseLock(&FileLock, &Mine, 0, 10, 1), STATUS_RANGE_NOT_LOCKED);
    IS(FsRtlFastUnlockAllByKey(&FileLock, &Mine, PsGetCurrentProcess(), 7, NULL), STATUS_RANGE_NOT_LOCKED);
    IS(FsRtlFastUnlockAllByKey(&FileLock, &Mine, PsGetCurrentProcess(), 1, NULL), STATUS_SUCCESS);
    IS(FsRtlFastUnlockAll(&FileLock, &Mine, PsGetCurrentProcess(), NULL), STATUS_RANGE_NOT_LOCKED);
    IS(FsRtlFastUnlockAll(&FileLock, &Other, PsGetCurrentProcess(), NULL), STATUS_SUCCESS);
    OK(!FsRtlAreThereCurrentFileLocks(&FileLock));
    FsRtlUninitializeFileLock(&FileLock);
}

static void TestAccess(void)
{
    FILE_LOCK FileLock;
    FsRtlInitializeFileLock(&FileLock, NULL, NULL);
    OK(MayRead(&FileLock, &Other, 0, 10, 0));
    IS(Lock(&FileLock, &Mine, 10, 10, 3, TRUE), STATUS_SUCCESS);
    OK(MayRead(&FileLock, &Mine, 10, 10, 3));
    OK(MayWrite(&FileLock, &Mine, 10, 10, 3));
    OK(!MayRead(&FileLock, &Mine, 10, 10, 4));
    OK(!MayRead(&FileLock, &Other, 19, 5, 3));
    OK(!MayWrite(&FileLock, &Other, 0, 11, 3));
    OK(MayRead(&FileLock, &Other, 0, 10, 3));
    OK(MayRead(&FileLock, &Other, 20, 10, 3));
    OK(MayRead(&FileLock, &Other, 12, 0, 3));
    IS(Lock(&FileLock, &Mine, 30, 10, 3, FALSE), STATUS_SUCCESS);
    OK(MayRead(&FileLock, &Other, 30, 10, 3));
    OK(!MayWrite(&FileLock, &Other, 30, 10, 3));
    OK(!MayWrite(&FileLock, &Mine, 30, 10, 3)); // under a shared lock nobody writes
    FsRtlUninitializeFileLock(&FileLock);
}

static void TestIrpAccess(void)
{
    REQUEST Request;
    FILE_LOCK FileLock;
    FsRtlInitializeFileLock(&FileLock, NULL, NULL);
    PIO_STACK_LOCATION Stack = MakeRequest(&Request, IRP_MJ_READ, 0);
    Stack->Parameters.Read.ByteOffset.QuadPart = 5;
    Stack->Parameters.Read.Length = 1;
    OK(FsRtlCheckLockForReadAccess(&FileLock, Request.Irp));
    OK(FsRtlCheckLockForWriteAccess(&FileLock, Request.Irp));
    IS(Lock(&FileLock, &Mine, 0, 6, 0, FALSE), STATUS_SUCCESS);
    OK(FsRtlCheckLockForReadAccess(&FileLock, Request.Irp));
    OK(!FsRtlCheckLockForWriteAccess(&FileLock, Request.Irp));
    IS(ReleaseLock(&FileLock, &Mine, 0, 6, 0), STATUS_SUCCESS);
    IS(Lock(&FileLock, &Mine, 0, 6, 0, TRUE), STATUS_SUCCESS);
    OK(!FsRtlCheckLockForReadAccess(&FileLock, Request.Irp));
    OK(!Request.Completed); // neither completes the IRP
    IoFreeIrp(Request.Irp);
    FsRtlUninitializeFileLock(&FileLock);
}

static void TestOplockRequest(void)
{
    FILE_LOCK FileLock;
    LARGE_INTEGER Size = At(0);
    FsRtlInitializeFileLock(&FileLock, NULL, NULL);
    IS(Lock(&FileLock, &Mine, 100, 6, 0, TRUE), STATUS_SUCCESS);
    OK(FsRtlCheckLockForOplockRequest(&FileLock, &Size));
    Size = At(100);
    OK(FsRtlCheckLockForOplockRequest(&FileLock, &Size));
    Size = At(101);
    OK(!FsRtlCheckLockForOplockRequest(&FileLock, &Size));
    FsRtlUninitializeFileLock(&FileLock);
}

static ULONG Unlocked;
static PVOID UnlockContext;

static VOID NTAPI OnUnlock(PVOID Context, PFILE_LOCK_INFO Info)
{
    Unlocked += (ULONG)Info->Length.QuadPart;
    UnlockContext = Context;
}

static void TestEnumerate(void)
{
    PFILE_LOCK FileLock = FsRtlAllocateFileLock(NULL, OnUnlock);
    ULONG Count = 0;
    OK(FileLock != NULL);
    OK(FsRtlGetNextFileLock(FileLock, TRUE) == NULL);
    IS(Lock(FileLock, &Mine, 0, 1, 0, TRUE), STATUS_SUCCESS);
    IS(Lock(FileLock, &Other, 10, 2, 5, FALSE), STATUS_SUCCESS);
    IS(Lock(FileLock, &Mine, 20, 3, 0, TRUE), STATUS_SUCCESS);
    for (PFILE_LOCK_INFO Info = FsRtlGetNextFileLock(FileLock, TRUE); Info != NULL;
         Info = FsRtlGetNextFileLock(FileLock, FALSE)) {
        Count += 1;
        if (Info->FileObject == &Other) {
            IS(Info->StartingByte.QuadPart, 10);
            IS(Info->EndingByte.QuadPart, 11);
            IS(Info->Key, 5);
            OK(!Info->ExclusiveLock);
            OK(Info->ProcessId == PsGetCurrentProcess());
        }
    }
    IS(Count, 3);
    OK(FsRtlGetNextFileLock(FileLock, TRUE) != NULL);
    IS(FsRtlFastUnlockAll(FileLock, &Mine, PsGetCurrentProcess(), &Count), STATUS_SUCCESS);
    IS(Unlocked, 4);
    OK(UnlockContext == &Count);
    PFILE_LOCK_INFO Info = FsRtlGetNextFileLock(FileLock, FALSE); // from behind one that is gone
    OK(Info != NULL && Info->FileObject == &Other);
    FsRtlFreeFileLock(FileLock);
}

static NTSTATUS Ask(PFILE_LOCK FileLock, REQUEST *Request, UCHAR Minor, LONGLONG Start, LONGLONG Bytes,
                    UCHAR Flags)
{
    PIO_STACK_LOCATION Stack = MakeRequest(Request, IRP_MJ_LOCK_CONTROL, Minor);
    Request->Length = At(Bytes);
    Stack->Parameters.LockControl.Length = &Request->Length;
    Stack->Parameters.LockControl.ByteOffset.QuadPart = Start;
    Stack->Flags = Flags;
    return FsRtlProcessFileLock(FileLock, Request->Irp, NULL);
}

static void TestIrps(void)
{
    FILE_LOCK FileLock;
    REQUEST First, Second, Third, Release;
    FsRtlInitializeFileLock(&FileLock, NULL, NULL);
    IS(Ask(&FileLock, &First, IRP_MN_LOCK, 0, 10, SL_EXCLUSIVE_LOCK), STATUS_SUCCESS);
    OK(First.Completed);
    IS(First.Status, STATUS_SUCCESS);
    IS(Ask(&FileLock, &Second, IRP_MN_LOCK, 0, 10, SL_FAIL_IMMEDIATELY), STATUS_LOCK_NOT_GRANTED);
    IS(Second.Status, STATUS_LOCK_NOT_GRANTED);
    DropRequest(&Second);
    OK(!FsRtlAreThereWaitingFileLocks(&FileLock));

    IS(Ask(&FileLock, &Second, IRP_MN_LOCK, 5, 10, 0), STATUS_PENDING);
    IS(Ask(&FileLock, &Third, IRP_MN_LOCK, 0, 5, 0), STATUS_PENDING);
    OK(!Second.Completed && !Third.Completed);
    OK(FsRtlAreThereWaitingFileLocks(&FileLock));
    // Cancelled, it waits no more.
    OK(IoCancelIrp(Third.Irp));
    OK(Third.Completed);
    IS(Third.Status, STATUS_CANCELLED);
    DropRequest(&Third);
    // Released, the other is granted.
    Release.File = First.File;
    PIO_STACK_LOCATION Stack = MakeRequest(&Release, IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE);
    Release.Length = At(10);
    Stack->FileObject = &First.File;
    Stack->Parameters.LockControl.Length = &Release.Length;
    IS(FsRtlProcessFileLock(&FileLock, Release.Irp, NULL), STATUS_SUCCESS);
    IS(Release.Status, STATUS_SUCCESS);
    OK(Second.Completed);
    IS(Second.Status, STATUS_SUCCESS);
    OK(!FsRtlAreThereWaitingFileLocks(&FileLock));
    DropRequest(&Release);
    DropRequest(&First);

    IS(Ask(&FileLock, &Third, IRP_MN_UNLOCK_ALL, 0, 0, 0), STATUS_RANGE_NOT_LOCKED);
    DropRequest(&Third);
    IS(Ask(&FileLock, &Third, IRP_MN_UNLOCK_ALL_BY_KEY, 0, 0, 0), STATUS_RANGE_NOT_LOCKED);
    DropRequest(&Third);
    IS(Ask(&FileLock, &Third, 0x77, 0, 0, 0), STATUS_INVALID_DEVICE_REQUEST);
    DropRequest(&Third);
    IS(Ask(&FileLock, &Third, IRP_MN_LOCK, -1, 2, 0), STATUS_INVALID_LOCK_RANGE);
    DropRequest(&Third);

    // What waits when the lock goes away is not left behind.
    IS(Ask(&FileLock, &Third, IRP_MN_LOCK, 5, 10, SL_EXCLUSIVE_LOCK), STATUS_PENDING);
    FsRtlUninitializeFileLock(&FileLock);
    OK(Third.Completed);
    OK(!NT_SUCCESS(Third.Status));
    DropRequest(&Third);
    DropRequest(&Second);
}

static NTSTATUS CompleteAs;

static NTSTATUS NTAPI CompleteLock(PVOID Context, PIRP Irp)
{
    *(ULONG *)Context += 1;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return CompleteAs;
}

static void TestCompleteRoutine(void)
{
    FILE_LOCK FileLock;
    REQUEST Request;
    ULONG Calls = 0;
    FsRtlInitializeFileLock(&FileLock, CompleteLock, NULL);
    CompleteAs = STATUS_SUCCESS;
    PIO_STACK_LOCATION Stack = MakeRequest(&Request, IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK);
    Request.Length = At(1);
    Stack->Parameters.LockControl.Length = &Request.Length;
    IS(FsRtlProcessFileLock(&FileLock, Request.Irp, &Calls), STATUS_SUCCESS);
    IS(Calls, 1);
    OK(FsRtlAreThereCurrentFileLocks(&FileLock));
    DropRequest(&Request);
    // One that fails takes the lock away again.
    CompleteAs = STATUS_INSUFFICIENT_RESOURCES;
    Stack = MakeRequest(&Request, IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK);
    Request.Length = At(1);
    Stack->Parameters.LockControl.Length = &Request.Length;
    Stack->Parameters.LockControl.ByteOffset.QuadPart = 100;
    IS(FsRtlProcessFileLock(&FileLock, Request.Irp, &Calls), STATUS_INSUFFICIENT_RESOURCES);
    DropRequest(&Request);
    ULONG Count = 0;
    for (PFILE_LOCK_INFO Info = FsRtlGetNextFileLock(&FileLock, TRUE); Info != NULL;
         Info = FsRtlGetNextFileLock(&FileLock, FALSE)) {
        Count += 1;
    }
    IS(Count, 1);
    FsRtlUninitializeFileLock(&FileLock);
}

TEST_DRIVER(TestGrant, TestAccess, TestIrpAccess, TestOplockRequest, TestEnumerate, TestIrps,
            TestCompleteRoutine)
