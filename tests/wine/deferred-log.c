// SPDX-License-Identifier: MIT
// A log that is deferred into a ring, and printed afterwards: under Wine too, and by which clock.
#include <kmode.h>
#include "log/ring-format.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'goLd');
static PKM_LOG_RING Ring;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmLogDeferredDrain(NULL, NULL);
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = KmLogRingCreate(&NonPaged, 64 * 1024, KM_LOG_RING_OVERWRITE, &Ring);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->DriverUnload = Unload;
    KmLogInit(KmLevelInfo);
    KmLogDeferredStart(Ring, KmLevelDebug);
    KmInfoDeferred("%s %d of %wZ", "number", 1, &DriverObject->DriverName);
    KmDebugDeferred("hexadecimal %08lx", STATUS_ACCESS_DENIED);
    KmInfo("by the %s counter", ((const KMP_RING_HEADER *)(PVOID)Ring)->Flags & KMP_RING_PERFORMANCE_COUNTER
                                    ? "performance"
                                    : "time stamp");
    return STATUS_SUCCESS;
}
