// SPDX-License-Identifier: MIT
// The engine's registers, memory and interrupt.
#include "engine.h"

static KSERVICE_ROUTINE EngineInterrupt;
static KMESSAGE_SERVICE_ROUTINE EngineMessage;

// TRUE if it was this engine that has interrupted. At DIRQL.
static BOOLEAN EngineServe(_Inout_ PENGINE Engine)
{
    InterlockedIncrement(&Engine->Interrupts);
    const ULONG Status = READ_REGISTER_ULONG((PULONG)(Engine->Registers + FACTORIAL_INTERRUPT_STATUS));
    if (Status == 0 || Status == MAXULONG) {
        return FALSE; // another's, or the engine has been pulled out
    }
    const ULONG Low = READ_REGISTER_ULONG((PULONG)(Engine->Registers + FACTORIAL_RESULT_LOW));
    const ULONG High = READ_REGISTER_ULONG((PULONG)(Engine->Registers + FACTORIAL_RESULT_HIGH));
    Engine->Result = (ULONG64)High << 32 | Low;
    WRITE_REGISTER_ULONG((PULONG)(Engine->Registers + FACTORIAL_INTERRUPT_ACKNOWLEDGE), Status);
    InterlockedIncrement(&Engine->Served);
    IoRequestDpc(Engine->DeviceObject, NULL, NULL);
    return TRUE;
}

_Use_decl_annotations_ static BOOLEAN EngineInterrupt(PKINTERRUPT Interrupt, PVOID ServiceContext)
{
    UNREFERENCED_PARAMETER(Interrupt);
    return EngineServe(ServiceContext);
}

_Use_decl_annotations_ static BOOLEAN EngineMessage(PKINTERRUPT Interrupt, PVOID ServiceContext,
                                                    ULONG MessageId)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(MessageId);
    return EngineServe(ServiceContext);
}

// By messages, or by its line if it has none.
static NTSTATUS EngineConnect(_Inout_ PENGINE Engine)
{
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters;
    NTSTATUS Status;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Version = CONNECT_MESSAGE_BASED;
    Parameters.MessageBased.PhysicalDeviceObject = Engine->PhysicalDeviceObject;
    Parameters.MessageBased.ConnectionContext.Generic =
        (PVOID *)&Engine->Messages; // or Interrupt, as told by the version
    Parameters.MessageBased.MessageServiceRoutine = EngineMessage;
    Parameters.MessageBased.ServiceContext = Engine;
    Parameters.MessageBased.FallBackServiceRoutine = EngineInterrupt;
    Status = IoConnectInterruptEx(&Parameters);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Engine->ConnectVersion = Parameters.Version;
    if (Engine->ConnectVersion != CONNECT_MESSAGE_BASED) {
        Engine->Interrupt = (PKINTERRUPT)Engine->Messages;
        Engine->Messages = NULL;
    }
    return STATUS_SUCCESS;
}

static VOID EngineDisconnect(_Inout_ PENGINE Engine)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = Engine->ConnectVersion};
    if (Engine->ConnectVersion == 0) {
        return;
    }
    if (Engine->ConnectVersion == CONNECT_MESSAGE_BASED) {
        Parameters.ConnectionContext.InterruptMessageTable = Engine->Messages;
    } else {
        Parameters.ConnectionContext.InterruptObject = Engine->Interrupt;
    }
    IoDisconnectInterruptEx(&Parameters);
    Engine->ConnectVersion = 0;
    Engine->Messages = NULL;
    Engine->Interrupt = NULL;
}

_Use_decl_annotations_ NTSTATUS EngineMap(PENGINE Engine, PCM_RESOURCE_LIST Translated)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Memory[2] = {NULL, NULL};
    ULONG Count = 0;
    NTSTATUS Status;

    if (Translated == NULL) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    const CM_PARTIAL_RESOURCE_LIST *List = &Translated->List[0].PartialResourceList;
    for (ULONG Index = 0; Index < List->Count && Count < 2; Index += 1) {
        if (List->PartialDescriptors[Index].Type == CmResourceTypeMemory) {
            Memory[Count++] = &List->PartialDescriptors[Index];
        }
    }
    if (Count < 2 || Memory[1]->u.Memory.Length != FACTORIAL_MEMORY_BYTES) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    Engine->RegisterBytes = Memory[0]->u.Memory.Length;
    Engine->Registers =
        MmMapIoSpaceEx(Memory[0]->u.Memory.Start, Engine->RegisterBytes, PAGE_READWRITE | PAGE_NOCACHE);
    if (Engine->Registers == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PUCHAR Mapped =
        MmMapIoSpaceEx(Memory[1]->u.Memory.Start, FACTORIAL_MEMORY_BYTES, PAGE_READWRITE | PAGE_NOCACHE);
    ExAcquireFastMutex(&Engine->MemoryMutex);
    Engine->Memory = Mapped;
    ExReleaseFastMutex(&Engine->MemoryMutex);
    if (Mapped == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Unmap;
    }
    if (READ_REGISTER_ULONG((PULONG)(Engine->Registers + FACTORIAL_IDENTIFICATION)) != FACTORIAL_IS_ENGINE) {
        Status = STATUS_DEVICE_CONFIGURATION_ERROR;
        goto Unmap;
    }
    Status = EngineConnect(Engine);
    if (NT_SUCCESS(Status)) {
        return STATUS_SUCCESS;
    }
Unmap:
    EngineUnmap(Engine);
    return Status;
}

_Use_decl_annotations_ VOID EngineUnmap(PENGINE Engine)
{
    EngineDisconnect(Engine);
    KeFlushQueuedDpcs(); // one may be on its way
    ExAcquireFastMutex(&Engine->MemoryMutex);
    if (Engine->Memory != NULL) {
        MmUnmapIoSpace(Engine->Memory, FACTORIAL_MEMORY_BYTES);
        Engine->Memory = NULL;
    }
    ExReleaseFastMutex(&Engine->MemoryMutex);
    if (Engine->Registers != NULL) {
        MmUnmapIoSpace(Engine->Registers, Engine->RegisterBytes);
        Engine->Registers = NULL;
    }
}
