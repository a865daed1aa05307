// SPDX-License-Identifier: MIT
// Values as text. Types that few drivers use have files of their own.
#include "utf8.h"

VOID NTAPI KmLogTextPutValue(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    Value->Type->Write(Text, Value);
}

PCSTR NTAPI KmLogToString(PKM_LOG_STRING String, KM_LOG_VALUE Value)
{
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, String->Buffer, sizeof(String->Buffer));
    KmLogTextPutValue(&Text, &Value);
    return KmLogTextEnd(&Text);
}

static VOID NTAPI WriteSigned(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    if (Value->Content.Signed < 0) {
        KmLogTextPutBytes(Text, "-", 1);
    }
    KmLogTextPutUnsigned(
        Text, Value->Content.Signed < 0 ? 0 - Value->Content.Unsigned : Value->Content.Unsigned, 10, 1);
}

static VOID NTAPI WriteUnsigned(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    KmLogTextPutUnsigned(Text, Value->Content.Unsigned, 10, 1);
}

static VOID NTAPI WriteHex(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    KmLogTextPutBytes(Text, "0x", 2);
    KmLogTextPutUnsigned(Text, Value->Content.Unsigned, 16, 1);
}

static VOID NTAPI WritePointer(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    if (Value->Content.Pointer == NULL) {
        KmLogTextPutString(Text, NULL);
        return;
    }
    KmLogTextPutBytes(Text, "0x", 2);
    KmLogTextPutUnsigned(Text, (ULONG_PTR)Value->Content.Pointer, 16, 2 * sizeof(PVOID));
}

static VOID NTAPI WriteBoolean(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    KmLogTextPutString(Text, Value->Content.Unsigned != 0 ? "true" : "false");
}

static VOID NTAPI WriteCharacter(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    CHAR Bytes[4];

    KmLogTextPutBytes(Text, Bytes, KmpLogEncodeUtf8((ULONG)Value->Content.Unsigned & 0xFFFF, Bytes));
}

static VOID NTAPI WriteString(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    if (Value->Content.Pointer == NULL) {
        KmLogTextPutString(Text, NULL);
    } else {
        KmLogTextPutBytes(Text, (PCSTR)Value->Content.Pointer, Value->Bytes);
    }
}

static VOID NTAPI WriteWideString(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    if (Value->Content.Pointer == NULL) {
        KmLogTextPutString(Text, NULL);
    } else {
        KmLogTextPutWide(Text, (PCWSTR)Value->Content.Pointer, Value->Bytes / sizeof(WCHAR));
    }
}

const KM_LOG_TYPE KmLogSignedType = {KmLogCodeSigned, TRUE, WriteSigned};
const KM_LOG_TYPE KmLogUnsignedType = {KmLogCodeUnsigned, TRUE, WriteUnsigned};
const KM_LOG_TYPE KmLogHexType = {KmLogCodeHex, FALSE, WriteHex};
const KM_LOG_TYPE KmLogPointerType = {KmLogCodePointer, FALSE, WritePointer};
const KM_LOG_TYPE KmLogBooleanType = {KmLogCodeBoolean, TRUE, WriteBoolean};
const KM_LOG_TYPE KmLogCharacterType = {KmLogCodeCharacter, FALSE, WriteCharacter};
const KM_LOG_TYPE KmLogStringType = {KmLogCodeString, FALSE, WriteString};
const KM_LOG_TYPE KmLogWideStringType = {KmLogCodeWideString, FALSE, WriteWideString};
