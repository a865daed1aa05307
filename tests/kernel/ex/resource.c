// SPDX-License-Identifier: MIT
// Resources (ERESOURCE): shared, exclusive, recursive, converted, released for another thread, and who waits
// for whom.
#include "thread.h"

static ERESOURCE Resource;

static void TestExclusive(void)
{
    IS(ExInitializeResourceLite(&Resource), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    OK(!ExIsResourceAcquiredExclusiveLite(&Resource));
    IS(ExIsResourceAcquiredSharedLite(&Resource), 0);
    OK(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    OK(ExIsResourceAcquiredExclusiveLite(&Resource));
    IS(ExIsResourceAcquiredSharedLite(&Resource), 1);
    OK(ExAcquireResourceExclusiveLite(&Resource, TRUE));
    // An exclusive owner that asks to share is exclusive once more.
    OK(ExAcquireResourceSharedLite(&Resource, FALSE));
    OK(ExAcquireSharedStarveExclusive(&Resource, FALSE));
    OK(ExAcquireSharedWaitForExclusive(&Resource, FALSE));
    IS(ExIsResourceAcquiredSharedLite(&Resource), 5);
    for (ULONG Times = 0; Times < 4; Times += 1) {
        ExReleaseResourceLite(&Resource);
        OK(ExIsResourceAcquiredExclusiveLite(&Resource));
    }
    ExReleaseResourceForThreadLite(&Resource, ExGetCurrentResourceThread());
    OK(!ExIsResourceAcquiredExclusiveLite(&Resource));
    IS(ExIsResourceAcquiredSharedLite(&Resource), 0);
    KeLeaveCriticalRegion();
}

static void TestShared(void)
{
    KeEnterCriticalRegion();
    OK(ExAcquireResourceSharedLite(&Resource, FALSE));
    OK(ExAcquireResourceSharedLite(&Resource, TRUE));
    IS(ExIsResourceAcquiredSharedLite(&Resource), 2);
    OK(!ExIsResourceAcquiredExclusiveLite(&Resource));
    // No way up from shared.
    OK(!ExAcquireResourceExclusiveLite(&Resource, FALSE));
    OK(!ExTryToAcquireResourceExclusiveLite(&Resource));
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    OK(ExTryToAcquireResourceExclusiveLite(&Resource));
    ExConvertExclusiveToSharedLite(&Resource);
    OK(!ExIsResourceAcquiredExclusiveLite(&Resource));
    IS(ExIsResourceAcquiredSharedLite(&Resource), 1);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static void TestRegions(void)
{
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    OK(KeAreApcsDisabled());
    OK(ExIsResourceAcquiredExclusiveLite(&Resource));
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    OK(!KeAreApcsDisabled());
    ExEnterCriticalRegionAndAcquireResourceShared(&Resource);
    ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(&Resource);
    IS(ExIsResourceAcquiredSharedLite(&Resource), 2);
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    OK(KeAreApcsDisabled());
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    OK(!KeAreApcsDisabled());
    IS(ExIsResourceAcquiredSharedLite(&Resource), 0);
}

// ---- Threads that acquire in the order in which they are started, and say in which they are served

typedef BOOLEAN(NTAPI *ACQUIRE)(PERESOURCE Resource, BOOLEAN Wait);

typedef struct _PARTY {
    ACQUIRE Acquire;
    PETHREAD Thread;
    KEVENT Go;
    LONG Turn; // at which it was served; 0: not yet
    BOOLEAN Polled;
    ERESOURCE_THREAD Id;
} PARTY;

static volatile LONG Turns;

static VOID NTAPI Serve(PVOID Context)
{
    PARTY *Party = Context;
    Party->Id = ExGetCurrentResourceThread();
    KeEnterCriticalRegion();
    Party->Polled = Party->Acquire(&Resource, FALSE);
    if (!Party->Polled) {
        Party->Acquire(&Resource, TRUE);
    }
    Party->Turn = InterlockedIncrement(&Turns);
    KeWaitForSingleObject(&Party->Go, Executive, KernelMode, FALSE, NULL);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void Start(PARTY *Party, ACQUIRE Acquire)
{
    Party->Acquire = Acquire;
    Party->Turn = 0;
    KeInitializeEvent(&Party->Go, NotificationEvent, FALSE);
    Party->Thread = TestStartThread(Serve, Party);
    TestSleep(1);
}

static void Finish(PARTY *Party)
{
    KeSetEvent(&Party->Go, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Party->Thread);
    TestSleep(1);
}

static void TestWhoPassesWhom(void)
{
    PARTY Reader, Writer, Late, Bold, Patient;
    Turns = 0;
    Start(&Reader, ExAcquireResourceSharedLite);
    OK(Reader.Polled);
    Start(&Writer, ExAcquireResourceExclusiveLite);
    OK(!Writer.Polled);
    IS(ExGetExclusiveWaiterCount(&Resource), 1);
    Start(&Late, ExAcquireResourceSharedLite);
    OK(!Late.Polled);
    IS(Late.Turn, 0);
    Start(&Bold, ExAcquireSharedStarveExclusive);
    OK(Bold.Polled);
    Start(&Patient, ExAcquireSharedWaitForExclusive);
    OK(!Patient.Polled);
    IS(ExGetSharedWaiterCount(&Resource), 2);
    IS(ExGetExclusiveWaiterCount(&Resource), 1);
    Finish(&Reader);
    IS(Writer.Turn, 0);
    Finish(&Bold);
    // The last of the sharers gives it to the writer, the writer to all who wait to share.
    IS(Writer.Turn, 3);
    IS(Late.Turn, 0);
    Finish(&Writer);
    IS(Late.Turn + Patient.Turn, 4 + 5);
    IS(ExGetSharedWaiterCount(&Resource), 0);
    Finish(&Late);
    Finish(&Patient);
}

static void TestWritersDoNotStarveReaders(void)
{
    PARTY Writer, Second, Reader;
    Turns = 0;
    Start(&Writer, ExAcquireResourceExclusiveLite);
    Start(&Second, ExAcquireResourceExclusiveLite);
    Start(&Reader, ExAcquireResourceSharedLite);
    IS(ExGetExclusiveWaiterCount(&Resource), 1);
    IS(ExGetSharedWaiterCount(&Resource), 1);
    OK(!Reader.Polled);
    Finish(&Writer);
    IS(Reader.Turn, 2);
    IS(Second.Turn, 0);
    Finish(&Reader);
    IS(Second.Turn, 3);
    Finish(&Second);
    IS(ExGetExclusiveWaiterCount(&Resource), 0);
}

// A sharer may share again although a writer waits; only the third way of asking says no.
static void TestSharerShareAgain(void)
{
    PARTY Writer;
    KeEnterCriticalRegion();
    OK(ExAcquireResourceSharedLite(&Resource, TRUE));
    Start(&Writer, ExAcquireResourceExclusiveLite);
    OK(ExAcquireResourceSharedLite(&Resource, FALSE));
    OK(ExAcquireSharedStarveExclusive(&Resource, FALSE));
    OK(!ExAcquireSharedWaitForExclusive(&Resource, FALSE));
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    IS(Writer.Turn, 0);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    Finish(&Writer);
    OK(Writer.Turn != 0);
}

static void TestConvertLetsReadersIn(void)
{
    PARTY Reader, Writer;
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    Start(&Writer, ExAcquireResourceExclusiveLite);
    Start(&Reader, ExAcquireResourceSharedLite);
    IS(Reader.Turn, 0);
    ExConvertExclusiveToSharedLite(&Resource);
    TestSleep(1);
    OK(Reader.Turn != 0);
    IS(Writer.Turn, 0);
    IS(ExIsResourceAcquiredSharedLite(&Resource), 1);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    Finish(&Reader);
    OK(Writer.Turn != 0);
    Finish(&Writer);
}

#define SHARERS 20

// More sharers than the resource itself has room for; they all wait before they share.
static void TestManySharers(void)
{
    static PARTY Parties[SHARERS];
    Turns = 0;
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    for (ULONG Index = 0; Index < SHARERS; Index += 1) {
        Start(&Parties[Index], ExAcquireResourceSharedLite);
    }
    IS(ExGetSharedWaiterCount(&Resource), SHARERS);
    ExReleaseResourceLite(&Resource);
    TestSleep(1);
    IS(Turns, SHARERS);
    OK(!ExAcquireResourceExclusiveLite(&Resource, FALSE));
    for (ULONG Index = 0; Index < SHARERS; Index += 1) {
        Finish(&Parties[Index]);
    }
    OK(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    ExReleaseResourceLite(&Resource);
    IS(ExReinitializeResourceLite(&Resource), STATUS_SUCCESS);
    OK(ExAcquireResourceSharedLite(&Resource, FALSE));
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static void TestOwnerPointers(void)
{
    static ULONG64 Owner;
    PVOID Pointer = (PVOID)((ULONG_PTR)&Owner | 3);
    PVOID Thread = (PVOID)(ExGetCurrentResourceThread() | 3);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExSetResourceOwnerPointer(&Resource, Pointer);
    IS(ExIsResourceAcquiredSharedLite(&Resource), 0);
    OK(!ExIsResourceAcquiredExclusiveLite(&Resource));
    OK(!ExAcquireResourceSharedLite(&Resource, FALSE));
    ExReleaseResourceForThreadLite(&Resource, (ERESOURCE_THREAD)Pointer);
    OK(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    ExSetResourceOwnerPointerEx(&Resource, Thread, FLAG_OWNER_POINTER_IS_THREAD);
    IS(ExIsResourceAcquiredSharedLite(&Resource), 0);
    ExReleaseResourceForThreadLite(&Resource, (ERESOURCE_THREAD)Thread);
    // Shares that are given to one owner one after another are its together.
    for (ULONG Times = 0; Times < 3; Times += 1) {
        OK(ExAcquireResourceSharedLite(&Resource, FALSE));
        ExSetResourceOwnerPointerEx(&Resource, Pointer, 0);
    }
    for (ULONG Times = 0; Times < 3; Times += 1) {
        OK(!ExAcquireResourceExclusiveLite(&Resource, FALSE));
        ExReleaseResourceForThreadLite(&Resource, (ERESOURCE_THREAD)Pointer);
    }
    OK(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

// The caller that waits in turn while it shares is let go by who releases for it.
static PARTY Helped;

static VOID NTAPI ShareTwice(PVOID Context)
{
    PARTY *Party = Context;
    Party->Id = ExGetCurrentResourceThread();
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    KeWaitForSingleObject(&Party->Go, Executive, KernelMode, FALSE, NULL);
    ExAcquireSharedWaitForExclusive(&Resource, TRUE);
    Party->Turn = InterlockedIncrement(&Turns);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestReleaseForAnother(void)
{
    PARTY Writer;
    Turns = 0;
    KeInitializeEvent(&Helped.Go, NotificationEvent, FALSE);
    Helped.Thread = TestStartThread(ShareTwice, &Helped);
    TestSleep(1);
    Start(&Writer, ExAcquireResourceExclusiveLite);
    KeSetEvent(&Helped.Go, IO_NO_INCREMENT, FALSE);
    TestSleep(1);
    IS(Turns, 0);
    KeEnterCriticalRegion();
    ExReleaseResourceForThreadLite(&Resource, Helped.Id);
    KeLeaveCriticalRegion();
    TestSleep(1);
    IS(Writer.Turn, 1);
    Finish(&Writer);
    TestJoinThread(Helped.Thread);
    IS(Helped.Turn, 2);
}

static void TestDelete(void)
{
    ExDisableResourceBoostLite(&Resource);
    IS(ExDeleteResourceLite(&Resource), STATUS_SUCCESS);
    // The list holds together without it.
    ERESOURCE Others[3];
    for (ULONG Index = 0; Index < 3; Index += 1) {
        IS(ExInitializeResourceLite(&Others[Index]), STATUS_SUCCESS);
    }
    IS(ExDeleteResourceLite(&Others[1]), STATUS_SUCCESS);
    IS(ExDeleteResourceLite(&Others[0]), STATUS_SUCCESS);
    IS(ExDeleteResourceLite(&Others[2]), STATUS_SUCCESS);
}

TEST_DRIVER(TestExclusive, TestShared, TestRegions, TestWhoPassesWhom, TestWritersDoNotStarveReaders,
            TestSharerShareAgain, TestConvertLetsReadersIn, TestManySharers, TestOwnerPointers,
            TestReleaseForAnother, TestDelete)
