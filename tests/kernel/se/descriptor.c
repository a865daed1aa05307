// SPDX-License-Identifier: MIT
// Descriptors asked, changed, captured.
#include "descriptor.h"

NTKERNELAPI NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Original, KPROCESSOR_MODE Mode,
                                                       POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                                       PSECURITY_DESCRIPTOR *Captured);
NTKERNELAPI VOID NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode,
                                                   BOOLEAN CaptureIfKernel);

static SECURITY_DESCRIPTOR Source;
static TEST_ACL SourceDacl, SourceSacl;
static PSECURITY_DESCRIPTOR Whole; // Source, self-relative

static void TestCapture(void)
{
    PSECURITY_DESCRIPTOR Same;
    NewDescriptor(&Source, &SourceDacl);
    RtlSetOwnerSecurityDescriptor(&Source, SeExports->SeLocalSystemSid, FALSE);
    RtlSetGroupSecurityDescriptor(&Source, SeExports->SeWorldSid, FALSE);
    RtlAddAccessAllowedAceEx(&SourceDacl.Acl, ACL_REVISION, INHERITED_ACE, READ, SeExports->SeBatchSid);
    RtlAddAccessAllowedAceEx(&SourceDacl.Acl, ACL_REVISION, 0, WRITE, SeExports->SeWorldSid);
    RtlCreateAcl(&SourceSacl.Acl, sizeof(SourceSacl), ACL_REVISION);
    RtlAddAuditAccessAceEx(&SourceSacl.Acl, ACL_REVISION, 0, READ, SeExports->SeWorldSid, TRUE, FALSE);
    RtlAddMandatoryAce(&SourceSacl.Acl, ACL_REVISION, 0, SeExports->SeHighMandatorySid,
                       SYSTEM_MANDATORY_LABEL_ACE_TYPE, 1);
    RtlSetSaclSecurityDescriptor(&Source, TRUE, &SourceSacl.Acl, FALSE);

    IS(SeCaptureSecurityDescriptor(NULL, UserMode, PagedPool, TRUE, &Whole), STATUS_SUCCESS);
    OK(Whole == NULL);
    IS(SeCaptureSecurityDescriptor(&Source, KernelMode, PagedPool, FALSE, &Same), STATUS_SUCCESS);
    OK(Same == &Source);
    SeReleaseSecurityDescriptor(Same, KernelMode, FALSE);
    IS(SeCaptureSecurityDescriptor(&Source, UserMode, PagedPool, TRUE, &Same), STATUS_ACCESS_VIOLATION);
    OK(Same == NULL);
    IS(SeCaptureSecurityDescriptor(&Source, KernelMode, PagedPool, TRUE, &Whole), STATUS_SUCCESS);
    OK(Whole != &Source);
    OK(SeValidSecurityDescriptor(RtlLengthSecurityDescriptor(Whole), Whole));
    OK(!SeValidSecurityDescriptor(RtlLengthSecurityDescriptor(Whole) - 4, Whole));
    OK(RtlEqualSid(GroupOf(Whole), SeExports->SeWorldSid));
    Source.Revision = 2;
    IS(SeCaptureSecurityDescriptor(&Source, KernelMode, PagedPool, TRUE, &Same), STATUS_UNKNOWN_REVISION);
    Source.Revision = 1;
    SourceDacl.Acl.AclRevision = 9;
    IS(SeCaptureSecurityDescriptor(&Source, KernelMode, PagedPool, TRUE, &Same), STATUS_INVALID_ACL);
    SourceDacl.Acl.AclRevision = ACL_REVISION_DS;
}

// A user's descriptor: of what it leads to in the kernel's half nothing is read, not even whether it is
// right.
static void TestCaptureOfUser(void)
{
    static UCHAR NoSid[SECURITY_MAX_SID_SIZE] = {9};
    PSECURITY_DESCRIPTOR Copy, User = NULL;
    SIZE_T Bytes = PAGE_SIZE;
    IS(ZwAllocateVirtualMemory(ZwCurrentProcess(), (PVOID *)&User, 0, &Bytes, MEM_COMMIT, PAGE_READWRITE),
       STATUS_SUCCESS);
    RtlCreateSecurityDescriptor(User, SECURITY_DESCRIPTOR_REVISION);
    IS(SeCaptureSecurityDescriptor(User, UserMode, PagedPool, TRUE, &Copy), STATUS_SUCCESS);
    OK(RtlValidSecurityDescriptor(Copy));
    SeReleaseSecurityDescriptor(Copy, UserMode, TRUE);
    ((PISECURITY_DESCRIPTOR)User)->Owner = (PSID)NoSid;
    IS(SeCaptureSecurityDescriptor(User, UserMode, PagedPool, TRUE, &Copy), STATUS_ACCESS_VIOLATION);
    ((PISECURITY_DESCRIPTOR)User)->Owner = NULL;
    ((PISECURITY_DESCRIPTOR)User)->Control = SE_DACL_PRESENT;
    ((PISECURITY_DESCRIPTOR)User)->Dacl = (PACL)NoSid;
    IS(SeCaptureSecurityDescriptor(User, UserMode, PagedPool, TRUE, &Copy), STATUS_ACCESS_VIOLATION);
    ((PISECURITY_DESCRIPTOR)User)->Dacl = (PACL)((PUCHAR)User + 64);
    IS(SeCaptureSecurityDescriptor(User, UserMode, PagedPool, TRUE, &Copy), STATUS_INVALID_ACL);
    OK(Copy == NULL);
    Bytes = 0;
    IS(ZwFreeVirtualMemory(ZwCurrentProcess(), (PVOID *)&User, &Bytes, MEM_RELEASE), STATUS_SUCCESS);
}

static void TestQuery(void)
{
    UCHAR Buffer[512];
    PSECURITY_DESCRIPTOR None = NULL, Absolute = &Source;
    SECURITY_INFORMATION Information = OWNER_SECURITY_INFORMATION;
    ULONG Length = 0;
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &Whole), STATUS_BUFFER_TOO_SMALL);
    IS(Length, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + 12);
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &Whole), STATUS_SUCCESS);
    OK(RtlEqualSid(OwnerOf(Buffer), SeExports->SeLocalSystemSid));
    OK(GroupOf(Buffer) == NULL && DaclOf(Buffer) == NULL && SaclOf(Buffer) == NULL);
    IS(((PISECURITY_DESCRIPTOR)Buffer)->Control, SE_SELF_RELATIVE);
    Information = GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    Length = sizeof(Buffer);
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &Whole), STATUS_SUCCESS);
    IS(Length, RtlLengthSecurityDescriptor(Buffer));
    OK(OwnerOf(Buffer) == NULL);
    OK(RtlEqualSid(GroupOf(Buffer), SeExports->SeWorldSid));
    IS(DaclOf(Buffer)->AceCount, 2);
    // The label is no part of what SACL_SECURITY_INFORMATION means.
    Information = SACL_SECURITY_INFORMATION;
    Length = sizeof(Buffer);
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &Whole), STATUS_SUCCESS);
    IS(SaclOf(Buffer)->AceCount, 1);
    IsAce(SaclOf(Buffer), 0, SYSTEM_AUDIT_ACE_TYPE, SUCCESSFUL_ACCESS_ACE_FLAG, READ, SeExports->SeWorldSid);
    Information = LABEL_SECURITY_INFORMATION;
    Length = sizeof(Buffer);
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &Whole), STATUS_SUCCESS);
    IS(SaclOf(Buffer)->AceCount, 1);
    IsAce(SaclOf(Buffer), 0, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, 1, SeExports->SeHighMandatorySid);
    Length = sizeof(Buffer);
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &None), STATUS_SUCCESS);
    IS(Length, sizeof(SECURITY_DESCRIPTOR_RELATIVE));
    IS(SeQuerySecurityDescriptorInfo(&Information, Buffer, &Length, &Absolute), STATUS_BAD_DESCRIPTOR_FORMAT);
}

static void TestSet(void)
{
    SECURITY_DESCRIPTOR Change;
    TEST_ACL Dacl;
    PSECURITY_DESCRIPTOR Now = NULL, Before, Absolute = &Source;
    SECURITY_INFORMATION Information = OWNER_SECURITY_INFORMATION;
    NewDescriptor(&Change, &Dacl);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_READ, SeExports->SeLocalSid);
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Now, PagedPool, &Mapping),
       STATUS_NO_SECURITY_ON_OBJECT);
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Absolute, PagedPool, &Mapping),
       STATUS_BAD_DESCRIPTOR_FORMAT);
    Now = Whole;
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Now, PagedPool, &Mapping),
       STATUS_INVALID_OWNER);
    OK(Now == Whole);
    Information = GROUP_SECURITY_INFORMATION;
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Now, PagedPool, &Mapping),
       STATUS_INVALID_PRIMARY_GROUP);
    Information = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    RtlSetOwnerSecurityDescriptor(&Change, SeExports->SeAliasAdminsSid, FALSE);
    RtlSetGroupSecurityDescriptor(&Change, SeExports->SeBatchSid, FALSE);
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Now, PagedPool, &Mapping), STATUS_SUCCESS);
    OK(Now != Whole);
    OK(RtlEqualSid(OwnerOf(Now), SeExports->SeAliasAdminsSid));
    OK(RtlEqualSid(GroupOf(Now), SeExports->SeBatchSid));
    IS(DaclOf(Now)->AceCount, 1);
    IsAce(DaclOf(Now), 0, ACCESS_ALLOWED_ACE_TYPE, 0, READ | READ_CONTROL, SeExports->SeLocalSid);
    IS(SaclOf(Now)->AceCount, 2);
    // The label alone.
    Information = LABEL_SECURITY_INFORMATION;
    RtlCreateAcl(&Dacl.Acl, sizeof(Dacl), ACL_REVISION);
    RtlAddMandatoryAce(&Dacl.Acl, ACL_REVISION, 0, SeExports->SeLowMandatorySid,
                       SYSTEM_MANDATORY_LABEL_ACE_TYPE, 3);
    RtlSetSaclSecurityDescriptor(&Change, TRUE, &Dacl.Acl, FALSE);
    Before = Now;
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Now, NonPagedPool, &Mapping),
       STATUS_SUCCESS);
    ExFreePool(Before);
    IsAce(SaclOf(Now), 0, SYSTEM_AUDIT_ACE_TYPE, SUCCESSFUL_ACCESS_ACE_FLAG, READ, SeExports->SeWorldSid);
    IsAce(SaclOf(Now), 1, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, 3, SeExports->SeLowMandatorySid);
    // The audit ACEs alone: an empty list of them.
    Information = SACL_SECURITY_INFORMATION;
    RtlCreateAcl(&Dacl.Acl, sizeof(Dacl), ACL_REVISION);
    Before = Now;
    IS(SeSetSecurityDescriptorInfo(NULL, &Information, &Change, &Now, PagedPool, &Mapping), STATUS_SUCCESS);
    ExFreePool(Before);
    IS(SaclOf(Now)->AceCount, 1);
    IsAce(SaclOf(Now), 0, SYSTEM_MANDATORY_LABEL_ACE_TYPE, 0, 3, SeExports->SeLowMandatorySid);
    ExFreePool(Now);
}

static void TestSetAutoInherit(void)
{
    SECURITY_DESCRIPTOR Change;
    TEST_ACL Dacl;
    PSECURITY_DESCRIPTOR Now = Whole, Before;
    SECURITY_INFORMATION Information = DACL_SECURITY_INFORMATION;
    NewDescriptor(&Change, &Dacl);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, INHERITED_ACE, RUN, SeExports->SeLocalSid);
    RtlAddAccessAllowedAceEx(&Dacl.Acl, ACL_REVISION, 0, RUN, SeExports->SeDialupSid);
    // Neither is protected: the inherited ones of now, the others of the change.
    IS(SeSetSecurityDescriptorInfoEx(NULL, &Information, &Change, &Now, SEF_DACL_AUTO_INHERIT, PagedPool,
                                     &Mapping),
       STATUS_SUCCESS);
    IS(DaclOf(Now)->AceCount, 2);
    IsAce(DaclOf(Now), 0, ACCESS_ALLOWED_ACE_TYPE, 0, RUN, SeExports->SeDialupSid);
    IsAce(DaclOf(Now), 1, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, READ, SeExports->SeBatchSid);
    Before = Now;
    // The change is protected: it alone, nothing in it inherited any more.
    Change.Control |= SE_DACL_PROTECTED;
    IS(SeSetSecurityDescriptorInfoEx(NULL, &Information, &Change, &Now, SEF_DACL_AUTO_INHERIT, PagedPool,
                                     &Mapping),
       STATUS_SUCCESS);
    ExFreePool(Before);
    IS(DaclOf(Now)->AceCount, 2);
    IsAce(DaclOf(Now), 0, ACCESS_ALLOWED_ACE_TYPE, 0, RUN, SeExports->SeLocalSid);
    IS(((PISECURITY_DESCRIPTOR)Now)->Control & SE_DACL_PROTECTED, SE_DACL_PROTECTED);
    Before = Now;
    // What is there is protected, the change is not: the change as it is.
    Change.Control &= (USHORT)~SE_DACL_PROTECTED;
    IS(SeSetSecurityDescriptorInfoEx(NULL, &Information, &Change, &Now, SEF_DACL_AUTO_INHERIT, PagedPool,
                                     &Mapping),
       STATUS_SUCCESS);
    ExFreePool(Before);
    IS(DaclOf(Now)->AceCount, 2);
    IsAce(DaclOf(Now), 0, ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, RUN, SeExports->SeLocalSid);
    IS(((PISECURITY_DESCRIPTOR)Now)->Control & SE_DACL_PROTECTED, 0);
    ExFreePool(Now);
    SeReleaseSecurityDescriptor(Whole, KernelMode, TRUE);
}

TEST_DRIVER(TestCapture, TestCaptureOfUser, TestQuery, TestSet, TestSetAutoInherit)
