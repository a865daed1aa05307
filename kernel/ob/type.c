// SPDX-License-Identifier: MIT
// Object types, which are objects themselves.
#include "inc/kernel.h"

POBJECT_TYPE ObpObjectTypes[OB_MAXIMUM_TYPES];
POBJECT_TYPE ObpTypeObjectType;
static ULONG ObpTypeCount = 2;
static EX_PUSH_LOCK ObpTypesLock;
static POBJECT_DIRECTORY ObpTypeDirectory; // \ObjectTypes, once it is there

// "Event" is tagged 'Even'.
static ULONG ObpTagOfName(PCUNICODE_STRING Name)
{
    ULONG Tag = 0;
    for (ULONG Index = 0; Index < 4; Index += 1) {
        WCHAR Character = Index < Name->Length / sizeof(WCHAR) ? Name->Buffer[Index] : L' ';
        Tag |= (ULONG)(UCHAR)Character << (8 * Index);
    }
    return Tag;
}

static BOOLEAN ObpTypeExists(PCUNICODE_STRING Name)
{
    for (ULONG Index = 2; Index < ObpTypeCount; Index += 1) {
        if (RtlEqualUnicodeString(&ObpObjectTypes[Index]->Name, Name, FALSE)) {
            return TRUE;
        }
    }
    return FALSE;
}

static NTSTATUS ObpAddType(PUNICODE_STRING Name, const OBJECT_TYPE_INITIALIZER *Initializer,
                           POBJECT_TYPE *Added)
{
    if (ObpTypeExists(Name)) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (ObpTypeCount == OB_MAXIMUM_TYPES) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    OB_PREFIX *Prefix =
        ExAllocatePoolZero(NonPagedPoolNx, sizeof(OB_PREFIX) + sizeof(OBJECT_TYPE), TAG_OBJECT_TYPE);
    if (Prefix == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    POBJECT_TYPE Type = ObpBody(&Prefix->Header);
    NTSTATUS Status = ObpCopyName(&Type->Name, Name);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Prefix, TAG_OBJECT_TYPE);
        return Status;
    }
    InitializeListHead(&Type->TypeList);
    InitializeListHead(&Type->CallbackList);
    Type->TypeInfo = *Initializer;
    Type->Index = (UCHAR)ObpTypeCount;
    Type->Key = ObpTagOfName(Name);
    if (ObpTypeObjectType == NULL) {
        ObpTypeObjectType = Type;
    }
    ObpObjectTypes[ObpTypeCount++] = Type;
    ObpInitializeStaticObject(Type, ObpTypeObjectType);
    *Added = Type;
    return STATUS_SUCCESS;
}

static NTSTATUS ObpNameType(POBJECT_TYPE Type)
{
    UNICODE_STRING Name;
    NTSTATUS Status = ObpCopyName(&Name, &Type->Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpLockNamespace();
    Status = ObpInsertIntoDirectory(ObpTypeDirectory, Type, &Name);
    ObpUnlockNamespace();
    if (!NT_SUCCESS(Status)) {
        ObpFreeName(&Name);
    }
    return Status;
}

NTSTATUS NTAPI ObCreateObjectType(PUNICODE_STRING TypeName, POBJECT_TYPE_INITIALIZER Initializer,
                                  PSECURITY_DESCRIPTOR SecurityDescriptor, POBJECT_TYPE *ObjectType)
{
    UNREFERENCED_PARAMETER(SecurityDescriptor);
    if (TypeName == NULL || TypeName->Length == 0 || TypeName->Length % sizeof(WCHAR) != 0 ||
        Initializer == NULL || Initializer->Length != sizeof(*Initializer) ||
        Initializer->InvalidAttributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < TypeName->Length / sizeof(WCHAR); Index += 1) {
        if (TypeName->Buffer[Index] == OBJ_NAME_PATH_SEPARATOR) {
            return STATUS_OBJECT_NAME_INVALID;
        }
    }
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&ObpTypesLock);
    NTSTATUS Status = ObpAddType(TypeName, Initializer, ObjectType);
    ExReleasePushLockExclusive(&ObpTypesLock);
    KeLeaveCriticalRegion();
    if (NT_SUCCESS(Status) && ObpTypeDirectory != NULL) {
        // A type without its name works all the same.
        ObpNameType(*ObjectType);
    }
    return Status;
}

NTSTATUS ObpCreateType(const OB_TYPE_DESCRIPTION *Description, POBJECT_TYPE *ObjectType)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Description->Name);
    OBJECT_TYPE_INITIALIZER Initializer = {
        .Length = sizeof(Initializer),
        .ObjectTypeFlags = (USHORT)Description->Flags,
        .InvalidAttributes = Description->InvalidAttributes,
        .GenericMapping = Description->GenericMapping,
        .ValidAccessMask = Description->ValidAccessMask,
        .RetainAccess = Description->RetainAccess,
        .PoolType = NonPagedPoolNx,
        .OpenProcedure = Description->Open,
        .CloseProcedure = Description->Close,
        .DeleteProcedure = Description->Delete,
        .ParseProcedure = Description->Parse,
        .SecurityProcedure = Description->Security,
        .QueryNameProcedure = Description->QueryName,
        .OkayToCloseProcedure = Description->OkayToClose,
        .WaitObjectPointerOffset = Description->WaitObjectOffset,
    };
    NTSTATUS Status = ObCreateObjectType(&Name, &Initializer, NULL, ObjectType);
    if (NT_SUCCESS(Status)) {
        (*ObjectType)->DefaultObject = Description->Stateless ? ObpDefaultObject : Description->DefaultObject;
    }
    return Status;
}

NTSTATUS ObpNameTypes(POBJECT_DIRECTORY Directory)
{
    ObpTypeDirectory = Directory;
    for (ULONG Index = 2; Index < ObpTypeCount; Index += 1) {
        NTSTATUS Status = ObpNameType(ObpObjectTypes[Index]);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

// The type of any object. Any IRQL.
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object)
{
    return ObpTypeOf(Object);
}
