// SPDX-License-Identifier: MIT
// The log's state that several of its files change, and who is reading it. Inside the SDK only.
#ifndef KMODE_SDK_LOG_REGISTRY_H
#define KMODE_SDK_LOG_REGISTRY_H

#include <kmode.h>

/// A reader of the sinks and of the filter: what was reachable between enter and leave stays as it is until
/// then. Nothing is waited for. Any IRQL.
typedef volatile LONG *KMP_LOG_READER;
KMP_LOG_READER KmpLogEnterReader(VOID);
VOID KmpLogLeaveReader(_In_ KMP_LOG_READER Reader);

/// Returns when every reader that may have seen what was there before has left. IRQL <= APC_LEVEL.
VOID KmpLogWaitForReaders(VOID);

/// What the filter says of a call, and the highest level that it lets anybody have. NULL: no filter.
typedef struct KMP_LOG_FILTER {
    BOOLEAN (*IsEnabled)(_In_ const struct KMP_LOG_FILTER *Filter, _In_ PCSTR Target,
                         _In_ KM_LOG_LEVEL Level);
    KM_LOG_LEVEL MaximumLevel;
} KMP_LOG_FILTER;
extern const KMP_LOG_FILTER *volatile KmpLogFilter;

/// The sinks, newest first.
extern PKM_LOG_SINK volatile KmpLogSinks;

/// KmLogWriteRecord, for who knows that the current IRQL is Irql. Any IRQL.
VOID KmpLogDeliver(_In_ PCKM_LOG_RECORD Record, _In_ KIRQL Irql);

/// Makes KmpLogMaximumLevel what maximum level, filter and sinks say now. When it is called in the midst of
/// itself, or on two processors at once, the first of them does it for all. Any IRQL.
VOID KmpLogUpdateMaximumLevel(VOID);

/// Whether KmLogInit has been called. Any IRQL.
BOOLEAN KmpLogIsStarted(VOID);

/// Makes every call ask the filter again. Any IRQL.
VOID KmpLogForgetDecisions(VOID);

/// One at a time: between the two nobody else changes sinks or filter. IRQL <= APC_LEVEL, and held for long.
VOID KmpLogBeginChange(VOID);
VOID KmpLogEndChange(VOID);

#endif
