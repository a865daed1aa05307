// SPDX-License-Identifier: MIT
// Process structure: threads above the dispatcher's.
#ifndef KMODE_PS_H
#define KMODE_PS_H

#include "ps/process.h"

// Makes a system thread on a kernel stack of its own. It does not run before KiSwitchThread. A system thread
// never returns from StartRoutine. STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreateSystemThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, PETHREAD *Thread);

#endif
