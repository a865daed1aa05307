// SPDX-License-Identifier: MIT
// The keys of the driver's service.
#include <ntifs.h>
#include <kmode.h>

NTSTATUS NTAPI KmRegistryOpenService(PCUNICODE_STRING RegistryPath, PCWSTR Subkey, ACCESS_MASK Access,
                                     PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Service;
    NTSTATUS Status;

    *Key = NULL;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)RegistryPath,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (Subkey == NULL) {
        return ZwOpenKey(Key, Access, &Attributes);
    }
    Status = ZwOpenKey(&Service, KEY_READ, &Attributes);
    if (NT_SUCCESS(Status)) {
        Status = KmRegistryOpen(Service, Subkey, Access, Key);
        (VOID) ZwClose(Service);
    }
    return Status;
}

NTSTATUS NTAPI KmRegistryCreateParameters(PCUNICODE_STRING RegistryPath, ACCESS_MASK Access, PHANDLE Key)
{
    HANDLE Service;
    NTSTATUS Status = KmRegistryOpenService(RegistryPath, NULL, KEY_READ | KEY_CREATE_SUB_KEY, &Service);

    *Key = NULL;
    if (NT_SUCCESS(Status)) {
        Status = KmRegistryCreate(Service, L"Parameters", REG_OPTION_NON_VOLATILE, Access, Key, NULL);
        (VOID) ZwClose(Service);
    }
    return Status;
}
