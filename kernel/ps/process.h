// SPDX-License-Identifier: MIT
// Process and thread objects. The DDK's headers make KPROCESS and EPROCESS one type, so they are one
// structure here. Fields that drivers read by offset are asserted where Windows 11 (build 22631) has them.
#ifndef KMODE_PS_PROCESS_H
#define KMODE_PS_PROCESS_H

#define PSP_IMAGE_FILE_NAME_BYTES 15

#ifndef CRITICAL_PROCESS_DIED
#define CRITICAL_PROCESS_DIED 0xEF // 2: 0 a process has ended, 1 a thread
#endif

#define PSP_PRIORITY_CLASS_IDLE         1
#define PSP_PRIORITY_CLASS_NORMAL       2
#define PSP_PRIORITY_CLASS_HIGH         3
#define PSP_PRIORITY_CLASS_REALTIME     4
#define PSP_PRIORITY_CLASS_BELOW_NORMAL 5
#define PSP_PRIORITY_CLASS_ABOVE_NORMAL 6

// ProcessPriorityClass
typedef struct _PSP_PRIORITY_CLASS {
    BOOLEAN Foreground;
    UCHAR PriorityClass;
} PSP_PRIORITY_CLASS;

#define PSP_PAGE_PRIORITY_NORMAL 5

// Rights that the DDK leaves to the drivers that need them.
#define PROCESS_TERMINATE                 0x0001
#define PROCESS_CREATE_THREAD             0x0002
#define PROCESS_SET_SESSIONID             0x0004
#define PROCESS_VM_OPERATION              0x0008
#define PROCESS_VM_READ                   0x0010
#define PROCESS_VM_WRITE                  0x0020
#define PROCESS_CREATE_PROCESS            0x0080
#define PROCESS_SET_QUOTA                 0x0100
#define PROCESS_SET_INFORMATION           0x0200
#define PROCESS_QUERY_INFORMATION         0x0400
#define PROCESS_SUSPEND_RESUME            0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define THREAD_QUERY_INFORMATION          0x0040
#define THREAD_RESUME                     0x1000
#define THREAD_SET_THREAD_TOKEN           0x0080

typedef struct _KPROCESS {
    DISPATCHER_HEADER Header; // signaled when the process has ended
    LIST_ENTRY ProfileListHead;
    ULONG64 DirectoryTableBase;
    LIST_ENTRY KernelThreadListHead; // KTHREAD.ThreadListEntry
    KSPIN_LOCK KernelProcessLock;
    KAFFINITY Affinity;
    SCHAR BasePriority;
    SCHAR QuantumReset;
    UCHAR Unused52[6];
    ULONG_PTR UserRangeLow, UserRangeHigh; // the addresses that belong to this process alone
    PVOID VadRoot;                         // mm: its address ranges
    EX_PUSH_LOCK AddressSpaceLock;
    UCHAR UnusedBeforeLock[0x438 - 0x78];

    EX_PUSH_LOCK ProcessLock;
    HANDLE UniqueProcessId;
    LIST_ENTRY ActiveProcessLinks; // PsActiveProcessHead
    EX_RUNDOWN_REF RundownProtect;
    union {
        ULONG Flags2;
        struct {
            ULONG Unused460 : 32;
        };
    };
    ULONG Flags;
    LARGE_INTEGER CreateTime;
    SIZE_T ProcessQuotaUsage[2];
    SIZE_T ProcessQuotaPeak[2];
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    LIST_ENTRY SessionProcessLinks;
    PVOID ExceptionPortData;
    ULONG_PTR Token; // PACCESS_TOKEN; the low four bits are a reference count on Windows, 0 here
    ULONG64 MmReserved;
    EX_PUSH_LOCK AddressCreationLock;
    UCHAR Unused4d0[0x508 - 0x4d0];
    PVOID Win32Process;
    PVOID Job;
    PVOID SectionObject;
    PVOID SectionBaseAddress; // of the image
    ULONG Cookie;
    ULONG Unused52c;
    PVOID WorkingSetWatch;
    HANDLE Win32WindowStation;
    HANDLE InheritedFromUniqueProcessId;
    ULONG64 OwnerProcessId;
    PVOID Peb;
    PVOID Session;
    PVOID Spare1;
    PVOID QuotaBlock;
    struct _HANDLE_TABLE *ObjectTable;
    PVOID DebugPort;
    PVOID WoW64Process; // the 32-bit process environment block; NULL: not a 32-bit process
    PVOID DeviceMap;
    PVOID EtwDataSource;
    ULONG64 PageDirectoryPte;
    PFILE_OBJECT ImageFilePointer;
    UCHAR ImageFileName[PSP_IMAGE_FILE_NAME_BYTES];
    UCHAR PriorityClass;
    PVOID SecurityPort;
    PUNICODE_STRING ImagePathName; // SeAuditProcessCreationInfo: the image's NT path
    LIST_ENTRY JobLinks;
    PVOID HighestUserAddress;
    LIST_ENTRY ThreadListHead; // ETHREAD.ThreadListEntry
    volatile ULONG ActiveThreads;
    ULONG ImagePathHash;
    ULONG DefaultHardErrorProcessing;
    NTSTATUS LastThreadExitStatus;
    PVOID PrefetchTrace;
    PVOID LockedPagesList;
    LARGE_INTEGER ReadOperationCount;
    LARGE_INTEGER WriteOperationCount;
    LARGE_INTEGER OtherOperationCount;
    LARGE_INTEGER ReadTransferCount;
    LARGE_INTEGER WriteTransferCount;
    LARGE_INTEGER OtherTransferCount;

    // From here on nothing is at an offset of Windows'.
    NTSTATUS ExitStatus;
    LARGE_INTEGER ExitTime;
    HANDLE CreatingProcessId;
    HANDLE CreatingThreadId;
    ULONG SessionId;
    ULONG64 StartKey;
    BOOLEAN Exiting;
    BOOLEAN NotifiedCreate;     // creation notify routines have seen it, so exit's will
    BOOLEAN ExitAsked;          // PspTerminateProcess: no thread is added any more
    BOOLEAN BreakOnTermination; // its end is a bug check
    UCHAR PagePriority;
    UNICODE_STRING OpenName; // by which the image was asked for
    UNICODE_STRING CommandLine;
    PVOID SystemDllSection; // ntdll's; NULL: the volume has none
    PVOID SystemDllBase;
    PVOID Wow64DllSection; // the 32-bit ntdll's, in a 32-bit process
    PVOID Wow64DllBase;
    BOOLEAN Is32Bit;
    BOOLEAN NotifiedImages; // drivers have been told of the image and ntdll
    NTSTATUS AskedExitStatus;
    UCHAR SignatureLevel;
    UCHAR SectionSignatureLevel;
    UCHAR Protection;
} KPROCESS, EPROCESS;

C_ASSERT(FIELD_OFFSET(EPROCESS, DirectoryTableBase) == 0x28);
C_ASSERT(FIELD_OFFSET(EPROCESS, UniqueProcessId) == 0x440);
C_ASSERT(FIELD_OFFSET(EPROCESS, ActiveProcessLinks) == 0x448);
C_ASSERT(FIELD_OFFSET(EPROCESS, Token) == 0x4b8);
C_ASSERT(FIELD_OFFSET(EPROCESS, SectionBaseAddress) == 0x520);
C_ASSERT(FIELD_OFFSET(EPROCESS, InheritedFromUniqueProcessId) == 0x540);
C_ASSERT(FIELD_OFFSET(EPROCESS, Peb) == 0x550);
C_ASSERT(FIELD_OFFSET(EPROCESS, ObjectTable) == 0x570);
C_ASSERT(FIELD_OFFSET(EPROCESS, ImageFileName) == 0x5a8);
C_ASSERT(FIELD_OFFSET(EPROCESS, ThreadListHead) == 0x5e0);
C_ASSERT(FIELD_OFFSET(EPROCESS, ActiveThreads) == 0x5f0);

typedef struct _ETHREAD {
    KTHREAD Tcb;
    UCHAR UnusedBeforeTimes[0x480 - sizeof(KTHREAD)];
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER ExitTime;
    UCHAR Unused490[0x4a0 - 0x490];
    PVOID StartAddress;
    UCHAR Unused4a8[0x4c8 - 0x4a8];
    CLIENT_ID Cid;
    UCHAR Unused4d8[0x520 - 0x4d8];
    PVOID Win32StartAddress;
    UCHAR Unused528[0x538 - 0x528];
    LIST_ENTRY ThreadListEntry; // EPROCESS.ThreadListHead
    EX_RUNDOWN_REF RundownProtect;

    // From here on nothing is at an offset of Windows'.
    NTSTATUS ExitStatus;
    LIST_ENTRY IrpList;             // io: IRPs that it has sent and that are not complete
    KSPIN_LOCK IrpListLock;         // io
    ULONG_PTR TopLevelIrp;          // io: IoSetTopLevelIrp
    PDEVICE_OBJECT DeviceToVerify;  // io: IoSetDeviceToVerify
    EX_PUSH_LOCK ImpersonationLock; // of the four that follow
    PVOID ImpersonationToken;       // NULL if it acts as its process
    ULONG ImpersonationLevel;
    BOOLEAN ImpersonationCopyOnOpen;
    BOOLEAN ImpersonationEffectiveOnly;
    BOOLEAN Terminating;
    BOOLEAN NotifiedCreate;
    BOOLEAN HardErrorsDisabled;
    BOOLEAN BreakOnTermination; // its end is a bug check
    BOOLEAN HideFromDebugger;
    BOOLEAN StartedInCriticalRegion; // which its end leaves
    UCHAR PagePriority;
    ULONG PowerThrottling[2]; // control and state mask of ThreadPowerThrottlingState
    WORK_QUEUE_ITEM Reaper;   // frees the stack
    KAPC ExitApc;             // PspTerminateThread's
    volatile LONG ExitAsked;
    NTSTATUS AskedExitStatus;
    // A thread whose user mode is outside (ps/request.c).
    struct KM_REQUEST *FirstRequest, *LastRequest;
    struct KM_REQUEST *Request; // that it carries out
    KEVENT RequestEvent;
    LIST_ENTRY TimerList; // ex: timer objects whose APC is for it
    GUID ActivityId;      // etw: EtwActivityIdControl
} ETHREAD;

C_ASSERT(sizeof(KTHREAD) <= 0x480);
C_ASSERT(FIELD_OFFSET(ETHREAD, StartAddress) == 0x4a0);
C_ASSERT(FIELD_OFFSET(ETHREAD, Cid) == 0x4c8);
C_ASSERT(FIELD_OFFSET(ETHREAD, Win32StartAddress) == 0x520);
C_ASSERT(FIELD_OFFSET(ETHREAD, ThreadListEntry) == 0x538);

#endif
