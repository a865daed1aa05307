// SPDX-License-Identifier: MIT
// What a session makes of providers. tests/run has one listen, by --etw, to Id's events up to warning with
// the keywords 4 or 8, and to all other providers' up to info.
#include "../test.h"

#define EVENT_BYTES  65536
#define HEADER_BYTES 80

static const GUID Id = {0xE7575E55, 0x0001, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 1}};
static const GUID OtherId = {0xE7575E55, 0x0002, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 2}};

typedef struct CALL {
    ULONG Count;
    GUID SourceId;
    ULONG ControlCode;
    UCHAR Level;
    ULONGLONG MatchAny, MatchAll;
    PEVENT_FILTER_DESCRIPTOR FilterData;
    KIRQL Irql;
    BOOLEAN HandleKnown;
} CALL;

static CALL Last, OtherLast;
static REGHANDLE Handle, OtherHandle;
static EVENT_DESCRIPTOR Event = {.Id = 1, .Version = 2, .Level = 3, .Task = 5, .Keyword = 4};
static UCHAR Payload[EVENT_BYTES];

static VOID NTAPI Enabled(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAny,
                          ULONGLONG MatchAll, PEVENT_FILTER_DESCRIPTOR FilterData, PVOID Context)
{
    CALL *Call = Context;
    Call->Count += 1;
    Call->SourceId = *SourceId;
    Call->ControlCode = ControlCode;
    Call->Level = Level;
    Call->MatchAny = MatchAny;
    Call->MatchAll = MatchAll;
    Call->FilterData = FilterData;
    Call->Irql = KeGetCurrentIrql();
    Call->HandleKnown = (Call == &Last ? Handle : OtherHandle) != 0;
}

static void TestEnableCallback(void)
{
    static const GUID None;
    REGHANDLE Third = 0;
    IS(EtwRegister(&Id, Enabled, &Last, &Handle), STATUS_SUCCESS);
    IS(Last.Count, 1); // before it returns
    OK(!IsEqualGUID(&Last.SourceId, &None));
    IS(Last.ControlCode, 1); // EVENT_CONTROL_CODE_ENABLE_PROVIDER
    IS(Last.Level, 3);
    IS(Last.MatchAny, 0xC);
    IS(Last.MatchAll, 0);
    OK(Last.FilterData == NULL);
    IS(Last.Irql, PASSIVE_LEVEL);
    OK(Last.HandleKnown);
    IS(EtwRegister(&OtherId, Enabled, &OtherLast, &OtherHandle), STATUS_SUCCESS);
    IS(OtherLast.Count, 1);
    IS(OtherLast.Level, 4);
    IS(OtherLast.MatchAny, MAXULONGLONG);
    IS(Last.Count, 1);
    // Without a callback it is enabled all the same.
    IS(EtwRegister(&Id, NULL, NULL, &Third), STATUS_SUCCESS);
    OK(EtwProviderEnabled(Third, 3, 4));
    IS(EtwUnregister(Third), STATUS_SUCCESS);
    OK(!EtwProviderEnabled(Third, 3, 4));
}

static void TestEnabled(void)
{
    KIRQL OldIrql;
    OK(EtwProviderEnabled(Handle, 0, 0));
    OK(EtwProviderEnabled(Handle, 3, 0));
    OK(EtwProviderEnabled(Handle, 3, 4));
    OK(EtwProviderEnabled(Handle, 3, 8));
    OK(EtwProviderEnabled(Handle, 1, 5));
    OK(!EtwProviderEnabled(Handle, 3, 3));
    OK(!EtwProviderEnabled(Handle, 4, 4));
    OK(!EtwProviderEnabled(Handle, 4, 0));
    OK(EtwProviderEnabled(OtherHandle, 4, 1));
    OK(!EtwProviderEnabled(OtherHandle, 5, 1));
    OK(!EtwProviderEnabled(0, 0, 0));
    OK(EtwEventEnabled(Handle, &Event));
    Event.Level = 4;
    OK(!EtwEventEnabled(Handle, &Event));
    Event.Level = 3;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    BOOLEAN IsEnabled = EtwProviderEnabled(Handle, 3, 4) && EtwEventEnabled(Handle, &Event);
    KeLowerIrql(OldIrql);
    OK(IsEnabled);
}

static void TestWrite(void)
{
    EVENT_DATA_DESCRIPTOR Data[2] = {0};
    ULONG Value = 7;
    KIRQL OldIrql;
    EventDataDescCreate(&Data[0], &Value, sizeof(Value));
    EventDataDescCreate(&Data[1], &Value, 2);
    IS(EtwWrite(Handle, &Event, NULL, 2, Data), STATUS_SUCCESS);
    IS(EtwWrite(Handle, &Event, &Id, 0, NULL), STATUS_SUCCESS);
    IS(EtwWrite(Handle, &Event, NULL, 129, Data), STATUS_INVALID_PARAMETER);
    IS(EtwWrite(Handle + 1, &Event, NULL, 1, Data), STATUS_INVALID_HANDLE);
    IS(EtwWriteTransfer(Handle, &Event, &OtherId, &Id, 1, Data), STATUS_SUCCESS);
    IS(EtwWriteEx(Handle, &Event, 0, 0, &OtherId, &Id, 1, Data), STATUS_SUCCESS);
    IS(EtwWriteEx(Handle, &Event, 1, 0, NULL, NULL, 1, Data), STATUS_SUCCESS); // not for this session
    IS(EtwWriteEx(Handle, &Event, 0, 1, NULL, NULL, 1, Data), STATUS_INVALID_PARAMETER);
    IS(EtwWriteString(Handle, 3, 8, NULL, L"text"), STATUS_SUCCESS);
    IS(EtwWriteString(0, 3, 8, NULL, L"text"), STATUS_INVALID_HANDLE);
    IS(EtwWriteString(Handle, 5, 8, NULL, (PCWSTR)(ULONG_PTR)0x10000), STATUS_SUCCESS); // nobody reads it
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    NTSTATUS Status = EtwWrite(Handle, &Event, NULL, 1, Data);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
}

static void TestSize(void)
{
    EVENT_DATA_DESCRIPTOR Data[2] = {0};
    EventDataDescCreate(&Data[0], Payload, EVENT_BYTES - HEADER_BYTES);
    EventDataDescCreate(&Data[1], Payload, 1);
    IS(EtwWrite(OtherHandle, &Event, NULL, 1, Data), STATUS_SUCCESS);
    IS(EtwWrite(OtherHandle, &Event, NULL, 2, Data), STATUS_INTEGER_OVERFLOW);
    EventDataDescCreate(&Data[0], Payload, MAXULONG);
    IS(EtwWrite(OtherHandle, &Event, NULL, 1, Data), STATUS_INTEGER_OVERFLOW);
}

// What raises an exception costs the event, and no buffer of the session's.
static void TestBadPointer(void)
{
    EVENT_DATA_DESCRIPTOR Data = {0};
    ULONG Raised = 0, Value = 7;
    EventDataDescCreate(&Data, (PVOID)(ULONG_PTR)0x10000, 16);
    for (ULONG Round = 0; Round < 200; Round += 1) {
        __try {
            (void)EtwWrite(Handle, &Event, NULL, 1, &Data);
        } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                  : EXCEPTION_CONTINUE_SEARCH) {
            Raised += 1;
        }
    }
    IS(Raised, 200);
    EventDataDescCreate(&Data, &Value, sizeof(Value));
    IS(EtwWrite(Handle, &Event, NULL, 1, &Data), STATUS_SUCCESS);
}

static void TestActivity(void)
{
    static const GUID None;
    GUID Activity, First, Second;
    KIRQL OldIrql;
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, NULL), STATUS_INVALID_PARAMETER);
    IS(EtwActivityIdControl(0, &Activity), STATUS_INVALID_PARAMETER);
    IS(EtwActivityIdControl(6, &Activity), STATUS_INVALID_PARAMETER);
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &Activity), STATUS_SUCCESS);
    OK(IsEqualGUID(&Activity, &None));
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &First), STATUS_SUCCESS);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    NTSTATUS Status = EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &Second);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
    OK(!IsEqualGUID(&First, &None) && !IsEqualGUID(&First, &Second));
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &Activity), STATUS_SUCCESS);
    OK(IsEqualGUID(&Activity, &None)); // one that is only made is nobody's
    Activity = First;
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &Activity), STATUS_SUCCESS);
    Activity = Second;
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_SET_ID, &Activity), STATUS_SUCCESS);
    OK(IsEqualGUID(&Activity, &First));
    IS(EtwWrite(Handle, &Event, NULL, 0, NULL), STATUS_SUCCESS);
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_SET_ID, &Activity), STATUS_SUCCESS);
    OK(IsEqualGUID(&Activity, &Second));
    IS(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &Activity), STATUS_SUCCESS);
    OK(!IsEqualGUID(&Activity, &First) && !IsEqualGUID(&Activity, &Second) && !IsEqualGUID(&Activity, &None));
}

static void Teardown(void)
{
    IS(EtwUnregister(Handle), STATUS_SUCCESS);
    IS(EtwUnregister(OtherHandle), STATUS_SUCCESS);
    IS(Last.Count, 1); // nobody is told of his own end
    OK(!EtwProviderEnabled(Handle, 0, 0));
    IS(EtwWrite(Handle, &Event, NULL, 0, NULL), STATUS_INVALID_HANDLE);
}

TEST_DRIVER(TestEnableCallback, TestEnabled, TestWrite, TestSize, TestBadPointer, TestActivity, Teardown)
