// SPDX-License-Identifier: MIT
// Tokens: the System process's, and what routines say of one.
#include "../test.h"

NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread);

#define SYSTEM_PRIVILEGE_OFFSET 0x40 // of TOKEN.Privileges, which drivers read

static BOOLEAN IsToken(PVOID Object)
{
    return NT_SUCCESS(ObReferenceObjectByPointer(Object, TOKEN_QUERY, *SeTokenObjectType, UserMode)) &&
           (ObDereferenceObject(Object), TRUE);
}

static void TestPrimaryToken(void)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsInitialSystemProcess);
    PACCESS_TOKEN Again = PsReferencePrimaryToken(PsGetCurrentProcess());
    OK(Token != NULL && Token == Again);
    OK(IsToken(Token));
    OK(*(PVOID *)((PUCHAR)PsInitialSystemProcess + 0x4b8) == Token);
    IS(SeTokenType(Token), TokenPrimary);
    IS(SeTokenImpersonationLevel(Token), SecurityAnonymous);
    OK(SeTokenIsAdmin(Token));
    OK(!SeTokenIsRestricted(Token));
    OK(!SeTokenIsWriteRestricted(Token));
    PsDereferencePrimaryToken(Token);
    PsDereferencePrimaryToken(Again);
}

static void TestNoImpersonation(void)
{
    BOOLEAN CopyOnOpen = 7, EffectiveOnly = 7;
    SECURITY_IMPERSONATION_LEVEL Level = 7;
    OK(PsReferenceImpersonationToken(PsGetCurrentThread(), &CopyOnOpen, &EffectiveOnly, &Level) == NULL);
    PsDereferenceImpersonationToken(NULL);
    OK(!PsIsThreadImpersonating(PsGetCurrentThread()));
}

static void TestPrivilegesByOffset(void)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsInitialSystemProcess);
    const ULONG64 *Privileges = (const ULONG64 *)((PUCHAR)Token + SYSTEM_PRIVILEGE_OFFSET);
    // Windows 11: the numbers 2 to 36, without those that nobody has here.
    IS(Privileges[0], 0x1FF2FFFFBC);
    IS(Privileges[1], 0x1E60B1E890);
    IS(Privileges[2], Privileges[1]);
    PsDereferencePrimaryToken(Token);
}

TEST_DRIVER(TestPrimaryToken, TestNoImpersonation, TestPrivilegesByOffset)
