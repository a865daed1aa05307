// SPDX-License-Identifier: MIT
// Matching names against expressions with wild cards.
#ifndef KMODE_FSRTL_NAME_H
#define KMODE_FSRTL_NAME_H

typedef struct _FSRTLP_MATCH {
    const WCHAR *Expression; // in upper case if IgnoreCase
    ULONG ExpressionLength;  // in characters
    const WCHAR *Name;
    ULONG NameLength;
    BOOLEAN IgnoreCase;
    const WCHAR *UpcaseTable; // of 65,536 characters; NULL: the system's
} FSRTLP_MATCH;

// Whether the name matches; two empty strings do, and of others an empty one does not. Raises
// STATUS_NO_MEMORY. IRQL < DISPATCH_LEVEL.
BOOLEAN FsRtlpMatch(const FSRTLP_MATCH *Match);

#endif
