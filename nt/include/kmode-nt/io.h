// SPDX-License-Identifier: MIT
// I/O manager routines.
#ifndef KMODE_NT_IO_H
#define KMODE_NT_IO_H

#ifdef __cplusplus
extern "C" {
#endif

// Annotated forms of DRIVER_DISPATCH; the types are the same.
typedef DRIVER_DISPATCH DRIVER_DISPATCH_PAGED;
typedef DRIVER_DISPATCH_PAGED *PDRIVER_DISPATCH_PAGED;
typedef DRIVER_DISPATCH DRIVER_DISPATCH_RAISED;
typedef DRIVER_DISPATCH_RAISED *PDRIVER_DISPATCH_RAISED;

// The state of a connected interrupt: ConnectionContext is what IoConnectInterruptEx gave, of Version.
typedef struct _IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
    ULONG Version;
    union {
        PVOID Generic;
        PKINTERRUPT InterruptObject;
        PIO_INTERRUPT_MESSAGE_INFO InterruptMessageTable;
    } ConnectionContext;
} IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS, *PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS;

NTKERNELAPI VOID NTAPI IoReportInterruptActive(_In_ PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters);
NTKERNELAPI VOID NTAPI
IoReportInterruptInactive(_In_ PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters);

// The types of a cancel-safe queue's routines, of which mingw-w64 has the pointers alone.
typedef __typeof__(*(PIO_CSQ_INSERT_IRP)NULL) IO_CSQ_INSERT_IRP;
typedef __typeof__(*(PIO_CSQ_REMOVE_IRP)NULL) IO_CSQ_REMOVE_IRP;
typedef __typeof__(*(PIO_CSQ_PEEK_NEXT_IRP)NULL) IO_CSQ_PEEK_NEXT_IRP;
typedef __typeof__(*(PIO_CSQ_ACQUIRE_LOCK)NULL) IO_CSQ_ACQUIRE_LOCK;
typedef __typeof__(*(PIO_CSQ_RELEASE_LOCK)NULL) IO_CSQ_RELEASE_LOCK;
typedef __typeof__(*(PIO_CSQ_COMPLETE_CANCELED_IRP)NULL) IO_CSQ_COMPLETE_CANCELED_IRP;

// PASSIVE_LEVEL. A system thread that holds a reference on IoObject (driver or device), so its code stays
// loaded.
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI IoCreateSystemThread(
    _Inout_ PVOID IoObject, _Out_ PHANDLE ThreadHandle, _In_ ULONG DesiredAccess,
    _In_opt_ POBJECT_ATTRIBUTES ObjectAttributes, _In_opt_ HANDLE ProcessHandle,
    _Out_opt_ PCLIENT_ID ClientId, _In_ PKSTART_ROUTINE StartRoutine, _In_opt_ PVOID StartContext);

typedef enum _DRIVER_REGKEY_TYPE {
    DriverRegKeyParameters,
    DriverRegKeyPersistentState,
    DriverRegKeySharedPersistentState
} DRIVER_REGKEY_TYPE,
    *PDRIVER_REGKEY_TYPE;

typedef enum _DRIVER_DIRECTORY_TYPE {
    DriverDirectoryImage,
    DriverDirectoryData,
    DriverDirectorySharedData
} DRIVER_DIRECTORY_TYPE,
    *PDRIVER_DIRECTORY_TYPE;

typedef enum _DEVICE_DIRECTORY_TYPE { DeviceDirectoryData } DEVICE_DIRECTORY_TYPE, *PDEVICE_DIRECTORY_TYPE;

// PASSIVE_LEVEL. The caller closes the handle with ZwClose.
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI IoOpenDriverRegistryKey(_In_ PDRIVER_OBJECT DriverObject,
                                                                         _In_ DRIVER_REGKEY_TYPE RegKeyType,
                                                                         _In_ ACCESS_MASK DesiredAccess,
                                                                         _In_ ULONG Flags,
                                                                         _Out_ PHANDLE DriverRegKey);
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
IoGetDriverDirectory(_In_ PDRIVER_OBJECT DriverObject, _In_ DRIVER_DIRECTORY_TYPE DirectoryType,
                     _In_ ULONG Flags, _Out_ PHANDLE DriverDirectoryHandle);
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
IoGetDeviceDirectory(_In_ PDEVICE_OBJECT PhysicalDeviceObject, _In_ DEVICE_DIRECTORY_TYPE DirectoryType,
                     _In_ ULONG Flags, _In_ PVOID Reserved, _Out_ PHANDLE DeviceDirectoryHandle);

// PASSIVE_LEVEL. FullPath->Buffer is paged pool, which the caller frees with ExFreePool.
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI IoQueryFullDriverPath(_In_ PDRIVER_OBJECT DriverObject,
                                                                       _Out_ PUNICODE_STRING FullPath);

// As IoAllocateIrp, for the drivers below DeviceObject (I/O redirection needs it).
_Must_inspect_result_ NTKERNELAPI PIRP NTAPI IoAllocateIrpEx(_In_ PDEVICE_OBJECT DeviceObject,
                                                             _In_ CCHAR StackSize, _In_ BOOLEAN ChargeQuota);

// Properties of a device interface, which SymbolicLinkName is the name of.
NTKERNELAPI NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(_In_ PUNICODE_STRING SymbolicLinkName,
                                                            _In_ const DEVPROPKEY *PropertyKey,
                                                            _In_ LCID Lcid, _In_ ULONG Flags,
                                                            _In_ DEVPROPTYPE Type, _In_ ULONG Size,
                                                            _In_reads_bytes_opt_(Size) PVOID Data);
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
IoGetDeviceInterfacePropertyData(_In_ PUNICODE_STRING SymbolicLinkName, _In_ const DEVPROPKEY *PropertyKey,
                                 _In_ LCID Lcid, _Reserved_ ULONG Flags, _In_ ULONG Size, _Out_ PVOID Data,
                                 _Out_ PULONG RequiredSize, _Out_ PDEVPROPTYPE Type);

NTKERNELAPI NTSTATUS NTAPI IoReportRootDevice(_In_ PDRIVER_OBJECT DriverObject);

// The process that opened the file, for the life of FileObject; NULL where none is known.
NTKERNELAPI PEPROCESS NTAPI IoGetInitiatorProcess(_In_ PFILE_OBJECT FileObject);

NTKERNELAPI NTSTATUS NTAPI IoGetActivityIdIrp(_In_ PIRP Irp, _Out_ LPGUID Guid);
NTKERNELAPI NTSTATUS NTAPI IoSetActivityIdIrp(_Inout_ PIRP Irp, _In_opt_ LPCGUID Guid);
NTKERNELAPI LPCGUID NTAPI IoGetActivityIdThread(VOID);
NTKERNELAPI LPCGUID NTAPI IoSetActivityIdThread(_In_ LPCGUID ActivityId);
NTKERNELAPI VOID NTAPI IoClearActivityIdThread(_In_ LPCGUID OriginalId);
NTKERNELAPI VOID NTAPI IoTransferActivityId(_In_ LPCGUID ActivityId, _In_ LPCGUID RelatedActivityId);

// As the routines without Ex, for the drivers below DeviceObject.
NTKERNELAPI VOID NTAPI IoInitializeIrpEx(_Inout_ PIRP Irp, _In_opt_ PDEVICE_OBJECT DeviceObject,
                                         _In_ USHORT PacketSize, _In_ CCHAR StackSize);
NTKERNELAPI USHORT NTAPI IoSizeOfIrpEx(_In_opt_ PDEVICE_OBJECT DeviceObject, _In_ CCHAR StackSize);
_Must_inspect_result_ NTKERNELAPI PIRP NTAPI IoMakeAssociatedIrpEx(_In_ PIRP Irp,
                                                                   _In_ PDEVICE_OBJECT DeviceObject,
                                                                   _In_ CCHAR StackSize);

// IRQL <= APC_LEVEL. Sends Irp, whose next stack location is set up, and waits until it is completed; its
// owner frees it.
NTKERNELAPI NTSTATUS NTAPI IoSynchronousCallDriver(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp);

// Any IRQL. Windows 8+. Whether an IRP may be completed with Status.
NTKERNELAPI BOOLEAN NTAPI IoIsValidIrpStatus(_In_ NTSTATUS Status);

#ifdef __cplusplus
}
#endif

#endif
