// SPDX-License-Identifier: MIT
// The image of a process.
#include "runtime/native.h"
#include "runtime/query.h"
#include "runtime/system-routine.h"

#define FIRST_BYTES 512

typedef NTSTATUS(NTAPI *KMP_LOCATE_NAME)(PEPROCESS Process, PUNICODE_STRING *ImageFileName);

static KMP_SYSTEM_ROUTINE LocateName = KMP_SYSTEM_ROUTINE_INIT(L"SeLocateProcessImageName");

static NTSTATUS NTAPI QueryName(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    return ZwQueryInformationProcess((HANDLE)Context, (PROCESSINFOCLASS)KmpProcessImageFileName, Data, Bytes,
                                     Needed);
}

static NTSTATUS PathByQuery(PEPROCESS Process, PKM_ALLOCATOR Allocator, PUNICODE_STRING Path)
{
    HANDLE Handle;
    PVOID Name;
    ULONG Bytes;
    NTSTATUS Status = KmProcessOpen(Process, GENERIC_READ, &Handle);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KmpQuery(Allocator, QueryName, Handle, FIRST_BYTES, &Name, &Bytes, NULL);
    (VOID) ZwClose(Handle);
    if (NT_SUCCESS(Status)) {
        Status = ((PUNICODE_STRING)Name)->Length != 0 ? KmUnicodeCopy((PCUNICODE_STRING)Name, Allocator, Path)
                                                      : STATUS_NOT_FOUND;
        KmFree(Allocator, Name, Bytes);
    }
    return Status;
}

NTSTATUS NTAPI KmProcessImagePath(PEPROCESS Process, PKM_ALLOCATOR Allocator, PUNICODE_STRING Path)
{
    KMP_LOCATE_NAME Locate = (KMP_LOCATE_NAME)(ULONG_PTR)KmpFindSystemRoutine(&LocateName);
    PUNICODE_STRING Name = NULL;
    NTSTATUS Status = STATUS_NOT_FOUND;

    RtlZeroMemory(Path, sizeof(*Path));
    if (Locate != NULL && NT_SUCCESS(Locate(Process, &Name)) && Name != NULL) {
        if (Name->Length != 0) {
            Status = KmUnicodeCopy(Name, Allocator, Path);
        }
        ExFreePool(Name);
    }
    return Status == STATUS_NOT_FOUND ? PathByQuery(Process, Allocator, Path) : Status;
}

NTSTATUS NTAPI KmProcessImageName(PEPROCESS Process, PKM_ALLOCATOR Allocator, PUNICODE_STRING Name)
{
    static const UNICODE_STRING System = RTL_CONSTANT_STRING(L"System");
    UNICODE_STRING Path, Last;
    NTSTATUS Status;

    RtlZeroMemory(Name, sizeof(*Name));
    if (Process == PsInitialSystemProcess) {
        return KmUnicodeCopy(&System, Allocator, Name);
    }
    Status = KmProcessImagePath(Process, Allocator, &Path);
    if (NT_SUCCESS(Status)) {
        KmUnicodeFileName(&Path, &Last);
        Status = KmUnicodeCopy(&Last, Allocator, Name);
        KmUnicodeFree(Allocator, &Path);
    }
    return Status;
}
