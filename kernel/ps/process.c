// SPDX-License-Identifier: MIT
// Process objects.
#include "inc/kernel.h"

LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};
EX_PUSH_LOCK PspActiveProcessLock;

static struct {
    OB_PREFIX Prefix;
    EPROCESS Process;
} PspSystemProcess;

PEPROCESS PsInitialSystemProcess = &PspSystemProcess.Process;

POBJECT_TYPE PsProcessType;

VOID PspInitializeSystemProcess(VOID)
{
    PEPROCESS Process = PsInitialSystemProcess;
    KiInitializeProcess(Process, NORMAL_PRIORITY);
    InitializeListHead(&Process->ThreadListHead);
    Process->ExitStatus = STATUS_PENDING;
    Process->PriorityClass = PSP_PRIORITY_CLASS_NORMAL;
    RtlCopyMemory(Process->ImageFileName, "System", sizeof("System"));
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
}

static VOID NTAPI PspDeleteProcess(PVOID Object)
{
    PEPROCESS Process = Object;
    if (Process->UniqueProcessId != NULL) {
        PspFreeCid(Process->UniqueProcessId);
    }
    if (Process->ImagePathName != NULL) {
        ExFreePoolWithTag(Process->ImagePathName, TAG_PROCESS_NAME);
    }
}

static const OB_TYPE_DESCRIPTION PspProcessDescription = {
    .Name = L"Process",
    .GenericMapping = {STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
                       STANDARD_RIGHTS_WRITE | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD |
                           PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_SET_QUOTA |
                           PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME,
                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION |
                           PROCESS_TERMINATE,
                       PROCESS_ALL_ACCESS},
    .ValidAccessMask = PROCESS_ALL_ACCESS,
    .RetainAccess = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION,
    .Flags = OB_TYPE_SECURITY_REQUIRED | OB_TYPE_SUPPORTS_OBJECT_CALLBACKS,
    .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF,
    .Delete = PspDeleteProcess,
};

NTSTATUS PspInitializeProcesses(VOID)
{
    PEPROCESS Process = PsInitialSystemProcess;
    NTSTATUS Status = ObpCreateType(&PspProcessDescription, &PsProcessType);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpInitializeStaticObject(Process, PsProcessType);
    // The table is empty yet: Windows' number of this process, 4, is the first.
    Process->UniqueProcessId = PspAllocateCid(Process);
    return Process->UniqueProcessId != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
