// SPDX-License-Identifier: MIT
// The executive's own initialisations.
#ifndef KMODE_EX_H
#define KMODE_EX_H

// Starts the threads that carry out work items (ex/work-queue.c). IRQL PASSIVE_LEVEL.
NTSTATUS ExpInitializeWorkQueues(VOID);

// Make the types of their objects. IRQL PASSIVE_LEVEL.
NTSTATUS ExpInitializeEvents(VOID);
NTSTATUS ExpInitializeSemaphores(VOID);

// Makes the events of memory that is plenty or scarce (ex/memory-condition.c). IRQL PASSIVE_LEVEL.
NTSTATUS ExpInitializeMemoryConditions(VOID);

// Makes the type of callback objects, and those of the system. IRQL PASSIVE_LEVEL.
NTSTATUS ExpInitializeCallbacks(VOID);

// A lookaside list in [Start, Start + Bytes) that is not deleted, taken off the list of all; NULL. IRQL <=
// DISPATCH_LEVEL. (ex/lookaside.c)
PVOID ExpTakeLookasideListIn(ULONG_PTR Start, SIZE_T Bytes);

// A number that nobody else is given (ex/luid.c). Any IRQL.
VOID ExAllocateLocallyUniqueId(PLUID Luid);

#endif
