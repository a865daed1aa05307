// SPDX-License-Identifier: MIT
// Fields in a line of text.
#include "fields.h"
#include "escape.h"

typedef struct LOOK {
    BOOLEAN IsPlain;
    BOOLEAN IsEmpty;
} LOOK;

static VOID NTAPI LookAt(PKM_LOG_TEXT Text)
{
    LOOK *Look = (LOOK *)Text->Context;

    Look->IsEmpty = FALSE;
    for (ULONG Index = 0; Index < Text->Length; Index += 1) {
        CHAR Byte = Text->Buffer[Index];

        if ((UCHAR)Byte <= ' ' || Byte == '"' || Byte == 0x7F) {
            Look->IsPlain = FALSE;
        }
    }
}

static BOOLEAN NeedsQuotes(PCKM_LOG_VALUE Value)
{
    LOOK Look = {TRUE, TRUE};
    CHAR Buffer[64];
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    Text.Flush = LookAt;
    Text.Context = &Look;
    KmLogTextPutValue(&Text, Value);
    KmLogTextEnd(&Text);
    return Look.IsEmpty || !Look.IsPlain;
}

VOID KmpLogPutField(PKM_LOG_TEXT Text, PCKM_LOG_FIELD Field)
{
    KmLogTextPutString(Text, Field->Name);
    KmLogTextPutBytes(Text, "=", 1);
    if (Field->Value.Type->IsNumber || !NeedsQuotes(&Field->Value)) {
        KmLogTextPutValue(Text, &Field->Value);
        return;
    }
    KmLogTextPutBytes(Text, "\"", 1);
    KmpLogPutEscapedValue(Text, &Field->Value);
    KmLogTextPutBytes(Text, "\"", 1);
}
