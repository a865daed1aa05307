// SPDX-License-Identifier: MIT
// Registry keys and values, typed: a value of another type or size than asked for is a status, not a
// surprise.
//
//     HANDLE Key;
//     ULONG Depth;
//
//     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
//     if (!NT_SUCCESS(Status)) {
//         return Status;
//     }
//     Depth = KmRegistryDword(Key, L"QueueDepth", 16);
//     Status = KmRegistrySetDword(Key, L"QueueDepth", Depth * 2);
//     ZwClose(Key);
//
// Paths are NT's, `\Registry\Machine\...`, or begin with `HKLM\` or `HKU\`, or are relative to a key that is
// open. Keys are kernel handles: ZwClose them. All routines want PASSIVE_LEVEL. Values of sizes that are not
// known beforehand are returned in memory of an allocator of the caller's choice.
//
// Besides what each routine says, each may return what the system answers, such as STATUS_ACCESS_DENIED (of
// a registry filter, or where Access lacks a right), STATUS_KEY_DELETED, STATUS_OBJECT_PATH_SYNTAX_BAD.
#ifndef KMODE_REGISTRY_H
#define KMODE_REGISTRY_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/registry.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/unicode.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Keys

/// Opens the key Path, which is relative to Root unless that is NULL. STATUS_OBJECT_NAME_NOT_FOUND: there is
/// none. STATUS_NAME_TOO_LONG: Path has more than 32,766 characters.
///
///     HANDLE Key;
///
///     Status = KmRegistryOpen(NULL, L"HKLM\\SOFTWARE\\Vendor", KEY_READ, &Key);
///     if (NT_SUCCESS(Status)) {
///         ZwClose(Key);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryOpen(_In_opt_ HANDLE Root, _In_z_ PCWSTR Path, _In_ ACCESS_MASK Access, _Out_ PHANDLE Key);

/// Opens the key, or makes it with whatever keys are missing above it. Options: REG_OPTION_NON_VOLATILE (0)
/// or REG_OPTION_VOLATILE, for each key that is made; only volatile keys may be below a volatile one
/// (STATUS_CHILD_MUST_BE_VOLATILE). *Created (may be NULL): whether the key itself is new. Keys above it stay
/// when a later step fails.
///
///     HANDLE Key;
///     BOOLEAN Created;
///
///     Status = KmRegistryCreate(NULL, L"HKLM\\SOFTWARE\\Vendor\\Driver", REG_OPTION_VOLATILE,
///                               KEY_READ | KEY_WRITE | DELETE, &Key, &Created);
///     if (NT_SUCCESS(Status)) {
///         ZwClose(Key);
///         Status = KmRegistryDelete(NULL, L"HKLM\\SOFTWARE\\Vendor\\Driver");
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryCreate(_In_opt_ HANDLE Root, _In_z_ PCWSTR Path, _In_ ULONG Options, _In_ ACCESS_MASK Access,
                     _Out_ PHANDLE Key, _Out_opt_ PBOOLEAN Created);

/// Opens a key of the driver's service: RegistryPath as DriverEntry gets it, or a key below it if Subkey is
/// not NULL.
///
///     HANDLE Service;
///
///     Status = KmRegistryOpenService(RegistryPath, NULL, KEY_READ, &Service);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("started as %lu", KmRegistryDword(Service, L"Start", 3));
///         ZwClose(Service);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryOpenService(_In_ PCUNICODE_STRING RegistryPath, _In_opt_z_ PCWSTR Subkey,
                          _In_ ACCESS_MASK Access, _Out_ PHANDLE Key);

/// Opens, or makes, the key Parameters of the driver's service, where its settings belong.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryCreateParameters(_In_ PCUNICODE_STRING RegistryPath, _In_ ACCESS_MASK Access,
                               _Out_ PHANDLE Key);

/// Deletes one key, which must have no subkeys: STATUS_CANNOT_DELETE.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryDelete(_In_opt_ HANDLE Root, _In_z_ PCWSTR Path);

/// Deletes a key with all the keys below it. Not atomic: what was deleted before a failure is gone.
/// STATUS_INSUFFICIENT_RESOURCES: Allocator has no 5 KB. STATUS_NAME_TOO_LONG: Path is too long, or keys lie
/// 511 levels deep below it, which is more than a registry has: 512 levels from its root. Keys that others
/// make meanwhile are deleted too, or make the deletion of the one above them fail (STATUS_CANNOT_DELETE).
///
///     KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///
///     Status = KmRegistryDeleteTree(NULL, L"HKLM\\SOFTWARE\\Vendor", &Paged);
///     if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
///         Status = STATUS_SUCCESS;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryDeleteTree(_In_opt_ HANDLE Root, _In_z_ PCWSTR Path, _In_ PKM_ALLOCATOR Allocator);

// ---- Reading values
//
// Name L"" or NULL is the key's default value. Each reader returns, and leaves its output zero or empty then:
// STATUS_OBJECT_NAME_NOT_FOUND if there is no such value; STATUS_OBJECT_TYPE_MISMATCH if it has another type,
// or a size that the type cannot have; STATUS_INSUFFICIENT_RESOURCES if the allocator has no memory.

/// Reads a REG_DWORD, or a REG_DWORD_BIG_ENDIAN, whose bytes it turns round.
///
///     HANDLE Key;
///     ULONG Depth = 0;
///     ULONGLONG Limit = 0;
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
///     if (NT_SUCCESS(Status)) {
///         Status = KmRegistrySetQword(Key, L"Limit", 1ull << 40);
///         if (NT_SUCCESS(Status)) {
///             Status = KmRegistryReadQword(Key, L"Limit", &Limit);
///         }
///         if (KmRegistryReadDword(Key, L"Depth", &Depth) == STATUS_OBJECT_TYPE_MISMATCH) {
///             KmWarn("Depth is no number");
///         }
///         ZwClose(Key);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadDword(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _Out_ PULONG Value);

/// Reads a REG_QWORD; or a REG_DWORD, as the number that it is.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadQword(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _Out_ PULONGLONG Value);

/// Returns the value; Default if it cannot be read, whatever the reason.
_IRQL_requires_max_(PASSIVE_LEVEL) ULONG NTAPI
    KmRegistryDword(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ ULONG Default);

/// As KmRegistryDword, for what KmRegistryReadQword reads.
///
///     HANDLE Key;
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ, &Key);
///     if (NT_SUCCESS(Status)) {
///         KmInfo("at most %I64u bytes", KmRegistryQword(Key, L"Limit", 4096));
///         ZwClose(Key);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) ULONGLONG NTAPI
    KmRegistryQword(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ ULONGLONG Default);

/// Reads a REG_SZ or REG_EXPAND_SZ. *Value is the text up to the first zero, and has a zero behind it whether
/// the registry's did or not; the caller gives it back by KmUnicodeFree. The kernel has no environment:
/// `%SystemRoot%` and its like stay as they are. An odd number of bytes, or more than 65,532 of them, is
/// STATUS_OBJECT_TYPE_MISMATCH.
///
///     HANDLE Key;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///     UNICODE_STRING Text;
///
///     Status = KmRegistryOpenService(RegistryPath, NULL, KEY_READ, &Key);
///     if (NT_SUCCESS(Status)) {
///         Status = KmRegistryReadString(Key, L"ImagePath", &Paged, &Text);
///         ZwClose(Key);
///     }
///     if (NT_SUCCESS(Status)) {
///         KmInfo("I am %wZ", &Text);
///         KmUnicodeFree(&Paged, &Text);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadString(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ PKM_ALLOCATOR Allocator,
                         _Out_ PUNICODE_STRING Value);

/// Any value as it is.
typedef struct KM_REGISTRY_VALUE {
    ULONG Type;  ///< REG_...
    ULONG Bytes; ///< at Data
    PVOID Data;  ///< aligned to 8 bytes; NULL if Bytes is 0

    PVOID Memory; ///< KmRegistryFreeValue's
    ULONG MemoryBytes;
} KM_REGISTRY_VALUE, *PKM_REGISTRY_VALUE;

/// Reads a value of any type, whose memory the caller gives back by KmRegistryFreeValue.
///
///     HANDLE Key;
///     KM_REGISTRY_VALUE Value;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     Status = KmRegistryReadValue(Key, L"Setting", &Paged, &Value);
///     if (NT_SUCCESS(Status)) {
///         Status = KmRegistrySetValue(Key, L"Copy", Value.Type, Value.Data, Value.Bytes);
///         KmRegistryFreeValue(&Paged, &Value);
///     }
///     ZwClose(Key);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadValue(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ PKM_ALLOCATOR Allocator,
                        _Out_ PKM_REGISTRY_VALUE Value);

/// Reads a REG_BINARY; as KmRegistryReadValue.
///
///     const UCHAR Address[6] = {2, 0, 0, 0, 0, 1};
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///     HANDLE Key;
///     KM_REGISTRY_VALUE Value;
///     UCHAR Same[6];
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     Status = KmRegistrySetBinary(Key, L"Address", Address, sizeof(Address));
///     if (NT_SUCCESS(Status)) {
///         Status = KmRegistryReadBinary(Key, L"Address", &Paged, &Value);
///     }
///     if (NT_SUCCESS(Status)) {
///         KmInfo("%lu bytes", Value.Bytes);
///         KmRegistryFreeValue(&Paged, &Value);
///         Status = KmRegistryReadBytes(Key, L"Address", Same, sizeof(Same));
///     }
///     ZwClose(Key);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadBinary(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ PKM_ALLOCATOR Allocator,
                         _Out_ PKM_REGISTRY_VALUE Value);

/// Reads a REG_BINARY of exactly Bytes, at most 512, into Buffer: any other size is
/// STATUS_OBJECT_TYPE_MISMATCH. STATUS_INVALID_PARAMETER: Bytes is more. Allocates nothing.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadBytes(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _Out_writes_bytes_(Bytes) PVOID Buffer,
                        _In_ ULONG Bytes);

/// Gives back the memory of a value, and makes it empty.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI
    KmRegistryFreeValue(_In_ PKM_ALLOCATOR Allocator, _Inout_ PKM_REGISTRY_VALUE Value);

/// Reads a REG_MULTI_SZ: Data are strings one behind the other, each ended by a zero, and the last one
/// followed by one more, whether the registry's ended so or not. Walk it by KmMultiStringNext.
///
///     HANDLE Key;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///     KM_REGISTRY_VALUE List;
///     PCWSTR Name;
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     Status = KmRegistrySetMultiString(Key, L"Servers", L"first\0second\0");
///     if (NT_SUCCESS(Status)) {
///         Status = KmRegistryReadMultiString(Key, L"Servers", &Paged, &List);
///     }
///     if (NT_SUCCESS(Status)) {
///         for (Name = KmMultiStringFirst(&List); Name != NULL; Name = KmMultiStringNext(Name)) {
///             KmInfo("%ws", Name);
///         }
///         KmRegistryFreeValue(&Paged, &List);
///     }
///     ZwClose(Key);
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryReadMultiString(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ PKM_ALLOCATOR Allocator,
                              _Out_ PKM_REGISTRY_VALUE Value);

/// The first string of a list that KmRegistryReadMultiString has read; NULL if it is empty, could not be
/// read, or has been freed. Any IRQL.
static __inline PCWSTR NTAPI KmMultiStringFirst(_In_ const KM_REGISTRY_VALUE *Value)
{
    PCWSTR First = (PCWSTR)Value->Data;

    return First != NULL && First[0] != L'\0' ? First : NULL;
}

/// The string behind another one of such a list; NULL behind the last one. Any IRQL.
static __inline PCWSTR NTAPI KmMultiStringNext(_In_ PCWSTR String)
{
    while (*String != L'\0') {
        String++;
    }
    String++;
    return *String != L'\0' ? String : NULL;
}

// ---- Writing values. Key needs KEY_SET_VALUE.

/// Sets a REG_DWORD.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetDword(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ ULONG Value);

/// Sets a REG_QWORD.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetQword(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ ULONGLONG Value);

/// Sets a REG_SZ, its zero included.
///
///     HANDLE Key;
///
///     Status = KmRegistryCreateParameters(RegistryPath, KEY_READ | KEY_WRITE, &Key);
///     if (NT_SUCCESS(Status)) {
///         Status = KmRegistrySetString(Key, L"Server", L"first");
///         if (NT_SUCCESS(Status)) {
///             Status = KmRegistrySetExpandString(Key, L"Log", L"%SystemRoot%\\driver.log");
///         }
///         if (NT_SUCCESS(Status)) {
///             Status = KmRegistryDeleteValue(Key, L"Server");
///         }
///         ZwClose(Key);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetString(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_z_ PCWSTR Value);

/// Sets a REG_EXPAND_SZ, its zero included.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetExpandString(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_z_ PCWSTR Value);

/// Sets a REG_MULTI_SZ from strings one behind the other, an empty one last: a literal L"first\0second\0".
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetMultiString(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ PCWSTR Strings);

/// Sets a REG_BINARY.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetBinary(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_reads_bytes_(Bytes) const VOID *Data,
                        _In_ ULONG Bytes);

/// Sets a value of any type.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistrySetValue(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name, _In_ ULONG Type,
                       _In_reads_bytes_(Bytes) const VOID *Data, _In_ ULONG Bytes);

/// Deletes a value. STATUS_OBJECT_NAME_NOT_FOUND: there is none.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryDeleteValue(_In_ HANDLE Key, _In_opt_z_ PCWSTR Name);

// ---- Enumerating

/// A walk through a key's subkeys or values. Its members belong to the routines below.
typedef struct KM_REGISTRY_ENUMERATION {
    HANDLE Key;
    PKM_ALLOCATOR Allocator;
    ULONG Index;
    PVOID Memory;
    ULONG MemoryBytes;
} KM_REGISTRY_ENUMERATION, *PKM_REGISTRY_ENUMERATION;

/// One value of a walk, valid until the next step.
typedef struct KM_REGISTRY_ENTRY {
    UNICODE_STRING Name; ///< a key's, or a value's; no zero behind it
    ULONG Type;          ///< of the value
    ULONG Bytes;         ///< at Data
    PVOID Data;          ///< of the value
} KM_REGISTRY_ENTRY, *PKM_REGISTRY_ENTRY;

/// Begins a walk of Key (KEY_ENUMERATE_SUB_KEYS for keys, KEY_QUERY_VALUE for values), which must stay open.
/// KmRegistryEnumerationEnd gives back what the steps have allocated.
///
///     KM_REGISTRY_ENUMERATION Walk;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///     KM_REGISTRY_ENTRY Entry;
///     HANDLE Key;
///
///     Status = KmRegistryOpenService(RegistryPath, NULL, KEY_READ, &Key);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     KmRegistryEnumerationBegin(&Walk, Key, &Paged);
///     while (NT_SUCCESS(Status = KmRegistryNextValue(&Walk, &Entry))) {
///         KmInfo("%wZ: type %lu, %lu bytes", &Entry.Name, Entry.Type, Entry.Bytes);
///     }
///     KmRegistryEnumerationEnd(&Walk);
///     ZwClose(Key);
///     if (Status == STATUS_NO_MORE_ENTRIES) {
///         Status = STATUS_SUCCESS;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI
    KmRegistryEnumerationBegin(_Out_ PKM_REGISTRY_ENUMERATION Enumeration, _In_ HANDLE Key,
                               _In_ PKM_ALLOCATOR Allocator);

/// The next subkey: its name. STATUS_NO_MORE_ENTRIES behind the last one. Keys that are made or deleted
/// meanwhile may be seen twice or not at all. Walk either keys or values, from one Begin.
///
///     KM_REGISTRY_ENUMERATION Walk;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'yeKR');
///     UNICODE_STRING Name;
///     HANDLE Key;
///
///     Status = KmRegistryOpen(NULL, L"HKLM\\SYSTEM\\CurrentControlSet\\Services", KEY_READ, &Key);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     KmRegistryEnumerationBegin(&Walk, Key, &Paged);
///     while (NT_SUCCESS(Status = KmRegistryNextKey(&Walk, &Name))) {
///         KmInfo("%wZ", &Name);
///     }
///     KmRegistryEnumerationEnd(&Walk);
///     ZwClose(Key);
///     if (Status == STATUS_NO_MORE_ENTRIES) {
///         Status = STATUS_SUCCESS;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryNextKey(_Inout_ PKM_REGISTRY_ENUMERATION Enumeration, _Out_ PUNICODE_STRING Name);

/// The next value, with its data. STATUS_NO_MORE_ENTRIES behind the last one.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryNextValue(_Inout_ PKM_REGISTRY_ENUMERATION Enumeration, _Out_ PKM_REGISTRY_ENTRY Entry);

/// Ends a walk; one that has ended: nothing to do.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI
    KmRegistryEnumerationEnd(_Inout_ PKM_REGISTRY_ENUMERATION Enumeration);

// ---- Watching

/// A key that is watched by one thread. Its members belong to the routines below; it stays where it is.
typedef struct KM_REGISTRY_WATCH {
    HANDLE Key;
    HANDLE Event;
    ULONG Filter;
    BOOLEAN Tree;
    BOOLEAN Armed;
    IO_STATUS_BLOCK IoStatus;
} KM_REGISTRY_WATCH, *PKM_REGISTRY_WATCH;

/// Begins to watch a key, from now on. Filter: REG_NOTIFY_CHANGE_NAME, _ATTRIBUTES, _LAST_SET, _SECURITY,
/// together. Tree: the keys below it too. KmRegistryWatchEnd ends it. Watch must be memory that stays
/// resident (not paged pool), and all three calls are of one thread, which must not end before.
///
///     static VOID NTAPI Settings(PVOID Context)
///     {
///         KM_REGISTRY_WATCH Watch;
///         LARGE_INTEGER Second;
///
///         UNREFERENCED_PARAMETER(Context);
///         Second.QuadPart = -10000000;
///         if (NT_SUCCESS(KmRegistryWatchBegin(&Watch, NULL, L"HKLM\\SOFTWARE\\Vendor",
///                                             REG_NOTIFY_CHANGE_LAST_SET, FALSE))) {
///             if (KmRegistryWatchWait(&Watch, &Second) == STATUS_SUCCESS) {
///                 KmInfo("settings have changed");
///             }
///             KmRegistryWatchEnd(&Watch);
///         }
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryWatchBegin(_Out_ PKM_REGISTRY_WATCH Watch, _In_opt_ HANDLE Root, _In_z_ PCWSTR Path,
                         _In_ ULONG Filter, _In_ BOOLEAN Tree);

/// Waits until something has changed since KmRegistryWatchBegin, or since the last such wait that succeeded;
/// changes in between count as one. Timeout as KeWaitForSingleObject's: NULL is for ever.
///
/// Returns STATUS_SUCCESS; STATUS_TIMEOUT; STATUS_KEY_DELETED once the key is gone.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmRegistryWatchWait(_Inout_ PKM_REGISTRY_WATCH Watch, _In_opt_ PLARGE_INTEGER Timeout);

/// Ends the watch.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmRegistryWatchEnd(_Inout_ PKM_REGISTRY_WATCH Watch);

#ifdef __cplusplus
}
#endif

#endif
