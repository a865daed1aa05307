// SPDX-License-Identifier: MIT
// Access states: a subject, what it asks for, and what of that it has been granted on the way to an object.
#include "inc/kernel.h"

NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData, ACCESS_MASK DesiredAccess,
                                   PGENERIC_MAPPING GenericMapping)
{
    PAUX_ACCESS_DATA Aux = AuxData;
    RtlZeroMemory(AccessState, sizeof(*AccessState));
    RtlZeroMemory(Aux, sizeof(*Aux));
    SeCaptureSubjectContext(&AccessState->SubjectSecurityContext);
    if (GenericMapping != NULL) {
        Aux->GenericMapping = *GenericMapping;
        RtlMapGenericMask(&DesiredAccess, GenericMapping);
    }
    Aux->PrivilegesUsed = (PPRIVILEGE_SET)&AccessState->Privileges.InitialPrivilegeSet;
    AccessState->AuxData = Aux;
    AccessState->OriginalDesiredAccess = AccessState->RemainingDesiredAccess = DesiredAccess;
    PTOKEN Token = SepSubjectToken(&AccessState->SubjectSecurityContext);
    SepLockTokenShared(Token);
    if (SepTokenHasPrivilege(Token, SE_CHANGE_NOTIFY_PRIVILEGE)) {
        AccessState->Flags |= SEP_HAS_TRAVERSE_PRIVILEGE;
    }
    SepUnlockToken(Token);
    ExAllocateLocallyUniqueId(&AccessState->OperationID);
    return STATUS_SUCCESS;
}

VOID NTAPI SeDeleteAccessState(PACCESS_STATE AccessState)
{
    PAUX_ACCESS_DATA Aux = AccessState->AuxData;
    if (AccessState->PrivilegesAllocated) {
        SeFreePrivileges(Aux->PrivilegesUsed);
    }
    if (AccessState->ObjectName.Buffer != NULL) {
        ExFreePool(AccessState->ObjectName.Buffer);
    }
    if (AccessState->ObjectTypeName.Buffer != NULL) {
        ExFreePool(AccessState->ObjectTypeName.Buffer);
    }
    SeReleaseSubjectContext(&AccessState->SubjectSecurityContext);
}

VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping)
{
    PAUX_ACCESS_DATA Aux = AccessState->AuxData;
    Aux->GenericMapping = *GenericMapping;
}
