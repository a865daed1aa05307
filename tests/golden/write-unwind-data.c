// SPDX-License-Identifier: MIT
// Writes into its own unwind data, which is read-only.
#include <ntifs.h>
#include <ntimage.h>

extern IMAGE_DOS_HEADER __ImageBase;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PIMAGE_NT_HEADERS Headers = (PIMAGE_NT_HEADERS)((PUCHAR)&__ImageBase + __ImageBase.e_lfanew);
    ULONG Table = Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION].VirtualAddress;
    volatile ULONG *Entry = (volatile ULONG *)((PUCHAR)&__ImageBase + Table);
    Entry[2] = 0;
    return STATUS_SUCCESS;
}
