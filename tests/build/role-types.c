// SPDX-License-Identifier: MIT
// Routines declared by their role types, as Microsoft's pages of callback routines have it.
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
DRIVER_REINITIALIZE Reinitialize;
DRIVER_FS_NOTIFICATION FileSystemChanged;
RTL_QUERY_REGISTRY_ROUTINE ValueFound;
RTL_RUN_ONCE_INIT_FN InitializeOnce;
RTL_HEAP_COMMIT_ROUTINE CommitHeap;
EXPAND_STACK_CALLOUT OnLargeStack;
ALLOCATE_FUNCTION Allocate;
FREE_FUNCTION Free;
ALLOCATE_FUNCTION_EX AllocateEx;
FREE_FUNCTION_EX FreeEx;
ETWENABLECALLBACK ProviderEnabled;

static ULONG Calls;

VOID Reinitialize(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("reinitialized, %lu\n", Count);
}

VOID FileSystemChanged(PDEVICE_OBJECT DeviceObject, BOOLEAN IsActive)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(IsActive);
}

NTSTATUS ValueFound(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context, PVOID EntryContext)
{
    UNREFERENCED_PARAMETER(Name);
    UNREFERENCED_PARAMETER(Type);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(EntryContext);
    *(PULONG)Context += 1;
    return STATUS_SUCCESS;
}

ULONG InitializeOnce(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Context)
{
    UNREFERENCED_PARAMETER(RunOnce);
    UNREFERENCED_PARAMETER(Context);
    *(PULONG)Parameter += 1;
    return TRUE;
}

NTSTATUS CommitHeap(PVOID Base, PVOID *Address, PSIZE_T Size)
{
    UNREFERENCED_PARAMETER(Base);
    UNREFERENCED_PARAMETER(Address);
    UNREFERENCED_PARAMETER(Size);
    return STATUS_NO_MEMORY;
}

VOID OnLargeStack(PVOID Parameter)
{
    *(PULONG)Parameter += 1;
}

PVOID Allocate(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(Type, Bytes, Tag);
}

VOID Free(PVOID Memory)
{
    ExFreePool(Memory);
}

PVOID AllocateEx(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    Calls += 1;
    return ExAllocatePoolWithTag(Type, Bytes, Tag);
}

VOID FreeEx(PVOID Memory, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    ExFreePool(Memory);
}

VOID ProviderEnabled(LPCGUID Source, ULONG Code, UCHAR Level, ULONGLONG Any, ULONGLONG All,
                     PEVENT_FILTER_DESCRIPTOR Filter, PVOID Context)
{
    UNREFERENCED_PARAMETER(Source);
    UNREFERENCED_PARAMETER(Code);
    UNREFERENCED_PARAMETER(Level);
    UNREFERENCED_PARAMETER(Any);
    UNREFERENCED_PARAMETER(All);
    UNREFERENCED_PARAMETER(Filter);
    UNREFERENCED_PARAMETER(Context);
}

VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static RTL_RUN_ONCE RunOnce = RTL_RUN_ONCE_INIT;
    RTL_QUERY_REGISTRY_TABLE Table[2] = {{ValueFound, 0, NULL, NULL, REG_NONE, NULL, 0}};
    LOOKASIDE_LIST_EX Lookaside;
    PVOID Memory;
    NTSTATUS Status =
        ExInitializeLookasideListEx(&Lookaside, AllocateEx, FreeEx, NonPagedPoolNx, 0, 32, 'eloR', 0);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Memory = ExAllocateFromLookasideListEx(&Lookaside);
    if (Memory != NULL) {
        ExFreeToLookasideListEx(&Lookaside, Memory);
    }
    ExDeleteLookasideListEx(&Lookaside);
    Status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, &Calls, NULL);
    if (NT_SUCCESS(Status)) {
        Status = RtlRunOnceExecuteOnce(&RunOnce, InitializeOnce, &Calls, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = KeExpandKernelStackAndCallout(OnLargeStack, &Calls, 16 * 1024);
    }
    DbgPrint("%s\n", Calls > 3 ? "each was called" : "not all were called");
    IoRegisterDriverReinitialization(DriverObject, Reinitialize, NULL);
    DriverObject->DriverUnload = DriverUnload;
    return Status;
}
