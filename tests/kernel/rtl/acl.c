// SPDX-License-Identifier: MIT
// Access control lists: created, checked, entries put in, taken out, their room.
#include "test.h"

static union {
    SID Sid;
    UCHAR Bytes[12];
} System = {{1, 1, {{0, 0, 0, 0, 0, 5}}, {18}}};

#define ACE_BYTES 20 // of an ACE for that SID

typedef union _ANY_ACL {
    ACL Acl;
    UCHAR Bytes[128];
} ANY_ACL;

static void TestCreate(void)
{
    ANY_ACL Acl;
    IS(RtlCreateAcl(&Acl.Acl, 7, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    IS(RtlCreateAcl(&Acl.Acl, 0x10000, ACL_REVISION), STATUS_INVALID_PARAMETER);
    IS(RtlCreateAcl(&Acl.Acl, 64, 1), STATUS_INVALID_PARAMETER);
    IS(RtlCreateAcl(&Acl.Acl, 64, 5), STATUS_INVALID_PARAMETER);
    IS(RtlCreateAcl(&Acl.Acl, 8, ACL_REVISION_DS), STATUS_SUCCESS);
    IS(Acl.Acl.AclRevision, ACL_REVISION_DS);
    IS(RtlCreateAcl(&Acl.Acl, 67, ACL_REVISION), STATUS_SUCCESS);
    IS(Acl.Acl.AclSize, 64);
    IS(Acl.Acl.AceCount, 0);
    OK(RtlValidAcl(&Acl.Acl));
}

static void TestAddKnown(void)
{
    ANY_ACL Acl;
    PACCESS_ALLOWED_ACE Ace;
    RtlCreateAcl(&Acl.Acl, sizeof(ACL) + 3 * ACE_BYTES + 4, ACL_REVISION);
    IS(RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, GENERIC_ALL, &System), STATUS_SUCCESS);
    IS(RtlAddAccessAllowedAceEx(&Acl.Acl, ACL_REVISION_DS, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, 3, &System),
       STATUS_SUCCESS);
    IS(Acl.Acl.AclRevision, ACL_REVISION_DS);
    IS(RtlAddAccessDeniedAceEx(&Acl.Acl, ACL_REVISION, 0, 5, &System), STATUS_SUCCESS);
    IS(Acl.Acl.AceCount, 3);
    IS(RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &System), STATUS_ALLOTTED_SPACE_EXCEEDED);

    IS(RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace), STATUS_SUCCESS);
    OK((PUCHAR)Ace == Acl.Bytes + sizeof(ACL));
    IS(Ace->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
    IS(Ace->Header.AceFlags, 0);
    IS(Ace->Header.AceSize, ACE_BYTES);
    IS(Ace->Mask, GENERIC_ALL);
    OK(RtlEqualSid(&Ace->SidStart, &System));
    IS(RtlGetAce(&Acl.Acl, 1, (PVOID *)&Ace), STATUS_SUCCESS);
    IS(Ace->Header.AceFlags, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE);
    IS(RtlGetAce(&Acl.Acl, 2, (PVOID *)&Ace), STATUS_SUCCESS);
    IS(Ace->Header.AceType, ACCESS_DENIED_ACE_TYPE);
    IS(RtlGetAce(&Acl.Acl, 3, (PVOID *)&Ace), STATUS_INVALID_PARAMETER);
}

static void TestAddKnownErrors(void)
{
    ANY_ACL Acl;
    struct {
        SID Sid;
    } Bad = {System.Sid};
    RtlCreateAcl(&Acl.Acl, sizeof(Acl), ACL_REVISION);
    Bad.Sid.Revision = 9;
    IS(RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &Bad), STATUS_INVALID_SID);
    IS(RtlAddAccessAllowedAce(&Acl.Acl, 5, 1, &System), STATUS_REVISION_MISMATCH);
    IS(RtlAddAccessAllowedAceEx(&Acl.Acl, ACL_REVISION, 0x40, 1, &System), STATUS_INVALID_PARAMETER);
    IS(RtlAddAccessAllowedAce(&Acl.Acl, 0, 1, &System), STATUS_REVISION_MISMATCH);
    Acl.Acl.AclRevision = 5;
    IS(RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &System), STATUS_REVISION_MISMATCH);
    Acl.Acl.AclRevision = 0;
    IS(RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &System), STATUS_INVALID_ACL);
    IS(Acl.Acl.AceCount, 0);
}

static void TestValid(void)
{
    ANY_ACL Acl;
    PACCESS_ALLOWED_ACE Ace;
    PVOID Free;
    RtlCreateAcl(&Acl.Acl, sizeof(ACL) + ACE_BYTES, ACL_REVISION);
    OK(RtlFirstFreeAce(&Acl.Acl, &Free));
    OK(Free == Acl.Bytes + sizeof(ACL));
    RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &System);
    OK(RtlFirstFreeAce(&Acl.Acl, &Free));
    OK(Free == NULL);
    RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace);
    OK(RtlValidAcl(&Acl.Acl));
    OK(!RtlValidAcl(NULL));
    Ace->Header.AceSize = ACE_BYTES - 2;
    OK(!RtlValidAcl(&Acl.Acl));
    Ace->Header.AceSize = ACE_BYTES - 4; // the SID ends behind it
    OK(!RtlValidAcl(&Acl.Acl));
    OK(!RtlFirstFreeAce(&Acl.Acl, &Free));
    Ace->Header.AceSize = ACE_BYTES + 4; // it ends behind the ACL
    OK(!RtlValidAcl(&Acl.Acl));
    Ace->Header.AceSize = ACE_BYTES;
    Acl.Acl.AclSize = 4;
    OK(!RtlValidAcl(&Acl.Acl));
}

static void TestAddAndDelete(void)
{
    ANY_ACL Source, Acl;
    PACCESS_ALLOWED_ACE Ace;
    RtlCreateAcl(&Source.Acl, sizeof(ACL) + 2 * ACE_BYTES, ACL_REVISION);
    RtlAddAccessAllowedAce(&Source.Acl, ACL_REVISION, 1, &System);
    RtlAddAccessAllowedAce(&Source.Acl, ACL_REVISION, 2, &System);
    PVOID List = Source.Bytes + sizeof(ACL);
    RtlCreateAcl(&Acl.Acl, sizeof(ACL) + 4 * ACE_BYTES, ACL_REVISION);
    IS(RtlAddAce(&Acl.Acl, ACL_REVISION, MAXULONG, List, 2 * ACE_BYTES), STATUS_SUCCESS);
    IS(Acl.Acl.AceCount, 2);
    // The second in front of all: 2, 1, 2.
    IS(RtlAddAce(&Acl.Acl, ACL_REVISION, 0, (PUCHAR)List + ACE_BYTES, ACE_BYTES), STATUS_SUCCESS);
    RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace);
    IS(Ace->Mask, 2);
    RtlGetAce(&Acl.Acl, 1, (PVOID *)&Ace);
    IS(Ace->Mask, 1);
    IS(RtlAddAce(&Acl.Acl, ACL_REVISION, 0, List, 2 * ACE_BYTES), STATUS_BUFFER_TOO_SMALL);
    IS(RtlAddAce(&Acl.Acl, 1, 0, List, ACE_BYTES), STATUS_INVALID_PARAMETER);
    IS(RtlAddAce(&Acl.Acl, ACL_REVISION, 0, List, ACE_BYTES - 4), STATUS_INVALID_PARAMETER);
    IS(Acl.Acl.AceCount, 3);
    IS(RtlDeleteAce(&Acl.Acl, 3), STATUS_INVALID_PARAMETER);
    IS(RtlDeleteAce(&Acl.Acl, 0), STATUS_SUCCESS);
    IS(Acl.Acl.AceCount, 2);
    RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace);
    IS(Ace->Mask, 1);
    // An object ACE needs the revision of directory services.
    ((PACE_HEADER)List)->AceType = ACCESS_ALLOWED_OBJECT_ACE_TYPE;
    ((PACE_HEADER)List)->AceSize = 2 * ACE_BYTES;
    PULONG Body = (PULONG)List;
    Body[2] = 0; // flags: no GUID
    RtlCopyMemory(&Body[3], &System, sizeof(System));
    IS(RtlAddAce(&Acl.Acl, ACL_REVISION, 0, List, 2 * ACE_BYTES), STATUS_INVALID_PARAMETER);
    IS(RtlAddAce(&Acl.Acl, ACL_REVISION_DS, 0, List, 2 * ACE_BYTES), STATUS_SUCCESS);
    IS(Acl.Acl.AclRevision, ACL_REVISION_DS);
    Acl.Acl.AclRevision = 9;
    IS(RtlDeleteAce(&Acl.Acl, 0), STATUS_INVALID_PARAMETER);
    IS(RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestCreate, TestAddKnown, TestAddKnownErrors, TestValid, TestAddAndDelete)
