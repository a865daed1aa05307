// SPDX-License-Identifier: MIT
// Object directories: names, without regard to case, in hash buckets.
#include "inc/kernel.h"

EX_PUSH_LOCK ObpNamespaceLock;
POBJECT_DIRECTORY ObpRootDirectory;
POBJECT_TYPE ObpDirectoryObjectType;

static ULONG ObpHashName(PCUNICODE_STRING Name)
{
    ULONG Hash = 0;
    RtlHashUnicodeString(Name, TRUE, HASH_STRING_ALGORITHM_X65599, &Hash);
    return Hash;
}

PVOID ObpFindInDirectory(POBJECT_DIRECTORY Directory, PCUNICODE_STRING Name)
{
    ULONG Hash = ObpHashName(Name);
    for (POBJECT_DIRECTORY_ENTRY Entry = Directory->HashBuckets[Hash % OB_DIRECTORY_BUCKETS]; Entry != NULL;
         Entry = Entry->ChainLink) {
        if (Entry->HashValue == Hash &&
            RtlEqualUnicodeString(&ObpNameInfo(Entry->Object)->Name, Name, TRUE)) {
            return Entry->Object;
        }
    }
    return NULL;
}

NTSTATUS ObpInsertIntoDirectory(POBJECT_DIRECTORY Directory, PVOID Object, PUNICODE_STRING Name)
{
    POBJECT_DIRECTORY_ENTRY Entry = ExAllocatePoolZero(PagedPool, sizeof(*Entry), TAG_OBJECT_DIRECTORY);
    if (Entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Entry->Object = Object;
    Entry->HashValue = ObpHashName(Name);
    POBJECT_DIRECTORY_ENTRY *Link = &Directory->HashBuckets[Entry->HashValue % OB_DIRECTORY_BUCKETS];
    while (*Link != NULL) {
        Link = &(*Link)->ChainLink;
    }
    *Link = Entry;
    POBJECT_HEADER_NAME_INFO NameInfo = ObpNameInfo(Object);
    NameInfo->Name = *Name;
    NameInfo->Directory = Directory;
    ObfReferenceObject(Object);
    ObfReferenceObject(Directory);
    return STATUS_SUCCESS;
}

BOOLEAN ObpRemoveFromDirectory(PVOID Object)
{
    POBJECT_HEADER_NAME_INFO NameInfo = ObpNameInfo(Object);
    POBJECT_DIRECTORY Directory = NameInfo->Directory;
    if (Directory == NULL) {
        return FALSE;
    }
    POBJECT_DIRECTORY_ENTRY *Link =
        &Directory->HashBuckets[ObpHashName(&NameInfo->Name) % OB_DIRECTORY_BUCKETS];
    while ((*Link)->Object != Object) {
        Link = &(*Link)->ChainLink;
    }
    POBJECT_DIRECTORY_ENTRY Entry = *Link;
    *Link = Entry->ChainLink;
    NameInfo->Directory = NULL;
    ExFreePoolWithTag(Entry, TAG_OBJECT_DIRECTORY);
    // What is left of the name is shown by nobody: such an object has none any more.
    ObpFreeName(&NameInfo->Name);
    ObDereferenceObjectDeferDelete(Directory);
    return TRUE;
}

VOID ObpDeleteNameIfUnused(PVOID Object)
{
    BOOLEAN Removed = FALSE;
    if (ObpNameInfo(Object)->Directory == NULL) {
        return;
    }
    ObpLockNamespace();
    POBJECT_HEADER Header = ObpHeader(Object);
    if (Header->HandleCount == 0 && !(Header->Flags & OB_FLAG_PERMANENT_OBJECT)) {
        Removed = ObpRemoveFromDirectory(Object);
    }
    ObpUnlockNamespace();
    if (Removed) {
        ObfDereferenceObject(Object);
    }
}

// The object stays as long as it has handles or references, its name only as long as it has handles. IRQL
// PASSIVE_LEVEL. (wdm, ObMakeTemporaryObject)
VOID NTAPI ObMakeTemporaryObject(PVOID Object)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    ObpLockNamespace();
    Header->Flags &= (UCHAR)~OB_FLAG_PERMANENT_OBJECT;
    ObpUnlockNamespace();
    ObpDeleteNameIfUnused(Object);
}

// (wdm, ZwMakeTemporaryObject) Handle needs DELETE access.
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle)
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, DELETE, NULL, KeGetPreviousMode(), &Object, NULL);
    if (NT_SUCCESS(Status)) {
        ObMakeTemporaryObject(Object);
        ObfDereferenceObject(Object);
    }
    return Status;
}

KI_DEFINE_ZW(MakeTemporaryObject, (HANDLE Handle), (Handle))

// (wdm, ZwCreateDirectoryObject) OBJ_OPENIF opens one that is there.
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                                       POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Directory;
    HANDLE Handle;
    NTSTATUS Status = ObCreateObject(Mode, ObpDirectoryObjectType, ObjectAttributes, Mode, NULL,
                                     sizeof(OBJECT_DIRECTORY), 0, 0, &Directory);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObInsertObject(Directory, NULL, DesiredAccess, 0, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, DirectoryHandle, Mode, Status) : Status;
}

KI_DEFINE_ZW(CreateDirectoryObject,
             (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (DirectoryHandle, DesiredAccess, ObjectAttributes))

NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ObpDirectoryObjectType, Mode, NULL, DesiredAccess,
                                         NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, DirectoryHandle, Mode, Status) : Status;
}

KI_DEFINE_ZW(OpenDirectoryObject,
             (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (DirectoryHandle, DesiredAccess, ObjectAttributes))
