// SPDX-License-Identifier: MIT
// Thread objects: made, ended, and what the end leaves behind.
#include "inc/kernel.h"
#include "ex/timer-object.h"

POBJECT_TYPE PsThreadType;

static VOID NTAPI PspDeleteThread(PVOID Object)
{
    PETHREAD Thread = Object;
    if (Thread->Tcb.InitialStack != NULL) {
        MiDeleteKernelStack(Thread->Tcb.InitialStack);
    }
    if (Thread->Cid.UniqueThread != NULL) {
        PspFreeCid(Thread->Cid.UniqueThread);
    }
    if (Thread->ImpersonationToken != NULL) {
        ObfDereferenceObject(Thread->ImpersonationToken);
    }
    if (Thread->Tcb.Process != NULL) {
        ObfDereferenceObject(Thread->Tcb.Process);
    }
}

// "Thread Security and Access Rights": a right brings its limited one.
static NTSTATUS NTAPI PspOpenThreadHandle(OB_OPEN_REASON Reason, KPROCESSOR_MODE Mode, PEPROCESS Process,
                                          PVOID Object, PACCESS_MASK GrantedAccess, ULONG HandleCount)
{
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(HandleCount);
    if (*GrantedAccess & THREAD_QUERY_INFORMATION) {
        *GrantedAccess |= THREAD_QUERY_LIMITED_INFORMATION;
    }
    if (*GrantedAccess & THREAD_SET_INFORMATION) {
        *GrantedAccess |= THREAD_SET_LIMITED_INFORMATION;
    }
    return STATUS_SUCCESS;
}

static const OB_TYPE_DESCRIPTION PspThreadDescription = {
    .Name = L"Thread",
    .GenericMapping = {STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
                       STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_ALERT |
                           THREAD_SET_INFORMATION | THREAD_SET_CONTEXT | THREAD_SET_LIMITED_INFORMATION,
                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION |
                           THREAD_RESUME,
                       THREAD_ALL_ACCESS},
    .ValidAccessMask = THREAD_ALL_ACCESS,
    .RetainAccess = SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION | THREAD_RESUME,
    .Flags = OB_TYPE_SECURITY_REQUIRED | OB_TYPE_SUPPORTS_OBJECT_CALLBACKS,
    .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF,
    .Open = PspOpenThreadHandle,
    .Delete = PspDeleteThread,
};

VOID PspInitializeThread(PETHREAD Thread, PEPROCESS Process, PVOID StackTop, PVOID StackLimit,
                         PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority)
{
    BOOLEAN User = StartRoutine == PspUserThreadStartup;
    PKSTART_ROUTINE Startup = User ? PspUserThreadStartup : PspSystemThreadStartup;
    KiInitializeThread(&Thread->Tcb, Process, StackTop, StackLimit, StartRoutine != NULL ? Startup : NULL,
                       &Thread->Tcb, Priority);
    Thread->Tcb.SystemThread = !User;
    Thread->Tcb.StartRoutine = StartRoutine;
    Thread->Tcb.StartContext = StartContext;
    Thread->StartAddress = Thread->Win32StartAddress = (PVOID)(ULONG_PTR)StartRoutine;
    Thread->Cid.UniqueProcess = Process->UniqueProcessId;
    Thread->ExitStatus = STATUS_PENDING;
    Thread->PagePriority = PSP_PAGE_PRIORITY_NORMAL;
    Thread->CreateTime.QuadPart = (LONG64)KiSystemTimeOf(KiShownTime());
    InitializeListHead(&Thread->IrpList);
    InitializeListHead(&Thread->TimerList);
    KeInitializeEvent(&Thread->RequestEvent, SynchronizationEvent, FALSE);
}

// A thread that ran before there was a type is an object from now on.
static NTSTATUS PspAdoptThread(PETHREAD Thread)
{
    ObpInitializeStaticObject(Thread, PsThreadType);
    Thread->Cid.UniqueProcess = PsInitialSystemProcess->UniqueProcessId;
    ObfReferenceObject(PsInitialSystemProcess);
    return STATUS_SUCCESS;
}

// FALSE if its process ends.
static BOOLEAN PspInsertThread(PETHREAD Thread)
{
    PEPROCESS Process = Thread->Tcb.Process;
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Process->ProcessLock);
    BOOLEAN Inserted = !Process->ExitAsked && !Process->Exiting;
    if (Inserted) {
        InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
        Process->ActiveThreads += 1;
    }
    ExReleasePushLockExclusive(&Process->ProcessLock);
    KeLeaveCriticalRegion();
    return Inserted;
}

// TRUE if it was the last one.
static BOOLEAN PspRemoveThread(PETHREAD Thread)
{
    PEPROCESS Process = Thread->Tcb.Process;
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Process->ProcessLock);
    RemoveEntryList(&Thread->ThreadListEntry);
    Process->ActiveThreads -= 1;
    Process->LastThreadExitStatus = Thread->ExitStatus;
    BOOLEAN Last = Process->ActiveThreads == 0;
    if (Last) {
        Process->Exiting = TRUE;
    }
    ExReleasePushLockExclusive(&Process->ProcessLock);
    KeLeaveCriticalRegion();
    return Last;
}

NTSTATUS PspInitializeThreads(VOID)
{
    NTSTATUS Status = ObpCreateType(&PspThreadDescription, &PsThreadType);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        // Idle threads are in no list and have no number, as on Windows.
        PspAdoptThread(CONTAINING_RECORD(KiProcessors[Number]->Prcb.IdleThread, ETHREAD, Tcb));
    }
    PETHREAD Thread = PsGetCurrentThread();
    PspAdoptThread(Thread);
    Thread->Cid.UniqueThread = PspAllocateCid(Thread);
    PspInsertThread(Thread);
    return Thread->Cid.UniqueThread != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static volatile LONG PspUnreapedThreads; // that have ended, and whose stacks are not given back yet

#define PSP_STACK_TRIES 1000

// Other processors may end threads faster than the reaper gets to run: what is about to come back is waited
// for.
static PVOID PspCreateStack(PVOID *Limit)
{
    PVOID Top = MiCreateKernelStack(Limit);
    for (ULONG Try = 0; Top == NULL && PspUnreapedThreads != 0 && Try < PSP_STACK_TRIES; Try += 1) {
        LARGE_INTEGER Moment = {.QuadPart = -10000};
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        Top = MiCreateKernelStack(Limit);
    }
    return Top;
}

NTSTATUS PspCreateThread(PEPROCESS Process, POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode,
                         PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                         PETHREAD *Created)
{
    PVOID Object, Limit;
    NTSTATUS Status =
        ObCreateObject(Mode, PsThreadType, Attributes, KernelMode, NULL, sizeof(ETHREAD), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PETHREAD Thread = Object;
    PVOID Top = PspCreateStack(&Limit);
    if (Top == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto DereferenceThread;
    }
    PspInitializeThread(Thread, Process, Top, Limit, StartRoutine, StartContext, Priority);
    ObfReferenceObject(Process);
    Thread->Cid.UniqueThread = PspAllocateCid(Thread);
    if (Thread->Cid.UniqueThread == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto DereferenceThread;
    }
    *Created = Thread;
    return STATUS_SUCCESS;
DereferenceThread:
    ObfDereferenceObject(Thread);
    return Status;
}

NTSTATUS PspStartThread(PETHREAD Thread)
{
    if (!PspInsertThread(Thread)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    PspNotifyThreadCreated(Thread);
    KiStartThread(&Thread->Tcb);
    return STATUS_SUCCESS;
}

NTSTATUS PspCreateUserThread(PEPROCESS Process, PCLIENT_ID Id)
{
    PETHREAD Thread;
    NTSTATUS CreationStatus = STATUS_SUCCESS;
    NTSTATUS Status = PspCreateThread(Process, NULL, KernelMode, PspUserThreadStartup, NULL,
                                      Process->BasePriority, &Thread);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Id = Thread->Cid;
    Status = PspCreateTeb(Thread);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Thread);
        return Status;
    }
    if (!PspInsertThread(Thread)) {
        ObfDereferenceObject(Thread);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (!Process->NotifiedCreate) {
        Process->NotifiedCreate = TRUE;
        PspNotifyProcessCreated(Process, &CreationStatus);
    }
    if (NT_SUCCESS(CreationStatus)) {
        PspNotifyThreadCreated(Thread);
    } else {
        Thread->AskedExitStatus = Process->AskedExitStatus = CreationStatus;
        Thread->ExitAsked = Process->ExitAsked = TRUE;
    }
    KiStartThread(&Thread->Tcb);
    return CreationStatus;
}

// ---- The end

static VOID NTAPI PspReapThread(PVOID Context)
{
    PETHREAD Thread = Context;
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    KiWaitUntilOffProcessor(&Thread->Tcb);
    PspAnswerForEndedThread(Thread);
    MiDeleteKernelStack(Thread->Tcb.InitialStack);
    Thread->Tcb.InitialStack = Thread->Tcb.StackBase = Thread->Tcb.StackLimit = NULL;
    InterlockedDecrement(&PspUnreapedThreads);
    ObfDereferenceObject(Thread);
}

// What a thread must have given back before it ends.
static VOID PspCheckBeforeExit(PETHREAD Thread)
{
    KIRQL Irql = KiGetIrql();
    if (Irql != PASSIVE_LEVEL || Thread->Tcb.CombinedApcDisable != 0) {
        KeBugCheckEx(KERNEL_APC_PENDING_DURING_EXIT, 0, Thread->Tcb.CombinedApcDisable, Irql, 0);
    }
    if (Thread->Tcb.ApcStateIndex != OriginalApcEnvironment) {
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Thread->Tcb.Process,
                     (ULONG_PTR)Thread->Tcb.ApcState.Process, Thread->Tcb.ApcStateIndex, (ULONG_PTR)Thread);
    }
}

DECLSPEC_NORETURN VOID PspExitThread(NTSTATUS ExitStatus)
{
    PETHREAD Thread = PsGetCurrentThread();
    PEPROCESS Process = Thread->Tcb.Process;
    PspCheckBeforeExit(Thread);
    if (Thread->BreakOnTermination) {
        KeBugCheckEx(CRITICAL_PROCESS_DIED, (ULONG_PTR)Process, 1, 0, 0);
    }
    Thread->Terminating = TRUE;
    KeForceResumeThread(&Thread->Tcb);
    Thread->ExitStatus = ExitStatus;
    Thread->ExitTime.QuadPart = (LONG64)KiSystemTimeOf(KiShownTime());
    PspNotifyThreadExits(Thread);
    PspDeleteTeb(Thread);
    BOOLEAN Last = PspRemoveThread(Thread) && Process != PsInitialSystemProcess;
    if (Last) {
        PspBeginProcessExit(Process, ExitStatus);
    }
    IopCancelThreadIo();
    CmNotifyRunDown(Thread);
    ExpRundownTimers(Thread);
    if (Last) {
        PspEndProcess(Process);
    }
    KiRundownApcs(&Thread->Tcb);
    InterlockedIncrement(&PspUnreapedThreads);
    ExInitializeWorkItem(&Thread->Reaper, PspReapThread, Thread);
    ExQueueWorkItem(&Thread->Reaper, HyperCriticalWorkQueue);
    KiTerminateThread(0);
}

// In the thread that is asked to end.
static VOID NTAPI PspExitApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                             PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    // Ends waits in UserMode, the one under way among them.
    KiCurrentThread()->ApcState.UserApcPending = TRUE;
    // Ends those for its synchronous I/O.
    IopCancelListedIrps(PsGetCurrentThread());
}

VOID PspTerminateThread(PETHREAD Thread, NTSTATUS ExitStatus)
{
    if (InterlockedExchange(&Thread->ExitAsked, TRUE)) {
        return;
    }
    Thread->AskedExitStatus = ExitStatus;
    KeInitializeApc(&Thread->ExitApc, &Thread->Tcb, OriginalApcEnvironment, PspExitApc, NULL, NULL,
                    KernelMode, NULL);
    KeInsertQueueApc(&Thread->ExitApc, NULL, NULL, 2);
    KeForceResumeThread(&Thread->Tcb);
}

VOID PspReturnToUserMode(VOID)
{
    PETHREAD Thread = PsGetCurrentThread();
    if (Thread->ExitAsked) {
        PspExitThread(Thread->AskedExitStatus);
    }
    if (Thread->Tcb.ApcState.UserApcPending) {
        KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
        KiDeliverApcs(UserMode);
        KiLowerIrql(OldIrql);
    }
}

BOOLEAN PspIsThreadRunning(PVOID StartAddress)
{
    BOOLEAN Found = FALSE;
    KIRQL OldIrql = KiLockDispatcher();
    PLIST_ENTRY Head = &PsInitialSystemProcess->KernelThreadListHead;
    for (PLIST_ENTRY Link = Head->Flink; !Found && Link != Head; Link = Link->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(CONTAINING_RECORD(Link, KTHREAD, ThreadListEntry), ETHREAD, Tcb);
        Found = Thread->StartAddress == StartAddress && Thread->Tcb.State != KiThreadTerminated;
    }
    KiUnlockDispatcher(OldIrql);
    return Found;
}
