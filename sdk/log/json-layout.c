// SPDX-License-Identifier: MIT
// Records as lines for programs: a JSON object each (RFC 8259).
#include "escape.h"

static VOID PutName(PKM_LOG_TEXT Text, CHAR Before, PCSTR Name)
{
    SIZE_T Bytes = 0;

    while (Name[Bytes] != '\0') {
        Bytes += 1;
    }
    KmLogTextPutBytes(Text, &Before, 1);
    KmLogTextPutBytes(Text, "\"", 1);
    KmpLogPutEscaped(Text, Name, Bytes);
    KmLogTextPutBytes(Text, "\":", 2);
}

static VOID PutText(PKM_LOG_TEXT Text, PCSTR String, SIZE_T Bytes)
{
    KmLogTextPutBytes(Text, "\"", 1);
    KmpLogPutEscaped(Text, String, Bytes);
    KmLogTextPutBytes(Text, "\"", 1);
}

static VOID PutString(PKM_LOG_TEXT Text, PCSTR Name, PCSTR String)
{
    SIZE_T Bytes = 0;

    PutName(Text, ',', Name);
    while (String[Bytes] != '\0') {
        Bytes += 1;
    }
    PutText(Text, String, Bytes);
}

static VOID PutNumber(PKM_LOG_TEXT Text, PCSTR Name, ULONG64 Number)
{
    PutName(Text, ',', Name);
    KmLogTextPutUnsigned(Text, Number, 10, 1);
}

// As text it is "(null)", which a program could not tell from a string.
static BOOLEAN IsNull(PCKM_LOG_VALUE Value)
{
    switch (Value->Type->Code) {
    case KmLogCodePointer:
    case KmLogCodeString:
    case KmLogCodeWideString:
    case KmLogCodeGuid:
    case KmLogCodeSid:
    case KmLogCodeIpv4:
    case KmLogCodeIpv6:
    case KmLogCodeBytes:
    case KmLogCodeIrp: return Value->Content.Pointer == NULL;
    default: return FALSE;
    }
}

static VOID PutValue(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    if (IsNull(Value)) {
        KmLogTextPutBytes(Text, "null", 4);
        return;
    }
    if (Value->Type->IsNumber) {
        KmLogTextPutValue(Text, Value);
        return;
    }
    KmLogTextPutBytes(Text, "\"", 1);
    KmpLogPutEscapedValue(Text, Value);
    KmLogTextPutBytes(Text, "\"", 1);
}

VOID NTAPI KmLogJsonLayout(PKM_LOG_TEXT Text, PCKM_LOG_RECORD Record)
{
    PCKM_LOG_SITE Site = Record->Site;
    KM_LOG_VALUE Time = KmLogTime(Record->Time);

    PutName(Text, '{', "time");
    PutValue(Text, &Time);
    PutString(Text, "level", KmLogLevelName(Site->Level));
    PutString(Text, "target", Site->Target);
    PutString(Text, "file", Site->File);
    PutNumber(Text, "line", Site->Line);
    PutString(Text, "function", Site->Function);
    PutNumber(Text, "processor", Record->Processor);
    PutNumber(Text, "process", (ULONG_PTR)Record->Process);
    PutNumber(Text, "thread", (ULONG_PTR)Record->Thread);
    PutNumber(Text, "irql", Record->Irql);
    PutName(Text, ',', "message");
    PutText(Text, Record->Message, Record->MessageLength);
    if (Record->FieldCount != 0) {
        PutName(Text, ',', "fields");
        for (ULONG Index = 0; Index < Record->FieldCount; Index += 1) {
            PutName(Text, Index == 0 ? '{' : ',', Record->Fields[Index].Name);
            PutValue(Text, &Record->Fields[Index].Value);
        }
        KmLogTextPutBytes(Text, "}", 1);
    }
    KmLogTextPutBytes(Text, "}", 1);
}
