// SPDX-License-Identifier: MIT
// Single characters between UTF-16, the ANSI code page and UTF-8. Plain C types: the C run-time routines use
// it too.
//
// The ANSI code page of kmode's NT is Windows-1252, that of an English Windows. Text that it cannot show
// becomes '?', its default character. All routines: any IRQL, no side effects.
#ifndef KMODE_RTL_CODEPAGE_H
#define KMODE_RTL_CODEPAGE_H

// A byte of the ANSI code page as a UTF-16 unit. The five bytes that Windows-1252 leaves undefined map to the
// C1 control of the same number, as on Windows.
unsigned short RtlpAnsiToUnicode(unsigned char Character);

// A UTF-16 unit as a byte of the ANSI code page, '?' if there is none.
unsigned char RtlpUnicodeToAnsi(unsigned short Unit);

// The same of the OEM code page, 437.
unsigned short RtlpOemToUnicode(unsigned char Character);
unsigned char RtlpUnicodeToOem(unsigned short Unit);

#define RTLP_UTF8_MAX_BYTES 4

// Takes the character that starts at Units[0] of Count (> 0) units. Stores its UTF-8 form in Bytes and its
// size in *ByteCount; returns how many units it took, 1 or 2. A lone surrogate is taken as U+FFFD, and *Valid
// is 0 then.
unsigned int RtlpEncodeUtf8(const unsigned short *Units, unsigned long long Count,
                            unsigned char Bytes[RTLP_UTF8_MAX_BYTES], unsigned int *ByteCount, int *Valid);

// Takes the character that starts at Bytes[0] of Count (> 0) bytes. Stores one or two UTF-16 units and their
// number; returns how many bytes it took, 1 to 4. What is not well-formed UTF-8 (overlong forms, encoded
// surrogates, beyond U+10FFFF, cut sequences) is taken as one U+FFFD for each maximal ill-formed part, and
// *Valid is 0 then.
unsigned int RtlpDecodeUtf8(const unsigned char *Bytes, unsigned long long Count, unsigned short Units[2],
                            unsigned int *UnitCount, int *Valid);

#endif
