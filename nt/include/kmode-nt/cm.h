// SPDX-License-Identifier: MIT
// Configuration manager: what registry filters see beyond mingw-w64's wdm.h, and its Rtl flags.
#ifndef KMODE_NT_CM_H
#define KMODE_NT_CM_H

#ifdef __cplusplus
extern "C" {
#endif

// RTL_QUERY_REGISTRY_TABLE.Flags: a value of string type is refused; with RTL_QUERY_REGISTRY_DIRECT, the
// stored value must have the type in the top byte of DefaultType.
#define RTL_QUERY_REGISTRY_NOSTRING  0x00000080
#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100

#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK  (0xFFu << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)

#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000L
#endif

// RegNtPreQueryKeyName.
typedef struct _REG_QUERY_KEY_NAME {
    PVOID Object;
    POBJECT_NAME_INFORMATION ObjectNameInfo;
    ULONG Length;
    PULONG ReturnLength;
    PVOID CallContext;
    PVOID ObjectContext;
    PVOID Reserved;
} REG_QUERY_KEY_NAME, *PREG_QUERY_KEY_NAME;

// RegNtPreLoadKey, since Windows Server 2022.
typedef struct _REG_LOAD_KEY_INFORMATION_V2 {
    PVOID Object;
    PUNICODE_STRING KeyName;
    PUNICODE_STRING SourceFile;
    ULONG Flags;
    PVOID TrustClassObject;
    PVOID UserEvent;
    ACCESS_MASK DesiredAccess;
    PHANDLE RootHandle;
    PVOID CallContext;
    PVOID ObjectContext;
    PVOID Version;
    PVOID FileAccessToken; // as whom the file is opened
} REG_LOAD_KEY_INFORMATION_V2, *PREG_LOAD_KEY_INFORMATION_V2;

// RegNtPreSaveMergedKey.
typedef struct _REG_SAVE_MERGED_KEY_INFORMATION {
    PVOID Object;
    HANDLE FileHandle;
    PVOID HighKeyObject;
    PVOID LowKeyObject;
    PVOID CallContext;
    PVOID ObjectContext;
    PVOID Reserved;
} REG_SAVE_MERGED_KEY_INFORMATION, *PREG_SAVE_MERGED_KEY_INFORMATION;

// KeyNameInformation, KeyCachedInformation, KeyVirtualizationInformation of ZwQueryKey.
typedef struct _KEY_NAME_INFORMATION {
    ULONG NameLength; // bytes
    WCHAR Name[1];    // the whole path, without a zero behind it
} KEY_NAME_INFORMATION, *PKEY_NAME_INFORMATION;

typedef struct _KEY_CACHED_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG SubKeys;
    ULONG MaxNameLen;
    ULONG Values;
    ULONG MaxValueNameLen;
    ULONG MaxValueDataLen;
    ULONG NameLength;
} KEY_CACHED_INFORMATION, *PKEY_CACHED_INFORMATION;

typedef struct _KEY_VIRTUALIZATION_INFORMATION {
    ULONG VirtualizationCandidate : 1;
    ULONG VirtualizationEnabled : 1;
    ULONG VirtualTarget : 1;
    ULONG VirtualStore : 1;
    ULONG VirtualSource : 1;
    ULONG Reserved : 27;
} KEY_VIRTUALIZATION_INFORMATION, *PKEY_VIRTUALIZATION_INFORMATION;

// Hives loaded from files and unloaded, keys saved. (no pages; winreg's RegLoadKey and the like)
NTSYSAPI NTSTATUS NTAPI ZwLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags,
                                    HANDLE TrustClassKey, HANDLE Event, ACCESS_MASK DesiredAccess,
                                    PHANDLE RootHandle, PVOID Reserved);
NTSYSAPI NTSTATUS NTAPI ZwUnloadKey2(POBJECT_ATTRIBUTES TargetKey, ULONG Flags);
NTSYSAPI NTSTATUS NTAPI ZwUnloadKeyEx(POBJECT_ATTRIBUTES TargetKey, HANDLE Event);
NTSYSAPI NTSTATUS NTAPI ZwSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format);

#ifdef __cplusplus
}
#endif

#endif
