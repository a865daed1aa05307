// SPDX-License-Identifier: MIT
// Devices registered with WMI: how their drivers are asked what they have, what names that makes, and how it
// ends.
#include "wmi.h"

static PROVIDER First, Second;

static BLOCK ListBlock[] = {
    {&FirstGuid, WMIREG_FLAG_INSTANCE_LIST, 2, {L"Red", L"Green"}, NULL, {"one", "second"}, FALSE, 0}};
static BLOCK BaseBlock[] = {
    {&FirstGuid, WMIREG_FLAG_INSTANCE_BASENAME, 2, {L"Lamp"}, NULL, {"one", "second"}, FALSE, 0}};

static void TestRegister(void)
{
    MakeProvider(&First, L"KmodeWmi1", ListBlock, 1);
    IS(IoWMIDeviceObjectToProviderId(First.Device), 0);
    IS(IoWMIRegistrationControl(First.Device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    TestSleep(10);
    IS(First.Calls[IRP_MN_REGINFO_EX], 1);
    IS(First.Calls[IRP_MN_REGINFO], 0);
    IS(First.Irql, PASSIVE_LEVEL);
    OK(First.SystemThread && First.Thread != PsGetCurrentThread());
    OK(First.ProviderId == (ULONG_PTR)First.Device);
    IS((ULONG_PTR)First.DataPath, WMIREGISTER);
    OK(First.BufferSize >= sizeof(WMIREGINFOW));
    OK(IoWMIDeviceObjectToProviderId(First.Device) != 0);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"GREEN"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Blue"), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_OBJECT_NAME_EXISTS);
    IS(First.Calls[IRP_MN_REGINFO_EX], 1);
    IS(IoWMIRegistrationControl(First.Device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
    IS(IoWMIDeviceObjectToProviderId(First.Device), 0);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_WMI_GUID_NOT_FOUND);
    IS(First.Calls[IRP_MN_REGINFO_EX], 1); // nothing is asked about that
    DeleteDevice(First.Device);
}

static void TestInvalid(void)
{
    static const ULONG Others[] = {WMIREG_ACTION_DEREGISTER, WMIREG_ACTION_REREGISTER,
                                   WMIREG_ACTION_UPDATE_GUIDS, WMIREG_ACTION_BLOCK_IRPS};
    MakeProvider(&First, L"KmodeWmi2", ListBlock, 1);
    IS(IoWMIRegistrationControl(First.Device, 0), STATUS_INVALID_PARAMETER);
    IS(IoWMIRegistrationControl(First.Device, 6), STATUS_INVALID_PARAMETER);
    // Of a device that is not registered.
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Others); Index += 1) {
        IS(Control(&First, Others[Index]), STATUS_INVALID_PARAMETER);
    }
    IS(First.Calls[IRP_MN_REGINFO_EX], 0);
    DeleteDevice(First.Device);
}

// A driver that only knows of Windows 2000's request.
static void TestOldInfo(void)
{
    MakeProvider(&First, L"KmodeWmi3", ListBlock, 1);
    First.OldInfo = TRUE;
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(First.Calls[IRP_MN_REGINFO_EX], 1);
    IS(First.Calls[IRP_MN_REGINFO], 1);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_SUCCESS);
    DropProvider(&First);
}

// More than the first buffer takes.
static void TestBuffer(void)
{
    static WCHAR Long[4000];
    static BLOCK Blocks[] = {{&FirstGuid, WMIREG_FLAG_INSTANCE_LIST, 1, {Long}, NULL, {"one"}, FALSE, 0}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Long) - 1; Index += 1) {
        Long[Index] = L'x';
    }
    MakeProvider(&First, L"KmodeWmi4", Blocks, 1);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(First.Calls[IRP_MN_REGINFO_EX], 2);
    OK(First.BufferSize >= sizeof(Long));
    IS(QueryName(&FirstGuid, Long), STATUS_SUCCESS);
    DropProvider(&First);
}

static void TestNames(void)
{
    static BLOCK Other[] = {
        {&FirstGuid, WMIREG_FLAG_INSTANCE_LIST, 2, {L"lamp1", L"Lamp2"}, NULL, {"a", "b"}, FALSE, 0}};
    MakeProvider(&First, L"KmodeWmi5", BaseBlock, 1);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Lamp0"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Lamp1"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Lamp2"), STATUS_WMI_INSTANCE_NOT_FOUND);
    // A name of another driver's that is taken is changed.
    MakeProvider(&Second, L"KmodeWmi6", Other, 1);
    IS(Control(&Second, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"lamp1_0"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Lamp2"), STATUS_SUCCESS);
    DropProvider(&First);
    // A base name's counter goes on behind names that are taken.
    MakeProvider(&First, L"KmodeWmi5", BaseBlock, 1);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Lamp0"), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Lamp1"), STATUS_SUCCESS); // that "lamp1" is "lamp1_0" by now
    IS(QueryName(&FirstGuid, L"Lamp3"), STATUS_WMI_INSTANCE_NOT_FOUND);
    DropProvider(&First);
    DropProvider(&Second);
}

static void TestUpdate(void)
{
    static BLOCK Blocks[] = {{&FirstGuid, WMIREG_FLAG_INSTANCE_LIST, 1, {L"Red"}, NULL, {"one"}, FALSE, 0},
                             {&SecondGuid, WMIREG_FLAG_INSTANCE_LIST, 1, {L"Left"}, NULL, {"one"}, FALSE, 0}};
    BLOCK *Remove = &Blocks[0], *Change = &Blocks[1];
    MakeProvider(&First, L"KmodeWmi7", Blocks, 2);
    First.Chain = TRUE; // the second on behalf of another driver
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_SUCCESS);
    IS(QueryName(&SecondGuid, L"Left"), STATUS_SUCCESS);
    Remove->Flags |= WMIREG_FLAG_REMOVE_GUID;
    Change->Names[0] = L"Right";
    IS(Control(&First, WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
    IS(First.Calls[IRP_MN_REGINFO_EX], 2);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_WMI_GUID_NOT_FOUND);
    IS(QueryName(&SecondGuid, L"Left"), STATUS_WMI_INSTANCE_NOT_FOUND);
    IS(QueryName(&SecondGuid, L"Right"), STATUS_SUCCESS);
    // What an update does not name stays.
    First.BlockCount = 1;
    IS(Control(&First, WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS);
    IS((ULONG_PTR)First.DataPath, WMIUPDATE);
    First.BlockCount = 2;
    IS(QueryName(&SecondGuid, L"Right"), STATUS_SUCCESS);
    // What a registration anew does not name is gone.
    Remove->Flags &= ~WMIREG_FLAG_REMOVE_GUID;
    First.BlockCount = 1;
    IS(Control(&First, WMIREG_ACTION_REREGISTER), STATUS_SUCCESS);
    IS((ULONG_PTR)First.DataPath, WMIREGISTER);
    First.BlockCount = 2;
    IS(QueryName(&FirstGuid, L"Red"), STATUS_SUCCESS);
    IS(QueryName(&SecondGuid, L"Right"), STATUS_WMI_GUID_NOT_FOUND);
    DropProvider(&First);
}

static void TestBlocked(void)
{
    MakeProvider(&First, L"KmodeWmi8", ListBlock, 1);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    IS(Control(&First, WMIREG_ACTION_BLOCK_IRPS), STATUS_SUCCESS);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_WMI_GUID_NOT_FOUND);
    IS(First.Calls[IRP_MN_QUERY_SINGLE_INSTANCE], 0);
    DropProvider(&First);
}

static KEVENT Release;

static VOID NTAPI Query(PVOID Context)
{
    *(NTSTATUS *)Context = QueryName(&FirstGuid, L"Red");
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Deregister(PVOID Context)
{
    *(NTSTATUS *)Context = IoWMIRegistrationControl(First.Device, WMIREG_ACTION_DEREGISTER);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// Whoever deregisters waits for the requests that are under way.
static void TestWait(void)
{
    NTSTATUS Queried = STATUS_PENDING, Deregistered = STATUS_PENDING;
    KeInitializeEvent(&Release, NotificationEvent, FALSE);
    MakeProvider(&First, L"KmodeWmi9", ListBlock, 1);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    First.HoldUntil = &Release;
    PETHREAD Querier = TestStartThread(Query, &Queried);
    KeWaitForSingleObject(&First.Entered, Executive, KernelMode, FALSE, NULL);
    PETHREAD Waiter = TestStartThread(Deregister, &Deregistered);
    TestSleep(100);
    IS(Deregistered, STATUS_PENDING);
    IS(Queried, STATUS_PENDING);
    KeSetEvent(&Release, 0, FALSE);
    TestJoinThread(Waiter);
    IS(Deregistered, STATUS_SUCCESS);
    TestJoinThread(Querier);
    IS(Queried, STATUS_SUCCESS);
    DeleteDevice(First.Device);
}

// ---- Answers that are not whole

static ULONG Spoilt;

static NTSTATUS NTAPI SpoilInfo(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PROVIDER *Provider = ProviderOf(DeviceObject);
    PWMIREGINFOW Info = Stack->Parameters.WMI.Buffer;
    ULONG Bytes = PutRegInfo(Provider, Provider->Blocks, 1, (PUCHAR)Info);
    switch (Spoilt) {
    case 0: Bytes = sizeof(*Info) - 1; break;
    case 1: Info->BufferSize = Bytes + 1; break;
    case 2: Info->BufferSize = sizeof(*Info) - 1; break;
    case 3: Info->GuidCount = MAXULONG; break;
    case 4: Info->WmiRegGuid[0].InstanceNameList = Bytes; break;
    case 5: Info->WmiRegGuid[0].InstanceNameList = 0; break;
    case 6: Info->WmiRegGuid[0].InstanceNameList += 1; break;
    case 7: Info->WmiRegGuid[0].InstanceCount = 100; break;
    case 8: *(PUSHORT)((PUCHAR)Info + Info->WmiRegGuid[0].InstanceNameList) = 0xFFFE; break;
    case 9:
        Info->WmiRegGuid[0].Flags = WMIREG_FLAG_INSTANCE_PDO;
        Info->WmiRegGuid[0].Pdo = 0;
        break;
    case 10: Info->NextWmiRegInfo = Bytes; break; // what is in front of it holds
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = Bytes;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void TestSpoilt(void)
{
    for (Spoilt = 0; Spoilt <= 10; Spoilt += 1) {
        MakeProvider(&First, L"KmodeWmi10", ListBlock, 1);
        DispatchOf(First.Device, IRP_MJ_SYSTEM_CONTROL, SpoilInfo);
        IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
        DispatchOf(First.Device, IRP_MJ_SYSTEM_CONTROL, SystemControl);
        IS(QueryName(&FirstGuid, L"Red"), Spoilt < 10 ? STATUS_WMI_GUID_NOT_FOUND : STATUS_SUCCESS);
        DropProvider(&First);
    }
}

// A device that is deleted without more is asked nothing.
static void TestDelete(void)
{
    MakeProvider(&First, L"KmodeWmi11", ListBlock, 1);
    IS(Control(&First, WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
    DeleteDevice(First.Device);
    IS(QueryName(&FirstGuid, L"Red"), STATUS_WMI_GUID_NOT_FOUND);
    IS(First.Calls[IRP_MN_QUERY_SINGLE_INSTANCE], 0);
}

TEST_DRIVER(TestRegister, TestInvalid, TestOldInfo, TestBuffer, TestNames, TestUpdate, TestBlocked, TestWait,
            TestSpoilt, TestDelete)
