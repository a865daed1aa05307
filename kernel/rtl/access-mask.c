// SPDX-License-Identifier: MIT
// Access masks. Any IRQL at which the memory may be touched.
#include "inc/kernel.h"

// Replaces each generic right by what Mapping says it means for a type.
VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, PGENERIC_MAPPING Mapping)
{
    const struct {
        ACCESS_MASK Generic, Specific;
    } Rights[] = {
        {GENERIC_READ, Mapping->GenericRead},
        {GENERIC_WRITE, Mapping->GenericWrite},
        {GENERIC_EXECUTE, Mapping->GenericExecute},
        {GENERIC_ALL, Mapping->GenericAll},
    };
    ACCESS_MASK Mask = *AccessMask;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rights); Index += 1) {
        if (Mask & Rights[Index].Generic) {
            Mask = (Mask & ~Rights[Index].Generic) | Rights[Index].Specific;
        }
    }
    *AccessMask = Mask;
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess)
{
    return (~GrantedAccess & DesiredAccess) == 0;
}

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess)
{
    return (GrantedAccess & DesiredAccess) != 0;
}
