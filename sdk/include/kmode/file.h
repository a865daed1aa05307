// SPDX-License-Identifier: MIT
// Files and directories.
//
//     PVOID Data;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');
//     ULONG Bytes;
//
//     Status = KmFileWriteAll(L"C:\\driver.txt", "text", 4);
//     if (NT_SUCCESS(Status)) {
//         Status = KmFileReadAll(L"C:\\driver.txt", &Paged, 1 << 20, &Data, &Bytes);
//     }
//     if (NT_SUCCESS(Status)) {
//         KmInfo("%lu bytes", Bytes);
//         KmFileFreeData(&Paged, Data, Bytes);
//         Status = KmFileDelete(L"C:\\driver.txt");
//     }
//
// Paths are of DOS, `C:\folder\file`, or NT's: `\Device\...`, `\SystemRoot\...`, `\??\UNC\server\share\...`.
// Handles are kernel handles, for synchronous use: ZwClose them. All routines want PASSIVE_LEVEL, and no
// critical region or attached process: file systems complete by APCs. A driver that starts with the system
// finds no C: before the disks are there; one that is loaded later does.
//
// Besides what each routine says, each may return what the file system answers: STATUS_OBJECT_NAME_NOT_FOUND
// (the file), STATUS_OBJECT_PATH_NOT_FOUND (a folder before it), STATUS_ACCESS_DENIED,
// STATUS_SHARING_VIOLATION, STATUS_DISK_FULL, ...
#ifndef KMODE_FILE_H
#define KMODE_FILE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/file.h>"
#endif

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// For Offset: where the last transfer by this handle has ended.
#define KM_FILE_POSITION ((LONGLONG) - 1)

// ---- Open files

/// Opens a file. Access: GENERIC_READ, GENERIC_WRITE, DELETE, ...; Disposition: FILE_OPEN, FILE_CREATE (it
/// must be new: STATUS_OBJECT_NAME_COLLISION), FILE_OPEN_IF, FILE_OVERWRITE_IF, FILE_SUPERSEDE. Others may
/// read it meanwhile. STATUS_FILE_IS_A_DIRECTORY.
///
///     HANDLE File;
///     ULONGLONG Size;
///     ULONG Done;
///     CHAR Text[16];
///
///     Status = KmFileOpen(L"C:\\driver.log", GENERIC_READ | GENERIC_WRITE, FILE_OPEN_IF, &File);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     Status = KmFileAppend(File, "started\r\n", 9);
///     if (NT_SUCCESS(Status)) {
///         Status = KmFileWrite(File, 0, "S", 1);
///     }
///     if (NT_SUCCESS(Status)) {
///         Status = KmFileRead(File, 0, Text, sizeof(Text), &Done);
///     }
///     if (NT_SUCCESS(Status)) {
///         Status = KmFileSize(File, &Size);
///     }
///     if (NT_SUCCESS(Status) && Size > 1 << 20) {
///         Status = KmFileSetSize(File, 0);
///     }
///     ZwClose(File);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileOpen(_In_z_ PCWSTR Path, _In_ ACCESS_MASK Access, _In_ ULONG Disposition, _Out_ PHANDLE File);

/// Opens a file or directory with all that ZwCreateFile can be told. Name is relative to Directory unless
/// that is NULL; then it is a path as above. FILE_SYNCHRONOUS_IO_NONALERT and SYNCHRONIZE are added.
/// *Information (may be NULL): FILE_OPENED, FILE_CREATED, ...
///
///     UNICODE_STRING Name;
///     ULONG_PTR Information;
///     HANDLE Folder;
///
///     RtlInitUnicodeString(&Name, L"C:\\folder");
///     Status = KmFileOpenEx(NULL, &Name, FILE_LIST_DIRECTORY, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
///                           FILE_OPEN_IF, FILE_DIRECTORY_FILE, &Folder, &Information);
///     if (NT_SUCCESS(Status)) {
///         ZwClose(Folder);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileOpenEx(_In_opt_ HANDLE Directory, _In_ PCUNICODE_STRING Name, _In_ ACCESS_MASK Access,
                 _In_ ULONG Attributes, _In_ ULONG Share, _In_ ULONG Disposition, _In_ ULONG Options,
                 _Out_ PHANDLE File, _Out_opt_ PULONG_PTR Information);

/// Reads at most Bytes at Offset, or at KM_FILE_POSITION. *Done (may be NULL): how many, fewer at the file's
/// end alone; STATUS_END_OF_FILE if there are none.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileRead(_In_ HANDLE File, _In_ LONGLONG Offset, _Out_writes_bytes_(Bytes) PVOID Buffer,
               _In_ ULONG Bytes, _Out_opt_ PULONG Done);

/// Writes Bytes at Offset, or at KM_FILE_POSITION; the file grows as it must. All or a failure.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileWrite(_In_ HANDLE File, _In_ LONGLONG Offset, _In_reads_bytes_(Bytes) const VOID *Buffer,
                _In_ ULONG Bytes);

/// Writes Bytes behind the file's end, wherever that is by then.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileAppend(_In_ HANDLE File, _In_reads_bytes_(Bytes) const VOID *Buffer, _In_ ULONG Bytes);

/// How long it is, in bytes.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileSize(_In_ HANDLE File, _Out_ PULONGLONG Bytes);

/// Makes it so long, cut or with zeroes behind. Needs GENERIC_WRITE.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileSetSize(_In_ HANDLE File, _In_ ULONGLONG Bytes);

// ---- Whole files

/// Reads a file of at most MaximumBytes (STATUS_FILE_TOO_LARGE). The caller gives it back by KmFileFreeData
/// with the same Bytes. An empty file has Data too. STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileReadAll(_In_z_ PCWSTR Path, _In_ PKM_ALLOCATOR Allocator, _In_ ULONG MaximumBytes,
                  _Out_ PVOID *Data, _Out_ PULONG Bytes);

/// Gives back what KmFileReadAll gave. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFileFreeData(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Data, _In_ ULONG Bytes);

/// Makes a file of just these bytes; what it had before is gone.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileWriteAll(_In_z_ PCWSTR Path, _In_reads_bytes_(Bytes) const VOID *Data, _In_ ULONG Bytes);

/// Copies a file's bytes, not its attributes. Replace FALSE: To must be new (STATUS_OBJECT_NAME_COLLISION).
/// What has been copied before a failure is deleted. STATUS_INSUFFICIENT_RESOURCES: Allocator has no 64 KB.
///
///     KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');
///
///     Status = KmFileCopy(L"C:\\a.txt", L"C:\\b.txt", FALSE, &Paged);
///     if (NT_SUCCESS(Status)) {
///         Status = KmFileRename(L"C:\\b.txt", L"C:\\c.txt", TRUE, &Paged);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileCopy(_In_z_ PCWSTR From, _In_z_ PCWSTR To, _In_ BOOLEAN Replace, _In_ PKM_ALLOCATOR Allocator);

/// Renames or moves, within a volume, a file or directory. Replace: a file that is there goes
/// (STATUS_OBJECT_NAME_COLLISION). STATUS_NOT_SAME_DEVICE; STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileRename(_In_z_ PCWSTR From, _In_z_ PCWSTR To, _In_ BOOLEAN Replace, _In_ PKM_ALLOCATOR Allocator);

/// Deletes a file, or an empty directory (STATUS_DIRECTORY_NOT_EMPTY). It goes when the last handle to it
/// does. STATUS_CANNOT_DELETE: it is read-only, or a program that runs.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI KmFileDelete(_In_z_ PCWSTR Path);

// ---- What a file is

/// Times are in 100 ns since 1601, UTC.
typedef struct KM_FILE_INFORMATION {
    ULONGLONG Bytes;
    ULONGLONG AllocatedBytes;
    ULONG Attributes; ///< FILE_ATTRIBUTE_...
    LONGLONG CreationTime;
    LONGLONG LastAccessTime;
    LONGLONG LastWriteTime;
    LONGLONG ChangeTime;
} KM_FILE_INFORMATION, *PKM_FILE_INFORMATION;

/// What a file or directory is.
///
///     KM_FILE_INFORMATION Information;
///
///     Status = KmFileQuery(L"C:\\driver.log", &Information);
///     if (NT_SUCCESS(Status) && (Information.Attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
///         Information.LastWriteTime = Information.CreationTime;
///         Information.Attributes |= FILE_ATTRIBUTE_HIDDEN;
///         Status = KmFileSet(L"C:\\driver.log", &Information);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileQuery(_In_z_ PCWSTR Path, _Out_ PKM_FILE_INFORMATION Information);

/// Sets attributes and times; those that are 0 stay as they are, and sizes are not looked at.
/// FILE_ATTRIBUTE_NORMAL is the one to take all others away.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFileSet(_In_z_ PCWSTR Path, _In_ const KM_FILE_INFORMATION *Information);

/// Whether there is a file or directory of that path; FALSE too where that cannot be told.
///
///     if (!KmFileExists(L"C:\\folder")) {
///         Status = KmDirectoryCreate(L"C:\\folder");
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN NTAPI KmFileExists(_In_z_ PCWSTR Path);

// ---- Directories

/// Makes a directory. STATUS_OBJECT_NAME_COLLISION: there is one, or a file.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI KmDirectoryCreate(_In_z_ PCWSTR Path);

/// A walk through a directory. Its members belong to the routines below.
typedef struct KM_DIRECTORY {
    PKM_ALLOCATOR Allocator;
    HANDLE Handle;
    UNICODE_STRING Pattern;
    PVOID Memory;
    ULONG Next;
    BOOLEAN Started;
} KM_DIRECTORY, *PKM_DIRECTORY;

/// One entry of a walk; Name is valid until the next step.
typedef struct KM_DIRECTORY_ENTRY {
    UNICODE_STRING Name;
    KM_FILE_INFORMATION Information;
} KM_DIRECTORY_ENTRY, *PKM_DIRECTORY_ENTRY;

/// Begins a walk through the entries that match Pattern, L"*.txt", which must stay; NULL is all, but for "."
/// and "..". KmDirectoryEnd ends it. STATUS_NOT_A_DIRECTORY; STATUS_INSUFFICIENT_RESOURCES: Allocator has no
/// 4 KB.
///
///     KM_DIRECTORY Directory;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');
///     KM_DIRECTORY_ENTRY Entry;
///
///     Status = KmDirectoryBegin(&Directory, L"C:\\", L"*.txt", &Paged);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     while (NT_SUCCESS(Status = KmDirectoryNext(&Directory, &Entry))) {
///         KmInfo("%wZ, %I64u bytes", &Entry.Name, Entry.Information.Bytes);
///     }
///     KmDirectoryEnd(&Directory);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmDirectoryBegin(_Out_ PKM_DIRECTORY Directory, _In_z_ PCWSTR Path, _In_opt_z_ PCWSTR Pattern,
                     _In_ PKM_ALLOCATOR Allocator);

/// The next entry. STATUS_NO_MORE_FILES behind the last one, and where none matches.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmDirectoryNext(_Inout_ PKM_DIRECTORY Directory, _Out_ PKM_DIRECTORY_ENTRY Entry);

/// Ends a walk; one that has ended: nothing to do.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmDirectoryEnd(_Inout_ PKM_DIRECTORY Directory);

#ifdef __cplusplus
}
#endif

#endif
