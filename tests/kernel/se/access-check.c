// SPDX-License-Identifier: MIT
// Access checks by descriptor and subject, privileges, access states. The subject is the System process's
// token: S-1-5-18, with the groups Administrators (owner), Everyone, Authenticated Users, at the system's
// integrity level.
#include "../test.h"

#define READ  0x0001
#define WRITE 0x0002
#define RUN   0x0004
#define ALL   (STANDARD_RIGHTS_REQUIRED | READ | WRITE | RUN)

NTSYSCALLAPI NTSTATUS NTAPI ZwAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges,
                                                    PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                                    PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength);
NTKERNELAPI NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData,
                                               ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping);
NTKERNELAPI VOID NTAPI SeDeleteAccessState(PACCESS_STATE AccessState);

static GENERIC_MAPPING Mapping = {READ | READ_CONTROL, WRITE, RUN, ALL};
static SECURITY_SUBJECT_CONTEXT Subject;
static SECURITY_DESCRIPTOR Descriptor;
static UCHAR ListBuffer[512];
static PACL List = (PACL)ListBuffer;

static struct {
    BOOLEAN Allowed;
    ACCESS_MASK Granted;
    NTSTATUS Status;
    PPRIVILEGE_SET Privileges;
} Result;

static void Begin(PSID Owner)
{
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, Owner, FALSE);
    RtlCreateAcl(List, sizeof(ListBuffer), ACL_REVISION_DS);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, List, FALSE);
}

static void Allow(PSID Sid, ACCESS_MASK Mask)
{
    IS(RtlAddAccessAllowedAce(List, ACL_REVISION, Mask, Sid), STATUS_SUCCESS);
}

static void Deny(PSID Sid, ACCESS_MASK Mask)
{
    IS(RtlAddAccessDeniedAceEx(List, ACL_REVISION, 0, Mask, Sid), STATUS_SUCCESS);
}

static void Ask(ACCESS_MASK Desired)
{
    Result.Granted = 0xcccccccc;
    Result.Status = 0x7fffffff;
    Result.Allowed = SeAccessCheck(&Descriptor, &Subject, FALSE, Desired, 0, &Result.Privileges, &Mapping,
                                   UserMode, &Result.Granted, &Result.Status);
}

#define GRANTED(Desired, Expected)                                                                           \
    do {                                                                                                     \
        Ask(Desired);                                                                                        \
        OK(Result.Allowed);                                                                                  \
        IS(Result.Status, STATUS_SUCCESS);                                                                   \
        IS(Result.Granted, Expected);                                                                        \
    } while (0)

#define DENIED(Desired, Expected)                                                                            \
    do {                                                                                                     \
        Ask(Desired);                                                                                        \
        OK(!Result.Allowed);                                                                                 \
        IS(Result.Status, Expected);                                                                         \
        IS(Result.Granted, 0);                                                                               \
    } while (0)

static void TestSubject(void)
{
    SECURITY_SUBJECT_CONTEXT Other;
    SeCaptureSubjectContext(&Subject);
    OK(Subject.ClientToken == NULL);
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsInitialSystemProcess);
    OK(Subject.PrimaryToken == Token);
    OK(SeQuerySubjectContextToken(&Subject) == Token);
    PsDereferencePrimaryToken(Token);
    SeCaptureSubjectContextEx(NULL, PsInitialSystemProcess, &Other);
    OK(Other.PrimaryToken == Subject.PrimaryToken && Other.ClientToken == NULL);
    SeLockSubjectContext(&Other);
    OK(KeAreApcsDisabled());
    SeLockSubjectContext(&Subject); // the same token, by a second context: locks for reading go together
    SeUnlockSubjectContext(&Subject);
    SeUnlockSubjectContext(&Other);
    OK(!KeAreApcsDisabled());
    SeReleaseSubjectContext(&Other);
    OK(Other.PrimaryToken == NULL && Other.ClientToken == NULL);
}

static void TestLists(void)
{
    Begin(SeExports->SeWorldSid);
    RtlSetOwnerSecurityDescriptor(&Descriptor, SeExports->SeNetworkSid, FALSE); // who is not us
    DENIED(READ, STATUS_ACCESS_DENIED); // an empty list grants nothing
    DENIED(MAXIMUM_ALLOWED, STATUS_ACCESS_DENIED);
    Allow(SeExports->SeNetworkSid, ALL);
    DENIED(READ, STATUS_ACCESS_DENIED);
    Allow(SeExports->SeLocalSystemSid, READ);
    GRANTED(READ, READ);
    DENIED(READ | WRITE, STATUS_ACCESS_DENIED); // all or nothing
    GRANTED(MAXIMUM_ALLOWED, READ);
    Allow(SeExports->SeAliasAdminsSid, WRITE); // by a group
    GRANTED(READ | WRITE, READ | WRITE);
    GRANTED(MAXIMUM_ALLOWED, READ | WRITE);
    GRANTED(MAXIMUM_ALLOWED | READ, READ | WRITE);
    DENIED(MAXIMUM_ALLOWED | RUN, STATUS_ACCESS_DENIED);
    Deny(SeExports->SeWorldSid, READ); // too late: the order decides
    GRANTED(READ, READ);

    Begin(SeExports->SeNetworkSid);
    Deny(SeExports->SeAuthenticatedUsersSid, WRITE);
    Allow(SeExports->SeWorldSid, GENERIC_ALL);
    GRANTED(READ | RUN, READ | RUN);
    DENIED(WRITE, STATUS_ACCESS_DENIED);
    DENIED(READ | WRITE, STATUS_ACCESS_DENIED);
    GRANTED(MAXIMUM_ALLOWED, ALL & ~WRITE);
    // Generic rights, asked for and granted, mean what the mapping says.
    GRANTED(GENERIC_READ, READ | READ_CONTROL);
    DENIED(GENERIC_WRITE, STATUS_ACCESS_DENIED);

    // No list at all: everything. With none present, or one that is NULL.
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, NULL, FALSE);
    GRANTED(READ | DELETE, READ | DELETE);
    GRANTED(MAXIMUM_ALLOWED, ALL);
    GRANTED(MAXIMUM_ALLOWED | SYNCHRONIZE, ALL | SYNCHRONIZE); // and what else is asked for
    RtlSetDaclSecurityDescriptor(&Descriptor, FALSE, NULL, FALSE);
    GRANTED(WRITE, WRITE);

    Begin(SeExports->SeNetworkSid);
    IS(RtlAddAccessAllowedAceEx(List, ACL_REVISION, INHERIT_ONLY_ACE | OBJECT_INHERIT_ACE, ALL,
                                SeExports->SeLocalSystemSid),
       STATUS_SUCCESS);
    DENIED(READ, STATUS_ACCESS_DENIED); // it is for what comes below
}

static void TestOwner(void)
{
    Begin(SeExports->SeAliasAdminsSid);
    GRANTED(READ_CONTROL | WRITE_DAC, READ_CONTROL | WRITE_DAC);
    GRANTED(MAXIMUM_ALLOWED, READ_CONTROL | WRITE_DAC);
    DENIED(WRITE_DAC | READ, STATUS_ACCESS_DENIED);
    DENIED(DELETE, STATUS_ACCESS_DENIED);
    // The list says itself what the owner has.
    Allow(SeExports->SeOwnerRightsSid, READ);
    GRANTED(READ, READ);
    DENIED(WRITE_DAC, STATUS_ACCESS_DENIED);
    RtlSetOwnerSecurityDescriptor(&Descriptor, SeExports->SeNetworkSid, FALSE);
    DENIED(READ, STATUS_ACCESS_DENIED);
    RtlSetOwnerSecurityDescriptor(&Descriptor, NULL, FALSE);
    DENIED(READ_CONTROL, STATUS_ACCESS_DENIED);
}

static void TestPrivileges(void)
{
    // The System process has both, enabled neither.
    Begin(SeExports->SeNetworkSid);
    Allow(SeExports->SeWorldSid, READ);
    DENIED(ACCESS_SYSTEM_SECURITY, STATUS_PRIVILEGE_NOT_HELD);
    DENIED(ACCESS_SYSTEM_SECURITY | READ, STATUS_PRIVILEGE_NOT_HELD);
    DENIED(WRITE_OWNER, STATUS_ACCESS_DENIED);
    OK(Result.Privileges == NULL);
    OK(SeSinglePrivilegeCheck(SeExports->SeSecurityPrivilege, KernelMode));
    OK(!SeSinglePrivilegeCheck(SeExports->SeSecurityPrivilege, UserMode));
    OK(SeSinglePrivilegeCheck(SeExports->SeTcbPrivilege, UserMode));
    LUID Unknown = {99, 0}, High = {7, 1};
    OK(!SeSinglePrivilegeCheck(Unknown, UserMode));
    OK(!SeSinglePrivilegeCheck(High, UserMode));

    struct {
        PRIVILEGE_SET Set;
        LUID_AND_ATTRIBUTES Second;
    } Two = {.Set = {2, PRIVILEGE_SET_ALL_NECESSARY, {{SeExports->SeTcbPrivilege, 0}}},
             .Second = {SeExports->SeSecurityPrivilege, 0}};
    OK(!SePrivilegeCheck(&Two.Set, &Subject, UserMode));
    IS(Two.Set.Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
    IS(Two.Second.Attributes, 0);
    Two.Set.Control = 0; // one of them is enough
    OK(SePrivilegeCheck(&Two.Set, &Subject, UserMode));
    Two.Set.Control = PRIVILEGE_SET_ALL_NECESSARY;
    OK(SePrivilegeCheck(&Two.Set, &Subject, KernelMode));
    IS(Two.Second.Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
}

static void Enable(HANDLE Token, ULONG Privilege, BOOLEAN Enabled)
{
    TOKEN_PRIVILEGES New = {1, {{{Privilege, 0}, Enabled ? SE_PRIVILEGE_ENABLED : 0}}};
    IS(ZwAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL), STATUS_SUCCESS);
}

static void HasUsed(ULONG Count, ULONG First, ULONG Second)
{
    OK(Result.Privileges != NULL);
    if (Result.Privileges != NULL) {
        IS(Result.Privileges->PrivilegeCount, Count);
        IS(Result.Privileges->Privilege[0].Luid.LowPart, First);
        IS(Result.Privileges->Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
        IS(Result.Privileges->Privilege[Count - 1].Luid.LowPart, Second);
        SeFreePrivileges(Result.Privileges);
    }
}

// What a privilege grants is told, and is not part of the maximum unless it is asked for by name.
static void TestPrivilegesUsed(void)
{
    HANDLE Token;
    IS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, OBJ_KERNEL_HANDLE, &Token),
       STATUS_SUCCESS);
    Begin(SeExports->SeNetworkSid);
    Allow(SeExports->SeWorldSid, READ);
    Enable(Token, SE_SECURITY_PRIVILEGE, TRUE);
    Enable(Token, SE_TAKE_OWNERSHIP_PRIVILEGE, TRUE);
    GRANTED(READ, READ);
    OK(Result.Privileges == NULL);
    GRANTED(MAXIMUM_ALLOWED, READ);
    OK(Result.Privileges == NULL);
    GRANTED(ACCESS_SYSTEM_SECURITY | READ, ACCESS_SYSTEM_SECURITY | READ);
    HasUsed(1, SE_SECURITY_PRIVILEGE, SE_SECURITY_PRIVILEGE);
    GRANTED(WRITE_OWNER, WRITE_OWNER);
    HasUsed(1, SE_TAKE_OWNERSHIP_PRIVILEGE, SE_TAKE_OWNERSHIP_PRIVILEGE);
    GRANTED(MAXIMUM_ALLOWED | WRITE_OWNER | ACCESS_SYSTEM_SECURITY,
            READ | WRITE_OWNER | ACCESS_SYSTEM_SECURITY);
    HasUsed(2, SE_SECURITY_PRIVILEGE, SE_TAKE_OWNERSHIP_PRIVILEGE);
    DENIED(WRITE_OWNER | WRITE, STATUS_ACCESS_DENIED);
    OK(Result.Privileges == NULL);
    Enable(Token, SE_SECURITY_PRIVILEGE, FALSE);
    Enable(Token, SE_TAKE_OWNERSHIP_PRIVILEGE, FALSE);
    DENIED(ACCESS_SYSTEM_SECURITY, STATUS_PRIVILEGE_NOT_HELD);
    ZwClose(Token);
}

static void TestKernelMode(void)
{
    ACCESS_MASK Granted;
    NTSTATUS Status;
    Begin(SeExports->SeNetworkSid);
    OK(SeAccessCheck(&Descriptor, &Subject, FALSE, READ | WRITE, 0, NULL, &Mapping, KernelMode, &Granted,
                     &Status));
    IS(Granted, READ | WRITE);
    IS(Status, STATUS_SUCCESS);
    OK(SeAccessCheck(&Descriptor, &Subject, FALSE, MAXIMUM_ALLOWED | DELETE, 0, NULL, &Mapping, KernelMode,
                     &Granted, &Status));
    IS(Granted, ALL | DELETE);
    OK(SeAccessCheck(NULL, &Subject, FALSE, GENERIC_WRITE, SYNCHRONIZE, NULL, &Mapping, KernelMode, &Granted,
                     &Status));
    IS(Granted, WRITE | SYNCHRONIZE);
}

static void TestEdges(void)
{
    ACCESS_MASK Granted;
    NTSTATUS Status;
    Begin(SeExports->SeNetworkSid);
    Allow(SeExports->SeWorldSid, READ);
    // Nothing is asked for: granted is what was granted before, if anything was.
    OK(SeAccessCheck(&Descriptor, &Subject, FALSE, 0, WRITE, NULL, &Mapping, UserMode, &Granted, &Status));
    IS(Granted, WRITE);
    OK(!SeAccessCheck(&Descriptor, &Subject, FALSE, 0, 0, NULL, &Mapping, UserMode, &Granted, &Status));
    IS(Status, STATUS_ACCESS_DENIED);
    OK(SeAccessCheck(&Descriptor, &Subject, FALSE, READ, WRITE, NULL, &Mapping, UserMode, &Granted, &Status));
    IS(Granted, READ | WRITE);
    OK(!SeAccessCheck(NULL, &Subject, FALSE, READ, 0, NULL, &Mapping, UserMode, &Granted, &Status));
    IS(Status, STATUS_ACCESS_DENIED);
    SeLockSubjectContext(&Subject);
    OK(SeAccessCheck(&Descriptor, &Subject, TRUE, READ, 0, NULL, &Mapping, UserMode, &Granted, &Status));
    SeUnlockSubjectContext(&Subject);
    // A client that lets itself be identified, not impersonated.
    SECURITY_SUBJECT_CONTEXT Client = Subject;
    Client.ClientToken = Subject.PrimaryToken;
    Client.ImpersonationLevel = SecurityIdentification;
    OK(!SeAccessCheck(&Descriptor, &Client, FALSE, READ, 0, NULL, &Mapping, UserMode, &Granted, &Status));
    IS(Status, STATUS_BAD_IMPERSONATION_LEVEL);
    PRIVILEGE_SET Set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{SeExports->SeTcbPrivilege, 0}}};
    OK(!SePrivilegeCheck(&Set, &Client, UserMode));
    Client.ImpersonationLevel = SecurityImpersonation;
    OK(SeAccessCheck(&Descriptor, &Client, FALSE, READ, 0, NULL, &Mapping, UserMode, &Granted, &Status));
    OK(SePrivilegeCheck(&Set, &Client, UserMode));
}

static void TestAccessState(void)
{
    ACCESS_STATE State;
    UCHAR Aux[256];
    struct {
        PPRIVILEGE_SET PrivilegesUsed;
        GENERIC_MAPPING Mapping;
    } *Data = (PVOID)Aux;
    PRIVILEGE_SET One = {1, 0, {{SeExports->SeBackupPrivilege, SE_PRIVILEGE_USED_FOR_ACCESS}}};
    GENERIC_MAPPING None = {0};
    RtlFillMemory(&State, sizeof(State), 0xcc);
    IS(SeCreateAccessState(&State, Aux, GENERIC_READ | DELETE, &Mapping), STATUS_SUCCESS);
    IS(State.OriginalDesiredAccess, READ | READ_CONTROL | DELETE);
    IS(State.RemainingDesiredAccess, READ | READ_CONTROL | DELETE);
    IS(State.PreviouslyGrantedAccess, 0);
    OK(State.SubjectSecurityContext.PrimaryToken == Subject.PrimaryToken);
    IS(State.Flags & 1, 1); // it may pass through directories
    OK(State.OperationID.LowPart != 0);
    IS(Data->Mapping.GenericWrite, WRITE);
    SeSetAccessStateGenericMapping(&State, &None);
    IS(Data->Mapping.GenericWrite, 0);
    for (ULONG Count = 1; Count <= 5; Count += 1) {
        IS(SeAppendPrivileges(&State, &One), STATUS_SUCCESS);
        IS(Data->PrivilegesUsed->PrivilegeCount, Count);
        IS(Data->PrivilegesUsed->Privilege[Count - 1].Luid.LowPart, SE_BACKUP_PRIVILEGE);
        IS(State.PrivilegesAllocated, Count > 3); // three have room in the state itself
    }
    SeDeleteAccessState(&State);
    OK(State.SubjectSecurityContext.PrimaryToken == NULL);
    IS(SeCreateAccessState(&State, Aux, GENERIC_READ, NULL), STATUS_SUCCESS);
    IS(State.OriginalDesiredAccess, GENERIC_READ);
    SeDeleteAccessState(&State);
}

// The machine's audit policy is empty.
static void TestAudit(void)
{
    BOOLEAN OnClose = TRUE;
    Begin(SeExports->SeNetworkSid);
    OK(!SeAuditingFileEvents(TRUE, &Descriptor));
    OK(!SeAuditingHardLinkEvents(FALSE, &Descriptor));
    OK(!SeAuditingFileEventsWithContext(TRUE, &Descriptor, &Subject));
    OK(!SeAuditingHardLinkEventsWithContext(TRUE, &Descriptor, &Subject));
    OK(!SeAuditingFileOrGlobalEvents(TRUE, &Descriptor, &Subject));
    SeOpenObjectAuditAlarm(NULL, NULL, NULL, &Descriptor, NULL, FALSE, TRUE, UserMode, &OnClose);
    OK(!OnClose);
    OnClose = TRUE;
    SeOpenObjectForDeleteAuditAlarm(NULL, NULL, NULL, &Descriptor, NULL, FALSE, TRUE, UserMode, &OnClose);
    OK(!OnClose);
}

static void Teardown(void)
{
    SeReleaseSubjectContext(&Subject);
}

TEST_DRIVER(TestSubject, TestLists, TestOwner, TestPrivileges, TestPrivilegesUsed, TestKernelMode, TestEdges,
            TestAccessState, TestAudit, Teardown)
