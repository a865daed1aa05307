// SPDX-License-Identifier: MIT
// The log's start with the debugger as its sink, apart from the core, so that other starts link no debugger.
#include <kmode.h>

NTSTATUS NTAPI KmLogInit(KM_LOG_LEVEL MaximumLevel)
{
    NTSTATUS Status = KmLogInitWithSink(MaximumLevel, NULL);

    if (NT_SUCCESS(Status)) {
        // A driver that has added it already has it.
        (void)KmLogAddSink(&KmLogDebugger.Sink);
    }
    return Status;
}
