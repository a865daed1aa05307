// SPDX-License-Identifier: MIT
// File system of the machine's disk: a driver like others, \FileSystem\Kmfs, mounted on
// \Device\HarddiskVolume1.
#ifndef KMODE_FS_H
#define KMODE_FS_H

#define FSP_NODE_TYPE 0x4B46 // CSHORT of an FSP_NODE
#define FSP_SECTOR    512
#define FSP_CLUSTER   4096
#define FSP_SERIAL    0x4B4D4F44 // of the volume

// A file, folder or the volume itself that is open. FILE_OBJECT.FsContext leads to its header.
typedef struct _FSP_NODE {
    FSRTL_ADVANCED_FCB_HEADER Header; // sizes, under Resource; for reading them PagingIoResource is enough
    FAST_MUTEX HeaderMutex;
    ERESOURCE Resource, PagingIoResource;
    SECTION_OBJECT_POINTERS Sections;
    FILE_LOCK FileLock;
    // The rest under FspLock.
    LIST_ENTRY Link;
    UNICODE_STRING Path; // "\Folder\File" as it is on the disk
    ULONG References;    // file objects until they are closed
    ULONG Handles;       // file objects until they are cleaned up
    SHARE_ACCESS ShareAccess;
    ULONG64 File; // the disk's handle
    ULONG64 Id;
    ULONG Links;
    ULONG Attributes; // FILE_ATTRIBUTE_*
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    BOOLEAN Volume;
    BOOLEAN DeletePending;     // with the last handle its name goes
    BOOLEAN Deleted;           // it has gone
    BOOLEAN Orphan;            // and no other name leads to the file
    BOOLEAN TimesChanged;      // the disk does not know them yet
    BOOLEAN AttributesChanged; // nor the attributes, or the time of creation
} FSP_NODE;

// Who has it open. FILE_OBJECT.FsContext2.
typedef struct _FSP_OPEN {
    FSP_NODE *Node;
    BOOLEAN DeleteOnClose;
    BOOLEAN DeleteAtCleanup; // whoever else has it open: FILE_DISPOSITION_POSIX_SEMANTICS
    BOOLEAN Searched;        // a folder: Expression is decided
    BOOLEAN KeepWriteTime, KeepAccessTime, KeepChangeTime; // set to -1 by this handle
    UNICODE_STRING Expression; // of its first search, in upper case; empty: everything
    ULONG NextEntry;           // 0 and 1: "." and ".."; then the disk's index plus two
} FSP_OPEN;

// Of all nodes and names. Taken before a node's resources.
extern ERESOURCE FspLock;
extern PVPB FspVpb;
extern PNOTIFY_SYNC FspNotifySync;
extern LIST_ENTRY FspNotifyList;

static inline BOOLEAN FspIsFolder(const FSP_NODE *Node)
{
    return (Node->Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static inline FSP_NODE *FspNodeOf(PFILE_OBJECT FileObject)
{
    return FileObject->FsContext;
}

static inline FSP_OPEN *FspOpenOf(PFILE_OBJECT FileObject)
{
    return FileObject->FsContext2;
}

// ---- The disk (fs/disk.c)

// Carries out Operation. The status that its code stands for.
NTSTATUS FspUseDisk(KM_DISK_OPERATION *Operation);

// A path as the disk has it, from pool (TAG_FS). STATUS_OBJECT_NAME_INVALID, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS FspEncodePath(PCUNICODE_STRING Path, PCHAR *Encoded, PULONG Bytes);
// Opens the path. Flags: KM_DISK_*.
NTSTATUS FspOpenOnDisk(PCUNICODE_STRING Path, ULONG Flags, KM_DISK_OPERATION *Operation);
VOID FspCloseOnDisk(ULONG64 File);
// Renames or links.
NTSTATUS FspMoveOnDisk(ULONG Kind, PCUNICODE_STRING From, PCUNICODE_STRING To, BOOLEAN Replace);
NTSTATUS FspRemoveOnDisk(PCUNICODE_STRING Path, BOOLEAN Folder);
NTSTATUS FspResizeOnDisk(ULONG64 File, LONGLONG Size);
// *Bytes: how many; becomes how many there were.
NTSTATUS FspTransferOnDisk(ULONG64 File, BOOLEAN Write, LONGLONG Offset, PVOID Buffer, PULONG Bytes);
// The entry of a folder with that index whose name is one of NT's, or the next one; *Index becomes its. Name
// has room for FSP_NAME_BYTES. STATUS_NO_MORE_FILES.
#define FSP_NAME_BYTES (255 * sizeof(WCHAR))
NTSTATUS FspListOnDisk(ULONG64 File, PULONG Index, PUNICODE_STRING Name, KM_FILE_STATUS *Status);

// ---- Attributes (fs/attributes.c): FILE_ATTRIBUTE_*

ULONG FspAttributesOf(const KM_FILE_STATUS *Status);
// As callers see them: FILE_ATTRIBUTE_NORMAL stands for none.
ULONG FspShownAttributes(ULONG Attributes);
// FALSE: a file is no folder, a folder is not temporary.
BOOLEAN FspMayHaveAttributes(ULONG Attributes, BOOLEAN Folder);
// Gives Node those of Attributes that can be set. TRUE: they are others now. FspLock is held exclusively.
BOOLEAN FspSetAttributes(FSP_NODE *Node, ULONG Attributes);
ULONG FspAttributesToKeep(const FSP_NODE *Node);
// FALSE: it is hidden or a system file, and who overwrites it does not say so too. (CreateFile)
BOOLEAN FspMayOverwrite(const FSP_NODE *Node, ULONG Attributes);

// ---- Names (fs/name.c)

// Whether each component is a name that a file may have. No wild cards.
BOOLEAN FspIsPathLegal(PCUNICODE_STRING Path);
BOOLEAN FspIsNameLegal(PCUNICODE_STRING Name);
// Path as it is on the disk, from pool (TAG_FS). STATUS_SUCCESS; STATUS_OBJECT_NAME_NOT_FOUND: all but the
// last component is there, and *Found ends in that as Path has it; STATUS_OBJECT_PATH_NOT_FOUND,
// STATUS_INSUFFICIENT_RESOURCES. *Found is the caller's in the first two cases.
NTSTATUS FspFindPath(PCUNICODE_STRING Path, BOOLEAN CaseSensitive, PUNICODE_STRING Found);
// Folder, a separator, and Name, from pool (TAG_FS). STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS FspJoinPath(PCUNICODE_STRING Folder, PCUNICODE_STRING Name, PUNICODE_STRING Joined);
VOID FspFreePath(PUNICODE_STRING Path);
// The parts of Path, within it.
VOID FspSplitPath(PCUNICODE_STRING Path, PUNICODE_STRING Folder, PUNICODE_STRING Name);

// ---- Nodes (fs/node.c). FspLock is held exclusively.

// The node of that path, if it is open; NULL.
FSP_NODE *FspFindNode(PCUNICODE_STRING Path);
// Whether something below the folder at Path is open.
BOOLEAN FspHasNodesBelow(PCUNICODE_STRING Path);
// A node for Path, which becomes its; Operation is the one that has opened it. NULL: no memory.
FSP_NODE *FspCreateNode(PUNICODE_STRING Path, const KM_DISK_OPERATION *Operation);
VOID FspReleaseNode(FSP_NODE *Node); // drops a reference
// Whether a folder is empty.
NTSTATUS FspCheckEmpty(FSP_NODE *Node);
// Sets a file's size, on the disk and for the cache. Its resource is held exclusively.
NTSTATUS FspSetSize(PFILE_OBJECT FileObject, FSP_NODE *Node, LONGLONG Size);
// Notes that the file has been written, or its attributes changed.
VOID FspNoteWrite(FSP_NODE *Node, const FSP_OPEN *Open);
VOID FspWriteTimes(FSP_NODE *Node);
// Tells those who watch. Filter: FILE_NOTIFY_CHANGE_*.
VOID FspReport(PCUNICODE_STRING Path, ULONG Filter, ULONG Action);

// ---- Oplocks (fs/oplock.c)

// An open's dealings with the oplocks of its file.
typedef struct _FSP_OPLOCK_CHECK {
    PIRP Irp;
    FSP_NODE *Blocked; // referenced: the open is to wait for an answer, and to begin anew
    BOOLEAN ForHandle; // the answer to a sharing violation
    BOOLEAN HandleAsked;
    BOOLEAN BreakInProgress;
} FSP_OPLOCK_CHECK;

// FSCTL_REQUEST_OPLOCK and its kin. STATUS_INVALID_DEVICE_REQUEST: it is another code;
// STATUS_INVALID_PARAMETER: not a file's. Otherwise the IRP is completed, or pending.
NTSTATUS FspControlOplock(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN *Completed);
// In front of what may break an oplock; no lock is held. STATUS_PENDING: it is carried out later. Raises.
NTSTATUS FspCheckOplock(PIRP Irp, PIO_STACK_LOCATION Stack);
// Whether Node may be opened so, as far as sharing and oplocks go. STATUS_OPLOCK_BREAK_IN_PROGRESS, with a
// node in Blocked; STATUS_SHARING_VIOLATION, STATUS_CANNOT_BREAK_OPLOCK. FspLock is held exclusively.
NTSTATUS FspCheckOpen(FSP_OPLOCK_CHECK *Check, FSP_NODE *Node, ACCESS_MASK Access, ULONG ShareAccess);
// Waits for what blocks the open. FspLock is not held. STATUS_CANCELLED.
NTSTATUS FspWaitForOplock(FSP_OPLOCK_CHECK *Check);
// For an open that a request is to follow. STATUS_CANNOT_BREAK_OPLOCK, STATUS_OPLOCK_NOT_GRANTED,
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS FspReserveOplock(PIRP Irp, FSP_NODE *Node);

// ---- Requests. FALSE in *Complete: somebody else completes the IRP.

typedef NTSTATUS FSP_HANDLER(PIRP Irp, PIO_STACK_LOCATION Stack);
FSP_HANDLER FspCreate, FspCleanup, FspClose, FspRead, FspWrite, FspFlush, FspQueryInformation,
    FspSetInformation, FspQueryVolume, FspQueryDirectory;

// Flags: FILE_RENAME_*, which FILE_LINK_* equal.
NTSTATUS FspRename(PIO_STACK_LOCATION Stack, PFILE_RENAME_INFORMATION Rename, ULONG Flags, BOOLEAN Link);
// The name of Node has been taken from the disk, or given to another file.
VOID FspNoteRemoved(FSP_NODE *Node);

// The caller's buffer, for Length bytes. Raises.
PVOID FspBufferOf(PIRP Irp, ULONG Length, BOOLEAN Write);

// Mounts the disk, if the machine has one. Once, when there are drivers.
NTSTATUS FsInitSystem(ULONG BootFlags);

#endif
