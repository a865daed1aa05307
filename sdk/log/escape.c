// SPDX-License-Identifier: MIT
// Text as what stands between the quotes of a JSON string.
#include "escape.h"
#include "utf8.h"

static VOID PutCharacter(PKM_LOG_TEXT Text, ULONG Character)
{
    CHAR Bytes[4];

    switch (Character) {
    case '"': KmLogTextPutBytes(Text, "\\\"", 2); return;
    case '\\': KmLogTextPutBytes(Text, "\\\\", 2); return;
    case '\n': KmLogTextPutBytes(Text, "\\n", 2); return;
    case '\r': KmLogTextPutBytes(Text, "\\r", 2); return;
    case '\t': KmLogTextPutBytes(Text, "\\t", 2); return;
    default: break;
    }
    if (Character < 0x20 || Character == 0x7F) {
        KmLogTextPutBytes(Text, "\\u", 2);
        KmLogTextPutUnsigned(Text, Character, 16, 4);
        return;
    }
    KmLogTextPutBytes(Text, Bytes, KmpLogEncodeUtf8(Character, Bytes));
}

VOID KmpLogPutEscaped(PKM_LOG_TEXT Text, PCSTR String, SIZE_T Bytes)
{
    while (Bytes != 0 && !Text->Cut) {
        ULONG Taken;

        PutCharacter(Text, KmpLogDecodeUtf8((const UCHAR *)String, Bytes, &Taken));
        String += Taken;
        Bytes -= Taken;
    }
}

// What a value writes comes in pieces that may end within a character: its beginning waits for the rest.
typedef struct ESCAPED_VALUE {
    PKM_LOG_TEXT Output;
    CHAR Begun[4];
    ULONG BegunBytes;
} ESCAPED_VALUE;

static ULONG LengthByFirst(CHAR First)
{
    UCHAR Byte = (UCHAR)First;

    return Byte >= 0xF0 && Byte <= 0xF4  ? 4
           : Byte >= 0xE0 && Byte < 0xF0 ? 3
           : Byte >= 0xC2 && Byte < 0xE0 ? 2
                                         : 1;
}

static VOID NTAPI PutPiece(PKM_LOG_TEXT Text)
{
    ESCAPED_VALUE *Escaped = (ESCAPED_VALUE *)Text->Context;

    for (ULONG Index = 0; Index < Text->Length; Index += 1) {
        CHAR Byte = Text->Buffer[Index];

        if (Escaped->BegunBytes != 0 && ((UCHAR)Byte & 0xC0) != 0x80) {
            KmpLogPutEscaped(Escaped->Output, Escaped->Begun, Escaped->BegunBytes);
            Escaped->BegunBytes = 0;
        }
        Escaped->Begun[Escaped->BegunBytes] = Byte;
        Escaped->BegunBytes += 1;
        if (Escaped->BegunBytes == LengthByFirst(Escaped->Begun[0])) {
            KmpLogPutEscaped(Escaped->Output, Escaped->Begun, Escaped->BegunBytes);
            Escaped->BegunBytes = 0;
        }
    }
}

VOID KmpLogPutEscapedValue(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    ESCAPED_VALUE Escaped = {Text, {0}, 0};
    CHAR Buffer[64];
    KM_LOG_TEXT Pieces;

    KmLogTextInit(&Pieces, Buffer, sizeof(Buffer));
    Pieces.Flush = PutPiece;
    Pieces.Context = &Escaped;
    KmLogTextPutValue(&Pieces, Value);
    KmLogTextEnd(&Pieces);
    KmpLogPutEscaped(Text, Escaped.Begun, Escaped.BegunBytes);
}
