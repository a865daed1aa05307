// SPDX-License-Identifier: MIT
// Narrow strings that grow.
#include <kmode.h>

#define LEAST_BYTES 63

static VOID SetLength(PKM_UTF8_STRING String, SIZE_T Length)
{
    String->Utf8.Length = (USHORT)Length;
    if (String->Utf8.Buffer != NULL) {
        String->Utf8.Buffer[Length] = '\0';
    }
}

VOID NTAPI KmUtf8StringFree(PKM_UTF8_STRING String)
{
    KmFree(String->Allocator, String->Utf8.Buffer, (SIZE_T)String->Utf8.MaximumLength + 1);
    KmUtf8StringInit(String, String->Allocator);
}

PCSTR NTAPI KmUtf8StringText(const KM_UTF8_STRING *String)
{
    return String->Utf8.Buffer != NULL ? String->Utf8.Buffer : "";
}

NTSTATUS NTAPI KmUtf8StringReserve(PKM_UTF8_STRING String, SIZE_T Additional)
{
    SIZE_T Room = String->Utf8.MaximumLength, Needed;
    PCHAR Old = String->Utf8.Buffer, New;

    if (Additional > KM_UTF8_STRING_MAXIMUM_BYTES - (SIZE_T)String->Utf8.Length) {
        return STATUS_NAME_TOO_LONG;
    }
    Needed = String->Utf8.Length + Additional;
    if (Needed <= Room) {
        return STATUS_SUCCESS;
    }
    Needed = max(Needed, max(Room * 2, LEAST_BYTES));
    Needed = min(Needed, KM_UTF8_STRING_MAXIMUM_BYTES);
    New = (PCHAR)KmRealloc(String->Allocator, Old, Old != NULL ? Room + 1 : 0, Needed + 1);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    String->Utf8.Buffer = New;
    String->Utf8.MaximumLength = (USHORT)Needed;
    SetLength(String, String->Utf8.Length);
    return STATUS_SUCCESS;
}

VOID NTAPI KmUtf8StringTruncate(PKM_UTF8_STRING String, SIZE_T Count)
{
    if (Count < String->Utf8.Length) {
        while (Count != 0 && ((UCHAR)String->Utf8.Buffer[Count] & 0xC0) == 0x80) {
            Count -= 1;
        }
        SetLength(String, Count);
    }
}

NTSTATUS NTAPI KmUtf8StringAppend(PKM_UTF8_STRING String, PCCH Text, SIZE_T Count)
{
    SIZE_T Length = String->Utf8.Length;
    ULONG_PTR Offset = (ULONG_PTR)Text - (ULONG_PTR)String->Utf8.Buffer;
    BOOLEAN IsOwn = String->Utf8.Buffer != NULL && Offset <= Length;
    NTSTATUS Status = KmUtf8StringReserve(String, Count);

    if (NT_SUCCESS(Status) && Count != 0 && String->Utf8.Buffer != NULL) {
        RtlMoveMemory(String->Utf8.Buffer + Length, IsOwn ? String->Utf8.Buffer + Offset : Text, Count);
        SetLength(String, Length + Count);
    }
    return Status;
}

NTSTATUS NTAPI KmUtf8StringAppendText(PKM_UTF8_STRING String, PCSTR Text)
{
    return KmUtf8StringAppend(String, Text, strlen(Text));
}

NTSTATUS NTAPI KmUtf8StringAppendUnicode(PKM_UTF8_STRING String, PCUNICODE_STRING Text, ULONG Flags)
{
    SIZE_T Length = String->Utf8.Length, Needed;
    NTSTATUS Status = KmUtf16ToUtf8(Text->Buffer, Text->Length / sizeof(WCHAR), Flags, NULL, 0, &Needed),
             Reserved;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Reserved = KmUtf8StringReserve(String, Needed);
    if (!NT_SUCCESS(Reserved) || Needed == 0) {
        return NT_SUCCESS(Reserved) ? Status : Reserved;
    }
    Status = KmUtf16ToUtf8(Text->Buffer, Text->Length / sizeof(WCHAR), Flags, String->Utf8.Buffer + Length,
                           Needed, &Needed);
    SetLength(String, NT_SUCCESS(Status) ? Length + Needed : Length);
    return Status;
}
