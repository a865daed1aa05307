// SPDX-License-Identifier: MIT
// What DriverEntry is called with.
#include "test.h"
#include <ntimage.h>

extern UCHAR __ImageBase;

static PDRIVER_OBJECT Driver;
static PUNICODE_STRING Path;

static void TestDriverObject(void)
{
    PIMAGE_NT_HEADERS Headers =
        (PIMAGE_NT_HEADERS)(&__ImageBase + ((PIMAGE_DOS_HEADER)&__ImageBase)->e_lfanew);
    IS(Driver->Type, 4); // IO_TYPE_DRIVER
    IS(Driver->Size, sizeof(DRIVER_OBJECT));
    IS(Driver->DeviceObject, NULL);
    IS(Driver->Flags & 2, 2); // DRVO_LEGACY_DRIVER: no AddDevice yet
    IS(Driver->DriverStart, &__ImageBase);
    IS(Driver->DriverSize, Headers->OptionalHeader.SizeOfImage);
    OK(Driver->DriverSection != NULL);
    IS(Driver->DriverInit, &__ImageBase + Headers->OptionalHeader.AddressOfEntryPoint);
    IS(Driver->FastIoDispatch, NULL);
    IS(Driver->DriverStartIo, NULL);
    IS(Driver->DriverUnload, NULL);
}

static void TestExtension(void)
{
    OK(Driver->DriverExtension != NULL);
    IS(Driver->DriverExtension->DriverObject, Driver);
    IS(Driver->DriverExtension->AddDevice, NULL);
    OK(Driver->DriverExtension->ServiceKeyName.Length != 0);
}

static void TestDispatchTable(void)
{
    PDRIVER_DISPATCH First = Driver->MajorFunction[IRP_MJ_CREATE];
    ULONG Same = 0;
    OK(First != NULL);
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index += 1) {
        Same += Driver->MajorFunction[Index] == First;
    }
    IS(Same, IRP_MJ_MAXIMUM_FUNCTION + 1);
    OK((ULONG_PTR)First < (ULONG_PTR)&__ImageBase ||
       (ULONG_PTR)First >= (ULONG_PTR)&__ImageBase + Driver->DriverSize);
}

static BOOLEAN StartsWith(const UNICODE_STRING *Name, PCWSTR Prefix)
{
    UNICODE_STRING Start;
    RtlInitUnicodeString(&Start, Prefix);
    UNICODE_STRING Head = *Name;
    Head.Length = min(Head.Length, Start.Length);
    return RtlEqualUnicodeString(&Head, &Start, FALSE);
}

static void TestNames(void)
{
    OK(StartsWith(&Driver->DriverName, L"\\Driver\\"));
    OK(StartsWith(Path, L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\"));
    // Zero-terminated behind its length: drivers are known to rely on it.
    OK(Path->MaximumLength >= Path->Length + sizeof(WCHAR));
    IS(Path->Buffer[Path->Length / sizeof(WCHAR)], 0);
    OK(Driver->HardwareDatabase != NULL);
    OK(StartsWith(Driver->HardwareDatabase, L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM"));
}

static void TestServiceName(void)
{
    UNICODE_STRING Service = Driver->DriverExtension->ServiceKeyName, Tail = *Path;
    Tail.Buffer += (Tail.Length - Service.Length) / sizeof(WCHAR);
    Tail.Length = Service.Length;
    OK(RtlEqualUnicodeString(&Tail, &Service, FALSE));
    Tail = Driver->DriverName;
    Tail.Buffer += (Tail.Length - Service.Length) / sizeof(WCHAR);
    Tail.Length = Service.Length;
    OK(RtlEqualUnicodeString(&Tail, &Service, FALSE));
}

// TEST_DRIVER's DriverEntry does not hand on its arguments, which this is about.
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Driver = DriverObject;
    Path = RegistryPath;
    TestDriverObject();
    TestExtension();
    TestDispatchTable();
    TestNames();
    TestServiceName();
    DbgPrint("1..%lu\n", TestCount);
    DriverObject->DriverUnload = TestUnload;
    return STATUS_SUCCESS;
}
