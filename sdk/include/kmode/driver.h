// SPDX-License-Identifier: MIT
// A driver as a list of devices (<kmode/device.h>). This is a whole one:
//
//     static NTSTATUS NTAPI Answer(PKM_REQUEST Request)
//     {
//         *KmRequestOutput(Request, ULONG) = 42;
//         return STATUS_SUCCESS;
//     }
//
//     static const KM_DEVICE_ENTRY Oracle[] = {
//         KM_DEVICE_NAME(L"\\Device\\Oracle"),
//         KM_DEVICE_LINK(L"\\DosDevices\\Oracle"),
//         KM_ON_IOCTL_OUTPUT(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), Answer,
//                            ULONG),
//         KM_DEVICE_END
//     };
//
//     KM_DRIVER(Oracle)
#ifndef KMODE_DRIVER_H
#define KMODE_DRIVER_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/driver.h>"
#endif

#include <kmode/device.h>

#ifdef __cplusplus
#define KMP_EXTERN_C extern "C"
extern "C" {
#else
#define KMP_EXTERN_C
#endif

/// Makes the devices of the tables at Devices, Count of them, one after the other, and sets DriverUnload,
/// which ends them in reverse. Returns STATUS_SUCCESS, or what KmDeviceCreate has answered; there are no
/// devices then.
///
///     static const KM_DEVICE_ENTRY First[] = {KM_DEVICE_NAME(L"\\Device\\First"), KM_DEVICE_END};
///     static const KM_DEVICE_ENTRY Second[] = {KM_DEVICE_NAME(L"\\Device\\Second"), KM_DEVICE_END};
///
///     NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
///     {
///         static const KM_DEVICE_ENTRY *const Devices[] = {First, Second};
///
///         UNREFERENCED_PARAMETER(RegistryPath);
///         return KmDriverStart(DriverObject, Devices, RTL_NUMBER_OF(Devices));
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmDriverStart(_In_ PDRIVER_OBJECT DriverObject, _In_reads_(Count) const KM_DEVICE_ENTRY *const *Devices,
                  _In_ ULONG Count);

/// Ends all devices of the driver that KmDeviceCreate has made, the youngest first. What KmDriverStart sets
/// as DriverUnload; a driver with an unload routine of its own calls it there.
///
///     static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
///     {
///         KmDriverStop(DriverObject);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmDriverStop(_In_ PDRIVER_OBJECT DriverObject);

/// DriverEntry of a driver with these devices: one table's name or several. At file scope. IRQL
/// PASSIVE_LEVEL.
#define KM_DRIVER(...)                                                                                       \
    KMP_EXTERN_C DRIVER_INITIALIZE DriverEntry;                                                              \
    KMP_EXTERN_C NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)       \
    {                                                                                                        \
        static const KM_DEVICE_ENTRY *const KmpDevices[] = {__VA_ARGS__};                                    \
                                                                                                             \
        (void)RegistryPath;                                                                                  \
        return KmDriverStart(DriverObject, KmpDevices, sizeof(KmpDevices) / sizeof(*KmpDevices));            \
    }

#ifdef __cplusplus
}
#endif

#endif
