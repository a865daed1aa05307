// SPDX-License-Identifier: MIT
// Security descriptors of objects: kept, shared while they are read, asked for and changed.
#include "inc/kernel.h"

static OB_DESCRIPTOR *ObpSharedDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    return CONTAINING_RECORD((PUCHAR)Descriptor, OB_DESCRIPTOR, Descriptor);
}

PSECURITY_DESCRIPTOR ObpReferenceSecurity(PVOID Object)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    if (ObpTypeOf(Object) == CmKeyObjectType) {
        return CmpReferenceSecurity(Object); // all objects of a key have the key's
    }
    if (Header->SecurityDescriptor == NULL) {
        return NULL; // it never gets its first one later than at its insertion
    }
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Header->Lock);
    PSECURITY_DESCRIPTOR Descriptor = Header->SecurityDescriptor;
    ObpReferenceDescriptor(Descriptor);
    ExReleasePushLockShared(&Header->Lock);
    KeLeaveCriticalRegion();
    return Descriptor;
}

VOID ObpReferenceDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    __atomic_add_fetch(&ObpSharedDescriptor(Descriptor)->ReferenceCount, 1, __ATOMIC_SEQ_CST);
}

VOID ObpDereferenceSecurity(PSECURITY_DESCRIPTOR Descriptor)
{
    if (Descriptor != NULL) {
        OB_DESCRIPTOR *Shared = ObpSharedDescriptor(Descriptor);
        if (__atomic_sub_fetch(&Shared->ReferenceCount, 1, __ATOMIC_SEQ_CST) == 0) {
            ExFreePoolWithTag(Shared, TAG_OBJECT_SECURITY);
        }
    }
}

NTSTATUS ObpShareDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR *Shared)
{
    ULONG Bytes = RtlLengthSecurityDescriptor(Descriptor);
    OB_DESCRIPTOR *Made = ExAllocatePoolZero(PagedPool, sizeof(*Made) + Bytes, TAG_OBJECT_SECURITY);
    if (Made == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Made->ReferenceCount = 1;
    RtlCopyMemory(Made->Descriptor, Descriptor, Bytes);
    *Shared = Made->Descriptor;
    return STATUS_SUCCESS;
}

NTSTATUS ObpSetSecurity(PVOID Object, PSECURITY_DESCRIPTOR Descriptor)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    PSECURITY_DESCRIPTOR Shared;
    NTSTATUS Status = ObpShareDescriptor(Descriptor, &Shared);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Header->Lock);
    PSECURITY_DESCRIPTOR Old = Header->SecurityDescriptor;
    Header->SecurityDescriptor = Shared;
    if (ObpTypeOf(Object) == IoDeviceObjectType) {
        ((PDEVICE_OBJECT)Object)->SecurityDescriptor = Shared;
    }
    ExReleasePushLockExclusive(&Header->Lock);
    KeLeaveCriticalRegion();
    ObpDereferenceSecurity(Old);
    return STATUS_SUCCESS;
}

NTSTATUS ObpAssignSecurity(PVOID Object, PVOID Directory, PSECURITY_DESCRIPTOR Explicit)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    SECURITY_SUBJECT_CONTEXT Subject;
    PSECURITY_DESCRIPTOR Assigned;
    // What is made before there is a token is the kernel's own, and everybody's.
    if (PsInitialSystemProcess->Token == 0 ||
        (Directory == NULL && Explicit == NULL &&
         !(Type->TypeInfo.ObjectTypeFlags & OB_TYPE_SECURITY_REQUIRED))) {
        return STATUS_SUCCESS;
    }
    PSECURITY_DESCRIPTOR Parent = Directory != NULL ? ObpReferenceSecurity(Directory) : NULL;
    SeCaptureSubjectContext(&Subject);
    NTSTATUS Status = SeAssignSecurity(Parent, Explicit, &Assigned, Type == ObpDirectoryObjectType, &Subject,
                                       &Type->TypeInfo.GenericMapping, PagedPool);
    SeReleaseSubjectContext(&Subject);
    ObpDereferenceSecurity(Parent);
    if (NT_SUCCESS(Status)) {
        Status = ObpSetSecurity(Object, Assigned);
        SeDeassignSecurity(&Assigned);
    }
    return Status;
}

// ---- Methods

static NTSTATUS ObpChangeSecurity(PVOID Object, PSECURITY_INFORMATION Information,
                                  PSECURITY_DESCRIPTOR Modification, PGENERIC_MAPPING Mapping)
{
    PSECURITY_DESCRIPTOR Before = ObpReferenceSecurity(Object), After = Before;
    if (Before == NULL) {
        return STATUS_NO_SECURITY_ON_OBJECT;
    }
    NTSTATUS Status =
        SeSetSecurityDescriptorInfo(Object, Information, Modification, &After, PagedPool, Mapping);
    if (NT_SUCCESS(Status)) {
        Status = ObpSetSecurity(Object, After);
        ExFreePool(After);
    }
    ObpDereferenceSecurity(Before);
    return Status;
}

NTSTATUS NTAPI ObpDefaultSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                        PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                        PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                        POOL_TYPE PoolType, PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(ObjectsDescriptor);
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(Mode);
    if (Operation == SetSecurityDescriptor) {
        return ObpChangeSecurity(Object, Information, Descriptor, Mapping);
    }
    if (Operation == QuerySecurityDescriptor) {
        PSECURITY_DESCRIPTOR Source = ObpReferenceSecurity(Object);
        NTSTATUS Status;
        __try {
            Status = SeQuerySecurityDescriptorInfo(Information, Descriptor, Length, &Source);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
        ObpDereferenceSecurity(Source);
        return Status;
    }
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS ObpCallSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                      PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                      PULONG Length, KPROCESSOR_MODE Mode)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    OB_SECURITY_METHOD Method = Type->TypeInfo.SecurityProcedure != NULL ? Type->TypeInfo.SecurityProcedure
                                                                         : ObpDefaultSecurityMethod;
    return Method(Object, Operation, Information, Descriptor, Length, &ObpHeader(Object)->SecurityDescriptor,
                  PagedPool, &Type->TypeInfo.GenericMapping, Mode);
}

// ---- Services

// The rights that asking for, or changing, parts of a descriptor takes.
static ACCESS_MASK ObpSecurityAccess(SECURITY_INFORMATION Information, BOOLEAN Change)
{
    static const struct {
        SECURITY_INFORMATION Part;
        ACCESS_MASK Query, Set;
    } Rights[] = {
        {OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION, READ_CONTROL,
         WRITE_OWNER},
        {DACL_SECURITY_INFORMATION, READ_CONTROL, WRITE_DAC},
        {SACL_SECURITY_INFORMATION, ACCESS_SYSTEM_SECURITY, ACCESS_SYSTEM_SECURITY},
    };
    ACCESS_MASK Access = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rights); Index += 1) {
        if (Information & Rights[Index].Part) {
            Access |= Change ? Rights[Index].Set : Rights[Index].Query;
        }
    }
    return Access;
}

// Both as their Zw pages say. The mode is the previous one. (ntifs, ZwQuerySecurityObject)
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                     PULONG LengthNeeded)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Object;
    if (Mode != KernelMode) {
        __try {
            ProbeForWrite(LengthNeeded, sizeof(*LengthNeeded), sizeof(ULONG));
            ProbeForWrite(SecurityDescriptor, Length, sizeof(ULONG));
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
    }
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, ObpSecurityAccess(SecurityInformation, FALSE), NULL,
                                                Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Needed = Length;
    Status = ObpCallSecurityMethod(Object, QuerySecurityDescriptor, &SecurityInformation, SecurityDescriptor,
                                   &Needed, Mode);
    ObfDereferenceObject(Object);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) {
        NTSTATUS Written = ObpReturnLong((LONG)Needed, (PLONG)LengthNeeded, Mode);
        Status = NT_SUCCESS(Written) ? Status : Written;
    }
    return Status;
}

KI_DEFINE_ZW(QuerySecurityObject,
             (HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
              PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length, PULONG LengthNeeded),
             (Handle, SecurityInformation, SecurityDescriptor, Length, LengthNeeded))

// A part that is to be set must be there. (ntifs, ZwSetSecurityObject)
static NTSTATUS ObpSetSecurityByHandle(HANDLE Handle, SECURITY_INFORMATION Information,
                                       PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode)
{
    PISECURITY_DESCRIPTOR_RELATIVE Given = Captured;
    PVOID Object;
    if (((Information & OWNER_SECURITY_INFORMATION) && Given->Owner == 0) ||
        ((Information & GROUP_SECURITY_INFORMATION) && Given->Group == 0)) {
        return STATUS_INVALID_SECURITY_DESCR;
    }
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, ObpSecurityAccess(Information, TRUE), NULL, Mode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        Status = ObpCallSecurityMethod(Object, SetSecurityDescriptor, &Information, Captured, NULL, Mode);
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSECURITY_DESCRIPTOR Captured;
    if (SecurityDescriptor == NULL) {
        return STATUS_ACCESS_VIOLATION;
    }
    NTSTATUS Status = SeCaptureSecurityDescriptor(SecurityDescriptor, Mode, PagedPool, TRUE, &Captured);
    if (NT_SUCCESS(Status)) {
        Status = ObpSetSecurityByHandle(Handle, SecurityInformation, Captured, Mode);
        SeReleaseSecurityDescriptor(Captured, Mode, TRUE);
    }
    return Status;
}

KI_DEFINE_ZW(SetSecurityObject,
             (HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
              PSECURITY_DESCRIPTOR SecurityDescriptor),
             (Handle, SecurityInformation, SecurityDescriptor))

// ---- By pointer

// *SecurityDescriptor: NULL, the object's own with a reference more, or, of a type that keeps them elsewhere,
// a copy. STATUS_INSUFFICIENT_RESOURCES. (wdm, ObGetObjectSecurity)
NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                   PBOOLEAN MemoryAllocated)
{
    SECURITY_INFORMATION All = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                               DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION |
                               LABEL_SECURITY_INFORMATION;
    ULONG Length = 0;
    *MemoryAllocated = FALSE;
    if (ObpTypeOf(Object)->TypeInfo.SecurityProcedure == NULL) {
        *SecurityDescriptor = ObpReferenceSecurity(Object);
        return STATUS_SUCCESS;
    }
    *SecurityDescriptor = NULL;
    NTSTATUS Status = ObpCallSecurityMethod(Object, QuerySecurityDescriptor, &All, NULL, &Length, KernelMode);
    if (Status != STATUS_BUFFER_TOO_SMALL) {
        return Status;
    }
    PSECURITY_DESCRIPTOR Copy = ExAllocatePoolZero(PagedPool, Length, TAG_SECURITY);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpCallSecurityMethod(Object, QuerySecurityDescriptor, &All, Copy, &Length, KernelMode);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Copy, TAG_SECURITY);
        return Status;
    }
    *SecurityDescriptor = Copy;
    *MemoryAllocated = TRUE;
    return STATUS_SUCCESS;
}

// (wdm, ObReleaseObjectSecurity)
VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated)
{
    if (MemoryAllocated) {
        ExFreePoolWithTag(SecurityDescriptor, TAG_SECURITY);
    } else {
        ObpDereferenceSecurity(SecurityDescriptor);
    }
}
