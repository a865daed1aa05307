// SPDX-License-Identifier: MIT
// Access: what is asked for, and whether it is granted.
#include "inc/kernel.h"

VOID ObpInitializeAccessState(OB_ACCESS_STATE *AccessState, ACCESS_MASK DesiredAccess,
                              PGENERIC_MAPPING Mapping)
{
    PACCESS_STATE State = &AccessState->State;
    RtlZeroMemory(AccessState, sizeof(*AccessState));
    if (Mapping != NULL) {
        RtlMapGenericMask(&DesiredAccess, Mapping);
        AccessState->Aux.GenericMapping = *Mapping;
    }
    AccessState->Aux.PrivilegesUsed = (PPRIVILEGE_SET)&State->Privileges.InitialPrivilegeSet;
    State->AuxData = &AccessState->Aux;
    State->OriginalDesiredAccess = State->RemainingDesiredAccess = DesiredAccess;
}

// Before there is a System token, nobody but the kernel is there to ask.
static BOOLEAN ObpHasSubject(VOID)
{
    return PsInitialSystemProcess->Token != 0;
}

VOID ObpCaptureSubject(PACCESS_STATE AccessState)
{
    if (AccessState->SubjectSecurityContext.PrimaryToken == NULL && ObpHasSubject()) {
        SeCaptureSubjectContext(&AccessState->SubjectSecurityContext);
    }
}

VOID ObpReleaseAccessState(OB_ACCESS_STATE *AccessState)
{
    PACCESS_STATE State = &AccessState->State;
    if (State->PrivilegesAllocated) {
        SeFreePrivileges(AccessState->Aux.PrivilegesUsed);
    }
    if (State->SubjectSecurityContext.PrimaryToken != NULL) {
        SeReleaseSubjectContext(&State->SubjectSecurityContext);
    }
}

// All that may be granted to objects of Type.
static ACCESS_MASK ObpMaximumAccess(POBJECT_TYPE Type)
{
    return (Type->TypeInfo.ValidAccessMask | Type->TypeInfo.GenericMapping.GenericAll) &
           ~(ACCESS_MASK)ACCESS_SYSTEM_SECURITY;
}

static NTSTATUS ObpCheckDescriptor(POBJECT_TYPE Type, PSECURITY_DESCRIPTOR Descriptor,
                                   PACCESS_STATE AccessState)
{
    NTSTATUS Status;
    ACCESS_MASK Granted;
    PPRIVILEGE_SET Privileges = NULL;
    ObpCaptureSubject(AccessState);
    if (SeAccessCheck(Descriptor, &AccessState->SubjectSecurityContext, FALSE,
                      AccessState->RemainingDesiredAccess, AccessState->PreviouslyGrantedAccess, &Privileges,
                      &Type->TypeInfo.GenericMapping, UserMode, &Granted, &Status)) {
        AccessState->PreviouslyGrantedAccess |= Granted;
        AccessState->RemainingDesiredAccess = 0;
    }
    if (Privileges != NULL) {
        if (NT_SUCCESS(Status)) {
            Status = SeAppendPrivileges(AccessState, Privileges);
        }
        SeFreePrivileges(Privileges);
    }
    return Status;
}

NTSTATUS ObpCheckAccess(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    ACCESS_MASK Wanted = AccessState->RemainingDesiredAccess;
    RtlMapGenericMask(&Wanted, &Type->TypeInfo.GenericMapping);
    if (Mode != KernelMode) {
        if (Wanted &
            ~(Type->TypeInfo.ValidAccessMask | ACCESS_SYSTEM_SECURITY | (ACCESS_MASK)MAXIMUM_ALLOWED)) {
            return STATUS_ACCESS_DENIED;
        }
        PSECURITY_DESCRIPTOR Descriptor = Wanted != 0 ? ObpReferenceSecurity(Object) : NULL;
        if (Descriptor != NULL) {
            NTSTATUS Status = ObpCheckDescriptor(Type, Descriptor, AccessState);
            ObpDereferenceSecurity(Descriptor);
            return Status;
        }
    }
    if (Wanted & MAXIMUM_ALLOWED) {
        Wanted = (Wanted & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | ObpMaximumAccess(Type);
    }
    AccessState->PreviouslyGrantedAccess |= Wanted;
    AccessState->RemainingDesiredAccess = 0;
    return STATUS_SUCCESS;
}

NTSTATUS ObpCheckRight(PVOID Object, ACCESS_MASK Right, KPROCESSOR_MODE Mode)
{
    OB_ACCESS_STATE Local;
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    ObpInitializeAccessState(&Local, Right, &ObpTypeOf(Object)->TypeInfo.GenericMapping);
    NTSTATUS Status = ObpCheckAccess(Object, &Local.State, Mode);
    ObpReleaseAccessState(&Local);
    return Status;
}
