// SPDX-License-Identifier: MIT
// The registry key of a driver's service: made when the driver is loaded, opened by it, and what drivers are
// loaded and unloaded by.
#include "inc/kernel.h"

#define IOP_SERVICES     L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define IOP_DRIVERS_PATH L"\\SystemRoot\\System32\\drivers\\"
#define IOP_IMAGE_SUFFIX L".sys"

#define IOP_NAME_CHARACTERS 512

// A path in a buffer of its own.
typedef struct _IOP_PATH {
    UNICODE_STRING Name;
    WCHAR Buffer[IOP_NAME_CHARACTERS];
} IOP_PATH;

// STATUS_BUFFER_TOO_SMALL.
static NTSTATUS IopStartPath(IOP_PATH *Path, PCWSTR Start)
{
    Path->Name = (UNICODE_STRING){0, sizeof(Path->Buffer) - sizeof(WCHAR), Path->Buffer};
    return RtlAppendUnicodeToString(&Path->Name, Start);
}

// Services\Service, and SubKey behind it.
static NTSTATUS IopServicePath(IOP_PATH *Path, PCUNICODE_STRING Service, PCWSTR SubKey)
{
    NTSTATUS Status = IopStartPath(Path, IOP_SERVICES);
    if (NT_SUCCESS(Status)) {
        Status = RtlAppendUnicodeStringToString(&Path->Name, Service);
    }
    if (NT_SUCCESS(Status) && SubKey != NULL) {
        Status = RtlAppendUnicodeToString(&Path->Name, SubKey);
    }
    return Status == STATUS_BUFFER_TOO_SMALL ? STATUS_NAME_TOO_LONG : Status;
}

static NTSTATUS IopOpenKey(PUNICODE_STRING Path, ACCESS_MASK DesiredAccess, BOOLEAN Create, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return Create ? ZwCreateKey(Key, DesiredAccess, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL)
                  : ZwOpenKey(Key, DesiredAccess, &Attributes);
}

// ---- The key of a driver that is loaded

// What the key has already, from whoever configured the service, stays.
static NTSTATUS IopSetIfMissing(HANDLE Key, PCWSTR ValueName, ULONG Type, PVOID Data, ULONG Bytes)
{
    UNICODE_STRING Name;
    KEY_VALUE_BASIC_INFORMATION Existing;
    ULONG Needed;
    RtlInitUnicodeString(&Name, ValueName);
    NTSTATUS Status =
        ZwQueryValueKey(Key, &Name, KeyValueBasicInformation, &Existing, sizeof(Existing), &Needed);
    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? ZwSetValueKey(Key, &Name, 0, Type, Data, Bytes)
                                                  : STATUS_SUCCESS;
}

static NTSTATUS IopFillServiceKey(HANDLE Key, PCUNICODE_STRING Service, PCUNICODE_STRING ImageFile)
{
    static const struct {
        PCWSTR Name;
        ULONG Value;
    } Numbers[] = {{L"Type", SERVICE_KERNEL_DRIVER}, {L"Start", 3}, {L"ErrorControl", 1}};
    IOP_PATH Text;
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Numbers); Index += 1) {
        ULONG Value = Numbers[Index].Value;
        Status = IopSetIfMissing(Key, Numbers[Index].Name, REG_DWORD, &Value, sizeof(Value));
    }
    if (NT_SUCCESS(Status)) {
        Status = IopStartPath(&Text, IOP_DRIVERS_PATH);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAppendUnicodeStringToString(&Text.Name, ImageFile);
    }
    if (NT_SUCCESS(Status)) {
        Text.Buffer[Text.Name.Length / sizeof(WCHAR)] = L'\0';
        Status = IopSetIfMissing(Key, L"ImagePath", REG_EXPAND_SZ, Text.Buffer,
                                 Text.Name.Length + (ULONG)sizeof(WCHAR));
    }
    if (NT_SUCCESS(Status)) {
        Text.Name.Length = 0;
        Status = RtlAppendUnicodeStringToString(&Text.Name, Service);
    }
    if (NT_SUCCESS(Status)) {
        Text.Buffer[Text.Name.Length / sizeof(WCHAR)] = L'\0';
        Status = IopSetIfMissing(Key, L"DisplayName", REG_SZ, Text.Buffer,
                                 Text.Name.Length + (ULONG)sizeof(WCHAR));
    }
    return Status;
}

NTSTATUS IopCreateServiceKey(PCUNICODE_STRING Service, PCUNICODE_STRING ImageFile)
{
    IOP_PATH Path;
    HANDLE Key, Parameters;
    NTSTATUS Status = IopServicePath(&Path, Service, NULL);
    if (NT_SUCCESS(Status)) {
        Status = IopOpenKey(&Path.Name, KEY_ALL_ACCESS, TRUE, &Key);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopFillServiceKey(Key, Service, ImageFile);
    ZwClose(Key);
    if (NT_SUCCESS(Status)) {
        Status = IopServicePath(&Path, Service, L"\\Parameters");
    }
    if (NT_SUCCESS(Status)) {
        Status = IopOpenKey(&Path.Name, KEY_READ, TRUE, &Parameters);
    }
    if (NT_SUCCESS(Status)) {
        ZwClose(Parameters);
    }
    return Status;
}

// A kernel handle to a key of DriverObject's: its parameters, which must be there, or one of those that it
// keeps its state in, which is made when it is first opened. STATUS_INVALID_PARAMETER (type, Flags),
// STATUS_NAME_TOO_LONG, what ZwOpenKey and ZwCreateKey say. IRQL PASSIVE_LEVEL. (wdm,
// IoOpenDriverRegistryKey)
NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                       ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey)
{
    static const PCWSTR SubKeys[] = {
        [DriverRegKeyParameters] = L"\\Parameters",
        [DriverRegKeyPersistentState] = L"\\State",
        [DriverRegKeySharedPersistentState] = L"\\SharedState",
    };
    IOP_PATH Path;
    if ((ULONG)RegKeyType >= RTL_NUMBER_OF(SubKeys) || Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status =
        IopServicePath(&Path, &DriverObject->DriverExtension->ServiceKeyName, SubKeys[RegKeyType]);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return IopOpenKey(&Path.Name, DesiredAccess, RegKeyType != DriverRegKeyParameters, DriverRegKey);
}

// ---- Loading by key

// What NtLoadDriver and NtUnloadDriver take from a key.
typedef struct _IOP_SERVICE_NAMES {
    CHAR Service[KM_NAME_BYTES]; // UTF-8, as the machine and IopLoadDriver have them
    CHAR ImageFile[KM_NAME_BYTES];
} IOP_SERVICE_NAMES;

static UNICODE_STRING IopLastComponent(PCUNICODE_STRING Path)
{
    UNICODE_STRING Last = {0, 0, Path->Buffer + Path->Length / sizeof(WCHAR)};
    while (Last.Length < Path->Length && Last.Buffer[-1] != OBJ_NAME_PATH_SEPARATOR) {
        Last.Buffer -= 1;
        Last.Length += sizeof(WCHAR);
    }
    Last.MaximumLength = Last.Length;
    return Last;
}

static NTSTATUS IopToMachineName(PCUNICODE_STRING Name, PCHAR Buffer)
{
    ULONG Bytes;
    NTSTATUS Status = RtlUnicodeToUTF8N(Buffer, KM_NAME_BYTES - 1, &Bytes, Name->Buffer, Name->Length);
    if (NT_SUCCESS(Status)) {
        Buffer[Bytes] = '\0';
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : STATUS_NAME_TOO_LONG;
}

// The file of a service whose key names none is the service's.
static NTSTATUS IopReadImageFile(HANDLE Key, PCUNICODE_STRING Service, PCHAR Buffer)
{
    UNICODE_STRING ValueName = RTL_CONSTANT_STRING(L"ImagePath"), ImagePath, File;
    ULONG64 Data[(IOP_NAME_CHARACTERS * sizeof(WCHAR)) / sizeof(ULONG64)];
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Data;
    IOP_PATH Path;
    ULONG Needed;
    NTSTATUS Status =
        ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, Value, sizeof(Data), &Needed);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status = IopStartPath(&Path, L"");
        if (NT_SUCCESS(Status)) {
            Status = RtlAppendUnicodeStringToString(&Path.Name, Service);
        }
        if (NT_SUCCESS(Status)) {
            Status = RtlAppendUnicodeToString(&Path.Name, IOP_IMAGE_SUFFIX);
        }
        return NT_SUCCESS(Status) ? IopToMachineName(&Path.Name, Buffer) : STATUS_NAME_TOO_LONG;
    }
    if (!NT_SUCCESS(Status)) {
        return Status == STATUS_BUFFER_OVERFLOW ? STATUS_NAME_TOO_LONG : Status;
    }
    if ((Value->Type != REG_SZ && Value->Type != REG_EXPAND_SZ) || Value->DataLength < sizeof(WCHAR)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ImagePath = (UNICODE_STRING){(USHORT)(Value->DataLength & ~1u), 0, (PWCH)Value->Data};
    if (ImagePath.Buffer[ImagePath.Length / sizeof(WCHAR) - 1] == L'\0') {
        ImagePath.Length -= sizeof(WCHAR);
    }
    File = IopLastComponent(&ImagePath);
    return IopToMachineName(&File, Buffer);
}

// Only these are drivers.
static NTSTATUS IopCheckServiceType(HANDLE Key)
{
    UNICODE_STRING ValueName = RTL_CONSTANT_STRING(L"Type");
    ULONG Data[8], Needed;
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Data;
    NTSTATUS Status =
        ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, Value, sizeof(Data), &Needed);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Type = *(PULONG)Value->Data;
    return Value->Type == REG_DWORD && (Type == SERVICE_KERNEL_DRIVER || Type == SERVICE_FILE_SYSTEM_DRIVER)
               ? STATUS_SUCCESS
               : STATUS_OBJECT_TYPE_MISMATCH;
}

static NTSTATUS IopReadService(PUNICODE_STRING DriverServiceName, IOP_SERVICE_NAMES *Names)
{
    UNICODE_STRING Path, Service;
    HANDLE Key;
    NTSTATUS Status = ObpCaptureName(&Path, DriverServiceName, KeGetPreviousMode());
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopOpenKey(&Path, KEY_READ, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        goto FreePath;
    }
    Service = IopLastComponent(&Path);
    Status = IopToMachineName(&Service, Names->Service);
    if (NT_SUCCESS(Status)) {
        Status = IopCheckServiceType(Key);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopReadImageFile(Key, &Service, Names->ImageFile);
    }
    ZwClose(Key);
FreePath:
    ObpFreeName(&Path);
    return Status;
}

// Loaded and unloaded as the system does it: by a thread of its own.
typedef struct _IOP_LOAD_WORK {
    WORK_QUEUE_ITEM Item;
    KEVENT Done;
    BOOLEAN Unload;
    NTSTATUS Status;
    IOP_SERVICE_NAMES Names;
} IOP_LOAD_WORK;

static VOID NTAPI IopLoadWorker(PVOID Parameter)
{
    IOP_LOAD_WORK *Work = Parameter;
    ULONG Detail = KM_DETAIL_NONE;
    Work->Status = Work->Unload ? IopUnloadDriver(Work->Names.Service, &Detail)
                                : IopLoadDriver(Work->Names.Service, Work->Names.ImageFile, &Detail);
    KeSetEvent(&Work->Done, 0, FALSE);
}

static NTSTATUS IopLoadByKey(PUNICODE_STRING DriverServiceName, BOOLEAN Unload)
{
    IOP_LOAD_WORK *Work = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Work), TAG_WORK_ITEM);
    if (Work == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // The key is asked for as kernel mode does, whoever the caller is.
    NTSTATUS Status = IopReadService(DriverServiceName, &Work->Names);
    if (NT_SUCCESS(Status)) {
        Work->Unload = Unload;
        KeInitializeEvent(&Work->Done, NotificationEvent, FALSE);
        ExInitializeWorkItem(&Work->Item, IopLoadWorker, Work);
        ExQueueWorkItem(&Work->Item, DelayedWorkQueue);
        KeWaitForSingleObject(&Work->Done, Executive, KernelMode, FALSE, NULL);
        Status = Work->Status;
    }
    ExFreePoolWithTag(Work, TAG_WORK_ITEM);
    return Status;
}

// Loads the driver of the service whose key DriverServiceName is. The machine must know its image file.
// STATUS_OBJECT_NAME_NOT_FOUND (no such key, no Type in it, no such file), STATUS_OBJECT_TYPE_MISMATCH (no
// driver's Type or ImagePath), STATUS_NAME_TOO_LONG, STATUS_IMAGE_ALREADY_LOADED, what loading an image says,
// and what DriverEntry returns. IRQL PASSIVE_LEVEL. (wdm, ZwLoadDriver)
NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING DriverServiceName)
{
    return IopLoadByKey(DriverServiceName, FALSE);
}

KI_DEFINE_ZW(LoadDriver, (PUNICODE_STRING DriverServiceName), (DriverServiceName))

// Unloads it. STATUS_INVALID_DEVICE_REQUEST: it has no DriverUnload. STATUS_OBJECT_NAME_NOT_FOUND: no such
// key, or it is not loaded. (wdm, ZwUnloadDriver)
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING DriverServiceName)
{
    return IopLoadByKey(DriverServiceName, TRUE);
}

KI_DEFINE_ZW(UnloadDriver, (PUNICODE_STRING DriverServiceName), (DriverServiceName))
