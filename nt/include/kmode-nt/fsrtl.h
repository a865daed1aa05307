// SPDX-License-Identifier: MIT
// File system run-time library: the per-file header as of Windows 8 to 11, and what mingw-w64's ntifs.h
// lacks.
#ifndef KMODE_NT_FSRTL_H
#define KMODE_NT_FSRTL_H

#ifdef __cplusplus
extern "C" {
#endif

#define FSRTL_FCB_HEADER_V2 0x02 // Windows 8: Oplock
#define FSRTL_FCB_HEADER_V3 0x03 // Windows 8.1 to 10: AePushLock
#define FSRTL_FCB_HEADER_V4 0x04 // Windows 11: BypassIoOpenCount

// What FsContext of a file object points to. A file system sets it up by FsRtlSetupAdvancedHeader.
#ifdef __cplusplus
typedef struct _FSRTL_ADVANCED_FCB_HEADER : FSRTL_COMMON_FCB_HEADER {
#else
typedef struct _FSRTL_ADVANCED_FCB_HEADER {
    FSRTL_COMMON_FCB_HEADER_LAYOUT
#endif
    PFAST_MUTEX FastMutex;
    LIST_ENTRY FilterContexts;
    EX_PUSH_LOCK PushLock;
    PVOID *FileContextSupportPointer;
    union {
        OPLOCK Oplock;           // of a local file system
        PVOID ReservedForRemote; // of a remote one
    };
    union {
        PVOID AePushLock;
        PVOID ReservedContext;
    };
    ULONG BypassIoOpenCount;
} FSRTL_ADVANCED_FCB_HEADER, *PFSRTL_ADVANCED_FCB_HEADER;

// IRQL <= APC_LEVEL.
NTKERNELAPI VOID NTAPI FsRtlTeardownPerStreamContexts(_In_ PFSRTL_ADVANCED_FCB_HEADER AdvancedHeader);
NTKERNELAPI NTSTATUS NTAPI FsRtlInsertPerStreamContext(_In_ PFSRTL_ADVANCED_FCB_HEADER PerStreamContext,
                                                       _In_ PFSRTL_PER_STREAM_CONTEXT Ptr);
NTKERNELAPI PFSRTL_PER_STREAM_CONTEXT NTAPI FsRtlLookupPerStreamContextInternal(
    _In_ PFSRTL_ADVANCED_FCB_HEADER StreamContext, _In_opt_ PVOID OwnerId, _In_opt_ PVOID InstanceId);
NTKERNELAPI PFSRTL_PER_STREAM_CONTEXT NTAPI FsRtlRemovePerStreamContext(
    _In_ PFSRTL_ADVANCED_FCB_HEADER StreamContext, _In_opt_ PVOID OwnerId, _In_opt_ PVOID InstanceId);

// FastMutex: initialised, in nonpaged pool; NULL keeps the one that the header has.
FORCEINLINE VOID FsRtlSetupAdvancedHeader(_In_ PVOID AdvancedHeader, _In_opt_ PFAST_MUTEX FastMutex)
{
    PFSRTL_ADVANCED_FCB_HEADER Header = (PFSRTL_ADVANCED_FCB_HEADER)AdvancedHeader;

    Header->Flags |= FSRTL_FLAG_ADVANCED_HEADER;
    Header->Flags2 |= FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS;
    Header->Version = FSRTL_FCB_HEADER_V4;
    InitializeListHead(&Header->FilterContexts);
    if (FastMutex != NULL) {
        Header->FastMutex = FastMutex;
    }
    *(PULONG_PTR)&Header->PushLock = 0;
    Header->FileContextSupportPointer = NULL;
    Header->Oplock = NULL;
    Header->AePushLock = NULL;
    Header->BypassIoOpenCount = 0;
}

// IRQL < DISPATCH_LEVEL. Windows 8.1+. As FsRtlIsNameInExpression, for an expression in any case. Raises
// STATUS_NO_MEMORY.
NTKERNELAPI BOOLEAN NTAPI FsRtlIsNameInUnUpcasedExpression(_In_ PUNICODE_STRING Expression,
                                                           _In_ PUNICODE_STRING Name, _In_ BOOLEAN IgnoreCase,
                                                           _In_opt_ PWCHAR UpcaseTable);

// IRQL <= APC_LEVEL. Whether a request for a lock of FileLock waits.
NTKERNELAPI BOOLEAN NTAPI FsRtlAreThereWaitingFileLocks(_In_ PFILE_LOCK FileLock);

#define REQUEST_OPLOCK_OUTPUT_FLAG_WRITABLE_SECTION_PRESENT 0x00000004

// The extra create parameter that gives a file's oplock key, and its folder's.
DEFINE_GUID(GUID_ECP_DUAL_OPLOCK_KEY, 0x41621a14, 0xb08b, 0x4df1, 0xb6, 0x76, 0xa0, 0x5f, 0xfd, 0xf0, 0x1b,
            0xea);
typedef struct _DUAL_OPLOCK_KEY_ECP_CONTEXT {
    GUID ParentOplockKey;
    GUID TargetOplockKey;
    BOOLEAN ParentOplockKeySet;
    BOOLEAN TargetOplockKeySet;
} DUAL_OPLOCK_KEY_ECP_CONTEXT, *PDUAL_OPLOCK_KEY_ECP_CONTEXT;

#define OPLOCK_KEY_VERSION_WIN7    0x0001
#define OPLOCK_KEY_VERSION_WIN8    0x0002
#define OPLOCK_KEY_FLAG_PARENT_KEY 0x0001
#define OPLOCK_KEY_FLAG_TARGET_KEY 0x0002
typedef struct _OPLOCK_KEY_CONTEXT {
    USHORT Version;
    USHORT Flags;
    GUID ParentOplockKey;
    GUID TargetOplockKey;
    ULONG Reserved;
} OPLOCK_KEY_CONTEXT, *POPLOCK_KEY_CONTEXT;

// IRQL <= DISPATCH_LEVEL. The keys that FileObject was opened with, as long as it is there; NULL: none.
NTKERNELAPI POPLOCK_KEY_ECP_CONTEXT NTAPI IoGetOplockKeyContext(_In_ PFILE_OBJECT FileObject);
NTKERNELAPI POPLOCK_KEY_CONTEXT NTAPI IoGetOplockKeyContextEx(_In_ PFILE_OBJECT FileObject);

// IRQL <= APC_LEVEL. Windows 10. A process that holds an exclusive oplock or has to answer a break,
// referenced; NULL: none.
NTKERNELAPI PEPROCESS NTAPI FsRtlOplockGetAnyBreakOwnerProcess(_In_ POPLOCK Oplock);

// IRQL <= APC_LEVEL. Windows 8. The parameter is as if nobody had acknowledged it.
NTKERNELAPI VOID NTAPI FsRtlPrepareToReuseEcp(_In_ PVOID EcpContext);

#define OPLOCK_FLAG_PARENT_OBJECT                  0x00000010
#define OPLOCK_FLAG_CLOSING_DELETE_ON_CLOSE        0x00000020
#define OPLOCK_FLAG_REMOVING_FILE_OR_LINK          0x00000040
#define OPLOCK_FLAG_BREAKING_FOR_SHARING_VIOLATION 0x00000080

// IRQL <= APC_LEVEL. Whether no lock of FileLock lies beyond AllocationSize, so that an oplock can be
// granted.
NTKERNELAPI BOOLEAN NTAPI FsRtlCheckLockForOplockRequest(_In_ PFILE_LOCK FileLock,
                                                         _In_ PLARGE_INTEGER AllocationSize);

// PASSIVE_LEVEL. A file system tells of the end, good or bad, of a volume's dismount.
NTKERNELAPI VOID NTAPI FsRtlDismountComplete(_In_ PDEVICE_OBJECT DeviceObject, _In_ NTSTATUS DismountStatus);

typedef struct _FILE_FS_SECTOR_SIZE_INFORMATION {
    ULONG LogicalBytesPerSector;
    ULONG PhysicalBytesPerSectorForAtomicity;
    ULONG PhysicalBytesPerSectorForPerformance;
    ULONG FileSystemEffectivePhysicalBytesPerSectorForAtomicity;
    ULONG Flags;
    ULONG ByteOffsetForSectorAlignment;
    ULONG ByteOffsetForPartitionAlignment;
} FILE_FS_SECTOR_SIZE_INFORMATION, *PFILE_FS_SECTOR_SIZE_INFORMATION;

// PASSIVE_LEVEL. Sizes in bytes.
NTKERNELAPI NTSTATUS NTAPI FsRtlGetSectorSizeInformation(
    _In_ PDEVICE_OBJECT DeviceObject, _Out_ PFILE_FS_SECTOR_SIZE_INFORMATION SectorSizeInfo);

// Any IRQL <= DISPATCH_LEVEL. Charge disk traffic, in bytes, to the system and to a process.
NTKERNELAPI VOID NTAPI FsRtlUpdateDiskCounters(_In_ ULONG64 BytesRead, _In_ ULONG64 BytesWritten);
NTKERNELAPI BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID);
NTKERNELAPI VOID NTAPI PsUpdateDiskCounters(_In_ PEPROCESS Process, _In_ ULONG64 BytesRead,
                                            _In_ ULONG64 BytesWritten, _In_ ULONG ReadOperationCount,
                                            _In_ ULONG WriteOperationCount, _In_ ULONG FlushOperationCount);

#define CC_ENABLE_DISK_IO_ACCOUNTING 0x00000010
#define CC_ENABLE_CPU_CACHE          0x10000000
NTKERNELAPI VOID NTAPI CcSetAdditionalCacheAttributesEx(_In_ PFILE_OBJECT FileObject, _In_ ULONG Flags);

// The process that the thread belongs to, not referenced.
NTKERNELAPI PEPROCESS NTAPI PsGetThreadProcess(_In_ PETHREAD Thread);

// The fast I/O routines of the file's top device. FALSE: there is none, or it did not do it.
NTKERNELAPI BOOLEAN NTAPI FsRtlMdlRead(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                       _In_ ULONG Length, _In_ ULONG LockKey, _Outptr_ PMDL *MdlChain,
                                       _Out_ PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN NTAPI FsRtlPrepareMdlWrite(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                               _In_ ULONG Length, _In_ ULONG LockKey, _Outptr_ PMDL *MdlChain,
                                               _Out_ PIO_STATUS_BLOCK IoStatus);

#ifdef __cplusplus
}
#endif

#endif
