// SPDX-License-Identifier: MIT
// Text and values straight to the debugger.
#include "escape.h"

#define COMPONENT_IHVDRIVER 77
#define MASK_LEVEL_ERROR    0

static VOID NTAPI Print(PKM_LOG_TEXT Text)
{
    Text->Buffer[Text->Length] = '\0';
    DbgPrintEx(COMPONENT_IHVDRIVER, MASK_LEVEL_ERROR, "%s", Text->Buffer);
}

VOID __cdecl KmPrint(PCSTR Format, ...)
{
    CHAR Buffer[480];
    KM_LOG_TEXT Text;
    va_list Arguments;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    Text.Flush = Print;
    va_start(Arguments, Format);
    KmLogTextPutFormatV(&Text, Format, Arguments);
    va_end(Arguments);
    KmLogTextEnd(&Text);
}

// The quote that a value of its type stands in; 0: none.
static CHAR QuoteOf(PCKM_LOG_VALUE Value)
{
    switch (Value->Type->Code) {
    case KmLogCodeString:
    case KmLogCodeWideString: return Value->Content.Pointer != NULL ? '"' : '\0';
    case KmLogCodeCharacter: return '\'';
    default: return '\0';
    }
}

VOID NTAPI KmpLogDebugValue(PCSTR File, ULONG Line, PCSTR Expression, KM_LOG_VALUE Value)
{
    CHAR Buffer[480], Quote = QuoteOf(&Value);
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    Text.Flush = Print;
    KmLogTextPutFormat(&Text, "[%s:%lu] %s = ", File, Line, Expression);
    if (Quote != '\0') {
        KmLogTextPutBytes(&Text, &Quote, 1);
        KmpLogPutEscapedValue(&Text, &Value);
        KmLogTextPutBytes(&Text, &Quote, 1);
    } else {
        KmLogTextPutValue(&Text, &Value);
    }
    KmLogTextPutBytes(&Text, "\n", 1);
    KmLogTextEnd(&Text);
}
