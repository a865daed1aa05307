// SPDX-License-Identifier: MIT
// A driver of PCI functions that tells what the bus driver answers: resources, capabilities, configuration
// space by IRP and by interface.
#include <initguid.h>

#include "pnp-driver.h"

#include <wdmguid.h>

typedef struct {
    PDEVICE_OBJECT Device, Lower, Pdo;
    PIO_INTERRUPT_MESSAGE_INFO Messages; // NULL: not connected
    KSPIN_LOCK Lock;
} FUNCTION;

static NTSTATUS Send(PDEVICE_OBJECT Lower, const IO_STACK_LOCATION *Stack, PULONG_PTR Information)
{
    KEVENT Event;
    IO_STATUS_BLOCK StatusBlock;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Lower, NULL, 0, NULL, &Event, &StatusBlock);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    Next->MinorFunction = Stack->MinorFunction;
    Next->Parameters = Stack->Parameters;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    NTSTATUS Status = IoCallDriver(Lower, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = StatusBlock.Status;
    }
    *Information = NT_SUCCESS(Status) ? StatusBlock.Information : 0; // an error at once leaves it alone
    return Status;
}

static VOID TellResources(const char *Kind, PCM_RESOURCE_LIST List)
{
    if (List == NULL) {
        DbgPrint("%s: none\n", Kind);
        return;
    }
    const CM_PARTIAL_RESOURCE_LIST *Partial = &List->List[0].PartialResourceList;
    DbgPrint("%s: interface %u, bus %u\n", Kind, List->List[0].InterfaceType, List->List[0].BusNumber);
    for (ULONG Index = 0; Index < Partial->Count; Index += 1) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = &Partial->PartialDescriptors[Index];
        if (Have->Type == CmResourceTypeInterrupt && Have->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            if (Kind[0] == 'r') {
                DbgPrint("%u messages from vector %u, ", Have->u.MessageInterrupt.Raw.MessageCount,
                         Have->u.MessageInterrupt.Raw.Vector);
            } else {
                DbgPrint("messages of level %u, vector %u, ", Have->u.MessageInterrupt.Translated.Level,
                         Have->u.MessageInterrupt.Translated.Vector);
            }
            DbgPrint("flags %x, share %u\n", Have->Flags, Have->ShareDisposition);
        } else if (Have->Type == CmResourceTypeInterrupt) {
            DbgPrint("interrupt level %u, vector %u, flags %x, share %u\n", Have->u.Interrupt.Level,
                     Have->u.Interrupt.Vector, Have->Flags, Have->ShareDisposition);
        } else {
            DbgPrint("%s %I64x, %x bytes, flags %x, share %u\n",
                     Have->Type == CmResourceTypePort     ? "port"
                     : Have->Type == CmResourceTypeMemory ? "memory"
                                                          : "other",
                     Have->u.Generic.Start.QuadPart, Have->u.Generic.Length, Have->Flags,
                     Have->ShareDisposition);
        }
    }
}

static VOID TellSpace(const FUNCTION *Function)
{
    ULONG Value = 0;
    ULONG_PTR Information;
    UCHAR Line = 9;
    IO_STACK_LOCATION Stack = {.MinorFunction = IRP_MN_READ_CONFIG};
    Stack.Parameters.ReadWriteConfig.WhichSpace = PCI_WHICHSPACE_CONFIG;
    Stack.Parameters.ReadWriteConfig.Buffer = &Value;
    Stack.Parameters.ReadWriteConfig.Length = sizeof(Value);
    NTSTATUS Status = Send(Function->Lower, &Stack, &Information);
    DbgPrint("READ_CONFIG: %x, %Iu bytes, %x\n", Status, Information, Value);
    Stack.Parameters.ReadWriteConfig.Offset = 254;
    DbgPrint("behind the end: %x\n", Send(Function->Lower, &Stack, &Information));
    Stack.Parameters.ReadWriteConfig.WhichSpace = PCI_WHICHSPACE_ROM;
    DbgPrint("no ROM: %x\n", Send(Function->Lower, &Stack, &Information));
    Stack.MinorFunction = IRP_MN_WRITE_CONFIG;
    Stack.Parameters.ReadWriteConfig.WhichSpace = PCI_WHICHSPACE_CONFIG;
    Stack.Parameters.ReadWriteConfig.Buffer = &Line;
    Stack.Parameters.ReadWriteConfig.Offset = 0x3C;
    Stack.Parameters.ReadWriteConfig.Length = 1;
    Status = Send(Function->Lower, &Stack, &Information);
    DbgPrint("WRITE_CONFIG: %x, %Iu byte\n", Status, Information);
}

static VOID TellInterface(const FUNCTION *Function)
{
    BUS_INTERFACE_STANDARD Interface = {0};
    ULONG_PTR Information;
    ULONG Value = 0, Space = 0, Registers = 1;
    PHYSICAL_ADDRESS Address = {.QuadPart = 0x123456789}, Translated;
    KIRQL Irql;
    IO_STACK_LOCATION Stack = {.MinorFunction = IRP_MN_QUERY_INTERFACE};
    Stack.Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    Stack.Parameters.QueryInterface.Size = sizeof(Interface) - 1;
    Stack.Parameters.QueryInterface.Version = 1;
    Stack.Parameters.QueryInterface.Interface = (PINTERFACE)&Interface;
    DbgPrint("too small: %x\n", Send(Function->Lower, &Stack, &Information));
    Stack.Parameters.QueryInterface.Size = sizeof(Interface);
    Stack.Parameters.QueryInterface.InterfaceType = &GUID_PCI_BUS_INTERFACE_STANDARD;
    DbgPrint("another: %x\n", Send(Function->Lower, &Stack, &Information));
    Stack.Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    NTSTATUS Status = Send(Function->Lower, &Stack, &Information);
    DbgPrint("QUERY_INTERFACE: %x, version %u, %s\n", Status, Interface.Version,
             Interface.Size == sizeof(Interface) ? "whole" : "not whole");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ULONG Bytes = Interface.GetBusData(Interface.Context, PCI_WHICHSPACE_CONFIG, &Value, 0x3C, 4);
    KeLowerIrql(Irql);
    DbgPrint("GetBusData: %u bytes, %x\n", Bytes, Value);
    Bytes = Interface.SetBusData(Interface.Context, PCI_WHICHSPACE_CONFIG, &Value, 0xFE, 4);
    DbgPrint("SetBusData: %u bytes of the last\n", Bytes);
    DbgPrint("of a ROM: %u\n", Interface.GetBusData(Interface.Context, PCI_WHICHSPACE_ROM, &Value, 0, 4));
    BOOLEAN Done = Interface.TranslateBusAddress(Interface.Context, Address, 4, &Space, &Translated);
    DbgPrint("TranslateBusAddress: %u, %I64x, %u\n", Done, Translated.QuadPart, Space);
    DbgPrint("GetDmaAdapter: %p, %u\n", Interface.GetDmaAdapter(Interface.Context, NULL, &Registers),
             Registers);
    Interface.InterfaceReference(Interface.Context);
    Interface.InterfaceDereference(Interface.Context);
    Interface.InterfaceDereference(Interface.Context);
}

static VOID TellProperties(const FUNCTION *Function)
{
    DEVICE_CAPABILITIES Capabilities = {
        .Size = sizeof(Capabilities), .Version = 1, .Address = MAXULONG, .UINumber = MAXULONG};
    ULONG_PTR Information;
    ULONG Bus = 0, Address = 0, Type = 0, Bytes;
    GUID Guid;
    IO_STACK_LOCATION Stack = {.MinorFunction = IRP_MN_QUERY_CAPABILITIES};
    Stack.Parameters.DeviceCapabilities.Capabilities = &Capabilities;
    NTSTATUS Status = Send(Function->Lower, &Stack, &Information);
    DbgPrint("QUERY_CAPABILITIES: %x, address %x, unique %u\n", Status, Capabilities.Address,
             Capabilities.UniqueID);
    IoGetDeviceProperty(Function->Pdo, DevicePropertyBusNumber, sizeof(Bus), &Bus, &Bytes);
    IoGetDeviceProperty(Function->Pdo, DevicePropertyAddress, sizeof(Address), &Address, &Bytes);
    IoGetDeviceProperty(Function->Pdo, DevicePropertyLegacyBusType, sizeof(Type), &Type, &Bytes);
    IoGetDeviceProperty(Function->Pdo, DevicePropertyBusTypeGuid, sizeof(Guid), &Guid, &Bytes);
    DbgPrint("bus %u, address %x, type %u, %s\n", Bus, Address, Type,
             IsEqualGUID(&Guid, &GUID_BUS_TYPE_PCI) ? "of PCI" : "of another");
}

// ---- Messages

static BOOLEAN Message(PKINTERRUPT Interrupt, PVOID Context, ULONG MessageId)
{
    FUNCTION *Function = Context;
    DbgPrint("message %u, %s, IRQL %u\n", MessageId,
             Interrupt == Function->Messages->MessageInfo[MessageId].InterruptObject ? "its own"
                                                                                     : "another's",
             KeGetCurrentIrql());
    if (MessageId == Function->Messages->MessageCount - 1) {
        IoRequestDpc(Function->Device, NULL, NULL);
    }
    return TRUE;
}

// Behind the last message they are inactive, until the device starts again.
static VOID LastMessage(PKDPC Dpc, PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    FUNCTION *Function = Device->DeviceExtension;
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters = {
        .Version = CONNECT_MESSAGE_BASED, .ConnectionContext.InterruptMessageTable = Function->Messages};
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    IoReportInterruptInactive(&Parameters);
}

static NTSTATUS ConnectMessages(FUNCTION *Function, PKMESSAGE_SERVICE_ROUTINE Routine)
{
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_MESSAGE_BASED};
    Parameters.MessageBased.PhysicalDeviceObject = Function->Pdo;
    Parameters.MessageBased.ConnectionContext.InterruptMessageTable = &Function->Messages;
    Parameters.MessageBased.MessageServiceRoutine = Routine;
    Parameters.MessageBased.ServiceContext = Function;
    Parameters.MessageBased.SpinLock = &Function->Lock;
    return IoConnectInterruptEx(&Parameters);
}

static NTSTATUS ConnectLine(FUNCTION *Function)
{
    PKINTERRUPT Interrupt;
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_LINE_BASED};
    Parameters.LineBased.PhysicalDeviceObject = Function->Pdo;
    Parameters.LineBased.InterruptObject = &Interrupt;
    Parameters.LineBased.ServiceRoutine = (PKSERVICE_ROUTINE)(PVOID)Message;
    return IoConnectInterruptEx(&Parameters);
}

static VOID Connect(FUNCTION *Function, const CM_RESOURCE_LIST *Raw)
{
    const CM_PARTIAL_RESOURCE_LIST *Partial = &Raw->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Last = &Partial->PartialDescriptors[Partial->Count - 1];
    if (!(Last->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) || Last->Type != CmResourceTypeInterrupt) {
        DbgPrint("no messages, no fallback: %x\n", ConnectMessages(Function, Message));
        return;
    }
    DbgPrint("no routine: %x\n", ConnectMessages(Function, NULL));
    DbgPrint("as a line: %x\n", ConnectLine(Function));
    const NTSTATUS Status = ConnectMessages(Function, Message);
    DbgPrint("connected: %x\n", Status);
    if (NT_SUCCESS(Status)) {
        const IO_INTERRUPT_MESSAGE_INFO *Messages = Function->Messages;
        DbgPrint("%u messages at IRQL %u\n", Messages->MessageCount, Messages->UnifiedIrql);
        for (ULONG Id = 0; Id < Messages->MessageCount; Id += 1) {
            const IO_INTERRUPT_MESSAGE_INFO_ENTRY *Entry = &Messages->MessageInfo[Id];
            DbgPrint("%I64x %x, vector %u, IRQL %u, mode %u\n", Entry->MessageAddress.QuadPart,
                     Entry->MessageData, Entry->Vector, Entry->Irql, Entry->Mode);
        }
    }
}

static VOID Disconnect(FUNCTION *Function)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS Parameters = {
        .Version = CONNECT_MESSAGE_BASED, .ConnectionContext.InterruptMessageTable = Function->Messages};
    if (Function->Messages != NULL) {
        IoDisconnectInterruptEx(&Parameters);
        KeFlushQueuedDpcs();
        Function->Messages = NULL;
    }
}

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    FUNCTION *Function = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    ULONG_PTR Information;
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        Status = ForwardAndWait(Function->Lower, Irp);
        Stack = IoGetCurrentIrpStackLocation(Irp);
        DbgPrint("START_DEVICE: %x\n", Status);
        TellResources("raw", Stack->Parameters.StartDevice.AllocatedResources);
        TellResources("translated", Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
        if (NT_SUCCESS(Status) && Stack->Parameters.StartDevice.AllocatedResources != NULL) {
            Connect(Function, Stack->Parameters.StartDevice.AllocatedResources);
        }
        return Complete(Irp, Status, 0);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        TellProperties(Function);
        TellSpace(Function);
        TellInterface(Function);
        return Skip(Function->Lower, Irp);
    case IRP_MN_STOP_DEVICE:
        DbgPrint("STOP_DEVICE\n");
        Disconnect(Function);
        return Skip(Function->Lower, Irp);
    case IRP_MN_SURPRISE_REMOVAL: {
        ULONG Value = 0;
        IO_STACK_LOCATION Read = {.MinorFunction = IRP_MN_READ_CONFIG};
        Read.Parameters.ReadWriteConfig.Buffer = &Value;
        Read.Parameters.ReadWriteConfig.Length = sizeof(Value);
        Disconnect(Function);
        DbgPrint("SURPRISE_REMOVAL, %x\n", Send(Function->Lower, &Read, &Information));
        return Skip(Function->Lower, Irp);
    }
    case IRP_MN_REMOVE_DEVICE:
        DbgPrint("REMOVE_DEVICE\n");
        Disconnect(Function);
        Status = Skip(Function->Lower, Irp);
        IoDetachDevice(Function->Lower);
        IoDeleteDevice(Device);
        return Status;
    default: return Skip(Function->Lower, Irp);
    }
}

static NTSTATUS Pass(PDEVICE_OBJECT Device, PIRP Irp)
{
    return Skip(((FUNCTION *)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(FUNCTION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        FUNCTION *Function = Device->DeviceExtension;
        RtlZeroMemory(Function, sizeof(*Function));
        Function->Device = Device;
        Function->Pdo = Pdo;
        KeInitializeSpinLock(&Function->Lock);
        IoInitializeDpcRequest(Device, LastMessage);
        Function->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    return Status;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function += 1) {
        Driver->MajorFunction[Function] = Pass;
    }
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
