// SPDX-License-Identifier: MIT
// What the log's core hands to a sink. Inside the SDK only.
#ifndef KMODE_SDK_LOG_RECORD_H
#define KMODE_SDK_LOG_RECORD_H

#include <kmode.h>

/// One message that passed the level check. Lives as long as the call that it is given to.
typedef struct KM_LOG_RECORD {
    PCKM_LOG_SITE Site;
    PCSTR Message; ///< zero-terminated, without a newline at its end
} KM_LOG_RECORD;

/// The level's name as a line shows it: "ERROR", "WARN", ... Any IRQL.
PCSTR KmpLogLevelName(KM_LOG_LEVEL Level);

/// The kernel debugger as a sink: one line, `WARN  [target] message`. IRQL <= DIRQL.
VOID KmpLogWriteToDebugger(const KM_LOG_RECORD *Record);

#endif
