// SPDX-License-Identifier: MIT
// The log's sink that writes into a ring.
#include "fields.h"
#include <kmode/log-ring.h>

#define LINE_BYTES 512

static VOID NTAPI Write(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    const KM_LOG_RING_SINK *RingSink = (const KM_LOG_RING_SINK *)Sink;
    CHAR Buffer[LINE_BYTES];
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    if (Sink->Layout != NULL) {
        Sink->Layout(&Text, Record);
    } else {
        KmLogTextPutBytes(&Text, Record->Message, Record->MessageLength);
        for (ULONG Index = 0; Index < Record->FieldCount; Index += 1) {
            KmLogTextPutBytes(&Text, " ", 1);
            KmpLogPutField(&Text, &Record->Fields[Index]);
        }
    }
    KmLogTextEnd(&Text);
    if (!KmLogRingWriteText(RingSink->Ring, Record->Site, Text.Buffer, Text.Length)) {
        InterlockedIncrement64(&Sink->Lost);
    }
}

VOID NTAPI KmLogRingSinkInit(PKM_LOG_RING_SINK Sink, PKM_LOG_RING Ring)
{
    KmLogSinkInit(&Sink->Sink, Write);
    Sink->Ring = Ring;
}
