// SPDX-License-Identifier: MIT
// Security descriptors of keys: who may open one, asked for and changed through any object of the key.
#include "inc/kernel.h"

PSECURITY_DESCRIPTOR CmpReferenceSecurity(PVOID Object)
{
    PCM_KEY_BODY Body = Object;
    PSECURITY_DESCRIPTOR Security = NULL;
    if (Body->KeyControlBlock != NULL) {
        CmpLockRegistryShared();
        Security = Body->KeyControlBlock->Security;
        if (Security != NULL) {
            ObpReferenceDescriptor(Security);
        }
        CmpUnlockRegistryShared();
    }
    return Security;
}

NTSTATUS CmpSetKeySecurity(PCM_KEY_CONTROL_BLOCK Key, PSECURITY_DESCRIPTOR Descriptor)
{
    PSECURITY_DESCRIPTOR Shared;
    NTSTATUS Status = ObpShareDescriptor(Descriptor, &Shared);
    if (NT_SUCCESS(Status)) {
        ObpDereferenceSecurity(Key->Security);
        Key->Security = Shared;
    }
    return Status;
}

static BOOLEAN CmpIsDescriptor(PSECURITY_DESCRIPTOR One, PSECURITY_DESCRIPTOR Other)
{
    ULONG Bytes = RtlLengthSecurityDescriptor(One);
    return Other != NULL && RtlLengthSecurityDescriptor(Other) == Bytes &&
           RtlCompareMemory(One, Other, Bytes) == Bytes;
}

NTSTATUS CmpAssignKeySecurity(PCM_KEY_CONTROL_BLOCK Key, PCM_KEY_CONTROL_BLOCK Parent,
                              PSECURITY_DESCRIPTOR Explicit, PSECURITY_SUBJECT_CONTEXT Subject)
{
    PSECURITY_DESCRIPTOR Assigned;
    if (Parent->Flags & CM_KEY_APPLICATION) {
        // The hive is open to whom its file is open, and there is nothing else to it.
        ObpReferenceDescriptor(Parent->Security);
        Key->Security = Parent->Security;
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = SeAssignSecurity(Parent->Security, Explicit, &Assigned, TRUE, Subject,
                                       &CmKeyObjectType->TypeInfo.GenericMapping, PagedPool);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (CmpIsDescriptor(Assigned, Parent->Security)) {
        // A tree of thousands of keys has a few descriptors.
        ObpReferenceDescriptor(Parent->Security);
        Key->Security = Parent->Security;
    } else {
        Status = CmpSetKeySecurity(Key, Assigned);
    }
    SeDeassignSecurity(&Assigned);
    return Status;
}

// ---- Access

NTSTATUS CmpCheckKeyRight(PCM_KEY_CONTROL_BLOCK Key, ACCESS_MASK Access, PACCESS_STATE AccessState)
{
    NTSTATUS Status;
    ACCESS_MASK Granted;
    PPRIVILEGE_SET Privileges = NULL;
    ObpCaptureSubject(AccessState);
    SeAccessCheck(Key->Security, &AccessState->SubjectSecurityContext, FALSE, Access, 0, &Privileges,
                  &CmKeyObjectType->TypeInfo.GenericMapping, UserMode, &Granted, &Status);
    if (Privileges != NULL) {
        SeFreePrivileges(Privileges);
    }
    return Status;
}

static VOID CmpGrant(PACCESS_STATE AccessState, ACCESS_MASK Access)
{
    AccessState->PreviouslyGrantedAccess |= Access;
    AccessState->RemainingDesiredAccess = 0;
}

NTSTATUS CmpGrantBackupAccess(PACCESS_STATE AccessState, KPROCESSOR_MODE Mode)
{
    ACCESS_MASK Granted = 0;
    if (SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_BACKUP_PRIVILEGE), Mode)) {
        Granted |= KEY_READ | ACCESS_SYSTEM_SECURITY;
    }
    if (SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_RESTORE_PRIVILEGE), Mode)) {
        Granted |= KEY_WRITE | DELETE | ACCESS_SYSTEM_SECURITY;
    }
    if (Granted == 0) {
        return STATUS_ACCESS_DENIED;
    }
    CmpGrant(AccessState, Granted);
    return STATUS_SUCCESS;
}

NTSTATUS CmpGrantCreator(PACCESS_STATE AccessState, KPROCESSOR_MODE Mode)
{
    ACCESS_MASK Wanted = AccessState->RemainingDesiredAccess;
    RtlMapGenericMask(&Wanted, &CmKeyObjectType->TypeInfo.GenericMapping);
    if (Mode != KernelMode) {
        if (Wanted & ~(CmKeyObjectType->TypeInfo.ValidAccessMask | ACCESS_SYSTEM_SECURITY |
                       (ACCESS_MASK)MAXIMUM_ALLOWED)) {
            return STATUS_ACCESS_DENIED;
        }
        if ((Wanted & ACCESS_SYSTEM_SECURITY) &&
            !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_SECURITY_PRIVILEGE), Mode)) {
            return STATUS_PRIVILEGE_NOT_HELD;
        }
    }
    if (Wanted & MAXIMUM_ALLOWED) {
        Wanted = (Wanted & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | KEY_ALL_ACCESS;
    }
    CmpGrant(AccessState, Wanted);
    return STATUS_SUCCESS;
}

// ---- The method

static NTSTATUS CmpPerformQuerySecurity(PVOID Information)
{
    PREG_QUERY_KEY_SECURITY_INFORMATION Query = Information;
    PCM_KEY_BODY Body = Query->Object;
    PSECURITY_DESCRIPTOR Source = CmpReferenceSecurity(Body);
    NTSTATUS Status;
    if (CmpIsDeleted(Body)) {
        ObpDereferenceSecurity(Source);
        return STATUS_KEY_DELETED;
    }
    __try {
        Status = SeQuerySecurityDescriptorInfo(Query->SecurityInformation, Query->SecurityDescriptor,
                                               Query->Length, &Source);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ObpDereferenceSecurity(Source);
    return Status;
}

static const CM_OPERATION_KIND CmpQuerySecurityOperation =
    CM_OPERATION(QueryKeySecurity, REG_QUERY_KEY_SECURITY_INFORMATION, CmpPerformQuerySecurity);

static NTSTATUS CmpPerformSetSecurity(PVOID Information)
{
    PREG_SET_KEY_SECURITY_INFORMATION Set = Information;
    PCM_KEY_CONTROL_BLOCK Key = ((PCM_KEY_BODY)Set->Object)->KeyControlBlock;
    NTSTATUS Status = STATUS_KEY_DELETED;
    // Locked throughout: of two that change parts of it, neither may lose the other's.
    CmpLockRegistry();
    if (Key->Flags & CM_KEY_APPLICATION) {
        Status = STATUS_ACCESS_DENIED;
    } else if (!(Key->Flags & CM_KEY_DELETED)) {
        PSECURITY_DESCRIPTOR After = Key->Security;
        Status = SeSetSecurityDescriptorInfo(Set->Object, Set->SecurityInformation, Set->SecurityDescriptor,
                                             &After, PagedPool, &CmKeyObjectType->TypeInfo.GenericMapping);
        if (NT_SUCCESS(Status)) {
            Status = CmpSetKeySecurity(Key, After);
            ExFreePool(After);
        }
    }
    if (NT_SUCCESS(Status)) {
        CmpTouchKey(Key);
        CmpReportNotify(Key, REG_NOTIFY_CHANGE_SECURITY | REG_NOTIFY_CHANGE_ATTRIBUTES);
    }
    CmpUnlockRegistry();
    return Status;
}

static const CM_OPERATION_KIND CmpSetSecurityOperation =
    CM_OPERATION(SetKeySecurity, REG_SET_KEY_SECURITY_INFORMATION, CmpPerformSetSecurity);

NTSTATUS NTAPI CmpSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                 PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                 PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType,
                                 PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(ObjectsDescriptor);
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(Mapping);
    UNREFERENCED_PARAMETER(Mode);
    if (Operation == QuerySecurityDescriptor) {
        REG_QUERY_KEY_SECURITY_INFORMATION Query = {.Object = Object,
                                                    .SecurityInformation = Information,
                                                    .SecurityDescriptor = Descriptor,
                                                    .Length = Length};
        return CmpOperate(&CmpQuerySecurityOperation, &Query);
    }
    if (Operation == SetSecurityDescriptor) {
        REG_SET_KEY_SECURITY_INFORMATION Set = {
            .Object = Object, .SecurityInformation = Information, .SecurityDescriptor = Descriptor};
        return CmpOperate(&CmpSetSecurityOperation, &Set);
    }
    return STATUS_INVALID_PARAMETER;
}
