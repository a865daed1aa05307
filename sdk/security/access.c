// SPDX-License-Identifier: MIT
// What the current user may do.
#include <ntifs.h>
#include <kmode.h>

NTSTATUS NTAPI KmAccessCheck(const KM_SECURITY *Security, ACCESS_MASK Desired, PGENERIC_MAPPING Mapping,
                             PACCESS_MASK Granted)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    NTSTATUS Status = STATUS_ACCESS_DENIED;

    *Granted = 0;
    RtlMapGenericMask(&Desired, Mapping);
    SeCaptureSubjectContext(&Subject);
    if (!SeAccessCheck(Security->Descriptor, &Subject, FALSE, Desired, 0, NULL, Mapping, UserMode, Granted,
                       &Status)) {
        *Granted = 0;
    }
    SeReleaseSubjectContext(&Subject);
    return Status;
}

BOOLEAN NTAPI KmCurrentHasPrivilege(ULONG Privilege)
{
    return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(Privilege), UserMode);
}
