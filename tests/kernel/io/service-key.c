// SPDX-License-Identifier: MIT
// The registry key of this driver's service, and loading by key.
#include "../cm/cm.h"

static PDRIVER_OBJECT Driver;
static PUNICODE_STRING ServicePath;

static BOOLEAN TextIs(HANDLE Key, PCWSTR ValueName, ULONG Type, PCUNICODE_STRING Expected)
{
    ULONG64 Buffer[64];
    ULONG Result;
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Buffer;
    NTSTATUS Status = QueryValue(Key, ValueName, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result);
    return NT_SUCCESS(Status) && Value->Type == Type &&
           Value->DataLength == Expected->Length + sizeof(WCHAR) &&
           RtlCompareMemory(Value->Data, Expected->Buffer, Expected->Length) == Expected->Length;
}

static void TestKey(void)
{
    HANDLE Key, Parameters;
    OBJECT_ATTRIBUTES Attributes;
    WCHAR Buffer[128];
    UNICODE_STRING ImagePath = {0, sizeof(Buffer), Buffer};
    InitializeObjectAttributes(&Attributes, ServicePath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    IS(ZwOpenKey(&Key, KEY_READ, &Attributes), STATUS_SUCCESS);
    OK(NumberIs(Key, L"Type", 1));
    OK(NumberIs(Key, L"Start", 3));
    OK(NumberIs(Key, L"ErrorControl", 1));
    OK(TextIs(Key, L"DisplayName", REG_SZ, &Driver->DriverExtension->ServiceKeyName));
    RtlAppendUnicodeToString(&ImagePath, L"\\SystemRoot\\System32\\drivers\\");
    RtlAppendUnicodeStringToString(&ImagePath, &Driver->DriverExtension->ServiceKeyName);
    RtlAppendUnicodeToString(&ImagePath, L".sys");
    OK(TextIs(Key, L"ImagePath", REG_EXPAND_SZ, &ImagePath));
    IS(OpenKey(L"Parameters", Key, &Parameters), STATUS_SUCCESS);
    ZwClose(Parameters);
    ZwClose(Key);
    OK(NT_SUCCESS(
        RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, Driver->DriverExtension->ServiceKeyName.Buffer)));
}

static void TestDriverKeys(void)
{
    HANDLE Key, State, Shared;
    IS(IoOpenDriverRegistryKey(Driver, (DRIVER_REGKEY_TYPE)3, KEY_READ, 0, &Key), STATUS_INVALID_PARAMETER);
    IS(IoOpenDriverRegistryKey(Driver, DriverRegKeyParameters, KEY_READ, 1, &Key), STATUS_INVALID_PARAMETER);
    IS(IoOpenDriverRegistryKey(Driver, DriverRegKeyParameters, KEY_ALL_ACCESS, 0, &Key), STATUS_SUCCESS);
    OK((LONG_PTR)Key < 0);
    IS(IoOpenDriverRegistryKey(Driver, DriverRegKeyPersistentState, KEY_ALL_ACCESS, 0, &State),
       STATUS_SUCCESS);
    IS(IoOpenDriverRegistryKey(Driver, DriverRegKeySharedPersistentState, KEY_ALL_ACCESS, 0, &Shared),
       STATUS_SUCCESS);
    IS(SetNumber(State, L"Number", 1), STATUS_SUCCESS);
    OK(!NumberIs(Shared, L"Number", 1));
    OK(!NumberIs(Key, L"Number", 1));
    ZwClose(State);
    IS(IoOpenDriverRegistryKey(Driver, DriverRegKeyPersistentState, KEY_READ, 0, &State), STATUS_SUCCESS);
    OK(NumberIs(State, L"Number", 1));
    ZwClose(State);
    ZwClose(Shared);
    DeleteKey(Key);
    // The parameters are whoever's that configures the driver: they are not made.
    IS(IoOpenDriverRegistryKey(Driver, DriverRegKeyParameters, KEY_READ, 0, &Key),
       STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestLoadErrors(void)
{
    HANDLE Key;
    UNICODE_STRING Missing =
                       RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\x"),
                   NoDriver = RTL_CONSTANT_STRING(TEST_KEY);
    // This driver is loaded.
    IS(ZwLoadDriver(ServicePath), STATUS_IMAGE_ALREADY_LOADED);
    IS(ZwLoadDriver(&Missing), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(ZwUnloadDriver(&Missing), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwLoadDriver(&NoDriver), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(SetNumber(Key, L"Type", 0x10), STATUS_SUCCESS);
    IS(ZwLoadDriver(&NoDriver), STATUS_OBJECT_TYPE_MISMATCH);
    IS(SetNumber(Key, L"Type", 1), STATUS_SUCCESS);
    // A file that the machine does not know.
    IS(ZwLoadDriver(&NoDriver), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(SetNumber(Key, L"ImagePath", 1), STATUS_SUCCESS);
    IS(ZwLoadDriver(&NoDriver), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwUnloadDriver(&NoDriver), STATUS_OBJECT_TYPE_MISMATCH);
    IS(SetValue(Key, L"ImagePath", REG_SZ, L"x.sys", 12), STATUS_SUCCESS);
    IS(ZwUnloadDriver(&NoDriver), STATUS_OBJECT_NAME_NOT_FOUND);
    DeleteKey(Key);
    // Without a DriverUnload, which comes last.
    IS(ZwUnloadDriver(ServicePath), STATUS_INVALID_DEVICE_REQUEST);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Driver = DriverObject;
    ServicePath = RegistryPath;
    TestKey();
    TestDriverKeys();
    TestLoadErrors();
    DbgPrint("1..%lu\n", TestCount);
    DriverObject->DriverUnload = TestUnload;
    return STATUS_SUCCESS;
}
