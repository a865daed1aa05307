// SPDX-License-Identifier: MIT
// The Plug and Play manager: the tree of devices, their interfaces and properties, who is told of their
// changes. The I/O manager's own; nothing here is called by other components but what its comment says.
#ifndef KMODE_IO_PNP_H
#define KMODE_IO_PNP_H

#include <wdmguid.h>

#define PIP_ENUM_KEY    L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\"
#define PIP_CLASS_KEY   L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\"
#define PIP_CLASSES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\DeviceClasses\\"
#define PIP_PROFILE_KEY                                                                                      \
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware "                                             \
    L"Profiles\\Current\\System\\CurrentControlSet\\"

// MAX_DEVICE_ID_LEN: of a device ID and an instance ID together, with the zero (kernel, IRP_MN_QUERY_ID).
#define PIP_ID_CHARACTERS   200
#define PIP_GUID_CHARACTERS 39 // "{...}" and the zero

// ---- Text and registry (io/pnp-registry.c). IRQL PASSIVE_LEVEL.

// The strings up to a NULL one behind each other, zero-terminated, from paged pool; freed by
// PipFreeString. STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS PipJoin(PUNICODE_STRING Result, ...);
VOID PipFreeString(PUNICODE_STRING String);
// "{4d36e97d-e325-11ce-bfc1-08002be10318}" and a zero.
VOID PipGuidToText(const GUID *Guid, PWCH Text);

// A kernel handle to the key of that path; with Create made, with all above it that is missing, and
// volatile itself if that is said. What ZwOpenKey and ZwCreateKey say.
NTSTATUS PipOpenKey(PCUNICODE_STRING Path, ACCESS_MASK DesiredAccess, PHANDLE Key);
NTSTATUS PipCreateKey(PCUNICODE_STRING Path, ACCESS_MASK DesiredAccess, BOOLEAN Volatile, PHANDLE Key);
// *Value is freed by ExFreePoolWithTag (TAG_PNP). STATUS_OBJECT_NAME_NOT_FOUND,
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS PipQueryValue(HANDLE Key, PCWSTR Name, PKEY_VALUE_PARTIAL_INFORMATION *Value);
NTSTATUS PipSetValue(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes);
NTSTATUS PipSetText(HANDLE Key, PCWSTR Name, PCWSTR Text);

// ---- Properties that are kept (io/pnp-property-data.c)

// Frees a list of PIP_PROPERTY. The lock of devices is the caller's business.
VOID PipFreeProperties(PLIST_ENTRY Properties);

// ---- Device nodes (io/pnp-node.c)

typedef enum _PIP_NODE_STATE {
    DeviceNodeInitialized,   // its bus driver alone knows it
    DeviceNodeDriversAdded,  // its stack is built
    DeviceNodeStarted,       // IRP_MN_START_DEVICE has succeeded
    DeviceNodeQueryStopped,  // IRP_MN_QUERY_STOP_DEVICE has succeeded
    DeviceNodeStopped,       // IRP_MN_STOP_DEVICE
    DeviceNodeQueryRemoved,  // IRP_MN_QUERY_REMOVE_DEVICE has succeeded
    DeviceNodeRemovePending, // IRP_MN_SURPRISE_REMOVAL: to be removed when its files are closed
    DeviceNodeRemoved,       // IRP_MN_REMOVE_DEVICE
    DeviceNodeDeleted        // in no tree any more
} PIP_NODE_STATE;

#define PIP_NODE_ROOT     0x01 // its bus is the PnP manager's own
#define PIP_NODE_REPORTED 0x02 // by IoReportDetectedDevice
#define PIP_NODE_PRESENT  0x04 // in the last answer about its bus
#define PIP_NODE_OWN_PDO  0x08 // the physical device object is one that the PnP manager has made
#define PIP_NODE_TRIED    0x10 // looked at already for a driver that has just been loaded

// A device of the tree. What is not said to be otherwise is written by the PnP worker alone.
typedef struct _IOP_DEVICE_NODE {
    volatile LONG ReferenceCount;
    struct _IOP_DEVICE_NODE *Parent, *Child, *Sibling; // under PipLock
    PDEVICE_OBJECT PhysicalDeviceObject;               // referenced
    PIP_NODE_STATE State;
    ULONG Problem;           // PIP_PROBLEM_*
    ULONG Flags;             // PIP_NODE_*
    PDRIVER_OBJECT Reporter; // of PIP_NODE_REPORTED; not referenced
    // Fixed from the start, zero-terminated.
    UNICODE_STRING InstancePath; // "ROOT\TOASTER\0000"
    DEVICE_CAPABILITIES Capabilities;
    PNP_BUS_INFORMATION BusInformation; // LegacyBusType InterfaceTypeUndefined: not known
    ULONG BusNumber;                    // ~0: not known
    PNP_DEVICE_STATE DeviceState;       // the last answer to IRP_MN_QUERY_PNP_DEVICE_STATE
    // Under PipLock, each in an allocation of its own.
    PCM_RESOURCE_LIST BootResources;
    PCM_RESOURCE_LIST Resources, TranslatedResources; // of a device that has been assigned some
    PIO_RESOURCE_REQUIREMENTS_LIST Requirements;
    LIST_ENTRY Properties; // PIP_PROPERTY.Link; under PipLock
} IOP_DEVICE_NODE, *PIOP_DEVICE_NODE;

// Of the tree, the interfaces, and what hangs on both. Nothing that a driver sees is called under it.
extern EX_PUSH_LOCK PipLock;
extern PIOP_DEVICE_NODE PipRootNode; // HTREE\ROOT\0

static inline VOID PipAcquireLock(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&PipLock);
}

static inline VOID PipReleaseLock(VOID)
{
    ExReleasePushLockExclusive(&PipLock);
    KeLeaveCriticalRegion();
}

// A node of the physical device object, which it references, with one reference, in no tree.
// InstancePath is copied. NULL: no memory.
PIOP_DEVICE_NODE PipCreateNode(PDEVICE_OBJECT PhysicalDeviceObject, PCWSTR InstancePath, ULONG Flags);
// Puts Node behind Parent's other children, and makes it the one of its physical device object. The tree's
// reference is another one.
VOID PipInsertNode(PIOP_DEVICE_NODE Parent, PIOP_DEVICE_NODE Node);
// Takes Node, which has no children, out of the tree: its physical device object is none any more.
VOID PipRemoveNode(PIOP_DEVICE_NODE Node);
// The node of a physical device object, referenced; NULL: DeviceObject is none. IRQL <= APC_LEVEL.
PIOP_DEVICE_NODE PipReferenceNode(PDEVICE_OBJECT DeviceObject);
VOID PipDereferenceNode(PIOP_DEVICE_NODE Node);
// The present one with that path, referenced, or NULL.
PIOP_DEVICE_NODE PipFindNode(PCUNICODE_STRING InstancePath);
// The first, each before its children, that Matches (called under the lock) says is it, referenced, or NULL.
PIOP_DEVICE_NODE PipSearchNodes(BOOLEAN (*Matches)(PIOP_DEVICE_NODE Node, PVOID Context), PVOID Context);

// DOE_* set and cleared in each device of Node's stack. IRQL <= DISPATCH_LEVEL.
VOID PipMarkStack(PIOP_DEVICE_NODE Node, ULONG Set, ULONG Clear);

// A kernel handle to Enum\<instance path> or a key below that; with Create made.
NTSTATUS PipOpenInstanceKey(PIOP_DEVICE_NODE Node, PCWSTR SubKey, ACCESS_MASK DesiredAccess, BOOLEAN Create,
                            PHANDLE Key);

// ---- The root bus (io/pnp-root.c)

// Makes the PnP manager's driver and the root of the tree. Once, when there are drivers and the registry.
NTSTATUS PipInitialize(VOID);

// A device on the root bus, of the next free instance of DeviceId ("Toaster": ROOT\TOASTER\0000; what may not
// stand in an ID is replaced), with a physical device object of the PnP manager's if *PhysicalDeviceObject is
// NULL. *Node has a reference for the caller. STATUS_INVALID_PARAMETER (an ID that is empty or too long),
// STATUS_NO_SUCH_DEVICE (no number left), STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS PipCreateRootDevice(PCWSTR DeviceId, ULONG Flags, PDEVICE_OBJECT *PhysicalDeviceObject,
                             PIOP_DEVICE_NODE *Node);
// Takes a device of PipCreateRootDevice out of the tree, and its object with it if that is the PnP
// manager's.
VOID PipDeleteRootDevice(PIOP_DEVICE_NODE Node);
// DriverObject is unloaded: what it has reported by IoReportDetectedDevice is gone. IRQL PASSIVE_LEVEL.
VOID PipForgetReported(PDRIVER_OBJECT DriverObject);

// ---- For the rest of the I/O manager (io/pnp-device.c). IRQL PASSIVE_LEVEL but for the last.

// Removes every device that DriverObject has a part in. What the first that stays says.
NTSTATUS PipRemoveDevices(PDRIVER_OBJECT DriverObject);
// What the machine asks, KM_DEVICE_*.
NTSTATUS PipCarryOut(KM_REQUEST *Request, PULONG Detail);
// The last file of a device of PhysicalDeviceObject's stack is closed, and it is to be removed. IRQL <=
// DISPATCH_LEVEL.
VOID PipDeviceClosed(PDEVICE_OBJECT PhysicalDeviceObject);

// ---- For a bus of the kernel's own (io/pnp-device.c)

// PhysicalDeviceObject, ready and of a driver that answers IRP_MJ_PNP for it, is a new device on the bus of
// Parent (NULL: the root's): it is asked who it is, and configured, by the PnP worker. It stays its driver's
// to delete, in IRP_MN_REMOVE_DEVICE when it is gone. STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS PipReportDevice(PDEVICE_OBJECT Parent, PDEVICE_OBJECT PhysicalDeviceObject);

// ---- Interfaces (io/pnp-interface.c)

// Node has started: its interfaces that are enabled are announced.
VOID PipAnnounceInterfaces(PIOP_DEVICE_NODE Node);
// Node goes away: its interfaces are disabled.
VOID PipDisableInterfaces(PIOP_DEVICE_NODE Node);

// One instance of an interface class. It stays once it is registered.
typedef struct _PIP_INTERFACE {
    LIST_ENTRY Link; // PipInterfaces, sorted by name
    GUID ClassGuid;
    // Zero-terminated.
    UNICODE_STRING InstancePath; // of its device
    UNICODE_STRING Reference;    // empty: none
    UNICODE_STRING LinkName;     // \??\ROOT#TOASTER#0000#{...}
    UNICODE_STRING Name;         // the same, and \Reference
    BOOLEAN Enabled, Announced;
    LIST_ENTRY Properties; // PIP_PROPERTY.Link
} PIP_INTERFACE, *PPIP_INTERFACE;

extern LIST_ENTRY PipInterfaces;

// The lock is held. The interface of that name, which may begin with \??\ or \\?\; NULL: none.
PPIP_INTERFACE PipFindInterface(PCUNICODE_STRING Name);

// ---- Notification (io/pnp-notify.c)

// Exported, though no header of the WDK's declares it (io/device-stack.c).
NTSTATUS NTAPI IoGetRelatedTargetDevice(PFILE_OBJECT FileObject, PDEVICE_OBJECT *DeviceObject);

// Calls who registered for the class of an interface that has come, or gone. IRQL PASSIVE_LEVEL.
VOID PipNotifyInterfaceChange(const GUID *ClassGuid, const GUID *Event, PUNICODE_STRING Name);
// Asks those who registered for Node whether it may be removed: what the first that says no answers; those
// asked before it are told that nothing comes of it.
NTSTATUS PipNotifyQueryRemove(PIOP_DEVICE_NODE Node);
// GUID_TARGET_DEVICE_REMOVE_CANCELLED, GUID_TARGET_DEVICE_REMOVE_COMPLETE.
VOID PipNotifyTarget(PIOP_DEVICE_NODE Node, const GUID *Event);

// ---- Actions (io/pnp-action.c)

typedef struct _PIP_ACTION {
    LIST_ENTRY Link;
    VOID (*Perform)(struct _PIP_ACTION *Action);
    PKEVENT Done; // who waits; NULL: nobody, and the action is freed
} PIP_ACTION, *PPIP_ACTION;

// An action of Bytes, which begins with a PIP_ACTION. NULL: no memory. IRQL <= DISPATCH_LEVEL.
PVOID PipAllocateAction(SIZE_T Bytes, VOID (*Perform)(PPIP_ACTION Action));
// Has the PnP worker, which does one after the other, carry it out, and free it. IRQL <= DISPATCH_LEVEL.
VOID PipQueueAction(PPIP_ACTION Action);
// The same, and waits for the end; the action stays the caller's. IRQL PASSIVE_LEVEL.
VOID PipPerformAction(PPIP_ACTION Action);

VOID PipInitializeActions(VOID);

#endif
