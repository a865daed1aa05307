// SPDX-License-Identifier: MIT
// What is open of the volume: found by path, made, changed in size, forgotten.
#include "inc/kernel.h"
#include "cc/cc.h"
#include "fs/fs.h"

static LIST_ENTRY FspNodes = {&FspNodes, &FspNodes};

FSP_NODE *FspFindNode(PCUNICODE_STRING Path)
{
    for (PLIST_ENTRY Link = FspNodes.Flink; Link != &FspNodes; Link = Link->Flink) {
        FSP_NODE *Node = CONTAINING_RECORD(Link, FSP_NODE, Link);
        if (!Node->Deleted && !Node->Volume && RtlEqualUnicodeString(&Node->Path, Path, FALSE)) {
            return Node;
        }
    }
    return NULL;
}

BOOLEAN FspHasNodesBelow(PCUNICODE_STRING Path)
{
    for (PLIST_ENTRY Link = FspNodes.Flink; Link != &FspNodes; Link = Link->Flink) {
        FSP_NODE *Node = CONTAINING_RECORD(Link, FSP_NODE, Link);
        if (!Node->Deleted && Node->Handles != 0 && Node->Path.Length > Path->Length &&
            RtlPrefixUnicodeString(Path, &Node->Path, FALSE) &&
            Node->Path.Buffer[Path->Length / sizeof(WCHAR)] == L'\\') {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID FspSetHeaderSizes(FSP_NODE *Node, LONGLONG Size)
{
    Node->Header.FileSize.QuadPart = Size;
    Node->Header.ValidDataLength.QuadPart = Size; // what the disk has not been given reads as zeroes
    Node->Header.AllocationSize.QuadPart = (LONGLONG)ALIGN_UP_BY(Size, FSP_CLUSTER);
}

FSP_NODE *FspCreateNode(PUNICODE_STRING Path, const KM_DISK_OPERATION *Operation)
{
    FSP_NODE *Node = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Node), TAG_FS);
    if (Node == NULL) {
        return NULL;
    }
    const KM_FILE_STATUS *Status = &Operation->status;
    ExInitializeFastMutex(&Node->HeaderMutex);
    FsRtlSetupAdvancedHeader(&Node->Header, &Node->HeaderMutex);
    Node->Header.NodeTypeCode = FSP_NODE_TYPE;
    Node->Header.NodeByteSize = sizeof(*Node);
    Node->Header.IsFastIoPossible = FastIoIsNotPossible;
    ExInitializeResourceLite(&Node->Resource);
    ExInitializeResourceLite(&Node->PagingIoResource);
    Node->Header.Resource = &Node->Resource;
    Node->Header.PagingIoResource = &Node->PagingIoResource;
    FsRtlInitializeFileLock(&Node->FileLock, NULL, NULL);
    FsRtlInitializeOplock(&Node->Header.Oplock);
    Node->Path = *Path;
    Node->File = Operation->file;
    Node->Id = Status->id;
    Node->Links = Status->links;
    Node->Attributes = FspAttributesOf(Status);
    Node->CreationTime.QuadPart = (LONGLONG)Status->creation_time;
    Node->LastAccessTime.QuadPart = (LONGLONG)Status->access_time;
    Node->LastWriteTime.QuadPart = (LONGLONG)Status->write_time;
    Node->ChangeTime.QuadPart = (LONGLONG)Status->change_time;
    FspSetHeaderSizes(Node, (LONGLONG)Status->size);
    InsertTailList(&FspNodes, &Node->Link);
    return Node;
}

VOID FspReleaseNode(FSP_NODE *Node)
{
    Node->References -= 1;
    if (Node->References != 0) {
        return;
    }
    RemoveEntryList(&Node->Link);
    if (Node->File != 0) {
        FspCloseOnDisk(Node->File);
    }
    FsRtlTeardownPerStreamContexts(&Node->Header);
    FsRtlUninitializeFileLock(&Node->FileLock);
    FsRtlUninitializeOplock(&Node->Header.Oplock);
    ExDeleteResourceLite(&Node->PagingIoResource);
    ExDeleteResourceLite(&Node->Resource);
    FspFreePath(&Node->Path);
    ExFreePoolWithTag(Node, TAG_FS);
}

NTSTATUS FspCheckEmpty(FSP_NODE *Node)
{
    // Also what NT cannot name keeps a folder from being removed.
    CHAR Name[KM_FILE_NAME_BYTES];
    KM_DISK_OPERATION Operation = {
        .operation = KM_DISK_LIST, .file = Node->File, .buffer = (ULONG64)Name, .bytes = sizeof(Name)};
    NTSTATUS Status = FspUseDisk(&Operation);
    return Status == STATUS_NO_MORE_FILES ? STATUS_SUCCESS
           : NT_SUCCESS(Status)           ? STATUS_DIRECTORY_NOT_EMPTY
                                          : Status;
}

NTSTATUS FspSetSize(PFILE_OBJECT FileObject, FSP_NODE *Node, LONGLONG Size)
{
    if (Size == Node->Header.FileSize.QuadPart) {
        return STATUS_SUCCESS;
    }
    ExAcquireResourceExclusiveLite(&Node->PagingIoResource, TRUE);
    NTSTATUS Status = FspResizeOnDisk(Node->File, Size);
    if (NT_SUCCESS(Status)) {
        FspSetHeaderSizes(Node, Size);
    }
    ExReleaseResourceLite(&Node->PagingIoResource);
    if (NT_SUCCESS(Status) && Node->Sections.SharedCacheMap != NULL) {
        CcSetFileSizes(FileObject, (PCC_FILE_SIZES)&Node->Header.AllocationSize);
    }
    return Status;
}

VOID FspNoteWrite(FSP_NODE *Node, const FSP_OPEN *Open)
{
    LARGE_INTEGER Now;
    KeQuerySystemTime(&Now);
    if (!Open->KeepWriteTime) {
        Node->LastWriteTime = Now;
    }
    if (!Open->KeepChangeTime) {
        Node->ChangeTime = Now;
    }
    Node->TimesChanged = TRUE;
    // What has been written is to be saved again.
    FspSetAttributes(Node, Node->Attributes | FILE_ATTRIBUTE_ARCHIVE);
}

VOID FspNoteRemoved(FSP_NODE *Node)
{
    KM_DISK_OPERATION Operation = {.operation = KM_DISK_STATUS, .file = Node->File};
    Node->Deleted = TRUE;
    Node->Orphan = NT_SUCCESS(FspUseDisk(&Operation)) && (FspIsFolder(Node) || Operation.status.links == 0);
    Node->Links = Node->Orphan ? 0 : Operation.status.links;
}

VOID FspWriteTimes(FSP_NODE *Node)
{
    KM_DISK_OPERATION Operation = {
        .operation = KM_DISK_SET,
        .file = Node->File,
        .status = {.access_time = (ULONG64)Node->LastAccessTime.QuadPart,
                   .write_time = (ULONG64)Node->LastWriteTime.QuadPart,
                   .creation_time = (ULONG64)Node->CreationTime.QuadPart,
                   .attributes = (Node->Attributes & FILE_ATTRIBUTE_READONLY ? KM_FILE_READ_ONLY : 0) |
                                 (Node->AttributesChanged ? KM_FILE_KEPT : 0),
                   .kept = FspAttributesToKeep(Node)}};
    if (Node->TimesChanged && !Node->Orphan) {
        FspUseDisk(&Operation);
    }
    Node->TimesChanged = Node->AttributesChanged = FALSE;
}

VOID FspReport(PCUNICODE_STRING Path, ULONG Filter, ULONG Action)
{
    UNICODE_STRING Folder, Name;
    FspSplitPath(Path, &Folder, &Name);
    FsRtlNotifyFullReportChange(FspNotifySync, &FspNotifyList, (PSTRING)Path,
                                (USHORT)(Path->Length - Name.Length), NULL, NULL, Filter, Action, NULL);
}
