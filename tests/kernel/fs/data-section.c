// SPDX-License-Identifier: MIT
// Sections of files as data: their size, what they refuse, what they keep from happening to the file.
#include "file.h"

#define PATH    L"\\??\\C:\\mapped.bin"
#define PROCESS NtCurrentProcess()

static NTSTATUS Create(HANDLE File, LONGLONG Size, ULONG Protection, PHANDLE Section)
{
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Maximum = {.QuadPart = Size};
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateSection(Section, SECTION_ALL_ACCESS, &Attributes, Size != 0 ? &Maximum : NULL, Protection,
                           SEC_COMMIT, File);
}

static LONGLONG SizeOf(HANDLE File)
{
    FILE_STANDARD_INFORMATION Standard = {0};
    IS(ZwQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation),
       STATUS_SUCCESS);
    return Standard.EndOfFile.QuadPart;
}

static void TestSizes(void)
{
    HANDLE Section, File = Open(PATH, FILE_SUPERSEDE, FILE_NON_DIRECTORY_FILE), Folder;
    SECTION_BASIC_INFORMATION Basic;
    LARGE_INTEGER Offset = {0};
    IS(Create(File, 0, PAGE_READWRITE, &Section), STATUS_MAPPED_FILE_SIZE_ZERO);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "0123456789", 10, &Offset, NULL), STATUS_SUCCESS);
    IS(Create(File, 11, PAGE_READONLY, &Section), STATUS_SECTION_TOO_BIG);
    IS(Create(File, 0, PAGE_READONLY, &Section), STATUS_SUCCESS);
    IS(ZwQuerySection(Section, SectionBasicInformation, &Basic, sizeof(Basic), NULL), STATUS_SUCCESS);
    IS(Basic.Size.QuadPart, 10);
    ZwClose(Section);
    // A writable section makes the file as large.
    IS(Create(File, 5000, PAGE_READWRITE, &Section), STATUS_SUCCESS);
    IS(SizeOf(File), 5000);
    ZwClose(Section);
    ZwClose(File);
    Folder = Open(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE);
    IS(Create(Folder, 0, PAGE_READONLY, &Section), STATUS_INVALID_FILE_FOR_SECTION);
    ZwClose(Folder);
    IS(Create((HANDLE)(ULONG_PTR)0x7777, 0, PAGE_READONLY, &Section), STATUS_INVALID_HANDLE);
    Remove(PATH);
}

// What the routines that file systems ask say of the file, while a section and a view of it are there.
static void TestQuestions(void)
{
    HANDLE Section, File;
    PFILE_OBJECT Object;
    PVOID Base = NULL, System;
    SIZE_T Size = 0;
    LARGE_INTEGER Less = {.QuadPart = 4999}, Same = {.QuadPart = 5000}, More = {.QuadPart = 5001};
    Make(PATH, "x");
    File = Open(PATH, FILE_OPEN, 0);
    IS(Create(File, 5000, PAGE_READWRITE, &Section), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL),
       STATUS_SUCCESS);
    PSECTION_OBJECT_POINTERS Pointers = Object->SectionObjectPointer;
    IS(MmDoesFileHaveUserWritableReferences(Pointers), 1);
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE),
       STATUS_SUCCESS);
    IS(MmDoesFileHaveUserWritableReferences(Pointers), 2);
    OK(!MmCanFileBeTruncated(Pointers, NULL));
    OK(!MmCanFileBeTruncated(Pointers, &Less));
    OK(!MmCanFileBeTruncated(Pointers, &Same));
    OK(MmCanFileBeTruncated(Pointers, &More));
    OK(MmFlushImageSection(Pointers, MmFlushForWrite)); // no image
    OK(!MmFlushImageSection(Pointers, MmFlushForDelete));
    OK(!MmForceSectionClosed(Pointers, TRUE));
    PVOID SectionObject;
    IS(ObReferenceObjectByHandle(Section, 0, *MmSectionObjectType, KernelMode, &SectionObject, NULL),
       STATUS_SUCCESS);
    Size = 0;
    IS(MmMapViewInSystemSpace(SectionObject, &System, &Size), STATUS_SUCCESS);
    IS(MmDoesFileHaveUserWritableReferences(Pointers), 3);
    IS(MmUnmapViewInSystemSpace(System), STATUS_SUCCESS);
    ObDereferenceObject(SectionObject);
    // The view alone is still one.
    ZwClose(Section);
    IS(MmDoesFileHaveUserWritableReferences(Pointers), 2);
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    IS(MmDoesFileHaveUserWritableReferences(Pointers), 0);
    OK(MmCanFileBeTruncated(Pointers, NULL));
    OK(MmFlushImageSection(Pointers, MmFlushForDelete));
    IS(Create(File, 0, PAGE_READONLY, &Section), STATUS_SUCCESS);
    IS(MmDoesFileHaveUserWritableReferences(Pointers), 0);
    ZwClose(Section);
    ObDereferenceObject(Object);
    ZwClose(File);
    Remove(PATH);
}

static NTSTATUS SetSize(HANDLE File, LONGLONG Size, FILE_INFORMATION_CLASS Class)
{
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = Size};
    return ZwSetInformationFile(File, &Io, &End, sizeof(End), Class);
}

// A file that is mapped is not made smaller, nor deleted but by POSIX's rules.
static void TestMapped(void)
{
    HANDLE Section, File, Other;
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    FILE_DISPOSITION_INFORMATION_EX Posix = {FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
    PVOID Base = NULL;
    SIZE_T Size = 0;
    Make(PATH, "0123456789");
    File = Open(PATH, FILE_OPEN, 0);
    IS(Create(File, 0, PAGE_READWRITE, &Section), STATUS_SUCCESS);
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE),
       STATUS_SUCCESS);
    IS(SetSize(File, 9, FileEndOfFileInformation), STATUS_USER_MAPPED_FILE);
    IS(SetSize(File, 0, FileAllocationInformation), STATUS_USER_MAPPED_FILE);
    IS(SizeOf(File), 10);
    IS(SetSize(File, 20, FileEndOfFileInformation), STATUS_SUCCESS);
    IS(TryOpen(&Other, NULL, PATH, ALL, SHARE_ALL, FILE_OVERWRITE, 0), STATUS_USER_MAPPED_FILE);
    IS(TryOpen(&Other, NULL, PATH, ALL, SHARE_ALL, FILE_SUPERSEDE, 0), STATUS_USER_MAPPED_FILE);
    IS(TryOpen(&Other, NULL, PATH, ALL, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    ZwClose(Other);
    IS(ZwSetInformationFile(File, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_CANNOT_DELETE);
    IS(ZwSetInformationFile(File, &Io, &Posix, sizeof(Posix), FileDispositionInformationEx), STATUS_SUCCESS);
    ZwClose(File);
    IS(TryOpen(&Other, NULL, PATH, ALL, SHARE_ALL, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(*(volatile UCHAR *)Base, '0');
    *(volatile UCHAR *)Base = 'z';
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    ZwClose(Section);
}

TEST_DRIVER(TestSizes, TestQuestions, TestMapped)
