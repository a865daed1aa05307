// SPDX-License-Identifier: MIT
// Variables and routines of ntifs.h.
#ifndef KMODE_NT_NTIFS_EXTRA_H
#define KMODE_NT_NTIFS_EXTRA_H

#ifdef __cplusplus
extern "C" {
#endif

// The function types, of which mingw-w64 has the pointers only.
typedef __typeof__(*(PDRIVER_FS_NOTIFICATION)NULL) DRIVER_FS_NOTIFICATION;
typedef __typeof__(*(PRTL_HEAP_COMMIT_ROUTINE)NULL) RTL_HEAP_COMMIT_ROUTINE;

extern NTKERNELAPI ULONG CcFastMdlReadWait;
extern NTKERNELAPI ULONG IoReadOperationCount;
extern NTKERNELAPI ULONG IoWriteOperationCount;
extern NTKERNELAPI LARGE_INTEGER IoReadTransferCount;
extern NTKERNELAPI LARGE_INTEGER IoWriteTransferCount;
extern NTKERNELAPI KSPIN_LOCK IoStatisticsLock;
extern NTKERNELAPI PACL SePublicDefaultDacl;
extern NTKERNELAPI PACL SeSystemDefaultDacl;

typedef enum _MEMORY_INFORMATION_CLASS { MemoryBasicInformation } MEMORY_INFORMATION_CLASS;

// Pages of one kind that follow each other. RegionSize in bytes from BaseAddress.
typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

// PASSIVE_LEVEL. MemoryInformation: a MEMORY_BASIC_INFORMATION for MemoryBasicInformation.
_Must_inspect_result_ NTSYSAPI NTSTATUS NTAPI
ZwQueryVirtualMemory(_In_ HANDLE ProcessHandle, _In_opt_ PVOID BaseAddress,
                     _In_ MEMORY_INFORMATION_CLASS MemoryInformationClass,
                     _Out_writes_bytes_(MemoryInformationLength) PVOID MemoryInformation,
                     _In_ SIZE_T MemoryInformationLength, _Out_opt_ PSIZE_T ReturnLength);

// IRQL < DISPATCH_LEVEL, in the process that has made the heap. BaseAddress: of RtlAllocateHeap, or NULL.
// FALSE: it is no block of the heap's.
NTSYSAPI LOGICAL NTAPI RtlFreeHeap(_In_ PVOID HeapHandle, _In_opt_ ULONG Flags, _In_opt_ PVOID BaseAddress);

// A file's number on its volume, for FileIdInformation and the directory classes with "Extd".
typedef struct _FILE_ID_128 {
    UCHAR Identifier[16];
} FILE_ID_128, *PFILE_ID_128;

typedef struct _FILE_ID_INFORMATION {
    ULONGLONG VolumeSerialNumber;
    FILE_ID_128 FileId;
} FILE_ID_INFORMATION, *PFILE_ID_INFORMATION;

// For FileStatInformation. EffectiveAccess: what the caller would be granted.
typedef struct _FILE_STAT_INFORMATION {
    LARGE_INTEGER FileId;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER EndOfFile;
    ULONG FileAttributes;
    ULONG ReparseTag;
    ULONG NumberOfLinks;
    ACCESS_MASK EffectiveAccess;
} FILE_STAT_INFORMATION, *PFILE_STAT_INFORMATION;

#define FILE_CS_FLAG_CASE_SENSITIVE_DIR 0x00000001
typedef struct _FILE_CASE_SENSITIVE_INFORMATION {
    ULONG Flags;
} FILE_CASE_SENSITIVE_INFORMATION, *PFILE_CASE_SENSITIVE_INFORMATION;

typedef struct _FILE_ID_EXTD_DIR_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength;
    ULONG EaSize;
    ULONG ReparsePointTag;
    FILE_ID_128 FileId;
    WCHAR FileName[1];
} FILE_ID_EXTD_DIR_INFORMATION, *PFILE_ID_EXTD_DIR_INFORMATION;

typedef struct _FILE_ID_EXTD_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength;
    ULONG EaSize;
    ULONG ReparsePointTag;
    FILE_ID_128 FileId;
    CCHAR ShortNameLength;
    WCHAR ShortName[12];
    WCHAR FileName[1];
} FILE_ID_EXTD_BOTH_DIR_INFORMATION, *PFILE_ID_EXTD_BOTH_DIR_INFORMATION;

#define SL_RETURN_ON_DISK_ENTRIES_ONLY 0x08 // QueryFlags of ZwQueryDirectoryFileEx
#define SL_NO_CURSOR_UPDATE_QUERY      0x10

// For FileRenameInformationEx.
#define FILE_RENAME_REPLACE_IF_EXISTS                    0x00000001
#define FILE_RENAME_POSIX_SEMANTICS                      0x00000002
#define FILE_RENAME_SUPPRESS_PIN_STATE_INHERITANCE       0x00000004
#define FILE_RENAME_SUPPRESS_STORAGE_RESERVE_INHERITANCE 0x00000008
#define FILE_RENAME_NO_INCREASE_AVAILABLE_SPACE          0x00000010
#define FILE_RENAME_NO_DECREASE_AVAILABLE_SPACE          0x00000020
#define FILE_RENAME_PRESERVE_AVAILABLE_SPACE             0x00000030
#define FILE_RENAME_IGNORE_READONLY_ATTRIBUTE            0x00000040

// For FileDispositionInformationEx.
#define FILE_DISPOSITION_DO_NOT_DELETE             0x00000000
#define FILE_DISPOSITION_DELETE                    0x00000001
#define FILE_DISPOSITION_POSIX_SEMANTICS           0x00000002
#define FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK 0x00000004
#define FILE_DISPOSITION_ON_CLOSE                  0x00000008
#define FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE 0x00000010
typedef struct _FILE_DISPOSITION_INFORMATION_EX {
    ULONG Flags;
} FILE_DISPOSITION_INFORMATION_EX, *PFILE_DISPOSITION_INFORMATION_EX;

#define FLUSH_FLAGS_FILE_DATA_ONLY      0x00000001
#define FLUSH_FLAGS_NO_SYNC             0x00000002
#define FLUSH_FLAGS_FILE_DATA_SYNC_ONLY 0x00000004
NTSYSAPI NTSTATUS NTAPI ZwFlushBuffersFileEx(_In_ HANDLE FileHandle, _In_ ULONG Flags,
                                             _In_opt_ PVOID Parameters, _In_ ULONG ParametersSize,
                                             _Out_ PIO_STATUS_BLOCK IoStatusBlock);

NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeDirectoryFile(
    _In_ HANDLE FileHandle, _In_opt_ HANDLE Event, _In_opt_ PIO_APC_ROUTINE ApcRoutine,
    _In_opt_ PVOID ApcContext, _Out_ PIO_STATUS_BLOCK IoStatusBlock, _Out_writes_bytes_(Length) PVOID Buffer,
    _In_ ULONG Length, _In_ ULONG CompletionFilter, _In_ BOOLEAN WatchTree);
// Cancels what the threads of the current process have asked of the file; of that, if IoRequestToCancel is
// not NULL, the request whose status block it is. STATUS_NOT_FOUND.
NTSYSAPI NTSTATUS NTAPI ZwCancelIoFileEx(_In_ HANDLE FileHandle, _In_opt_ PIO_STATUS_BLOCK IoRequestToCancel,
                                         _Out_ PIO_STATUS_BLOCK IoStatusBlock);

NTSYSAPI NTSTATUS NTAPI ZwQueryDirectoryFileEx(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event,
                                               _In_opt_ PIO_APC_ROUTINE ApcRoutine, _In_opt_ PVOID ApcContext,
                                               _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                                               _Out_ PVOID FileInformation, _In_ ULONG Length,
                                               _In_ FILE_INFORMATION_CLASS FileInformationClass,
                                               _In_ ULONG QueryFlags, _In_opt_ PUNICODE_STRING FileName);

NTSYSCALLAPI NTSTATUS NTAPI NtAllocateLocallyUniqueId(_Out_ PLUID Luid);
__kernel_entry NTSYSCALLAPI NTSTATUS NTAPI NtQueryDirectoryFileEx(
    _In_ HANDLE FileHandle, _In_opt_ HANDLE Event, _In_opt_ PIO_APC_ROUTINE ApcRoutine,
    _In_opt_ PVOID ApcContext, _Out_ PIO_STATUS_BLOCK IoStatusBlock, _Out_ PVOID FileInformation,
    _In_ ULONG Length, _In_ FILE_INFORMATION_CLASS FileInformationClass, _In_ ULONG QueryFlags,
    _In_opt_ PUNICODE_STRING FileName);

// As SeCaptureSubjectContext, of another thread or process than the current one.
NTKERNELAPI VOID NTAPI SeCaptureSubjectContextEx(_In_opt_ PETHREAD Thread, _In_ PEPROCESS Process,
                                                 _Out_ PSECURITY_SUBJECT_CONTEXT SubjectContext);

NTKERNELAPI LOGICAL NTAPI FsRtlIsSystemPagingFile(_In_ PFILE_OBJECT FileObject);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsDaxVolume(_In_ PFILE_OBJECT FileObject);

// PASSIVE_LEVEL.
NTKERNELAPI NTSTATUS NTAPI FsRtlKernelFsControlFile(_In_ PFILE_OBJECT FileObject, _In_ ULONG FsControlCode,
                                                    _In_reads_bytes_(InputBufferLength) PVOID InputBuffer,
                                                    _In_ ULONG InputBufferLength,
                                                    _Out_writes_bytes_(OutputBufferLength) PVOID OutputBuffer,
                                                    _In_ ULONG OutputBufferLength,
                                                    _Out_ PULONG RetOutputBufferSize);
NTKERNELAPI NTSTATUS NTAPI FsRtlQueryKernelEaFile(_In_ PFILE_OBJECT FileObject,
                                                  _Out_writes_bytes_(Length) PVOID ReturnedEaData,
                                                  _In_ ULONG Length, _In_ BOOLEAN ReturnSingleEntry,
                                                  _In_reads_bytes_opt_(EaListLength) PVOID EaList,
                                                  _In_ ULONG EaListLength, _In_opt_ PULONG EaIndex,
                                                  _In_ BOOLEAN RestartScan, _Out_opt_ PULONG LengthReturned);
NTKERNELAPI NTSTATUS NTAPI FsRtlSetKernelEaFile(_In_ PFILE_OBJECT FileObject,
                                                _In_reads_bytes_(Length) PVOID EaBuffer, _In_ ULONG Length);
NTKERNELAPI NTSTATUS NTAPI FsRtlQueryInformationFile(_In_ PFILE_OBJECT FileObject,
                                                     _Out_writes_bytes_(Length) PVOID FileInformation,
                                                     _In_ ULONG Length,
                                                     _In_ FILE_INFORMATION_CLASS FileInformationClass,
                                                     _Out_ PULONG RetFileInformationSize);

// IRQL <= APC_LEVEL: the cache manager's copies, charged to the thread that asked for the I/O. Windows 8+.
NTKERNELAPI BOOLEAN NTAPI CcCopyReadEx(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                       _In_ ULONG Length, _In_ BOOLEAN Wait,
                                       _Out_writes_bytes_(Length) PVOID Buffer,
                                       _Out_ PIO_STATUS_BLOCK IoStatus, _In_ PETHREAD IoIssuerThread);
NTKERNELAPI BOOLEAN NTAPI CcCopyWriteEx(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                        _In_ ULONG Length, _In_ BOOLEAN Wait,
                                        _In_reads_bytes_(Length) PVOID Buffer, _In_ PETHREAD IoIssuerThread);

#ifdef __cplusplus
}
#endif

#endif
