// SPDX-License-Identifier: MIT
// The security context of whoever asks: tokens of a thread and its process, held for the time of the
// decisions.
#include "inc/kernel.h"

VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process,
                                     PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SubjectContext->ProcessAuditId = Process->UniqueProcessId;
    SubjectContext->ClientToken = NULL;
    SubjectContext->ImpersonationLevel = SecurityAnonymous;
    if (Thread != NULL) {
        SubjectContext->ClientToken = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly,
                                                                    &SubjectContext->ImpersonationLevel);
    }
    SubjectContext->PrimaryToken = PsReferencePrimaryToken(Process);
}

VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    SeCaptureSubjectContextEx(PsGetCurrentThread(), PsGetCurrentProcess(), SubjectContext);
}

VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    SepLockTokenShared(SubjectContext->PrimaryToken);
    if (SubjectContext->ClientToken != NULL) {
        SepLockTokenShared(SubjectContext->ClientToken);
    }
}

VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    if (SubjectContext->ClientToken != NULL) {
        SepUnlockToken(SubjectContext->ClientToken);
    }
    SepUnlockToken(SubjectContext->PrimaryToken);
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    PsDereferencePrimaryToken(SubjectContext->PrimaryToken);
    SubjectContext->PrimaryToken = NULL;
    if (SubjectContext->ClientToken != NULL) {
        PsDereferenceImpersonationToken(SubjectContext->ClientToken);
        SubjectContext->ClientToken = NULL;
    }
}
