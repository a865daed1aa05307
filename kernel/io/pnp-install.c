// SPDX-License-Identifier: MIT
// Which driver a device has. There are no INF files: the registry says it, as it does for devices that
// Windows starts from.
#include "inc/kernel.h"
#include "io/pnp-manager.h"

#define PIP_DATABASE_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\CriticalDeviceDatabase\\"
#define PIP_SYSTEM_CLASS L"{4d36e97d-e325-11ce-bfc1-08002be10318}"
#define PIP_MOST_DRIVERS 10000 // software keys of a class are of four digits

// A text value of Key, zero-terminated, freed by PipFreeString.
static NTSTATUS PipReadText(HANDLE Key, PCWSTR Name, PUNICODE_STRING Text)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    NTSTATUS Status = PipQueryValue(Key, Name, &Value);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PWCH Characters = (PWCH)Value->Data;
    ULONG Length = Value->DataLength / (ULONG)sizeof(WCHAR);
    Status = Value->Type == REG_SZ && Length > 1 && Characters[Length - 1] == L'\0'
                 ? PipJoin(Text, Characters, NULL)
                 : STATUS_OBJECT_NAME_NOT_FOUND;
    ExFreePoolWithTag(Value, TAG_PNP);
    return Status;
}

// The database's key of an ID, in which # stands for the separator.
static NTSTATUS PipDatabaseKey(PCWSTR Id, BOOLEAN Create, PHANDLE Key)
{
    UNICODE_STRING Path;
    NTSTATUS Status = PipJoin(&Path, PIP_DATABASE_KEY, Id, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (PWCH Character = Path.Buffer + wcslen(PIP_DATABASE_KEY); *Character != L'\0'; Character += 1) {
        if (*Character == OBJ_NAME_PATH_SEPARATOR) {
            *Character = L'#';
        }
    }
    Status = Create ? PipCreateKey(&Path, KEY_ALL_ACCESS, FALSE, Key) : PipOpenKey(&Path, KEY_READ, Key);
    PipFreeString(&Path);
    return Status;
}

NTSTATUS PipRegisterId(PCWSTR HardwareId, PCWSTR Service)
{
    HANDLE Key;
    NTSTATUS Status = PipDatabaseKey(HardwareId, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipSetText(Key, L"Service", Service);
    if (NT_SUCCESS(Status)) {
        Status = PipSetText(Key, L"ClassGUID", PIP_SYSTEM_CLASS);
    }
    ZwClose(Key);
    return Status;
}

// ---- Installed

// "{class}\0000": the first software key that is not there.
static NTSTATUS PipCreateSoftwareKey(PCWSTR ClassGuid, PUNICODE_STRING Driver)
{
    WCHAR Number[] = L"\\0000";
    for (ULONG Instance = 0; Instance < PIP_MOST_DRIVERS; Instance += 1) {
        UNICODE_STRING Path;
        HANDLE Key;
        ULONG Rest = Instance;
        for (ULONG Digit = 4; Digit >= 1; Digit -= 1, Rest /= 10) {
            Number[Digit] = (WCHAR)(L'0' + Rest % 10);
        }
        NTSTATUS Status = PipJoin(&Path, PIP_CLASS_KEY, ClassGuid, Number, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Status = PipOpenKey(&Path, KEY_READ, &Key);
        BOOLEAN Free = !NT_SUCCESS(Status);
        if (Free) {
            Status = PipCreateKey(&Path, KEY_READ, FALSE, &Key);
        }
        PipFreeString(&Path);
        if (NT_SUCCESS(Status)) {
            ZwClose(Key);
        }
        if (Free) {
            return NT_SUCCESS(Status) ? PipJoin(Driver, ClassGuid, Number, NULL) : Status;
        }
    }
    return STATUS_NO_SUCH_DEVICE;
}

// The class's name, if its key has one.
static NTSTATUS PipReadClassName(PCWSTR ClassGuid, PUNICODE_STRING Name)
{
    UNICODE_STRING Path;
    HANDLE Key;
    NTSTATUS Status = PipJoin(&Path, PIP_CLASS_KEY, ClassGuid, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipOpenKey(&Path, KEY_READ, &Key);
    PipFreeString(&Path);
    if (NT_SUCCESS(Status)) {
        Status = PipReadText(Key, L"Class", Name);
        ZwClose(Key);
    }
    return Status;
}

static NTSTATUS PipRecordDriver(HANDLE Key, PCWSTR Service, PCWSTR ClassGuid, PCWSTR ClassName, PCWSTR Driver)
{
    const struct {
        PCWSTR ValueName, Text;
    } Texts[] = {
        {L"Service", Service}, {L"ClassGUID", ClassGuid}, {L"Class", ClassName}, {L"Driver", Driver}};
    ULONG ConfigFlags = 0;
    NTSTATUS Status = PipSetValue(Key, L"ConfigFlags", REG_DWORD, &ConfigFlags, sizeof(ConfigFlags));
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Texts); Index += 1) {
        Status = PipSetText(Key, Texts[Index].ValueName, Texts[Index].Text);
    }
    return Status;
}

NTSTATUS PipInstall(PIOP_DEVICE_NODE Node, PCWSTR Service, PCWSTR ClassGuid)
{
    HANDLE Key;
    UNICODE_STRING Driver, ClassName = {0}, Existing;
    if (ClassGuid == NULL) {
        ClassGuid = PIP_SYSTEM_CLASS;
    }
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipReadText(Key, L"Driver", &Existing);
    if (NT_SUCCESS(Status)) {
        PipFreeString(&Existing); // installed once already: by a registry file, or an earlier run
        Status = PipSetText(Key, L"Service", Service);
        goto CloseKey;
    }
    Status = PipCreateSoftwareKey(ClassGuid, &Driver);
    if (!NT_SUCCESS(Status)) {
        goto CloseKey;
    }
    PipReadClassName(ClassGuid, &ClassName);
    Status = PipRecordDriver(Key, Service, ClassGuid, ClassName.Buffer != NULL ? ClassName.Buffer : L"System",
                             Driver.Buffer);
    PipFreeString(&ClassName);
    PipFreeString(&Driver);
CloseKey:
    ZwClose(Key);
    return Status;
}

// One of the IDs of a list has a service in the database.
static NTSTATUS PipLookUpIds(PIOP_DEVICE_NODE Node, PCWSTR Ids, PUNICODE_STRING Service)
{
    for (; *Ids != L'\0'; Ids += wcslen(Ids) + 1) {
        HANDLE Key;
        UNICODE_STRING ClassGuid = {0};
        if (!NT_SUCCESS(PipDatabaseKey(Ids, FALSE, &Key))) {
            continue;
        }
        NTSTATUS Status = PipReadText(Key, L"Service", Service);
        PipReadText(Key, L"ClassGUID", &ClassGuid);
        ZwClose(Key);
        if (NT_SUCCESS(Status)) {
            Status = PipInstall(Node, Service->Buffer, ClassGuid.Buffer);
            if (!NT_SUCCESS(Status)) {
                PipFreeString(Service);
            }
        }
        PipFreeString(&ClassGuid);
        if (Status != STATUS_OBJECT_NAME_NOT_FOUND) {
            return Status;
        }
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS PipFindService(PIOP_DEVICE_NODE Node, PUNICODE_STRING Service)
{
    static const PCWSTR Lists[] = {L"HardwareID", L"CompatibleIDs"};
    HANDLE Key;
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_READ, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipReadText(Key, L"Service", Service);
    for (ULONG Index = 0; Status == STATUS_OBJECT_NAME_NOT_FOUND && Index < RTL_NUMBER_OF(Lists);
         Index += 1) {
        PKEY_VALUE_PARTIAL_INFORMATION Value;
        if (!NT_SUCCESS(PipQueryValue(Key, Lists[Index], &Value))) {
            continue;
        }
        if (Value->Type == REG_MULTI_SZ && Value->DataLength >= 2 * sizeof(WCHAR)) {
            Status = PipLookUpIds(Node, (PCWSTR)Value->Data, Service);
        }
        ExFreePoolWithTag(Value, TAG_PNP);
    }
    ZwClose(Key);
    return Status;
}
