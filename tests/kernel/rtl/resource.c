// SPDX-License-Identifier: MIT
// Resources of an image that the test makes up in memory: found by id and by name, missing at each level, and
// out of bounds.
#include "test.h"
#include "undocumented.h"

typedef struct LDR_RESOURCE_INFO {
    ULONG_PTR Type, Name, Language;
} LDR_RESOURCE_INFO;

NTSYSAPI NTSTATUS NTAPI LdrFindResource_U(PVOID Image, LDR_RESOURCE_INFO *Info, ULONG Level,
                                          PIMAGE_RESOURCE_DATA_ENTRY *Entry);
NTSYSAPI NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID Image, LDR_RESOURCE_INFO *Info, ULONG Level,
                                                   PIMAGE_RESOURCE_DIRECTORY *Directory);
NTSYSAPI NTSTATUS NTAPI LdrAccessResource(PVOID Image, PIMAGE_RESOURCE_DATA_ENTRY Entry, PVOID *Address,
                                          PULONG Size);

#define IMAGE_BYTES  0x2000
#define TREE         0x1000 // RVA of the resources
#define TREE_BYTES   0x200
#define DATA         0x1100 // RVA of the data
#define FLAG         0x80000000
#define TYPE         0
#define NAMED        0x40
#define NUMBERED     0x60
#define LEAF         0x80
#define NAME_TEXT    0xA0
#define ENTRY_LEAF   0xC0
#define BEYOND_ENTRY 0xD0
#define NO_LEAF      0xE0

static PUCHAR Image;

static VOID Put(ULONG Offset, ULONG Value)
{
    *(PULONG)(PVOID)(Image + TREE + Offset) = Value;
}

static VOID PutDirectory(ULONG Offset, USHORT Named, USHORT Ids)
{
    Put(Offset + 12, Named | (ULONG)Ids << 16);
}

static VOID PutEntry(ULONG Offset, ULONG Index, ULONG Name, ULONG To)
{
    Put(Offset + 16 + Index * 8, Name);
    Put(Offset + 16 + Index * 8 + 4, To);
}

static void TestSetup(void)
{
    static const WCHAR Text[] = L"Firmware";
    Image = ExAllocatePoolWithTag(NonPagedPoolNx, IMAGE_BYTES, 'tseT');
    OK(Image != NULL);
    RtlZeroMemory(Image, IMAGE_BYTES);
    PIMAGE_DOS_HEADER Dos = (PIMAGE_DOS_HEADER)Image;
    PIMAGE_NT_HEADERS Headers = (PIMAGE_NT_HEADERS)(Image + 0x80);
    Dos->e_magic = IMAGE_DOS_SIGNATURE;
    Dos->e_lfanew = 0x80;
    Headers->Signature = IMAGE_NT_SIGNATURE;
    Headers->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    Headers->OptionalHeader.SizeOfImage = IMAGE_BYTES;
    Headers->OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress = TREE;
    Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_RESOURCE].Size = TREE_BYTES;
    PutDirectory(TYPE, 0, 2);
    PutEntry(TYPE, 0, 10, FLAG | NAMED); // type 10: names
    PutEntry(TYPE, 1, 11, FLAG | 0x1F8); // type 11: a directory that ends beyond the tree
    PutDirectory(NAMED, 1, 1);
    PutEntry(NAMED, 0, FLAG | NAME_TEXT, FLAG | LEAF);
    PutEntry(NAMED, 1, 7, NO_LEAF); // data where a directory should be
    PutDirectory(LEAF, 0, 1);
    PutEntry(LEAF, 0, 0x409, ENTRY_LEAF);
    *(PUSHORT)(PVOID)(Image + TREE + NAME_TEXT) = 8;
    RtlCopyMemory(Image + TREE + NAME_TEXT + 2, Text, 16);
    Put(ENTRY_LEAF, DATA);
    Put(ENTRY_LEAF + 4, 5);
    RtlCopyMemory(Image + DATA, "hello", 5);
}

static NTSTATUS Find(ULONG_PTR Type, ULONG_PTR Name, ULONG_PTR Language, PIMAGE_RESOURCE_DATA_ENTRY *Entry)
{
    LDR_RESOURCE_INFO Info = {Type, Name, Language};
    return LdrFindResource_U(Image, &Info, 3, Entry);
}

static void TestFound(void)
{
    PIMAGE_RESOURCE_DATA_ENTRY Entry = NULL;
    PVOID Address = NULL;
    ULONG Size = 0;
    IS(Find(10, (ULONG_PTR)L"FIRMWARE", 0x409, &Entry), STATUS_SUCCESS);
    IS(Entry, Image + TREE + ENTRY_LEAF);
    IS(Find(10, (ULONG_PTR)L"Firmware", 0, &Entry), STATUS_SUCCESS); // any language
    IS(LdrAccessResource(Image, Entry, &Address, &Size), STATUS_SUCCESS);
    IS(Address, Image + DATA);
    IS(Size, 5);
    IS(LdrAccessResource(Image, Entry, NULL, NULL), STATUS_SUCCESS);
}

static void TestMissing(void)
{
    PIMAGE_RESOURCE_DATA_ENTRY Entry;
    IS(Find(9, (ULONG_PTR)L"FIRMWARE", 0, &Entry), STATUS_RESOURCE_TYPE_NOT_FOUND);
    IS(Find(10, (ULONG_PTR)L"FIRMWAR", 0, &Entry), STATUS_RESOURCE_NAME_NOT_FOUND);
    IS(Find(10, 8, 0, &Entry), STATUS_RESOURCE_NAME_NOT_FOUND);
    IS(Find(10, (ULONG_PTR)L"FIRMWARE", 0x407, &Entry), STATUS_RESOURCE_LANG_NOT_FOUND);
    IS(Find(11, 1, 0, &Entry), STATUS_RESOURCE_DATA_NOT_FOUND); // beyond the tree
    IS(Find(10, 7, 0, &Entry), STATUS_RESOURCE_DATA_NOT_FOUND); // data too early
    LDR_RESOURCE_INFO Info = {10, (ULONG_PTR)L"FIRMWARE", 0};
    IS(LdrFindResource_U(Image, &Info, 2, &Entry), STATUS_RESOURCE_DATA_NOT_FOUND); // a directory is there
    IS(LdrFindResource_U(Image, &Info, 4, &Entry), STATUS_INVALID_PARAMETER);
    IMAGE_RESOURCE_DATA_ENTRY Bad = {.OffsetToData = IMAGE_BYTES - 4, .Size = 5};
    PVOID Address;
    IS(LdrAccessResource(Image, &Bad, &Address, NULL), STATUS_RESOURCE_DATA_NOT_FOUND);
    Bad.Size = 4;
    IS(LdrAccessResource(Image, &Bad, &Address, NULL), STATUS_SUCCESS);
}

static void TestDirectory(void)
{
    PIMAGE_RESOURCE_DIRECTORY Directory = NULL;
    LDR_RESOURCE_INFO Info = {10, (ULONG_PTR)L"FIRMWARE", 0x409};
    IS(LdrFindResourceDirectory_U(Image, &Info, 0, &Directory), STATUS_SUCCESS);
    IS(Directory, Image + TREE);
    IS(LdrFindResourceDirectory_U(Image, &Info, 1, &Directory), STATUS_SUCCESS);
    IS(Directory, Image + TREE + NAMED);
    IS(LdrFindResourceDirectory_U(Image, &Info, 2, &Directory), STATUS_SUCCESS);
    IS(Directory, Image + TREE + LEAF);
    IS(LdrFindResourceDirectory_U(Image, &Info, 3, &Directory), STATUS_RESOURCE_DATA_NOT_FOUND);
}

static void TestNone(void)
{
    extern UCHAR __ImageBase;
    PIMAGE_RESOURCE_DATA_ENTRY Entry;
    LDR_RESOURCE_INFO Info = {10, 1, 0};
    IS(LdrFindResource_U(&__ImageBase, &Info, 3, &Entry), STATUS_RESOURCE_DATA_NOT_FOUND);
    ExFreePoolWithTag(Image, 'tseT');
}

TEST_DRIVER(TestSetup, TestFound, TestMissing, TestDirectory, TestNone)
