// SPDX-License-Identifier: MIT
// Descriptors of new objects. The creator is the System process: owner Administrators, group SYSTEM.
#include "descriptor.h"

static SECURITY_SUBJECT_CONTEXT Subject;

static void TestDefault(void)
{
    PSECURITY_DESCRIPTOR New;
    SeCaptureSubjectContext(&Subject);
    IS(SeAssignSecurity(NULL, NULL, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    OK(RtlValidRelativeSecurityDescriptor(New, RtlLengthSecurityDescriptor(New), 0));
    OK(RtlEqualSid(OwnerOf(New), SeExports->SeAliasAdminsSid));
    OK(RtlEqualSid(GroupOf(New), SeExports->SeLocalSystemSid));
    // The token's default list, with the rights of the type.
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, 0, ALL, SeExports->SeLocalSystemSid);
    IsAce(DaclOf(New), 1, ACCESS_ALLOWED_ACE_TYPE, 0, READ | RUN | READ_CONTROL, SeExports->SeAliasAdminsSid);
    OK(SaclOf(New) == NULL);
    IS(SeDeassignSecurity(&New), STATUS_SUCCESS);
    OK(New == NULL);
}

static void TestExplicit(void)
{
    SECURITY_DESCRIPTOR Explicit, Parent;
    TEST_ACL Dacl, ParentDacl;
    PSECURITY_DESCRIPTOR New;
    NewDescriptor(&Explicit, &Dacl);
    RtlSetOwnerSecurityDescriptor(&Explicit, SeExports->SeLocalSystemSid, FALSE);
    RtlSetGroupSecurityDescriptor(&Explicit, SeExports->SeWorldSid, FALSE);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_WRITE, SeExports->SeWorldSid);
    NewDescriptor(&Parent, &ParentDacl);
    RtlAddAccessAllowedAceEx(&ParentDacl.Acl, ACL_REVISION, OBJECT_INHERIT_ACE, READ, SeExports->SeBatchSid);
    IS(SeAssignSecurity(&Parent, &Explicit, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    OK(RtlEqualSid(OwnerOf(New), SeExports->SeLocalSystemSid));
    OK(RtlEqualSid(GroupOf(New), SeExports->SeWorldSid));
    IS(DaclOf(New)->AceCount, 1);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, 0, WRITE, SeExports->SeWorldSid);
    SeDeassignSecurity(&New);
    // A default one gives way to what is inherited, but not to nothing.
    RtlSetDaclSecurityDescriptor(&Explicit, TRUE, &Dacl.Acl, TRUE);
    IS(SeAssignSecurity(&Parent, &Explicit, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    IS(DaclOf(New)->AceCount, 1);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, 0, READ, SeExports->SeBatchSid);
    SeDeassignSecurity(&New);
    IS(SeAssignSecurity(&Parent, &Explicit, &New, TRUE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, READ,
          SeExports->SeBatchSid);
    SeDeassignSecurity(&New);
    IS(SeAssignSecurity(NULL, &Explicit, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, 0, WRITE, SeExports->SeWorldSid);
    SeDeassignSecurity(&New);
    // A null list stays one, an empty one too.
    RtlSetDaclSecurityDescriptor(&Explicit, TRUE, NULL, FALSE);
    IS(SeAssignSecurity(&Parent, &Explicit, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    IS(((PISECURITY_DESCRIPTOR)New)->Control & SE_DACL_PRESENT, SE_DACL_PRESENT);
    OK(DaclOf(New) == NULL);
    SeDeassignSecurity(&New);
    NewDescriptor(&Explicit, &Dacl);
    IS(SeAssignSecurity(&Parent, &Explicit, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    IS(DaclOf(New)->AceCount, 0);
    SeDeassignSecurity(&New);
}

static void TestInheritance(void)
{
    SECURITY_DESCRIPTOR Parent;
    TEST_ACL Dacl;
    PSECURITY_DESCRIPTOR New;
    const UCHAR Both = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
    NewDescriptor(&Parent, &Dacl);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, Both, GENERIC_ALL, SeExports->SeCreatorOwnerSid);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE, READ,
                             SeExports->SeCreatorGroupSid);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, OBJECT_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE, WRITE,
                             SeExports->SeWorldSid);
    RtlAddAccessDeniedAceEx(&Dacl.Acl, ACL_REVISION, Both | INHERIT_ONLY_ACE, RUN, SeExports->SeBatchSid);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, 0, RUN, SeExports->SeLocalSid);

    IS(SeAssignSecurity(&Parent, NULL, &New, FALSE, &Subject, &Mapping, PagedPool), STATUS_SUCCESS);
    IS(DaclOf(New)->AceCount, 3);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, 0, ALL, SeExports->SeAliasAdminsSid);
    IsAce(DaclOf(New), 1, ACCESS_ALLOWED_ACE_TYPE, 0, WRITE, SeExports->SeWorldSid);
    IsAce(DaclOf(New), 2, ACCESS_DENIED_ACE_TYPE, 0, RUN, SeExports->SeBatchSid);
    SeDeassignSecurity(&New);

    // What a directory hands down stays general: an ACE for itself, one for what is made in it.
    IS(SeAssignSecurityEx(&Parent, NULL, &New, NULL, TRUE, SEF_DACL_AUTO_INHERIT, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    IS(((PISECURITY_DESCRIPTOR)New)->Control & SE_DACL_AUTO_INHERITED, SE_DACL_AUTO_INHERITED);
    IS(DaclOf(New)->AceCount, 4);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, ALL, SeExports->SeAliasAdminsSid);
    IsAce(DaclOf(New), 1, ACCESS_ALLOWED_ACE_TYPE, Both | INHERIT_ONLY_ACE | INHERITED_ACE, GENERIC_ALL,
          SeExports->SeCreatorOwnerSid);
    IsAce(DaclOf(New), 2, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, READ, SeExports->SeLocalSystemSid);
    IsAce(DaclOf(New), 3, ACCESS_DENIED_ACE_TYPE, Both | INHERITED_ACE, RUN, SeExports->SeBatchSid);
    SeDeassignSecurity(&New);
}

static void TestObjectType(void)
{
    static GUID Type = {1, 2, 3, {4}}, Other = {5, 6, 7, {8}};
    SECURITY_DESCRIPTOR Parent;
    TEST_ACL Dacl;
    PSECURITY_DESCRIPTOR New;
    NewDescriptor(&Parent, &Dacl);
    IS(RtlAddAccessAllowedObjectAce(&Dacl.Acl, ACL_REVISION_DS, OBJECT_INHERIT_ACE, READ, NULL, &Type,
                                    SeExports->SeWorldSid),
       STATUS_SUCCESS);
    IS(SeAssignSecurityEx(&Parent, NULL, &New, &Type, FALSE, SEF_DACL_AUTO_INHERIT, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    IS(DaclOf(New)->AceCount, 1);
    IS(DaclOf(New)->AclRevision, ACL_REVISION_DS);
    SeDeassignSecurity(&New);
    // For another type, or none, nothing is inherited: the token's default.
    IS(SeAssignSecurityEx(&Parent, NULL, &New, &Other, FALSE, SEF_DACL_AUTO_INHERIT, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    IS(DaclOf(New)->AceCount, 2);
    SeDeassignSecurity(&New);
}

static void TestAutoInherit(void)
{
    SECURITY_DESCRIPTOR Parent, Explicit;
    TEST_ACL ParentDacl, Dacl;
    PSECURITY_DESCRIPTOR New;
    NewDescriptor(&Parent, &ParentDacl);
    RtlSetOwnerSecurityDescriptor(&Parent, SeExports->SeLocalServiceSid, FALSE);
    RtlSetGroupSecurityDescriptor(&Parent, SeExports->SeNetworkServiceSid, FALSE);
    RtlAddAccessAllowedAceEx(&ParentDacl.Acl, ACL_REVISION, OBJECT_INHERIT_ACE, READ, SeExports->SeBatchSid);
    NewDescriptor(&Explicit, &Dacl);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, INHERITED_ACE, RUN, SeExports->SeLocalSid);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, 0, WRITE, SeExports->SeWorldSid);
    IS(SeAssignSecurityEx(&Parent, &Explicit, &New, NULL, FALSE,
                          SEF_DACL_AUTO_INHERIT | SEF_DEFAULT_OWNER_FROM_PARENT |
                              SEF_DEFAULT_GROUP_FROM_PARENT,
                          &Subject, &Mapping, PagedPool),
       STATUS_SUCCESS);
    OK(RtlEqualSid(OwnerOf(New), SeExports->SeLocalServiceSid));
    OK(RtlEqualSid(GroupOf(New), SeExports->SeNetworkServiceSid));
    // Of those that are given only the explicit ones, and behind them what is inherited.
    IS(DaclOf(New)->AceCount, 2);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, 0, WRITE, SeExports->SeWorldSid);
    IsAce(DaclOf(New), 1, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, READ, SeExports->SeBatchSid);
    SeDeassignSecurity(&New);
    // A default descriptor is not used if there is something to inherit.
    IS(SeAssignSecurityEx(&Parent, &Explicit, &New, NULL, FALSE,
                          SEF_DACL_AUTO_INHERIT | SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    OK(RtlEqualSid(OwnerOf(New), SeExports->SeAliasAdminsSid));
    IS(DaclOf(New)->AceCount, 1);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, READ, SeExports->SeBatchSid);
    SeDeassignSecurity(&New);
    // A protected list inherits nothing.
    Explicit.Control |= SE_DACL_PROTECTED;
    IS(SeAssignSecurityEx(&Parent, &Explicit, &New, NULL, FALSE, SEF_DACL_AUTO_INHERIT, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    IS(DaclOf(New)->AceCount, 2);
    IsAce(DaclOf(New), 0, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, RUN, SeExports->SeLocalSid);
    IS(((PISECURITY_DESCRIPTOR)New)->Control & SE_DACL_PROTECTED, SE_DACL_PROTECTED);
    SeDeassignSecurity(&New);
}

static void TestSacl(void)
{
    SECURITY_DESCRIPTOR Parent, Explicit;
    TEST_ACL ParentSacl, Sacl;
    PSECURITY_DESCRIPTOR New;
    NewDescriptor(&Parent, NULL);
    RtlCreateAcl(&ParentSacl.Acl, sizeof(ParentSacl), ACL_REVISION);
    RtlAddAuditAccessAceEx(&ParentSacl.Acl, ACL_REVISION, OBJECT_INHERIT_ACE, READ, SeExports->SeWorldSid,
                           TRUE, FALSE);
    RtlSetSaclSecurityDescriptor(&Parent, TRUE, &ParentSacl.Acl, FALSE);
    NewDescriptor(&Explicit, NULL);
    RtlCreateAcl(&Sacl.Acl, sizeof(Sacl), ACL_REVISION);
    RtlAddAuditAccessAceEx(&Sacl.Acl, ACL_REVISION, 0, WRITE, SeExports->SeWorldSid, FALSE, TRUE);
    RtlSetSaclSecurityDescriptor(&Explicit, TRUE, &Sacl.Acl, FALSE);
    IS(SeAssignSecurityEx(&Parent, &Explicit, &New, NULL, FALSE, SEF_SACL_AUTO_INHERIT, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    IS(SaclOf(New)->AceCount, 2);
    IsAce(SaclOf(New), 0, SYSTEM_AUDIT_ACE_TYPE, FAILED_ACCESS_ACE_FLAG, WRITE, SeExports->SeWorldSid);
    IsAce(SaclOf(New), 1, SYSTEM_AUDIT_ACE_TYPE, SUCCESSFUL_ACCESS_ACE_FLAG | INHERITED_ACE, READ,
          SeExports->SeWorldSid);
    SeDeassignSecurity(&New);
    // For user mode it takes SeSecurityPrivilege, which the System process has disabled.
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE, &Subject, &Mapping,
                          PagedPool),
       STATUS_PRIVILEGE_NOT_HELD);
    OK(New == NULL);
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE | SEF_AVOID_PRIVILEGE_CHECK,
                          &Subject, &Mapping, PagedPool),
       STATUS_SUCCESS);
    SeDeassignSecurity(&New);
    // A label does not.
    RtlCreateAcl(&Sacl.Acl, sizeof(Sacl), ACL_REVISION);
    RtlAddMandatoryAce(&Sacl.Acl, ACL_REVISION, 0, SeExports->SeLowMandatorySid,
                       SYSTEM_MANDATORY_LABEL_ACE_TYPE, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP);
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    IsAce(SaclOf(New), 0, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP,
          SeExports->SeLowMandatorySid);
    SeDeassignSecurity(&New);
}

static void TestOwner(void)
{
    SECURITY_DESCRIPTOR Explicit;
    PSECURITY_DESCRIPTOR New;
    NewDescriptor(&Explicit, NULL);
    RtlSetOwnerSecurityDescriptor(&Explicit, SeExports->SeLocalServiceSid, FALSE);
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE, &Subject, &Mapping,
                          PagedPool),
       STATUS_INVALID_OWNER);
    // A group that is there, but not as an owner.
    RtlSetOwnerSecurityDescriptor(&Explicit, SeExports->SeWorldSid, FALSE);
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE, &Subject, &Mapping,
                          PagedPool),
       STATUS_INVALID_OWNER);
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE | SEF_AVOID_OWNER_CHECK,
                          &Subject, &Mapping, PagedPool),
       STATUS_SUCCESS);
    SeDeassignSecurity(&New);
    RtlSetOwnerSecurityDescriptor(&Explicit, SeExports->SeAliasAdminsSid, FALSE);
    IS(SeAssignSecurityEx(NULL, &Explicit, &New, NULL, FALSE, SEF_FORCE_USER_MODE, &Subject, &Mapping,
                          PagedPool),
       STATUS_SUCCESS);
    SeDeassignSecurity(&New);
    SeReleaseSubjectContext(&Subject);
}

TEST_DRIVER(TestDefault, TestExplicit, TestInheritance, TestObjectType, TestAutoInherit, TestSacl, TestOwner)
