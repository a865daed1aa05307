// SPDX-License-Identifier: MIT
// Tokens made of others: duplicated and restricted.
#include "../test.h"

static PACCESS_TOKEN System;
static HANDLE SystemHandle; // with every right

static PACCESS_TOKEN Reference(HANDLE Handle)
{
    PVOID Token = NULL;
    IS(ObReferenceObjectByHandle(Handle, 0, *SeTokenObjectType, KernelMode, &Token, NULL), STATUS_SUCCESS);
    return Token;
}

// A duplicate with that level in its attributes (-1: without), whose handle is closed. Its status, type and
// level.
static NTSTATUS Duplicate(HANDLE Existing, LONG Asked, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL *Level)
{
    OBJECT_ATTRIBUTES Attributes;
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), (SECURITY_IMPERSONATION_LEVEL)Asked, 0, FALSE};
    HANDLE Handle = NULL;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Attributes.SecurityQualityOfService = Asked >= 0 ? &Qos : NULL;
    NTSTATUS Status = ZwDuplicateToken(Existing, 0, &Attributes, FALSE, Type, &Handle);
    if (NT_SUCCESS(Status)) {
        PACCESS_TOKEN Token = Reference(Handle);
        OK(Token != System);
        IS(SeTokenType(Token), Type);
        *Level = SeTokenImpersonationLevel(Token);
        ObDereferenceObject(Token);
        ZwClose(Handle);
    }
    return Status;
}

static void TestLevels(void)
{
    SECURITY_IMPERSONATION_LEVEL Level = SecurityDelegation;
    OBJECT_ATTRIBUTES Attributes;
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), SecurityIdentification, 0, FALSE};
    HANDLE Handle;
    System = PsReferencePrimaryToken(PsInitialSystemProcess);
    IS(ObOpenObjectByPointer(System, OBJ_KERNEL_HANDLE, NULL, TOKEN_ALL_ACCESS, *SeTokenObjectType,
                             KernelMode, &SystemHandle),
       STATUS_SUCCESS);
    IS(Duplicate(SystemHandle, -1, TokenPrimary, &Level), STATUS_SUCCESS);
    IS(Level, SecurityAnonymous);
    IS(Duplicate(SystemHandle, -1, TokenImpersonation, &Level), STATUS_SUCCESS);
    IS(Level, SecurityImpersonation);
    IS(Duplicate(SystemHandle, SecurityDelegation, TokenImpersonation, &Level), STATUS_SUCCESS);
    IS(Level, SecurityDelegation);
    IS(Duplicate(SystemHandle, 4, TokenImpersonation, &Level), STATUS_INVALID_PARAMETER);
    IS(Duplicate(SystemHandle, -1, 3, &Level), STATUS_INVALID_PARAMETER);
    IS(Duplicate(NULL, -1, TokenPrimary, &Level), STATUS_INVALID_HANDLE);
    IS(Duplicate(NtCurrentProcess(), -1, TokenPrimary, &Level), STATUS_OBJECT_TYPE_MISMATCH);

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Attributes.SecurityQualityOfService = &Qos;
    IS(NtDuplicateToken(SystemHandle, TOKEN_ALL_ACCESS, &Attributes, FALSE, TokenImpersonation, &Handle),
       STATUS_SUCCESS);
    IS(Duplicate(Handle, -1, TokenImpersonation, &Level), STATUS_SUCCESS);
    IS(Level, SecurityIdentification);
    IS(Duplicate(Handle, SecurityAnonymous, TokenImpersonation, &Level), STATUS_SUCCESS);
    IS(Level, SecurityAnonymous);
    IS(Duplicate(Handle, SecurityImpersonation, TokenImpersonation, &Level), STATUS_BAD_IMPERSONATION_LEVEL);
    IS(Duplicate(Handle, -1, TokenPrimary, &Level), STATUS_BAD_IMPERSONATION_LEVEL);
    ZwClose(Handle);
}

static ULONG CountPrivileges(PACCESS_TOKEN Token)
{
    PVOID Answer = NULL;
    ULONG Count = 0;
    if (NT_SUCCESS(SeQueryInformationToken(Token, TokenPrivileges, &Answer))) {
        Count = ((PTOKEN_PRIVILEGES)Answer)->PrivilegeCount;
        ExFreePool(Answer);
    }
    return Count;
}

static void TestEffectiveOnly(void)
{
    HANDLE Handle;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwDuplicateToken(SystemHandle, 0, &Attributes, TRUE, TokenPrimary, &Handle), STATUS_SUCCESS);
    PACCESS_TOKEN Token = Reference(Handle);
    IS(CountPrivileges(System), 31);
    IS(CountPrivileges(Token), 16);
    OK(SeTokenIsAdmin(Token));
    ObDereferenceObject(Token);
    ZwClose(Handle);
}

static void TestFilterPrivileges(void)
{
    TOKEN_PRIVILEGES Deleted = {1, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}};
    PACCESS_TOKEN Token;
    PVOID Answer = NULL;
    IS(SeFilterToken(System, DISABLE_MAX_PRIVILEGE, NULL, &Deleted, NULL, &Token), STATUS_SUCCESS);
    IS(SeTokenType(Token), TokenPrimary);
    IS(SeQueryInformationToken(Token, TokenPrivileges, &Answer), STATUS_SUCCESS);
    IS(((PTOKEN_PRIVILEGES)Answer)->PrivilegeCount, 1);
    IS(((PTOKEN_PRIVILEGES)Answer)->Privileges[0].Luid.LowPart, SE_CHANGE_NOTIFY_PRIVILEGE);
    ExFreePool(Answer);
    IS(SeQueryInformationToken(Token, TokenHasRestrictions, &Answer), STATUS_SUCCESS);
    IS(*(PULONG)Answer, 1);
    ExFreePool(Answer);
    ObDereferenceObject(Token);

    IS(SeFilterToken(System, SANDBOX_INERT, NULL, &Deleted, NULL, &Token), STATUS_SUCCESS);
    IS(CountPrivileges(Token), 30);
    IS(SeQueryInformationToken(Token, TokenSandBoxInert, &Answer), STATUS_SUCCESS);
    IS(*(PULONG)Answer, 1);
    ExFreePool(Answer);
    OK(!SeTokenIsRestricted(Token));
    ObDereferenceObject(Token);
    Deleted.Privileges[0].Luid.LowPart = 63; // nobody has it
    IS(SeFilterToken(System, 0, NULL, &Deleted, NULL, &Token), STATUS_SUCCESS);
    IS(CountPrivileges(Token), 31);
    ObDereferenceObject(Token);
    IS(SeFilterToken(System, 0x100, NULL, NULL, NULL, &Token), STATUS_INVALID_PARAMETER);
}

static void TestFilterGroups(void)
{
    TOKEN_GROUPS Disabled = {1, {{SeExports->SeAliasAdminsSid, 0}}};
    PACCESS_TOKEN Token;
    PVOID Answer = NULL;
    IS(SeFilterToken(System, 0, &Disabled, NULL, NULL, &Token), STATUS_SUCCESS);
    OK(!SeTokenIsAdmin(Token));
    IS(SeQueryInformationToken(Token, TokenGroups, &Answer), STATUS_SUCCESS);
    IS(((PTOKEN_GROUPS)Answer)->Groups[0].Attributes, SE_GROUP_OWNER | SE_GROUP_USE_FOR_DENY_ONLY);
    ExFreePool(Answer);
    IS(SeQueryInformationToken(Token, TokenOwner, &Answer), STATUS_SUCCESS);
    OK(RtlEqualSid(((PTOKEN_OWNER)Answer)->Owner, SeExports->SeLocalSystemSid));
    ExFreePool(Answer);
    ObDereferenceObject(Token);
    // The user too; who is not there is ignored.
    Disabled.Groups[0].Sid = SeExports->SeLocalSystemSid;
    IS(SeFilterToken(System, 0, &Disabled, NULL, NULL, &Token), STATUS_SUCCESS);
    IS(SeQueryInformationToken(Token, TokenUser, &Answer), STATUS_SUCCESS);
    IS(((PTOKEN_USER)Answer)->User.Attributes, SE_GROUP_USE_FOR_DENY_ONLY);
    ExFreePool(Answer);
    ObDereferenceObject(Token);
    Disabled.Groups[0].Sid = SeExports->SeAliasGuestsSid;
    IS(SeFilterToken(System, 0, &Disabled, NULL, NULL, &Token), STATUS_SUCCESS);
    OK(SeTokenIsAdmin(Token));
    ObDereferenceObject(Token);
}

static ULONG CountRestricting(PACCESS_TOKEN Token)
{
    PVOID Answer = NULL;
    IS(SeQueryInformationToken(Token, TokenRestrictedSids, &Answer), STATUS_SUCCESS);
    ULONG Count = ((PTOKEN_GROUPS)Answer)->GroupCount;
    ExFreePool(Answer);
    return Count;
}

static void TestFilterRestricted(void)
{
    struct {
        ULONG Count;
        SID_AND_ATTRIBUTES Groups[2];
    } Restricted = {2, {{SeExports->SeWorldSid, 0}, {SeExports->SeRestrictedSid, 0}}},
      Other = {2, {{SeExports->SeWorldSid, 0}, {SeExports->SeLocalSid, 0}}};
    PACCESS_TOKEN Token, Twice;
    IS(SeFilterToken(System, WRITE_RESTRICTED, NULL, NULL, (PTOKEN_GROUPS)&Restricted, &Token),
       STATUS_SUCCESS);
    OK(SeTokenIsRestricted(Token));
    OK(SeTokenIsWriteRestricted(Token));
    IS(CountRestricting(Token), 2);
    IS(SeFilterToken(Token, 0, NULL, NULL, (PTOKEN_GROUPS)&Other, &Twice), STATUS_SUCCESS);
    IS(CountRestricting(Twice), 1);
    OK(SeTokenIsRestricted(Twice));
    ObDereferenceObject(Twice);
    ObDereferenceObject(Token);
    Restricted.Groups[1].Attributes = SE_GROUP_ENABLED;
    IS(SeFilterToken(System, 0, NULL, NULL, (PTOKEN_GROUPS)&Restricted, &Token), STATUS_INVALID_PARAMETER);
    ZwClose(SystemHandle);
    PsDereferencePrimaryToken(System);
}

TEST_DRIVER(TestLevels, TestEffectiveOnly, TestFilterPrivileges, TestFilterGroups, TestFilterRestricted)
