// SPDX-License-Identifier: MIT
// What the dispatcher keeps of a thread and of a process. Drivers that read undocumented fields find those
// asserted below where Windows 11 (build 22631) has them; the rest lies in between and behind.
#ifndef KMODE_KE_THREAD_H
#define KMODE_KE_THREAD_H

// KTHREAD.State
#define KiThreadInitialized 0
#define KiThreadReady       1
#define KiThreadRunning     2
#define KiThreadStandby     3
#define KiThreadTerminated  4
#define KiThreadWaiting     5

#define KI_BUILT_IN_WAIT_BLOCKS 4 // the last of them is the time-out's

#define KI_PRIORITIES 32

// A wait block in the layout of Windows 10, which the DDK's header does not have; the size is the same. The
// blocks of one wait are an array.
typedef struct _KI_WAIT_BLOCK {
    LIST_ENTRY WaitListEntry; // DISPATCHER_HEADER.WaitListHead
    UCHAR WaitType;           // WAIT_TYPE
    UCHAR BlockState;
    USHORT WaitKey; // what the wait returns when this object ends it
    LONG SpareLong;
    struct _KTHREAD *Thread;
    PVOID Object;
    PVOID SparePtr;
} KI_WAIT_BLOCK, *PKI_WAIT_BLOCK;

C_ASSERT(sizeof(KI_WAIT_BLOCK) == sizeof(KWAIT_BLOCK));

typedef struct _KTHREAD {
    DISPATCHER_HEADER Header;
    PVOID SListFaultAddress;
    ULONG64 QuantumTarget;
    PVOID InitialStack; // top; the stack grows down from here
    PVOID StackLimit;   // lowest usable byte
    PVOID StackBase;    // as InitialStack
    KSPIN_LOCK ThreadLock;
    ULONG64 CycleTime;
    ULONG CurrentRunTime;
    ULONG ExpectedRunTime;
    PVOID KernelStack; // rsp while the thread does not run
    PVOID StateSaveArea;
    PVOID SchedulingGroup;
    UCHAR WaitRegister;
    volatile BOOLEAN Running;
    BOOLEAN Alerted[2];
    ULONG MiscFlags;
    ULONG ThreadFlags;
    UCHAR Tag;
    UCHAR SystemHeteroCpuPolicy;
    UCHAR UserHeteroCpuPolicy;
    UCHAR ExplicitSystemHeteroCpuPolicy;
    ULONG SystemCallNumber;
    ULONG ReadyTime;
    PVOID FirstArgument;
    struct _KTRAP_FRAME *TrapFrame;
    union {
        KAPC_STATE ApcState;
        struct {
            UCHAR ApcStateFill[0x2b];
            SCHAR Priority;
            ULONG UserIdealProcessor;
        };
    };
    LONG64 WaitStatus;
    PKI_WAIT_BLOCK WaitBlockList;
    LIST_ENTRY WaitListEntry; // in a ready queue
    PKQUEUE Queue;
    PVOID Teb;
    ULONG64 RelativeTimerBias;
    KTIMER Timer; // of a wait with a time-out
    union {
        KI_WAIT_BLOCK WaitBlock[KI_BUILT_IN_WAIT_BLOCKS];
        struct {
            UCHAR WaitBlockFill[0xa4];
            union {
                struct {
                    SHORT KernelApcDisable;  // negative within a critical region
                    SHORT SpecialApcDisable; // negative within a guarded region
                };
                ULONG CombinedApcDisable;
            };
            // The last wait block's words behind it are the time-out's: only its SpareLong is ours to use.
        };
    };
    UCHAR Unused200[0x20];
    struct _KPROCESS *Process; // that made it; ApcState.Process is the one it is attached to
    ULONG64 UserAffinityFill;
    UCHAR UserAffinityFill2[2];
    SCHAR PreviousMode; // KPROCESSOR_MODE of who called the system service under way
    SCHAR BasePriority;
    SCHAR PriorityDecrement; // of a boost that decays
    UCHAR Preempted;
    UCHAR AdjustReason;
    SCHAR AdjustIncrement;
    ULONG64 AffinityVersion;
    KAFFINITY Affinity;
    UCHAR ApcStateIndex;
    UCHAR WaitBlockCount;
    UCHAR Unused24a[2];
    ULONG IdealProcessor;
    ULONG64 NpxState;
    KAPC_STATE SavedApcState;
    UCHAR WaitReason;
    UCHAR State;
    volatile UCHAR SuspendCount;
    KIRQL WaitIrql; // of the caller of the wait under way
    KPROCESSOR_MODE WaitMode;
    BOOLEAN WaitNext; // the caller of KeSetEvent and the like will wait at once, and IRQL has stayed raised
    BOOLEAN Alertable;
    BOOLEAN ApcQueueable;
    BOOLEAN SystemThread;
    BOOLEAN SystemAffinityActive;
    UCHAR Saturation;
    SCHAR Quantum; // in clock ticks
    KAFFINITY UserAffinity;
    ULONG NextProcessor;
    ULONG WaitTime;
    ULONG ContextSwitches;
    LIST_ENTRY ThreadListEntry; // KPROCESS.ThreadListHead
    LIST_ENTRY MutantListHead;  // mutants that it owns
    LIST_ENTRY QueueListEntry;  // KQUEUE.ThreadListHead
    PKSTART_ROUTINE StartRoutine;
    PVOID StartContext;
    KAPC SuspendApc;
    KSEMAPHORE SuspendSemaphore;
    PVOID StackSegments; // of KeExpandKernelStackAndCallout: the innermost one
    PVOID Win32Thread;
    PKTHREAD *WaitOwner;             // who holds what it waits for, where the object itself does not tell
    struct _ERESOURCE *WaitResource; // the resource that it waits for
    PVOID VerifierState;             // of calls that cross the border (verify/)
    PVOID WaitObjects;               // not NULL: the wait's caller's own array of wait blocks
    ULONG64 KernelTime;              // clock ticks
    ULONG64 UserTime;
} KTHREAD;

C_ASSERT(FIELD_OFFSET(KTHREAD, InitialStack) == 0x28);
C_ASSERT(FIELD_OFFSET(KTHREAD, StackLimit) == 0x30);
C_ASSERT(FIELD_OFFSET(KTHREAD, StackBase) == 0x38);
C_ASSERT(FIELD_OFFSET(KTHREAD, KernelStack) == 0x58);
C_ASSERT(FIELD_OFFSET(KTHREAD, MiscFlags) == 0x74);
C_ASSERT(FIELD_OFFSET(KTHREAD, TrapFrame) == 0x90);
C_ASSERT(FIELD_OFFSET(KTHREAD, ApcState) == 0x98);
C_ASSERT(FIELD_OFFSET(KTHREAD, Priority) == 0xc3);
C_ASSERT(FIELD_OFFSET(KTHREAD, WaitStatus) == 0xc8);
C_ASSERT(FIELD_OFFSET(KTHREAD, Queue) == 0xe8);
C_ASSERT(FIELD_OFFSET(KTHREAD, Teb) == 0xf0);
C_ASSERT(FIELD_OFFSET(KTHREAD, Timer) == 0x100);
C_ASSERT(FIELD_OFFSET(KTHREAD, WaitBlock) == 0x140);
C_ASSERT(FIELD_OFFSET(KTHREAD, KernelApcDisable) == 0x1e4);
C_ASSERT(FIELD_OFFSET(KTHREAD, Process) == 0x220);
C_ASSERT(FIELD_OFFSET(KTHREAD, PreviousMode) == 0x232);
C_ASSERT(FIELD_OFFSET(KTHREAD, Affinity) == 0x240);

static inline PKTHREAD KiCurrentThread(VOID)
{
    return (PKTHREAD)__readgsqword(0x188);
}

// Who called the system service that the current thread is in. NtXxx honours it; ZwXxx makes it KernelMode
// for the time of the call. Any IRQL.
static inline KPROCESSOR_MODE KeGetPreviousMode(VOID)
{
    return (KPROCESSOR_MODE)KiCurrentThread()->PreviousMode;
}

// Makes PreviousMode what it is called with, and returns what it was.
static inline KPROCESSOR_MODE KiSetPreviousMode(KPROCESSOR_MODE Mode)
{
    PKTHREAD Thread = KiCurrentThread();
    KPROCESSOR_MODE Old = (KPROCESSOR_MODE)Thread->PreviousMode;
    Thread->PreviousMode = Mode;
    return Old;
}

#endif
