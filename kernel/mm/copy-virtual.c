// SPDX-License-Identifier: MIT
// Memory copied between processes, by way of a buffer of the kernel's.
#include "inc/kernel.h"
#include "mm/vad.h"

#define MI_COPY_BYTES (16 * PAGE_SIZE)

// Copies in the address space of Process, and returns how many bytes it could.
static SIZE_T MiCopyInProcess(PEPROCESS Process, PUCHAR To, const UCHAR *From, SIZE_T Bytes)
{
    KAPC_STATE ApcState;
    SIZE_T Done = 0;
    KeStackAttachProcess(Process, &ApcState);
    while (Done < Bytes) {
        // Page by page: what can be copied in front of a bad page is.
        SIZE_T Part =
            min(Bytes - Done, min(PAGE_SIZE - BYTE_OFFSET(From + Done), PAGE_SIZE - BYTE_OFFSET(To + Done)));
        BOOLEAN Copied = TRUE;
        __try {
            RtlCopyMemory(To + Done, From + Done, Part);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Copied = FALSE;
        }
        if (!Copied) {
            break;
        }
        Done += Part;
    }
    KeUnstackDetachProcess(&ApcState);
    return Done;
}

static BOOLEAN MiIsUserRange(ULONG_PTR Address, SIZE_T Bytes)
{
    return Address + Bytes >= Address && Address + Bytes <= MmUserProbeAddress;
}

// Copies as much as can be: STATUS_PARTIAL_COPY and *NumberOfBytesCopied if that is not all. PreviousMode
// UserMode: STATUS_ACCESS_VIOLATION unless both ranges are user mode's. STATUS_PROCESS_IS_TERMINATING,
// STATUS_INSUFFICIENT_RESOURCES. Field knowledge: Microsoft does not document it. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, const VOID *FromAddress, PEPROCESS ToProcess,
                                   PVOID ToAddress, SIZE_T BufferSize, KPROCESSOR_MODE PreviousMode,
                                   PSIZE_T NumberOfBytesCopied)
{
    SIZE_T Done = 0;
    *NumberOfBytesCopied = 0;
    if (BufferSize == 0) {
        return STATUS_SUCCESS;
    }
    if (PreviousMode != KernelMode && (!MiIsUserRange((ULONG_PTR)FromAddress, BufferSize) ||
                                       !MiIsUserRange((ULONG_PTR)ToAddress, BufferSize))) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (!ExAcquireRundownProtection(&FromProcess->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (!ExAcquireRundownProtection(&ToProcess->RundownProtect)) {
        ExReleaseRundownProtection(&FromProcess->RundownProtect);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T BufferBytes = min(BufferSize, MI_COPY_BYTES);
    PUCHAR Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, BufferBytes, TAG_COPY_VIRTUAL);
    if (Buffer == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    while (NT_SUCCESS(Status) && Done < BufferSize) {
        SIZE_T Part = min(BufferBytes, BufferSize - Done);
        SIZE_T Read = MiCopyInProcess(FromProcess, Buffer, (const UCHAR *)FromAddress + Done, Part);
        SIZE_T Written = MiCopyInProcess(ToProcess, (PUCHAR)ToAddress + Done, Buffer, Read);
        Done += Written;
        if (Written < Part) {
            Status = STATUS_PARTIAL_COPY;
        }
    }
    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, TAG_COPY_VIRTUAL);
    }
    ExReleaseRundownProtection(&ToProcess->RundownProtect);
    ExReleaseRundownProtection(&FromProcess->RundownProtect);
    *NumberOfBytesCopied = Done;
    return Status;
}

// ---- The services

static NTSTATUS MiTransfer(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Bytes,
                           PSIZE_T BytesDone, BOOLEAN Write)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PEPROCESS Process;
    SIZE_T Done = 0;
    if (Mode != KernelMode) {
        if (!MiIsUserRange((ULONG_PTR)BaseAddress, Bytes) || !MiIsUserRange((ULONG_PTR)Buffer, Bytes)) {
            return STATUS_ACCESS_VIOLATION;
        }
        __try {
            if (BytesDone != NULL) {
                ProbeForWrite(BytesDone, sizeof(*BytesDone), sizeof(SIZE_T));
            }
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
    }
    NTSTATUS Status = STATUS_SUCCESS;
    if (Bytes != 0) {
        Status = ObReferenceObjectByHandle(ProcessHandle, Write ? PROCESS_VM_WRITE : PROCESS_VM_READ,
                                           PsProcessType, Mode, (PVOID *)&Process, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        PEPROCESS Current = PsGetCurrentProcess();
        Status = Write ? MmCopyVirtualMemory(Current, Buffer, Process, BaseAddress, Bytes, Mode, &Done)
                       : MmCopyVirtualMemory(Process, BaseAddress, Current, Buffer, Bytes, Mode, &Done);
        ObfDereferenceObject(Process);
    }
    if (BytesDone != NULL) {
        __try {
            *BytesDone = Done;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return Status;
        }
    }
    return Status;
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer,
                                   SIZE_T NumberOfBytesToRead, PSIZE_T NumberOfBytesRead)
{
    return MiTransfer(ProcessHandle, BaseAddress, Buffer, NumberOfBytesToRead, NumberOfBytesRead, FALSE);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer,
                                    SIZE_T NumberOfBytesToWrite, PSIZE_T NumberOfBytesWritten)
{
    return MiTransfer(ProcessHandle, BaseAddress, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, TRUE);
}
