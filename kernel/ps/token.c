// SPDX-License-Identifier: MIT
// Tokens of processes and threads.
#include "inc/kernel.h"

// The process's token, referenced. IRQL PASSIVE_LEVEL. (ntifs, PsReferencePrimaryToken)
PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Process->ProcessLock);
    PVOID Token = (PVOID)Process->Token;
    ObfReferenceObject(Token);
    ExReleasePushLockShared(&Process->ProcessLock);
    KeLeaveCriticalRegion();
    return Token;
}

// IRQL < DISPATCH_LEVEL. (ntifs, PsDereferencePrimaryToken)
VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    ObfDereferenceObject(PrimaryToken);
}

// The token that the thread impersonates, referenced; NULL if it does not, and then nothing is written. IRQL
// PASSIVE_LEVEL. (ntifs, PsReferenceImpersonationToken)
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen,
                                                  PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Thread->ImpersonationLock);
    PVOID Token = Thread->ImpersonationToken;
    if (Token != NULL) {
        ObfReferenceObject(Token);
        *CopyOnOpen = Thread->ImpersonationCopyOnOpen;
        *EffectiveOnly = Thread->ImpersonationEffectiveOnly;
        *ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)Thread->ImpersonationLevel;
    }
    ExReleasePushLockShared(&Thread->ImpersonationLock);
    KeLeaveCriticalRegion();
    return Token;
}

// NULL: does nothing. IRQL < DISPATCH_LEVEL. (ntifs, PsDereferenceImpersonationToken)
VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken)
{
    if (ImpersonationToken != NULL) {
        ObfDereferenceObject(ImpersonationToken);
    }
}

PACCESS_TOKEN PsReferenceEffectiveToken(PETHREAD Thread, TOKEN_TYPE *TokenType, PBOOLEAN EffectiveOnly,
                                        PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    BOOLEAN CopyOnOpen;
    PACCESS_TOKEN Token =
        PsReferenceImpersonationToken(Thread, &CopyOnOpen, EffectiveOnly, ImpersonationLevel);
    if (Token != NULL) {
        *TokenType = TokenImpersonation;
        return Token;
    }
    *TokenType = TokenPrimary;
    *EffectiveOnly = FALSE;
    *ImpersonationLevel = SecurityAnonymous;
    return PsReferencePrimaryToken(Thread->Tcb.Process);
}
