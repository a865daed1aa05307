// SPDX-License-Identifier: MIT
// The part of the C library that the kernel exports, by its standard headers.
#include <ntddk.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <ctype.h>
#include <limits.h>

DRIVER_INITIALIZE DriverEntry;

static int Print(char *Buffer, size_t Size, const char *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = _vsnprintf(Buffer, Size, Format, Arguments);
    va_end(Arguments);
    return Result;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    char Text[64];
    wchar_t Wide[64];
    uint32_t Value = (uint32_t)strlen("four") + (uint32_t)toupper('a');

    UNREFERENCED_PARAMETER(DriverObject);
    Print(Text, sizeof(Text), "%u", Value);
    _snprintf(Text, sizeof(Text), "%u", Value);
    sprintf(Text, "%s", "x");
    _snwprintf(Wide, ARRAYSIZE(Wide), L"%u", Value);
    strcpy_s(Text, sizeof(Text), "copy");
    wcscpy_s(Wide, ARRAYSIZE(Wide), L"copy");
    memset(Text, 0, sizeof(Text));
    memmove(Text, Text + 1, 8);
    if (_stricmp(Text, "A") == 0 || _wcsicmp(Wide, L"A") == 0 || wcsstr(Wide, L"z") != NULL ||
        strstr(Text, "z") != NULL || wcslen(Wide) > 63 || memcmp(Text, Wide, 8) == 0 ||
        _wcsnicmp(Wide, RegistryPath->Buffer, 3) == 0) {
        return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}
