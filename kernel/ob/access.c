// SPDX-License-Identifier: MIT
// Access: what is asked for, and whether it is granted.
#include "inc/kernel.h"

NTSTATUS ObpInitializeAccessState(PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                  PGENERIC_MAPPING Mapping)
{
    RtlZeroMemory(AccessState, sizeof(*AccessState));
    if (Mapping != NULL) {
        RtlMapGenericMask(&DesiredAccess, Mapping);
    }
    AccessState->OriginalDesiredAccess = AccessState->RemainingDesiredAccess = DesiredAccess;
    return STATUS_SUCCESS;
}

VOID ObpReleaseAccessState(PACCESS_STATE AccessState)
{
    UNREFERENCED_PARAMETER(AccessState);
}

// All that may be granted to objects of Type.
static ACCESS_MASK ObpMaximumAccess(POBJECT_TYPE Type)
{
    return (Type->TypeInfo.ValidAccessMask | Type->TypeInfo.GenericMapping.GenericAll) &
           ~(ACCESS_MASK)ACCESS_SYSTEM_SECURITY;
}

NTSTATUS ObpCheckAccess(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    ACCESS_MASK Wanted = AccessState->RemainingDesiredAccess;
    RtlMapGenericMask(&Wanted, &Type->TypeInfo.GenericMapping);
    if (Wanted & MAXIMUM_ALLOWED) {
        Wanted = (Wanted & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | ObpMaximumAccess(Type);
    }
    if (Mode != KernelMode && Wanted & ~(Type->TypeInfo.ValidAccessMask | ACCESS_SYSTEM_SECURITY)) {
        return STATUS_ACCESS_DENIED;
    }
    AccessState->PreviouslyGrantedAccess |= Wanted;
    AccessState->RemainingDesiredAccess = 0;
    return STATUS_SUCCESS;
}
