// SPDX-License-Identifier: MIT
// Who a user is.
#include <ntifs.h>
#include <kmode.h>

// The answer of a class that is a SID with its attributes.
typedef struct SID_ANSWER {
    SID_AND_ATTRIBUTES Pointer;
    UCHAR Sid[SECURITY_MAX_SID_SIZE];
} SID_ANSWER;

static NTSTATUS Query(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID Answer, ULONG Bytes)
{
    HANDLE Handle;
    ULONG Length;
    NTSTATUS Status = ObOpenObjectByPointer(Token, OBJ_KERNEL_HANDLE, NULL, TOKEN_QUERY, *SeTokenObjectType,
                                            KernelMode, &Handle);

    if (NT_SUCCESS(Status)) {
        Status = ZwQueryInformationToken(Handle, Class, Answer, Bytes, &Length);
        (VOID) ZwClose(Handle);
    }
    return Status;
}

static NTSTATUS QuerySid(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PKM_SID Sid)
{
    SID_ANSWER Answer;
    NTSTATUS Status = Query(Token, Class, &Answer, sizeof(Answer));

    RtlZeroMemory(Sid, sizeof(*Sid));
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Sid, Answer.Pointer.Sid, min(RtlLengthSid(Answer.Pointer.Sid), sizeof(*Sid)));
    }
    return Status;
}

NTSTATUS NTAPI KmCurrentUserSid(PKM_SID Sid)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    NTSTATUS Status;

    SeCaptureSubjectContext(&Subject);
    Status = QuerySid(SeQuerySubjectContextToken(&Subject), TokenUser, Sid);
    SeReleaseSubjectContext(&Subject);
    return Status;
}

BOOLEAN NTAPI KmCurrentIsAdministrator(VOID)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    BOOLEAN Is;

    SeCaptureSubjectContext(&Subject);
    // A client who let himself be identified alone has lent nobody his rights.
    Is = (Subject.ClientToken == NULL || Subject.ImpersonationLevel >= SecurityImpersonation) &&
         SeTokenIsAdmin(SeQuerySubjectContextToken(&Subject));
    SeReleaseSubjectContext(&Subject);
    return Is;
}

NTSTATUS NTAPI KmProcessUserSid(PEPROCESS Process, PKM_SID Sid)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Process);
    NTSTATUS Status = QuerySid(Token, TokenUser, Sid);

    PsDereferencePrimaryToken(Token);
    return Status;
}

BOOLEAN NTAPI KmProcessIsAdministrator(PEPROCESS Process)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Process);
    BOOLEAN Is = SeTokenIsAdmin(Token);

    PsDereferencePrimaryToken(Token);
    return Is;
}

NTSTATUS NTAPI KmProcessIsElevated(PEPROCESS Process, PBOOLEAN Elevated)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Process);
    ULONG Answer = 0; // a TOKEN_ELEVATION
    NTSTATUS Status = Query(Token, TokenElevation, &Answer, sizeof(Answer));

    PsDereferencePrimaryToken(Token);
    *Elevated = NT_SUCCESS(Status) && Answer != 0;
    return Status;
}

NTSTATUS NTAPI KmProcessIntegrity(PEPROCESS Process, PULONG Level)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Process);
    KM_SID Sid;
    NTSTATUS Status = QuerySid(Token, TokenIntegrityLevel, &Sid);

    PsDereferencePrimaryToken(Token);
    *Level =
        NT_SUCCESS(Status) && Sid.SubAuthorityCount != 0 ? Sid.SubAuthority[Sid.SubAuthorityCount - 1] : 0;
    return Status;
}
