// SPDX-License-Identifier: MIT
// The text of a deferred record, from its format and the arguments that were kept. Only fixed-width types and
// no routine of anybody's: a driver does it at any IRQL, and `kmode log` on Linux, with whatever a file says.
#ifndef KMODE_SDK_LOG_FORMAT_RECORD_H
#define KMODE_SDK_LOG_FORMAT_RECORD_H

#include <stddef.h>
#include <stdint.h>

/// A record's arguments. Nothing of it needs to be true.
typedef struct KMP_RECORD_ARGUMENTS {
    const uint8_t *Types; ///< KMP_ARGUMENT_*
    uint32_t Count;
    const uint8_t *Payload;
    uint32_t Bytes;
} KMP_RECORD_ARGUMENTS;

/// One argument, taken apart.
typedef struct KMP_RECORD_ARGUMENT {
    uint32_t Type;       ///< 0: there is none
    uint64_t Value;      ///< of an integer or a pointer
    const uint8_t *Text; ///< of what was copied, at no alignment; NULL if it was a NULL pointer
    uint32_t TextBytes;
    uint32_t IsCut;
} KMP_RECORD_ARGUMENT;

/// Where an argument is that is to be taken next. Zeroes are the start.
typedef struct KMP_RECORD_CURSOR {
    uint32_t Index;
    uint32_t Offset;
} KMP_RECORD_CURSOR;

/// Takes the next argument; its Type is 0 if there is no more, or the rest makes no sense.
KMP_RECORD_ARGUMENT KmpTakeArgument(const KMP_RECORD_ARGUMENTS *Arguments, KMP_RECORD_CURSOR *Cursor);

/// Appends a wide text of Bytes, at no alignment, as UTF-8 to Output of Size, from Length on; what is no
/// UTF-16 becomes U+FFFD. Returns the new length, which may be more than Size: then the rest was left out.
size_t KmpAppendWide(char *Output, size_t Size, size_t Length, const uint8_t *Text, uint32_t Bytes);

/// Formats a record in NT's format language into Output of Size, which is not 0. Wide text becomes UTF-8.
/// What has no argument is `<missing>`. Returns the length without the zero; a longer text is cut and ends in
/// "...". A newline at its end is dropped.
size_t KmpFormatRecord(char *Output, size_t Size, const char *Format, const KMP_RECORD_ARGUMENTS *Arguments);

#endif
