// SPDX-License-Identifier: MIT
// Logon sessions: each token belongs to one, which ends with the last of them.
#ifndef KMODE_SE_LOGON_SESSION_H
#define KMODE_SE_LOGON_SESSION_H

typedef struct _SEP_LOGON_SESSION {
    LIST_ENTRY Link;
    LUID LogonId;
    LONG ReferenceCount; // tokens; under the list's lock
    BOOLEAN Permanent;   // of a service: outlives its tokens
    BOOLEAN Notify;      // SeMarkLogonSessionForTerminationNotification
} SEP_LOGON_SESSION, *PSEP_LOGON_SESSION;

// All at PASSIVE_LEVEL.

// Makes the sessions of the system, of services and of nobody (S-1-5-7).
NTSTATUS SepInitializeLogonSessions(VOID);
// Makes a session, with one reference, which is the caller's. STATUS_LOGON_SESSION_COLLISION,
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS SepCreateLogonSession(const LUID *LogonId, BOOLEAN Permanent, PSEP_LOGON_SESSION *Session);
// The session of that id, referenced. STATUS_NO_SUCH_LOGON_SESSION.
NTSTATUS SepFindLogonSession(const LUID *LogonId, PSEP_LOGON_SESSION *Session);
VOID SepReferenceLogonSession(PSEP_LOGON_SESSION Session);
// The last reference ends the session, of which drivers are told if one has asked for it.
VOID SepDereferenceLogonSession(PSEP_LOGON_SESSION Session);

#endif
