// SPDX-License-Identifier: MIT
// Text as what stands between the quotes of a JSON string. Inside the SDK's log only.
#ifndef KMODE_SDK_LOG_ESCAPE_H
#define KMODE_SDK_LOG_ESCAPE_H

#include <kmode.h>

/// Appends Bytes bytes, escaped as RFC 8259 has it; a byte that is no UTF-8 becomes U+FFFD. Any IRQL.
VOID KmpLogPutEscaped(_Inout_ PKM_LOG_TEXT Text, _In_reads_bytes_(Bytes) PCSTR String, _In_ SIZE_T Bytes);

/// Appends a value's text, likewise. Any IRQL.
VOID KmpLogPutEscapedValue(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_VALUE Value);

#endif
