// SPDX-License-Identifier: MIT
// Objects: names, handles.
#include <ntifs.h>
#include "runtime/query.h"
#include "runtime/system-routine.h"

#define FIRST_BYTES 256

typedef NTSTATUS(NTAPI *KMP_REFERENCE_BY_NAME)(PUNICODE_STRING Name, ULONG Attributes, PVOID AccessState,
                                               ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                               PVOID ParseContext, PVOID *Object);

static KMP_SYSTEM_ROUTINE ReferenceByName = KMP_SYSTEM_ROUTINE_INIT(L"ObReferenceObjectByName");

static NTSTATUS NTAPI QueryName(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    return ObQueryNameString(Context, (POBJECT_NAME_INFORMATION)Data, Bytes, Needed);
}

NTSTATUS NTAPI KmObjectName(PVOID Object, PKM_ALLOCATOR Allocator, PUNICODE_STRING Name)
{
    PVOID Information;
    ULONG Bytes;
    NTSTATUS Status = KmpQuery(Allocator, QueryName, Object, FIRST_BYTES, &Information, &Bytes, NULL);

    RtlZeroMemory(Name, sizeof(*Name));
    if (NT_SUCCESS(Status)) {
        Status = KmUnicodeCopy(&((POBJECT_NAME_INFORMATION)Information)->Name, Allocator, Name);
        KmFree(Allocator, Information, Bytes);
    }
    return Status;
}

NTSTATUS NTAPI KmObjectFromHandle(HANDLE Handle, ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                  PVOID *Object)
{
    *Object = NULL;
    return ObReferenceObjectByHandle(Handle, Access, Type, Mode, Object, NULL);
}

NTSTATUS NTAPI KmObjectOpenHandle(PVOID Object, ACCESS_MASK Access, POBJECT_TYPE Type, PHANDLE Handle)
{
    *Handle = NULL;
    return ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, Access, Type, KernelMode, Handle);
}

NTSTATUS NTAPI KmObjectByName(PCUNICODE_STRING Name, POBJECT_TYPE Type, ACCESS_MASK Access, PVOID *Object)
{
    KMP_REFERENCE_BY_NAME Reference =
        (KMP_REFERENCE_BY_NAME)(ULONG_PTR)KmpFindSystemRoutine(&ReferenceByName);

    *Object = NULL;
    if (Reference == NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    return Reference((PUNICODE_STRING)Name, OBJ_CASE_INSENSITIVE, NULL, Access, Type, KernelMode, NULL,
                     Object);
}
