// SPDX-License-Identifier: MIT
// Plug and Play drivers over the framework: the devices are those that the Plug and Play manager adds, one
// for each that a bus reports, and the driver says what it does when they start and stop.
//
//     static NTSTATUS NTAPI StartLamp(PKM_DEVICE Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
//     {
//         UNREFERENCED_PARAMETER(Raw);
//         KmInfo("%p starts, %s resources", Device, Translated != NULL ? "with" : "without");
//         return STATUS_SUCCESS;
//     }
//
//     static VOID NTAPI StopLamp(PKM_DEVICE Device)
//     {
//         KmInfo("%p stops", Device);
//     }
//
//     static const GUID LampInterface = {0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
//     static const KM_PNP_ROUTINES Routines = {StartLamp, StopLamp, NULL, NULL};
//
//     static const KM_DEVICE_ENTRY Lamp[] = {
//         KM_PNP_FUNCTION(&Routines),
//         KM_DEVICE_INTERFACE(&LampInterface),
//         KM_DEVICE_END
//     };
//
//     KM_PNP_DRIVER(Lamp)
//
// The rest is the framework's: the order of IRP_MN_START_DEVICE to IRP_MN_REMOVE_DEVICE and of power
// requests, as Microsoft's "Plug and Play" and "Power management" pages have them; requests while the device
// is stopped (STATUS_DEVICE_NOT_READY) or gone (STATUS_DELETE_PENDING); the wait, before a device goes, for
// those under way, with pending ones cancelled. A KM_ON(IRP_MJ_PNP, ...) sees the minor functions that are
// none of these, and ends with KmRequestForward or KmRequestForwardAndWait.
//
// What a removed device leaves to its handles that are still open is its context: until the last is closed.
#ifndef KMODE_PNP_H
#define KMODE_PNP_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/pnp.h>"
#endif

#include <kmode/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Makes the device work, with its resources (NULL: it has none), behind the drivers below. A failure is the
/// device's, which is then removed. IRQL PASSIVE_LEVEL.
typedef NTSTATUS NTAPI KM_PNP_START(_In_ PKM_DEVICE Device, _In_opt_ PCM_RESOURCE_LIST Raw,
                                    _In_opt_ PCM_RESOURCE_LIST Translated);

/// Undoes what the start has done: the resources, or the device itself, are about to go. Called once for each
/// start that has succeeded, in whatever power state the device is, when no handler is under way any more but
/// those of IRP_MJ_CLEANUP and IRP_MJ_CLOSE: a handler that waits for what only this would bring holds it up.
/// Pending requests stay in their queues while the device is stopped. IRQL PASSIVE_LEVEL.
typedef VOID NTAPI KM_PNP_STOP(_In_ PKM_DEVICE Device);

/// Whether the device may be stopped or removed now: a failure status says no. IRQL PASSIVE_LEVEL.
typedef NTSTATUS NTAPI KM_PNP_QUERY(_In_ PKM_DEVICE Device);

/// The device is about to leave PowerDeviceD0 for NewState, or is in PowerDeviceD0 again. IRQL <=
/// DISPATCH_LEVEL.
typedef VOID NTAPI KM_PNP_POWER(_In_ PKM_DEVICE Device, _In_ DEVICE_POWER_STATE NewState);

/// What a function driver does; any may be NULL.
typedef struct KM_PNP_ROUTINES {
    KM_PNP_START *Start;
    KM_PNP_STOP *Stop;
    KM_PNP_QUERY *Query;
    KM_PNP_POWER *Power;
} KM_PNP_ROUTINES;

/// The driver drives the device: Routines is a const KM_PNP_ROUTINES *. It owns the power policy: with the
/// system asleep the device is in PowerDeviceD3. Any IRQL: a constant.
#define KM_PNP_FUNCTION(Routines) KMP_DATA(KmpEntryTrait, &KmpPnpFunctionTrait, Routines)

/// The driver filters the device's requests: what has no handler is passed down, handlers end with
/// KmRequestForward or KmRequestForwardAndWait. Any IRQL: a constant.
///
///     static NTSTATUS NTAPI CountRead(PKM_REQUEST Request)
///     {
///         return KmRequestForward(Request);
///     }
///
///     static const KM_DEVICE_ENTRY ReadFilter[] = {
///         KM_PNP_FILTER,
///         KM_ON(IRP_MJ_READ, CountRead),
///         KM_DEVICE_END
///     };
///
///     NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
///     {
///         UNREFERENCED_PARAMETER(RegistryPath);
///         return KmPnpDriverStart(DriverObject, ReadFilter);
///     }
#define KM_PNP_FILTER KMP_DATA(KmpEntryTrait, &KmpPnpFilterTrait, NULL)

/// A device interface by which programs find the device while it works; Guid is a const GUID *. Any IRQL: a
/// constant.
#define KM_DEVICE_INTERFACE(Guid) KMP_DATA(KmpEntryInterface, NULL, Guid)

/// The device sleeps while nobody uses it: when no handler has been under way for that many seconds, it is
/// put into PowerDeviceD3. The next request, the opening of a handle too, wakes it, and its handler is called
/// in PowerDeviceD0, a request that fails to do so being answered by the status of that. Of a request that is
/// sent at DISPATCH_LEVEL, and so cannot wait, that is STATUS_DEVICE_NOT_READY. Pending requests do not keep
/// the device awake, and handlers are under way neither when KM_PNP_POWER hears that it is about to leave
/// PowerDeviceD0, nor before it is back: also with the system asleep, until which they are waited for. A
/// handler sends no requests to its own device. Any IRQL: a constant.
///
///     static VOID NTAPI LampPower(PKM_DEVICE Device, DEVICE_POWER_STATE NewState)
///     {
///         KmInfo("%p is %s", Device, NewState == PowerDeviceD0 ? "awake" : "about to sleep");
///     }
///
///     static const KM_PNP_ROUTINES SleepyRoutines = {NULL, NULL, NULL, LampPower};
///
///     static const KM_DEVICE_ENTRY SleepyLamp[] = {
///         KM_PNP_FUNCTION(&SleepyRoutines),
///         KM_PNP_IDLE(10),
///         KM_DEVICE_END
///     };
#define KM_PNP_IDLE(Seconds)                                                                                 \
    {KmpEntryIdle, Seconds, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, &KmpPnpIdle}

extern const struct KMP_PNP_IDLE KmpPnpIdle;

extern const KMP_DEVICE_TRAIT KmpPnpFunctionTrait, KmpPnpFilterTrait;

/// Makes DriverObject a Plug and Play driver of devices as Entries, which stay, say: sets AddDevice,
/// DriverUnload and the dispatch routines. Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER, with a line to
/// the debugger, if Entries has neither KM_PNP_FUNCTION nor KM_PNP_FILTER; what
/// IoAllocateDriverObjectExtension returns for a further driver object of the same image.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPnpDriverStart(_In_ PDRIVER_OBJECT DriverObject, _In_ const KM_DEVICE_ENTRY *Entries);

/// DriverEntry of a Plug and Play driver: the name of its table. At file scope. IRQL PASSIVE_LEVEL.
#define KM_PNP_DRIVER(Entries)                                                                               \
    KMP_EXTERN_C DRIVER_INITIALIZE DriverEntry;                                                              \
    KMP_EXTERN_C NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)       \
    {                                                                                                        \
        (void)RegistryPath;                                                                                  \
        return KmPnpDriverStart(DriverObject, Entries);                                                      \
    }

#ifdef __cplusplus
}
#endif

#endif
