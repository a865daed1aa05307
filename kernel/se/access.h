// SPDX-License-Identifier: MIT
// Who asks for access, whether it is granted, and by which privileges.
#ifndef KMODE_SE_ACCESS_H
#define KMODE_SE_ACCESS_H

#include "se/access-state.h"

// The token that a captured subject acts by: the client's, if it impersonates one.
static inline PTOKEN SepSubjectToken(PSECURITY_SUBJECT_CONTEXT Subject)
{
    return Subject->ClientToken != NULL ? Subject->ClientToken : Subject->PrimaryToken;
}

// Whether a subject may act by its token at all: who impersonates at a lower level than SecurityImpersonation
// may not.
static inline BOOLEAN SepSubjectMayAct(PSECURITY_SUBJECT_CONTEXT Subject)
{
    return Subject->ClientToken == NULL || Subject->ImpersonationLevel >= SecurityImpersonation;
}

// Whether Token has restricting SIDs.
static inline BOOLEAN SepIsRestricted(PTOKEN Token)
{
    return Token->RestrictedSidCount != 0;
}

// ---- Privileges (se/privilege.c)

// Whether Token, which is locked, has all of Count privileges enabled, or one of them if not All; those that
// it has are marked SE_PRIVILEGE_USED_FOR_ACCESS.
BOOLEAN SepCheckPrivileges(PTOKEN Token, PLUID_AND_ATTRIBUTES Privileges, ULONG Count, BOOLEAN All);

// ---- Access states (se/access-state.c)

#define SEP_HAS_TRAVERSE_PRIVILEGE 0x00000001u // ACCESS_STATE.Flags

// Fills AccessState for the current thread's subject, and AuxData for it; SeDeleteAccessState gives back what
// they hold, not their memory. DesiredAccess is mapped by GenericMapping, if there is one. IRQL
// PASSIVE_LEVEL. (no page; as the DDK's ntifs.h declares it)
NTKERNELAPI NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData,
                                               ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping);
NTKERNELAPI VOID NTAPI SeDeleteAccessState(PACCESS_STATE AccessState);

#endif
