// SPDX-License-Identifier: MIT
// From a name to its object: component by component, by each type's way of reading what is left of the name.
#include "inc/kernel.h"

#define OB_MAXIMUM_REPARSES 30

// What a walk starts with. *Object is referenced; *Rest is the part of the name that is left.
static NTSTATUS ObpStart(const OB_LOOKUP *Lookup, PVOID *Object, PUNICODE_STRING Rest)
{
    *Rest = Lookup->Name;
    BOOLEAN Rooted = Rest->Length != 0 && Rest->Buffer[0] == OBJ_NAME_PATH_SEPARATOR;
    if (Lookup->RootDirectory != NULL) {
        if (Rooted) {
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        }
        return ObReferenceObjectByHandle(Lookup->RootDirectory, 0, NULL, Lookup->Mode, Object, NULL);
    }
    if (!Rooted) {
        return Rest->Length == 0 ? STATUS_OBJECT_NAME_INVALID : STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    Rest->Buffer += 1;
    Rest->Length -= sizeof(WCHAR);
    ObfReferenceObject(ObpRootDirectory);
    *Object = ObpRootDirectory;
    return STATUS_SUCCESS;
}

// Takes the first component off Rest, which then starts with the separator behind it, if there is one.
static UNICODE_STRING ObpNextComponent(PUNICODE_STRING Rest)
{
    ULONG Characters = Rest->Length / sizeof(WCHAR), Length = 0;
    while (Length < Characters && Rest->Buffer[Length] != OBJ_NAME_PATH_SEPARATOR) {
        Length += 1;
    }
    UNICODE_STRING Component = {(USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)),
                                Rest->Buffer};
    Rest->Buffer += Length;
    Rest->Length -= (USHORT)(Length * sizeof(WCHAR));
    return Component;
}

// The namespace is locked. The last component is not there: the object to be inserted becomes it.
static NTSTATUS ObpInsertNew(const OB_LOOKUP *Lookup, POBJECT_DIRECTORY Directory, PCUNICODE_STRING Component)
{
    UNICODE_STRING Name;
    NTSTATUS Status =
        ObpCheckRight(Directory,
                      ObpTypeOf(Lookup->Insert) == ObpDirectoryObjectType ? DIRECTORY_CREATE_SUBDIRECTORY
                                                                          : DIRECTORY_CREATE_OBJECT,
                      Lookup->Mode);
    if (NT_SUCCESS(Status)) {
        Status = ObpAssignSecurity(Lookup->Insert, Directory, Lookup->Security);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpCopyName(&Name, Component);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // Its path until now; a name from here on.
    ObpFreeName(&ObpNameInfo(Lookup->Insert)->Name);
    Status = ObpInsertIntoDirectory(Directory, Lookup->Insert, &Name);
    if (!NT_SUCCESS(Status)) {
        ObpFreeName(&Name);
    }
    return Status;
}

// The step from a directory. *Next is referenced. TRUE in *Inserted: it is Lookup->Insert.
static NTSTATUS ObpStep(const OB_LOOKUP *Lookup, POBJECT_DIRECTORY Directory, PUNICODE_STRING Rest,
                        PVOID *Next, BOOLEAN *Inserted)
{
    if (Rest->Buffer[0] == OBJ_NAME_PATH_SEPARATOR) {
        Rest->Buffer += 1;
        Rest->Length -= sizeof(WCHAR);
    }
    UNICODE_STRING Component = ObpNextComponent(Rest);
    if (Component.Length == 0) {
        // A separator at the end, or two in a row, name nothing.
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    *Inserted = FALSE;
    ObpLockNamespace();
    PVOID Found = ObpFindInDirectory(Directory, &Component);
    if (Found != NULL) {
        ObfReferenceObject(Found);
    } else if (Rest->Length != 0) {
        Status = STATUS_OBJECT_PATH_NOT_FOUND;
    } else if (Lookup->Insert == NULL) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        Status = ObpInsertNew(Lookup, Directory, &Component);
        if (NT_SUCCESS(Status)) {
            Found = Lookup->Insert;
            ObfReferenceObject(Found);
            *Inserted = TRUE;
        }
    }
    ObpUnlockNamespace();
    *Next = Found;
    return Status;
}

// The walk has ended at Object, which had the name before.
static NTSTATUS ObpArrived(const OB_LOOKUP *Lookup, PVOID Object)
{
    if (Lookup->Insert != NULL) {
        if (!(Lookup->Attributes & OBJ_OPENIF)) {
            return STATUS_OBJECT_NAME_COLLISION;
        }
        return ObpTypeOf(Object) == ObpTypeOf(Lookup->Insert) ? STATUS_OBJECT_NAME_EXISTS
                                                              : STATUS_OBJECT_TYPE_MISMATCH;
    }
    return Lookup->Type == NULL || ObpTypeOf(Object) == Lookup->Type ? STATUS_SUCCESS
                                                                     : STATUS_OBJECT_TYPE_MISMATCH;
}

// TRUE if what is to be inserted would have Object's very name. A link is followed, but not by another link.
static BOOLEAN ObpTakesPlaceOf(const OB_LOOKUP *Lookup, PVOID Object)
{
    return Lookup->Insert != NULL && (ObpTypeOf(Object) != ObpSymbolicLinkObjectType ||
                                      ObpTypeOf(Lookup->Insert) == ObpSymbolicLinkObjectType);
}

// One walk from the start, to the end or to a reparse.
static NTSTATUS ObpWalk(OB_LOOKUP *Lookup, PVOID *Found)
{
    UNICODE_STRING Rest;
    PVOID Object = NULL;
    NTSTATUS Status = ObpStart(Lookup, &Object, &Rest);
    while (NT_SUCCESS(Status)) {
        OB_PARSE_METHOD Parse = ObpTypeOf(Object)->TypeInfo.ParseProcedure;
        if (Parse != NULL && !(Rest.Length == 0 && ObpTakesPlaceOf(Lookup, Object))) {
            *Found = NULL;
            Status = Parse(Object, Lookup->Type, Lookup->AccessState, Lookup->Mode, Lookup->Attributes,
                           &Lookup->Name, &Rest, Lookup->ParseContext, Lookup->SecurityQos, Found);
            break;
        }
        if (Rest.Length == 0) {
            Status = ObpArrived(Lookup, Object);
            if (NT_SUCCESS(Status)) {
                *Found = Object;
                return Status;
            }
            break;
        }
        if (ObpTypeOf(Object) != ObpDirectoryObjectType) {
            Status = STATUS_OBJECT_TYPE_MISMATCH;
            break;
        }
        PVOID Next;
        BOOLEAN Inserted;
        Status = ObpStep(Lookup, Object, &Rest, &Next, &Inserted);
        if (NT_SUCCESS(Status)) {
            ObfDereferenceObject(Object);
            Object = Next;
            if (Inserted) {
                *Found = Object;
                return Status;
            }
            continue;
        }
        break;
    }
    if (Object != NULL) {
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS ObpLookup(OB_LOOKUP *Lookup, PVOID *Found)
{
    for (ULONG Reparses = 0;; Reparses += 1) {
        NTSTATUS Status = ObpWalk(Lookup, Found);
        if (Status != STATUS_REPARSE) {
            return Status;
        }
        // What a link leads to is always a path from the root.
        Lookup->RootDirectory = NULL;
        if (Reparses == OB_MAXIMUM_REPARSES) {
            return STATUS_NAME_TOO_LONG;
        }
    }
}
