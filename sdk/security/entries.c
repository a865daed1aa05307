// SPDX-License-Identifier: MIT
// Descriptors of entries.
#include "security/descriptor.h"

static ULONG SidBytes(const KM_SID *Sid)
{
    return (ULONG)(FIELD_OFFSET(KM_SID, SubAuthority) + Sid->SubAuthorityCount * sizeof(ULONG));
}

NTSTATUS NTAPI KmSecurityFromEntries(const KM_ACCESS_ENTRY *Entries, ULONG Count, PKM_ALLOCATOR Allocator,
                                     PKM_SECURITY Security)
{
    SIZE_T Bytes = sizeof(ACL);
    PUCHAR Next;
    PACL Acl;
    NTSTATUS Status;

    RtlZeroMemory(Security, sizeof(*Security));
    for (ULONG Index = 0; Index < Count; Index++) {
        if (!RtlValidSid((PSID)&Entries[Index].Sid)) {
            return STATUS_INVALID_SID;
        }
        Bytes += FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + SidBytes(&Entries[Index].Sid);
        if (Bytes > MAXUSHORT - 3) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    Status = KmpSecurityMake(Allocator, (ULONG)Bytes, Security, &Acl);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Acl->AclRevision = ACL_REVISION;
    Acl->AclSize = (USHORT)Bytes;
    Acl->AceCount = (USHORT)Count;
    Next = (PUCHAR)(Acl + 1);
    for (ULONG Index = 0; Index < Count; Index++) {
        ACCESS_ALLOWED_ACE *Ace = (ACCESS_ALLOWED_ACE *)(PVOID)Next;
        ULONG Length = SidBytes(&Entries[Index].Sid);

        Ace->Header.AceType = Entries[Index].Deny ? ACCESS_DENIED_ACE_TYPE : ACCESS_ALLOWED_ACE_TYPE;
        Ace->Header.AceFlags = Entries[Index].Flags;
        Ace->Header.AceSize = (USHORT)(FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + Length);
        Ace->Mask = Entries[Index].Access;
        RtlCopyMemory(&Ace->SidStart, &Entries[Index].Sid, Length);
        Next += Ace->Header.AceSize;
    }
    return STATUS_SUCCESS;
}
