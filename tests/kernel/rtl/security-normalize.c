// SPDX-License-Identifier: MIT
// Security descriptors made to be the same.
#include "test.h"

static SID System = {1, 1, {{0, 0, 0, 0, 0, 5}}, {18}};
static SID World = {1, 1, {{0, 0, 0, 0, 0, 1}}, {0}};

typedef union _ANY_ACL {
    ACL Acl;
    UCHAR Bytes[96];
} ANY_ACL;

static ANY_ACL Dacl, Sacl;
static SECURITY_DESCRIPTOR Absolute;

static PSECURITY_DESCRIPTOR Make(PULONG Length)
{
    *Length = 0;
    RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, Length);
    PSECURITY_DESCRIPTOR Descriptor = ExAllocatePoolWithTag(PagedPool, *Length, 'tseT');
    IS(RtlAbsoluteToSelfRelativeSD(&Absolute, Descriptor, Length), STATUS_SUCCESS);
    return Descriptor;
}

static void Begin(void)
{
    RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Absolute, &System, FALSE);
    RtlSetGroupSecurityDescriptor(&Absolute, &World, FALSE);
    RtlCreateAcl(&Dacl.Acl, 8 + 3 * 20, ACL_REVISION);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_READ, &World);
    RtlAddAccessDeniedAceEx(&Dacl.Acl, ACL_REVISION, 0, GENERIC_WRITE, &World);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_ALL, &System);
    RtlSetDaclSecurityDescriptor(&Absolute, TRUE, &Dacl.Acl, FALSE);
}

static void TestNothingToDo(void)
{
    ULONG Length, NewLength = 7;
    Begin();
    PSECURITY_DESCRIPTOR Descriptor = Make(&Length), Before = Descriptor, New = NULL;
    OK(!RtlNormalizeSecurityDescriptor(&Descriptor, Length, &New, &NewLength, FALSE));
    OK(!RtlNormalizeSecurityDescriptor(&Descriptor, Length, NULL, NULL, FALSE));
    OK(!RtlNormalizeSecurityDescriptor(&Descriptor, Length, NULL, NULL, TRUE));
    OK(New == NULL && NewLength == 7 && Descriptor == Before);
    // What is no descriptor is not touched.
    OK(!RtlNormalizeSecurityDescriptor(&Descriptor, Length - 1, NULL, NULL, FALSE));
    ((PISECURITY_DESCRIPTOR_RELATIVE)Descriptor)->Revision = 9;
    OK(!RtlNormalizeSecurityDescriptor(&Descriptor, Length, NULL, NULL, FALSE));
    ExFreePool(Descriptor);
}

static void TestDuplicates(void)
{
    ULONG Length, NewLength = 0;
    BOOLEAN Present, Defaulted;
    PACL Acl;
    PACCESS_ALLOWED_ACE Ace;
    PSID Sid;
    Begin();
    RtlCreateAcl(&Dacl.Acl, 8 + 4 * 20, ACL_REVISION);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_READ, &World);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_READ, &System);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_READ, &World);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, INHERIT_ONLY_ACE, GENERIC_READ, &World);
    PSECURITY_DESCRIPTOR Descriptor = Make(&Length), Old = Descriptor, New = NULL;
    OK(RtlNormalizeSecurityDescriptor(&Descriptor, Length, NULL, &NewLength, TRUE));
    OK(Descriptor == Old && NewLength == 0); // only looked at
    // By itself.
    OK(RtlNormalizeSecurityDescriptor(&Descriptor, Length, &New, &NewLength, FALSE));
    OK(Descriptor == Old && New != NULL && New != Old);
    IS(NewLength, Length - 20);
    OK(RtlValidRelativeSecurityDescriptor(New, NewLength,
                                          OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION));
    RtlGetDaclSecurityDescriptor(New, &Present, &Acl, &Defaulted);
    IS(Acl->AceCount, 3);
    IS(Acl->AclSize, 8 + 3 * 20);
    RtlGetAce(Acl, 1, (PVOID *)&Ace);
    OK(RtlEqualSid(&Ace->SidStart, &System));
    RtlGetOwnerSecurityDescriptor(New, &Sid, &Defaulted);
    OK(RtlEqualSid(Sid, &System));
    OK(!RtlNormalizeSecurityDescriptor(&New, NewLength, NULL, NULL, TRUE));
    ExFreePool(New);
    // In a buffer of the caller's.
    UCHAR Buffer[160];
    New = Buffer;
    OK(RtlNormalizeSecurityDescriptor(&Descriptor, Length, &New, NULL, FALSE));
    OK(New == (PSECURITY_DESCRIPTOR)Buffer);
    OK(RtlValidRelativeSecurityDescriptor(Buffer, Length - 20, 0));
    // In its place.
    OK(RtlNormalizeSecurityDescriptor(&Descriptor, Length, NULL, &NewLength, FALSE));
    OK(Descriptor != Old);
    IS(NewLength, Length - 20);
    OK(RtlEqualMemory(Descriptor, Buffer, NewLength));
    ExFreePool(Descriptor);
}

static void TestLayout(void)
{
    ULONG Length, NewLength;
    SECURITY_DESCRIPTOR_CONTROL Control;
    ULONG Revision;
    Begin();
    // A SACL without ACEs goes.
    RtlCreateAcl(&Sacl.Acl, 32, ACL_REVISION);
    RtlSetSaclSecurityDescriptor(&Absolute, TRUE, &Sacl.Acl, FALSE);
    PSECURITY_DESCRIPTOR Descriptor = Make(&Length);
    OK(RtlNormalizeSecurityDescriptor(&Descriptor, Length, NULL, &NewLength, FALSE));
    IS(NewLength, Length - 32);
    RtlGetControlSecurityDescriptor(Descriptor, &Control, &Revision);
    IS(Control, SE_SELF_RELATIVE | SE_DACL_PRESENT);
    // Another order, a gap, and bytes in it.
    UCHAR Buffer[200];
    PISECURITY_DESCRIPTOR_RELATIVE Head = (PISECURITY_DESCRIPTOR_RELATIVE)Buffer;
    PISECURITY_DESCRIPTOR_RELATIVE Good = Descriptor;
    RtlFillMemory(Buffer, sizeof(Buffer), 0xAA);
    *Head = *Good;
    Head->Owner = 24;
    Head->Group = 40;
    Head->Dacl = 60;
    RtlCopyMemory(Buffer + 24, &System, sizeof(System));
    RtlCopyMemory(Buffer + 40, &World, sizeof(World));
    RtlCopyMemory(Buffer + 60, &Dacl, Dacl.Acl.AclSize);
    PSECURITY_DESCRIPTOR Scattered = Buffer, New = NULL;
    OK(RtlNormalizeSecurityDescriptor(&Scattered, 60 + Dacl.Acl.AclSize + 8, &New, &Length, FALSE));
    IS(Length, NewLength);
    OK(RtlEqualMemory(New, Descriptor, Length));
    ExFreePool(New);
    ExFreePool(Descriptor);
}

static void TestState(void)
{
    WCHAR Path[8];
    ULONG Bytes = 0;
    OK(!RtlIsStateSeparationEnabled());
    IS(RtlGetPersistedStateLocation(L"id", NULL, L"C:\\abc", LocationTypeFileSystem, Path, sizeof(Path),
                                    &Bytes),
       STATUS_SUCCESS);
    IS(Bytes, 14);
    OK(wcscmp(Path, L"C:\\abc") == 0);
    IS(RtlGetPersistedStateLocation(L"id", L"x", L"C:\\abc", LocationTypeRegistry, Path, 13, &Bytes),
       STATUS_BUFFER_OVERFLOW);
    IS(Bytes, 14);
    IS(RtlGetPersistedStateLocation(L"id", NULL, L"C:\\abc", LocationTypeRegistry, Path, sizeof(Path), NULL),
       STATUS_SUCCESS);
    IS(RtlGetPersistedStateLocation(L"id", NULL, NULL, LocationTypeRegistry, Path, sizeof(Path), &Bytes),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(RtlGetPersistedStateLocation(NULL, NULL, L"x", LocationTypeRegistry, Path, sizeof(Path), &Bytes),
       STATUS_INVALID_PARAMETER);
    IS(RtlGetPersistedStateLocation(L"id", NULL, L"x", LocationTypeMaximum, Path, sizeof(Path), &Bytes),
       STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestNothingToDo, TestDuplicates, TestLayout, TestState)
