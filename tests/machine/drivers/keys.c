// SPDX-License-Identifier: MIT
// Prints what programs do to the key HKLM\SOFTWARE\Kmode and what is below it, and refuses its value Locked.
#include <ntifs.h>

static LARGE_INTEGER Cookie;

static const struct {
    REG_NOTIFY_CLASS Class;
    PCSTR Name;
} Classes[] = {
    {RegNtPreCreateKeyEx, "create"},
    {RegNtPreOpenKeyEx, "open"},
    {RegNtPreDeleteKey, "delete"},
    {RegNtPreSetValueKey, "set"},
    {RegNtPreDeleteValueKey, "delete value"},
    {RegNtPreQueryValueKey, "query"},
    {RegNtPreEnumerateKey, "enumerate"},
    {RegNtPreEnumerateValueKey, "enumerate values"},
};

// The object is each structure's first member but of those that make or open a key.
static NTSTATUS NTAPI OnRegistry(PVOID Context, PVOID Class, PVOID Information)
{
    static const UNICODE_STRING Kmode = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Kmode");
    static UNICODE_STRING Locked = RTL_CONSTANT_STRING(L"Locked");
    PCUNICODE_STRING Name = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(Context);
    ULONG Index = 0;
    while (Index < RTL_NUMBER_OF(Classes) && Classes[Index].Class != (REG_NOTIFY_CLASS)(ULONG_PTR)Class) {
        Index += 1;
    }
    if (Index == RTL_NUMBER_OF(Classes)) {
        return STATUS_SUCCESS;
    }
    BOOLEAN Opens = Index < 2;
    if (Opens) {
        Name = ((PREG_CREATE_KEY_INFORMATION)Information)->CompleteName;
    } else if (!NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&Cookie, *(PVOID *)Information, NULL, &Name, 0))) {
        return STATUS_SUCCESS;
    }
    if (RtlPrefixUnicodeString(&Kmode, Name, TRUE)) {
        DbgPrint("%s %wZ, %s\n", Classes[Index].Name, Name,
                 ExGetPreviousMode() == UserMode ? "user" : "kernel");
        if (Classes[Index].Class == RegNtPreSetValueKey &&
            RtlEqualUnicodeString(((PREG_SET_VALUE_KEY_INFORMATION)Information)->ValueName, &Locked, TRUE)) {
            Status = STATUS_ACCESS_DENIED;
        }
    }
    if (!Opens) {
        CmCallbackReleaseKeyObjectIDEx(Name);
    }
    return Status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    CmUnRegisterCallback(Cookie);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"370000");
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return CmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, NULL, &Cookie, NULL);
}
