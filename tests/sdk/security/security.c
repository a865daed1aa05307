// SPDX-License-Identifier: MIT
// SIDs, descriptors, and what the System process, whose thread this runs on, is and may do.
// tests/drivers/security has other users, and such as act for others.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static BOOLEAN Is(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(String, &Other, FALSE);
}

static void TestSids(void)
{
    static const PCWSTR Wrong[] = {L"",
                                   L"S-1",
                                   L"S-1-",
                                   L"S-1-5",
                                   L"S-2-5-18",
                                   L"S-1-5-",
                                   L"S-1-5-x",
                                   L"S-1-5-18-",
                                   L"S-1-5-18x",
                                   L"S-1-5-4294967296",
                                   L"BA",
                                   L"S-1--5-18",
                                   L"S-1-281474976710656-1",
                                   L"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"};
    static const PCWSTR Right[] = {L"S-1-5-18", L"S-1-5-32-544", L"S-1-5-21-4294967295-2-3-1001", L"S-1-1-0",
                                   L"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"};
    KM_SID Sid, Other;
    UNICODE_STRING Text;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index++) {
        IS(KmSidFromText(Wrong[Index], &Sid), STATUS_INVALID_SID);
        IS(Sid.Revision, 0);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Right); Index++) {
        IS(KmSidFromText(Right[Index], &Sid), STATUS_SUCCESS);
        OK(RtlValidSid((PSID)&Sid));
        EACH_FAILURE(&Test)
        {
            IS(KmSidToText(&Sid, &Test.Allocator, &Text),
               Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
            OK(Is(&Text, Test.Failed ? L"" : Right[Index]));
            KmUnicodeFree(&Test.Allocator, &Text);
        }
    }
    IS(KmSidFromText(L"s-1-0x5-0x20-0x220", &Sid), STATUS_SUCCESS);
    IS(KmSidFromText(L"S-1-5-32-544", &Other), STATUS_SUCCESS);
    OK(KmSidEqual(&Sid, &Other));
    OK(RtlEqualSid((PSID)&Sid, SeExports->SeAliasAdminsSid));
    IS(KmSidFromText(L"S-1-5-32-545", &Other), STATUS_SUCCESS);
    OK(!KmSidEqual(&Sid, &Other));
    IS(KmSidFromText(L"S-1-5-32", &Other), STATUS_SUCCESS);
    OK(!KmSidEqual(&Sid, &Other));
    RtlZeroMemory(&Sid, sizeof(Sid));
    IS(KmSidToText(&Sid, &Test.Allocator, &Text), STATUS_INVALID_SID);
}

static GENERIC_MAPPING Mapping = {1, 2, 4, 7};

static NTSTATUS Check(PCWSTR Sddl, ACCESS_MASK Desired, PACCESS_MASK Granted)
{
    KM_SECURITY Security;
    NTSTATUS Status;

    IS(KmSecurityFromSddl(Sddl, &Test.Allocator, &Security), STATUS_SUCCESS);
    OK(RtlValidSecurityDescriptor(Security.Descriptor));
    Status = KmAccessCheck(&Security, Desired, &Mapping, Granted);
    KmSecurityFree(&Test.Allocator, &Security);
    OK(Security.Descriptor == NULL && Security.Bytes == 0);
    return Status;
}

static void TestDescriptors(void)
{
    KM_SECURITY Security;
    KM_ACCESS_ENTRY Entries[2];
    ACCESS_MASK Granted;

    IS(Check(L"D:P(A;;GA;;;SY)", GENERIC_ALL, &Granted), STATUS_SUCCESS);
    IS(Granted, 7);
    IS(Check(L"D:P(A;;GR;;;WD)", GENERIC_READ, &Granted), STATUS_SUCCESS);
    IS(Granted, 1);
    IS(Check(L"D:P(A;;GR;;;WD)", GENERIC_WRITE, &Granted), STATUS_ACCESS_DENIED);
    IS(Granted, 0);
    IS(Check(L"D:P(D;;GW;;;SY)(A;;GA;;;WD)", GENERIC_WRITE, &Granted), STATUS_ACCESS_DENIED);
    IS(Check(L"D:P", GENERIC_READ, &Granted), STATUS_ACCESS_DENIED);
    IS(KmSecurityFromSddl(L"nonsense", &Test.Allocator, &Security), STATUS_INVALID_PARAMETER);
    OK(Security.Descriptor == NULL);
    EACH_FAILURE(&Test)
    {
        IS(KmSecurityFromSddl(L"D:P(A;;GA;;;SY)", &Test.Allocator, &Security),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        KmSecurityFree(&Test.Allocator, &Security);
    }

    Entries[0] = (KM_ACCESS_ENTRY){.Deny = TRUE, .Access = 2};
    Entries[1] = (KM_ACCESS_ENTRY){.Access = 3, .Flags = CONTAINER_INHERIT_ACE};
    IS(KmSecurityFromEntries(Entries, 2, &Test.Allocator, &Security), STATUS_INVALID_SID);
    IS(KmSidFromText(L"S-1-1-0", &Entries[0].Sid), STATUS_SUCCESS);
    IS(KmSidFromText(L"S-1-5-18", &Entries[1].Sid), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        IS(KmSecurityFromEntries(Entries, 2, &Test.Allocator, &Security),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (!Test.Failed) {
            OK(RtlValidSecurityDescriptor(Security.Descriptor));
            IS(KmAccessCheck(&Security, 1, &Mapping, &Granted), STATUS_SUCCESS);
            IS(Granted, 1);
            IS(KmAccessCheck(&Security, 2, &Mapping, &Granted), STATUS_ACCESS_DENIED);
        }
        KmSecurityFree(&Test.Allocator, &Security);
    }
    IS(KmSecurityFromEntries(NULL, 0, &Test.Allocator, &Security), STATUS_SUCCESS);
    IS(KmAccessCheck(&Security, 1, &Mapping, &Granted), STATUS_ACCESS_DENIED);
    KmSecurityFree(&Test.Allocator, &Security);
}

static BOOLEAN HasDacl(HANDLE Handle, ULONG Aces)
{
    UCHAR Buffer[512];
    ULONG Needed;
    BOOLEAN Present, Defaulted;
    PACL Acl = NULL;

    return NT_SUCCESS(
               ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Needed)) &&
           NT_SUCCESS(RtlGetDaclSecurityDescriptor(Buffer, &Present, &Acl, &Defaulted)) && Present &&
           Acl != NULL && Acl->AceCount == Aces;
}

static void TestSet(void)
{
    KM_SECURITY Security;
    HANDLE Key;
    PVOID Object;

    IS(KmRegistryCreate(NULL, L"HKLM\\SOFTWARE\\KmodeSecurity", REG_OPTION_VOLATILE, KEY_ALL_ACCESS, &Key,
                        NULL),
       STATUS_SUCCESS);
    IS(KmSecurityFromSddl(L"D:P(A;;GA;;;SY)(A;;GR;;;BA)(A;;GR;;;WD)", &Test.Allocator, &Security),
       STATUS_SUCCESS);
    IS(KmSecuritySet(Key, &Security), STATUS_SUCCESS);
    OK(HasDacl(Key, 3));
    KmSecurityFree(&Test.Allocator, &Security);
    IS(KmObjectFromHandle(Key, 0, NULL, KernelMode, &Object), STATUS_SUCCESS);
    IS(KmSecurityFromSddl(L"D:P(A;;GA;;;SY)", &Test.Allocator, &Security), STATUS_SUCCESS);
    IS(KmSecuritySetObject(Object, &Security), STATUS_SUCCESS);
    OK(HasDacl(Key, 1));
    KmSecurityFree(&Test.Allocator, &Security);
    ObDereferenceObject(Object);
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    ZwClose(Key);
    IS(Test.Outstanding, 0);
    OK(!Test.Misused);
}

static void TestUser(void)
{
    KM_SID System, Sid;
    BOOLEAN Elevated;
    ULONG Level;

    IS(KmSidFromText(L"S-1-5-18", &System), STATUS_SUCCESS);
    IS(KmCurrentUserSid(&Sid), STATUS_SUCCESS);
    OK(KmSidEqual(&Sid, &System));
    IS(KmProcessUserSid(PsInitialSystemProcess, &Sid), STATUS_SUCCESS);
    OK(KmSidEqual(&Sid, &System));
    OK(KmCurrentIsAdministrator());
    OK(KmProcessIsAdministrator(PsInitialSystemProcess));
    IS(KmProcessIntegrity(PsInitialSystemProcess, &Level), STATUS_SUCCESS);
    IS(Level, 0x4000);
    IS(KmProcessIsElevated(PsInitialSystemProcess, &Elevated), STATUS_SUCCESS);
    OK(Elevated);
    OK(KmCurrentHasPrivilege(SE_DEBUG_PRIVILEGE));
    OK(!KmCurrentHasPrivilege(60));
}

TEST_DRIVER(TestSids, TestDescriptors, TestSet, TestUser)
