// SPDX-License-Identifier: MIT
// Security descriptors of keys: handed down, given at creation, asked for, changed, and who may open what.
#include "cm.h"

#define HIDDEN_KEY TEST_KEY L"\\Hidden"

static UCHAR Everyone[SECURITY_MAX_SID_SIZE], Administrators[SECURITY_MAX_SID_SIZE];

// A descriptor with one entry in its list, or with an empty list.
typedef struct _GIVEN {
    SECURITY_DESCRIPTOR Descriptor;
    ULONG Acl[32];
} GIVEN;

static PSECURITY_DESCRIPTOR Give(GIVEN *Given, PSID Sid, ACCESS_MASK Access)
{
    PACL Acl = (PACL)Given->Acl;
    RtlCreateAcl(Acl, sizeof(Given->Acl), ACL_REVISION);
    if (Sid != NULL) {
        RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, CONTAINER_INHERIT_ACE, Access, Sid);
    }
    RtlCreateSecurityDescriptor(&Given->Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Given->Descriptor, TRUE, Acl, FALSE);
    return &Given->Descriptor;
}

static NTSTATUS CreateSecured(PCWSTR Path, ULONG Attributes, ACCESS_MASK Access, ULONG Options,
                              PSECURITY_DESCRIPTOR Security, PHANDLE Key)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&ObjectAttributes, &Name,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | Attributes, NULL, Security);
    return ZwCreateKey(Key, Access, &ObjectAttributes, 0, NULL, Options, NULL);
}

// As a caller of whom everything is asked.
static NTSTATUS OpenChecked(PCWSTR Path, ACCESS_MASK Access, ULONG Options, PHANDLE Key)
{
    return OpenKeyWith(Path, NULL, OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK, Access, Options, Key);
}

static NTSTATUS TryChecked(PCWSTR Path, ACCESS_MASK Access, ULONG Options)
{
    HANDLE Key;
    NTSTATUS Status = OpenChecked(Path, Access, Options, &Key);
    if (NT_SUCCESS(Status)) {
        ZwClose(Key);
    }
    return Status;
}

static ACCESS_MASK GrantedTo(HANDLE Key)
{
    OBJECT_HANDLE_INFORMATION Handle = {0};
    PVOID Object;
    IS(ObReferenceObjectByHandle(Key, 0, NULL, KernelMode, &Object, &Handle), STATUS_SUCCESS);
    ObDereferenceObject(Object);
    return Handle.GrantedAccess;
}

// What the list of Path's key says of Sid, of entries that are effective on the key itself.
static ACCESS_MASK AllowedTo(PCWSTR Path, PSID Sid)
{
    HANDLE Key;
    ULONG64 Buffer[128];
    ULONG Needed;
    ACCESS_MASK Access = 0;
    PACL Dacl;
    BOOLEAN Present, Defaulted;
    IS(OpenKey(Path, NULL, &Key), STATUS_SUCCESS);
    IS(ZwQuerySecurityObject(Key, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    IS(RtlGetDaclSecurityDescriptor(Buffer, &Present, &Dacl, &Defaulted), STATUS_SUCCESS);
    OK(Present && Dacl != NULL);
    for (ULONG Index = 0; Index < Dacl->AceCount; Index += 1) {
        PVOID Entry;
        IS(RtlGetAce(Dacl, Index, &Entry), STATUS_SUCCESS);
        PACCESS_ALLOWED_ACE Ace = Entry;
        if (!(Ace->Header.AceFlags & INHERIT_ONLY_ACE) && RtlEqualSid(&Ace->SidStart, Sid)) {
            Access |= Ace->Mask;
        }
    }
    ZwClose(Key);
    return Access;
}

static void MakeSids(void)
{
    SID_IDENTIFIER_AUTHORITY World = SECURITY_WORLD_SID_AUTHORITY, Nt = SECURITY_NT_AUTHORITY;
    RtlInitializeSid(Everyone, &World, 1);
    *RtlSubAuthoritySid(Everyone, 0) = SECURITY_WORLD_RID;
    RtlInitializeSid(Administrators, &Nt, 2);
    *RtlSubAuthoritySid(Administrators, 0) = SECURITY_BUILTIN_DOMAIN_RID;
    *RtlSubAuthoritySid(Administrators, 1) = DOMAIN_ALIAS_RID_ADMINS;
}

static void TestDefaults(void)
{
    MakeSids();
    IS(AllowedTo(L"\\Registry", Everyone), KEY_READ);
    IS(AllowedTo(L"\\Registry\\Machine", Everyone), KEY_READ);
    IS(AllowedTo(L"\\Registry\\Machine\\SOFTWARE", SeExports->SeAliasUsersSid), KEY_READ);
    IS(AllowedTo(L"\\Registry\\Machine\\SOFTWARE", SeExports->SeLocalSystemSid), KEY_ALL_ACCESS);
    IS(AllowedTo(L"\\Registry\\Machine\\SYSTEM", SeExports->SeAliasUsersSid), KEY_READ);
    IS(AllowedTo(L"\\Registry\\Machine\\SYSTEM", Administrators), KEY_ALL_ACCESS);
    IS(AllowedTo(L"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Services", SeExports->SeAliasUsersSid),
       KEY_READ);
    IS(AllowedTo(L"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Enum", Administrators), 0);
    IS(AllowedTo(L"\\Registry\\Machine\\SECURITY", SeExports->SeAliasUsersSid), 0);
    IS(AllowedTo(L"\\Registry\\Machine\\SECURITY", Administrators), READ_CONTROL | WRITE_DAC);
    IS(AllowedTo(L"\\Registry\\User\\.DEFAULT", SeExports->SeAliasUsersSid), KEY_READ);
}

static void TestInherited(void)
{
    HANDLE Key;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(AllowedTo(TEST_KEY, SeExports->SeAliasUsersSid), KEY_READ);
    IS(AllowedTo(TEST_KEY, SeExports->SeLocalSystemSid), KEY_ALL_ACCESS);
    IS(AllowedTo(TEST_KEY, Everyone), 0);
    DeleteKey(Key);
}

static void TestGiven(void)
{
    HANDLE Key, Hidden, Sub;
    GIVEN Given;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    // Who makes the key gets what it asks for; the descriptor is for those who come later.
    IS(CreateSecured(HIDDEN_KEY, OBJ_FORCE_ACCESS_CHECK, KEY_ALL_ACCESS, 0, Give(&Given, Everyone, KEY_READ),
                     &Hidden),
       STATUS_SUCCESS);
    IS(GrantedTo(Hidden), KEY_ALL_ACCESS);
    IS(SetNumber(Hidden, L"Number", 1), STATUS_SUCCESS);
    IS(AllowedTo(HIDDEN_KEY, Everyone), KEY_READ);
    IS(AllowedTo(HIDDEN_KEY, SeExports->SeLocalSystemSid), 0);
    IS(TryChecked(HIDDEN_KEY, KEY_READ, 0), STATUS_SUCCESS);
    IS(TryChecked(HIDDEN_KEY, KEY_WRITE, 0), STATUS_ACCESS_DENIED);
    IS(TryChecked(HIDDEN_KEY, KEY_SET_VALUE, 0), STATUS_ACCESS_DENIED);
    IS(TryChecked(HIDDEN_KEY, GENERIC_WRITE, 0), STATUS_ACCESS_DENIED);
    IS(TryChecked(HIDDEN_KEY, 0x1000, 0), STATUS_ACCESS_DENIED); // no key has it
    IS(OpenChecked(HIDDEN_KEY, MAXIMUM_ALLOWED, 0, &Sub), STATUS_SUCCESS);
    // Its owners, the administrators, may always read and change its descriptor.
    IS(GrantedTo(Sub), KEY_READ | WRITE_DAC);
    ZwClose(Sub);
    // Where nobody asks, everything is granted.
    IS(OpenKey(HIDDEN_KEY, NULL, &Sub), STATUS_SUCCESS);
    ZwClose(Sub);
    // An existing key keeps its own, and is checked.
    IS(CreateSecured(HIDDEN_KEY, OBJ_FORCE_ACCESS_CHECK, KEY_WRITE, 0, Give(&Given, Everyone, KEY_ALL_ACCESS),
                     &Sub),
       STATUS_ACCESS_DENIED);
    // A new key needs a right to the one that it is to be in, a link another one; neither is there.
    IS(CreateSecured(HIDDEN_KEY L"\\Sub", OBJ_FORCE_ACCESS_CHECK, KEY_READ, 0, NULL, &Sub),
       STATUS_ACCESS_DENIED);
    IS(CreateSecured(HIDDEN_KEY L"\\Link", OBJ_FORCE_ACCESS_CHECK, KEY_READ, REG_OPTION_CREATE_LINK, NULL,
                     &Sub),
       STATUS_ACCESS_DENIED);
    IS(OpenKey(HIDDEN_KEY L"\\Sub", NULL, &Sub), STATUS_OBJECT_NAME_NOT_FOUND);
    // The descriptor above it is handed down.
    IS(CreateKey(HIDDEN_KEY L"\\Sub", NULL, &Sub), STATUS_SUCCESS);
    IS(AllowedTo(HIDDEN_KEY L"\\Sub", Everyone), KEY_READ);
    IS(TryChecked(HIDDEN_KEY L"\\Sub", KEY_WRITE, 0), STATUS_ACCESS_DENIED);
    DeleteKey(Sub);
    DeleteKey(Hidden);
    // Nonsense for a descriptor.
    Given.Descriptor.Revision = 7;
    IS(CreateSecured(HIDDEN_KEY, 0, KEY_ALL_ACCESS, 0, &Given.Descriptor, &Hidden), STATUS_UNKNOWN_REVISION);
    DeleteKey(Key);
}

static void TestObject(void)
{
    HANDLE Key;
    ULONG64 Buffer[128];
    ULONG Needed = 0;
    GIVEN Given;
    IO_STATUS_BLOCK Io = {.Status = STATUS_PENDING};
    PVOID Object;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwQuerySecurityObject(Key, DACL_SECURITY_INFORMATION, NULL, 0, &Needed), STATUS_BUFFER_TOO_SMALL);
    OK(Needed > sizeof(SECURITY_DESCRIPTOR_RELATIVE));
    IS(ZwNotifyChangeKey(Key, NULL, NULL, NULL, &Io, REG_NOTIFY_CHANGE_SECURITY, FALSE, NULL, 0, TRUE),
       STATUS_PENDING);
    IS(ZwSetSecurityObject(Key, DACL_SECURITY_INFORMATION, Give(&Given, NULL, 0)), STATUS_SUCCESS);
    IS(Io.Status, STATUS_NOTIFY_ENUM_DIR);
    Io.Status = STATUS_PENDING;
    HANDLE Other;
    IS(OpenKey(TEST_KEY, NULL, &Other), STATUS_SUCCESS);
    IS(ZwNotifyChangeKey(Other, NULL, NULL, NULL, &Io, REG_NOTIFY_CHANGE_ATTRIBUTES, FALSE, NULL, 0, TRUE),
       STATUS_PENDING);
    IS(ZwSetSecurityObject(Key, DACL_SECURITY_INFORMATION, Give(&Given, NULL, 0)), STATUS_SUCCESS);
    IS(Io.Status, STATUS_NOTIFY_ENUM_DIR);
    ZwClose(Other);
    IS(TryChecked(TEST_KEY, KEY_READ, 0), STATUS_ACCESS_DENIED);
    IS(TryChecked(TEST_KEY, READ_CONTROL, 0), STATUS_SUCCESS);
    // By pointer to any object of the key, of which the check is the key's.
    IS(ObReferenceObjectByHandle(Key, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    HANDLE Checked;
    IS(ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_READ, *CmKeyObjectType, UserMode, &Checked),
       STATUS_ACCESS_DENIED);
    PSECURITY_DESCRIPTOR Descriptor;
    BOOLEAN Allocated;
    IS(ObGetObjectSecurity(Object, &Descriptor, &Allocated), STATUS_SUCCESS);
    OK(Descriptor != NULL && RtlValidSecurityDescriptor(Descriptor));
    ObReleaseObjectSecurity(Descriptor, Allocated);
    ObDereferenceObject(Object);
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    IS(ZwQuerySecurityObject(Key, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Needed),
       STATUS_KEY_DELETED);
    IS(ZwSetSecurityObject(Key, DACL_SECURITY_INFORMATION, Give(&Given, NULL, 0)), STATUS_KEY_DELETED);
    ZwClose(Key);
}

static void Enable(ULONG Privilege, ULONG Attributes)
{
    HANDLE Token;
    TOKEN_PRIVILEGES Change = {1, {{RtlConvertUlongToLuid(Privilege), Attributes}}};
    IS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, OBJ_KERNEL_HANDLE, &Token),
       STATUS_SUCCESS);
    IS(ZwAdjustPrivilegesToken(Token, FALSE, &Change, 0, NULL, NULL), STATUS_SUCCESS);
    ZwClose(Token);
}

static void TestBackup(void)
{
    HANDLE Key, Backup;
    GIVEN Given;
    IS(CreateSecured(TEST_KEY, 0, KEY_ALL_ACCESS, 0, Give(&Given, NULL, 0), &Key), STATUS_SUCCESS);
    // The kernel holds every privilege; what else is asked for does not count.
    IS(OpenKeyWith(TEST_KEY, NULL, OBJ_CASE_INSENSITIVE, KEY_NOTIFY, REG_OPTION_BACKUP_RESTORE, &Backup),
       STATUS_SUCCESS);
    IS(GrantedTo(Backup), KEY_READ | KEY_WRITE | DELETE | ACCESS_SYSTEM_SECURITY);
    ZwClose(Backup);
    // The system's token has both, disabled.
    IS(TryChecked(TEST_KEY, KEY_READ, REG_OPTION_BACKUP_RESTORE), STATUS_ACCESS_DENIED);
    Enable(SE_BACKUP_PRIVILEGE, SE_PRIVILEGE_ENABLED);
    IS(OpenChecked(TEST_KEY, KEY_ALL_ACCESS, REG_OPTION_BACKUP_RESTORE, &Backup), STATUS_SUCCESS);
    IS(GrantedTo(Backup), KEY_READ | ACCESS_SYSTEM_SECURITY);
    ZwClose(Backup);
    Enable(SE_BACKUP_PRIVILEGE, 0);
    Enable(SE_RESTORE_PRIVILEGE, SE_PRIVILEGE_ENABLED);
    IS(OpenChecked(TEST_KEY, 0, REG_OPTION_BACKUP_RESTORE, &Backup), STATUS_SUCCESS);
    IS(GrantedTo(Backup), KEY_WRITE | DELETE | ACCESS_SYSTEM_SECURITY);
    ZwClose(Backup);
    Enable(SE_RESTORE_PRIVILEGE, 0);
    // A key that is made so is opened so.
    IS(CreateSecured(TEST_KEY L"\\Sub", 0, KEY_NOTIFY, REG_OPTION_BACKUP_RESTORE, NULL, &Backup),
       STATUS_SUCCESS);
    IS(GrantedTo(Backup), KEY_READ | KEY_WRITE | DELETE | ACCESS_SYSTEM_SECURITY);
    DeleteKey(Backup);
    // The SACL takes a privilege of the creator too.
    IS(CreateSecured(L"\\Registry\\Machine\\SOFTWARE\\kmode-test-2", OBJ_FORCE_ACCESS_CHECK,
                     KEY_READ | ACCESS_SYSTEM_SECURITY, 0, NULL, &Backup),
       STATUS_PRIVILEGE_NOT_HELD);
    DeleteKey(Key);
}

TEST_DRIVER(TestDefaults, TestInherited, TestGiven, TestObject, TestBackup)
