// SPDX-License-Identifier: MIT
// How a string grows, and what every string needs.
#include <kmode.h>

// Room for less is not worth an allocation.
#define LEAST_BYTES 62

static VOID Terminate(PKM_STRING String)
{
    if (String->Unicode.Buffer != NULL) {
        String->Unicode.Buffer[String->Unicode.Length / sizeof(WCHAR)] = 0;
    }
}

VOID NTAPI KmStringFree(PKM_STRING String)
{
    KmFree(String->Allocator, String->Unicode.Buffer, String->Unicode.MaximumLength + sizeof(WCHAR));
    KmStringInit(String, String->Allocator);
}

PCWSTR NTAPI KmStringText(const KM_STRING *String)
{
    return String->Unicode.Buffer != NULL ? String->Unicode.Buffer : L"";
}

NTSTATUS KmpStringResize(PKM_STRING String, SIZE_T Bytes)
{
    PWCH Old = String->Unicode.Buffer;
    PWCH Buffer = (PWCH)KmRealloc(String->Allocator, Old,
                                  Old != NULL ? String->Unicode.MaximumLength + sizeof(WCHAR) : 0,
                                  Bytes + sizeof(WCHAR));

    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    String->Unicode.Buffer = Buffer;
    String->Unicode.MaximumLength = (USHORT)Bytes;
    Terminate(String);
    return STATUS_SUCCESS;
}

// Memory for at least Bytes, more of it the more there is.
static SIZE_T RoomFor(PKM_STRING String, SIZE_T Bytes)
{
    Bytes = max(Bytes, LEAST_BYTES);
    Bytes = max(Bytes, (SIZE_T)String->Unicode.MaximumLength * 2);
    return min(Bytes, KM_STRING_MAXIMUM_BYTES);
}

NTSTATUS NTAPI KmStringReserve(PKM_STRING String, SIZE_T Additional)
{
    SIZE_T Bytes = String->Unicode.Length;

    if (Additional > (KM_STRING_MAXIMUM_BYTES - Bytes) / sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    Bytes += Additional * sizeof(WCHAR);
    return Bytes <= String->Unicode.MaximumLength ? STATUS_SUCCESS
                                                  : KmpStringResize(String, RoomFor(String, Bytes));
}

NTSTATUS NTAPI KmStringShrink(PKM_STRING String)
{
    if (String->Unicode.Length == 0) {
        KmStringFree(String);
        return STATUS_SUCCESS;
    }
    return String->Unicode.Length != String->Unicode.MaximumLength
               ? KmpStringResize(String, String->Unicode.Length)
               : STATUS_SUCCESS;
}

VOID NTAPI KmStringTruncate(PKM_STRING String, SIZE_T Count)
{
    if (Count < KmStringCount(String)) {
        String->Unicode.Length = (USHORT)(Count * sizeof(WCHAR));
    }
    Terminate(String);
}

VOID NTAPI KmStringClear(PKM_STRING String)
{
    KmStringTruncate(String, 0);
}

VOID NTAPI KmStringMove(PKM_STRING To, PKM_STRING From)
{
    KM_STRING Moved = *From;

    if (To == From) {
        return;
    }
    KmStringFree(To);
    *To = Moved;
    KmStringInit(From, Moved.Allocator);
}

VOID NTAPI KmStringRelease(PKM_STRING String, PUNICODE_STRING Unicode)
{
    *Unicode = String->Unicode;
    KmStringInit(String, String->Allocator);
}

NTSTATUS KmpStringSplice(PKM_STRING String, SIZE_T Index, SIZE_T RemovedCount, PCWCH Units, SIZE_T Count)
{
    PWCH Old = String->Unicode.Buffer, New = Old;
    SIZE_T OldCount = KmStringCount(String), Tail = OldCount - Index - RemovedCount, Bytes;
    BOOLEAN IsOwn = Old != NULL && (ULONG_PTR)Units - (ULONG_PTR)Old <= String->Unicode.MaximumLength;

    if (Count > KM_STRING_MAXIMUM_BYTES / sizeof(WCHAR) - (OldCount - RemovedCount)) {
        return STATUS_NAME_TOO_LONG;
    }
    if (OldCount - RemovedCount + Count == 0) {
        KmStringTruncate(String, 0);
        return STATUS_SUCCESS;
    }
    Bytes = (OldCount - RemovedCount + Count) * sizeof(WCHAR);
    // What is the string's own stays where it is, beside the new memory, until it has been copied.
    if (Old == NULL || Bytes > String->Unicode.MaximumLength ||
        (IsOwn && Count != 0 && Tail + RemovedCount != 0)) {
        SIZE_T Room =
            Bytes > String->Unicode.MaximumLength ? RoomFor(String, Bytes) : String->Unicode.MaximumLength;

        New = (PWCH)KmAllocUninitialized(String->Allocator, Room + sizeof(WCHAR));
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (Old != NULL) {
            RtlCopyMemory(New, Old, Index * sizeof(WCHAR));
            RtlCopyMemory(New + Index + Count, Old + Index + RemovedCount, Tail * sizeof(WCHAR));
        }
        RtlCopyMemory(New + Index, Units, Count * sizeof(WCHAR));
        if (Old != NULL) {
            KmFree(String->Allocator, Old, String->Unicode.MaximumLength + sizeof(WCHAR));
        }
        String->Unicode.Buffer = New;
        String->Unicode.MaximumLength = (USHORT)Room;
    } else {
        RtlMoveMemory(New + Index + Count, New + Index + RemovedCount, Tail * sizeof(WCHAR));
        RtlMoveMemory(New + Index, Units, Count * sizeof(WCHAR));
    }
    String->Unicode.Length = (USHORT)Bytes;
    Terminate(String);
    return STATUS_SUCCESS;
}
