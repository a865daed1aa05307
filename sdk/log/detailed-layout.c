// SPDX-License-Identifier: MIT
// Records as lines for people, with all that is known of the call.
#include <kmode.h>

VOID NTAPI KmLogDetailedLayout(PKM_LOG_TEXT Text, PCKM_LOG_RECORD Record)
{
    KM_LOG_VALUE Time = KmLogTime(Record->Time);

    KmLogTextPutValue(Text, &Time);
    KmLogTextPutFormat(Text, " %lu %I64u:%I64u @%u ", Record->Processor, (ULONG64)(ULONG_PTR)Record->Process,
                       (ULONG64)(ULONG_PTR)Record->Thread, Record->Irql);
    KmLogTextLayout(Text, Record);
    KmLogTextPutFormat(Text, " (%s:%lu %s)", Record->Site->File, Record->Site->Line, Record->Site->Function);
}
