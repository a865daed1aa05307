// SPDX-License-Identifier: MIT
// Records of the call that is being made.
#include "format.h"
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

static PCSTR BaseName(PCSTR Path)
{
    PCSTR Name = Path;

    for (; *Path != '\0'; Path += 1) {
        if (*Path == '/' || *Path == '\\') {
            Name = Path + 1;
        }
    }
    return Name;
}

VOID KmpLogPutMessage(PKM_LOG_TEXT Text, PCKM_LOG_SITE Site, PCSTR Format, va_list Arguments)
{
    BOOLEAN IsKnown = KmpLogPutFormat(Text, Format, Arguments);

    if (Text->Length != 0 && !Text->Cut && Text->Buffer[Text->Length - 1] == '\n') {
        Text->Length -= 1;
    }
    if (!IsKnown) {
        KmLogTextPutFormat(Text, " <unknown conversion: %s:%lu>", BaseName(Site->File), Site->Line);
    }
}

VOID __cdecl KmLogWrite(PCKM_LOG_SITE Site, PCSTR Format, ...)
{
    CHAR Message[KM_LOG_MESSAGE_SIZE];
    KM_LOG_TEXT Text;
    KM_LOG_RECORD Record;
    va_list Arguments;

    KmLogTextInit(&Text, Message, sizeof(Message));
    va_start(Arguments, Format);
    KmpLogPutMessage(&Text, Site, Format, Arguments);
    va_end(Arguments);

    KmLogRecordInit(&Record, Site);
    Record.Message = KmLogTextEnd(&Text);
    Record.MessageLength = Text.Length;
    KmpLogDeliver(&Record, Record.Irql);
}
