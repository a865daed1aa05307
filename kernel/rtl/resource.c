// SPDX-License-Identifier: MIT
// Resources of images: a tree of types, names and languages, with data at its leaves. Any IRQL at which the
// image is resident.
#include "rtl/image.h"

#define RTLP_RESOURCE_LEVELS 3

// What is looked for: an id (below 10000h) or the address of a name, as in the DDK's LDR_RESOURCE_INFO.
typedef struct _LDR_RESOURCE_INFO {
    ULONG_PTR Type, Name, Language;
} LDR_RESOURCE_INFO, *PLDR_RESOURCE_INFO;

NTSTATUS NTAPI LdrFindResource_U(PVOID DllHandle, PLDR_RESOURCE_INFO ResourceInfo, ULONG Level,
                                 PIMAGE_RESOURCE_DATA_ENTRY *ResourceDataEntry);
NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID DllHandle, PLDR_RESOURCE_INFO ResourceInfo, ULONG Level,
                                          PIMAGE_RESOURCE_DIRECTORY *ResourceDirectory);
NTSTATUS NTAPI LdrAccessResource(PVOID DllHandle, PIMAGE_RESOURCE_DATA_ENTRY ResourceDataEntry,
                                 PVOID *Address, PULONG Size);

// winnt.h has these, ntimage.h has not.
typedef struct _RTLP_RESOURCE_ENTRY {
    ULONG Name;   // with RTLP_RESOURCE_FLAG the offset of a RTLP_RESOURCE_STRING, else an id
    ULONG Offset; // with RTLP_RESOURCE_FLAG of a directory, else of data
} RTLP_RESOURCE_ENTRY;

#define RTLP_RESOURCE_FLAG 0x80000000u

typedef struct _RTLP_RESOURCE_STRING {
    USHORT Length;
    WCHAR Characters[];
} RTLP_RESOURCE_STRING;

typedef struct _RTLP_TREE {
    PUCHAR Root;
    ULONG Bytes;
} RTLP_TREE;

static BOOLEAN RtlpIsInTree(const RTLP_TREE *Tree, ULONG_PTR Offset, ULONG_PTR Bytes)
{
    return Offset <= Tree->Bytes && Bytes <= Tree->Bytes - Offset;
}

// The directory at Offset, NULL if it does not lie in the tree as a whole.
static PIMAGE_RESOURCE_DIRECTORY RtlpDirectory(const RTLP_TREE *Tree, ULONG Offset)
{
    PIMAGE_RESOURCE_DIRECTORY Directory = (PIMAGE_RESOURCE_DIRECTORY)(Tree->Root + Offset);
    if (!RtlpIsInTree(Tree, Offset, sizeof(*Directory)) ||
        !RtlpIsInTree(Tree, Offset + sizeof(*Directory),
                      ((ULONG_PTR)Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries) *
                          sizeof(RTLP_RESOURCE_ENTRY))) {
        return NULL;
    }
    return Directory;
}

static BOOLEAN RtlpIsName(const RTLP_TREE *Tree, ULONG Offset, PCWSTR Name)
{
    const RTLP_RESOURCE_STRING *String = (const RTLP_RESOURCE_STRING *)(Tree->Root + Offset);
    const ULONG Header = FIELD_OFFSET(RTLP_RESOURCE_STRING, Characters);
    if (!RtlpIsInTree(Tree, Offset, Header) ||
        !RtlpIsInTree(Tree, Offset + Header, String->Length * sizeof(WCHAR))) {
        return FALSE;
    }
    UNICODE_STRING Has = {.Length = (USHORT)(String->Length * sizeof(WCHAR)),
                          .MaximumLength = (USHORT)(String->Length * sizeof(WCHAR)),
                          .Buffer = (PWCH)String->Characters},
                   Wanted;
    RtlInitUnicodeString(&Wanted, Name);
    return RtlEqualUnicodeString(&Has, &Wanted, TRUE);
}

static const RTLP_RESOURCE_ENTRY *RtlpFindEntry(const RTLP_TREE *Tree, PIMAGE_RESOURCE_DIRECTORY Directory,
                                                ULONG_PTR Wanted, BOOLEAN AnyWillDo)
{
    const RTLP_RESOURCE_ENTRY *Entry = (const RTLP_RESOURCE_ENTRY *)(Directory + 1);
    const ULONG Count = (ULONG)Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries;
    for (ULONG Index = 0; Index < Count; Index += 1, Entry += 1) {
        const BOOLEAN IsNamed = (Entry->Name & RTLP_RESOURCE_FLAG) != 0;
        if (Wanted <= MAXUSHORT
                ? !IsNamed && Entry->Name == Wanted
                : IsNamed && RtlpIsName(Tree, Entry->Name & ~RTLP_RESOURCE_FLAG, (PCWSTR)Wanted)) {
            return Entry;
        }
    }
    return AnyWillDo && Count != 0 ? (const RTLP_RESOURCE_ENTRY *)(Directory + 1) : NULL;
}

// Goes Level levels down. *Found: the directory, or behind the last level the data's entry, that is there.
static NTSTATUS RtlpFindResource(PVOID Image, PLDR_RESOURCE_INFO Info, ULONG Level, BOOLEAN WantsDirectory,
                                 PVOID *Found)
{
    static const NTSTATUS Missing[RTLP_RESOURCE_LEVELS] = {
        STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND, STATUS_RESOURCE_LANG_NOT_FOUND};
    const ULONG_PTR Path[RTLP_RESOURCE_LEVELS] = {Level > 0 ? Info->Type : 0, Level > 1 ? Info->Name : 0,
                                                  Level > 2 ? Info->Language : 0};
    RTLP_TREE Tree;
    if (Level > RTLP_RESOURCE_LEVELS) {
        return STATUS_INVALID_PARAMETER;
    }
    Tree.Root = RtlImageDirectoryEntryToData(Image, TRUE, IMAGE_DIRECTORY_ENTRY_RESOURCE, &Tree.Bytes);
    if (Tree.Root == NULL) {
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    }
    ULONG Offset = 0;
    BOOLEAN IsDirectory = TRUE;
    for (ULONG Depth = 0; Depth < Level; Depth += 1) {
        PIMAGE_RESOURCE_DIRECTORY Directory = IsDirectory ? RtlpDirectory(&Tree, Offset) : NULL;
        if (Directory == NULL) {
            return STATUS_RESOURCE_DATA_NOT_FOUND;
        }
        // A neutral language takes whatever there is.
        const BOOLEAN AnyWillDo = Depth == RTLP_RESOURCE_LEVELS - 1 && Path[Depth] == 0;
        const RTLP_RESOURCE_ENTRY *Entry = RtlpFindEntry(&Tree, Directory, Path[Depth], AnyWillDo);
        if (Entry == NULL) {
            return Missing[Depth];
        }
        IsDirectory = (Entry->Offset & RTLP_RESOURCE_FLAG) != 0;
        Offset = Entry->Offset & ~RTLP_RESOURCE_FLAG;
    }
    if (IsDirectory != WantsDirectory || (IsDirectory && RtlpDirectory(&Tree, Offset) == NULL) ||
        (!IsDirectory && !RtlpIsInTree(&Tree, Offset, sizeof(IMAGE_RESOURCE_DATA_ENTRY)))) {
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    }
    *Found = Tree.Root + Offset;
    return STATUS_SUCCESS;
}

// The entry of the data of a type, name and language: Level is 3. STATUS_RESOURCE_TYPE_NOT_FOUND, _NAME_,
// _LANG_, STATUS_RESOURCE_DATA_NOT_FOUND: there are no resources, or what is there is no data.
NTSTATUS NTAPI LdrFindResource_U(PVOID DllHandle, PLDR_RESOURCE_INFO ResourceInfo, ULONG Level,
                                 PIMAGE_RESOURCE_DATA_ENTRY *ResourceDataEntry)
{
    return RtlpFindResource(DllHandle, ResourceInfo, Level, FALSE, (PVOID *)ResourceDataEntry);
}

// The directory after the first Level of type and name.
NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID DllHandle, PLDR_RESOURCE_INFO ResourceInfo, ULONG Level,
                                          PIMAGE_RESOURCE_DIRECTORY *ResourceDirectory)
{
    return RtlpFindResource(DllHandle, ResourceInfo, Level, TRUE, (PVOID *)ResourceDirectory);
}

// Where the data of an entry lies, and how much it is; each is optional. STATUS_RESOURCE_DATA_NOT_FOUND: not
// in the image.
NTSTATUS NTAPI LdrAccessResource(PVOID DllHandle, PIMAGE_RESOURCE_DATA_ENTRY ResourceDataEntry,
                                 PVOID *Address, PULONG Size)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(DllHandle);
    ULONG Bytes;
    if (Headers == NULL ||
        RtlImageDirectoryEntryToData(DllHandle, TRUE, IMAGE_DIRECTORY_ENTRY_RESOURCE, &Bytes) == NULL) {
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    }
    const ULONG ImageBytes = Headers->OptionalHeader.SizeOfImage;
    if (ResourceDataEntry->OffsetToData > ImageBytes ||
        ResourceDataEntry->Size > ImageBytes - ResourceDataEntry->OffsetToData) {
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    }
    if (Address != NULL) {
        *Address = (PUCHAR)DllHandle + ResourceDataEntry->OffsetToData;
    }
    if (Size != NULL) {
        *Size = ResourceDataEntry->Size;
    }
    return STATUS_SUCCESS;
}
