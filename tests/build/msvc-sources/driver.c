// SPDX-License-Identifier: MIT
// Sources as Visual Studio writes them: byte-order mark, CRLF, pch.h, backslashes in #include, a variable
// without initialiser in a header of two sources, a function-like pragma list.
#include "PCH.h"
#include ".\Shared\shared.h"
#pragma comment(lib, "ntstrsafe.lib")
#pragma warning(push)
#pragma warning(disable : 4201 4996)
#pragma prefast(disable : 28101, "documented")

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#endif

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PAGED_CODE();
    Count();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Count();
    DbgPrint("%ws, %lu\n", L"" __FUNCTIONW__, Counter);
    return Counter == 'ABCD' ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
#pragma warning(pop)
