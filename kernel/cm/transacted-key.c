// SPDX-License-Identifier: MIT
// Keys opened within a transaction. There is no transaction manager, so no handle leads to a transaction, and
// each call ends where it looks for one.
#include "inc/kernel.h"

static NTSTATUS CmpReferenceTransaction(POBJECT_ATTRIBUTES ObjectAttributes, HANDLE TransactionHandle)
{
    PVOID Object;
    if (ObjectAttributes == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status =
        ObReferenceObjectByHandle(TransactionHandle, 0, NULL, KeGetPreviousMode(), &Object, NULL);
    if (NT_SUCCESS(Status)) {
        ObfDereferenceObject(Object);
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    return Status;
}

// As NtCreateKey, within the transaction. STATUS_INVALID_PARAMETER (options, no attributes),
// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH: TransactionHandle is no transaction's. (wdm,
// ZwCreateKeyTransacted)
NTSTATUS NTAPI NtCreateKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                                     PUNICODE_STRING Class, ULONG CreateOptions, HANDLE TransactionHandle,
                                     PULONG Disposition)
{
    UNREFERENCED_PARAMETER(KeyHandle);
    UNREFERENCED_PARAMETER(DesiredAccess);
    UNREFERENCED_PARAMETER(TitleIndex);
    UNREFERENCED_PARAMETER(Class);
    UNREFERENCED_PARAMETER(Disposition);
    return CreateOptions & ~(ULONG)REG_LEGAL_OPTION
               ? STATUS_INVALID_PARAMETER
               : CmpReferenceTransaction(ObjectAttributes, TransactionHandle);
}

KI_DEFINE_ZW(CreateKeyTransacted,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, HANDLE TransactionHandle,
              PULONG Disposition),
             (KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class, CreateOptions, TransactionHandle,
              Disposition))

// The same, of a key that is there. STATUS_INVALID_PARAMETER_4 (options). (wdm, ZwOpenKeyTransactedEx)
NTSTATUS NTAPI NtOpenKeyTransactedEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
                                     HANDLE TransactionHandle)
{
    UNREFERENCED_PARAMETER(KeyHandle);
    UNREFERENCED_PARAMETER(DesiredAccess);
    return OpenOptions & ~(ULONG)REG_OPEN_LEGAL_OPTION
               ? STATUS_INVALID_PARAMETER_4
               : CmpReferenceTransaction(ObjectAttributes, TransactionHandle);
}

KI_DEFINE_ZW(OpenKeyTransactedEx,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              ULONG OpenOptions, HANDLE TransactionHandle),
             (KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions, TransactionHandle))

// (wdm, ZwOpenKeyTransacted)
NTSTATUS NTAPI NtOpenKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                   POBJECT_ATTRIBUTES ObjectAttributes, HANDLE TransactionHandle)
{
    return NtOpenKeyTransactedEx(KeyHandle, DesiredAccess, ObjectAttributes, 0, TransactionHandle);
}

KI_DEFINE_ZW(OpenKeyTransacted,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              HANDLE TransactionHandle),
             (KeyHandle, DesiredAccess, ObjectAttributes, TransactionHandle))
