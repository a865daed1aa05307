// SPDX-License-Identifier: MIT
// Driver objects as the I/O manager sees them.
#ifndef KMODE_IO_DRIVER_H
#define KMODE_IO_DRIVER_H

// A driver object and what goes with it: the body of a Driver object.
typedef struct _IOP_DRIVER {
    DRIVER_OBJECT Object;
    DRIVER_EXTENSION Extension;
    PKLDR_DATA_TABLE_ENTRY Image; // NULL: IoCreateDriver's
    LIST_ENTRY Extensions;        // IOP_DRIVER_EXTENSION.Link (io/driver-extension.c)
    LIST_ENTRY Reinitializations; // IOP_REINITIALIZATION.Link (io/reinitialize.c)
    WORK_QUEUE_ITEM UnloadItem;
    WCHAR Name[];
} IOP_DRIVER, *PIOP_DRIVER;

NTSTATUS IopInitializeDriverType(VOID);

// Loads the image FileName as the driver of service ServiceName (both zero-terminated UTF-8), makes its
// driver object and calls its DriverEntry. *Detail tells which step the status is from (KM_DETAIL_*).
// STATUS_IMAGE_ALREADY_LOADED. IRQL PASSIVE_LEVEL.
NTSTATUS IopLoadDriver(PCSTR ServiceName, PCSTR FileName, PULONG Detail);

// Calls DriverUnload of the driver of ServiceName and unmaps it; if a device of its is open or has another
// attached, once that is over. Plug and Play devices that it has a part in are removed first.
// STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_DEVICE_REQUEST with KM_DETAIL_NO_UNLOAD if it has none; with
// KM_DETAIL_DEVICE_STAYS what a device that is not removed says. IRQL PASSIVE_LEVEL.
NTSTATUS IopUnloadDriver(PCSTR ServiceName, PULONG Detail);

// Makes the key of Service, whose image file is ImageFile, under Services, with what it lacks of a driver's
// values, and its Parameters. What ZwCreateKey and ZwSetValueKey say (io/service-key.c). IRQL PASSIVE_LEVEL.
NTSTATUS IopCreateServiceKey(PCUNICODE_STRING Service, PCUNICODE_STRING ImageFile);

// A device of DriverObject has lost its last user: unloads the driver if that is asked for. IRQL <=
// DISPATCH_LEVEL.
VOID IopUnloadIfUnused(PDRIVER_OBJECT DriverObject);

// (io/driver-extension.c)
VOID IopFreeDriverExtensions(PIOP_DRIVER Driver);

// Calls what DriverEntry has registered, until nothing is left (io/reinitialize.c). IRQL PASSIVE_LEVEL.
VOID IopCallReinitializationRoutines(PIOP_DRIVER Driver);
VOID IopFreeReinitializations(PIOP_DRIVER Driver);

// Exported, though no header of the WDK's declares it (io/driver.c).
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction);

#endif
