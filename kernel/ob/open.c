// SPDX-License-Identifier: MIT
// Objects by name and by pointer: inserted, opened, referenced.
#include "inc/kernel.h"

// The access state that the caller gave, or one of its own in *Local.
static VOID ObpUseAccessState(PACCESS_STATE *AccessState, OB_ACCESS_STATE *Local, ACCESS_MASK DesiredAccess,
                              POBJECT_TYPE Type)
{
    if (*AccessState == NULL) {
        *AccessState = &Local->State;
        ObpInitializeAccessState(Local, DesiredAccess, Type != NULL ? &Type->TypeInfo.GenericMapping : NULL);
    }
}

static VOID ObpDropAccessState(PACCESS_STATE AccessState, OB_ACCESS_STATE *Local)
{
    if (AccessState == &Local->State) {
        ObpReleaseAccessState(Local);
    }
}

// Ends the time in which Object is only its creator's: gives it its name, if it has one, and a handle, if
// Handle is not NULL. The creator's reference goes over to the handle; without Handle it stays the creator's.
// *NewObject, if it is given: referenced ObjectPointerBias times more. On failure Object is dereferenced.
// STATUS_OBJECT_NAME_EXISTS: the handle leads to another object, which had the name already (OBJ_OPENIF).
// STATUS_OBJECT_NAME_COLLISION, and what a lookup says. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                              ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE Handle)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    POBJECT_TYPE Type = ObpTypeOf(Object);
    OBJECT_CREATE_INFORMATION Create = *Header->ObjectCreateInfo;
    OB_ACCESS_STATE Local;
    PVOID Found = Object;
    NTSTATUS Status = STATUS_SUCCESS;
    ObpUseAccessState(&AccessState, &Local, DesiredAccess, Type);
    Header->ObjectCreateInfo->SecurityDescriptor = NULL; // Create's now
    ObpFreeCreateInformation(Header);
    Header->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
    if (ObpNameInfo(Object)->Name.Length != 0) {
        OB_LOOKUP Lookup = {.RootDirectory = Create.RootDirectory,
                            .Attributes = Create.Attributes,
                            .Type = Type,
                            .Mode = Create.ProbeMode,
                            .AccessState = AccessState,
                            .Insert = Object,
                            .Security = Create.SecurityDescriptor};
        // A copy: the insertion gives the object its last component for a name.
        Status = ObpCopyName(&Lookup.Name, &ObpNameInfo(Object)->Name);
        if (NT_SUCCESS(Status)) {
            Status = ObpLookup(&Lookup, &Found);
            ObpFreeName(&Lookup.Name);
        }
    } else {
        Status = ObpAssignSecurity(Object, NULL, Create.SecurityDescriptor);
        if (NT_SUCCESS(Status)) {
            ObfReferenceObject(Object); // as a lookup would have
        }
    }
    SeReleaseSecurityDescriptor(Create.SecurityDescriptor, Create.ProbeMode, TRUE);
    if (!NT_SUCCESS(Status)) {
        ObpDropAccessState(AccessState, &Local);
        ObfDereferenceObject(Object);
        return Status;
    }
    NTSTATUS HandleStatus = STATUS_SUCCESS;
    if (Handle != NULL) {
        HandleStatus = ObpCreateHandle(Found == Object ? ObCreateHandle : ObOpenHandle, Found, AccessState,
                                       Create.Attributes, Create.ProbeMode, Handle);
    }
    ObpDropAccessState(AccessState, &Local);
    if (NT_SUCCESS(HandleStatus)) {
        if (NewObject != NULL) {
            for (ULONG Index = 0; Index < ObjectPointerBias; Index += 1) {
                ObfReferenceObject(Found);
            }
            *NewObject = Found;
        }
    } else {
        ObpDeleteNameIfUnused(Object);
        Status = HandleStatus;
    }
    ObfDereferenceObject(Found);
    if (Handle != NULL || !NT_SUCCESS(Status)) {
        ObfDereferenceObject(Object);
    }
    return Status;
}

// What Attributes name, as ObpLookup wants it.
static NTSTATUS ObpCaptureLookup(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, OB_LOOKUP *Lookup)
{
    OBJECT_ATTRIBUTES Copy;
    if (Attributes == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(ULONG64));
        }
        Copy = *(volatile OBJECT_ATTRIBUTES *)Attributes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Copy.Length != sizeof(Copy) || Copy.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) {
        return STATUS_INVALID_PARAMETER;
    }
    Lookup->RootDirectory = Copy.RootDirectory;
    Lookup->Attributes = Mode == KernelMode ? Copy.Attributes : Copy.Attributes & ~(ULONG)OBJ_KERNEL_HANDLE;
    Lookup->Mode = Copy.Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode;
    Lookup->SecurityQos = Copy.SecurityQualityOfService;
    return ObpCaptureName(&Lookup->Name, Copy.ObjectName, Mode);
}

// A handle to what Attributes name. IRQL PASSIVE_LEVEL. STATUS_INVALID_PARAMETER, what a lookup says,
// STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                  PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, PVOID ParseContext,
                                  PHANDLE Handle)
{
    OB_ACCESS_STATE Local;
    PVOID Found;
    OB_LOOKUP Lookup = {.Type = Type, .ParseContext = ParseContext};
    *Handle = NULL;
    NTSTATUS Status = ObpCaptureLookup(Attributes, Mode, &Lookup);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpUseAccessState(&AccessState, &Local, DesiredAccess, Type);
    Lookup.AccessState = AccessState;
    Status = ObpLookup(&Lookup, &Found);
    if (!NT_SUCCESS(Status)) {
        goto DropAccessState;
    }
    if (Type != NULL && ObpTypeOf(Found) != Type) {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    } else {
        NTSTATUS HandleStatus =
            ObpCreateHandle(ObOpenHandle, Found, AccessState, Lookup.Attributes, Mode, Handle);
        Status = NT_SUCCESS(HandleStatus) ? Status : HandleStatus;
    }
    ObfDereferenceObject(Found);
DropAccessState:
    ObpDropAccessState(AccessState, &Local);
    ObpFreeName(&Lookup.Name);
    return Status;
}

// *Object: what Name names, referenced. As ObOpenObjectByName, without a handle.
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState,
                                       ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                       PVOID ParseContext, PVOID *Object)
{
    OB_ACCESS_STATE Local;
    PVOID Found;
    *Object = NULL;
    OB_LOOKUP Lookup = {.Attributes = Attributes, .Type = Type, .Mode = Mode, .ParseContext = ParseContext};
    NTSTATUS Status = ObpCaptureName(&Lookup.Name, Name, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpUseAccessState(&AccessState, &Local, DesiredAccess, Type);
    Lookup.AccessState = AccessState;
    Status = ObpLookup(&Lookup, &Found);
    if (NT_SUCCESS(Status)) {
        NTSTATUS AccessStatus = Type != NULL && ObpTypeOf(Found) != Type
                                    ? STATUS_OBJECT_TYPE_MISMATCH
                                    : ObpCheckAccess(Found, AccessState, Mode);
        if (NT_SUCCESS(AccessStatus)) {
            *Object = Found;
        } else {
            ObfDereferenceObject(Found);
            Status = AccessStatus;
        }
    }
    ObpDropAccessState(AccessState, &Local);
    ObpFreeName(&Lookup.Name);
    return Status;
}

// A handle to Object. STATUS_OBJECT_TYPE_MISMATCH, STATUS_INVALID_PARAMETER (attributes that there are not,
// or not for the type; OBJ_EXCLUSIVE for an object that was not made so, or with OBJ_INHERIT),
// STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD, STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (ntifs,
// ObOpenObjectByPointer)
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState,
                                     ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                     KPROCESSOR_MODE AccessMode, PHANDLE Handle)
{
    OB_ACCESS_STATE Local;
    *Handle = NULL;
    POBJECT_TYPE Type = ObpTypeOf(Object);
    if (ObjectType != NULL && ObjectType != Type) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    NTSTATUS Status = ObReferenceObjectByPointer(Object, 0, ObjectType, AccessMode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (HandleAttributes & ~(ULONG)OBJ_VALID_ATTRIBUTES ||
        HandleAttributes & Type->TypeInfo.InvalidAttributes) {
        Status = STATUS_INVALID_PARAMETER;
        goto Dereference;
    }
    ObpUseAccessState(&PassedAccessState, &Local, DesiredAccess, Type);
    Status = ObpCreateHandle(ObOpenHandle, Object, PassedAccessState, HandleAttributes, AccessMode, Handle);
    ObpDropAccessState(PassedAccessState, &Local);
Dereference:
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes,
                                            PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                            POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, ULONG Tag,
                                            PHANDLE Handle)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObOpenObjectByPointer(Object, HandleAttributes, PassedAccessState, DesiredAccess, ObjectType,
                                 AccessMode, Handle);
}
