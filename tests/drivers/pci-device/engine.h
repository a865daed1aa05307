// SPDX-License-Identifier: MIT
// An engine as its driver has it.
#ifndef FACTORIAL_ENGINE_H
#define FACTORIAL_ENGINE_H

#include <ntddk.h>

#include "public.h"

#define ENGINE_POOL_TAG 'tcaF'

typedef enum _ENGINE_STATE {
    EngineStopped, // not started, or stopped: requests wait
    EnginePaused,  // a query has been agreed to: they wait too
    EngineStarted,
    EngineRemoved // they are refused
} ENGINE_STATE;

typedef struct _ENGINE {
    PDEVICE_OBJECT DeviceObject, PhysicalDeviceObject, LowerDeviceObject;
    IO_REMOVE_LOCK RemoveLock; // each request from its dispatch to its end
    UNICODE_STRING InterfaceName;

    FAST_MUTEX MemoryMutex; // guards the mapping of Memory
    PUCHAR Memory;          // NULL: not mapped
    PUCHAR Registers;       // while it is started, and until its interrupt is disconnected
    ULONG RegisterBytes;
    PKINTERRUPT Interrupt;
    PIO_INTERRUPT_MESSAGE_INFO Messages; // with ConnectVersion CONNECT_MESSAGE_BASED
    ULONG ConnectVersion;                // 0: not connected
    ULONG64 Result;                      // the service routine's, until it is acknowledged

    KSPIN_LOCK Lock; // guards what follows
    ENGINE_STATE State;
    BOOLEAN Busy; // the engine computes, or is about to
    LIST_ENTRY WaitingList;
    PIRP RunningIrp;
    IO_CSQ Waiting, Running; // Running has the one that the engine computes for, until it is cancelled
    IO_CSQ_IRP_CONTEXT RunningContext;

    volatile LONG Interrupts, Served, Computed;
} ENGINE, *PENGINE;

// ---- Requests (request.c)

NTSTATUS EngineInitializeQueues(_Inout_ PENGINE Engine);
// Has the engine compute for the next of the requests that wait, if it may. IRQL <= DISPATCH_LEVEL.
VOID EngineStartNext(_Inout_ PENGINE Engine);
// The engine pauses if it is idle, or for good if it computes for nobody any more; FALSE: it computes.
BOOLEAN EnginePause(_Inout_ PENGINE Engine, _In_ BOOLEAN ForGood);
VOID EngineSetState(_Inout_ PENGINE Engine, _In_ ENGINE_STATE State);
// Ends all requests: the engine, which is EngineRemoved, does not compute any more.
VOID EngineFailRequests(_Inout_ PENGINE Engine);

_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH EngineDeviceControl;
_Dispatch_type_(IRP_MJ_READ) _Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH EngineReadWrite;

IO_DPC_ROUTINE EngineDpcForIsr;

// ---- The device (hardware.c). IRQL PASSIVE_LEVEL.

// Maps what it has been given, and connects its interrupt. STATUS_DEVICE_CONFIGURATION_ERROR: that is no
// engine's.
NTSTATUS EngineMap(_Inout_ PENGINE Engine, _In_opt_ PCM_RESOURCE_LIST Translated);
VOID EngineUnmap(_Inout_ PENGINE Engine);

// ---- Plug and Play (pnp.c)

DRIVER_ADD_DEVICE EngineAddDevice;
_Dispatch_type_(IRP_MJ_PNP) DRIVER_DISPATCH EnginePnp;

// ---- The driver (driver.c)

NTSTATUS EngineComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);

#endif
