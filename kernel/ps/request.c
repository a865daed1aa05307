// SPDX-License-Identifier: MIT
// What the machine's user asks of the kernel: each request is carried out by the thread that it names, as if
// that thread came from user mode.
#include "inc/kernel.h"

static PETHREAD PspRequestThread; // of the requests that name none
static KDPC PspRequestDpc;
static KSPIN_LOCK PspRequestLock; // ETHREAD.FirstRequest, LastRequest

// REPORT_WAITS is not a thread's business: every thread may be waiting.
static VOID PspTakeRequest(KM_REQUEST *Request)
{
    if (Request->kind == KM_REQUEST_REPORT_WAITS) {
        KiReportWaits();
        Request->status = (ULONG)STATUS_SUCCESS;
        KeMachine->answer_request(Request);
        return;
    }
    PETHREAD Thread = Request->thread != 0 ? (PETHREAD)Request->thread : PspRequestThread;
    Request->next = NULL;
    KiAcquireSpinLock(&PspRequestLock);
    if (Thread->FirstRequest == NULL) {
        Thread->FirstRequest = Request;
    } else {
        Thread->LastRequest->next = Request;
    }
    Thread->LastRequest = Request;
    KiReleaseSpinLock(&PspRequestLock);
    KeSetEvent(&Thread->RequestEvent, 0, FALSE);
}

static VOID NTAPI PspFetchRequests(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KM_REQUEST *Request;
    while ((Request = KeMachine->fetch_request()) != NULL) {
        PspTakeRequest(Request);
    }
}

VOID PspRequestInterrupt(VOID)
{
    KeInsertQueueDpc(&PspRequestDpc, NULL, NULL);
}

VOID PspInitializeRequests(PETHREAD Thread)
{
    KeInitializeDpc(&PspRequestDpc, PspFetchRequests, NULL);
    PspRequestThread = Thread;
}

BOOLEAN PspIsRequestEvent(PVOID Object)
{
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        PKPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks);
        for (PLIST_ENTRY Entry = Process->KernelThreadListHead.Flink; Entry != &Process->KernelThreadListHead;
             Entry = Entry->Flink) {
            PKTHREAD Thread = CONTAINING_RECORD(Entry, KTHREAD, ThreadListEntry);
            if (Object == &CONTAINING_RECORD(Thread, ETHREAD, Tcb)->RequestEvent) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static KM_REQUEST *PspWaitForRequest(PETHREAD Thread)
{
    for (;;) {
        KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
        KiAcquireSpinLock(&PspRequestLock);
        KM_REQUEST *Request = Thread->FirstRequest;
        if (Request != NULL) {
            Thread->FirstRequest = Request->next;
        }
        KiReleaseSpinLock(&PspRequestLock);
        KiLowerIrql(OldIrql);
        if (Request != NULL) {
            return Request;
        }
        KeWaitForSingleObject(&Thread->RequestEvent, UserRequest, KernelMode, FALSE, NULL);
    }
}

static VOID PspCarryOut(KM_REQUEST *Request)
{
    ULONG Detail = KM_DETAIL_NONE;
    NTSTATUS Status;
    switch (Request->kind) {
    case KM_REQUEST_LOAD_DRIVER:
        Status = IopLoadDriver(Request->service_name, Request->image_file, &Detail);
        break;
    case KM_REQUEST_UNLOAD_DRIVER: Status = IopUnloadDriver(Request->service_name, &Detail); break;
    case KM_REQUEST_REGISTRY: Status = CmCarryOut((KM_REGISTRY_OPERATION *)Request->arguments[0]); break;
    case KM_REQUEST_SYSTEM_CALL: Status = KiSystemService(Request); break;
    default: Status = STATUS_INVALID_PARAMETER; break;
    }
    Request->status = (ULONG)Status;
    Request->detail = Detail;
}

DECLSPEC_NORETURN VOID PspServeRequests(PETHREAD Thread)
{
    KM_REQUEST *Request = NULL;
    for (;;) {
        if (Request == NULL) {
            Request = PspWaitForRequest(Thread);
        }
        PspCarryOut(Request);
        Request = KeMachine->answer_request(Request);
    }
}
