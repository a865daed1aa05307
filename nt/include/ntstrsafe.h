// SPDX-License-Identifier: MIT
// Safe string routines, as static inline functions: any number of source files may include this.
//
// All return STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW where the result was cut to fit (it is terminated all the
// same); STATUS_INVALID_PARAMETER for sizes of 0 or beyond NTSTRSAFE_MAX_CCH, for bad flags, for NULLs that
// STRSAFE_IGNORE_NULLS does not allow and for strings without an end. IRQL: those that format, PASSIVE_LEVEL;
// the others any, if the strings are resident.
#ifndef KMODE_NT_NTSTRSAFE_H
#define KMODE_NT_NTSTRSAFE_H

#include <stdarg.h>
#include <stddef.h>
#include <specstrings.h>
#include <ntdef.h>
#include <ntstatus.h>

#define _NTSTRSAFE_H_INCLUDED_

#define NTSTRSAFE_MAX_CCH                2147483647
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))
#ifndef STRSAFE_MAX_CCH
#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH
#endif

#define STRSAFE_FILL_BYTE_MASK         0x000000FF
#define STRSAFE_IGNORE_NULLS           0x00000100
#define STRSAFE_FILL_BEHIND_NULL       0x00000200
#define STRSAFE_FILL_BEHIND            0x00000200
#define STRSAFE_FILL_ON_FAILURE        0x00000400
#define STRSAFE_NULL_ON_FAILURE        0x00000800
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION          0x00001000
#define STRSAFE_VALID_FLAGS            0x00001FFF

#define STRSAFE_FILL_BYTE(Byte)         ((DWORD)(((Byte) & STRSAFE_FILL_BYTE_MASK) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(Byte)      ((DWORD)(((Byte) & STRSAFE_FILL_BYTE_MASK) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_GET_FILL_PATTERN(Flags) ((int)((Flags) & STRSAFE_FILL_BYTE_MASK))

#ifndef _NTSTRSAFE_STRING_TYPES_
#define _NTSTRSAFE_STRING_TYPES_
typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR;
#endif
typedef unsigned long DWORD;

#define NTSTRSAFEDDI static __inline__ __attribute__((__unused__)) NTSTATUS NTAPI

#ifdef __cplusplus
extern "C" {
#endif
int __cdecl _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);
#ifdef __cplusplus
}
#endif

#define KMODE_NT_CHARACTER    char
#define KMODE_NT_SUFFIX(Name) Name##A
#define KMODE_NT_FORMAT       _vsnprintf
#include <kmode-nt/strsafe-string.h>
#undef KMODE_NT_CHARACTER
#undef KMODE_NT_SUFFIX
#undef KMODE_NT_FORMAT

#define KMODE_NT_CHARACTER    wchar_t
#define KMODE_NT_SUFFIX(Name) Name##W
#define KMODE_NT_FORMAT       _vsnwprintf
#include <kmode-nt/strsafe-string.h>
#undef KMODE_NT_CHARACTER
#undef KMODE_NT_SUFFIX
#undef KMODE_NT_FORMAT

#include <kmode-nt/strsafe-unicode.h>

#endif
