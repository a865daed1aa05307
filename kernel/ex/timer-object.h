// SPDX-License-Identifier: MIT
// Timer objects, as the rest of the kernel has to do with them.
#ifndef KMODE_EX_TIMER_OBJECT_H
#define KMODE_EX_TIMER_OBJECT_H

// Makes their type. IRQL PASSIVE_LEVEL.
NTSTATUS ExpInitializeTimers(VOID);

// Thread, the current one, ends: timers that have an APC for it are cancelled. IRQL <= APC_LEVEL.
VOID ExpRundownTimers(PETHREAD Thread);

#endif
