// SPDX-License-Identifier: MIT
// Event providers: registered, asked, written to, told their traits. No session listens; with one: session.c.
#include "../test.h"

static const GUID Id = {0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
static EVENT_DESCRIPTOR Event = {.Id = 1, .Level = 4, .Keyword = 1};
static ULONG Calls;

static VOID NTAPI Enabled(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAny,
                          ULONGLONG MatchAll, PEVENT_FILTER_DESCRIPTOR FilterData, PVOID Context)
{
    UNREFERENCED_PARAMETER(SourceId);
    UNREFERENCED_PARAMETER(ControlCode);
    UNREFERENCED_PARAMETER(Level);
    UNREFERENCED_PARAMETER(MatchAny);
    UNREFERENCED_PARAMETER(MatchAll);
    UNREFERENCED_PARAMETER(FilterData);
    UNREFERENCED_PARAMETER(Context);
    Calls += 1;
}

static REGHANDLE Handle;

static void TestRegister(void)
{
    REGHANDLE Second = 0;
    IS(EtwRegister(NULL, NULL, NULL, &Handle), STATUS_INVALID_PARAMETER);
    IS(EtwRegister(&Id, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    IS(EtwRegister(&Id, Enabled, &Calls, &Handle), STATUS_SUCCESS);
    OK(Handle != 0);
    IS(EtwRegister(&Id, NULL, NULL, &Second), STATUS_SUCCESS); // the same provider twice is two registrations
    OK(Second != 0 && Second != Handle);
    IS(EtwUnregister(Second), STATUS_SUCCESS);
    IS(EtwUnregister(Second), STATUS_INVALID_HANDLE);
    IS(EtwUnregister(0), STATUS_INVALID_HANDLE);
    IS(Calls, 0);
}

static void TestWrite(void)
{
    EVENT_DATA_DESCRIPTOR Data = {0};
    ULONG Value = 7;
    KIRQL OldIrql;
    EventDataDescCreate(&Data, &Value, sizeof(Value));
    OK(!EtwProviderEnabled(Handle, 0, 0));
    OK(!EtwEventEnabled(Handle, &Event));
    IS(EtwWrite(Handle, &Event, NULL, 1, &Data), STATUS_SUCCESS);
    IS(EtwWrite(Handle, &Event, &Id, 0, NULL), STATUS_SUCCESS);
    IS(EtwWrite(Handle, &Event, NULL, 129, &Data), STATUS_INVALID_PARAMETER);
    IS(EtwWrite(Handle + 1, &Event, NULL, 1, &Data), STATUS_INVALID_HANDLE);
    IS(EtwWrite(0, &Event, NULL, 1, &Data), STATUS_INVALID_HANDLE);
    IS(EtwWriteTransfer(Handle, &Event, NULL, &Id, 1, &Data), STATUS_SUCCESS);
    IS(EtwWriteTransfer(0, &Event, NULL, NULL, 1, &Data), STATUS_INVALID_HANDLE);
    IS(EtwWriteEx(Handle, &Event, 0, 0, NULL, NULL, 1, &Data), STATUS_SUCCESS);
    IS(EtwWriteEx(Handle, &Event, 0, 0, NULL, NULL, 129, &Data), STATUS_INVALID_PARAMETER);
    IS(EtwWriteString(Handle, 4, 1, NULL, L"text"), STATUS_SUCCESS);
    IS(EtwWriteString(0, 4, 1, NULL, L"text"), STATUS_INVALID_HANDLE);
    // At any IRQL.
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    IS(KeGetCurrentIrql(), HIGH_LEVEL);
    NTSTATUS Status = EtwWrite(Handle, &Event, NULL, 1, &Data);
    KeLowerIrql(OldIrql);
    IS(Status, STATUS_SUCCESS);
}

static void TestTraits(void)
{
    struct {
        USHORT Size;
        CHAR Name[6];
    } Traits = {sizeof(Traits), "kmode"};
    IS(EtwSetInformation(Handle, EventProviderSetTraits, &Traits, sizeof(Traits)), STATUS_SUCCESS);
    IS(EtwSetInformation(Handle, EventProviderSetTraits, &Traits, sizeof(Traits) - 1),
       STATUS_INVALID_PARAMETER);
    IS(EtwSetInformation(Handle, EventProviderSetTraits, NULL, 0), STATUS_INVALID_PARAMETER);
    BOOLEAN Uses = TRUE;
    IS(EtwSetInformation(Handle, EventProviderUseDescriptorType, &Uses, sizeof(Uses)), STATUS_SUCCESS);
    IS(EtwSetInformation(Handle, EventProviderUseDescriptorType, &Uses, 0), STATUS_INVALID_PARAMETER);
    IS(EtwSetInformation(Handle, EventProviderUseDescriptorType, NULL, 1), STATUS_INVALID_PARAMETER);
    IS(EtwSetInformation(Handle, MaxEventInfo, &Traits, sizeof(Traits)), STATUS_INVALID_DEVICE_REQUEST);
    IS(EtwSetInformation(0, EventProviderSetTraits, &Traits, sizeof(Traits)), STATUS_INVALID_HANDLE);
    IS(EtwSetInformation(0, EventProviderSetTraits, NULL, 0), STATUS_INVALID_HANDLE);
    IS(EtwSetInformation(0, MaxEventInfo, &Traits, sizeof(Traits)), STATUS_INVALID_HANDLE);
}

static void Teardown(void)
{
    IS(EtwUnregister(Handle), STATUS_SUCCESS);
    IS(EtwWrite(Handle, &Event, NULL, 0, NULL), STATUS_INVALID_HANDLE);
}

TEST_DRIVER(TestRegister, TestWrite, TestTraits, Teardown)
