// SPDX-License-Identifier: MIT
// What an IRP tells of who asked and how.
#include "inc/kernel.h"

BOOLEAN IopIsSenderWaiting(PIRP Irp)
{
    if (Irp->Flags & IRP_PAGING_IO) {
        return (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
    }
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    return (Irp->Flags & IRP_SYNCHRONOUS_API) != 0 ||
           (FileObject != NULL && (FileObject->Flags & FO_SYNCHRONOUS_IO) != 0);
}

// A control code that a driver or a file system answers by way of a buffer of the system's.
static BOOLEAN IopIsBufferedControl(const IO_STACK_LOCATION *Stack)
{
    // FileSystemControl has the same layout.
    return (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL ||
            (Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL &&
             (Stack->MinorFunction == IRP_MN_USER_FS_REQUEST ||
              Stack->MinorFunction == IRP_MN_KERNEL_CALL))) &&
           METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode) == METHOD_BUFFERED;
}

BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp)
{
    return IopIsSenderWaiting(Irp) ||
           (!(Irp->Flags & IRP_PAGING_IO) && IopIsBufferedControl(IoGetCurrentIrpStackLocation(Irp)));
}

PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    if (Thread == NULL) {
        return NULL;
    }
    // Sent while attached, it was sent on behalf of the process attached to.
    return Irp->ApcEnvironment == AttachedApcEnvironment ? Thread->Tcb.ApcState.Process : Thread->Tcb.Process;
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    return Process != NULL ? HandleToUlong(Process->UniqueProcessId) : 0;
}

NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    if (Process == NULL) {
        *pSessionId = MAXULONG;
        return STATUS_UNSUCCESSFUL;
    }
    *pSessionId = Process->SessionId;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp)
{
    PEPROCESS Process;
    if (Irp == NULL) {
        Process = IoGetCurrentProcess();
    } else if (Irp->RequestorMode == KernelMode) {
        return FALSE;
    } else {
        Process = IoGetRequestorProcess(Irp);
    }
    return Process != NULL && Process->WoW64Process != NULL;
}

PIRP NTAPI IoGetTopLevelIrp(VOID)
{
    return (PIRP)((PETHREAD)KiCurrentThread())->TopLevelIrp;
}

VOID NTAPI IoSetTopLevelIrp(PIRP Irp)
{
    ((PETHREAD)KiCurrentThread())->TopLevelIrp = (ULONG_PTR)Irp;
}

BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread)
{
    return Thread->Tcb.SystemThread;
}

// No debugger's stack: the top of the current thread's.
PVOID NTAPI IoGetInitialStack(VOID)
{
    return KiCurrentThread()->InitialStack;
}

#define IOP_STATUS_CUSTOMER       0x20000000u // the C bit: defined by others than Microsoft
#define IOP_STATUS_NO_NTSTATUS    0x10000000u // the N bit: an NTSTATUS within an HRESULT
#define IOP_STATUS_FACILITY(Code) ((Code) >> 16 & 0xFFF)
#define IOP_HIGHEST_FACILITY      0xEDu // FACILITY_MAXIMUM_VALUE of Windows 10's ntstatus.h

BOOLEAN NTAPI IoIsValidIrpStatus(NTSTATUS Status)
{
    ULONG Code = (ULONG)Status;
    return (Code & IOP_STATUS_CUSTOMER) != 0 ||
           (!(Code & IOP_STATUS_NO_NTSTATUS) && IOP_STATUS_FACILITY(Code) <= IOP_HIGHEST_FACILITY);
}

BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
    return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion == 0);
}

// IRP.Flags, bits 17 to 19: the hint and that there is one.
#define IOP_PRIORITY_SHIFT 17
#define IOP_PRIORITY_MASK  (7u << IOP_PRIORITY_SHIFT)

IO_PRIORITY_HINT NTAPI IoGetIoPriorityHint(PIRP Irp)
{
    ULONG Hint = (Irp->Flags & IOP_PRIORITY_MASK) >> IOP_PRIORITY_SHIFT;
    return Hint == 0 ? IoPriorityNormal : (IO_PRIORITY_HINT)(Hint - 1);
}

NTSTATUS NTAPI IoSetIoPriorityHint(PIRP Irp, IO_PRIORITY_HINT PriorityHint)
{
    if ((ULONG)PriorityHint >= MaxIoPriorityTypes) {
        return STATUS_INVALID_PARAMETER;
    }
    Irp->Flags = (Irp->Flags & ~IOP_PRIORITY_MASK) | (((ULONG)PriorityHint + 1) << IOP_PRIORITY_SHIFT);
    return STATUS_SUCCESS;
}

IO_PAGING_PRIORITY FASTCALL IoGetPagingIoPriority(PIRP Irp)
{
    return (Irp->Flags & IRP_PAGING_IO) ? IoPagingPriorityNormal : IoPagingPriorityInvalid;
}
