// SPDX-License-Identifier: MIT
// Rates of messages: the generic cell rate algorithm, whose state is one time, so that no lock is needed.
#include "format.h"
#include "registry.h"

#define UNITS_PER_MILLISECOND 10000ll

BOOLEAN NTAPI KmLogLimitPass(PKM_LOG_LIMIT Limit, ULONG Burst, ULONG Milliseconds)
{
    LONG64 Now = (LONG64)KeQueryInterruptTime(), Interval = Milliseconds * UNITS_PER_MILLISECOND;
    // What would overflow is centuries either way.
    LONG64 Most = Interval != 0 ? (MAXLONGLONG / 4) / Interval : 0;
    LONG64 Tolerance = Interval * min((LONG64)(Burst > 1 ? Burst - 1 : 0), Most);

    for (;;) {
        LONG64 Due = Limit->Due;

        if (Due - Now > Tolerance) {
            InterlockedIncrement(&Limit->Suppressed);
            return FALSE;
        }
        if (InterlockedCompareExchange64(&Limit->Due, max(Due, Now) + Interval, Due) == Due) {
            return TRUE;
        }
    }
}

VOID __cdecl KmLogWriteLimited(PCKM_LOG_SITE Site, PKM_LOG_LIMIT Limit, PCSTR Format, ...)
{
    CHAR Message[KM_LOG_MESSAGE_SIZE];
    LONG Suppressed = InterlockedExchange(&Limit->Suppressed, 0);
    KM_LOG_FIELD Field = KmField("suppressed", Suppressed);
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
    if (Suppressed != 0) {
        Record.Fields = &Field;
        Record.FieldCount = 1;
    }
    KmpLogDeliver(&Record, Record.Irql);
}
