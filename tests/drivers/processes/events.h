// SPDX-License-Identifier: MIT
// The callbacks of every kind in one set, and what they have counted.
#ifndef PROCESSES_EVENTS_H
#define PROCESSES_EVENTS_H

#include <ntifs.h>
#include <ntddk.h>
#include <kmode.h>

#include "public.h"

extern PROCESS_EVENTS Events;

// Registers all of them; on failure none is.
NTSTATUS EventsStart(PDRIVER_OBJECT DriverObject);
VOID EventsStop(VOID);
// Nobody else gets a handle that may terminate that process, or suspend its threads; 0: nobody.
NTSTATUS EventsGuard(ULONG64 Id);

#endif
