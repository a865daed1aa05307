// SPDX-License-Identifier: MIT
// Power requests that a driver asks for, power states, idle detection, what keeps the system awake, power
// settings.
#include <initguid.h>
#include "../io/device.h"

static PDEVICE_OBJECT Lower, Upper;

static struct {
    ULONG Count;
    PDEVICE_OBJECT DeviceObject;
    UCHAR Major, Minor;
    POWER_STATE_TYPE Type;
    POWER_STATE State;
    POWER_ACTION Action;
    SYSTEM_POWER_STATE WakeState;
    NTSTATUS InitialStatus;
    KIRQL Irql;
} Seen;
static NTSTATUS Answer;
static PIRP Held;
static BOOLEAN Hold;

static NTSTATUS NTAPI Power(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Seen.Count += 1;
    Seen.DeviceObject = DeviceObject;
    Seen.Major = Stack->MajorFunction;
    Seen.Minor = Stack->MinorFunction;
    Seen.Type = Stack->Parameters.Power.Type;
    Seen.State = Stack->Parameters.Power.State;
    Seen.Action = Stack->Parameters.Power.ShutdownType;
    Seen.WakeState = Stack->Parameters.WaitWake.PowerState;
    Seen.InitialStatus = Irp->IoStatus.Status;
    Seen.Irql = KeGetCurrentIrql();
    if (Hold) {
        Held = Irp;
        IoMarkIrpPending(Irp);
        return STATUS_PENDING;
    }
    NTSTATUS Status = Answer;
    PoStartNextPowerIrp(Irp);
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PassDown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Seen.DeviceObject = DeviceObject;
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Lower, Irp);
}

static struct {
    ULONG Count;
    PDEVICE_OBJECT DeviceObject;
    UCHAR Minor;
    POWER_STATE State;
    PVOID Context;
    NTSTATUS Status;
} Completed;

static VOID NTAPI Complete(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                           PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    Completed.Count += 1;
    Completed.DeviceObject = DeviceObject;
    Completed.Minor = MinorFunction;
    Completed.State = PowerState;
    Completed.Context = Context;
    Completed.Status = IoStatus->Status;
}

static void Reset(NTSTATUS Status)
{
    RtlZeroMemory(&Seen, sizeof(Seen));
    RtlZeroMemory(&Completed, sizeof(Completed));
    Answer = Status;
    Hold = FALSE;
}

static void Setup(void)
{
    Lower = MakeDevice(L"KmodePowerLower", NULL, DO_POWER_PAGABLE);
    Upper = MakeDevice(L"KmodePowerUpper", NULL, DO_POWER_PAGABLE);
    OK(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower);
    DispatchOf(Lower, IRP_MJ_POWER, Power);
    DispatchOf(Upper, IRP_MJ_POWER, PassDown);
}

static void TestRequest(void)
{
    static const UCHAR Functions[] = {IRP_MN_SET_POWER, IRP_MN_QUERY_POWER};
    POWER_STATE State = {.DeviceState = PowerDeviceD2};
    LONG_PTR References = ObReferenceObject(Lower);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Functions); Index += 1) {
        Reset(STATUS_SUCCESS);
        IS(PoRequestPowerIrp(Lower, Functions[Index], State, Complete, &Seen, NULL), STATUS_PENDING);
        IS(Seen.Count, 1); // it went through the top of the stack to its end
        IS(Seen.Major, IRP_MJ_POWER);
        IS(Seen.Minor, Functions[Index]);
        IS(Seen.Type, DevicePowerState);
        IS(Seen.State.DeviceState, PowerDeviceD2);
        IS(Seen.Action, PowerActionNone);
        IS(Seen.InitialStatus, STATUS_NOT_SUPPORTED);
        IS(Completed.Count, 1);
        OK(Completed.DeviceObject == Lower && Completed.Context == &Seen);
        IS(Completed.Minor, Functions[Index]);
        IS(Completed.State.DeviceState, PowerDeviceD2);
        IS(Completed.Status, STATUS_SUCCESS);
    }
    Reset(STATUS_DEVICE_BUSY);
    IS(PoRequestPowerIrp(Lower, IRP_MN_QUERY_POWER, State, Complete, NULL, NULL), STATUS_PENDING);
    IS(Completed.Status, STATUS_DEVICE_BUSY);
    // Nobody need be told.
    Reset(STATUS_SUCCESS);
    IS(PoRequestPowerIrp(Upper, IRP_MN_SET_POWER, State, NULL, NULL, NULL), STATUS_PENDING);
    IS(Seen.Count, 1);
    IS(PoRequestPowerIrp(Lower, IRP_MN_POWER_SEQUENCE, State, Complete, NULL, NULL),
       STATUS_INVALID_PARAMETER_2);
    IS(PoRequestPowerIrp(Lower, 99, State, Complete, NULL, NULL), STATUS_INVALID_PARAMETER_2);
    IS(Seen.Count, 1);
    IS(Completed.Count, 0);
    IS(ObReferenceObject(Lower), References + 1);
    ObDereferenceObject(Lower);
    ObDereferenceObject(Lower);
}

static VOID NTAPI CancelWake(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static void TestWaitWake(void)
{
    POWER_STATE State = {.SystemState = PowerSystemSleeping3};
    PIRP Irp = NULL;
    Reset(STATUS_SUCCESS);
    Hold = TRUE;
    IS(PoRequestPowerIrp(Lower, IRP_MN_WAIT_WAKE, State, Complete, NULL, &Irp), STATUS_PENDING);
    OK(Irp == Held && Irp != NULL);
    IS(Seen.Minor, IRP_MN_WAIT_WAKE);
    IS(Seen.WakeState, PowerSystemSleeping3);
    IS(Completed.Count, 0);
    OK(!PoGetSystemWake(Irp));
    PoSetSystemWake(Irp);
    OK(PoGetSystemWake(Irp));
    IoSetCancelRoutine(Irp, CancelWake);
    OK(IoCancelIrp(Irp));
    IS(Completed.Count, 1);
    IS(Completed.Status, STATUS_CANCELLED);
    IS(Completed.State.SystemState, PowerSystemSleeping3);
}

// A stack that may touch paged memory is not asked at DISPATCH_LEVEL; one that says it can be is.
static void TestFromDispatchLevel(void)
{
    POWER_STATE State = {.DeviceState = PowerDeviceD0};
    KIRQL OldIrql;
    Reset(STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(PoRequestPowerIrp(Lower, IRP_MN_SET_POWER, State, Complete, NULL, NULL), STATUS_PENDING);
    IS(Seen.Count, 0);
    KeLowerIrql(OldIrql);
    TestSleep(1);
    IS(Seen.Count, 1);
    IS(Seen.Irql, PASSIVE_LEVEL);
    IS(Completed.Count, 1);
    Upper->Flags &= ~DO_POWER_PAGABLE;
    Reset(STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PoRequestPowerIrp(Lower, IRP_MN_SET_POWER, State, Complete, NULL, NULL);
    IS(Seen.Count, 1);
    IS(Seen.Irql, DISPATCH_LEVEL);
    KeLowerIrql(OldIrql);
    Upper->Flags |= DO_POWER_PAGABLE;
}

static void Finish(void)
{
    PIRP Irp = Held;
    Held = NULL;
    Irp->IoStatus.Status = Answer;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

// A device has one query or set at a time, in the order in which they were asked for.
static void TestOneAtATime(void)
{
    POWER_STATE State = {.DeviceState = PowerDeviceD3};
    PIRP Wake = NULL;
    Reset(STATUS_SUCCESS);
    Hold = TRUE;
    IS(PoRequestPowerIrp(Lower, IRP_MN_SET_POWER, State, Complete, &State, NULL), STATUS_PENDING);
    IS(Seen.Count, 1);
    State.DeviceState = PowerDeviceD0;
    IS(PoRequestPowerIrp(Upper, IRP_MN_QUERY_POWER, State, Complete, &Seen, NULL), STATUS_PENDING);
    State.DeviceState = PowerDeviceD1;
    IS(PoRequestPowerIrp(Lower, IRP_MN_SET_POWER, State, Complete, &Held, NULL), STATUS_PENDING);
    IS(Seen.Count, 1);
    // A wait/wake request may be there all the time.
    PIRP First = Held;
    State.SystemState = PowerSystemSleeping1;
    IS(PoRequestPowerIrp(Lower, IRP_MN_WAIT_WAKE, State, NULL, NULL, &Wake), STATUS_PENDING);
    IS(Seen.Count, 2);
    OK(Held == Wake && Wake != First);
    Finish();
    IS(Completed.Count, 0);
    Held = First;
    Finish();
    IS(Completed.Count, 1);
    OK(Completed.Context == &State);
    IS(Seen.Count, 3);
    IS(Seen.Minor, IRP_MN_QUERY_POWER);
    Finish();
    IS(Completed.Count, 2);
    OK(Completed.Context == &Seen);
    IS(Seen.Count, 4);
    IS(Seen.State.DeviceState, PowerDeviceD1);
    Finish();
    IS(Completed.Count, 3);
    OK(Completed.Context == &Held);
    IS(Seen.Count, 4);
}

// Of all devices that draw an inrush of power, one comes up at a time; going down, or without it, nobody
// waits.
static void TestInrush(void)
{
    POWER_STATE Up = {.DeviceState = PowerDeviceD0}, Down = {.DeviceState = PowerDeviceD3};
    PDEVICE_OBJECT Other = MakeDevice(L"KmodePowerOther", NULL, DO_POWER_PAGABLE);
    DispatchOf(Other, IRP_MJ_POWER, Power);
    Reset(STATUS_SUCCESS);
    Hold = TRUE;
    Lower->Flags |= DO_POWER_INRUSH; // one of a stack says it for all
    PoRequestPowerIrp(Upper, IRP_MN_SET_POWER, Up, Complete, NULL, NULL);
    IS(Seen.Count, 1);
    PIRP First = Held;
    PoRequestPowerIrp(Other, IRP_MN_SET_POWER, Up, Complete, NULL, NULL);
    IS(Seen.Count, 2);
    OK(Seen.DeviceObject == Other);
    Finish();
    Other->Flags |= DO_POWER_INRUSH;
    PoRequestPowerIrp(Other, IRP_MN_SET_POWER, Down, Complete, NULL, NULL);
    IS(Seen.Count, 3);
    Finish();
    IS(Completed.Count, 2);
    PoRequestPowerIrp(Other, IRP_MN_SET_POWER, Up, Complete, NULL, NULL);
    IS(Seen.Count, 3);
    Held = First;
    Finish();
    IS(Completed.Count, 3);
    IS(Seen.Count, 4);
    OK(Seen.DeviceObject == Other);
    IS(Seen.State.DeviceState, PowerDeviceD0);
    Finish();
    IS(Completed.Count, 4);
    Lower->Flags &= ~DO_POWER_INRUSH;
    DeleteDevice(Other);
}

// Queried and then set, from the routine that is told of the query.
static VOID NTAPI SetAfterQuery(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    IS(MinorFunction, IRP_MN_QUERY_POWER);
    IS(IoStatus->Status, STATUS_SUCCESS);
    IS(PoRequestPowerIrp(DeviceObject, IRP_MN_SET_POWER, PowerState, Complete, Context, NULL),
       STATUS_PENDING);
}

static void TestSetAfterQuery(void)
{
    POWER_STATE State = {.DeviceState = PowerDeviceD2};
    Reset(STATUS_SUCCESS);
    IS(PoRequestPowerIrp(Lower, IRP_MN_QUERY_POWER, State, SetAfterQuery, &State, NULL), STATUS_PENDING);
    IS(Seen.Count, 2);
    IS(Seen.Minor, IRP_MN_SET_POWER);
    IS(Completed.Count, 1);
    OK(Completed.Context == &State);
}

static void TestSetPowerState(void)
{
    POWER_STATE State = {.DeviceState = PowerDeviceD0}, Old;
    Old = PoSetPowerState(Upper, DevicePowerState, State);
    IS(Old.DeviceState, PowerDeviceUnspecified);
    State.DeviceState = PowerDeviceD3;
    Old = PoSetPowerState(Upper, DevicePowerState, State);
    IS(Old.DeviceState, PowerDeviceD0);
    Old = PoSetPowerState(Upper, DevicePowerState, State);
    IS(Old.DeviceState, PowerDeviceD3);
    State.SystemState = PowerSystemSleeping1;
    Old = PoSetPowerState(Upper, SystemPowerState, State);
    IS(Old.SystemState, PowerSystemUnspecified);
    State.DeviceState = PowerDeviceD0;
    Old = PoSetPowerState(Upper, DevicePowerState, State); // the two are apart
    IS(Old.DeviceState, PowerDeviceD3);
}

static void Sleep(LONG Seconds)
{
    TestSleep(1000 * Seconds);
}

static void TestIdle(void)
{
    POWER_STATE Full = {.DeviceState = PowerDeviceD0};
    Reset(STATUS_SUCCESS);
    OK(PoRegisterDeviceForIdleDetection(Upper, (ULONG)-1, 5, PowerDeviceD3) == NULL); // no class of its kind
    OK(PoRegisterDeviceForIdleDetection(Upper, 0, 0, PowerDeviceD3) == NULL);
    PULONG Idle = PoRegisterDeviceForIdleDetection(Upper, 2, 5, PowerDeviceD3);
    OK(Idle != NULL);
    Sleep(3);
    IS(Seen.Count, 0);
    OK(*Idle >= 2 && *Idle <= 3);
    PoSetDeviceBusy(Idle); // in use: from the beginning
    Sleep(4);
    IS(Seen.Count, 0);
    PoSetDeviceBusyEx(Idle);
    IS(*Idle, 0);
    Sleep(4);
    IS(Seen.Count, 0);
    Sleep(2);
    IS(Seen.Count, 1);
    IS(Seen.Minor, IRP_MN_SET_POWER);
    IS(Seen.State.DeviceState, PowerDeviceD3);
    Sleep(20);
    IS(Seen.Count, 1); // once
    PoSetPowerState(Upper, DevicePowerState, (POWER_STATE){.DeviceState = PowerDeviceD3});
    PoSetPowerState(Upper, DevicePowerState, Full);
    Sleep(7);
    IS(Seen.Count, 2); // it came back, and was idle again
    PoSetPowerState(Upper, DevicePowerState, (POWER_STATE){.DeviceState = PowerDeviceD3});
    PoSetPowerState(Upper, DevicePowerState, Full);
    PoStartDeviceBusy(Idle);
    Sleep(20);
    IS(Seen.Count, 2);
    PoEndDeviceBusy(Idle);
    Sleep(7);
    IS(Seen.Count, 3);
    // New values for the same device; on the mains only the second one counts.
    OK(PoRegisterDeviceForIdleDetection(Upper, 1, 0, PowerDeviceD1) == Idle);
    Sleep(10);
    IS(Seen.Count, 3);
    OK(PoRegisterDeviceForIdleDetection(Upper, 1, 1, PowerDeviceD1) == Idle);
    Sleep(3);
    IS(Seen.Count, 4);
    IS(Seen.State.DeviceState, PowerDeviceD1);
    OK(PoRegisterDeviceForIdleDetection(Upper, 0, 0, PowerDeviceD1) == NULL);
}

static EXECUTION_STATE State(void)
{
    EXECUTION_STATE Now = 0xcccccccc;
    IS(ZwPowerInformation(SystemExecutionState, NULL, 0, &Now, sizeof(Now)), STATUS_SUCCESS);
    return Now;
}

static void TestSystemState(void)
{
    PVOID Request;
    IS(State(), 0);
    PVOID First = PoRegisterSystemState(NULL, ES_SYSTEM_REQUIRED | ES_CONTINUOUS);
    PVOID Second = PoRegisterSystemState(NULL, ES_DISPLAY_REQUIRED | ES_CONTINUOUS);
    OK(First != NULL && Second != NULL && First != Second);
    IS(State(), ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED);
    OK(PoRegisterSystemState(First, ES_USER_PRESENT | ES_CONTINUOUS) == First);
    IS(State(), ES_USER_PRESENT | ES_DISPLAY_REQUIRED);
    PoSetSystemState(ES_SYSTEM_REQUIRED); // a sign of activity does not last
    IS(State(), ES_USER_PRESENT | ES_DISPLAY_REQUIRED);
    PoUnregisterSystemState(Second);
    PoUnregisterSystemState(First);
    IS(State(), 0);

    IS(PoCreatePowerRequest(&Request, NULL, NULL), STATUS_INVALID_PARAMETER);
    OK(Request == NULL);
    IS(PoCreatePowerRequest(&Request, Upper, NULL), STATUS_SUCCESS);
    IS(PoSetPowerRequest(Request, PowerRequestDisplayRequired), STATUS_NOT_SUPPORTED);
    IS(PoSetPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS);
    IS(PoSetPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS);
    IS(State(), ES_SYSTEM_REQUIRED);
    IS(PoClearPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS);
    IS(State(), ES_SYSTEM_REQUIRED); // it is counted
    IS(PoClearPowerRequest(Request, PowerRequestAwayModeRequired), STATUS_NOT_SUPPORTED);
    IS(PoClearPowerRequest(Request, PowerRequestSystemRequired), STATUS_SUCCESS);
    IS(State(), 0);
    PoDeletePowerRequest(Request);
}

static void TestInformation(void)
{
    POWER_PLATFORM_INFORMATION Platform = {.AoAc = TRUE};
    ULONGLONG Time = 1;
    IS(ZwPowerInformation(PlatformInformation, NULL, 0, &Platform, sizeof(Platform)), STATUS_SUCCESS);
    OK(!Platform.AoAc);
    IS(ZwPowerInformation(PlatformInformation, NULL, 0, &Platform, sizeof(Platform) - 1),
       STATUS_BUFFER_TOO_SMALL);
    IS(ZwPowerInformation(PlatformInformation, NULL, 0, NULL, 0), STATUS_INVALID_PARAMETER);
    IS(ZwPowerInformation(PlatformInformation, &Time, sizeof(Time), &Platform, sizeof(Platform)),
       STATUS_INVALID_PARAMETER);
    IS(ZwPowerInformation(LastWakeTime, NULL, 0, &Time, sizeof(Time)), STATUS_SUCCESS);
    IS(Time, 0);
    IS(ZwPowerInformation((POWER_INFORMATION_LEVEL)9999, NULL, 0, &Time, sizeof(Time)),
       STATUS_INVALID_PARAMETER);
}

static struct {
    ULONG Count, Value, Length;
    GUID Setting;
    PVOID Context;
} Told;

static NTSTATUS NTAPI Setting(LPCGUID SettingGuid, PVOID Value, ULONG ValueLength, PVOID Context)
{
    Told.Count += 1;
    Told.Setting = *SettingGuid;
    Told.Value = *(PULONG)Value;
    Told.Length = ValueLength;
    Told.Context = Context;
    return STATUS_SUCCESS;
}

static void TestSettings(void)
{
    static const GUID Unknown = {0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
    PVOID Handle, Second;
    IS(PoRegisterPowerSettingCallback(Upper, &GUID_ACDC_POWER_SOURCE, Setting, &Told, &Handle),
       STATUS_SUCCESS);
    IS(Told.Count, 1); // the value that it has is told at once
    OK(IsEqualGUID(&Told.Setting, &GUID_ACDC_POWER_SOURCE));
    IS(Told.Length, sizeof(ULONG));
    IS(Told.Value, 0); // on the mains
    OK(Told.Context == &Told);
    IS(PoRegisterPowerSettingCallback(NULL, &GUID_BATTERY_PERCENTAGE_REMAINING, Setting, NULL, &Second),
       STATUS_SUCCESS);
    IS(Told.Count, 2);
    IS(Told.Value, 100);
    IS(PoUnregisterPowerSettingCallback(Second), STATUS_SUCCESS);
    IS(PoUnregisterPowerSettingCallback(Second), STATUS_INVALID_PARAMETER);
    IS(PoUnregisterPowerSettingCallback(Handle), STATUS_SUCCESS);
    IS(PoRegisterPowerSettingCallback(Upper, &Unknown, Setting, NULL, &Handle), STATUS_SUCCESS);
    IS(Told.Count, 2); // has no value
    IS(PoUnregisterPowerSettingCallback(Handle), STATUS_SUCCESS);
    IS(PoUnregisterPowerSettingCallback(NULL), STATUS_INVALID_PARAMETER);
}

static void Teardown(void)
{
    // A device takes its idle detection with it.
    OK(PoRegisterDeviceForIdleDetection(Upper, 1, 1, PowerDeviceD1) != NULL);
    IoDetachDevice(Lower);
    DeleteDevice(Upper);
    Reset(STATUS_SUCCESS);
    Sleep(5);
    IS(Seen.Count, 0);
    DeleteDevice(Lower);
}

TEST_DRIVER(Setup, TestRequest, TestWaitWake, TestFromDispatchLevel, TestOneAtATime, TestInrush,
            TestSetAfterQuery, TestSetPowerState, TestIdle, TestSystemState, TestInformation, TestSettings,
            Teardown)
