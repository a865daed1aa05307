// SPDX-License-Identifier: MIT
// The log's core: its level, and the way of a message from the macro to the sink.
#include "record.h"

#include <stdarg.h>

int __cdecl _vsnprintf(char *Buffer, SIZE_T Count, const char *Format, va_list Arguments);

static const CHAR CutMark[] = "...";

volatile LONG KmpLogMaximumLevel = KmLevelOff;

static volatile LONG Started;

NTSTATUS NTAPI KmLogInit(KM_LOG_LEVEL MaximumLevel)
{
    if ((LONG)MaximumLevel < KmLevelOff || (LONG)MaximumLevel > KmLevelTrace) {
        return STATUS_INVALID_PARAMETER;
    }
    if (InterlockedExchange(&Started, TRUE)) {
        return STATUS_ALREADY_INITIALIZED;
    }
    InterlockedExchange(&KmpLogMaximumLevel, MaximumLevel);
    return STATUS_SUCCESS;
}

VOID NTAPI KmLogSetMaximumLevel(KM_LOG_LEVEL MaximumLevel)
{
    LONG Level = MaximumLevel;

    if (!Started) {
        return;
    }
    if (Level < KmLevelOff) {
        Level = KmLevelOff;
    } else if (Level > KmLevelTrace) {
        Level = KmLevelTrace;
    }
    InterlockedExchange(&KmpLogMaximumLevel, Level);
}

KM_LOG_LEVEL NTAPI KmLogGetMaximumLevel(VOID)
{
    return (KM_LOG_LEVEL)KmpLogMaximumLevel;
}

PCSTR KmpLogLevelName(KM_LOG_LEVEL Level)
{
    static const PCSTR Names[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};

    return (ULONG)Level < RTL_NUMBER_OF(Names) ? Names[Level] : "?";
}

VOID __cdecl KmLogWrite(PCKM_LOG_SITE Site, PCSTR Format, ...)
{
    CHAR Message[KM_LOG_MESSAGE_SIZE] = "";
    KM_LOG_RECORD Record = {Site, Message};
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnprintf(Message, sizeof(Message), Format, Arguments);
    va_end(Arguments);

    // _vsnprintf leaves the end off when the text fills the buffer, and answers -1 when there was more.
    if (Length < 0 || (SIZE_T)Length >= sizeof(Message)) {
        RtlCopyMemory(Message + sizeof(Message) - sizeof(CutMark), CutMark, sizeof(CutMark));
    } else if (Length > 0 && Message[Length - 1] == '\n') {
        Message[Length - 1] = '\0';
    }
    KmpLogWriteToDebugger(&Record);
}
