// SPDX-License-Identifier: MIT
// Privileges adjusted, defaults set, a thread's token by handle.
#include "../test.h"

NTSYSCALLAPI NTSTATUS NTAPI ZwAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges,
                                                    PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                                    PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread);

static HANDLE Handle; // to a copy of the System process's token
static PACCESS_TOKEN Token;

static void TestPrepare(void)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE System;
    PVOID Object = NULL;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_DUPLICATE, OBJ_KERNEL_HANDLE, &System), STATUS_SUCCESS);
    IS(ZwDuplicateToken(System, TOKEN_ALL_ACCESS, &Attributes, FALSE, TokenPrimary, &Handle), STATUS_SUCCESS);
    ZwClose(System);
    IS(ObReferenceObjectByHandle(Handle, 0, *SeTokenObjectType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    Token = Object;
}

// SE_PRIVILEGE_* of that number; -1: it is not there.
static ULONG AttributesOf(ULONG Number)
{
    PVOID Answer = NULL;
    ULONG Attributes = (ULONG)-1;
    if (NT_SUCCESS(SeQueryInformationToken(Token, TokenPrivileges, &Answer))) {
        PTOKEN_PRIVILEGES Privileges = Answer;
        for (ULONG Index = 0; Index < Privileges->PrivilegeCount; Index += 1) {
            if (Privileges->Privileges[Index].Luid.LowPart == Number) {
                Attributes = Privileges->Privileges[Index].Attributes;
            }
        }
        ExFreePool(Answer);
    }
    return Attributes;
}

static NTSTATUS Adjust(ULONG Number, ULONG Attributes)
{
    TOKEN_PRIVILEGES New = {1, {{{Number, 0}, Attributes}}};
    return ZwAdjustPrivilegesToken(Handle, FALSE, &New, 0, NULL, NULL);
}

static void TestAdjust(void)
{
    IS(AttributesOf(SE_BACKUP_PRIVILEGE), 0);
    IS(Adjust(SE_BACKUP_PRIVILEGE, SE_PRIVILEGE_ENABLED), STATUS_SUCCESS);
    IS(AttributesOf(SE_BACKUP_PRIVILEGE), SE_PRIVILEGE_ENABLED);
    IS(Adjust(SE_BACKUP_PRIVILEGE, 0), STATUS_SUCCESS);
    IS(AttributesOf(SE_BACKUP_PRIVILEGE), 0);
    IS(Adjust(SE_DEBUG_PRIVILEGE, 0), STATUS_SUCCESS);
    IS(AttributesOf(SE_DEBUG_PRIVILEGE), SE_PRIVILEGE_ENABLED_BY_DEFAULT);
    IS(Adjust(SE_DEBUG_PRIVILEGE, SE_PRIVILEGE_REMOVED), STATUS_SUCCESS);
    IS(AttributesOf(SE_DEBUG_PRIVILEGE), 0xFFFFFFFF);
    IS((ULONG)Adjust(SE_DEBUG_PRIVILEGE, SE_PRIVILEGE_ENABLED), 0x106); // STATUS_NOT_ALL_ASSIGNED
    IS((ULONG)Adjust(500, SE_PRIVILEGE_ENABLED), 0x106);
    IS(ZwAdjustPrivilegesToken(Handle, FALSE, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    IS(ZwAdjustPrivilegesToken(NULL, TRUE, NULL, 0, NULL, NULL), STATUS_INVALID_HANDLE);
    IS(ZwAdjustPrivilegesToken(NtCurrentThread(), TRUE, NULL, 0, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH);
}

static void TestPreviousState(void)
{
    struct {
        ULONG Count;
        LUID_AND_ATTRIBUTES Privileges[2];
    } New = {2,
             {{{SE_RESTORE_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED},
              {{SE_TCB_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED}}},
      Previous = {0};
    ULONG Length = 0;
    // Too small: nothing changes.
    IS(ZwAdjustPrivilegesToken(Handle, FALSE, (PTOKEN_PRIVILEGES)&New, 4, (PTOKEN_PRIVILEGES)&Previous,
                               &Length),
       STATUS_BUFFER_TOO_SMALL);
    IS(Length, sizeof(TOKEN_PRIVILEGES));
    IS(AttributesOf(SE_RESTORE_PRIVILEGE), 0);
    // Those that change alone.
    IS(NtAdjustPrivilegesToken(Handle, FALSE, (PTOKEN_PRIVILEGES)&New, sizeof(Previous),
                               (PTOKEN_PRIVILEGES)&Previous, &Length),
       STATUS_SUCCESS);
    IS(Previous.Count, 1);
    IS(Previous.Privileges[0].Luid.LowPart, SE_RESTORE_PRIVILEGE);
    IS(Previous.Privileges[0].Attributes, 0);
    IS(AttributesOf(SE_RESTORE_PRIVILEGE), SE_PRIVILEGE_ENABLED);
    IS(ZwAdjustPrivilegesToken(Handle, TRUE, NULL, 0, NULL, NULL), STATUS_SUCCESS);
    IS(AttributesOf(SE_RESTORE_PRIVILEGE), 0);
    IS(AttributesOf(SE_CHANGE_NOTIFY_PRIVILEGE), SE_PRIVILEGE_ENABLED_BY_DEFAULT);
}

static void TestDefaults(void)
{
    PVOID Sid = SeExports->SeLocalSystemSid, Answer = NULL;
    UCHAR Wrong[12] = {7, 1}; // a revision that there is not
    ULONG Session = 3, Now = 0;
    IS(ZwSetInformationToken(Handle, TokenOwner, &Sid, sizeof(Sid)), STATUS_SUCCESS);
    IS(SeQueryInformationToken(Token, TokenOwner, &Answer), STATUS_SUCCESS);
    OK(RtlEqualSid(((PTOKEN_OWNER)Answer)->Owner, Sid));
    ExFreePool(Answer);
    Sid = SeExports->SeAliasAdminsSid;
    IS(ZwSetInformationToken(Handle, TokenOwner, &Sid, sizeof(Sid)), STATUS_SUCCESS);
    IS(ZwSetInformationToken(Handle, TokenPrimaryGroup, &Sid, sizeof(Sid)), STATUS_SUCCESS);
    IS(SeQueryInformationToken(Token, TokenPrimaryGroup, &Answer), STATUS_SUCCESS);
    OK(RtlEqualSid(((PTOKEN_PRIMARY_GROUP)Answer)->PrimaryGroup, Sid));
    ExFreePool(Answer);
    Sid = SeExports->SeWorldSid; // may not own
    IS(ZwSetInformationToken(Handle, TokenOwner, &Sid, sizeof(Sid)), STATUS_INVALID_OWNER);
    Sid = SeExports->SeAliasGuestsSid;
    IS(ZwSetInformationToken(Handle, TokenOwner, &Sid, sizeof(Sid)), STATUS_INVALID_OWNER);
    IS(ZwSetInformationToken(Handle, TokenPrimaryGroup, &Sid, sizeof(Sid)), STATUS_INVALID_PRIMARY_GROUP);
    Sid = Wrong;
    IS(ZwSetInformationToken(Handle, TokenOwner, &Sid, sizeof(Sid)), STATUS_INVALID_SID);
    IS(ZwSetInformationToken(Handle, TokenOwner, &Sid, sizeof(Sid) - 1), STATUS_INFO_LENGTH_MISMATCH);
    IS(NtSetInformationToken(Handle, TokenUser, &Sid, sizeof(Sid)), STATUS_INVALID_INFO_CLASS);
    IS(ZwSetInformationToken(NULL, TokenOwner, &Sid, sizeof(Sid)), STATUS_INVALID_HANDLE);
    IS(ZwSetInformationToken(Handle, TokenSessionId, &Session, sizeof(Session)), STATUS_SUCCESS);
    IS(SeQuerySessionIdToken(Token, &Now), STATUS_SUCCESS);
    IS(Now, 3);
}

static void TestDefaultDacl(void)
{
    PVOID Dacl = SePublicDefaultDacl, Answer = NULL;
    ULONG Length = 7;
    IS(ZwSetInformationToken(Handle, TokenDefaultDacl, &Dacl, sizeof(Dacl)), STATUS_SUCCESS);
    IS(SeQueryInformationToken(Token, TokenDefaultDacl, &Answer), STATUS_SUCCESS);
    IS(((PTOKEN_DEFAULT_DACL)Answer)->DefaultDacl->AceCount, 3);
    ExFreePool(Answer);
    // Larger than there is room for.
    PACL Large = ExAllocatePool2(POOL_FLAG_PAGED, 8192, 'lcaT');
    RtlCreateAcl(Large, 8192, ACL_REVISION);
    Dacl = Large;
    IS(ZwSetInformationToken(Handle, TokenDefaultDacl, &Dacl, sizeof(Dacl)), STATUS_ALLOTTED_SPACE_EXCEEDED);
    ExFreePoolWithTag(Large, 'lcaT');
    Dacl = NULL;
    IS(ZwSetInformationToken(Handle, TokenDefaultDacl, &Dacl, sizeof(Dacl)), STATUS_SUCCESS);
    IS(ZwQueryInformationToken(Handle, TokenDefaultDacl, &Answer, sizeof(Answer), &Length), STATUS_SUCCESS);
    IS(Length, 0);
}

static void TestThreadToken(void)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Impersonation, Nothing = NULL;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwDuplicateToken(Handle, 0, &Attributes, FALSE, TokenImpersonation, &Impersonation), STATUS_SUCCESS);
    IS(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Impersonation, sizeof(HANDLE)),
       STATUS_SUCCESS);
    OK(PsIsThreadImpersonating(PsGetCurrentThread()));
    IS(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Nothing, sizeof(HANDLE)),
       STATUS_SUCCESS);
    OK(!PsIsThreadImpersonating(PsGetCurrentThread()));
    IS(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Handle, sizeof(HANDLE)),
       STATUS_BAD_TOKEN_TYPE);
    IS(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Handle, 4),
       STATUS_INFO_LENGTH_MISMATCH);
    ZwClose(Impersonation);
    ObDereferenceObject(Token);
    ZwClose(Handle);
}

TEST_DRIVER(TestPrepare, TestAdjust, TestPreviousState, TestDefaults, TestDefaultDacl, TestThreadToken)
