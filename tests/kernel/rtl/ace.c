// SPDX-License-Identifier: MIT
// Entries of access control lists: each kind, added and found.
#include "test.h"

static union {
    SID Sid;
    UCHAR Bytes[12];
} System = {{1, 1, {{0, 0, 0, 0, 0, 5}}, {18}}}, Low = {{1, 1, {{0, 0, 0, 0, 0, 16}}, {0x1000}}};

#define ACE_BYTES 20

typedef union _ANY_ACL {
    ACL Acl;
    UCHAR Bytes[512];
} ANY_ACL;

static GUID One = {1, 2, 3, {4}}, Other = {5, 6, 7, {8}};

static void TestAudit(void)
{
    ANY_ACL Acl;
    PACE_HEADER Ace;
    RtlCreateAcl(&Acl.Acl, sizeof(Acl), ACL_REVISION);
    IS(RtlAddAuditAccessAceEx(&Acl.Acl, ACL_REVISION, OBJECT_INHERIT_ACE, 7, &System, TRUE, FALSE),
       STATUS_SUCCESS);
    IS(RtlAddAuditAccessAceEx(&Acl.Acl, ACL_REVISION, 0, 7, &System, FALSE, TRUE), STATUS_SUCCESS);
    IS(RtlAddAuditAccessAceEx(&Acl.Acl, ACL_REVISION, SUCCESSFUL_ACCESS_ACE_FLAG, 7, &System, FALSE, FALSE),
       STATUS_SUCCESS);
    IS(RtlAddAuditAccessAceEx(&Acl.Acl, ACL_REVISION, 0x20, 7, &System, TRUE, TRUE),
       STATUS_INVALID_PARAMETER);
    IS(RtlAddAuditAccessAceEx(&Acl.Acl, 5, 0, 7, &System, TRUE, TRUE), STATUS_REVISION_MISMATCH);
    RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace);
    IS(Ace->AceType, SYSTEM_AUDIT_ACE_TYPE);
    IS(Ace->AceFlags, OBJECT_INHERIT_ACE | SUCCESSFUL_ACCESS_ACE_FLAG);
    RtlGetAce(&Acl.Acl, 1, (PVOID *)&Ace);
    IS(Ace->AceFlags, FAILED_ACCESS_ACE_FLAG);
    RtlGetAce(&Acl.Acl, 2, (PVOID *)&Ace);
    IS(Ace->AceFlags, SUCCESSFUL_ACCESS_ACE_FLAG);
    OK(RtlValidAcl(&Acl.Acl));
}

static void TestObject(void)
{
    ANY_ACL Acl;
    PACE_HEADER Ace;
    RtlCreateAcl(&Acl.Acl, sizeof(Acl), ACL_REVISION);
    IS(RtlAddAccessAllowedObjectAce(&Acl.Acl, ACL_REVISION, 0, 3, &One, NULL, &System),
       STATUS_REVISION_MISMATCH);
    IS(RtlAddAccessAllowedObjectAce(&Acl.Acl, ACL_REVISION_DS, 0x40, 3, &One, NULL, &System),
       STATUS_INVALID_PARAMETER);
    IS(RtlAddAccessAllowedObjectAce(&Acl.Acl, ACL_REVISION_DS, 0, 3, &One, &Other, &System), STATUS_SUCCESS);
    IS(RtlAddAccessDeniedObjectAce(&Acl.Acl, ACL_REVISION_DS, 0, 3, NULL, &Other, &System), STATUS_SUCCESS);
    IS(RtlAddAuditAccessObjectAce(&Acl.Acl, ACL_REVISION_DS, 0, 3, &One, NULL, &System, TRUE, TRUE),
       STATUS_SUCCESS);
    // Without a GUID it is a plain one.
    IS(RtlAddAccessDeniedObjectAce(&Acl.Acl, ACL_REVISION_DS, 0, 3, NULL, NULL, &System), STATUS_SUCCESS);
    IS(Acl.Acl.AclRevision, ACL_REVISION_DS);
    OK(RtlValidAcl(&Acl.Acl));
    RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace);
    IS(Ace->AceType, ACCESS_ALLOWED_OBJECT_ACE_TYPE);
    IS(Ace->AceSize, 12 + 2 * sizeof(GUID) + sizeof(System.Bytes));
    IS(((PULONG)Ace)[1], 3);
    IS(((PULONG)Ace)[2], 3);
    OK(RtlEqualMemory((PUCHAR)Ace + 12, &One, sizeof(One)));
    OK(RtlEqualMemory((PUCHAR)Ace + 28, &Other, sizeof(Other)));
    OK(RtlEqualSid((PUCHAR)Ace + 44, &System));
    RtlGetAce(&Acl.Acl, 1, (PVOID *)&Ace);
    IS(Ace->AceType, ACCESS_DENIED_OBJECT_ACE_TYPE);
    IS(((PULONG)Ace)[2], 2);
    OK(RtlEqualMemory((PUCHAR)Ace + 12, &Other, sizeof(Other)));
    RtlGetAce(&Acl.Acl, 2, (PVOID *)&Ace);
    IS(Ace->AceType, SYSTEM_AUDIT_OBJECT_ACE_TYPE);
    IS(Ace->AceFlags, SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG);
    RtlGetAce(&Acl.Acl, 3, (PVOID *)&Ace);
    IS(Ace->AceType, ACCESS_DENIED_ACE_TYPE);
    IS(Ace->AceSize, ACE_BYTES);
}

static void TestMandatory(void)
{
    ANY_ACL Acl;
    PACE_HEADER Ace;
    const UCHAR Label = SYSTEM_MANDATORY_LABEL_ACE_TYPE;
    RtlCreateAcl(&Acl.Acl, sizeof(ACL) + ACE_BYTES, ACL_REVISION);
    IS(RtlAddMandatoryAce(&Acl.Acl, ACL_REVISION, 0, &System, Label, 1), STATUS_INVALID_PARAMETER);
    IS(RtlAddMandatoryAce(&Acl.Acl, ACL_REVISION, 0, &Low, ACCESS_ALLOWED_ACE_TYPE, 1),
       STATUS_INVALID_PARAMETER);
    IS(RtlAddMandatoryAce(&Acl.Acl, ACL_REVISION, 0, &Low, Label, 8), STATUS_INVALID_PARAMETER);
    IS(RtlAddMandatoryAce(&Acl.Acl, ACL_REVISION, 0, NULL, Label, 1), STATUS_INVALID_SID);
    IS(RtlAddMandatoryAce(&Acl.Acl, ACL_REVISION, 0, &Low, Label, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP),
       STATUS_SUCCESS);
    IS(RtlAddMandatoryAce(&Acl.Acl, ACL_REVISION, 0, &Low, Label, 1), STATUS_ALLOTTED_SPACE_EXCEEDED);
    RtlGetAce(&Acl.Acl, 0, (PVOID *)&Ace);
    IS(Ace->AceType, Label);
    IS(((PULONG)Ace)[1], SYSTEM_MANDATORY_LABEL_NO_WRITE_UP);
    OK(RtlEqualSid((PUCHAR)Ace + 8, &Low));
}

static void TestQuery(void)
{
    ANY_ACL Acl;
    ACL_SIZE_INFORMATION Size;
    ACL_REVISION_INFORMATION Revision;
    RtlCreateAcl(&Acl.Acl, sizeof(ACL) + ACE_BYTES + 8, ACL_REVISION_DS);
    RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &System);
    IS(RtlQueryInformationAcl(&Acl.Acl, &Revision, sizeof(Revision), AclRevisionInformation), STATUS_SUCCESS);
    IS(Revision.AclRevision, ACL_REVISION_DS);
    IS(RtlQueryInformationAcl(&Acl.Acl, &Size, sizeof(Size), AclSizeInformation), STATUS_SUCCESS);
    IS(Size.AceCount, 1);
    IS(Size.AclBytesInUse, sizeof(ACL) + ACE_BYTES);
    IS(Size.AclBytesFree, 8);
    IS(RtlQueryInformationAcl(&Acl.Acl, &Size, sizeof(Size) - 1, AclSizeInformation),
       STATUS_BUFFER_TOO_SMALL);
    IS(RtlQueryInformationAcl(&Acl.Acl, &Revision, 3, AclRevisionInformation), STATUS_BUFFER_TOO_SMALL);
    IS(RtlQueryInformationAcl(&Acl.Acl, &Size, sizeof(Size), 3), STATUS_INVALID_INFO_CLASS);
    Acl.Acl.AclRevision = 1;
    IS(RtlQueryInformationAcl(&Acl.Acl, &Size, sizeof(Size), AclSizeInformation), STATUS_INVALID_PARAMETER);
}

static void TestFind(void)
{
    ANY_ACL Acl;
    PVOID Ace, Third;
    ULONG Index = 0;
    RtlCreateAcl(&Acl.Acl, sizeof(Acl), ACL_REVISION);
    RtlAddAccessDeniedAceEx(&Acl.Acl, ACL_REVISION, 0, 1, &System);
    RtlAddAccessAllowedAce(&Acl.Acl, ACL_REVISION, 1, &System);
    RtlAddAccessDeniedAceEx(&Acl.Acl, ACL_REVISION, 0, 1, &System);
    RtlGetAce(&Acl.Acl, 2, &Third);
    OK(RtlFindAceByType(NULL, ACCESS_DENIED_ACE_TYPE, NULL) == NULL);
    RtlGetAce(&Acl.Acl, 0, &Ace);
    OK(RtlFindAceByType(&Acl.Acl, ACCESS_DENIED_ACE_TYPE, NULL) == Ace);
    Index = 1;
    OK(RtlFindAceByType(&Acl.Acl, ACCESS_DENIED_ACE_TYPE, &Index) == Third);
    IS(Index, 2);
    Index = 3;
    OK(RtlFindAceByType(&Acl.Acl, ACCESS_DENIED_ACE_TYPE, &Index) == NULL);
    OK(RtlFindAceByType(&Acl.Acl, SYSTEM_AUDIT_ACE_TYPE, NULL) == NULL);
}

static void TestCopySids(void)
{
    SID_AND_ATTRIBUTES Source[2] = {{&System, 7}, {&Low, 0x20}}, Target[2];
    UCHAR Area[32];
    PSID Rest;
    ULONG RestBytes;
    IS(RtlCopySidAndAttributesArray(2, Source, 23, Target, Area, &Rest, &RestBytes), STATUS_INVALID_SID);
    IS(RtlCopySidAndAttributesArray(2, Source, sizeof(Area), Target, Area, &Rest, &RestBytes),
       STATUS_SUCCESS);
    OK(Target[0].Sid == (PSID)Area && Target[1].Sid == (PSID)(Area + 12));
    OK(RtlEqualSid(Target[1].Sid, &Low));
    IS(Target[0].Attributes, 7);
    IS(Target[1].Attributes, 0x20);
    OK(Rest == (PSID)(Area + 24));
    IS(RestBytes, 8);
}

TEST_DRIVER(TestAudit, TestObject, TestMandatory, TestQuery, TestFind, TestCopySids)
