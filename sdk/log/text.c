// SPDX-License-Identifier: MIT
// Text put together piece by piece.
#include <kmode.h>

static const CHAR CutMark[] = "...";

VOID NTAPI KmLogTextInit(PKM_LOG_TEXT Text, PCHAR Buffer, ULONG Size)
{
    Text->Buffer = Buffer;
    Text->Size = Size;
    Text->Length = 0;
    Text->Cut = FALSE;
    Text->Flush = NULL;
    Text->Context = NULL;
}

static VOID Flush(PKM_LOG_TEXT Text)
{
    if (Text->Length != 0) {
        Text->Flush(Text);
        Text->Length = 0;
    }
}

VOID NTAPI KmLogTextPutBytes(PKM_LOG_TEXT Text, PCSTR String, SIZE_T Bytes)
{
    while (Bytes != 0 && !Text->Cut) {
        SIZE_T Room = Text->Size - 1 - Text->Length;
        SIZE_T Count = min(Room, Bytes);

        RtlCopyMemory(Text->Buffer + Text->Length, String, Count);
        Text->Length += (ULONG)Count;
        String += Count;
        Bytes -= Count;
        if (Bytes == 0) {
            break;
        }
        if (Text->Flush != NULL) {
            Flush(Text);
        } else {
            Text->Cut = TRUE;
        }
    }
}

PCSTR NTAPI KmLogTextEnd(PKM_LOG_TEXT Text)
{
    if (Text->Flush != NULL) {
        Flush(Text);
    } else if (Text->Cut) {
        Text->Length = Text->Size - sizeof(CutMark);
        while (Text->Length != 0 && ((UCHAR)Text->Buffer[Text->Length] & 0xC0) == 0x80) {
            Text->Length -= 1;
        }
        RtlCopyMemory(Text->Buffer + Text->Length, CutMark, sizeof(CutMark) - 1);
        Text->Length += sizeof(CutMark) - 1;
    }
    Text->Buffer[Text->Length] = '\0';
    return Text->Buffer;
}

VOID NTAPI KmLogTextPutString(PKM_LOG_TEXT Text, PCSTR String)
{
    SIZE_T Bytes = 0;

    if (String == NULL) {
        String = "(null)";
    }
    while (String[Bytes] != '\0') {
        Bytes += 1;
    }
    KmLogTextPutBytes(Text, String, Bytes);
}

VOID NTAPI KmLogTextPutRepeated(PKM_LOG_TEXT Text, CHAR Character, SIZE_T Count)
{
    for (; Count != 0 && !Text->Cut; Count -= 1) {
        KmLogTextPutBytes(Text, &Character, 1);
    }
}

VOID NTAPI KmLogTextPutUnsigned(PKM_LOG_TEXT Text, ULONG64 Value, ULONG Base, ULONG MinimumDigits)
{
    CHAR Digits[64];
    ULONG Count = 0;

    for (; Value != 0; Value /= Base) {
        Count += 1;
        Digits[sizeof(Digits) - Count] = "0123456789abcdef"[Value % Base];
    }
    if (MinimumDigits > Count) {
        KmLogTextPutRepeated(Text, '0', MinimumDigits - Count);
    }
    KmLogTextPutBytes(Text, Digits + sizeof(Digits) - Count, Count);
}
