// SPDX-License-Identifier: MIT
// Counts packets by the names of their ports, in hash maps; programs tell of more, and ask.
#include <kmode.h>
#include "maps.h"

KM_MAP_DEFINE(NameMap, ULONG, PCUNICODE_STRING)
KM_STRING_MAP_DEFINE(TotalMap, ULONG)

typedef struct COUNTS {
    FAST_MUTEX Mutex; // of Totals: the maps lock nothing
    NameMap Names;    // by port; does not change
    TotalMap Totals;  // by name, however it is written
} COUNTS;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'spaM');

static NTSTATUS CountPacket(COUNTS *Counts, ULONG Port)
{
    static const UNICODE_STRING Unknown = RTL_CONSTANT_STRING(L"unknown");
    PCUNICODE_STRING *Name = NameMapFind(&Counts->Names, Port);

    KM_SCOPE {
        KmScoped(FastMutex, &Counts->Mutex);
        ULONG *Total = TotalMapGetOrInsert(&Counts->Totals, Name != NULL ? *Name : &Unknown, NULL);
        if (Total == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        *Total += 1;
        return STATUS_SUCCESS;
    }
    KM_SCOPE_END
}

static NTSTATUS NTAPI Count(PKM_REQUEST Request)
{
    return CountPacket(KmDeviceContext(Request->Device, COUNTS), *KmRequestInput(Request, ULONG));
}

static NTSTATUS NTAPI Tell(PKM_REQUEST Request)
{
    COUNTS *Counts = KmDeviceContext(Request->Device, COUNTS);
    UNICODE_STRING Name = {(USHORT)Request->InputBytes, (USHORT)Request->InputBytes, (PWCH)Request->Input};

    if (Name.Length % sizeof(WCHAR) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    KM_SCOPE {
        KmScoped(FastMutex, &Counts->Mutex);
        const ULONG *Total = TotalMapFind(&Counts->Totals, &Name);
        *KmRequestOutput(Request, ULONG) = Total != NULL ? *Total : 0;
        return STATUS_SUCCESS;
    }
    KM_SCOPE_END
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    NameMapFree(&KmDeviceContext(Device, COUNTS)->Names);
    TotalMapFree(&KmDeviceContext(Device, COUNTS)->Totals);
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    static const UNICODE_STRING Web = RTL_CONSTANT_STRING(L"Web"), Key = RTL_CONSTANT_STRING(L"WEB");
    static const ULONG Seen[] = {443, 53, 80, 443, 8443, 53, 443, 22};
    COUNTS *Counts = KmDeviceContext(Device, COUNTS);
    NTSTATUS Status;

    (void)KmLogInit(KmLevelInfo);
    ExInitializeFastMutex(&Counts->Mutex);
    NameMapInit(&Counts->Names, &Pool);
    TotalMapInit(&Counts->Totals, &Pool);
    Status = NameMapInsert(&Counts->Names, 80, &Web);
    Status = NT_SUCCESS(Status) ? NameMapInsert(&Counts->Names, 443, &Key) : Status;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Seen); Index += 1) {
        Status = CountPacket(Counts, Seen[Index]);
    }
    if (!NT_SUCCESS(Status)) {
        Stop(Device);
        return Status;
    }
    KmInfo("%Iu names", TotalMapCount(&Counts->Totals));
    KmInfo("packets of the web, however it is written: %lu", *TotalMapFind(&Counts->Totals, &Key));
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Maps[] = {KM_DEVICE_NAME(L"\\Device\\Maps"),
                                       KM_DEVICE_LINK(L"\\DosDevices\\Maps"),
                                       KM_DEVICE_CONTEXT(COUNTS, Start, Stop),
                                       KM_ON_IOCTL_INPUT(IOCTL_MAPS_COUNT, Count, ULONG),
                                       KM_ON_IOCTL_BYTES(IOCTL_MAPS_TELL, Tell, 2, 256, sizeof(ULONG)),
                                       KM_DEVICE_END};

KM_DRIVER(Maps)
