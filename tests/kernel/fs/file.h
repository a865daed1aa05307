// SPDX-License-Identifier: MIT
// Files of the volume C: for test drivers.
#ifndef KMODE_TESTS_KERNEL_FS_FILE_H
#define KMODE_TESTS_KERNEL_FS_FILE_H

#include "../test.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define ALL       (FILE_ALL_ACCESS)

static IO_STATUS_BLOCK Io;

static __attribute__((unused)) NTSTATUS TryOpen(PHANDLE Handle, HANDLE Root, PCWSTR Path, ACCESS_MASK Access,
                                                ULONG Share, ULONG Disposition, ULONG Options)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    return ZwCreateFile(Handle, Access | SYNCHRONIZE, &Attributes, &Io, NULL, FILE_ATTRIBUTE_NORMAL, Share,
                        Disposition, Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

// Opens or creates what a test takes for granted.
static __attribute__((unused)) HANDLE Open(PCWSTR Path, ULONG Disposition, ULONG Options)
{
    HANDLE Handle = NULL;
    IS(TryOpen(&Handle, NULL, Path, ALL, SHARE_ALL, Disposition, Options), STATUS_SUCCESS);
    return Handle;
}

static __attribute__((unused)) NTSTATUS Status(PCWSTR Path, ULONG Disposition, ULONG Options)
{
    HANDLE Handle;
    NTSTATUS Result = TryOpen(&Handle, NULL, Path, ALL, SHARE_ALL, Disposition, Options);
    if (NT_SUCCESS(Result)) {
        ZwClose(Handle);
    }
    return Result;
}

static __attribute__((unused)) VOID Make(PCWSTR Path, const char *Text)
{
    LARGE_INTEGER Offset = {0};
    HANDLE Handle = Open(Path, FILE_SUPERSEDE, FILE_NON_DIRECTORY_FILE);
    IS(ZwWriteFile(Handle, NULL, NULL, NULL, &Io, (PVOID)Text, (ULONG)strlen(Text), &Offset, NULL),
       STATUS_SUCCESS);
    ZwClose(Handle);
}

static __attribute__((unused)) VOID Remove(PCWSTR Path)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    IS(ZwDeleteFile(&Attributes), STATUS_SUCCESS);
}

#endif
