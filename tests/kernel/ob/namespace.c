// SPDX-License-Identifier: MIT
// Directories, symbolic links and names: made, opened, looked up, taken away.
#include "../test.h"
#include "../undocumented.h"

NTSYSAPI NTSTATUS NTAPI ZwMakeTemporaryObject(HANDLE Handle);

static NTSTATUS MakeDirectory(PCWSTR Path, ULONG Attributes, HANDLE Root, PHANDLE Handle)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&ObjectAttributes, &Name, Attributes | OBJ_KERNEL_HANDLE, Root, NULL);
    return ZwCreateDirectoryObject(Handle, DIRECTORY_ALL_ACCESS, &ObjectAttributes);
}

static NTSTATUS OpenLink(PCWSTR Path, ULONG Attributes, PHANDLE Handle)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&ObjectAttributes, &Name, Attributes | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenSymbolicLinkObject(Handle, SYMBOLIC_LINK_QUERY, &ObjectAttributes);
}

static BOOLEAN NameIs(PVOID Object, PCWSTR Expected)
{
    ULONG64 Buffer[64];
    POBJECT_NAME_INFORMATION Information = (POBJECT_NAME_INFORMATION)Buffer;
    ULONG Length;
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Expected);
    NTSTATUS Status = ObQueryNameString(Object, Information, sizeof(Buffer), &Length);
    if (!NT_SUCCESS(Status) || !RtlEqualUnicodeString(&Information->Name, &Name, FALSE)) {
        DbgPrint("# 0x%x %wZ\n", Status, &Information->Name);
        return FALSE;
    }
    return TRUE;
}

static void TestDirectories(void)
{
    HANDLE Directory, Again, Inner;
    PVOID Object;
    IS(MakeDirectory(L"\\kmode-test", 0, NULL, &Directory), STATUS_SUCCESS);
    OK((LONG_PTR)Directory < 0);
    IS(MakeDirectory(L"\\kmode-test", 0, NULL, &Again), STATUS_OBJECT_NAME_COLLISION);
    IS(MakeDirectory(L"\\KMODE-test", OBJ_CASE_INSENSITIVE, NULL, &Again), STATUS_OBJECT_NAME_COLLISION);
    IS(MakeDirectory(L"\\kmode-test", OBJ_OPENIF, NULL, &Again), STATUS_OBJECT_NAME_EXISTS);
    ZwClose(Again);
    IS(MakeDirectory(L"kmode-test", 0, NULL, &Again), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(MakeDirectory(L"\\kmode-test\\a\\b", 0, NULL, &Again), STATUS_OBJECT_PATH_NOT_FOUND);
    IS(MakeDirectory(L"\\kmode-test\\", 0, NULL, &Again), STATUS_OBJECT_NAME_INVALID);
    IS(MakeDirectory(L"\\a", 0, Directory, &Again), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(MakeDirectory(L"Inner", 0, Directory, &Inner), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Inner, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    OK(NameIs(Object, L"\\kmode-test\\Inner"));
    ZwClose(Inner);
    // The name went with the last handle, the object stays as long as it is referenced.
    OK(NameIs(Object, L""));
    ObDereferenceObject(Object);
    ZwClose(Directory);
    IS(MakeDirectory(L"\\kmode-test", 0, NULL, &Directory), STATUS_SUCCESS);
    ZwClose(Directory);
}

static void TestPermanent(void)
{
    HANDLE Handle, Again;
    IS(MakeDirectory(L"\\kmode-permanent", OBJ_PERMANENT, NULL, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(MakeDirectory(L"\\kmode-permanent", 0, NULL, &Again), STATUS_OBJECT_NAME_COLLISION);
    IS(MakeDirectory(L"\\kmode-permanent", OBJ_OPENIF, NULL, &Handle), STATUS_OBJECT_NAME_EXISTS);
    IS(ZwMakeTemporaryObject(Handle), STATUS_SUCCESS);
    ZwClose(Handle);
    IS(MakeDirectory(L"\\kmode-permanent", 0, NULL, &Handle), STATUS_SUCCESS);
    ZwClose(Handle);
}

NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);

static void TestLinks(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\DosDevices\\KmodeTest");
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\Device\\KmodeTarget");
    UNICODE_STRING Global = RTL_CONSTANT_STRING(L"\\DosDevices\\Global\\KmodeTest");
    UNICODE_STRING Missing = RTL_CONSTANT_STRING(L"\\DosDevices\\KmodeMissing");
    WCHAR Buffer[32];
    UNICODE_STRING Read = {0, sizeof(Buffer), Buffer};
    HANDLE Link;
    ULONG Length;
    IS(IoCreateSymbolicLink(&Name, &Target), STATUS_SUCCESS);
    IS(IoCreateSymbolicLink(&Name, &Target), STATUS_OBJECT_NAME_COLLISION);
    IS(IoCreateSymbolicLink(&Global, &Target), STATUS_OBJECT_NAME_COLLISION);
    IS(OpenLink(L"\\??\\kmodetest", OBJ_CASE_INSENSITIVE, &Link), STATUS_SUCCESS);
    IS(ZwQuerySymbolicLinkObject(Link, &Read, &Length), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(&Read, &Target, FALSE));
    IS(Length, Target.Length + sizeof(WCHAR));
    IS(Buffer[Target.Length / sizeof(WCHAR)], 0);
    Read.MaximumLength = Target.Length;
    IS(ZwQuerySymbolicLinkObject(Link, &Read, NULL), STATUS_SUCCESS);
    IS(ZwQuerySymbolicLinkObject(Link, &Read, &Length), STATUS_BUFFER_TOO_SMALL);
    IS(Length, Target.Length + sizeof(WCHAR));
    PVOID Object;
    IS(ObReferenceObjectByHandle(Link, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(ObReferenceObjectByPointer(Object, 0, ObGetObjectType(Object), KernelMode),
       STATUS_OBJECT_TYPE_MISMATCH);
    ObDereferenceObject(Object);
    IS(ZwClose(Link), STATUS_SUCCESS);
    IS(ZwQuerySymbolicLinkObject(Link, &Read, NULL), STATUS_INVALID_HANDLE);
    IS(OpenLink(L"\\GLOBAL??\\KmodeTest", 0, &Link), STATUS_SUCCESS);
    ZwClose(Link);
    IS(OpenLink(L"\\Device", 0, &Link), STATUS_OBJECT_TYPE_MISMATCH);
    IS(IoDeleteSymbolicLink(&Name), STATUS_SUCCESS);
    IS(IoDeleteSymbolicLink(&Name), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(IoCreateUnprotectedSymbolicLink(&Name, &Target), STATUS_SUCCESS);
    IS(IoCreateUnprotectedSymbolicLink(&Name, &Target), STATUS_OBJECT_NAME_COLLISION);
    IS(IoDeleteSymbolicLink(&Name), STATUS_SUCCESS);
    IS(IoDeleteSymbolicLink(&Missing), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(OpenLink(L"\\??\\KmodeTest", 0, &Link), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestThroughLinks(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\KmodeLoop");
    UNICODE_STRING Through = RTL_CONSTANT_STRING(L"\\??\\KmodeDevices");
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\Device");
    HANDLE Directory;
    PVOID Object;
    IS(IoCreateSymbolicLink(&Name, &Name), STATUS_SUCCESS);
    IS(MakeDirectory(L"\\??\\KmodeLoop\\a", 0, NULL, &Directory), STATUS_NAME_TOO_LONG);
    IS(IoDeleteSymbolicLink(&Name), STATUS_SUCCESS);
    IS(IoCreateSymbolicLink(&Through, &Target), STATUS_SUCCESS);
    IS(MakeDirectory(L"\\??\\KmodeDevices\\Inner", 0, NULL, &Directory), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Directory, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    OK(NameIs(Object, L"\\Device\\Inner"));
    ObDereferenceObject(Object);
    ZwClose(Directory);
    IS(IoDeleteSymbolicLink(&Through), STATUS_SUCCESS);
}

static void TestQueryName(void)
{
    HANDLE Directory;
    PVOID Object;
    ULONG64 Buffer[16];
    POBJECT_NAME_INFORMATION Information = (POBJECT_NAME_INFORMATION)Buffer;
    ULONG Length = 0;
    IS(MakeDirectory(L"\\kmode-name", 0, NULL, &Directory), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Directory, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    // Structure, name and the zero behind it.
    IS(ObQueryNameString(Object, NULL, 0, &Length), STATUS_INFO_LENGTH_MISMATCH);
    IS(Length, sizeof(UNICODE_STRING) + sizeof(L"\\kmode-name"));
    IS(ObQueryNameString(Object, Information, Length - 1, &Length), STATUS_INFO_LENGTH_MISMATCH);
    IS(ObQueryNameString(Object, Information, Length, &Length), STATUS_SUCCESS);
    IS(Information->Name.Length, sizeof(L"\\kmode-name") - sizeof(WCHAR));
    IS(Information->Name.Buffer[Information->Name.Length / sizeof(WCHAR)], 0);
    ObDereferenceObject(Object);
    ZwClose(Directory);
    OK(NameIs(PsInitialSystemProcess, L""));
}

// No header declares it; drivers do.
NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes,
                                                   PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                                   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                   PVOID ParseContext, PVOID *Object);
extern POBJECT_TYPE *IoDriverObjectType;

NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName,
                                          PDRIVER_INITIALIZE InitializationFunction);
NTKERNELAPI VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject);

static NTSTATUS NTAPI OtherEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}

static NTSTATUS ReferenceByName(PCWSTR Name, ULONG Attributes, POBJECT_TYPE Type, PVOID *Object)
{
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return ObReferenceObjectByName(&String, Attributes, NULL, 0, Type, KernelMode, NULL, Object);
}

static void TestReferenceByName(void)
{
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\Device");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\KmodeByName");
    UNICODE_STRING Driver = RTL_CONSTANT_STRING(L"\\Driver\\KmodeOther");
    PVOID Object = &Target;
    IS(IoCreateDriver(&Driver, OtherEntry), STATUS_SUCCESS);
    // How drivers look for the driver of somebody else.
    IS(ReferenceByName(L"\\Driver\\KmodeOther", OBJ_CASE_INSENSITIVE, *IoDriverObjectType, &Object),
       STATUS_SUCCESS);
    IS(((PDRIVER_OBJECT)Object)->Type, 4); // IO_TYPE_DRIVER
    PDRIVER_OBJECT DriverObject = Object;
    ObDereferenceObject(Object);
    IS(ReferenceByName(L"\\DRIVER\\KMODEOTHER", OBJ_CASE_INSENSITIVE, NULL, &Object), STATUS_SUCCESS);
    ObDereferenceObject(Object);
    IS(ReferenceByName(L"\\Driver\\KmodeOther", OBJ_CASE_INSENSITIVE, *PsProcessType, &Object),
       STATUS_OBJECT_TYPE_MISMATCH);
    OK(Object == NULL);
    IS(ReferenceByName(L"\\Driver\\Nobody", OBJ_CASE_INSENSITIVE, NULL, &Object),
       STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Object == NULL);
    IS(ReferenceByName(L"\\Nowhere\\Nobody", OBJ_CASE_INSENSITIVE, NULL, &Object),
       STATUS_OBJECT_PATH_NOT_FOUND);
    IS(ReferenceByName(L"Nobody", OBJ_CASE_INSENSITIVE, NULL, &Object), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(ReferenceByName(L"", OBJ_CASE_INSENSITIVE, NULL, &Object), STATUS_OBJECT_NAME_INVALID);
    IoDeleteDriver(DriverObject);
    // A link leads on, if it is not what is asked for.
    IS(IoCreateSymbolicLink(&Link, &Target), STATUS_SUCCESS);
    IS(ReferenceByName(Link.Buffer, OBJ_CASE_INSENSITIVE, NULL, &Object), STATUS_SUCCESS);
    OK(NameIs(Object, L"\\Device"));
    ObDereferenceObject(Object);
    IS(IoDeleteSymbolicLink(&Link), STATUS_SUCCESS);
}

TEST_DRIVER(TestDirectories, TestPermanent, TestLinks, TestThroughLinks, TestQueryName, TestReferenceByName)
