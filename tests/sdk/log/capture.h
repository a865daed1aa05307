// SPDX-License-Identifier: MIT
// A sink of tests that keeps the last lines.
#ifndef KMODE_TESTS_SDK_LOG_CAPTURE_H
#define KMODE_TESTS_SDK_LOG_CAPTURE_H

#include <kmode.h>

typedef struct CAPTURE {
    KM_LOG_SINK Sink;
    volatile LONG Count;
    CHAR Line[1024]; // the last one
} CAPTURE;

static VOID NTAPI CaptureWrite(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    CAPTURE *Capture = CONTAINING_RECORD(Sink, CAPTURE, Sink);
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Capture->Line, sizeof(Capture->Line));
    if (Sink->Layout != NULL) {
        Sink->Layout(&Text, Record);
    }
    KmLogTextEnd(&Text);
    InterlockedIncrement(&Capture->Count);
}

static __attribute__((unused)) VOID CaptureInit(CAPTURE *Capture, KM_LOG_LAYOUT *Layout)
{
    RtlZeroMemory(Capture, sizeof(*Capture));
    KmLogSinkInit(&Capture->Sink, CaptureWrite);
    Capture->Sink.Layout = Layout;
}

#endif
