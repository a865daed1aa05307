// SPDX-License-Identifier: MIT
// The log's sink that writes to the kernel debugger, where DbgView and `kmode run` read too.
#include "record.h"

// Values of <dpfilter.h>, which not every kit's headers bring.
#define COMPONENT_IHVDRIVER 77
#define MASK_LEVEL_ERROR    0

VOID KmpLogWriteToDebugger(const KM_LOG_RECORD *Record)
{
    // Windows shows other levels only where the user has set a filter mask in the registry. Which messages
    // are wanted has been decided by now, so every one takes the level that is always shown.
    DbgPrintEx(COMPONENT_IHVDRIVER, MASK_LEVEL_ERROR, "%-5s [%s] %s\n", KmpLogLevelName(Record->Site->Level),
               Record->Site->Target, Record->Message);
}
