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

// Where the SID of an ACE is, that of an object ACE behind its GUIDs; NULL if the type has none.
PSID RtlpSidOfAce(PACE_HEADER Ace);

// The parts of a valid descriptor, absolute or self-relative; NULL: not there.
PSID RtlpOwnerOf(PSECURITY_DESCRIPTOR Descriptor);
PSID RtlpGroupOf(PSECURITY_DESCRIPTOR Descriptor);
PACL RtlpDaclOf(PSECURITY_DESCRIPTOR Descriptor);
PACL RtlpSaclOf(PSECURITY_DESCRIPTOR Descriptor);

#endif
