// SPDX-License-Identifier: MIT
// Text and registry keys, as the Plug and Play manager needs them.
#include "inc/kernel.h"
#include "io/pnp.h"

NTSTATUS PipJoin(PUNICODE_STRING Result, ...)
{
    va_list Parts;
    SIZE_T Characters = 0;
    PCWSTR Part;
    *Result = (UNICODE_STRING){0};
    va_start(Parts, Result);
    while ((Part = va_arg(Parts, PCWSTR)) != NULL) {
        Characters += wcslen(Part);
    }
    va_end(Parts);
    if ((Characters + 1) * sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    // RtlFreeUnicodeString frees it too, which does not know our tag.
    PWCH Buffer = ExAllocatePool2(POOL_FLAG_PAGED, (Characters + 1) * sizeof(WCHAR), TAG_PNP);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Result->Buffer = Buffer;
    Result->Length = (USHORT)(Characters * sizeof(WCHAR));
    Result->MaximumLength = Result->Length + (USHORT)sizeof(WCHAR);
    va_start(Parts, Result);
    while ((Part = va_arg(Parts, PCWSTR)) != NULL) {
        SIZE_T Length = wcslen(Part);
        RtlCopyMemory(Buffer, Part, Length * sizeof(WCHAR));
        Buffer += Length;
    }
    va_end(Parts);
    return STATUS_SUCCESS;
}

VOID PipFreeString(PUNICODE_STRING String)
{
    if (String->Buffer != NULL) {
        ExFreePool(String->Buffer);
        *String = (UNICODE_STRING){0};
    }
}

VOID PipGuidToText(const GUID *Guid, PWCH Text)
{
    static const WCHAR Digits[] = L"0123456789abcdef";
    // The bytes of the GUID in the order of its text, with -1 where a hyphen stands.
    static const CHAR Order[] = {3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};
    const UCHAR *Bytes = (const UCHAR *)Guid;
    *Text++ = L'{';
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Order); Index += 1) {
        if (Order[Index] < 0) {
            *Text++ = L'-';
        } else {
            *Text++ = Digits[Bytes[(UCHAR)Order[Index]] >> 4];
            *Text++ = Digits[Bytes[(UCHAR)Order[Index]] & 15];
        }
    }
    *Text++ = L'}';
    *Text = L'\0';
}

static NTSTATUS PipCreateOneKey(PUNICODE_STRING Path, ACCESS_MASK DesiredAccess, ULONG Options, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateKey(Key, DesiredAccess, &Attributes, 0, NULL, Options, NULL);
}

NTSTATUS PipOpenKey(PCUNICODE_STRING Path, ACCESS_MASK DesiredAccess, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    return ZwOpenKey(Key, DesiredAccess, &Attributes);
}

NTSTATUS PipCreateKey(PCUNICODE_STRING Path, ACCESS_MASK DesiredAccess, BOOLEAN Volatile, PHANDLE Key)
{
    ULONG Options = Volatile ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE;
    UNICODE_STRING Above = *Path;
    NTSTATUS Status = PipCreateOneKey(&Above, DesiredAccess, Options, Key);
    if (Status != STATUS_OBJECT_NAME_NOT_FOUND && Status != STATUS_OBJECT_PATH_NOT_FOUND) {
        return Status;
    }
    // Some key above is missing: from the first to the last.
    for (USHORT Length = sizeof(WCHAR); Length <= Path->Length; Length += sizeof(WCHAR)) {
        BOOLEAN Last = Length == Path->Length;
        if (!Last && Path->Buffer[Length / sizeof(WCHAR)] != OBJ_NAME_PATH_SEPARATOR) {
            continue;
        }
        Above.Length = Length;
        Status = PipCreateOneKey(&Above, Last ? DesiredAccess : KEY_READ,
                                 Last ? Options : REG_OPTION_NON_VOLATILE, Key);
        if (NT_SUCCESS(Status) && !Last) {
            ZwClose(*Key);
        }
    }
    return Status;
}

NTSTATUS PipQueryValue(HANDLE Key, PCWSTR Name, PKEY_VALUE_PARTIAL_INFORMATION *Value)
{
    UNICODE_STRING ValueName;
    ULONG Bytes = 128;
    RtlInitUnicodeString(&ValueName, Name);
    for (;;) {
        ULONG Needed;
        *Value = ExAllocatePoolZero(PagedPool, Bytes, TAG_PNP);
        if (*Value == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NTSTATUS Status =
            ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, *Value, Bytes, &Needed);
        if (NT_SUCCESS(Status)) {
            return Status;
        }
        ExFreePoolWithTag(*Value, TAG_PNP);
        *Value = NULL;
        if (Status != STATUS_BUFFER_OVERFLOW && Status != STATUS_BUFFER_TOO_SMALL) {
            return Status;
        }
        Bytes = Needed;
    }
}

NTSTATUS PipSetValue(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING ValueName;
    RtlInitUnicodeString(&ValueName, Name);
    return ZwSetValueKey(Key, &ValueName, 0, Type, (PVOID)Data, Bytes);
}

NTSTATUS PipSetText(HANDLE Key, PCWSTR Name, PCWSTR Text)
{
    return PipSetValue(Key, Name, REG_SZ, Text, (ULONG)((wcslen(Text) + 1) * sizeof(WCHAR)));
}
