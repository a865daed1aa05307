// SPDX-License-Identifier: MIT
// Device objects as the I/O manager sees them: what lies behind a device extension, and the lock of all
// lists.
#ifndef KMODE_IO_DEVICE_H
#define KMODE_IO_DEVICE_H

// IOP_DEVICE_EXTENSION.ExtensionFlags
#define DOE_UNLOAD_PENDING   0x00000001
#define DOE_DELETE_PENDING   0x00000002
#define DOE_REMOVE_PENDING   0x00000004
#define DOE_REMOVE_PROCESSED 0x00000008
#define DOE_START_PENDING    0x00000010
#define IOP_DEVICE_GOING_AWAY                                                                                \
    (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING | DOE_REMOVE_PENDING | DOE_REMOVE_PROCESSED)

// DEVOBJ_EXTENSION whole. Drivers with a debugger at hand read DeviceNode and AttachedTo where Windows 11 has
// them.
typedef struct _IOP_DEVICE_EXTENSION {
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG PowerFlags; // the device's and the system's power state, four bits each
    PVOID Dope;
    ULONG ExtensionFlags;                // DOE_*
    struct _IOP_DEVICE_NODE *DeviceNode; // of a physical device object
    PDEVICE_OBJECT AttachedTo;           // the next lower device
    LONG StartIoCount;
    LONG StartIoKey;
    ULONG StartIoFlags;
    PVPB Vpb;
    // From here on nothing is at an offset of Windows'.
    PDRIVER_CANCEL StartIoCancel;
    struct _WMIP_PROVIDER *WmiProvider; // NULL: not registered with WMI
} IOP_DEVICE_EXTENSION, *PIOP_DEVICE_EXTENSION;

C_ASSERT(FIELD_OFFSET(IOP_DEVICE_EXTENSION, DeviceNode) == 0x28);
C_ASSERT(FIELD_OFFSET(IOP_DEVICE_EXTENSION, AttachedTo) == 0x30);

// The WDK aligns the structure to 16 bytes, the DDK's header does not.
#define IOP_DEVICE_OBJECT_BYTES 0x150
C_ASSERT(ALIGN_UP_BY(sizeof(DEVICE_OBJECT), MEMORY_ALLOCATION_ALIGNMENT) == IOP_DEVICE_OBJECT_BYTES);

static inline PIOP_DEVICE_EXTENSION IopDeviceExtension(PDEVICE_OBJECT DeviceObject)
{
    return (PIOP_DEVICE_EXTENSION)DeviceObject->DeviceObjectExtension;
}

// Guards every driver's list of devices, every attachment, DEVICE_OBJECT.ReferenceCount and ExtensionFlags.
extern KSPIN_LOCK IopDatabaseLock;

static inline KIRQL IopLockDatabase(VOID)
{
    return KiAcquireSpinLockRaise(&IopDatabaseLock);
}

static inline VOID IopUnlockDatabase(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&IopDatabaseLock, OldIrql);
}

// ---- Devices (io/device.c)

NTSTATUS IopInitializeDeviceType(VOID);

// An open file more or less. The last one lets a deletion or an unload that waits for it go on.
// IopReferenceDevice: STATUS_NO_SUCH_DEVICE if the device is not ready or goes away, STATUS_ACCESS_DENIED if
// it is exclusive and open.
NTSTATUS IopReferenceDevice(PDEVICE_OBJECT DeviceObject);
VOID IopDereferenceDevice(PDEVICE_OBJECT DeviceObject);

// ---- Stacks (io/device-stack.c)

// The database is locked. The top of the stack that DeviceObject is in.
PDEVICE_OBJECT IopTopOfStack(PDEVICE_OBJECT DeviceObject);

// ---- Opening (io/device-open.c)

NTSTATUS NTAPI IopParseDevice(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                              KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                              PUNICODE_STRING RemainingName, PVOID Context,
                              PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found);

// ---- Security (io/device-security.c)

// An absolute descriptor, of constant parts, for a new device of that type.
VOID IopDefaultDeviceSecurity(DEVICE_TYPE DeviceType, ULONG Characteristics, PISECURITY_DESCRIPTOR Security);

// The security method of files: a device's own for a device that has been opened, the file system's answer
// for what is in it. Asked of one without security, everybody may do everything; one that is set is
// STATUS_INVALID_DEVICE_REQUEST.
NTSTATUS NTAPI IopFileSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                     PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                     PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                     POOL_TYPE PoolType, PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode);

// ---- Shutdown (io/shutdown.c)

// Drops what DeviceObject has registered.
VOID IopForgetShutdown(PDEVICE_OBJECT DeviceObject);

// ---- Timers (io/timer.c)

// Once, before the first timer.
VOID IopInitializeTimers(VOID);
VOID IopDeleteTimer(PDEVICE_OBJECT DeviceObject);

#endif
