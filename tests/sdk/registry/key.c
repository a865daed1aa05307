// SPDX-License-Identifier: MIT
// Keys: opened, made with those above them, deleted with those below, enumerated and watched.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

#define BASE    L"HKLM\\SOFTWARE\\KmodeTest"
#define NT_BASE L"\\Registry\\Machine\\SOFTWARE\\KmodeTest"

static BOOLEAN Is(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(String, &Other, FALSE);
}

static PDRIVER_OBJECT Driver;

static BOOLEAN Exists(PCWSTR Path)
{
    HANDLE Key;
    NTSTATUS Status = KmRegistryOpen(NULL, Path, KEY_READ, &Key);

    if (NT_SUCCESS(Status)) {
        ZwClose(Key);
    }
    return NT_SUCCESS(Status);
}

static void Make(PCWSTR Path)
{
    HANDLE Key;

    IS(KmRegistryCreate(NULL, Path, REG_OPTION_VOLATILE, KEY_READ, &Key, NULL), STATUS_SUCCESS);
    ZwClose(Key);
}

static void TestOpen(void)
{
    HANDLE Key, Below;

    IS(KmRegistryOpen(NULL, BASE, KEY_READ, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Key == NULL);
    IS(KmRegistryOpen(NULL, L"HKLM\\SOFTWARE", KEY_READ, &Key), STATUS_SUCCESS);
    IS(KmRegistryOpen(Key, L"Microsoft", KEY_READ, &Below), STATUS_SUCCESS);
    ZwClose(Below);
    IS(KmRegistryOpen(Key, L"", KEY_READ, &Below), STATUS_SUCCESS);
    ZwClose(Below);
    // With a root, HKLM is a name like any other.
    IS(KmRegistryOpen(Key, L"HKLM", KEY_READ, &Below), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(Key);
    OK(Exists(L"HKLM"));
    OK(Exists(L"hklm\\SYSTEM"));
    OK(Exists(L"HKU"));
    OK(Exists(L"HKU\\.DEFAULT") || !Exists(L"\\Registry\\User\\.DEFAULT"));
    OK(!Exists(L"HKLMX\\SYSTEM"));
    OK(!Exists(L"HK"));
    OK(Exists(L"\\Registry\\Machine\\SYSTEM"));
    OK(!Exists(L"SYSTEM"));
    IS(KmRegistryOpen(NULL, L"SYSTEM", KEY_READ, &Key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    OK(Key == NULL);
}

static NTSTATUS NTAPI Refuse(PVOID Context, REG_NOTIFY_CLASS Operation, PVOID Information)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Information);
    return Operation == RegNtPreCreateKeyEx ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

// What a filter, an antivirus' say, answers is the caller's answer.
static void TestRefused(void)
{
    static KM_CALLBACKS Callbacks;
    static KM_CALLBACK Callback;
    HANDLE Key = (HANDLE)1;

    IS(KmCallbacksAddRegistry(&Callbacks, &Callback, L"380999.5", Driver, Refuse, NULL), STATUS_SUCCESS);
    IS(KmRegistryCreate(NULL, BASE, REG_OPTION_VOLATILE, KEY_READ, &Key, NULL), STATUS_ACCESS_DENIED);
    OK(Key == NULL);
    KmCallbacksStop(&Callbacks);
    OK(!Exists(BASE));
}

static void TestLongPath(void)
{
    PWCHAR Path = (PWCHAR)KmAllocArray(&Test.Allocator, 40000, sizeof(WCHAR));
    HANDLE Key;

    for (ULONG Index = 0; Index < 39999; Index++) {
        Path[Index] = L'x';
    }
    IS(KmRegistryOpen(NULL, Path, KEY_READ, &Key), STATUS_NAME_TOO_LONG);
    IS(KmRegistryCreate(NULL, Path, 0, KEY_READ, &Key, NULL), STATUS_NAME_TOO_LONG);
    IS(KmRegistryDelete(NULL, Path), STATUS_NAME_TOO_LONG);
    IS(KmRegistryDeleteTree(NULL, Path, &Test.Allocator), STATUS_NAME_TOO_LONG);
    KmFree(&Test.Allocator, Path, 40000 * sizeof(WCHAR));
    IS(Test.Outstanding, 0);
}

static void TestCreate(void)
{
    HANDLE Key, Deeper;
    BOOLEAN Created;

    IS(KmRegistryCreate(NULL, BASE L"\\a\\b\\c", REG_OPTION_VOLATILE, KEY_READ, &Key, &Created),
       STATUS_SUCCESS);
    OK(Created);
    OK(Exists(NT_BASE L"\\a\\b"));
    IS(KmRegistryCreate(Key, L"d\\e", REG_OPTION_VOLATILE, KEY_READ, &Deeper, &Created), STATUS_SUCCESS);
    OK(Created);
    ZwClose(Deeper);
    IS(KmRegistryCreate(Key, L"d\\e", REG_OPTION_VOLATILE, KEY_READ, &Deeper, &Created), STATUS_SUCCESS);
    OK(!Created);
    ZwClose(Deeper);
    IS(KmRegistryCreate(Key, L"f", REG_OPTION_NON_VOLATILE, KEY_READ, &Deeper, &Created),
       STATUS_CHILD_MUST_BE_VOLATILE);
    OK(!Created && Deeper == NULL);
    IS(KmRegistryCreate(Key, L"f\\g", REG_OPTION_NON_VOLATILE, KEY_READ, &Deeper, NULL),
       STATUS_CHILD_MUST_BE_VOLATILE);
    ZwClose(Key);
    IS(KmRegistryCreate(NULL, L"\\Registry\\Machine\\SOFTWARE\\KmodeTest\\nt\\path", REG_OPTION_VOLATILE,
                        KEY_READ, &Key, &Created),
       STATUS_SUCCESS);
    OK(Created);
    ZwClose(Key);
    IS(KmRegistryDelete(NULL, BASE), STATUS_CANNOT_DELETE);
    IS(KmRegistryDelete(NULL, BASE L"\\nt\\path"), STATUS_SUCCESS);
    IS(KmRegistryDelete(NULL, BASE L"\\nt\\path"), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmRegistryDeleteTree(NULL, BASE, &Test.Allocator), STATUS_SUCCESS);
    OK(!Exists(BASE));
}

static void TestDeleteTree(void)
{
    HANDLE Base;

    IS(KmRegistryDeleteTree(NULL, BASE, &Test.Allocator), STATUS_OBJECT_NAME_NOT_FOUND);
    EACH_FAILURE(&Test)
    {
        Make(BASE L"\\1\\2\\3\\4\\5");
        Make(BASE L"\\1\\2\\x");
        Make(BASE L"\\1\\y");
        Make(BASE L"\\z");
        IS(KmRegistryDeleteTree(NULL, BASE L"\\1", &Test.Allocator),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        IS(Exists(BASE L"\\1\\2\\3\\4\\5"), Test.Failed);
        OK(Exists(BASE L"\\z"));
    }
    IS(KmRegistryOpen(NULL, L"HKLM\\SOFTWARE", KEY_ALL_ACCESS, &Base), STATUS_SUCCESS);
    IS(KmRegistryDeleteTree(Base, L"KmodeTest", &Test.Allocator), STATUS_SUCCESS);
    ZwClose(Base);
    OK(!Exists(BASE));
}

// As deep as keys can be, which is not too deep to be deleted.
static void TestDeleteDeepest(void)
{
    HANDLE Key, Deeper;
    ULONG Depth = 0;

    IS(KmRegistryCreate(NULL, BASE, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, &Key, NULL), STATUS_SUCCESS);
    while (Depth < 1000 &&
           NT_SUCCESS(KmRegistryCreate(Key, L"x", REG_OPTION_VOLATILE, KEY_ALL_ACCESS, &Deeper, NULL))) {
        ZwClose(Key);
        Key = Deeper;
        Depth += 1;
    }
    ZwClose(Key);
    OK(Depth > 500 && Depth < 512);
    IS(KmRegistryDeleteTree(NULL, BASE, &Test.Allocator), STATUS_SUCCESS);
    OK(!Exists(BASE));
}

static void TestService(void)
{
    UNICODE_STRING Service =
        RTL_CONSTANT_STRING(L"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Services\\KmodeTest");
    HANDLE Key;

    IS(KmRegistryOpenService(&Service, NULL, KEY_READ, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmRegistryOpenService(&Service, L"Parameters", KEY_READ, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmRegistryCreateParameters(&Service, KEY_READ, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Key == NULL);
    Make(L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\KmodeTest\\Parameters");
    IS(KmRegistryDelete(NULL, L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\KmodeTest\\Parameters"),
       STATUS_SUCCESS);
    IS(KmRegistryOpenService(&Service, NULL, KEY_READ, &Key), STATUS_SUCCESS);
    ZwClose(Key);
    IS(KmRegistryOpenService(&Service, L"Parameters", KEY_READ, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    Make(L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\KmodeTest\\Parameters");
    IS(KmRegistryOpenService(&Service, L"Parameters", KEY_READ, &Key), STATUS_SUCCESS);
    ZwClose(Key);
    IS(KmRegistryCreateParameters(&Service, KEY_READ | KEY_SET_VALUE, &Key), STATUS_SUCCESS);
    IS(KmRegistrySetDword(Key, L"Depth", 7), STATUS_SUCCESS);
    IS(KmRegistryDword(Key, L"Depth", 1), 7);
    ZwClose(Key);
    IS(KmRegistryDeleteTree(NULL, L"HKLM\\SYSTEM\\CurrentControlSet\\Services\\KmodeTest", &Test.Allocator),
       STATUS_SUCCESS);
}

static void TestEnumerate(void)
{
    KM_REGISTRY_ENUMERATION Walk;
    KM_REGISTRY_ENTRY Entry;
    UNICODE_STRING Name;
    HANDLE Key;
    static UCHAR Large[2000];

    Make(BASE L"\\one");
    Make(BASE L"\\two");
    Make(BASE L"\\three");
    Large[1999] = 9;
    IS(KmRegistryOpen(NULL, BASE, KEY_READ | KEY_SET_VALUE, &Key), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        ULONG Seen = 0;
        NTSTATUS Status;

        KmRegistryEnumerationBegin(&Walk, Key, &Test.Allocator);
        while (NT_SUCCESS(Status = KmRegistryNextKey(&Walk, &Name))) {
            Seen |= Is(&Name, L"one") ? 1 : Is(&Name, L"two") ? 2 : Is(&Name, L"three") ? 4 : 8;
        }
        OK(Name.Buffer == NULL);
        IS(Status, Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_MORE_ENTRIES);
        IS(Seen, Test.Failed ? 0 : 7);
        KmRegistryEnumerationEnd(&Walk);
        KmRegistryEnumerationEnd(&Walk);
    }
    IS(KmRegistrySetDword(Key, L"number", 5), STATUS_SUCCESS);
    IS(KmRegistrySetBinary(Key, L"large", Large, sizeof(Large)), STATUS_SUCCESS);
    IS(KmRegistrySetString(Key, NULL, L"default"), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        ULONG Seen = 0;
        NTSTATUS Status;

        KmRegistryEnumerationBegin(&Walk, Key, &Test.Allocator);
        while (NT_SUCCESS(Status = KmRegistryNextValue(&Walk, &Entry))) {
            if (Is(&Entry.Name, L"number")) {
                Seen |= Entry.Type == REG_DWORD && Entry.Bytes == 4 && *(PULONG)Entry.Data == 5 ? 1 : 8;
            } else if (Is(&Entry.Name, L"large")) {
                Seen |= Entry.Type == REG_BINARY && Entry.Bytes == 2000 && ((PUCHAR)Entry.Data)[1999] == 9
                            ? 2
                            : 8;
            } else {
                Seen |= Entry.Name.Length == 0 && Entry.Type == REG_SZ && Entry.Bytes == 16 ? 4 : 8;
            }
        }
        IS(Status, Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_MORE_ENTRIES);
        OK(Test.Failed ? (Seen & 8) == 0 : Seen == 7);
        KmRegistryEnumerationEnd(&Walk);
    }
    ZwClose(Key);
    IS(KmRegistryDeleteTree(NULL, BASE, &Test.Allocator), STATUS_SUCCESS);
}

static void TestWatch(void)
{
    KM_REGISTRY_WATCH Watch;
    LARGE_INTEGER Soon = {.QuadPart = -100000}, Now = {.QuadPart = 0};
    HANDLE Key;

    IS(KmRegistryWatchBegin(&Watch, NULL, BASE, REG_NOTIFY_CHANGE_LAST_SET, FALSE),
       STATUS_OBJECT_NAME_NOT_FOUND);
    Make(BASE L"\\below");
    IS(KmRegistryWatchBegin(&Watch, NULL, BASE, 0, FALSE), STATUS_INVALID_PARAMETER);
    IS(KmRegistryWatchBegin(&Watch, NULL, BASE, REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_SUCCESS);
    IS(KmRegistryWatchWait(&Watch, &Soon), STATUS_TIMEOUT);
    IS(KmRegistryOpen(NULL, BASE, KEY_ALL_ACCESS, &Key), STATUS_SUCCESS);
    IS(KmRegistrySetDword(Key, L"a", 1), STATUS_SUCCESS);
    IS(KmRegistrySetDword(Key, L"b", 1), STATUS_SUCCESS);
    IS(KmRegistryWatchWait(&Watch, NULL), STATUS_SUCCESS);
    // The second one may have come before the watch was on again: it is one change with the first, or one
    // more.
    (void)KmRegistryWatchWait(&Watch, &Now);
    IS(KmRegistryWatchWait(&Watch, &Now), STATUS_TIMEOUT);
    IS(KmRegistrySetDword(Key, L"a", 2), STATUS_SUCCESS);
    IS(KmRegistryWatchWait(&Watch, &Soon), STATUS_SUCCESS);
    KmRegistryWatchEnd(&Watch);
    KmRegistryWatchEnd(&Watch);

    // Names below, in the tree; ended while nothing has happened.
    IS(KmRegistryWatchBegin(&Watch, Key, L"", REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_SUCCESS);
    Make(BASE L"\\below\\more");
    IS(KmRegistryWatchWait(&Watch, &Soon), STATUS_SUCCESS);
    KmRegistryWatchEnd(&Watch);

    // A key that goes away.
    IS(KmRegistryWatchBegin(&Watch, NULL, BASE L"\\below\\more", REG_NOTIFY_CHANGE_LAST_SET, FALSE),
       STATUS_SUCCESS);
    IS(KmRegistryDelete(NULL, BASE L"\\below\\more"), STATUS_SUCCESS);
    IS(KmRegistryWatchWait(&Watch, &Soon), STATUS_KEY_DELETED);
    IS(KmRegistryWatchWait(&Watch, &Soon), STATUS_KEY_DELETED);
    KmRegistryWatchEnd(&Watch);
    ZwClose(Key);
    IS(KmRegistryDeleteTree(NULL, BASE, &Test.Allocator), STATUS_SUCCESS);
}

#define DriverEntry RunTests
TEST_DRIVER(TestOpen, TestRefused, TestLongPath, TestCreate, TestDeleteTree, TestDeleteDeepest, TestService,
            TestEnumerate, TestWatch)
#undef DriverEntry

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Driver = DriverObject;
    return RunTests(DriverObject, RegistryPath);
}
