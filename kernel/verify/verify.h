// SPDX-License-Identifier: MIT
// The verifier: watches what drivers call at the kernel's border, and says what is wrong with it. Nothing of
// it is in the way of a run without checks and trace: drivers are bound straight to the kernel then.
#ifndef KMODE_VERIFY_H
#define KMODE_VERIFY_H

// Of KM_BOOT_*: what was asked for. 0: the verifier is not there.
extern ULONG ViFlags;

static inline BOOLEAN ViChecks(VOID)
{
    return (ViFlags & KM_BOOT_CHECKS) != 0;
}

// Makes the border ready. Once, at start, behind pool. FALSE: no memory.
BOOLEAN ViInitialize(ULONG Flags);

// ---- The border (verify/border.c, verify/thunk.S)

#define VI_UNKNOWN 0xFF // arguments of a routine whose prototype nobody has told

// What is known of an exported routine.
typedef struct _VI_FACT {
    PCSTR Name;
    UCHAR LowestIrql, HighestIrql;
    UCHAR StackWords; // arguments behind the fourth, or VI_UNKNOWN
} VI_FACT;

// A routine as drivers are bound to it. The thunk, a few bytes of code each, names it.
typedef struct _VI_ENTRY {
    PVOID Routine; // what is called: thunk.S reads it
    PVOID Export;  // the kernel's own routine; NULL until a driver has imported it
    const VI_FACT *Fact;
    const struct _VI_APC_RULE *ApcRule;             // NULL: it may be called with all APCs enabled
    const struct _VI_IRQL_CONDITION *IrqlCondition; // NULL: its limit is the same for all arguments
    ULONG Format;                                   // which argument is one of DbgPrint's, from 1; 0: none
    const struct _VI_RESOURCE_ROW *ResourceRows;    // what the routine gets or gives back; NULL: nothing
    ULONG ResourceRowCount;
} VI_ENTRY;

// The arguments of a call as they lie on the driver's stack.
typedef struct _VI_CALL {
    ULONG_PTR Return;
    ULONG_PTR Arguments[];
} VI_CALL;

// Words behind the fourth argument that belong to a call, or may.
ULONG ViStackWords(const VI_ENTRY *Entry);

// Makes the imports of the image at Base, which lead to the kernel's routines, lead over the border. IRQL
// PASSIVE_LEVEL.
VOID ViBindImports(ULONG_PTR Base);

// The address by which a driver is to call the kernel's routine Routine, that it knows as Name: what
// MmGetSystemRoutineAddress answers.
PVOID ViBorderAddress(PCSTR Name, PVOID Routine);

// Tells that the routine Name was called at too high an IRQL. Condition: "", or " for something".
VOID ViReportIrqlTooHigh(PCSTR Name, PCSTR Condition, KIRQL Highest);

// ---- Findings (verify/finding.c)

#define VI_STACK_FRAMES 16

typedef struct _VI_STACK {
    ULONG Count;
    ULONG64 Frames[VI_STACK_FRAMES]; // return addresses, from the driver's own routine up
} VI_STACK;

#include "verify/finding-kinds.h"

// The stack of the driver's call under way. Any IRQL.
VOID ViCaptureStack(VI_STACK *Stack);

// Tells the machine of a finding, once for each kind and place. The sentence is printf's; Earlier (may be
// NULL) is the stack of the event that this one contradicts. Any IRQL.
VOID ViReport(VI_KIND Kind, const VI_STACK *Earlier, PCSTR Format, ...) __attribute__((format(printf, 3, 4)));

// ViReport of what the code of Context does, which a trap has interrupted.
VOID ViReportAt(VI_KIND Kind, PCONTEXT Context, const VI_STACK *Earlier, PCSTR Format, ...)
    __attribute__((format(printf, 4, 5)));

// ViReport of what has been done at Where, and shows only now.
VOID ViReportWhere(VI_KIND Kind, const VI_STACK *Where, const VI_STACK *Earlier, PCSTR Format, ...)
    __attribute__((format(printf, 4, 5)));

// ViReport of what was found when nothing of the driver's ran: only Earlier tells where it comes from.
VOID ViReportLeft(VI_KIND Kind, const VI_STACK *Earlier, PCSTR Format, ...)
    __attribute__((format(printf, 3, 4)));

// Tells the machine of the allocation that fails because it was asked for: it looks like a finding, and is
// none.
VOID ViReportFailedAllocation(PCSTR Format, ...) __attribute__((format(printf, 1, 2)));

// ---- IRQL (verify/irql.c)

// The current thread raises IRQL to Irql, at Stack.
VOID ViNoteRaised(KIRQL Irql, const VI_STACK *Stack);
// Where it did for the IRQL that it is at now. FALSE: nobody knows.
BOOLEAN ViWhereRaised(VI_STACK *Stack);

// A routine that allows a lower IRQL for some of its arguments (verify/irql-condition.c).
typedef struct _VI_IRQL_CONDITION {
    PCSTR Routine;
    UCHAR Argument; // from 1
    KIRQL HighestIrql;
    BOOLEAN (*Applies)(ULONG_PTR Argument);
    PCSTR What; // the routine is called with
} VI_IRQL_CONDITION;

// NULL: there is none of that name.
const VI_IRQL_CONDITION *ViFindIrqlCondition(PCSTR Name);
// Whether it applies to Call. Any IRQL.
BOOLEAN ViIsIrqlConditionMet(const VI_IRQL_CONDITION *Condition, const VI_CALL *Call);

// ---- Formats (verify/debug-format.c)

// Which argument of the routine is a format of DbgPrint's, from 1; 0: none.
ULONG ViFindFormat(PCSTR Name);
// Tells of conversions in the format that NT does not have. Any IRQL.
VOID ViCheckFormat(PCSTR Name, ULONG_PTR Argument);
// Whether the format has %C, %S, %lc, %ls, %wc, %ws or %wZ. Any IRQL.
BOOLEAN ViHasUnicode(ULONG_PTR Argument);

// ---- APCs (verify/apc-rule.c)

// What must be disabled: normal kernel APCs, those of threads that are not the system's alone, or all.
typedef enum _VI_APCS { ViNormalApcs, ViNormalApcsOfOthers, ViAllApcs } VI_APCS;

typedef struct _VI_APC_RULE {
    PCSTR Routine;
    VI_APCS What;
} VI_APC_RULE;

// NULL: there is none for the routine of that name.
const VI_APC_RULE *ViFindApcRule(PCSTR Name);
// Tells of a call of Rule's routine that breaks it. Any IRQL.
VOID ViCheckApcRule(const VI_APC_RULE *Rule);

// ---- Locks (verify/lock.c)

#include "verify/callback.h"

// A number that the locks and resources acquired from now on are above, and the next one.
ULONG64 ViLockSequence(VOID);
ULONG64 ViNextLockSequence(VOID);
// Tells of the locks that a driver's routine has acquired and not released, and forgets them. TRUE if there
// were some.
BOOLEAN ViCheckHeldLocks(const VI_CALLBACK *Callback);
// The spin lock that the current thread has acquired last and holds, and where; NULL: none.
PVOID ViHeldSpinLock(VI_STACK *Stack);
// The memory goes: locks in it are held no more.
VOID ViForgetLocks(ULONG_PTR Start, SIZE_T Bytes);

// The same of ERESOURCEs (verify/held-resource.c); Result: what the routine returned.
VOID ViCheckHeldResources(const VI_CALLBACK *Callback, ULONG_PTR Result);
VOID ViForgetHeldResources(ULONG_PTR Start, SIZE_T Bytes);

#include "verify/pool.h"
#include "verify/resource.h"
#include "verify/irp.h"

// ---- What is left (verify/unload.c)

// The image at [Base, Base + Bytes) is about to be unmapped: tells of what its driver has left behind. IRQL
// PASSIVE_LEVEL.
VOID ViCheckUnload(ULONG_PTR Base, SIZE_T Bytes);
// Reports the handles and references that a driver holds whose unload has waited in vain: until it gives them
// up. PASSIVE_LEVEL.
VOID ViCheckHeld(ULONG_PTR Base, SIZE_T Bytes);

// ---- Trace (verify/trace.c)

// Tell the machine of a call over the border, or its return. Any IRQL.
VOID ViTraceCall(ULONG Event, const VI_ENTRY *Entry, const VI_CALL *Call, ULONG_PTR Result);
VOID ViTraceCallback(ULONG Event, const VI_CALLBACK *Callback, ULONG Count, const ULONG_PTR *Arguments,
                     ULONG_PTR Result);

#endif
