// SPDX-License-Identifier: MIT
// A process's image as drivers ask for it, and what keeps the process from going meanwhile.
#include "inc/kernel.h"

// The image's NT path in a block that the caller frees with ExFreePool: the string, and its text behind it.
// Empty for the System process. STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (ntifs,
// SeLocateProcessImageName)
NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *ImageFileName)
{
    static const UNICODE_STRING None;
    PCUNICODE_STRING Path = Process->ImagePathName != NULL ? Process->ImagePathName : &None;
    USHORT Bytes = Path->Length != 0 ? (USHORT)(Path->Length + sizeof(WCHAR)) : 0;
    PUNICODE_STRING Copy = ExAllocatePoolZero(PagedPool, sizeof(*Copy) + Bytes, TAG_PROCESS_NAME);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Bytes != 0) {
        Copy->Buffer = (PWCH)(Copy + 1);
        Copy->MaximumLength = Bytes;
        RtlCopyUnicodeString(Copy, Path);
    }
    *ImageFileName = Copy;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *FileObject);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process);

// *FileObject is referenced. STATUS_UNSUCCESSFUL: no file is behind the process's image. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *FileObject)
{
    PFILE_OBJECT File = Process->ImageFilePointer;
    if (File == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    ObfReferenceObject(File);
    *FileObject = File;
    return STATUS_SUCCESS;
}

// Until PsReleaseProcessExitSynchronization the process's address space and handles stay.
// STATUS_PROCESS_IS_TERMINATING: it is about to lose them. IRQL <= APC_LEVEL.
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process)
{
    return ExAcquireRundownProtection(&Process->RundownProtect) ? STATUS_SUCCESS
                                                                : STATUS_PROCESS_IS_TERMINATING;
}

VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process)
{
    ExReleaseRundownProtection(&Process->RundownProtect);
}

// What win32k keeps of a process: NULL, for there is none.
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process);
PVOID NTAPI PsGetCurrentProcessWin32Process(VOID);
PVOID NTAPI PsGetProcessWin32WindowStation(PEPROCESS Process);

PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process)
{
    return Process->Win32Process;
}

PVOID NTAPI PsGetCurrentProcessWin32Process(VOID)
{
    return IoGetCurrentProcess()->Win32Process;
}

PVOID NTAPI PsGetProcessWin32WindowStation(PEPROCESS Process)
{
    return Process->Win32WindowStation;
}
