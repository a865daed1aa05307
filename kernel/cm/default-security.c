// SPDX-License-Identifier: MIT
// Who may do what with the keys that are there when the system has started, as on Windows 11.
#include "inc/kernel.h"

#define CMP_MOST_ACES 5

typedef struct _CM_DEFAULT_ACE {
    const PSID *Sid; // NULL: the end of the list
    ACCESS_MASK Access;
    UCHAR Flags;
} CM_DEFAULT_ACE;

#define CMP_HANDED_DOWN CONTAINER_INHERIT_ACE
#define CMP_FOR_OWNERS  (CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE)

// Those of users have the user's SID in the place of the first entry's.
static const CM_DEFAULT_ACE CmpDefaultAces[][CMP_MOST_ACES + 1] = {
    [CmDirectorySecurity] = {{&SeWorldSid, KEY_READ, CMP_HANDED_DOWN},
                             {&SeLocalSystemSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                             {&SeAliasAdminsSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                             {&SeRestrictedSid, KEY_READ, CMP_HANDED_DOWN}},
    [CmMachineSecurity] = {{&SeAliasUsersSid, KEY_READ, CMP_HANDED_DOWN},
                           {&SeAliasAdminsSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                           {&SeLocalSystemSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                           {&SeCreatorOwnerSid, KEY_ALL_ACCESS, CMP_FOR_OWNERS},
                           {&SeAllAppPackagesSid, KEY_READ, CMP_HANDED_DOWN}},
    [CmApplicationSecurity] = {{&SeWorldSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                               {&SeAllAppPackagesSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN}},
    [CmPrivateSecurity] = {{&SeLocalSystemSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                           {&SeAliasAdminsSid, READ_CONTROL | WRITE_DAC, CMP_HANDED_DOWN}},
    [CmEnumeratorSecurity] = {{&SeWorldSid, KEY_READ, CMP_HANDED_DOWN},
                              {&SeLocalSystemSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN}},
    [CmStandardUserSecurity] = {{&SeCreatorOwnerSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                                {&SeLocalSystemSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                                {&SeAliasAdminsSid, KEY_ALL_ACCESS, CMP_HANDED_DOWN},
                                {&SeRestrictedSid, KEY_READ, CMP_HANDED_DOWN}},
};

static PSID CmpOwnerOf(CM_DEFAULT_SECURITY Security)
{
    switch (Security) {
    case CmStandardUserSecurity: return SepUserSid(KM_AS_STANDARD);
    case CmAdministratorSecurity: return SepUserSid(KM_AS_ADMINISTRATOR);
    case CmOtherAdministratorSecurity: return SepUserSid(KM_AS_ELEVATED);
    default: return NULL;
    }
}

NTSTATUS CmpSetDefaultSecurity(PCM_KEY_CONTROL_BLOCK Key, CM_DEFAULT_SECURITY Security)
{
    ULONG Buffer[(sizeof(ACL) + CMP_MOST_ACES * (sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE)) /
                 sizeof(ULONG)];
    PACL Dacl = (PACL)Buffer;
    PSID User = CmpOwnerOf(Security);
    const CM_DEFAULT_ACE *First = CmpDefaultAces[User != NULL ? CmStandardUserSecurity : Security];
    PSECURITY_DESCRIPTOR Descriptor;
    USHORT Bytes = sizeof(ACL);
    NTSTATUS Status = RtlCreateAcl(Dacl, sizeof(Buffer), ACL_REVISION);
    for (const CM_DEFAULT_ACE *Ace = First; Ace->Sid != NULL && NT_SUCCESS(Status); Ace += 1) {
        PSID Sid = User != NULL && Ace == First ? User : *Ace->Sid;
        Status = RtlAddAccessAllowedAceEx(Dacl, ACL_REVISION, Ace->Flags, Ace->Access, Sid);
        Bytes += (USHORT)(FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Sid));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Dacl->AclSize = Bytes;
    const SEP_PARTS Parts = {
        .Control = SE_DACL_PRESENT, .Owner = SeAliasAdminsSid, .Group = SeLocalSystemSid, .Dacl = Dacl};
    Status = SepBuildDescriptor(&Parts, PagedPool, &Descriptor);
    if (NT_SUCCESS(Status)) {
        Status = CmpSetKeySecurity(Key, Descriptor);
        ExFreePool(Descriptor);
    }
    return Status;
}
