// SPDX-License-Identifier: MIT
// The registry as it is when the system has started: the hives, and what Windows' setup has put into them.
#include "inc/kernel.h"
#include "rtl/version.h"

// SepUserSid's of KM_AS_STANDARD, KM_AS_ADMINISTRATOR, KM_AS_ELEVATED begin with it.
#define CMP_ACCOUNTS L"S-1-5-21-1004336348-1177238915-682003330-"

#define CMP_USER_HIVE(User, Security)                                                                        \
    {L"USER\\" User, CM_KEY_HIVE, Security}, {L"USER\\" User L"\\Control Panel", 0, CmInheritedSecurity},    \
        {L"USER\\" User L"\\Environment", 0, CmInheritedSecurity},                                           \
    {                                                                                                        \
        L"USER\\" User L"\\Software", 0, CmInheritedSecurity                                                 \
    }

// The paths are below \REGISTRY. A key comes behind the one that it is in.
static const struct {
    PCWSTR Path;
    ULONG Flags;
    CM_DEFAULT_SECURITY Security;
} CmpFirstKeys[] = {
    {L"MACHINE", CM_KEY_DIRECTORY | CM_KEY_VOLATILE, CmDirectorySecurity},
    {L"USER", CM_KEY_DIRECTORY | CM_KEY_VOLATILE, CmDirectorySecurity},
    {L"A", CM_KEY_DIRECTORY | CM_KEY_VOLATILE | CM_KEY_APPLICATION, CmApplicationSecurity},
    {L"MACHINE\\HARDWARE", CM_KEY_HIVE | CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\HARDWARE\\DESCRIPTION", CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\HARDWARE\\DESCRIPTION\\System", CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor", CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\HARDWARE\\DEVICEMAP", CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\HARDWARE\\RESOURCEMAP", CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\SAM", CM_KEY_HIVE, CmPrivateSecurity},
    {L"MACHINE\\SECURITY", CM_KEY_HIVE, CmPrivateSecurity},
    {L"MACHINE\\SOFTWARE", CM_KEY_HIVE, CmMachineSecurity},
    {L"MACHINE\\SOFTWARE\\Classes", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\Microsoft", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\Microsoft\\Windows", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\Microsoft\\Windows NT", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\Policies", 0, CmInheritedSecurity},
    {L"MACHINE\\SOFTWARE\\WOW6432Node", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM", CM_KEY_HIVE, CmMachineSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\Class", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ActiveComputerName", CM_KEY_VOLATILE,
     CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\CrashControl", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\DeviceClasses", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\hivelist", CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\ProductOptions", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager\\Environment", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\Session Manager\\Memory Management", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\TimeZoneInformation", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Control\\Windows", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Enum", 0, CmEnumeratorSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Enum\\Root", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\ControlSet001\\Services", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\CurrentControlSet", CM_KEY_LINK | CM_KEY_VOLATILE, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\Select", 0, CmInheritedSecurity},
    {L"MACHINE\\SYSTEM\\Setup", 0, CmInheritedSecurity},
    CMP_USER_HIVE(L".DEFAULT", CmMachineSecurity),
    CMP_USER_HIVE(CMP_ACCOUNTS L"1001", CmStandardUserSecurity),
    CMP_USER_HIVE(CMP_ACCOUNTS L"500", CmAdministratorSecurity),
    CMP_USER_HIVE(CMP_ACCOUNTS L"1002", CmOtherAdministratorSecurity),
    {L"USER\\S-1-5-18", CM_KEY_LINK | CM_KEY_VOLATILE, CmInheritedSecurity},
};

#define CMP_VERSION_KEY     L"MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define CMP_CONTROL_KEY     L"MACHINE\\SYSTEM\\ControlSet001\\Control"
#define CMP_ENVIRONMENT_KEY CMP_CONTROL_KEY L"\\Session Manager\\Environment"
#define CMP_SELECT_KEY      L"MACHINE\\SYSTEM\\Select"

static const struct {
    PCWSTR Path, Name;
    ULONG Type;
    PCWSTR Text; // NULL: Number
    ULONG Number;
} CmpFirstValues[] = {
    {L"MACHINE\\SYSTEM\\CurrentControlSet", L"SymbolicLinkValue", REG_LINK,
     L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001", 0},
    {L"USER\\S-1-5-18", L"SymbolicLinkValue", REG_LINK, L"\\REGISTRY\\USER\\.DEFAULT", 0},
    {CMP_SELECT_KEY, L"Current", REG_DWORD, NULL, 1},
    {CMP_SELECT_KEY, L"Default", REG_DWORD, NULL, 1},
    {CMP_SELECT_KEY, L"Failed", REG_DWORD, NULL, 0},
    {CMP_SELECT_KEY, L"LastKnownGood", REG_DWORD, NULL, 1},
    {CMP_VERSION_KEY, L"SystemRoot", REG_SZ, L"C:\\Windows", 0},
    {CMP_VERSION_KEY, L"ProductName", REG_SZ, L"Windows 10 Pro", 0}, // Windows 11 says so too
    {CMP_VERSION_KEY, L"EditionID", REG_SZ, L"Professional", 0},
    {CMP_VERSION_KEY, L"InstallationType", REG_SZ, L"Client", 0},
    {CMP_VERSION_KEY, L"CurrentType", REG_SZ, L"Multiprocessor Free", 0},
    {CMP_VERSION_KEY, L"CurrentVersion", REG_SZ, L"6.3", 0}, // of every Windows from 8.1 on
    {CMP_CONTROL_KEY, L"SystemStartOptions", REG_SZ, L"", 0},
    {CMP_CONTROL_KEY L"\\ComputerName\\ActiveComputerName", L"ComputerName", REG_SZ, L"KMODE", 0},
    {CMP_CONTROL_KEY L"\\ComputerName\\ComputerName", L"ComputerName", REG_SZ, L"KMODE", 0},
    {CMP_CONTROL_KEY L"\\CrashControl", L"CrashDumpEnabled", REG_DWORD, NULL, 0},
    {CMP_CONTROL_KEY L"\\ProductOptions", L"ProductType", REG_SZ, L"WinNT", 0},
    {CMP_CONTROL_KEY L"\\TimeZoneInformation", L"Bias", REG_DWORD, NULL, 0},
    {CMP_CONTROL_KEY L"\\TimeZoneInformation", L"TimeZoneKeyName", REG_SZ, L"UTC", 0},
    {CMP_CONTROL_KEY L"\\Windows", L"Directory", REG_EXPAND_SZ, L"%SystemRoot%", 0},
    {CMP_CONTROL_KEY L"\\Windows", L"SystemDirectory", REG_EXPAND_SZ, L"%SystemRoot%\\system32", 0},
    {CMP_ENVIRONMENT_KEY, L"ComSpec", REG_EXPAND_SZ, L"%SystemRoot%\\system32\\cmd.exe", 0},
    {CMP_ENVIRONMENT_KEY, L"OS", REG_SZ, L"Windows_NT", 0},
    {CMP_ENVIRONMENT_KEY, L"Path", REG_EXPAND_SZ, L"%SystemRoot%\\system32;%SystemRoot%", 0},
    {CMP_ENVIRONMENT_KEY, L"PROCESSOR_ARCHITECTURE", REG_SZ, L"AMD64", 0},
    {CMP_ENVIRONMENT_KEY, L"TEMP", REG_EXPAND_SZ, L"%SystemRoot%\\TEMP", 0},
    {CMP_ENVIRONMENT_KEY, L"TMP", REG_EXPAND_SZ, L"%SystemRoot%\\TEMP", 0},
    {CMP_ENVIRONMENT_KEY, L"windir", REG_EXPAND_SZ, L"%SystemRoot%", 0},
};

// ---- The registry is locked, and nobody but this file is there yet.

// The key that Path names, and the last component in *Name, which is not there if NULL is returned, or
// returned.
static PCM_KEY_CONTROL_BLOCK CmpFindFirstKey(PCWSTR Path, PCM_KEY_CONTROL_BLOCK *Parent, PUNICODE_STRING Name,
                                             PULONG Position)
{
    PCM_KEY_CONTROL_BLOCK Key = CmpRootKey;
    while (Key != NULL && *Path != L'\0') {
        ULONG Length = 0;
        while (Path[Length] != L'\0' && Path[Length] != OBJ_NAME_PATH_SEPARATOR) {
            Length += 1;
        }
        *Name =
            (UNICODE_STRING){(USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)), (PWCH)Path};
        *Parent = Key;
        Key = CmpFindSubKey(Key, Name, Position);
        Path += Path[Length] != L'\0' ? Length + 1 : Length;
    }
    return Key;
}

static NTSTATUS CmpSecureFirstKey(PCM_KEY_CONTROL_BLOCK Key, PCM_KEY_CONTROL_BLOCK Parent,
                                  CM_DEFAULT_SECURITY Security)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    if (Security != CmInheritedSecurity) {
        return CmpSetDefaultSecurity(Key, Security);
    }
    SeCaptureSubjectContext(&Subject);
    NTSTATUS Status = CmpAssignKeySecurity(Key, Parent, NULL, &Subject);
    SeReleaseSubjectContext(&Subject);
    return Status;
}

static BOOLEAN CmpMakeFirstKey(PCWSTR Path, ULONG Flags, CM_DEFAULT_SECURITY Security)
{
    PCM_KEY_CONTROL_BLOCK Parent = CmpRootKey;
    UNICODE_STRING Name = {0};
    ULONG Position = 0;
    CmpFindFirstKey(Path, &Parent, &Name, &Position);
    PCM_KEY_CONTROL_BLOCK Key = CmpAllocateKey(&Name, NULL, Flags);
    if (Key == NULL) {
        return FALSE;
    }
    if (!NT_SUCCESS(CmpSecureFirstKey(Key, Parent, Security)) || !CmpInsertSubKey(Parent, Key, Position)) {
        CmpDereferenceKey(Key);
        return FALSE;
    }
    return TRUE;
}

static BOOLEAN CmpSetFirstValue(PCWSTR Path, PCWSTR ValueName, ULONG Type, const VOID *Data, ULONG Bytes)
{
    PCM_KEY_CONTROL_BLOCK Parent = CmpRootKey;
    UNICODE_STRING Name = {0};
    ULONG Position = 0;
    BOOLEAN Changed;
    PCM_KEY_CONTROL_BLOCK Key = CmpFindFirstKey(Path, &Parent, &Name, &Position);
    RtlInitUnicodeString(&Name, ValueName);
    return NT_SUCCESS(CmpSetValue(Key, &Name, Type, Data, Bytes, &Changed));
}

static BOOLEAN CmpSetFirstText(PCWSTR Path, PCWSTR ValueName, ULONG Type, PCWSTR Text)
{
    // The target of a link has no zero behind it.
    ULONG Bytes = (ULONG)((wcslen(Text) + (Type != REG_LINK)) * sizeof(WCHAR));
    return CmpSetFirstValue(Path, ValueName, Type, Text, Bytes);
}

static BOOLEAN CmpSetFirstNumber(PCWSTR Path, PCWSTR ValueName, ULONG Number)
{
    return CmpSetFirstValue(Path, ValueName, REG_DWORD, &Number, sizeof(Number));
}

// What RtlGetVersion says, as numbers and in words.
static BOOLEAN CmpSetVersion(VOID)
{
    WCHAR Buffer[16] = {0};
    UNICODE_STRING Build = {0, sizeof(Buffer) - sizeof(WCHAR), Buffer};
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof(Version)};
    RtlGetVersion(&Version);
    RtlIntegerToUnicodeString(Version.dwBuildNumber, 10, &Build);
    return CmpSetFirstText(CMP_VERSION_KEY, L"CurrentBuild", REG_SZ, Buffer) &&
           CmpSetFirstText(CMP_VERSION_KEY, L"CurrentBuildNumber", REG_SZ, Buffer) &&
           CmpSetFirstNumber(CMP_VERSION_KEY, L"CurrentMajorVersionNumber", Version.dwMajorVersion) &&
           CmpSetFirstNumber(CMP_VERSION_KEY, L"CurrentMinorVersionNumber", Version.dwMinorVersion);
}

static BOOLEAN CmpMakeHives(VOID)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(CmpFirstKeys); Index += 1) {
        if (!CmpMakeFirstKey(CmpFirstKeys[Index].Path, CmpFirstKeys[Index].Flags,
                             CmpFirstKeys[Index].Security)) {
            return FALSE;
        }
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(CmpFirstValues); Index += 1) {
        PCWSTR Path = CmpFirstValues[Index].Path, Name = CmpFirstValues[Index].Name;
        if (CmpFirstValues[Index].Text != NULL
                ? !CmpSetFirstText(Path, Name, CmpFirstValues[Index].Type, CmpFirstValues[Index].Text)
                : !CmpSetFirstNumber(Path, Name, CmpFirstValues[Index].Number)) {
            return FALSE;
        }
    }
    return CmpSetVersion();
}

// The object by which the object manager finds all keys.
static NTSTATUS CmpNameRoot(VOID)
{
    PVOID Object;
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\REGISTRY");
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = ObCreateObject(KernelMode, CmKeyObjectType, &Attributes, KernelMode, NULL,
                                     sizeof(CM_KEY_BODY), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // No key may be asked to be permanent; this one is.
    ObpHeader(Object)->Flags |= OB_FLAG_PERMANENT_OBJECT;
    PCM_KEY_BODY Body = Object;
    Body->Type = CM_KEY_BODY_TYPE;
    InitializeListHead(&Body->Contexts);
    Body->KeyControlBlock = CmpRootKey;
    CmpReferenceKey(CmpRootKey);
    return ObInsertObject(Object, NULL, 0, 0, NULL, NULL);
}

NTSTATUS CmInitSystem(VOID)
{
    static const UNICODE_STRING RootName = RTL_CONSTANT_STRING(L"REGISTRY");
    NTSTATUS Status = CmpInitializeKeyType();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpRootKey = CmpAllocateKey(&RootName, NULL, CM_KEY_DIRECTORY | CM_KEY_VOLATILE);
    if (CmpRootKey == NULL || !NT_SUCCESS(CmpSetDefaultSecurity(CmpRootKey, CmDirectorySecurity)) ||
        !CmpMakeHives()) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return CmpNameRoot();
}
