// SPDX-License-Identifier: MIT
// Counted strings in memory of an allocator.
#include <kmode.h>

NTSTATUS NTAPI KmUnicodeConcatenate(PCUNICODE_STRING First, PCUNICODE_STRING Second, PKM_ALLOCATOR Allocator,
                                    PUNICODE_STRING Both)
{
    SIZE_T Length = (SIZE_T)First->Length + Second->Length;
    PUCHAR Buffer;

    RtlZeroMemory(Both, sizeof(*Both));
    if (Length > MAXUSHORT - 1 - sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    Buffer = (PUCHAR)KmAlloc(Allocator, Length + sizeof(WCHAR));
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, First->Buffer, First->Length);
    RtlCopyMemory(Buffer + First->Length, Second->Buffer, Second->Length);
    Both->Buffer = (PWCH)(PVOID)Buffer;
    Both->Length = (USHORT)Length;
    Both->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUnicodeCopy(PCUNICODE_STRING Source, PKM_ALLOCATOR Allocator, PUNICODE_STRING Copy)
{
    static const UNICODE_STRING Nothing = {0, 0, NULL};

    return KmUnicodeConcatenate(Source, &Nothing, Allocator, Copy);
}

VOID NTAPI KmUnicodeFree(PKM_ALLOCATOR Allocator, PUNICODE_STRING String)
{
    KmFree(Allocator, String->Buffer, String->MaximumLength);
    RtlZeroMemory(String, sizeof(*String));
}

VOID NTAPI KmUnicodeFileName(PCUNICODE_STRING Path, PUNICODE_STRING Name)
{
    USHORT Start = (USHORT)(Path->Length / sizeof(WCHAR));

    while (Start > 0 && Path->Buffer[Start - 1] != L'\\') {
        Start--;
    }
    Name->Buffer = Path->Buffer + Start;
    Name->Length = (USHORT)(Path->Length - Start * sizeof(WCHAR));
    Name->MaximumLength = Name->Length;
}
