// SPDX-License-Identifier: MIT
// The log's sink that writes to the kernel debugger.
#include <kmode.h>

// Values of <dpfilter.h>, which not every kit's headers bring.
#define COMPONENT_IHVDRIVER 77
#define MASK_LEVEL_ERROR    0

// DbgPrintEx cuts at 512 bytes, so a longer line goes in pieces.
#define PIECE 480

static VOID NTAPI Print(PKM_LOG_TEXT Text)
{
    const KM_LOG_DEBUGGER_SINK *Sink = (const KM_LOG_DEBUGGER_SINK *)Text->Context;

    // Not by a precision, which would have the kernel count no zero, but old debuggers the whole.
    Text->Buffer[Text->Length] = '\0';
    DbgPrintEx(Sink->ComponentId, Sink->Level, "%s", Text->Buffer);
}

static VOID NTAPI Write(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    CHAR Buffer[PIECE];
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    Text.Flush = Print;
    Text.Context = Sink;
    if (Sink->Layout != NULL) {
        Sink->Layout(&Text, Record);
    }
    KmLogTextPutBytes(&Text, "\n", 1);
    KmLogTextEnd(&Text);
}

// Windows shows other levels only where the user has set a filter mask in the registry. Which messages are
// wanted has been decided by now, so every one takes the level that is always shown.
KM_LOG_DEBUGGER_SINK KmLogDebugger = {KM_LOG_SINK_INIT(Write, KmLevelTrace, KmLogTextLayout, CLOCK_LEVEL - 1),
                                      COMPONENT_IHVDRIVER, MASK_LEVEL_ERROR};

VOID NTAPI KmLogDebuggerSinkInit(PKM_LOG_DEBUGGER_SINK Sink, ULONG ComponentId, ULONG Level)
{
    KmLogSinkInit(&Sink->Sink, Write);
    Sink->Sink.Layout = KmLogTextLayout;
    Sink->Sink.MaximumIrql = CLOCK_LEVEL - 1;
    Sink->ComponentId = ComponentId;
    Sink->Level = Level;
}
