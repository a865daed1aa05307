// SPDX-License-Identifier: MIT
// Memory of the program that runs now: copied in and out, probed and under __try, so that whatever the
// program does with it meanwhile, the driver gets a status.
//
//     typedef struct ORDER {
//         ULONG Count;
//         ULONG Flags;
//     } ORDER;
//
//     static NTSTATUS TakeOrder(const VOID *FromProgram, SIZE_T Bytes, PVOID Answer)
//     {
//         KM_USER_POINTER Input;
//         ORDER Order;
//         NTSTATUS Status = KmUserPointer(&Input, FromProgram, Bytes);
//
//         if (NT_SUCCESS(Status)) {
//             Status = KmUserPointerRead(&Input, 0, &Order, sizeof(Order));
//         }
//         if (NT_SUCCESS(Status)) {
//             Status = KmUserWrite32(Answer, Order.Count + 1);
//         }
//         return Status;
//     }
//
// What has been copied in is the driver's: it is looked at once, and does not change. Nothing here works on
// addresses of the system: they are STATUS_ACCESS_VIOLATION.
#ifndef KMODE_USER_POINTER_H
#define KMODE_USER_POINTER_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/user-pointer.h>"
#endif

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Copies Bytes from a program's memory. 0 bytes: nothing is looked at.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_VIOLATION or what else the access raised (STATUS_IN_PAGE_ERROR,
/// STATUS_GUARD_PAGE_VIOLATION): Buffer may have been written in part.
///
///     ULONG64 Values[2];
///
///     Status = KmUserRead(Values, Irp->UserBuffer, sizeof(Values));
///     if (NT_SUCCESS(Status)) {
///         Status = KmUserWrite(Irp->UserBuffer, Values, sizeof(Values));
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserRead(_Out_writes_bytes_(Bytes) PVOID Buffer, _In_ const VOID *User, _In_ SIZE_T Bytes);

/// Copies Bytes to a program's memory; fails as KmUserRead, and may have written a part.
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserWrite(_Out_writes_bytes_(Bytes) PVOID User, _In_reads_bytes_(Bytes) const VOID *Buffer,
                _In_ SIZE_T Bytes);

/// Fills Bytes of a program's memory with zeroes; fails as KmUserWrite.
///
///     Status = KmUserZero(Irp->UserBuffer, 16);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserZero(_Out_writes_bytes_(Bytes) PVOID User, _In_ SIZE_T Bytes);

/// Read and write one value, by one access if it is aligned; the address need not be. On failure *Value is 0.
///
///     UCHAR Byte;
///     USHORT Word;
///     ULONG Long;
///     ULONG64 Quad;
///     PVOID Pointer;
///
///     Status = KmUserRead8(Irp->UserBuffer, &Byte);
///     Status = KmUserRead16(Irp->UserBuffer, &Word);
///     Status = KmUserRead32(Irp->UserBuffer, &Long);
///     Status = KmUserRead64(Irp->UserBuffer, &Quad);
///     Status = KmUserReadPointer(Irp->UserBuffer, &Pointer);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserRead8(_In_ const VOID *User, _Out_ PUCHAR Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserRead16(_In_ const VOID *User, _Out_ PUSHORT Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserRead32(_In_ const VOID *User, _Out_ PULONG Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserRead64(_In_ const VOID *User, _Out_ PULONG64 Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserReadPointer(_In_ const VOID *User, _Out_ PVOID *Value);

/// The other way.
///
///     Status = KmUserWrite8(Irp->UserBuffer, 1);
///     Status = KmUserWrite16(Irp->UserBuffer, 1);
///     Status = KmUserWrite32(Irp->UserBuffer, 1);
///     Status = KmUserWrite64(Irp->UserBuffer, 1);
///     Status = KmUserWritePointer(Irp->UserBuffer, NULL);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserWrite8(_Out_ PVOID User, _In_ UCHAR Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserWrite16(_Out_ PVOID User, _In_ USHORT Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserWrite32(_Out_ PVOID User, _In_ ULONG Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserWrite64(_Out_ PVOID User, _In_ ULONG64 Value);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserWritePointer(_Out_ PVOID User, _In_opt_ PVOID Value);

/// A range of a program's memory, whose bounds are kept.
typedef struct KM_USER_POINTER {
    PVOID Address;
    SIZE_T Bytes;
} KM_USER_POINTER, *PKM_USER_POINTER;

/// Makes one. The memory need not be there: what is done with the pointer finds out.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_VIOLATION if the range is not all below the system's addresses: the
/// pointer is one of 0 bytes.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserPointer(_Out_ PKM_USER_POINTER Pointer, _In_ const VOID *Address, _In_ SIZE_T Bytes);

/// Copy from and to the range at Offset.
///
/// Return as KmUserRead and KmUserWrite; STATUS_BUFFER_TOO_SMALL if it does not fit in the range, and nothing
/// is copied.
///
///     static NTSTATUS Answer(PKM_USER_POINTER Output, ULONG Value)
///     {
///         return KmUserPointerWrite(Output, 8, &Value, sizeof(Value));
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserPointerRead(_In_ const KM_USER_POINTER *Pointer, _In_ SIZE_T Offset,
                      _Out_writes_bytes_(Bytes) PVOID Buffer, _In_ SIZE_T Bytes);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserPointerWrite(_In_ const KM_USER_POINTER *Pointer, _In_ SIZE_T Offset,
                       _In_reads_bytes_(Bytes) const VOID *Buffer, _In_ SIZE_T Bytes);

/// Copies Bytes, at most MostBytes, of a program's memory into memory of Allocator, which the caller gives
/// back by KmFree with the same Bytes. 0 bytes: *Copy is NULL.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_BUFFER_SIZE if Bytes is more than MostBytes;
/// STATUS_INSUFFICIENT_RESOURCES; others as KmUserRead; *Copy is NULL.
///
///     static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmPagedPool, 'rsUK');
///
///     static NTSTATUS Take(const VOID *User, SIZE_T Bytes)
///     {
///         PVOID Copy;
///         NTSTATUS Status = KmUserCapture(&Allocator, User, Bytes, 65536, &Copy);
///
///         if (NT_SUCCESS(Status)) {
///             KmFree(&Allocator, Copy, Bytes);
///         }
///         return Status;
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserCapture(_In_ PKM_ALLOCATOR Allocator, _In_ const VOID *User, _In_ SIZE_T Bytes,
                  _In_ SIZE_T MostBytes, _Out_ PVOID *Copy);

/// Copies a program's UNICODE_STRING, and its text of at most MostBytes, into memory of Allocator; ends it
/// with a zero behind its length. The caller gives String->Buffer back by KmFree with String->MaximumLength
/// bytes.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if the length is odd; STATUS_NAME_TOO_LONG if it is more
/// than MostBytes, or 65532; STATUS_INSUFFICIENT_RESOURCES; others as KmUserRead; the string is empty, its
/// buffer NULL.
///
///     static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmPagedPool, 'rsUK');
///
///     static NTSTATUS Print(const VOID *User)
///     {
///         UNICODE_STRING Name;
///         NTSTATUS Status = KmUserCaptureUnicodeString(&Allocator, User, 512, &Name);
///
///         if (NT_SUCCESS(Status)) {
///             DbgPrint("%wZ\n", &Name);
///             KmFree(&Allocator, Name.Buffer, Name.MaximumLength);
///         }
///         return Status;
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserCaptureUnicodeString(_In_ PKM_ALLOCATOR Allocator, _In_ const VOID *User, _In_ USHORT MostBytes,
                               _Out_ PUNICODE_STRING String);

/// Copies a program's text of chars, ended by a zero, into Buffer, with its zero; Length, without it, may be
/// NULL.
///
/// Returns STATUS_SUCCESS; STATUS_NAME_TOO_LONG if no zero is among its first BufferBytes; others as
/// KmUserRead; the buffer is an empty string if it has room for one.
///
///     CHAR Text[64];
///     Status = KmUserCaptureText(Irp->UserBuffer, Text, sizeof(Text), NULL);
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmUserCaptureText(_In_ const VOID *User, _Out_writes_(BufferBytes) PSTR Buffer, _In_ SIZE_T BufferBytes,
                      _Out_opt_ PSIZE_T Length);

#ifdef __cplusplus
}
#endif

#endif
