// SPDX-License-Identifier: MIT
// Keeps notes for programs, in memory of which each handle has so much and no more, and tells how much it
// has.
#include <kmode.h>
#include "budget.h"

C_ASSERT(sizeof(BUDGET_COUNTS) == sizeof(KM_COUNTING_STATISTICS));

typedef struct NOTE {
    LIST_ENTRY Link;
    ULONG Bytes; // behind this
} NOTE;

// Notes are allocated from Counting, that from Budget, and that from Pool.
typedef struct SESSION {
    KM_COUNTING_ALLOCATOR Counting;
    KM_FAILING_ALLOCATOR Budget;
    FAST_MUTEX Mutex; // of Notes: the allocators need none
    KM_LIST(NOTE, Link) Notes;
} SESSION;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'gduB');

static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    SESSION *Session = KmRequestFile(Request, SESSION);
    NOTE *Note = (NOTE *)KmAlloc(&Session->Counting.Allocator, sizeof(NOTE) + (SIZE_T)Request->InputBytes);

    if (Note == NULL) {
        return STATUS_QUOTA_EXCEEDED;
    }
    Note->Bytes = Request->InputBytes;
    RtlCopyMemory(Note + 1, Request->Input, Note->Bytes);
    ExAcquireFastMutex(&Session->Mutex);
    KmListPushBack(&Session->Notes, Note);
    ExReleaseFastMutex(&Session->Mutex);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    SESSION *Session = KmRequestFile(Request, SESSION);
    NOTE *Note;

    ExAcquireFastMutex(&Session->Mutex);
    Note = KmListPopFront(&Session->Notes);
    ExReleaseFastMutex(&Session->Mutex);
    if (Note == NULL) {
        return STATUS_END_OF_FILE;
    }
    KmRequestSetInformation(Request, min(Note->Bytes, Request->OutputBytes)); // the rest is gone
    RtlCopyMemory(Request->Output, Note + 1, Request->Information);
    KmFree(&Session->Counting.Allocator, Note, sizeof(*Note) + (SIZE_T)Note->Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Count(PKM_REQUEST Request)
{
    KmCountingQuery(&KmRequestFile(Request, SESSION)->Counting,
                    KmRequestOutput(Request, KM_COUNTING_STATISTICS));
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    SESSION *Session = KmRequestFile(Request, SESSION);
    NTSTATUS Status = KmFailingInit(&Session->Budget, &Pool);

    ExInitializeFastMutex(&Session->Mutex);
    KmListInit(&Session->Notes);
    KmFailingSetBudget(&Session->Budget, BUDGET_BYTES);
    return NT_SUCCESS(Status) ? KmCountingInit(&Session->Counting, &Session->Budget.Allocator) : Status;
}

static VOID NTAPI Close(PKM_DEVICE Device, PVOID FileContext)
{
    SESSION *Session = (SESSION *)FileContext;
    NOTE *Note;

    UNREFERENCED_PARAMETER(Device);
    while ((Note = KmListPopFront(&Session->Notes)) != NULL) {
        KmFree(&Session->Counting.Allocator, Note, sizeof(*Note) + (SIZE_T)Note->Bytes);
    }
    (VOID) KmCountingEnd(&Session->Counting); // says what has been forgotten
}

static const KM_DEVICE_ENTRY Budget[] = {
    KM_DEVICE_NAME(L"\\Device\\Budget"),
    KM_DEVICE_LINK(L"\\DosDevices\\Budget"),
    KM_FILE_CONTEXT(SESSION, Open, Close),
    KM_ON(IRP_MJ_WRITE, Write),
    KM_ON(IRP_MJ_READ, Read),
    KM_ON_IOCTL_OUTPUT(IOCTL_BUDGET_COUNTS, Count, KM_COUNTING_STATISTICS),
    KM_DEVICE_END};

KM_DRIVER(Budget)
