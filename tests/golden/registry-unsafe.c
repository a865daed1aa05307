// SPDX-License-Identifier: MIT
// A value of a user's hive is stored into a buffer whatever its type is.
#include <ntddk.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ULONG Number = 1;
    RTL_QUERY_REGISTRY_TABLE Table[2] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Number", &Number, REG_NONE, NULL, 0}};
    RtlWriteRegistryValue(RTL_REGISTRY_USER, L"Environment", L"Number", REG_DWORD, &Number, sizeof(Number));
    return RtlQueryRegistryValues(RTL_REGISTRY_USER, L"Environment", Table, NULL, NULL);
}
