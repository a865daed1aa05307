// SPDX-License-Identifier: MIT
// Buffer: bytes of any number, in memory of any allocator, for routines that have to be asked twice: how
// much, and what.
//
//     static NTSTATUS NTAPI QueryName(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Key)
//     {
//         return ZwQueryKey((HANDLE)Key, KeyNameInformation, Data, Bytes, Needed);
//     }
//
//     static NTSTATUS LogName(PKM_ALLOCATOR Allocator, HANDLE Key)
//     {
//         KM_BUFFER Name = KM_BUFFER_INIT(Allocator);
//         NTSTATUS Status = KmBufferQuery(&Name, QueryName, Key, 256);
//
//         if (NT_SUCCESS(Status)) {
//             KmInfo("%lu bytes of name", ((PKEY_NAME_INFORMATION)Name.Data)->NameLength);
//         }
//         KmBufferFree(&Name);
//         return Status;
//     }
//
// IRQL: what may allocate or free (it says so) asks for the allocator's MaximumIrql or below. No C library
// has one.
#ifndef KMODE_BUFFER_H
#define KMODE_BUFFER_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/buffer.h>"
#endif

#include <kmode/container.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A buffer. Data is aligned to MEMORY_ALLOCATION_ALIGNMENT; NULL while nothing is allocated.
typedef struct KM_BUFFER {
    PVOID Data;
    SIZE_T Bytes;    ///< of Data that have been written
    SIZE_T Capacity; ///< of Data that are there
    PKM_ALLOCATOR Allocator;
} KM_BUFFER, *PKM_BUFFER;

/// The initializer of an empty buffer, whose memory will be Allocator's.
#define KM_BUFFER_INIT(Allocator) {NULL, 0, 0, (Allocator)}

/// Makes Buffer empty; allocates nothing. Allocator is used until KmBufferFree.
///
///     static NTSTATUS Collect(PKM_ALLOCATOR Allocator, PKM_BUFFER Result)
///     {
///         KM_BUFFER Buffer;
///         NTSTATUS Status;
///
///         KmBufferInit(&Buffer, Allocator);
///         Status = KmBufferReserve(&Buffer, 100);
///         if (NT_SUCCESS(Status)) {
///             Status = KmBufferAppend(&Buffer, "head", 4);
///         }
///         KmBufferMove(Result, &Buffer);
///         return Status;
///     }
KMP_INLINE VOID KmBufferInit(_Out_ PKM_BUFFER Buffer, _In_ PKM_ALLOCATOR Allocator)
{
    Buffer->Data = NULL;
    Buffer->Bytes = Buffer->Capacity = 0;
    Buffer->Allocator = Allocator;
}

// The bytes at Offset, which end within what was written; else NULL.
KMP_INLINE PVOID KmpBufferRange(_In_ const KM_BUFFER *Buffer, _In_ SIZE_T Offset, _In_ SIZE_T Count,
                                _In_ SIZE_T Size)
{
    if (Offset > Buffer->Bytes || Count > (Buffer->Bytes - Offset) / Size) {
        return NULL;
    }
    return (PUCHAR)Buffer->Data + Offset;
}

/// A Type at Offset, in bytes, of what was written, as a Type *; NULL if not all of it was. For answers that
/// tell where in them something is: the offset may be whatever it likes. Any IRQL.
///
///     typedef struct HEADER { ULONG NamesAt, Names; } HEADER;
///     typedef struct NAME { WCHAR Text[8]; } NAME;
///
///     static NTSTATUS FindNames(const KM_BUFFER *Answer, const NAME **Names, ULONG *Count)
///     {
///         const HEADER *Header = KmBufferAt(Answer, 0, HEADER);
///
///         *Count = Header != NULL ? Header->Names : 0;
///         *Names = Header != NULL ? KmBufferArrayAt(Answer, Header->NamesAt, *Count, NAME) : NULL;
///         return *Names != NULL ? STATUS_SUCCESS : STATUS_INVALID_BUFFER_SIZE;
///     }
#define KmBufferAt(Buffer, Offset, Type) ((Type *)KmpBufferRange((Buffer), (Offset), 1, sizeof(Type)))

/// Count of them; NULL if not all of them are within what was written. No elements at all are at any offset
/// up to the end. Any IRQL.
#define KmBufferArrayAt(Buffer, Offset, Count, Type)                                                         \
    ((Type *)KmpBufferRange((Buffer), (Offset), (Count), sizeof(Type)))

/// Whether Bytes at Pointer, as an answer's own pointers lead to, lie within what was written. Any IRQL.
///
///     static BOOLEAN HasName(const KM_BUFFER *Answer)
///     {
///         const UNICODE_STRING *Name = KmBufferAt(Answer, 0, UNICODE_STRING);
///
///         return Name != NULL && KmBufferContains(Answer, Name->Buffer, Name->Length);
///     }
KMP_INLINE BOOLEAN KmBufferContains(_In_ const KM_BUFFER *Buffer, _In_opt_ const VOID *Pointer,
                                    _In_ SIZE_T Bytes)
{
    return Buffer->Data != NULL && (ULONG_PTR)Pointer >= (ULONG_PTR)Buffer->Data &&
           KmpBufferRange(Buffer, (ULONG_PTR)Pointer - (ULONG_PTR)Buffer->Data, Bytes, 1) != NULL;
}

/// Gives the memory back. The buffer is empty then, and may be used again. Frees.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmBufferFree(_Inout_ PKM_BUFFER Buffer);

/// Makes Capacity at least Capacity bytes; what was written stays. Returns STATUS_INSUFFICIENT_RESOURCES, and
/// the buffer is as it was. Allocates if there is no room.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmBufferReserve(_Inout_ PKM_BUFFER Buffer, _In_ SIZE_T Capacity);

/// Adds a copy of Bytes at Source, which may be the buffer's own, behind what was written. Returns
/// STATUS_INSUFFICIENT_RESOURCES, and the buffer is as it was. Allocates if there is no room, then twice what
/// there was.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmBufferAppend(_Inout_ PKM_BUFFER Buffer, _In_reads_bytes_(Bytes) const VOID *Source, _In_ SIZE_T Bytes);

/// Makes To, whose own memory is freed, have that of From, which is empty then. The memory stays that of
/// From's allocator, which becomes To's. Frees.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmBufferMove(_Inout_ PKM_BUFFER To, _Inout_ PKM_BUFFER From);

/// A routine that writes at most Bytes to Data; and, if that is too little, answers
/// STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_TOO_SMALL or STATUS_BUFFER_OVERFLOW, and sets *Needed, which
/// was 0, to what it takes if it knows. If it succeeds, *Needed is what it has written; 0 counts as Bytes.
typedef NTSTATUS NTAPI KM_QUERY(_Out_ PVOID Data, _In_ ULONG Bytes, _Out_ PULONG Needed,
                                _In_opt_ PVOID Context);
typedef KM_QUERY *PKM_QUERY;

/// How often KmBufferQuery asks at most.
#define KM_BUFFER_TRIES 40

/// Empties Buffer, and calls Query with it, with memory of at least FirstBytes, and with more and more of it
/// as long as that is too little: with what Query says that it needs and an eighth more, for it may be more
/// by then, or else twice as much; with exactly what Query needs if that is less than it was given, as what
/// is one structure wants. New memory is zeroed.
///
/// Returns what Query returns, STATUS_SUCCESS or any other: Buffer has what it wrote if that is a success,
/// else it is empty and its memory stays. STATUS_INSUFFICIENT_RESOURCES if there is no memory, or if it takes
/// more than 256 MB. After KM_BUFFER_TRIES tries the last of Query's. Allocates if there is no room, and
/// frees. The IRQL is Query's, too.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmBufferQuery(_Inout_ PKM_BUFFER Buffer, _In_ PKM_QUERY Query, _In_opt_ PVOID Context,
                  _In_ ULONG FirstBytes);

/// KmBufferQuery by ZwQuerySystemInformation: InformationClass is a SYSTEM_INFORMATION_CLASS.
///
///     static NTSTATUS CountModules(PKM_ALLOCATOR Allocator, PULONG Count)
///     {
///         KM_BUFFER Modules = KM_BUFFER_INIT(Allocator);
///         NTSTATUS Status = KmBufferQuerySystemInformation(&Modules, 11); // SystemModuleInformation
///
///         if (NT_SUCCESS(Status)) {
///             *Count = *(PULONG)Modules.Data;
///         }
///         KmBufferFree(&Modules);
///         return Status;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI
    KmBufferQuerySystemInformation(_Inout_ PKM_BUFFER Buffer, _In_ ULONG InformationClass);

/// KmBufferQuery by ZwQueryValueKey.
///
///     static NTSTATUS LogDword(PKM_ALLOCATOR Allocator, HANDLE Key, PUNICODE_STRING Name)
///     {
///         KM_BUFFER Value = KM_BUFFER_INIT(Allocator);
///         NTSTATUS Status = KmBufferQueryValueKey(&Value, Key, Name, KeyValuePartialInformation);
///         PKEY_VALUE_PARTIAL_INFORMATION Information = (PKEY_VALUE_PARTIAL_INFORMATION)Value.Data;
///
///         if (NT_SUCCESS(Status) && Information->Type == REG_DWORD && Information->DataLength ==
///         sizeof(ULONG)) {
///             KmInfo("%lu", *(PULONG)Information->Data);
///         }
///         KmBufferFree(&Value);
///         return Status;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI
    KmBufferQueryValueKey(_Inout_ PKM_BUFFER Buffer, _In_ HANDLE Key, _In_ PUNICODE_STRING ValueName,
                          _In_ KEY_VALUE_INFORMATION_CLASS InformationClass);

/// KmBufferQuery by IoGetDeviceProperty, of a physical device object.
///
///     static NTSTATUS LogHardwareId(PKM_ALLOCATOR Allocator, PDEVICE_OBJECT PhysicalDevice)
///     {
///         KM_BUFFER Ids = KM_BUFFER_INIT(Allocator);
///         NTSTATUS Status = KmBufferQueryDeviceProperty(&Ids, PhysicalDevice, DevicePropertyHardwareID);
///
///         if (NT_SUCCESS(Status)) {
///             KmInfo("%ws", (PWSTR)Ids.Data);
///         }
///         KmBufferFree(&Ids);
///         return Status;
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI
    KmBufferQueryDeviceProperty(_Inout_ PKM_BUFFER Buffer, _In_ PDEVICE_OBJECT PhysicalDevice,
                                _In_ DEVICE_REGISTRY_PROPERTY Property);

#ifdef __cplusplus
}
#endif

#endif
