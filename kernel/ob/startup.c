// SPDX-License-Identifier: MIT
// The first types and directories.
#include "inc/kernel.h"

static const OB_TYPE_DESCRIPTION ObpTypeDescription = {
    .Name = L"Type",
    .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                       OBJECT_TYPE_ALL_ACCESS},
    .ValidAccessMask = OBJECT_TYPE_ALL_ACCESS,
    .Stateless = TRUE,
};

static const OB_TYPE_DESCRIPTION ObpDirectoryDescription = {
    .Name = L"Directory",
    .GenericMapping = {STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                       STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
                       STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, DIRECTORY_ALL_ACCESS},
    .ValidAccessMask = DIRECTORY_ALL_ACCESS,
    .Stateless = TRUE,
};

static const OB_TYPE_DESCRIPTION ObpSymbolicLinkDescription = {
    .Name = L"SymbolicLink",
    .GenericMapping = {STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY, STANDARD_RIGHTS_WRITE,
                       STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY, SYMBOLIC_LINK_ALL_ACCESS},
    .ValidAccessMask = SYMBOLIC_LINK_ALL_ACCESS,
    .Stateless = TRUE,
    .Delete = ObpDeleteSymbolicLink,
    .Parse = ObpParseSymbolicLink,
};

static const struct {
    const OB_TYPE_DESCRIPTION *Description;
    POBJECT_TYPE *Type;
} ObpFirstTypes[] = {
    {&ObpTypeDescription, &ObpTypeObjectType},
    {&ObpDirectoryDescription, &ObpDirectoryObjectType},
    {&ObpSymbolicLinkDescription, &ObpSymbolicLinkObjectType},
};

static PCWSTR const ObpDirectories[] = {
    L"\\ObjectTypes",      L"\\Device",   L"\\Driver",        L"\\FileSystem", L"\\GLOBAL??",
    L"\\BaseNamedObjects", L"\\Callback", L"\\KernelObjects", L"\\Security",   L"\\RPC Control",
};

static const struct {
    PCWSTR Name, Target;
} ObpLinks[] = {
    {L"\\??", L"\\GLOBAL??"},
    {L"\\DosDevices", L"\\??"},
    {L"\\GLOBAL??\\Global", L"\\GLOBAL??"},
    {L"\\GLOBAL??\\GLOBALROOT", L"\\"},
    {L"\\SystemRoot", L"\\??\\C:\\Windows"},
};

static NTSTATUS ObpCreateRoot(VOID)
{
    PVOID Root;
    NTSTATUS Status = ObCreateObject(KernelMode, ObpDirectoryObjectType, NULL, KernelMode, NULL,
                                     sizeof(OBJECT_DIRECTORY), 0, 0, &Root);
    if (NT_SUCCESS(Status)) {
        ObpFreeCreateInformation(ObpHeader(Root));
        ObpHeader(Root)->Flags = OB_FLAG_KERNEL_OBJECT | OB_FLAG_PERMANENT_OBJECT;
        ObpRootDirectory = Root;
    }
    return Status;
}

static NTSTATUS ObpCreatePermanentDirectory(PCWSTR Path, PVOID *Directory)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, ObpDirectoryObjectType, &Attributes, KernelMode, NULL,
                                     sizeof(OBJECT_DIRECTORY), 0, 0, Directory);
    return NT_SUCCESS(Status) ? ObInsertObject(*Directory, NULL, 0, 0, NULL, NULL) : Status;
}

static NTSTATUS ObpCreatePermanentLink(PCWSTR Path, PCWSTR TargetPath)
{
    UNICODE_STRING Name, Target;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    RtlInitUnicodeString(&Name, Path);
    RtlInitUnicodeString(&Target, TargetPath);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, &Attributes, &Target);
    return NT_SUCCESS(Status) ? ZwClose(Handle) : Status;
}

NTSTATUS ObInitSystem(VOID)
{
    NTSTATUS Status = ObpInitializeDeletion();
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(ObpFirstTypes); Index += 1) {
        Status = ObpCreateType(ObpFirstTypes[Index].Description, ObpFirstTypes[Index].Type);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateRoot();
    }
    ObpKernelHandleTable = ObpCreateHandleTable(PsInitialSystemProcess);
    if (!NT_SUCCESS(Status) || ObpKernelHandleTable == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PsInitialSystemProcess->ObjectTable = ObpKernelHandleTable;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(ObpDirectories); Index += 1) {
        PVOID Directory;
        Status = ObpCreatePermanentDirectory(ObpDirectories[Index], &Directory);
        if (NT_SUCCESS(Status) && Index == 0) {
            Status = ObpNameTypes(Directory);
        }
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(ObpLinks); Index += 1) {
        Status = ObpCreatePermanentLink(ObpLinks[Index].Name, ObpLinks[Index].Target);
    }
    return Status;
}
