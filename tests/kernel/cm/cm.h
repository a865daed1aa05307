// SPDX-License-Identifier: MIT
// What the registry's tests have in common.
#ifndef KMODE_TESTS_KERNEL_CM_H
#define KMODE_TESTS_KERNEL_CM_H

#include "../test.h"

#define TEST_KEY L"\\Registry\\Machine\\SOFTWARE\\kmode-test"

static __attribute__((unused)) NTSTATUS CreateKeyWith(PCWSTR Path, HANDLE Root, ULONG Attributes,
                                                      ACCESS_MASK Access, ULONG Options, PCWSTR ClassName,
                                                      PHANDLE Key, PULONG Disposition)
{
    UNICODE_STRING Name, Class;
    OBJECT_ATTRIBUTES ObjectAttributes;
    RtlInitUnicodeString(&Name, Path);
    RtlInitUnicodeString(&Class, ClassName);
    InitializeObjectAttributes(&ObjectAttributes, &Name, Attributes | OBJ_KERNEL_HANDLE, Root, NULL);
    return ZwCreateKey(Key, Access, &ObjectAttributes, 0, ClassName != NULL ? &Class : NULL, Options,
                       Disposition);
}

static __attribute__((unused)) NTSTATUS CreateKey(PCWSTR Path, HANDLE Root, PHANDLE Key)
{
    return CreateKeyWith(Path, Root, OBJ_CASE_INSENSITIVE, KEY_ALL_ACCESS, 0, NULL, Key, NULL);
}

static __attribute__((unused)) NTSTATUS OpenKeyWith(PCWSTR Path, HANDLE Root, ULONG Attributes,
                                                    ACCESS_MASK Access, ULONG Options, PHANDLE Key)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&ObjectAttributes, &Name, Attributes | OBJ_KERNEL_HANDLE, Root, NULL);
    return ZwOpenKeyEx(Key, Access, &ObjectAttributes, Options);
}

static __attribute__((unused)) NTSTATUS OpenKey(PCWSTR Path, HANDLE Root, PHANDLE Key)
{
    return OpenKeyWith(Path, Root, OBJ_CASE_INSENSITIVE, KEY_ALL_ACCESS, 0, Key);
}

static __attribute__((unused)) NTSTATUS SetValue(HANDLE Key, PCWSTR ValueName, ULONG Type, const VOID *Data,
                                                 ULONG Bytes)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, ValueName);
    return ZwSetValueKey(Key, ValueName != NULL ? &Name : NULL, 0, Type, (PVOID)Data, Bytes);
}

static __attribute__((unused)) NTSTATUS SetNumber(HANDLE Key, PCWSTR ValueName, ULONG Number)
{
    return SetValue(Key, ValueName, REG_DWORD, &Number, sizeof(Number));
}

static __attribute__((unused)) NTSTATUS DeleteValue(HANDLE Key, PCWSTR ValueName)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, ValueName);
    return ZwDeleteValueKey(Key, &Name);
}

static __attribute__((unused)) NTSTATUS QueryValue(HANDLE Key, PCWSTR ValueName,
                                                   KEY_VALUE_INFORMATION_CLASS Class, PVOID Buffer,
                                                   ULONG Length, PULONG Result)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, ValueName);
    return ZwQueryValueKey(Key, &Name, Class, Buffer, Length, Result);
}

static __attribute__((unused)) BOOLEAN NumberIs(HANDLE Key, PCWSTR ValueName, ULONG Expected)
{
    ULONG Buffer[8], Result;
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Buffer;
    NTSTATUS Status = QueryValue(Key, ValueName, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result);
    if (!NT_SUCCESS(Status) || Value->Type != REG_DWORD || *(PULONG)Value->Data != Expected) {
        DbgPrint("# 0x%x\n", Status);
        return FALSE;
    }
    return TRUE;
}

// Deletes the key and closes the handle.
static __attribute__((unused)) VOID DeleteKey(HANDLE Key)
{
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    ZwClose(Key);
}

#endif
