// SPDX-License-Identifier: MIT
// Values set and deleted by system services.
#include "inc/kernel.h"

static const UNICODE_STRING CmpLinkValueName = RTL_CONSTANT_STRING(L"SymbolicLinkValue");

// All that a link may have is where it leads to.
static BOOLEAN CmpMayHaveValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name, ULONG Type)
{
    return !(Key->Flags & CM_KEY_LINK) ||
           (Type == REG_LINK && RtlEqualUnicodeString(Name, &CmpLinkValueName, TRUE));
}

static NTSTATUS CmpPerformSetValue(PVOID Information)
{
    PREG_SET_VALUE_KEY_INFORMATION Set = Information;
    PCM_KEY_CONTROL_BLOCK Key = ((PCM_KEY_BODY)Set->Object)->KeyControlBlock;
    BOOLEAN Changed;
    NTSTATUS Status;
    CmpLockRegistry();
    if (Key->Flags & CM_KEY_DELETED) {
        Status = STATUS_KEY_DELETED;
    } else if (!CmpMayHaveValue(Key, Set->ValueName, Set->Type)) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        Status = CmpSetValue(Key, Set->ValueName, Set->Type, Set->Data, Set->DataSize, &Changed);
        if (NT_SUCCESS(Status) && Changed) {
            CmpReportNotify(Key, REG_NOTIFY_CHANGE_LAST_SET);
        }
    }
    CmpUnlockRegistry();
    return Status;
}

static const CM_OPERATION_KIND CmpSetValueOperation =
    CM_OPERATION(SetValueKey, REG_SET_VALUE_KEY_INFORMATION, CmpPerformSetValue);

// The value ValueName (NULL: the one without a name) becomes DataSize bytes of Type, any number.
// STATUS_INVALID_PARAMETER (a name that is odd or longer than 16383 characters), STATUS_ACCESS_DENIED (no
// KEY_SET_VALUE, or a link's other value than SymbolicLinkValue), STATUS_KEY_DELETED, STATUS_INVALID_HANDLE,
// STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES, and what a registry filter refuses it with.
// (wdm, ZwSetValueKey)
NTSTATUS NTAPI NtSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type,
                             PVOID Data, ULONG DataSize)
{
    PCM_KEY_BODY Body;
    UNICODE_STRING Name;
    PVOID Copy;
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_SET_VALUE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureName(&Name, ValueName, CM_MAXIMUM_VALUE_NAME_BYTES);
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    Status = CmpCaptureData(&Copy, Data, DataSize);
    if (!NT_SUCCESS(Status)) {
        goto FreeName;
    }
    REG_SET_VALUE_KEY_INFORMATION Information = {.Object = Body,
                                                 .ValueName = &Name,
                                                 .TitleIndex = TitleIndex,
                                                 .Type = Type,
                                                 .Data = Copy,
                                                 .DataSize = DataSize};
    Status = CmpOperate(&CmpSetValueOperation, &Information);
    CmpFreeCaptured(Copy);
FreeName:
    CmpFreeCaptured(Name.Buffer);
Dereference:
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(SetValueKey,
             (HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
              ULONG DataSize),
             (KeyHandle, ValueName, TitleIndex, Type, Data, DataSize))

static NTSTATUS CmpPerformDeleteValue(PVOID Information)
{
    PREG_DELETE_VALUE_KEY_INFORMATION Delete = Information;
    PCM_KEY_CONTROL_BLOCK Key = ((PCM_KEY_BODY)Delete->Object)->KeyControlBlock;
    NTSTATUS Status = STATUS_SUCCESS;
    CmpLockRegistry();
    if (Key->Flags & CM_KEY_DELETED) {
        Status = STATUS_KEY_DELETED;
    } else if (!CmpDeleteValue(Key, Delete->ValueName)) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        CmpReportNotify(Key, REG_NOTIFY_CHANGE_LAST_SET);
    }
    CmpUnlockRegistry();
    return Status;
}

static const CM_OPERATION_KIND CmpDeleteValueOperation =
    CM_OPERATION(DeleteValueKey, REG_DELETE_VALUE_KEY_INFORMATION, CmpPerformDeleteValue);

// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED (no KEY_SET_VALUE), STATUS_INVALID_PARAMETER (an odd or
// overlong name), STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_INSUFFICIENT_RESOURCES. (wdm, ZwDeleteValueKey)
NTSTATUS NTAPI NtDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    PCM_KEY_BODY Body;
    UNICODE_STRING Name;
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_SET_VALUE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureName(&Name, ValueName, CM_MAXIMUM_VALUE_NAME_BYTES);
    if (NT_SUCCESS(Status)) {
        REG_DELETE_VALUE_KEY_INFORMATION Information = {.Object = Body, .ValueName = &Name};
        Status = CmpOperate(&CmpDeleteValueOperation, &Information);
        CmpFreeCaptured(Name.Buffer);
    }
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(DeleteValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName), (KeyHandle, ValueName))
