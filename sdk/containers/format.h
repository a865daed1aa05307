// SPDX-License-Identifier: MIT
// Formatted text, character by character: of KmStringFormat and KmUtf8Format. Inside the SDK only.
#ifndef KMODE_SDK_CONTAINERS_FORMAT_H
#define KMODE_SDK_CONTAINERS_FORMAT_H

#include <kmode.h>

// That of the kit's headers is nothing that a checker knows.
#undef va_end
#define va_end(Arguments) __builtin_va_end(Arguments)

/// Where characters go. A surrogate that is alone comes as the number that it is.
typedef struct KMP_FORMAT_SINK {
    SIZE_T Units; ///< that were put, or would have been, had there been room
    PVOID Buffer; ///< NULL: they are only counted
    SIZE_T Room;  ///< of Buffer, in units
    BOOLEAN IsWide;
    BOOLEAN IsOwn;   ///< set: the format, or a text among the arguments, is in the memory at Own
    const VOID *Own; ///< of the string that is to have the text; NULL: there is none
    SIZE_T OwnBytes;
} KMP_FORMAT_SINK;

/// Puts what Format, of wide or narrow units as the sink's, says into Sink. STATUS_INVALID_PARAMETER if there
/// is a conversion in it that is none. Any IRQL at which the arguments are resident.
NTSTATUS KmpFormat(_Inout_ KMP_FORMAT_SINK *Sink, _In_ const VOID *Format, _In_ va_list Arguments);

/// Makes Sink one that has counted what Format says, and knows whether Format or an argument is in the
/// OwnBytes at Own, which are the string's that is to have the text. Returns as KmpFormat does.
NTSTATUS KmpFormatCount(_Out_ KMP_FORMAT_SINK *Sink, _In_ BOOLEAN IsWide, _In_opt_ const VOID *Own,
                        _In_ SIZE_T OwnBytes, _In_ const VOID *Format, _In_ va_list Arguments);

/// Writes what Sink has counted to Place, where there is room for it and one unit more, its zero's. Returns
/// how many units were written; what has changed since it was counted is cut.
SIZE_T KmpFormatWrite(_Inout_ KMP_FORMAT_SINK *Sink, _Out_ PVOID Place, _In_ const VOID *Format,
                      _In_ va_list Arguments);

#endif
