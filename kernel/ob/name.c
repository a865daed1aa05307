// SPDX-License-Identifier: MIT
// Names of objects: captured, freed, told.
#include "inc/kernel.h"

NTSTATUS ObpCopyName(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    *Destination = (UNICODE_STRING){0};
    if (Source->Length == 0) {
        return STATUS_SUCCESS;
    }
    PWCH Buffer = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Source->Length + sizeof(WCHAR), TAG_OBJECT_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, Source->Buffer, Source->Length);
    Buffer[Source->Length / sizeof(WCHAR)] = L'\0';
    Destination->Buffer = Buffer;
    Destination->Length = Source->Length;
    Destination->MaximumLength =
        (USHORT)(Source->Length + (Source->Length < MAXUSHORT - 1 ? sizeof(WCHAR) : 0));
    return STATUS_SUCCESS;
}

NTSTATUS ObpCaptureName(PUNICODE_STRING Destination, PUNICODE_STRING Source, KPROCESSOR_MODE Mode)
{
    *Destination = (UNICODE_STRING){0};
    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    if (Mode == KernelMode) {
        if (Source->Length % sizeof(WCHAR) != 0) {
            return STATUS_OBJECT_NAME_INVALID;
        }
        return ObpCopyName(Destination, Source);
    }
    NTSTATUS Status;
    __try {
        ProbeForRead(Source, sizeof(*Source), sizeof(ULONG64));
        UNICODE_STRING Name = *(volatile UNICODE_STRING *)Source;
        if (Name.Length % sizeof(WCHAR) != 0) {
            return STATUS_OBJECT_NAME_INVALID;
        }
        ProbeForRead(Name.Buffer, Name.Length, sizeof(WCHAR));
        Status = ObpCopyName(Destination, &Name);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObpFreeName(Destination);
        Status = GetExceptionCode();
    }
    return Status;
}

VOID ObpFreeName(PUNICODE_STRING Name)
{
    if (Name->Buffer != NULL) {
        ExFreePoolWithTag(Name->Buffer, TAG_OBJECT_NAME);
    }
    *Name = (UNICODE_STRING){0};
}

// The namespace is locked. Bytes of Object's path, 0 if it has no name; written backwards in front of End if
// that is not NULL.
static ULONG ObpPath(PVOID Object, PWCH End)
{
    ULONG Bytes = 0;
    if (Object == ObpRootDirectory) {
        if (End != NULL) {
            End[-1] = OBJ_NAME_PATH_SEPARATOR;
        }
        return sizeof(WCHAR);
    }
    while (Object != ObpRootDirectory) {
        POBJECT_HEADER_NAME_INFO NameInfo = ObpNameInfo(Object);
        if (NameInfo->Directory == NULL) {
            return Bytes;
        }
        Bytes += NameInfo->Name.Length + sizeof(WCHAR);
        if (End != NULL) {
            End -= NameInfo->Name.Length / sizeof(WCHAR);
            RtlCopyMemory(End, NameInfo->Name.Buffer, NameInfo->Name.Length);
            *--End = OBJ_NAME_PATH_SEPARATOR;
        }
        Object = NameInfo->Directory;
    }
    return Bytes;
}

// The name of Object, in a buffer behind the structure. *ReturnLength: what is needed, or used.
// STATUS_INFO_LENGTH_MISMATCH if Length is less. An object without a name has an empty one. IRQL <=
// APC_LEVEL. (ntifs, ObQueryNameString)
NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length,
                                 PULONG ReturnLength)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    if (Type->TypeInfo.QueryNameProcedure != NULL) {
        return Type->TypeInfo.QueryNameProcedure(Object, ObpNameInfo(Object)->Directory != NULL,
                                                 ObjectNameInfo, Length, ReturnLength, KernelMode);
    }
    NTSTATUS Status = STATUS_SUCCESS;
    ObpLockNamespace();
    ULONG Bytes = ObpPath(Object, NULL);
    ULONG Needed = sizeof(*ObjectNameInfo) + (Bytes != 0 ? Bytes + (ULONG)sizeof(WCHAR) : 0);
    *ReturnLength = Needed;
    if (Length < Needed) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    } else if (Bytes == 0) {
        ObjectNameInfo->Name = (UNICODE_STRING){0};
    } else {
        PWCH Buffer = (PWCH)(ObjectNameInfo + 1);
        ObpPath(Object, Buffer + Bytes / sizeof(WCHAR));
        Buffer[Bytes / sizeof(WCHAR)] = L'\0';
        ObjectNameInfo->Name.Buffer = Buffer;
        ObjectNameInfo->Name.Length = (USHORT)Bytes;
        ObjectNameInfo->Name.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    }
    ObpUnlockNamespace();
    return Status;
}
