// SPDX-License-Identifier: MIT
// Symbolic links: names that stand for other names.
#include "inc/kernel.h"

POBJECT_TYPE ObpSymbolicLinkObjectType;

VOID NTAPI ObpDeleteSymbolicLink(PVOID Object)
{
    ObpFreeName(&((POBJECT_SYMBOLIC_LINK)Object)->LinkTarget);
}

NTSTATUS NTAPI ObpParseSymbolicLink(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                                    KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                                    PUNICODE_STRING RemainingName, PVOID Context,
                                    PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found)
{
    UNREFERENCED_PARAMETER(AccessState);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Attributes);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(SecurityQos);
    POBJECT_SYMBOLIC_LINK Link = Object;
    if (RemainingName->Length == 0 && Type == ObpSymbolicLinkObjectType) {
        // The link itself is meant.
        ObfReferenceObject(Object);
        *Found = Object;
        return STATUS_SUCCESS;
    }
    ULONG TargetBytes = Link->LinkTarget.Length;
    // What is left starts with a separator: one is enough.
    if (RemainingName->Length != 0 && TargetBytes != 0 &&
        Link->LinkTarget.Buffer[TargetBytes / sizeof(WCHAR) - 1] == OBJ_NAME_PATH_SEPARATOR) {
        TargetBytes -= sizeof(WCHAR);
    }
    ULONG Bytes = TargetBytes + RemainingName->Length;
    if (Bytes > MAXUSHORT - sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    PWCH Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), TAG_OBJECT_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, Link->LinkTarget.Buffer, TargetBytes);
    RtlCopyMemory((PUCHAR)Buffer + TargetBytes, RemainingName->Buffer, RemainingName->Length);
    Buffer[Bytes / sizeof(WCHAR)] = L'\0';
    ObpFreeName(CompleteName);
    CompleteName->Buffer = Buffer;
    CompleteName->Length = (USHORT)Bytes;
    CompleteName->MaximumLength = (USHORT)(CompleteName->Length + sizeof(WCHAR));
    return STATUS_REPARSE;
}

// A link named by ObjectAttributes to LinkTarget. STATUS_INVALID_PARAMETER: an odd or empty target.
// (NtCreateSymbolicLink Object, which Windows does not document for drivers)
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                          POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING LinkTarget)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    UNICODE_STRING Target;
    PVOID Object;
    HANDLE Handle;
    NTSTATUS Status = ObpCaptureName(&Target, LinkTarget, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Target.Length == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = ObCreateObject(Mode, ObpSymbolicLinkObjectType, ObjectAttributes, Mode, NULL,
                            sizeof(OBJECT_SYMBOLIC_LINK), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        ObpFreeName(&Target);
        return Status;
    }
    POBJECT_SYMBOLIC_LINK Link = Object;
    KeQuerySystemTime(&Link->CreationTime);
    Link->LinkTarget = Target;
    Status = ObInsertObject(Object, NULL, DesiredAccess, 0, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, LinkHandle, Mode, Status) : Status;
}

KI_DEFINE_ZW(CreateSymbolicLinkObject,
             (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PUNICODE_STRING LinkTarget),
             (LinkHandle, DesiredAccess, ObjectAttributes, LinkTarget))

// (wdm, ZwOpenSymbolicLinkObject)
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ObpSymbolicLinkObjectType, Mode, NULL,
                                         DesiredAccess, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, LinkHandle, Mode, Status) : Status;
}

KI_DEFINE_ZW(OpenSymbolicLinkObject,
             (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (LinkHandle, DesiredAccess, ObjectAttributes))

// Copies the target into LinkTarget's buffer. STATUS_BUFFER_TOO_SMALL: *ReturnedLength says how many bytes, a
// zero at the end included, it takes. (wdm, ZwQuerySymbolicLinkObject)
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(LinkHandle, SYMBOLIC_LINK_QUERY, ObpSymbolicLinkObjectType,
                                                Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PUNICODE_STRING Target = &((POBJECT_SYMBOLIC_LINK)Object)->LinkTarget;
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(LinkTarget, sizeof(*LinkTarget), sizeof(ULONG64));
            ProbeForWrite(LinkTarget->Buffer, LinkTarget->MaximumLength, sizeof(WCHAR));
            if (ReturnedLength != NULL) {
                ProbeForWrite(ReturnedLength, sizeof(*ReturnedLength), sizeof(ULONG));
            }
        }
        // With a place for the length, the zero behind the target is copied and counted.
        ULONG Needed = Target->Length + (ReturnedLength != NULL ? (ULONG)sizeof(WCHAR) : 0);
        if (Needed <= LinkTarget->MaximumLength) {
            RtlCopyMemory(LinkTarget->Buffer, Target->Buffer, Needed);
            LinkTarget->Length = Target->Length;
        } else {
            Status = STATUS_BUFFER_TOO_SMALL;
        }
        if (ReturnedLength != NULL) {
            *ReturnedLength = Needed;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ObfDereferenceObject(Object);
    return Status;
}

KI_DEFINE_ZW(QuerySymbolicLinkObject, (HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength),
             (LinkHandle, LinkTarget, ReturnedLength))
