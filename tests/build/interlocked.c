// SPDX-License-Identifier: MIT
// Interlocked bit operations and ordered access.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static volatile LONG Bits;
static volatile LONG64 Bits64;
static volatile SHORT Short;
static PVOID volatile Pointer;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    if (InterlockedBitTestAndSet(&Bits, 3) || !InterlockedBitTestAndReset(&Bits, 3)) {
        return STATUS_UNSUCCESSFUL;
    }
    InterlockedBitTestAndSet64(&Bits64, 40);
    InterlockedIncrementNoFence(&Bits);
    InterlockedIncrement16(&Short);
    InterlockedAdd(&Bits, ReadAcquire(&Bits));
    WriteRelease(&Bits, ReadNoFence(&Bits));
    InterlockedExchangePointer(&Pointer, DriverObject);
    if (ReadPointerAcquire(&Pointer) != DriverObject) {
        return STATUS_UNSUCCESSFUL;
    }
    return InterlockedCompareExchangePointer(&Pointer, NULL, DriverObject) == DriverObject
               ? STATUS_SUCCESS
               : STATUS_UNSUCCESSFUL;
}
