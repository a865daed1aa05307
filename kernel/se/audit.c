// SPDX-License-Identifier: MIT
// Auditing. The machine has no event log for security and its audit policy is empty, as a fresh workstation's
// is for files: nothing is audited, and whoever asks is told so.
#include "inc/kernel.h"

BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    UNREFERENCED_PARAMETER(AccessGranted);
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    return FALSE;
}

BOOLEAN NTAPI SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    UNREFERENCED_PARAMETER(AccessGranted);
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    return FALSE;
}

BOOLEAN NTAPI SeAuditingFileEventsWithContext(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                              PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext)
{
    UNREFERENCED_PARAMETER(SubjectSecurityContext);
    return SeAuditingFileEvents(AccessGranted, SecurityDescriptor);
}

BOOLEAN NTAPI SeAuditingHardLinkEventsWithContext(BOOLEAN AccessGranted,
                                                  PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                  PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext)
{
    UNREFERENCED_PARAMETER(SubjectSecurityContext);
    return SeAuditingHardLinkEvents(AccessGranted, SecurityDescriptor);
}

BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext)
{
    return SeAuditingFileEventsWithContext(AccessGranted, SecurityDescriptor, SubjectSecurityContext);
}

VOID NTAPI SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                  PUNICODE_STRING AbsoluteObjectName, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                  PACCESS_STATE AccessState, BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                  KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose)
{
    UNREFERENCED_PARAMETER(ObjectTypeName);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(AbsoluteObjectName);
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    UNREFERENCED_PARAMETER(AccessState);
    UNREFERENCED_PARAMETER(ObjectCreated);
    UNREFERENCED_PARAMETER(AccessGranted);
    UNREFERENCED_PARAMETER(AccessMode);
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                           PUNICODE_STRING AbsoluteObjectName,
                                           PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                                           BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                           KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose)
{
    SeOpenObjectAuditAlarm(ObjectTypeName, Object, AbsoluteObjectName, SecurityDescriptor, AccessState,
                           ObjectCreated, AccessGranted, AccessMode, GenerateOnClose);
}

// Of an object whose opening was audited (GenerateOnClose), which none is.
VOID NTAPI SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Handle);
}

VOID NTAPI SeCloseObjectAuditAlarm(PVOID Object, HANDLE Handle, BOOLEAN GenerateOnClose)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(GenerateOnClose);
}
