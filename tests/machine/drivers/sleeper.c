// SPDX-License-Identifier: MIT
// A bus with one child, and the child's function driver: each the owner of its device's power policy, as the
// pages about power IRPs have it. Says what it is told about power.
#include <initguid.h>
#include "pnp-driver.h"
#include "sleeper.h"

typedef struct {
    const char *Name;
    BOOLEAN IsPdo, IsBus;
    PDEVICE_OBJECT Pdo, Lower; // of a function device
    PIRP WaitWake;             // of the child's physical one
} EXTENSION;

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Control, Child, ChildFdo;
static ULONG Faults;
static PCALLBACK_OBJECT PowerState;
static HANDLE WakeTimer;
static PVOID Registration, Mains, OwnSetting, Lid;

static const GUID Own = {0x7a1ecd44, 0xd7b3, 0x4c1f, {0x90, 0x0b, 0x3a, 0x11, 0x62, 0x5d, 0x40, 0x99}};

static const char *const Actions[] = {"none",     "reserved",       "sleep",       "hibernate",
                                      "shutdown", "shutdown reset", "shutdown off"};

// ---- Power

static VOID DeviceDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                       PIO_STATUS_BLOCK IoStatus)
{
    PIRP Irp = Context;
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Irp->IoStatus.Status = IoStatus->Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS SystemDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    EXTENSION *Fdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN Working = Stack->Parameters.Power.State.SystemState == PowerSystemWorking;
    POWER_STATE State = {.DeviceState = Working ? PowerDeviceD0 : PowerDeviceD3};
    UNREFERENCED_PARAMETER(Context);
    NTSTATUS Status = PoRequestPowerIrp(Fdo->Pdo, IRP_MN_SET_POWER, State, DeviceDone, Irp, NULL);
    if (Status != STATUS_PENDING) {
        Irp->IoStatus.Status = Status;
        return STATUS_CONTINUE_COMPLETION;
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID Say(EXTENSION *Device, PIO_STACK_LOCATION Stack)
{
    SYSTEM_POWER_STATE_CONTEXT Context = Stack->Parameters.Power.SystemPowerStateContext;
    int State = (int)Stack->Parameters.Power.State.SystemState - 1;
    const char *Minor = Stack->MinorFunction == IRP_MN_SET_POWER ? "set" : "query";
    const char *Action = Actions[Stack->Parameters.Power.ShutdownType];
    if (Stack->Parameters.Power.Type == SystemPowerState) {
        DbgPrint("%s: %s S%d, %s, S%d to S%d\n", Device->Name, Minor, State, Action,
                 (int)Context.CurrentSystemState - 1, (int)Context.TargetSystemState - 1);
    } else {
        DbgPrint("%s: %s D%d, %s\n", Device->Name, Minor, State, Action);
    }
}

static NTSTATUS FdoPower(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Fdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MinorFunction != IRP_MN_SET_POWER && Stack->MinorFunction != IRP_MN_QUERY_POWER) {
        return Skip(Fdo->Lower, Irp);
    }
    Say(Fdo, Stack);
    if (Stack->MinorFunction == IRP_MN_QUERY_POWER) {
        if (Faults & (Fdo->IsBus ? SLEEPER_BUS_REFUSES : SLEEPER_CHILD_REFUSES)) {
            return Complete(Irp, STATUS_DEVICE_BUSY, 0);
        }
    } else if (Stack->Parameters.Power.Type == SystemPowerState) {
        IoMarkIrpPending(Irp);
        if (!Fdo->IsBus && (Faults & SLEEPER_CHILD_HOLDS)) {
            return STATUS_PENDING;
        }
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, SystemDone, NULL, TRUE, TRUE, TRUE);
        PoCallDriver(Fdo->Lower, Irp);
        return STATUS_PENDING;
    }
    return Skip(Fdo->Lower, Irp);
}

static VOID CancelWake(PDEVICE_OBJECT Device, PIRP Irp)
{
    ((EXTENSION *)Device->DeviceExtension)->WaitWake = NULL;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS PdoPower(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Pdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    switch (Stack->MinorFunction) {
    case IRP_MN_WAIT_WAKE:
        if (Pdo->WaitWake != NULL) {
            return Complete(Irp, STATUS_DEVICE_BUSY, 0);
        }
        DbgPrint("pdo: armed for S%d\n", (int)Stack->Parameters.WaitWake.PowerState - 1);
        Pdo->WaitWake = Irp;
        IoSetCancelRoutine(Irp, CancelWake);
        IoMarkIrpPending(Irp);
        return STATUS_PENDING;
    case IRP_MN_SET_POWER:
        if (Stack->Parameters.Power.Type == DevicePowerState && (Faults & SLEEPER_PDO_HOLDS)) {
            IoMarkIrpPending(Irp);
            return STATUS_PENDING;
        }
        if (Stack->Parameters.Power.Type == DevicePowerState) {
            PoSetPowerState(Device, DevicePowerState, Stack->Parameters.Power.State);
        }
        __attribute__((fallthrough));
    case IRP_MN_QUERY_POWER: Say(Pdo, Stack); return Complete(Irp, STATUS_SUCCESS, 0);
    default: return Complete(Irp, Irp->IoStatus.Status, 0);
    }
}

static NTSTATUS Power(PDEVICE_OBJECT Device, PIRP Irp)
{
    return ((EXTENSION *)Device->DeviceExtension)->IsPdo ? PdoPower(Device, Irp) : FdoPower(Device, Irp);
}

static VOID Woken(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                  PIO_STATUS_BLOCK IoStatus)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("child: wait-wake ended with 0x%x\n", IoStatus->Status);
}

// ---- Plug and Play

static NTSTATUS Text(PCWSTR Source, ULONG Characters, PULONG_PTR Information)
{
    PWCH Copy = ExAllocatePool2(POOL_FLAG_PAGED, Characters * sizeof(WCHAR), 'peeS');
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Copy, Source, Characters * sizeof(WCHAR));
    *Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

#define TEXT_OF(Literal) Text(Literal, RTL_NUMBER_OF(Literal), Information)

static NTSTATUS Id(BUS_QUERY_ID_TYPE Type, NTSTATUS Status, PULONG_PTR Information)
{
    switch (Type) {
    case BusQueryDeviceID: return TEXT_OF(L"Sleeper\\Child");
    case BusQueryInstanceID: return TEXT_OF(L"1");
    case BusQueryHardwareIDs: return TEXT_OF(L"Sleeper\\Child\0");
    default: return Status;
    }
}

static NTSTATUS PdoPnp(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = Irp->IoStatus.Status;
    switch (Stack->MinorFunction) {
    case IRP_MN_QUERY_ID:
        Status = Id(Stack->Parameters.QueryId.IdType, Status, &Irp->IoStatus.Information);
        break;
    case IRP_MN_QUERY_CAPABILITIES:
    case IRP_MN_START_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: Status = STATUS_SUCCESS; break;
    default: break;
    }
    return Complete(Irp, Status, Irp->IoStatus.Information);
}

static NTSTATUS ReportChild(PIRP Irp)
{
    PDEVICE_RELATIONS List = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*List), 'peeS');
    NTSTATUS Status = List != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    if (List != NULL && Child == NULL) {
        Status = IoCreateDevice(Driver, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN,
                                FILE_AUTOGENERATED_DEVICE_NAME, FALSE, &Child);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *(EXTENSION *)Child->DeviceExtension = (EXTENSION){.Name = "pdo", .IsPdo = TRUE};
    Child->Flags |= DO_POWER_PAGABLE;
    Child->Flags &= ~DO_DEVICE_INITIALIZING;
    ObReferenceObject(Child);
    List->Count = 1;
    List->Objects[0] = Child;
    Irp->IoStatus.Information = (ULONG_PTR)List;
    return STATUS_SUCCESS;
}

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Fdo = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    if (Fdo->IsPdo) {
        return PdoPnp(Irp);
    }
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return Complete(Irp, ForwardAndWait(Fdo->Lower, Irp), 0);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (Fdo->IsBus && Stack->Parameters.QueryDeviceRelations.Type == BusRelations) {
            Irp->IoStatus.Status = ReportChild(Irp);
            if (!NT_SUCCESS(Irp->IoStatus.Status)) {
                return Complete(Irp, Irp->IoStatus.Status, 0);
            }
        }
        break;
    case IRP_MN_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Status = Skip(Fdo->Lower, Irp);
        IoDetachDevice(Fdo->Lower);
        if (Fdo->IsBus && Child != NULL) {
            IoDeleteDevice(Child);
            Child = NULL;
        }
        IoDeleteDevice(Device);
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    default: break;
    }
    return Skip(Fdo->Lower, Irp);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status =
        IoCreateDevice(DriverObject, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        EXTENSION *Fdo = Device->DeviceExtension;
        Fdo->IsBus = Pdo != Child;
        Fdo->Name = Fdo->IsBus ? "bus" : "child";
        Fdo->Pdo = Pdo;
        Fdo->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
        Device->Flags |= DO_POWER_PAGABLE;
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
        if (!Fdo->IsBus) {
            ChildFdo = Device;
        }
    }
    return Status;
}

// ---- The device that is controlled

static NTSTATUS CreateClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS SetWakeTimer(BOOLEAN Extended)
{
    LARGE_INTEGER Second = {.QuadPart = -10000000};
    COUNTED_REASON_CONTEXT Reason = {0};
    TIMER_SET_COALESCABLE_TIMER_INFO Info = {.DueTime.QuadPart = -20000000, .WakeContext = &Reason};
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = WakeTimer == NULL
                          ? ZwCreateTimer(&WakeTimer, GENERIC_ALL, &Attributes, NotificationTimer)
                          : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return Extended ? ZwSetTimerEx(WakeTimer, TimerSetCoalescableTimer, &Info, sizeof(Info))
                    : ZwSetTimer(WakeTimer, &Second, NULL, NULL, TRUE, 0, NULL);
}

static VOID SayTimes(VOID)
{
    ULONGLONG Slept = 0, Woke = 0;
    ZwPowerInformation(LastSleepTime, NULL, 0, &Slept, sizeof(Slept));
    ZwPowerInformation(LastWakeTime, NULL, 0, &Woke, sizeof(Woke));
    DbgPrint("%s, %s\n", Slept != 0 ? "has slept" : "never slept",
             Woke == 0                 ? "never woke"
             : Woke - Slept >= 5000000 ? "woke after half a second"
                                       : "woke at once");
}

static NTSTATUS ControlDevice(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE State = {.SystemState = PowerSystemSleeping3};
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(Device);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case SLEEPER_SET: Faults = *(PULONG)Irp->AssociatedIrp.SystemBuffer; break;
    case SLEEPER_ARM:
        Status = PoRequestPowerIrp(((EXTENSION *)ChildFdo->DeviceExtension)->Pdo, IRP_MN_WAIT_WAKE, State,
                                   Woken, NULL, NULL);
        Status = Status == STATUS_PENDING ? STATUS_SUCCESS : Status;
        break;
    case SLEEPER_SIGNAL: {
        EXTENSION *Pdo = Child->DeviceExtension;
        PIRP WaitWake = Pdo->WaitWake;
        Pdo->WaitWake = NULL;
        IoSetCancelRoutine(WaitWake, NULL);
        Complete(WaitWake, STATUS_SUCCESS, 0);
        break;
    }
    case SLEEPER_TIMES: SayTimes(); break;
    case SLEEPER_TIMER:
    case SLEEPER_TIMER_EX:
        Status = SetWakeTimer(Stack->Parameters.DeviceIoControl.IoControlCode == SLEEPER_TIMER_EX);
        break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    return Complete(Irp, Status, 0);
}

static NTSTATUS SettingChanges(LPCGUID Setting, PVOID Value, ULONG Bytes, PVOID Context)
{
    UNREFERENCED_PARAMETER(Setting);
    UNREFERENCED_PARAMETER(Bytes);
    DbgPrint("%s is %lu\n", Context, *(PULONG)Value);
    return STATUS_SUCCESS;
}

// Wants to hear of one change.
static NTSTATUS LidChanges(LPCGUID Setting, PVOID Value, ULONG Bytes, PVOID Context)
{
    UNREFERENCED_PARAMETER(Setting);
    UNREFERENCED_PARAMETER(Bytes);
    DbgPrint("lid is %lu\n", *(PULONG)Value);
    PoUnregisterPowerSettingCallback(*(PVOID *)Context);
    *(PVOID *)Context = NULL;
    return STATUS_SUCCESS;
}

static VOID StateChanges(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    if (Argument1 == (PVOID)PO_CB_SYSTEM_STATE_LOCK) {
        DbgPrint("%s S0\n", Argument2 != NULL ? "back in" : "leaves");
    } else if (Argument1 == (PVOID)PO_CB_AC_STATUS) {
        DbgPrint("%s the mains\n", Argument2 != NULL ? "on" : "off");
    }
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    if (Lid != NULL) {
        PoUnregisterPowerSettingCallback(Lid);
    }
    PoUnregisterPowerSettingCallback(OwnSetting);
    PoUnregisterPowerSettingCallback(Mains);
    if (WakeTimer != NULL) {
        ZwClose(WakeTimer);
    }
    ExUnregisterCallback(Registration);
    ObDereferenceObject(PowerState);
    IoDeleteDevice(Control);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Sleeper");
    UNICODE_STRING Callback = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES Attributes;
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = Power;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ControlDevice;
    DriverObject->DriverUnload = Unload;
    InitializeObjectAttributes(&Attributes, &Callback, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = ExCreateCallback(&PowerState, &Attributes, FALSE, TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Registration = ExRegisterCallback(PowerState, StateChanges, NULL);
    PoRegisterPowerSettingCallback(NULL, &GUID_LIDSWITCH_STATE_CHANGE, LidChanges, &Lid, &Lid);
    PoRegisterPowerSettingCallback(NULL, &GUID_ACDC_POWER_SOURCE, SettingChanges, "power source", &Mains);
    PoRegisterPowerSettingCallback(NULL, &Own, SettingChanges, "own", &OwnSetting);
    return IoCreateDevice(DriverObject, sizeof(EXTENSION), &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Control);
}
