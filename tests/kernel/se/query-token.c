// SPDX-License-Identifier: MIT
// What a token is asked, class by class, by pointer and by handle.
#include "../test.h"

static PACCESS_TOKEN System;

static BOOLEAN IsSid(PSID Sid, PCWSTR Text)
{
    UNICODE_STRING Converted, Expected;
    if (!NT_SUCCESS(RtlConvertSidToUnicodeString(&Converted, Sid, TRUE))) {
        return FALSE;
    }
    RtlInitUnicodeString(&Expected, Text);
    BOOLEAN Same = RtlEqualUnicodeString(&Converted, &Expected, FALSE);
    RtlFreeUnicodeString(&Converted);
    return Same;
}

// The answer about Token, which the caller frees; NULL.
static PVOID Query(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class)
{
    PVOID Answer = NULL;
    IS(SeQueryInformationToken(Token, Class, &Answer), STATUS_SUCCESS);
    return Answer;
}

static ULONG QueryLong(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class)
{
    PULONG Answer = Query(Token, Class);
    ULONG Value = Answer != NULL ? *Answer : 0xBAD;
    if (Answer != NULL) {
        ExFreePool(Answer);
    }
    return Value;
}

static void TestWho(void)
{
    System = PsReferencePrimaryToken(PsInitialSystemProcess);
    PTOKEN_USER User = Query(System, TokenUser);
    OK(IsSid(User->User.Sid, L"S-1-5-18"));
    IS(User->User.Attributes, 0);
    ExFreePool(User);

    PTOKEN_GROUPS Groups = Query(System, TokenGroups);
    const SID_AND_ATTRIBUTES *Each = Groups->Groups;
    IS(Groups->GroupCount, 4);
    OK(IsSid(Each[0].Sid, L"S-1-5-32-544"));
    IS(Each[0].Attributes, SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER);
    OK(IsSid(Each[1].Sid, L"S-1-1-0"));
    IS(Each[1].Attributes, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED);
    OK(IsSid(Each[3].Sid, L"S-1-16-16384"));
    ExFreePool(Groups);

    PTOKEN_OWNER Owner = Query(System, TokenOwner);
    OK(IsSid(Owner->Owner, L"S-1-5-32-544"));
    ExFreePool(Owner);
    PTOKEN_PRIMARY_GROUP Group = Query(System, TokenPrimaryGroup);
    OK(IsSid(Group->PrimaryGroup, L"S-1-5-18"));
    ExFreePool(Group);
    PTOKEN_DEFAULT_DACL Dacl = Query(System, TokenDefaultDacl);
    OK(RtlValidAcl(Dacl->DefaultDacl));
    IS(Dacl->DefaultDacl->AceCount, 2);
    ExFreePool(Dacl);
    PTOKEN_SOURCE Source = Query(System, TokenSource);
    OK(RtlCompareMemory(Source->SourceName, "*SYSTEM*", 8) == 8);
    ExFreePool(Source);
}

static void TestPrivileges(void)
{
    PTOKEN_PRIVILEGES Privileges = Query(System, TokenPrivileges);
    BOOLEAN Tcb = FALSE, Backup = FALSE;
    IS(Privileges->PrivilegeCount, 31);
    for (ULONG Index = 0; Index < Privileges->PrivilegeCount; Index += 1) {
        LUID_AND_ATTRIBUTES *Privilege = &Privileges->Privileges[Index];
        Tcb = Tcb || (Privilege->Luid.LowPart == SE_TCB_PRIVILEGE &&
                      Privilege->Attributes == (SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT));
        Backup = Backup || (Privilege->Luid.LowPart == SE_BACKUP_PRIVILEGE && Privilege->Attributes == 0);
    }
    OK(Tcb && Backup);
    ExFreePool(Privileges);
}

static void TestNumbers(void)
{
    PVOID Value = NULL;
    IS(QueryLong(System, TokenType), TokenPrimary);
    IS(QueryLong(System, TokenSandBoxInert), 0);
    IS(QueryLong(System, TokenElevationType), TokenElevationTypeDefault);
    IS(QueryLong(System, TokenElevation), 1);
    IS(QueryLong(System, TokenHasRestrictions), 0);
    IS(QueryLong(System, TokenVirtualizationAllowed), 0);
    IS(QueryLong(System, TokenVirtualizationEnabled), 0);
    IS(QueryLong(System, TokenUIAccess), 0);
    IS(QueryLong(System, TokenMandatoryPolicy), TOKEN_MANDATORY_POLICY_NO_WRITE_UP);
    IS(QueryLong(System, TokenIsAppContainer), 0);
    IS(QueryLong(System, TokenAppContainerNumber), 0);
    IS(QueryLong(System, TokenIsRestricted), 0);
    // The number itself.
    Value = (PVOID)-1;
    IS(SeQueryInformationToken(System, TokenSessionId, &Value), STATUS_SUCCESS);
    IS((ULONG)(ULONG_PTR)Value, 0);
    IS(SeQueryInformationToken(System, TokenIntegrityLevel, &Value), STATUS_SUCCESS);
    IS((ULONG)(ULONG_PTR)Value, SECURITY_MANDATORY_SYSTEM_RID);
    // No such thing.
    IS(SeQueryInformationToken(System, TokenImpersonationLevel, &Value), STATUS_INVALID_INFO_CLASS);
    IS(SeQueryInformationToken(System, TokenLogonSid, &Value), STATUS_NOT_FOUND);
    IS(SeQueryInformationToken(System, (TOKEN_INFORMATION_CLASS)0, &Value), STATUS_INVALID_INFO_CLASS);
    IS(SeQueryInformationToken(System, (TOKEN_INFORMATION_CLASS)1000, &Value), STATUS_INVALID_INFO_CLASS);
}

static void TestStructures(void)
{
    LUID SystemLuid = SYSTEM_LUID, Id;
    ULONG Session = 7;
    PTOKEN_STATISTICS Statistics = Query(System, TokenStatistics);
    OK(RtlEqualLuid(&Statistics->AuthenticationId, &SystemLuid));
    IS(Statistics->TokenType, TokenPrimary);
    IS(Statistics->GroupCount, 4);
    IS(Statistics->PrivilegeCount, 31);
    OK(Statistics->DynamicCharged > Statistics->DynamicAvailable);
    OK(Statistics->ExpirationTime.QuadPart == MAXLONGLONG);
    ExFreePool(Statistics);
    PTOKEN_GROUPS Restricted = Query(System, TokenRestrictedSids);
    IS(Restricted->GroupCount, 0);
    ExFreePool(Restricted);
    PTOKEN_GROUPS_AND_PRIVILEGES All = Query(System, TokenGroupsAndPrivileges);
    IS(All->SidCount, 5);
    OK(IsSid(All->Sids[0].Sid, L"S-1-5-18"));
    IS(All->RestrictedSidCount, 0);
    IS(All->PrivilegeCount, 31);
    IS(All->PrivilegeLength, 31 * sizeof(LUID_AND_ATTRIBUTES));
    IS(All->Privileges[0].Luid.LowPart, SE_CREATE_TOKEN_PRIVILEGE);
    OK(RtlEqualLuid(&All->AuthenticationId, &SystemLuid));
    ExFreePool(All);
    PTOKEN_ORIGIN Origin = Query(System, TokenOrigin);
    IS(Origin->OriginatingLogonSession.LowPart, 0);
    ExFreePool(Origin);
    PVOID *Package = Query(System, TokenAppContainerSid);
    OK(*Package == NULL);
    ExFreePool(Package);
    IS(QueryLong(System, TokenCapabilities), 0);
    IS(QueryLong(System, TokenDeviceGroups), 0);

    IS(SeQueryAuthenticationIdToken(System, &Id), STATUS_SUCCESS);
    OK(RtlEqualLuid(&Id, &SystemLuid));
    IS(SeQuerySessionIdToken(System, &Session), STATUS_SUCCESS);
    IS(Session, 0);
}

static void TestByHandle(void)
{
    UCHAR Buffer[256] __attribute__((aligned(8)));
    HANDLE Handle, Source;
    ULONG Length = 0;
    IS(ObOpenObjectByPointer(System, OBJ_KERNEL_HANDLE, NULL, TOKEN_QUERY, *SeTokenObjectType, UserMode,
                             &Handle),
       STATUS_SUCCESS);
    IS(ZwQueryInformationToken(Handle, TokenUser, NULL, 0, &Length), STATUS_BUFFER_TOO_SMALL);
    IS(Length, sizeof(TOKEN_USER) + 12);
    IS(ZwQueryInformationToken(Handle, TokenUser, Buffer, Length, &Length), STATUS_SUCCESS);
    OK(((PTOKEN_USER)Buffer)->User.Sid == Buffer + sizeof(TOKEN_USER));
    OK(IsSid(((PTOKEN_USER)Buffer)->User.Sid, L"S-1-5-18"));
    IS(ZwQueryInformationToken(Handle, TokenIntegrityLevel, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS);
    OK(IsSid(((PTOKEN_MANDATORY_LABEL)Buffer)->Label.Sid, L"S-1-16-16384"));
    IS(ZwQueryInformationToken(Handle, TokenSessionId, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS);
    IS(Length, sizeof(ULONG));
    IS(ZwQueryInformationToken(Handle, TokenUser, Buffer, sizeof(Buffer), NULL), STATUS_ACCESS_VIOLATION);
    IS(ZwQueryInformationToken(Handle, (TOKEN_INFORMATION_CLASS)99, Buffer, sizeof(Buffer), &Length),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryInformationToken(Handle, TokenLinkedToken, Buffer, sizeof(HANDLE), &Length),
       STATUS_NO_SUCH_LOGON_SESSION); // what has one is tested by tests/machine/tokens.c
    IS(NtQueryInformationToken(Handle, TokenType, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS);
    IS(*(PULONG)Buffer, TokenPrimary);
    IS(ZwQueryInformationToken(NULL, TokenType, Buffer, sizeof(Buffer), &Length), STATUS_INVALID_HANDLE);
    ZwClose(Handle);
    IS(ZwQueryInformationToken(NtCurrentProcess(), TokenType, Buffer, sizeof(Buffer), &Length),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ObOpenObjectByPointer(System, OBJ_KERNEL_HANDLE, NULL, TOKEN_QUERY_SOURCE, *SeTokenObjectType,
                             KernelMode, &Source),
       STATUS_SUCCESS);
    IS(ZwQueryInformationToken(Source, TokenSource, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS);
    IS(Length, sizeof(TOKEN_SOURCE));
    ZwClose(Source);
    PsDereferencePrimaryToken(System);
}

TEST_DRIVER(TestWho, TestPrivileges, TestNumbers, TestStructures, TestByHandle)
