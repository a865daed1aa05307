// SPDX-License-Identifier: MIT
// UTF-16 as UTF-8, at any IRQL. Inside the SDK's log only.
#ifndef KMODE_SDK_LOG_UTF8_H
#define KMODE_SDK_LOG_UTF8_H

#include <kmode.h>

/// The character at String, of which Count units, not 0, are left: *Units is set to how many it takes. Half
/// of a surrogate pair is U+FFFD. Any IRQL.
ULONG KmpLogDecodeUtf16(_In_reads_(Count) PCWSTR String, _In_ SIZE_T Count, _Out_ PULONG Units);

/// The character at String, of which Count bytes, not 0, are left: *Bytes is set to how many it takes. Bytes
/// that are no UTF-8 are U+FFFD each. Any IRQL.
ULONG KmpLogDecodeUtf8(_In_reads_bytes_(Count) const UCHAR *String, _In_ SIZE_T Count, _Out_ PULONG Bytes);

/// Writes Character to Buffer, and returns how many bytes it takes, 1 to 4. Any IRQL.
ULONG KmpLogEncodeUtf8(_In_ ULONG Character, _Out_writes_bytes_(4) PCHAR Buffer);

#endif
