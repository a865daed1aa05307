// SPDX-License-Identifier: MIT
// Message-signaled interrupts. Pages: wdm, IO_CONNECT_INTERRUPT_PARAMETERS, IO_INTERRUPT_MESSAGE_INFO;
// kernel, using-the-connect-message-based-version-of-ioconnectinterruptex.
#include "inc/kernel.h"
#include "io/interrupt-message.h"
#include "io/pnp-resource.h"

// The descriptor in List of a device's messages, NULL: it has none.
static const CM_PARTIAL_RESOURCE_DESCRIPTOR *IopFindMessages(const CM_RESOURCE_LIST *List)
{
    PIP_DESCRIPTOR_WALK Walk;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = List != NULL ? PipFirstDescriptor(List, &Walk) : NULL;
    while (Have != NULL &&
           (Have->Type != CmResourceTypeInterrupt || !(Have->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))) {
        Have = PipFollowingDescriptor(&Walk);
    }
    return Have;
}

static PIO_INTERRUPT_MESSAGE_INFO IopMakeTable(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    const ULONG Count = Raw->u.MessageInterrupt.Raw.MessageCount;
    PIO_INTERRUPT_MESSAGE_INFO Table = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(*Table) + Count * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY), TAG_INTERRUPT);
    if (Table == NULL) {
        return NULL;
    }
    Table->MessageCount = Count;
    for (ULONG Id = 0; Id < Count; Id += 1) {
        const ULONG Vector = Raw->u.MessageInterrupt.Raw.Vector + Id;
        Table->MessageInfo[Id] = (IO_INTERRUPT_MESSAGE_INFO_ENTRY){
            .MessageAddress.QuadPart = KM_MESSAGE_ADDRESS,
            .TargetProcessorSet = Raw->u.MessageInterrupt.Raw.Affinity,
            .MessageData = Vector,
            .Vector = Vector,
            .Irql = KiInterruptLevel(Vector),
            .Mode = Latched,
            .Polarity = InterruptPolarityUnknown,
        };
        Table->UnifiedIrql = max(Table->UnifiedIrql, Table->MessageInfo[Id].Irql);
    }
    return Table;
}

NTSTATUS IopConnectMessages(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *Wanted)
{
    PIOP_DEVICE_NODE Node = IopDeviceExtension(Wanted->PhysicalDeviceObject)->DeviceNode;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw = Node != NULL ? IopFindMessages(Node->Resources) : NULL;
    if (Raw == NULL) {
        return STATUS_NOT_FOUND;
    }
    PIO_INTERRUPT_MESSAGE_INFO Table = IopMakeTable(Raw);
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
