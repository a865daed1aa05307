// SPDX-License-Identifier: MIT
// Identifiers and lists for tests of security descriptors.
#ifndef KMODE_TESTS_KERNEL_SE_DESCRIPTOR_H
#define KMODE_TESTS_KERNEL_SE_DESCRIPTOR_H

#include "../test.h"

#define READ  0x0001
#define WRITE 0x0002
#define RUN   0x0004
#define ALL   (STANDARD_RIGHTS_REQUIRED | READ | WRITE | RUN)

static __attribute__((unused)) GENERIC_MAPPING Mapping = {READ | READ_CONTROL, WRITE, RUN, ALL};

typedef union _TEST_ACL {
    ACL Acl;
    UCHAR Bytes[256];
} TEST_ACL;

static __attribute__((unused)) PISECURITY_DESCRIPTOR NewDescriptor(PISECURITY_DESCRIPTOR Descriptor,
                                                                   TEST_ACL *Dacl)
{
    RtlCreateSecurityDescriptor(Descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (Dacl != NULL) {
        RtlCreateAcl(&Dacl->Acl, sizeof(*Dacl), ACL_REVISION_DS);
        RtlSetDaclSecurityDescriptor(Descriptor, TRUE, &Dacl->Acl, FALSE);
    }
    return Descriptor;
}

static __attribute__((unused)) PSID OwnerOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PSID Owner = NULL;
    BOOLEAN Defaulted;
    RtlGetOwnerSecurityDescriptor(Descriptor, &Owner, &Defaulted);
    return Owner;
}

static __attribute__((unused)) PSID GroupOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PSID Group = NULL;
    BOOLEAN Defaulted;
    RtlGetGroupSecurityDescriptor(Descriptor, &Group, &Defaulted);
    return Group;
}

static __attribute__((unused)) PACL DaclOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PACL Dacl = NULL;
    BOOLEAN Present = FALSE, Defaulted;
    RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Dacl, &Defaulted);
    return Present ? Dacl : NULL;
}

static __attribute__((unused)) PACL SaclOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PACL Sacl = NULL;
    BOOLEAN Present = FALSE, Defaulted;
    RtlGetSaclSecurityDescriptor(Descriptor, &Present, &Sacl, &Defaulted);
    return Present ? Sacl : NULL;
}

// Passes if ACE Index of Acl is of Type, with Flags, Mask and Sid.
static __attribute__((unused)) VOID IsAce(PACL Acl, ULONG Index, UCHAR Type, UCHAR Flags, ACCESS_MASK Mask,
                                          PSID Sid)
{
    PACCESS_ALLOWED_ACE Ace;
    if (Acl == NULL || !NT_SUCCESS(RtlGetAce(Acl, Index, (PVOID *)&Ace))) {
        IS(Index, ~0ULL);
        return;
    }
    IS(Ace->Header.AceType, Type);
    IS(Ace->Header.AceFlags, Flags);
    IS(Ace->Mask, Mask);
    OK(RtlEqualSid(&Ace->SidStart, Sid));
}

#endif
