// SPDX-License-Identifier: MIT
// Security descriptors of objects: made, asked, changed, obeyed.
#include "../test.h"
#include "../undocumented.h"

static HANDLE Open(PCWSTR Text, ACCESS_MASK Access, ULONG Attributes, NTSTATUS *Status)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    HANDLE Handle = NULL;
    RtlInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&ObjectAttributes, &Name, OBJ_KERNEL_HANDLE | Attributes, NULL, NULL);
    *Status = ZwOpenEvent(&Handle, Access, &ObjectAttributes);
    return Handle;
}

static NTSTATUS Try(PCWSTR Text, ACCESS_MASK Access, ULONG Attributes)
{
    NTSTATUS Status;
    HANDLE Handle = Open(Text, Access, Attributes, &Status);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static HANDLE Create(PCWSTR Text, PSECURITY_DESCRIPTOR Security)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle = NULL;
    RtlInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&Attributes, Text != NULL ? &Name : NULL, OBJ_KERNEL_HANDLE, NULL, Security);
    IS(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    return Handle;
}

typedef union _TEST_ACL {
    ACL Acl;
    UCHAR Bytes[128];
} TEST_ACL;

static void Describe(PSECURITY_DESCRIPTOR Security, TEST_ACL *Dacl, PSID Sid, ACCESS_MASK Mask)
{
    RtlCreateSecurityDescriptor(Security, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&Dacl->Acl, sizeof(*Dacl), ACL_REVISION);
    if (Sid != NULL) {
        RtlAddAccessAllowedAce(&Dacl->Acl, ACL_REVISION, Mask, Sid);
    }
    RtlSetDaclSecurityDescriptor(Security, TRUE, &Dacl->Acl, FALSE);
}

static void TestObeyed(void)
{
    SECURITY_DESCRIPTOR Security;
    TEST_ACL Dacl;
    NTSTATUS Status;
    PCWSTR Name = L"\\KmodeSecured";
    Describe(&Security, &Dacl, SeExports->SeLocalSystemSid, SYNCHRONIZE);
    RtlSetOwnerSecurityDescriptor(&Security, SeExports->SeBatchSid, FALSE);
    HANDLE Handle = Create(Name, &Security);
    // The kernel is not asked, unless it wants to be.
    IS(Try(Name, EVENT_ALL_ACCESS, 0), STATUS_SUCCESS);
    IS(Try(Name, SYNCHRONIZE, OBJ_FORCE_ACCESS_CHECK), STATUS_SUCCESS);
    IS(Try(Name, EVENT_MODIFY_STATE, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
    IS(Try(Name, SYNCHRONIZE | EVENT_MODIFY_STATE, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
    IS(Try(Name, READ_CONTROL, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
    IS(Try(Name, ACCESS_SYSTEM_SECURITY, OBJ_FORCE_ACCESS_CHECK), STATUS_PRIVILEGE_NOT_HELD);
    HANDLE Maximum = Open(Name, MAXIMUM_ALLOWED, OBJ_FORCE_ACCESS_CHECK, &Status);
    IS(Status, STATUS_SUCCESS);
    OBJECT_HANDLE_INFORMATION Information;
    PVOID Event;
    IS(ObReferenceObjectByHandle(Maximum, 0, *ExEventObjectType, KernelMode, &Event, &Information),
       STATUS_SUCCESS);
    IS(Information.GrantedAccess, SYNCHRONIZE);
    ZwClose(Maximum);
    IS(ObOpenObjectByPointer(Event, OBJ_KERNEL_HANDLE, NULL, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode,
                             &Maximum),
       STATUS_ACCESS_DENIED);
    IS(ObOpenObjectByPointer(Event, OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK, NULL, EVENT_MODIFY_STATE,
                             *ExEventObjectType, KernelMode, &Maximum),
       STATUS_ACCESS_DENIED);
    IS(ObOpenObjectByPointer(Event, OBJ_KERNEL_HANDLE, NULL, ACCESS_SYSTEM_SECURITY, *ExEventObjectType,
                             UserMode, &Maximum),
       STATUS_PRIVILEGE_NOT_HELD);
    IS(ObOpenObjectByPointer(Event, OBJ_KERNEL_HANDLE, NULL, EVENT_MODIFY_STATE, *ExEventObjectType,
                             KernelMode, &Maximum),
       STATUS_SUCCESS);
    ZwClose(Maximum);
    ObDereferenceObject(Event);
    // The owner may say who may.
    Describe(&Security, &Dacl, NULL, 0);
    RtlSetOwnerSecurityDescriptor(&Security, SeExports->SeAliasAdminsSid, FALSE);
    IS(ZwSetSecurityObject(Handle, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &Security),
       STATUS_SUCCESS);
    IS(Try(Name, SYNCHRONIZE, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
    IS(Try(Name, READ_CONTROL | WRITE_DAC, OBJ_FORCE_ACCESS_CHECK), STATUS_SUCCESS);
    // A null list lets everybody.
    RtlSetDaclSecurityDescriptor(&Security, TRUE, NULL, FALSE);
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_SUCCESS);
    IS(Try(Name, EVENT_ALL_ACCESS, OBJ_FORCE_ACCESS_CHECK), STATUS_SUCCESS);
    ZwClose(Handle);
}

static void TestByHandle(void)
{
    UCHAR Buffer[256];
    SECURITY_DESCRIPTOR Security;
    TEST_ACL Dacl;
    ULONG Length = 0;
    PSID Owner;
    BOOLEAN Defaulted;
    NTSTATUS Status;
    // Named, it has what its creator's token gives.
    HANDLE Handle = Create(L"\\KmodeNamed", NULL);
    IS(ZwQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION, NULL, 0, &Length), STATUS_BUFFER_TOO_SMALL);
    IS(Length, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 16);
    IS(ZwQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
       STATUS_SUCCESS);
    IS(RtlGetOwnerSecurityDescriptor(Buffer, &Owner, &Defaulted), STATUS_SUCCESS);
    OK(RtlEqualSid(Owner, SeExports->SeAliasAdminsSid));
    IS(ZwQuerySecurityObject(NULL, OWNER_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
       STATUS_INVALID_HANDLE);
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, NULL), STATUS_ACCESS_VIOLATION);
    Describe(&Security, &Dacl, SeExports->SeWorldSid, 1);
    IS(ZwSetSecurityObject(Handle, OWNER_SECURITY_INFORMATION, &Security), STATUS_INVALID_SECURITY_DESCR);
    IS(ZwSetSecurityObject(NULL, DACL_SECURITY_INFORMATION, &Security), STATUS_INVALID_HANDLE);
    Security.Revision = 7;
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_UNKNOWN_REVISION);
    Security.Revision = SECURITY_DESCRIPTOR_REVISION;
    Dacl.Acl.AclRevision = 0;
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_INVALID_ACL);
    SID Broken = {9, 1, SECURITY_WORLD_SID_AUTHORITY, {SECURITY_WORLD_RID}};
    Security.Owner = &Broken;
    IS(ZwSetSecurityObject(Handle, OWNER_SECURITY_INFORMATION, &Security), STATUS_INVALID_SID);
    Security.Owner = NULL;
    ZwClose(Handle);
    // Without a name it has none.
    Handle = Create(NULL, NULL);
    IS(ZwQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
       STATUS_SUCCESS);
    IS(Length, sizeof(SECURITY_DESCRIPTOR_RELATIVE));
    Dacl.Acl.AclRevision = ACL_REVISION;
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_NO_SECURITY_ON_OBJECT);
    ZwClose(Handle);
    // The services that honour the previous mode, which is the kernel's here.
    Handle = Create(L"\\KmodeNamed", NULL);
    IS(NtSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_SUCCESS);
    IS(NtQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
       STATUS_SUCCESS);
    IS(Try(L"\\KmodeNamed", EVENT_QUERY_STATE, OBJ_FORCE_ACCESS_CHECK), STATUS_SUCCESS);
    Status = Try(L"\\KmodeNamed", EVENT_MODIFY_STATE, OBJ_FORCE_ACCESS_CHECK);
    IS(Status, STATUS_ACCESS_DENIED);
    ZwClose(Handle);
}

static void TestByPointer(void)
{
    PSECURITY_DESCRIPTOR First, Second;
    BOOLEAN Allocated = 7;
    PVOID Event;
    SECURITY_DESCRIPTOR Security;
    TEST_ACL Dacl;
    HANDLE Handle = Create(L"\\KmodePointed", NULL);
    ObReferenceObjectByHandle(Handle, 0, *ExEventObjectType, KernelMode, &Event, NULL);
    IS(ObGetObjectSecurity(Event, &First, &Allocated), STATUS_SUCCESS);
    IS(Allocated, FALSE);
    OK(RtlValidRelativeSecurityDescriptor(First, RtlLengthSecurityDescriptor(First),
                                          OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION));
    // It stays as it is while it is held, whatever the object has meanwhile.
    Describe(&Security, &Dacl, SeExports->SeWorldSid, 1);
    IS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &Security), STATUS_SUCCESS);
    IS(ObGetObjectSecurity(Event, &Second, &Allocated), STATUS_SUCCESS);
    OK(First != Second);
    OK(RtlValidSecurityDescriptor(First));
    ObReleaseObjectSecurity(First, FALSE);
    ObReleaseObjectSecurity(Second, Allocated);
    ObDereferenceObject(Event);
    ZwClose(Handle);
    Handle = Create(NULL, NULL);
    ObReferenceObjectByHandle(Handle, 0, *ExEventObjectType, KernelMode, &Event, NULL);
    IS(ObGetObjectSecurity(Event, &First, &Allocated), STATUS_SUCCESS);
    OK(First == NULL);
    ObReleaseObjectSecurity(First, Allocated);
    ObDereferenceObject(Event);
    ZwClose(Handle);
}

static void TestInherited(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\KmodeDirectory");
    OBJECT_ATTRIBUTES Attributes;
    SECURITY_DESCRIPTOR Security;
    TEST_ACL Dacl;
    HANDLE Directory, Event;
    Describe(&Security, &Dacl, NULL, 0);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, OBJECT_INHERIT_ACE, GENERIC_READ,
                             SeExports->SeWorldSid);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, &Security);
    IS(ZwCreateDirectoryObject(&Directory, DIRECTORY_ALL_ACCESS, &Attributes), STATUS_SUCCESS);
    Event = Create(L"\\KmodeDirectory\\Event", NULL);
    IS(Try(L"\\KmodeDirectory\\Event", EVENT_QUERY_STATE, OBJ_FORCE_ACCESS_CHECK), STATUS_SUCCESS);
    IS(Try(L"\\KmodeDirectory\\Event", EVENT_MODIFY_STATE, OBJ_FORCE_ACCESS_CHECK), STATUS_ACCESS_DENIED);
    ZwClose(Event);
    ZwClose(Directory);
}

TEST_DRIVER(TestObeyed, TestByHandle, TestByPointer, TestInherited)
