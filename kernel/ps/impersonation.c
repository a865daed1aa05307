// SPDX-License-Identifier: MIT
// Impersonation: a thread acts as somebody else than its process.
#include "inc/kernel.h"

// Token's reference becomes the thread's. The token that it had, whose reference is the caller's.
static PVOID PspExchangeImpersonation(PETHREAD Thread, PVOID Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                                      SECURITY_IMPERSONATION_LEVEL Level)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Thread->ImpersonationLock);
    PVOID Before = Thread->ImpersonationToken;
    Thread->ImpersonationToken = Token;
    Thread->ImpersonationCopyOnOpen = CopyOnOpen;
    Thread->ImpersonationEffectiveOnly = EffectiveOnly;
    Thread->ImpersonationLevel = (ULONG)Level;
    ExReleasePushLockExclusive(&Thread->ImpersonationLock);
    KeLeaveCriticalRegion();
    return Before;
}

static const LUID PspAnonymousLogonId = ANONYMOUS_LOGON_LUID;

// Whether a thread of Process may act as Token's user, not only learn who that is: it has the privilege, or
// nothing is to be had by it.
static BOOLEAN PspMayImpersonate(PEPROCESS Process, PTOKEN Token)
{
    PTOKEN Own = PsReferencePrimaryToken(Process);
    SepLockTokenShared(Own);
    BOOLEAN May = SepIsSameLuid(&Token->AuthenticationId, &PspAnonymousLogonId) ||
                  SepTokenHasPrivilege(Own, SE_IMPERSONATE_PRIVILEGE) ||
                  (RtlEqualSid(Own->UserAndGroups[0].Sid, Token->UserAndGroups[0].Sid) &&
                   !SeTokenIsRestricted(Own) && !SeTokenIsRestricted(Token));
    SepUnlockToken(Own);
    PsDereferencePrimaryToken(Own);
    return May;
}

// Token NULL: the thread acts as its process again. The token is referenced, the one before no more. A thread
// whose process has neither SeImpersonatePrivilege nor the same user is given a copy for
// SecurityIdentification: STATUS_NO_MEMORY if there is no room for that. IRQL PASSIVE_LEVEL. (ntifs,
// PsImpersonateClient)
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen,
                                   BOOLEAN EffectiveOnly, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    PTOKEN Assigned = Token, Copy;
    if (Token == NULL) {
        CopyOnOpen = EffectiveOnly = FALSE;
        ImpersonationLevel = SecurityAnonymous;
    } else if (ImpersonationLevel > SecurityIdentification &&
               !PspMayImpersonate(Thread->Tcb.Process, Token)) {
        ImpersonationLevel = SecurityIdentification;
        if (!NT_SUCCESS(SepDuplicateToken(Token, NULL, EffectiveOnly, TokenImpersonation, ImpersonationLevel,
                                          KernelMode, &Copy))) {
            return STATUS_NO_MEMORY;
        }
        Assigned = Copy;
    } else {
        ObfReferenceObject(Token);
    }
    PVOID Before = PspExchangeImpersonation(Thread, Assigned, CopyOnOpen, EffectiveOnly, ImpersonationLevel);
    PsDereferenceImpersonationToken(Before);
    return STATUS_SUCCESS;
}

// IRQL PASSIVE_LEVEL. (ntifs, PsRevertToSelf)
VOID NTAPI PsRevertToSelf(VOID)
{
    PsRevertThreadToSelf(PsGetCurrentThread());
}

VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread)
{
    PsDereferenceImpersonationToken(PspExchangeImpersonation(Thread, NULL, FALSE, FALSE, SecurityAnonymous));
}

// Lets the thread act as its process until PsRestoreImpersonation. FALSE: it impersonates nobody, and there
// is nothing to restore. IRQL PASSIVE_LEVEL.
BOOLEAN NTAPI PsDisableImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE State)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Thread->ImpersonationLock);
    *State = (SE_IMPERSONATION_STATE){
        .Token = Thread->ImpersonationToken,
        .CopyOnOpen = Thread->ImpersonationCopyOnOpen,
        .EffectiveOnly = Thread->ImpersonationEffectiveOnly,
        .Level = (SECURITY_IMPERSONATION_LEVEL)Thread->ImpersonationLevel,
    };
    Thread->ImpersonationToken = NULL; // its reference is the state's
    ExReleasePushLockExclusive(&Thread->ImpersonationLock);
    KeLeaveCriticalRegion();
    return State->Token != NULL;
}

// IRQL PASSIVE_LEVEL.
VOID NTAPI PsRestoreImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE State)
{
    // What it was allowed before it is allowed now.
    PsDereferenceImpersonationToken(PspExchangeImpersonation(Thread, State->Token, State->CopyOnOpen,
                                                             State->EffectiveOnly, State->Level));
}

// TokenHandle NULL: as PsRevertThreadToSelf. The handle needs TOKEN_IMPERSONATE. STATUS_BAD_TOKEN_TYPE: a
// primary token; what ObReferenceObjectByHandle and PsImpersonateClient return. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE TokenHandle)
{
    PVOID Object = NULL;
    if (TokenHandle == NULL) {
        PsRevertThreadToSelf(Thread);
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(TokenHandle, TOKEN_IMPERSONATE, SeTokenObjectType,
                                                KeGetPreviousMode(), &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PTOKEN Token = Object;
    Status = Token->TokenType != TokenImpersonation
                 ? STATUS_BAD_TOKEN_TYPE
                 : PsImpersonateClient(Thread, Token, FALSE, FALSE, Token->ImpersonationLevel);
    ObfDereferenceObject(Token);
    return Status;
}

NTSTATUS PspSetImpersonationToken(HANDLE ThreadHandle, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    HANDLE TokenHandle;
    PVOID Thread;
    if (Length != sizeof(TokenHandle)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Buffer, sizeof(TokenHandle), sizeof(ULONG));
        }
        RtlCopyMemory(&TokenHandle, Buffer, sizeof(TokenHandle));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    NTSTATUS Status =
        ObReferenceObjectByHandle(ThreadHandle, THREAD_SET_THREAD_TOKEN, PsThreadType, Mode, &Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsAssignImpersonationToken(Thread, TokenHandle);
    ObfDereferenceObject(Thread);
    return Status;
}
