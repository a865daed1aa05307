// SPDX-License-Identifier: MIT
// The one engine behind DbgPrint and the printf family: NT's format language to narrow or wide text.
#ifndef KMODE_RTL_FORMAT_H
#define KMODE_RTL_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

// The language, as Microsoft documents it for printf and DbgPrint:
//   %[flags][width][.precision][size]type
//   flags      - + 0 space #
//   width      a number or *; a negative * is the flag - and the number
//   precision  a number or *; a negative * is as if none were given; "." alone is 0
//   size       hh h l ll L w I I32 I64 j z t     (int and long have 32 bits; I, j, z, t and ll have 64)
//   type       d i u o x X p     integers; p is 16 upper-case digits
//              c s               a character, a string of the format's own width; of h: narrow, of l and w:
//              wide C S               the same of the other width; h, l and w as above Z                 a
//              STRING (of h too), of l and w a UNICODE_STRING n                 takes its argument and stores
//              nothing e E f F g G a A   not supported, as DbgPrint documents: takes its argument, writes the
//              letter
// %% is a percent sign. An unknown type writes itself; a format that ends within a specification writes
// nothing of it. The flag 0 pads characters and strings too. A string that is NULL, or whose Buffer is, is
// "(null)". Precision bounds the units that s and S read; it says nothing to c and Z. Width and precision
// count units of the argument's text.

typedef enum RTLP_TEXT {
    RtlpTextAnsi, // char, in the ANSI code page
    RtlpTextUtf8, // char; narrow arguments pass as they are, wide ones become UTF-8 (lone surrogates U+FFFD)
    RtlpTextWide, // UTF-16
} RTLP_TEXT;

// Formats into Buffer of Capacity units (char, or 16-bit units for RtlpTextWide) and returns the number of
// units that the whole text has; what does not fit is dropped (a UTF-8 sequence that would be cut becomes
// '?'). Writes no terminator. Format has the width of Text. Any IRQL that its arguments may be read at; NT
// documents wide arguments for PASSIVE_LEVEL alone. Faults if an argument does.
size_t RtlpFormat(RTLP_TEXT Text, void *Buffer, size_t Capacity, const void *Format, va_list Arguments);

#endif
