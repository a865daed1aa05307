// SPDX-License-Identifier: MIT
// Keys opened and made by system services.
#include "inc/kernel.h"

#define CMP_WOW64_FLAGS (KEY_WOW64_32KEY | KEY_WOW64_64KEY)

// What the creator wants for the key's security, if it says so.
static NTSTATUS CmpCaptureSecurity(POBJECT_ATTRIBUTES ObjectAttributes, PSECURITY_DESCRIPTOR *Security)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSECURITY_DESCRIPTOR Given = NULL;
    *Security = NULL;
    if (ObjectAttributes == NULL) {
        return STATUS_SUCCESS; // whoever opens it complains
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(ObjectAttributes, sizeof(*ObjectAttributes), sizeof(ULONG64));
        }
        Given = *(PVOID volatile *)&ObjectAttributes->SecurityDescriptor;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return SeCaptureSecurityDescriptor(Given, Mode, PagedPool, TRUE, Security);
}

// The part that making and opening have in common: Parse says which.
static NTSTATUS CmpOpenForService(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes, PCM_PARSE_CONTEXT Parse)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    HANDLE Handle;
    Parse->Wow64Flags = DesiredAccess & CMP_WOW64_FLAGS;
    if (Parse->Wow64Flags == CMP_WOW64_FLAGS) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, CmKeyObjectType, Mode, NULL,
                                         DesiredAccess & ~(ACCESS_MASK)CMP_WOW64_FLAGS, Parse, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, KeyHandle, Mode, Status) : Status;
}

// A handle to the key that ObjectAttributes name, which is made if it is not there and the key above it is.
// *Disposition, which is optional: REG_*. STATUS_INVALID_PARAMETER (options, an overlong name, right under
// \REGISTRY\MACHINE or USER), STATUS_CHILD_MUST_BE_VOLATILE, STATUS_OBJECT_NAME_COLLISION (a link where there
// is a key), STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_KEY_DELETED,
// STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES, and what a registry filter refuses it with. (wdm,
// ZwCreateKey)
NTSTATUS NTAPI NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    UNREFERENCED_PARAMETER(TitleIndex);
    CM_PARSE_CONTEXT Parse = {.Create = TRUE, .Options = CreateOptions};
    if (CreateOptions & ~(ULONG)REG_LEGAL_OPTION) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpCaptureName(&Parse.Class, Class, UNICODE_STRING_MAX_BYTES);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureSecurity(ObjectAttributes, &Parse.Security);
    if (!NT_SUCCESS(Status)) {
        goto FreeClass;
    }
    Status = CmpOpenForService(KeyHandle, DesiredAccess, ObjectAttributes, &Parse);
    SeReleaseSecurityDescriptor(Parse.Security, KeGetPreviousMode(), TRUE);
    if (NT_SUCCESS(Status) && Disposition != NULL) {
        // The handle is the caller's already: where the disposition cannot be told, it stays open.
        NTSTATUS Written = CmpReturnBytes(Disposition, &Parse.Disposition, sizeof(Parse.Disposition));
        Status = NT_SUCCESS(Written) ? Status : Written;
    }
FreeClass:
    CmpFreeCaptured(Parse.Class.Buffer);
    return Status;
}

KI_DEFINE_ZW(CreateKey,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition),
             (KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class, CreateOptions, Disposition))

// A handle to a key that is there. STATUS_INVALID_PARAMETER_4 (options), else as NtCreateKey. (wdm,
// ZwOpenKeyEx)
NTSTATUS NTAPI NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           ULONG OpenOptions)
{
    CM_PARSE_CONTEXT Parse = {.Options = OpenOptions};
    if (OpenOptions & ~(ULONG)REG_OPEN_LEGAL_OPTION) {
        return STATUS_INVALID_PARAMETER_4;
    }
    return CmpOpenForService(KeyHandle, DesiredAccess, ObjectAttributes, &Parse);
}

KI_DEFINE_ZW(OpenKeyEx,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              ULONG OpenOptions),
             (KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions))

// (wdm, ZwOpenKey)
NTSTATUS NTAPI NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return NtOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, 0);
}

KI_DEFINE_ZW(OpenKey, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (KeyHandle, DesiredAccess, ObjectAttributes))
