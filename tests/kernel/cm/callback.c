// SPDX-License-Identifier: MIT
// Registry callbacks: each operation before and after, in order of altitudes, blocked, taken over, with
// contexts; names and identities of keys.
#include "../thread.h"
#include "cm.h"

static DRIVER_OBJECT Driver;

// What a callback has seen, in order, and how it answers.
typedef struct _FILTER {
    LARGE_INTEGER Cookie;
    CHAR Letter;
    REG_NOTIFY_CLASS Only; // MaxRegNtNotifyClass: all are noted
    REG_NOTIFY_CLASS AnswerTo;
    NTSTATUS Answer;
} FILTER;

static FILTER A = {.Letter = 'a'}, B = {.Letter = 'b'}, C = {.Letter = 'c'};
static REG_NOTIFY_CLASS Seen[64];
static CHAR SeenBy[64];
static ULONG SeenCount;
static ULONG64 LastInformation[20]; // of the last pre-notification noted
static WCHAR LastName[64], LastRemaining[64];
static REG_POST_OPERATION_INFORMATION LastPost;
static PVOID CallContextToSet;
static ACCESS_MASK GrantInstead; // what a post-notification of an open makes of the access; 0: nothing

static VOID Forget(void)
{
    SeenCount = 0;
    RtlZeroMemory(LastInformation, sizeof(LastInformation));
    RtlZeroMemory(&LastPost, sizeof(LastPost));
}

static BOOLEAN IsPost(REG_NOTIFY_CLASS Class)
{
    switch (Class) {
    case RegNtPostDeleteKey:
    case RegNtPostSetValueKey:
    case RegNtPostDeleteValueKey:
    case RegNtPostSetInformationKey:
    case RegNtPostRenameKey:
    case RegNtPostEnumerateKey:
    case RegNtPostEnumerateValueKey:
    case RegNtPostQueryKey:
    case RegNtPostQueryValueKey:
    case RegNtPostKeyHandleClose:
    case RegNtPostCreateKeyEx:
    case RegNtPostOpenKeyEx:
    case RegNtPostFlushKey:
    case RegNtPostQueryKeySecurity:
    case RegNtPostSetKeySecurity:
    case RegNtPostQueryKeyName: return TRUE;
    default: return FALSE;
    }
}

static VOID Copy(PCUNICODE_STRING Name, PWCH Buffer)
{
    ULONG Bytes = Name->Length < 126 ? Name->Length : 126;
    RtlCopyMemory(Buffer, Name->Buffer, Bytes);
    Buffer[Bytes / sizeof(WCHAR)] = L'\0';
}

static NTSTATUS NTAPI Callback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FILTER *Filter = Context;
    REG_NOTIFY_CLASS Class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;
    if (Filter->Only != MaxRegNtNotifyClass && Filter->Only != Class) {
        return STATUS_SUCCESS;
    }
    if (SeenCount < RTL_NUMBER_OF(Seen)) {
        Seen[SeenCount] = Class;
        SeenBy[SeenCount] = Filter->Letter;
        SeenCount += 1;
    }
    if (IsPost(Class)) {
        LastPost = *(PREG_POST_OPERATION_INFORMATION)Argument2;
        if (Class == RegNtPostOpenKeyEx && GrantInstead != 0) {
            ((PREG_CREATE_KEY_INFORMATION_V1)LastPost.PreInformation)->GrantedAccess = GrantInstead;
        }
    } else if (Class == RegNtPreCreateKeyEx || Class == RegNtPreOpenKeyEx) {
        PREG_CREATE_KEY_INFORMATION_V1 Create = Argument2;
        RtlCopyMemory(LastInformation, Create, sizeof(*Create));
        Copy(Create->CompleteName, LastName);
        Copy(Create->RemainingName, LastRemaining);
        Create->CallContext = CallContextToSet;
    } else if (Class == RegNtPreSetValueKey) {
        PREG_SET_VALUE_KEY_INFORMATION Set = Argument2;
        RtlCopyMemory(LastInformation, Set, sizeof(*Set));
        Copy(Set->ValueName, LastName);
        Set->CallContext = CallContextToSet;
        Set->Type = REG_NONE; // which changes nothing
    } else if (Class == RegNtCallbackObjectContextCleanup) {
        RtlCopyMemory(LastInformation, Argument2, sizeof(REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION));
    }
    if (Class == Filter->AnswerTo) {
        if (Filter->Answer == STATUS_CALLBACK_BYPASS && IsPost(Class)) {
            ((PREG_POST_OPERATION_INFORMATION)Argument2)->ReturnStatus = STATUS_DEVICE_BUSY;
        }
        return Filter->Answer;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Register(FILTER *Filter, PCWSTR AltitudeText)
{
    UNICODE_STRING Altitude;
    RtlInitUnicodeString(&Altitude, AltitudeText);
    Filter->Only = MaxRegNtNotifyClass;
    Filter->AnswerTo = MaxRegNtNotifyClass;
    return CmRegisterCallbackEx(Callback, &Altitude, &Driver, Filter, &Filter->Cookie, NULL);
}

// Those of one class, in order: "abc".
static BOOLEAN OrderIs(REG_NOTIFY_CLASS Class, PCSTR Letters)
{
    for (ULONG Index = 0; Index < SeenCount; Index += 1) {
        if (Seen[Index] == Class && *Letters++ != SeenBy[Index]) {
            return FALSE;
        }
    }
    return *Letters == '\0';
}

static void TestRegistration(void)
{
    UNICODE_STRING NoNumber = RTL_CONSTANT_STRING(L"high");
    LARGE_INTEGER Cookie;
    ULONG Major = 0, Minor = 0;
    CmGetCallbackVersion(&Major, &Minor);
    IS(Major, 1);
    IS(Minor, 1);
    CmGetCallbackVersion(NULL, NULL);
    IS(CmRegisterCallbackEx(Callback, &NoNumber, &Driver, &A, &Cookie, NULL), STATUS_INVALID_PARAMETER);
    IS(Register(&A, L"370000"), STATUS_SUCCESS);
    IS(Register(&B, L"370000"), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    IS(Register(&B, L"0370000.0"), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    IS(Register(&B, L"370000.5"), STATUS_SUCCESS);
    OK(A.Cookie.QuadPart != B.Cookie.QuadPart);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_INVALID_PARAMETER);
    IS(CmUnRegisterCallback(B.Cookie), STATUS_SUCCESS);
}

static void TestOrder(void)
{
    HANDLE Key;
    IS(Register(&B, L"300"), STATUS_SUCCESS);
    IS(Register(&C, L"20"), STATUS_SUCCESS);
    IS(CmRegisterCallback(Callback, &A, &A.Cookie), STATUS_SUCCESS);
    A.Only = A.AnswerTo = MaxRegNtNotifyClass;
    Forget();
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    OK(OrderIs(RegNtPreCreateKeyEx, "abc"));
    OK(OrderIs(RegNtPostCreateKeyEx, "cba"));
    IS(SeenCount, 6);
    // One that blocks keeps those below it from being asked, and all from being told.
    B.AnswerTo = RegNtPreSetValueKey;
    B.Answer = STATUS_ACCESS_DENIED;
    Forget();
    IS(SetNumber(Key, L"Number", 1), STATUS_ACCESS_DENIED);
    OK(OrderIs(RegNtPreSetValueKey, "ab"));
    IS(SeenCount, 2);
    OK(!NumberIs(Key, L"Number", 1));
    IS(CmUnRegisterCallback(C.Cookie), STATUS_SUCCESS);
    IS(CmUnRegisterCallback(B.Cookie), STATUS_SUCCESS);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
    Forget();
    DeleteKey(Key);
    IS(SeenCount, 0);
}

// Pre and post of one operation, nothing else.
#define SAW(Name)                                                                                            \
    do {                                                                                                     \
        IS(SeenCount, 2);                                                                                    \
        IS(Seen[0], RegNtPre##Name);                                                                         \
        IS(Seen[1], RegNtPost##Name);                                                                        \
        Forget();                                                                                            \
    } while (0)

static void TestEveryOperation(void)
{
    HANDLE Key, Same;
    ULONG Buffer[64], Result;
    PVOID Object;
    LARGE_INTEGER Time = {.QuadPart = 1};
    UNICODE_STRING NewName = RTL_CONSTANT_STRING(L"kmode-test-2");
    IS(Register(&A, L"1"), STATUS_SUCCESS);
    Forget();
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    SAW(CreateKeyEx);
    IS(OpenKey(TEST_KEY, NULL, &Same), STATUS_SUCCESS);
    SAW(OpenKeyEx);
    ZwClose(Same);
    SAW(KeyHandleClose);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    SAW(SetValueKey);
    IS(QueryValue(Key, L"Number", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    SAW(QueryValueKey);
    IS(ZwEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    SAW(EnumerateValueKey);
    IS(DeleteValue(Key, L"Number"), STATUS_SUCCESS);
    SAW(DeleteValueKey);
    IS(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_NO_MORE_ENTRIES);
    IS(LastPost.Status, STATUS_NO_MORE_ENTRIES);
    SAW(EnumerateKey);
    IS(ZwQueryKey(Key, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_SUCCESS);
    SAW(QueryKey);
    IS(ZwSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)), STATUS_SUCCESS);
    SAW(SetInformationKey);
    IS(ZwFlushKey(Key), STATUS_SUCCESS);
    SAW(FlushKey);
    IS(ZwQuerySecurityObject(Key, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    OK(LastPost.PreInformation != NULL);
    SAW(QueryKeySecurity);
    IS(ZwSetSecurityObject(Key, DACL_SECURITY_INFORMATION, (PVOID)Buffer), STATUS_SUCCESS);
    SAW(SetKeySecurity);
    IS(ObReferenceObjectByHandle(Key, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(ObQueryNameString(Object, (PVOID)Buffer, sizeof(Buffer), &Result), STATUS_SUCCESS);
    OK(LastPost.Object == Object);
    SAW(QueryKeyName);
    ObDereferenceObject(Object);
    IS(ZwRenameKey(Key, &NewName), STATUS_SUCCESS);
    SAW(RenameKey);
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    SAW(DeleteKey);
    ZwClose(Key);
    SAW(KeyHandleClose);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
}

static void TestCreateInformation(void)
{
    HANDLE Key, Sub;
    PREG_CREATE_KEY_INFORMATION_V1 Create = (PVOID)LastInformation;
    UNICODE_STRING Name, Expected = RTL_CONSTANT_STRING(TEST_KEY);
    IS(Register(&A, L"1"), STATUS_SUCCESS);
    Forget();
    CallContextToSet = &Driver;
    IS(CreateKeyWith(TEST_KEY, NULL, OBJ_CASE_INSENSITIVE, KEY_ALL_ACCESS | KEY_WOW64_64KEY,
                     REG_OPTION_VOLATILE, L"Class", &Key, NULL),
       STATUS_SUCCESS);
    RtlInitUnicodeString(&Name, LastName);
    OK(RtlEqualUnicodeString(&Name, &Expected, FALSE));
    RtlInitUnicodeString(&Name, LastRemaining);
    RtlInitUnicodeString(&Expected, L"Machine\\SOFTWARE\\kmode-test");
    OK(RtlEqualUnicodeString(&Name, &Expected, FALSE));
    OK(Create->RootObject != NULL);
    OK(Create->Class != NULL);
    IS(Create->Options, REG_OPTION_VOLATILE);
    IS(Create->DesiredAccess, KEY_ALL_ACCESS);
    IS(Create->Version, 1);
    IS(Create->Wow64Flags, KEY_WOW64_64KEY);
    IS(Create->Attributes, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE);
    IS(Create->CheckAccessMode, KernelMode);
    IS(Create->Transaction, NULL);
    IS(LastPost.Status, STATUS_SUCCESS);
    IS(LastPost.CallContext, &Driver);
    OK(LastPost.Object != NULL);
    OK(LastPost.PreInformation != NULL);
    PVOID KeyObject = LastPost.Object;
    // Below a key: the name as it is given, and that key.
    IS(CreateKeyWith(L"Sub", Key, 0, KEY_READ | DELETE, REG_OPTION_VOLATILE, NULL, &Sub, NULL),
       STATUS_SUCCESS);
    OK(Create->RootObject == KeyObject);
    RtlInitUnicodeString(&Name, LastName);
    RtlInitUnicodeString(&Expected, L"Sub");
    OK(RtlEqualUnicodeString(&Name, &Expected, FALSE));
    DeleteKey(Sub);
    // A failure has no object.
    Forget();
    IS(OpenKey(L"Sub", Key, &Sub), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(LastPost.Status, STATUS_OBJECT_NAME_NOT_FOUND);
    IS(LastPost.Object, NULL);
    // A link is told twice: where it ends, and where it leads.
    Forget();
    IS(OpenKey(L"\\Registry\\Machine\\System\\CurrentControlSet\\Control", NULL, &Sub), STATUS_SUCCESS);
    IS(SeenCount, 4);
    RtlInitUnicodeString(&Name, LastName);
    RtlInitUnicodeString(&Expected, L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control");
    OK(RtlEqualUnicodeString(&Name, &Expected, FALSE));
    ZwClose(Sub);
    CallContextToSet = NULL;
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
    DeleteKey(Key);
}

static void TestAnswers(void)
{
    HANDLE Key, Other;
    PREG_SET_VALUE_KEY_INFORMATION Set = (PVOID)LastInformation;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(Register(&A, L"1"), STATUS_SUCCESS);
    Forget();
    IS(SetNumber(Key, L"Number", 5), STATUS_SUCCESS);
    IS(Set->Type, REG_DWORD);
    IS(Set->DataSize, 4);
    OK(LastName[0] == L'N' && LastName[5] == L'r');
    OK(LastPost.Object == Set->Object);
    // What it has changed in the structure is not what was carried out.
    OK(NumberIs(Key, L"Number", 5));
    // Taken over: it has succeeded, and nothing has been done.
    A.AnswerTo = RegNtPreSetValueKey;
    A.Answer = STATUS_CALLBACK_BYPASS;
    Forget();
    IS(SetNumber(Key, L"Number", 6), STATUS_SUCCESS);
    IS(SeenCount, 1);
    OK(NumberIs(Key, L"Number", 5));
    // Another status for the caller of what has been done.
    A.AnswerTo = RegNtPostSetValueKey;
    IS(SetNumber(Key, L"Number", 7), STATUS_DEVICE_BUSY);
    A.AnswerTo = MaxRegNtNotifyClass;
    OK(NumberIs(Key, L"Number", 7));
    // An error behind the operation is no answer.
    A.AnswerTo = RegNtPostSetValueKey;
    A.Answer = STATUS_ACCESS_DENIED;
    IS(SetNumber(Key, L"Number", 8), STATUS_SUCCESS);
    // A key that a driver keeps from being opened, before and after.
    A.AnswerTo = RegNtPreOpenKeyEx;
    IS(OpenKey(TEST_KEY, NULL, &Other), STATUS_ACCESS_DENIED);
    A.AnswerTo = RegNtPostOpenKeyEx;
    A.Answer = STATUS_CALLBACK_BYPASS;
    Forget();
    IS(OpenKey(TEST_KEY, NULL, &Other), STATUS_DEVICE_BUSY);
    // The key object is gone again.
    OK(OrderIs(RegNtPreKeyHandleClose, "a"));
    // Less access than was asked for.
    OBJECT_HANDLE_INFORMATION Handle;
    PVOID Object;
    A.AnswerTo = MaxRegNtNotifyClass;
    GrantInstead = KEY_QUERY_VALUE;
    IS(OpenKey(TEST_KEY, NULL, &Other), STATUS_SUCCESS);
    GrantInstead = 0;
    IS(ObReferenceObjectByHandle(Other, 0, NULL, KernelMode, &Object, &Handle), STATUS_SUCCESS);
    IS(Handle.GrantedAccess, KEY_QUERY_VALUE);
    ObDereferenceObject(Object);
    ZwClose(Other);
    // What closes cannot be refused.
    A.AnswerTo = RegNtPreKeyHandleClose;
    A.Answer = STATUS_ACCESS_DENIED;
    IS(OpenKey(TEST_KEY, NULL, &Other), STATUS_SUCCESS);
    IS(ZwClose(Other), STATUS_SUCCESS);
    IS(ZwClose(Other), STATUS_INVALID_HANDLE);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
    DeleteKey(Key);
}

// ---- A driver that opens another key than the one that was asked for

static HANDLE Elsewhere;
static BOOLEAN Redirect;

static NTSTATUS NTAPI RedirectingCallback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 != RegNtPreOpenKeyEx || !Redirect) {
        return STATUS_SUCCESS;
    }
    PREG_OPEN_KEY_INFORMATION_V1 Open = Argument2;
    NTSTATUS Status = ObReferenceObjectByHandle(Elsewhere, KEY_READ, *CmKeyObjectType, KernelMode,
                                                Open->ResultObject, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Open->GrantedAccess = KEY_READ;
    *Open->Disposition = REG_OPENED_EXISTING_KEY;
    return STATUS_CALLBACK_BYPASS;
}

static void TestRedirection(void)
{
    HANDLE Key;
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"5");
    LARGE_INTEGER Cookie;
    IS(CreateKey(TEST_KEY, NULL, &Elsewhere), STATUS_SUCCESS);
    IS(SetNumber(Elsewhere, L"Number", 77), STATUS_SUCCESS);
    IS(CmRegisterCallbackEx(RedirectingCallback, &Altitude, &Driver, NULL, &Cookie, NULL), STATUS_SUCCESS);
    Redirect = TRUE;
    IS(OpenKey(L"\\Registry\\Machine\\SOFTWARE\\not there", NULL, &Key), STATUS_SUCCESS);
    Redirect = FALSE;
    OK(NumberIs(Key, L"Number", 77));
    ZwClose(Key);
    IS(CmUnRegisterCallback(Cookie), STATUS_SUCCESS);
    DeleteKey(Elsewhere);
}

// ---- What a callback itself does is told only to those below it

static ULONG NestedDepth;

static NTSTATUS NTAPI NestingCallback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument2);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreFlushKey) {
        HANDLE Key;
        NestedDepth += 1;
        if (NT_SUCCESS(OpenKey(TEST_KEY, NULL, &Key))) {
            ZwFlushKey(Key);
            ZwClose(Key);
        }
    }
    return STATUS_SUCCESS;
}

static void TestNesting(void)
{
    HANDLE Key;
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"100");
    LARGE_INTEGER Cookie;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CmRegisterCallbackEx(NestingCallback, &Altitude, &Driver, NULL, &Cookie, NULL), STATUS_SUCCESS);
    IS(Register(&A, L"200"), STATUS_SUCCESS);
    IS(Register(&B, L"50"), STATUS_SUCCESS);
    Forget();
    IS(ZwFlushKey(Key), STATUS_SUCCESS);
    IS(NestedDepth, 1);
    OK(OrderIs(RegNtPreFlushKey, "abb"));
    OK(OrderIs(RegNtPreOpenKeyEx, "b"));
    IS(CmUnRegisterCallback(Cookie), STATUS_SUCCESS);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
    IS(CmUnRegisterCallback(B.Cookie), STATUS_SUCCESS);
    DeleteKey(Key);
}

// ---- Contexts

static void TestContexts(void)
{
    HANDLE Key, Same;
    PVOID Object, Old = &Old;
    int First, Second;
    LARGE_INTEGER Unknown = {.QuadPart = -1};
    PREG_SET_VALUE_KEY_INFORMATION Set = (PVOID)LastInformation;
    PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION CleanUp = (PVOID)LastInformation;
    IS(Register(&A, L"1"), STATUS_SUCCESS);
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY, NULL, &Same), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Key, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(CmSetCallbackObjectContext(Object, &Unknown, &First, NULL), STATUS_INVALID_PARAMETER);
    IS(CmSetCallbackObjectContext(PsGetCurrentProcess(), &A.Cookie, &First, NULL), STATUS_INVALID_PARAMETER);
    IS(CmSetCallbackObjectContext(Object, &A.Cookie, &First, &Old), STATUS_SUCCESS);
    IS(Old, NULL);
    IS(CmSetCallbackObjectContext(Object, &A.Cookie, &Second, &Old), STATUS_SUCCESS);
    IS(Old, &First);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(Set->ObjectContext, &Second);
    IS(LastPost.ObjectContext, &Second);
    // It is this object's, not the key's.
    IS(SetNumber(Same, L"Number", 2), STATUS_SUCCESS);
    IS(Set->ObjectContext, NULL);
    ObDereferenceObject(Object);
    Forget();
    IS(ZwClose(Key), STATUS_SUCCESS);
    IS(SeenCount, 3);
    IS(Seen[0], RegNtPreKeyHandleClose);
    IS(Seen[1], RegNtPostKeyHandleClose);
    IS(Seen[2], RegNtCallbackObjectContextCleanup);
    IS(CleanUp->ObjectContext, &Second);
    IS(CleanUp->Object, Object);
    // A callback that goes is told of those that are left.
    IS(ObReferenceObjectByHandle(Same, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(CmSetCallbackObjectContext(Object, &A.Cookie, &First, NULL), STATUS_SUCCESS);
    Forget();
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
    IS(SeenCount, 1);
    IS(Seen[0], RegNtCallbackObjectContextCleanup);
    IS(CleanUp->ObjectContext, &First);
    ObDereferenceObject(Object);
    DeleteKey(Same);
    IS(SeenCount, 1);
}

static void TestIdentity(void)
{
    HANDLE Key, Same;
    PVOID Object, Other;
    ULONG_PTR Id = 0, OtherId = 1;
    PCUNICODE_STRING Name, Again;
    UNICODE_STRING NewName = RTL_CONSTANT_STRING(L"kmode-renamed"),
                   OldPath = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\kmode-test"),
                   NewPath = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\kmode-renamed");
    LARGE_INTEGER Unknown = {.QuadPart = -1};
    IS(Register(&A, L"1"), STATUS_SUCCESS);
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY, NULL, &Same), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Key, 0, NULL, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Same, 0, NULL, KernelMode, &Other, NULL), STATUS_SUCCESS);
    OK(Object != Other);
    IS(CmCallbackGetKeyObjectID(&A.Cookie, Object, &Id, &Name), STATUS_SUCCESS);
    IS(CmCallbackGetKeyObjectIDEx(&A.Cookie, Other, &OtherId, NULL, 0), STATUS_SUCCESS);
    IS(Id, OtherId);
    OK(RtlEqualUnicodeString(Name, &OldPath, FALSE));
    IS(CmCallbackGetKeyObjectIDEx(&A.Cookie, Object, NULL, NULL, 1), STATUS_INVALID_PARAMETER);
    IS(CmCallbackGetKeyObjectIDEx(&Unknown, Object, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
    IS(CmCallbackGetKeyObjectID(&Unknown, Object, NULL, NULL), STATUS_INVALID_PARAMETER);
    IS(CmCallbackGetKeyObjectID(&A.Cookie, PsGetCurrentProcess(), NULL, NULL), STATUS_INVALID_PARAMETER);
    IS(ZwRenameKey(Key, &NewName), STATUS_SUCCESS);
    IS(CmCallbackGetKeyObjectID(&A.Cookie, Object, &OtherId, &Again), STATUS_SUCCESS);
    IS(Id, OtherId);
    IS(Again, Name);
    IS(CmCallbackGetKeyObjectIDEx(&A.Cookie, Object, NULL, &Again, 0), STATUS_SUCCESS);
    OK(RtlEqualUnicodeString(Again, &NewPath, FALSE));
    CmCallbackReleaseKeyObjectIDEx(Again);
    IS(CmGetBoundTransaction(&A.Cookie, Object), NULL);
    ObDereferenceObject(Object);
    ObDereferenceObject(Other);
    ZwClose(Same);
    DeleteKey(Key);
    IS(CmUnRegisterCallback(A.Cookie), STATUS_SUCCESS);
}

// ---- Removal waits

static KEVENT Entered, Leave;
static volatile LONG Left;

static NTSTATUS NTAPI SlowCallback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument2);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreFlushKey) {
        KeSetEvent(&Entered, 0, FALSE);
        KeWaitForSingleObject(&Leave, Executive, KernelMode, FALSE, NULL);
        InterlockedIncrement(&Left);
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI Flusher(PVOID Key)
{
    ZwFlushKey(Key);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Opener(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    TestSleep(10);
    KeSetEvent(&Leave, 0, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestRemovalWaits(void)
{
    HANDLE Key;
    LARGE_INTEGER Cookie;
    KeInitializeEvent(&Entered, NotificationEvent, FALSE);
    KeInitializeEvent(&Leave, NotificationEvent, FALSE);
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CmRegisterCallback(SlowCallback, NULL, &Cookie), STATUS_SUCCESS);
    PETHREAD First = TestStartThread(Flusher, Key);
    KeWaitForSingleObject(&Entered, Executive, KernelMode, FALSE, NULL);
    PETHREAD Second = TestStartThread(Opener, NULL);
    IS(Left, 0);
    IS(CmUnRegisterCallback(Cookie), STATUS_SUCCESS);
    IS(Left, 1);
    TestJoinThread(First);
    TestJoinThread(Second);
    DeleteKey(Key);
}

TEST_DRIVER(TestRegistration, TestOrder, TestEveryOperation, TestCreateInformation, TestAnswers,
            TestRedirection, TestNesting, TestContexts, TestIdentity, TestRemovalWaits)
