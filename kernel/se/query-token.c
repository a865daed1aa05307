// SPDX-License-Identifier: MIT
// What is asked of a token, class by class.
#include "inc/kernel.h"

// An answer as it is laid out: a structure, and behind it what the structure points to. It is gone through
// twice, for its length and, with a buffer, for its contents.
typedef struct _SEP_ANSWER {
    PUCHAR Buffer;      // NULL: the first time
    PUCHAR Destination; // where the buffer's contents will be: what pointers in it are made of
    ULONG Used;
} SEP_ANSWER;

typedef NTSTATUS (*SEP_QUERY_ROUTINE)(PTOKEN Token, SEP_ANSWER *Answer);

// Room for Bytes more; where it begins.
static ULONG SepReserve(SEP_ANSWER *Answer, ULONG Bytes)
{
    ULONG Offset = Answer->Used;
    Answer->Used += ALIGN_UP_BY(Bytes, sizeof(ULONG));
    return Offset;
}

static VOID SepStore(SEP_ANSWER *Answer, ULONG Offset, const VOID *Data, ULONG Bytes)
{
    if (Answer->Buffer != NULL) {
        RtlCopyMemory(Answer->Buffer + Offset, Data, Bytes);
    }
}

static NTSTATUS SepAnswer(SEP_ANSWER *Answer, const VOID *Data, ULONG Bytes)
{
    SepStore(Answer, SepReserve(Answer, Bytes), Data, Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS SepAnswerLong(SEP_ANSWER *Answer, ULONG Value)
{
    return SepAnswer(Answer, &Value, sizeof(Value));
}

// Puts data behind what is there; its address, once the answer is where it belongs.
static PVOID SepAppend(SEP_ANSWER *Answer, const VOID *Data, ULONG Bytes)
{
    ULONG Offset = SepReserve(Answer, Bytes);
    SepStore(Answer, Offset, Data, Bytes);
    return Answer->Destination + Offset;
}

static PVOID SepAppendSid(SEP_ANSWER *Answer, PSID Sid)
{
    return SepAppend(Answer, Sid, RtlLengthSid(Sid));
}

// Fills in the array at Offset, and appends the SIDs. Wanted: attributes of which an entry must have all.
static VOID SepAppendSids(SEP_ANSWER *Answer, ULONG Offset, const SID_AND_ATTRIBUTES *Entries, ULONG Count,
                          ULONG Wanted)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if ((Entries[Index].Attributes & Wanted) == Wanted) {
            SID_AND_ATTRIBUTES Entry = {SepAppendSid(Answer, Entries[Index].Sid), Entries[Index].Attributes};
            SepStore(Answer, Offset, &Entry, sizeof(Entry));
            Offset += sizeof(Entry);
        }
    }
}

static NTSTATUS SepAnswerGroups(SEP_ANSWER *Answer, const SID_AND_ATTRIBUTES *Entries, ULONG Count,
                                ULONG Wanted)
{
    ULONG Matching = 0;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Matching += (Entries[Index].Attributes & Wanted) == Wanted;
    }
    ULONG Offset =
        SepReserve(Answer, FIELD_OFFSET(TOKEN_GROUPS, Groups) + Matching * (ULONG)sizeof(SID_AND_ATTRIBUTES));
    SepStore(Answer, Offset, &Matching, sizeof(Matching));
    SepAppendSids(Answer, Offset + FIELD_OFFSET(TOKEN_GROUPS, Groups), Entries, Count, Wanted);
    return STATUS_SUCCESS;
}

// A structure that is one pointer to a SID.
static NTSTATUS SepAnswerSid(SEP_ANSWER *Answer, PSID Sid)
{
    ULONG Offset = SepReserve(Answer, sizeof(PSID));
    PVOID Pointer = SepAppendSid(Answer, Sid);
    SepStore(Answer, Offset, &Pointer, sizeof(Pointer));
    return STATUS_SUCCESS;
}

static ULONG SepCountPrivileges(PTOKEN Token)
{
    return (ULONG)__builtin_popcountll(Token->Privileges.Present);
}

static VOID SepStorePrivileges(SEP_ANSWER *Answer, ULONG Offset, PTOKEN Token)
{
    for (ULONG Number = 0; Number <= SEP_HIGHEST_PRIVILEGE; Number += 1) {
        if (Token->Privileges.Present & SEP_PRIVILEGE(Number)) {
            LUID_AND_ATTRIBUTES Entry = {{Number, 0}, SepPrivilegeAttributes(Token, Number)};
            SepStore(Answer, Offset, &Entry, sizeof(Entry));
            Offset += sizeof(Entry);
        }
    }
}

// ---- The classes: Token is locked

static NTSTATUS SepQueryUser(PTOKEN Token, SEP_ANSWER *Answer)
{
    ULONG Offset = SepReserve(Answer, sizeof(TOKEN_USER));
    SepAppendSids(Answer, Offset, Token->UserAndGroups, 1, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS SepQueryGroups(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerGroups(Answer, Token->UserAndGroups + 1, Token->UserAndGroupCount - 1, 0);
}

static NTSTATUS SepQueryPrivileges(PTOKEN Token, SEP_ANSWER *Answer)
{
    ULONG Count = SepCountPrivileges(Token);
    ULONG Offset = SepReserve(Answer, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) +
                                          Count * (ULONG)sizeof(LUID_AND_ATTRIBUTES));
    SepStore(Answer, Offset, &Count, sizeof(Count));
    SepStorePrivileges(Answer, Offset + FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges), Token);
    return STATUS_SUCCESS;
}

static NTSTATUS SepQueryOwner(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerSid(Answer, SepTokenOwner(Token));
}

static NTSTATUS SepQueryPrimaryGroup(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerSid(Answer, Token->PrimaryGroup);
}

static NTSTATUS SepQueryDefaultDacl(PTOKEN Token, SEP_ANSWER *Answer)
{
    ULONG Offset = SepReserve(Answer, sizeof(TOKEN_DEFAULT_DACL));
    TOKEN_DEFAULT_DACL Default = {NULL};
    if (Token->DefaultDacl != NULL) {
        Default.DefaultDacl = SepAppend(Answer, Token->DefaultDacl, Token->DefaultDacl->AclSize);
    }
    SepStore(Answer, Offset, &Default, sizeof(Default));
    return STATUS_SUCCESS;
}

static NTSTATUS SepQuerySource(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswer(Answer, &Token->TokenSource, sizeof(TOKEN_SOURCE));
}

static NTSTATUS SepQueryType(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, Token->TokenType);
}

static NTSTATUS SepQueryImpersonationLevel(PTOKEN Token, SEP_ANSWER *Answer)
{
    return Token->TokenType == TokenImpersonation ? SepAnswerLong(Answer, Token->ImpersonationLevel)
                                                  : STATUS_INVALID_INFO_CLASS;
}

static NTSTATUS SepQueryStatistics(PTOKEN Token, SEP_ANSWER *Answer)
{
    TOKEN_STATISTICS Statistics = {.TokenId = Token->TokenId,
                                   .AuthenticationId = Token->AuthenticationId,
                                   .ExpirationTime = Token->ExpirationTime,
                                   .TokenType = Token->TokenType,
                                   .ImpersonationLevel = Token->ImpersonationLevel,
                                   .DynamicCharged = Token->DynamicCharged,
                                   .DynamicAvailable = Token->DynamicAvailable,
                                   .GroupCount = Token->UserAndGroupCount - 1,
                                   .PrivilegeCount = SepCountPrivileges(Token),
                                   .ModifiedId = Token->ModifiedId};
    return SepAnswer(Answer, &Statistics, sizeof(Statistics));
}

static NTSTATUS SepQueryRestrictedSids(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerGroups(Answer, Token->RestrictedSids, Token->RestrictedSidCount, 0);
}

static NTSTATUS SepQuerySession(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, Token->SessionId);
}

static NTSTATUS SepQueryGroupsAndPrivileges(PTOKEN Token, SEP_ANSWER *Answer)
{
    ULONG Sids = Token->UserAndGroupCount, Restricted = Token->RestrictedSidCount;
    TOKEN_GROUPS_AND_PRIVILEGES All = {.SidCount = Sids,
                                       .RestrictedSidCount = Restricted,
                                       .PrivilegeCount = SepCountPrivileges(Token),
                                       .AuthenticationId = Token->AuthenticationId};
    ULONG Offset = SepReserve(Answer, sizeof(All));
    ULONG First = SepReserve(Answer, Sids * (ULONG)sizeof(SID_AND_ATTRIBUTES));
    SepAppendSids(Answer, First, Token->UserAndGroups, Sids, 0);
    All.Sids = (PSID_AND_ATTRIBUTES)(Answer->Destination + First);
    All.SidLength = Answer->Used - First;
    Answer->Used = ALIGN_UP_BY(Answer->Used, sizeof(PVOID));
    First = SepReserve(Answer, Restricted * (ULONG)sizeof(SID_AND_ATTRIBUTES));
    SepAppendSids(Answer, First, Token->RestrictedSids, Restricted, 0);
    All.RestrictedSids = Restricted != 0 ? (PSID_AND_ATTRIBUTES)(Answer->Destination + First) : NULL;
    All.RestrictedSidLength = Answer->Used - First;
    All.PrivilegeLength = All.PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    First = SepReserve(Answer, All.PrivilegeLength);
    SepStorePrivileges(Answer, First, Token);
    All.Privileges = (PLUID_AND_ATTRIBUTES)(Answer->Destination + First);
    SepStore(Answer, Offset, &All, sizeof(All));
    return STATUS_SUCCESS;
}

static NTSTATUS SepQuerySandBoxInert(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, (Token->TokenFlags & TOKEN_SANDBOX_INERT) != 0);
}

static NTSTATUS SepQueryOrigin(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswer(Answer, &Token->OriginatingLogonSession, sizeof(TOKEN_ORIGIN));
}

static NTSTATUS SepQueryElevationType(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, Token->ElevationType);
}

static NTSTATUS SepQueryElevation(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, SepTokenHasSid(Token, SeAliasAdminsSid, FALSE) &&
                                     SepTokenIntegrityLevel(Token) >= SECURITY_MANDATORY_HIGH_RID);
}

static NTSTATUS SepQueryHasRestrictions(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, (Token->TokenFlags & (TOKEN_IS_FILTERED | TOKEN_IS_RESTRICTED)) != 0);
}

static NTSTATUS SepQueryVirtualizationAllowed(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, (Token->TokenFlags & TOKEN_VIRTUALIZE_ALLOWED) != 0);
}

static NTSTATUS SepQueryVirtualizationEnabled(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, (Token->TokenFlags & TOKEN_VIRTUALIZE_ENABLED) != 0);
}

static NTSTATUS SepQueryIntegrityLevel(PTOKEN Token, SEP_ANSWER *Answer)
{
    const SID_AND_ATTRIBUTES Medium = {SeMediumMandatorySid, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED};
    const SID_AND_ATTRIBUTES *Label = Token->IntegrityLevelIndex == SEP_NO_INTEGRITY_LEVEL
                                          ? &Medium
                                          : &Token->UserAndGroups[Token->IntegrityLevelIndex];
    ULONG Offset = SepReserve(Answer, sizeof(TOKEN_MANDATORY_LABEL));
    SepAppendSids(Answer, Offset, Label, 1, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS SepQueryUIAccess(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, (Token->TokenFlags & TOKEN_UIACCESS) != 0);
}

static NTSTATUS SepQueryMandatoryPolicy(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, Token->MandatoryPolicy);
}

static NTSTATUS SepQueryLogonSid(PTOKEN Token, SEP_ANSWER *Answer)
{
    ULONG Index = 1;
    while (Index < Token->UserAndGroupCount &&
           (Token->UserAndGroups[Index].Attributes & SE_GROUP_LOGON_ID) != SE_GROUP_LOGON_ID) {
        Index += 1;
    }
    if (Index == Token->UserAndGroupCount) {
        return STATUS_NOT_FOUND;
    }
    return SepAnswerGroups(Answer, Token->UserAndGroups + 1, Token->UserAndGroupCount - 1, SE_GROUP_LOGON_ID);
}

// There are no application containers, capabilities or device groups.
static NTSTATUS SepQueryZero(PTOKEN Token, SEP_ANSWER *Answer)
{
    UNREFERENCED_PARAMETER(Token);
    return SepAnswerLong(Answer, 0);
}

static NTSTATUS SepQueryNoGroups(PTOKEN Token, SEP_ANSWER *Answer)
{
    UNREFERENCED_PARAMETER(Token);
    return SepAnswerGroups(Answer, NULL, 0, 0);
}

static NTSTATUS SepQueryNoPointer(PTOKEN Token, SEP_ANSWER *Answer)
{
    UNREFERENCED_PARAMETER(Token);
    PVOID Pointer = NULL;
    return SepAnswer(Answer, &Pointer, sizeof(Pointer));
}

static NTSTATUS SepQueryIsRestricted(PTOKEN Token, SEP_ANSWER *Answer)
{
    return SepAnswerLong(Answer, (Token->TokenFlags & TOKEN_IS_RESTRICTED) != 0);
}

static const SEP_QUERY_ROUTINE SepQueryRoutines[] = {
    [TokenUser] = SepQueryUser,
    [TokenGroups] = SepQueryGroups,
    [TokenPrivileges] = SepQueryPrivileges,
    [TokenOwner] = SepQueryOwner,
    [TokenPrimaryGroup] = SepQueryPrimaryGroup,
    [TokenDefaultDacl] = SepQueryDefaultDacl,
    [TokenSource] = SepQuerySource,
    [TokenType] = SepQueryType,
    [TokenImpersonationLevel] = SepQueryImpersonationLevel,
    [TokenStatistics] = SepQueryStatistics,
    [TokenRestrictedSids] = SepQueryRestrictedSids,
    [TokenSessionId] = SepQuerySession,
    [TokenGroupsAndPrivileges] = SepQueryGroupsAndPrivileges,
    [TokenSandBoxInert] = SepQuerySandBoxInert,
    [TokenOrigin] = SepQueryOrigin,
    [TokenElevationType] = SepQueryElevationType,
    [TokenElevation] = SepQueryElevation,
    [TokenHasRestrictions] = SepQueryHasRestrictions,
    [TokenVirtualizationAllowed] = SepQueryVirtualizationAllowed,
    [TokenVirtualizationEnabled] = SepQueryVirtualizationEnabled,
    [TokenIntegrityLevel] = SepQueryIntegrityLevel,
    [TokenUIAccess] = SepQueryUIAccess,
    [TokenMandatoryPolicy] = SepQueryMandatoryPolicy,
    [TokenLogonSid] = SepQueryLogonSid,
    [TokenIsAppContainer] = SepQueryZero,
    [TokenCapabilities] = SepQueryNoGroups,
    [TokenAppContainerSid] = SepQueryNoPointer,
    [TokenAppContainerNumber] = SepQueryZero,
    [TokenDeviceGroups] = SepQueryNoGroups,
    [TokenIsRestricted] = SepQueryIsRestricted,
};

static SEP_QUERY_ROUTINE SepQueryRoutineOf(ULONG Class)
{
    return Class < RTL_NUMBER_OF(SepQueryRoutines) ? SepQueryRoutines[Class] : NULL;
}

// The answer in pool, of *Bytes, which the caller frees: for Destination, or, if that is NULL, for where it
// is.
static NTSTATUS SepBuildAnswer(PTOKEN Token, SEP_QUERY_ROUTINE Query, PVOID Destination, PVOID *Buffer,
                               PULONG Bytes)
{
    SEP_ANSWER Answer = {0};
    PVOID Block = NULL;
    SepLockTokenShared(Token);
    NTSTATUS Status = Query(Token, &Answer);
    if (NT_SUCCESS(Status)) {
        *Bytes = Answer.Used;
        Block = ExAllocatePoolZero(PagedPool, Answer.Used, TAG_TOKEN_INFO);
        Status = Block != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(Status)) {
        Answer = (SEP_ANSWER){.Buffer = Block, .Destination = Destination != NULL ? Destination : Block};
        Query(Token, &Answer);
    }
    SepUnlockToken(Token);
    *Buffer = Block;
    return Status;
}

// *Information becomes a block of paged pool, which the caller frees with ExFreePool; for TokenSessionId and
// TokenIntegrityLevel it becomes the number itself. STATUS_INVALID_INFO_CLASS (TokenImpersonationLevel of a
// primary token too), STATUS_NOT_FOUND (there is no logon SID), STATUS_INSUFFICIENT_RESOURCES. IRQL
// PASSIVE_LEVEL. (ntifs, SeQueryInformationToken)
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID *Information)
{
    SEP_QUERY_ROUTINE Query = SepQueryRoutineOf((ULONG)Class);
    PVOID Buffer;
    ULONG Bytes;
    if (Query == NULL) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Class == TokenSessionId || Class == TokenIntegrityLevel) {
        SepLockTokenShared(Token);
        *(PULONG)Information =
            Class == TokenSessionId ? ((PTOKEN)Token)->SessionId : SepTokenIntegrityLevel(Token);
        SepUnlockToken(Token);
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = SepBuildAnswer(Token, Query, NULL, &Buffer, &Bytes);
    if (NT_SUCCESS(Status)) {
        *Information = Buffer;
    }
    return Status;
}

static NTSTATUS SepProbeQuery(PVOID Buffer, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Buffer, Length, sizeof(ULONG));
            ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
        }
        // It may not be left out.
        *(volatile ULONG *)ReturnLength = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SepWriteAnswer(const VOID *Answer, ULONG Bytes, PVOID Buffer, ULONG Length,
                               PULONG ReturnLength)
{
    __try {
        *(volatile ULONG *)ReturnLength = Bytes;
        if (Bytes > Length) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        RtlCopyMemory(Buffer, Answer, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// A handle of the token with the other elevation: its copy, which is a primary one for who has
// SeTcbPrivilege, and for others one to identify its user by. STATUS_NO_SUCH_LOGON_SESSION: there is none.
// (winnt, TOKEN_LINKED_TOKEN)
static NTSTATUS SepOpenLinkedToken(PTOKEN Token, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    const LUID Tcb = RtlConvertUlongToLuid(SE_TCB_PRIVILEGE);
    PTOKEN Copy;
    if (Token->LinkedToken == NULL) {
        return STATUS_NO_SUCH_LOGON_SESSION;
    }
    BOOLEAN Primary = SeSinglePrivilegeCheck(Tcb, Mode);
    NTSTATUS Status =
        SepDuplicateToken(Token->LinkedToken, NULL, FALSE, Primary ? TokenPrimary : TokenImpersonation,
                          Primary ? SecurityAnonymous : SecurityIdentification, Mode, &Copy);
    return NT_SUCCESS(Status) ? ObInsertObject(Copy, NULL, TOKEN_ALL_ACCESS, 0, NULL, Handle) : Status;
}

static NTSTATUS SepAnswerLinkedToken(PTOKEN Token, KPROCESSOR_MODE Mode, PVOID Information, ULONG Length,
                                     PULONG ReturnLength)
{
    TOKEN_LINKED_TOKEN Linked = {NULL};
    NTSTATUS Status =
        Length < sizeof(Linked) ? STATUS_SUCCESS : SepOpenLinkedToken(Token, Mode, &Linked.LinkedToken);
    if (NT_SUCCESS(Status)) {
        Status = SepWriteAnswer(&Linked, sizeof(Linked), Information, Length, ReturnLength);
        if (!NT_SUCCESS(Status) && Linked.LinkedToken != NULL) {
            NtClose(Linked.LinkedToken);
        }
    }
    return Status;
}

// *ReturnLength: how long the answer is; 0 of a default DACL that there is not, of which nothing is written.
// TOKEN_QUERY is needed, of TokenSource TOKEN_QUERY_SOURCE. STATUS_BUFFER_TOO_SMALL,
// STATUS_INVALID_INFO_CLASS (TokenImpersonationLevel of a primary token too), STATUS_NOT_FOUND (there is no
// logon SID), STATUS_NO_SUCH_LOGON_SESSION (there is no linked token), STATUS_ACCESS_VIOLATION,
// STATUS_DATATYPE_MISALIGNMENT, STATUS_INSUFFICIENT_RESOURCES, and what ObReferenceObjectByHandle returns.
// IRQL PASSIVE_LEVEL. (ntifs, NtQueryInformationToken)
NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information,
                                       ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    SEP_QUERY_ROUTINE Query = SepQueryRoutineOf((ULONG)Class);
    PVOID Token, Buffer;
    ULONG Bytes;
    NTSTATUS Status = SepProbeQuery(Information, Length, ReturnLength, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Query == NULL && Class != TokenLinkedToken) {
        return STATUS_INVALID_INFO_CLASS;
    }
    Status = ObReferenceObjectByHandle(TokenHandle, Class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY,
                                       SeTokenObjectType, Mode, &Token, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Class == TokenLinkedToken) {
        Status = SepAnswerLinkedToken(Token, Mode, Information, Length, ReturnLength);
        ObfDereferenceObject(Token);
        return Status;
    }
    if (Class == TokenDefaultDacl && ((PTOKEN)Token)->DefaultDacl == NULL) {
        ObfDereferenceObject(Token);
        return STATUS_SUCCESS;
    }
    Status = SepBuildAnswer(Token, Query, Information, &Buffer, &Bytes);
    ObfDereferenceObject(Token);
    if (NT_SUCCESS(Status)) {
        Status = SepWriteAnswer(Buffer, Bytes, Information, Length, ReturnLength);
        ExFreePoolWithTag(Buffer, TAG_TOKEN_INFO);
    }
    return Status;
}

KI_DEFINE_ZW(QueryInformationToken,
             (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
              PULONG ReturnLength),
             (TokenHandle, Class, Information, Length, ReturnLength))

// The id of the token's logon session. STATUS_SUCCESS. IRQL PASSIVE_LEVEL. (ntifs,
// SeQueryAuthenticationIdToken)
NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId)
{
    *AuthenticationId = ((PTOKEN)Token)->AuthenticationId;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId)
{
    SepLockTokenShared(Token);
    *SessionId = ((PTOKEN)Token)->SessionId;
    SepUnlockToken(Token);
    return STATUS_SUCCESS;
}
