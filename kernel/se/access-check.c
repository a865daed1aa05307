// SPDX-License-Identifier: MIT
// Whether a subject has the rights that it asks for, by the security descriptor of what it asks for. The
// rules are those of [MS-DTYP] 2.5.3.2, "Access Check Algorithm Pseudocode", and 2.5.3.3, which are the same
// in words.
#include "rtl/security.h"

#define SEP_ACE_OBJECT_TYPE_PRESENT 0x1u

// What stays the same through one decision.
typedef struct _SEP_CHECK {
    PTOKEN Token; // whose SIDs count
    PSID Owner;
    PACL Dacl; // NULL: everything is granted
    PACL Sacl;
    PGENERIC_MAPPING Mapping;
    BOOLEAN IsOwner;
} SEP_CHECK, *PSEP_CHECK;

typedef BOOLEAN (*SEP_HAS_SID)(const SEP_CHECK *Check, PSID Sid, BOOLEAN ForDeny);

// An ACE of any type that allows or denies.
typedef struct _SEP_RULE {
    BOOLEAN Allows;
    ACCESS_MASK Mask;
    PSID Sid;
} SEP_RULE, *PSEP_RULE;

// FALSE: the ACE decides nothing here. Nobody says which kind of object is asked for, so that an object ACE
// for one kind allows nothing, and denies all the same.
static BOOLEAN SepReadRule(const SEP_CHECK *Check, PACE_HEADER Ace, PSEP_RULE Rule)
{
    BOOLEAN Allows =
        Ace->AceType == ACCESS_ALLOWED_ACE_TYPE || Ace->AceType == ACCESS_ALLOWED_OBJECT_ACE_TYPE;
    BOOLEAN Denies = Ace->AceType == ACCESS_DENIED_ACE_TYPE || Ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE;
    if ((!Allows && !Denies) || (Ace->AceFlags & INHERIT_ONLY_ACE)) {
        return FALSE;
    }
    // Where the SID of a plain ACE begins, an object ACE has its flags.
    if (Ace->AceType == ACCESS_ALLOWED_OBJECT_ACE_TYPE &&
        (((PRTLP_KNOWN_ACE)Ace)->SidStart & SEP_ACE_OBJECT_TYPE_PRESENT)) {
        return FALSE;
    }
    Rule->Allows = Allows;
    Rule->Mask = ((PRTLP_KNOWN_ACE)Ace)->Mask;
    Rule->Sid = RtlpSidOfAce(Ace);
    RtlMapGenericMask(&Rule->Mask, Check->Mapping);
    return TRUE;
}

// ---- Whose SIDs

static BOOLEAN SepHasSid(const SEP_CHECK *Check, PSID Sid, BOOLEAN ForDeny)
{
    if (RtlEqualSid(Sid, SeOwnerRightsSid)) {
        return Check->IsOwner;
    }
    return SepTokenHasSid(Check->Token, Sid, ForDeny);
}

static BOOLEAN SepHasRestrictedSid(const SEP_CHECK *Check, PSID Sid, BOOLEAN ForDeny)
{
    UNREFERENCED_PARAMETER(ForDeny);
    if (RtlEqualSid(Sid, SeOwnerRightsSid)) {
        return Check->IsOwner;
    }
    return SepTokenHasRestrictedSid(Check->Token, Sid);
}

static BOOLEAN SepIsOwner(PTOKEN Token, PSID Owner)
{
    return Owner != NULL && SepTokenHasSid(Token, Owner, FALSE) &&
           (!SepIsRestricted(Token) || SepTokenHasRestrictedSid(Token, Owner));
}

// Rights that the owner has without any ACE, unless the list says itself what the owner has.
static ACCESS_MASK SepOwnerRights(const SEP_CHECK *Check)
{
    if (!Check->IsOwner) {
        return 0;
    }
    PACE_HEADER Ace = Check->Dacl != NULL ? RtlpFirstAce(Check->Dacl) : NULL;
    for (ULONG Index = 0; Check->Dacl != NULL && Index < Check->Dacl->AceCount;
         Index += 1, Ace = RtlpNextAce(Ace)) {
        SEP_RULE Rule;
        if (SepReadRule(Check, Ace, &Rule) && RtlEqualSid(Rule.Sid, SeOwnerRightsSid)) {
            return 0;
        }
    }
    return READ_CONTROL | WRITE_DAC;
}

// ---- The discretionary list

// Those of Wanted that are granted before one of them is denied: all, or not all of them.
static ACCESS_MASK SepGrantInOrder(const SEP_CHECK *Check, ACCESS_MASK Wanted, SEP_HAS_SID HasSid)
{
    ACCESS_MASK Remaining = Wanted;
    PACE_HEADER Ace = RtlpFirstAce(Check->Dacl);
    for (ULONG Index = 0; Remaining != 0 && Index < Check->Dacl->AceCount;
         Index += 1, Ace = RtlpNextAce(Ace)) {
        SEP_RULE Rule;
        if (!SepReadRule(Check, Ace, &Rule) || !(Rule.Mask & Remaining) ||
            !HasSid(Check, Rule.Sid, !Rule.Allows)) {
            continue;
        }
        if (!Rule.Allows) {
            break;
        }
        Remaining &= ~Rule.Mask;
    }
    return Wanted & ~Remaining;
}

// All rights that are granted before they are denied.
static ACCESS_MASK SepGrantMaximum(const SEP_CHECK *Check, SEP_HAS_SID HasSid)
{
    ACCESS_MASK Granted = 0, Denied = 0;
    PACE_HEADER Ace = RtlpFirstAce(Check->Dacl);
    for (ULONG Index = 0; Index < Check->Dacl->AceCount; Index += 1, Ace = RtlpNextAce(Ace)) {
        SEP_RULE Rule;
        if (!SepReadRule(Check, Ace, &Rule) || !HasSid(Check, Rule.Sid, !Rule.Allows)) {
            continue;
        }
        if (Rule.Allows) {
            Granted |= Rule.Mask & ~Denied;
        } else {
            Denied |= Rule.Mask & ~Granted;
        }
    }
    return Granted;
}

// The rights of the generic write right that neither reading nor executing has.
static ACCESS_MASK SepWriteRights(PGENERIC_MAPPING Mapping)
{
    return Mapping->GenericWrite & ~(Mapping->GenericRead | Mapping->GenericExecute);
}

static ACCESS_MASK SepGrantByDacl(const SEP_CHECK *Check, ACCESS_MASK Wanted, BOOLEAN Maximum)
{
    PTOKEN Token = Check->Token;
    if (Check->Dacl == NULL) {
        return Maximum ? Check->Mapping->GenericAll | Wanted : Wanted;
    }
    ACCESS_MASK Granted =
        Maximum ? SepGrantMaximum(Check, SepHasSid) : SepGrantInOrder(Check, Wanted, SepHasSid);
    if (!SepIsRestricted(Token)) {
        return Granted;
    }
    // What its restricting SIDs do not have either it has not; a write-restricted one, as far as that is
    // writing.
    ACCESS_MASK Restricted = Maximum ? SepGrantMaximum(Check, SepHasRestrictedSid)
                                     : SepGrantInOrder(Check, Wanted, SepHasRestrictedSid);
    if (Token->TokenFlags & TOKEN_WRITE_RESTRICTED) {
        Restricted |= ~SepWriteRights(Check->Mapping);
    }
    return Granted & Restricted;
}

// ---- The mandatory label

// The label of the object: its level, and which rights it keeps from those below. Without one it is medium,
// and keeps writing.
static ULONG SepObjectLevel(const SEP_CHECK *Check, PULONG Policy)
{
    *Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    PACE_HEADER Ace = Check->Sacl != NULL ? RtlpFirstAce(Check->Sacl) : NULL;
    for (ULONG Index = 0; Check->Sacl != NULL && Index < Check->Sacl->AceCount;
         Index += 1, Ace = RtlpNextAce(Ace)) {
        if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && !(Ace->AceFlags & INHERIT_ONLY_ACE)) {
            PSID Sid = &((PSYSTEM_MANDATORY_LABEL_ACE)Ace)->SidStart;
            *Policy = ((PSYSTEM_MANDATORY_LABEL_ACE)Ace)->Mask;
            return *RtlSubAuthoritySid(Sid, 0);
        }
    }
    return SECURITY_MANDATORY_MEDIUM_RID;
}

// The rights that the label leaves to the token.
static ACCESS_MASK SepMandatoryRights(const SEP_CHECK *Check)
{
    ULONG Policy;
    PTOKEN Token = Check->Token;
    PGENERIC_MAPPING Mapping = Check->Mapping;
    if (!(Token->MandatoryPolicy & TOKEN_MANDATORY_POLICY_NO_WRITE_UP) ||
        SepTokenIntegrityLevel(Token) >= SepObjectLevel(Check, &Policy)) {
        return ~(ACCESS_MASK)0;
    }
    ACCESS_MASK Rights = ACCESS_SYSTEM_SECURITY; // which is its privilege's alone
    if (!(Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP)) {
        Rights |= Mapping->GenericRead;
    }
    if (!(Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP)) {
        Rights |= Mapping->GenericExecute;
    }
    if (!(Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP)) {
        Rights |= Mapping->GenericWrite | Mapping->GenericAll | DELETE | WRITE_DAC | WRITE_OWNER;
    }
    if (SepTokenHasPrivilege(Token, SE_RELABEL_PRIVILEGE)) {
        Rights |= WRITE_OWNER;
    }
    return Rights;
}

// ---- Privileges

// Rights that Wanted has by privileges, which are noted in Used: 0 to 2 of them.
static ACCESS_MASK SepGrantByPrivilege(PTOKEN Token, ACCESS_MASK Wanted, ULONG Used[2], PULONG Count)
{
    static const struct {
        ACCESS_MASK Right;
        ULONG Privilege;
    } Rights[] = {{ACCESS_SYSTEM_SECURITY, SE_SECURITY_PRIVILEGE},
                  {WRITE_OWNER, SE_TAKE_OWNERSHIP_PRIVILEGE}};
    ACCESS_MASK Granted = 0;
    *Count = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rights); Index += 1) {
        if ((Wanted & Rights[Index].Right) && SepTokenHasPrivilege(Token, Rights[Index].Privilege)) {
            Granted |= Rights[Index].Right;
            Used[(*Count)++] = Rights[Index].Privilege;
        }
    }
    return Granted;
}

static NTSTATUS SepReturnPrivileges(PPRIVILEGE_SET *Privileges, const ULONG *Used, ULONG Count)
{
    if (Privileges == NULL || Count == 0) {
        return STATUS_SUCCESS;
    }
    PPRIVILEGE_SET Set = ExAllocatePoolZero(
        PagedPool, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Count * sizeof(LUID_AND_ATTRIBUTES),
        TAG_PRIVILEGE_SET);
    if (Set == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Set->PrivilegeCount = Count;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Set->Privilege[Index].Luid.LowPart = Used[Index];
        Set->Privilege[Index].Attributes = SE_PRIVILEGE_USED_FOR_ACCESS;
    }
    *Privileges = Set;
    return STATUS_SUCCESS;
}

// ---- The whole

// Wanted: without MAXIMUM_ALLOWED and generic rights. Tokens are locked. The status is what SeAccessCheck
// returns.
static NTSTATUS SepDecide(const SEP_CHECK *Check, ACCESS_MASK Wanted, BOOLEAN Maximum,
                          PPRIVILEGE_SET *Privileges, PACCESS_MASK Granted)
{
    ULONG Used[2], Count;
    ACCESS_MASK Mandatory = SepMandatoryRights(Check);
    ACCESS_MASK ByPrivilege = SepGrantByPrivilege(Check->Token, Wanted, Used, &Count);
    if (Wanted & ~ByPrivilege & ACCESS_SYSTEM_SECURITY) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    ACCESS_MASK Had = ByPrivilege | (SepOwnerRights(Check) & (Maximum ? ~(ACCESS_MASK)0 : Wanted));
    ACCESS_MASK Remaining = Wanted & ~Had;
    ACCESS_MASK ByDacl = Maximum || Remaining != 0 ? SepGrantByDacl(Check, Remaining, Maximum) : 0;
    *Granted = (Had | ByDacl) & (Mandatory | (ByPrivilege & WRITE_OWNER));
    if ((Wanted & ~*Granted) != 0 || *Granted == 0) {
        return STATUS_ACCESS_DENIED;
    }
    return SepReturnPrivileges(Privileges, Used, Count);
}

// The kernel itself is granted what it asks for.
static ACCESS_MASK SepGrantToKernel(ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping)
{
    return DesiredAccess & MAXIMUM_ALLOWED
               ? (DesiredAccess & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | GenericMapping->GenericAll
               : DesiredAccess;
}

static NTSTATUS SepCheckSubject(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT Subject,
                                ACCESS_MASK Wanted, BOOLEAN Maximum, PPRIVILEGE_SET *Privileges,
                                PGENERIC_MAPPING Mapping, PACCESS_MASK Granted)
{
    BOOLEAN Present, Defaulted;
    PTOKEN Token = SepSubjectToken(Subject);
    SEP_CHECK Check = {.Token = Token, .Mapping = Mapping};
    RtlGetOwnerSecurityDescriptor(SecurityDescriptor, &Check.Owner, &Defaulted);
    if (!NT_SUCCESS(RtlGetDaclSecurityDescriptor(SecurityDescriptor, &Present, &Check.Dacl, &Defaulted)) ||
        !Present) {
        Check.Dacl = NULL;
    }
    if (!NT_SUCCESS(RtlGetSaclSecurityDescriptor(SecurityDescriptor, &Present, &Check.Sacl, &Defaulted)) ||
        !Present) {
        Check.Sacl = NULL;
    }
    Check.IsOwner = SepIsOwner(Token, Check.Owner);
    return SepDecide(&Check, Wanted, Maximum, Privileges, Granted);
}

BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor,
                            PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN SubjectContextLocked,
                            ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                            PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING GenericMapping,
                            KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    RtlMapGenericMask(&DesiredAccess, GenericMapping);
    if (Privileges != NULL) {
        *Privileges = NULL;
    }
    *GrantedAccess = 0;
    if (AccessMode == KernelMode) {
        *GrantedAccess = SepGrantToKernel(DesiredAccess, GenericMapping) | PreviouslyGrantedAccess;
        *AccessStatus = STATUS_SUCCESS;
        return TRUE;
    }
    if (SecurityDescriptor == NULL) {
        *AccessStatus = STATUS_ACCESS_DENIED;
        return FALSE;
    }
    if (!SepSubjectMayAct(SubjectSecurityContext)) {
        *AccessStatus = STATUS_BAD_IMPERSONATION_LEVEL;
        return FALSE;
    }
    BOOLEAN Maximum = (DesiredAccess & MAXIMUM_ALLOWED) != 0;
    ACCESS_MASK Wanted = DesiredAccess & ~(ACCESS_MASK)MAXIMUM_ALLOWED;
    if (Wanted == 0 && !Maximum) {
        *GrantedAccess = PreviouslyGrantedAccess;
        *AccessStatus = PreviouslyGrantedAccess != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
        return PreviouslyGrantedAccess != 0;
    }
    if (!SubjectContextLocked) {
        SeLockSubjectContext(SubjectSecurityContext);
    }
    ACCESS_MASK Granted = 0;
    *AccessStatus = SepCheckSubject(SecurityDescriptor, SubjectSecurityContext, Wanted, Maximum, Privileges,
                                    GenericMapping, &Granted);
    if (!SubjectContextLocked) {
        SeUnlockSubjectContext(SubjectSecurityContext);
    }
    if (NT_SUCCESS(*AccessStatus)) {
        *GrantedAccess = Granted | PreviouslyGrantedAccess;
    }
    return NT_SUCCESS(*AccessStatus);
}
