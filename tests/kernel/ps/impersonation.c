// SPDX-License-Identifier: MIT
// Impersonation, handles to tokens, client security contexts.
#include "../test.h"

NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread);
NTKERNELAPI VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);

static PACCESS_TOKEN Filtered; // the System process's, without rights of administrators

static void TestPsImpersonateClient(void)
{
    TOKEN_GROUPS Disabled = {1, {{SeExports->SeAliasAdminsSid, 0}}};
    PETHREAD Thread = PsGetCurrentThread();
    BOOLEAN CopyOnOpen = FALSE, EffectiveOnly = FALSE;
    SECURITY_IMPERSONATION_LEVEL Level = SecurityAnonymous;
    PACCESS_TOKEN Own = PsReferencePrimaryToken(PsGetCurrentProcess());
    IS(SeFilterToken(Own, 0, &Disabled, NULL, NULL, &Filtered), STATUS_SUCCESS);
    PsDereferencePrimaryToken(Own);

    IS(PsImpersonateClient(Thread, Filtered, TRUE, TRUE, SecurityImpersonation), STATUS_SUCCESS);
    OK(PsIsThreadImpersonating(Thread));
    PACCESS_TOKEN Token = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    OK(Token == Filtered);
    OK(CopyOnOpen && EffectiveOnly);
    IS(Level, SecurityImpersonation);
    PsDereferenceImpersonationToken(Token);
    // Another one takes its place; NULL ends it.
    IS(PsImpersonateClient(Thread, Filtered, FALSE, FALSE, SecurityIdentification), STATUS_SUCCESS);
    PsDereferenceImpersonationToken(
        PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level));
    OK(!CopyOnOpen && !EffectiveOnly);
    IS(Level, SecurityIdentification);
    IS(PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous), STATUS_SUCCESS);
    OK(!PsIsThreadImpersonating(Thread));

    IS(PsImpersonateClient(Thread, Filtered, FALSE, FALSE, SecurityDelegation), STATUS_SUCCESS);
    PsRevertToSelf();
    OK(!PsIsThreadImpersonating(Thread));
    PsRevertThreadToSelf(Thread);
    OK(PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level) == NULL);
}

static void TestDisable(void)
{
    PETHREAD Thread = PsGetCurrentThread();
    SE_IMPERSONATION_STATE State;
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level = SecurityAnonymous;
    OK(!PsDisableImpersonation(Thread, &State));
    IS(PsImpersonateClient(Thread, Filtered, FALSE, TRUE, SecurityImpersonation), STATUS_SUCCESS);
    OK(PsDisableImpersonation(Thread, &State));
    OK(State.Token == Filtered && !State.CopyOnOpen && State.EffectiveOnly);
    IS(State.Level, SecurityImpersonation);
    OK(!PsIsThreadImpersonating(Thread));
    PsRestoreImpersonation(Thread, &State);
    PACCESS_TOKEN Token = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    OK(Token == Filtered && !CopyOnOpen && EffectiveOnly);
    IS(Level, SecurityImpersonation);
    PsDereferenceImpersonationToken(Token);
    PsRevertToSelf();
}

static void TestOpenProcessToken(void)
{
    HANDLE Handle;
    IS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &Handle), STATUS_SUCCESS);
    OK((LONG_PTR)Handle < 0);
    ZwClose(Handle);
    IS(NtOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(ZwOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, OBJ_PERMANENT, &Handle),
       STATUS_INVALID_PARAMETER);
    IS(ZwOpenProcessTokenEx(NULL, TOKEN_QUERY, OBJ_KERNEL_HANDLE, &Handle), STATUS_INVALID_HANDLE);
    IS(ZwOpenProcessTokenEx(NtCurrentThread(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &Handle),
       STATUS_OBJECT_TYPE_MISMATCH);
}

static PVOID ObjectOf(HANDLE Handle)
{
    PVOID Object = NULL;
    if (NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, *SeTokenObjectType, KernelMode, &Object, NULL))) {
        ObDereferenceObject(Object);
    }
    return Object;
}

static void TestOpenThreadToken(void)
{
    PETHREAD Thread = PsGetCurrentThread();
    HANDLE Handle;
    IS(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, FALSE, OBJ_KERNEL_HANDLE, &Handle),
       STATUS_NO_TOKEN);
    PsImpersonateClient(Thread, Filtered, FALSE, FALSE, SecurityImpersonation);
    IS(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, FALSE, OBJ_KERNEL_HANDLE, &Handle),
       STATUS_SUCCESS);
    OK(ObjectOf(Handle) == Filtered);
    ZwClose(Handle);
    IS(NtOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &Handle), STATUS_SUCCESS);
    OK(PsIsThreadImpersonating(Thread));
    ZwClose(Handle);
    IS(ZwOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, FALSE, OBJ_EXCLUSIVE, &Handle),
       STATUS_INVALID_PARAMETER);
    IS(ZwOpenThreadTokenEx(NtCurrentProcess(), TOKEN_QUERY, FALSE, OBJ_KERNEL_HANDLE, &Handle),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwOpenThreadTokenEx(NULL, TOKEN_QUERY, FALSE, OBJ_KERNEL_HANDLE, &Handle), STATUS_INVALID_HANDLE);
    // A copy, at the level of the impersonation.
    PsImpersonateClient(Thread, Filtered, TRUE, FALSE, SecurityIdentification);
    IS(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, FALSE, OBJ_KERNEL_HANDLE, &Handle),
       STATUS_SUCCESS);
    OK(ObjectOf(Handle) != Filtered);
    IS(SeTokenType(ObjectOf(Handle)), TokenImpersonation);
    IS(SeTokenImpersonationLevel(ObjectOf(Handle)), SecurityIdentification);
    ZwClose(Handle);
    PsImpersonateClient(Thread, Filtered, FALSE, FALSE, SecurityAnonymous);
    IS(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, FALSE, OBJ_KERNEL_HANDLE, &Handle),
       STATUS_CANT_OPEN_ANONYMOUS);
    PsRevertToSelf();
}

static void TestAssign(void)
{
    PETHREAD Thread = PsGetCurrentThread();
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Primary, Impersonation;
    IS(ObOpenObjectByPointer(Filtered, OBJ_KERNEL_HANDLE, NULL, TOKEN_ALL_ACCESS, *SeTokenObjectType,
                             KernelMode, &Primary),
       STATUS_SUCCESS);
    IS(PsAssignImpersonationToken(Thread, Primary), STATUS_BAD_TOKEN_TYPE);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwDuplicateToken(Primary, 0, &Attributes, FALSE, TokenImpersonation, &Impersonation), STATUS_SUCCESS);
    IS(PsAssignImpersonationToken(Thread, Impersonation), STATUS_SUCCESS);
    OK(PsIsThreadImpersonating(Thread));
    IS(PsAssignImpersonationToken(Thread, NULL), STATUS_SUCCESS);
    OK(!PsIsThreadImpersonating(Thread));
    IS(PsAssignImpersonationToken(Thread, NtCurrentProcess()), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(Impersonation);
    ZwClose(Primary);
}

static void TestClientSecurity(void)
{
    PETHREAD Thread = PsGetCurrentThread();
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), SecurityImpersonation, SECURITY_STATIC_TRACKING, TRUE};
    SECURITY_CLIENT_CONTEXT Context;
    PACCESS_TOKEN Own = PsReferencePrimaryToken(PsGetCurrentProcess());
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level = SecurityAnonymous;
    // A copy.
    IS(SeCreateClientSecurity(Thread, &Qos, FALSE, &Context), STATUS_SUCCESS);
    OK(Context.ClientToken != Own && !Context.DirectlyAccessClientToken && !Context.ServerIsRemote);
    IS(SeTokenType(Context.ClientToken), TokenImpersonation);
    IS(SeImpersonateClientEx(&Context, NULL), STATUS_SUCCESS);
    PACCESS_TOKEN Token = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    OK(Token == Context.ClientToken && CopyOnOpen && EffectiveOnly);
    IS(Level, SecurityImpersonation);
    PsDereferenceImpersonationToken(Token);
    SeStopImpersonatingClient();
    SeDeleteClientSecurity(&Context);
    // The token itself; of a remote server a copy.
    Qos.ContextTrackingMode = SECURITY_DYNAMIC_TRACKING;
    Qos.EffectiveOnly = FALSE;
    IS(SeCreateClientSecurity(Thread, &Qos, FALSE, &Context), STATUS_SUCCESS);
    OK(Context.ClientToken == Own && Context.DirectlyAccessClientToken);
    SeImpersonateClient(&Context, Thread);
    OK(PsIsThreadImpersonating(Thread));
    PsRevertToSelf();
    SeDeleteClientSecurity(&Context);
    IS(SeCreateClientSecurity(Thread, &Qos, TRUE, &Context), STATUS_SUCCESS);
    OK(Context.ClientToken != Own && Context.ServerIsRemote);
    SeDeleteClientSecurity(&Context);
    PsDereferencePrimaryToken(Own);
}

static NTSTATUS CreateAt(SECURITY_IMPERSONATION_LEVEL Level, SECURITY_IMPERSONATION_LEVEL Asked,
                         BOOLEAN Remote)
{
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), Asked, SECURITY_STATIC_TRACKING, FALSE};
    SECURITY_CLIENT_CONTEXT Context;
    PsImpersonateClient(PsGetCurrentThread(), Filtered, FALSE, FALSE, Level);
    NTSTATUS Status = SeCreateClientSecurity(PsGetCurrentThread(), &Qos, Remote, &Context);
    PsRevertToSelf();
    if (NT_SUCCESS(Status)) {
        SeDeleteClientSecurity(&Context);
    }
    return Status;
}

static void TestClientOfClient(void)
{
    SECURITY_SUBJECT_CONTEXT Subject = {NULL, SecurityAnonymous, Filtered, NULL};
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), SecurityImpersonation, SECURITY_DYNAMIC_TRACKING, FALSE};
    SECURITY_CLIENT_CONTEXT Context;
    IS(CreateAt(SecurityAnonymous, SecurityAnonymous, FALSE), STATUS_BAD_IMPERSONATION_LEVEL);
    IS(CreateAt(SecurityIdentification, SecurityIdentification, FALSE), STATUS_BAD_IMPERSONATION_LEVEL);
    IS(CreateAt(SecurityImpersonation, SecurityImpersonation, FALSE), STATUS_SUCCESS);
    IS(CreateAt(SecurityImpersonation, SecurityDelegation, FALSE), STATUS_BAD_IMPERSONATION_LEVEL);
    IS(CreateAt(SecurityImpersonation, SecurityImpersonation, TRUE), STATUS_BAD_IMPERSONATION_LEVEL);
    IS(CreateAt(SecurityDelegation, SecurityImpersonation, TRUE), STATUS_SUCCESS);

    IS(SeCreateClientSecurityFromSubjectContext(&Subject, &Qos, FALSE, &Context), STATUS_SUCCESS);
    OK(Context.ClientToken == Filtered);
    SeDeleteClientSecurity(&Context);
    Subject = (SECURITY_SUBJECT_CONTEXT){Filtered, SecurityIdentification, Filtered, NULL};
    IS(SeCreateClientSecurityFromSubjectContext(&Subject, &Qos, FALSE, &Context),
       STATUS_BAD_IMPERSONATION_LEVEL);
    Subject.ImpersonationLevel = SecurityImpersonation;
    IS(SeCreateClientSecurityFromSubjectContext(&Subject, &Qos, TRUE, &Context),
       STATUS_BAD_IMPERSONATION_LEVEL);
    ObDereferenceObject(Filtered);
}

TEST_DRIVER(TestPsImpersonateClient, TestDisable, TestOpenProcessToken, TestOpenThreadToken, TestAssign,
            TestClientSecurity, TestClientOfClient)
