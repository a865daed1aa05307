// SPDX-License-Identifier: MIT
// Lists and descriptors for objects that nobody has said anything about.
#include "inc/kernel.h"

typedef struct _SEP_ACE_1 {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    UCHAR Revision, SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY Authority;
    ULONG SubAuthority[1];
} SEP_ACE_1;

typedef struct _SEP_ACE_2 {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    UCHAR Revision, SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY Authority;
    ULONG SubAuthority[2];
} SEP_ACE_2;

C_ASSERT(FIELD_OFFSET(SEP_ACE_1, Revision) == FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart));
C_ASSERT(sizeof(SEP_ACE_1) == 20 && sizeof(SEP_ACE_2) == 24);

#define SEP_ALLOW_1(Mask, Authority, SubAuthority)                                                           \
    {                                                                                                        \
        {ACCESS_ALLOWED_ACE_TYPE, 0, sizeof(SEP_ACE_1)}, Mask, SID_REVISION, 1,                              \
            {{0, 0, 0, 0, 0, Authority}},                                                                    \
        {                                                                                                    \
            SubAuthority                                                                                     \
        }                                                                                                    \
    }
#define SEP_ALLOW_WORLD(Mask)      SEP_ALLOW_1(Mask, 1, SECURITY_WORLD_RID)
#define SEP_ALLOW_SYSTEM           SEP_ALLOW_1(GENERIC_ALL, 5, SECURITY_LOCAL_SYSTEM_RID)
#define SEP_ALLOW_RESTRICTED(Mask) SEP_ALLOW_1(Mask, 5, SECURITY_RESTRICTED_CODE_RID)
#define SEP_ALLOW_ADMINISTRATORS(Mask)                                                                       \
    {                                                                                                        \
        {ACCESS_ALLOWED_ACE_TYPE, 0, sizeof(SEP_ACE_2)}, Mask, SID_REVISION, 2, {{0, 0, 0, 0, 0, 5}},        \
        {                                                                                                    \
            SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS                                             \
        }                                                                                                    \
    }

#define SEP_ACL(Type, Count) {ACL_REVISION, 0, sizeof(Type), Count, 0}

typedef struct _SEP_SYSTEM_DACL {
    ACL Acl;
    SEP_ACE_1 System;
    SEP_ACE_2 Administrators;
} SEP_SYSTEM_DACL;

#define SEP_SYSTEM_DACL_INITIALIZER                                                                          \
    {SEP_ACL(SEP_SYSTEM_DACL, 2), SEP_ALLOW_SYSTEM,                                                          \
     SEP_ALLOW_ADMINISTRATORS(GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL)}

static SEP_SYSTEM_DACL SepSystemDefaultDacl = SEP_SYSTEM_DACL_INITIALIZER;

static struct {
    ACL Acl;
    SEP_ACE_1 World, System;
    SEP_ACE_2 Administrators;
} SepPublicDefaultDacl = {SEP_ACL(SepPublicDefaultDacl, 3), SEP_ALLOW_WORLD(GENERIC_EXECUTE),
                          SEP_ALLOW_SYSTEM, SEP_ALLOW_ADMINISTRATORS(GENERIC_ALL)};

typedef struct _SEP_PUBLIC_DACL {
    ACL Acl;
    SEP_ACE_1 World, System;
    SEP_ACE_2 Administrators;
    SEP_ACE_1 Restricted;
} SEP_PUBLIC_DACL;

static SEP_PUBLIC_DACL SepPublicDefaultUnrestrictedDacl = {
    SEP_ACL(SEP_PUBLIC_DACL, 4), SEP_ALLOW_WORLD(GENERIC_EXECUTE), SEP_ALLOW_SYSTEM,
    SEP_ALLOW_ADMINISTRATORS(GENERIC_ALL), SEP_ALLOW_RESTRICTED(GENERIC_EXECUTE)};

static SEP_PUBLIC_DACL SepPublicOpenUnrestrictedDacl = {
    SEP_ACL(SEP_PUBLIC_DACL, 4), SEP_ALLOW_WORLD(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE),
    SEP_ALLOW_SYSTEM, SEP_ALLOW_ADMINISTRATORS(GENERIC_ALL),
    SEP_ALLOW_RESTRICTED(GENERIC_READ | GENERIC_EXECUTE)};

PACL SeSystemDefaultDacl = &SepSystemDefaultDacl.Acl;
PACL SePublicDefaultDacl = &SepPublicDefaultDacl.Acl;
const PACL SePublicDefaultUnrestrictedDacl = &SepPublicDefaultUnrestrictedDacl.Acl;
const PACL SePublicOpenUnrestrictedDacl = &SepPublicOpenUnrestrictedDacl.Acl;

typedef struct _SEP_SYSTEM_SID {
    UCHAR Revision, SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY Authority;
    ULONG SubAuthority;
} SEP_SYSTEM_SID;

#define SEP_SYSTEM_SID_INITIALIZER {SID_REVISION, 1, {{0, 0, 0, 0, 0, 5}}, SECURITY_LOCAL_SYSTEM_RID}

typedef struct _SEP_SYSTEM_SD {
    SECURITY_DESCRIPTOR_RELATIVE Descriptor;
    SEP_SYSTEM_DACL Dacl;
    SEP_SYSTEM_SID Owner, Group;
} SEP_SYSTEM_SD;

static SEP_SYSTEM_SD SepSystemDefaultSd = {
    {SECURITY_DESCRIPTOR_REVISION, 0, SE_SELF_RELATIVE | SE_DACL_PRESENT, FIELD_OFFSET(SEP_SYSTEM_SD, Owner),
     FIELD_OFFSET(SEP_SYSTEM_SD, Group), 0, FIELD_OFFSET(SEP_SYSTEM_SD, Dacl)},
    SEP_SYSTEM_DACL_INITIALIZER,
    SEP_SYSTEM_SID_INITIALIZER,
    SEP_SYSTEM_SID_INITIALIZER};

PSECURITY_DESCRIPTOR SeSystemDefaultSd = &SepSystemDefaultSd;
