// SPDX-License-Identifier: MIT
// Records as lines for people.
#include "fields.h"

static VOID PutBlank(PKM_LOG_TEXT Text)
{
    KmLogTextPutBytes(Text, " ", 1);
}

VOID NTAPI KmLogTextLayout(PKM_LOG_TEXT Text, PCKM_LOG_RECORD Record)
{
    KmLogTextPutFormat(Text, "%-5s [%s] ", KmLogLevelName(Record->Site->Level), Record->Site->Target);
    KmLogTextPutBytes(Text, Record->Message, Record->MessageLength);
    for (ULONG Index = 0; Index < Record->FieldCount; Index += 1) {
        PutBlank(Text);
        KmpLogPutField(Text, &Record->Fields[Index]);
    }
}
