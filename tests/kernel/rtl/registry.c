// SPDX-License-Identifier: MIT
// Registry keys and values by well-known paths.
#include "../cm/cm.h"

NTSYSAPI NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING CurrentUserKeyPath);

static void TestPaths(void)
{
    static const struct {
        ULONG RelativeTo;
        PCWSTR Path;
    } Roots[] = {
        {RTL_REGISTRY_ABSOLUTE, L"\\Registry\\Machine\\Software\\kmode-test"},
        {RTL_REGISTRY_SERVICES, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\kmode-test"},
        {RTL_REGISTRY_CONTROL, L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\kmode-test"},
        {RTL_REGISTRY_WINDOWS_NT,
         L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\kmode-test"},
        {RTL_REGISTRY_DEVICEMAP, L"\\Registry\\Machine\\Hardware\\DeviceMap\\kmode-test"},
        {RTL_REGISTRY_USER, L"\\Registry\\User\\.Default\\kmode-test"},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Roots); Index += 1) {
        PWSTR Path = Index == 0 ? (PWSTR)Roots[0].Path : L"kmode-test";
        ULONG RelativeTo = Roots[Index].RelativeTo, Number = 5;
        HANDLE Key;
        IS(RtlCheckRegistryKey(RelativeTo, Path), STATUS_OBJECT_NAME_NOT_FOUND);
        IS(RtlCreateRegistryKey(RelativeTo, Path), STATUS_SUCCESS);
        IS(RtlCreateRegistryKey(RelativeTo, Path), STATUS_SUCCESS);
        IS(RtlCheckRegistryKey(RelativeTo, Path), STATUS_SUCCESS);
        IS(RtlWriteRegistryValue(RelativeTo, Path, L"Number", REG_DWORD, &Number, sizeof(Number)),
           STATUS_SUCCESS);
        IS(OpenKey(Roots[Index].Path, NULL, &Key), STATUS_SUCCESS);
        OK(NumberIs(Key, L"Number", 5));
        IS(RtlDeleteRegistryValue(RelativeTo, Path, L"Number"), STATUS_SUCCESS);
        IS(RtlDeleteRegistryValue(RelativeTo, Path, L"Number"), STATUS_OBJECT_NAME_NOT_FOUND);
        DeleteKey(Key);
    }
}

static void TestErrors(void)
{
    ULONG Number = 1;
    IS(RtlCheckRegistryKey(RTL_REGISTRY_MAXIMUM, L"x"), STATUS_INVALID_PARAMETER);
    IS(RtlCreateRegistryKey(99, L"x"), STATUS_INVALID_PARAMETER);
    // Only the last key of a path is made.
    IS(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, L"kmode-test\\Parameters"), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"kmode-test\\Parameters", L"x", REG_DWORD, &Number, 4),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"kmode-test", L"x"), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestWriteMakesKey(void)
{
    HANDLE Key;
    ULONG Number = 1;
    IS(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, TEST_KEY, L"x", REG_DWORD, &Number, sizeof(Number)),
       STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    OK(NumberIs(Key, L"x", 1));
    DeleteKey(Key);
}

static void TestHandles(void)
{
    HANDLE Key, Same;
    ULONG Number = 3;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY, NULL, &Same), STATUS_SUCCESS);
    IS(RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)Key, L"x", REG_DWORD, &Number, sizeof(Number)),
       STATUS_SUCCESS);
    OK(NumberIs(Key, L"x", 3));
    IS(RtlDeleteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)Key, L"x"), STATUS_SUCCESS);
    IS(ZwFlushKey(Key), STATUS_SUCCESS);
    // This one closes it.
    IS(RtlCheckRegistryKey(RTL_REGISTRY_HANDLE, (PWSTR)Same), STATUS_SUCCESS);
    IS(ZwFlushKey(Same), STATUS_INVALID_HANDLE);
    DeleteKey(Key);
}

static void TestCurrentUser(void)
{
    UNICODE_STRING Path, Expected = RTL_CONSTANT_STRING(L"\\REGISTRY\\USER\\S-1-5-18");
    IS(RtlFormatCurrentUserKeyPath(&Path), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(&Path, &Expected, FALSE));
    RtlFreeUnicodeString(&Path);
}

NTSYSAPI NTSTATUS NTAPI RtlQueryRegistryValueWithFallback(HANDLE PrimaryHandle, HANDLE FallbackHandle,
                                                          PUNICODE_STRING ValueName, ULONG ValueLength,
                                                          PULONG ValueType, PVOID ValueData,
                                                          PULONG ResultLength);

static void TestFallback(void)
{
    HANDLE Primary, Fallback;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"x"), Other = RTL_CONSTANT_STRING(L"y");
    ULONG Type = 0, Length = 0;
    USHORT Half = 0;
    ULONG Number = 0;
    IS(CreateKey(TEST_KEY, NULL, &Fallback), STATUS_SUCCESS);
    IS(CreateKey(L"Sub", Fallback, &Primary), STATUS_SUCCESS);
    IS(SetNumber(Primary, L"x", 0x11112222), STATUS_SUCCESS);
    IS(SetNumber(Fallback, L"x", 2), STATUS_SUCCESS);
    IS(SetNumber(Fallback, L"y", 3), STATUS_SUCCESS);
    IS(RtlQueryRegistryValueWithFallback(Primary, Fallback, &Name, 4, &Type, &Number, &Length),
       STATUS_SUCCESS);
    IS(Number, 0x11112222);
    IS(Type, REG_DWORD);
    IS(Length, 4);
    IS(RtlQueryRegistryValueWithFallback(Primary, Fallback, &Other, 4, NULL, &Number, &Length),
       STATUS_SUCCESS);
    IS(Number, 3);
    IS(RtlQueryRegistryValueWithFallback(NULL, Fallback, &Name, 4, &Type, &Number, &Length), STATUS_SUCCESS);
    IS(Number, 2);
    IS(RtlQueryRegistryValueWithFallback(Primary, NULL, &Name, 2, &Type, &Half, &Length),
       STATUS_BUFFER_OVERFLOW);
    IS(Half, 0x2222);
    IS(Length, 4);
    IS(RtlQueryRegistryValueWithFallback(Primary, NULL, &Other, 4, &Type, &Number, &Length),
       STATUS_OBJECT_NAME_NOT_FOUND);
    DeleteKey(Primary);
    DeleteKey(Fallback);
}

TEST_DRIVER(TestPaths, TestErrors, TestWriteMakesKey, TestHandles, TestCurrentUser, TestFallback)
