// SPDX-License-Identifier: MIT
// Sections: memory shared by views in user and system space, and physical memory.
#include "test.h"

#define PROCESS NtCurrentProcess()

static NTSTATUS Create(PHANDLE Section, PCWSTR Name, LONGLONG Size, ULONG Protect, ULONG Attributes)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;
    LARGE_INTEGER Maximum = {.QuadPart = Size};
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Object, Name != NULL ? &String : NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateSection(Section, SECTION_ALL_ACCESS, &Object, Size != 0 ? &Maximum : NULL, Protect,
                           Attributes, NULL);
}

static NTSTATUS Map(HANDLE Section, PVOID *Base, LONGLONG Offset, SIZE_T *Size, ULONG Protect)
{
    LARGE_INTEGER At = {.QuadPart = Offset};
    return ZwMapViewOfSection(Section, PROCESS, Base, 0, 0, &At, Size, ViewUnmap, 0, Protect);
}

static NTSTATUS Write(volatile UCHAR *At, UCHAR Value)
{
    __try {
        *At = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestShared(void)
{
    HANDLE Section;
    PVOID First = NULL, Second = NULL, System, Object;
    SIZE_T FirstSize = 0, SecondSize = PAGE_SIZE, SystemSize = 0;
    IS(Create(&Section, NULL, 0x20001, PAGE_READWRITE, SEC_COMMIT), STATUS_SUCCESS);
    IS(Map(Section, &First, 0, &FirstSize, PAGE_READWRITE), STATUS_SUCCESS);
    IS(FirstSize, 0x21000);
    IS((ULONG_PTR)First & 0xffff, 0);
    IS(((PUCHAR)First)[0x20000], 0);
    ((PUCHAR)First)[0x10000] = 0x11;
    IS(Map(Section, &Second, 0x10000, &SecondSize, PAGE_READONLY), STATUS_SUCCESS);
    IS(SecondSize, PAGE_SIZE);
    IS(*(PUCHAR)Second, 0x11);
    IS(Write(Second, 1), STATUS_ACCESS_VIOLATION);
    IS(ObReferenceObjectByHandle(Section, SECTION_MAP_READ, *MmSectionObjectType, KernelMode, &Object, NULL),
       STATUS_SUCCESS);
    IS(MmMapViewInSystemSpace(Object, &System, &SystemSize), STATUS_SUCCESS);
    IS(SystemSize, 0x21000);
    OK((ULONG_PTR)System > MmUserProbeAddress);
    ((PUCHAR)System)[0x10000] = 0x22;
    IS(*(PUCHAR)Second, 0x22);
    IS(MmUnmapViewInSystemSpace(System), STATUS_SUCCESS);
    IS(MmUnmapViewInSystemSpace(System), STATUS_NOT_MAPPED_VIEW);
    LARGE_INTEGER Offset = {.QuadPart = 0x10000};
    SystemSize = PAGE_SIZE;
    IS(MmMapViewInSystemSpaceEx(Object, &System, &SystemSize, &Offset, 0), STATUS_SUCCESS);
    IS(*(PUCHAR)System, 0x22);
    IS(MmUnmapViewInSystemSpace(System), STATUS_SUCCESS);
    IS(MmMapViewInSystemSpaceEx(Object, &System, &SystemSize, &Offset, 99), STATUS_INVALID_PARAMETER_5);
    ObDereferenceObject(Object);
    // The memory lives as long as a view of it.
    ZwClose(Section);
    IS(*(PUCHAR)Second, 0x22);
    IS(ZwUnmapViewOfSection(PROCESS, First), STATUS_SUCCESS);
    IS(ZwUnmapViewOfSection(PROCESS, (PUCHAR)Second + 5), STATUS_SUCCESS);
    IS(ZwUnmapViewOfSection(PROCESS, Second), STATUS_NOT_MAPPED_VIEW);
    OK(!MmIsAddressValid(Second));
}

static void TestErrors(void)
{
    HANDLE Section;
    PVOID Base = NULL;
    SIZE_T Size = 0;
    LARGE_INTEGER At = {.QuadPart = 0};
    IS(Create(&Section, NULL, 0, PAGE_READWRITE, SEC_COMMIT), STATUS_INVALID_PARAMETER_4);
    IS(Create(&Section, NULL, 100, PAGE_READWRITE, 0), STATUS_INVALID_PARAMETER_6);
    IS(Create(&Section, NULL, 100, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE), STATUS_INVALID_PARAMETER_6);
    IS(Create(&Section, NULL, 100, PAGE_READWRITE, SEC_COMMIT | 1), STATUS_INVALID_PARAMETER_6);
    IS(Create(&Section, NULL, 100, PAGE_NOACCESS, SEC_COMMIT), STATUS_INVALID_PAGE_PROTECTION);
    IS(Create(&Section, NULL, 100, PAGE_READWRITE | PAGE_GUARD, SEC_COMMIT), STATUS_INVALID_PAGE_PROTECTION);
    IS(Create(&Section, NULL, 100, 0, SEC_COMMIT), STATUS_INVALID_PAGE_PROTECTION);
    IS(Create(&Section, NULL, 100, PAGE_READWRITE, SEC_COMMIT | SEC_LARGE_PAGES), STATUS_NOT_SUPPORTED);
    IS(Create(&Section, NULL, 0x10000000000, PAGE_READWRITE, SEC_COMMIT), STATUS_COMMITMENT_LIMIT);
    IS(Create(&Section, NULL, 1LL << 50, PAGE_READWRITE, SEC_COMMIT), STATUS_SECTION_TOO_BIG);
    IS(Create(&Section, NULL, -1, PAGE_READWRITE, SEC_COMMIT), STATUS_SECTION_TOO_BIG);
    IS(Create(&Section, NULL, 100, PAGE_READONLY, SEC_IMAGE), STATUS_INVALID_FILE_FOR_SECTION);

    IS(Create(&Section, NULL, 0x20000, PAGE_READONLY, SEC_COMMIT), STATUS_SUCCESS);
    IS(Map(Section, &Base, 0, &Size, PAGE_READWRITE), STATUS_SECTION_PROTECTION);
    IS(Map(Section, &Base, 0, &Size, PAGE_EXECUTE), STATUS_SECTION_PROTECTION);
    IS(Map(Section, &Base, 0, &Size, 0), STATUS_INVALID_PAGE_PROTECTION);
    IS(Map(Section, &Base, 0x1000, &Size, PAGE_READONLY), STATUS_MAPPED_ALIGNMENT);
    IS(Map(Section, &Base, 0x20000, &Size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    Size = 0x30000;
    IS(Map(Section, &Base, 0, &Size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    Size = 0;
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 0, 0, &At, &Size, (SECTION_INHERIT)9, 0, PAGE_READONLY),
       STATUS_INVALID_PARAMETER_8);
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 0, 0, &At, &Size, ViewShare, 1, PAGE_READONLY),
       STATUS_INVALID_PARAMETER_9);
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 21, 0, &At, &Size, ViewShare, 0, PAGE_READONLY),
       STATUS_INVALID_PARAMETER_4);
    IS(ZwMapViewOfSection(PROCESS, PROCESS, &Base, 0, 0, &At, &Size, ViewShare, 0, PAGE_READONLY),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwMapViewOfSection(Section, Section, &Base, 0, 0, &At, &Size, ViewShare, 0, PAGE_READONLY),
       STATUS_OBJECT_TYPE_MISMATCH);
    PVOID Odd = (PVOID)(ULONG_PTR)0x123000;
    IS(Map(Section, &Odd, 0, &Size, PAGE_READONLY), STATUS_MAPPED_ALIGNMENT);
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 3, 0, NULL, &Size, ViewUnmap, MEM_TOP_DOWN, PAGE_READONLY),
       STATUS_SUCCESS);
    IS(Base, 0x20000000 - 0x20000);
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    Base = NULL;
    IS(Map(Section, &Base, 0, &Size, PAGE_READONLY), STATUS_SUCCESS);
    PVOID Again = Base;
    IS(Map(Section, &Again, 0, &Size, PAGE_READONLY), STATUS_CONFLICTING_ADDRESSES);
    PVOID Part = Base;
    ULONG Old;
    IS(ZwProtectVirtualMemory(PROCESS, &Part, &Size, PAGE_READWRITE, &Old), STATUS_SECTION_PROTECTION);
    IS(ZwFreeVirtualMemory(PROCESS, &Part, &Size, MEM_RELEASE), STATUS_UNABLE_TO_DELETE_SECTION);
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    ZwClose(Section);
}

static void TestCopied(void)
{
    HANDLE Section;
    PVOID Shared = NULL, Own = NULL;
    SIZE_T Size = 0, OwnSize = 0;
    IS(Create(&Section, NULL, PAGE_SIZE, PAGE_READWRITE, SEC_COMMIT), STATUS_SUCCESS);
    IS(Map(Section, &Shared, 0, &Size, PAGE_READWRITE), STATUS_SUCCESS);
    *(PUCHAR)Shared = 1;
    IS(Map(Section, &Own, 0, &OwnSize, PAGE_WRITECOPY), STATUS_SUCCESS);
    IS(*(PUCHAR)Own, 1);
    IS(Write(Own, 2), STATUS_SUCCESS);
    IS(*(PUCHAR)Shared, 1);
    IS(ZwUnmapViewOfSection(PROCESS, Own), STATUS_SUCCESS);
    IS(ZwUnmapViewOfSection(PROCESS, Shared), STATUS_SUCCESS);
    ZwClose(Section);
}

static void TestNamed(void)
{
    HANDLE Section, Opened;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\TestSection");
    OBJECT_ATTRIBUTES Object;
    SECTION_BASIC_INFORMATION Basic;
    SIZE_T Length;
    NTSTATUS Status = Create(&Section, L"\\BaseNamedObjects\\TestSection", 5000, PAGE_READWRITE, SEC_COMMIT);
    if (Status == STATUS_OBJECT_PATH_NOT_FOUND) {
        RtlInitUnicodeString(&Name, L"\\TestSection");
        Status = Create(&Section, L"\\TestSection", 5000, PAGE_READWRITE, SEC_COMMIT);
    }
    IS(Status, STATUS_SUCCESS);
    InitializeObjectAttributes(&Object, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    IS(ZwOpenSection(&Opened, SECTION_QUERY, &Object), STATUS_SUCCESS);
    IS(ZwQuerySection(Opened, SectionBasicInformation, &Basic, sizeof(Basic), &Length), STATUS_SUCCESS);
    IS(Basic.Size.QuadPart, 5000);
    IS(Basic.Attributes, SEC_COMMIT);
    IS(Length, sizeof(Basic));
    IS(ZwQuerySection(Opened, SectionBasicInformation, &Basic, 4, NULL), STATUS_INFO_LENGTH_MISMATCH);
    SECTION_IMAGE_INFORMATION Image;
    IS(ZwQuerySection(Opened, SectionImageInformation, &Image, sizeof(Image) - 1, NULL),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySection(Opened, SectionImageInformation, &Image, sizeof(Image), NULL),
       STATUS_SECTION_NOT_IMAGE);
    IS(ZwQuerySection(Opened, (SECTION_INFORMATION_CLASS)9, &Basic, sizeof(Basic), NULL),
       STATUS_INVALID_INFO_CLASS);
    ZwClose(Opened);
    ZwClose(Section);
    IS(ZwOpenSection(&Opened, SECTION_QUERY, &Object), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestByObject(void)
{
    LARGE_INTEGER Size = {.QuadPart = 2 * PAGE_SIZE}, Offset = {.QuadPart = 0};
    PVOID Section, Base = NULL;
    SIZE_T ViewSize = 0;
    IS(MmCreateSection(&Section, SECTION_ALL_ACCESS, NULL, &Size, PAGE_READWRITE, SEC_COMMIT, NULL, NULL),
       STATUS_SUCCESS);
    IS(MmMapViewOfSection(Section, PsGetCurrentProcess(), &Base, 0, 0, &Offset, &ViewSize, ViewUnmap, 0,
                          PAGE_READWRITE),
       STATUS_SUCCESS);
    IS(ViewSize, 2 * PAGE_SIZE);
    IS(Write(Base, 1), STATUS_SUCCESS);
    IS(MmUnmapViewOfSection(PsGetCurrentProcess(), Base), STATUS_SUCCESS);
    ObDereferenceObject(Section);
}

// Physical memory: the page of a pool block is where the block says.
static void TestPhysicalMemory(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES Object;
    HANDLE Section;
    PULONG Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, 'tseT');
    ULONG64 Physical = (ULONG64)MmGetPhysicalAddress(Block).QuadPart;
    PVOID Base = NULL;
    SIZE_T Size = 0x20000;
    *Block = 0x12345678;
    InitializeObjectAttributes(&Object, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenSection(&Section, SECTION_MAP_READ | SECTION_MAP_WRITE, &Object), STATUS_SUCCESS);
    IS(Map(Section, &Base, (LONGLONG)(Physical & ~0xffffULL), &Size, PAGE_READWRITE), STATUS_SUCCESS);
    IS(*(PULONG)((PUCHAR)Base + (Physical & 0xffff)), 0x12345678);
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    // An offset is rounded down to 64 KB and told; what was asked for is in the view.
    LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)Physical};
    Base = NULL;
    Size = 8;
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 0, 0, &Offset, &Size, ViewUnmap, 0,
                          PAGE_READWRITE | PAGE_NOCACHE),
       STATUS_SUCCESS);
    IS(Offset.QuadPart, Physical & ~0xffffULL);
    IS(Size, ROUND_TO_PAGES((Physical & 0xffff) + 8));
    IS(*(PULONG)((PUCHAR)Base + (Physical - (ULONG64)Offset.QuadPart)), 0x12345678);
    PVOID Second = (PUCHAR)Base + 0x100000 + 0x2345;
    Offset.QuadPart = (LONGLONG)Physical;
    IS(ZwMapViewOfSection(Section, PROCESS, &Second, 0, 0, &Offset, &Size, ViewUnmap, 0, PAGE_READONLY),
       STATUS_SUCCESS);
    OK(Second == (PUCHAR)Base + 0x100000);
    IS(*(PULONG)((PUCHAR)Second + (Physical & 0xffff)), 0x12345678);
    IS(ZwUnmapViewOfSection(PROCESS, Second), STATUS_SUCCESS);
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    ZwClose(Section);
    ExFreePoolWithTag(Block, 'tseT');
}

// A file that is none a file system would map.
static void TestFiles(void)
{
    SECTION_OBJECT_POINTERS Pointers = {NULL, NULL, NULL};
    LARGE_INTEGER Size = {.QuadPart = 0};
    OK(MmCanFileBeTruncated(&Pointers, &Size));
    OK(MmCanFileBeTruncated(&Pointers, NULL));
    OK(MmFlushImageSection(&Pointers, MmFlushForWrite));
    OK(MmFlushImageSection(&Pointers, MmFlushForDelete));
    OK(MmForceSectionClosed(&Pointers, FALSE));
    IS(MmDoesFileHaveUserWritableReferences(&Pointers), 0);
}

TEST_DRIVER(TestShared, TestErrors, TestCopied, TestNamed, TestByObject, TestPhysicalMemory, TestFiles)
