// SPDX-License-Identifier: MIT
// Prints what it is told of processes, threads and images, and what it finds of the images of its caller.
#include <ntifs.h>
#include <ntimage.h>

#define LIST CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

NTKERNELAPI PPEB NTAPI PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *FileObject);

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Images");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Images");

static VOID NTAPI OnProcess(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Info)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessId);
    if (Info != NULL) {
        DbgPrint("process %wZ, file %wZ\n", Info->ImageFileName,
                 Info->FileObject != NULL ? &Info->FileObject->FileName : NULL);
    }
}

static VOID NTAPI OnThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ThreadId);
    if (Create && ProcessId != PsGetProcessId(PsInitialSystemProcess)) {
        DbgPrint("thread\n");
    }
}

static VOID NTAPI OnNewThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    if (Create) {
        DbgPrint("thread starts%s\n", ThreadId == PsGetCurrentThreadId() ? "" : " elsewhere");
    }
}

static ULONG_PTR BaseInHeaders(const IMAGE_NT_HEADERS64 *Headers)
{
    return Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC
               ? ((const IMAGE_NT_HEADERS32 *)Headers)->OptionalHeader.ImageBase
               : Headers->OptionalHeader.ImageBase;
}

// What is mapped is there already, and read like any memory of the process.
static BOOLEAN IsMapped(const IMAGE_INFO *Info)
{
    BOOLEAN Mapped = FALSE;
    __try {
        const IMAGE_DOS_HEADER *Dos = Info->ImageBase;
        const IMAGE_NT_HEADERS64 *Headers =
            (const IMAGE_NT_HEADERS64 *)((PUCHAR)Info->ImageBase + Dos->e_lfanew);
        Mapped = Dos->e_magic == IMAGE_DOS_SIGNATURE && Headers->Signature == IMAGE_NT_SIGNATURE &&
                 BaseInHeaders(Headers) == (ULONG_PTR)Info->ImageBase &&
                 ROUND_TO_PAGES(Headers->OptionalHeader.SizeOfImage) == Info->ImageSize;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    return Mapped;
}

static VOID NTAPI OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO Info)
{
    if (ProcessId == NULL) {
        return;
    }
    PIMAGE_INFO_EX Extended = CONTAINING_RECORD(Info, IMAGE_INFO_EX, ImageInfo);
    PFILE_OBJECT File =
        Info->ExtendedInfoPresent && Extended->Size == sizeof(*Extended) ? Extended->FileObject : NULL;
    DbgPrint("image %wZ, file %wZ%s%s%s%s%s%s\n", FullImageName, File != NULL ? &File->FileName : NULL,
             IsMapped(Info) ? ", mapped" : "", ProcessId == PsGetCurrentProcessId() ? ", here" : "",
             Info->SystemModeImage ? ", system" : "",
             Info->ImageAddressingMode == IMAGE_ADDRESSING_MODE_32BIT ? "" : ", addressing",
             KeAreApcsDisabled() && !KeAreAllApcsDisabled() ? "" : ", APCs",
             Info->ImageBase == PsGetProcessSectionBaseAddress(PsGetCurrentProcess()) ? ", the process's"
                                                                                      : "");
}

// ---- The caller's own

// LDR_DATA_TABLE_ENTRY, as far as it is walked here.
typedef struct _ENTRY {
    LIST_ENTRY Links[3];
    PVOID DllBase, EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName, BaseDllName;
} ENTRY;

static VOID PrintList(PCSTR Name, ULONG Index, PLIST_ENTRY Head)
{
    DbgPrint("%s:", Name);
    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
        const ENTRY *Entry = CONTAINING_RECORD(Link, ENTRY, Links[Index]);
        IMAGE_INFO Info = {.ImageBase = Entry->DllBase, .ImageSize = ROUND_TO_PAGES(Entry->SizeOfImage)};
        DbgPrint(" %wZ%s%s", Index == 0 ? &Entry->FullDllName : &Entry->BaseDllName,
                 Link->Blink->Flink == Link ? "" : " unlinked", IsMapped(&Info) ? "" : " unmapped");
    }
    DbgPrint("\n");
}

// The same of the 32-bit block.
typedef struct _ENTRY32 {
    LIST_ENTRY32 Links[3];
    ULONG DllBase, EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING32 FullDllName, BaseDllName;
} ENTRY32;

static VOID PrintList32(PCSTR Name, ULONG Index, const LIST_ENTRY32 *Head)
{
    DbgPrint("32-bit %s:", Name);
    for (ULONG Link = Head->Flink; Link != (ULONG)(ULONG_PTR)Head;) {
        const LIST_ENTRY32 *Links = (const LIST_ENTRY32 *)(ULONG_PTR)Link;
        const ENTRY32 *Entry = (const ENTRY32 *)(Links - Index);
        const UNICODE_STRING32 *Text = Index == 0 ? &Entry->FullDllName : &Entry->BaseDllName;
        UNICODE_STRING Shown = {Text->Length, Text->MaximumLength, (PWCH)(ULONG_PTR)Text->Buffer};
        IMAGE_INFO Info = {.ImageBase = (PVOID)(ULONG_PTR)Entry->DllBase,
                           .ImageSize = ROUND_TO_PAGES(Entry->SizeOfImage)};
        DbgPrint(" %wZ%s%s", &Shown,
                 ((const LIST_ENTRY32 *)(ULONG_PTR)Links->Blink)->Flink == Link ? "" : " unlinked",
                 IsMapped(&Info) ? "" : " unmapped");
        Link = Links->Flink;
    }
    DbgPrint("\n");
}

static VOID PrintWow64(PEPROCESS Process, PUCHAR Peb)
{
    const ULONG *Parameters = (const ULONG *)(ULONG_PTR) * (PULONG)(Peb + 0x10);
    const LIST_ENTRY32 *Lists = (const LIST_ENTRY32 *)((ULONG_PTR) * (PULONG)(Peb + 0x0C) + 0x0C);
    const UNICODE_STRING32 *Path = (const UNICODE_STRING32 *)((const UCHAR *)Parameters + 0x38);
    UNICODE_STRING Shown = {Path->Length, Path->MaximumLength, (PWCH)(ULONG_PTR)Path->Buffer};
    const UCHAR *Teb = (const UCHAR *)PsGetCurrentThreadTeb();
    const UCHAR *Teb32 = Teb + *(const LONG *)(Teb + 0x180C);
    DbgPrint("32-bit: %wZ%s%s%s\n", &Shown,
             *(PULONG)(Peb + 0x08) == (ULONG_PTR)PsGetProcessSectionBaseAddress(Process) ? ""
                                                                                         : ", another base",
             *(const ULONG *)(Teb32 + 0x18) == (ULONG_PTR)Teb32 ? "" : ", no thread block",
             *(const ULONG *)(Teb32 + 0x30) == (ULONG_PTR)Peb ? "" : ", another block");
    PrintList32("load order", 0, &Lists[0]);
    PrintList32("memory order", 1, &Lists[1]);
    PrintList32("initialization order", 2, &Lists[2]);
}

static VOID PrintOwn(VOID)
{
    PEPROCESS Process = PsGetCurrentProcess();
    PUCHAR Peb = (PUCHAR)PsGetProcessPeb(Process);
    PLIST_ENTRY Lists = (PLIST_ENTRY)(*(PUCHAR *)(Peb + 0x18) + 0x10);
    PUNICODE_STRING Located = NULL;
    PFILE_OBJECT File = NULL;
    PsReferenceProcessFilePointer(Process, &File);
    SeLocateProcessImageName(Process, &Located);
    DbgPrint("own: %wZ, file %wZ%s\n", Located, File != NULL ? &File->FileName : NULL,
             *(PVOID *)(Peb + 0x10) == PsGetProcessSectionBaseAddress(Process) ? "" : ", another base");
    PrintList("load order", 0, &Lists[0]);
    PrintList("memory order", 1, &Lists[1]);
    PrintList("initialization order", 2, &Lists[2]);
    if (PsGetProcessWow64Process(Process) != NULL) {
        PrintWow64(Process, PsGetProcessWow64Process(Process));
    }
    if (File != NULL) {
        ObDereferenceObject(File);
    }
    if (Located != NULL) {
        ExFreePool(Located);
    }
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL &&
        Stack->Parameters.DeviceIoControl.IoControlCode == LIST) {
        PrintOwn();
        if (IoIs32bitProcess(Irp) != (PsGetProcessWow64Process(PsGetCurrentProcess()) != NULL)) {
            DbgPrint("the request is of another kind than the process\n");
        }
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    PsRemoveLoadImageNotifyRoutine(OnImage);
    PsRemoveCreateThreadNotifyRoutine(OnNewThread);
    PsRemoveCreateThreadNotifyRoutine(OnThread);
    PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Succeed;
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateThreadNotifyRoutine(OnThread);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)(ULONG_PTR)OnNewThread);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsSetLoadImageNotifyRoutineEx(OnImage, 0);
    }
    if (!NT_SUCCESS(Status)) {
        Unload(DriverObject);
    }
    return Status;
}
