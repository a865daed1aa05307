// SPDX-License-Identifier: MIT
// A software-only device with I/O control codes of all four transfer methods.
#include <ntddk.h>

#include "public.h"

#define CIPHER_POOL_TAG      'hpiC'
#define CIPHER_DEVICE_NAME   L"\\Device\\Cipher"
#define CIPHER_SYMBOLIC_LINK L"\\DosDevices\\Cipher"

typedef struct _CIPHER_DEVICE {
    LONG OpenFiles;
} CIPHER_DEVICE, *PCIPHER_DEVICE;

// Of a file object's FsContext. Paged: it is used below DISPATCH_LEVEL only; but for the mutex, which an
// event is in.
typedef struct _CIPHER_FILE {
    FAST_MUTEX Mutex; // guards all below
    ULONG KeyBytes;
    UCHAR Key[CIPHER_KEY_BYTES];
    CIPHER_STATISTICS Statistics;
} CIPHER_FILE, *PCIPHER_FILE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD CipherUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH_PAGED CipherCreate;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH_PAGED CipherCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH_PAGED CipherClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED CipherDeviceControl;

// Each carries out one code for the file; *Information is the number of bytes to copy out. IRQL
// PASSIVE_LEVEL.
typedef NTSTATUS CIPHER_CONTROL(_In_ PCIPHER_FILE File, _In_ PIRP Irp, _In_ PIO_STACK_LOCATION Stack,
                                _Out_ PULONG_PTR Information);
static CIPHER_CONTROL CipherSetKey, CipherEncode, CipherAdd, CipherStream, CipherEncodeNeither, CipherQuery;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, CipherUnload)
#pragma alloc_text(PAGE, CipherCreate)
#pragma alloc_text(PAGE, CipherCleanup)
#pragma alloc_text(PAGE, CipherClose)
#pragma alloc_text(PAGE, CipherDeviceControl)
#pragma alloc_text(PAGE, CipherSetKey)
#pragma alloc_text(PAGE, CipherEncode)
#pragma alloc_text(PAGE, CipherAdd)
#pragma alloc_text(PAGE, CipherStream)
#pragma alloc_text(PAGE, CipherEncodeNeither)
#pragma alloc_text(PAGE, CipherQuery)
#endif

static const struct {
    ULONG Code;
    ULONG LeastInput, LeastOutput;
    CIPHER_CONTROL *Routine;
} CipherControls[] = {
    {IOCTL_CIPHER_SET_KEY, 1, 0, CipherSetKey},
    {IOCTL_CIPHER_ENCODE, 1, 1, CipherEncode},
    {IOCTL_CIPHER_ADD, sizeof(ULONG), 1, CipherAdd},
    {IOCTL_CIPHER_STREAM, sizeof(ULONG), 1, CipherStream},
    {IOCTL_CIPHER_ENCODE_NEITHER, 1, 1, CipherEncodeNeither},
    {IOCTL_CIPHER_QUERY, 0, sizeof(CIPHER_STATISTICS), CipherQuery},
};

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(CIPHER_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(CIPHER_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(CIPHER_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ((PCIPHER_DEVICE)DeviceObject->DeviceExtension)->OpenFiles = 0;

    DriverObject->MajorFunction[IRP_MJ_CREATE] = CipherCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CipherCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CipherClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = CipherDeviceControl;
    DriverObject->DriverUnload = CipherUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
    }
    return Status;
}

_Use_decl_annotations_ static VOID CipherUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(CIPHER_SYMBOLIC_LINK);

    PAGED_CODE();
    // The I/O manager keeps the driver loaded while a file is open on its device.
    ASSERT(((PCIPHER_DEVICE)DriverObject->DeviceObject->DeviceExtension)->OpenFiles == 0);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS CipherComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS CipherCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCIPHER_DEVICE Device = DeviceObject->DeviceExtension;
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PCIPHER_FILE File;

    PAGED_CODE();

    // The device has no names below its own.
    if (FileObject->FileName.Length != 0) {
        return CipherComplete(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    }
    File = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(CIPHER_FILE), CIPHER_POOL_TAG);
    if (File == NULL) {
        return CipherComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    ExInitializeFastMutex(&File->Mutex);
    File->KeyBytes = 1; // of zero: the cipher is the identity
    FileObject->FsContext = File;
    InterlockedIncrement(&Device->OpenFiles);
    return CipherComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

// The last handle is closed: nobody asks for the key any more, though the file lives while requests are under
// way.
_Use_decl_annotations_ static NTSTATUS CipherCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCIPHER_DEVICE Device = DeviceObject->DeviceExtension;
    PCIPHER_FILE File = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    PAGED_CODE();
    ExAcquireFastMutex(&File->Mutex);
    RtlSecureZeroMemory(File->Key, sizeof(File->Key));
    ExReleaseFastMutex(&File->Mutex);
    InterlockedDecrement(&Device->OpenFiles);
    return CipherComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS CipherClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();
    ExFreePoolWithTag(FileObject->FsContext, CIPHER_POOL_TAG);
    FileObject->FsContext = NULL;
    return CipherComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS CipherDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PCIPHER_FILE File = Stack->FileObject->FsContext;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG Index;

    UNREFERENCED_PARAMETER(DeviceObject);
    PAGED_CODE();

    for (Index = 0; Index < RTL_NUMBER_OF(CipherControls); Index += 1) {
        if (CipherControls[Index].Code != Stack->Parameters.DeviceIoControl.IoControlCode) {
            continue;
        }
        if (Stack->Parameters.DeviceIoControl.InputBufferLength < CipherControls[Index].LeastInput) {
            Status = STATUS_INVALID_PARAMETER;
        } else if (Stack->Parameters.DeviceIoControl.OutputBufferLength < CipherControls[Index].LeastOutput) {
            Status = STATUS_BUFFER_TOO_SMALL;
        } else {
            Status = CipherControls[Index].Routine(File, Irp, Stack, &Information);
        }
        break;
    }
    if (NT_SUCCESS(Status)) {
        ExAcquireFastMutex(&File->Mutex);
        File->Statistics.Requests += 1;
        ExReleaseFastMutex(&File->Mutex);
    }
    return CipherComplete(Irp, Status, Information);
}

static NTSTATUS CipherSetKey(PCIPHER_FILE File, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG Bytes = Stack->Parameters.DeviceIoControl.InputBufferLength;

    PAGED_CODE();
    *Information = 0;
    if (Bytes > CIPHER_KEY_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    ExAcquireFastMutex(&File->Mutex);
    File->KeyBytes = Bytes;
    RtlCopyMemory(File->Key, Irp->AssociatedIrp.SystemBuffer, Bytes);
    ExReleaseFastMutex(&File->Mutex);
    return STATUS_SUCCESS;
}

// Output may be Input. May raise where they are user memory; the mutex is not held then.
static VOID CipherTransform(_Inout_ PCIPHER_FILE File, _In_reads_bytes_(Bytes) const UCHAR *Input,
                            _Out_writes_bytes_(Bytes) PUCHAR Output, _In_ ULONG Bytes)
{
    UCHAR Key[CIPHER_KEY_BYTES];
    ULONG KeyBytes, Index;

    ExAcquireFastMutex(&File->Mutex);
    KeyBytes = File->KeyBytes;
    RtlCopyMemory(Key, File->Key, sizeof(Key));
    File->Statistics.Bytes += Bytes;
    ExReleaseFastMutex(&File->Mutex);

    for (Index = 0; Index < Bytes; Index += 1) {
        Output[Index] = Input[Index] ^ Key[Index % KeyBytes];
    }
    RtlSecureZeroMemory(Key, sizeof(Key));
}

static NTSTATUS CipherEncode(PCIPHER_FILE File, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Bytes = min(Input, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    PUCHAR Buffer = Irp->AssociatedIrp.SystemBuffer; // input and output

    PAGED_CODE();
    CipherTransform(File, Buffer, Buffer, Bytes);
    *Information = Bytes;
    return Bytes < Input ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

// The second buffer of a direct request in system space. NULL: *Status tells why. A caller may give a length
// without a buffer; the I/O manager makes no MDL then.
static PVOID CipherMapDirect(_In_ PIRP Irp, _Out_ PNTSTATUS Status)
{
    PVOID Data;

    PAGED_CODE();
    if (Irp->MdlAddress == NULL) {
        *Status = STATUS_INVALID_PARAMETER;
        return NULL;
    }
    Data = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    *Status = Data == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    return Data;
}

static NTSTATUS CipherAdd(PCIPHER_FILE File, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG Bytes = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Factor = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    ULONG Sum = 0, Index;
    const UCHAR *Data;
    NTSTATUS Status;

    PAGED_CODE();
    *Information = 0;
    Data = CipherMapDirect(Irp, &Status);
    if (Data == NULL) {
        return Status;
    }
    for (Index = 0; Index < Bytes; Index += 1) {
        Sum += Data[Index] * Factor;
    }
    ExAcquireFastMutex(&File->Mutex);
    File->Statistics.Checksum += Sum;
    ExReleaseFastMutex(&File->Mutex);
    return STATUS_SUCCESS;
}

static NTSTATUS CipherStream(PCIPHER_FILE File, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG Bytes = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Position = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    ULONG Index;
    PUCHAR Data;
    NTSTATUS Status;

    PAGED_CODE();
    *Information = 0;
    Data = CipherMapDirect(Irp, &Status);
    if (Data == NULL) {
        return Status;
    }
    ExAcquireFastMutex(&File->Mutex);
    for (Index = 0; Index < Bytes; Index += 1) {
        Data[Index] = File->Key[(Position + Index) % File->KeyBytes];
    }
    ExReleaseFastMutex(&File->Mutex);
    *Information = Bytes;
    return STATUS_SUCCESS;
}

// Locks the user buffer at Address and maps it. The caller gives both back: CipherReleaseUserBuffer. In the
// context of the process that the request is of.
static NTSTATUS CipherMapUserBuffer(_In_ PVOID Address, _In_ ULONG Bytes, _In_ KPROCESSOR_MODE Mode,
                                    _In_ LOCK_OPERATION Operation, _Out_ PMDL *Mdl, _Out_ PUCHAR *Mapped)
{
    NTSTATUS Status;

    PAGED_CODE();
    *Mdl = IoAllocateMdl(Address, Bytes, FALSE, TRUE, NULL);
    if (*Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(*Mdl, Mode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
        goto FreeMdl;
    }
    *Mapped = MmGetSystemAddressForMdlSafe(*Mdl, NormalPagePriority | MdlMappingNoExecute);
    if (*Mapped == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto UnlockPages;
    }
    return STATUS_SUCCESS;

UnlockPages:
    MmUnlockPages(*Mdl);
FreeMdl:
    IoFreeMdl(*Mdl);
    *Mdl = NULL;
    return Status;
}

static VOID CipherReleaseUserBuffer(_In_ PMDL Mdl)
{
    MmUnlockPages(Mdl); // and unmaps them
    IoFreeMdl(Mdl);
}

// The input is read where it is, under __try: it may vanish at any time. The output is locked and mapped.
static NTSTATUS CipherEncodeNeither(PCIPHER_FILE File, PIRP Irp, PIO_STACK_LOCATION Stack,
                                    PULONG_PTR Information)
{
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Bytes = min(Input, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    PVOID UserInput = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    PUCHAR Output;
    PMDL OutputMdl;
    NTSTATUS Status;

    PAGED_CODE();
    *Information = 0;
    Status =
        CipherMapUserBuffer(Irp->UserBuffer, Bytes, Irp->RequestorMode, IoWriteAccess, &OutputMdl, &Output);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        if (Irp->RequestorMode != KernelMode) {
            ProbeForRead(UserInput, Bytes, sizeof(UCHAR));
        }
        CipherTransform(File, UserInput, Output, Bytes);
        *Information = Bytes;
        Status = Bytes < Input ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    CipherReleaseUserBuffer(OutputMdl);
    return Status;
}

static NTSTATUS CipherQuery(PCIPHER_FILE File, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    CIPHER_STATISTICS *Statistics = Irp->AssociatedIrp.SystemBuffer;
    PCIPHER_DEVICE Device = Stack->DeviceObject->DeviceExtension;

    PAGED_CODE();
    ExAcquireFastMutex(&File->Mutex);
    *Statistics = File->Statistics;
    ExReleaseFastMutex(&File->Mutex);
    Statistics->OpenFiles = (ULONG)ReadNoFence(&Device->OpenFiles);
    *Information = sizeof(*Statistics);
    return STATUS_SUCCESS;
}
