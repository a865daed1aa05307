// SPDX-License-Identifier: MIT
// Routines of ntddk.h that belong to no larger group here.
#ifndef KMODE_NT_NTDDK_EXTRA_H
#define KMODE_NT_NTDDK_EXTRA_H

// Where page tables were before Windows 10 1607, which moves them at each boot. Drivers have variables so
// named.
#undef PTE_BASE
#undef PDE_BASE
#undef PPE_BASE
#undef PXE_BASE

#ifdef __cplusplus
extern "C" {
#endif

// The function types, of which mingw-w64 has the pointers only.
typedef __typeof__(*(PDRIVER_REINITIALIZE)NULL) DRIVER_REINITIALIZE;
typedef __typeof__(*(PEXPAND_STACK_CALLOUT)NULL) EXPAND_STACK_CALLOUT;
typedef __typeof__(*(PRTL_RUN_ONCE_INIT_FN)NULL) RTL_RUN_ONCE_INIT_FN;
typedef RTL_GENERIC_COMPARE_RESULTS(NTAPI RTL_AVL_COMPARE_ROUTINE)(_In_ struct _RTL_AVL_TABLE *Table,
                                                                   _In_ PVOID FirstStruct,
                                                                   _In_ PVOID SecondStruct);
typedef PVOID(NTAPI RTL_AVL_ALLOCATE_ROUTINE)(_In_ struct _RTL_AVL_TABLE *Table, _In_ CLONG ByteSize);
typedef VOID(NTAPI RTL_AVL_FREE_ROUTINE)(_In_ struct _RTL_AVL_TABLE *Table, _In_ PVOID Buffer);
#ifndef RTL_USE_AVL_TABLES
typedef RTL_GENERIC_COMPARE_RESULTS(NTAPI RTL_GENERIC_COMPARE_ROUTINE)(_In_ struct _RTL_GENERIC_TABLE *Table,
                                                                       _In_ PVOID FirstStruct,
                                                                       _In_ PVOID SecondStruct);
typedef PVOID(NTAPI RTL_GENERIC_ALLOCATE_ROUTINE)(_In_ struct _RTL_GENERIC_TABLE *Table, _In_ CLONG ByteSize);
typedef VOID(NTAPI RTL_GENERIC_FREE_ROUTINE)(_In_ struct _RTL_GENERIC_TABLE *Table, _In_ PVOID Buffer);
#endif

// IRQL <= DISPATCH_LEVEL, < DISPATCH_LEVEL with Wait. Calls Callout on a stack with at least Size bytes left.
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
KeExpandKernelStackAndCalloutEx(_In_ PEXPAND_STACK_CALLOUT Callout, _In_opt_ PVOID Parameter,
                                _In_ SIZE_T Size, _In_ BOOLEAN Wait, _In_opt_ PVOID Context);

// mingw-w64's leaves these out with NO_LEGACY_DRIVERS, which its wdm.h defines. Any IRQL. Bytes read or
// written; 0: there is no such bus; of HalGetBusData, 2: PCI_INVALID_VENDORID, there is no such function.
#ifdef NO_LEGACY_DRIVERS
NTHALAPI ULONG NTAPI HalGetBusData(_In_ BUS_DATA_TYPE BusDataType, _In_ ULONG BusNumber,
                                   _In_ ULONG SlotNumber, _Out_writes_bytes_(Length) PVOID Buffer,
                                   _In_ ULONG Length);
NTHALAPI ULONG NTAPI HalSetBusData(_In_ BUS_DATA_TYPE BusDataType, _In_ ULONG BusNumber,
                                   _In_ ULONG SlotNumber, _In_reads_bytes_(Length) PVOID Buffer,
                                   _In_ ULONG Length);
// The vector of a bus's interrupt line, for IoConnectInterrupt, with its DIRQL and the processors it can
// interrupt; 0: there is no such line. PASSIVE_LEVEL.
NTHALAPI ULONG NTAPI HalGetInterruptVector(_In_ INTERFACE_TYPE InterfaceType, _In_ ULONG BusNumber,
                                           _In_ ULONG BusInterruptLevel, _In_ ULONG BusInterruptVector,
                                           _Out_ PKIRQL Irql, _Out_ PKAFFINITY Affinity);
#endif

typedef enum _STATE_LOCATION_TYPE {
    LocationTypeRegistry = 0,
    LocationTypeFileSystem,
    LocationTypeMaximum
} STATE_LOCATION_TYPE;

NTSYSAPI NTSTATUS NTAPI
RtlGetPersistedStateLocation(_In_ PCWSTR SourceID, _In_opt_ PCWSTR CustomValue, _In_opt_ PCWSTR DefaultPath,
                             _In_ STATE_LOCATION_TYPE StateLocationType,
                             _Out_writes_bytes_to_opt_(BufferLengthIn, *BufferLengthOut) PWCHAR TargetPath,
                             _In_ ULONG BufferLengthIn, _Out_opt_ PULONG BufferLengthOut);
NTSYSAPI BOOLEAN NTAPI RtlIsStateSeparationEnabled(VOID);

NTSYSAPI BOOLEAN NTAPI RtlNormalizeSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                                      _In_ ULONG SecurityDescriptorLength,
                                                      _Inout_opt_ PSECURITY_DESCRIPTOR *NewSecurityDescriptor,
                                                      _Out_opt_ PULONG NewSecurityDescriptorLength,
                                                      _In_ BOOLEAN CheckOnly);

NTSYSAPI NTSTATUS NTAPI RtlQueryRegistryValueWithFallback(
    _In_opt_ HANDLE PrimaryHandle, _In_opt_ HANDLE FallbackHandle, _In_ PUNICODE_STRING ValueName,
    _In_ ULONG ValueLength, _Out_opt_ PULONG ValueType,
    _Out_writes_bytes_to_(ValueLength, *ResultLength) PVOID ValueData, _Out_ PULONG ResultLength);

#ifdef __cplusplus
}
#endif

#endif
