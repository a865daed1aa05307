// SPDX-License-Identifier: MIT
// Names of devices.
#include <ntddk.h>
#define NTSTRSAFE_NO_CB_FUNCTIONS
#include <ntstrsafe.h>
#include "names.h"

NTSTATUS MakeName(PUNICODE_STRING Name, ULONG Number)
{
    return RtlUnicodeStringPrintf(Name, L"\\Device\\Kmode%u", Number);
}
