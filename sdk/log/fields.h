// SPDX-License-Identifier: MIT
// Fields in a line of text. Inside the SDK's log only.
#ifndef KMODE_SDK_LOG_FIELDS_H
#define KMODE_SDK_LOG_FIELDS_H

#include <kmode.h>

/// Appends `name=value`; a value that has blanks, quotes, control characters or nothing at all in quotes,
/// where quotes, backslashes and control characters have a backslash. Any IRQL.
VOID KmpLogPutField(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_FIELD Field);

#endif
