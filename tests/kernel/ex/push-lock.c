// SPDX-License-Identifier: MIT
// Push locks: shared, exclusive, tried, and who waits for whom.
#include "thread.h"

NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PULONG_PTR PushLock);
NTKERNELAPI BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(PULONG_PTR PushLock);

static ULONG_PTR Lock = 1;

static void TestModes(void)
{
    ExInitializePushLock(&Lock);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Lock);
    OK(!ExTryAcquirePushLockSharedEx(&Lock, 0));
    OK(!ExTryAcquirePushLockExclusiveEx(&Lock, 0));
    ExReleasePushLockExclusive(&Lock);
    ExAcquirePushLockShared(&Lock);
    OK(ExTryAcquirePushLockSharedEx(&Lock, 0));
    OK(!ExTryAcquirePushLockExclusiveEx(&Lock, 0));
    ExReleasePushLockShared(&Lock);
    ExReleasePushLockEx(&Lock, 0);
    OK(ExTryAcquirePushLockExclusiveEx(&Lock, 0));
    ExReleasePushLockEx(&Lock, 0);
    KeLeaveCriticalRegion();
    IS(Lock, 0);
}

static void TestOlderNames(void)
{
    KeEnterCriticalRegion();
    ExfAcquirePushLockExclusive(&Lock);
    OK(!ExfTryAcquirePushLockShared(&Lock));
    ExfReleasePushLockExclusive(&Lock);
    ExfAcquirePushLockShared(&Lock);
    OK(ExfTryAcquirePushLockShared(&Lock));
    ExfReleasePushLockShared(&Lock);
    ExfReleasePushLock(&Lock);
    ExfAcquirePushLockExclusive(&Lock);
    ExfReleasePushLock(&Lock);
    KeLeaveCriticalRegion();
    IS(Lock, 0);
}

static LONG First, Second;
static BOOLEAN Torn;

static VOID NTAPI ReadAndWrite(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeEnterCriticalRegion();
    for (ULONG Round = 0; Round < 400; Round += 1) {
        LARGE_INTEGER Zero = {.QuadPart = 0};
        if (Round % 4 == 0) {
            ExAcquirePushLockExclusive(&Lock);
            First += 1;
            KeDelayExecutionThread(KernelMode, FALSE, &Zero);
            Second += 1;
            ExReleasePushLockExclusive(&Lock);
        } else {
            ExAcquirePushLockShared(&Lock);
            LONG Seen = First;
            KeDelayExecutionThread(KernelMode, FALSE, &Zero);
            Torn |= Seen != Second;
            ExReleasePushLockShared(&Lock);
        }
    }
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// Each gives up the processor while it holds the lock, so that the others find it held.
static void TestReadersAndWriters(void)
{
    PETHREAD Threads[4];
    for (ULONG Index = 0; Index < 4; Index += 1) {
        Threads[Index] = TestStartThread(ReadAndWrite, NULL);
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    OK(!Torn);
    IS(First, 400);
    IS(Second, 400);
    IS(Lock, 0);
}

TEST_DRIVER(TestModes, TestOlderNames, TestReadersAndWriters)
