// SPDX-License-Identifier: MIT
// Log: text that is put together piece by piece, in a buffer of the caller's, at any IRQL. Layouts, sinks and
// types of values write by it; a driver may use it for text of its own.
//
//     CHAR Buffer[64];
//     KM_LOG_TEXT Text;
//
//     KmLogTextInit(&Text, Buffer, sizeof(Buffer));
//     KmLogTextPutString(&Text, "service ");
//     KmLogTextPutWide(&Text, RegistryPath->Buffer, RegistryPath->Length / sizeof(WCHAR));
//     KmLogTextPutBytes(&Text, ", of which ", 11);
//     KmLogTextPutUnsigned(&Text, RegistryPath->Length, 10, 1);
//     KmLogTextPutFormat(&Text, " bytes, status %08lx", STATUS_SUCCESS);
//     KmLogTextPutRepeated(&Text, '.', 3);
//     KmPrint("%s\n", KmLogTextEnd(&Text));
#ifndef KMODE_LOG_TEXT_H
#define KMODE_LOG_TEXT_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-text.h>"
#endif

#include <stdarg.h>

// Of the compilers, only clang's format check knows NT's conversions (%wZ, %Z, %ws, %I64x).
#ifdef __clang__
#define KMP_PRINTF_FORMAT(Format, FirstArgument) __attribute__((format(printf, Format, FirstArgument)))
#else
#define KMP_PRINTF_FORMAT(Format, FirstArgument)
#endif

// A statement that does not compile.
#ifdef __cplusplus
#define KMP_LOG_NEVER(Why) static_assert(false, Why)
#else
#define KMP_LOG_NEVER(Why) _Static_assert(0, Why)
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_LOG_TEXT KM_LOG_TEXT, *PKM_LOG_TEXT;

/// Hands on the Length bytes of Text->Buffer, which is full or at its end; Text is empty afterwards. Called
/// at the IRQL of who writes.
typedef VOID NTAPI KM_LOG_TEXT_FLUSH(_In_ PKM_LOG_TEXT Text);

/// Text under way. Made by KmLogTextInit; who wants longer text than the buffer has room for sets Flush, and
/// Context for it, right after.
struct KM_LOG_TEXT {
    PCHAR Buffer;
    ULONG Size;               ///< of Buffer, in bytes, one of which is kept for the zero at the end
    ULONG Length;             ///< of what is in Buffer now, without that zero
    BOOLEAN Cut;              ///< there was more than Buffer could hold, and no Flush
    KM_LOG_TEXT_FLUSH *Flush; ///< NULL: what has no room is cut
    PVOID Context;            ///< whatever Flush needs
};

/// Begins empty text in Buffer of Size bytes, at least 4. The caller keeps Buffer while Text is used.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextInit(_Out_ PKM_LOG_TEXT Text, _Out_writes_bytes_(Size) PCHAR Buffer, _In_ ULONG Size);

/// Ends the text: flushes what is left if it has a Flush; else puts a zero behind it, and "..." in place of
/// its last three bytes if it was cut (a UTF-8 sequence is never cut in two). Returns the text, Text->Buffer.
_IRQL_requires_max_(HIGH_LEVEL) PCSTR NTAPI KmLogTextEnd(_Inout_ PKM_LOG_TEXT Text);

/// Appends Bytes bytes, which are text in UTF-8 or ASCII, as they are.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextPutBytes(_Inout_ PKM_LOG_TEXT Text, _In_reads_bytes_(Bytes) PCSTR String, _In_ SIZE_T Bytes);

/// Appends a zero-terminated string; "(null)" for NULL.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextPutString(_Inout_ PKM_LOG_TEXT Text, _In_opt_ PCSTR String);

/// Appends Count units of UTF-16 as UTF-8; half of a surrogate pair becomes U+FFFD. Unlike the kernel's own
/// conversions it needs no code page, which is paged: any IRQL, as long as the string itself is resident.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextPutWide(_Inout_ PKM_LOG_TEXT Text, _In_reads_(Count) PCWSTR String, _In_ SIZE_T Count);

/// Appends Character Count times.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextPutRepeated(_Inout_ PKM_LOG_TEXT Text, _In_ CHAR Character, _In_ SIZE_T Count);

/// Appends Value to Base (2 to 16, digits in lower case), with zeros in front up to MinimumDigits.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogTextPutUnsigned(_Inout_ PKM_LOG_TEXT Text, _In_ ULONG64 Value,
                                                                _In_ ULONG Base, _In_ ULONG MinimumDigits);

/// Appends text by Format, which is NT's (`%wZ`, `%Z`, `%ws`, `%I64x`, ..., as of DbgPrint), with these
/// differences: every conversion may be used at any IRQL, as long as the strings given are resident; wide
/// text becomes UTF-8; a precision limits counted strings (`%.8wZ`), too. `%n` and floating point are not
/// known; an unknown conversion is written as it stands, and ends the conversions.
_IRQL_requires_max_(HIGH_LEVEL) VOID
    __cdecl KmLogTextPutFormat(_Inout_ PKM_LOG_TEXT Text, _In_ _Printf_format_string_ PCSTR Format, ...)
        KMP_PRINTF_FORMAT(2, 3);

/// As KmLogTextPutFormat, for who has a va_list.
///
///     static VOID PutAll(PKM_LOG_TEXT Text, PCSTR Format, ...)
///     {
///         va_list Arguments;
///
///         va_start(Arguments, Format);
///         KmLogTextPutFormatV(Text, Format, Arguments);
///         va_end(Arguments);
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogTextPutFormatV(_Inout_ PKM_LOG_TEXT Text, _In_ PCSTR Format, _In_ va_list Arguments)
        KMP_PRINTF_FORMAT(2, 0);

#ifdef __cplusplus
}
#endif

#endif
