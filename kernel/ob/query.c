// SPDX-License-Identifier: MIT
// What a handle tells of its object, and the names in a directory.
#include "inc/kernel.h"

// Windows' own, whose public part the DDK has.
typedef struct _OB_BASIC_INFORMATION {
    ULONG Attributes;
    ACCESS_MASK GrantedAccess;
    ULONG HandleCount;
    ULONG PointerCount;
    ULONG PagedPoolCharge;
    ULONG NonPagedPoolCharge;
    ULONG Reserved[3];
    ULONG NameInfoSize;
    ULONG TypeInfoSize;
    ULONG SecurityDescriptorSize;
    LARGE_INTEGER CreationTime; // a symbolic link's
} OB_BASIC_INFORMATION;

typedef struct _OB_TYPE_INFORMATION {
    UNICODE_STRING TypeName;
    ULONG TotalNumberOfObjects;
    ULONG TotalNumberOfHandles;
    ULONG TotalPagedPoolUsage;
    ULONG TotalNonPagedPoolUsage;
    ULONG TotalNamePoolUsage;
    ULONG TotalHandleTableUsage;
    ULONG HighWaterNumberOfObjects;
    ULONG HighWaterNumberOfHandles;
    ULONG HighWaterPagedPoolUsage;
    ULONG HighWaterNonPagedPoolUsage;
    ULONG HighWaterNamePoolUsage;
    ULONG HighWaterHandleTableUsage;
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK ValidAccessMask;
    BOOLEAN SecurityRequired;
    BOOLEAN MaintainHandleCount;
    UCHAR TypeIndex;
    CHAR Reserved;
    ULONG PoolType;
    ULONG DefaultPagedPoolCharge;
    ULONG DefaultNonPagedPoolCharge;
} OB_TYPE_INFORMATION;

typedef struct _OB_HANDLE_FLAGS {
    BOOLEAN Inherit;
    BOOLEAN ProtectFromClose;
} OB_HANDLE_FLAGS;

C_ASSERT(sizeof(OB_BASIC_INFORMATION) == sizeof(PUBLIC_OBJECT_BASIC_INFORMATION));
C_ASSERT(sizeof(OB_TYPE_INFORMATION) == sizeof(PUBLIC_OBJECT_TYPE_INFORMATION));

static ULONG ObpTypeInformationBytes(POBJECT_TYPE Type)
{
    return (ULONG)ALIGN_UP_BY(sizeof(OB_TYPE_INFORMATION) + Type->Name.Length + sizeof(WCHAR),
                              sizeof(ULONG64));
}

static NTSTATUS ObpQueryBasic(PVOID Object, const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer,
                              ULONG Length, PULONG Needed)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    OB_BASIC_INFORMATION Information = {.Attributes = Handle->HandleAttributes,
                                        .GrantedAccess = Handle->GrantedAccess,
                                        .HandleCount = (ULONG)Header->HandleCount,
                                        // less the one that this query holds
                                        .PointerCount = (ULONG)Header->PointerCount - 1};
    ULONG NameLength = 0;
    *Needed = sizeof(Information);
    if (Length != sizeof(Information)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    if (Header->Flags & OB_FLAG_PERMANENT_OBJECT) {
        Information.Attributes |= OBJ_PERMANENT;
    }
    if (Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT) {
        Information.Attributes |= OBJ_EXCLUSIVE;
    }
    if (ObQueryNameString(Object, NULL, 0, &NameLength) == STATUS_INFO_LENGTH_MISMATCH) {
        Information.NameInfoSize = NameLength;
    }
    Information.TypeInfoSize = ObpTypeInformationBytes(ObpTypeOf(Object));
    if (ObpTypeOf(Object) == ObpSymbolicLinkObjectType) {
        Information.CreationTime = ((POBJECT_SYMBOLIC_LINK)Object)->CreationTime;
    }
    RtlCopyMemory(Buffer, &Information, sizeof(Information));
    return STATUS_SUCCESS;
}

static NTSTATUS ObpQueryType(POBJECT_TYPE Type, PVOID Buffer, ULONG Length, PULONG Needed)
{
    *Needed = ObpTypeInformationBytes(Type);
    if (Length < *Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    PWCH Name = (PWCH)((PUCHAR)Buffer + sizeof(OB_TYPE_INFORMATION));
    OB_TYPE_INFORMATION Information = {
        .TypeName = {Type->Name.Length, (USHORT)(Type->Name.Length + sizeof(WCHAR)), Name},
        .TotalNumberOfObjects = Type->TotalNumberOfObjects,
        .TotalNumberOfHandles = Type->TotalNumberOfHandles,
        .HighWaterNumberOfObjects = Type->HighWaterNumberOfObjects,
        .HighWaterNumberOfHandles = Type->HighWaterNumberOfHandles,
        .InvalidAttributes = Type->TypeInfo.InvalidAttributes,
        .GenericMapping = Type->TypeInfo.GenericMapping,
        .ValidAccessMask = Type->TypeInfo.ValidAccessMask,
        .SecurityRequired = (Type->TypeInfo.ObjectTypeFlags & OB_TYPE_SECURITY_REQUIRED) != 0,
        .MaintainHandleCount = (Type->TypeInfo.ObjectTypeFlags & OB_TYPE_MAINTAIN_HANDLE_COUNT) != 0,
        .TypeIndex = Type->Index,
        .PoolType = Type->TypeInfo.PoolType,
    };
    RtlCopyMemory(Buffer, &Information, sizeof(Information));
    RtlCopyMemory(Name, Type->Name.Buffer, Type->Name.Length);
    Name[Type->Name.Length / sizeof(WCHAR)] = L'\0';
    return STATUS_SUCCESS;
}

static NTSTATUS ObpQueryFlags(const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer, ULONG Length,
                              PULONG Needed)
{
    *Needed = sizeof(OB_HANDLE_FLAGS);
    if (Length != sizeof(OB_HANDLE_FLAGS)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    *(OB_HANDLE_FLAGS *)Buffer = (OB_HANDLE_FLAGS){(Handle->HandleAttributes & OBJ_INHERIT) != 0,
                                                   (Handle->HandleAttributes & OBJ_PROTECT_CLOSE) != 0};
    return STATUS_SUCCESS;
}

static NTSTATUS ObpQuery(PVOID Object, const OBJECT_HANDLE_INFORMATION *Handle,
                         OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PULONG Needed)
{
    switch (Class) {
    case ObjectBasicInformation: return ObpQueryBasic(Object, Handle, Buffer, Length, Needed);
    case ObjectNameInformation: return ObQueryNameString(Object, Buffer, Length, Needed);
    case ObjectTypeInformation: return ObpQueryType(ObpTypeOf(Object), Buffer, Length, Needed);
    case ObjectHandleFlagInformation: return ObpQueryFlags(Handle, Buffer, Length, Needed);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

// Classes: ObjectBasicInformation, ObjectNameInformation, ObjectTypeInformation, ObjectHandleFlagInformation;
// else STATUS_INVALID_INFO_CLASS. *ReturnLength is optional, and what is needed with
// STATUS_INFO_LENGTH_MISMATCH. (ntifs, ZwQueryObject)
NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                             PVOID ObjectInformation, ULONG ObjectInformationLength, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    OBJECT_HANDLE_INFORMATION HandleInformation;
    ULONG Needed = 0;
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, 0, NULL, Mode, &Object, &HandleInformation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(ObjectInformation, ObjectInformationLength, sizeof(ULONG));
            if (ReturnLength != NULL) {
                ProbeForWrite(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG));
            }
        }
        Status = ObpQuery(Object, &HandleInformation, ObjectInformationClass, ObjectInformation,
                          ObjectInformationLength, &Needed);
        if (ReturnLength != NULL) {
            *ReturnLength = Needed;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ObfDereferenceObject(Object);
    return Status;
}

KI_DEFINE_ZW(QueryObject,
             (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
              ULONG ObjectInformationLength, PULONG ReturnLength),
             (Handle, ObjectInformationClass, ObjectInformation, ObjectInformationLength, ReturnLength))

static NTSTATUS ObpSetHandleFlags(HANDLE Handle, const OB_HANDLE_FLAGS *Flags, KPROCESSOR_MODE Mode)
{
    HANDLE Value;
    PHANDLE_TABLE Table = ObpTableOf(Handle, Mode, &Value);
    ULONG Attributes = (Flags->Inherit ? OBJ_INHERIT : 0) | (Flags->ProtectFromClose ? OBJ_PROTECT_CLOSE : 0);
    return Table != NULL ? ObpSetEntryAttributes(Table, Value, OBJ_INHERIT | OBJ_PROTECT_CLOSE, Attributes)
                         : STATUS_INVALID_HANDLE;
}

// ObjectHandleFlagInformation only; else STATUS_INVALID_INFO_CLASS. STATUS_INFO_LENGTH_MISMATCH,
// STATUS_INVALID_HANDLE.
NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                                      PVOID ObjectInformation, ULONG ObjectInformationLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    OB_HANDLE_FLAGS Flags;
    if (ObjectInformationClass != ObjectHandleFlagInformation) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (ObjectInformationLength != sizeof(Flags)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(ObjectInformation, sizeof(Flags), sizeof(UCHAR));
        }
        Flags = *(volatile OB_HANDLE_FLAGS *)ObjectInformation;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return ObpSetHandleFlags(Handle, &Flags, Mode);
}

KI_DEFINE_ZW(SetInformationObject,
             (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
              ULONG ObjectInformationLength),
             (Handle, ObjectInformationClass, ObjectInformation, ObjectInformationLength))

// In Mode: what NtSetInformationObject does. (ntifs, ObSetHandleAttributes)
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE Handle, OB_HANDLE_FLAGS *HandleFlags,
                                     KPROCESSOR_MODE PreviousMode)
{
    return ObpSetHandleFlags(Handle, HandleFlags, PreviousMode);
}
