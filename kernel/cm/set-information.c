// SPDX-License-Identifier: MIT
// What can be set of a key besides its values.
#include "inc/kernel.h"

static const UCHAR CmpSetInformationBytes[] = {
    [KeyWriteTimeInformation] = sizeof(KEY_WRITE_TIME_INFORMATION),
    [KeyWow64FlagsInformation] = sizeof(KEY_WOW64_FLAGS_INFORMATION),
    [KeyControlFlagsInformation] = sizeof(KEY_CONTROL_FLAGS_INFORMATION),
    [KeySetVirtualizationInformation] = sizeof(KEY_SET_VIRTUALIZATION_INFORMATION),
    [KeySetHandleTagsInformation] = sizeof(KEY_HANDLE_TAGS_INFORMATION),
};

#define CMP_VIRTUALIZATION_FLAGS 7u // VirtualTarget, VirtualStore, VirtualSource

static NTSTATUS CmpPerformSetInformation(PVOID Information)
{
    PREG_SET_INFORMATION_KEY_INFORMATION Set = Information;
    PCM_KEY_BODY Body = Set->Object;
    PCM_KEY_CONTROL_BLOCK Key = Body->KeyControlBlock;
    ULONG Flags;
    RtlCopyMemory(&Flags, Set->KeySetInformation, sizeof(Flags));
    CmpLockRegistry();
    NTSTATUS Status = CmpIsDeleted(Body) ? STATUS_KEY_DELETED : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        switch (Set->KeySetInformationClass) {
        case KeyWriteTimeInformation:
            RtlCopyMemory(&Key->LastWriteTime, Set->KeySetInformation, sizeof(Key->LastWriteTime));
            break;
        case KeyWow64FlagsInformation: Key->UserFlags = Flags; break;
        case KeyControlFlagsInformation: Key->ControlFlags = Flags; break;
        case KeySetVirtualizationInformation:
            Key->VirtualizationFlags = Flags & CMP_VIRTUALIZATION_FLAGS;
            break;
        default: Body->HandleTags = Flags; break;
        }
    }
    if (NT_SUCCESS(Status)) {
        CmpMarkHive(Key);
    }
    CmpUnlockRegistry();
    return Status;
}

static const CM_OPERATION_KIND CmpSetInformationOperation =
    CM_OPERATION(SetInformationKey, REG_SET_INFORMATION_KEY_INFORMATION, CmpPerformSetInformation);

// Classes: WriteTime, Wow64Flags, ControlFlags, SetVirtualization, SetHandleTags; else
// STATUS_INVALID_PARAMETER. STATUS_INFO_LENGTH_MISMATCH, STATUS_ACCESS_DENIED (no KEY_SET_VALUE; tags need no
// right), STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI NtSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                   PVOID KeySetInformation, ULONG KeySetInformationLength)
{
    PCM_KEY_BODY Body;
    PVOID Copy;
    if ((ULONG)KeySetInformationClass >= RTL_NUMBER_OF(CmpSetInformationBytes) ||
        CmpSetInformationBytes[KeySetInformationClass] == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (KeySetInformationLength != CmpSetInformationBytes[KeySetInformationClass]) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS Status = CmpReferenceKeyBody(
        KeyHandle, KeySetInformationClass == KeySetHandleTagsInformation ? 0 : KEY_SET_VALUE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureData(&Copy, KeySetInformation, KeySetInformationLength);
    if (NT_SUCCESS(Status)) {
        REG_SET_INFORMATION_KEY_INFORMATION Information = {.Object = Body,
                                                           .KeySetInformationClass = KeySetInformationClass,
                                                           .KeySetInformation = Copy,
                                                           .KeySetInformationLength =
                                                               KeySetInformationLength};
        Status = CmpOperate(&CmpSetInformationOperation, &Information);
        CmpFreeCaptured(Copy);
    }
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(SetInformationKey,
             (HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass, PVOID KeySetInformation,
              ULONG KeySetInformationLength),
             (KeyHandle, KeySetInformationClass, KeySetInformation, KeySetInformationLength))
