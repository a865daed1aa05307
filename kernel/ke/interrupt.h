// SPDX-License-Identifier: MIT
// Interrupts of devices: the lines by which they come, and who is connected to each.
#ifndef KMODE_KE_INTERRUPT_H
#define KMODE_KE_INTERRUPT_H

// One service routine on one line. Freed by KiDisconnectInterrupt.
typedef struct _KINTERRUPT {
    LIST_ENTRY ListEntry; // KiLines[Vector].Interrupts
    PKSERVICE_ROUTINE ServiceRoutine;
    PKMESSAGE_SERVICE_ROUTINE MessageServiceRoutine; // NULL: ServiceRoutine's; else that of message MessageId
    ULONG MessageId;
    PVOID ServiceContext;
    PKSPIN_LOCK ActualLock; // the driver's, or SpinLock
    KSPIN_LOCK SpinLock;
    ULONG Vector; // the line's number
    KIRQL Irql, SynchronizeIrql;
    KINTERRUPT_MODE Mode;
    BOOLEAN ShareVector;
    volatile BOOLEAN Active; // not reported inactive
    ULONG Processor;
} KINTERRUPT;

// The DIRQL of a line: 4 to 12. What the resources of a device say, and HalGetInterruptVector.
static inline KIRQL KiInterruptLevel(ULONG Line)
{
    return (KIRQL)(KM_IRQL_REQUEST + 1 + Line % (KM_IRQL_CLOCK - KM_IRQL_REQUEST - 1));
}

// Connects *Template's routine; *Interrupt is then its copy. Every field but ListEntry, SpinLock and
// Processor is filled in, ActualLock may be NULL. STATUS_INVALID_PARAMETER: no line has that number, no
// processor is in Affinity, Irql is no device's, SynchronizeIrql is below it, or whoever is on the line
// already does not share it, or not in the same way. STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS KiConnectInterrupt(const KINTERRUPT *Template, KAFFINITY Affinity, PKINTERRUPT *Interrupt);
// Disconnects and frees it. When it returns its routine runs no more. IRQL PASSIVE_LEVEL.
VOID KiDisconnectInterrupt(PKINTERRUPT Interrupt);

// Calls the routines of the lines of that level that have interrupted this processor. At Irql.
VOID KiDispatchLines(KIRQL Irql);
// Makes the table of lines. Once, at start.
VOID KiInitializeLines(VOID);

#endif
