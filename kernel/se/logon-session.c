// SPDX-License-Identifier: MIT
// Logon sessions, and the drivers that are told of their end.
#include "inc/kernel.h"

typedef struct _SEP_TERMINATED_CALLBACK {
    LIST_ENTRY Link;
    PSE_LOGON_SESSION_TERMINATED_ROUTINE Routine;
} SEP_TERMINATED_CALLBACK;

// A session that has ended and is to be told of.
typedef struct _SEP_TERMINATION {
    WORK_QUEUE_ITEM Item;
    PSEP_LOGON_SESSION Session;
} SEP_TERMINATION;

static LIST_ENTRY SepLogonSessions = {&SepLogonSessions, &SepLogonSessions};
static LIST_ENTRY SepTerminatedCallbacks = {&SepTerminatedCallbacks, &SepTerminatedCallbacks};
static EX_PUSH_LOCK SepLogonSessionLock;
static EX_PUSH_LOCK SepTerminatedCallbackLock; // shared while they are called

static VOID SepLockLogonSessions(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&SepLogonSessionLock);
}

static VOID SepUnlockLogonSessions(VOID)
{
    ExReleasePushLockExclusive(&SepLogonSessionLock);
    KeLeaveCriticalRegion();
}

// The sessions are locked.
static PSEP_LOGON_SESSION SepLookupLogonSession(const LUID *LogonId)
{
    for (PLIST_ENTRY Link = SepLogonSessions.Flink; Link != &SepLogonSessions; Link = Link->Flink) {
        PSEP_LOGON_SESSION Session = CONTAINING_RECORD(Link, SEP_LOGON_SESSION, Link);
        if (SepIsSameLuid(&Session->LogonId, LogonId)) {
            return Session;
        }
    }
    return NULL;
}

NTSTATUS SepCreateLogonSession(const LUID *LogonId, BOOLEAN Permanent, PSEP_LOGON_SESSION *Created)
{
    // Its end must not fail for want of memory.
    SEP_TERMINATION *Termination = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(*Termination) + sizeof(SEP_LOGON_SESSION), TAG_LOGON_SESSION);
    if (Termination == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PSEP_LOGON_SESSION Session = (PSEP_LOGON_SESSION)(Termination + 1);
    Termination->Session = Session;
    Session->LogonId = *LogonId;
    Session->Permanent = Permanent;
    Session->ReferenceCount = 1;
    SepLockLogonSessions();
    BOOLEAN Exists = SepLookupLogonSession(LogonId) != NULL;
    if (!Exists) {
        InsertTailList(&SepLogonSessions, &Session->Link);
    }
    SepUnlockLogonSessions();
    if (Exists) {
        ExFreePoolWithTag(Termination, TAG_LOGON_SESSION);
        return STATUS_LOGON_SESSION_COLLISION;
    }
    *Created = Session;
    return STATUS_SUCCESS;
}

NTSTATUS SepFindLogonSession(const LUID *LogonId, PSEP_LOGON_SESSION *Found)
{
    SepLockLogonSessions();
    PSEP_LOGON_SESSION Session = SepLookupLogonSession(LogonId);
    if (Session != NULL) {
        Session->ReferenceCount += 1;
    }
    SepUnlockLogonSessions();
    *Found = Session;
    return Session != NULL ? STATUS_SUCCESS : STATUS_NO_SUCH_LOGON_SESSION;
}

VOID SepReferenceLogonSession(PSEP_LOGON_SESSION Session)
{
    SepLockLogonSessions();
    Session->ReferenceCount += 1;
    SepUnlockLogonSessions();
}

// In a thread of its own: whoever drops a token may hold what a driver's routine wants.
static VOID NTAPI SepTellOfTermination(PVOID Context)
{
    SEP_TERMINATION *Termination = Context;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&SepTerminatedCallbackLock);
    for (PLIST_ENTRY Link = SepTerminatedCallbacks.Flink; Link != &SepTerminatedCallbacks;
         Link = Link->Flink) {
        PSE_LOGON_SESSION_TERMINATED_ROUTINE Routine =
            CONTAINING_RECORD(Link, SEP_TERMINATED_CALLBACK, Link)->Routine;
        LUID LogonId = Termination->Session->LogonId;
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "SE_LOGON_SESSION_TERMINATED_ROUTINE", Routine, 1, &LogonId);
        NTSTATUS Status = Routine(&LogonId);
        ViLeaveCallback(&Callback, (ULONG_PTR)Status);
    }
    ExReleasePushLockShared(&SepTerminatedCallbackLock);
    KeLeaveCriticalRegion();
    ExFreePoolWithTag(Termination, TAG_LOGON_SESSION);
}

VOID SepDereferenceLogonSession(PSEP_LOGON_SESSION Session)
{
    SEP_TERMINATION *Termination = (SEP_TERMINATION *)Session - 1;
    SepLockLogonSessions();
    Session->ReferenceCount -= 1;
    BOOLEAN Last = Session->ReferenceCount == 0 && !Session->Permanent;
    if (Last) {
        RemoveEntryList(&Session->Link);
    }
    SepUnlockLogonSessions();
    if (Last && Session->Notify) {
        ExInitializeWorkItem(&Termination->Item, SepTellOfTermination, Termination);
        ExQueueWorkItem(&Termination->Item, DelayedWorkQueue);
    } else if (Last) {
        ExFreePoolWithTag(Termination, TAG_LOGON_SESSION);
    }
}

NTSTATUS SepInitializeLogonSessions(VOID)
{
    static const LUID LogonIds[] = {SYSTEM_LUID, ANONYMOUS_LOGON_LUID, LOCALSERVICE_LUID,
                                    NETWORKSERVICE_LUID};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(LogonIds); Index += 1) {
        PSEP_LOGON_SESSION Session;
        NTSTATUS Status = SepCreateLogonSession(&LogonIds[Index], TRUE, &Session);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        SepDereferenceLogonSession(Session);
    }
    return STATUS_SUCCESS;
}

// ---- What drivers call

// STATUS_NOT_FOUND: there is no such session. IRQL PASSIVE_LEVEL. (ntifs,
// SeMarkLogonSessionForTerminationNotification)
NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID LogonId)
{
    SepLockLogonSessions();
    PSEP_LOGON_SESSION Session = SepLookupLogonSession(LogonId);
    if (Session != NULL) {
        Session->Notify = TRUE;
    }
    SepUnlockLogonSessions();
    return Session != NULL ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

// Routine is called, at PASSIVE_LEVEL in a system thread, for each marked session that ends.
// STATUS_INVALID_PARAMETER (NULL), STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (ntifs,
// SeRegisterLogonSessionTerminatedRoutine)
NTSTATUS NTAPI SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE Routine)
{
    if (Routine == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    SEP_TERMINATED_CALLBACK *Callback =
        ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Callback), TAG_LOGON_SESSION);
    if (Callback == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Callback->Routine = Routine;
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&SepTerminatedCallbackLock);
    InsertTailList(&SepTerminatedCallbacks, &Callback->Link);
    ExReleasePushLockExclusive(&SepTerminatedCallbackLock);
    KeLeaveCriticalRegion();
    return STATUS_SUCCESS;
}

// Waits for calls under way. STATUS_INVALID_PARAMETER (NULL), STATUS_INSUFFICIENT_RESOURCES (not registered:
// so says its page). IRQL PASSIVE_LEVEL. (ntifs, SeUnregisterLogonSessionTerminatedRoutine)
NTSTATUS NTAPI SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE Routine)
{
    SEP_TERMINATED_CALLBACK *Found = NULL;
    if (Routine == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&SepTerminatedCallbackLock);
    for (PLIST_ENTRY Link = SepTerminatedCallbacks.Flink; Found == NULL && Link != &SepTerminatedCallbacks;
         Link = Link->Flink) {
        SEP_TERMINATED_CALLBACK *Callback = CONTAINING_RECORD(Link, SEP_TERMINATED_CALLBACK, Link);
        if (Callback->Routine == Routine) {
            RemoveEntryList(Link);
            Found = Callback;
        }
    }
    ExReleasePushLockExclusive(&SepTerminatedCallbackLock);
    KeLeaveCriticalRegion();
    if (Found == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Found, TAG_LOGON_SESSION);
    return STATUS_SUCCESS;
}
