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

TEST_DRIVER(TestSizes, TestQuestions)
