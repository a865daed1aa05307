// SPDX-License-Identifier: MIT
// What a function takes of memory, ports and interrupt lines: found out, required, assigned.
#include "inc/kernel.h"
#include "io/pnp-resource.h"
#include "pci/pci.h"

#define PCI_BAR_OFFSET(Register) (FIELD_OFFSET(PCI_COMMON_HEADER, u.type0.BaseAddresses) + 4 * (Register))
#define PCI_COMMAND_OFFSET       FIELD_OFFSET(PCI_COMMON_HEADER, Command)
#define PCI_DECODE               (PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE)

#define PCI_LINES 24u // what HalGetInterruptVector knows

// Where BARs may be that are moved: as firmware places them.
#define PCI_FIRST_PORT   0x1000u
#define PCI_LAST_PORT    0xFFFFu
#define PCI_FIRST_MEMORY 0xC0000000u
#define PCI_LAST_MEMORY  0xFEBFFFFFu
#define PCI_LAST_WIDE    ((1ULL << 46) - 1)

// ---- BARs

static ULONG PciReadBar(const PCI_FUNCTION *Function, ULONG Register)
{
    ULONG Value = 0;
    PciReadSpace(Function, &Value, PCI_BAR_OFFSET(Register), sizeof(Value));
    return Value;
}

static VOID PciWriteBar(const PCI_FUNCTION *Function, ULONG Register, ULONG Value)
{
    PciWriteSpace(Function, &Value, PCI_BAR_OFFSET(Register), sizeof(Value));
}

static USHORT PciReadCommand(const PCI_FUNCTION *Function)
{
    USHORT Command = 0;
    PciReadSpace(Function, &Command, PCI_COMMAND_OFFSET, sizeof(Command));
    return Command;
}

static VOID PciWriteCommand(const PCI_FUNCTION *Function, USHORT Command)
{
    PciWriteSpace(Function, &Command, PCI_COMMAND_OFFSET, sizeof(Command));
}

static ULONG PciMaskOf(const PCI_FUNCTION *Function, ULONG Register)
{
    const ULONG Value = PciReadBar(Function, Register);
    PciWriteBar(Function, Register, MAXULONG);
    const ULONG Mask = PciReadBar(Function, Register);
    PciWriteBar(Function, Register, Value);
    return Mask;
}

// Returns how many registers it takes.
static ULONG PciMeasureBar(PPCI_FUNCTION Function, ULONG Register)
{
    const ULONG Value = PciReadBar(Function, Register), Mask = PciMaskOf(Function, Register);
    const BOOLEAN Io = (Value & PCI_ADDRESS_IO_SPACE) != 0;
    const ULONG Low = Io ? PCI_ADDRESS_IO_ADDRESS_MASK : PCI_ADDRESS_MEMORY_ADDRESS_MASK;
    const BOOLEAN Wide =
        !Io && (Value & PCI_ADDRESS_MEMORY_TYPE_MASK) == PCI_TYPE_64BIT && Register + 1 < PCI_TYPE0_ADDRESSES;
    const ULONG64 High = Wide ? PciMaskOf(Function, Register + 1) : MAXULONG;
    const ULONG64 Bytes = ~(High << 32 | (Mask & Low)) + 1;
    if ((Mask & Low) != 0 || (Wide && High != 0)) {
        Function->Bars[Function->BarCount++] = (PCI_BAR){
            .Register = Register,
            .Io = Io,
            .Wide = Wide,
            .Bytes = Bytes,
            .Address = (Value & Low) | (Wide ? (ULONG64)PciReadBar(Function, Register + 1) << 32 : 0),
        };
    }
    return Wide ? 2 : 1;
}

VOID PciMeasureBars(PPCI_FUNCTION Function)
{
    const USHORT Command = PciReadCommand(Function);
    if (PCI_CONFIGURATION_TYPE(&Function->Header) != PCI_DEVICE_TYPE) {
        return;
    }
    PciWriteCommand(Function, Command & (USHORT)~PCI_DECODE);
    for (ULONG Register = 0; Register < PCI_TYPE0_ADDRESSES;) {
        Register += PciMeasureBar(Function, Register);
    }
    PciWriteCommand(Function, Command);
}

// Descriptors have 32 bits for a length; what is larger nobody is given.
static BOOLEAN PciIsDescribed(const PCI_BAR *Bar)
{
    return Bar->Bytes <= MAXULONG;
}

static BOOLEAN PciHasLine(const PCI_FUNCTION *Function)
{
    return Function->Header.u.type0.InterruptPin != 0 && Function->Header.u.type0.InterruptLine < PCI_LINES;
}

static USHORT PciFlagsOf(const PCI_BAR *Bar)
{
    return Bar->Io ? CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_POSITIVE_DECODE : CM_RESOURCE_MEMORY_READ_WRITE;
}

static UCHAR PciTypeOf(const PCI_BAR *Bar)
{
    return Bar->Io ? CmResourceTypePort : CmResourceTypeMemory;
}

// ---- What firmware has given it

NTSTATUS PciAnswerResources(const PCI_FUNCTION *Function, NTSTATUS Status, PULONG_PTR Information)
{
    if (Function->BarCount == 0 && !PciHasLine(Function)) {
        return Status;
    }
    PCM_RESOURCE_LIST List = ExAllocatePool2(
        POOL_FLAG_PAGED, sizeof(*List) + (Function->BarCount + 1) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR),
        TAG_PCI);
    if (List == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PCM_PARTIAL_RESOURCE_LIST Partial = &List->List[0].PartialResourceList;
    List->Count = 1;
    List->List[0].InterfaceType = PCIBus;
    List->List[0].BusNumber = Function->Bus;
    Partial->Version = Partial->Revision = 1;
    for (ULONG Index = 0; Index < Function->BarCount; Index += 1) {
        const PCI_BAR *Bar = &Function->Bars[Index];
        if (Bar->Address != 0 && PciIsDescribed(Bar)) {
            Partial->PartialDescriptors[Partial->Count++] = (CM_PARTIAL_RESOURCE_DESCRIPTOR){
                .Type = PciTypeOf(Bar),
                .ShareDisposition = CmResourceShareDeviceExclusive,
                .Flags = PciFlagsOf(Bar),
                .u.Generic = {.Start.QuadPart = (LONGLONG)Bar->Address, .Length = (ULONG)Bar->Bytes},
            };
        }
    }
    if (PciHasLine(Function)) {
        const ULONG Line = Function->Header.u.type0.InterruptLine;
        Partial->PartialDescriptors[Partial->Count++] = (CM_PARTIAL_RESOURCE_DESCRIPTOR){
            .Type = CmResourceTypeInterrupt,
            .ShareDisposition = CmResourceShareShared,
            .Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
            .u.Interrupt = {.Level = Line, .Vector = Line, .Affinity = KeQueryActiveProcessors()},
        };
    }
    *Information = (ULONG_PTR)List;
    return STATUS_SUCCESS;
}

// ---- What it can live with

static IO_RESOURCE_DESCRIPTOR PciPlaceOf(const PCI_BAR *Bar, UCHAR Option, ULONG64 First, ULONG64 Last)
{
    return (IO_RESOURCE_DESCRIPTOR){
        .Option = Option,
        .Type = PciTypeOf(Bar),
        .ShareDisposition = CmResourceShareDeviceExclusive,
        .Flags = PciFlagsOf(Bar),
        .u.Generic = {.Length = (ULONG)Bar->Bytes,
                      .Alignment = (ULONG)max(Bar->Bytes, Bar->Io ? 1 : PAGE_SIZE),
                      .MinimumAddress.QuadPart = (LONGLONG)First,
                      .MaximumAddress.QuadPart = (LONGLONG)Last},
    };
}

// Where it is, or any place of its kind.
static ULONG PciRequireBar(const PCI_BAR *Bar, PIO_RESOURCE_DESCRIPTOR Descriptors)
{
    ULONG64 Ram, Free, First, Last;
    ULONG Count = 0;
    MiQueryPhysicalPages(&Ram, &Free);
    Ram *= PAGE_SIZE;
    if (Bar->Io) {
        First = PCI_FIRST_PORT;
        Last = PCI_LAST_PORT;
    } else if (Bar->Wide) {
        First = max(Ram, KM_DEVICE_MEMORY_BASE);
        Last = PCI_LAST_WIDE;
    } else {
        First = max(Ram, PCI_FIRST_MEMORY);
        Last = PCI_LAST_MEMORY;
    }
    if (Bar->Address != 0) {
        Descriptors[Count++] =
            PciPlaceOf(Bar, IO_RESOURCE_PREFERRED, Bar->Address, Bar->Address + Bar->Bytes - 1);
    }
    Descriptors[Count] = PciPlaceOf(Bar, Count != 0 ? IO_RESOURCE_ALTERNATIVE : 0, First, Last);
    return Count + 1;
}

static VOID PciBeginList(const PCI_FUNCTION *Function, PIO_RESOURCE_LIST List)
{
    List->Version = List->Revision = 1;
    for (ULONG Index = 0; Index < Function->BarCount; Index += 1) {
        if (PciIsDescribed(&Function->Bars[Index])) {
            List->Count += PciRequireBar(&Function->Bars[Index], &List->Descriptors[List->Count]);
        }
    }
}

static VOID PciRequireLine(const PCI_FUNCTION *Function, PIO_RESOURCE_LIST List)
{
    const ULONG Line = Function->Header.u.type0.InterruptLine;
    List->Descriptors[List->Count++] = (IO_RESOURCE_DESCRIPTOR){
        .Type = CmResourceTypeInterrupt,
        .ShareDisposition = CmResourceShareShared,
        .Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
        .u.Interrupt = {.MinimumVector = Line, .MaximumVector = Line},
    };
}

// Of MSI-X each message is a descriptor of its own.
static VOID PciRequireMessages(const PCI_FUNCTION *Function, ULONG Count, PIO_RESOURCE_LIST List)
{
    const ULONG Each = Function->TableCapability != 0 ? 1 : Count;
    for (ULONG Done = 0; Done < Count; Done += Each) {
        List->Descriptors[List->Count++] = (IO_RESOURCE_DESCRIPTOR){
            .Type = CmResourceTypeInterrupt,
            .ShareDisposition = CmResourceShareDeviceExclusive,
            .Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE,
            .u.Interrupt = {.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - Each + 1,
                            .MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN},
        };
    }
}

// Messages, fewer and fewer, then the line.
NTSTATUS PciAnswerRequirements(const PCI_FUNCTION *Function, NTSTATUS Status, PULONG_PTR Information)
{
    const ULONG Messages = PciWantedMessages(Function);
    ULONG Lists = PciHasLine(Function) || Messages == 0;
    for (ULONG Count = Messages; Count != 0; Count /= 2) {
        Lists += 1;
    }
    if (Function->BarCount == 0 && !PciHasLine(Function) && Messages == 0) {
        return Status;
    }
    const ULONG Room = 2 * Function->BarCount + max(Messages, 1);
    PIO_RESOURCE_REQUIREMENTS_LIST Wanted = ExAllocatePool2(
        POOL_FLAG_PAGED,
        sizeof(*Wanted) + Lists * (sizeof(IO_RESOURCE_LIST) + Room * sizeof(IO_RESOURCE_DESCRIPTOR)),
        TAG_PCI);
    if (Wanted == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Wanted->InterfaceType = PCIBus;
    Wanted->BusNumber = Function->Bus;
    Wanted->SlotNumber = Function->Slot.u.AsULONG;
    Wanted->AlternativeLists = Lists;
    PIO_RESOURCE_LIST List = &Wanted->List[0];
    for (ULONG Count = Messages; Count != 0; Count /= 2, List = (PVOID)&List->Descriptors[List->Count]) {
        PciBeginList(Function, List);
        PciRequireMessages(Function, Count, List);
    }
    if (PciHasLine(Function) || Messages == 0) {
        PciBeginList(Function, List);
        if (PciHasLine(Function)) {
            PciRequireLine(Function, List);
        }
        List = (PVOID)&List->Descriptors[List->Count];
    }
    Wanted->ListSize = (ULONG)((ULONG_PTR)List - (ULONG_PTR)Wanted);
    *Information = (ULONG_PTR)Wanted;
    return STATUS_SUCCESS;
}

// ---- Assigned

static VOID PciPlaceBar(const PCI_FUNCTION *Function, const PCI_BAR *Bar, ULONG64 Address)
{
    // Its low bits are read-only.
    PciWriteBar(Function, Bar->Register, (ULONG)Address);
    if (Bar->Wide) {
        PciWriteBar(Function, Bar->Register + 1, (ULONG)(Address >> 32));
    }
}

static BOOLEAN PciFits(const PCI_BAR *Bar, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Given)
{
    const ULONG64 Start = (ULONG64)Given->u.Generic.Start.QuadPart;
    return Given->Type == PciTypeOf(Bar) && Given->u.Generic.Length == Bar->Bytes &&
           Start % Bar->Bytes == 0 && (Bar->Wide || Start <= MAXULONG);
}

NTSTATUS PciEnableFunction(const PCI_FUNCTION *Function, const CM_RESOURCE_LIST *Raw)
{
    PIP_DESCRIPTOR_WALK Walk;
    USHORT Command = PciReadCommand(Function);
    // Those of ports and memory stand in the order in which the BARs were required.
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Given = Raw != NULL ? PipFirstDescriptor(Raw, &Walk) : NULL;
    PciWriteCommand(Function, Command & (USHORT)~PCI_DECODE);
    for (ULONG Index = 0; Index < Function->BarCount; Index += 1) {
        const PCI_BAR *Bar = &Function->Bars[Index];
        while (Given != NULL && Given->Type != CmResourceTypePort && Given->Type != CmResourceTypeMemory) {
            Given = PipFollowingDescriptor(&Walk);
        }
        if (!PciIsDescribed(Bar)) {
            continue;
        }
        if (Given == NULL || !PciFits(Bar, Given)) {
            PciWriteCommand(Function, Command);
            return STATUS_INVALID_PARAMETER;
        }
        PciPlaceBar(Function, Bar, (ULONG64)Given->u.Generic.Start.QuadPart);
        Command |= Bar->Io ? PCI_ENABLE_IO_SPACE : PCI_ENABLE_MEMORY_SPACE;
        Given = PipFollowingDescriptor(&Walk);
    }
    PciWriteCommand(Function, Command);
    return PciEnableMessages(Function, Raw);
}

VOID PciDisableFunction(const PCI_FUNCTION *Function)
{
    PciEnableMessages(Function, NULL);
    PciWriteCommand(Function, PciReadCommand(Function) & (USHORT) ~(PCI_DECODE | PCI_ENABLE_BUS_MASTER));
}
