// SPDX-License-Identifier: MIT
// Privileges asked of a subject, and those that an access state gathers.
#include "inc/kernel.h"

BOOLEAN SepCheckPrivileges(PTOKEN Token, PLUID_AND_ATTRIBUTES Privileges, ULONG Count, BOOLEAN All)
{
    ULONG Found = 0;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        BOOLEAN Has = Privileges[Index].Luid.HighPart == 0 &&
                      Privileges[Index].Luid.LowPart <= SEP_HIGHEST_PRIVILEGE &&
                      SepTokenHasPrivilege(Token, Privileges[Index].Luid.LowPart);
        if (Has) {
            Privileges[Index].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
            Found += 1;
        }
    }
    return All ? Found == Count : Found != 0;
}

BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                               PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, KPROCESSOR_MODE AccessMode)
{
    if (AccessMode == KernelMode) {
        for (ULONG Index = 0; Index < RequiredPrivileges->PrivilegeCount; Index += 1) {
            RequiredPrivileges->Privilege[Index].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
        }
        return TRUE;
    }
    if (!SepSubjectMayAct(SubjectSecurityContext)) {
        return FALSE;
    }
    PTOKEN Token = SepSubjectToken(SubjectSecurityContext);
    SepLockTokenShared(Token);
    BOOLEAN Held =
        SepCheckPrivileges(Token, RequiredPrivileges->Privilege, RequiredPrivileges->PrivilegeCount,
                           (RequiredPrivileges->Control & PRIVILEGE_SET_ALL_NECESSARY) != 0);
    SepUnlockToken(Token);
    return Held;
}

BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    PRIVILEGE_SET Required = {
        .PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY, .Privilege = {{.Luid = PrivilegeValue}}};
    if (PreviousMode == KernelMode) {
        return TRUE;
    }
    SeCaptureSubjectContext(&Subject);
    BOOLEAN Held = SePrivilegeCheck(&Required, &Subject, PreviousMode);
    SeReleaseSubjectContext(&Subject);
    return Held;
}

static ULONG SepPrivilegeSetBytes(ULONG Count)
{
    return FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Count * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
}

NTSTATUS NTAPI SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges)
{
    PAUX_ACCESS_DATA Aux = AccessState->AuxData;
    PPRIVILEGE_SET Used = Aux->PrivilegesUsed;
    ULONG Count = Used->PrivilegeCount + Privileges->PrivilegeCount;
    if (Count > INITIAL_PRIVILEGE_COUNT) {
        PPRIVILEGE_SET New = ExAllocatePoolZero(PagedPool, SepPrivilegeSetBytes(Count), TAG_PRIVILEGE_SET);
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(New, Used, SepPrivilegeSetBytes(Used->PrivilegeCount));
        if (AccessState->PrivilegesAllocated) {
            ExFreePoolWithTag(Used, TAG_PRIVILEGE_SET);
        }
        Aux->PrivilegesUsed = Used = New;
        AccessState->PrivilegesAllocated = TRUE;
    }
    RtlCopyMemory(&Used->Privilege[Used->PrivilegeCount], Privileges->Privilege,
                  Privileges->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    Used->PrivilegeCount = Count;
    return STATUS_SUCCESS;
}

VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges)
{
    ExFreePoolWithTag(Privileges, TAG_PRIVILEGE_SET);
}
