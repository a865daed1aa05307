// SPDX-License-Identifier: MIT
// Security identifiers, lists and descriptors: what Rtl and Se share. Any IRQL at which the data are
// resident.
#ifndef KMODE_RTL_SECURITY_H
#define KMODE_RTL_SECURITY_H

#include "inc/kernel.h"

// What comes before the subauthorities.
#define RTLP_SID_HEADER FIELD_OFFSET(SID, SubAuthority)

static inline ULONG RtlpSidBytes(ULONG SubAuthorityCount)
{
    return RTLP_SID_HEADER + SubAuthorityCount * (ULONG)sizeof(ULONG);
}

// Whether a valid SID starts at Sid and ends within Bytes.
BOOLEAN RtlpIsSidWithin(const VOID *Sid, SIZE_T Bytes);
// Whether a valid ACL starts at Acl and ends within Bytes.
BOOLEAN RtlpIsAclWithin(const ACL *Acl, SIZE_T Bytes);

// An ACE whose SID lies behind its mask: of the types 0 to 3, callbacks, and mandatory labels.
typedef struct _RTLP_KNOWN_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart;
} RTLP_KNOWN_ACE, *PRTLP_KNOWN_ACE;

static inline PACE_HEADER RtlpFirstAce(const ACL *Acl)
{
    return (PACE_HEADER)(Acl + 1);
}

static inline PACE_HEADER RtlpNextAce(PACE_HEADER Ace)
{
    return (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize);
}

// Of an object ACE: each GUID that Flags name, then the SID, lie behind it.
#define RTLP_OBJECT_TYPE_PRESENT           0x1
#define RTLP_INHERITED_OBJECT_TYPE_PRESENT 0x2
typedef struct _RTLP_OBJECT_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG Flags;
} RTLP_OBJECT_ACE, *PRTLP_OBJECT_ACE;

BOOLEAN RtlpIsObjectAce(UCHAR Type);

// Adds an ACE of Type at the end: an object ACE with those of the GUIDs that are not NULL. AllowedFlags: what
// Flags may be. The statuses are those of RtlAddAccessAllowedAce.
NTSTATUS RtlpAddAce(PACL Acl, ULONG Revision, ULONG Flags, ULONG AllowedFlags, ACCESS_MASK Mask, PSID Sid,
                    UCHAR Type, const GUID *ObjectType, const GUID *InheritedObjectType);

// Where the SID of an ACE is, that of an object ACE behind its GUIDs; NULL if the type has none.
PSID RtlpSidOfAce(PACE_HEADER Ace);

// The parts of a valid descriptor, absolute or self-relative; NULL: not there.
PSID RtlpOwnerOf(PSECURITY_DESCRIPTOR Descriptor);
PSID RtlpGroupOf(PSECURITY_DESCRIPTOR Descriptor);
PACL RtlpDaclOf(PSECURITY_DESCRIPTOR Descriptor);
PACL RtlpSaclOf(PSECURITY_DESCRIPTOR Descriptor);

#endif
