// SPDX-License-Identifier: MIT
// Records of the call that is being made.
#include "registry.h"
#include "runtime/irql.h"

PCSTR NTAPI KmLogLevelName(KM_LOG_LEVEL Level)
{
    static const PCSTR Names[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};

    return (ULONG)Level < RTL_NUMBER_OF(Names) ? Names[Level] : "?";
}

VOID NTAPI KmLogRecordInit(PKM_LOG_RECORD Record, PCKM_LOG_SITE Site)
{
    Record->Site = Site;
    KeQuerySystemTime(&Record->Time);
    Record->Processor = KeGetCurrentProcessorNumberEx(NULL);
    Record->Irql = KmpGetCurrentIrql();
    Record->Process = PsGetCurrentProcessId();
    Record->Thread = PsGetCurrentThreadId();
    Record->Message = "";
    Record->MessageLength = 0;
    Record->FieldCount = 0;
    Record->Fields = NULL;
}

VOID __cdecl KmLogWrite(PCKM_LOG_SITE Site, PCSTR Format, ...)
{
    CHAR Message[KM_LOG_MESSAGE_SIZE];
    KM_LOG_TEXT Text;
    KM_LOG_RECORD Record;
    va_list Arguments;

    KmLogTextInit(&Text, Message, sizeof(Message));
    va_start(Arguments, Format);
    KmLogTextPutFormatV(&Text, Format, Arguments);
    va_end(Arguments);
    if (Text.Length != 0 && !Text.Cut && Message[Text.Length - 1] == '\n') {
        Text.Length -= 1;
    }

    KmLogRecordInit(&Record, Site);
    Record.Message = KmLogTextEnd(&Text);
    Record.MessageLength = Text.Length;
    KmpLogDeliver(&Record, Record.Irql);
}
