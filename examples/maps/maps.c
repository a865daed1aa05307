// SPDX-License-Identifier: MIT
// A DPC notes what it sees in a ring; a thread counts it in hash maps and lists it by number in an ordered
// map.
#include <kmode.h>

static LONG NTAPI CompareUlongs(const VOID *Left, const VOID *Right, PVOID Context)
{
    ULONG One = *(const ULONG *)Left, Other = *(const ULONG *)Right;

    UNREFERENCED_PARAMETER(Context);
    return (One > Other) - (One < Other);
}

KM_SHARED_RING_DEFINE(PortRing, ULONG)
KM_MAP_DEFINE(NameOfPort, ULONG, PCUNICODE_STRING)
KM_STRING_MAP_DEFINE(PacketsOfName, ULONG)
KM_ORDERED_MAP_DEFINE(PacketsOfPort, ULONG, ULONG, CompareUlongs)

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KDEFERRED_ROUTINE NotePackets;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'spaM');
static PortRingSlot Slots[8];
static PortRing Ports;
static NameOfPort Names;
static PacketsOfName ByName;
static PacketsOfPort ByPort;

// At DISPATCH_LEVEL, and it could be an interrupt routine. Twelve are more than the ring holds.
static VOID NTAPI NotePackets(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    static const ULONG Seen[] = {443, 53, 80, 443, 8443, 53, 443, 22, 80, 80, 80, 80};

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Seen); Index += 1) {
        (void)PortRingPush(&Ports, Seen[Index]);
    }
}

static NTSTATUS CountPackets(VOID)
{
    static const UNICODE_STRING Unknown = RTL_CONSTANT_STRING(L"unknown");
    ULONG Port;

    while (PortRingPopAlone(&Ports, &Port)) {
        PCUNICODE_STRING *Name = NameOfPortFind(&Names, Port);
        ULONG *Total = PacketsOfNameGetOrInsert(&ByName, Name != NULL ? *Name : &Unknown, NULL);
        ULONG *OfPort = PacketsOfPortGetOrInsert(&ByPort, Port, NULL);

        if (Total == NULL || OfPort == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        *Total += 1;
        *OfPort += 1;
    }
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NameOfPortFree(&Names);
    PacketsOfNameFree(&ByName);
    PacketsOfPortFree(&ByPort);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UNICODE_STRING Web = RTL_CONSTANT_STRING(L"Web"), Key = RTL_CONSTANT_STRING(L"WEB");
    static KDPC Dpc;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NameOfPortInit(&Names, &Pool);
    PacketsOfNameInit(&ByName, &Pool);
    PacketsOfPortInit(&ByPort, &Pool);
    (void)PortRingInit(&Ports, Slots,
                       RTL_NUMBER_OF(Slots)); // which fails for another number of slots alone
    KeInitializeDpc(&Dpc, NotePackets, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    if (!NT_SUCCESS(NameOfPortInsert(&Names, 80, &Web)) || !NT_SUCCESS(NameOfPortInsert(&Names, 443, &Key)) ||
        !NT_SUCCESS(CountPackets())) {
        Unload(DriverObject);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)KmLogInit(KmLevelInfo);
    for (PacketsOfPortCursor Cursor = PacketsOfPortFirst(&ByPort); Cursor.Key != NULL;
         PacketsOfPortNext(&Cursor)) {
        KmInfo("packets of port %lu: %lu", *Cursor.Key, *Cursor.Value);
    }
    KmInfo("packets of the web, however it is written: %lu", *PacketsOfNameFind(&ByName, &Key));
    KmInfo("%I64u were refused", PortRingRefused(&Ports));
    return STATUS_SUCCESS;
}
