// SPDX-License-Identifier: MIT
// What the machine's user asks of the kernel: each request is carried out by the thread that it names, as if
// that thread came from user mode.
#include "inc/kernel.h"
#include "ex/snapshot.h"
#include "io/pnp.h"
#include "mm/vad.h"

static PETHREAD PspRequestThread; // of the requests that name none
static KDPC PspRequestDpc;
static KSPIN_LOCK PspRequestLock; // ETHREAD.FirstRequest, LastRequest

// The thread of that client id which has not ended. The dispatcher lock is held.
static PETHREAD PspFindThread(HANDLE Id)
{
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        PKPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks);
        for (PLIST_ENTRY Entry = Process->KernelThreadListHead.Flink; Entry != &Process->KernelThreadListHead;
             Entry = Entry->Flink) {
            PETHREAD Thread =
                CONTAINING_RECORD(CONTAINING_RECORD(Entry, KTHREAD, ThreadListEntry), ETHREAD, Tcb);
            if (Thread->Cid.UniqueThread == Id && !Thread->Tcb.SystemThread) {
                return Thread;
            }
        }
    }
    return NULL;
}

static BOOLEAN PspIsRequestOf(const KM_REQUEST *Request, PETHREAD Thread)
{
    return Request->thread != 0 ? (HANDLE)Request->thread == Thread->Cid.UniqueThread
                                : Thread == PspRequestThread;
}

// Gives Request to its thread. FALSE: there is none that could carry it out, or it is suspended, so that it
// makes no calls; the request's status and detail tell. IRQL <= DISPATCH_LEVEL.
static BOOLEAN PspQueueRequest(KM_REQUEST *Request)
{
    KIRQL OldIrql = KiLockDispatcher();
    PETHREAD Thread = Request->thread != 0 ? PspFindThread((HANDLE)Request->thread) : PspRequestThread;
    BOOLEAN IsSuspended = Thread != NULL && Thread->Tcb.SuspendCount != 0;
    Request->status = (ULONG)(IsSuspended ? STATUS_UNSUCCESSFUL : STATUS_INVALID_CID);
    Request->detail = IsSuspended ? KM_DETAIL_SUSPENDED : KM_DETAIL_NONE;
    if (IsSuspended) {
        Thread = NULL;
    }
    if (Thread != NULL) {
        KiAcquireSpinLock(&PspRequestLock);
        Request->next = NULL;
        if (Thread->FirstRequest == NULL) {
            Thread->FirstRequest = Request;
        } else {
            Thread->LastRequest->next = Request;
        }
        Thread->LastRequest = Request;
        KiReleaseSpinLock(&PspRequestLock);
        // It cannot end, and be freed, before the lock is free.
        Thread->RequestEvent.Header.SignalState = 1;
        KiSignalObject(&Thread->RequestEvent, 0);
    }
    KiUnlockDispatcher(OldIrql);
    return Thread != NULL;
}

// An answer may bring the next request with it.
static VOID PspTakeRequest(KM_REQUEST *Request)
{
    while (Request != NULL) {
        if (Request->kind == KM_REQUEST_REPORT_WAITS) {
            // No thread's business: every one may be waiting.
            KiReportWaits();
            Request->status = (ULONG)STATUS_SUCCESS;
            Request->detail = KM_DETAIL_NONE;
        } else if (PspQueueRequest(Request)) {
            return;
        }
        Request = KeMachine->answer_request(Request);
    }
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

static KM_REQUEST *PspTakeFirstRequest(PETHREAD Thread)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&PspRequestLock);
    KM_REQUEST *Request = Thread->FirstRequest;
    if (Request != NULL) {
        Thread->FirstRequest = Request->next;
    }
    KiReleaseSpinLockLower(&PspRequestLock, OldIrql);
    return Request;
}

// The thread's user mode.
static KM_REQUEST *PspWaitForRequest(PETHREAD Thread)
{
    for (;;) {
        PspReturnToUserMode();
        KM_REQUEST *Request = PspTakeFirstRequest(Thread);
        if (Request != NULL) {
            return Request;
        }
        KeWaitForSingleObject(&Thread->RequestEvent, UserRequest, UserMode, FALSE, NULL);
    }
}

VOID PspAnswerForEndedThread(PETHREAD Thread)
{
    KM_REQUEST *Request = Thread->Request;
    Thread->Request = NULL;
    if (Request != NULL) {
        Request->status =
            (ULONG)(Request->kind == KM_REQUEST_EXIT_THREAD ? STATUS_SUCCESS : STATUS_THREAD_IS_TERMINATING);
        Request->detail = KM_DETAIL_NONE;
        PspTakeRequest(KeMachine->answer_request(Request));
    }
    while ((Request = PspTakeFirstRequest(Thread)) != NULL) {
        Request->status = (ULONG)STATUS_THREAD_IS_TERMINATING;
        Request->detail = KM_DETAIL_NONE;
        PspTakeRequest(KeMachine->answer_request(Request));
    }
}

// ---- Processes and threads

#define PSP_IMAGE_FOLDER L"\\Device\\HarddiskVolume1\\Windows\\System32\\"
#define PSP_WOW64_FOLDER L"\\Device\\HarddiskVolume1\\Windows\\SysWOW64\\"

// A name of the machine's as text of NT's, behind Prefix.
static NTSTATUS PspNameOf(PCSTR Name, PCWSTR Prefix, PWCH Buffer, ULONG Bytes, PUNICODE_STRING String)
{
    ULONG NameBytes = 0, PrefixBytes = (ULONG)(wcslen(Prefix) * sizeof(WCHAR));
    RtlCopyMemory(Buffer, Prefix, PrefixBytes);
    NTSTATUS Status = RtlUTF8ToUnicodeN(Buffer + PrefixBytes / sizeof(WCHAR), Bytes - PrefixBytes, &NameBytes,
                                        Name, (ULONG)strnlen(Name, KM_NAME_BYTES));
    String->Buffer = Buffer;
    String->Length = String->MaximumLength = (USHORT)(PrefixBytes + NameBytes);
    return Status == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

// A thread in Process, with memory for what its system calls point to.
static NTSTATUS PspCreateRequestThread(PEPROCESS Process, KM_REQUEST *Request)
{
    CLIENT_ID Id;
    ULONG_PTR Area;
    NTSTATUS Status = MmAllocateUserMemory(Process, KM_THREAD_AREA_BYTES, &Area);
    if (NT_SUCCESS(Status)) {
        Status = PspCreateUserThread(Process, &Id);
    }
    if (NT_SUCCESS(Status)) {
        Request->process = (ULONG_PTR)Id.UniqueProcess;
        Request->thread = (ULONG_PTR)Id.UniqueThread;
        Request->arguments[0] = Area;
        Request->arguments[1] = (ULONG_PTR)Process->Peb;
        Request->arguments[2] = (ULONG_PTR)Process->SectionBaseAddress;
        Request->arguments[3] = (ULONG_PTR)Process->SystemDllBase;
        Request->arguments[4] = (ULONG_PTR)Process->WoW64Process;
        Request->arguments[5] = (ULONG_PTR)Process->Wow64DllBase;
    }
    return Status;
}

static NTSTATUS PspCarryOutCreateProcess(KM_REQUEST *Request)
{
    // Too long for a kernel stack that a driver's notify routine runs on.
    enum { NameBytes = sizeof(PSP_IMAGE_FOLDER) + KM_NAME_BYTES * sizeof(WCHAR) };
    UNICODE_STRING ImagePath, CommandLine;
    PEPROCESS Process;
    if (Request->image_file[0] == '\0') {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (Request->arguments[0] > KM_AS_LIMITED || Request->arguments[1] > TRUE) {
        return STATUS_INVALID_PARAMETER;
    }
    PWCH Names = ExAllocatePoolZero(PagedPool, 2ULL * NameBytes, TAG_PROCESS_NAME);
    if (Names == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PCWSTR Prefix = Request->image_file[0] == '\\'  ? L""
                    : Request->image_file[1] == ':' ? L"\\??\\"
                    : Request->arguments[1] != 0    ? PSP_WOW64_FOLDER
                                                    : PSP_IMAGE_FOLDER;
    NTSTATUS Status = PspNameOf(Request->image_file, Prefix, Names, NameBytes, &ImagePath);
    if (!NT_SUCCESS(Status)) {
        goto FreeNames;
    }
    PCSTR Line = Request->service_name[0] != '\0' ? Request->service_name : Request->image_file;
    Status = PspNameOf(Line, L"", Names + NameBytes / sizeof(WCHAR), NameBytes, &CommandLine);
    if (!NT_SUCCESS(Status)) {
        goto FreeNames;
    }
    Status = PspCreateProcess(PsGetCurrentProcess(), &ImagePath, &CommandLine, Request->arguments[0],
                              Request->arguments[1] != 0, &Process);
    if (!NT_SUCCESS(Status)) {
        goto FreeNames;
    }
    Status = PspCreateRequestThread(Process, Request);
    ObfDereferenceObject(Process);
FreeNames:
    ExFreePoolWithTag(Names, TAG_PROCESS_NAME);
    return Status;
}

static NTSTATUS PspCarryOutCreateThread(KM_REQUEST *Request)
{
    PEPROCESS Process;
    NTSTATUS Status = PsLookupProcessByProcessId((HANDLE)Request->process, &Process);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // A process that has ended takes no memory either.
    Status = Process == PsInitialSystemProcess ? STATUS_INVALID_PARAMETER
             : Process->Exiting                ? STATUS_INVALID_CID
                                               : PspCreateRequestThread(Process, Request);
    ObfDereferenceObject(Process);
    return Status;
}

static NTSTATUS PspCarryOutExitThread(const KM_REQUEST *Request)
{
    if (PsGetCurrentThread()->Tcb.SystemThread) {
        return STATUS_INVALID_PARAMETER;
    }
    PspExitThread((NTSTATUS)Request->arguments[0]);
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
    case KM_REQUEST_DEVICE: Status = PipCarryOut(Request, &Detail); break;
    case KM_REQUEST_WMI: Status = WmipCarryOut(Request); break;
    case KM_REQUEST_POWER: Status = PopCarryOut(Request); break;
    case KM_REQUEST_TRACING: Status = EtwCarryOut(Request); break;
    case KM_REQUEST_CREATE_PROCESS: Status = PspCarryOutCreateProcess(Request); break;
    case KM_REQUEST_CREATE_THREAD: Status = PspCarryOutCreateThread(Request); break;
    case KM_REQUEST_EXIT_THREAD: Status = PspCarryOutExitThread(Request); break;
    case KM_REQUEST_SYSTEM_CALL: Status = KiSystemService(Request); break;
    case KM_REQUEST_SNAPSHOT:
        Request->arguments[1] =
            ExpTakeSnapshot((KM_SNAPSHOT_ROW *)Request->arguments[0], Request->arguments[1]);
        Status = STATUS_SUCCESS;
        break;
    case KM_REQUEST_SHUT_DOWN:
        IoShutdownSystem();
        PopShutdownSystem();
        Status = STATUS_SUCCESS;
        break;
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
        } else if (!PspIsRequestOf(Request, Thread)) {
            // The answer named a thread that was made: the next request is that one's.
            PspTakeRequest(Request);
            Request = NULL;
            continue;
        }
        Thread->Request = Request;
        PspCarryOut(Request);
        PspReturnToUserMode();
        Thread->Request = NULL;
        Request = KeMachine->answer_request(Request);
    }
}

VOID NTAPI PspUserThreadStartup(PVOID Context)
{
    PETHREAD Thread = CONTAINING_RECORD(Context, ETHREAD, Tcb);
    if (!Thread->ExitAsked) {
        PspNotifyThreadStarted(Thread);
        PspNotifyProcessImages(Thread->Tcb.Process);
    }
    PspServeRequests(Thread);
}
