// SPDX-License-Identifier: MIT
// What ntddk.h brings of the C library in the WDK. The routines are ntoskrnl.exe's exports.
#ifndef KMODE_NT_CRT_H
#define KMODE_NT_CRT_H

#include <string.h>
#include <ctype.h>
#include <stdarg.h>

// On x64 va_end does nothing. Public sources give it the last named parameter, which clang's refuses; the
// kernel's own do not.
#ifndef _NTOSKRNL_
#undef va_end
#define va_end(Arguments) ((void)(Arguments))
#endif

#ifdef __cplusplus
// MSVC knows the type without a header; drivers name it in their operator delete.
#if __cpp_aligned_new
namespace std
{
enum class align_val_t : size_t;
}
#endif
#endif

#endif
