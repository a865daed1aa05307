// SPDX-License-Identifier: MIT
// Security descriptors, absolute and self-relative, and their conversion.
#include "test.h"

static SID System = {1, 1, {{0, 0, 0, 0, 0, 5}}, {18}};
static SID World = {1, 1, {{0, 0, 0, 0, 0, 1}}, {0}};

static union {
    ACL Acl;
    UCHAR Bytes[28];
} Dacl;

// Absolute, with owner, group and DACL.
static void Make(SECURITY_DESCRIPTOR *Descriptor)
{
    RtlCreateAcl(&Dacl.Acl, sizeof(Dacl), ACL_REVISION);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_READ, &World);
    RtlCreateSecurityDescriptor(Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(Descriptor, &System, FALSE);
    RtlSetGroupSecurityDescriptor(Descriptor, &World, TRUE);
    RtlSetDaclSecurityDescriptor(Descriptor, TRUE, &Dacl.Acl, FALSE);
}

static void TestCreate(void)
{
    SECURITY_DESCRIPTOR Descriptor;
    RtlFillMemory(&Descriptor, sizeof(Descriptor), 0xA5);
    IS(RtlCreateSecurityDescriptor(&Descriptor, 2), STATUS_UNKNOWN_REVISION);
    IS(RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    IS(Descriptor.Revision, 1);
    IS(Descriptor.Control, 0);
    OK(Descriptor.Owner == NULL && Descriptor.Dacl == NULL);
    IS(RtlLengthSecurityDescriptor(&Descriptor), sizeof(Descriptor));
    OK(RtlValidSecurityDescriptor(&Descriptor));
}

static void TestParts(void)
{
    SECURITY_DESCRIPTOR Descriptor;
    BOOLEAN Present, Defaulted;
    PACL Acl = NULL;
    PSID Sid;
    Make(&Descriptor);
    IS(RtlGetDaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_SUCCESS);
    OK(Present && Acl == &Dacl.Acl && !Defaulted);
    IS(RtlGetSaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_SUCCESS);
    OK(!Present);
    IS(RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, &Dacl.Acl, TRUE), STATUS_SUCCESS);
    Acl = NULL;
    IS(RtlGetSaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_SUCCESS);
    OK(Present && Acl == &Dacl.Acl && Defaulted);
    IS(RtlSetSaclSecurityDescriptor(&Descriptor, FALSE, NULL, FALSE), STATUS_SUCCESS);
    IS(RtlGetOwnerSecurityDescriptor(&Descriptor, &Sid, &Defaulted), STATUS_SUCCESS);
    OK(Sid == &System && !Defaulted);
    IS(RtlGetGroupSecurityDescriptor(&Descriptor, &Sid, &Defaulted), STATUS_SUCCESS);
    OK(Sid == &World && Defaulted);
    IS(RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, NULL, TRUE), STATUS_SUCCESS);
    IS(RtlGetDaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_SUCCESS);
    OK(Present && Acl == NULL && Defaulted);
    IS(RtlSetDaclSecurityDescriptor(&Descriptor, FALSE, NULL, FALSE), STATUS_SUCCESS);
    IS(RtlGetDaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_SUCCESS);
    OK(!Present);

    // Nobody, and no default any more.
    IS(RtlSetOwnerSecurityDescriptor(&Descriptor, &System, TRUE), STATUS_SUCCESS);
    OK(Descriptor.Control & SE_OWNER_DEFAULTED);
    IS(RtlSetOwnerSecurityDescriptor(&Descriptor, NULL, FALSE), STATUS_SUCCESS);
    OK(Descriptor.Owner == NULL && !(Descriptor.Control & SE_OWNER_DEFAULTED));
    IS(RtlSetGroupSecurityDescriptor(&Descriptor, NULL, FALSE), STATUS_SUCCESS);
    OK(Descriptor.Group == NULL && !(Descriptor.Control & SE_GROUP_DEFAULTED));

    Descriptor.Control |= SE_SELF_RELATIVE;
    IS(RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR);
    IS(RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR);
    IS(RtlSetOwnerSecurityDescriptor(&Descriptor, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR);
    IS(RtlSetGroupSecurityDescriptor(&Descriptor, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR);
    Descriptor.Revision = 2;
    IS(RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, NULL, FALSE), STATUS_UNKNOWN_REVISION);
    IS(RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, NULL, FALSE), STATUS_UNKNOWN_REVISION);
    IS(RtlSetOwnerSecurityDescriptor(&Descriptor, NULL, FALSE), STATUS_UNKNOWN_REVISION);
    IS(RtlSetGroupSecurityDescriptor(&Descriptor, NULL, FALSE), STATUS_UNKNOWN_REVISION);
    IS(RtlGetDaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_UNKNOWN_REVISION);
    IS(RtlGetSaclSecurityDescriptor(&Descriptor, &Present, &Acl, &Defaulted), STATUS_UNKNOWN_REVISION);
    IS(RtlGetOwnerSecurityDescriptor(&Descriptor, &Sid, &Defaulted), STATUS_UNKNOWN_REVISION);
    IS(RtlGetGroupSecurityDescriptor(&Descriptor, &Sid, &Defaulted), STATUS_UNKNOWN_REVISION);
    OK(!RtlValidSecurityDescriptor(&Descriptor));
}

static void TestControl(void)
{
    SECURITY_DESCRIPTOR Descriptor;
    SECURITY_DESCRIPTOR_CONTROL Control;
    ULONG Revision;
    Make(&Descriptor);
    IS(RtlSetControlSecurityDescriptor(&Descriptor, SE_DACL_PROTECTED | SE_SACL_PROTECTED, SE_DACL_PROTECTED),
       STATUS_SUCCESS);
    IS(RtlGetControlSecurityDescriptor(&Descriptor, &Control, &Revision), STATUS_SUCCESS);
    IS(Control, SE_DACL_PRESENT | SE_GROUP_DEFAULTED | SE_DACL_PROTECTED);
    IS(Revision, 1);
    IS(RtlSetControlSecurityDescriptor(&Descriptor, SE_DACL_PROTECTED, 0), STATUS_SUCCESS);
    RtlGetControlSecurityDescriptor(&Descriptor, &Control, &Revision);
    IS(Control, SE_DACL_PRESENT | SE_GROUP_DEFAULTED);
    IS(RtlSetControlSecurityDescriptor(&Descriptor, SE_SELF_RELATIVE, 0), STATUS_INVALID_PARAMETER);
    IS(RtlSetControlSecurityDescriptor(&Descriptor, 0, SE_DACL_PROTECTED), STATUS_INVALID_PARAMETER);
    Descriptor.Revision = 7;
    IS(RtlGetControlSecurityDescriptor(&Descriptor, &Control, &Revision), STATUS_UNKNOWN_REVISION);
    IS(Revision, 7);
}

#define RELATIVE_BYTES (20 + 12 + 12 + sizeof(Dacl))

static void TestRelative(void)
{
    SECURITY_DESCRIPTOR Descriptor;
    union {
        SECURITY_DESCRIPTOR_RELATIVE Head;
        UCHAR Bytes[128];
    } Relative;
    BOOLEAN Present, Defaulted;
    PACL Acl;
    PSID Sid;
    ULONG Bytes = 0;
    Make(&Descriptor);
    IS(RtlAbsoluteToSelfRelativeSD(&Descriptor, NULL, &Bytes), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, RELATIVE_BYTES);
    IS(RtlAbsoluteToSelfRelativeSD(&Descriptor, &Relative, &Bytes), STATUS_SUCCESS);
    IS(RtlAbsoluteToSelfRelativeSD(&Relative, &Descriptor, &Bytes), STATUS_BAD_DESCRIPTOR_FORMAT);
    IS(RtlLengthSecurityDescriptor(&Relative), RELATIVE_BYTES);
    IS(RtlLengthSecurityDescriptor(&Descriptor), sizeof(Descriptor) + RELATIVE_BYTES - 20);
    RtlGetOwnerSecurityDescriptor(&Relative, &Sid, &Defaulted);
    OK((PUCHAR)Sid > Relative.Bytes && (PUCHAR)Sid < Relative.Bytes + RELATIVE_BYTES);
    OK(RtlEqualSid(Sid, &System));
    RtlGetGroupSecurityDescriptor(&Relative, &Sid, &Defaulted);
    OK(RtlEqualSid(Sid, &World) && Defaulted);
    RtlGetDaclSecurityDescriptor(&Relative, &Present, &Acl, &Defaulted);
    OK(Present && RtlEqualMemory(Acl, &Dacl, sizeof(Dacl)));

    const SECURITY_INFORMATION All =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    OK(RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, All));
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, SACL_SECURITY_INFORMATION));
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES - 1, 0));
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, 19, 0));
    ULONG Offset = Relative.Head.Owner;
    Relative.Head.Owner = 0;
    OK(RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, 0));
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, OWNER_SECURITY_INFORMATION));
    Relative.Head.Owner = 4;
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, 0));
    Relative.Head.Owner = Offset + 1;
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, 0));
    Relative.Head.Owner = Offset;
    Relative.Head.Control &= (USHORT)~SE_DACL_PRESENT;
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, DACL_SECURITY_INFORMATION));
    Relative.Head.Control |= SE_DACL_PRESENT;
    OK(!RtlValidRelativeSecurityDescriptor(&Descriptor, sizeof(Descriptor), 0));
    Offset = Relative.Head.Dacl;
    Relative.Head.Dacl = 0; // a null list
    OK(RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, DACL_SECURITY_INFORMATION));
    Relative.Head.Dacl = RELATIVE_BYTES - 8; // not within the buffer
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, 0));
    Relative.Head.Dacl = Offset;
    Relative.Head.Group = 0;
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, GROUP_SECURITY_INFORMATION));
    Relative.Head.Revision = 2;
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES, 0));

    // With a SACL.
    RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, &Dacl.Acl, FALSE);
    Bytes = sizeof(Relative);
    IS(RtlAbsoluteToSelfRelativeSD(&Descriptor, &Relative, &Bytes), STATUS_SUCCESS);
    OK(Descriptor.Sacl == &Dacl.Acl && Descriptor.Owner == &System); // the original is as it was
    IS(RtlLengthSecurityDescriptor(&Relative), RELATIVE_BYTES + sizeof(Dacl));
    OK(RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES + sizeof(Dacl),
                                          All | SACL_SECURITY_INFORMATION));
    ((PACL)(Relative.Bytes + Relative.Head.Sacl))->AclRevision = 9;
    OK(!RtlValidRelativeSecurityDescriptor(&Relative, RELATIVE_BYTES + sizeof(Dacl), All));
}

static void TestAbsolute(void)
{
    SECURITY_DESCRIPTOR Descriptor, Copy;
    UCHAR Relative[128], Owner[12], Group[12], DaclCopy[sizeof(Dacl)];
    ULONG Bytes = sizeof(Relative), Sizes[5] = {0};
    Make(&Descriptor);
    RtlAbsoluteToSelfRelativeSD(&Descriptor, Relative, &Bytes);
    IS(RtlSelfRelativeToAbsoluteSD(&Descriptor, NULL, &Sizes[0], NULL, &Sizes[1], NULL, &Sizes[2], NULL,
                                   &Sizes[3], NULL, &Sizes[4]),
       STATUS_BAD_DESCRIPTOR_FORMAT);
    IS(RtlSelfRelativeToAbsoluteSD(Relative, NULL, &Sizes[0], NULL, &Sizes[1], NULL, &Sizes[2], NULL,
                                   &Sizes[3], NULL, &Sizes[4]),
       STATUS_BUFFER_TOO_SMALL);
    IS(Sizes[0], sizeof(SECURITY_DESCRIPTOR));
    IS(Sizes[1], sizeof(Dacl));
    IS(Sizes[2], 0);
    IS(Sizes[3], 12);
    IS(Sizes[4], 12);
    IS(RtlSelfRelativeToAbsoluteSD(Relative, &Copy, &Sizes[0], (PACL)DaclCopy, &Sizes[1], NULL, &Sizes[2],
                                   Owner, &Sizes[3], Group, &Sizes[4]),
       STATUS_SUCCESS);
    IS(Copy.Control, SE_DACL_PRESENT | SE_GROUP_DEFAULTED);
    OK(Copy.Owner == Owner && RtlEqualSid(Owner, &System));
    OK(Copy.Group == Group && RtlEqualSid(Group, &World));
    OK(Copy.Dacl == (PACL)DaclCopy && RtlEqualMemory(DaclCopy, &Dacl, sizeof(Dacl)));
    OK(Copy.Sacl == NULL);

    IS(RtlSelfRelativeToAbsoluteSD2(NULL, &Bytes), STATUS_INVALID_PARAMETER_1);
    IS(RtlSelfRelativeToAbsoluteSD2(Relative, NULL), STATUS_INVALID_PARAMETER_2);
    IS(RtlSelfRelativeToAbsoluteSD2(Relative, &Bytes), STATUS_SUCCESS);
    IS(RtlSelfRelativeToAbsoluteSD2(Relative, &Bytes), STATUS_BAD_DESCRIPTOR_FORMAT);
}

static void TestAbsoluteInPlace(void)
{
    SECURITY_DESCRIPTOR Descriptor;
    __declspec(align(8)) UCHAR Relative[128];
    ULONG Bytes = sizeof(Relative);
    Make(&Descriptor);
    RtlAbsoluteToSelfRelativeSD(&Descriptor, Relative, &Bytes);
    Bytes = RELATIVE_BYTES;
    IS(RtlSelfRelativeToAbsoluteSD2(Relative, &Bytes), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, RELATIVE_BYTES - 20 + sizeof(SECURITY_DESCRIPTOR));
    IS(RtlSelfRelativeToAbsoluteSD2(Relative, &Bytes), STATUS_SUCCESS);
    PISECURITY_DESCRIPTOR This = (PISECURITY_DESCRIPTOR)Relative;
    IS(This->Control & SE_SELF_RELATIVE, 0);
    OK(RtlEqualSid(This->Owner, &System));
    OK(RtlEqualSid(This->Group, &World));
    OK(RtlEqualMemory(This->Dacl, &Dacl, sizeof(Dacl)));
    OK(This->Sacl == NULL);
    OK(RtlValidSecurityDescriptor(Relative));
}

static void TestInvalidParts(void)
{
    SECURITY_DESCRIPTOR Descriptor;
    SID Bad = System;
    Make(&Descriptor);
    OK(RtlValidSecurityDescriptor(&Descriptor));
    OK(!RtlValidSecurityDescriptor(NULL));
    Bad.Revision = 3;
    Descriptor.Owner = &Bad;
    OK(!RtlValidSecurityDescriptor(&Descriptor));
    Make(&Descriptor);
    Dacl.Acl.AclRevision = 1;
    OK(!RtlValidSecurityDescriptor(&Descriptor));
}

TEST_DRIVER(TestCreate, TestParts, TestControl, TestRelative, TestAbsolute, TestAbsoluteInPlace,
            TestInvalidParts)
