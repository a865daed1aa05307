// SPDX-License-Identifier: MIT
// Client security contexts: what a server keeps of a client that it will impersonate.
#include "inc/kernel.h"

// What a client acts by.
typedef struct _SEP_CLIENT {
    PTOKEN Token; // referenced
    BOOLEAN Impersonating;
    BOOLEAN EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level; // while it impersonates
} SEP_CLIENT;

// Whether the client may be passed on to a server like that. Somebody whom the client itself impersonates may
// be no more than the client was allowed to do with him.
static NTSTATUS SepMayPassOn(const SEP_CLIENT *Client, const SECURITY_QUALITY_OF_SERVICE *Qos,
                             BOOLEAN ServerIsRemote)
{
    if (Client->Impersonating &&
        (Client->Level < SecurityImpersonation || Client->Level < Qos->ImpersonationLevel ||
         (ServerIsRemote && Client->Level != SecurityDelegation))) {
        return STATUS_BAD_IMPERSONATION_LEVEL;
    }
    return STATUS_SUCCESS;
}

// Client's token stays the caller's.
static NTSTATUS SepCreateClientSecurity(const SEP_CLIENT *Client, const SECURITY_QUALITY_OF_SERVICE *Qos,
                                        BOOLEAN ServerIsRemote, PSECURITY_CLIENT_CONTEXT Context)
{
    BOOLEAN Direct = Qos->ContextTrackingMode == SECURITY_DYNAMIC_TRACKING && !ServerIsRemote;
    BOOLEAN EffectiveOnly = Qos->EffectiveOnly || Client->EffectiveOnly;
    PTOKEN Token = Client->Token;
    NTSTATUS Status = SepMayPassOn(Client, Qos, ServerIsRemote);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Direct) {
        ObfReferenceObject(Token);
    } else {
        Status = SepDuplicateToken(Client->Token, NULL, EffectiveOnly, TokenImpersonation,
                                   Qos->ImpersonationLevel, KernelMode, &Token);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    *Context = (SECURITY_CLIENT_CONTEXT){
        .SecurityQos = *Qos,
        .ClientToken = Token,
        .DirectlyAccessClientToken = Direct,
        .DirectAccessEffectiveOnly = EffectiveOnly,
        .ServerIsRemote = ServerIsRemote,
    };
    SepLockTokenShared(Client->Token);
    Context->ClientTokenControl = (TOKEN_CONTROL){
        .TokenId = Client->Token->TokenId,
        .AuthenticationId = Client->Token->AuthenticationId,
        .ModifiedId = Client->Token->ModifiedId,
        .TokenSource = Client->Token->TokenSource,
    };
    SepUnlockToken(Client->Token);
    return STATUS_SUCCESS;
}

// Context keeps the token that ClientThread acts by (SECURITY_DYNAMIC_TRACKING and not ServerIsRemote), or a
// copy of it, until SeDeleteClientSecurity. STATUS_BAD_IMPERSONATION_LEVEL: the client impersonates somebody
// itself, below SecurityImpersonation, below what ClientSecurityQos asks for, or, for a remote server, below
// SecurityDelegation. STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (ntifs, SeCreateClientSecurity)
NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                      BOOLEAN ServerIsRemote, PSECURITY_CLIENT_CONTEXT ClientContext)
{
    SEP_CLIENT Client;
    TOKEN_TYPE Type;
    Client.Token = PsReferenceEffectiveToken(ClientThread, &Type, &Client.EffectiveOnly, &Client.Level);
    Client.Impersonating = Type == TokenImpersonation;
    NTSTATUS Status = SepCreateClientSecurity(&Client, ClientSecurityQos, ServerIsRemote, ClientContext);
    ObfDereferenceObject(Client.Token);
    return Status;
}

// As SeCreateClientSecurity, of a captured subject. IRQL PASSIVE_LEVEL. (ntifs,
// SeCreateClientSecurityFromSubjectContext)
NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                        PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                        BOOLEAN ServerIsRemote,
                                                        PSECURITY_CLIENT_CONTEXT ClientContext)
{
    SEP_CLIENT Client = {.Token = SeQuerySubjectContextToken(SubjectContext),
                         .Impersonating = SubjectContext->ClientToken != NULL,
                         .Level = SubjectContext->ImpersonationLevel};
    return SepCreateClientSecurity(&Client, ClientSecurityQos, ServerIsRemote, ClientContext);
}

// The DDK's macro has the name.
#undef SeDeleteClientSecurity
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT ClientContext);

// IRQL PASSIVE_LEVEL. (ntifs, SeDeleteClientSecurity)
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT ClientContext)
{
    ObfDereferenceObject(ClientContext->ClientToken);
}

// ServerThread, NULL: the current one, acts as the client until PsRevertToSelf. What PsImpersonateClient
// returns. IRQL PASSIVE_LEVEL. (ntifs, SeImpersonateClientEx)
NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    BOOLEAN EffectiveOnly = ClientContext->DirectlyAccessClientToken
                                ? ClientContext->DirectAccessEffectiveOnly
                                : ClientContext->SecurityQos.EffectiveOnly;
    return PsImpersonateClient(ServerThread != NULL ? ServerThread : PsGetCurrentThread(),
                               ClientContext->ClientToken, TRUE, EffectiveOnly,
                               ClientContext->SecurityQos.ImpersonationLevel);
}

// As SeImpersonateClientEx, of which nothing is said. (ntifs, SeImpersonateClient: obsolete)
VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    SeImpersonateClientEx(ClientContext, ServerThread);
}
