// SPDX-License-Identifier: MIT
// The log's sink that calls a routine of the driver's.
#include <kmode.h>

static VOID NTAPI Write(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    PKM_LOG_CALLBACK_SINK Callback = (PKM_LOG_CALLBACK_SINK)Sink;

    Callback->Callback(Callback->Context, Record);
}

VOID NTAPI KmLogCallbackSinkInit(PKM_LOG_CALLBACK_SINK Sink, KM_LOG_CALLBACK *Callback, PVOID Context)
{
    KmLogSinkInit(&Sink->Sink, Write);
    Sink->Callback = Callback;
    Sink->Context = Context;
}
