// SPDX-License-Identifier: MIT
// kmode build: -Wno-infinite-recursion
// Recursion without an end runs into the stack's guard page.
#include <ntifs.h>

static __declspec(noinline) ULONG Sum(volatile ULONG *Values, ULONG Depth)
{
    volatile ULONG More[16];
    More[0] = Values[0] + Depth;
    return Sum(More, Depth + 1) + More[0];
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG First[1] = {0};
    DbgPrint("sum: %lu\n", Sum(First, 0));
    return STATUS_SUCCESS;
}
