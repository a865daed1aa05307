// SPDX-License-Identifier: MIT
// NtSetInformationToken, class by class.
#include "inc/kernel.h"

// What is set, captured.
typedef struct _SEP_SETTING {
    union {
        PVOID Pointer; // a caller's
        ULONG Long;
    };
    union {
        UCHAR SidBytes[SECURITY_MAX_SID_SIZE];
        SID Sid;
    };
    PACL Dacl; // of pool, TAG_TOKEN_DACL; its owner is the token afterwards
} SEP_SETTING;

typedef NTSTATUS (*SEP_CAPTURE_ROUTINE)(SEP_SETTING *Setting, KPROCESSOR_MODE Mode);
// Token is locked for writing.
typedef NTSTATUS (*SEP_SET_ROUTINE)(PTOKEN Token, SEP_SETTING *Setting);

static NTSTATUS SepCaptureSid(SEP_SETTING *Setting, KPROCESSOR_MODE Mode)
{
    const SID *Source = Setting->Pointer;
    __try {
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, RtlLengthRequiredSid(0), sizeof(ULONG));
        }
        ULONG Bytes = RtlLengthRequiredSid(*(const volatile UCHAR *)&Source->SubAuthorityCount);
        if (Bytes > sizeof(Setting->SidBytes)) {
            return STATUS_INVALID_SID;
        }
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, Bytes, sizeof(ULONG));
        }
        RtlCopyMemory(Setting->SidBytes, Source, Bytes);
        if (RtlLengthRequiredSid(Setting->Sid.SubAuthorityCount) != Bytes) {
            return STATUS_INVALID_SID;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return RtlValidSid(&Setting->Sid) ? STATUS_SUCCESS : STATUS_INVALID_SID;
}

static NTSTATUS SepCaptureDacl(SEP_SETTING *Setting, KPROCESSOR_MODE Mode)
{
    const ACL *Source = Setting->Pointer;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, sizeof(*Source), sizeof(ULONG));
        }
        USHORT Bytes = *(const volatile USHORT *)&Source->AclSize;
        if (Bytes < sizeof(*Source)) {
            return STATUS_INVALID_ACL;
        }
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, Bytes, sizeof(ULONG));
        }
        Setting->Dacl = ExAllocatePoolZero(PagedPool, Bytes, TAG_TOKEN_DACL);
        if (Setting->Dacl == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Setting->Dacl, Source, Bytes);
        Setting->Dacl->AclSize = Bytes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    // The page says that it is not looked at; who walks it later relies on it all the same.
    return NT_SUCCESS(Status) && !RtlValidAcl(Setting->Dacl) ? STATUS_INVALID_ACL : Status;
}

static NTSTATUS SepCaptureNothing(SEP_SETTING *Setting, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Setting);
    UNREFERENCED_PARAMETER(Mode);
    return STATUS_SUCCESS;
}

static NTSTATUS SepSetOwner(PTOKEN Token, SEP_SETTING *Setting)
{
    ULONG Index = SepFindSid(Token->UserAndGroups, Token->UserAndGroupCount, &Setting->Sid);
    if (Index == Token->UserAndGroupCount ||
        (Index == 0 ? Token->UserAndGroups[0].Attributes & SE_GROUP_USE_FOR_DENY_ONLY
                    : (Token->UserAndGroups[Index].Attributes & (SE_GROUP_OWNER | SE_GROUP_ENABLED)) !=
                          (SE_GROUP_OWNER | SE_GROUP_ENABLED))) {
        return STATUS_INVALID_OWNER;
    }
    Token->DefaultOwnerIndex = Index;
    return STATUS_SUCCESS;
}

static NTSTATUS SepSetPrimaryGroup(PTOKEN Token, SEP_SETTING *Setting)
{
    ULONG Index = SepFindSid(Token->UserAndGroups, Token->UserAndGroupCount, &Setting->Sid);
    if (Index == Token->UserAndGroupCount || Token->UserAndGroups[Index].Attributes & SE_GROUP_INTEGRITY) {
        return STATUS_INVALID_PRIMARY_GROUP;
    }
    ULONG DaclBytes = SepDynamicUse(Token) - RtlLengthSid(Token->PrimaryGroup);
    if (DaclBytes + RtlLengthSid(&Setting->Sid) > Token->DynamicCharged) {
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    }
    Token->PrimaryGroup = Token->UserAndGroups[Index].Sid;
    return STATUS_SUCCESS;
}

static NTSTATUS SepSetDefaultDacl(PTOKEN Token, SEP_SETTING *Setting)
{
    ULONG Bytes = Setting->Dacl != NULL ? Setting->Dacl->AclSize : 0;
    if (RtlLengthSid(Token->PrimaryGroup) + Bytes > Token->DynamicCharged) {
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    }
    PACL Before = Token->DefaultDacl;
    Token->DefaultDacl = Setting->Dacl;
    Setting->Dacl = Before;
    return STATUS_SUCCESS;
}

static NTSTATUS SepSetSession(PTOKEN Token, SEP_SETTING *Setting)
{
    Token->SessionId = Setting->Long;
    return STATUS_SUCCESS;
}

static const struct {
    TOKEN_INFORMATION_CLASS Class;
    ULONG Bytes; // at least
    ACCESS_MASK Access;
    ULONG Privilege; // of user mode; 0: none
    SEP_CAPTURE_ROUTINE Capture;
    SEP_SET_ROUTINE Set;
} SepSettings[] = {
    {TokenOwner, sizeof(TOKEN_OWNER), TOKEN_ADJUST_DEFAULT, 0, SepCaptureSid, SepSetOwner},
    {TokenPrimaryGroup, sizeof(TOKEN_PRIMARY_GROUP), TOKEN_ADJUST_DEFAULT, 0, SepCaptureSid,
     SepSetPrimaryGroup},
    {TokenDefaultDacl, sizeof(TOKEN_DEFAULT_DACL), TOKEN_ADJUST_DEFAULT, 0, SepCaptureDacl,
     SepSetDefaultDacl},
    {TokenSessionId, sizeof(ULONG), TOKEN_ADJUST_DEFAULT | TOKEN_ADJUST_SESSIONID, SE_TCB_PRIVILEGE,
     SepCaptureNothing, SepSetSession},
};

static BOOLEAN SepCallerHasPrivilege(ULONG Privilege, KPROCESSOR_MODE Mode)
{
    TOKEN_TYPE Type;
    BOOLEAN EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level;
    if (Privilege == 0 || Mode == KernelMode) {
        return TRUE;
    }
    PTOKEN Token = PsReferenceEffectiveToken(PsGetCurrentThread(), &Type, &EffectiveOnly, &Level);
    SepLockTokenShared(Token);
    BOOLEAN Has =
        SepTokenHasPrivilege(Token, Privilege) && (Type == TokenPrimary || Level >= SecurityImpersonation);
    SepUnlockToken(Token);
    ObfDereferenceObject(Token);
    return Has;
}

static NTSTATUS SepReadSetting(SEP_SETTING *Setting, const VOID *Information, ULONG Bytes,
                               KPROCESSOR_MODE Mode)
{
    __try {
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Information, Bytes, sizeof(ULONG));
        }
        RtlCopyMemory(&Setting->Pointer, Information, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// TokenOwner (the user, or an enabled group that may own), TokenPrimaryGroup (one of the groups),
// TokenDefaultDacl (a valid one, or NULL), which need TOKEN_ADJUST_DEFAULT; TokenSessionId, which needs
// TOKEN_ADJUST_SESSIONID too and of user mode SeTcbPrivilege (STATUS_PRIVILEGE_NOT_HELD).
// STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_SID, STATUS_INVALID_OWNER,
// STATUS_INVALID_PRIMARY_GROUP, STATUS_INVALID_ACL, STATUS_ALLOTTED_SPACE_EXCEEDED (default DACL and primary
// group), STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_VIOLATION, and what ObReferenceObjectByHandle returns.
// IRQL PASSIVE_LEVEL. (ntifs, NtSetInformationToken)
NTSTATUS NTAPI NtSetInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information,
                                     ULONG Length)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    SEP_SETTING Setting = {0};
    ULONG Row = 0;
    PVOID Object;
    while (Row < RTL_NUMBER_OF(SepSettings) && SepSettings[Row].Class != Class) {
        Row += 1;
    }
    if (Row == RTL_NUMBER_OF(SepSettings)) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < SepSettings[Row].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (!SepCallerHasPrivilege(SepSettings[Row].Privilege, Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(TokenHandle, SepSettings[Row].Access, SeTokenObjectType, Mode,
                                                &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepReadSetting(&Setting, Information, SepSettings[Row].Bytes, Mode);
    if (NT_SUCCESS(Status)) {
        Status = SepSettings[Row].Capture(&Setting, Mode);
    }
    if (NT_SUCCESS(Status)) {
        PTOKEN Token = Object;
        SepLockTokenExclusive(Token);
        Status = SepSettings[Row].Set(Token, &Setting);
        if (NT_SUCCESS(Status)) {
            SepTouchToken(Token);
        }
        SepUnlockToken(Token);
    }
    if (Setting.Dacl != NULL) {
        ExFreePoolWithTag(Setting.Dacl, TAG_TOKEN_DACL);
    }
    ObfDereferenceObject(Object);
    return Status;
}

KI_DEFINE_ZW(SetInformationToken,
             (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length),
             (TokenHandle, Class, Information, Length))
