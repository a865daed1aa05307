// SPDX-License-Identifier: MIT
// System calls that mingw-w64's headers leave out, and what they answer. Windows 7 exports all of them.
// Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_NATIVE_H
#define KMODE_SDK_RUNTIME_NATIVE_H

#include <ntifs.h>
#include <kmode.h>

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(_In_ ULONG SystemInformationClass,
                                                 _Out_writes_bytes_opt_(SystemInformationLength)
                                                     PVOID SystemInformation,
                                                 _In_ ULONG SystemInformationLength,
                                                 _Out_opt_ PULONG ReturnLength);
// Classes of this and of ZwQueryInformationProcess, which the headers have, without them.
enum {
    KmpSystemProcessInformation = 5,
    KmpSystemModuleInformation = 11,

    KmpProcessBasicInformation = 0,
    KmpProcessSessionInformation = 24,
    KmpProcessWow64Information = 26,
    KmpProcessImageFileName = 27
};

typedef struct KMP_PROCESS_BASIC {
    NTSTATUS ExitStatus;
    PVOID PebBaseAddress;
    ULONG_PTR AffinityMask;
    LONG BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
} KMP_PROCESS_BASIC;

typedef struct KMP_SYSTEM_THREAD {
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
    LONG Priority;
    LONG BasePriority;
    ULONG ContextSwitches;
    ULONG ThreadState;
    ULONG WaitReason;
} KMP_SYSTEM_THREAD;

typedef struct KMP_SYSTEM_PROCESS {
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount;
    ULONG NumberOfThreadsHighWatermark;
    ULONGLONG CycleTime;
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
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
    LARGE_INTEGER Transfers[6];
    KMP_SYSTEM_THREAD Threads[1];
} KMP_SYSTEM_PROCESS;

typedef struct KMP_SYSTEM_MODULE {
    HANDLE Section;
    PVOID MappedBase;
    PVOID ImageBase;
    ULONG ImageSize;
    ULONG Flags;
    USHORT LoadOrderIndex;
    USHORT InitOrderIndex;
    USHORT LoadCount;
    USHORT OffsetToFileName;
    CHAR FullPathName[256];
} KMP_SYSTEM_MODULE;

typedef struct KMP_SYSTEM_MODULES {
    ULONG NumberOfModules;
    KMP_SYSTEM_MODULE Modules[1];
} KMP_SYSTEM_MODULES;

#endif
