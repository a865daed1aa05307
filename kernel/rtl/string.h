// SPDX-License-Identifier: MIT
// What the string routines share.
#ifndef KMODE_RTL_STRING_H
#define KMODE_RTL_STRING_H

#include "inc/kernel.h"
#include "rtl/codepage.h"
#include "rtl/upcase.h"

// Buffers of strings that Rtl allocates are paged pool with this tag: the caller frees them, with
// RtlFreeUnicodeString and its like. So these routines need PASSIVE_LEVEL; those that do not allocate may be
// called wherever their arguments are resident.
#define RTLP_STRING_TAG 'grtS'

// Lengths in bytes, without the terminator, that still leave room for one.
#define RTLP_MAX_UNICODE_BYTES (0xFFFE - sizeof(WCHAR))
#define RTLP_MAX_ANSI_BYTES    (0xFFFF - sizeof(CHAR))

static inline PVOID RtlpAllocateString(SIZE_T Bytes)
{
    return ExAllocatePoolWithTag(PagedPool, Bytes, RTLP_STRING_TAG);
}

#endif
