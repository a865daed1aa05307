// SPDX-License-Identifier: MIT
// Sections and views of them.
#include <ntifs.h>
#include <kmode.h>

#ifndef SEC_IMAGE
#define SEC_IMAGE 0x01000000
#endif

// Status and the handle are those of the making or the opening.
static NTSTATUS Take(PKM_SECTION Section, NTSTATUS Status, HANDLE Handle, ACCESS_MASK Access, ULONG64 Bytes)
{
    RtlZeroMemory(Section, sizeof(*Section));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Section->Handle = Handle;
    // The type is not named: not every system exports it, and the handle is a section's for sure.
    Status = ObReferenceObjectByHandle(Handle, Access, NULL, KernelMode, &Section->Object, NULL);
    if (!NT_SUCCESS(Status)) {
        Section->Object = NULL;
        KmSectionClose(Section);
        return Status;
    }
    Section->Bytes = Bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS Create(PKM_SECTION Section, HANDLE File, ULONG Protect, ULONG Kind, ULONG64 Bytes)
{
    ACCESS_MASK Access =
        SECTION_MAP_READ | SECTION_QUERY | (Protect == PAGE_READWRITE ? SECTION_MAP_WRITE : 0);
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size;
    HANDLE Handle = NULL;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Size.QuadPart = (LONGLONG)Bytes;
    Status = ZwCreateSection(&Handle, Access, &Attributes, Bytes != 0 || File == NULL ? &Size : NULL, Protect,
                             Kind, File);
    return Take(Section, Status, Handle, Access, Bytes);
}

NTSTATUS NTAPI KmSectionCreate(PKM_SECTION Section, ULONG64 Bytes)
{
    return Create(Section, NULL, PAGE_READWRITE, SEC_COMMIT, Bytes);
}

NTSTATUS NTAPI KmSectionCreateFromImage(PKM_SECTION Section, HANDLE File)
{
    return Create(Section, File, PAGE_EXECUTE_READ, SEC_IMAGE, 0);
}

NTSTATUS NTAPI KmSectionOpen(PKM_SECTION Section, PCWSTR Name, ACCESS_MASK Access)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;
    HANDLE Handle = NULL;
    NTSTATUS Status;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = ZwOpenSection(&Handle, Access, &Attributes);
    return Take(Section, Status, Handle, Access, 0);
}

NTSTATUS NTAPI KmSectionCreateFromFile(PKM_SECTION Section, HANDLE File, ULONG Protect, ULONG64 Bytes)
{
    FILE_STANDARD_INFORMATION Information;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = Create(Section, File, Protect, SEC_COMMIT, Bytes);

    if (NT_SUCCESS(Status) && Bytes == 0) {
        Status = ZwQueryInformationFile(File, &IoStatus, &Information, sizeof(Information),
                                        FileStandardInformation);
        if (NT_SUCCESS(Status)) {
            Section->Bytes = (ULONG64)Information.EndOfFile.QuadPart;
        } else {
            KmSectionClose(Section);
        }
    }
    return Status;
}

VOID NTAPI KmSectionClose(PKM_SECTION Section)
{
    if (Section->Object != NULL) {
        ObDereferenceObject(Section->Object);
        Section->Object = NULL;
    }
    if (Section->Handle != NULL) {
        ZwClose(Section->Handle);
        Section->Handle = NULL;
    }
}

static NTSTATUS MapHere(HANDLE Section, HANDLE Process, ULONG64 Offset, ULONG Protect, PKM_VIEW View)
{
    LARGE_INTEGER Start;

    Start.QuadPart = (LONGLONG)Offset;
    return ZwMapViewOfSection(Section, Process, &View->Address, 0, 0, &Start, &View->Bytes, ViewUnmap, 0,
                              Protect);
}

NTSTATUS NTAPI KmSectionMapInProcess(const KM_SECTION *Section, PEPROCESS Process, ULONG64 Offset,
                                     SIZE_T Bytes, ULONG Protect, PKM_VIEW View)
{
    HANDLE Handle;
    NTSTATUS Status;

    View->Address = NULL;
    View->Bytes = Bytes;
    View->Process = Process != NULL ? Process : PsGetCurrentProcess();
    Status = ObOpenObjectByPointer(View->Process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType,
                                   KernelMode, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = MapHere(Section->Handle, Handle, Offset, Protect, View);
        ZwClose(Handle);
    }
    if (!NT_SUCCESS(Status)) {
        RtlZeroMemory(View, sizeof(*View));
        return Status;
    }
    ObReferenceObject(View->Process);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmSectionMapInSystem(const KM_SECTION *Section, PKM_VIEW View)
{
    NTSTATUS Status;

    RtlZeroMemory(View, sizeof(*View));
    Status = MmMapViewInSystemSpace(Section->Object, &View->Address, &View->Bytes);
    if (!NT_SUCCESS(Status)) {
        RtlZeroMemory(View, sizeof(*View));
    }
    return Status;
}

VOID NTAPI KmViewUnmap(PKM_VIEW View)
{
    HANDLE Handle;

    if (View->Address == NULL) {
        return;
    }
    if (View->Process == NULL) {
        (void)MmUnmapViewInSystemSpace(View->Address);
    } else {
        // A process that has ended has no views any more.
        if (NT_SUCCESS(ObOpenObjectByPointer(View->Process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                             *PsProcessType, KernelMode, &Handle))) {
            (void)ZwUnmapViewOfSection(Handle, View->Address);
            ZwClose(Handle);
        }
        ObDereferenceObject(View->Process);
    }
    RtlZeroMemory(View, sizeof(*View));
}
