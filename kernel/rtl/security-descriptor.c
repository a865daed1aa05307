// SPDX-License-Identifier: MIT
// Security descriptors: absolute ones, which point to their parts, and self-relative ones, which hold them.
#include "rtl/security.h"

// Control bits that RtlSetControlSecurityDescriptor may set.
#define RTLP_SETTABLE_CONTROL                                                                                \
    (SE_DACL_UNTRUSTED | SE_SERVER_SECURITY | SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ |          \
     SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED | SE_SACL_PROTECTED)

static inline ULONG RtlpAlignPart(ULONG Bytes)
{
    return (Bytes + sizeof(ULONG) - 1) & ~(ULONG)(sizeof(ULONG) - 1);
}

static inline PVOID RtlpRelativePart(PISECURITY_DESCRIPTOR_RELATIVE Descriptor, ULONG Offset)
{
    return Offset != 0 ? (PUCHAR)Descriptor + Offset : NULL;
}

static inline BOOLEAN RtlpIsSelfRelative(PSECURITY_DESCRIPTOR Descriptor)
{
    return (((PISECURITY_DESCRIPTOR)Descriptor)->Control & SE_SELF_RELATIVE) != 0;
}

PSID RtlpOwnerOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PISECURITY_DESCRIPTOR_RELATIVE Relative = Descriptor;
    return RtlpIsSelfRelative(Descriptor) ? RtlpRelativePart(Relative, Relative->Owner)
                                          : ((PISECURITY_DESCRIPTOR)Descriptor)->Owner;
}

PSID RtlpGroupOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PISECURITY_DESCRIPTOR_RELATIVE Relative = Descriptor;
    return RtlpIsSelfRelative(Descriptor) ? RtlpRelativePart(Relative, Relative->Group)
                                          : ((PISECURITY_DESCRIPTOR)Descriptor)->Group;
}

PACL RtlpDaclOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PISECURITY_DESCRIPTOR_RELATIVE Relative = Descriptor;
    if (!(Relative->Control & SE_DACL_PRESENT)) {
        return NULL;
    }
    return RtlpIsSelfRelative(Descriptor) ? RtlpRelativePart(Relative, Relative->Dacl)
                                          : ((PISECURITY_DESCRIPTOR)Descriptor)->Dacl;
}

PACL RtlpSaclOf(PSECURITY_DESCRIPTOR Descriptor)
{
    PISECURITY_DESCRIPTOR_RELATIVE Relative = Descriptor;
    if (!(Relative->Control & SE_SACL_PRESENT)) {
        return NULL;
    }
    return RtlpIsSelfRelative(Descriptor) ? RtlpRelativePart(Relative, Relative->Sacl)
                                          : ((PISECURITY_DESCRIPTOR)Descriptor)->Sacl;
}

// STATUS_UNKNOWN_REVISION.
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    RtlZeroMemory(SecurityDescriptor, sizeof(SECURITY_DESCRIPTOR));
    ((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

// Whether it and all its parts are valid. A part that cannot be read is not.
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    __try {
        PISECURITY_DESCRIPTOR This = SecurityDescriptor;
        if (This == NULL || This->Revision != SECURITY_DESCRIPTOR_REVISION) {
            return FALSE;
        }
        PSID Owner = RtlpOwnerOf(This), Group = RtlpGroupOf(This);
        PACL Dacl = RtlpDaclOf(This), Sacl = RtlpSaclOf(This);
        return (Owner == NULL || RtlValidSid(Owner)) && (Group == NULL || RtlValidSid(Group)) &&
               (Dacl == NULL || RtlValidAcl(Dacl)) && (Sacl == NULL || RtlValidAcl(Sacl));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}

// How many bytes are left for a part at Offset; 0: it may not be there.
static ULONG RtlpRoomAt(ULONG Offset, ULONG Length)
{
    return Offset % sizeof(ULONG) == 0 && Offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && Offset < Length
               ? Length - Offset
               : 0;
}

static BOOLEAN RtlpIsSidAt(PISECURITY_DESCRIPTOR_RELATIVE This, ULONG Offset, ULONG Length, BOOLEAN Required)
{
    if (Offset == 0) {
        return !Required;
    }
    return RtlpIsSidWithin((PUCHAR)This + Offset, RtlpRoomAt(Offset, Length));
}

static BOOLEAN RtlpIsAclAt(PISECURITY_DESCRIPTOR_RELATIVE This, ULONG Offset, ULONG Length, BOOLEAN Required)
{
    if (Offset == 0) {
        return !Required;
    }
    return RtlpIsAclWithin((PACL)((PUCHAR)This + Offset), RtlpRoomAt(Offset, Length));
}

// Whether a valid self-relative descriptor lies within the buffer, with every part that RequiredInformation
// names. (wdm, RtlValidRelativeSecurityDescriptor)
BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput,
                                                 ULONG SecurityDescriptorLength,
                                                 SECURITY_INFORMATION RequiredInformation)
{
    PISECURITY_DESCRIPTOR_RELATIVE This = SecurityDescriptorInput;
    ULONG Length = SecurityDescriptorLength;
    if (Length < sizeof(*This) || This->Revision != SECURITY_DESCRIPTOR_REVISION ||
        !(This->Control & SE_SELF_RELATIVE)) {
        return FALSE;
    }
    if (!RtlpIsSidAt(This, This->Owner, Length, (RequiredInformation & OWNER_SECURITY_INFORMATION) != 0) ||
        !RtlpIsSidAt(This, This->Group, Length, (RequiredInformation & GROUP_SECURITY_INFORMATION) != 0)) {
        return FALSE;
    }
    // A list that is present and at offset 0 is a null one.
    if (This->Control & SE_DACL_PRESENT) {
        if (!RtlpIsAclAt(This, This->Dacl, Length, FALSE)) {
            return FALSE;
        }
    } else if (RequiredInformation & DACL_SECURITY_INFORMATION) {
        return FALSE;
    }
    if (This->Control & SE_SACL_PRESENT) {
        return RtlpIsAclAt(This, This->Sacl, Length, FALSE);
    }
    return (RequiredInformation & SACL_SECURITY_INFORMATION) == 0;
}

// Of the descriptor with all its parts, as a self-relative one.
static ULONG RtlpRelativeBytes(PSECURITY_DESCRIPTOR Descriptor)
{
    PSID Owner = RtlpOwnerOf(Descriptor), Group = RtlpGroupOf(Descriptor);
    PACL Dacl = RtlpDaclOf(Descriptor), Sacl = RtlpSaclOf(Descriptor);
    return sizeof(SECURITY_DESCRIPTOR_RELATIVE) + (Owner != NULL ? RtlLengthSid(Owner) : 0) +
           (Group != NULL ? RtlLengthSid(Group) : 0) + (Dacl != NULL ? RtlpAlignPart(Dacl->AclSize) : 0) +
           (Sacl != NULL ? RtlpAlignPart(Sacl->AclSize) : 0);
}

ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    ULONG Bytes = RtlpRelativeBytes(SecurityDescriptor);
    return RtlpIsSelfRelative(SecurityDescriptor)
               ? Bytes
               : Bytes - (ULONG)sizeof(SECURITY_DESCRIPTOR_RELATIVE) + (ULONG)sizeof(SECURITY_DESCRIPTOR);
}

// ---- Parts

static NTSTATUS RtlpCheckRevision(PSECURITY_DESCRIPTOR Descriptor)
{
    return ((PISECURITY_DESCRIPTOR)Descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION
               ? STATUS_SUCCESS
               : STATUS_UNKNOWN_REVISION;
}

static NTSTATUS RtlpCheckAbsolute(PSECURITY_DESCRIPTOR Descriptor)
{
    NTSTATUS Status = RtlpCheckRevision(Descriptor);
    return NT_SUCCESS(Status) && RtlpIsSelfRelative(Descriptor) ? STATUS_INVALID_SECURITY_DESCR : Status;
}

static VOID RtlpSetControl(PISECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL Bit, BOOLEAN Set)
{
    Descriptor->Control =
        (SECURITY_DESCRIPTOR_CONTROL)(Set ? Descriptor->Control | Bit : Descriptor->Control & ~Bit);
}

// The descriptor refers to what it is given, of which the caller stays the owner. STATUS_UNKNOWN_REVISION;
// STATUS_INVALID_SECURITY_DESCR: it is self-relative.
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent,
                                            PACL Dacl, BOOLEAN DaclDefaulted)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    NTSTATUS Status = RtlpCheckAbsolute(This);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlpSetControl(This, SE_DACL_PRESENT, DaclPresent);
    if (DaclPresent) {
        This->Dacl = Dacl;
        RtlpSetControl(This, SE_DACL_DEFAULTED, DaclDefaulted);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN SaclPresent,
                                            PACL Sacl, BOOLEAN SaclDefaulted)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    NTSTATUS Status = RtlpCheckAbsolute(This);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlpSetControl(This, SE_SACL_PRESENT, SaclPresent);
    if (SaclPresent) {
        This->Sacl = Sacl;
        RtlpSetControl(This, SE_SACL_DEFAULTED, SaclDefaulted);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                             BOOLEAN OwnerDefaulted)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    NTSTATUS Status = RtlpCheckAbsolute(This);
    if (NT_SUCCESS(Status)) {
        This->Owner = Owner;
        RtlpSetControl(This, SE_OWNER_DEFAULTED, OwnerDefaulted);
    }
    return Status;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                             BOOLEAN GroupDefaulted)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    NTSTATUS Status = RtlpCheckAbsolute(This);
    if (NT_SUCCESS(Status)) {
        This->Group = Group;
        RtlpSetControl(This, SE_GROUP_DEFAULTED, GroupDefaulted);
    }
    return Status;
}

// Without a list *Dacl and *DaclDefaulted stay as they are. STATUS_UNKNOWN_REVISION.
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent,
                                            PACL *Dacl, PBOOLEAN DaclDefaulted)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    NTSTATUS Status = RtlpCheckRevision(This);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *DaclPresent = (This->Control & SE_DACL_PRESENT) != 0;
    if (*DaclPresent) {
        *Dacl = RtlpDaclOf(This);
        *DaclDefaulted = (This->Control & SE_DACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent,
                                            PACL *Sacl, PBOOLEAN SaclDefaulted)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    NTSTATUS Status = RtlpCheckRevision(This);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *SaclPresent = (This->Control & SE_SACL_PRESENT) != 0;
    if (*SaclPresent) {
        *Sacl = RtlpSaclOf(This);
        *SaclDefaulted = (This->Control & SE_SACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner,
                                             PBOOLEAN OwnerDefaulted)
{
    NTSTATUS Status = RtlpCheckRevision(SecurityDescriptor);
    if (NT_SUCCESS(Status)) {
        *Owner = RtlpOwnerOf(SecurityDescriptor);
        *OwnerDefaulted = (((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Control & SE_OWNER_DEFAULTED) != 0;
    }
    return Status;
}

NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group,
                                             PBOOLEAN GroupDefaulted)
{
    NTSTATUS Status = RtlpCheckRevision(SecurityDescriptor);
    if (NT_SUCCESS(Status)) {
        *Group = RtlpGroupOf(SecurityDescriptor);
        *GroupDefaulted = (((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Control & SE_GROUP_DEFAULTED) != 0;
    }
    return Status;
}

// STATUS_UNKNOWN_REVISION, with *Revision set.
NTSTATUS NTAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                               PSECURITY_DESCRIPTOR_CONTROL Control, PULONG Revision)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    *Revision = This->Revision;
    NTSTATUS Status = RtlpCheckRevision(This);
    if (NT_SUCCESS(Status)) {
        *Control = This->Control;
    }
    return Status;
}

NTSTATUS NTAPI RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                               SECURITY_DESCRIPTOR_CONTROL Interest,
                                               SECURITY_DESCRIPTOR_CONTROL Set)
{
    PISECURITY_DESCRIPTOR This = SecurityDescriptor;
    if ((Interest & ~RTLP_SETTABLE_CONTROL) != 0 || (Set & ~Interest) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    This->Control = (SECURITY_DESCRIPTOR_CONTROL)((This->Control & ~Interest) | Set);
    return STATUS_SUCCESS;
}

// ---- From one form to the other

// Copies a part to *End, which moves behind it. Its offset; 0 if there is none.
static ULONG RtlpPutPart(PISECURITY_DESCRIPTOR_RELATIVE Target, PUCHAR *End, const VOID *Part, ULONG Bytes)
{
    if (Part == NULL) {
        return 0;
    }
    ULONG Offset = (ULONG)(*End - (PUCHAR)Target);
    RtlCopyMemory(*End, Part, Bytes);
    *End += RtlpAlignPart(Bytes);
    return Offset;
}

// STATUS_BAD_DESCRIPTOR_FORMAT: it is self-relative; STATUS_BUFFER_TOO_SMALL, with *BufferLength set to what
// is needed.
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                           PULONG BufferLength)
{
    PISECURITY_DESCRIPTOR Source = AbsoluteSecurityDescriptor;
    PISECURITY_DESCRIPTOR_RELATIVE Target = SelfRelativeSecurityDescriptor;
    if (RtlpIsSelfRelative(Source)) {
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    }
    ULONG Bytes = RtlpRelativeBytes(Source);
    if (*BufferLength < Bytes) {
        *BufferLength = Bytes;
        return STATUS_BUFFER_TOO_SMALL;
    }
    PSID Owner = RtlpOwnerOf(Source), Group = RtlpGroupOf(Source);
    PACL Dacl = RtlpDaclOf(Source), Sacl = RtlpSaclOf(Source);
    RtlZeroMemory(Target, Bytes);
    PUCHAR End = (PUCHAR)(Target + 1);
    Target->Revision = Source->Revision;
    Target->Sbz1 = Source->Sbz1;
    Target->Control = Source->Control | SE_SELF_RELATIVE;
    Target->Sacl = RtlpPutPart(Target, &End, Sacl, Sacl != NULL ? Sacl->AclSize : 0);
    Target->Dacl = RtlpPutPart(Target, &End, Dacl, Dacl != NULL ? Dacl->AclSize : 0);
    Target->Owner = RtlpPutPart(Target, &End, Owner, Owner != NULL ? RtlLengthSid(Owner) : 0);
    Target->Group = RtlpPutPart(Target, &End, Group, Group != NULL ? RtlLengthSid(Group) : 0);
    return STATUS_SUCCESS;
}

typedef struct _RTLP_PART_COPY {
    const VOID *Source;
    ULONG Bytes;
    PVOID Target;
    PULONG Size;
} RTLP_PART_COPY;

// STATUS_BAD_DESCRIPTOR_FORMAT: it is absolute; STATUS_BUFFER_TOO_SMALL: one of the buffers is, and each size
// has been set to what is needed, nothing copied.
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PULONG AbsoluteSecurityDescriptorSize, PACL Dacl, PULONG DaclSize,
                                           PACL Sacl, PULONG SaclSize, PSID Owner, PULONG OwnerSize,
                                           PSID PrimaryGroup, PULONG PrimaryGroupSize)
{
    PISECURITY_DESCRIPTOR_RELATIVE Source = SelfRelativeSecurityDescriptor;
    PISECURITY_DESCRIPTOR Target = AbsoluteSecurityDescriptor;
    if (!RtlpIsSelfRelative(Source)) {
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    }
    PSID ItsOwner = RtlpOwnerOf(Source), ItsGroup = RtlpGroupOf(Source);
    PACL ItsDacl = RtlpDaclOf(Source), ItsSacl = RtlpSaclOf(Source);
    const RTLP_PART_COPY Parts[] = {
        {Source, sizeof(SECURITY_DESCRIPTOR), Target, AbsoluteSecurityDescriptorSize},
        {ItsDacl, ItsDacl != NULL ? RtlpAlignPart(ItsDacl->AclSize) : 0, Dacl, DaclSize},
        {ItsSacl, ItsSacl != NULL ? RtlpAlignPart(ItsSacl->AclSize) : 0, Sacl, SaclSize},
        {ItsOwner, ItsOwner != NULL ? RtlLengthSid(ItsOwner) : 0, Owner, OwnerSize},
        {ItsGroup, ItsGroup != NULL ? RtlLengthSid(ItsGroup) : 0, PrimaryGroup, PrimaryGroupSize},
    };
    BOOLEAN Fits = TRUE;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Parts); Index += 1) {
        Fits = Fits && *Parts[Index].Size >= Parts[Index].Bytes;
    }
    if (!Fits) {
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Parts); Index += 1) {
            *Parts[Index].Size = Parts[Index].Bytes;
        }
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlZeroMemory(Target, sizeof(*Target));
    Target->Revision = Source->Revision;
    Target->Sbz1 = Source->Sbz1;
    Target->Control = Source->Control & (SECURITY_DESCRIPTOR_CONTROL)~SE_SELF_RELATIVE;
    for (ULONG Index = 1; Index < RTL_NUMBER_OF(Parts); Index += 1) {
        RtlCopyMemory(Parts[Index].Target, Parts[Index].Source, Parts[Index].Bytes);
    }
    Target->Dacl = ItsDacl != NULL ? Dacl : NULL;
    Target->Sacl = ItsSacl != NULL ? Sacl : NULL;
    Target->Owner = ItsOwner != NULL ? Owner : NULL;
    Target->Group = ItsGroup != NULL ? PrimaryGroup : NULL;
    return STATUS_SUCCESS;
}

// STATUS_INVALID_PARAMETER_1, _2: NULL; STATUS_BAD_DESCRIPTOR_FORMAT: it is absolute; STATUS_BUFFER_TOO_SMALL
// (*BufferSize is set): the larger head leaves no room for the parts, which move up.
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD2(PSECURITY_DESCRIPTOR SelfRelative, PULONG BufferSize)
{
    const ULONG Growth = sizeof(SECURITY_DESCRIPTOR) - sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    if (SelfRelative == NULL) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (BufferSize == NULL) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (!RtlpIsSelfRelative(SelfRelative)) {
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    }
    PSID Owner = RtlpOwnerOf(SelfRelative), Group = RtlpGroupOf(SelfRelative);
    PACL Dacl = RtlpDaclOf(SelfRelative), Sacl = RtlpSaclOf(SelfRelative);
    PUCHAR Start = (PUCHAR)SelfRelative + sizeof(SECURITY_DESCRIPTOR_RELATIVE), End = Start;
    const struct {
        PVOID Part;
        ULONG Bytes;
    } Parts[] = {{Owner, Owner != NULL ? RtlLengthSid(Owner) : 0},
                 {Group, Group != NULL ? RtlLengthSid(Group) : 0},
                 {Dacl, Dacl != NULL ? Dacl->AclSize : 0},
                 {Sacl, Sacl != NULL ? Sacl->AclSize : 0}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Parts); Index += 1) {
        if (Parts[Index].Part != NULL && (PUCHAR)Parts[Index].Part + Parts[Index].Bytes > End) {
            End = (PUCHAR)Parts[Index].Part + Parts[Index].Bytes;
        }
    }
    ULONG Bytes = (ULONG)(End - (PUCHAR)SelfRelative) + Growth;
    if (*BufferSize < Bytes) {
        *BufferSize = Bytes;
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlMoveMemory(Start + Growth, Start, (SIZE_T)(End - Start));
    PISECURITY_DESCRIPTOR Target = SelfRelative;
    Target->Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_SELF_RELATIVE;
    Target->Owner = Owner != NULL ? (PUCHAR)Owner + Growth : NULL;
    Target->Group = Group != NULL ? (PUCHAR)Group + Growth : NULL;
    Target->Sacl = Sacl != NULL ? (PACL)((PUCHAR)Sacl + Growth) : NULL;
    Target->Dacl = Dacl != NULL ? (PACL)((PUCHAR)Dacl + Growth) : NULL;
    return STATUS_SUCCESS;
}
