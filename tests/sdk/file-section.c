// SPDX-License-Identifier: MIT
// Sections of files and of images, on the volume C: that tests/sdk/file.t gives: a.txt ("alpha"), b.txt
// ("beta"), empty.txt, and image.dll, which is this driver's own file.
#include "test.h"
#include <kmode.h>

static HANDLE Open(PCWSTR Path, ACCESS_MASK Access)
{
    HANDLE File = NULL;

    IS(KmFileOpen(Path, Access, FILE_OPEN, &File), STATUS_SUCCESS);
    return File;
}

static NTSTATUS WriteByte(volatile UCHAR *Address, UCHAR Value)
{
    __try {
        *Address = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestReadOnly(void)
{
    HANDLE File = Open(L"C:\\a.txt", GENERIC_READ);
    KM_SECTION Section;
    KM_VIEW View, InSystem;

    IS(KmSectionCreateFromFile(&Section, File, PAGE_READONLY, 0), STATUS_SUCCESS);
    IS(Section.Bytes, 5);
    ZwClose(File); // the section keeps the file
    IS(KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READWRITE, &View), STATUS_SECTION_PROTECTION);
    OK(View.Address == NULL && View.Process == NULL);
    IS(KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READONLY, &View), STATUS_SUCCESS);
    IS(View.Bytes, PAGE_SIZE);
    OK(RtlCompareMemory(View.Address, "alpha", 6) == 6); // behind the end of the file are zeroes
    IS(WriteByte((volatile UCHAR *)View.Address, 'b'), STATUS_ACCESS_VIOLATION);
    IS(KmSectionMapInSystem(&Section, &InSystem), STATUS_SUCCESS);
    OK(RtlCompareMemory(InSystem.Address, "alpha", 6) == 6);
    KmViewUnmap(&InSystem);
    KmSectionClose(&Section);
    OK(RtlCompareMemory(View.Address, "alpha", 5) == 5);
    KmViewUnmap(&View);
}

static void TestWritten(void)
{
    HANDLE File = Open(L"C:\\b.txt", GENERIC_READ | GENERIC_WRITE);
    KM_SECTION Section;
    KM_VIEW View, Second;
    CHAR Buffer[8] = {0};
    ULONGLONG Size;
    ULONG Done;

    // As long as is asked, and the file with it.
    IS(KmSectionCreateFromFile(&Section, File, PAGE_READWRITE, 0x11000), STATUS_SUCCESS);
    IS(Section.Bytes, 0x11000);
    IS(KmFileSize(File, &Size), STATUS_SUCCESS);
    IS(Size, 0x11000);
    IS(KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READWRITE, &View), STATUS_SUCCESS);
    IS(KmSectionMapInProcess(&Section, NULL, 0x10000, 0, PAGE_READONLY, &Second), STATUS_SUCCESS);
    IS(Second.Bytes, 0x1000);
    OK(RtlCompareMemory(View.Address, "beta", 5) == 5);
    RtlCopyMemory(View.Address, "gamma", 5);
    RtlCopyMemory((PUCHAR)View.Address + 0x10FFC, "end!", 4);
    OK(RtlCompareMemory((PUCHAR)Second.Address + 0xFFC, "end!", 4) == 4);
    KmViewUnmap(&Second);
    KmViewUnmap(&View);
    KmSectionClose(&Section);
    // What was written is in the file.
    IS(KmFileRead(File, 0, Buffer, 5, &Done), STATUS_SUCCESS);
    OK(Done == 5 && RtlCompareMemory(Buffer, "gamma", 5) == 5);
    IS(KmFileRead(File, 0x10FFC, Buffer, sizeof(Buffer), &Done), STATUS_SUCCESS);
    OK(Done == 4 && RtlCompareMemory(Buffer, "end!", 4) == 4);
    ZwClose(File);
}

static void TestRefused(void)
{
    HANDLE File = Open(L"C:\\empty.txt", GENERIC_READ | GENERIC_WRITE);
    KM_SECTION Section;

    IS(KmSectionCreateFromFile(&Section, File, PAGE_READONLY, 0), STATUS_MAPPED_FILE_SIZE_ZERO);
    OK(Section.Handle == NULL);
    OK(!NT_SUCCESS(KmSectionCreateFromImage(&Section, File)));
    OK(Section.Handle == NULL && Section.Object == NULL && Section.Bytes == 0);
    ZwClose(File);
    File = Open(L"C:\\a.txt", FILE_READ_DATA | FILE_EXECUTE);
    // Longer than a file that cannot grow; and no program.
    IS(KmSectionCreateFromFile(&Section, File, PAGE_READONLY, 100), STATUS_SECTION_TOO_BIG);
    IS(KmSectionCreateFromImage(&Section, File), STATUS_INVALID_IMAGE_NOT_MZ);
    OK(Section.Handle == NULL && Section.Object == NULL);
    KmSectionClose(&Section);
    ZwClose(File);
}

// Headers that begin as an image's.
static void TestBroken(void)
{
    static UCHAR Bytes[0x1000] = "MZ";
    HANDLE File;
    KM_SECTION Section;

    *(PULONG)(Bytes + 0x3C) = 0x80;
    IS(KmFileWriteAll(L"C:\\broken.dll", Bytes, sizeof(Bytes)), STATUS_SUCCESS);
    File = Open(L"C:\\broken.dll", FILE_READ_DATA | FILE_EXECUTE);
    OK(!NT_SUCCESS(KmSectionCreateFromImage(&Section, File))); // no signature
    ZwClose(File);
    RtlCopyMemory(Bytes + 0x80, "PE\0", 4);
    IS(KmFileWriteAll(L"C:\\broken.dll", Bytes, sizeof(Bytes)), STATUS_SUCCESS);
    File = Open(L"C:\\broken.dll", FILE_READ_DATA | FILE_EXECUTE);
    IS(KmSectionCreateFromImage(&Section, File), STATUS_INVALID_IMAGE_FORMAT);
    OK(Section.Handle == NULL && Section.Object == NULL);
    ZwClose(File);
}

static void TestImage(void)
{
    HANDLE File = Open(L"C:\\image.dll", FILE_READ_DATA | FILE_EXECUTE);
    KM_SECTION Section;
    KM_VIEW View;
    KM_IMAGE Image;
    KM_IMAGE_SECTION Text = {0};
    KM_VIRTUAL_REGION Region;

    IS(KmSectionCreateFromImage(&Section, File), STATUS_SUCCESS);
    IS(Section.Bytes, 0);
    ZwClose(File);
    IS(KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READONLY, &View), STATUS_SUCCESS);
    KmSectionClose(&Section);
    OK(View.Address != NULL && View.Bytes >= 3 * PAGE_SIZE);
    IS(KmVirtualQuery(NULL, View.Address, &Region), STATUS_SUCCESS);
    IS(Region.Type, 0x1000000); // MEM_IMAGE
    // Laid out as it is here, where it runs: the same code at the same distance from its base.
    IS(KmImageOpen(View.Address, View.Bytes, &Image), STATUS_SUCCESS);
    OK(Image.Is64Bit);
    IS(KmImageSection(&Image, ".text", &Text), STATUS_SUCCESS);
    IS(KmVirtualQuery(NULL, Text.Start, &Region), STATUS_SUCCESS);
    IS(Region.Protect, PAGE_EXECUTE_READ);
    IS(WriteByte((volatile UCHAR *)Text.Start, 0xCC), STATUS_ACCESS_VIOLATION);
    KmViewUnmap(&View);
}

TEST_DRIVER(TestReadOnly, TestWritten, TestRefused, TestBroken, TestImage)
