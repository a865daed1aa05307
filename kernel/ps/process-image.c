// SPDX-License-Identifier: MIT
// The images that a process has from the start: the file that it runs, ntdll.dll, which every process has,
// and in a 32-bit one that of 32 bits.
#include "inc/kernel.h"

#define PSP_SYSTEM_DLL L"\\Device\\HarddiskVolume1\\Windows\\System32\\ntdll.dll"
#define PSP_WOW64_DLL  L"\\Device\\HarddiskVolume1\\Windows\\SysWOW64\\ntdll.dll"

NTSTATUS NTAPI MmCreateSection(PVOID *SectionObject, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle,
                               PFILE_OBJECT FileObject);

static BOOLEAN PspIsNotThere(NTSTATUS Status)
{
    return Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND ||
           Status == STATUS_OBJECT_NAME_INVALID || Status == STATUS_OBJECT_PATH_SYNTAX_BAD;
}

// An image section of the file at Path; both are referenced, and NULL where there is no such file.
static NTSTATUS PspOpenImage(PCUNICODE_STRING Path, PVOID *Section, PFILE_OBJECT *File)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;
    PVOID Object;
    *Section = NULL;
    *File = NULL;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    NTSTATUS Status = ZwOpenFile(&Handle, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &Attributes, &IoStatus,
                                 FILE_SHARE_READ | FILE_SHARE_DELETE,
                                 FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status)) {
        return PspIsNotThere(Status) ? STATUS_SUCCESS : Status;
    }
    Status = ObReferenceObjectByHandle(Handle, 0, IoFileObjectType, KernelMode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        goto CloseFile;
    }
    *File = Object;
    Status = MmCreateSection(Section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, Handle, NULL);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(*File);
        *File = NULL;
    }
CloseFile:
    ZwClose(Handle);
    return Status;
}

NTSTATUS PspOpenProcessImage(PEPROCESS Process, PCUNICODE_STRING ImagePath)
{
    return PspOpenImage(ImagePath, &Process->SectionObject, &Process->ImageFilePointer);
}

// Maps the DLL at Path, if there is one, into Process.
static NTSTATUS PspMapDll(PEPROCESS Process, PCUNICODE_STRING Path, BOOLEAN Is32Bit, PVOID *Section,
                          PVOID *Base)
{
    PFILE_OBJECT File;
    NTSTATUS Status = PspOpenImage(Path, Section, &File);
    if (!NT_SUCCESS(Status) || File == NULL) {
        return Status;
    }
    // The section keeps it.
    ObfDereferenceObject(File);
    return MmIs32BitImage(*Section) == Is32Bit ? MmMapProcessImage(Process, *Section, Base)
                                               : STATUS_INVALID_IMAGE_FORMAT;
}

NTSTATUS PspMapProcessImages(PEPROCESS Process)
{
    static const UNICODE_STRING SystemDll = RTL_CONSTANT_STRING(PSP_SYSTEM_DLL);
    static const UNICODE_STRING Wow64Dll = RTL_CONSTANT_STRING(PSP_WOW64_DLL);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Process->SectionObject != NULL) {
        Status = MmMapProcessImage(Process, Process->SectionObject, &Process->SectionBaseAddress);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspMapDll(Process, &SystemDll, FALSE, &Process->SystemDllSection, &Process->SystemDllBase);
    }
    if (NT_SUCCESS(Status) && Process->Is32Bit) {
        Status = PspMapDll(Process, &Wow64Dll, TRUE, &Process->Wow64DllSection, &Process->Wow64DllBase);
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
}

VOID PspNotifyProcessImages(PEPROCESS Process)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Process->ProcessLock);
    BOOLEAN Notified = Process->NotifiedImages;
    Process->NotifiedImages = TRUE;
    ExReleasePushLockExclusive(&Process->ProcessLock);
    KeLeaveCriticalRegion();
    if (Notified) {
        return;
    }
    if (Process->SectionBaseAddress != NULL) {
        MmNotifyImageMapped(Process, Process->SectionObject, Process->SectionBaseAddress);
    }
    if (Process->SystemDllBase != NULL) {
        MmNotifyImageMapped(Process, Process->SystemDllSection, Process->SystemDllBase);
    }
    if (Process->Wow64DllBase != NULL) {
        MmNotifyImageMapped(Process, Process->Wow64DllSection, Process->Wow64DllBase);
    }
}

VOID PspCloseProcessImages(PEPROCESS Process)
{
    PVOID Objects[] = {Process->Wow64DllSection, Process->SystemDllSection, Process->SectionObject,
                       Process->ImageFilePointer};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Objects); Index += 1) {
        if (Objects[Index] != NULL) {
            ObfDereferenceObject(Objects[Index]);
        }
    }
}
