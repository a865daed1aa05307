// SPDX-License-Identifier: MIT
// NtQuerySystemInformation: the classes, what they answer, and how an answer is gathered. No header of the
// WDK has these layouts; they are those that drivers declare for themselves.
#ifndef KMODE_EX_SYSTEM_INFORMATION_H
#define KMODE_EX_SYSTEM_INFORMATION_H

#include "inc/kernel.h"

typedef enum _EXP_SYSTEM_CLASS {
    SystemBasicInformation = 0,
    SystemProcessorInformation = 1,
    SystemPerformanceInformation = 2,
    SystemTimeOfDayInformation = 3,
    SystemProcessInformation = 5,
    SystemProcessorPerformanceInformation = 8,
    SystemFlagsInformation = 9,
    SystemModuleInformation = 11,
    SystemHandleInformation = 16,
    SystemPoolTagInformation = 22,
    SystemTimeAdjustmentInformation = 28,
    SystemKernelDebuggerInformation = 35,
    SystemLookasideInformation = 45,
    SystemRangeStartInformation = 50,
    SystemNumaProcessorMap = 55,
    SystemEmulationBasicInformation = 62,
    SystemExtendedHandleInformation = 64,
    SystemBigPoolInformation = 66,
    SystemFirmwareTableInformation = 76,
    SystemModuleInformationEx = 77,
    SystemProcessIdInformation = 88,
    SystemCodeIntegrityInformation = 103,
    SystemSecureBootInformation = 145,
    SystemKernelDebuggerInformationEx = 149,
} EXP_SYSTEM_CLASS;

typedef struct _SYSTEM_BASIC_INFORMATION {
    ULONG Reserved;
    ULONG TimerResolution; // 100 ns
    ULONG PageSize;
    ULONG NumberOfPhysicalPages;
    ULONG LowestPhysicalPageNumber;
    ULONG HighestPhysicalPageNumber;
    ULONG AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress;
    ULONG_PTR MaximumUserModeAddress;
    KAFFINITY ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
} SYSTEM_BASIC_INFORMATION;
C_ASSERT(sizeof(SYSTEM_BASIC_INFORMATION) == 0x40);

typedef struct _SYSTEM_PROCESSOR_INFORMATION {
    USHORT ProcessorArchitecture; // PROCESSOR_ARCHITECTURE_*
    USHORT ProcessorLevel;        // family
    USHORT ProcessorRevision;     // model, stepping
    USHORT MaximumProcessors;
    ULONG ProcessorFeatureBits;
} SYSTEM_PROCESSOR_INFORMATION;
C_ASSERT(sizeof(SYSTEM_PROCESSOR_INFORMATION) == 12);

typedef struct _SYSTEM_PERFORMANCE_INFORMATION {
    LARGE_INTEGER IdleProcessTime;
    LARGE_INTEGER IoReadTransferCount;
    LARGE_INTEGER IoWriteTransferCount;
    LARGE_INTEGER IoOtherTransferCount;
    ULONG IoReadOperationCount;
    ULONG IoWriteOperationCount;
    ULONG IoOtherOperationCount;
    ULONG AvailablePages;
    ULONG CommittedPages;
    ULONG CommitLimit;
    ULONG PeakCommitment;
    ULONG PagingCounts[13];       // PageFaultCount to MappedWriteIoCount
    ULONG PoolAndSystemPages[16]; // PagedPoolPages to ResidentSystemDriverPage
    ULONG CacheManagerCounts[30]; // CcFastReadNoWait to CcDataPages
    ULONG ContextSwitches;
    ULONG FirstLevelTbFills;
    ULONG SecondLevelTbFills;
    ULONG SystemCalls;
    ULONG64 CcTotalDirtyPages;
    ULONG64 CcDirtyPageThreshold;
    LONG64 ResidentAvailablePages;
    ULONG64 SharedCommittedPages;
} SYSTEM_PERFORMANCE_INFORMATION;
C_ASSERT(FIELD_OFFSET(SYSTEM_PERFORMANCE_INFORMATION, AvailablePages) == 44);
C_ASSERT(FIELD_OFFSET(SYSTEM_PERFORMANCE_INFORMATION, ContextSwitches) == 296);
C_ASSERT(sizeof(SYSTEM_PERFORMANCE_INFORMATION) == 344);

typedef struct _SYSTEM_TIMEOFDAY_INFORMATION {
    LARGE_INTEGER BootTime;
    LARGE_INTEGER CurrentTime;
    LARGE_INTEGER TimeZoneBias;
    ULONG TimeZoneId;
    ULONG Reserved;
    ULONG64 BootTimeBias;
    ULONG64 SleepTimeBias;
} SYSTEM_TIMEOFDAY_INFORMATION;
C_ASSERT(sizeof(SYSTEM_TIMEOFDAY_INFORMATION) == 48);

typedef struct _SYSTEM_THREAD_INFORMATION {
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    KPRIORITY Priority;
    LONG BasePriority;
    ULONG ContextSwitches;
    ULONG ThreadState;
    ULONG WaitReason;
} SYSTEM_THREAD_INFORMATION;
C_ASSERT(sizeof(SYSTEM_THREAD_INFORMATION) == 80);

typedef struct _SYSTEM_PROCESS_INFORMATION {
    ULONG NextEntryOffset; // 0: the last
    ULONG NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount;
    ULONG NumberOfThreadsHighWatermark;
    ULONG64 CycleTime;
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    KPRIORITY BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
    ULONG HandleCount;
    ULONG SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivatePageCount;
    LARGE_INTEGER ReadOperationCount;
    LARGE_INTEGER WriteOperationCount;
    LARGE_INTEGER OtherOperationCount;
    LARGE_INTEGER ReadTransferCount;
    LARGE_INTEGER WriteTransferCount;
    LARGE_INTEGER OtherTransferCount;
    SYSTEM_THREAD_INFORMATION Threads[]; // then the text of ImageName
} SYSTEM_PROCESS_INFORMATION;
C_ASSERT(sizeof(SYSTEM_PROCESS_INFORMATION) == 256);

typedef struct _SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION {
    LARGE_INTEGER IdleTime;
    LARGE_INTEGER KernelTime; // idle time too
    LARGE_INTEGER UserTime;
    LARGE_INTEGER DpcTime;
    LARGE_INTEGER InterruptTime;
    ULONG InterruptCount;
} SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION;
C_ASSERT(sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION) == 48);

#define EXP_MODULE_PATH_BYTES 256

typedef struct _RTL_PROCESS_MODULE_INFORMATION {
    HANDLE Section;
    PVOID MappedBase;
    PVOID ImageBase;
    ULONG ImageSize;
    ULONG Flags;
    USHORT LoadOrderIndex;
    USHORT InitOrderIndex;
    USHORT LoadCount;
    USHORT OffsetToFileName;
    UCHAR FullPathName[EXP_MODULE_PATH_BYTES];
} RTL_PROCESS_MODULE_INFORMATION;
C_ASSERT(sizeof(RTL_PROCESS_MODULE_INFORMATION) == 296);

typedef struct _RTL_PROCESS_MODULES {
    ULONG NumberOfModules;
    RTL_PROCESS_MODULE_INFORMATION Modules[];
} RTL_PROCESS_MODULES;
C_ASSERT(sizeof(RTL_PROCESS_MODULES) == 8);

typedef struct _RTL_PROCESS_MODULE_INFORMATION_EX {
    USHORT NextOffset; // 0: the end of the list, and nothing else is there
    RTL_PROCESS_MODULE_INFORMATION BaseInfo;
    ULONG ImageChecksum;
    ULONG TimeDateStamp;
    PVOID DefaultBase;
} RTL_PROCESS_MODULE_INFORMATION_EX;
C_ASSERT(sizeof(RTL_PROCESS_MODULE_INFORMATION_EX) == 320);

typedef struct _SYSTEM_HANDLE_TABLE_ENTRY_INFO {
    USHORT UniqueProcessId;
    USHORT CreatorBackTraceIndex;
    UCHAR ObjectTypeIndex;
    UCHAR HandleAttributes;
    USHORT HandleValue;
    PVOID Object;
    ULONG GrantedAccess;
} SYSTEM_HANDLE_TABLE_ENTRY_INFO;
C_ASSERT(sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO) == 24);

typedef struct _SYSTEM_HANDLE_INFORMATION {
    ULONG NumberOfHandles;
    SYSTEM_HANDLE_TABLE_ENTRY_INFO Handles[];
} SYSTEM_HANDLE_INFORMATION;
C_ASSERT(sizeof(SYSTEM_HANDLE_INFORMATION) == 8);

typedef struct _SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX {
    PVOID Object;
    ULONG_PTR UniqueProcessId;
    ULONG_PTR HandleValue;
    ULONG GrantedAccess;
    USHORT CreatorBackTraceIndex;
    USHORT ObjectTypeIndex;
    ULONG HandleAttributes;
    ULONG Reserved;
} SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX;
C_ASSERT(sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX) == 40);

typedef struct _SYSTEM_HANDLE_INFORMATION_EX {
    ULONG_PTR NumberOfHandles;
    ULONG_PTR Reserved;
    SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX Handles[];
} SYSTEM_HANDLE_INFORMATION_EX;
C_ASSERT(sizeof(SYSTEM_HANDLE_INFORMATION_EX) == 16);

#define EXP_BIG_POOL_NON_PAGED 1u // in VirtualAddress

typedef struct _SYSTEM_BIGPOOL_ENTRY {
    ULONG_PTR VirtualAddress; // its first bit: non-paged
    SIZE_T SizeInBytes;       // of its pages
    ULONG Tag;
} SYSTEM_BIGPOOL_ENTRY;
C_ASSERT(sizeof(SYSTEM_BIGPOOL_ENTRY) == 24);

typedef struct _SYSTEM_BIGPOOL_INFORMATION {
    ULONG Count;
    SYSTEM_BIGPOOL_ENTRY AllocatedInfo[];
} SYSTEM_BIGPOOL_INFORMATION;
C_ASSERT(sizeof(SYSTEM_BIGPOOL_INFORMATION) == 8);

typedef struct _SYSTEM_POOLTAG {
    ULONG Tag;
    ULONG PagedAllocs;
    ULONG PagedFrees;
    SIZE_T PagedUsed;
    ULONG NonPagedAllocs;
    ULONG NonPagedFrees;
    SIZE_T NonPagedUsed;
} SYSTEM_POOLTAG;
C_ASSERT(sizeof(SYSTEM_POOLTAG) == 40);

typedef struct _SYSTEM_POOLTAG_INFORMATION {
    ULONG Count;
    SYSTEM_POOLTAG TagInfo[];
} SYSTEM_POOLTAG_INFORMATION;
C_ASSERT(sizeof(SYSTEM_POOLTAG_INFORMATION) == 8);

typedef struct _SYSTEM_LOOKASIDE_INFORMATION {
    USHORT CurrentDepth; // entries that it may keep
    USHORT MaximumDepth;
    ULONG TotalAllocates;
    ULONG AllocateMisses;
    ULONG TotalFrees;
    ULONG FreeMisses;
    ULONG Type;
    ULONG Tag;
    ULONG Size;
} SYSTEM_LOOKASIDE_INFORMATION;
C_ASSERT(sizeof(SYSTEM_LOOKASIDE_INFORMATION) == 32);

// Writes what is known of the first Room lookaside lists. Returns how many lists there are. IRQL <=
// DISPATCH_LEVEL. (ex/lookaside.c)
ULONG ExpCopyLookasideCounts(SYSTEM_LOOKASIDE_INFORMATION *Lists, ULONG Room);

typedef struct _SYSTEM_QUERY_TIME_ADJUST_INFORMATION {
    ULONG TimeAdjustment;
    ULONG TimeIncrement;
    BOOLEAN Enable;
} SYSTEM_QUERY_TIME_ADJUST_INFORMATION;
C_ASSERT(sizeof(SYSTEM_QUERY_TIME_ADJUST_INFORMATION) == 12);

typedef struct _SYSTEM_KERNEL_DEBUGGER_INFORMATION {
    BOOLEAN KernelDebuggerEnabled;
    BOOLEAN KernelDebuggerNotPresent;
} SYSTEM_KERNEL_DEBUGGER_INFORMATION;

typedef struct _SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX {
    BOOLEAN DebuggerAllowed;
    BOOLEAN DebuggerEnabled;
    BOOLEAN DebuggerPresent;
} SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX;

typedef struct _SYSTEM_NUMA_INFORMATION {
    ULONG HighestNodeNumber;
    ULONG Reserved;
    GROUP_AFFINITY ActiveProcessorsGroupAffinity[]; // by node
} SYSTEM_NUMA_INFORMATION;
C_ASSERT(sizeof(SYSTEM_NUMA_INFORMATION) == 8);

typedef struct _SYSTEM_PROCESS_ID_INFORMATION {
    HANDLE ProcessId;
    UNICODE_STRING ImageName; // in: where its text goes, and how much fits there
} SYSTEM_PROCESS_ID_INFORMATION;
C_ASSERT(sizeof(SYSTEM_PROCESS_ID_INFORMATION) == 24);

typedef struct _SYSTEM_CODEINTEGRITY_INFORMATION {
    ULONG Length; // in: the structure's
    ULONG CodeIntegrityOptions;
} SYSTEM_CODEINTEGRITY_INFORMATION;

typedef struct _SYSTEM_SECUREBOOT_INFORMATION {
    BOOLEAN SecureBootEnabled;
    BOOLEAN SecureBootCapable;
} SYSTEM_SECUREBOOT_INFORMATION;

// ---- An answer, gathered in pool before it is written where the caller may have no memory

typedef struct _EXP_ANSWER {
    PUCHAR Data;
    ULONG Bytes, Capacity;
    BOOLEAN Failed;    // there was no memory
    PVOID Destination; // where the caller will find it, for pointers into it; not to be touched
} EXP_ANSWER;

// Bytes more of it, zeroed, that stay there until the next call. NULL: no memory. IRQL <= APC_LEVEL.
PVOID ExpAppend(EXP_ANSWER *Answer, ULONG Bytes);

// All at IRQL PASSIVE_LEVEL.
VOID ExpQueryProcesses(EXP_ANSWER *Answer);
VOID ExpQueryModules(EXP_ANSWER *Answer);
VOID ExpQueryModulesEx(EXP_ANSWER *Answer);
VOID ExpQueryHandles(EXP_ANSWER *Answer);
VOID ExpQueryHandlesEx(EXP_ANSWER *Answer);
VOID ExpQueryBigPool(EXP_ANSWER *Answer);
VOID ExpQueryPoolTags(EXP_ANSWER *Answer);
VOID ExpQueryLookasides(EXP_ANSWER *Answer);

#endif
