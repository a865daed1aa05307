// SPDX-License-Identifier: MIT
// A DPC notes packets in a ring, which needs neither a lock nor memory; programs take them out, and what they
// leave is counted in an ordered map.
#include <kmode.h>
#include "rings.h"

KM_SHARED_RING_DEFINE(PortRing, ULONG)
KM_ORDERED_MAP_DEFINE(CountMap, ULONG, ULONG, KmCompareUlong)

typedef struct PACKETS {
    KM_DPC Dpc;
    PortRing Ring;
    PortRingSlot Slots[8];
} PACKETS;

// At DISPATCH_LEVEL, and it could be an interrupt routine. Twelve are more than the ring holds.
KM_TYPED_ROUTINE(NotePackets, PACKETS, Packets)
{
    static const ULONG Seen[] = {443, 53, 80, 443, 8443, 53, 443, 22, 80, 80, 80, 80};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Seen); Index += 1) {
        (void)PortRingPush(&Packets->Ring, Seen[Index]);
    }
}

static NTSTATUS NTAPI Receive(PKM_REQUEST Request)
{
    PACKETS *Packets = KmDeviceContext(Request->Device, PACKETS);

    (void)KmDpcQueue(&Packets->Dpc);
    KeFlushQueuedDpcs();
    *KmRequestOutput(Request, ULONG) = (ULONG)PortRingRefused(&Packets->Ring);
    return STATUS_SUCCESS;
}

// Several programs at once, while the DPC runs.
static NTSTATUS NTAPI Take(PKM_REQUEST Request)
{
    PACKETS *Packets = KmDeviceContext(Request->Device, PACKETS);
    PULONG Port = KmRequestOutput(Request, ULONG);

    return PortRingPop(&Packets->Ring, Port) ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'gniR');
    PACKETS *Packets = KmDeviceContext(Device, PACKETS);
    CountMap Counts;
    ULONG Port;

    KmDpcStop(&Packets->Dpc);
    CountMapInit(&Counts, &Pool);
    while (PortRingPop(&Packets->Ring, &Port)) {
        ULONG *Count = CountMapGetOrInsert(&Counts, Port, NULL);
        if (Count != NULL) {
            *Count += 1;
        }
    }
    for (CountMapCursor Each = CountMapFirst(&Counts); Each.Key != NULL; CountMapNext(&Each)) {
        KmInfo("packets of port %lu: %lu", *Each.Key, *Each.Value);
    }
    CountMapFree(&Counts);
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    PACKETS *Packets = KmDeviceContext(Device, PACKETS);
    NTSTATUS Status = PortRingInit(&Packets->Ring, Packets->Slots, RTL_NUMBER_OF(Packets->Slots));

    (void)KmLogInit(KmLevelInfo);
    KmDpcInitialize(&Packets->Dpc, NotePackets, Packets);
    if (NT_SUCCESS(Status)) {
        (void)KmDpcQueue(&Packets->Dpc); // the first twelve, before anybody has asked
        KeFlushQueuedDpcs();
        KmInfo("%I64u were refused", PortRingRefused(&Packets->Ring));
    }
    return Status;
}

static const KM_DEVICE_ENTRY Rings[] = {KM_DEVICE_NAME(L"\\Device\\Rings"),
                                        KM_DEVICE_LINK(L"\\DosDevices\\Rings"),
                                        KM_DEVICE_CONTEXT(PACKETS, Start, Stop),
                                        KM_ON_IOCTL_OUTPUT(IOCTL_RINGS_RECEIVE, Receive, ULONG),
                                        KM_ON_IOCTL_OUTPUT(IOCTL_RINGS_TAKE, Take, ULONG),
                                        KM_DEVICE_END};

KM_DRIVER(Rings)
