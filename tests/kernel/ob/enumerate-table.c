// SPDX-License-Identifier: MIT
// Handle tables walked as drivers do it: EPROCESS.ObjectTable, entries locked and unlocked by the routine.
#include "../thread.h"

// As drivers declare what no header has.
typedef struct _HANDLE_TABLE_ENTRY {
    union {
        volatile LONG64 VolatileLowValue;
        struct {
            ULONG64 Unlocked : 1;
            ULONG64 RefCnt : 16;
            ULONG64 Attributes : 3;
            ULONG64 ObjectPointerBits : 44;
        };
    };
    union {
        ULONG64 HighValue;
        ULONG GrantedAccessBits : 25;
    };
} HANDLE_TABLE_ENTRY, *PHANDLE_TABLE_ENTRY;

typedef struct _HANDLE_TABLE {
    UCHAR Unused[0x30];
    ULONG_PTR HandleContentionEvent;
} HANDLE_TABLE, *PHANDLE_TABLE;

typedef BOOLEAN(NTAPI *EX_ENUMERATE_HANDLE_ROUTINE)(PHANDLE_TABLE, PHANDLE_TABLE_ENTRY, HANDLE, PVOID);
NTKERNELAPI BOOLEAN NTAPI ExEnumHandleTable(PHANDLE_TABLE HandleTable, EX_ENUMERATE_HANDLE_ROUTINE Routine,
                                            PVOID EnumParameter, PHANDLE Handle);
NTKERNELAPI VOID FASTCALL ExfUnblockPushLock(PULONG_PTR PushLock, PVOID WaitBlock);
NTKERNELAPI NTSTATUS NTAPI PsWrapApcWow64Thread(PVOID *ApcContext, PVOID *ApcRoutine);

static PHANDLE_TABLE Table;
static HANDLE Wanted; // as the table has it
static HANDLE Event;  // the kernel handle to the same
static PVOID EventObject;

static struct {
    ULONG Count;
    BOOLEAN AllLocked, FoundWanted;
    PVOID Object;
    ACCESS_MASK Access;
    ULONG64 Attributes;
} Walk;

static VOID UnlockEntry(PHANDLE_TABLE HandleTable, PHANDLE_TABLE_ENTRY Entry)
{
    InterlockedExchangeAdd64(&Entry->VolatileLowValue, 1);
    if (HandleTable->HandleContentionEvent != 0) {
        ExfUnblockPushLock(&HandleTable->HandleContentionEvent, NULL);
    }
}

static BOOLEAN NTAPI Note(PHANDLE_TABLE HandleTable, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle,
                          PVOID Parameter)
{
    BOOLEAN Stop = FALSE;
    Walk.Count += 1;
    Walk.AllLocked = Walk.AllLocked && !Entry->Unlocked;
    if (Handle == Wanted) {
        Walk.FoundWanted = TRUE;
        Walk.Object = (PVOID)(((ULONG_PTR)Entry->ObjectPointerBits << 4) + 0x30); // behind the OBJECT_HEADER
        Walk.Access = Entry->GrantedAccessBits;
        Walk.Attributes = Entry->Attributes;
        Stop = Parameter != NULL;
    }
    UnlockEntry(HandleTable, Entry);
    return Stop;
}

static void Setup(void)
{
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_MODIFY_STATE | SYNCHRONIZE, &Attributes, NotificationEvent, FALSE),
       STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &EventObject, NULL),
       STATUS_SUCCESS);
    Wanted = (HANDLE)((ULONG_PTR)Event & 0x7fffffff);
    Table = *(PHANDLE_TABLE *)((PUCHAR)PsInitialSystemProcess + 0x570); // of Windows 10 2004 to 11
    OK(Table != NULL);
}

static void TestWalk(void)
{
    HANDLE Found = NULL;
    RtlZeroMemory(&Walk, sizeof(Walk));
    Walk.AllLocked = TRUE;
    OK(!ExEnumHandleTable(Table, Note, NULL, &Found));
    OK(Found == NULL);
    OK(Walk.Count >= 1 && Walk.AllLocked && Walk.FoundWanted);
    OK(Walk.Object == EventObject);
    IS(Walk.Access, EVENT_MODIFY_STATE | SYNCHRONIZE);
    IS(Walk.Attributes, 0);
    ULONG All = Walk.Count;
    RtlZeroMemory(&Walk, sizeof(Walk));
    OK(ExEnumHandleTable(Table, Note, &Walk, &Found)); // the routine has ended it
    OK(Found == Wanted);
    OK(Walk.Count <= All);
    OK(ExEnumHandleTable(Table, Note, &Walk, NULL));
    OK(!KeAreApcsDisabled());
}

static BOOLEAN NTAPI GrantAll(PHANDLE_TABLE HandleTable, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle,
                              PVOID Parameter)
{
    UNREFERENCED_PARAMETER(Parameter);
    if (Handle == Wanted) {
        Entry->GrantedAccessBits = EVENT_ALL_ACCESS;
    }
    UnlockEntry(HandleTable, Entry);
    return Handle == Wanted;
}

// What is changed in an entry is changed in the handle.
static void TestChanged(void)
{
    OBJECT_HANDLE_INFORMATION Information;
    PVOID Object;
    OK(ExEnumHandleTable(Table, GrantAll, NULL, NULL));
    IS(ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &Object, &Information),
       STATUS_SUCCESS);
    IS(Information.GrantedAccess, EVENT_ALL_ACCESS);
    ObDereferenceObject(Object);
}

// While an entry is locked, whoever wants it waits.
static volatile BOOLEAN Closed;

static VOID NTAPI Close(PVOID Context)
{
    ZwClose(Context);
    Closed = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static BOOLEAN NTAPI UnlockLate(PHANDLE_TABLE HandleTable, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle,
                                PVOID Parameter)
{
    if (Handle == Wanted) {
        *(PETHREAD *)Parameter = TestStartThread(Close, Event);
        TestSleep(20);
        OK(!Closed);
        OK(HandleTable->HandleContentionEvent != 0);
    }
    UnlockEntry(HandleTable, Entry);
    return Handle == Wanted;
}

static void TestContended(void)
{
    PETHREAD Thread = NULL;
    OK(ExEnumHandleTable(Table, UnlockLate, &Thread, NULL));
    TestJoinThread(Thread);
    OK(Closed);
    IS(Table->HandleContentionEvent, 0);
    IS(ZwClose(Event), STATUS_INVALID_HANDLE);
    RtlZeroMemory(&Walk, sizeof(Walk));
    ExEnumHandleTable(Table, Note, NULL, NULL);
    OK(!Walk.FoundWanted);
    ObDereferenceObject(EventObject);
}

// Nobody waits: nothing happens but that it is 0.
static void TestUnblock(void)
{
    ULONG_PTR PushLock = 2;
    ExfUnblockPushLock(&PushLock, NULL);
    IS(PushLock, 0);
}

static void TestWow64(void)
{
    PVOID Context = &Walk, Routine = &Table;
    IS(PsWrapApcWow64Thread(&Context, &Routine), STATUS_NOT_SUPPORTED);
    OK(Context == &Walk && Routine == &Table);
}

TEST_DRIVER(Setup, TestWalk, TestChanged, TestContended, TestUnblock, TestWow64)
