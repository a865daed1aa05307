// SPDX-License-Identifier: MIT
// Copies of a program's memory that the driver keeps.
#include <kmode.h>

// So that a zero and the rounding fit in MaximumLength.
#define LONGEST_STRING 65532

NTSTATUS NTAPI KmUserCapture(PKM_ALLOCATOR Allocator, const VOID *User, SIZE_T Bytes, SIZE_T MostBytes,
                             PVOID *Copy)
{
    PVOID Memory;
    NTSTATUS Status;

    *Copy = NULL;
    if (Bytes > MostBytes) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    Memory = KmAllocUninitialized(Allocator, Bytes);
    if (Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = KmUserRead(Memory, User, Bytes);
    if (!NT_SUCCESS(Status)) {
        KmFree(Allocator, Memory, Bytes);
        return Status;
    }
    *Copy = Memory;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserCaptureUnicodeString(PKM_ALLOCATOR Allocator, const VOID *User, USHORT MostBytes,
                                          PUNICODE_STRING String)
{
    UNICODE_STRING Header;
    SIZE_T Bytes;
    PWCH Text;
    NTSTATUS Status = KmUserRead(&Header, User, sizeof(Header));

    RtlZeroMemory(String, sizeof(*String));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Header.Length % sizeof(WCHAR) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Header.Length > MostBytes || Header.Length > LONGEST_STRING) {
        return STATUS_NAME_TOO_LONG;
    }
    Bytes = (SIZE_T)Header.Length + sizeof(WCHAR);
    Text = (PWCH)KmAllocUninitialized(Allocator, Bytes);
    if (Text == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = KmUserRead(Text, Header.Buffer, Header.Length);
    if (!NT_SUCCESS(Status)) {
        KmFree(Allocator, Text, Bytes);
        return Status;
    }
    Text[Header.Length / sizeof(WCHAR)] = L'\0';
    String->Buffer = Text;
    String->Length = Header.Length;
    String->MaximumLength = (USHORT)Bytes;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserCaptureText(const VOID *User, PSTR Buffer, SIZE_T BufferBytes, PSIZE_T Length)
{
    NTSTATUS Status = STATUS_NAME_TOO_LONG;
    SIZE_T Index;

    for (Index = 0; Index < BufferBytes; Index += 1) {
        // Byte by byte: what is behind the zero need not be there.
        Status = KmUserRead8((const UCHAR *)User + Index, (PUCHAR)&Buffer[Index]);
        if (!NT_SUCCESS(Status) || Buffer[Index] == '\0') {
            break;
        }
        Status = STATUS_NAME_TOO_LONG;
    }
    if (Length != NULL) {
        *Length = NT_SUCCESS(Status) ? Index : 0;
    }
    if (!NT_SUCCESS(Status) && BufferBytes != 0) {
        Buffer[0] = '\0';
    }
    return Status;
}
