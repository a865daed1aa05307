// SPDX-License-Identifier: MIT
// Message-signaled interrupts. Pages: wdm, IO_CONNECT_INTERRUPT_PARAMETERS, IO_INTERRUPT_MESSAGE_INFO;
// kernel, using-the-connect-message-based-version-of-ioconnectinterruptex.
#include "inc/kernel.h"
#include "io/interrupt-message.h"
#include "io/pnp-resource.h"

static BOOLEAN IopIsMessages(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    return Descriptor->Type == CmResourceTypeInterrupt && (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE);
}

static ULONG IopCountMessages(const CM_RESOURCE_LIST *Raw)
{
    PIP_DESCRIPTOR_WALK Walk;
    ULONG Count = 0;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = Raw != NULL ? PipFirstDescriptor(Raw, &Walk) : NULL;
    for (; Have != NULL; Have = PipFollowingDescriptor(&Walk)) {
        Count += IopIsMessages(Have) ? Have->u.MessageInterrupt.Raw.MessageCount : 0;
    }
    return Count;
}

static VOID IopAddMessages(PIO_INTERRUPT_MESSAGE_INFO Table, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    for (ULONG Number = 0; Number < Raw->u.MessageInterrupt.Raw.MessageCount; Number += 1) {
        const ULONG Vector = Raw->u.MessageInterrupt.Raw.Vector + Number;
        const KIRQL Irql = KiInterruptLevel(Vector);
        Table->MessageInfo[Table->MessageCount++] = (IO_INTERRUPT_MESSAGE_INFO_ENTRY){
            .MessageAddress.QuadPart = KM_MESSAGE_ADDRESS,
            .TargetProcessorSet = Raw->u.MessageInterrupt.Raw.Affinity,
            .MessageData = Vector,
            .Vector = Vector,
            .Irql = Irql,
            .Mode = Latched,
            .Polarity = InterruptPolarityUnknown,
        };
        Table->UnifiedIrql = max(Table->UnifiedIrql, Irql);
    }
}

// Of Count messages, none of them connected. NULL: no memory.
static PIO_INTERRUPT_MESSAGE_INFO IopMakeTable(const CM_RESOURCE_LIST *Raw, ULONG Count)
{
    PIP_DESCRIPTOR_WALK Walk;
    PIO_INTERRUPT_MESSAGE_INFO Table = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(*Table) + Count * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY), TAG_INTERRUPT);
    if (Table == NULL) {
        return NULL;
    }
    for (const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = PipFirstDescriptor(Raw, &Walk); Have != NULL;
         Have = PipFollowingDescriptor(&Walk)) {
        if (IopIsMessages(Have)) {
            IopAddMessages(Table, Have);
        }
    }
    return Table;
}

NTSTATUS IopConnectMessages(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *Wanted)
{
    PIOP_DEVICE_NODE Node = IopDeviceExtension(Wanted->PhysicalDeviceObject)->DeviceNode;
    const ULONG Count = Node != NULL ? IopCountMessages(Node->Resources) : 0;
    if (Count == 0) {
        return STATUS_NOT_FOUND;
    }
    PIO_INTERRUPT_MESSAGE_INFO Table = IopMakeTable(Node->Resources, Count);
    if (Table == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Table->UnifiedIrql = max(Table->UnifiedIrql, Wanted->SynchronizeIrql);
    *Wanted->ConnectionContext.InterruptMessageTable = Table; // a routine may run before this one returns
    for (ULONG Id = 0; Id < Table->MessageCount; Id += 1) {
        PIO_INTERRUPT_MESSAGE_INFO_ENTRY Entry = &Table->MessageInfo[Id];
        const KINTERRUPT Template = {
            .MessageServiceRoutine = Wanted->MessageServiceRoutine,
            .MessageId = Id,
            .ServiceContext = Wanted->ServiceContext,
            .ActualLock = Wanted->SpinLock,
            .Vector = Entry->Vector,
            .Irql = Entry->Irql,
            .SynchronizeIrql = Table->UnifiedIrql,
            .Mode = Latched,
        };
        const NTSTATUS Status =
            KiConnectInterrupt(&Template, Entry->TargetProcessorSet, &Entry->InterruptObject);
        if (!NT_SUCCESS(Status)) {
            *Wanted->ConnectionContext.InterruptMessageTable = NULL;
            IopDisconnectMessages(Table);
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

VOID IopDisconnectMessages(PIO_INTERRUPT_MESSAGE_INFO Messages)
{
    for (ULONG Id = 0; Id < Messages->MessageCount; Id += 1) {
        if (Messages->MessageInfo[Id].InterruptObject != NULL) {
            KiDisconnectInterrupt(Messages->MessageInfo[Id].InterruptObject);
        }
    }
    ExFreePoolWithTag(Messages, TAG_INTERRUPT);
}
