// SPDX-License-Identifier: MIT
// Handles to processes and threads, by client id.
#include "inc/kernel.h"

typedef struct _PSP_OPEN {
    CLIENT_ID Id;
    BOOLEAN HasId;
    ULONG Attributes;
    BOOLEAN HasName;
} PSP_OPEN;

static NTSTATUS PspCaptureOpen(POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId, KPROCESSOR_MODE Mode,
                               PSP_OPEN *Open)
{
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(ObjectAttributes, sizeof(*ObjectAttributes), sizeof(ULONG));
        }
        Open->HasName = ObjectAttributes->ObjectName != NULL;
        Open->Attributes = ObjectAttributes->Attributes;
        Open->HasId = ClientId != NULL;
        if (ClientId != NULL) {
            if (Mode != KernelMode) {
                ProbeForRead(ClientId, sizeof(*ClientId), sizeof(ULONG));
            }
            Open->Id = *(volatile CLIENT_ID *)ClientId;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Mode != KernelMode) {
        Open->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    return Open->HasName || !Open->HasId ? STATUS_INVALID_PARAMETER_MIX : STATUS_SUCCESS;
}

// Object's reference is given up.
static NTSTATUS PspOpenObject(PVOID Object, POBJECT_TYPE Type, ULONG Attributes, ACCESS_MASK DesiredAccess,
                              KPROCESSOR_MODE Mode, PHANDLE Destination)
{
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByPointer(Object, Attributes, NULL, DesiredAccess, Type, Mode, &Handle);
    ObfDereferenceObject(Object);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, Destination, Mode, Status) : Status;
}

// Bits that mean no right, of any object.
#define PSP_NO_RIGHTS 0x0CE00000u

// The process of that id, or of that thread. STATUS_INVALID_PARAMETER_MIX (a name, or no client id),
// STATUS_INVALID_CID, STATUS_INVALID_PARAMETER (rights or attributes that are none), STATUS_ACCESS_DENIED.
// IRQL PASSIVE_LEVEL. (ntddk, NtOpenProcess)
NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSP_OPEN Open;
    PEPROCESS Process;
    if (DesiredAccess & PSP_NO_RIGHTS) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = PspCaptureOpen(ObjectAttributes, ClientId, Mode, &Open);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Open.Id.UniqueThread != NULL) {
        PETHREAD Thread;
        Status = PsLookupProcessThreadByCid(&Open.Id, &Process, &Thread);
        if (NT_SUCCESS(Status)) {
            ObfDereferenceObject(Thread);
        }
    } else {
        Status = PsLookupProcessByProcessId(Open.Id.UniqueProcess, &Process);
    }
    if (!NT_SUCCESS(Status)) {
        return STATUS_INVALID_CID;
    }
    return PspOpenObject(Process, PsProcessType, Open.Attributes, DesiredAccess, Mode, ProcessHandle);
}

KI_DEFINE_ZW(OpenProcess,
             (PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PCLIENT_ID ClientId),
             (ProcessHandle, DesiredAccess, ObjectAttributes, ClientId))

// The thread of that id, whose process need not be given. As NtOpenProcess.
NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSP_OPEN Open;
    PETHREAD Thread;
    NTSTATUS Status = PspCaptureOpen(ObjectAttributes, ClientId, Mode, &Open);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Open.Id.UniqueProcess != NULL ? PsLookupProcessThreadByCid(&Open.Id, NULL, &Thread)
                                           : PsLookupThreadByThreadId(Open.Id.UniqueThread, &Thread);
    if (!NT_SUCCESS(Status)) {
        return STATUS_INVALID_CID;
    }
    return PspOpenObject(Thread, PsThreadType, Open.Attributes, DesiredAccess, Mode, ThreadHandle);
}

KI_DEFINE_ZW(OpenThread,
             (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PCLIENT_ID ClientId),
             (ThreadHandle, DesiredAccess, ObjectAttributes, ClientId))
