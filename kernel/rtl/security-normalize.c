// SPDX-License-Identifier: MIT
// Security descriptors that mean the same made to be the same.
#include "rtl/security.h"

static inline ULONG RtlpWholeLongs(ULONG Bytes)
{
    return (Bytes + sizeof(ULONG) - 1) & ~(ULONG)(sizeof(ULONG) - 1);
}

static BOOLEAN RtlpIsAllowAce(PACE_HEADER Ace)
{
    return Ace->AceType == ACCESS_ALLOWED_ACE_TYPE;
}

// Whether one of the ACEs of List in front of Ace allows the same.
static BOOLEAN RtlpHasBefore(const ACL *List, PACE_HEADER Ace)
{
    for (PACE_HEADER Other = RtlpFirstAce(List); Other != Ace; Other = RtlpNextAce(Other)) {
        if (RtlpIsAllowAce(Other) && Other->AceSize == Ace->AceSize &&
            RtlEqualMemory(Other, Ace, Ace->AceSize)) {
            return TRUE;
        }
    }
    return FALSE;
}

// Copies List without what it has twice; its bytes.
static ULONG RtlpCopyAcl(PACL Target, const ACL *List)
{
    PUCHAR End = (PUCHAR)(Target + 1);
    USHORT Count = 0;
    PACE_HEADER Ace = RtlpFirstAce(List);
    for (ULONG Index = 0; Index < List->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        if (RtlpIsAllowAce(Ace) && RtlpHasBefore(List, Ace)) {
            continue;
        }
        RtlCopyMemory(End, Ace, Ace->AceSize);
        End += Ace->AceSize;
        Count += 1;
    }
    *Target = *List;
    Target->AceCount = Count;
    if (Count == List->AceCount) {
        // The room behind its ACEs is the list's own.
        const UCHAR *Rest = (const UCHAR *)Ace;
        SIZE_T Bytes = (SIZE_T)((const UCHAR *)List + List->AclSize - Rest);
        RtlCopyMemory(End, Rest, Bytes);
        End += Bytes;
    }
    Target->AclSize = (USHORT)(End - (PUCHAR)Target);
    return Target->AclSize;
}

static ULONG RtlpPutSid(PISECURITY_DESCRIPTOR_RELATIVE Target, PULONG Length, PSID Sid)
{
    ULONG Offset = *Length;
    if (Sid == NULL) {
        return 0;
    }
    RtlCopyMemory((PUCHAR)Target + Offset, Sid, RtlLengthSid(Sid));
    *Length += RtlLengthSid(Sid);
    return Offset;
}

static ULONG RtlpPutAcl(PISECURITY_DESCRIPTOR_RELATIVE Target, PULONG Length, const ACL *List)
{
    ULONG Offset = *Length;
    if (List == NULL) {
        return 0;
    }
    *Length += RtlpWholeLongs(RtlpCopyAcl((PACL)((PUCHAR)Target + Offset), List));
    return Offset;
}

// Source as it is to be, in Target, which is zero and has as many bytes as Source. Its length.
static ULONG RtlpNormalize(PISECURITY_DESCRIPTOR_RELATIVE Source, PISECURITY_DESCRIPTOR_RELATIVE Target)
{
    ULONG Length = sizeof(*Target);
    PACL Sacl = RtlpSaclOf(Source);
    Target->Revision = Source->Revision;
    Target->Sbz1 = Source->Sbz1;
    Target->Control = Source->Control;
    if (Sacl != NULL && Sacl->AceCount == 0) {
        Target->Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_SACL_PRESENT;
        Sacl = NULL;
    }
    Target->Sacl = RtlpPutAcl(Target, &Length, Sacl);
    Target->Dacl = RtlpPutAcl(Target, &Length, RtlpDaclOf(Source));
    Target->Owner = RtlpPutSid(Target, &Length, RtlpOwnerOf(Source));
    Target->Group = RtlpPutSid(Target, &Length, RtlpGroupOf(Source));
    return Length;
}

// TRUE: *SecurityDescriptor, self-relative, is not as it is to be, and unless CheckOnly the one that is has
// been made: in *NewSecurityDescriptor if that is not NULL; else from paged pool, which the caller frees, for
// *NewSecurityDescriptor or, if that is not wanted, in place of *SecurityDescriptor, which is freed then.
// FALSE also for a descriptor that is not valid, and without memory. IRQL <= APC_LEVEL. (ntddk,
// RtlNormalizeSecurityDescriptor)
BOOLEAN NTAPI RtlNormalizeSecurityDescriptor(PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                             ULONG SecurityDescriptorLength,
                                             PSECURITY_DESCRIPTOR *NewSecurityDescriptor,
                                             PULONG NewSecurityDescriptorLength, BOOLEAN CheckOnly)
{
    PISECURITY_DESCRIPTOR_RELATIVE Source = *SecurityDescriptor;
    BOOLEAN IsGiven = NewSecurityDescriptor != NULL && *NewSecurityDescriptor != NULL && !CheckOnly;
    if (!RtlValidRelativeSecurityDescriptor(Source, SecurityDescriptorLength, 0)) {
        return FALSE;
    }
    // Parts that share bytes in Source have their own, and the list's length is rounded up.
    SIZE_T Room = (SIZE_T)RtlLengthSecurityDescriptor(Source) + 2 * sizeof(ULONG);
    PISECURITY_DESCRIPTOR_RELATIVE Target = ExAllocatePoolWithTag(PagedPool, Room, TAG_SECURITY);
    if (Target == NULL) {
        return FALSE;
    }
    RtlZeroMemory(Target, Room);
    ULONG Length = RtlpNormalize(Source, Target);
    BOOLEAN IsOther = Length > SecurityDescriptorLength
                          ? FALSE
                          : Length != SecurityDescriptorLength || !RtlEqualMemory(Source, Target, Length);
    if (!IsOther || CheckOnly || IsGiven) {
        if (IsOther && IsGiven) {
            RtlCopyMemory(*NewSecurityDescriptor, Target, Length);
        }
        ExFreePoolWithTag(Target, TAG_SECURITY);
    } else if (NewSecurityDescriptor != NULL) {
        *NewSecurityDescriptor = Target;
    } else {
        ExFreePool(Source);
        *SecurityDescriptor = Target;
    }
    if (IsOther && !CheckOnly && NewSecurityDescriptorLength != NULL) {
        *NewSecurityDescriptorLength = Length;
    }
    return IsOther;
}
