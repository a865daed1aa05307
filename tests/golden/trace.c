// SPDX-License-Identifier: MIT
// kmode run: --trace
// What crosses the border, in both directions: arguments by their types, results, calls within calls, other
// threads, DPCs, and a call that an exception ends.
#include <ntifs.h>

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Traced");
static KTIMER Timer;
static KDPC TimerDpc;
static KEVENT Expired, Ended;

static KDEFERRED_ROUTINE Expire;
static VOID NTAPI Expire(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

static KSTART_ROUTINE Run;
static VOID NTAPI Run(PVOID Context)
{
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static DRIVER_DISPATCH Control;
static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_NOT_SUPPORTED;
}

// A call within a call, and one in it.
static VOID Send(PDEVICE_OBJECT DeviceObject)
{
    IO_STATUS_BLOCK Block;
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildDeviceIoControlRequest(0x222004, DeviceObject, NULL, 0, NULL, 0, FALSE, &Event, &Block);
    if (Irp != NULL) {
        IoCallDriver(DeviceObject, Irp);
    }
}

static VOID UseNames(VOID)
{
    HANDLE Handle;
    UNICODE_STRING Name, Number;
    IO_STATUS_BLOCK Block;
    OBJECT_ATTRIBUTES Attributes;
    WCHAR Digits[8];
    RtlInitUnicodeString(&Name, L"\\??\\Q:\\nothing \"quoted\".txt");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&Handle, GENERIC_READ | SYNCHRONIZE, &Attributes, &Block, NULL, FILE_ATTRIBUTE_NORMAL,
                 FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    RtlInitEmptyUnicodeString(&Number, Digits, sizeof(Digits));
    RtlIntegerToUnicodeString(300, 10, &Number);
    // An exception goes through the border: the call never returns.
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)0x1001, 8, 8);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("%s\n", "raised");
    }
}

static VOID UsePool(VOID)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 100, 'carT');
    if (Memory != NULL) {
        ExFreePoolWithTag(Memory, 'carT');
    }
}

static NTSTATUS UseThreads(VOID)
{
    HANDLE Thread;
    LARGE_INTEGER Due = {.QuadPart = -20000};
    KIRQL Irql;
    KSPIN_LOCK Lock;
    KeInitializeEvent(&Expired, NotificationEvent, FALSE);
    KeInitializeEvent(&Ended, NotificationEvent, FALSE);
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TimerDpc, Expire, &Expired);
    KeSetTimer(&Timer, Due, &TimerDpc);
    KeWaitForSingleObject(&Expired, Executive, KernelMode, FALSE, NULL);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Irql);
    KeReleaseSpinLock(&Lock, Irql);
    NTSTATUS Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, &Ended);
    if (NT_SUCCESS(Status)) {
        KeWaitForSingleObject(&Ended, Executive, KernelMode, FALSE, NULL);
        ZwWaitForSingleObject(Thread, FALSE, NULL);
        ZwClose(Thread);
    }
    return Status;
}

static DRIVER_UNLOAD Unload;
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    NTSTATUS Status = IoCreateDevice(DriverObject, 16, &DeviceName, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    Send(DeviceObject);
    UseNames();
    UsePool();
    return UseThreads();
}
