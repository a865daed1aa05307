// SPDX-License-Identifier: MIT
// Kernel executive core: processor control region, IRQL, threads and their switch, traps, bug checks.
#ifndef KMODE_KE_H
#define KMODE_KE_H

#include "ke/thread.h"

// The machine, as the boot block gave it. Valid from the first line of KiSystemStartup.
extern const KM_MACHINE_CALLS *KeMachine;

// ---- Processor (ke/processor.c)

// Processor block. Drivers find it at gs:[20h] and the current thread at gs:[188h]; the offsets are NT's.
typedef struct _KPRCB {
    ULONG MxCsr;
    UCHAR LegacyNumber;
    UCHAR ReservedMustBeZero;
    BOOLEAN InterruptRequest;
    BOOLEAN IdleHalt;
    PKTHREAD CurrentThread;
    PKTHREAD NextThread;
    PKTHREAD IdleThread;
    UCHAR NestingLevel;
    UCHAR Reserved[3];
    ULONG Number;
    // From here on nothing is at an offset of NT's.
    KM_PROCESSOR *Machine;
    LONG BugCheckDepth;            // how often this processor has entered KeBugCheckEx
    ULONG_PTR DoubleFaultStackLow; // the stack of traps that their own has no room for
    ULONG_PTR DoubleFaultStackHigh;

    // Ready threads by priority, under the dispatcher lock (ke/schedule.c).
    LIST_ENTRY ReadyList[KI_PRIORITIES];
    ULONG ReadySummary;       // bit n: ReadyList[n] is not empty
    BOOLEAN RescheduleNeeded; // a thread that should run rather than the current one may be ready

    // Deferred procedure calls, under DpcLock at HIGH_LEVEL (ke/dpc.c).
    KSPIN_LOCK DpcLock;
    LIST_ENTRY DpcListHead;
    LIST_ENTRY ThreadedDpcListHead;
    volatile ULONG DpcQueueDepth;
    volatile BOOLEAN DpcRoutineActive;
    volatile BOOLEAN TimerRequest; // a timer may be due
    PKDPC CurrentDpc;
    ULONG64 DpcStartTime;       // of the routine that runs, in time since the start
    ULONG64 DpcSeriesStartTime; // of the first of those that run back to back
    volatile BOOLEAN ThreadedDpcActive;
    KEVENT ThreadedDpcEvent;
    PVOID ThreadedDpcThread;

    // Inter-processor calls (ke/ipi.c).
    volatile LONG IpiRequest;

    struct _KPROCESS *UserProcess;   // whose user addresses this processor sees (mm/address-space.c)
    volatile PKSPIN_LOCK SpinningOn; // NULL, or the spin lock that this processor waits for
    // Return addresses of who waits for it, once that has taken long, for the report of another processor's.
    ULONG64 SpinFrames[KM_WAIT_FRAMES];
    volatile ULONG SpinFrameCount;
    ULONG64 NextTick;     // of a virtual clock that moves as work is done
    ULONG ActivityAtTick; // KM_PROCESSOR.activity at the last clock interrupt
    ULONG InterruptNesting;
    ULONG64 InterruptTicks;
    PVOID LookasideIrps[2]; // io: IRPs kept for the next caller, by stack size
    ULONG LookasideIrpDepth[2];
} KPRCB, *PKPRCB;

typedef struct _KIPCR {
    KPCR Pcr;
    UCHAR Fill[0x180 - sizeof(KPCR)]; // mingw-w64's KPCR ends earlier than NT's
    KPRCB Prcb;
} KIPCR, *PKIPCR;

#define KI_MAXIMUM_PROCESSORS 64

C_ASSERT(FIELD_OFFSET(KPCR, Self) == 0x18);
C_ASSERT(FIELD_OFFSET(KPCR, CurrentPrcb) == 0x20);
C_ASSERT(FIELD_OFFSET(KPCR, Irql) == 0x50);
C_ASSERT(FIELD_OFFSET(KIPCR, Prcb) == 0x180);
C_ASSERT(FIELD_OFFSET(KIPCR, Prcb.CurrentThread) == 0x188);

static inline PKIPCR KiGetPcr(VOID)
{
    return (PKIPCR)__readgsqword(FIELD_OFFSET(KPCR, Self));
}

static inline KIRQL KiGetIrql(VOID)
{
    return (KIRQL)__readgsbyte(FIELD_OFFSET(KPCR, Irql));
}

static inline PKPRCB KiGetPrcb(VOID)
{
    return (PKPRCB)__readgsqword(FIELD_OFFSET(KPCR, CurrentPrcb));
}

// By number. NULL until the processor has started.
extern PKIPCR KiProcessors[KI_MAXIMUM_PROCESSORS];
extern ULONG KiProcessorCount;
extern KAFFINITY KiActiveProcessors;

// Fills in Pcr for the processor on which it is called, and makes it the machine's. BootThread becomes the
// current and the idle thread. From here on the processor can take traps and bug-check. IRQL: none yet.
VOID KiInitializeProcessor(PKIPCR Pcr, KM_PROCESSOR *Machine, PKTHREAD BootThread);

// Gives the processor of Pcr, the current one, its double-fault stack. FALSE: there was no memory for it.
// IRQL: as the processor started, DISPATCH_LEVEL.
BOOLEAN KiInitializeDoubleFaultStack(PKIPCR Pcr);

// Starts the other processors. Once, at the end of the start. IRQL PASSIVE_LEVEL.
VOID KiStartProcessors(const KM_BOOT_BLOCK *Boot);

// Bounds of the stack now in use: the current thread's, or the boot or double-fault stack that rsp lies in.
VOID KiQueryStackLimits(PULONG_PTR Low, PULONG_PTR High);

// ---- Traps (ke/trap.c, ke/trap-entry.S)

// Where the machine enters the kernel with a trap: rcx = KM_TRAP_FRAME *. Never returns.
VOID KiTrapEntry(VOID);

// Continues the interrupted code of Frame as it is. Does not return (ke/trap-entry.S).
DECLSPEC_NORETURN VOID KiResumeTrapFrame(const KM_TRAP_FRAME *Frame);

// Learns what of the vector registers a trap frame leaves out, and tells it in KUSER_SHARED_DATA. Once, at
// start (ke/extended-state.c).
VOID KiInitializeExtendedState(VOID);
extern ULONG KiExtendedStateMask;  // AVX, AVX-512: XSTATE_MASK_*
extern ULONG KiExtendedStateBytes; // of an XSAVE area with them; 0: the processor has none

// Turns a trap frame into the CONTEXT of the interrupted code.
VOID KiContextFromTrapFrame(const KM_TRAP_FRAME *Frame, PCONTEXT Context);

// An exception that no handler took: bug check KMODE_EXCEPTION_NOT_HANDLED.
DECLSPEC_NORETURN VOID KiUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context);

// ---- Bug checks (ke/bug-check.c)

// KeBugCheckEx with the machine state it is about. Context and Frame may be NULL: then the state is the
// caller's.
DECLSPEC_NORETURN VOID KiBugCheck(ULONG Code, const ULONG_PTR Parameters[4], PCONTEXT Context,
                                  PEXCEPTION_RECORD Record, const KM_TRAP_FRAME *Frame);

// Ends the run with what the bug check under way has gathered: for a trap that was taken while it did.
DECLSPEC_NORETURN VOID KiFinishStop(VOID);

// Calls what drivers have registered for the bug check under way, at HIGH_LEVEL (ke/bug-check-callback.c).
VOID KiCallBugCheckCallbacks(ULONG BugCheckCode);

// Returns on the one processor that is the first to end the run; others wait here to be halted.
VOID KiBecomeStopper(VOID);

// As KiStop, about the caller.
DECLSPEC_NORETURN VOID KiStopHere(ULONG Kind);

// Ends the run for a reason that is not a bug check of Windows: kind is one of KM_STOP_*.
DECLSPEC_NORETURN VOID KiStop(ULONG Kind, const KM_TRAP_FRAME *Frame);

// ---- Start (ke/startup.c)

// Fills in the page behind 0xFFFFF78000000000 (ke/shared-user-data.c). Once, at start.
VOID KiInitializeSharedUserData(VOID);

// The image's entry point. Boot is the machine's and lives as long as it does. Does not return.
DECLSPEC_NORETURN VOID NTAPI KiSystemStartup(KM_BOOT_BLOCK *Boot);

#include "ke/irql.h"
#include "ke/spin-lock.h"
#include "ke/clock.h"
#include "ke/dispatcher.h"
#include "ke/interrupt.h"

#endif
