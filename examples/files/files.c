// SPDX-License-Identifier: MIT
// Keeps a journal, C:\journal.txt, for whoever has opened the device: one at a time.
//
// kmode run: --disk DISK
#include <kmode.h>
#include "files.h"

#define JOURNAL L"C:\\journal.txt"
#define OLD     L"C:\\journal.old"

static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');

// One append, so that a line is whole, whatever else is written meanwhile.
static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    SIZE_T Bytes = (SIZE_T)Request->InputBytes + 1;
    PSTR Line = (PSTR)KmAlloc(&Paged, Bytes);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (Line != NULL && Bytes <= MAXLONG) {
        RtlCopyMemory(Line, Request->Input, Bytes - 1);
        Line[Bytes - 1] = '\n';
        Status = KmFileAppend(*KmRequestFile(Request, HANDLE), Line, (ULONG)Bytes);
    }
    KmFree(&Paged, Line, Bytes);
    return Status;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    LARGE_INTEGER Offset = Request->Stack->Parameters.Read.ByteOffset;
    HANDLE File = *KmRequestFile(Request, HANDLE);
    ULONG Done = 0;
    NTSTATUS Status = KmFileRead(File, Offset.QuadPart, Request->Output, Request->OutputBytes, &Done);

    KmRequestSetInformation(Request, Done);
    return Status;
}

static NTSTATUS NTAPI Size(PKM_REQUEST Request)
{
    return KmFileSize(*KmRequestFile(Request, HANDLE), KmRequestOutput(Request, ULONGLONG));
}

static NTSTATUS NTAPI Empty(PKM_REQUEST Request)
{
    (VOID) KmFileDelete(OLD); // there may be none
    return KmFileSetSize(*KmRequestFile(Request, HANDLE), 0);
}

// Not before somebody wants it: when a driver starts with the system, there is no C: yet.
static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    KM_FILE_INFORMATION Journal;
    NTSTATUS Status = KmFileQuery(JOURNAL, &Journal);

    if (NT_SUCCESS(Status) && Journal.Bytes > FILES_LIMIT) {
        Status = KmFileRename(JOURNAL, OLD, TRUE, &Paged);
    }
    if (NT_SUCCESS(Status) || Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status =
            KmFileOpen(JOURNAL, GENERIC_READ | GENERIC_WRITE, FILE_OPEN_IF, KmRequestFile(Request, HANDLE));
    }
    return Status;
}

static VOID NTAPI Close(PKM_DEVICE Device, PVOID FileContext)
{
    KM_DIRECTORY Directory;
    KM_DIRECTORY_ENTRY Entry;

    UNREFERENCED_PARAMETER(Device);
    ZwClose(*(PHANDLE)FileContext);
    if (NT_SUCCESS(KmDirectoryBegin(&Directory, L"C:\\", L"journal.*", &Paged))) {
        while (NT_SUCCESS(KmDirectoryNext(&Directory, &Entry))) {
            KmInfo("%wZ has %I64u bytes", &Entry.Name, Entry.Information.Bytes);
        }
        KmDirectoryEnd(&Directory);
    }
}

static const KM_DEVICE_ENTRY Files[] = {KM_DEVICE_NAME(L"\\Device\\Files"),
                                        KM_DEVICE_LINK(L"\\DosDevices\\Files"),
                                        KM_FILE_CONTEXT(HANDLE, Open, Close),
                                        KM_ON(IRP_MJ_WRITE, Write),
                                        KM_ON(IRP_MJ_READ, Read),
                                        KM_ON_IOCTL_OUTPUT(IOCTL_FILES_SIZE, Size, ULONGLONG),
                                        KM_ON_IOCTL_PLAIN(IOCTL_FILES_EMPTY, Empty),
                                        KM_DEVICE_END};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Devices[] = {Files};

    UNREFERENCED_PARAMETER(RegistryPath);
    (void)KmLogInit(KmLevelInfo);
    return KmDriverStart(DriverObject, Devices, 1);
}
