// SPDX-License-Identifier: MIT
// What ntddk.h brings of the C library in the WDK. The routines are ntoskrnl.exe's exports.
#ifndef KMODE_NT_CRT_H
#define KMODE_NT_CRT_H

#include <string.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>

// On x64 va_end does nothing. Public sources give it the last named parameter, which clang's refuses.
#undef va_end
#define va_end(Arguments) ((void)(Arguments))

#ifdef __cplusplus
// MSVC knows the type without a header; drivers name it in their operator delete.
#if __cpp_aligned_new
namespace std
{
enum class align_val_t : size_t;
}
#endif

// The secure C library's overloads for arrays, which take the size from the type.
#define KMODE_NT_SECURE_COPY(Name, Character)                                                                  \
    extern "C++" template <size_t Size>                                                                        \
    inline errno_t Name(Character(&Destination)[Size], const Character *Source)                                \
    {                                                                                                          \
        return Name(Destination, Size, Source);                                                                \
    }
#define KMODE_NT_SECURE_COUNTED_COPY(Name, Character)                                                          \
    extern "C++" template <size_t Size>                                                                        \
    inline errno_t Name(Character(&Destination)[Size], const Character *Source, size_t Count)                  \
    {                                                                                                          \
        return Name(Destination, Size, Source, Count);                                                         \
    }
KMODE_NT_SECURE_COPY(strcpy_s, char)
KMODE_NT_SECURE_COPY(strcat_s, char)
KMODE_NT_SECURE_COPY(wcscpy_s, wchar_t)
KMODE_NT_SECURE_COPY(wcscat_s, wchar_t)
KMODE_NT_SECURE_COUNTED_COPY(strncpy_s, char)
KMODE_NT_SECURE_COUNTED_COPY(strncat_s, char)
KMODE_NT_SECURE_COUNTED_COPY(wcsncpy_s, wchar_t)
KMODE_NT_SECURE_COUNTED_COPY(wcsncat_s, wchar_t)
#undef KMODE_NT_SECURE_COPY
#undef KMODE_NT_SECURE_COUNTED_COPY
#endif

#endif
