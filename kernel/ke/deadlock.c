// SPDX-License-Identifier: MIT
// What is said of threads that wait for ever: who, for what, and who holds it.
#include "inc/kernel.h"
#include "rtl/exception.h"

static const char *KiObjectKind(UCHAR Type)
{
    static const char *const Kinds[] = {
        "event", "synchronization event", "mutex", "process", "queue", "semaphore", "thread", "gate",
        "timer", "synchronization timer"};
    return Type < RTL_NUMBER_OF(Kinds) ? Kinds[Type] : "object";
}

static ULONG_PTR KiThreadId(PKTHREAD Thread)
{
    return (ULONG_PTR)CONTAINING_RECORD(Thread, ETHREAD, Tcb)->Cid.UniqueThread;
}

static VOID KiReportThread(PKTHREAD Thread)
{
    KM_WAIT Wait = {.thread_id = KiThreadId(Thread),
                    .process_id = (ULONG_PTR)CONTAINING_RECORD(Thread, ETHREAD, Tcb)->Cid.UniqueProcess};
    if (Thread->WaitBlockCount != 0) {
        PVOID Object = Thread->WaitBlockList[0].Object;
        DISPATCHER_HEADER *Header = Object;
        Wait.object = (ULONG64)Object;
        strncpy(Wait.kind, KiObjectKind(Header->Type), sizeof(Wait.kind) - 1);
        if (Header->Type == KiMutant && ((PKMUTANT)Object)->OwnerThread != NULL) {
            Wait.owner_thread_id = KiThreadId(((PKMUTANT)Object)->OwnerThread);
        }
    } else if (Thread->State == KiThreadReady) {
        strncpy(Wait.kind, "processor", sizeof(Wait.kind) - 1);
    } else if (Thread->State == KiThreadWaiting) {
        strncpy(Wait.kind, "delay", sizeof(Wait.kind) - 1);
    }
    if (Thread->WaitResource != NULL) {
        PKTHREAD ResourceOwner = ExpOwnerOfResource(Thread->WaitResource);
        Wait.object = (ULONG64)Thread->WaitResource;
        strncpy(Wait.kind, "resource", sizeof(Wait.kind) - 1);
        Wait.owner_thread_id = ResourceOwner != NULL ? KiThreadId(ResourceOwner) : 0;
    }
    PKTHREAD *Owner = Thread->WaitOwner;
    if (Owner != NULL && *Owner != NULL) {
        Wait.owner_thread_id = KiThreadId(*Owner);
    }
    Wait.frame_count = RtlpWalkThread(Thread, Wait.frames, RTL_NUMBER_OF(Wait.frames));
    KeMachine->report_wait(&Wait);
}

VOID KiReportWaits(VOID)
{
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        PKPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks);
        for (PLIST_ENTRY Entry = Process->KernelThreadListHead.Flink; Entry != &Process->KernelThreadListHead;
             Entry = Entry->Flink) {
            PKTHREAD Thread = CONTAINING_RECORD(Entry, KTHREAD, ThreadListEntry);
            // The kernel's own threads always wait; only what waits within a driver's or a user's call is of
            // interest.
            if (Thread->State == KiThreadWaiting && Thread->WaitReason != WrQueue &&
                !(Thread->WaitBlockCount != 0 && KiIsOwnObject(Thread->WaitBlockList[0].Object))) {
                KiReportThread(Thread);
            }
        }
    }
}

BOOLEAN KiIsOwnObject(PVOID Object)
{
    if (MiIsKernelImageAddress((ULONG_PTR)Object)) {
        return TRUE;
    }
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        if (Object == &KiProcessors[Number]->Prcb.ThreadedDpcEvent) {
            return TRUE;
        }
    }
    return PspIsRequestEvent(Object);
}

static BOOLEAN KiIsThread(PKTHREAD Thread)
{
    return MiIsRangeReadable((ULONG_PTR)Thread, sizeof(ETHREAD)) && Thread->Header.Type == KiThread;
}

static VOID KiBeginWaitReport(KM_WAIT *Wait, PKTHREAD Thread)
{
    RtlZeroMemory(Wait, sizeof(*Wait));
    Wait->thread_id = KiThreadId(Thread);
    Wait->process_id = (ULONG_PTR)CONTAINING_RECORD(Thread, ETHREAD, Tcb)->Cid.UniqueProcess;
}

static VOID KiNameSpinLock(KM_WAIT *Wait, PKSPIN_LOCK Lock)
{
    PKTHREAD Owner = (PKTHREAD)(*(volatile ULONG_PTR *)Lock & ~KI_SPIN_LOCK_HELD);
    Wait->object = (ULONG64)Lock;
    strncpy(Wait->kind, "spin lock", sizeof(Wait->kind) - 1);
    if (KiIsThread(Owner)) {
        Wait->owner_thread_id = KiThreadId(Owner);
    }
}

// Who holds the lock, and why it does not let it go.
static VOID KiReportHolder(PKTHREAD Owner)
{
    PKPRCB Prcb = KiProcessorRunning(Owner);
    if (Prcb == NULL) {
        KiReportThread(Owner);
        return;
    }
    KM_WAIT Wait;
    PKSPIN_LOCK Lock = (PKSPIN_LOCK)Prcb->SpinningOn;
    KiBeginWaitReport(&Wait, Owner);
    if (Lock != NULL) {
        KiNameSpinLock(&Wait, Lock);
        Wait.frame_count = Prcb->SpinFrameCount;
        RtlCopyMemory(Wait.frames, Prcb->SpinFrames, sizeof(Wait.frames));
    }
    KeMachine->report_wait(&Wait);
}

DECLSPEC_NORETURN VOID KiReportSpinLockDeadlock(PKSPIN_LOCK Lock, PKTHREAD Owner)
{
    PKTHREAD Self = KiCurrentThread();
    KM_WAIT Wait;
    KiBecomeStopper();
    KiBeginWaitReport(&Wait, Self);
    KiNameSpinLock(&Wait, Lock);
    KeMachine->report_wait(&Wait);
    if (Owner != Self && KiIsThread(Owner)) {
        KiReportHolder(Owner);
    }
    KiStopHere(KM_STOP_DEADLOCK);
}
